"""Benchmark `drawing`: diagrams, exports, and how much memory a trace takes."""

from __future__ import annotations

import gc
import tracemalloc

import jwt

from authpatterns import Trace, catalogue, draw, stories
from authpatterns.bench.calls import AUTHENTICATION, reading, signed_in
from authpatterns.bench.measure import Effort, Work, compare
from authpatterns.bench.peers import own
from authpatterns.bench.report import Target, in_unit, row, table
from authpatterns.draw.export import export
from authpatterns.keys import demo_key
from authpatterns.labs.table import Row, Table

FLOOR = "PyJWT decode"
MESSAGES = (10, 40, 200, 1_000)
TARGETS = {40: Target("≤", 5), 1_000: Target("≤", 100)}
EXPORTS = ("json", "har")
HOPS = 2_000
A_KILOBYTE = Target("≤", 1_000)


def run(effort: Effort) -> Table:
    """Measure, and give the rows."""
    return table("drawing", [*_diagrams(effort), *_memory(effort)])


def visits(messages: int) -> Trace:
    """So many messages: people visit a shop with single sign-on and a decision point, one after another."""
    shop = catalogue.deploy("sso", "centralized")
    while 2 * len(shop.trace) < messages:
        stories.standard_visit(shop)
    return shop.trace.where(lambda hop: hop.id <= messages // 2)


def _diagrams(effort: Effort) -> list[Row]:
    traces = {messages: visits(messages) for messages in MESSAGES}
    key = demo_key()
    token, public = jwt.encode({"sub": "alice"}, key.parsed, algorithm="RS256"), key.parsed.public_key()
    works: dict[str, Work] = {FLOOR: lambda: jwt.decode(token, public, algorithms=["RS256"])}
    for messages, trace in traces.items():
        works[f"{messages:,} messages"] = lambda trace=trace: draw.sequence(trace, "ja", fold=False, limit=None).svg  # type: ignore[misc]
    for form in EXPORTS:
        works[f"1,000 messages as {form}"] = lambda form=form: export(traces[1_000], form)  # type: ignore[misc]
    found = {name: timing.median for name, timing in compare(works, effort.fewer(15)).items()}
    floor = found.pop(FLOOR)
    targets = {f"{messages:,} messages": target for messages, target in TARGETS.items()}
    return [
        # what is promised is a time, so the time is judged; the ratio tells machines apart
        row(name, in_unit(cost, "ms"), "ms", target=targets.get(name))
        | {"ratio": round(cost / floor), "against": FLOOR}
        for name, cost in found.items()
    ]


def _memory(effort: Effort) -> list[Row]:
    hops = HOPS // 10 if effort.quick else HOPS
    bytes_of = {name: per_hop(name, hops) for name in ("session", "jwt", "jwt-gateway")}
    five = own.Shop()
    bytes_of["five calls"] = _kept(five, five.network.trace, hops)
    return [row(f"trace of {name}, per hop", size, "B", target=A_KILOBYTE) for name, size in bytes_of.items()]


def per_hop(authn: str, hops: int) -> float:
    """Bytes of memory that one hop keeps, with its messages, notes, events and a share of the person's act."""
    alice = signed_in(AUTHENTICATION[authn])
    return _kept(reading(alice), alice._shop.trace, hops)


def _kept(call: Work, trace: Trace, hops: int) -> float:
    gc.collect()
    tracemalloc.start()
    try:
        before, (begin, _) = len(trace), tracemalloc.get_traced_memory()
        while len(trace) < before + hops:
            call()
        gc.collect()
        return (tracemalloc.get_traced_memory()[0] - begin) / (len(trace) - before)
    finally:
        tracemalloc.stop()
