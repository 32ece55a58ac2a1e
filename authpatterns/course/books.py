"""Notebooks as files: read, write, and the one normal form in which they are committed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import nbformat
from nbformat.validator import iter_validate

from authpatterns.course.settings import Course, Lesson
from authpatterns.errors import Misuse
from authpatterns.words import LANGUAGES

Cell = Any
Notebook = Any

GENERATED = "generated"
TWIN = "twin"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def read(path: Path) -> Notebook:
    """The notebook in `path`, exactly as it stands: `nbformat.read` would repair ids that stand twice.

    Raises:
        Misuse: it is missing or no notebook.
    """
    try:
        book = nbformat.v4.reads(path.read_text("utf-8"))  # type: ignore[no-untyped-call]
        flaw = next(iter_validate(book, version=4, version_minor=5), None)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise Misuse("course.notebook", file=str(path), reason=str(error).partition("\n")[0]) from error
    if flaw is not None:
        raise Misuse("course.notebook", file=str(path), reason=str(flaw).partition("\n")[0])
    return book


def write(book: Notebook, path: Path) -> None:
    """Write `book` in its normal form: the same bytes for the same content."""
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.validate(book)
    new = path.with_name(path.name + ".new")
    nbformat.write(normalise(book), new)  # type: ignore[no-untyped-call]
    new.replace(path)


def normalise(book: Notebook) -> Notebook:
    """Without what differs from run to run or machine to machine; cell ids stay."""
    book.metadata = nbformat.from_dict(METADATA)  # type: ignore[no-untyped-call]
    book.nbformat, book.nbformat_minor = 4, 5
    for cell in book.cells:
        cell.metadata = {name: value for name, value in cell.metadata.items() if name in (GENERATED, TWIN, "tags")}
        for output in cell.get("outputs", ()):
            output.get("data", {}).pop(WIDGET_VIEW, None)
    return book


def new_book(cells: list[Cell]) -> Notebook:
    """A notebook of these cells."""
    return normalise(nbformat.v4.new_notebook(cells=cells))  # type: ignore[no-untyped-call]


def markdown(cell_id: str, source: str, **metadata: Any) -> Cell:
    """A Markdown cell."""
    return nbformat.v4.new_markdown_cell(source, id=cell_id, metadata=metadata)  # type: ignore[no-untyped-call]


def code(cell_id: str, source: str, **metadata: Any) -> Cell:
    """A code cell that has not run."""
    return nbformat.v4.new_code_cell(source, id=cell_id, metadata=metadata)  # type: ignore[no-untyped-call]


def fingerprint(source: str) -> str:
    """Names a text, so that a change of it is noticed."""
    return sha256(source.encode()).hexdigest()[:12]


def is_prose(cell: Cell) -> bool:
    """Whether a person wrote this text."""
    return bool(cell.cell_type == "markdown" and not cell.metadata.get(GENERATED))


@dataclass(frozen=True, slots=True)
class Twins:
    """The two notebooks of a lesson.

    Attributes:
        lesson: See `Lesson`.
        books: By language.
    """

    lesson: Lesson
    books: dict[str, Notebook]

    def name(self, lang: str) -> str:
        """How a finding names one of them."""
        return f"{lang}/{self.lesson.slug}.ipynb"

    def pairs(self) -> Iterator[tuple[Cell, Cell]]:
        """The cells that have the same id and type in both, in the order of the Japanese notebook."""
        other = {(cell.id, cell.cell_type): cell for cell in self.books["en"].cells}
        known = ((cell, other.get((cell.id, cell.cell_type))) for cell in self.books["ja"].cells)
        return ((ja, en) for ja, en in known if en is not None)

    def every(self) -> Iterator[tuple[str, Cell]]:
        """All cells of both, each with its language."""
        return ((lang, cell) for lang in LANGUAGES for cell in self.books[lang].cells)


def twins(course: Course, lesson: Lesson) -> Twins:
    """The two notebooks of `lesson`.

    Raises:
        Misuse: one of them is missing or no notebook.
    """
    return Twins(lesson, {lang: read(course.notebook(lesson, lang)) for lang in LANGUAGES})
