"""Virtual time as places on a sheet: stretches side by side, each as wide as what is written in it needs.

Inside a stretch time runs evenly. A long pause between two of them is shortened, and the axis is visibly broken there.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from statistics import median

_STEP, _SHORTEST = 30.0, 6.0
"""Pixels for the usual time between two moments, and for the shortest one."""
_QUIET = 8
"""A pause so many times longer than the usual one is shortened."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of time in which nobody waits long and nothing new begins.

    Attributes:
        times: Its moments, ascending; where no pause follows, the last one is also the first of the next stretch.
        steps: Pixels from each moment to the next, if nothing has to be written.
        pause: Seconds before it that are shortened; 0.0 where it follows at once.
    """

    times: tuple[float, ...]
    steps: tuple[float, ...]
    pause: float = 0.0


@dataclass(frozen=True, slots=True)
class Breadth:
    """Pixels of a stretch: while its `time` passes, and for words in the `tail` behind its last moment."""

    time: float
    tail: float

    @property
    def whole(self) -> float:
        """Both."""
        return self.time + self.tail


@dataclass(frozen=True, slots=True)
class Panel:
    """A stretch on the sheet, from `left` to `right`, with the `places` of its moments."""

    stretch: Stretch
    left: float
    right: float
    places: tuple[float, ...]

    def at(self, time: float) -> float:
        """The place of a moment; what lies outside comes to the nearest end."""
        times, places = self.stretch.times, self.places
        if time >= times[-1] or len(times) == 1:
            return places[-1]
        after = max(bisect_right(times, time), 1)
        t0, t1, x0, x1 = times[after - 1], times[after], places[after - 1], places[after]
        return x0 + (x1 - x0) * (max(time, t0) - t0) / (t1 - t0)


@dataclass(frozen=True, slots=True)
class Scale:
    """Panels side by side."""

    panels: tuple[Panel, ...]

    @property
    def begin(self) -> float:
        """The first moment."""
        return self.panels[0].stretch.times[0]

    @property
    def end(self) -> float:
        """The last moment."""
        return self.panels[-1].stretch.times[-1]

    @property
    def right(self) -> float:
        """Where the last panel ends."""
        return self.panels[-1].right

    def panel(self, time: float) -> Panel:
        """Where something that begins at this moment stands."""
        firsts = [panel.stretch.times[0] for panel in self.panels]
        return self.panels[max(bisect_right(firsts, moment(time)) - 1, 0)]

    def at(self, time: float) -> float:
        """The place of a moment."""
        return self.panel(time).at(moment(time))


def moment(time: float) -> float:
    """A time without the dust of adding floating-point numbers."""
    return round(time, 9)


def stretches(moments: Iterable[float], starts: Iterable[float]) -> list[Stretch]:
    """Time in pieces: a new one begins at each of `starts`, all of them among the `moments`, and after a long pause."""
    times = sorted({moment(time) for time in moments})
    usual = median([later - earlier for earlier, later in pairwise(times)] or [1.0])
    return [_stretch(piece, pause, usual) for piece, pause in _pieces(times, {moment(time) for time in starts}, usual)]


def _pieces(times: Sequence[float], starts: Collection[float], usual: float) -> Iterator[tuple[list[float], float]]:
    piece, pause = [times[0]], 0.0
    for earlier, later in pairwise(times):
        if later - earlier > _QUIET * usual:
            yield piece, pause
            piece, pause = [later], moment(later - earlier)
            continue
        piece.append(later)
        if later in starts:
            yield piece, pause
            piece, pause = [later], 0.0
    yield piece, pause


def _stretch(times: Sequence[float], pause: float, usual: float) -> Stretch:
    steps = [max(_STEP * (later - earlier) / usual, _SHORTEST) for earlier, later in pairwise(times)]
    return Stretch(tuple(times), tuple(steps), pause)


def breadth(stretch: Stretch, room: float, tail: float) -> Breadth:
    """How wide a stretch is drawn in which `room` pixels are needed, `tail` of them after its last moment."""
    if len(stretch.times) == 1:
        return Breadth(0.0, room)
    return Breadth(max(sum(stretch.steps), room - tail), tail)


def scale(pieces: Iterable[Stretch], breadths: Iterable[Breadth], gaps: Iterable[float], begin: float) -> Scale:
    """Stretches side by side.

    Args:
        pieces: The stretches.
        breadths: How wide each one is.
        gaps: How much is left free before each one.
        begin: Where the first gap begins.
    """
    panels: list[Panel] = []
    right = begin
    for piece, wide, gap in zip(pieces, breadths, gaps, strict=True):
        left = right + gap
        right = left + wide.whole
        panels.append(Panel(piece, left, right, _places(piece, left, wide.time)))
    return Scale(tuple(panels))


def _places(piece: Stretch, left: float, wide: float) -> tuple[float, ...]:
    done = [0.0, *accumulate(piece.steps)]
    return tuple(left + wide * (part / (done[-1] or 1.0)) for part in done)
