"""One row of a sequence diagram at a time: how high it is, and the shapes it is made of.

Every row has its own strip of the sheet, so nothing in one row can meet anything in another; only lanes, frames and
activation bars run through several.
"""

from __future__ import annotations

from dataclasses import dataclass

from authpatterns.draw.columns import CLEAR, DETAIL, LABEL, NOTE, Columns, is_bold, note_room
from authpatterns.draw.shapes import Box, Line, Path, Shape, Text
from authpatterns.draw.story import Banner, Heading, Message, Remark, Row
from authpatterns.draw.text import width, wrap

_ABOVE, _LINE, _SMALL_LINE, _BELOW = 12, 17, 15, 8
_OVER_ARROW = 9
_UNDER_ARROW = 17
_BADGE = 9.5
_LOOP = 38
_WIDEST_LONG_LABEL = 330
_STEP = 4
"""By how much a nested activation bar stands to the right."""

VOICE = {"request": "request", "answer": "answer", "late": "failed", "refused": "refused", "failed": "failed", "lost": "failed"}
"""How a message of each kind is painted."""

_TONES = {
    "note": ("note", "tick", "m-1 4l3.5 4l6.5 -8"),
    "refusal": ("alarm", "stop", "l8 8m0 -8l-8 8"),
    "failure": ("worry", "cross", "m4 -1v6m0 4v.5"),
}
"""Surface, stroke and outline of the sign in a note: a tick, a cross, an exclamation mark."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A row with its place on the sheet.

    Attributes:
        y, height: Its strip.
        heads, details: The text at an arrow, or the lines of a note, wrapped.
        middle: Where a message's text stands, or begins when the message is to its own sender; its arrow is at `arrow`.
    """

    row: Row
    y: float
    height: float
    heads: tuple[str, ...] = ()
    details: tuple[str, ...] = ()
    middle: float = 0.0

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
        lines = tuple(line for sentence in row.sentences for line in _marked(sentence))
        return Placed(row, y, 17 * len(lines) + 12 + 16, lines)
    return Placed(row, y, 40 if isinstance(row, Heading) else 36)


def _place_message(message: Message, columns: Columns, y: float) -> Placed:
    source, target = columns.x[message.source], columns.x[message.target]
    bold = is_bold(message)
    middle, room = _text_place(message, columns, bold)
    heads = wrap(message.head, LABEL, room, bold=bold)
    details = tuple(line for detail in message.details for line in wrap(detail, DETAIL, room, mono=True))
    height = _ABOVE + _LINE * len(heads) + _OVER_ARROW + _SMALL_LINE * len(details) + _BELOW
    return Placed(message, y, height, heads, details, middle)


def _text_place(message: Message, columns: Columns, bold: bool) -> tuple[float, float]:
    """Where the text of an arrow stands, and how wide it may be: beside its source if it fits there, else over its length."""
    source, target = columns.x[message.source], columns.x[message.target]
    lanes = list(columns.x.values())
    at = lanes.index(source)
    if source == target:
        end = lanes[at + 1] if at + 1 < len(lanes) else columns.right
        return source + _LOOP, end - source - _LOOP - CLEAR
    beside = lanes[at + (1 if target > source else -1)]
    texts = [width(message.head, LABEL, bold=bold), *(width(detail, DETAIL, mono=True) for detail in message.details)]
    room = abs(beside - source) - 2 * CLEAR
    if beside == target or max(texts) <= room:
        return (source + beside) / 2, room
    return (source + target) / 2, min(abs(target - source) - 2 * CLEAR, _WIDEST_LONG_LABEL)


def _marked(sentence: str) -> tuple[str, ...]:
    return wrap(sentence, NOTE, note_room())


# --- drawing


def draw(placed: Placed, columns: Columns, ends: Ends, *, glow: bool = False, dim: bool = False) -> list[Shape]:
    """The shapes of one row."""
    row = placed.row
    if isinstance(row, Message):
        return _message(row, placed, columns, ends, glow, dim)
    if isinstance(row, Remark):
        return _remark(row, placed, columns, dim)
    return _heading(row, placed, columns, dim) if isinstance(row, Heading) else _banner(row, placed, columns, dim)


def bar(lane: float, depth: int, top: float, bottom: float, *, dim: bool = False) -> Box:
    """An activation bar: the node works on something from `top` to `bottom`."""
    return Box("bar", lane - 5 + _STEP * depth, top, 10, bottom - top, 3, dim)


def _message(
    message: Message, placed: Placed, columns: Columns, ends: Ends, glow: bool, dim: bool
) -> list[Shape]:
    voice = VOICE[message.kind]
    shapes: list[Shape] = _texts(message, placed, columns, voice, glow, dim)
    if glow:
        shapes.append(Box("glow", columns.left + 3, placed.y + 2, columns.right - columns.left - 6, placed.height - 4, 8))
    source = columns.x[message.source] + _STEP * max(ends.source, 0)
    if message.source == message.target:
        return shapes + _loop(message, placed, source, voice, dim)
    target = columns.x[message.target]
    if message.kind == "lost":
        return shapes + _lost(message, placed, columns, ends, dim)
    way = 1 if target > source else -1
    tip = target - 1.5 * way if ends.target < 0 else target + _STEP * ends.target - 6 * way
    return [
        *shapes,
        Line(f"line-{voice}", source + way * _BADGE, placed.arrow, tip - 9 * way, placed.arrow, dim),
        Path(f"tip-{voice}", tip, placed.arrow, f"l{-11 * way} -5v10z", dim),
        *_badge(message, source, placed.arrow, voice, dim),
    ]


