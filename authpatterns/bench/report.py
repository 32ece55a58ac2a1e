"""Rows of a report: what was measured, against what, and the target it is held to."""

from __future__ import annotations

import operator
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import Any, Literal

from authpatterns.labs.table import Row, Table, shown

COLUMNS = ("what", "bench_value", "unit", "ratio", "against", "target", "reached")
PACKAGES = (
    "authpatterns", "pyjwt", "cryptography", "fakeredis", "redis", "flask", "werkzeug", "authlib", "starlette", "httpx",
    "simpy", "cedarpy", "gordon-to-regorus",
)  # fmt: skip

Unit = Literal["µs", "ms", "s", "1/s", "B", "kB", "MB", "n^k"]
_PER_SECOND = {"µs": 1e6, "ms": 1e3, "s": 1.0}
_HOLDS = {"≤": operator.le, "≥": operator.ge}


@dataclass(frozen=True)
class Target:
    """What a row is held to: its ratio where it has one, else its value.

    Attributes:
        sign: Whether less or more is better.
        limit: What is just good enough.
    """

    sign: Literal["≤", "≥"]
    limit: float

    def met_by(self, measured: float) -> bool:
        """Whether it is good enough."""
        return bool(_HOLDS[self.sign](measured, self.limit))

    def __str__(self) -> str:
        return f"{self.sign} {self.limit:,.3g}" if self.limit < 1000 else f"{self.sign} {self.limit:,.0f}"


def row(
    what: str,
    value: float,
    unit: Unit,
    *,
    ratio: float | None = None,
    against: str | None = None,
    target: Target | None = None,
    **more: Any,
) -> Row:
    """One line of a report; `more` is for programs alone."""
    judged = value if ratio is None else ratio
    return {
        "what": what,
        "bench_value": _significant(value),
        "unit": unit,
        "ratio": None if ratio is None else round(ratio, 2),
        "against": against,
        "target": None if target is None else str(target),
        "reached": None if target is None else target.met_by(judged),
        **more,
    }


def in_unit(seconds: float, unit: Unit) -> float:
    """Seconds in `unit`."""
    return seconds * _PER_SECOND[unit]


def table(name: str, rows: Sequence[Row]) -> Table:
    """The rows of benchmark `name`."""
    return Table(f"bench-{name}", COLUMNS, tuple(rows))


def versions() -> dict[str, str]:
    """What was measured, and where: Python, the packages that take part, the machine and its load."""
    known = {"python": platform.python_version(), **{name: _version(name) for name in PACKAGES}}
    one, five, fifteen = os.getloadavg()
    known["machine"] = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    known["load"] = f"{one:.2f} {five:.2f} {fifteen:.2f}"
    return known


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "-"


def _significant(value: float) -> float:
    """Three digits are more than a noisy machine can tell; whole numbers stay whole."""
    return float(f"{value:.3g}") if abs(value) < 1000 else float(round(value))


def markdown(table: Table) -> str:
    """A table for a page."""
    numeric = {"bench_value", "ratio"}
    rule = ["--:" if name in numeric else "---" for name in table.columns]
    cells = [[shown(line.get(name)) for name in table.columns] for line in table]
    lines = ["| " + " | ".join(line) + " |" for line in (table.headings, rule, *cells)]
    return "\n".join([f"### {table.name.removeprefix('bench-')}", "", table.caption, "", *lines]) + "\n"
