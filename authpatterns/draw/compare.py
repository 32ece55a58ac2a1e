"""Two traces side by side: what both have in common stands at one height, and what only one has is marked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Literal

from authpatterns import words
from authpatterns.draw import columns as lanes
from authpatterns.draw import rows, sequence, transcript
from authpatterns.draw.columns import HEAD_HEIGHT, Columns
from authpatterns.draw.rows import Placed
from authpatterns.draw.shapes import Box, Path, Picture, Text
from authpatterns.draw.show import Drawing
from authpatterns.draw.story import Message, Row, Story, likeness, tell
from authpatterns.draw.svg import Theme
from authpatterns.draw.text import width
from authpatterns.trace import Trace

Mark = Literal["same", "differs", "left", "right"]

_GUTTER = 44
_NARROW = 170


@dataclass(frozen=True, slots=True)
class Pair:
    """A row of the left story, one of the right, or one of each that belong together."""

    left: Row | None
    right: Row | None

    @property
    def mark(self) -> Mark:
        """Whether both are there and alike, or on which side alone it stands."""
        if self.left is None or self.right is None:
            return "right" if self.left is None else "left"
        return "same" if likeness(self.left) == likeness(self.right) else "differs"


def compare(
    left: Trace,
    right: Trace,
    lang: str | None = None,
    *,
    titles: tuple[str, str] = ("", ""),
    limit: int | None = 60,
    theme: Theme = "auto",
) -> Drawing:
    """Two traces as sequence diagrams side by side.

    Args:
        left: For instance without a fault.
        right: For instance with it.
        lang: "ja" or "en"; None for the language in use.
        titles: Stand above the two.
        limit: Most messages of each side.
        theme: "auto" follows the reader's colour scheme; "light" and "dark" are fixed.
    """
    stories = (tell(left, lang, limit=limit), tell(right, lang, limit=limit))
    pairs = list(align(*stories))
    text = _spoken(stories, pairs, titles)
    return Drawing(_picture(stories, pairs, titles, text), text, theme)


def align(left: Story, right: Story) -> Iterator[Pair]:
    """The rows of two stories in pairs, as few alone as possible."""
    ours, theirs = left.rows, right.rows
    matcher = SequenceMatcher(None, [likeness(row) for row in ours], [likeness(row) for row in theirs], autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            yield from (Pair(one, other) for one, other in zip(ours[a:b], theirs[c:d], strict=True))
        else:
            yield from _loosely(list(ours[a:b]), list(theirs[c:d]))


def _loosely(ours: list[Row], theirs: list[Row]) -> Iterator[Pair]:
    """Rows that are not alike, yet belong together when they are the same kind of thing at the same place."""
    place = [_place(row) for row in theirs]
    used = 0
    for row in ours:
        found = next((at for at in range(used, len(theirs)) if place[at] == _place(row)), None)
        if found is None:
            yield Pair(row, None)
            continue
        yield from (Pair(None, other) for other in theirs[used:found])
        yield Pair(row, theirs[found])
        used = found + 1
    yield from (Pair(None, other) for other in theirs[used:])


def _place(row: Row) -> tuple[object, ...]:
    if isinstance(row, Message):
        return ("message", row.kind == "request", row.source, row.target)
    return (type(row).__name__, getattr(row, "node", ""))


# --- drawing


def _picture(stories: tuple[Story, Story], pairs: list[Pair], titles: tuple[str, str], text: str) -> Picture:
    lang = stories[0].lang
    title = words.say("draw.title.compare", lang)
    if not (stories[0].parties and stories[1].parties):
        return sequence.empty(title, lang)
    left = _columns(stories[0], 0, titles[0])
    right = _columns(stories[1], left.right + _GUTTER - lanes.MARGIN, titles[1])
    top = 16.0 + (36 if any(titles) else 0)
    sheet = Picture(right.right + lanes.MARGIN, 0, title, text, lang)
    for said, columns in zip(titles, (left, right), strict=True):
        if said:
            sheet.add(Text("title", columns.left + 4, 32, said, sequence.TITLE, "start", bold=True))
    sides: tuple[list[Placed], list[Placed]] = ([], [])
    bottom = _place_pairs(pairs, (left, right), top + HEAD_HEIGHT + sequence.BETWEEN, sides, sheet)
    marked = [_numbers(pair.left for pair in pairs if pair.mark != "same")]
    marked.append(_numbers(pair.right for pair in pairs if pair.mark != "same"))
    ends = [
        sequence.draw_story(sheet, side, columns, top, numbers)
        for side, columns, numbers in zip(sides, (left, right), marked, strict=True)
    ]
    sheet.height = max([bottom, *ends]) + 24
    sheet.add(Box("page", 0, 0, sheet.width, sheet.height, 10))
    return sheet


def _numbers(given: Iterable[Row | None]) -> frozenset[int]:
    return frozenset(row.number for row in given if isinstance(row, Message))


def _columns(story: Story, begin: float, title: str) -> Columns:
    columns = lanes.arrange(story, begin, _NARROW)
    return replace(columns, right=max(columns.right, columns.left + width(title, sequence.TITLE, bold=True) + 8))


def _place_pairs(
    pairs: list[Pair],
    columns: tuple[Columns, Columns],
    y: float,
    sides: tuple[list[Placed], list[Placed]],
    sheet: Picture,
) -> float:
    """Put both rows of a pair at one height, and mark the pairs that differ."""
    before: Row | None = None
    for pair in pairs:
        given = (pair.left, pair.right)
        y += max(sequence.gap(row, before) for row in given if row is not None)
        before = pair.left or pair.right
        placed = [None if row is None else rows.place(row, side, y) for row, side in zip(given, columns, strict=True)]
        height = max(one.height for one in placed if one is not None)
        for one, side, column in zip(placed, sides, columns, strict=True):
            if one is not None:
                side.append(replace(one, height=height))
            if pair.mark != "same" and not (one is not None and isinstance(one.row, Message)):
                sheet.add(_tint(column, y, height, missing=one is None))
        if pair.mark != "same":
            sheet.extend(_sign(pair.mark, (columns[0].right + columns[1].left) / 2, y + height / 2))
        y += height
    return y


def _tint(columns: Columns, y: float, height: float, *, missing: bool) -> Box:
    role = "missing" if missing else "glow"
    return Box(role, columns.left + 3, y + 2, columns.right - columns.left - 6, height - 4, 8)


def _sign(mark: Mark, x: float, y: float) -> list[Path]:
    lines = {"left": "m-6 0h12", "right": "m-6 0h12m-6 -6v12", "differs": "m-6 -3h12m-12 6h12m-2 -9l-8 12"}[mark]
    return [Path("sign-plate", x, y, "m-13 0a13 13 0 1 0 26 0a13 13 0 1 0 -26 0z"), Path("sign", x, y, lines)]


# --- in words


def _spoken(stories: tuple[Story, Story], pairs: list[Pair], titles: tuple[str, str]) -> str:
    lang = stories[0].lang
    names = [
        title or words.say(f"draw.compare.{side}", lang) for title, side in zip(titles, ("left", "right"), strict=True)
    ]
    lines = [words.say("draw.title.compare", lang), f"− {names[0]}", f"+ {names[1]}"]
    for pair in pairs:
        lines += _lines(pair, lang)
    return "\n".join(lines)


def _lines(pair: Pair, lang: str) -> list[str]:
    if pair.mark == "same" and pair.left is not None:
        return [f"  {transcript.line(pair.left, lang)}"]
    sides = (("−", pair.left), ("+", pair.right))
    return [f"{sign} {transcript.line(row, lang)}" for sign, row in sides if row is not None]
