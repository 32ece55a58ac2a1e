"""`python -m authpatterns matrix`: every authentication with every authorization pattern, measured by running them.

One row a combination. Alice signs in, reads her order twice, and asks where her parcel is; Dave goes on using a role
that was taken from him; and then one part after the other is switched off.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator

from authpatterns import catalogue, faults
from authpatterns.deployment import Deployment, Person
from authpatterns.errors import NetworkError
from authpatterns.labs.people import click, shows_data
from authpatterns.labs.table import Row, Table, add_output, write
from authpatterns.messages import Response
from authpatterns.secrecy import carried
from authpatterns.trace import Hop

ORDER, PARCEL, COST = "/orders/1", "/orders/1/tracking", "/orders/1/cost"
EVERY = 15
"""Seconds between two tries with a withdrawn role."""
LONGEST = 9 * 3600
"""Seconds after which we stop trying: longer than a working day."""

COLUMNS = (
    *("authn", "authz", "hops_sign_in", "hops_first", "hops_again", "hops_next_service"),
    *("central_calls", "credential_bytes", "withdrawn_role_works", "stops_sign_in", "stops_first", "stops_again"),
)


def matrix(seed: int = 0) -> Table:
    """The table of all combinations that the catalogue knows."""
    pairs = [(authn, authz) for authn in catalogue.AUTHENTICATION for authz in catalogue.AUTHORIZATION]
    return Table("matrix", COLUMNS, tuple(measured(*pair, seed) for pair in pairs), (("seed", seed),))


def measured(authn: str, authz: str, seed: int = 0) -> Row:
    """One combination."""
    shop, alice = _world(authn, authz, seed)
    acts = {"hops_sign_in": alice.sign_in, "hops_first": _ask(alice, ORDER), "hops_again": _ask(alice, ORDER)}
    counted = {name: _hops(shop, act) for name, act in {**acts, "hops_next_service": _ask(alice, PARCEL)}.items()}
    last = [hop for hop in shop.trace if hop.source == alice.browser.name][-1]
    return {
        "authn": authn,
        "authz": authz,
        **{name: len(hops) for name, hops in counted.items()},
        "central_calls": [f"{part} {calls}" for part, calls in _central(shop).items()],
        "calls": _central(shop),
        "credential_bytes": sum(found.size for found in carried(last.request)),
        "withdrawn_role_works": _withdrawn_role_works(authn, authz, seed),
        **_stops(authn, authz, seed),
    }


# --- who is there, and what they do


def _world(authn: str, authz: str, seed: int, name: str = "alice") -> tuple[Deployment, Person]:
    shop = catalogue.deploy(authn, authz, seed=seed)
    return shop, shop.user(name)


def _ask(person: Person, path: str) -> Callable[[], Response]:
    return lambda: person.get(path)


def _hops(shop: Deployment, act: Callable[[], Response]) -> list[Hop]:
    """The messages that one thing a person does has caused."""
    before = len(shop.trace)
    act()
    return shop.trace.hops[before:]


def _parts(shop: Deployment) -> list[str]:
    """The nodes that are there once for all: neither browsers nor the business services."""
    return [party.name for party in shop.trace.parties.values() if party.kind not in ("browser", "service")]


def _central(shop: Deployment) -> dict[str, int]:
    return {part: len([hop for hop in shop.trace if hop.target == part]) for part in _parts(shop)}


# --- staleness


def _withdrawn_role_works(authn: str, authz: str, seed: int) -> int | None:
    """Seconds until a withdrawn role works no longer, for somebody who goes on using it; None beyond `LONGEST`."""
    shop, dave = _world(authn, authz, seed, "dave")
    dave.sign_in()
    dave.get(COST)
    shop.users.set_roles("dave", ["clerk"])
    for seconds in range(0, LONGEST, EVERY):
        answer = shop.run(click(dave.browser, COST, renewable=shop.authn.renewable))
        if '"cost"' not in answer.body:
            return seconds
        shop.clock.advance(seconds=EVERY)
    return None


# --- what stops when a part is gone


def _stops(authn: str, authz: str, seed: int) -> Row:
    """For each moment the parts without which it does not go: signing in, the first request, one more request."""
    parts = _parts(_world(authn, authz, seed)[0])
    moments = {"stops_sign_in": 0, "stops_first": 1, "stops_again": 2}
    return {
        name: [part for part in parts if not _goes_on(authn, authz, seed, part, done)] for name, done in moments.items()
    }


def _goes_on(authn: str, authz: str, seed: int, part: str, done: int) -> bool:
    """Whether Alice gets on without `part`, which goes away after she has done so many of three things."""
    shop, alice = _world(authn, authz, seed)
    deeds = (alice.sign_in, _ask(alice, ORDER), _ask(alice, ORDER))
    for deed in deeds[:done]:
        deed()
    with shop.rule(faults.Outage(part)):
        answer = _try(deeds[done])
    if done:
        return shows_data(answer)
    return shows_data(alice.get(ORDER))


def _try(deed: Callable[[], Response]) -> Response:
    try:
        return deed()
    except NetworkError as failure:
        return Response.of({"error": failure.code}, 503)


# --- on the command line


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command understands."""
    add_output(parser)


def run(options: argparse.Namespace) -> int:
    """Print the table; 0."""
    return write(_tables(), options)


def _tables() -> Iterator[Table]:
    yield matrix()
