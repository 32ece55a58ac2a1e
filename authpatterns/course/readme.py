"""The table of lessons and the badge in `README.md`: made from `course.toml`, between two marks."""

from __future__ import annotations

from pathlib import Path

from authpatterns import words
from authpatterns.course.settings import Course, Lesson

BEGIN, END = "<!-- lessons: made by `python -m authpatterns course readme` -->", "<!-- /lessons -->"


def made(course: Course, text: str) -> str:
    """`text` with what stands between the marks made anew.

    Raises:
        ValueError: a mark is missing.
    """
    before, rest = text.split(BEGIN, 1)
    _, after = rest.split(END, 1)
    return f"{before}{BEGIN}\n{_badge(course)}\n\n{table(course)}\n{END}{after}"


def table(course: Course) -> str:
    """Lesson, minutes, and the two notebooks, here and on Binder."""
    head = "| lesson / レッスン | minutes / 分 | ja | en | Binder ja | Binder en |"
    return "\n".join([head, "|---|--:|---|---|---|---|", *(_row(course, lesson) for lesson in course.lessons)])


def write(course: Course) -> Path:
    """Write it into the README beside the course folder."""
    path = course.root.parent / "README.md"
    path.write_text(made(course, path.read_text("utf-8")), "utf-8")
    return path


def _row(course: Course, lesson: Lesson) -> str:
    title = f"{lesson.number} {lesson.title['en']}<br>{lesson.title['ja']}"
    here = [f"[{words.say('course.language', lang)}](course/{lang}/{lesson.slug}.ipynb)" for lang in words.LANGUAGES]
    binder = [f"[Binder]({course.binder(lesson, lang)})" for lang in words.LANGUAGES]
    return f"| {' | '.join([title, str(lesson.reading + lesson.exercises), *here, *binder])} |"


def _badge(course: Course) -> str:
    first = course.lessons[0]
    return f"[![Binder](https://mybinder.org/badge_logo.svg)]({course.binder(first, 'en')})"
