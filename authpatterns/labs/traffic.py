"""An hour of ordinary work in a shop, and the ways that messages took in it.

A *click* is whatever one thing a person wants has caused: the request, the questions it made others ask, and now and
then the renewal of something that had become too old. Its *path* is the list of its stops, in order: at which part,
over which links. Nothing in it is supposed: every path is read from the trace of a run.

Examples:
    >>> hour = measure("session", "distributed", Work(users=2, seconds=60))
    >>> path, clicks = hour.paths[0]
    >>> [stop.part for stop in path.stops], clicks
    (['orders', 'session-store'], 2)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from authpatterns import catalogue
from authpatterns.deployment import Deployment, Person
from authpatterns.labs.unprotected import unprotected
from authpatterns.secrecy import carried
from authpatterns.trace import Answered, GaveUp, Hop, Sent, Trace

Link = Literal["client", "inside", "outside"]
"""Between a browser and the shop; between two parts of the shop; to somebody outside who is no browser."""


def _paths(number: int, *, payments: bool) -> tuple[str, ...]:
    second = f"/payments/{number}" if payments else f"/orders/{number}"
    return f"/orders/{number}", second, f"/shipments/{number}", f"/orders/{number}/tracking"


ROUNDS: dict[str, tuple[str, ...]] = {
    "alice": _paths(1, payments=True),
    "bob": _paths(2, payments=True),
    "frank": _paths(3, payments=True),
    "carol": _paths(1, payments=False),
    "dave": _paths(2, payments=True),
    "erin": _paths(3, payments=False),
}
"""What each person looks at, over and over, and may see. One look in four goes on to a second service."""


@dataclass(frozen=True)
class Work:
    """What people do.

    Attributes:
        users: How many of `ROUNDS`, from the first.
        every: Seconds between two clicks of one person.
        seconds: For how long.
        seed: Of the deployment.
    """

    users: int = 6
    every: float = 30.0
    seconds: float = 3600.0
    seed: int = 15


WORK = Work()
"""Six people, a click every half minute, one hour."""


@dataclass(frozen=True)
class Stop:
    """A part that had something to do.

    Attributes:
        part: Its name.
        links: The links passed since the stop before, on the way back and on the way here.
        checks_password: Whether a password came along: a part that checks one works much longer.
    """

    part: str
    links: tuple[Link, ...]
    checks_password: bool = False


@dataclass(frozen=True)
class Path:
    """Everything that one click had to pass.

    Attributes:
        stops: In order.
        back: The links after the last stop, until the person sees the answer.
    """

    stops: tuple[Stop, ...]
    back: tuple[Link, ...]

    @property
    def links(self) -> tuple[Link, ...]:
        """Every link that was passed."""
        return (*(link for stop in self.stops for link in stop.links), *self.back)


@dataclass(frozen=True)
class Traffic:
    """What was measured.

    Attributes:
        work: What people did.
        paths: Each different path of a click with how often it was taken, in order of first appearance.
        extra: The links of each click that it would not have passed in a shop without protection, likewise.
        sign_in: The path of one person's sign-in.
        steady: Calls to each part over all clicks, if each had come right after another of its kind.
        newcomer: Further calls to each part, per click of somebody who is there for the first time.
        credential_bytes: In all requests of all clicks together.
        client_bytes: Of that, in the requests that browsers sent.
    """

    work: Work
    paths: tuple[tuple[Path, int], ...]
    extra: tuple[tuple[tuple[Link, ...], int], ...]
    sign_in: Path
    steady: tuple[tuple[str, int], ...]
    newcomer: tuple[tuple[str, float], ...]
    credential_bytes: int
    client_bytes: int

    @property
    def clicks(self) -> int:
        """How many there were."""
        return sum(count for _, count in self.paths)

    @property
    def calls(self) -> dict[str, int]:
        """How often each part was asked, over all clicks."""
        found: Counter[str] = Counter()
        for path, count in self.paths:
            for stop in path.stops:
                found[stop.part] += count
        return dict(found)

    @property
    def occasional(self) -> dict[str, float]:
        """Calls to each part per second that only some clicks cause: something has become too old and is renewed."""
        steady = dict(self.steady)
        return {part: (calls - steady.get(part, 0)) / self.work.seconds for part, calls in self.calls.items()}


@cache
def measure(authn: str, authz: str, work: Work = WORK) -> Traffic:
    """Let people work in a shop whose caches are warm, and read the paths of their clicks from the trace."""
    shop = catalogue.deploy(authn, authz, seed=work.seed)
    people = [shop.user(name) for name in list(ROUNDS)[: work.users]]
    (sign_in, *_) = [_acts(shop, person.sign_in) for person in people]
    first, again = _first_looks(shop, people)
    _sign_in_anew(shop, people)
    asked, clicks = _hour(shop, people, work)
    hour = _by_click(shop.trace, clicks)
    found = [_path(shop.trace, click) for click in hour]
    hops = [event.hop for click in hour for event in click if isinstance(event, Sent)]
    cheapest = {path: looked for _, path, looked in again}
    return Traffic(
        work=work,
        paths=tuple(Counter(found).items()),
        extra=tuple(Counter(map(_extra, asked, found)).items()),
        sign_in=_path(shop.trace, _by_click(shop.trace, [sign_in])[0]),
        steady=tuple(sum((cheapest[path] for path in asked), Counter[str]()).items()),
        newcomer=tuple(_further(first, again, people[0].name).items()),
        credential_bytes=sum(map(_bytes, hops)),
        client_bytes=sum(_bytes(hop) for hop in hops if _zone(shop.trace, hop.source) == "client"),
    )


Look = tuple[str, str, Counter[str]]
"""Who looked at what, and how often that asked each part."""


def _first_looks(shop: Deployment, people: list[Person]) -> tuple[list[Look], list[Look]]:
    """Everybody looks at each of their things twice, one right after the other."""
    looks = [(person, path) for person in people for path in ROUNDS[person.name]]
    clicks = [_click(shop, person, path) for person, path in looks for _ in range(2)]
    paths = [_path(shop.trace, events) for events in _by_click(shop.trace, clicks)]
    counted = [Counter(stop.part for stop in path.stops) for path in paths]
    first, again = counted[::2], counted[1::2]
    named = [(person.name, path) for person, path in looks]
    return [(*who, stops) for who, stops in zip(named, first, strict=True)], [
        (*who, stops) for who, stops in zip(named, again, strict=True)
    ]


def _further(first: Sequence[Look], again: Sequence[Look], opener: str) -> dict[str, float]:
    """Calls to each part that only a newcomer's look makes, on average. Who came first of all has warmed the caches."""
    extra = [new - known for (who, _, new), (_, _, known) in zip(first, again, strict=True) if who != opener]
    total = sum(extra, Counter[str]())
    return {part: count / len(extra) for part, count in total.items()}


