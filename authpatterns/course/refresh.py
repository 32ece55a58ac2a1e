"""The only writer of outputs: build a lesson from its source, run it in both languages, keep what it showed."""

from __future__ import annotations

import os
from pathlib import Path

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from authpatterns.course import books, build
from authpatterns.course.books import Notebook
from authpatterns.course.settings import Course, Lesson
from authpatterns.errors import Misuse
from authpatterns.notebook import record
from authpatterns.words import LANGUAGES

PATIENCE = 300
"""Seconds that one cell may take."""


def refresh(course: Course, lesson: Lesson) -> list[Path]:
    """Write both notebooks of `lesson` anew with their outputs, and give their paths.

    Nothing is written unless both languages run to the end.

    Raises:
        Misuse: the source is not in its form, or a cell fails.
    """
    pair = build.build(course, lesson)
    for lang in LANGUAGES:
        run(pair.books[lang], course.root / lang, pair.name(lang))
    for lang in LANGUAGES:
        books.write(pair.books[lang], course.notebook(lesson, lang))
    return [course.notebook(lesson, lang) for lang in LANGUAGES]


def run(book: Notebook, folder: Path, name: str) -> None:
    """Run `book` as if it stood in `folder`, in a process of its own, without the reader's settings and progress.

    Raises:
        Misuse: a cell fails.
    """
    folder.mkdir(parents=True, exist_ok=True)
    client = NotebookClient(
        book, timeout=PATIENCE, kernel_name="python3", record_timing=False, store_widget_state=False,
        coalesce_streams=True,  # what is printed arrives in as many pieces as chance has it
        resources={"metadata": {"path": str(folder)}},
    )  # fmt: skip
    try:
        client.execute(env={**os.environ, record.VARIABLE: record.OFF})
    except CellExecutionError as error:
        raise Misuse("course.cell-failed", file=name, reason=f"{error.ename}: {error.evalue}") from error
