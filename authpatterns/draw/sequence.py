"""The sequence diagram: who says what to whom, in order."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Self

from authpatterns import words
from authpatterns.draw import columns as lanes
from authpatterns.draw import rows, transcript
from authpatterns.draw.activation import activations, ends
from authpatterns.draw.columns import HEAD_HEIGHT, Columns
from authpatterns.draw.rows import Placed
from authpatterns.draw.shapes import Box, Line, Picture, Text
from authpatterns.draw.show import Drawing
from authpatterns.draw.story import Banner, Heading, Message, Remark, Row, Story, tell
from authpatterns.draw.svg import Theme
from authpatterns.draw.text import width, wrap
from authpatterns.trace import Trace

TITLE, _FOOT = 17, 11
_FOOT_LINE = 16
_TITLE_LINE = 24
BETWEEN = 20
_LONG = 16
"""From so many messages on, the heads are repeated at the foot."""
_FAR, _NEAR = 17, 11
"""From so many rows on the heads stand again at the next heading, but not so few rows before those at the foot.

Rows, not pixels: so they stand at the same place in every language.
"""
_AGAIN = HEAD_HEIGHT + BETWEEN


def sequence(
    trace: Trace,
    lang: str | None = None,
    *,
    title: str = "",
    highlight: int | None = None,
    upto: int | None = None,
    fold: bool = True,
    limit: int | None = 120,
    theme: Theme = "auto",
) -> Drawing:
    """What flowed, as a sequence diagram.

    Args:
        trace: What flowed; `trace.last()` for the last thing somebody did.
        lang: "ja" or "en"; None for the language in use.
        title: Stands above the diagram.
        highlight: Number of a message that is marked, for going through step by step.
        upto: Messages after this number are faint.
        fold: Show an exchange that repeats three times or more only once.
        limit: After so many messages the rest is left out, and the diagram says so; None for no limit.
        theme: "auto" follows the reader's colour scheme; "light" and "dark" are fixed.
    """
    story = tell(trace, lang, fold=fold, limit=limit)
    drawn = picture(story, title, highlight, upto)
    return Drawing(drawn, drawn.text, theme)


def picture(story: Story, title: str = "", highlight: int | None = None, upto: int | None = None) -> Picture:
    """A story as shapes."""
    title_line = title or words.say("draw.title.sequence", story.lang)
    if not story.parties:
        return empty(title_line, story.lang)
    columns = lanes.arrange(story)
    sheet = Picture(columns.right + lanes.MARGIN, 0, title_line, transcript.spoken(story), story.lang)
    said = wrap(title, TITLE, columns.right - lanes.MARGIN - 8, bold=True) if title else ()
    top = 16.0 + (12 + _TITLE_LINE * len(said) if said else 0)
    for at, line in enumerate(said):
        sheet.add(Text("title", lanes.MARGIN + 4, 32 + _TITLE_LINE * at, line, TITLE, "start", bold=True))
    placed, between = _place(story.rows, columns, top + HEAD_HEIGHT + BETWEEN)
    bottom = draw_story(sheet, [_marked(one, highlight) for one in placed], columns, top, upto, between=between)
    foot = wrap(story.footer, _FOOT, columns.right - lanes.MARGIN - 8)
    for at, line in enumerate(foot):
        sheet.add(Text("foot", lanes.MARGIN + 4, bottom + 26 + _FOOT_LINE * at, line, _FOOT, "start"))
    sheet.height = bottom + 24 + _FOOT_LINE * len(foot)
    sheet.add(Box("page", 0, 0, sheet.width, sheet.height, 10))
    return sheet


def empty(title: str, lang: str) -> Picture:
    """A sheet that says that nothing has flowed."""
    text = words.say("draw.empty", lang)
    wide = width(text, lanes.NOTE) + 48
    sheet = Picture(wide, 64, title, text, lang)
    sheet.add(Box("page", 0, 0, wide, 64, 10), Text("banner", wide / 2, 36, text, lanes.NOTE))
    return sheet


def _place(story_rows: Iterable[Row], columns: Columns, begin: float) -> tuple[list[Placed], list[float]]:
    """Rows below each other, from height `begin`, and where the heads stand between them."""
    placed: list[Placed] = []
    y = begin
    for row in story_rows:
        y += gap(row, placed[-1].row if placed else None)
        placed.append(rows.place(row, columns, y))
        y = placed[-1].bottom
    headings = {at: one.y for at, one in enumerate(placed) if isinstance(one.row, Heading)}
    again = Again.at(headings, len(placed) if _is_long(placed) else inf)
    if again.rows:
        placed = [replace(one, y=one.y + again.shift(at)) for at, one in enumerate(placed)]
    return placed, list(again.heights)


@dataclass(frozen=True, slots=True)
class Again:
    """Where the heads of a high sheet stand again: before which rows, and at which heights."""

    rows: tuple[int, ...]
    heights: tuple[float, ...]

    @classmethod
    def at(cls, headings: Mapping[int, float], foot: float) -> Self:
        """At headings that are far from the last heads and not near those at the `foot`.

        Args:
            headings: The heights of those before which heads may stand, by row, without any heads between the rows.
            foot: After which row heads stand anyway, or infinity.
        """
        found: dict[int, float] = {}
        for at, y in headings.items():
            if at - max(found, default=0) >= _FAR and foot - at > _NEAR:
                found[at] = y + len(found) * _AGAIN
        return cls(tuple(found), tuple(found.values()))

    def shift(self, row: int) -> float:
        """How much lower a row stands because of the heads above it."""
        return _AGAIN * bisect_right(self.rows, row)


def _marked(placed: Placed, number: int | None) -> Placed:
    return replace(placed, glow=True) if isinstance(placed.row, Message) and placed.row.number == number else placed


def gap(row: Row, before: Row | None) -> float:
    """Room between a row and the one before it, beyond what the rows bring themselves."""
    if isinstance(row, Banner):
        return 8
    if not isinstance(row, Heading) or before is None:
        return 0
    return BETWEEN if isinstance(before, Message | Remark) else BETWEEN / 3


@dataclass(frozen=True, slots=True)
class Foot:
    """Where the lanes of a diagram end, and whether the heads stand there again."""

    y: float
    heads: bool


def draw_story(
    sheet: Picture,
    placed: Sequence[Placed],
    columns: Columns,
    top: float,
    upto: int | None = None,
    foot: Foot | None = None,
    between: Iterable[float] = (),
) -> float:
    """Heads, also `between` the rows, lanes, frames and rows onto `sheet`; gives the lower edge of it all."""
    foot = foot or _foot_of(placed, top)
    end = foot.y + (14 if foot.heads else 0)
    for y in (top, *between):
        sheet.extend(columns.heads(y))
    hidden = min(_first_hidden(placed, upto), end)
    sheet.extend(_lanes(placed, columns, (top + HEAD_HEIGHT, hidden, end)))
    sheet.extend(_frames(placed, columns))
    _draw_rows(sheet, placed, columns, hidden)
    if foot.heads:
        sheet.extend(columns.heads(end))
    return end + HEAD_HEIGHT if foot.heads else end


def _lanes(placed: Sequence[Placed], columns: Columns, heights: tuple[float, float, float]) -> Iterator[Line]:
    """Each lane, drawn otherwise while its node is down, and faint between the second height and the last."""
    top, hidden, end = heights
    for name, x in columns.x.items():
        begin, down = top, name in columns.down
        for y, next_down in (*_turns(placed, name), (end, down)):
            role = "lane-down" if down else "lane"
            yield from (Line(role, x, part.begin, x, part.end, part.dim) for part in rows.parts(begin, y, hidden))
            begin, down = y, next_down


def _turns(placed: Sequence[Placed], name: str) -> list[tuple[float, bool]]:
    """Where a node goes down, or comes up again."""
    changes = [(one, one.row) for one in placed if isinstance(one.row, Banner) and one.row.node == name]
    return [(one.y + one.height / 2, banner.kind == "down") for one, banner in changes]


def _foot_of(placed: Sequence[Placed], top: float) -> Foot:
    bottom = (placed[-1].bottom if placed else top + HEAD_HEIGHT + BETWEEN) + 6
    return Foot(bottom, _is_long(placed))


def _is_long(placed: Iterable[Placed]) -> bool:
    return sum(isinstance(one.row, Message) for one in placed) >= _LONG


def _frames(placed: Sequence[Placed], columns: Columns) -> list[Box]:
    """A frame around everything between one heading and the next."""
    starts = [at for at, one in enumerate(placed) if isinstance(one.row, Heading)]
    ends = [_last_of_frame(placed, at - 1) for at in [*starts[1:], len(placed)]] if starts else []
    edges = ((placed[s].y, placed[e].bottom + rows.BELOW_LAST) for s, e in zip(starts, ends, strict=True))
    wide = columns.right - columns.left
    return [Box("frame", columns.left, top, wide, bottom - top, 8) for top, bottom in edges]


def _last_of_frame(placed: Sequence[Placed], at: int) -> int:
    """Time that passes between two frames belongs to neither, nor does what happens in it."""
    while isinstance(placed[at].row, Banner):
        at -= 1
    return at


def _draw_rows(sheet: Picture, placed: Sequence[Placed], columns: Columns, hidden: float) -> None:
    works = activations(placed)
    for one in placed:
        sheet.extend(rows.Pen(columns, ends(one, works), one.y >= hidden).draw(one))
    for work in works.values():
        sheet.extend(rows.bars(columns.x[work.node], work.depth, work.top, work.bottom, hidden))


def _first_hidden(placed: Sequence[Placed], upto: int | None) -> float:
    """From which height on everything is faint: the first message after `upto`, with the heading above it."""
    if upto is None:
        return inf
    for at, one in enumerate(placed):
        if isinstance(one.row, Message) and one.row.number > upto:
            return placed[at - 1].y if at and isinstance(placed[at - 1].row, Heading | Banner) else one.y
    return inf
