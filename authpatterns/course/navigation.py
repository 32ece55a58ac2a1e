"""The cells that are made, not written: opening, closing, and the list of lessons."""

from __future__ import annotations

from authpatterns import words
from authpatterns.course.books import GENERATED, Cell, markdown
from authpatterns.course.settings import Course, Lesson

OTHER = {"ja": "en", "en": "ja"}


def opening(course: Course, lesson: Lesson, lang: str) -> Cell:
    """Language switch, previous, contents, next, Binder; title; minutes and prerequisites."""
    line = " | ".join([*_ways(course, lesson, lang), _switch(lesson, lang), f"[Binder]({course.binder(lesson, lang)})"])
    parts = [line, f"# {lesson.number} {lesson.title[lang]}", _minutes(course, lesson, lang)]
    return markdown("navigation", "\n\n".join(parts), **{GENERATED: True})


def closing(course: Course, lesson: Lesson, lang: str) -> Cell:
    """Previous, contents, next."""
    return markdown("navigation-end", " | ".join(_ways(course, lesson, lang)) or "---", **{GENERATED: True})


def contents(course: Course, lang: str) -> Cell:
    """All lessons with their minutes."""
    head = [words.say(f"course.column.{name}", lang) for name in ("lesson", "reading", "exercises")]
    rows = [[_link(each, lang), str(each.reading), str(each.exercises)] for each in course.lessons[1:]]
    lines = [head, ["---", "--:", "--:"], *rows]
    return markdown("contents", "\n".join(f"| {' | '.join(row)} |" for row in lines), **{GENERATED: True})


def _ways(course: Course, lesson: Lesson, lang: str) -> list[str]:
    at = course.lessons.index(lesson)
    ways = []
    if at > 0:
        ways.append(f"← {_link(course.lessons[at - 1], lang)}")
        ways.append(f"[{words.say('course.contents', lang)}]({course.lessons[0].slug}.ipynb)")
    if at + 1 < len(course.lessons):
        ways.append(f"{_link(course.lessons[at + 1], lang)} →")
    return ways


def _link(lesson: Lesson, lang: str) -> str:
    return f"[{lesson.number} {lesson.title[lang]}]({lesson.slug}.ipynb)"


def _switch(lesson: Lesson, lang: str) -> str:
    other = OTHER[lang]
    return f"[{words.say('course.language', other)}](../{other}/{lesson.slug}.ipynb)"


def _minutes(course: Course, lesson: Lesson, lang: str) -> str:
    say = f"course.minutes{'' if lesson.exercises else '-reading'}"
    minutes = words.say(say, lang, reading=lesson.reading, exercises=lesson.exercises)
    needs = ", ".join(_link(course.lesson(slug), lang) for slug in lesson.needs)
    return f"{minutes} {words.say('course.needs', lang, lessons=needs)}" if needs else minutes
