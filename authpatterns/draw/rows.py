"""One row of a sequence diagram at a time: how high it is, and the shapes it is made of.

Every row has its own strip of the sheet, so nothing in one row can meet anything in another; only lanes, frames and
activation bars run through several.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import NamedTuple

from authpatterns.draw.columns import (
    CLEAR,
    DETAIL,
    LABEL,
    NOTE,
    Columns,
    cross_room,
    is_bold,
    note_lines,
    note_width,
)
from authpatterns.draw.shapes import Box, Line, Path, Shape, Text
from authpatterns.draw.story import Banner, Heading, Message, Remark, Row
from authpatterns.draw.text import clip, width, wrap

_ABOVE, _LINE, _SMALL_LINE, _BELOW = 12, 17, 15, 8
_OVER_ARROW = 9
_UNDER_ARROW = 17
_BADGE = 9.5
_LOOP, _LOOP_HEIGHT = 38, 12
_AFTER_SENTENCE = 5
_WIDEST_LONG_LABEL = 330
_CORNER = 8
_PLATES = {False: "plate", True: "glow-plate"}
"""What hides the lanes behind a text: in the colour of the sheet, or of the band of a marked row."""
BELOW_LAST = 6
"""How far a frame reaches below its last row."""
_STEP = 4
"""By how much a nested activation bar stands to the right."""

VOICE = {kind: kind for kind in ("request", "answer", "refused", "failed")} | {
    "absent": "answer",
    "late": "failed",
    "lost": "failed",
}
"""How a message of each kind is painted."""

_LABEL_ROLES = {"request": "label", "answer": "label-answer", "refused": "label-refused", "failed": "label-failed"}
_CIRCLE = "m-9.5 0a9.5 9.5 0 1 0 19 0a9.5 9.5 0 1 0 -19 0z"
_BADGES = {
    "request": _CIRCLE,
    "answer": _CIRCLE,
    "refused": "m-4.4 -10.5h8.8l6.1 6.1v8.8l-6.1 6.1h-8.8l-6.1 -6.1v-8.8z",
    "failed": "m0 -13l13 13l-13 13l-13 -13z",
}
_TONES = {
    "note": ("note", "tick", "m-1 4l3.5 4l6.5 -8"),
    "no": ("nay", "barred", "m-2 4a6 6 0 1 0 12 0a6 6 0 1 0 -12 0m1.8 4.2l8.4 -8.4"),
    "refusal": ("alarm", "stop", "l8 8m0 -8l-8 8"),
    "failure": ("worry", "cross", "m4 -1v6m0 4v.5"),
}
"""Surface, stroke and outline of the sign in a note: a tick, a barred circle, a cross, an exclamation mark."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A row with its place on the sheet.

    Attributes:
        y, height: Its strip.
        heads, details: The text at an arrow, or the lines of a note, wrapped.
        steps: How far below the first line of a note each line stands.
        middle: Where a message's text stands, or begins when the message is to its own sender; its arrow is at `arrow`.
        glow: Marked.
    """

    row: Row
    y: float
    height: float
    heads: tuple[str, ...] = ()
    details: tuple[str, ...] = ()
    middle: float = 0.0
    steps: tuple[float, ...] = ()
    glow: bool = False

    @property
    def arrow(self) -> float:
        """Height of the arrow on the sheet."""
        return self.y + _ABOVE + _LINE * len(self.heads) + _OVER_ARROW - 4

    @property
    def bottom(self) -> float:
        """Where the next row begins."""
        return self.y + self.height


@dataclass(frozen=True, slots=True)
class Ends:
    """How many activation bars an arrow's ends stand on: -1 for a bare lane."""

    source: int = -1
    target: int = -1


def place(row: Row, columns: Columns, y: float) -> Placed:
    """`row` at height `y`."""
    if isinstance(row, Message):
        return _place_message(row, columns, y)
    if isinstance(row, Remark):
        return _place_remark(row, y)
    return Placed(row, y, 40 if isinstance(row, Heading) else 36)


def _place_remark(remark: Remark, y: float) -> Placed:
    sentences = note_lines(remark)
    steps: list[float] = []
    for number, lines in enumerate(sentences):
        first = _LINE * len(steps) + _AFTER_SENTENCE * number
        steps += [first + _LINE * at for at in range(len(lines))]
    return Placed(remark, y, steps[-1] + _LINE + 12 + 16, tuple(chain(*sentences)), steps=tuple(steps))


def _place_message(message: Message, columns: Columns, y: float) -> Placed:
    bold = is_bold(message)
    middle, room = _text_place(message, columns, bold)
    heads = wrap(message.head, LABEL, room, bold=bold)
    details = tuple(_detail_lines(message.details, room))
    height = _ABOVE + _LINE * len(heads) + _OVER_ARROW + _SMALL_LINE * len(details) + _BELOW
    if message.source == message.target:
        height += _LOOP_HEIGHT
    return Placed(message, y, height, heads, details, middle)


