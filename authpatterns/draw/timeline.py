"""The timeline: virtual time to the right, one lane for each node, one bar for each request it works on.

It shows what a sequence diagram hides: what happens at the same time, how long somebody waits, and how long a window is
open between two moments.

What a person begins has a panel of its own, as wide as its words need, so whatever stands below a heading belongs to
it. Where the panels together are too wide for a page, they go on in another band below.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from math import inf

from authpatterns import words
from authpatterns.draw import icons, labels
from authpatterns.draw.sequence import TITLE, empty
from authpatterns.draw.shapes import Box, Line, Path, Picture, Text
from authpatterns.draw.show import Drawing
from authpatterns.draw.story import parties_of
from authpatterns.draw.svg import Theme
from authpatterns.draw.text import width, wrap
from authpatterns.draw.timescale import Breadth, Panel, Scale, Stretch, breadth, moment, scale, stretches
from authpatterns.draw.timewords import SIZE, Bar, Speaker
from authpatterns.trace import Party, Trace

_NAME, _KIND = 14, 11
_MARGIN = 16
_LINE = 14
_BAR, _LEAST_BAR = 10, 5
_UNDER_BAR, _BETWEEN_ROWS = 3, 9
_IN_LANE, _LEAST_LANE = 10, 52
_LEFT, _RIGHT = 6.0, 7.0
"""What a panel leaves free beside its words."""
_WIDEST_BAND = 1240.0
_GAP = 40.0
_APART = 11.0
"""Between what stands at the first tick of a stretch and what at the last one."""
_AXIS, _BETWEEN_BANDS = 22, 28


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
    drawn = _draw(shown, lang, head, bool(title), len(trace) - len(hops))
    return Drawing(drawn, drawn.text, theme)


def _draw(trace: Trace, lang: str, head: str, titled: bool, left_out: int) -> Picture:
    plans = {one: _Plan(trace, one) for one in words.LANGUAGES}
    plan = plans[lang]
    bands = [plan.scale(cut) for cut in _cuts(list(plans.values()))]
    notes = [words.say("draw.left-out", lang, left=left_out)] if left_out else []
    legend = [words.say(f"draw.timeline.{key}", lang) for key in plan.signs()]
    digits = labels.digits(plan.says.hashed_names(), lang)
    foot = " · ".join(filter(None, [labels.origin(trace, lang), *legend, digits, *notes]))
    least = width(head, TITLE, bold=True) + 8 if titled else 0.0
    wide = max(least, *(band.right for band in bands)) + _MARGIN
    sheet = Picture(wide, 0, head, plan.says.spoken(head, foot), lang)
    y = 20.0
    if titled:
        sheet.add(Text("title", _MARGIN + 4, 34, head, TITLE, "start", bold=True))
        y += 36
    ends = [*(band.begin for band in bands[1:]), inf]
    for band, until in zip(bands, ends, strict=True):
        y = _Pen(sheet, plan, band, until).draw(y) + _BETWEEN_BANDS
    for line in wrap(foot, SIZE, wide - 2 * _MARGIN - 8):
        sheet.add(Text("foot", _MARGIN + 4, y, line, SIZE, "start"))
        y += _LINE + 2
    sheet.height = y
    sheet.add(Box("page", 0, 0, wide, y, 10))
    return sheet


# --- placing


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a bar stands: its row in the lane, then its edges and the left edge of its words in pixels."""

    bar: Bar
    row: int
    x0: float
    x1: float
    words: float


