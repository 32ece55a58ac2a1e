"""The topology: which nodes there are, on which side of the trust boundary, who talks to whom and how often."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import atan2, cos, hypot, log2, sin
from typing import Protocol

from authpatterns import words
from authpatterns.draw import icons, labels, secrets, wiring
from authpatterns.draw.graphviz import Point
from authpatterns.draw.shapes import Box, Path, Picture, Shape, Text
from authpatterns.draw.show import Drawing
from authpatterns.draw.story import parties_of
from authpatterns.draw.svg import Theme
from authpatterns.draw.text import width
from authpatterns.draw.wiring import Card, Line, Placed, Plan, Wire, Zone
from authpatterns.messages import Response
from authpatterns.trace import Party, Trace

_NAME, _KIND, _SMALL = 14, 11, 10.5
_EDGE, _TITLE, _FOOT = 12, 17, 11
_MARGIN = 20
_LEAST_SHEET = 420
_ZONE_HEAD = 16
_ROW = 15
_MOST = 12
_LEAST_CARD = 76
_MOST_ON_EDGE = 6
_ZONES = ("client", "edge", "inside", "outside")
_QUIET = 28
"""Height of the small card of a node that nobody talked to."""


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
        sent: Names of the secrets that went along with the requests.
        received: Names of the secrets that came back with the answers.
    """

    source: str
    target: str
    calls: int
    sent: tuple[str, ...] = ()
    received: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Topology:
    """What a topology diagram says.

    Attributes:
        parties: The nodes.
        links: In order of the first call.
        seen: How many secrets of each name each node has had in its hands.
        seed: Of the deployment; None where it really happened.
    """

    parties: tuple[Party, ...]
    links: tuple[Link, ...]
    seen: dict[str, dict[str, int]]
    seed: int | None = None


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
    corner = _MARGIN, _MARGIN + (30 if title else 0)
    placed = wiring.lay_out(_plan(found, lang), corner) if found.parties else None
    if placed is None:
        return Drawing(None, dot(of, lang) or text)
    return Drawing(_picture(found, placed, title, text, lang), text, theme)


def dot(of: Trace | HasTrace, lang: str | None = None) -> str:
    """The topology as DOT text, for Graphviz; "" where the `graphviz` package is not installed."""
    return wiring.source(_plan(survey(of), lang or words.language())) or ""


def survey(of: Trace | HasTrace) -> Topology:
    """What the diagram will say."""
    trace = of if isinstance(of, Trace) else of.trace
    parties = parties_of(trace)
    if not isinstance(of, Trace):  # in the order in which they were built; strangers who sent something come after them
        parties = tuple({party.name: party for party in (*trace.parties.values(), *parties)}.values())
    return Topology(parties, tuple(_links(trace)), _ranked_by_node(trace), None if trace.real else trace.seed)


def _ranked_by_node(trace: Trace) -> dict[str, dict[str, int]]:
    return {node: {name: held[name] for name in secrets.ranked(held)} for node, held in secrets.seen_by(trace).items()}


def _links(trace: Trace) -> Iterable[Link]:
    calls: dict[tuple[str, str], int] = {}
    for hop in trace.hops:
        calls[hop.source, hop.target] = calls.get((hop.source, hop.target), 0) + 1
    names = secrets.names_of(trace)
    along: dict[tuple[str, str, bool], dict[str, None]] = {}
    for passing in secrets.passings(trace):
        back = isinstance(passing.message, Response)
        along.setdefault((passing.hop.source, passing.hop.target, back), {})[names[passing.secret.value]] = None
    for (source, target), count in calls.items():
        sent, received = (secrets.ranked(along.get((source, target, back), {})) for back in (False, True))
        yield Link(source, target, count, sent, received)


# --- in words


def _spoken(found: Topology, lang: str) -> str:
    lines = [words.say("draw.title.topology", lang)]
    for party in found.parties:
        about = words.say("draw.transcript.party", lang, name=party.name, kind=labels.kind_word(party, lang))
        held = ", ".join(_held(found, party, lang))
        zone = words.say(f"draw.zone.{party.zone}", lang)
        lines.append(f"[{zone}] {about}" + (f": {words.say('draw.has-seen', lang, secrets=held)}" if held else ""))
    for link in found.links:
        carried = _directed(link.sent, "→") + _directed(link.received, "←")
        lines.append(" | ".join([f"{link.source} → {link.target} ×{link.calls}", *carried]))
    return "\n".join(lines)


def _held(found: Topology, party: Party, lang: str) -> list[str]:
    return [
        name if count == 1 else words.say("draw.several", lang, name=name, count=count)
        for name, count in found.seen.get(party.name, {}).items()
    ]


def _directed(names: Sequence[str], arrow: str) -> list[str]:
    return [f"{arrow} {name}" for name in names]


