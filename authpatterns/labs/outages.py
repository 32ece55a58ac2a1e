"""What happens when a part fails: every part of every pattern, in five ways.

In each cell a shop runs for a while with one part broken. Alice was signed in before and keeps clicking at one thing;
Frank was signed in too and tries every microservice once; newcomers try to sign in; and four who must not get anything
try all the time:

    nobody        sends no credential
    forger        sends Alice's credential with one sign changed
    neighbour     is Alice, and asks for what is Bob's
    leaver        sends a copy of Carol's credential, who signed out long ago

If one of the four gets an answer, the part *fails open*, which is a bug in whatever pattern it happens. Otherwise it
fails closed, and the only questions are who is shut out, and for how long.

Examples:
    >>> row = outage(Outage("jwt", "distributed", "auth", "down"), Setting(horizon=600))
    >>> row["sign_in"], row["works_for"], row["fails"]
    (0.0, 300.0, 'closed')
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from authpatterns import catalogue, faults, words
from authpatterns.deployment import Deployment
from authpatterns.labs.people import READS, Copied, click, copies, reads_of, shows_data
from authpatterns.labs.sweep import add_workers, doing, sweep
from authpatterns.labs.table import Row, Table, add_output, write
from authpatterns.messages import Headers, Request

CREDENTIALS = ("authorization", "cookie")
FAULTS = ("down", "slow", "flapping", "partitioned", "restarted")
COLUMNS = ("authn", "authz", "part", "fault", "sign_in", "works_at", "works_for", "share", "slowest", "after", "fails")


@dataclass(frozen=True)
class Setting:
    """How the shop is watched.

    Attributes:
        horizon: For how long, in seconds.
        every: Seconds between two clicks.
        slow: How much longer a slow part takes to answer, in seconds.
        up, down: Seconds for which a flapping part is there and is not.
        seed: Of the deployment.
    """

    horizon: float = 1200.0
    every: float = 10.0
    slow: float = 3.0
    up: float = 30.0
    down: float = 30.0
    seed: int = 14


@dataclass(frozen=True)
class Outage:
    """One cell: which part of which shop fails how."""

    authn: str
    authz: str
    part: str
    fault: str


@contextmanager
def broken(shop: Deployment, part: str, fault: str, setting: Setting) -> Iterator[None]:
    """`part` fails inside the `with` block; a restart happens at its beginning and is over at once.

    Partitioned means: it and the rest of the shop cannot hear each other, and browsers reach both.
    """
    with ExitStack() as stack:
        if fault == "restarted":
            shop.restart(part)
        for rule in _rules(shop, part, fault, setting):
            stack.enter_context(shop.rule(rule))
        yield


def _rules(shop: Deployment, part: str, fault: str, setting: Setting) -> list[Any]:
    match fault:
        case "down":
            return [faults.Outage(part)]
        case "slow":
            return [faults.Slow(part, setting.slow)]
        case "flapping":
            return [faults.Flapping(part, setting.up, setting.down)]
        case "partitioned":
            return [faults.Partition(part, other) for other in parts(shop) if other != part]
        case _:
            return []


def parts(shop: Deployment) -> list[str]:
    """Everything that stands in a shop; browsers are people's own."""
    return [name for name, node in shop.network.nodes.items() if node.kind != "browser"]


@dataclass
class Watch:
    """What was seen during one outage.

    Attributes:
        clicks: Of Alice: (seconds since the beginning, seconds until the answer, whether it was the record).
        sign_ins: Whether each newcomer got in.
        works_at: The microservices that answered Frank, who was signed in before too.
        intruders: Who got something that they must not have.
    """

    clicks: list[tuple[float, float, bool]] = field(default_factory=list)
    sign_ins: list[bool] = field(default_factory=list)
    works_at: dict[str, None] = field(default_factory=dict)
    intruders: dict[str, None] = field(default_factory=dict)

    def row(self, setting: Setting) -> Row:
        """The numbers."""
        good = [took for _, took, answered in self.clicks if answered]
        failed = next((at for at, _, answered in self.clicks if not answered), setting.horizon)
        return {
            "sign_in": _share(self.sign_ins),
            "works_at": list(self.works_at),
            "works_for": round(failed, 3),
            "share": _share([answered for *_, answered in self.clicks]),
            "slowest": round(max(good), 3) if good else None,
            "fails": "open" if self.intruders else "closed",
            "intruders": list(self.intruders),
        }