SPREAD = 900.0
"""Seconds over which people sign in: if all came at once, all credentials would be renewed at once."""


def _sign_in_anew(shop: Deployment, people: list[Person]) -> None:
    """Everybody signs out, and in again at a time of their own, so that the hour begins in the midst of things."""
    for person in people:
        person.sign_out()
        person.sign_in()
        for path in ROUNDS[person.name]:
            _click(shop, person, path)
        shop.clock.advance(seconds=SPREAD / len(people))


def _hour(shop: Deployment, people: list[Person], work: Work) -> tuple[list[str], list[range]]:
    """Everybody clicks in turn; what each wanted, and which acts it took."""
    asked: list[str] = []
    clicks: list[range] = []
    begin, number = shop.clock.now, 0
    while (at := begin + number * work.every / len(people)) < begin + work.seconds:
        shop.clock.advance(seconds=max(0.0, at - shop.clock.now))
        person = people[number % len(people)]
        path = ROUNDS[person.name][number // len(people) % 4]
        asked.append(path)
        clicks.append(_click(shop, person, path))
        number += 1
    return asked, clicks


def _click(shop: Deployment, person: Person, path: str) -> range:
    """One click as a page handles it: a stale credential is renewed and the request sent again."""

    def everything() -> None:
        answer = person.get(path)
        if answer.status == 401 and shop.authn.renewable:
            person.refresh()
            answer = person.get(path)
        assert answer.status == 200, (shop, person, path, answer.status)

    return _acts(shop, everything)


def _acts(shop: Deployment, do: Callable[[], object]) -> range:
    """The numbers of the acts that happen while `do` is done."""
    before = len(shop.trace.acts)
    do()
    return range(before + 1, len(shop.trace.acts) + 1)


# --- reading the trace


def _by_click(trace: Trace, clicks: Iterable[range]) -> list[list[Sent | Answered | GaveUp]]:
    """The events of each click, in order."""
    number_of = {act: number for number, acts in enumerate(clicks) for act in acts}
    told: list[list[Sent | Answered | GaveUp]] = [[] for _ in range(max(number_of.values()) + 1)]
    for event in trace.events:
        if isinstance(event, Sent | Answered | GaveUp) and event.hop.act in number_of:
            told[number_of[event.hop.act]].append(event)
    return told


def _path(trace: Trace, events: Iterable[Sent | Answered | GaveUp]) -> Path:
    stops: list[Stop] = []
    links: list[Link] = []
    for event in events:
        links.append(_link(trace, event.hop))
        if isinstance(event, Sent):
            stops.append(Stop(event.hop.target, tuple(links), _checks_password(trace, event.hop)))
            links = []
    return Path(tuple(stops), tuple(links))


def _link(trace: Trace, hop: Hop) -> Link:
    zones = {_zone(trace, hop.source), _zone(trace, hop.target)}
    return "client" if "client" in zones else "outside" if "outside" in zones else "inside"


def _zone(trace: Trace, name: str) -> str:
    return trace.parties[name].zone


def _checks_password(trace: Trace, hop: Hop) -> bool:
    """A password came along, and the part is no gateway that only passes it on."""
    passes_on = trace.parties[hop.target].kind == "gateway"
    return not passes_on and any(found.name == "password" for found in carried(hop.request))


def _bytes(hop: Hop) -> int:
    return sum(found.size for found in carried(hop.request))


# --- the floor


def _extra(asked: str, path: Path) -> tuple[Link, ...]:
    """The links of `path` that the same request does not pass in a shop without protection."""
    return tuple((Counter(path.links) - _floor(asked)).elements())


@cache
def _floor(asked: str) -> Counter[Link]:
    shop = unprotected()
    shop.user("alice").get(asked)
    (told,) = _by_click(shop.trace, [range(1, 2)])
    return Counter(_path(shop.trace, told).links)
