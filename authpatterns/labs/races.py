"""The same story under many schedules: does it ever go wrong, and under which one?

A story is an ordinary function of a shop and of a source of chance. It may set things up with a person's verbs, and
then let several things happen at once with `shop.together`. `explore` plays it once for each seed; a seed decides how
long every message takes and everything the story draws, so it *is* the schedule. A schedule in which `find` sees what
it looks for can be played again, step by step, as often as one likes.

Examples:
    >>> found = explore(two_tabs, Jwt(), Distributed(), seeds=range(20), find=signed_out)
    >>> found
    <Exploration: 3 of 20 schedules, the first at seed 0>
    >>> shop = found.replay()
    >>> [hop.status for hop in shop.trace if hop.request.path == "/auth/refresh"]
    [200, 401]
    >>> explore(two_tabs_with_a_lock, Jwt(), Distributed(), seeds=range(20), find=signed_out)
    <Exploration: 0 of 20 schedules>
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Coroutine, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from authpatterns import catalogue, words
from authpatterns.authn import Jwt
from authpatterns.authn.auth_service import AuthService
from authpatterns.authz import Distributed, Hybrid
from authpatterns.browser import Browser
from authpatterns.deployment import Deployment
from authpatterns.errors import Misuse
from authpatterns.faults import Partition
from authpatterns.keys import demo_key
from authpatterns.labs.people import copies, shows_data
from authpatterns.labs.progress import Progress, silent
from authpatterns.labs.sweep import add_workers, doing, sweep
from authpatterns.labs.table import Row, Table, add_output, write
from authpatterns.messages import Request, Response
from authpatterns.pattern import Authentication, Pattern, Plan
from authpatterns.stores import UserStore
from authpatterns.trace import Hop

Story = Callable[[Deployment, random.Random], None]
Find = Callable[[Deployment], object]

SLOWEST = 0.2
"""Seconds that a message may take one way, unless said otherwise."""


class Jitter:
    """Every message takes its own time: mostly little, sometimes much (the square of an even draw).

    Args:
        seed: Decides all of them.
        least, most: Seconds one way.
    """

    def __init__(self, seed: int, least: float = 0.001, most: float = SLOWEST) -> None:
        self._chance = random.Random(f"{seed}:jitter")
        self.least, self.most = least, most

    def __call__(self, hop: Hop) -> float:
        """How long this message takes."""
        return self.least + (self.most - self.least) * self._chance.random() ** 2


@dataclass(frozen=True)
class Plot:
    """A story with everything it needs to be played, except the seed.

    Attributes:
        story: See the top of this file.
        patterns: Authentication, authorization and any more.
        find: What to look for when the story is over; anything but true values means "not here".
        most: Seconds that a message may take one way.
    """

    story: Story
    patterns: tuple[Pattern, ...]
    find: Find
    most: float = SLOWEST

    def play(self, seed: int) -> Deployment:
        """The shop in which the story has happened under this schedule."""
        authn, *others = self.patterns
        assert isinstance(authn, Authentication)
        shop = Deployment(authn, *others, seed=seed, latency=Jitter(seed, most=self.most))
        self.story(shop, random.Random(f"{seed}:story"))
        return shop


@dataclass(frozen=True)
class Exploration:
    """What a search has found.

    Attributes:
        plot: What was played.
        tried: Every seed that was played.
        found: The seeds under which `find` saw something.
    """

    plot: Plot
    tried: tuple[int, ...]
    found: tuple[int, ...]

    @property
    def share(self) -> float:
        """In which share of the schedules it happens."""
        return len(self.found) / len(self.tried) if self.tried else 0.0

    def replay(self, seed: int | None = None) -> Deployment:
        """Play a schedule again: the first that was found, unless a seed is given.

        Raises:
            Misuse: none was found and none given.
        """
        if seed is None and not self.found:
            raise Misuse("lab.nothing-found", tried=len(self.tried))
        return self.plot.play(self.found[0] if seed is None else seed)

    def __bool__(self) -> bool:
        return bool(self.found)

    def __repr__(self) -> str:
        first = f", the first at seed {self.found[0]}" if self.found else ""
        return f"<Exploration: {len(self.found)} of {len(self.tried)} schedules{first}>"


def explore(
    story: Story,
    *patterns: Pattern,
    seeds: Iterable[int] = range(1000),
    find: Find,
    most: float = SLOWEST,
    executor: Executor | None = None,
    keep: Path | str | None = None,
    progress: Progress = silent,
) -> Exploration:
    """Play `story` once for every seed, and remember where `find` sees something.

    Args:
        story: `story(shop, chance)`; see the top of this file.
        patterns: The patterns of the shop: authentication, authorization and any more.
        seeds: The schedules to play.
        find: `find(shop)` looks at what has happened.
        most: Seconds that a message may take one way.
        executor: See `sweep`. With one of processes, story and find must be functions of a module.
        keep: See `sweep`.
        progress: See `sweep`.
    """
    plot, tried = Plot(story, patterns, find, most), tuple(seeds)
    seen = sweep(_play, [_Schedule(plot, seed) for seed in tried], executor=executor, keep=keep, progress=progress)
    return Exploration(plot, tried, tuple(seed for seed, is_found in zip(tried, seen, strict=True) if is_found))


@dataclass(frozen=True)
class _Schedule:
    plot: Plot
    seed: int

    def __repr__(self) -> str:  # a function's own repr holds its address, which another run would not find again
        plot = self.plot
        return f"{plot.story.__qualname__} {plot.patterns!r} {plot.find.__qualname__} {plot.most} {self.seed}"


def _play(schedule: _Schedule) -> bool:
    return bool(schedule.plot.find(schedule.plot.play(schedule.seed)))


# --- for stories


async def later(shop: Deployment, seconds: float, what: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """Do `what` after so many seconds."""
    await shop.kernel.sleep(seconds)
    return await what()


# --- story 1: a refresh token in two tabs


def two_tabs(shop: Deployment, chance: random.Random) -> None:
    """Two tabs of one browser find the access token stale, one a little after the other, and both renew it."""
    shop.user("alice").sign_in()
    tab = shop.browser("alice")
    shop.together(tab.refresh(), later(shop, chance.random(), tab.refresh))


def two_tabs_with_a_lock(shop: Deployment, chance: random.Random) -> None:
    """The same, with a lock that the tabs share (Web Locks): who comes second reads the storage anew."""
    shop.user("alice").sign_in()
    tab, lock = shop.browser("alice"), shop.network.lock()

    async def renew() -> Response:
        async with lock:
            return await tab.refresh()

    shop.together(renew(), later(shop, chance.random(), renew))


def signed_out(shop: Deployment) -> bool:
    """Nobody has signed out, and yet there is no refresh token left that would be accepted."""
    auth = shop.node("auth")
    return not auth.refresh_tokens.alive(auth.now)


# --- story 2: a sign-out against a request in flight


def sign_out_in_flight(shop: Deployment, chance: random.Random) -> None:
    """Alice asks where her parcel is, and signs out while the answer is being made. Then a thief tries her copy."""
    alice, thief = shop.user("alice"), shop.visitor("thief").browser
    alice.sign_in()
    alice.get("/orders/1")
    taken = copies(shop, alice, ["/orders/1"])
    ask = alice.browser.send(Request.get("/orders/1/tracking"))
    shop.together(ask, later(shop, chance.random(), alice.browser.sign_out))
    shop.together(*(copy.replay(thief) for copy in taken))


def answered_after_sign_out(shop: Deployment) -> Hop | None:
    """A record reached the browser after the sign-out had been answered: the request was on its way before."""
    ended = _sign_out(shop)
    return next((hop for hop in _records(shop, "alice") if ended and _answered(hop) > _answered(ended)), None)


def half_done(shop: Deployment) -> Hop | None:
    """One microservice believed the credential and the next one, asked on Alice's behalf, no longer did."""
    refused = (hop for hop in shop.trace.between("orders", "shipping") if hop.status == 401)
    return next(refused, None)


