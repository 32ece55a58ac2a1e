"""Benchmark `explorer`: from moving a control to the new picture painted, in a real JupyterLab.

The measuring itself drives Chromium through JupyterLab as the browser tests do, so it stands in the repository
(`benchmarks/explorer.py`) and not in the library.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from authpatterns.bench.measure import Effort
from authpatterns.bench.report import Target, row, table
from authpatterns.course import settings
from authpatterns.errors import Misuse
from authpatterns.labs.table import Table


def run(effort: Effort) -> Table:
    """Measure the floor and every control, and give the rows: the median, and the 95th percentile, over the floor's.

    Raises:
        Misuse: the repository is not at hand.
    """
    driver = _driver(settings.find().parent / "benchmarks" / "explorer.py")
    moves = 4 if effort.quick else driver.MOVES
    floor, measured = driver.measure(moves=moves, rounds=1 if effort.quick else driver.ROUNDS)
    target = Target("≤", driver.MOST)
    rows = [row(floor.control, floor.median, "ms"), row(f"{floor.control}, p95", floor.p95, "ms")]
    for each in measured:
        name = f"{each.control} ({each.state})"
        rows.append(row(name, each.median, "ms", ratio=each.times_median, against=floor.control, target=target))
        rows.append(row(f"{name}, p95", each.p95, "ms", ratio=each.times_p95, against=rows[1]["what"], target=target))
    return table("explorer", rows)


def _driver(file: Path) -> Any:
    if not file.is_file():
        raise Misuse("bench.repository", file=str(file))
    spec = importlib.util.spec_from_file_location("explorer_benchmark", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
