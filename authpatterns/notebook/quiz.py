"""Questions at the end of a lesson, with an answer to every choice, the wrong ones too.

The questions of lesson NN stand in `quizzes/NN.toml`, both languages side by side.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

import ipywidgets as ipy  # type: ignore[import-untyped]

from authpatterns import words
from authpatterns.errors import Misuse
from authpatterns.notebook.sentences import t

Bilingual = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice.

    Attributes:
        text: By language.
        feedback: Why it is right or wrong, by language.
        right: Whether it is the answer.
    """

    text: Bilingual
    feedback: Bilingual
    right: bool


@dataclass(frozen=True, slots=True)
class Question:
    """One question; exactly one of its choices is right.

    Attributes:
        id: Unique in its lesson.
        text: By language.
        choices: In the order in which they are shown.
    """

    id: str
    text: Bilingual
    choices: tuple[Choice, ...]


def has_quiz(lesson: str) -> bool:
    """Whether lesson `lesson` ("05") has a quiz."""
    return _file(lesson).is_file()


def questions(lesson: str) -> tuple[Question, ...]:
    """The questions of lesson `lesson` ("05").

    Raises:
        Misuse: it has none.
    """
    file = _file(lesson)
    if not file.is_file():
        raise Misuse("notebook.no-quiz", lesson=lesson)
    listed = tomllib.loads(file.read_text("utf-8"))["question"]
    return tuple(Question(q["id"], _both(q), tuple(map(_choice, q["choice"]))) for q in listed)


def _file(lesson: str) -> Traversable:
    return resources.files(__package__).joinpath("quizzes", f"{lesson}.toml")


def _choice(given: Mapping[str, Any]) -> Choice:
    return Choice(_both(given), given["feedback"], given.get("right", False))


def _both(given: Mapping[str, Any]) -> Bilingual:
    return {lang: given[lang] for lang in words.LANGUAGES}


class Quiz:
    """The questions of a lesson as radio buttons; where nothing runs, as choices that unfold to their feedback.

    Attributes:
        questions: See `Question`.
        buttons: The ipywidgets by question id.
        feedback: The feedback shown so far, by question id.
    """

    def __init__(self, lesson: str) -> None:
        self.questions = questions(lesson)
        self._lang = words.language()
        self.buttons: dict[str, Any] = {}
        self.feedback: dict[str, str] = {}
        self._views: dict[str, Any] = {}
        self._box = ipy.VBox(
            [part for number, question in enumerate(self.questions, 1) for part in self._parts(number, question)]
        )

    def choose(self, question: str, choice: int) -> str:
        """Choose number `choice` (from 1), as a click would, and give the feedback.

        Raises:
            Misuse: there is no such question or choice.
        """
        known = {each.id: len(each.choices) for each in self.questions}
        if not 1 <= choice <= known.get(question, 0):
            raise Misuse("notebook.no-choice", question=question, choice=choice, known=", ".join(known))
        self.buttons[question].index = choice - 1
        return self.feedback[question]

    def _parts(self, number: int, question: Question) -> tuple[Any, ...]:
        buttons = ipy.RadioButtons(
            options=[choice.text[self._lang] for choice in question.choices],
            index=None,
            description=str(t("quiz.answer", number=number)),
            layout=ipy.Layout(width="100%"),
            style={"description_width": "initial"},
        )
        view = ipy.HTML()
        self.buttons[question.id], self._views[question.id] = buttons, view
        buttons.observe(lambda change: self._answer(question, change["new"]), names="index")
        return ipy.HTML(self._head(number, question)), buttons, view

    def _head(self, number: int, question: Question) -> str:
        number_text = escape(t("quiz.number", number=number))
        return f"<p><strong>{number_text}.</strong> {escape(question.text[self._lang])}</p>"

    def _answer(self, question: Question, index: int) -> None:
        choice = question.choices[index]
        self.feedback[question.id] = f"{_judged(choice)} {choice.feedback[self._lang]}"
        self._views[question.id].value = f'<p role="status">{escape(self.feedback[question.id])}</p>'

    # --- shown

    def __repr__(self) -> str:
        return "\n".join(f"{number}. {question.text[self._lang]}" for number, question in enumerate(self.questions, 1))

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, Any]:
        live = self._box._repr_mimebundle_()
        return {**live, "text/html": self._static(), "text/plain": repr(self)}

    def _static(self) -> str:
        return "\n".join(self._static_question(number, question) for number, question in enumerate(self.questions, 1))

    def _static_question(self, number: int, question: Question) -> str:
        return "\n".join([self._head(number, question), *map(self._static_choice, question.choices)])

    def _static_choice(self, choice: Choice) -> str:
        answer = escape(f"{_judged(choice)} {choice.feedback[self._lang]}")
        return f"<details><summary>{escape(choice.text[self._lang])}</summary><p>{answer}</p></details>"


def quiz(lesson: str) -> Quiz:
    """The quiz of lesson `lesson` ("05").

    Raises:
        Misuse: it has none.
    """
    return Quiz(lesson)


def _judged(choice: Choice) -> str:
    return str(t("quiz.right" if choice.right else "quiz.wrong"))
