"""The timeline: virtual time to the right, one lane for each node, one bar for each request it works on.

It shows what a sequence diagram hides: what happens at the same time, how long somebody waits, and how long a window is
open between two moments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from authpatterns import words
from authpatterns.draw import icons, labels
from authpatterns.draw.sequence import TITLE, empty
from authpatterns.draw.shapes import Box, Line, Path, Picture, Text
from authpatterns.draw.show import Drawing
from authpatterns.draw.story import parties_of
from authpatterns.draw.svg import Theme
from authpatterns.draw.text import clip, width
from authpatterns.draw.timescale import Scale, scale
from authpatterns.trace import Hop, Party, Trace

_NAME, _KIND, _LABEL, _TICK = 14, 11, 11, 11
_MARGIN = 16
_ROW = 26
_BAR = 18
_LEAST_LANE = 52
_LONGEST_LABEL = 380


@dataclass(frozen=True, slots=True)
class Bar:
    """A node works on a request.

    Attributes:
        hop: Which.
        begin, end: When the request left and when the answer came, virtual seconds.
        look: "answer", "refused" or "failed".
        said: What stands beside it.
        row: Which line of the lane.
    """

    hop: Hop
    begin: float
    end: float
    look: str
    said: str
    row: int = 0


@dataclass(frozen=True, slots=True)
class Tag:
    """Something a person begins: a line through all lanes and its name on top."""

    x: float
    said: str
    row: int


def timeline(
    trace: Trace, lang: str | None = None, *, title: str = "", limit: int | None = 80, theme: Theme = "auto"
) -> Drawing:
    """When everything happened.

    Args:
        trace: What flowed.
        lang: "ja" or "en"; None for the language in use.
        title: Stands above the diagram.
        limit: Most requests; the picture says how many are left out.
        theme: "auto" follows the reader's colour scheme; "light" and "dark" are fixed.
    """
    lang = lang or words.language()
    head = title or words.say("draw.title.timeline", lang)
    hops = trace.hops if limit is None else trace.hops[:limit]
    if not hops:
        drawn = empty(head, lang)
        return Drawing(drawn, drawn.text, theme)
    chosen = {hop.id for hop in hops}
    shown = trace.where(lambda hop: hop.id in chosen)
    text = _spoken(shown, head, len(trace) - len(hops), lang)
    return Drawing(_Sheet(shown, len(trace) - len(hops), lang).draw(head, bool(title), text), text, theme)


def _spoken(trace: Trace, head: str, left_out: int, lang: str) -> str:
    lines = [head]
    for hop in trace.hops:
        when = f"{labels.clock(hop.sent, lang)} – {labels.clock(_end(hop, trace), lang)}"
        lines.append(f"{when}  {hop.target}: {_said(hop, lang)}")
    return "\n".join([*lines, *([words.say("draw.left-out", lang, left=left_out)] if left_out else [])])


def _said(hop: Hop, lang: str, *, asks: bool = False) -> str:
    """What stands beside a bar: who asks for what, and how it ended. Where that is too long, the path gives way."""
    other = f"→ {hop.target}" if asks else f"← {hop.source}"
    begin, end = f"{hop.request.method} ", f" {other} · {_result(hop, lang)}"
    room = _LONGEST_LABEL - width(begin, _LABEL) - width(end, _LABEL)
    return begin + clip(labels.short(hop.request.path), _LABEL, room) + end


def _result(hop: Hop, lang: str) -> str:
    if hop.fate != "answered" or hop.response is None:
        return words.say(f"draw.short-fate.{hop.fate}", lang)
    found = labels.outcome(hop)
    word = "" if found == "answer" else " " + words.say(f"draw.outcome.{found}", lang)
    return f"{hop.response.status}{word}"


def _look(hop: Hop) -> str:
    return labels.outcome(hop) if hop.fate == "answered" and hop.response is not None else "failed"


def _end(hop: Hop, trace: Trace) -> float:
    """When the answer came, or the last moment that is known."""
    if hop.answered is not None:
        return hop.answered
    return max(other.answered or other.sent for other in trace.hops)


class _Sheet:
    """Everything that is placed before it is drawn."""

    def __init__(self, trace: Trace, left_out: int, lang: str) -> None:
        self.trace, self.left_out, self.lang = trace, left_out, lang
        self.parties = parties_of(trace)
        self.begin = _MARGIN + max(_head_width(party, lang) for party in self.parties) + 24
        moments = [moment for hop in trace.hops for moment in (hop.sent, _end(hop, trace))]
        self.scale: Scale = scale(moments, self.begin)
        self.lanes = {party.name: self._lane(party) for party in self.parties}
        self.tags = self._tags()

    # --- placing

    def _lane(self, party: Party) -> list[Bar]:
        """The bars of a node, each on the first line where it and its text have room.

        A bar says how long a node works for somebody else; in the lane of a client, how long it waits.
        """
        bars: list[Bar] = []
        free: list[float] = []
        for hop in self.trace.hops:
            asks = party.zone == "client" and hop.source == party.name
            if not asks and hop.target != party.name:
                continue
            end = _end(hop, self.trace)
            said = _said(hop, self.lang, asks=asks)
            x0, x1 = self._extent(hop.sent, end, said)
            row = next((at for at, taken in enumerate(free) if taken <= x0), len(free))
            free[row : row + 1] = [x1 + 14]
            bars.append(Bar(hop, hop.sent, end, _look(hop), said, row))
        return bars

    def _extent(self, begin: float, end: float, said: str) -> tuple[float, float]:
        x0 = self.scale.at(begin)
        return x0, max(self.scale.at(end), x0 + 5) + 8 + width(said, _LABEL)

    def _tags(self) -> list[Tag]:
        began: dict[int, float] = {}
        for hop in self.trace.hops:
            if hop.act is not None:
                began.setdefault(hop.act, hop.sent)
        tags: list[Tag] = []
        free: list[float] = []
        for act in self.trace.acts:
            if act.id not in began:
                continue
            x, said = self.scale.at(began[act.id]), labels.act_text(act, self.lang)
            row = next((at for at, taken in enumerate(free) if taken <= x), len(free))
            free[row : row + 1] = [x + width(said, _LABEL, bold=True) + 16]
            tags.append(Tag(x, said, row))
        return tags

    # --- drawing

    def draw(self, head: str, titled: bool, text: str) -> Picture:
        """The whole picture."""
        widest = [self._extent(bar.begin, bar.end, bar.said)[1] for bars in self.lanes.values() for bar in bars]
        tags = [tag.x + width(tag.said, _LABEL, bold=True) for tag in self.tags]
        right = max([*widest, *tags, self.scale.places[-1] + 30]) + _MARGIN
        sheet = Picture(right + _MARGIN, 0, head, text, self.lang)
        top = 20.0 + (36 if titled else 0)
        if titled:
            sheet.add(Text("title", _MARGIN + 4, 34, head, TITLE, "start", bold=True))
        rows = max((tag.row for tag in self.tags), default=0) + 1
        first = top + rows * 20 + 10
        y = first
        for party in self.parties:
            y = self._draw_lane(sheet, party, y, right)
        self._draw_tags(sheet, top, first, y)
        self._draw_axis(sheet, first, y, right)
        foot = y + 48
        notes = [words.say("draw.left-out", self.lang, left=self.left_out)] if self.left_out else []
        said = " · ".join([words.say("draw.seed", self.lang, seed=self.trace.seed), *notes])
        sheet.add(Text("foot", _MARGIN + 4, foot, said, _TICK, "start"))
        sheet.width = max(
            sheet.width, width(said, _TICK) + 2 * _MARGIN, width(head, TITLE, bold=True) + 2 * _MARGIN + 8
        )
        sheet.height = foot + 16
        sheet.add(Box("page", 0, 0, sheet.width, sheet.height, 10))
        return sheet

    def _draw_lane(self, sheet: Picture, party: Party, y: float, right: float) -> float:
        bars = self.lanes[party.name]
        rows = max((bar.row for bar in bars), default=0) + 1
        high = max(_LEAST_LANE, rows * _ROW + 18)
        text = _MARGIN + 4 + icons.SIZE + 8
        sheet.add(
            Line("grid", _MARGIN, y, right, y),
            icons.icon(party.kind, _MARGIN + 4, y + (high - icons.SIZE) / 2),
            Text("name", text, y + high / 2 - 2, party.name, _NAME, "start", bold=True),
            Text("kind", text, y + high / 2 + 14, labels.kind_word(party, self.lang), _KIND, "start"),
        )
        inner = y + (high - rows * _ROW) / 2
        for bar in bars:
            self._draw_bar(sheet, bar, inner + bar.row * _ROW + (_ROW - _BAR) / 2)
        return y + high

    def _draw_bar(self, sheet: Picture, bar: Bar, y: float) -> None:
        x0, x1 = self.scale.at(bar.begin), max(self.scale.at(bar.end), self.scale.at(bar.begin) + 5)
        role = "label" if bar.look == "answer" else f"label-{bar.look}"
        said = Text(f"{role}-small", x1 + 8, y + 13, bar.said, _LABEL, "start")
        sheet.add(
            Box(f"span-{bar.look}", x0, y, x1 - x0, _BAR, 4),
            Box("plate", said.box.x - 3, y + 1, said.box.w + 6, _BAR - 2),
            said,
        )

    def _draw_tags(self, sheet: Picture, top: float, first: float, bottom: float) -> None:
        for tag in self.tags:
            y = top + tag.row * 20
            sheet.add(
                Line("act-line", tag.x, y - 4, tag.x, bottom),
                Box("plate", tag.x + 3, y - 4, width(tag.said, _LABEL, bold=True) + 8, 18),
                Text("tag", tag.x + 7, y + 9, tag.said, _LABEL, "start", bold=True),
            )

    def _draw_axis(self, sheet: Picture, first: float, y: float, right: float) -> None:
        sheet.add(Line("axis", self.begin - 10, y, right, y), Line("grid", _MARGIN, y, self.begin - 10, y))
        taken = 0.0
        for x, said in self._ticks():
            box = Text("tick-text", x, y + 20, said, _TICK).box
            if box.x < taken + 10:
                continue
            taken = box.right
            sheet.add(Line("axis", x, y, x, y + 5), Text("tick-text", x, y + 20, said, _TICK))
        for at in sorted(self.scale.breaks):
            middle = (self.scale.places[at] + self.scale.places[at + 1]) / 2
            sheet.add(
                Box("quiet", middle - 7, first, 14, y - first),
                Path("axis-cut", middle - 5, y + 6, "l4 -12m3 12l4 -12"),
            )

    def _ticks(self) -> Sequence[tuple[float, str]]:
        """The moments around each break, the first and the last, and then the others, from left to right."""
        times, places = self.scale.times, self.scale.places
        wanted = {0, len(times) - 1} | {at + side for at in self.scale.breaks for side in (0, 1)}
        return [(places[at], labels.clock(times[at], self.lang)) for at in sorted(wanted)]


def _head_width(party: Party, lang: str) -> float:
    said = max(width(party.name, _NAME, bold=True), width(labels.kind_word(party, lang), _KIND))
    return 4 + icons.SIZE + 8 + said
