"""What operators do, and how long it takes until everybody has noticed: keys, sign-ins and roles that change.

All times are measured on the virtual clock. A moment is searched for by playing the story again and again up to a
guess, until it is known to the millisecond, which is how long one message takes.

Examples:
    >>> revocation(Jwt(lifetime=60), Distributed())
    59.983
    >>> revocation(Jwt(denylist=True), Distributed())
    0.0
"""

from __future__ import annotations

import argparse
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from authpatterns import catalogue
from authpatterns.authn import Jwt
from authpatterns.authz import Distributed
from authpatterns.browser import Browser
from authpatterns.deployment import Deployment
from authpatterns.keys import KeyRing, SigningKey, demo_key
from authpatterns.labs.people import click, copies, reads_of, shows_data
from authpatterns.labs.sweep import add_workers, doing, sweep
from authpatterns.labs.table import Row, Table, add_output, write
from authpatterns.messages import Request, Response
from authpatterns.pattern import Authentication, Pattern

SEED = 14
TICK = 0.001
"""To how many seconds a moment is searched for."""
DAY = 24 * 3600.0
"""After so many seconds we stop searching."""
PACE = 600.0
"""Seconds between two clicks of somebody who keeps working: often enough that no session goes to sleep."""

SETTINGS: tuple[dict[str, Any], ...] = (
    {"lifetime": 60},
    {"lookup": "auth"},
    {"denylist": True},
    {"cache": 30},
    {"verify": "jwks"},
    {"data": "fetch"},
    {"data": "replicate"},
    {"poll": 300, "max_age": 600},
)
"""Settings that change who asks whom, or how long an answer lives on. A pattern is run under those that it knows."""


def variants(pattern: type[Pattern]) -> list[tuple[str, Pattern]]:
    """`pattern` as it is, and under each of `SETTINGS` that it knows, with what was set as text."""
    own: Any = pattern()
    names = {field.name for field in fields(own)}
    known = [setting for setting in SETTINGS if setting.keys() <= names]
    return [("", own), *((_label(setting), replace(own, **setting)) for setting in known)]


def _label(setting: dict[str, Any]) -> str:
    return " ".join(f"{name}={value}" for name, value in setting.items())


def moment(still: Callable[[float], bool], least: float = 0.0, most: float = DAY, tick: float = TICK) -> float | None:
    """The first moment (seconds) at which `still` is false; None where it is true even at `most`.

    Args:
        still: Once false, it stays false.
        least: Where the search begins, in seconds.
        most: Where it ends.
        tick: How precisely.

    Examples:
        >>> moment(lambda seconds: seconds < 900)
        900.0
    """
    if not still(least):
        return least
    if still(most):
        return None
    while most - least > tick / 2:
        middle = (least + most) / 2
        least, most = (middle, most) if still(middle) else (least, middle)
    return round(most, 3)


# --- revocation


def revocation(authn: Authentication, authz: Pattern) -> float | None:
    """Seconds from the answer to a sign-out until a copy of the credential is refused everywhere.

    The copy is as fresh as can be: it was used at every microservice right before the sign-out.
    """

    def still(seconds: float) -> bool:
        shop = Deployment(authn, authz, seed=SEED)
        alice, thief = shop.user("alice"), shop.visitor("thief").browser
        alice.sign_in()
        for path in reads_of("alice"):
            alice.get(path)
        taken = copies(shop, alice, reads_of("alice"))
        alice.sign_out()
        shop.clock.advance(seconds=seconds)
        return any(shows_data(shop.run(copy.replay(thief))) for copy in taken)

    return moment(still)


# --- a withdrawn role


def withdrawal(authn: Authentication, authz: Pattern) -> float | None:
    """Seconds from the moment a role is taken away in the accounts until it works no longer.

    Dave keeps working all the time, and his page renews his credential whenever it is refused.
    """
    worked = 0.0
    while _manages(authn, authz, worked, worked + PACE):
        worked += PACE
        if worked >= DAY:
            return None
    return moment(lambda seconds: _manages(authn, authz, worked, seconds), worked, worked + PACE)


