"""When a credential expired while people went on using it: read from the messages, as everything else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from authpatterns.encoding import decode, parse
from authpatterns.network import EPOCH
from authpatterns.secrecy import carried
from authpatterns.trace import Hop, Trace

_NAME = "access_token"


@dataclass(frozen=True, slots=True)
class Expiry:
    """The end of a credential's life.

    Attributes:
        time: Virtual seconds.
        name: Of the credential.
    """

    time: float
    name: str


def expiries(trace: Trace) -> list[Expiry]:
    """The ends that made a difference: before, the credential was accepted, and afterwards it was shown again."""
    issued = {secret: end for hop in trace.hops for secret, end in _issued(hop)}
    found = {end for secret, end in issued.items() if _matters(trace, secret, end)}
    return [Expiry(end, _NAME) for end in sorted(found)]


def _issued(hop: Hop) -> Iterator[tuple[str, float]]:
    """The access token that an answer hands out, and when it ends."""
    given = hop.response.json() if hop.response is not None and hop.answered is not None else None
    if not isinstance(given, dict) or not isinstance(given.get(_NAME), str):
        return
    end, lasts = _written_end(given[_NAME]), given.get("expires_in")
    if end is not None:
        yield given[_NAME], end
    elif isinstance(lasts, int | float) and hop.answered is not None:
        yield given[_NAME], hop.answered + lasts


def _written_end(token: str) -> float | None:
    """The moment that a JWT itself names; None for whatever is no such JWT."""
    try:
        end = parse(decode(token.split(".")[1]))["exp"]
    except (ValueError, LookupError, TypeError):
        return None
    return end - EPOCH if isinstance(end, int | float) else None


def _matters(trace: Trace, secret: str, end: float) -> bool:
    shown = [hop for hop in trace.hops if _shows(hop, secret)]
    before = [hop for hop in shown if hop.sent < end]
    return bool(before) and before[-1].response is not None and before[-1].response.ok and len(before) < len(shown)


def _shows(hop: Hop, secret: str) -> bool:
    """Whether the sender shows the secret for itself; in a body it only asks about it."""
    return any(one.value == secret and one.place in ("header", "cookie") for one in carried(hop.request))
