"""The exercises: for each lesson a module `lessonNN` whose `EXERCISES` lists them.

An exercise is judged by running the answer and looking at what happened, never by comparing text. Its solution and at
least two wrong answers stand beside it, so a test proves the judge on both sides. Its sentences stand in the
catalogues under `exercise.<id>`: `hint-1`, `hint-2`, ... and one for each reason a verdict gives.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from authpatterns.errors import Misuse

State = Literal["not-started", "keep-working", "almost", "correct", "error"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a judge says.

    Attributes:
        state: See `State`.
        reason: Which check failed: the sentence `exercise.<id>.<reason>`, or `check.<reason>` for one that all share.
        evidence: What was seen, for the sentence.
    """

    state: State
    reason: str = ""
    evidence: dict[str, Any] = field(default_factory=dict)


def correct(reason: str = "", **evidence: Any) -> Verdict:
    """The answer does what was asked."""
    return Verdict("correct", reason, evidence)


def almost(reason: str, **evidence: Any) -> Verdict:
    """One check is left: `reason`."""
    return Verdict("almost", reason, evidence)


def keep_working(reason: str, **evidence: Any) -> Verdict:
    """The first check that failed: `reason`."""
    return Verdict("keep-working", reason, evidence)


@dataclass(frozen=True, slots=True)
class Exercise:
    """One exercise.

    Attributes:
        id: Lesson and number, for instance `05-2`.
        judge: Runs the answer and says what it saw.
        solution: Makes an answer that is correct.
        wrong: Each makes an answer that is not, the kind a reader would really give.
    """

    id: str
    judge: Callable[[Any], Verdict]
    solution: Callable[[], Any]
    wrong: tuple[Callable[[], Any], ...]


@cache
def every() -> dict[str, Exercise]:
    """All exercises of the course by id."""
    modules = [module.name for module in pkgutil.iter_modules(__path__) if module.name.startswith("lesson")]
    listed = [importlib.import_module(f"{__name__}.{name}").EXERCISES for name in sorted(modules)]
    return {exercise.id: exercise for exercises in listed for exercise in exercises}


def of_lesson(number: str) -> tuple[Exercise, ...]:
    """The exercises of lesson `number` ("05"), in order."""
    return tuple(exercise for exercise in every().values() if exercise.id.startswith(f"{number}-"))


def find(exercise_id: str) -> Exercise:
    """The exercise of this id.

    Raises:
        Misuse: there is none; the sentence lists those of the lesson.
    """
    try:
        return every()[exercise_id]
    except KeyError:
        near = of_lesson(exercise_id.partition("-")[0]) or tuple(every().values())
        raise Misuse("notebook.no-exercise", id=exercise_id, known=", ".join(e.id for e in near)) from None
