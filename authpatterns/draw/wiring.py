"""A plan of zones, cards and wires, and where Graphviz puts them.

A wire's label is a node of its own halfway along its line, so that Graphviz keeps all other lines, cards and frames
clear of it. Zones stand side by side in their order, whoever calls: each card and label is given its column here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil, hypot
from typing import Any

from authpatterns.draw import graphviz
from authpatterns.draw.graphviz import Edge, Layout, Point
from authpatterns.draw.shapes import Box

Size = tuple[float, float]
_Ports = Mapping[tuple[str, str], str]
"""The port of a card, by its name and that of the label."""

_LETTER = (12.4, 16.8)
"""Width of an M and height of a line in Graphviz's own font, in points."""
_GAP, _ROOMY = 0.55, 4
"""Inches between two columns, and for how many lines beside each other they are wide enough."""
_PORT = 24
"""Pixels of a card's side for each line that ends there."""
_HEAVIEST = 8
_STRAIGHT = 4
"""How much more it counts that a line which passes cards is straight."""
_CLEAR = 8
"""Pixels between the frame of a zone and a line that passes it, where the line bends."""
_ZONE, _INNER = "cluster_", "cluster_of "


@dataclass(frozen=True, slots=True)
class Zone:
    """A frame: how much room its name needs above the cards, and what else stands below them."""

    name: str
    head: Size
    foot: Size | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A node in a zone."""

    name: str
    zone: str
    size: Size


@dataclass(frozen=True, slots=True)
class Wire:
    """A line from one card to another, with a label."""

    source: str
    target: str
    calls: int
    label: Size


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be laid out; zones from left to right."""

    zones: tuple[Zone, ...]
    cards: tuple[Card, ...]
    wires: tuple[Wire, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """Where a wire runs.

    Attributes:
        halves: From the left card to the label, and on to the right card: curves of cubic Bézier pieces.
        neck, tip: Where the arrow head begins and ends.
        label: The label's middle.
        leftwards: Whether the target stands at the left.
    """

    halves: tuple[tuple[Point, ...], tuple[Point, ...]]
    neck: Point
    tip: Point
    label: Point
    leftwards: bool


@dataclass(frozen=True, slots=True)
class Placed:
    """Where everything came to lie, in pixels.

    Attributes:
        width, height: The right and lower end of it all.
        zones, cards: By name.
        feet: The strips below the cards, of zones that have one.
        lines: In the order of the wires.
    """

    width: float
    height: float
    zones: dict[str, Box]
    cards: dict[str, Box]
    feet: dict[str, Box]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class _Span:
    """A wire as it lies: its left and right card, the name of its label, and the doors that it leaves and enters by."""

    left: str
    right: str
    label: str
    wire: Wire
    out: tuple[str, ...] = ()
    into: tuple[str, ...] = ()

    @property
    def leftwards(self) -> bool:
        return self.left != self.wire.source

    @property
    def halves(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return (self.left, *self.out, self.label), (self.label, *self.into, self.right)


@dataclass(frozen=True, slots=True)
class _Net:
    """A plan with the column of every card, label and door, and the zone of every door ("" is none)."""

    plan: Plan
    spans: tuple[_Span, ...]
    columns: dict[str, int]
    doors: dict[str, str]

    def door(self, name: str) -> Size:
        """A door is as wide as the cards and labels above and below it."""
        sizes = {card.name: card.size for card in self.plan.cards} | {
            span.label: span.wire.label for span in self.spans
        }
        return max(size[0] for one, size in sizes.items() if self.columns[one] == self.columns[name]), 1.0

    def passed(self, name: str) -> str:
        """The zone that a door stands above or below without being in it; "" for none."""
        if self.doors.get(name, name):
            return ""
        beside = (card.zone for card in self.plan.cards if self.columns[card.name] == self.columns[name])
        return next(beside, "")


def lay_out(plan: Plan, corner: Point = (0, 0)) -> Placed | None:
    """Where everything comes to lie right of and below `corner`, or None where there is no Graphviz.

    Graphviz is asked twice: the first answer says in which order lines come to a card; then each line has a place of
    its own at the card's side.
    """
    net = _net(plan)
    first = _ask(net, {})
    second = None if first is None else _ask(net, _ports(net, first))
    return None if second is None else _placed(net, second.moved(*corner))


def source(plan: Plan) -> str | None:
    """The plan as DOT text, or None where the `graphviz` package is not installed."""
    return _dot(_net(plan), {})


# --- from left to right


def _net(plan: Plan) -> _Net:
    """Each line with a door wherever it passes the side of a zone, or a column between two zones.

    So it stays inside where it passes cards of its own zone, clear of all other zones, and does not swing far out.
    """
    spans = _spans(plan)
    columns = _columns(plan, spans)
    zones = {card.name: card.zone for card in plan.cards}
    sides = _sides(zones, columns, spans)
    doors: dict[str, tuple[int, str]] = {}
    found: list[_Span] = []
    for span in spans:
        left, middle, right = (columns[name] for name in (span.left, span.label, span.right))
        own = {zones[span.left], zones[span.right]}
        passing = {at: f"{at} of {span.label}" for at in sides if left < at < right and at != middle and len(own) > 1}
        doors |= {door: (at, sides[at] if sides[at] in own else "") for at, door in passing.items()}
        out = tuple(door for at, door in passing.items() if at < middle)
        into = tuple(door for at, door in passing.items() if at > middle)
        found.append(replace(span, out=out, into=into))
    columns |= {door: at for door, (at, _) in doors.items()}
    return _Net(plan, tuple(found), columns, {door: zone for door, (_, zone) in doors.items()})


def _sides(zones: Mapping[str, str], columns: Mapping[str, int], spans: Iterable[_Span]) -> dict[int, str]:
    """The first and last column of each zone, and "" for those between two zones; from left to right."""
    sides = {columns[span.label]: "" for span in spans if zones[span.left] != zones[span.right]}
    for zone in zones.values():
        own = [columns[name] for name in zones if zones[name] == zone]
        sides |= {min(own): zone, max(own): zone}
    return dict(sorted(sides.items()))


def _spans(plan: Plan) -> list[_Span]:
    """Each wire from left to right; within a zone the first call between two cards says which is left."""
    place = _places(plan)
    after: dict[str, set[str]] = {}
    spans: list[_Span] = []
    for number, wire in enumerate(plan.wires):
        ends = wire.source, wire.target
        turned = place[ends[0]] > place[ends[1]] or ends[0] in _reached(ends[1], after)
        left, right = reversed(ends) if turned else ends
        after.setdefault(left, set()).add(right)
        spans.append(_Span(left, right, f"{number + 1} {wire.source} → {wire.target}", wire))
    return spans


def _reached(name: str, after: Mapping[str, set[str]]) -> set[str]:
    """Whoever stands right of `name` by what is known."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        new = after.get(waiting.pop(), set()) - found
        found |= new
        waiting += sorted(new)
    return found


def _columns(plan: Plan, spans: list[_Span]) -> dict[str, int]:
    """The columns of cards and labels: the first that is far enough from whatever must stand left of it."""
    order = list(_in_order(plan, spans))
    columns = {card.name: 0 for card in plan.cards} | {span.label: 0 for span in spans}
    moved = True
    while moved:
        moved = False
        for left, right, far in order:
            if columns[right] < columns[left] + far:
                columns[right] = columns[left] + far
                moved = True
    return columns


def _in_order(plan: Plan, spans: list[_Span]) -> Iterator[tuple[str, str, int]]:
    """What must stand left of what, and by how many columns: between two zones there is one that belongs to neither."""
    place = _places(plan)
    yield from ((one, other, 2) for one in place for other in place if place[one] < place[other])
    for span in spans:
        yield span.left, span.label, 1
        yield span.label, span.right, 1
        if place[span.left] != place[span.right]:
            yield from ((name, span.label, 1) for name in place if place[name] == place[span.left])
            yield from ((span.label, name, 1) for name in place if place[name] == place[span.right])


def _places(plan: Plan) -> dict[str, int]:
    """The number of each card's zone, from left to right."""
    place = {zone.name: number for number, zone in enumerate(plan.zones)}
    return {card.name: place[card.zone] for card in plan.cards}


# --- for Graphviz


def _ask(net: _Net, ports: _Ports) -> Layout | None:
    text = _dot(net, ports)
    return None if text is None else graphviz.lay_out(text)


def _dot(net: _Net, ports: _Ports) -> str | None:
    try:
        from graphviz import Digraph  # type: ignore[import-untyped]  # noqa: PLC0415  (an extra)
    except ImportError:
        return None
    graph = Digraph("topology")
    crowd = max(Counter(net.columns[span.label] for span in net.spans).values(), default=0)
    graph.attr(rankdir="LR", newrank="true", nodesep="0.35", ranksep=f"{max(_GAP, _GAP * crowd / _ROOMY):.2f}")
    graph.attr("node", shape="box", fixedsize="true", fontsize="9")
    for zone in net.plan.zones:
        with graph.subgraph(name=f"{_ZONE}{zone.name}") as outer:
            outer.attr(margin="14", labeljust="l", label=_placeholder(zone.head))
            with outer.subgraph(name=f"{_INNER}{zone.name}") as inner:
                inner.attr(margin="0", labelloc="b", labeljust="l", label=_placeholder(zone.foot) if zone.foot else "")
                for name, size in _inside(net, zone):
                    _node(inner, name, size, **_record(name, ports))
    for name, size in _inside(net, None):
        _node(graph, name, size)
    for span in net.spans:
        _halves(graph, span, net.columns, ports)
    _hold(graph, net)
    text: str = graph.source
    return text


def _inside(net: _Net, zone: Zone | None) -> Iterator[tuple[str, Size]]:
    """Names and sizes of what Graphviz is to place in a zone; None is the space between them."""
    of = {card.name: card.zone for card in net.plan.cards}
    name = zone.name if zone else ""
    yield from ((card.name, _size(card, net.spans)) for card in net.plan.cards if card.zone == name)
    for span in net.spans:
        left, right = of[span.left], of[span.right]
        if (left if left == right else "") == name:
            yield span.label, span.wire.label
    yield from ((door, net.door(door)) for door, at in net.doors.items() if at == name)


def _node(graph: Any, name: str, size: Size, **more: str) -> None:
    graph.node(name, width=f"{size[0] / 72:.3f}", height=f"{size[1] / 72:.3f}", **more)


def _halves(graph: Any, span: _Span, columns: Mapping[str, int], ports: _Ports) -> None:
    calls = min(span.wire.calls, _HEAVIEST)
    for tail, head in (pair for half in span.halves for pair in pairwise(half)):
        way = "back" if span.leftwards else "forward"
        way = way if (tail if span.leftwards else head) == span.wire.target else "none"
        out = ports.get((tail, span.label), "") if tail == span.left else "e"
        into = ports.get((head, span.label), "") if head == span.right else "w"
        named = {name: port for name, port in (("tailport", out), ("headport", into)) if port}
        length = columns[head] - columns[tail]
        passing = length > 1 or bool({tail, head} & {*span.out, *span.into})
        weight = _STRAIGHT * calls if passing else calls
        graph.edge(tail, head, dir=way, weight=str(weight), minlen=str(length), **named)


def _hold(graph: Any, net: _Net) -> None:
    """Keep a card in its column that no line holds there."""
    held = {span.right for span in net.spans}
    first = next((card.name for card in net.plan.cards if net.columns[card.name] == 0), "")
    for card in net.plan.cards:
        if card.name not in held and net.columns[card.name]:
            graph.edge(first, card.name, style="invis", minlen=str(net.columns[card.name]))


def _size(card: Card, spans: Iterable[_Span]) -> Size:
    ends = Counter(end for span in spans for end in ((span.left, "e"), (span.right, "w")))
    return card.size[0], max(card.size[1], *(_PORT * ends[card.name, side] for side in "ew"))


def _record(name: str, ports: _Ports) -> dict[str, str]:
    """A card with fields at both sides, one for each line."""
    own = [port.split(":") for (card, _), port in ports.items() if card == name]
    if not own:
        return {}
    west, east = ("|".join(f"<{field}>" for field, at in sorted(own) if at == side) for side in "we")
    return {"shape": "record", "label": f"{{{{{west}}}|{{{east}}}}}"}


def _ports(net: _Net, layout: Layout) -> dict[tuple[str, str], str]:
    """Which port of a card each line gets: from top to bottom as the lines come."""
    ends: dict[tuple[str, str], list[tuple[float, str]]] = {}
    for span in net.spans:
        for card, side, next_to in ((span.left, "e", span.halves[0][1]), (span.right, "w", span.halves[1][-2])):
            ends.setdefault((card, side), []).append((layout.nodes[next_to][1], span.label))
    return {
        (card, label): f"{side}{number:02}:{side}"
        for (card, side), lines in ends.items()
        for number, (_, label) in enumerate(sorted(lines))
    }


def _placeholder(size: Size) -> str:
    """Room for a text that we write ourselves: wide letters, about as wide in any font that Graphviz believes in.

    A table of fixed size would be exact, but only some builds of Graphviz can read one.
    """
    letters = "M" * max(1, ceil(size[0] / _LETTER[0]))
    return "\\n".join([letters] * max(1, ceil(size[1] / _LETTER[1])))


# --- back from Graphviz


def _placed(net: _Net, layout: Layout) -> Placed:
    zones = {
        zone.name: Box(f"zone-{zone.name}", *layout.clusters[f"{_ZONE}{zone.name}"], 12) for zone in net.plan.zones
    }
    inner = {zone.name: Box("", *layout.clusters[f"{_INNER}{zone.name}"]) for zone in net.plan.zones}
    feet = {zone.name: _at_foot(inner[zone.name], zone.foot[1]) for zone in net.plan.zones if zone.foot}
    cards = {card.name: around(layout.nodes[card.name], _size(card, net.spans)) for card in net.plan.cards}
    lines = tuple(_line(span, net, layout, zones) for span in net.spans)
    return Placed(layout.width, layout.height, zones, cards, feet, lines)


def _at_foot(frame: Box, high: float) -> Box:
    return Box("", frame.x, frame.bottom - high, frame.w, high)


def _line(span: _Span, net: _Net, layout: Layout, zones: Mapping[str, Box]) -> Line:
    edges = {(edge.tail, edge.head): edge for edge in layout.edges}
    before, behind = (_joined([edges[pair] for pair in pairwise(half)], net, zones) for half in span.halves)
    first, last = edges[span.left, span.halves[0][1]], edges[span.halves[1][-2], span.right]
    neck, tip = (before[0], first.start) if span.leftwards else (behind[-1], last.end)
    assert tip is not None
    return Line((before, behind), neck, tip, layout.nodes[span.label], span.leftwards)


def _joined(edges: Sequence[Edge], net: _Net, zones: Mapping[str, Box]) -> tuple[Point, ...]:
    """The curve through all doors from a card to a label, or from a label to a card."""
    line: tuple[Point, ...] = ()
    for edge in edges:
        passed, coming = net.passed(edge.tail), net.passed(edge.head)
        apart = passed != coming
        left = zones[passed].right + _CLEAR if passed and apart else edge.points[0][0]
        right = zones[coming].x - _CLEAR if coming and apart else edge.points[-1][0]
        points = _between(edge.points, left, right)
        line += (line[-1], points[0], *points) if line else points
    return line


def _between(points: tuple[Point, ...], left: float, right: float) -> tuple[Point, ...]:
    """A curve from `left` to `right`, kept between them: in a narrow gap Graphviz lets it swing out over both."""
    first, last = points[0][0], points[-1][0]
    wide = (right - left) / (last - first)
    return tuple((min(max(left + (x - first) * wide, left), right), y) for x, y in points)


def around(middle: Point, size: Size, role: str = "") -> Box:
    """A box by its middle."""
    return Box(role, middle[0] - size[0] / 2, middle[1] - size[1] / 2, *size)


def along(points: tuple[Point, ...]) -> list[Point]:
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
