"""At what load does which part saturate? Up to millions of clicks on the kernel, in a memory that does not grow.

A full run of a shop keeps every message, and so it must not be used for a million clicks. This lab keeps only what
matters to queues. It takes the *paths* that clicks really took (see `traffic`) with how often each was taken, and sends
a stream of clicks along them: at each stop a click waits for one of the part's workers, keeps it for a service time,
and goes on over links that take their time. Arrivals are a Poisson process and service times are exponential, so that
a single part is exactly the M/M/c queue of the textbooks, which is how the lab is checked.

Three simplifications: a part does all its work for a request before it asks anybody else; a worker that waits for an
answer is free for others (as an event loop has it); and a part whose queue is full refuses the click at once.

Clicks are simulated in batches, each with a seed of its own. Batches are finished here, in other processes or on a
cluster, they can be kept in a file, and the result is the same.

Examples:
    >>> shop = model("jwt", "distributed", {"shipping": Part(seconds=0.020, workers=2)})
    >>> limits(shop)[0].part, round(limits(shop)[0].rate)
    ('shipping', 199)
    >>> point = simulate(shop, rate=100, clicks=2_000)
    >>> 0.45 < point.busy["shipping"] < 0.55, point.refused
    (True, {})
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from types import MappingProxyType
from typing import Any

from authpatterns import catalogue, words
from authpatterns.kernel import Event, Kernel, Slots
from authpatterns.labs.sketch import Sketch
from authpatterns.labs.sweep import add_workers, doing, sweep
from authpatterns.labs.table import Row, Table, add_output, write
from authpatterns.labs.tradeoffs import LINKS, Latency, combinations
from authpatterns.labs.traffic import Link, Path, Stop, measure

BATCH = 25_000
"""Clicks of one batch."""
WARM_UP = 0.1
"""Share of a batch that is not measured, because the queues fill only then."""
CLICKS_PER_SIGN_IN = 100


# --- what is given


@dataclass(frozen=True)
class Part:
    """How one part is built.

    Attributes:
        seconds: Mean service time of one request.
        workers: How many requests all its replicas together work on at the same time.
        password_seconds: Mean service time of a request that brings a password to check.
        queue: How many requests may wait; the next one is refused.
    """

    seconds: float
    workers: int = 1
    password_seconds: float = 0.0
    queue: int = 10_000


PARTS: Mapping[str, Part] = MappingProxyType(
    {
        "gateway": Part(0.0005, 4),
        "authorizer": Part(0.0005, 4),
        "auth": Part(0.0020, 4, password_seconds=0.050),
        "idp": Part(0.0020, 4, password_seconds=0.050),
        "authz-provider": Part(0.0020, 4),
        "store": Part(0.0002, 1),
        "pdp": Part(0.0010, 4),
        "control-plane": Part(0.0010, 2),
        "service": Part(0.0040, 8),
    }
)
"""How each kind of part is built, unless one is given by name. They are assumptions: put in what you have measured."""

OTHER = Part(0.0010, 2)
"""A part of a kind that has no line above."""


@dataclass(frozen=True)
class Model:
    """What queues need to know of a shop.

    Attributes:
        name: For people.
        parts: Each part by name.
        paths: The ways that clicks take, with weights.
        links: One latency for each kind of link.
    """

    name: str
    parts: tuple[tuple[str, Part], ...]
    paths: tuple[tuple[Path, float], ...]
    links: tuple[tuple[Link, Latency], ...] = tuple(LINKS.items())


def model(authn: str, authz: str, parts: Mapping[str, Part] = MappingProxyType({})) -> Model:
    """The model of a shop under two patterns, with the paths of an hour of work and one sign-in in a hundred clicks.

    Args:
        authn: Name of a pattern.
        authz: Name of a pattern.
        parts: How parts are built, by name; the others as `PARTS` has it.
    """
    hour, shop = measure(authn, authz), catalogue.deploy(authn, authz)
    built = {name: parts.get(name, PARTS.get(node.kind, OTHER)) for name, node in shop.network.nodes.items()}
    paths = [*hour.paths, (hour.sign_in, hour.clicks / CLICKS_PER_SIGN_IN)]
    return Model(f"{authn} + {authz}", tuple(built.items()), tuple(paths))


def counter(part: Part) -> Model:
    """A single part and no links: what queueing theory speaks of."""
    return Model("counter", (("counter", part),), ((Path((Stop("counter", ()),), ()), 1.0),))


# --- what follows without a simulation


@dataclass(frozen=True)
class Limit:
    """Up to where a part keeps up.

    Attributes:
        part: Its name.
        calls: To it, per click.
        seconds: Of one of its workers' time, per click.
        rate: Clicks per second at which all its workers are busy all the time; infinite where it is never asked.
    """

    part: str
    calls: float
    seconds: float
    rate: float


def limits(shop: Model) -> list[Limit]:
    """Every part's limit, the first to saturate first (the utilization law: busy = rate x seconds / workers)."""
    total = sum(weight for _, weight in shop.paths)
    calls = dict.fromkeys(dict(shop.parts), 0.0)
    seconds = dict(calls)
    built = dict(shop.parts)
    for path, weight in shop.paths:
        for stop in path.stops:
            calls[stop.part] += weight / total
            seconds[stop.part] += service_time(built[stop.part], stop) * weight / total
    known = [
        Limit(name, calls[name], seconds[name], part.workers / seconds[name] if seconds[name] else float("inf"))
        for name, part in shop.parts
    ]
    return sorted(known, key=lambda limit: limit.rate)


