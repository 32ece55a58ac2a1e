"""Two languages, one course: what must be the same in the twin notebooks of a lesson, one check each."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from itertools import zip_longest
from typing import Any

from authpatterns.course import prose
from authpatterns.course.books import GENERATED, TWIN, Cell, Twins, fingerprint, is_prose
from authpatterns.course.build import NEEDS_TRANSLATION, PLACEHOLDER
from authpatterns.course.findings import Finding, Findings, named
from authpatterns.course.navigation import OTHER

UNTRANSLATED_WORDS = 5
"""So many Latin words in a Japanese paragraph without one Japanese sign are a paragraph that nobody translated."""


def same_cells(pair: Twins) -> Findings:
    """The same sequence of cell ids, types and tags."""
    ja, en = ([(cell.id, cell.cell_type, _tags(cell)) for cell in pair.books[lang].cells] for lang in ("ja", "en"))
    for mine, other in zip_longest(ja, en):
        if mine != other:
            cell = (mine or other)[0]
            yield Finding("same-cells", pair.name("en"), cell, {"ja": _cell(mine), "en": _cell(other)})
            return


def same_code(pair: Twins) -> Findings:
    """Code cells are equal to the byte."""
    for ja, en in pair.pairs():
        if ja.cell_type == "code" and ja.source != en.source:
            yield Finding("same-code", pair.name("en"), ja.id)


def same_outputs(pair: Twins) -> Findings:
    """Outputs have the same types and the same MIME keys."""
    for ja, en in pair.pairs():
        if ja.cell_type == "code" and _shapes(ja) != _shapes(en):
            yield Finding("same-outputs", pair.name("en"), ja.id, {"ja": _shapes(ja), "en": _shapes(en)})


def same_headings(pair: Twins) -> Findings:
    """A text has the same heading levels."""
    yield from _same("same-headings", pair, prose.headings)


def same_fences(pair: Twins) -> Findings:
    """A text has the same fenced blocks."""
    yield from _same("same-fences", pair, prose.fences)


def same_links(pair: Twins) -> Findings:
    """A text has the same links and images."""
    yield from _same("same-links", pair, prose.links)


def same_terms(pair: Twins) -> Findings:
    """A text has the same terms in backticks."""
    yield from _same("same-terms", pair, prose.terms)


def english_only(pair: Twins) -> Findings:
    """No kana or kanji in the English notebook, its outputs and pictures included; the language switch is not prose."""
    for cell in pair.books["en"].cells:
        text = _without_switch(cell, "en") + "\n".join(_texts(cell))
        if found := prose.KANA_OR_KANJI.search(text):
            around = text[max(0, found.start() - 10) : found.end() + 10].replace("\n", " ")
            yield Finding("english-only", pair.name("en"), cell.id, {"text": around})


def japanese_paragraphs(pair: Twins) -> Findings:
    """No paragraph of the Japanese notebook that nobody translated."""
    for cell in pair.books["ja"].cells:
        if cell.cell_type != "markdown":
            continue
        for paragraph in prose.paragraphs(_without_switch(cell, "ja")):
            many = len(prose.words(paragraph)) >= UNTRANSLATED_WORDS
            if many and not prose.KANA_OR_KANJI.search(paragraph) and not _is_reference(cell):
                yield Finding("japanese-paragraphs", pair.name("ja"), cell.id, {"text": paragraph[:60]})


def translated(pair: Twins) -> Findings:
    """No cell waits for its translation."""
    for lang, cell in pair.every():
        if NEEDS_TRANSLATION in _tags(cell) or cell.source.startswith(PLACEHOLDER):
            yield Finding("translated", pair.name(lang), cell.id)


def not_stale(pair: Twins) -> Findings:
    """Neither side of a text was changed without a look at the other."""
    for ja, en in pair.pairs():
        for lang, cell, twin in (("ja", ja, en), ("en", en, ja)):
            if is_prose(cell) and cell.metadata.get(TWIN) != fingerprint(twin.source):
                yield Finding("not-stale", pair.name(lang), cell.id, {"twin": pair.name(OTHER[lang])})


CHECKS = named(
    [
        same_cells,
        same_code,
        same_outputs,
        same_headings,
        same_fences,
        same_links,
        same_terms,
        english_only,
        japanese_paragraphs,
        translated,
        not_stale,
    ]
)


def _same(check: str, pair: Twins, look: Callable[[str], Any]) -> Findings:
    for ja, en in pair.pairs():
        if is_prose(ja) and is_prose(en) and look(ja.source) != look(en.source):
            yield Finding(check, pair.name("en"), ja.id, {"ja": look(ja.source), "en": look(en.source)})


def _tags(cell: Cell) -> list[str]:
    return sorted(cell.metadata.get("tags", ()))


def _cell(known: Any) -> str:
    return "-" if known is None else " ".join([known[1], known[0], *known[2]])


def _shapes(cell: Cell) -> list[tuple[str, ...]]:
    return [(output.output_type, *sorted(output.get("data", {}))) for output in cell.outputs]


def _texts(cell: Cell) -> list[str]:
    """Everything a reader sees in the outputs of `cell`; pictures as their SVG text."""
    texts = []
    for output in cell.get("outputs", ()):
        for value in [output.get("text", ""), *output.get("data", {}).values()]:
            text = str(value)
            drawn = [
                base64.b64decode(data).decode() for data in re.findall(r"data:image/svg\+xml;base64,([\w+/=]+)", text)
            ]
            texts += [text, *drawn]
    return texts


def _without_switch(cell: Cell, lang: str) -> str:
    return re.sub(rf"\[[^\]]*\]\(\.\./{OTHER[lang]}/[^)]*\)", "", str(cell.source))


def _is_reference(cell: Cell) -> bool:
    return cell.id == "sources" or bool(cell.metadata.get(GENERATED))
