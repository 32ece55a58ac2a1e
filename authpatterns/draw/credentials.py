"""Who holds which secret, and since when: a table computed from what really passed.

One row for each secret, one column for each node that ever had it in its hands. A cell says in which messages it was
seen there, and how it came there; for a browser also where it lies, because that decides who can steal it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from authpatterns import words
from authpatterns.draw import icons, labels, secrets
from authpatterns.draw.columns import HEAD_HEIGHT
from authpatterns.draw.secrets import Passing
from authpatterns.draw.sequence import TITLE, empty
from authpatterns.draw.shapes import Box, Line, Path, Picture, Shape, Text
from authpatterns.draw.show import Drawing
from authpatterns.draw.story import parties_of
from authpatterns.draw.svg import Theme
from authpatterns.draw.text import width, wrap
from authpatterns.messages import Response
from authpatterns.secrecy import fingerprint
from authpatterns.trace import Party, Trace

_NAME, _KIND, _CELL, _SMALL = 14, 11, 12, 11
_MARGIN = 16
_WIDEST = 164
_LINE, _APART = 15, 3
_BULLET = 10
_TALL = 900
"""From so many pixels on, the heads are repeated at the foot."""
_DISC = "m-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z"
_POINT = "m-1 0a1 1 0 1 0 2 0a1 1 0 1 0 -2 0z"
_SWATCH, _SWATCH_HEIGHT = 26, 16
_DOTS = {"cell-origin": ("key",), "cell": ("key-copy",)}
"""The dot in a sample of a cell; within reach of scripts lies what comes from here and what was received alike."""


@dataclass(frozen=True, slots=True)
class Way:
    """How a secret came to a node; a browser may have one both in its page and in a cookie.

    Attributes:
        how: Code of a sentence under `draw.held.`.
        since: Number of the message with which it came like this first.
        cookie: Name of the cookie in which a browser keeps it, or "".
        ended: Number of the message that took this cookie away again, or None.
    """

    how: str
    since: int
    cookie: str = ""
    ended: int | None = None

    @property
    def open(self) -> bool:
        """Whether a script in the page could read it."""
        return self.how.startswith("script-") or self.how in ("cookie-open", "made", "typed")


@dataclass(frozen=True, slots=True)
class Held:
    """A node has a secret.

    Attributes:
        first, last: Numbers of the messages with which it was seen there first and last.
        since: Virtual seconds.
        origin: Whether this node was the first to send the secret.
        ways: How it came there, in order.
    """

    first: int
    last: int
    since: float
    origin: bool
    ways: tuple[Way, ...]

    @property
    def open(self) -> bool:
        """Whether a script in the page could read it."""
        return any(way.open for way in self.ways)


@dataclass(frozen=True, slots=True)
class Secret:
    """One secret and who has it."""

    name: str
    mark: str
    holders: dict[str, Held]


def credentials(
    trace: Trace, lang: str | None = None, *, title: str = "", limit: int | None = 30, theme: Theme = "auto"
) -> Drawing:
    """Who holds which secret when.

    Args:
        trace: What flowed.
        lang: "ja" or "en"; None for the language in use.
        title: Stands above the diagram.
        limit: Most secrets; the picture says how many are left out, and who has them.
        theme: "auto" follows the reader's colour scheme; "light" and "dark" are fixed.
    """
    lang = lang or words.language()
    found = holdings(trace)
    head = title or words.say("draw.title.credentials", lang)
    if not found:
        drawn = empty(head, lang)
        return Drawing(drawn, drawn.text, theme)
    parties = [party for party in parties_of(trace) if any(party.name in secret.holders for secret in found)]
    table = _Table(trace, found, parties, len(found) if limit is None else limit, lang)
    text = table.spoken(head)
    return Drawing(table.draw(head, bool(title), text), text, theme)


def holdings(trace: Trace) -> list[Secret]:
    """Every secret in order of appearance, with everybody who had it."""
    clients = {party.name for party in trace.parties.values() if party.zone == "client"}
    names = secrets.names_of(trace)
    pages = secrets.in_addresses(trace)
    found: dict[str, dict[str, Held]] = {}
    for passing in secrets.passings(trace):
        holders = found.setdefault(passing.secret.value, {})
        _give(holders, passing, passing.giver in clients)
        page = (passing.taker, passing.secret.value) in pages
        _take(holders, passing, _taken(passing, page) if passing.taker in clients else _got(passing))
    _end_cookies(trace, found, clients)
    return [Secret(names[value], fingerprint(value, names[value]), holders) for value, holders in found.items()]


def _give(holders: dict[str, Held], passing: Passing, client: bool) -> None:
    """Who sends a secret has it, and the first one has it from nobody here, unless a cookie shows otherwise.

    Whoever hands it out in an answer is its origin, and so is a page; who asks with it may have shared it beforehand.
    """
    if passing.giver in holders:
        _see(holders, passing.giver, passing.number)
        return
    origin = not holders and not (client and passing.secret.place == "cookie")
    how = ("made" if client else _first_way(passing)) if origin else "elsewhere"
    if client and passing.secret.name == "password":
        how = "typed"
    holders[passing.giver] = Held(passing.number, passing.number, passing.time, origin, (Way(how, passing.number),))


def _first_way(passing: Passing) -> str:
    return "issued" if isinstance(passing.message, Response) else "sent"


def _take(holders: dict[str, Held], passing: Passing, way: Way) -> None:
    known = holders.get(passing.taker)
    if known is None:
        holders[passing.taker] = Held(passing.number, passing.number, passing.time, False, (way,))
        return
    _see(holders, passing.taker, passing.number)
    if not known.origin and (way.how, way.cookie) not in {(one.how, one.cookie) for one in known.ways}:
        holders[passing.taker] = replace(holders[passing.taker], ways=(*known.ways, way))


def _see(holders: dict[str, Held], node: str, number: int) -> None:
    holders[node] = replace(holders[node], last=number)


def _got(passing: Passing) -> Way:
    return Way(f"got-{passing.secret.place}", passing.number)


def _taken(passing: Passing, page: bool) -> Way:
    """How a browser comes by a secret; `page` says whether it loads one with the secret in its address."""
    place, name = passing.secret.place, passing.secret.name
    if place == "query" and not page:
        return Way("passed-on", passing.number)
    if place != "cookie":
        return Way(f"script-{place}", passing.number)
    lines = passing.message.headers.all("set-cookie")
    own = next((line for line in lines if line.startswith(f"{name}=")), "")
    return Way("cookie-http-only" if "httponly" in own.lower() else "cookie-open", passing.number, name)


def _end_cookies(trace: Trace, found: dict[str, dict[str, Held]], clients: set[str]) -> None:
    """An answer may take a cookie away again: with an empty value, or an age of 0, or another value in its place."""
    jar: dict[tuple[str, str, str], str] = {}
    for line in secrets.cookie_lines(trace):
        if line.browser not in clients:
            continue
        place = (line.browser, line.host, line.name)
        before = jar.pop(place, "")
        if not line.ends:
            jar[place] = line.value
        for value, ended in ((before, line.number), (jar.get(place, ""), None)):
            holders = found.get(value, {})
            if line.browser in holders:
                ways = holders[line.browser].ways
                ways = tuple(replace(way, ended=ended) if way.cookie == line.name else way for way in ways)
                holders[line.browser] = replace(holders[line.browser], ways=ways)


@dataclass(frozen=True, slots=True)
class _Cell:
    """What a cell says: where the secret was seen, and how it came there, each fact in its lines."""

    seen: str
    facts: tuple[tuple[str, ...], ...]

    @property
    def indent(self) -> float:
        """Several facts have bullets."""
        return _BULLET if len(self.facts) > 1 else 0

    @property
    def width(self) -> float:
        """What the texts need."""
        lines = [self.indent + width(line, _SMALL) for fact in self.facts for line in fact]
        return max(width(self.seen, _CELL, bold=True) + 30, *lines)

    @property
    def height(self) -> float:
        """What the texts need."""
        return 47 + _LINE * sum(map(len, self.facts)) + _APART * (len(self.facts) - 1)


class _Table:
    """The secrets shown, with the size of everything."""

    def __init__(self, trace: Trace, found: Sequence[Secret], parties: Sequence[Party], limit: int, lang: str) -> None:
        self.trace, self.parties, self.lang = trace, parties, lang
        self.shown = list(zip(_names(found), found, strict=True))[:limit]
        self.left_out = found[limit:]
        names = [max(width(name, _CELL, bold=True), width(one.mark, _SMALL, mono=True)) for name, one in self.shown]
        self.name_width = min(max(names, default=_WIDEST), 2 * _WIDEST) + 28
        self.columns = [self._column(party) for party in parties]

    def _column(self, party: Party) -> float:
        cells = [self._cell(secret, party.name) for _, secret in self.shown if party.name in secret.holders]
        head = max(width(party.name, _NAME, bold=True), width(labels.kind_word(party, self.lang), _KIND))
        rest = width(self._count(party.name), _SMALL)
        return max([head + icons.SIZE + 36, rest, *(cell.width for cell in cells)]) + 28

    def _cell(self, secret: Secret, node: str) -> _Cell:
        held = secret.holders[node]
        key = "once" if held.first == held.last else "seen"
        seen = words.say(f"draw.held.{key}", self.lang, first=held.first, last=held.last)
        facts = [self._fact(way, held, secret) for way in held.ways]
        room = _WIDEST - (_BULLET if len(facts) > 1 else 0)
        return _Cell(seen, tuple(wrap(fact, _SMALL, room) for fact in facts))

    def _fact(self, way: Way, held: Held, secret: Secret) -> str:
        key = "cookie" if way.cookie in ("", secret.name) else "named-cookie"
        cookie = words.say(f"draw.held.{key}", self.lang, name=way.cookie)
        how = words.say(f"draw.held.{way.how}", self.lang, cookie=cookie)
        when = [name for name, there in (("since", way.since != held.first), ("ended", way.ended is not None)) if there]
        if not when:
            return how
        return words.say(f"draw.held.{'-'.join(when)}", self.lang, how=how, since=way.since, ended=way.ended)

    # --- in words

    def spoken(self, head: str) -> str:
        """The table as lines."""
        lines = [head]
        for name, secret in self.shown:
            lines.append(f"{name} {secret.mark}")
            for node, held in secret.holders.items():
                cell = self._cell(secret, node)
                said = " | ".join(" ".join(fact) for fact in cell.facts)
                since = labels.clock(labels.since(held.since, self.trace), self.lang)
                lines.append(f"  {node}: {cell.seen}, {since} | {said}")
        if self.left_out:
            lines.append(self._rest())
            lines += [f"  {party.name}: {self._count(party.name)}" for party in self.parties if self._count(party.name)]
        return "\n".join(lines)

    def _rest(self) -> str:
        return words.say("draw.left-out-secrets", self.lang, left=len(self.left_out))

    def _count(self, node: str) -> str:
        """How many of the secrets left out a node has."""
        count = sum(node in secret.holders for secret in self.left_out)
        return words.say("draw.more-secrets", self.lang, count=count) if count else ""

    # --- drawing

    def draw(self, head: str, titled: bool, text: str) -> Picture:
        """The table as shapes."""
        sheet = Picture(0, 0, head, text, self.lang)
        keys = list(self._keys())
        widest = max(_key_width(role, said) for role, said in keys)
        right = _MARGIN + max(self.name_width + sum(self.columns), widest)
        top = 16.0
        for line in wrap(head, TITLE, right - _MARGIN - 8, bold=True) if titled else ():
            sheet.add(Text("title", _MARGIN + 4, top + 16, line, TITLE, "start", bold=True))
            top += 24
        top += 10 if titled else 0
        sheet.extend(self._heads(top))
        y = top + HEAD_HEIGHT + 14
        for name, secret in self.shown:
            y = self._row(sheet, name, secret, y, right)
        y = self._last_row(sheet, y, right)
        sheet.add(Line("grid", _MARGIN, y, right, y))
        if y - top > _TALL:
            sheet.extend(self._heads(y + 14))
            y += HEAD_HEIGHT + 14
        sheet.height = _draw_keys(sheet, keys, y + 14, right) + 10
        sheet.width = right + _MARGIN
        sheet.add(Box("page", 0, 0, sheet.width, sheet.height, 10))
        return sheet

    def _keys(self) -> Iterator[tuple[str, str]]:
        """What the foot says: role of a sample, or "", and text."""
        yield "", labels.origin(self.trace, self.lang)
        yield "", words.say("draw.held.legend", self.lang)
        for role in ("cell-origin", "cell", "cell-open"):
            yield role, words.say(f"draw.held.{role}", self.lang)
        yield "", labels.digits(["#"], self.lang)

    def _heads(self, y: float) -> Iterator[Shape]:
        for party, middle, _ in self._places():
            yield from self._head(party, middle, y)

    def _places(self) -> Iterator[tuple[Party, float, float]]:
        """The columns: whose, where the middle is, how wide."""
        x = _MARGIN + self.name_width
        for party, wide in zip(self.parties, self.columns, strict=True):
            yield party, x + wide / 2, wide
            x += wide

    def _head(self, party: Party, x: float, y: float) -> list[Shape]:
        kind = labels.kind_word(party, self.lang)
        said = max(width(party.name, _NAME, bold=True), width(kind, _KIND))
        left = x - (said + icons.SIZE + 36) / 2
        return [
            Box(f"card-{party.zone}", left, y, said + icons.SIZE + 36, HEAD_HEIGHT, 10),
            icons.icon(party.kind, left + 14, y + (HEAD_HEIGHT - icons.SIZE) / 2),
            Text("name", left + 22 + icons.SIZE, y + 22, party.name, _NAME, "start", bold=True),
            Text("kind", left + 22 + icons.SIZE, y + 38, kind, _KIND, "start"),
        ]

    def _row(self, sheet: Picture, name: str, secret: Secret, y: float, right: float) -> float:
        cells = {node: self._cell(secret, node) for node in secret.holders}
        names = wrap(name, _CELL, 2 * _WIDEST, bold=True)
        high = max([46 + _LINE * (len(names) - 1), *(cell.height for cell in cells.values())])
        sheet.add(Line("grid", _MARGIN, y, right, y))
        for at, line in enumerate(names):
            sheet.add(Text("label-name", _MARGIN + 6, y + 22 + _LINE * at, line, _CELL, "start", bold=True))
        below = y + 23 + _LINE * len(names)
        sheet.add(Text("detail", _MARGIN + 6, below, secret.mark, _SMALL, "start", mono=True))
        for party, middle, wide in self._places():
            if party.name in cells:
                box = Box(_role(secret.holders[party.name]), middle - wide / 2 + 6, y + 6, wide - 12, high - 12, 7)
                sheet.extend(_drawn(cells[party.name], secret.holders[party.name].origin, box))
        return y + high

    def _last_row(self, sheet: Picture, y: float, right: float) -> float:
        """What is left out, and how much of it each node has."""
        if not self.left_out:
            return y
        names = wrap(self._rest(), _SMALL, self.name_width - 16)
        sheet.add(Line("grid", _MARGIN, y, right, y))
        for at, line in enumerate(names):
            sheet.add(Text("foot", _MARGIN + 6, y + 22 + _LINE * at, line, _SMALL, "start"))
        for party, middle, wide in self._places():
            if count := self._count(party.name):
                sheet.add(Text("foot", middle - wide / 2 + 16, y + 22, count, _SMALL, "start"))
        return y + 22 + _LINE * len(names)


def _names(found: Sequence[Secret]) -> Iterator[str]:
    """A name for each secret; where several have one name, it is followed by its number and theirs."""
    counts = Counter(secret.name for secret in found)
    before: Counter[str] = Counter()
    for secret in found:
        before[secret.name] += 1
        several = counts[secret.name] > 1
        yield f"{secret.name} ({before[secret.name]}/{counts[secret.name]})" if several else secret.name


def _role(held: Held) -> str:
    return "cell-open" if held.open else "cell-origin" if held.origin else "cell"


def _drawn(cell: _Cell, origin: bool, box: Box) -> Iterator[Shape]:
    yield box
    yield Path("key" if origin else "key-copy", box.x + 18, box.y + 17, _DISC)
    yield Text("number-cell", box.x + 28, box.y + 21, cell.seen, _CELL, "start", bold=True)
    y = box.y + 38
    for fact in cell.facts:
        if cell.indent:
            yield Path("key", box.x + 13, y - 4, _POINT)
        for line in fact:
            yield Text("cell-text", box.x + 10 + cell.indent, y, line, _SMALL, "start")
            y += _LINE
        y += _APART


def _key_width(role: str, said: str) -> float:
    return (_SWATCH + 8 if role else 0) + width(said, _SMALL) + 4


def _draw_keys(sheet: Picture, keys: Sequence[tuple[str, str]], y: float, right: float) -> float:
    """The foot: samples of the cells, each with its meaning, in as many lines as they need; gives the lower edge."""
    x = left = _MARGIN + 4.0
    for role, said in keys:
        if x > left and x + _key_width(role, said) > right:
            x, y = left, y + 24
        start = x
        if role:
            sheet.add(Box(role, x, y, _SWATCH, _SWATCH_HEIGHT, 5))
            sheet.extend(Path(dot, x + _SWATCH / 2, y + 8, _DISC) for dot in _DOTS.get(role, ()))
            start += _SWATCH + 8
        sheet.add(Text("foot", start, y + 12, said, _SMALL, "start"))
        x += _key_width(role, said) + 20
    return y + 24
