"""The pages of the site as sources for Sphinx: the same names in both languages, so that every page has a twin."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import nbformat

from authpatterns import words
from authpatterns.course import books
from authpatterns.course.links import LINK, relink
from authpatterns.course.settings import Course, Lesson
from authpatterns.errors import Misuse
from authpatterns.labs.measured import FOLDER, TABLES, measured
from authpatterns.site import reference

EXTRA = ("glossary", "cheat-sheet")
"""The notebooks that are no lessons."""


def pages(course: Course, lang: str, draft: bool = False) -> dict[str, bytes]:
    """Everything that Sphinx reads for one language, by path.

    Args:
        course: What is shown; the gallery and the documents stand beside it.
        lang: "ja" or "en".
        draft: Leave out the lessons that are not written yet.

    Raises:
        Misuse: a notebook is missing, or cannot be read.
    """
    lessons = written(course, draft)
    with words.speaking(lang):
        made = dict(_text_pages(course, lang, lessons))
    sources = {path: text.encode() for path, text in made.items()}
    for name in (*(lesson.slug for lesson in lessons), *EXTRA):
        sources[f"course/{name}.ipynb"] = _notebook(course, lang, name, draft).encode()
    for picture in sorted((course.root.parent / "diagrams" / lang).glob("*.svg")):
        sources[f"gallery/{picture.name}"] = picture.read_bytes()
    return sources


def written(course: Course, draft: bool) -> list[Lesson]:
    """The lessons to show.

    Raises:
        Misuse: one is not written yet, and this is no draft.
    """
    there = [each for each in course.lessons if all(course.notebook(each, lang).exists() for lang in words.LANGUAGES)]
    missing = [each.slug for each in course.lessons if each not in there]
    if missing and not draft:
        raise Misuse("site.missing", lessons=", ".join(missing))
    return there


def _text_pages(course: Course, lang: str, lessons: list[Lesson]) -> Iterator[tuple[str, str]]:
    documents = _documents(course, lang)
    yield "index.md", _index(course, lang, lessons, [name for name, _ in documents])
    yield "gallery/index.md", _gallery(course, lang)
    kept = [name for name in TABLES if (FOLDER / f"{name}.json").exists()]
    yield "tables/index.md", _tables_index(kept)
    for name in kept:
        yield f"tables/{name}.md", _table(name)
    for name, text in documents:
        yield f"docs/{name}.md", text
    yield from reference.pages()


# --- the contents


def _index(course: Course, lang: str, lessons: list[Lesson], documents: list[str]) -> str:
    head = [words.say(f"site.column.{name}") for name in ("lesson", "minutes")]
    rows = [
        [
            f"[{lesson.number} {lesson.title[lang]}](course/{lesson.slug}.ipynb)",
            str(lesson.reading + lesson.exercises),
            f"[Binder]({course.binder(lesson, lang)})",
        ]
        for lesson in lessons
    ]
    lines = [[*head, "Binder"], ["---", "--:", "---"], *rows]
    course_pages = [f"course/{lesson.slug}" for lesson in lessons]
    parts = [
        f"# {words.say('site.title')}",
        words.say("site.about"),
        "\n".join(f"| {' | '.join(line)} |" for line in lines),
        _toctree(words.say("site.part.course"), course_pages),
        _toctree(words.say("site.part.reference"), [*(f"course/{e}" for e in EXTRA), "gallery/index", "tables/index"]),
        _toctree(words.say("site.part.documents"), [*(f"docs/{name}" for name in documents), "api/index"]),
    ]
    return "\n\n".join(parts) + "\n"


def _toctree(caption: str, names: list[str]) -> str:
    lines = ["```{toctree}", f":caption: {caption}", ":maxdepth: 1", ":hidden:", "", *names, "```"]
    return "\n".join(lines)


# --- the course


def _notebook(course: Course, lang: str, name: str, draft: bool) -> str:
    """A notebook with links that lead to where things are on the site."""
    book = books.read(course.root / lang / f"{name}.ipynb")
    there = {each.slug for each in written(course, draft)} | set(EXTRA)
    for cell in book.cells:
        if cell.cell_type == "markdown":
            cell.source = relink(cell.source, there, _on_site)
    text: str = nbformat.writes(book)  # type: ignore[no-untyped-call]
    return text


def _on_site(text: str, folder: str, name: str, anchor: str) -> str:
    """The twin is in the other build, of which Sphinx knows nothing."""
    if not folder:
        return f"[{text}]({name}.ipynb{anchor})"
    lang = folder.rpartition("/")[2]
    return f'<a href="../../{lang}/course/{name}.html{anchor}" lang="{lang}" hreflang="{lang}">{text}</a>'


# --- gallery and tables


def _gallery(course: Course, lang: str) -> str:
    """The page of the gallery; links to a picture open it."""
    text = (course.root.parent / "diagrams" / lang / "README.md").read_text("utf-8")
    return LINK.sub(lambda link: f'<a href="{link[2]}">{link[1]}</a>' if link[2].endswith(".svg") else link[0], text)


def _tables_index(kept: list[str]) -> str:
    lines = [f"# {words.say('site.tables')}", "", words.say("site.tables-about"), ""]
    lines += [f"* [{words.say(f'site.table.{name}')}]({name}.md)" for name in kept]
    return "\n".join([*lines, "", _toctree(words.say("site.tables"), kept), ""])


def _table(name: str) -> str:
    """A kept table. It may be wider than the page, so it stands in a box that the keyboard can scroll."""
    title = words.say(f"site.table.{name}")
    table = measured(name)
    box = f'<div class="wide" role="region" tabindex="0" aria-label="{title}">\n{table.to_html()}\n</div>'
    return f"# {title}\n\n{words.say('site.table-made', name=name)}\n\n{box}\n"


# --- documents


def _documents(course: Course, lang: str) -> list[tuple[str, str]]:
    """The pages of `docs/` by name: those in this language, else the English ones, marked as such."""
    folder = course.root.parent / "docs"
    names = sorted(file.stem for file in folder.glob("*.md") if "." not in file.stem)
    return [(name, _document(course, folder, name, lang)) for name in names]


def _document(course: Course, folder: Path, name: str, lang: str) -> str:
    own = folder / f"{name}.{lang}.md"
    file = own if own.exists() else folder / f"{name}.md"
    text = LINK.sub(lambda link: _in_repository(course, folder, link), file.read_text("utf-8"))
    return text if own.exists() or lang == "en" else english(text, "md")


def _in_repository(course: Course, folder: Path, link: re.Match[str]) -> str:
    """What is no page of the site is shown where the repository is."""
    text, target = link.groups()
    place, hash_, anchor = target.partition("#")
    if "//" in target or not place:
        return link[0]
    there = (folder / place).resolve()
    if there.parent == folder and there.suffix == ".md":
        name = there.name.removesuffix(".md").removesuffix(".ja")
        return f"[{text}]({name}.md{hash_}{anchor})"
    inside = there.relative_to(course.root.parent.resolve()).as_posix()
    return f"[{text}]({course.repository}/blob/{course.branch}/{inside}{hash_}{anchor})"


def english(text: str, kind: str) -> str:
    """An English page in the Japanese site says so."""
    if kind == "rst":
        return f":english: true\n\n{text}"
    return f"---\nenglish: true\n---\n\n{text}"


def sync(sources: dict[str, bytes], folder: Path) -> None:
    """Make `folder` hold just these files, touching none that is right already: Sphinx reads again what has changed."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_file() and path.relative_to(folder).as_posix() not in sources:
            path.unlink()
    for name, content in sources.items():
        path = folder / name
        if not path.exists() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