def copy_accepted(shop: Deployment) -> Hop | None:
    """The sign-out had been answered, and then the thief's copy still opened a record."""
    return next((hop for hop in _records(shop, "thief") if _sign_out(shop)), None)


def _sign_out(shop: Deployment) -> Hop | None:
    """The last message of Alice's sign-out, where it was answered."""
    mine = [hop for hop in shop.trace if hop.source == "alice" and "tracking" not in hop.request.path]
    return mine[-1] if mine[-1].fate == "answered" else None


def _records(shop: Deployment, who: str) -> list[Hop]:
    """The messages with which `who` was given a record."""
    return [hop for hop in shop.trace if hop.source == who and hop.response is not None and shows_data(hop.response)]


def _answered(hop: Hop) -> float:
    return hop.answered if hop.answered is not None else float("inf")


# --- story 3: a key rotation against a cache


def rotation_at_once(shop: Deployment, chance: random.Random) -> None:
    """The issuer signs with a new key from one moment to the next, a while after its keys were last fetched."""
    _warm_up(shop)
    shop.clock.advance(seconds=60 * chance.random())
    _ring(shop).rotate(demo_key(number=2))
    _newcomer(shop)


def rotation_announced(shop: Deployment, chance: random.Random) -> None:
    """The new key is published for as long as any copy of the old key set may be used; only then does it sign."""
    _warm_up(shop)
    shop.clock.advance(seconds=60 * chance.random())
    keys = _ring(shop)
    keys.publish(demo_key(number=2))
    shop.clock.advance(seconds=shop.authn.key_cache)
    keys.sign_with(demo_key(number=2).kid)
    _newcomer(shop)


