"""The course as it is committed: nothing to complain about, and every published solution is right."""

import re

import pytest
from running import shown

from authpatterns import words
from authpatterns.course import books, checks, prose, settings
from authpatterns.notebook import quiz
from authpatterns.notebook.exercises import every, of_lesson

LESSONS = settings.load().lessons
SOLUTIONS = re.compile(r"```python\n(.*?)```", re.DOTALL)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.slug)
def test_a_lesson_has_no_findings(committed, lesson):
    assert [str(finding) for finding in checks.check_lesson(committed, lesson)] == []


def test_the_course_around_the_lessons_has_no_findings(committed):
    assert [str(finding) for finding in checks.check_course(committed)] == []


@pytest.fixture(params=words.LANGUAGES)
def lang(request):
    words.use(request.param)
    yield request.param
    words.use(None)


@pytest.mark.parametrize(
    "lesson", [lesson for lesson in LESSONS if of_lesson(lesson.number)], ids=lambda each: each.slug
)
def test_a_solution_pasted_from_the_notebook_is_judged_correct(committed, lesson, lang):
    """A reader who copies every solution into its cell and runs all sees nothing but "correct"."""
    book = books.read(committed.notebook(lesson, lang))
    sources = {cell.id: cell.source for cell in book.cells}
    verdicts, space = {}, {}
    for cell in book.cells:
        if cell.cell_type != "code":
            continue
        source = cell.source
        if cell.id.startswith("exercise-"):
            (solution,) = SOLUTIONS.findall(sources[cell.id.replace("exercise", "solution")])
            source = source.replace("answer = ...", solution)
            assert source != cell.source
        verdicts[cell.id] = shown(source, space)
    states = {name: verdict.state for name, verdict in verdicts.items() if name.startswith("exercise-")}
    assert states == {f"exercise-{exercise.id}": "correct" for exercise in of_lesson(lesson.number)}


def test_every_exercise_stands_in_a_notebook(committed):
    """An exercise that no lesson asks would never be solved, and the bar never full."""
    asked = [
        cell.id.removeprefix("exercise-")
        for lesson in LESSONS
        for cell in books.read(committed.notebook(lesson, "en")).cells
        if cell.id.startswith("exercise-") and cell.cell_type == "code"
    ]
    assert sorted(asked) == sorted(every())


@pytest.mark.parametrize("lesson", LESSONS[1:], ids=lambda lesson: lesson.slug)
def test_a_lesson_has_all_its_parts(committed, lesson):
    """Minutes, objectives, exercises, quiz, key points and sources."""
    book = books.read(committed.notebook(lesson, "en"))
    code = "\n".join(cell.source for cell in book.cells if cell.cell_type == "code")
    assert {"objectives", "key-points", "sources"} <= {cell.id for cell in book.cells}
    assert str(lesson.reading) in book.cells[0].source
    assert code.count("check(") >= 3
    assert f'quiz("{lesson.number}")' in code


@pytest.mark.parametrize("lesson", LESSONS[1:], ids=lambda lesson: lesson.slug)
def test_a_quiz_has_three_to_five_questions(lesson, lang):
    assert 3 <= len(quiz(lesson.number).questions) <= 5


def test_words_in_prose_are_counted_without_code():
    assert prose.words("Run `shop.trace` and [look](x.ipynb).\n```python\nshop\n```") == ["Run", "and", "look"]
