"""How times are taken: in rounds, so that everything that is compared meets the same noise."""

from __future__ import annotations

import gc
import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Work = Callable[[], object]
Clock = Callable[[], float]


@dataclass(frozen=True)
class Effort:
    """How much is measured.

    Attributes:
        rounds: How often everything has its turn.
        seconds: How long one turn should take; a short work is repeated in it.
        quick: Whether sizes are small, so that everything is only seen to run.
    """

    rounds: int
    seconds: float
    quick: bool = False

    def fewer(self, rounds: int) -> Effort:
        """The same for works that take long by themselves."""
        return Effort(min(rounds, self.rounds), self.seconds, self.quick)


FULL = Effort(25, 0.02)
QUICK = Effort(1, 0.0, quick=True)


@dataclass(frozen=True)
class Timing:
    """Seconds that one call took.

    Attributes:
        samples: One for each round.
    """

    samples: tuple[float, ...]

    @property
    def median(self) -> float:
        """Half of the samples are below."""
        return statistics.median(self.samples)

    @property
    def spread(self) -> float:
        """The middle half of the samples lies this far apart, as a share of the median."""
        if len(self.samples) < 4:
            return 0.0
        low, _, high = statistics.quantiles(self.samples, n=4)
        return (high - low) / self.median


def compare(works: Mapping[str, Work], effort: Effort, clock: Clock = time.process_time) -> dict[str, Timing]:
    """Seconds that one call of each work takes.

    Each work first runs once without being measured. Every other round goes backwards, so that nobody always runs
    after the same neighbour.

    Args:
        works: What is compared, by name.
        effort: How often.
        clock: Processor time, which other programs disturb least, unless the waiting itself matters.
    """
    repeats = {name: _repeats(work, effort, clock) for name, work in works.items()}
    samples: dict[str, list[float]] = {name: [] for name in works}
    order = list(works)
    for _ in range(effort.rounds):
        for name in order:
            samples[name].append(_sample(works[name], repeats[name], clock))
        order.reverse()
    return {name: Timing(tuple(found)) for name, found in samples.items()}


def _repeats(work: Work, effort: Effort, clock: Clock) -> int:
    work()
    if effort.quick:
        return 1
    once = _sample(work, 1, clock)
    return max(1, math.ceil(effort.seconds / max(once, 1e-7)))


def _sample(work: Work, repeats: int, clock: Clock) -> float:
    gc.collect(1)  # nobody pays for what another has left behind; the old generation is left alone
    begin = clock()
    for _ in range(repeats):
        work()
    return (clock() - begin) / repeats


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """The k for which size ** k grows like the costs: the slope of a straight line through their logarithms.

    Examples:
        >>> round(exponent([1, 2, 4, 8], [3, 6, 12, 24]), 3)
        1.0
        >>> round(exponent([10, 100, 1000], [100, 10_000, 1_000_000]), 3)
        2.0
    """
    return statistics.linear_regression([math.log(size) for size in sizes], [math.log(cost) for cost in costs]).slope
