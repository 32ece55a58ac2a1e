"""The quizzes: right answers, feedback for every choice, and a form that needs nothing to run."""

from importlib import resources

import pytest

from authpatterns import words
from authpatterns.errors import Misuse
from authpatterns.notebook import quiz
from authpatterns.notebook.quiz import has_quiz, questions

FILES = resources.files("authpatterns.notebook").joinpath("quizzes")
LESSONS = sorted(file.name.removesuffix(".toml") for file in FILES.iterdir() if file.name.endswith(".toml"))
QUESTIONS = [pytest.param(each, id=f"{lesson}-{each.id}") for lesson in LESSONS for each in questions(lesson)]


@pytest.mark.parametrize("question", QUESTIONS)
def test_exactly_one_choice_is_right(question):
    assert [choice.right for choice in question.choices].count(True) == 1
    assert len(question.choices) >= 3


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_choice_has_its_own_text_and_feedback_in_both_languages(question):
    for lang in words.LANGUAGES:
        texts = [choice.text[lang] for choice in question.choices] + [
            choice.feedback[lang] for choice in question.choices
        ]
        assert all(texts)
        assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_right_choice_does_not_always_stand_in_the_same_place(lesson):
    places = {[choice.right for choice in question.choices].index(True) for question in questions(lesson)}
    assert len(places) > 1


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_click_shows_the_feedback_of_that_choice(lesson, lang):
    shown = quiz(lesson)
    for question in shown.questions:
        for number, choice in enumerate(question.choices, 1):
            sign = words.say("quiz.right" if choice.right else "quiz.wrong")
            assert shown.choose(question.id, number) == f"{sign} {choice.feedback[lang]}"
            assert choice.feedback[lang][:5] in shown._views[question.id].value


def test_every_control_has_a_description(lang):
    for buttons in quiz("05").buttons.values():
        assert buttons.description


def test_nothing_is_chosen_at_the_beginning():
    assert all(buttons.index is None for buttons in quiz("05").buttons.values())


def test_a_page_that_runs_nothing_shows_choices_that_unfold(lang):
    html = quiz("05")._repr_mimebundle_()["text/html"]
    assert html.count("<details>") == sum(len(question.choices) for question in questions("05"))
    assert questions("05")[0].choices[1].feedback[lang][:5] in html


def test_two_quizzes_look_the_same():
    """What is committed must not depend on a widget's own id."""
    first, second = quiz("05")._repr_mimebundle_(), quiz("05")._repr_mimebundle_()
    for kind in ("text/html", "text/plain"):
        assert first[kind] == second[kind]


def test_a_lesson_without_a_quiz_is_said(english):
    with pytest.raises(Misuse, match="77"):
        quiz("77")


@pytest.mark.parametrize(("question", "choice"), [("no-such", 1), ("sign-out", 0), ("sign-out", 9)])
def test_an_unknown_choice_is_refused(english, question, choice):
    with pytest.raises(Misuse, match="sign-out"):
        quiz("05").choose(question, choice)


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_a_quiz_is_plain_text(lang):
    """The browser shows a choice as it is: marks of Markdown would stand there as marks."""
    told = [
        text[lang]
        for number in range(18)
        if has_quiz(f"{number:02}")
        for question in questions(f"{number:02}")
        for text in (question.text, *(part for choice in question.choices for part in (choice.text, choice.feedback)))
    ]
    assert len(told) > 300
    assert [text for text in told if "`" in text or "**" in text] == []
