"""Who has seen which secret, read from a trace."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from authpatterns.messages import Request, Response
from authpatterns.secrecy import Carried, carried
from authpatterns.trace import Answered, GaveUp, Hop, Note, Sent, Trace


@dataclass(frozen=True, slots=True)
class Passing:
    """One secret in one message.

    Attributes:
        number: Of the message, as in the sequence diagram.
        giver, taker: Who sent it, and for whom it was. Of a message that got lost the trace does not say so.
        time: Virtual seconds.
        secret: What was found, and where in the message.
        message: The request or response it stood in.
    """

    number: int
    giver: str
    taker: str
    time: float
    secret: Carried
    message: Request | Response
    hop: Hop


def passings(trace: Trace) -> Iterator[Passing]:
    """Every secret in every message, in order; a message to nobody (connection refused) passes nothing."""
    number = 0
    for event in trace.events:
        if isinstance(event, Note):
            continue
        number += 1
        hop = event.hop
        if isinstance(event, Sent) and hop.fate != "unreachable":
            yield from _in(hop.request, number, hop.source, hop.target, hop.sent, hop)
        elif isinstance(event, Answered) and hop.response is not None:
            yield from _in(hop.response, number, hop.target, hop.source, hop.answered or hop.sent, hop)
        else:
            assert isinstance(event, Sent | GaveUp)


def _in(message: Request | Response, number: int, giver: str, taker: str, time: float, hop: Hop) -> Iterator[Passing]:
    for secret in carried(message):
        yield Passing(number, giver, taker, time, secret, message, hop)


def in_addresses(trace: Trace) -> set[tuple[str, str]]:
    """Which party had which secret in the address of a page; a redirect's answer is no page, so no script reads it."""
    answered = [hop for hop in trace.hops if hop.response is not None and not 300 <= hop.response.status < 400]
    return {
        (hop.source, secret.value) for hop in answered for secret in carried(hop.request) if secret.place == "query"
    }


@dataclass(frozen=True, slots=True)
class CookieLine:
    """One `Set-Cookie` line of a `host` that reached somebody; `ends` where it takes the cookie away."""

    number: int
    browser: str
    host: str
    name: str
    value: str
    ends: bool


def cookie_lines(trace: Trace) -> Iterator[CookieLine]:
    """Every `Set-Cookie` line, in order."""
    number = 0
    for event in trace.events:
        number += not isinstance(event, Note)
        if not isinstance(event, Answered) or event.hop.response is None:
            continue
        host = event.hop.request.headers.get("host") or event.hop.target
        for line in event.hop.response.headers.all("set-cookie"):
            name, value, ends = _cookie(line)
            yield CookieLine(number, event.hop.source, host, name, value, ends)


def ended_cookies(response: Response) -> list[str]:
    """Names of the cookies that an answer takes away; where it says two things of one cookie, the last one counts."""
    lines = [line for line in response.headers.all("set-cookie") if "=" in line.partition(";")[0]]
    last = {name: ends for name, _, ends in map(_cookie, lines)}
    return [name for name, ends in last.items() if ends]


def _cookie(line: str) -> tuple[str, str, bool]:
    """Name and value in a `Set-Cookie` line, and whether an empty value or an age of 0 takes the cookie away."""
    pair, _, attributes = line.partition(";")
    name, _, value = pair.partition("=")
    ages = [part.partition("=")[2].strip() for part in attributes.lower().split(";") if "max-age" in part]
    return name, value, not value or any(age.startswith(("0", "-")) for age in ages)


def names_of(trace: Trace) -> dict[str, str]:
    """A name for each secret by its value: that of the member or cookie in which it first travelled by name.

    In a header a secret has no name of its own, so the name it has elsewhere is used; without any, what the header's
    scheme says of it, or the name of the header.
    """
    names: dict[str, str] = {}
    for passing in passings(trace):
        secret = passing.secret
        if secret.place != "header":
            names.setdefault(secret.value, secret.name)
    for passing in passings(trace):
        names.setdefault(passing.secret.value, _header_name(passing, trace))
    return names


def _header_name(passing: Passing, trace: Trace) -> str:
    name = passing.secret.name
    scheme = passing.message.headers.get(name).removesuffix(passing.secret.value).strip()
    if name != "authorization" or not scheme:
        return name.title()
    if scheme.lower() != "basic":
        return f"token ({scheme})"
    giver = trace.parties.get(passing.giver)
    return f"{'password' if giver is not None and giver.zone == 'client' else 'client_secret'} ({scheme})"


def seen_by(trace: Trace) -> dict[str, dict[str, int]]:
    """How many different secrets of each name each node has had in its hands, in order of appearance."""
    names = names_of(trace)
    held: dict[str, dict[str, None]] = {}
    for passing in passings(trace):
        for node in (passing.giver, passing.taker):
            held.setdefault(node, {})[passing.secret.value] = None
    counted: dict[str, dict[str, int]] = {}
    for node, values in held.items():
        counts = counted.setdefault(node, {})
        for value in values:
            counts[names[value]] = counts.get(names[value], 0) + 1
    return counted


_WANTED = (
    *("password", "session", "refresh_token", "client_secret", "basic", "client_assertion", "origin-verify"),
    *("access", "opaque", "jwt", "token", "code", "assertion"),
)
"""Parts of names, beginning with what a thief would take first."""
_HARMLESS = ("sign-in", "browser", "state")
"""Parts of the names of what is of use to nobody else."""


def ranked(names: Iterable[str]) -> tuple[str, ...]:
    """`names` with the most dangerous first; where two are alike the order stays."""
    return tuple(sorted(names, key=_rank))


def _rank(name: str) -> float:
    """The place among the wanted and the harmless; between the two where it is neither."""
    parts = enumerate((*_WANTED, *_HARMLESS))
    return next((place for place, part in parts if part in name.lower()), len(_WANTED) - 0.5)
