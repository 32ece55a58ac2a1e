"""Benchmark `starting`: how long somebody waits for the library, the first diagram, and every notebook."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from authpatterns.bench.measure import Effort, Work, compare
from authpatterns.bench.report import in_unit, row, table
from authpatterns.course import books, refresh, settings
from authpatterns.course.settings import Course, Lesson
from authpatterns.labs.table import Row, Table
from authpatterns.words import LANGUAGES

NOTHING = "python -c pass"
COMMANDS = {
    NOTHING: ("-c", "pass"),
    "import authpatterns": ("-c", "import authpatterns"),
    "first diagram, as SVG": ("-m", "authpatterns", "run", "jwt", "distributed", "--format", "svg"),
    "first diagram, as text": ("-m", "authpatterns", "run", "jwt", "distributed"),
}


def run(effort: Effort) -> Table:
    """Measure, and give the rows. Here the waiting itself matters, so the wall clock decides."""
    works: dict[str, Work] = {
        name: lambda command=command: subprocess.run([sys.executable, *command], capture_output=True, check=True)  # type: ignore[misc]
        for name, command in COMMANDS.items()
    }
    found = {name: timing.median for name, timing in compare(works, effort.fewer(9), time.perf_counter).items()}
    rows = [_waiting(name, cost, found[NOTHING]) for name, cost in found.items()]
    return table("starting", [*rows, *_notebooks(effort)])


def _waiting(name: str, seconds: float, nothing: float) -> Row:
    return row(name, in_unit(seconds, "ms"), "ms", ratio=seconds / nothing, against=NOTHING)


def _notebooks(effort: Effort) -> list[Row]:
    """Run All of each notebook there is, once; in quick mode of the first one alone."""
    course = settings.load()
    there = list(notebooks(course))
    return [_run_all(course, *one) for one in (there[:1] if effort.quick else there)]


def notebooks(course: Course) -> Iterator[tuple[Lesson, str]]:
    """The notebooks of the lessons in `course.toml` that are written already."""
    return ((lesson, lang) for lesson in course.lessons for lang in LANGUAGES if course.notebook(lesson, lang).exists())


def _run_all(course: Course, lesson: Lesson, lang: str) -> Row:
    book = books.read(course.notebook(lesson, lang))
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        refresh.run(book, Path(folder) / lang, f"{lang}/{lesson.slug}")
        return row(f"Run All {lang}/{lesson.slug}", time.perf_counter() - begin, "s")
