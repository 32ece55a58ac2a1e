"""The topology: which nodes there are, on which side of the trust boundary, who talks to whom and how often."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count, pairwise
from math import atan2, ceil, cos, hypot, inf, log2, sin
from typing import Protocol

from authpatterns import words
from authpatterns.draw import graphviz, icons, labels, secrets
from authpatterns.draw.graphviz import Edge, Layout, Point
from authpatterns.draw.shapes import Box, Path, Picture, Shape, Text
from authpatterns.draw.show import Drawing
from authpatterns.draw.story import parties_of
from authpatterns.draw.svg import Theme
from authpatterns.draw.text import width
from authpatterns.trace import Party, Trace

_NAME, _KIND, _SMALL = 14, 11, 10.5
_EDGE = 12
_MARGIN = 20
_ROW = 15
_MOST = 5
_LEAST_CARD = 76
_MOST_ON_EDGE = 2
_LETTER = (12.4, 16.8)
"""Width of an M and height of a line in Graphviz's own font, in points."""
_LEAST_LINE = 14
"""Pixels of a line that should be seen on each side of its label."""
_ZONES = ("client", "edge", "inside", "outside")


_Placing = Callable[[Point], Point]


class HasTrace(Protocol):
    """A deployment, as far as a diagram needs it."""

    @property
    def trace(self) -> Trace:
        """What flowed, and who is there."""


@dataclass(frozen=True, slots=True)
class Link:
    """From one node to another.

    Attributes:
        calls: How many requests went that way.
        carried: Names of the secrets that went along, there or back.
    """

    source: str
    target: str
    calls: int
    carried: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Topology:
    """What a topology diagram says.

    Attributes:
        parties: The nodes.
        links: In order of the first call.
        seen: How many secrets of each name each node has had in its hands.
    """

    parties: tuple[Party, ...]
    links: tuple[Link, ...]
    seen: dict[str, dict[str, int]]


def topology(of: Trace | HasTrace, lang: str | None = None, *, title: str = "", theme: Theme = "auto") -> Drawing:
    """Who talks to whom, laid out by Graphviz; without any Graphviz the DOT text.

    Args:
        of: A deployment, with all its nodes, or a trace, with those that took part.
        lang: "ja" or "en"; None for the language in use.
        title: Stands above the diagram.
        theme: "auto" follows the reader's colour scheme; "light" and "dark" are fixed.
    """
    lang = lang or words.language()
    found = survey(of)
    text = _spoken(found, lang)
    layout = _lay_out(found, lang) if found.parties else None
    if layout is None:
        return Drawing(None, _dot_source(found, lang) or text)
    return Drawing(_picture(found, layout, title, text, lang), text, theme)


def dot(of: Trace | HasTrace, lang: str | None = None) -> str:
    """The topology as DOT text, for Graphviz; "" where the `graphviz` package is not installed."""
    return _dot_source(survey(of), lang or words.language()) or ""


def survey(of: Trace | HasTrace) -> Topology:
    """What the diagram will say."""
    trace = of if isinstance(of, Trace) else of.trace
    parties = parties_of(trace) if isinstance(of, Trace) else tuple(trace.parties.values())
    return Topology(parties, tuple(_links(trace)), secrets.seen_by(trace))


def _links(trace: Trace) -> Iterable[Link]:
    calls: dict[tuple[str, str], int] = {}
    for hop in trace.hops:
        calls[hop.source, hop.target] = calls.get((hop.source, hop.target), 0) + 1
    names = secrets.names_of(trace)
    along: dict[tuple[str, str], dict[str, None]] = {}
    for passing in secrets.passings(trace):
        way = (passing.hop.source, passing.hop.target)
        along.setdefault(way, {})[names[passing.secret.value]] = None
    return [Link(*way, count, tuple(along.get(way, {}))) for way, count in calls.items()]


# --- in words


def _spoken(found: Topology, lang: str) -> str:
    lines = [words.say("draw.title.topology", lang)]
    for party in found.parties:
        about = words.say("draw.transcript.party", lang, name=party.name, kind=labels.kind_word(party, lang))
        held = ", ".join(_counted(name, count) for name, count in found.seen.get(party.name, {}).items())
        zone = words.say(f"draw.zone.{party.zone}", lang)
        lines.append(f"[{zone}] {about}" + (f": {words.say('draw.has-seen', lang, secrets=held)}" if held else ""))
    for link in found.links:
        lines.append(f"{link.source} → {link.target} ×{link.calls}" + "".join(f" | {name}" for name in link.carried))
    return "\n".join(lines)