def service_time(part: Part, stop: Stop) -> float:
    """Mean seconds of work that this stop is for the part."""
    return part.password_seconds if stop.checks_password and part.password_seconds else part.seconds


# --- the simulation


@dataclass(frozen=True)
class Batch:
    """A piece of a simulation that can be done alone.

    Attributes:
        shop: See `Model`.
        rate: Clicks per second.
        clicks: How many.
        seed: Of the whole simulation.
        number: Of this batch.
    """

    shop: Model
    rate: float
    clicks: int
    seed: int
    number: int


@dataclass
class Station:
    """A part at work.

    Attributes:
        slots: Its workers and their queue.
        queue: How many may wait.
        busy: Seconds of work done.
        refused: Clicks turned away.
    """

    slots: Slots
    queue: int
    busy: float = 0.0
    refused: int = 0


Route = tuple[tuple[tuple[Station, float, tuple[Latency, ...]], ...], tuple[Latency, ...]]
"""A path with its stations: (station, mean service time, links on the way there) for each stop, and the links back."""


@dataclass
class Stream:
    """One batch under way. It is measured from when the queues have filled until the last click has come."""

    kernel: Kernel
    chance: random.Random
    sketch: Sketch
    measured_from: float
    closed: float = float("inf")
    under_way: int = 0
    drained: Event[None] = field(init=False)

    def __post_init__(self) -> None:
        self.drained = self.kernel.event()

    async def click(self, route: Route) -> None:
        """One click, from the person and back."""
        kernel, chance, began = self.kernel, self.chance, self.kernel.now
        stops, back = route
        for station, seconds, links in stops:
            await kernel.sleep(sum([link.draw(chance) for link in links]))
            if station.slots.waiting >= station.queue:
                station.refused += 1
                break
            async with station.slots:
                work = chance.expovariate(1 / seconds)
                if self.measured_from <= kernel.now < self.closed:
                    station.busy += work
                await kernel.sleep(work)
        else:
            await kernel.sleep(sum([link.draw(chance) for link in back]))
            if began >= self.measured_from:
                self.sketch.add(kernel.now - began)
        self.under_way -= 1
        if not self.under_way:
            self.drained.succeed(None)

    async def door(self, batch: Batch, routes: Sequence[Route], weights: Sequence[float]) -> None:
        """Let clicks in, and wait for the last one to be done."""
        shares = list(accumulate(weights))
        self.under_way = batch.clicks
        for _ in range(batch.clicks):
            await self.kernel.sleep(self.chance.expovariate(batch.rate))
            (route,) = self.chance.choices(routes, cum_weights=shares)
            self.kernel.spawn(self.click(route))
        self.closed = self.kernel.now
        await self.drained


