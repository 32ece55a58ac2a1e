"""The instructor notes speak of the lessons as they are: sections, minutes, and the cells that show an answer."""

import re
from dataclasses import dataclass
from functools import cache

import pytest

from authpatterns.course import settings, source

LANGUAGES = ("ja", "en")
NOT_TAUGHT = {"ja": {"このレッスンの目標", "要点", "出典"}, "en": {"Objectives", "Key points", "Sources"}}
DISCUSSION = {"ja": "話し合い", "en": "Discussion"}
TOTAL = {"ja": "計", "en": "total"}
POINTER = {"ja": r"（「([^」]+)」の `([\w-]+)`）", "en": r" \(((?:[^()]|\([^)]*\))+), `([\w-]+)`\)"}
PLANS = (45, 90)
COURSE = settings.load()
LESSONS = COURSE.lessons


@dataclass(frozen=True)
class Notes:
    """What one language's notes say about one lesson."""

    text: str
    rows: tuple[tuple[str, tuple[int, ...]], ...]
    questions: tuple[str, ...]


def folder():
    return COURSE.root.parent / "docs" / "teaching"


@cache
def written(lang):
    return (folder() / f"{lang}.md").read_text("utf-8")


def notes(text, lesson, lang):
    heading = f"## {lesson.number} {lesson.title[lang]}\n"
    assert text.count(heading) == 1, heading
    part = re.split(r"^## ", text.partition(heading)[2], flags=re.MULTILINE)[0]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in re.findall(r"^\|.*\|$", part, re.M)]
    rows = tuple((name, tuple(0 if number == "–" else int(number) for number in rest)) for name, *rest in cells[2:])
    return Notes(part, rows, tuple(re.findall(r"^\* \*.*$", part, re.M)))


@cache
def sections(slug, lang):
    """The ids of the code cells below each H2, in order."""
    found, heading = {}, ""
    for block in source.parse(COURSE.root / "src" / f"{slug}.md"):
        if block.kind == "text":
            for heading in re.findall(r"^## (.*)$", getattr(block, lang), re.M):
                found[heading] = []
        elif block.kind == "code" and heading:
            found[heading].append(block.id)
    return found


def flaws(text, lesson, lang):
    """All that the notes on a lesson say wrongly."""
    said, real = notes(text, lesson, lang), sections(lesson.slug, lang)
    *rows, total = said.rows
    taught = [name for name in real if name not in NOT_TAUGHT[lang]]
    if [name for name, _ in rows if name != DISCUSSION[lang]] != taught:
        yield "sections"
    if total != (TOTAL[lang], tuple(map(sum, zip(*(numbers for _, numbers in rows), strict=True)))):
        yield "total"
    if total[1] != (lesson.reading + lesson.exercises, *PLANS):
        yield "plan"
    for question in said.questions:
        pointers = re.findall(POINTER[lang], question)
        if len(pointers) != 1 or pointers[0][1] not in real.get(pointers[0][0], ()):
            yield question


def by_slug(lesson):
    return lesson.slug


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("lesson", LESSONS, ids=by_slug)
def test_the_notes_fit_the_lesson(lesson, lang):
    assert list(flaws(written(lang), lesson, lang)) == []


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("lesson", LESSONS, ids=by_slug)
def test_a_lesson_has_misconceptions_and_questions(lesson, lang):
    said = notes(written(lang), lesson, lang)
    points = re.findall(r"^\* .*$", said.text, re.M)
    assert 2 <= len(said.questions) <= 3
    assert 2 <= len(points) - len(said.questions) <= 3


@pytest.mark.parametrize("lesson", LESSONS, ids=by_slug)
def test_both_languages_give_the_same_minutes_and_point_to_the_same_cells(lesson):
    both = {lang: notes(written(lang), lesson, lang) for lang in LANGUAGES}
    minutes = {tuple(numbers for _, numbers in said.rows) for said in both.values()}
    cells = {tuple(found[-1] for found in re.findall(POINTER[lang], said.text)) for lang, said in both.items()}
    assert (len(minutes), len(cells)) == (1, 1)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_notes_speak_of_no_other_lessons(lang):
    told = re.findall(r"^## (\d\d) ", written(lang), re.M)
    assert told == [lesson.number for lesson in LESSONS]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_links_lead_somewhere(lang):
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", written(lang)) if "://" not in link]
    assert links
    assert [link for link in links if not (folder() / link).exists()] == []


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("| Look inside the token |", "| Look into the token |", "sections"),
        ("| Look inside the token | 5 |", "| Look inside the token | 6 |", "total"),
        ("| total | 70 |", "| total | 75 |", "total"),
        ("`denylist-table`", "`denylist-tables`", "denylist-tables"),
        ("(Add a denylist, `denylist-table`)", "(Break it, `denylist-table`)", "Break it"),
    ],
)
def test_damage_is_noticed(old, new, found):
    lesson = next(each for each in LESSONS if each.number == "05")
    whole = written("en")
    assert notes(whole, lesson, "en").text.count(old) == 1
    assert any(found in flaw for flaw in flaws(whole.replace(old, new), lesson, "en"))