def _counted(name: str, count: int) -> str:
    return name if count == 1 else f"{name} ×{count}"


def _shortened(lines: list[str], most: int, lang: str) -> list[str]:
    if len(lines) <= most:
        return lines
    return [*lines[: most - 1], words.say("draw.more-secrets", lang, count=len(lines) - most + 1)]


# --- for Graphviz


def _lay_out(found: Topology, lang: str) -> Layout | None:
    """Graphviz keeps much of the order in which nodes are named: that order or its reverse, whichever needs less line.

    The choice is made in one language, so that the picture is the same in all.
    """
    ways = {turned: _laid_out(found, words.LANGUAGES[0], turned) for turned in (True, False)}
    known = [turned for turned, layout in ways.items() if layout is not None]
    if not known:
        return None
    turned = min(known, key=lambda way: _length(ways[way]))
    return ways[turned] if lang == words.LANGUAGES[0] else _laid_out(found, lang, turned)


def _laid_out(found: Topology, lang: str, turned: bool) -> Layout | None:
    source = _dot_source(found, lang, turned=turned)
    return None if source is None else graphviz.lay_out(source)


def _length(layout: Layout | None) -> int:
    """Length of all lines; in whole pixels, so that the choice does not hang on rounding."""
    edges = layout.edges if layout else ()
    return sum(round(hypot(x - u, y - v)) for edge in edges for (x, y), (u, v) in pairwise(edge.points))


def _dot_source(found: Topology, lang: str, *, turned: bool = False) -> str | None:
    try:
        from graphviz import Digraph  # type: ignore[import-untyped]  # noqa: PLC0415  (an extra)
    except ImportError:
        return None
    graph = Digraph("topology")
    graph.attr(rankdir="LR", nodesep="0.6", ranksep="0.75")
    graph.attr("node", shape="box", fixedsize="true", label="")
    for zone in _ZONES:
        inside = [party for party in found.parties if party.zone == zone]
        if inside:
            with graph.subgraph(name=f"cluster_{zone}") as cluster:
                cluster.attr(margin="18", labeljust="l", label=_placeholder(*_zone_size(zone, lang)))
                for party in reversed(inside) if turned else inside:
                    wide, high = _card_size(party, found, lang)
                    cluster.node(party.name, width=f"{wide / 72:.3f}", height=f"{high / 72:.3f}")
    for link in found.links:
        if link.source == link.target:
            continue  # said on the card: a loop would only take room
        wide, high = _label_size(link, lang)
        graph.edge(
            link.source, link.target, label=_placeholder(wide + 2 * _LEAST_LINE, high), weight=str(min(link.calls, 8))
        )
    text: str = graph.source
    return text


def _placeholder(wide: float, high: float) -> str:
    """Room for a text that we write ourselves: wide letters, about as wide in any font that Graphviz believes in.

    A table of fixed size would be exact, but only some builds of Graphviz can read one.
    """
    letters = "M" * max(1, ceil(wide / _LETTER[0]))
    return "\\n".join([letters] * max(1, ceil(high / _LETTER[1])))


def _zone_size(zone: str, lang: str) -> tuple[float, float]:
    return width(words.say(f"draw.zone.{zone}", lang), _KIND, bold=True) + 28, 16


def _card_size(party: Party, found: Topology, lang: str) -> tuple[float, float]:
    lines = _card_lines(party, found, lang)
    head = max(width(party.name, _NAME, bold=True), width(labels.kind_word(party, lang), _KIND)) + icons.SIZE + 8
    wide = max([_LEAST_CARD, head, *(width(line, _SMALL, mono=True) for line in lines)]) + 28
    return wide, 50 + (_ROW * len(lines) + 10 if lines else 0)


def _card_lines(party: Party, found: Topology, lang: str) -> list[str]:
    held = found.seen.get(party.name, {})
    own = [link.calls for link in found.links if link.source == link.target == party.name]
    lines = _shortened([_counted(name, count) for name, count in held.items()], _MOST, lang)
    return [*lines, *(words.say("draw.calls-itself", lang, count=count) for count in own)]


