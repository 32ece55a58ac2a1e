"""Quantiles of any number of values in a memory that does not grow: a histogram whose steps grow by one per cent.

This is the idea of DDSketch (Masson, Rim, Lee, 2019): a quantile that is asked for is at most half a per cent away from
the value that a sorted list would give, and two sketches can be added up.

Examples:
    >>> sketch = Sketch()
    >>> for value in range(1, 101):
    ...     sketch.add(value)
    >>> sketch.count, sketch.mean, round(sketch.quantile(0.5))
    (100, 50.5, 50)
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

STEP = 1.01
_LOG = math.log(STEP)
_LEAST = 1e-9


class Sketch:
    """How many values fell into each step. A value below a billionth counts as that."""

    __slots__ = ("count", "steps", "total")

    def __init__(self) -> None:
        self.steps: dict[int, int] = {}
        self.count = 0
        self.total = 0.0

    def add(self, value: float) -> None:
        """Count `value`, which must not be negative."""
        step = math.ceil(math.log(value if value > _LEAST else _LEAST) / _LOG)
        self.steps[step] = self.steps.get(step, 0) + 1
        self.count += 1
        self.total += value

    def merge(self, other: Sketch) -> None:
        """Count all that `other` has counted."""
        for step, count in other.steps.items():
            self.steps[step] = self.steps.get(step, 0) + count
        self.count += other.count
        self.total += other.total

    @property
    def mean(self) -> float:
        """The exact mean; 0 where there is nothing."""
        return self.total / self.count if self.count else 0.0

    def quantile(self, share: float) -> float:
        """A value that `share` (0 to 1) of the values do not exceed; 0 where there is nothing."""
        left = share * self.count
        for step in sorted(self.steps):
            left -= self.steps[step]
            if left <= 0:
                return 2 * STEP**step / (1 + STEP)  # the middle of the step
        return 0.0

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "count": self.count,
            "total": self.total,
            "steps": {str(key): self.steps[key] for key in sorted(self.steps)},
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Sketch:
        """What `to_dict` gave."""
        sketch = cls()
        sketch.count, sketch.total = data["count"], data["total"]
        sketch.steps = {int(key): count for key, count in data["steps"].items()}
        return sketch