def _text_place(message: Message, columns: Columns, bold: bool) -> tuple[float, float]:
    """Where the text of an arrow stands, and its room: beside its source if it fits there, else over all of it."""
    source, target = columns.x[message.source], columns.x[message.target]
    lanes = list(columns.x.values())
    at = lanes.index(source)
    if source == target:
        end = lanes[at + 1] if at + 1 < len(lanes) else columns.right
        return source + _LOOP, end - source - _LOOP - CLEAR
    beside = lanes[at + (1 if target > source else -1)]
    texts = [width(message.head, LABEL, bold=bold), *(width(detail, DETAIL, mono=True) for detail in message.details)]
    taken = cross_room(message)
    source += taken if target > source else -taken
    room = abs(beside - source) - 2 * CLEAR
    if beside == target or max(texts) <= room:
        return (source + beside) / 2, room
    left, right = _widest_stretch(sorted((source, target)), [columns.x[name] for name in message.waiting])
    return (left + right) / 2, min(right - left - 2 * CLEAR, _WIDEST_LONG_LABEL)


def _widest_stretch(ends: Sequence[float], busy: Iterable[float]) -> tuple[float, float]:
    """The widest part of an arrow that no activation bar runs through."""
    left, right = ends
    places = [left, *sorted(x for x in busy if left < x < right), right]
    return max(pairwise(places), key=lambda pair: pair[1] - pair[0])


def _detail_lines(details: Iterable[str], room: float) -> Iterator[str]:
    """Details in lines; where one needs several, what stands after the name begins its own.

    A name that several of these have stands above them once.
    """
    above = ""
    for detail in details:
        name, colon, value = detail.rpartition(": ")
        if width(detail, DETAIL, mono=True) <= room:
            above = ""
            yield detail
            continue
        if name != above:
            yield from wrap(name + colon.rstrip(), DETAIL, room, mono=True)
        above = name
        yield from wrap(value, DETAIL, room, mono=True)


# --- drawing


