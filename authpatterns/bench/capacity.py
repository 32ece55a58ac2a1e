"""Benchmark `capacity`: how long a million simulated clicks take on one core, and in how much memory.

Each size runs in a process of its own, because a process never gives back the most memory it has had. Its peak is read
from `/proc`, so this benchmark needs Linux.
"""

from __future__ import annotations

import json
import pickle
import subprocess
import sys

from authpatterns.bench.measure import Effort
from authpatterns.bench.report import Target, row, table
from authpatterns.labs.capacity import Model, limits, model
from authpatterns.labs.table import Row, Table

SIZES = (10_000, 100_000, 1_000_000)
SHOPS = (("jwt", "distributed"), ("sso-gateway", "centralized"))
CONSTANT = Target("≤", 1.1)
LOAD = 0.8
"""Share of the rate at which the first part saturates."""
_PROGRAM = """
import json, pickle, sys, time
from pathlib import Path
from authpatterns.labs import capacity
shop, rate, clicks = pickle.load(sys.stdin.buffer)
begin = time.process_time()
capacity.simulate(shop, rate, clicks)
seconds = time.process_time() - begin
# not getrusage: what that calls the peak begins with the memory of the process that started this one
told = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(json.dumps({"seconds": seconds, "peak_kb": int(told["VmHWM"].split()[0])}))
"""


def run(effort: Effort) -> Table:
    """Measure, and give the rows."""
    sizes = tuple(size // 100 for size in SIZES) if effort.quick else SIZES
    return table("capacity", [line for shop in SHOPS for line in _rows(*shop, sizes)])


def _rows(authn: str, authz: str, sizes: tuple[int, ...]) -> list[Row]:
    shop = model(authn, authz)
    rate = LOAD * limits(shop)[0].rate
    rows: list[Row] = []
    first: dict[str, float] = {}
    for clicks in sizes:
        found = _simulate(shop, rate, clicks)
        first = first or found
        what = f"{authn} + {authz}, {clicks:,} clicks"
        seconds, growth = found["seconds"], found["peak_kb"] / first["peak_kb"]
        million = Target("≤", 120) if clicks == SIZES[-1] else None
        rows += [
            row(what, seconds, "s", target=million),
            row(f"{what}, per second", clicks / seconds, "1/s"),
            row(
                f"{what}, memory",
                found["peak_kb"] / 1024,
                "MB",
                ratio=growth,
                against=f"{sizes[0]:,}",
                target=CONSTANT,
            ),
        ]
    return rows


def _simulate(shop: Model, rate: float, clicks: int) -> dict[str, float]:
    """In a process that has never done anything else."""
    given = pickle.dumps((shop, rate, clicks))
    answer = subprocess.run([sys.executable, "-c", _PROGRAM], input=given, capture_output=True, check=True)
    found: dict[str, float] = json.loads(answer.stdout)
    return found