def _lost(message: Message, placed: Placed, columns: Columns, ends: Ends, dim: bool) -> list[Shape]:
    """No answer: a dotted line from the one who waited, that ends in a cross before it gets anywhere."""
    waiting = columns.x[message.target] + _STEP * max(ends.target, 0)
    silent = columns.x[message.source]
    way = 1 if silent > waiting else -1
    cross = silent - 14 * way
    return [
        Line("line-failed", waiting + way * 11, placed.arrow, cross - 9 * way, placed.arrow, dim),
        Path("cross", cross - 5, placed.arrow - 5, "l10 10m0 -10l-10 10", dim),
        *_badge(message, waiting, placed.arrow, "failed", dim),
    ]


def _loop(message: Message, placed: Placed, x: float, voice: str, dim: bool) -> list[Shape]:
    y = placed.arrow
    return [
        Path(f"line-{voice}", x + _BADGE, y, "h14a6 6 0 0 1 0 12h-8", dim),
        Path(f"tip-{voice}", x + 6, y + 12, "l11 -5v10z", dim),
        *_badge(message, x, y, voice, dim),
    ]


def _texts(
    message: Message, placed: Placed, columns: Columns, voice: str, glow: bool, dim: bool
) -> list[Shape]:
    bold = is_bold(message)
    role = {"refused": "label-refused", "failed": "label-failed", "answer": "label-answer"}.get(voice, "label")
    middle, arrow = placed.middle, placed.arrow
    own = message.source == message.target
    anchor = "start" if own else "middle"
    arrow += 12 if own else 0
    first = arrow - _OVER_ARROW - _LINE * (len(placed.heads) - 1)
    texts = [
        *(Text(role, middle, first + _LINE * i, line, LABEL, anchor, bold, dim=dim) for i, line in enumerate(placed.heads)),
        *(
            Text("detail", middle, arrow + _UNDER_ARROW + _SMALL_LINE * i, line, DETAIL, anchor, mono=True, dim=dim)
            for i, line in enumerate(placed.details)
        ),
    ]
    plates = [_plate(text.box, glow) for text in texts if columns.crossed(text.box.x - 6, text.box.right + 6)]
    return [*plates, *texts]


def _plate(text: Box, glow: bool) -> Box:
    return Box("glow-plate" if glow else "plate", text.x - 4, text.y - 1, text.w + 8, text.h + 3)


def _badge(message: Message, x: float, y: float, voice: str, dim: bool) -> list[Shape]:
    outline = {
        "request": "m-9.5 0a9.5 9.5 0 1 0 19 0a9.5 9.5 0 1 0 -19 0z",
        "answer": "m-9.5 0a9.5 9.5 0 1 0 19 0a9.5 9.5 0 1 0 -19 0z",
        "refused": "m-4.4 -10.500h8.8l6.1 6.1v8.8l-6.1 6.1h-8.8l-6.1 -6.1v-8.8z".replace(".500", ".5"),
        "failed": "m0 -13l13 13l-13 13l-13 -13z",
    }[voice]
    size = 10 if message.number < 100 else 8
    role = "number-answer" if voice == "answer" else "number"
    return [
        Path(f"badge-{voice}", x, y, outline, dim),
        Text(role, x, y + 0.36 * size, str(message.number), size, bold=True, dim=dim),
    ]


def _remark(remark: Remark, placed: Placed, columns: Columns, dim: bool) -> list[Shape]:
    wide = max(width(line, NOTE) for line in placed.heads) + 44
    middle = columns.x[remark.node]
    left = max(columns.left + 6, min(middle - wide / 2, columns.right - 6 - wide))
    top = placed.y + 8
    role, sign, mark = _TONES[remark.tone]
    return [
        Box(role, left, top, wide, placed.height - 16, 5, dim),
        Path(sign, left + 13, top + 11, mark, dim),
        *(
            Text("note-text", left + 32, top + 19 + 17 * i, line, NOTE, "start", dim=dim)
            for i, line in enumerate(placed.heads)
        ),
    ]


def _heading(heading: Heading, placed: Placed, columns: Columns, dim: bool) -> list[Shape]:
    left, wide = columns.left, columns.right - columns.left
    return [
        Box("strip", left, placed.y, wide, 28, 8, dim),
        Text("strip-text", left + 14, placed.y + 18.5, heading.title, LABEL, "start", bold=True, dim=dim),
    ]


def _banner(banner: Banner, placed: Placed, columns: Columns, dim: bool) -> list[Shape]:
    left, wide = columns.left + 2, columns.right - columns.left - 4
    middle, y = (columns.left + columns.right) / 2, placed.y + placed.height / 2
    half = width(banner.text, NOTE) / 2 + 14
    role = "rule"
    return [
        Box("plate", left, placed.y + 5, wide, placed.height - 10),
        Line(role, left + 14, y, middle - half, y),
        Line(role, middle + half, y, left + wide - 14, y),
        Text("banner", middle, y + 4, banner.text, NOTE, dim=dim),
    ]