def rotation_against_a_cold_cache(shop: Deployment, chance: random.Random) -> None:
    """Every copy of the keys has just become too old, and is fetched anew while the issuer changes them."""
    _warm_up(shop)
    shop.clock.advance(seconds=shop.authn.key_cache + 1)
    keys = _ring(shop)

    async def rotate() -> None:
        keys.rotate(demo_key(number=2))
        await _sign_in_and_ask(shop, "bob", "/orders/2")

    alice = _sign_in_and_ask(shop, "alice", "/orders/1")
    shop.together(alice, later(shop, chance.random(), rotate))


async def _sign_in_and_ask(shop: Deployment, name: str, path: str) -> Response:
    browser = shop.browser(name)
    await browser.sign_in(name, shop.people[name].password)
    return await browser.send(Request.get(path))


def newcomer_refused(shop: Deployment) -> bool:
    """Bob has only just signed in, and does not get his own order."""
    return not _records(shop, "bob")


def _warm_up(shop: Deployment) -> None:
    shop.user("alice").sign_in()
    shop.user("alice").get("/orders/1")


def _newcomer(shop: Deployment) -> None:
    shop.user("bob").sign_in()
    shop.user("bob").get("/orders/2")


def _ring(shop: Deployment) -> Any:
    return shop.node(shop.authn.issuer).keys


# --- story 4: a new policy against a partition


def publish_against_a_partition(shop: Deployment, chance: random.Random) -> None:
    """The managers lose a right while a part of the shop cannot hear the control plane; the rest pulls as usual."""
    dave = shop.user("dave")
    dave.sign_in()
    for path in ("/orders/1/cost", "/payments/1"):
        dave.get(path)
    shop.clock.advance(seconds=30 * chance.random())
    shop.users.set_roles("dave", ())
    with shop.rule(Partition("orders", "control-plane")):
        shop.clock.advance(seconds=60 * chance.random())
        shop.together(*(_ask(dave.browser, path) for path in ("/orders/1/cost", "/payments/1")))


async def _ask(browser: Browser, path: str) -> Response:
    return await browser.send(Request.get(path))


