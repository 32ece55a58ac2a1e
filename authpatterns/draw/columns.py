"""The lanes of a sequence diagram: one column for each party, as far apart as what stands between them needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from math import ceil

from authpatterns.draw import icons, labels
from authpatterns.draw.shapes import Box, Shape, Text
from authpatterns.draw.story import Banner, Heading, Message, Remark, Row, Story
from authpatterns.draw.text import widest_word, width, wrap
from authpatterns.trace import Party

LABEL, DETAIL, NOTE, NAME, KIND = 13, 11, 12, 14, 11
"""Font sizes in pixels."""

HEAD_HEIGHT = 50
MARGIN = 12
CLEAR = 17
"""Room between a lane and the text beside it."""

_INSIDE = 16
_NEAREST = 140
_WIDEST_LABEL, _WIDEST_OF_MANY = 250, 200
_MANY = 6
_WIDEST_NOTE = 260
_BESIDE_NOTE = 8
"""Room between a note and the next lane, or the edge."""
_WIDEST_HEADING = 460


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the lanes stand.

    Attributes:
        parties: From left to right.
        x: The middle of each lane by name.
        left, right: The edges within which everything is drawn.
        lang: Of the words in the heads.
        down: Names of those who are down all the time.
    """

    parties: tuple[Party, ...]
    x: dict[str, float]
    left: float
    right: float
    lang: str
    down: frozenset[str] = frozenset()

    def order(self, name: str) -> int:
        """Which lane from the left, beginning with 0."""
        return list(self.x).index(name)

    def crossed(self, left: float, right: float) -> bool:
        """Whether a lane lies between two places."""
        return any(left < lane < right for lane in self.x.values())

    def heads(self, y: float) -> list[Shape]:
        """A head for each lane, with sign, name and kind."""
        return [shape for party in self.parties for shape in self._head(party, y)]

    def _head(self, party: Party, y: float) -> list[Shape]:
        down = party.name in self.down
        kind = labels.kind_word(party, self.lang, down=down)
        wide = _head_width(party, kind)
        left = self.x[party.name] - wide / 2
        text = left + 14 + icons.SIZE + 8
        return [
            Box("head-down" if down else "head", left, y, wide, HEAD_HEIGHT, 10),
            icons.icon(party.kind, left + 14, y + (HEAD_HEIGHT - icons.SIZE) / 2),
            Text("name", text, y + 22, party.name, NAME, "start", bold=True),
            Text("kind-down" if down else "kind", text, y + 38, kind, KIND, "start", bold=down),
        ]


def arrange(story: Story, begin: float = 0.0, widest: float | None = None) -> Columns:
    """Columns for `story`, which has at least one party.

    Args:
        story: What is to be drawn.
        begin: The left edge of the sheet.
        widest: How much room the text between two neighbours may ask for, if no word is wider; the rest is wrapped.
    """
    parties, down = story.parties, story.down
    names = [party.name for party in parties]
    halves = [_head_width(party, story.kind_word(party)) / 2 for party in parties]
    notes = _half_notes(story.rows)
    gaps = [max(_NEAREST, one + other + 28) for one, other in pairwise(halves)]
    widest = widest or (_WIDEST_LABEL if len(names) < _MANY else _WIDEST_OF_MANY)
    for message in story.arrows:
        _make_room(message, names, gaps, widest)
    for at, (one, other) in enumerate(pairwise(names)):
        gaps[at] = max(gaps[at], notes.get(one, 0.0), notes.get(other, 0.0))
    x = _positions(begin + MARGIN + max(_INSIDE + halves[0], notes.get(names[0], 0.0)), gaps)
    right = max(
        x[-1] + halves[-1] + _INSIDE,
        x[-1] + notes.get(names[-1], 0.0),
        x[-1] + _beyond(story.arrows, names[-1]),
        begin + MARGIN + _widest_heading(story.rows) + 2 * _INSIDE,
    )
    return Columns(parties, dict(zip(names, x, strict=True)), begin + MARGIN, ceil(right), story.lang, down)


def label_width(message: Message) -> float:
    """What the text at an arrow needs in one line each."""
    heads = width(message.head, LABEL, bold=is_bold(message))
    return max([heads, *(width(detail, DETAIL, mono=True) for detail in message.details)])


def cross_room(message: Message) -> float:
    """What the cross at the silent end of a message takes from the room of its text."""
    return 14.0 if message.kind == "lost" else 0.0


def is_bold(message: Message) -> bool:
    """Whether the text at an arrow is bold: that of a no, and of a failure."""
    return message.kind not in ("request", "answer")


def note_lines(remark: Remark) -> tuple[tuple[str, ...], ...]:
    """The sentences of a note, each wrapped."""
    return tuple(wrap(sentence, NOTE, _WIDEST_NOTE) for sentence in remark.sentences)


def note_width(lines: Iterable[str]) -> float:
    """How wide a note with this text is."""
    return max(width(line, NOTE) for line in lines) + 44


def _make_room(message: Message, names: Sequence[str], gaps: list[float], widest: float) -> None:
    one, other = sorted((names.index(message.source), names.index(message.target)))
    words = [widest_word(detail, DETAIL, mono=True) for detail in message.details]
    least = min(max(words, default=0.0), _WIDEST_LABEL)
    need = min(label_width(message), max(widest, least)) + 2 * CLEAR + cross_room(message)
    if one == other and one < len(gaps):
        gaps[one] = max(gaps[one], need + 30)
    elif other - one == 1:
        gaps[one] = max(gaps[one], need)


def _positions(first: float, gaps: Iterable[float]) -> list[float]:
    places = [ceil(first)]
    for gap in gaps:
        places.append(ceil(places[-1] + gap))
    return [float(place) for place in places]


def _beyond(messages: Iterable[Message], last: str) -> float:
    """What messages of the last party to itself need to its right."""
    own = [min(label_width(m), _WIDEST_LABEL) + 2 * CLEAR + 30 for m in messages if m.source == m.target == last]
    return max(own, default=0.0)


def _half_notes(rows: Iterable[Row]) -> dict[str, float]:
    """By node, how far its widest note reaches to either side of its lane: so far no other lane and no edge may be."""
    found: dict[str, float] = {}
    for row in rows:
        if isinstance(row, Remark):
            found[row.node] = max(found.get(row.node, 0.0), note_width(chain(*note_lines(row))) / 2 + _BESIDE_NOTE)
    return found


def _widest_heading(rows: Iterable[Row]) -> float:
    widths = [width(row.title, LABEL, bold=True) for row in rows if isinstance(row, Heading)]
    widths += [width(row.text, NOTE) for row in rows if isinstance(row, Banner)]
    return min(max(widths, default=0.0), _WIDEST_HEADING)


def _head_width(party: Party, kind: str) -> float:
    said = max(width(party.name, NAME, bold=True), width(kind, KIND, bold=True))
    return said + icons.SIZE + 8 + 28