@dataclass(frozen=True, slots=True)
class Pen:
    """How a row is drawn.

    Attributes:
        columns: Where the lanes stand.
        ends: On what an arrow begins and ends.
        dim: Faint.
    """

    columns: Columns
    ends: Ends = Ends()
    dim: bool = False

    def draw(self, placed: Placed) -> list[Shape]:
        """The shapes of one row."""
        row = placed.row
        if isinstance(row, Message):
            return self._message(row, placed)
        if isinstance(row, Remark):
            return self._remark(row, placed)
        return self._heading(row, placed) if isinstance(row, Heading) else self._banner(row, placed)

    # --- messages

    def _message(self, message: Message, placed: Placed) -> list[Shape]:
        source = self.columns.x[message.source] + _STEP * max(self.ends.source, 0)
        shapes = self._texts(message, placed) + self._glow(placed)
        if message.source == message.target:
            return shapes + self._loop(message, placed.arrow, source)
        if message.kind == "lost":
            return shapes + self._lost(message, placed.arrow)
        return shapes + self._arrow(message, placed.arrow, source)

    def _arrow(self, message: Message, y: float, source: float) -> list[Shape]:
        target, voice = self.columns.x[message.target], VOICE[message.kind]
        way = 1 if target > source else -1
        tip = target - 1.5 * way if self.ends.target < 0 else target + _STEP * self.ends.target - 6 * way
        return [
            Line(f"line-{voice}", source + way * _BADGE, y, tip - 9 * way, y, self.dim),
            Path(f"tip-{voice}", tip, y, f"l{-11 * way} -5v10z", self.dim),
            *self._badge(message, source, y),
        ]

    def _lost(self, message: Message, y: float) -> list[Shape]:
        """No answer: a dotted line from the one who waited, that ends in a cross before it gets anywhere."""
        waiting = self.columns.x[message.target] + _STEP * max(self.ends.target, 0)
        silent = self.columns.x[message.source]
        way = 1 if silent > waiting else -1
        cross = silent - 14 * way
        return [
            Line("line-failed", waiting + way * 13, y, cross - 9 * way, y, self.dim),
            Path("cross", cross - 5, y - 5, "l10 10m0 -10l-10 10", self.dim),
            *self._badge(message, waiting, y),
        ]

    def _loop(self, message: Message, y: float, x: float) -> list[Shape]:
        voice = VOICE[message.kind]
        return [
            Path(f"line-{voice}", x + _BADGE, y, "h14a6 6 0 0 1 0 12h-8", self.dim),
            Path(f"tip-{voice}", x + 6, y + 12, "l11 -5v10z", self.dim),
            *self._badge(message, x, y),
        ]

    def _texts(self, message: Message, placed: Placed) -> list[Shape]:
        own = message.source == message.target
        x, y, anchor = placed.middle, placed.arrow + (_LOOP_HEIGHT if own else 0), "start" if own else "middle"
        first = y - _OVER_ARROW - _LINE * (len(placed.heads) - 1)
        role, bold = _LABEL_ROLES[VOICE[message.kind]], is_bold(message)
        texts = [
            Text(role, x, first + _LINE * at, line, LABEL, anchor, bold, dim=self.dim)
            for at, line in enumerate(placed.heads)
        ] + [
            Text("detail", x, y + _UNDER_ARROW + _SMALL_LINE * at, line, DETAIL, anchor, mono=True, dim=self.dim)
            for at, line in enumerate(placed.details)
        ]
        plates = [_plate(text.box, glow=placed.glow) for text in texts if self._crosses_a_lane(text.box)]
        return [*plates, *texts]

    def _crosses_a_lane(self, text: Box) -> bool:
        return self.columns.crossed(text.x - 6, text.right + 6)

    def _glow(self, placed: Placed) -> list[Shape]:
        return [band(self.columns, placed.y, placed.height)] if placed.glow else []

    def _badge(self, message: Message, x: float, y: float) -> list[Shape]:
        voice = VOICE[message.kind]
        size = 10 if message.number < 100 else 8
        role = "number-answer" if voice == "answer" else "number"
        return [
            Path(f"badge-{voice}", x, y, _BADGES[voice], self.dim),
            Text(role, x, y + 0.36 * size, str(message.number), size, bold=True, dim=self.dim),
        ]

    # --- other rows

    def _remark(self, remark: Remark, placed: Placed) -> list[Shape]:
        wide = note_width(placed.heads)
        middle = self.columns.x[remark.node]
        left = max(self.columns.left + 6, min(middle - wide / 2, self.columns.right - 6 - wide))
        top = placed.y + 8
        role, sign, mark = _TONES[remark.tone]
        return [
            Box(role, left, top, wide, placed.height - 16, 5, self.dim),
            Path(sign, left + 13, top + 11, mark, self.dim),
            *(
                Text("note-text", left + 32, top + 19 + step, line, NOTE, "start", dim=self.dim)
                for step, line in zip(placed.steps, placed.heads, strict=True)
            ),
        ]

    def _heading(self, heading: Heading, placed: Placed) -> list[Shape]:
        left, wide = self.columns.left, self.columns.right - self.columns.left
        title = clip(heading.title, LABEL, wide - 28, bold=True)
        return [
            Box("strip", left, placed.y, wide, 28, 8, self.dim),
            Text("strip-text", left + 14, placed.y + 18.5, title, LABEL, "start", bold=True, dim=self.dim),
        ]

    def _banner(self, banner: Banner, placed: Placed) -> list[Shape]:
        inset = _CORNER if placed.glow else 2
        left, right = self.columns.left + inset, self.columns.right - inset
        middle, y = (left + right) / 2, placed.y + placed.height / 2
        said = clip(banner.text, NOTE, right - left - 28)
        half = width(said, NOTE) / 2 + 14
        return [
            *self._glow(placed),
            Box(_PLATES[placed.glow], left, placed.y + 5, right - left, placed.height - 10),
            Line("rule", left + 14, y, middle - half, y),
            Line("rule", middle + half, y, right - 14, y),
            Text("banner", middle, y + 4, said, NOTE, dim=self.dim and banner.kind != "cut"),
        ]


def band(columns: Columns, y: float, height: float) -> Box:
    """What marks a row: a band beneath it."""
    return Box("glow", columns.left + 3, y + 2, columns.right - columns.left - 6, height - 4, _CORNER)


def _plate(text: Box, *, glow: bool) -> Box:
    return Box(_PLATES[glow], text.x - 4, text.y - 1, text.w + 8, text.h + 3)


def bars(lane: float, depth: int, top: float, bottom: float, hidden: float) -> list[Box]:
    """An activation bar: the node works on something from `top` to `bottom`; below `hidden` it is faint."""
    x = lane - 5 + _STEP * depth
    return [Box("bar", x, part.begin, 10, part.end - part.begin, 3, part.dim) for part in parts(top, bottom, hidden)]


class Part(NamedTuple):
    """A stretch from one height to another, faint or not."""

    begin: float
    end: float
    dim: bool


def parts(top: float, bottom: float, hidden: float) -> list[Part]:
    """What lies above `hidden`, and what is faint below it."""
    both = (Part(top, min(bottom, hidden), False), Part(max(top, hidden), bottom, True))
    return [part for part in both if part.begin < part.end]