def _label_lines(link: Link, lang: str) -> list[str]:
    return _shortened(list(link.carried), _MOST_ON_EDGE, lang)


def _label_size(link: Link, lang: str) -> tuple[float, float]:
    lines = _label_lines(link, lang)
    wide = max([width(f"×{link.calls}", _EDGE, bold=True), *(width(line, _SMALL, mono=True) for line in lines)])
    return wide + 16, 20 + _ROW * len(lines)


# --- our own drawing of it


def _picture(found: Topology, layout: Layout, title: str, text: str, lang: str) -> Picture:
    top = _MARGIN + (30 if title else 0)
    wide = max(layout.width + 2 * _MARGIN, width(title, 17, bold=True) + 2 * _MARGIN)
    sheet = Picture(wide, layout.height + top + _MARGIN, title or words.say("draw.title.topology", lang), text, lang)
    if title:
        sheet.add(Text("title", _MARGIN, 34, title, 17, "start", bold=True))

    def at(point: Point) -> Point:
        return point[0] + _MARGIN, point[1] + top

    lines = [_along([at(point) for point in edge.points]) for edge in layout.edges]
    for name, (x, y, w, h) in layout.clusters.items():
        left, upper = at((x, y))
        zone = name.removeprefix("cluster_")
        sheet.add(Box(f"zone-{zone}", left, upper, w, h, 12))
        sheet.extend(_zone_name(zone, Box("", left, upper, w, h), lines, lang))
    for party in found.parties:
        sheet.extend(_card(party, at(layout.nodes[party.name]), found, lang))
    links = {(link.source, link.target): link for link in found.links}
    obstacles = [shape for shape in sheet if isinstance(shape, Box) and shape.role.startswith(("card-", "zone-plate-"))]
    for edge, pill in zip(layout.edges, _pills(found, layout, lines, at, obstacles, lang), strict=True):
        sheet.extend(_edge(edge, links[edge.tail, edge.head], at, pill, lang))
        sheet.height = max(sheet.height, pill.bottom + _MARGIN)
    sheet.add(Box("page", 0, 0, sheet.width, sheet.height, 10))
    return sheet


def _zone_name(zone: str, frame: Box, lines: list[list[Point]], lang: str) -> tuple[Box, Text]:
    """The name of a zone at the top of its frame, at the left unless a line passes there; and its ground."""
    said = words.say(f"draw.zone.{zone}", lang)
    wide, y = width(said, _KIND, bold=True), frame.y + 8
    places = (frame.x + 14, frame.right - 14 - wide, frame.x + (frame.w - wide) / 2)
    plates = [Box(f"zone-plate-{zone}", x - 3, y, wide + 6, 15) for x in places]
    plate = min(plates, key=lambda one: _passing(one, [point for line in lines for point in line]))
    return plate, Text(f"zone-text-{zone}", plate.x + 3, y + 11, said, _KIND, "start", bold=True)


def _passing(box: Box, points: list[Point]) -> int:
    return sum(box.x < x < box.right and box.y < y < box.bottom for x, y in points)


def _pills(
    found: Topology, layout: Layout, lines: list[list[Point]], at: _Placing, obstacles: list[Box], lang: str
) -> list[Box]:
    """The places of the edges' labels: upon their own lines, clear of cards, zone names, arrow heads and each other."""
    links = {(link.source, link.target): link for link in found.links}
    tips = [_around(at(edge.tip), 14) for edge in layout.edges]
    taken = [*obstacles, *tips]
    pills: list[Box] = []
    for own, edge in enumerate(layout.edges):
        others = [point for number, line in enumerate(lines) if number != own for point in line]
        size = _label_size(links[edge.tail, edge.head], lang)
        pills.append(_on_line(lines[own], size, taken, others) or _beside(at(edge.label), size, taken))
        taken.append(pills[-1])
    return pills