def _manages(authn: Authentication, authz: Pattern, worked: float, last: float) -> bool:
    """Whether Dave may see a cost `last` seconds after he has lost the role, having clicked until `worked`."""
    shop = Deployment(authn, authz, seed=SEED)
    dave = shop.user("dave")
    dave.sign_in()
    _sees_cost(shop, dave.browser)
    shop.users.set_roles("dave", ("clerk",))
    lost = shop.clock.now
    clicks = [PACE * number for number in range(1, int(worked / PACE) + 1)]
    seen = False
    for at in (*clicks, last):
        shop.clock.advance(seconds=max(0.0, lost + at - shop.clock.now))
        seen = _sees_cost(shop, dave.browser)
    return seen


def _sees_cost(shop: Deployment, browser: Browser) -> bool:
    answer = shop.run(click(browser, "/orders/1/cost", renewable=shop.authn.renewable))
    return answer.status == 200 and '"cost"' in answer.body


# --- key rotation


WAYS = ("announced", "overlap", "replaced")
"""Publish first and wait; sign with the new key at once and keep the old one; replace the old one at once."""


@dataclass
class Calls:
    """What was asked during a rotation.

    Attributes:
        begun: When it began, in seconds.
        refused: When each call was made that was refused although nobody had done anything wrong.
        asked: How many calls there were.
    """

    begun: float
    refused: list[float]
    asked: int = 0

    def count(self, at: float, answer: Response) -> bool:
        """Count one call; whether it was answered."""
        self.asked += 1
        good = shows_data(answer)
        if not good:
            self.refused.append(round(at - self.begun, 3))
        return good


Sleep = Callable[[float], Awaitable[Any]]
Operator = Callable[[KeyRing, SigningKey, Sleep], Coroutine[Any, Any, Any]]
"""Somebody who rotates keys: told the issuer's keys, the new key, and how to wait for so many seconds."""


def rotation(
    authn: Authentication, authz: Pattern, way: str | Operator, every: float = 15.0, horizon: float = 0.0
) -> Row:
    """Rotate the issuer's key in one of `WAYS`, or as an operator does it, while people work; count whom it disturbs.

    Alice is signed in and clicks every so many seconds; a refused click makes her page renew its credential, or Alice
    sign in again. At the same pace newcomers sign in and ask for one thing. All of them do everything right, so each
    refusal is the rotation's fault. They go on for `horizon` seconds, and at least until no copy of a key is left.
    """
    shop = Deployment(authn, authz, seed=SEED)
    shop.user("alice").sign_in()
    shop.user("alice").get("/orders/1")
    calls = Calls(shop.clock.now, [])
    horizon = max(horizon, authn.key_cache + authn.credential_lifetime + 600)
    shop.run(_rotate(shop, way, calls, every, int(horizon / every)))
    return {
        "authn": authn.name,
        "authz": authz.name,
        "way": way if isinstance(way, str) else "own",
        "calls": calls.asked,
        "refused": len(calls.refused),
        "first_refused": min(calls.refused, default=None),
        "last_refused": max(calls.refused, default=None),
    }


async def _rotate(shop: Deployment, way: str | Operator, calls: Calls, every: float, times: int) -> None:
    tasks = [
        shop.kernel.spawn(story)
        for story in (_operator(shop, way), _stays(shop, calls, every, times), _come(shop, calls, every, times))
    ]
    for task in tasks:
        await task


async def _operator(shop: Deployment, way: str | Operator) -> None:
    keys, new = shop.node(shop.authn.issuer).keys, demo_key(number=2)
    old = keys.signing
    if not isinstance(way, str):
        await way(keys, new, shop.kernel.sleep)
    elif way == "announced":
        keys.publish(new)
        await shop.kernel.sleep(shop.authn.key_cache)
        keys.sign_with(new.kid)
        await shop.kernel.sleep(shop.authn.credential_lifetime)
        keys.withdraw(old.kid)
    else:
        keys.rotate(new, overlap=way == "overlap")


