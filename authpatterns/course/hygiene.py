"""What must hold in every committed notebook, one check each."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from authpatterns.course import books, navigation, prose
from authpatterns.course.books import GENERATED, METADATA, Cell, Twins
from authpatterns.course.findings import Finding, Findings, named
from authpatterns.course.settings import Course
from authpatterns.words import LANGUAGES

MOST_LINES = 20
MOST_BYTES = 300_000
TRACES = re.compile(
    r"(?<![\w:/.])/(?:home|root|tmp|work|usr|var|Users|private)/|[A-Z]:\\\\?Users|site-packages|\b0x[0-9a-f]{6,}"
)
"""Signs of the machine on which a notebook was run: paths, and addresses in memory."""


def executed(pair: Twins) -> Findings:
    """The code cells ran, in order, 1 to n."""
    for lang in LANGUAGES:
        counts = [cell.execution_count for cell in pair.books[lang].cells if cell.cell_type == "code"]
        if counts != list(range(1, len(counts) + 1)):
            yield Finding("executed", pair.name(lang), "", {"counts": counts})


def clean_outputs(pair: Twins) -> Findings:
    """No error, no warning, no view of a live widget, no timing."""
    for lang, cell in pair.every():
        for output in cell.get("outputs", ()):
            bad = output.output_type == "error" or output.get("name") == "stderr"
            if bad or books.WIDGET_VIEW in output.get("data", {}):
                yield Finding(
                    "clean-outputs", pair.name(lang), cell.id, {"kind": output.get("name", output.output_type)}
                )


def no_machine(pair: Twins) -> Findings:
    """Nothing tells on which machine it ran."""
    for lang, cell in pair.every():
        for text in [cell.source, *_plain_outputs(cell)]:
            if found := TRACES.search(text):
                around = text[max(0, found.start() - 20) : found.end() + 20]
                yield Finding("no-machine", pair.name(lang), cell.id, {"text": around})


def unique_ids(pair: Twins) -> Findings:
    """No id stands twice."""
    for lang in LANGUAGES:
        ids = [cell.id for cell in pair.books[lang].cells]
        for cell_id in sorted({each for each in ids if ids.count(each) > 1}):
            yield Finding("unique-ids", pair.name(lang), cell_id)


def normal_metadata(pair: Twins) -> Findings:
    """The notebook's metadata is the one normal form; cells carry none of a machine's."""
    for lang in LANGUAGES:
        if pair.books[lang].metadata != METADATA:
            yield Finding("normal-metadata", pair.name(lang))
    for lang, cell in pair.every():
        if extra := sorted(set(cell.metadata) - {GENERATED, books.TWIN, "tags"}):
            yield Finding("normal-metadata", pair.name(lang), cell.id, {"extra": extra})


def one_title(pair: Twins) -> Findings:
    """The title in the opening cell is the only heading of level 1."""
    for lang in LANGUAGES:
        titled = [
            cell.id
            for cell in pair.books[lang].cells
            if cell.cell_type == "markdown" and 1 in prose.headings(cell.source)
        ]
        if titled != ["navigation"]:
            yield Finding("one-title", pair.name(lang), "", {"cells": titled})


def short_code(pair: Twins) -> Findings:
    """No code cell is empty or longer than 20 lines."""
    for lang, cell in pair.every():
        lines = len(cell.source.splitlines())
        if cell.cell_type == "code" and not 0 < lines <= MOST_LINES:
            yield Finding("short-code", pair.name(lang), cell.id, {"lines": lines, "most": MOST_LINES})


def wordless_code(pair: Twins) -> Findings:
    """No natural language in code: no comment, and no string of several words."""
    for lang, cell in pair.every():
        if cell.cell_type == "code" and (found := _language_in(cell.source)):
            yield Finding("wordless-code", pair.name(lang), cell.id, {"text": found})


def described_pictures(pair: Twins) -> Findings:
    """Every picture has a text for those who do not see it."""
    for lang, cell in pair.every():
        for text in [cell.source if cell.cell_type == "markdown" else "", *_plain_outputs(cell)]:
            for tag in prose.images_without_alt(text):
                yield Finding("described-pictures", pair.name(lang), cell.id, {"tag": tag})


CHECKS = named(
    [
        executed,
        clean_outputs,
        no_machine,
        unique_ids,
        normal_metadata,
        one_title,
        short_code,
        wordless_code,
        described_pictures,
    ]
)


# --- checks that need the course around the notebooks


def small_file(course: Course, pair: Twins) -> Findings:
    """With its outputs a notebook stays under 300 kB."""
    for lang in LANGUAGES:
        size = course.notebook(pair.lesson, lang).stat().st_size
        if size > MOST_BYTES:
            yield Finding("small-file", pair.name(lang), "", {"size": size // 1000, "most": MOST_BYTES // 1000})


def current_navigation(course: Course, pair: Twins) -> Findings:
    """The made cells are those that the settings make."""
    for lang in LANGUAGES:
        cells = pair.books[lang].cells
        made = [navigation.opening(course, pair.lesson, lang), navigation.closing(course, pair.lesson, lang)]
        stand = [cells[0], cells[-1]] if cells else []
        listed = [cell for cell in cells if cell.id == "contents"]
        expected = [*made, *(navigation.contents(course, lang) for _ in listed)]
        if [(cell.id, cell.source) for cell in [*stand, *listed]] != [(cell.id, cell.source) for cell in expected]:
            yield Finding("current-navigation", pair.name(lang), "navigation")


def working_links(course: Course, pair: Twins) -> Findings:
    """A link to another file of the project leads somewhere."""
    for lang, cell in pair.every():
        if cell.cell_type != "markdown":
            continue
        for target in prose.links(cell.source):
            place = target.partition("#")[0]
            if place and ":" not in place and not (course.root / lang / Path(place)).exists():
                yield Finding("working-links", pair.name(lang), cell.id, {"target": target})


COURSE_CHECKS = named([small_file, current_navigation, working_links])


def _plain_outputs(cell: Cell) -> Iterator[str]:
    for output in cell.get("outputs", ()):
        yield str(output.get("text", ""))
        yield from (str(value) for value in output.get("data", {}).values())


def _language_in(source: str) -> str:
    """The first comment, or string that reads as a sentence; "" where there is none."""
    try:
        tree = compile(source, "cell", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except SyntaxError:
        return source.partition("\n")[0]
    comments = [line.strip() for line in source.splitlines() if re.search(r"(^|\s)#", _without_strings(line))]
    strings = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    sentences = [
        text for text in strings if re.search(r"[A-Za-z]{2,} [A-Za-z]{2,} [A-Za-z]{2,}", text) or not text.isascii()
    ]
    return next(iter([*comments, *sentences]), "")


def _without_strings(line: str) -> str:
    return re.sub(r"\"[^\"]*\"|'[^']*'", '""', line)