def _on_line(line: list[Point], size: tuple[float, float], taken: list[Box], others: list[Point]) -> Box | None:
    """The best free place upon a line: near its middle, and hiding little of the other lines."""
    best, least = None, inf
    for number, middle in enumerate(line):
        pill = _pill(middle, size)
        if pill.y < 0 or any(pill.meets(other) for other in taken):
            continue
        cost = abs(number / (len(line) - 1) - 0.5) + 0.1 * _passing(pill, others)
        if cost < least:
            best, least = pill, cost
    return best


def _beside(middle: Point, size: tuple[float, float], taken: list[Box]) -> Box:
    """The nearest free place above or below; downwards there always is one, because the sheet grows with it."""
    x, y = middle
    places = (y + 2 * step if step % 2 == 0 else y - 2 * (step + 1) for step in count())
    pills = (_pill((x, place), size) for place in places)
    return next(pill for pill in pills if pill.y >= 0 and not any(pill.meets(other) for other in taken))


def _pill(middle: Point, size: tuple[float, float]) -> Box:
    wide, high = size
    return Box("pill", middle[0] - wide / 2, middle[1] - high / 2, wide, high, 6)


def _around(middle: Point, size: float) -> Box:
    return Box("", middle[0] - size / 2, middle[1] - size / 2, size, size)


def _along(points: list[Point]) -> list[Point]:
    """Points along a curve of cubic Bézier pieces, about equally far from each other."""
    line = [points[0]]
    for at in range(0, len(points) - 1, 3):
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = points[at : at + 4]
        pieces = max(2, int(hypot(x3 - x0, y3 - y0) / 6))
        for piece in range(1, pieces + 1):
            t, u = piece / pieces, 1 - piece / pieces
            a, b, c, d = u**3, 3 * u * u * t, 3 * u * t * t, t**3
            line.append((a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3))
    return line


def _card(party: Party, middle: Point, found: Topology, lang: str) -> list[Shape]:
    wide, high = _card_size(party, found, lang)
    left, top = middle[0] - wide / 2, middle[1] - high / 2
    lines = _card_lines(party, found, lang)
    shapes: list[Shape] = [
        Box(f"card-{party.zone}", left, top, wide, high, 10),
        icons.icon(party.kind, left + 14, top + 16),
        Text("name", left + 14 + icons.SIZE + 8, top + 23, party.name, _NAME, "start", bold=True),
        Text("kind", left + 14 + icons.SIZE + 8, top + 39, labels.kind_word(party, lang), _KIND, "start"),
    ]
    if lines:
        shapes.append(Path("rule", left + 12, top + 49, f"h{wide - 24:.1f}"))
    return [
        *shapes,
        *(
            Text("detail", left + 14, top + 64 + _ROW * row, line, _SMALL, "start", mono=True)
            for row, line in enumerate(lines)
        ),
    ]


def _edge(edge: Edge, link: Link, at: _Placing, pill: Box, lang: str) -> list[Shape]:
    points = [at(point) for point in edge.points]
    tip = at(edge.tip)
    lines = _label_lines(link, lang)
    x, first = pill.x + pill.w / 2, pill.y + 14.5
    return [
        Path(f"link-{_weight(link.calls)}", *points[0], _curve(points)),
        Path("tip-answer", *tip, _tip(points[-1], tip)),
        pill,
        Text("label", x, first, f"×{link.calls}", _EDGE, bold=True),
        *(Text("detail", x, first + _ROW * (row + 1), line, _SMALL, mono=True) for row, line in enumerate(lines)),
    ]


def _weight(calls: int) -> int:
    """Strength of a line from 1 to 4: each step is four times as many calls."""
    return min(4, 1 + int(log2(calls) / 2))


def _curve(points: list[Point]) -> str:
    figures = " ".join(f"{x:.1f} {y:.1f}" for x, y in points[1:])
    return f"C{figures}"


def _tip(before: Point, tip: Point) -> str:
    """An arrow head at `tip` that looks away from `before`."""
    angle = atan2(tip[1] - before[1], tip[0] - before[0])
    size = max(9.0, hypot(tip[0] - before[0], tip[1] - before[1]))
    back = (-size * cos(angle), -size * sin(angle))
    side = (-4.5 * sin(angle), 4.5 * cos(angle))
    one = (back[0] + side[0], back[1] + side[1])
    return f"l{one[0]:.1f} {one[1]:.1f}l{-2 * side[0]:.1f} {-2 * side[1]:.1f}z"
