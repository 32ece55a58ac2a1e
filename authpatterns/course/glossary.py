"""The terms of the course: one file makes both glossary pages, and the prose is held to it."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from authpatterns import words
from authpatterns.course import books, prose
from authpatterns.course.books import Notebook, Twins
from authpatterns.course.findings import Finding, Findings
from authpatterns.course.navigation import OTHER
from authpatterns.course.settings import Course
from authpatterns.errors import Misuse
from authpatterns.words import LANGUAGES

NAME = "glossary.ipynb"


@dataclass(frozen=True, slots=True)
class Term:
    """One term.

    Attributes:
        name: By language.
        meaning: One line, by language.
        forms: Other ways in which prose may say it, by language: plurals, verbs.
        avoid: Ways in which prose must not say it, by language.
    """

    name: dict[str, str]
    meaning: dict[str, str]
    forms: dict[str, list[str]]
    avoid: dict[str, list[str]]

    def ways(self, lang: str) -> list[str]:
        """All ways to say it."""
        return [self.name[lang], *self.forms.get(lang, ())]


def load(course: Course) -> list[Term]:
    """The terms in the order of the file.

    Raises:
        Misuse: the file cannot be read.
    """
    file = course.root / "glossary.toml"
    try:
        return [_term(given) for given in tomllib.loads(file.read_text("utf-8"))["term"]]
    except (OSError, ValueError, KeyError) as error:
        raise Misuse("course.settings", file=str(file), reason=repr(error)) from error


def _term(given: dict[str, Any]) -> Term:
    name = {lang: given[lang] for lang in LANGUAGES}
    return Term(
        name, {lang: given["meaning"][lang] for lang in LANGUAGES}, given.get("forms", {}), given.get("avoid", {})
    )


# --- the pages


def page(course: Course, terms: list[Term], lang: str) -> Notebook:
    """The glossary in one language."""
    other = OTHER[lang]
    contents = f"[{words.say('course.contents', lang)}]({course.lessons[0].slug}.ipynb)"
    switch = f"[{words.say('course.language', other)}](../{other}/{NAME})"
    top = f"{contents} | {switch}\n\n# {words.say('course.glossary', lang)}"
    head = [words.say(f"course.column.{name}", lang) for name in ("term", "other-language", "meaning")]
    rows = [[term.name[lang], term.name[other], term.meaning[lang]] for term in terms]
    lines = "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * 3, *rows])
    cells = [("navigation", top), ("terms", lines)]
    return books.new_book([books.markdown(name, text, **{books.GENERATED: True}) for name, text in cells])


def write_pages(course: Course) -> list[Path]:
    """Write both pages, and give their paths."""
    terms = load(course)
    for lang in LANGUAGES:
        books.write(page(course, terms, lang), course.root / lang / NAME)
    return [course.root / lang / NAME for lang in LANGUAGES]


def current_glossary(course: Course) -> Findings:
    """The pages are those that the file makes."""
    terms = load(course)
    for lang in LANGUAGES:
        path = course.root / lang / NAME
        if not path.exists() or books.read(path) != page(course, terms, lang):
            yield Finding("current-glossary", f"{lang}/{NAME}")


# --- the prose


def glossary_terms(terms: list[Term], pair: Twins) -> Findings:
    """Where the Japanese text uses a term, its English twin uses the term's English."""
    for ja, en in pair.pairs():
        if not books.is_prose(ja):
            continue
        there, here = prose.plain(ja.source), prose.plain(en.source)
        for term in terms:
            if _says(there, term.ways("ja"), "ja") and not _says(here, term.ways("en"), "en"):
                yield Finding("glossary-terms", pair.name("en"), en.id, {"ja": term.name["ja"], "en": term.name["en"]})


def glossary_avoided(terms: list[Term], pair: Twins) -> Findings:
    """No text says a term in a way that the glossary advises against."""
    for lang, cell in pair.every():
        if not books.is_prose(cell):
            continue
        for term in terms:
            for way in term.avoid.get(lang, ()):
                if _says(prose.plain(cell.source), [way], lang):
                    evidence = {"avoid": way, "name": term.name[lang]}
                    yield Finding("glossary-avoided", pair.name(lang), cell.id, evidence)


def _says(text: str, ways: list[str], lang: str) -> bool:
    if lang == "ja":
        return any(way in text for way in ways)
    return any(re.search(rf"\b{re.escape(way)}\b", text, re.IGNORECASE) for way in ways)