def _shortened(lines: Sequence[str], most: int, lang: str) -> list[str]:
    if len(lines) <= most:
        return list(lines)
    return [*lines[: most - 1], words.say("draw.more-secrets", lang, count=len(lines) - most + 1)]


# --- for Graphviz


def _plan(found: Topology, lang: str) -> Plan:
    """Cards for whoever takes part; the others stand small at the foot of their zone, and are in nobody's way."""
    busy, idle = _by_part(found)
    zones = [zone for zone in _ZONES if _of_zone(found.parties, zone)]
    return Plan(
        tuple(Zone(zone, _zone_size(zone, lang), _foot_size(_of_zone(idle, zone), lang)) for zone in zones),
        tuple(Card(party.name, party.zone, _card_size(party, found, lang)) for party in busy),
        tuple(
            Wire(link.source, link.target, link.calls, _label_size(link, lang))
            for link in found.links
            if link.source != link.target  # a call of oneself is said on the card: a loop would only take room
        ),
    )


def _by_part(found: Topology) -> tuple[list[Party], list[Party]]:
    """Who takes part, and who is idle; where nobody in a zone takes part, all of them count as if."""
    talking = {name for link in found.links for name in (link.source, link.target)}
    awake = {party.zone for party in found.parties if party.name in talking}
    idle = [party for party in found.parties if party.name not in talking and party.zone in awake]
    return [party for party in found.parties if party not in idle], idle


def _of_zone(parties: Sequence[Party], zone: str) -> list[Party]:
    return [party for party in parties if party.zone == zone]


def _zone_size(zone: str, lang: str) -> tuple[float, float]:
    return width(words.say(f"draw.zone.{zone}", lang), _KIND, bold=True) + 28, _ZONE_HEAD


def _foot_size(idle: Sequence[Party], lang: str) -> tuple[float, float] | None:
    if not idle:
        return None
    wide, high = _idle_size(idle, lang)
    return wide, high + _QUIET


def _idle_size(idle: Sequence[Party], lang: str) -> tuple[float, float]:
    names = max(width(party.name, _KIND) for party in idle) + icons.SIZE + 30
    return max(width(words.say("draw.idle", lang), _SMALL), names), 14 + (_QUIET + 6) * len(idle)


def _card_size(party: Party, found: Topology, lang: str) -> tuple[float, float]:
    lines = _card_lines(party, found, lang)
    head = max(width(party.name, _NAME, bold=True), width(labels.kind_word(party, lang), _KIND)) + icons.SIZE + 8
    wide = max([_LEAST_CARD, head, *(width(line, _SMALL, mono=True) for line in lines)]) + 28
    return wide, 50 + (_ROW * len(lines) + 10 if lines else 0)


def _card_lines(party: Party, found: Topology, lang: str) -> list[str]:
    own = [link.calls for link in found.links if link.source == link.target == party.name]
    lines = _shortened(_held(found, party, lang), _MOST, lang)
    return [*lines, *(words.say("draw.calls-itself", lang, count=count) for count in own)]


def _label_lines(link: Link, lang: str, arrows: str = "→←") -> list[str]:
    """What went along and what came back, each with an arrow as it went in the picture."""
    both = zip((link.sent, link.received), arrows, strict=True)
    return [line for names, arrow in both for line in _directed(_shortened(names, _MOST_ON_EDGE, lang), arrow)]


def _label_size(link: Link, lang: str) -> tuple[float, float]:
    lines = _label_lines(link, lang)
    wide = max([width(f"×{link.calls}", _EDGE, bold=True), *(width(line, _SMALL, mono=True) for line in lines)])
    return wide + 16, 20 + _ROW * len(lines)


# --- our own drawing of it


def _picture(found: Topology, placed: Placed, title: str, text: str, lang: str) -> Picture:
    sheet = Picture(0, 0, title or words.say("draw.title.topology", lang), text, lang)
    parties = {party.name: party for party in found.parties}
    points = [point for line in placed.lines for half in line.halves for point in wiring.along(half)]
    for zone, frame in placed.zones.items():
        sheet.add(frame)
        sheet.extend(_zone_name(zone, frame, points, lang))
    _, idle = _by_part(found)
    for zone, foot in placed.feet.items():
        sheet.extend(_idle(_of_zone(idle, zone), foot, points, lang))
    for name, card in placed.cards.items():
        sheet.extend(_card(parties[name], card, found, lang))
    links = [link for link in found.links if link.source != link.target]
    for link, line in zip(links, placed.lines, strict=True):
        sheet.extend(_line(link, line, lang))
    sheet.width = max(placed.width + _MARGIN, width(title, _TITLE, bold=True) + 2 * _MARGIN, _LEAST_SHEET)
    if title:
        sheet.add(Text("title", _MARGIN, 34, title, _TITLE, "start", bold=True))
    said = _foot(found, sheet.width - 2 * _MARGIN, lang)
    first = placed.height + 22
    sheet.extend(Text("foot", _MARGIN, first + 17 * row, part, _FOOT, "start") for row, part in enumerate(said))
    sheet.height = first + 17 * (len(said) - 1) + _MARGIN
    sheet.add(Box("page", 0, 0, sheet.width, sheet.height, 10))
    return sheet


