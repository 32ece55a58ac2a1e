"""Is the capacity lab right? One combination's curve, computed and measured: the same clicks over HTTP on loopback.

First the shop is asked for one thing again and again, a little at a time. Each part's own share of an answer is read
off the trace, and the work of the whole process off its own clock of work done. With these the lab computes how long
clicks take as the load grows, twice:

    own core    each part has a core of its own and works as long as the trace says, as the lab assumes
    one core    all share one, as they do here, and HTTP itself, which no trace shows, is work too

Then a program in another process sends that many clicks, at moments drawn as the lab draws them, and looks at its own
watch. A click counts from the moment when it was due, so that a shop that is late cannot hide it.

It is bounded: so many clicks for each load, only to 127.0.0.1, and it ends by itself.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import time
from collections.abc import Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from statistics import fmean

import httpx

from authpatterns import catalogue, words
from authpatterns.adapters.http import LiveDeployment, serve
from authpatterns.errors import Misuse
from authpatterns.labs.capacity import Model, Part, simulate
from authpatterns.labs.sketch import Sketch
from authpatterns.labs.table import Row, Table, add_output, write
from authpatterns.labs.traffic import Path, Stop
from authpatterns.messages import Url
from authpatterns.trace import Hop

COLUMNS = (
    *("load", "rate", "own_core_p50_ms", "one_core_p50_ms", "measured_p50_ms"),
    *("own_core_p95_ms", "one_core_p95_ms", "measured_p95_ms", "factor", "failed"),
)
LOADS = (0.2, 0.4, 0.6, 0.8)
PATH = "/orders/1/tracking"
"""What is asked for: orders asks shipping on the customer's behalf."""

CLICKS = 400
WARM_UP = 50
SIMULATED = 20_000
MOST_CLICKS = 5_000
PATIENCE = 30.0
AT_ONCE = 32
"""So many connections at most; who finds none free waits in line, and that time counts."""


@dataclass(frozen=True)
class Target:
    """What the other process asks for.

    Attributes:
        url: On loopback.
        headers: With Alice's credential.
    """

    url: str
    headers: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Found:
    """What one click costs while the shop is calm.

    Attributes:
        work: Each part's own seconds, as the trace shows them.
        core: Seconds of a core that the whole process works for it.
        calm: Seconds until the answer is there, as who asks sees it.
    """

    work: tuple[tuple[str, float], ...]
    core: float
    calm: float


def real_capacity(
    authn: str, authz: str = "distributed", loads: Sequence[float] = LOADS, clicks: int = CLICKS, seed: int = 15
) -> Table:
    """The two computed curves and the measured one.

    Args:
        authn: Name of a pattern whose credential goes along with each request.
        authz: Name of a pattern.
        loads: Shares of the rate at which the one core is busy all the time.
        clicks: For each load; at most 5,000.
        seed: Decides the moments of the clicks.

    Raises:
        Misuse: there is no such pattern, or the numbers make no sense.
    """
    if not 0 < clicks <= MOST_CLICKS or not all(0 < load < 1 for load in loads):
        raise Misuse("lab.real-capacity", clicks=MOST_CLICKS)
    shop = catalogue.deploy(authn, authz)
    with (
        serve(shop, keep_secrets=True) as live,
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as elsewhere,
    ):
        target = _signed_in(live)
        elsewhere.submit(drive, target, 20.0, WARM_UP, seed).result()
        before, worked = len(live.trace.hops), time.process_time()
        calm = elsewhere.submit(drive, target, 20.0, 2 * WARM_UP, seed).result()
        core = (time.process_time() - worked) / (2 * WARM_UP)
        found = Found(_work(live.trace.hops[before:]), core, fmean(calm))
        rows = tuple(_row(found, load, clicks, seed, target, elsewhere) for load in loads)
    about = ", ".join(f"{name} {1000 * seconds:.2f} ms" for name, seconds in found.work)
    settings = {"shop": f"{authn} + {authz}", "path": PATH, "clicks": clicks, "work": about}
    return Table("real-capacity", COLUMNS, rows, (*settings.items(), ("core", f"{1000 * core:.2f}")))


def _signed_in(live: LiveDeployment) -> Target:
    """Alice signs in and reads once, and what her browser sent is what is sent from now on."""
    alice = live.user("alice")
    alice.sign_in()
    answer = alice.get(PATH)
    hop = [hop for hop in live.trace.hops if hop.source == "alice" and hop.request.path == PATH][-1]
    assert answer.status == hop.status == 200, answer
    headers = tuple((name, value) for name, value in hop.request.headers if name != "traceparent")
    return Target(live.urls[hop.target] + Url.parse(f"http://x{hop.request.target}").target, headers)