async def _stays(shop: Deployment, calls: Calls, every: float, times: int) -> None:
    """Alice. Her page renews the credential at half its life, so age is never a reason to refuse it."""
    alice, renewed = shop.browser("alice"), shop.clock.now
    for _ in range(times):
        if shop.authn.renewable and shop.clock.now - renewed >= shop.authn.credential_lifetime / 2:
            await alice.refresh()
            renewed = shop.clock.now
        at = shop.clock.now
        if not calls.count(at, await alice.send(Request.get("/orders/1"))):
            await alice.sign_in("alice", shop.people["alice"].password)
            renewed = shop.clock.now
        await shop.kernel.sleep(every)


async def _come(shop: Deployment, calls: Calls, every: float, times: int) -> None:
    """One newcomer after the other: Bob, each time at a device that nobody has used before."""
    for number in range(times):
        device = shop.browser("bob", f"device-{number}")
        await device.sign_in("bob", shop.people["bob"].password)
        at = shop.clock.now
        calls.count(at, await device.send(Request.get("/orders/2")))
        await shop.kernel.sleep(every)


# --- the tables


def rotations(ways: Sequence[str] = WAYS, **how: Any) -> Table:
    """Key rotation under every pattern whose tokens are signed.

    Args:
        ways: Which of `WAYS`.
        how: `executor`, `keep`, `progress`: see `sweep`.
    """
    issuers = [name for name, pattern in catalogue.AUTHENTICATION.items() if pattern.issuer]
    rows = sweep(_rotation, [(authn, way) for authn in issuers for way in ways], **how)
    columns = ("authn", "way", "calls", "refused", "first_refused", "last_refused")
    return Table("rotations", columns, tuple(rows))


def _rotation(point: tuple[str, str]) -> Row:
    authn, way = point
    return rotation(catalogue.AUTHENTICATION[authn](), Distributed(), way)


@dataclass(frozen=True)
class Change:
    """One cell of the other two tables: which pair of patterns under which settings."""

    authn: Authentication
    authz: Pattern
    settings: str


def revocations(**how: Any) -> Table:
    """How long a copy of a credential outlives its owner's sign-out, beside what the pattern declares."""
    cells = [Change(authn, Distributed(), settings) for authn, settings in _authentications()]
    return Table("revocations", ("authn", "settings", "declared", "window"), tuple(sweep(_revocation, cells, **how)))


def _revocation(cell: Change) -> Row:
    window = revocation(cell.authn, cell.authz)
    return _named(cell) | {"declared": float(cell.authn.revocation_window), "window": window}


def withdrawals(**how: Any) -> Table:
    """How long a withdrawn role goes on working: everything with its defaults, then what settings change."""
    known = [(make(), "") for make in catalogue.AUTHENTICATION.values()]
    cells = [Change(authn, make(), "") for authn, _ in known for make in catalogue.AUTHORIZATION.values()]
    cells += [Change(authn, Distributed(), settings) for authn, settings in _authentications() if settings]
    cells += [
        Change(Jwt(), authz, settings)
        for make in catalogue.AUTHORIZATION.values()
        for settings, authz in variants(make)
        if settings
    ]
    return Table("withdrawals", ("authn", "authz", "settings", "window"), tuple(sweep(_withdrawal, cells, **how)))


def _withdrawal(cell: Change) -> Row:
    return _named(cell) | {"window": withdrawal(cell.authn, cell.authz)}


def _authentications() -> Iterable[tuple[Authentication, str]]:
    for make in catalogue.AUTHENTICATION.values():
        for settings, authn in variants(make):
            assert isinstance(authn, Authentication)
            yield authn, settings


def _named(cell: Change) -> Row:
    return {"authn": cell.authn.name, "authz": cell.authz.name, "settings": cell.settings}


# --- on the command line


TABLES: dict[str, Callable[..., Table]] = {
    "rotations": rotations,
    "revocations": revocations,
    "withdrawals": withdrawals,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `operations`."""
    parser.add_argument("tables", nargs="*", choices=[*TABLES, []], metavar="TABLE", help=", ".join(TABLES))
    add_workers(parser)
    add_output(parser)


def run(options: argparse.Namespace) -> int:
    """Print the tables, all of them unless some are named."""
    with doing(options) as how:
        return write([TABLES[name](**how) for name in options.tables or TABLES], options)
