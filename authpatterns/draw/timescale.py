"""Virtual time as a place on the sheet. Quiet stretches are shortened, and the axis is visibly broken there."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

_ROOM = 900
_SHORTEST, _LONGEST = 26.0, 64.0
_BREAK = 74.0
_QUIET = 8
"""A stretch so many times longer than the usual one is shortened."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Piecewise linear: `places` on the sheet for `times`.

    Attributes:
        times: Virtual seconds, ascending.
        places: The same in pixels.
        breaks: Numbers of the stretches that are shortened: 0 lies between the first two times.
    """

    times: tuple[float, ...]
    places: tuple[float, ...]
    breaks: frozenset[int]

    def at(self, time: float) -> float:
        """The place of a moment."""
        after = min(max(bisect_right(self.times, time), 1), len(self.times) - 1)
        t0, t1 = self.times[after - 1], self.times[after]
        x0, x1 = self.places[after - 1], self.places[after]
        return x0 + (x1 - x0) * (min(max(time, t0), t1) - t0) / (t1 - t0)


def scale(moments: Iterable[float], begin: float) -> Scale:
    """A scale on which all `moments` can be told apart.

    Args:
        moments: Virtual seconds.
        begin: Place of the first one in pixels.
    """
    times = sorted({round(moment, 9) for moment in moments})
    if len(times) < 2:
        first = times[0] if times else 0.0
        times = [first, first + 0.001]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    usual = median(gaps)
    step = min(max(_ROOM / len(gaps), _SHORTEST), _LONGEST)
    breaks = frozenset(at for at, gap in enumerate(gaps) if gap > _QUIET * usual)
    places = [begin]
    for at, gap in enumerate(gaps):
        places.append(places[-1] + (_BREAK if at in breaks else max(step * gap / usual, 6.0)))
    return Scale(tuple(times), tuple(places), breaks)
