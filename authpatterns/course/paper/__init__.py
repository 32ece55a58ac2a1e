"""Lessons on paper and on a screen before a class: handouts, slides, and a cheat sheet to print.

nbconvert makes them from the committed notebooks. Each file is whole: pictures, styles and scripts stand inside it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from copy import deepcopy
from html import escape
from importlib import resources
from pathlib import Path
from typing import Any

from nbconvert import HTMLExporter, SlidesExporter
from nbconvert.filters.markdown_mistune import markdown2html_mistune

from authpatterns import words
from authpatterns.course import books, npm
from authpatterns.course.books import Cell, Notebook
from authpatterns.course.links import relink
from authpatterns.course.settings import Course, Lesson
from authpatterns.errors import Misuse
from authpatterns.labs.table import terminal_columns

TEMPLATES = Path(__file__).with_name("templates")
SHEET = "cheat-sheet"
FULL = 14
"""Lines that a slide has room for."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")

_CHAPTER = re.compile(r"^## ", re.MULTILINE)


def write_lesson(course: Course, lesson: Lesson, lang: str, folder: Path) -> list[Path]:
    """Handout and slides of one lesson, as `NN-slug.html` and `NN-slug.slides.html`.

    Raises:
        Misuse: the notebook cannot be read, or reveal.js cannot be installed.
    """
    made = {
        f"{lesson.slug}.html": handout(course, lesson, lang),
        f"{lesson.slug}.slides.html": slides(course, lesson, lang),
    }
    return [_write(folder / lang / name, text) for name, text in made.items()]


def written(course: Course, lang: str) -> set[str]:
    """Names of the notebooks that stand."""
    return {path.stem for path in (course.root / lang).glob("*.ipynb")}


# --- handouts


def handout(course: Course, lesson: Lesson, lang: str) -> str:
    """The whole lesson as one HTML page, made for reading and printing."""
    book = _read(course, lesson.slug, lang)
    book.metadata["title"] = f"{lesson.number} {lesson.title[lang]}"
    return _export(HTMLExporter, "handout", book, lang)


def _read(course: Course, name: str, lang: str) -> Notebook:
    """A notebook whose links lead to pages."""
    book = books.read(course.notebook(course.lesson(name), lang))
    there = written(course, lang) - {"glossary"}
    for cell in book.cells:
        if cell.cell_type == "markdown":
            cell.source = relink(cell.source, there, _to_page)
    return book


def _to_page(text: str, folder: str, name: str, anchor: str) -> str:
    return f"[{text}]({folder + '/' if folder else ''}{name}.html{anchor})"


def _export(exporter: type[HTMLExporter], template: str, book: Notebook, lang: str, **given: Any) -> str:
    made = exporter(template_name=template, extra_template_basedirs=[str(TEMPLATES)], language_code=lang)
    text, _ = made.from_notebook_node(book, resources=given)
    return str(text)


# --- slides


def slides(course: Course, lesson: Lesson, lang: str) -> str:
    """The lesson as reveal.js slides in one HTML page.

    Raises:
        Misuse: reveal.js cannot be installed.
    """
    reveal = npm.installed(course.root / "slides") / "node_modules" / "reveal.js" / "dist"
    book = _read(course, lesson.slug, lang)
    book.metadata["title"] = f"{lesson.number} {lesson.title[lang]}"
    book.cells = arranged(book.cells)
    styles = (reveal / "reset.css", reveal / "reveal.css")
    whole = {
        "css": "\n".join(style.read_text("utf-8") for style in styles),
        "js": (reveal / "reveal.js").read_text("utf-8"),
    }
    return _export(SlidesExporter, "slides", book, lang, slides=whole)


