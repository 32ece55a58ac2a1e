"""What a crowd would need: the numbers of the small shop, carried over to any number of users and clicks.

A part is asked for three reasons, and they grow with different things:

    every click       what no click can do without             grows with the clicks
    every user        a credential or a copy has become too old grows with the users, as long as it is found again
    every replica     keys or policies are fetched again        grows with the replicas, which is next to nothing

How much of each, is measured: an hour of six people, and an hour of three who click twice as often. What differs
between the two hours grows with the users. Where a microservice has many replicas and a user comes to another one each
time, what it has remembered about the user is not found again. So there are two answers: the least a part is asked
(everybody is always sent to the same replica), and the most (never: every click is a newcomer's).

Examples:
    >>> small = plan("session", "distributed", users=1_000, rate=10)
    >>> [(row["part"], row["calls_least"], row["workers_least"]) for row in small if row["part"] == "session-store"]
    [('session-store', 12.5, 1)]
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from authpatterns import catalogue, words
from authpatterns.labs.capacity import OTHER, PARTS, Part
from authpatterns.labs.holdings import held_per_user
from authpatterns.labs.table import Row, Table, add_output, write
from authpatterns.labs.tradeoffs import combinations
from authpatterns.labs.traffic import Traffic, Work, measure

SIX, THREE = Work(users=6, every=10), Work(users=3, every=5)
"""The same number of clicks, from twice as many people."""

COLUMNS = ("part", "calls_least", "calls_most", "workers_least", "workers_most", "held_gb")
DAY = 24 * 3600
WORKERS_PER_REPLICA = 8


def plan(
    authn: str,
    authz: str,
    users: int = 100_000_000,
    rate: float = 1_000_000.0,
    *,
    busy: float = 0.6,
    sign_ins_a_day: float = 1.0,
    parts: Mapping[str, Part] = MappingProxyType({}),
) -> Table:
    """What each part has to do and to hold for so many users and clicks.

    Args:
        authn: Name of a pattern.
        authz: Name of a pattern.
        users: How many are signed in.
        rate: Clicks per second of all of them together.
        busy: Share of its time in which a worker may be busy; the rest is there so that nobody waits long.
        sign_ins_a_day: Of each user.
        parts: How parts are built, by name; the number of workers is what is asked for here.
    """
    six, three = measure(authn, authz, SIX), measure(authn, authz, THREE)
    held, shop = held_per_user(authn, authz), catalogue.deploy(authn, authz)
    built = {name: parts.get(name, PARTS.get(node.kind, OTHER)) for name, node in shop.network.nodes.items()}
    crowd = Crowd(users, rate, users * sign_ins_a_day / DAY, busy)
    asked = {name: _asked(six, three, name, crowd) for name in built}
    services = [service.name for service in shop.services]
    replicas = sum(asked[name].workers(built[name], busy)[0] for name in services) / WORKERS_PER_REPLICA
    rows = []
    for name, part in built.items():
        if name not in services:
            asked[name].least += replicas * per_replica(six, three, name, len(services))
        rows.append({"part": name, **asked[name].row(part, busy), "held_gb": round(held.get(name, 0) * users / 1e9, 3)})
    given = (
        *(("shop", f"{authn} + {authz}"), ("users", users), ("rate", rate), ("busy", busy)),
        ("credential_gbit", round(six.credential_bytes / six.clicks * rate * 8 / 1e9, 3)),
    )
    return Table("plan", COLUMNS, tuple(rows), given)


@dataclass(frozen=True)
class Crowd:
    """Who comes: users who are signed in, clicks and sign-ins per second, and how busy a worker may be."""

    users: int
    rate: float
    sign_ins: float
    busy: float


@dataclass
class Asked:
    """How often a part is asked per second.

    Attributes:
        least: Where everything that was remembered is found again.
        most: Where nothing that was remembered about a user is.
        passwords: Of that, with a password to check.
    """

    least: float
    most: float
    passwords: float

    def workers(self, part: Part, busy: float) -> tuple[int, int]:
        """How many it takes, at the least and at the most."""
        checking = self.passwords * ((part.password_seconds or part.seconds) - part.seconds)
        most = max(self.least, self.most)
        least, most = (max(1, math.ceil((calls * part.seconds + checking) / busy)) for calls in (self.least, most))
        return least, most

    def row(self, part: Part, busy: float) -> Row:
        """The numbers."""
        least, most = self.workers(part, busy)
        return {
            "calls_least": round(self.least, 1),
            "calls_most": round(max(self.least, self.most), 1),
            "workers_least": least,
            "workers_most": most,
        }


def _asked(six: Traffic, three: Traffic, part: str, crowd: Crowd) -> Asked:
    steady, newcomer = dict(six.steady).get(part, 0) / six.clicks, dict(six.newcomer).get(part, 0.0)
    passwords, others = _sign_in(six, part)
    by_sign_in = crowd.sign_ins * (passwords + others)
    renewed = min(crowd.users * per_user(six, three, part), crowd.rate)  # who clicks rarely renews once a click at most
    return Asked(
        steady * crowd.rate + renewed + by_sign_in,
        (steady + newcomer) * crowd.rate + by_sign_in,
        crowd.sign_ins * passwords,
    )


def per_user(six: Traffic, three: Traffic, part: str) -> float:
    """Calls to `part` per second that one more user causes by being there, however rarely they click."""
    return max(0.0, (six.occasional.get(part, 0.0) - three.occasional.get(part, 0.0)) / 3)


def per_replica(six: Traffic, three: Traffic, part: str, services: int) -> float:
    """Calls to `part` per second that one more replica of a microservice causes; there was one of each."""
    return max(0.0, six.occasional.get(part, 0.0) - 6 * per_user(six, three, part)) / services


def _sign_in(hour: Traffic, part: str) -> tuple[int, int]:
    """How often one sign-in asks `part`, with a password to check and without."""
    stops = [stop for stop in hour.sign_in.stops if stop.part == part]
    checks = sum(stop.checks_password for stop in stops)
    return checks, len(stops) - checks


def plans(users: int = 100_000_000, rate: float = 1_000_000.0, **more: Any) -> Table:
    """Every combination in one line: the workers besides those of the microservices, and what the parts hold.

    Args:
        users: How many are signed in.
        rate: Clicks per second.
        more: Further arguments of `plan`.
    """
    rows = tuple(_sum(authn, authz, plan(authn, authz, users, rate, **more)) for authn, authz in combinations())
    columns = ("authn", "authz", "central_least", "central_most", "services_least", "held_gb", "credential_gbit")
    return Table("plans", columns, rows, (("users", users), ("rate", rate)))


def _sum(authn: str, authz: str, table: Table) -> Row:
    kinds = {name: node.kind for name, node in catalogue.deploy(authn, authz).network.nodes.items()}
    central = [row for row in table if kinds[row["part"]] != "service"]
    services = [row for row in table if kinds[row["part"]] == "service"]
    return {
        "authn": authn,
        "authz": authz,
        "central_least": sum(row["workers_least"] for row in central),
        "central_most": sum(row["workers_most"] for row in central),
        "services_least": sum(row["workers_least"] for row in services),
        "held_gb": round(sum(row["held_gb"] for row in table), 3),
        "credential_gbit": dict(table.settings)["credential_gbit"],
    }


# --- on the command line


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `plan`: two patterns for their parts, none for one line per combination."""
    parser.add_argument("authn", nargs="?", help=", ".join(catalogue.AUTHENTICATION))
    parser.add_argument("authz", nargs="?", default="distributed", help=", ".join(catalogue.AUTHORIZATION))
    parser.add_argument("--users", type=int, default=100_000_000, help=words.say("lab.help.users"))
    parser.add_argument("--rate", type=float, default=1_000_000.0, help=words.say("lab.help.rate"))
    add_output(parser)


def run(options: argparse.Namespace) -> int:
    """Print the table."""
    if options.authn is None:
        return write([plans(options.users, options.rate)], options)
    catalogue.deploy(options.authn, options.authz)  # says what is wrong with the names
    return write([plan(options.authn, options.authz, options.users, options.rate)], options)