def _foot(found: Topology, room: float, lang: str) -> list[str]:
    """What the signs mean, as far as they stand in the picture; no part is broken over two lines."""
    parts = [] if found.seed is None else [words.say("draw.seed", lang, seed=found.seed)]
    parts += [words.say("draw.legend.calls", lang)] if found.links else []
    if any(found.seen.values()):
        parts += [words.say("draw.legend.way", lang), words.say("draw.legend.seen", lang)]
    lines: list[str] = []
    for part in parts:
        longer = f"{lines[-1]} · {part}" if lines else part
        if lines and width(longer, _FOOT) <= room:
            lines[-1] = longer
        else:
            lines.append(part)
    return lines


def _zone_name(zone: str, frame: Box, points: list[Point], lang: str) -> tuple[Box, Text]:
    """The name of a zone at the top of its frame; and its ground."""
    said = words.say(f"draw.zone.{zone}", lang)
    wide = width(said, _KIND, bold=True) + 6
    plate = _undisturbed(Box(f"zone-plate-{zone}", 0, frame.y + 8, wide, 15), frame.x + 11, frame.right - 11, points)
    return plate, Text(f"zone-text-{zone}", plate.x + 3, plate.y + 11, said, _KIND, "start", bold=True)


def _undisturbed(box: Box, left: float, right: float, points: list[Point]) -> Box:
    """`box` at the left unless a line passes there; otherwise at the right, or in the middle."""
    places = (left, right - box.w, (left + right - box.w) / 2)
    return min((replace(box, x=x) for x in places), key=lambda one: _passing(one, points))


def _passing(box: Box, points: list[Point]) -> int:
    return sum(box.x < x < box.right and box.y < y < box.bottom for x, y in points)


def _idle(parties: Sequence[Party], foot: Box, points: list[Point], lang: str) -> list[Shape]:
    """Small cards at the foot of a zone."""
    zone = parties[0].zone
    wide, high = _idle_size(parties, lang)
    place = _undisturbed(Box("", 0, foot.bottom - high, wide, high), foot.x, foot.right, points)
    said = Text("kind", place.x, place.y + 12, words.say("draw.idle", lang), _SMALL, "start")
    shapes: list[Shape] = [Box(f"zone-plate-{zone}", said.x - 2, place.y, width(said.text, _SMALL) + 4, 17), said]
    for row, party in enumerate(parties):
        y = place.y + 20 + row * (_QUIET + 6)
        shapes += [
            Box(f"card-{zone}", place.x, y, place.w, _QUIET, 8),
            icons.icon(party.kind, place.x + 8, y + (_QUIET - icons.SIZE) / 2),
            Text("kind", place.x + icons.SIZE + 16, y + 18, party.name, _KIND, "start"),
        ]
    return shapes


def _card(party: Party, place: Box, found: Topology, lang: str) -> list[Shape]:
    left, top = place.x, place.y
    lines = _card_lines(party, found, lang)
    shapes: list[Shape] = [
        Box(f"card-{party.zone}", left, top, place.w, place.h, 10),
        icons.icon(party.kind, left + 14, top + 16),
        Text("name", left + 14 + icons.SIZE + 8, top + 23, party.name, _NAME, "start", bold=True),
        Text("kind", left + 14 + icons.SIZE + 8, top + 39, labels.kind_word(party, lang), _KIND, "start"),
    ]
    if lines:
        shapes.append(Path("rule", left + 12, top + 49, f"h{place.w - 24:.1f}"))
    return [
        *shapes,
        *(
            Text("detail", left + 14, top + 64 + _ROW * row, line, _SMALL, "start", mono=True)
            for row, line in enumerate(lines)
        ),
    ]


def _line(link: Link, line: Line, lang: str) -> list[Shape]:
    pill = wiring.around(line.label, _label_size(link, lang), "pill")
    x, first = pill.x + pill.w / 2, pill.y + 14.5
    return [
        *(Path(f"link-{_weight(link.calls)}", *half[0], _curve(half)) for half in line.halves),
        Path("tip-answer", *line.tip, _tip(line.neck, line.tip)),
        Box("pill", pill.x, pill.y, pill.w, pill.h, 6),
        Text("label", x, first, f"×{link.calls}", _EDGE, bold=True),
        *(
            Text("detail", pill.x + 8, first + _ROW * (row + 1), said, _SMALL, "start", mono=True)
            for row, said in enumerate(_label_lines(link, lang, "←→" if line.leftwards else "→←"))
        ),
    ]


def _weight(calls: int) -> int:
    """Strength of a line from 1 to 4: each step is four times as many calls."""
    return min(4, 1 + int(log2(calls) / 2))


def _curve(points: Sequence[Point]) -> str:
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