def two_policies_at_once(shop: Deployment) -> bool:
    """At the same time, one microservice decides by the old state and another by the new."""
    last = [hop for hop in shop.trace if hop.source == "dave"][-2:]
    return sorted(str(hop.status) for hop in last) == ["200", "403"]


# --- the table


def races(seeds: Iterable[int] = range(100), names: Sequence[str] | None = None, **how: Any) -> Table:
    """Every race of the lessons under every pattern that it concerns: in how many schedules does it happen?

    Args:
        seeds: The schedules of each.
        names: Which races; all of them unless given.
        how: `executor`, `keep`, `progress`: see `sweep`.
    """
    tried = tuple(seeds)
    wanted = [(name, plot) for name, plot in plots() if names is None or name in names]
    schedules = [_Schedule(plot, seed) for _, plot in wanted for seed in tried]
    seen = sweep(_play, schedules, **how)
    found = [seen[at : at + len(tried)] for at in range(0, len(seen), len(tried))] if tried else []
    rows = tuple(_row(name, plot, tried, hits) for (name, plot), hits in zip(wanted, found, strict=True))
    return Table("races", COLUMNS, rows, (("schedules", len(tried)), ("slowest", SLOWEST)))


COLUMNS = ("race", "authn", "authz", "found", "share", "first_seed")


def plots() -> list[tuple[str, Plot]]:
    """The races by name, open ones and, where there is a cure, the same with the cure."""
    authn = [make() for make in catalogue.AUTHENTICATION.values()]
    issuers = [pattern for pattern in authn if pattern.issuer]
    rotating = [pattern for pattern in authn if _rotates_refresh_tokens(pattern)]
    return [
        *_each("two-tabs", two_tabs, rotating, signed_out),
        *_each("two-tabs-with-a-lock", two_tabs_with_a_lock, rotating, signed_out),
        *_each("answered-after-sign-out", sign_out_in_flight, authn, answered_after_sign_out),
        *_each("half-done", sign_out_in_flight, authn, half_done),
        *_each("copy-accepted", sign_out_in_flight, authn, copy_accepted),
        *_each("rotation-at-once", rotation_at_once, issuers, newcomer_refused),
        *_each("rotation-announced", rotation_announced, issuers, newcomer_refused),
        *_each("rotation-cold", rotation_against_a_cold_cache, issuers, newcomer_refused),
        ("publish-partitioned", Plot(publish_against_a_partition, (Jwt(), Hybrid()), two_policies_at_once)),
    ]


def _each(name: str, story: Story, authn: Iterable[Authentication], find: Find) -> list[tuple[str, Plot]]:
    return [(name, Plot(story, (pattern, Distributed()), find)) for pattern in authn]


def _rotates_refresh_tokens(authn: Authentication) -> bool:
    return any(isinstance(node, AuthService) for node in authn.nodes(Plan(UserStore(), ())))


def _row(name: str, plot: Plot, tried: tuple[int, ...], hits: Sequence[bool]) -> Row:
    authn, authz = plot.patterns
    found = [seed for seed, hit in zip(tried, hits, strict=True) if hit]
    return {
        "race": name,
        "authn": authn.name,
        "authz": authz.name,
        "found": len(found),
        "share": round(len(found) / len(tried), 4),
        "first_seed": found[0] if found else None,
    }


# --- on the command line


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `races`."""
    parser.add_argument("names", nargs="*", metavar="RACE", help=", ".join(dict(plots())))
    parser.add_argument("--schedules", type=int, default=100, help=words.say("lab.help.schedules"))
    add_workers(parser)
    add_output(parser)


def run(options: argparse.Namespace) -> int:
    """Print the table.

    Raises:
        Misuse: there is no race of that name.
    """
    known = dict(plots())
    for name in options.names:
        if name not in known:
            raise Misuse("lab.no-race", name=name, known=", ".join(known))
    with doing(options) as how:
        return write([races(range(options.schedules), options.names or None, **how)], options)
