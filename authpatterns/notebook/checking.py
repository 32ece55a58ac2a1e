"""`check` judges an answer, `hint` helps on demand, `begin` and `progress` say how far the reader is."""

from __future__ import annotations

from html import escape
from pathlib import Path

from authpatterns import words
from authpatterns.errors import Misuse, Problem
from authpatterns.notebook import record
from authpatterns.notebook.display import Shown
from authpatterns.notebook.exercises import Exercise, Verdict, every, find, of_lesson
from authpatterns.notebook.sentences import Sentence, first_known, t

SIGNS = {"not-started": "○", "keep-working": "△", "almost": "◇", "correct": "✓", "error": "✗"}
"""A state is told by sign and word, not by colour."""


class Result(Shown):
    """A verdict as the reader sees it.

    Attributes:
        exercise: Id of the exercise.
        verdict: What the judge said.
    """

    def __init__(self, exercise: str, verdict: Verdict) -> None:
        self.exercise = exercise
        self.verdict = verdict
        head = f"{SIGNS[verdict.state]} {t(f'check.state.{verdict.state}')}"
        body = _explain(exercise, verdict)
        rich = f'<p role="status"><strong>{escape(exercise)} {escape(head)}</strong><br>{escape(body)}</p>'
        super().__init__(f"{exercise} {head}\n{body}", rich)

    @property
    def state(self) -> str:
        """One of "not-started", "keep-working", "almost", "correct" and "error"."""
        return self.verdict.state


def check(exercise_id: str, answer: object) -> Result:
    """Judge `answer`: run it, look at what happened, say which check failed. A correct answer is remembered.

    Raises:
        Misuse: there is no such exercise.
    """
    exercise = find(exercise_id)
    verdict = judge(exercise, answer)
    if verdict.state == "correct":
        record.remember(exercise_id)
    return Result(exercise_id, verdict)


def judge(exercise: Exercise, answer: object) -> Verdict:
    """The verdict on `answer`. A mistake inside the answer never breaks the lesson: it becomes the state "error"."""
    if answer is ...:
        return Verdict("not-started", "not-started", {"id": exercise.id})
    try:
        return exercise.judge(answer)
    except Problem as problem:
        return Verdict("error", "problem", {"sentence": str(problem)})
    except Exception as error:  # the answer is the reader's code: anything may come out of it
        return Verdict("error", "raised", {"error": type(error).__name__, "message": str(error)})


def _explain(exercise: str, verdict: Verdict) -> str:
    reason = verdict.reason or verdict.state
    sentence = t(first_known(f"exercise.{exercise}.{reason}", f"check.{reason}"), **verdict.evidence)
    offer = "" if verdict.state == "correct" else t("check.hint-offer", id=exercise)
    return f"{sentence} {offer}".rstrip()


def hint(exercise_id: str, step: int = 1) -> Sentence:
    """A hint; a higher `step` says more.

    Raises:
        Misuse: there is no such exercise, or no such step.
    """
    exercise = find(exercise_id)
    steps = hints(exercise)
    if not 1 <= step <= steps:
        raise Misuse("notebook.no-hint", id=exercise_id, step=step, steps=steps)
    sentence = t(f"exercise.{exercise_id}.hint-{step}")
    return t("check.hint", sentence=sentence, step=step, steps=steps)


def hints(exercise: Exercise) -> int:
    """How many hints an exercise has."""
    step = 0
    while words.knows(f"exercise.{exercise.id}.hint-{step + 1}"):
        step += 1
    return step


def begin(lesson: str) -> Shown:
    """The first line of a lesson: how many exercises are solved, and whether the notebook stands where it should."""
    mine = [exercise.id for exercise in of_lesson(lesson)]
    done = sum(exercise in record.solved() for exercise in mine)
    lines = [t("lesson.progress", done=done, total=len(mine))] if mine else []
    if not _in_the_course():
        lines.append(t("lesson.wrong-folder"))
    return Shown("\n".join(lines), "".join(f"<p>{escape(line)}</p>" for line in lines))


def progress() -> Shown:
    """How much of the course is solved, as a bar with its figures."""
    total = len(every())
    done = len([exercise for exercise in record.solved() if exercise in every()])
    line = t("lesson.progress", done=done, total=total)
    full = round(20 * done / total) if total else 0
    rich = f'<p>{escape(line)}<br><progress value="{done}" max="{max(total, 1)}">{escape(line)}</progress></p>'
    return Shown(f"{'█' * full}{'░' * (20 - full)} {line}", rich)


def _in_the_course() -> bool:
    return Path.cwd().name in words.LANGUAGES
