"""The measures of a lesson: how much prose, how much code, and whether every part is there."""

from __future__ import annotations

import re
from statistics import median, quantiles
from typing import Any

from authpatterns.course import books, prose
from authpatterns.course.settings import Course, Lesson
from authpatterns.words import LANGUAGES

PARTS = ("objectives", "key-points", "sources")
"""Ids of cells that every lesson has."""


def measure(course: Course, lesson: Lesson) -> list[dict[str, Any]]:
    """One row for each language."""
    pair = books.twins(course, lesson)
    return [
        {"lesson": lesson.slug, "lang": lang, **_book(pair.books[lang]), **_around(course, lesson, lang)}
        for lang in LANGUAGES
    ]


def _book(book: books.Notebook) -> dict[str, Any]:
    text = [cell.source for cell in book.cells if books.is_prose(cell)]
    code = [cell.source for cell in book.cells if cell.cell_type == "code"]
    lines = [len(source.splitlines()) for source in code] or [0]
    ids = {cell.id for cell in book.cells}
    return {
        "prose": len(text),
        "code": len(code),
        "words": sum(len(prose.words(each)) for each in text),
        "signs": sum(len(prose.KANA_OR_KANJI.findall(prose.plain(each))) for each in text),
        "median": median(lines),
        "p90": quantiles(lines, n=10, method="inclusive")[-1] if len(lines) > 1 else lines[0],
        "max": max(lines),
        "checks": len(re.findall(r"\bcheck\(", "\n".join(code))),
        "quiz": any(re.search(r"\bquiz\(", source) for source in code),
        "parts": all(part in ids for part in PARTS),
    }


def _around(course: Course, lesson: Lesson, lang: str) -> dict[str, Any]:
    size = course.notebook(lesson, lang).stat().st_size
    return {"kB": size // 1000, "minutes": lesson.reading + lesson.exercises}
