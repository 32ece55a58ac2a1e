"""From the source file of a lesson to its two notebooks.

A text cell remembers the fingerprint of its twin in the other language as it was when the cell itself was last
written. Change one side alone, and the other is stale until it is changed too, or accepted as it stands.
"""

from __future__ import annotations

from authpatterns.course import books, navigation, source
from authpatterns.course.books import GENERATED, TWIN, Cell, Notebook, Twins, fingerprint
from authpatterns.course.settings import Course, Lesson
from authpatterns.words import LANGUAGES

NEEDS_TRANSLATION = "needs-translation"
PLACEHOLDER = f"<!-- {NEEDS_TRANSLATION} -->"


def build(course: Course, lesson: Lesson) -> Twins:
    """The two notebooks that the source of `lesson` makes, without outputs; nothing is written.

    Raises:
        Misuse: the source is missing or not in its form.
    """
    blocks = source.parse(course.source(lesson))
    pair = Twins(lesson, {lang: _book(course, lesson, lang, blocks) for lang in LANGUAGES})
    _remember_twins(pair, _committed(course, lesson))
    return pair


def _book(course: Course, lesson: Lesson, lang: str, blocks: list[source.Block]) -> Notebook:
    cells = [_cell(course, lang, block) for block in blocks]
    return books.new_book([navigation.opening(course, lesson, lang), *cells, navigation.closing(course, lesson, lang)])


def _cell(course: Course, lang: str, block: source.Block) -> Cell:
    if block.kind == "generated":
        return navigation.contents(course, lang)
    text = block.text(lang)
    tags = [*block.tags, NEEDS_TRANSLATION] if text.startswith(PLACEHOLDER) else list(block.tags)
    metadata = {"tags": tags} if tags else {}
    return (
        books.code(block.id, text, **metadata) if block.kind == "code" else books.markdown(block.id, text, **metadata)
    )


def _committed(course: Course, lesson: Lesson) -> dict[str, dict[str, Cell]]:
    """The cells of the notebooks as they stand, by language and id."""
    there = {lang: course.notebook(lesson, lang) for lang in LANGUAGES}
    return {
        lang: {cell.id: cell for cell in books.read(path).cells} if path.exists() else {}
        for lang, path in there.items()
    }


def _remember_twins(pair: Twins, committed: dict[str, dict[str, Cell]]) -> None:
    for ja, en in pair.pairs():
        if books.is_prose(ja):
            _remember(ja, en, committed["ja"].get(ja.id))
            _remember(en, ja, committed["en"].get(en.id))


def _remember(cell: Cell, twin: Cell, before: Cell | None) -> None:
    untouched = before is not None and before.source == cell.source and TWIN in before.metadata
    cell.metadata[TWIN] = before.metadata[TWIN] if before is not None and untouched else fingerprint(twin.source)


def accept(pair: Twins) -> None:
    """Take every text as a faithful translation of the other, as it stands."""
    for ja, en in pair.pairs():
        if books.is_prose(ja) and books.is_prose(en):
            ja.metadata[TWIN], en.metadata[TWIN] = fingerprint(en.source), fingerprint(ja.source)


# --- a lesson that was edited in Jupyter


def sync(course: Course, pair: Twins) -> None:
    """Give the other language the master's cells: its code by id, and a placeholder for each new text. Prose stays."""
    master, other = course.master, navigation.OTHER[course.master]
    known = {cell.id: cell for cell in pair.books[other].cells}
    pair.books[other].cells = [_synced(cell, known.get(cell.id)) for cell in pair.books[master].cells]
    for lang in LANGUAGES:
        cells = pair.books[lang].cells
        cells[:] = [cell for cell in cells if cell.id not in ("navigation", "navigation-end")]
        cells.insert(0, navigation.opening(course, pair.lesson, lang))
        cells.append(navigation.closing(course, pair.lesson, lang))


def _synced(cell: Cell, there: Cell | None) -> Cell:
    if cell.cell_type == "code":
        same = there is not None and there.cell_type == "code" and there.source == cell.source
        kept = {"tags": list(cell.metadata.tags)} if "tags" in cell.metadata else {}
        return there if same else books.code(cell.id, cell.source, **kept)
    if there is not None and there.cell_type == cell.cell_type:
        return _untagged(there)
    if cell.metadata.get(GENERATED):
        return cell
    return books.markdown(cell.id, f"{PLACEHOLDER}\n{cell.source}", tags=[NEEDS_TRANSLATION])


def _untagged(cell: Cell) -> Cell:
    """A translated cell loses the tag that asked for its translation."""
    tags = [
        tag for tag in cell.metadata.get("tags", ()) if tag != NEEDS_TRANSLATION or cell.source.startswith(PLACEHOLDER)
    ]
    cell.metadata.pop("tags", None)
    if tags:
        cell.metadata["tags"] = tags
    return cell