def _work(hops: Sequence[Hop]) -> tuple[tuple[str, float], ...]:
    """Each part's own seconds of an answer, in the order in which they come, as the mean over all answers."""
    below: dict[int | None, float] = {}
    for hop in hops:
        below[hop.parent] = below.get(hop.parent, 0.0) + _seconds(hop)
    answers = sum(hop.parent is None for hop in hops)
    own: dict[str, float] = {}
    for hop in hops:
        own[hop.target] = own.get(hop.target, 0.0) + _seconds(hop) - below.get(hop.id, 0.0)
    return tuple((name, max(seconds / answers, 1e-6)) for name, seconds in own.items())


def _seconds(hop: Hop) -> float:
    return (hop.answered or hop.sent) - hop.sent


def _row(found: Found, load: float, clicks: int, seed: int, target: Target, elsewhere: Executor) -> Row:
    rate = load / found.core
    own = simulate(_model(found.work), rate, SIMULATED, seed).sketch
    one = simulate(_model((("core", found.core),)), rate, SIMULATED, seed).sketch
    besides = {"own_core": found.calm - sum(seconds for _, seconds in found.work), "one_core": found.calm - found.core}
    times = elsewhere.submit(drive, target, rate, clicks, seed).result()
    measured = Sketch()
    for seconds in times:
        measured.add(seconds)
    row: Row = {"load": load, "rate": round(rate, 1), "failed": clicks - len(times)}
    for share in (0.5, 0.95):
        name = f"p{round(100 * share)}_ms"
        row[f"own_core_{name}"] = _milliseconds(own.quantile(share) + max(0.0, besides["own_core"]))
        row[f"one_core_{name}"] = _milliseconds(one.quantile(share) + max(0.0, besides["one_core"]))
        row[f"measured_{name}"] = _milliseconds(measured.quantile(share))
    return row | {"factor": round(row["measured_p50_ms"] / row["one_core_p50_ms"], 2)}


def _model(parts: Sequence[tuple[str, float]]) -> Model:
    """Each part with one worker, on one path, without links: on loopback they take no time of their own."""
    stops = tuple(Stop(name, ()) for name, _ in parts)
    built = tuple((name, Part(seconds)) for name, seconds in parts)
    return Model("loopback", built, ((Path(stops, ()), 1.0),), ())


def _milliseconds(seconds: float) -> float:
    return round(1000 * seconds, 2)


# --- in the other process


def drive(target: Target, rate: float, clicks: int, seed: int) -> list[float]:
    """Send `clicks` requests at `rate` per second, and give the seconds of those that were answered with 200."""
    return asyncio.run(_drive(target, rate, clicks, random.Random(seed)))


async def _drive(target: Target, rate: float, clicks: int, chance: random.Random) -> list[float]:
    limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
    line = asyncio.Semaphore(AT_ONCE)
    async with httpx.AsyncClient(limits=limits, timeout=PATIENCE, trust_env=False) as client:
        due, tasks = time.perf_counter() + 0.05, []
        for _ in range(clicks):
            due += chance.expovariate(rate)
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            tasks.append(asyncio.create_task(_click(client, line, target, due)))
        return [seconds for seconds in await asyncio.gather(*tasks) if seconds is not None]


async def _click(client: httpx.AsyncClient, line: asyncio.Semaphore, target: Target, due: float) -> float | None:
    try:
        async with line:
            answer = await client.get(target.url, headers=list(target.headers))
    except httpx.HTTPError:
        return None
    return time.perf_counter() - due if answer.status_code == 200 else None


# --- on the command line


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `real-capacity`."""
    parser.add_argument("authn", nargs="?", default="jwt", help=", ".join(catalogue.AUTHENTICATION))
    parser.add_argument("authz", nargs="?", default="distributed", help=", ".join(catalogue.AUTHORIZATION))
    parser.add_argument("--clicks", type=int, default=CLICKS, help=words.say("lab.help.clicks"))
    parser.add_argument("--load", type=float, action="append", help=words.say("lab.help.load"))
    parser.add_argument("--seed", type=int, default=15, help=words.say("command.seed"))
    add_output(parser)


def run(options: argparse.Namespace) -> int:
    """Print the table."""
    return write(
        [real_capacity(options.authn, options.authz, options.load or LOADS, options.clicks, options.seed)], options
    )