def outage(cell: Outage, setting: Setting) -> Row:
    """Run one cell."""
    shop = catalogue.deploy(cell.authn, cell.authz, seed=setting.seed)
    leaver = _left(shop)
    _signed_in(shop)
    watch = Watch()
    with broken(shop, cell.part, cell.fault, setting):
        shop.run(_watch(shop, watch, leaver, setting))
    after = _after(shop)
    return {**vars(cell), **watch.row(setting), "after": after}


# --- before


def _left(shop: Deployment) -> list[Copied]:
    """Carol works, signs out, and time passes until nothing of hers may be good any more."""
    carol = shop.user("carol")
    carol.sign_in()
    carol.get("/orders/1")
    taken = copies(shop, carol, ["/orders/1"])
    carol.sign_out()
    shop.clock.advance(seconds=shop.authn.revocation_window + 1)
    return taken


def _signed_in(shop: Deployment) -> None:
    """Alice and Frank sign in and have been everywhere once, so that every cache is warm."""
    for name in ("frank", "alice"):
        person = shop.user(name)
        person.sign_in()
        for path in reads_of(name):
            person.get(path)


# --- meanwhile


async def _watch(shop: Deployment, watch: Watch, leaver: Sequence[Copied], setting: Setting) -> None:
    begin = shop.clock.now
    tasks = [
        shop.kernel.spawn(story)
        for story in (
            _work(shop, watch, begin, setting),
            _tour(shop, watch),
            _newcomers(shop, watch, begin, setting),
            _intruders(shop, watch, leaver, begin, setting),
        )
    ]
    for task in tasks:
        await task
    await shop.kernel.sleep(max(0.0, begin + setting.horizon - shop.clock.now))


async def _work(shop: Deployment, watch: Watch, begin: float, setting: Setting) -> None:
    """Alice clicks on and on at her order."""
    alice = shop.browser("alice")
    async for at in _moments(shop, begin, setting.every, setting.horizon):
        answer = await click(alice, "/orders/1", renewable=shop.authn.renewable)
        watch.clicks.append((at - begin, shop.clock.now - at, shows_data(answer)))


async def _tour(shop: Deployment, watch: Watch) -> None:
    """Frank tries every microservice once."""
    for service, path in zip(READS, reads_of("frank"), strict=True):
        if shows_data(await click(shop.browser("frank"), path, renewable=shop.authn.renewable)):
            watch.works_at[service] = None


async def _newcomers(shop: Deployment, watch: Watch, begin: float, setting: Setting) -> None:
    """Bob tries again and again, each time at a device that nobody has used before."""
    number = 0
    async for _ in _moments(shop, begin, setting.horizon / 12, setting.horizon):
        number += 1
        device = shop.browser("bob", f"device-{number}")
        answer = await device.sign_in("bob", shop.people["bob"].password)
        watch.sign_ins.append(answer.ok)


async def _intruders(shop: Deployment, watch: Watch, leaver: Sequence[Copied], begin: float, setting: Setting) -> None:
    alices = copies(shop, shop.user("alice"), ["/orders/1"])
    thief = shop.visitor("thief").browser
    tries = {
        "nobody": [Copied(copy.target, _bare(copy.request)) for copy in alices],
        "forger": [Copied(copy.target, _forged(copy.request)) for copy in alices],
        "leaver": leaver,
    }
    async for _ in _moments(shop, begin, setting.horizon / 12, setting.horizon):
        for who, requests in tries.items():
            for request in requests:
                if shows_data(await request.replay(thief)):
                    watch.intruders[who] = None
        if shows_data(await shop.browser("alice").send(Request.get("/orders/2"))):
            watch.intruders["neighbour"] = None


