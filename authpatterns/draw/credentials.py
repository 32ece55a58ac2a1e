"""Who holds which secret, and since when: a table computed from what really passed.

One row for each secret, one column for each node that ever had it in its hands. A cell says from which message on, and
how it came there; for a browser also where it lies, because that decides who can steal it.
"""

from __future__ import annotations

from collections.abc import Sequence
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
from authpatterns.secrecy import fingerprint
from authpatterns.trace import Party, Trace

_NAME, _KIND, _CELL, _SMALL = 14, 11, 12, 11
_MARGIN = 16
_WIDEST = 150
_DISC = "m-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z"


@dataclass(frozen=True, slots=True)
class Held:
    """A node has a secret.

    Attributes:
        first, last: Numbers of the messages with which it had it first and last.
        since: Virtual seconds.
        origin: Whether the secret comes from this node.
        how: Code of a sentence under `draw.held.`.
        ended: Number of the message that took it away from a browser (a cookie that expires at once), or None.
    """

    first: int
    last: int
    since: float
    origin: bool
    how: str
    ended: int | None = None


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
        limit: Most secrets; the picture says how many are left out.
        theme: "auto" follows the reader's colour scheme; "light" and "dark" are fixed.
    """
    lang = lang or words.language()
    found = holdings(trace)
    shown = found if limit is None else found[:limit]
    parties = [party for party in parties_of(trace) if any(party.name in secret.holders for secret in shown)]
    head = title or words.say("draw.title.credentials", lang)
    if not shown:
        drawn = empty(head, lang)
        return Drawing(drawn, drawn.text, theme)
    table = _Table(shown, parties, len(found) - len(shown), lang)
    text = table.spoken(head)
    return Drawing(table.draw(head, bool(title), text, trace.seed), text, theme)


def holdings(trace: Trace) -> list[Secret]:
    """Every secret in order of appearance, with everybody who had it."""
    clients = {party.name for party in trace.parties.values() if party.zone == "client"}
    names = secrets.names_of(trace)
    found: dict[str, dict[str, Held]] = {}
    for passing in secrets.passings(trace):
        holders = found.setdefault(passing.secret.value, {})
        first = not holders
        _hold(holders, passing.giver, passing, first, _given(passing, passing.giver in clients))
        _hold(holders, passing.taker, passing, False, _taken(passing, passing.taker in clients))
    _end_cookies(trace, found, clients)
    return [Secret(names[value], fingerprint(value, names[value]), holders) for value, holders in found.items()]


def _hold(holders: dict[str, Held], node: str, passing: Passing, origin: bool, how: str) -> None:
    known = holders.get(node)
    if known is None:
        holders[node] = Held(passing.number, passing.number, passing.time, origin, how)
    else:
        holders[node] = replace(known, last=passing.number)


def _given(passing: Passing, client: bool) -> str:
    if not client:
        return "issued"
    return "typed" if passing.secret.name == "password" else "made"


def _taken(passing: Passing, client: bool) -> str:
    if not client:
        return f"got-{passing.secret.place}"
    if passing.secret.place != "cookie":
        return f"script-{passing.secret.place}"
    lines = passing.message.headers.all("set-cookie")
    own = next((line for line in lines if line.startswith(f"{passing.secret.name}=")), "")
    return "cookie-http-only" if "httponly" in own.lower() else "cookie-open"


def _end_cookies(trace: Trace, found: dict[str, dict[str, Held]], clients: set[str]) -> None:
    """An answer may take a cookie away again: with an empty value, or an age of 0."""
    jar: dict[tuple[str, str], str] = {}
    for line in secrets.cookie_lines(trace):
        if line.browser not in clients:
            continue
        if not line.ends:
            jar[line.browser, line.name] = line.value
            continue
        value = jar.pop((line.browser, line.name), "")
        if line.browser in found.get(value, {}):
            found[value][line.browser] = replace(found[value][line.browser], ended=line.number)


class _Table:
    """The secrets shown, with the size of everything."""

    def __init__(self, shown: Sequence[Secret], parties: Sequence[Party], left_out: int, lang: str) -> None:
        self.shown, self.parties, self.left_out, self.lang = shown, parties, left_out, lang
        names = [max(width(secret.name, _CELL, bold=True), width(secret.mark, _SMALL, mono=True)) for secret in shown]
        self.name_width = min(max(names), 2 * _WIDEST) + 28
        self.columns = [self._column(party) for party in parties]

    def _column(self, party: Party) -> float:
        cells = [self._cell(secret.holders[party.name]) for secret in self.shown if party.name in secret.holders]
        head = max(width(party.name, _NAME, bold=True), width(labels.kind_word(party, self.lang), _KIND))
        lines = [width(line, _SMALL) for _, lines in cells for line in lines]
        return max([head + icons.SIZE + 36, *(width(first, _CELL, bold=True) + 30 for first, _ in cells), *lines]) + 28

    def _cell(self, held: Held) -> tuple[str, tuple[str, ...]]:
        """When, and how."""
        numbers = f"{held.first}" if held.first == held.last else f"{held.first} – {held.last}"
        how = [words.say(f"draw.held.{held.how}", self.lang)]
        if held.ended is not None:
            how.append(words.say("draw.held.ended", self.lang, number=held.ended))
        return numbers, tuple(line for said in how for line in wrap(said, _SMALL, _WIDEST))

    # --- in words

    def spoken(self, head: str) -> str:
        """The table as lines."""
        lines = [head]
        for secret in self.shown:
            lines.append(f"{secret.name} {secret.mark}")
            for name, held in secret.holders.items():
                numbers, how = self._cell(held)
                lines.append(f"  {name}: {numbers}, {labels.clock(held.since, self.lang)} | {' '.join(how)}")
        return "\n".join([*lines, *self._rest()])

    def _rest(self) -> list[str]:
        return [words.say("draw.left-out-secrets", self.lang, left=self.left_out)] if self.left_out else []

    # --- drawing

    def draw(self, head: str, titled: bool, text: str, seed: int) -> Picture:
        """The table as shapes."""
        sheet = Picture(0, 0, head, text, self.lang)
        top = 16.0 + (34 if titled else 0)
        right = _MARGIN + self.name_width + sum(self.columns)
        foot = " · ".join(
            [words.say("draw.seed", self.lang, seed=seed), words.say("draw.held.legend", self.lang), *self._rest()]
        )
        if titled:
            sheet.add(Text("title", _MARGIN + 4, 32, head, TITLE, "start", bold=True))
        x = _MARGIN + self.name_width
        for party, wide in zip(self.parties, self.columns, strict=True):
            sheet.extend(self._head(party, x + wide / 2, top))
            x += wide
        y = top + HEAD_HEIGHT + 14
        for secret in self.shown:
            y = self._row(sheet, secret, y, right)
        sheet.add(Line("grid", _MARGIN, y, right, y), Text("foot", _MARGIN + 4, y + 24, foot, _SMALL, "start"))
        titles = width(head, TITLE, bold=True) if titled else 0
        sheet.width = max(right + _MARGIN, width(foot, _SMALL) + 2 * _MARGIN + 8, titles + 2 * _MARGIN + 8)
        sheet.height = y + 40
        sheet.add(Box("page", 0, 0, sheet.width, sheet.height, 10))
        return sheet

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

    def _row(self, sheet: Picture, secret: Secret, y: float, right: float) -> float:
        cells = {name: self._cell(held) for name, held in secret.holders.items()}
        names = wrap(secret.name, _CELL, 2 * _WIDEST, bold=True)
        high = max([46 + 15 * (len(names) - 1), *(47 + 15 * len(lines) for _, lines in cells.values())])
        sheet.add(Line("grid", _MARGIN, y, right, y))
        for at, line in enumerate(names):
            sheet.add(Text("label-name", _MARGIN + 6, y + 22 + 15 * at, line, _CELL, "start", bold=True))
        below = y + 23 + 15 * len(names)
        sheet.add(Text("detail", _MARGIN + 6, below, secret.mark, _SMALL, "start", mono=True))
        x = _MARGIN + self.name_width
        for party, wide in zip(self.parties, self.columns, strict=True):
            if party.name in cells:
                self._draw_cell(
                    sheet, secret.holders[party.name], cells[party.name], (x + 6, y + 6, wide - 12, high - 12)
                )
            x += wide
        return y + high

    def _draw_cell(
        self,
        sheet: Picture,
        held: Held,
        said: tuple[str, tuple[str, ...]],
        place: tuple[float, float, float, float],
    ) -> None:
        left, top, wide, high = place
        open_to_script = held.how.startswith("script-") or held.how in ("cookie-open", "made", "typed")
        role = "cell-open" if open_to_script else "cell-origin" if held.origin or held.how == "issued" else "cell"
        sheet.add(
            Box(role, left, top, wide, high, 7),
            Path("key" if held.origin else "key-copy", left + 18, top + 17, _DISC),
            Text("number-cell", left + 28, top + 21, said[0], _CELL, "start", bold=True),
            *(
                Text("cell-text", left + 10, top + 38 + 15 * at, line, _SMALL, "start")
                for at, line in enumerate(said[1])
            ),
        )