class _Plan:
    """What is drawn in one language, and how wide it is.

    Attributes:
        pieces: The stretches of time, from left to right.
        breadths: How wide each of them is drawn.
        begin: Where time begins on the sheet.
    """

    def __init__(self, trace: Trace, lang: str) -> None:
        self.lang = lang
        self.says = Speaker(trace, lang)
        self.parties = parties_of(trace)
        self.tags = self.says.tags()
        self.bars = {party.name: list(self.says.bars(party)) for party in self.parties}
        self._all = [bar for bars in self.bars.values() for bar in bars]
        self.begin = _MARGIN + max(_head_width(party, lang) for party in self.parties) + 24
        starts = [tag.time for tag in self.tags]
        self.pieces = stretches([*starts, *(time for bar in self._all for time in (bar.begin, bar.end))], starts)
        self._decimals = max(_decimals(piece.times[at]) for piece in self.pieces for at in (0, -1))
        self.breadths = [self._breadth(*pair) for pair in zip(self.pieces, [*self.pieces[1:], None], strict=True)]
        room = {
            piece.times[0]: one.whole - _LEFT - _RIGHT for piece, one in zip(self.pieces, self.breadths, strict=True)
        }
        self.tags = [tag.within(room[tag.time]) for tag in self.tags]

    def scale(self, cut: range) -> Scale:
        """The scale of one band."""
        pieces = self.pieces[cut.start : cut.stop]
        return scale(pieces, self.breadths[cut.start : cut.stop], map(_gap, pieces), self.begin)

    def signs(self) -> list[str]:
        """What of the legend the picture needs."""
        return ["legend", "shortened"] if any(piece.pause for piece in self.pieces) else ["legend"]

    def may_cut(self, at: int) -> bool:
        """Whether nobody is at work when a stretch begins: there a band may end."""
        last = self.pieces[at - 1].times[-1]
        return not any(_begins_before(bar, self.pieces[at]) and moment(bar.end) > last for bar in self._all)

    def clock(self, time: float) -> str:
        """A moment, with as many decimals as every other one on the axis."""
        since = labels.since(time, self.says.trace)
        return words.say("draw.time.seconds", self.lang, number=f"{since:,.{self._decimals}f}")

    def pause(self, piece: Stretch) -> str:
        """How much time has passed before a stretch, in a reader's units and not more exactly than a reader cares."""
        return words.say("draw.pause", self.lang, span=labels.span(float(f"{piece.pause:.3g}"), self.lang))

    def _breadth(self, piece: Stretch, after: Stretch | None) -> Breadth:
        """What the words of a stretch need; those of a bar that begins at its end stand behind it."""
        begin, end = piece.times[0], piece.times[-1]
        bars = [
            bar for bar in self._all if moment(bar.begin) >= begin and not (after and not _begins_before(bar, after))
        ]
        late = [bar.wide for bar in bars if begin < end == moment(bar.begin)]
        tags = [tag.wide for tag in self.tags if tag.time == begin]
        wide = max([*(bar.wide for bar in bars), *tags, width(self.clock(begin), SIZE)]) + _LEFT + _RIGHT
        tail = max(late, default=-_RIGHT) + _RIGHT
        ticks = self._ticks(piece, tail) if _is_closed(after) else 0.0
        return breadth(piece, max(wide, tail + ticks), tail)

    def _ticks(self, piece: Stretch, tail: float) -> float:
        """How far apart its first and its last tick have to be; the last one has its words behind it if they fit."""
        first, last = (width(self.clock(piece.times[at]), SIZE) for at in (0, -1))
        return first + _APART + (0.0 if last <= tail else last)


def _is_closed(after: Stretch | None) -> bool:
    """Whether nothing follows at once, so that the end of a stretch is a moment of its own on the axis."""
    return after is None or after.pause > 0


def _gap(piece: Stretch) -> float:
    """What is left free before a stretch, to show that time has passed."""
    return _GAP if piece.pause else 0.0


def _cuts(plans: Sequence[_Plan]) -> list[range]:
    """Which stretches stand in each band: the same in every language, as few bands as can be, about equally wide."""
    cuts = _cut(plans, _WIDEST_BAND)
    for tenths in range(4, 10):
        narrower = _cut(plans, _WIDEST_BAND * tenths / 10)
        if len(narrower) == len(cuts):
            return narrower
    return cuts