def run_batch(batch: Batch) -> dict[str, Any]:
    """Simulate one batch; plain values, so that they can be kept and sent."""
    kernel = Kernel()
    stations = {name: Station(Slots(kernel, part.workers), part.queue) for name, part in batch.shop.parts}
    routes = [_route(batch.shop, path, stations) for path, _ in batch.shop.paths]
    stream = Stream(
        kernel, random.Random(f"{batch.seed}:{batch.number}"), Sketch(), WARM_UP * batch.clicks / batch.rate
    )
    kernel.run(stream.door(batch, routes, [weight for _, weight in batch.shop.paths]))
    return {
        "seconds": stream.closed - stream.measured_from,
        "sketch": stream.sketch.to_dict(),
        "busy": {name: station.busy for name, station in stations.items()},
        "refused": {name: station.refused for name, station in stations.items() if station.refused},
    }


def _route(shop: Model, path: Path, stations: Mapping[str, Station]) -> Route:
    built, links = dict(shop.parts), dict(shop.links)
    stops = tuple(
        (stations[stop.part], service_time(built[stop.part], stop), tuple(links[link] for link in stop.links))
        for stop in path.stops
    )
    return stops, tuple(links[link] for link in path.back)


@dataclass(frozen=True)
class Point:
    """What was measured at one rate.

    Attributes:
        rate: Clicks per second that came.
        clicks: How many were simulated.
        sketch: Their times in seconds.
        busy: Share of each part's time in which its workers were busy.
        refused: How many clicks each part turned away.
    """

    rate: float
    clicks: int
    sketch: Sketch
    busy: dict[str, float]
    refused: dict[str, int]