def arranged(cells: list[Cell]) -> list[Cell]:
    """What is shown on slides, each cell marked with where it stands; the notebook itself never holds such marks.

    A text with a heading of the second level begins a chapter, to the right; each other text goes on below, with the
    code that follows it as far as there is room. A picture has a slide of its own. Solutions and links are left out.
    """
    shown: list[Cell] = []
    lines = 0
    for cell in cells:
        if cell.id.startswith(("solution-", "navigation-end")):
            continue
        if cell.cell_type == "markdown":
            shown.append(_on_slide(_title(cell), "slide" if _begins(cell) else "subslide"))
            lines = _lines(cell)
            continue
        code, pictures = _apart(cell)
        lines += _lines(code)
        shown.append(_on_slide(code, "subslide" if lines > FULL else "-"))
        lines = _lines(code) if lines > FULL else lines
        shown += [_on_slide(picture, "subslide") for picture in pictures]
        lines = FULL if pictures else lines
    return shown


def _lines(cell: Cell) -> int:
    """About how many lines a cell takes on a slide; a Japanese sign is as wide as two others."""
    data = [output.get("data", {}) for output in cell.get("outputs", ())]
    texts = [cell.source, *(str(each.get("text/plain", "")) for each in data)]
    return sum(1 + terminal_columns(line) // 80 for text in texts for line in text.splitlines())


def _begins(cell: Cell) -> bool:
    return cell.id == "navigation" or bool(_CHAPTER.search(cell.source))


def _title(cell: Cell) -> Cell:
    """The first cell without its line of links, which lead away from the slides."""
    if cell.id == "navigation":
        cell = deepcopy(cell)
        cell.source = cell.source[cell.source.index("# ") :]
    return cell


def _on_slide(cell: Cell, kind: str) -> Cell:
    cell = deepcopy(cell)
    cell.metadata["slideshow"] = {"slide_type": kind}
    return cell


def _apart(cell: Cell) -> tuple[Cell, list[Cell]]:
    """A code cell without its pictures, and the pictures, each an output without code."""
    code = deepcopy(cell)
    pictures = [output for output in code.outputs if _is_picture(output)]
    code.outputs = [output for output in code.outputs if not _is_picture(output)]
    return code, [_alone(cell, output, at) for at, output in enumerate(pictures)]


def _is_picture(output: Any) -> bool:
    return "<img " in output.get("data", {}).get("text/html", "")


def _alone(cell: Cell, output: Any, at: int) -> Cell:
    picture = books.code(f"{cell.id}-{at}-picture", "")
    picture.outputs = [output]
    picture.metadata["transient"] = {"remove_source": True}
    return picture


# --- the cheat sheet


def write_sheet(course: Course, lang: str, folder: Path) -> list[Path]:
    """The cheat sheet as a page to print, and as PDF where there is a Chromium."""
    page = _write(folder / lang / f"{SHEET}.html", sheet(course, lang))
    browser = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    return [page, print_pdf(page, browser)] if browser else [page]


def sheet(course: Course, lang: str) -> str:
    """The cheat sheet on one page, A4 landscape."""
    book = books.read(course.root / lang / f"{SHEET}.ipynb")
    texts = [relink(cell.source, written(course, lang) - {"glossary"}, _to_page) for cell in book.cells]
    texts[0] = texts[0][texts[0].index("# ") :]
    body = "\n".join(markdown2html_mistune(text) for text in texts)
    template = resources.files(__package__).joinpath("templates", "sheet.html").read_text("utf-8")
    title = escape(words.say("course.sheet.title", lang))
    return template.replace("{lang}", lang).replace("{title}", title).replace("{body}", body)


def print_pdf(page: Path, browser: str) -> Path:
    """`page` as the browser prints it, beside it.

    Raises:
        Misuse: the browser does not do it.
    """
    pdf = page.with_suffix(".pdf")
    command = [browser, "--headless", "--disable-gpu", "--no-pdf-header-footer", f"--print-to-pdf={pdf.resolve()}"]
    command += ["--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else []
    done = subprocess.run([*command, page.resolve().as_uri()], capture_output=True, text=True, check=False, timeout=120)
    if done.returncode or not pdf.exists():
        raise Misuse("course.pdf", reason=done.stderr.strip()[-300:])
    return pdf


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path