def _cut(plans: Sequence[_Plan], limit: float) -> list[range]:
    """Bands of at most `limit` pixels that end where nobody is at work, if there is such a place."""
    begin, many = max(plan.begin for plan in plans), len(plans[0].pieces)
    wide = [max(_gap(plan.pieces[at]) + plan.breadths[at].whole for plan in plans) for at in range(many)]
    cuts, first = [], 0
    for at in range(many):
        if at > first and begin + sum(wide[first : at + 1]) > limit:
            end = next((one for one in range(at, first, -1) if plans[0].may_cut(one)), at)
            cuts.append(range(first, end))
            first = end
    return [*cuts, range(first, many)]


def _begins_before(bar: Bar, piece: Stretch) -> bool:
    return moment(bar.begin) < piece.times[0]


def _decimals(time: float) -> int:
    return len(f"{time:.3f}".rstrip("0").partition(".")[2])


def _head_width(party: Party, lang: str) -> float:
    said = max(width(party.name, _NAME, bold=True), width(labels.kind_word(party, lang), _KIND))
    return 4 + icons.SIZE + 8 + said


# --- drawing


class _Pen:
    """Draws one band onto the sheet; it ends where the next one begins, at the time `until`."""

    def __init__(self, sheet: Picture, plan: _Plan, band: Scale, until: float) -> None:
        self.sheet, self.plan, self.band, self.until = sheet, plan, band, until
        self.begin, self.right = plan.begin, band.right
        begins = {panel.stretch.times[0] for panel in band.panels}
        self.tags = [tag for tag in plan.tags if tag.time in begins]
        inside = {name: list(filter(None, map(self._here, bars))) for name, bars in plan.bars.items()}
        self.lanes = {name: list(self._spots(bars)) for name, bars in inside.items() if bars}

    def _here(self, bar: Bar) -> Bar | None:
        """A bar as this band shows it: without words where it only goes on, None where it has no part in it."""
        begin, end = moment(bar.begin), moment(bar.end)
        if begin >= self.until or (begin < self.band.begin and end <= self.band.begin):
            return None
        return bar if begin >= self.band.begin else replace(bar, head=(), more=())

    def draw(self, top: float) -> float:
        """The band from this height down; gives its lower edge."""
        high = max([len(lines) for lines in self._tags_by_panel().values()], default=0)
        first = y = top + high * _LINE + 12
        for party in self.plan.parties:
            if party.name in self.lanes:
                y = self._draw_lane(party, y)
        self._draw_tags(top, y)
        self._draw_axis(first, y)
        return y + _AXIS + (_LINE + 2 if any(panel.stretch.pause for panel in self.band.panels) else 0)

    def _tags_by_panel(self) -> dict[float, list[str]]:
        found: dict[float, list[str]] = {}
        for tag in self.tags:
            found.setdefault(tag.time, []).extend(tag.lines)
        return found

    def _spots(self, bars: Iterable[Bar]) -> Iterator[_Spot]:
        """Each bar in the first row with room that is not above an earlier one of its panel: down is later."""
        free: list[float] = []
        row, before = 0, None
        for bar in bars:
            panel = self.band.panel(bar.begin)
            row = row if panel is before else 0
            x0 = panel.at(moment(bar.begin))
            x1 = max(self.band.at(bar.end), x0 + _LEAST_BAR)
            said = max(panel.left + _LEFT, min(x0, panel.right - _RIGHT - bar.wide))
            row = next(at for at in count(row) if at >= len(free) or free[at] <= min(x0, said))
            free += [0.0] * (row + 1 - len(free))
            free[row] = max(x1, said + bar.wide + _RIGHT)
            before = panel
            yield _Spot(bar, row, x0, x1, said)

    def _draw_lane(self, party: Party, y: float) -> float:
        spots = self.lanes[party.name]
        highs = [0.0] * (max(spot.row for spot in spots) + 1)
        for spot in spots:
            highs[spot.row] = max(highs[spot.row], _BAR + _UNDER_BAR + _LINE * len(spot.bar.head + spot.bar.more))
        needed = sum(highs) + _BETWEEN_ROWS * (len(highs) - 1) + 2 * _IN_LANE
        high = max(_LEAST_LANE, needed)
        text = _MARGIN + 4 + icons.SIZE + 8
        self.sheet.add(
            Line("grid", _MARGIN, y, self.right, y),
            icons.icon(party.kind, _MARGIN + 4, y + (high - icons.SIZE) / 2),
            Text("name", text, y + high / 2 - 2, party.name, _NAME, "start", bold=True),
            Text("kind", text, y + high / 2 + 14, labels.kind_word(party, self.plan.lang), _KIND, "start"),
        )
        tops = [y + _IN_LANE + (high - needed) / 2]
        for row in highs:
            tops.append(tops[-1] + row + _BETWEEN_ROWS)
        for spot in spots:
            self._draw_bar(spot, tops[spot.row])
        return y + high

    def _draw_bar(self, spot: _Spot, y: float) -> None:
        bar = spot.bar
        self.sheet.add(Box(f"span-{bar.look}", spot.x0, y, spot.x1 - spot.x0, _BAR, 3))
        begun, unknown = bar.begin < self.band.begin, bar.open or moment(bar.end) > self.band.end
        for x in [spot.x0] * begun + [spot.x1] * unknown:
            self.sheet.add(Box("quiet", x - 1.5, y - 1, 3, _BAR + 2))
        role = "label-small" if bar.look == "answer" else f"label-{bar.look}-small"
        lines = [(role, line) for line in bar.head] + [("detail", line) for line in bar.more]
        for at, (kind, line) in enumerate(lines, 1):
            self.sheet.add(Text(kind, spot.words, y + _BAR + _UNDER_BAR + at * _LINE - 4, line, SIZE, "start"))

    def _draw_tags(self, top: float, bottom: float) -> None:
        for tag in self.tags:
            x = self.band.at(tag.time)
            self.sheet.add(Line(tag.line, x, top - 4, x, bottom))
        for time, lines in self._tags_by_panel().items():
            for at, line in enumerate(lines):
                x = self.band.at(time) + _LEFT
                self.sheet.add(Text("tag", x, top + 7 + at * _LINE, line, SIZE, "start", bold=True))

    def _draw_axis(self, first: float, y: float) -> None:
        self.sheet.add(Line("axis", self.begin - 10, y, self.right, y), Line("grid", _MARGIN, y, self.begin - 10, y))
        for panel, after in zip(self.band.panels, [*self.band.panels[1:], None], strict=True):
            self._draw_ticks(panel, y, closed=_is_closed(after.stretch if after else None))
            if panel.stretch.pause:
                self._draw_break(panel, first, y)

    def _draw_ticks(self, panel: Panel, y: float, *, closed: bool) -> None:
        """The moment at which a panel begins, and the one at which it ends where no other follows at once."""
        begin = Text("tick-text", panel.left, y + 18, self.plan.clock(panel.stretch.times[0]), SIZE, "start")
        self.sheet.add(Line("axis", panel.left, y, panel.left, y + 5), begin)
        if not closed or len(panel.places) == 1:
            return
        right = panel.places[-1]
        said = self.plan.clock(panel.stretch.times[-1])
        behind = width(said, SIZE) <= panel.right - right
        end = Text("tick-text", right, y + 18, said, SIZE, "start" if behind else "end")
        if end.box.x > begin.box.right + 10:
            self.sheet.add(Line("axis", right, y, right, y + 5), end)

    def _draw_break(self, panel: Panel, first: float, y: float) -> None:
        said = self.plan.pause(panel.stretch)
        middle = panel.left - _GAP / 2
        self.sheet.add(
            Box("quiet", middle - 7, first - 1, 14, y - first + 1),
            Path("axis-cut", middle - 5, y + 6, "l4 -12m3 12l4 -12"),
            Text("tick-text", middle, y + 34, said, SIZE),
        )
