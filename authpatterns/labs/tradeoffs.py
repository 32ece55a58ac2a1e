"""What each combination of patterns costs and what it risks, in one table. Every number comes from traces of runs.

messages      requests per click, the browser's own included
extra trips   round trips of a click that it would not need in a shop without protection: half and 99 % of the
clicks need no more; the time is what they take on links of the given latencies
bytes         of credentials in all requests of one click
state         what each part holds for one more user, in bytes
calls         to each part that is no microservice, per 1,000 clicks of people who work all the time
window        seconds for which a copy of the credential is good after its owner has signed out
stolen, owned, gateway    what a break-in opens, and for how long: see `blast`
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from authpatterns import catalogue, words
from authpatterns.deployment import Deployment
from authpatterns.labs.blast import Site, lasting, password_places
from authpatterns.labs.holdings import held_per_user
from authpatterns.labs.operations import revocation
from authpatterns.labs.people import READS
from authpatterns.labs.sweep import add_workers, doing, sweep
from authpatterns.labs.table import Row, Table, add_output, write
from authpatterns.labs.traffic import WORK, Link, Traffic, Work, measure

COLUMNS = (
    *("authn", "authz", "messages", "trips_p50", "trips_p99", "added_ms_p50", "added_ms_p99", "credential_bytes"),
    *("state", "calls_per_1000", "window", "stolen", "stolen_for", "owned", "owned_for", "gateway", "password_at"),
)

DRAWS = 5_000
"""Clicks whose time on the links is drawn."""


@dataclass(frozen=True)
class Latency:
    """How long a message takes on a link, one way: a log-normal distribution, as measured times tend to be.

    Attributes:
        median: In seconds.
        spread: Sigma of the logarithm; 0 makes every message take the median.
    """

    median: float
    spread: float = 0.0

    def draw(self, chance: random.Random) -> float:
        """One message's time in seconds."""
        return self.median * (chance.lognormvariate(0, self.spread) if self.spread else 1.0)


LINKS: Mapping[Link, Latency] = MappingProxyType(
    {"client": Latency(0.020, 0.5), "inside": Latency(0.0005, 0.3), "outside": Latency(0.010, 0.4)}
)
"""A customer at home, two parts in one data centre, and somebody else's data centre."""


@dataclass(frozen=True)
class Setting:
    """What was given.

    Attributes:
        work: What people do: see `traffic`.
        links: One latency for each kind of link.
        seed: Of the draws.
    """

    work: Work = WORK
    links: tuple[tuple[Link, Latency], ...] = tuple(LINKS.items())
    seed: int = 15


def tradeoff(authn: str, authz: str, setting: Setting = Setting()) -> Row:
    """One combination."""
    hour = measure(authn, authz, setting.work)
    shop = catalogue.deploy(authn, authz)
    return {
        "authn": authn,
        "authz": authz,
        "messages": round(sum(hour.calls.values()) / hour.clicks, 3),
        **_extra(hour, setting),
        "credential_bytes": round(hour.credential_bytes / hour.clicks),
        "client_bytes": round(hour.client_bytes / hour.clicks),
        **_named("state", {part: held for part, held in held_per_user(authn, authz).items() if held}),
        **_named("calls_per_1000", _per_thousand(shop, hour)),
        "window": revocation(catalogue.AUTHENTICATION[authn](), catalogue.AUTHORIZATION[authz]()),
        **_blast(authn, authz),
        "password_at": password_places(authn, authz),
    }


def _extra(hour: Traffic, setting: Setting) -> Row:
    """Round trips and time that protection adds to a click."""
    trips = [len(links) / 2 for links, count in hour.extra for _ in range(count)]
    times = list(_times(hour, dict(setting.links), random.Random(f"{setting.seed}:links")))
    return {
        "trips_p50": quantile(trips, 0.5),
        "trips_p99": quantile(trips, 0.99),
        "added_ms_p50": round(1000 * quantile(times, 0.5), 2),
        "added_ms_p99": round(1000 * quantile(times, 0.99), 2),
    }


def _times(hour: Traffic, links: Mapping[Link, Latency], chance: random.Random) -> Iterator[float]:
    """Drawn times of clicks, each kind as often as it was measured."""
    for passed, count in hour.extra:
        for _ in range(round(count / hour.clicks * DRAWS)):
            yield sum(links[link].draw(chance) for link in passed)


def quantile(values: Sequence[float], share: float) -> float:
    """The least value that `share` of the values do not exceed.

    Examples:
        >>> quantile([4, 1, 3, 2], 0.5)
        2
    """
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def _per_thousand(shop: Deployment, hour: Traffic) -> dict[str, float]:
    """Calls to everything that is no microservice. A part that nobody asks while people work counts too."""
    parts = [name for name, node in shop.network.nodes.items() if node.kind not in ("service", "browser")]
    return {part: round(1000 * hour.calls.get(part, 0) / hour.clicks, 1) for part in parts}


def _named(name: str, values: Mapping[str, float]) -> Row:
    """As text for people, and as they are for programs."""
    return {name: [f"{part} {value:g}" for part, value in values.items()], f"{name}_of": dict(values)}


def _blast(authn: str, authz: str) -> Row:
    site = Site(authn, authz)
    worst = max(READS, key=lambda place: len(site.owned(place).opened))
    gateway = site.owned("gateway") if site.has_gateway else None
    return {
        "stolen": site.stolen().text,
        "stolen_for": _or_no_end(lasting(authn, authz)),
        "owned": site.owned(worst).text,
        "owned_for": _or_no_end(lasting(authn, authz, worst)),
        "gateway": gateway.text if gateway else None,
        "gateway_passwords": gateway.passwords if gateway else None,
    }


def _or_no_end(seconds: float | None) -> float | str:
    return "no-end" if seconds is None else seconds


# --- the table


def tradeoffs(setting: Setting = Setting(), pairs: Sequence[tuple[str, str]] | None = None, **how: Any) -> Table:
    """The table of all combinations.

    Args:
        setting: See `Setting`.
        pairs: Which combinations; all of them unless given.
        how: `executor`, `keep`, `progress`: see `sweep`.
    """
    wanted = combinations() if pairs is None else pairs
    rows = sweep(_cell, [(authn, authz, setting) for authn, authz in wanted], **how)
    given = (("users", setting.work.users), ("every", setting.work.every), ("seconds", setting.work.seconds))
    return Table("tradeoffs", COLUMNS, tuple(rows), given)


def combinations() -> list[tuple[str, str]]:
    """Every authentication pattern with every authorization pattern."""
    return [(authn, authz) for authn in catalogue.AUTHENTICATION for authz in catalogue.AUTHORIZATION]


def _cell(point: tuple[str, str, Setting]) -> Row:
    return tradeoff(*point)


# --- on the command line


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `tradeoffs`."""
    parser.add_argument("--authn", choices=tuple(catalogue.AUTHENTICATION))
    parser.add_argument("--authz", choices=tuple(catalogue.AUTHORIZATION))
    parser.add_argument("--seed", type=int, default=Setting.seed, help=words.say("command.seed"))
    add_workers(parser)
    add_output(parser)


def run(options: argparse.Namespace) -> int:
    """Print the table."""
    pairs = [pair for pair in combinations() if options.authn in (None, pair[0]) and options.authz in (None, pair[1])]
    with doing(options) as how:
        return write([tradeoffs(Setting(seed=options.seed), pairs, **how)], options)