def simulate(shop: Model, rate: float, clicks: int = 1_000_000, seed: int = 15, **how: Any) -> Point:
    """Send `clicks` along the model's paths at `rate` clicks per second.

    Args:
        shop: See `Model`.
        rate: Clicks per second.
        clicks: How many.
        seed: Decides all draws.
        how: `executor`, `keep`, `progress`: see `sweep`.
    """
    sizes = [BATCH] * (clicks // BATCH) + ([clicks % BATCH] if clicks % BATCH else [])
    batches = [Batch(shop, rate, size, seed, number) for number, size in enumerate(sizes)]
    return _merged(shop, rate, clicks, sweep(run_batch, batches, **how))


def _merged(shop: Model, rate: float, clicks: int, results: Sequence[Mapping[str, Any]]) -> Point:
    sketch, refused, busy = Sketch(), Counter[str](), Counter[str]()
    for result in results:
        sketch.merge(Sketch.from_dict(result["sketch"]))
        refused.update(result["refused"])
        busy.update(result["busy"])
    seconds = sum(result["seconds"] for result in results)
    shares = {name: busy[name] / (seconds * part.workers) for name, part in shop.parts}
    return Point(rate, clicks, sketch, shares, dict(refused))


# --- the tables


LOADS = (0.2, 0.4, 0.6, 0.8, 0.9, 0.95)
CURVE = ("load", "rate", "p50_ms", "p95_ms", "p99_ms", "mean_ms", "refused", "busiest", "busy")


def curve(shop: Model, loads: Sequence[float] = LOADS, clicks: int = 100_000, seed: int = 15, **how: Any) -> Table:
    """How long clicks take as the load grows.

    Args:
        shop: See `Model`.
        loads: Shares of the rate at which the first part saturates.
        clicks: For each load.
        seed: Decides all draws.
        how: `executor`, `keep`, `progress`: see `sweep`.
    """
    limit = limits(shop)[0].rate
    sizes = [BATCH] * (clicks // BATCH) + ([clicks % BATCH] if clicks % BATCH else [])
    batches = [Batch(shop, load * limit, size, seed, number) for load in loads for number, size in enumerate(sizes)]
    results = sweep(run_batch, batches, **how)
    points = [
        _merged(shop, load * limit, clicks, results[at * len(sizes) : (at + 1) * len(sizes)])
        for at, load in enumerate(loads)
    ]
    rows = tuple(_curve_row(load, point) for load, point in zip(loads, points, strict=True))
    return Table("curve", CURVE, rows, (("shop", shop.name), ("clicks", clicks), ("seed", seed)))


def _curve_row(load: float, point: Point) -> Row:
    busiest = max(point.busy, key=lambda name: point.busy[name])
    return {
        "load": load,
        "rate": round(point.rate, 1),
        "p50_ms": _milliseconds(point, 0.5),
        "p95_ms": _milliseconds(point, 0.95),
        "p99_ms": _milliseconds(point, 0.99),
        "mean_ms": round(1000 * point.sketch.mean, 2),
        "refused": sum(point.refused.values()),
        "busiest": busiest,
        "busy": round(point.busy[busiest], 3),
        "busy_of": {name: round(share, 4) for name, share in point.busy.items()},
    }


def _milliseconds(point: Point, share: float) -> float:
    return round(1000 * point.sketch.quantile(share), 2)


SATURATIONS = ("authn", "authz", "first", "limit", "second", "second_limit", "p50_ms", "p99_ms", "served", "refused_by")


def saturations(
    pairs: Sequence[tuple[str, str]] | None = None,
    parts: Mapping[str, Part] = MappingProxyType({}),
    clicks: int = BATCH,
    **how: Any,
) -> Table:
    """For each combination the part that saturates first, computed from the paths and seen in a simulation.

    Half the limit shows the times while all is well. At a fifth more than the limit the part has to refuse.

    Args:
        pairs: Which combinations; all of them unless given.
        parts: How parts are built, by name.
        clicks: Of each simulation.
        how: `executor`, `keep`, `progress`: see `sweep`.
    """
    wanted = combinations() if pairs is None else pairs
    points = [(authn, authz, tuple(parts.items()), clicks) for authn, authz in wanted]
    rows = sweep(_saturation, points, **how)
    return Table("saturations", SATURATIONS, tuple(rows), (("clicks", clicks),))


def _saturation(point: tuple[str, str, tuple[tuple[str, Part], ...], int]) -> Row:
    authn, authz, parts, clicks = point
    shop = model(authn, authz, dict(parts))
    first, second, *_ = limits(shop)
    well = simulate(shop, 0.5 * first.rate, clicks)
    over = simulate(_impatient(shop), 1.2 * first.rate, clicks)
    refused = sum(over.refused.values())
    return {
        "authn": authn,
        "authz": authz,
        "first": first.part,
        "limit": round(first.rate, 1),
        "second": second.part,
        "second_limit": round(second.rate, 1),
        "p50_ms": _milliseconds(well, 0.5),
        "p99_ms": _milliseconds(well, 0.99),
        "served": round(over.rate * (1 - refused / clicks), 1),
        "refused_by": sorted(over.refused, key=lambda name: -over.refused[name]),
        "limits": {limit.part: round(limit.rate, 1) for limit in limits(shop) if limit.rate < float("inf")},
    }


def _impatient(shop: Model) -> Model:
    """The same with short queues, so that overload shows soon."""
    parts = tuple((name, Part(part.seconds, part.workers, part.password_seconds, 50)) for name, part in shop.parts)
    return Model(shop.name, parts, shop.paths, shop.links)


# --- on the command line


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `capacity`: two patterns for their curve, none for the table of all combinations."""
    parser.add_argument("authn", nargs="?", help=", ".join(catalogue.AUTHENTICATION))
    parser.add_argument("authz", nargs="?", default="distributed", help=", ".join(catalogue.AUTHORIZATION))
    parser.add_argument("--clicks", type=int, default=None, help=words.say("lab.help.clicks"))
    parser.add_argument("--load", type=float, action="append", help=words.say("lab.help.load"))
    parser.add_argument(
        "--part",
        action="append",
        default=[],
        metavar="NAME=SECONDS,WORKERS",
        type=_part,
        help=words.say("lab.help.part"),
    )
    parser.add_argument("--seed", type=int, default=15, help=words.say("command.seed"))
    add_workers(parser)
    add_output(parser)


def _part(text: str) -> tuple[str, Part]:
    name, _, built = text.partition("=")
    seconds, _, workers = built.partition(",")
    return name, Part(float(seconds), int(workers or 1))


def run(options: argparse.Namespace) -> int:
    """Print the table."""
    parts = dict(options.part)
    with doing(options) as how:
        if options.authn is None:
            return write([saturations(parts=parts, clicks=options.clicks or BATCH, **how)], options)
        catalogue.deploy(options.authn, options.authz)  # says what is wrong with the names
        shop = model(options.authn, options.authz, parts)
        return write([curve(shop, options.load or LOADS, options.clicks or 100_000, options.seed, **how)], options)