async def _moments(shop: Deployment, begin: float, every: float, horizon: float) -> Any:
    """Every so many seconds; later, where the one before has taken longer."""
    moment = begin
    while moment < begin + horizon:
        await shop.kernel.sleep(max(0.0, moment - shop.clock.now))
        yield shop.clock.now
        moment = max(moment + every, shop.clock.now)


def _bare(request: Request) -> Request:
    return request.without_headers(*CREDENTIALS)


def _forged(request: Request) -> Request:
    """With the tenth sign from the end of each credential changed: the last ones of a signature may be padding."""
    lines = [(name, _spoil(value) if name in CREDENTIALS else value) for name, value in request.headers]
    return Request(request.method, request.target, Headers.of(lines), request.body)


def _spoil(value: str) -> str:
    return f"{value[:-10]}{'A' if value[-10] != 'A' else 'B'}{value[-9:]}"


# --- afterwards


def _after(shop: Deployment) -> str:
    """Once the part is whole again: "goes-on", or "signs-in" where Alice has to sign in anew; "lost" is a bug."""
    shop.clock.advance(seconds=60)
    alice = shop.user("alice")
    work = partial(click, alice.browser, "/orders/1", renewable=shop.authn.renewable)
    if shows_data(shop.run(work())):
        return "goes-on"
    alice.sign_in()
    return "signs-in" if shows_data(shop.run(work())) else "lost"


def _share(outcomes: Sequence[bool]) -> float:
    return round(sum(outcomes) / len(outcomes), 3) if outcomes else 0.0


# --- the table


def cells(fault: Sequence[str] = FAULTS) -> list[Outage]:
    """Each authentication pattern with the distributed authorization pattern, each other authorization with JWT."""
    pairs = [(authn, "distributed") for authn in catalogue.AUTHENTICATION]
    pairs += [("jwt", authz) for authz in catalogue.AUTHORIZATION if authz != "distributed"]
    return [
        Outage(authn, authz, part, kind)
        for authn, authz in pairs
        for part in parts(catalogue.deploy(authn, authz))
        for kind in fault
    ]


def outages(setting: Setting = Setting(), points: Sequence[Outage] | None = None, **how: Any) -> Table:
    """The table of all outages.

    Args:
        setting: See `Setting`.
        points: Which cells; all of them unless given.
        how: `executor`, `keep`, `progress`: see `sweep`.
    """
    wanted = cells() if points is None else points
    rows = sweep(_cell, [(cell, setting) for cell in wanted], **how)
    return Table("outages", COLUMNS, tuple(rows), tuple(vars(setting).items()))


def _cell(point: tuple[Outage, Setting]) -> Row:
    return outage(*point)


# --- on the command line


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `outages`."""
    parser.add_argument("--horizon", type=float, default=Setting.horizon, help=words.say("lab.help.horizon"))
    parser.add_argument("--seed", type=int, default=Setting.seed, help=words.say("command.seed"))
    parser.add_argument("--authn", choices=tuple(catalogue.AUTHENTICATION))
    parser.add_argument("--authz", choices=tuple(catalogue.AUTHORIZATION))
    add_workers(parser)
    add_output(parser)


def run(options: argparse.Namespace) -> int:
    """Print the table; 1 where a part fails open."""
    setting = Setting(horizon=options.horizon, seed=options.seed)
    points = [cell for cell in cells() if options.authn in (None, cell.authn) and options.authz in (None, cell.authz)]
    with doing(options) as how:
        table = outages(setting, points, **how)
    write([table], options)
    return 1 if any(row["fails"] == "open" for row in table) else 0
