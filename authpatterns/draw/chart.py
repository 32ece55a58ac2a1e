"""Curves: how one measured number grows with another. A grid of points needs no layout engine.

Each curve has a colour, a dash and a mark of its own, and its name stands at its end, so no legend has to be matched by
colour.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from authpatterns import words
from authpatterns.draw.sequence import TITLE
from authpatterns.draw.shapes import Line, Path, Picture, Shape, Text
from authpatterns.draw.show import Drawing
from authpatterns.draw.svg import Theme
from authpatterns.draw.text import width
from authpatterns.errors import Misuse

Point = tuple[float, float]

_MARGIN, _PLOT_WIDE, _PLOT_HIGH = 20.0, 460.0, 260.0
_TEXT = 12
_LINE_HIGH = 17.0
_VOICES = ("request", "refused", "failed", "answer")
_MARKS = ("m-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z", "m-4 -4h8v8h-8z", "m0 -5l5 9h-10z", "m0 -5l5 5l-5 5l-5 -5z")
"""Disc, square, triangle, diamond: told apart without colour."""
MOST = len(_VOICES)
_FEW_POWERS = 5


def chart(
    curves: Mapping[str, Sequence[Point]],
    lang: str | None = None,
    *,
    title: str = "",
    x: str = "",
    y: str = "",
    log: bool = False,
    theme: Theme = "auto",
) -> Drawing:
    """Curves over one common axis.

    Args:
        curves: Points (x, y) of each curve by the name that stands at its end; at most four curves.
        lang: "ja" or "en"; None for the language in use.
        title: Stands above the picture.
        x: What runs to the right, with its unit.
        y: What runs upwards, with its unit.
        log: Whether `y` grows tenfold with each step; then all values must be above zero.
        theme: "auto" follows the reader's colour scheme; "light" and "dark" are fixed.

    Raises:
        Misuse: there is nothing to draw, there are too many curves, or a value has no place on the axis.
    """
    lang = lang or words.language()
    values = [value for points in curves.values() for _, value in points]
    if not values or len(curves) > MOST or (log and min(values) <= 0) or not all(map(math.isfinite, values)):
        raise Misuse("draw.chart", curves=len(curves), most=MOST, points=len(values))
    head = title or words.say("draw.title.chart", lang)
    text = "\n".join([head, *(_spoken(name, points, x, y) for name, points in curves.items())])
    return Drawing(_Sheet(curves, x, y, log).draw(head, bool(title), text, lang), text, theme)


def _spoken(name: str, points: Sequence[Point], x: str, y: str) -> str:
    return f"{name}: " + ", ".join(f"{x} {_shown(at)} → {y} {_shown(value)}" for at, value in points)


@dataclass(frozen=True, slots=True)
class _Axis:
    """One axis: its ticks, and where a value lies between 0 and 1."""

    ticks: tuple[float, ...]
    log: bool = False

    def share(self, value: float) -> float:
        low, high, at = (math.log(each) if self.log else each for each in (self.ticks[0], self.ticks[-1], value))
        return (at - low) / (high - low)


def _linear(most: float) -> _Axis:
    """From zero in round steps, about five of them."""
    most = most if most > 1e-12 else 1.0
    ten = 10.0 ** math.floor(math.log10(most / 5))
    step = next(each * ten for each in (1, 2, 2.5, 5, 10) if each * ten >= 0.999 * most / 5)
    return _Axis(tuple(round(step * number, 12) for number in range(math.ceil(most / step - 1e-9) + 1)))


def _tenfold(least: float, most: float) -> _Axis:
    """From one power of ten to another; with 2 and 5 between, where there is room."""
    first, last = math.floor(math.log10(least)), math.ceil(math.log10(most) - 1e-12)
    powers = range(first, max(last, first + 1) + 1)
    if len(powers) <= _FEW_POWERS:
        fine = [each * 10.0**power for power in powers for each in (1, 2, 5)]
        begin = max(at for at, value in enumerate(fine) if value <= least * (1 + 1e-9))
        end = next(at for at, value in enumerate(fine) if value >= most * (1 - 1e-9) and at > begin)
        return _Axis(tuple(fine[begin : end + 1]), log=True)
    return _Axis(tuple(10.0**power for power in powers), log=True)


class _Sheet:
    """Places everything."""

    def __init__(self, curves: Mapping[str, Sequence[Point]], x: str, y: str, log: bool) -> None:
        self.curves = [(name, sorted(points)) for name, points in curves.items()]
        values = [value for _, points in self.curves for _, value in points]
        self.x_name, self.y_name = x, y
        self.x_axis = _linear(max(at for _, points in self.curves for at, _ in points))
        self.y_axis = _tenfold(min(values), max(values)) if log else _linear(max(values))
        self.left = _MARGIN + max(width(_shown(tick), _TEXT) for tick in self.y_axis.ticks) + 10

    def draw(self, head: str, titled: bool, text: str, lang: str) -> Picture:
        self.top = _MARGIN + (TITLE + 14 if titled else 0) + (_LINE_HIGH if self.y_name else 0) + 6
        ends = max(width(name, _TEXT, bold=True) for name, _ in self.curves)
        wide = self.left + _PLOT_WIDE + 14 + ends + _MARGIN
        high = self.top + _PLOT_HIGH + 2 * _LINE_HIGH + _MARGIN
        wide = max(wide, 2 * _MARGIN + width(head, TITLE, bold=True) if titled else 0)
        shapes = [*self._grid(), *self._curves(), *self._names()]
        if titled:
            shapes.append(Text("title", _MARGIN, _MARGIN + 0.8 * TITLE, head, TITLE, "start", bold=True))
        return Picture(wide, high, head, text, lang, shapes)

    def _place(self, point: Point) -> Point:
        x = self.left + _PLOT_WIDE * self.x_axis.share(point[0])
        return x, self.top + _PLOT_HIGH * (1 - self.y_axis.share(point[1]))

    def _grid(self) -> list[Shape]:
        right, bottom = self.left + _PLOT_WIDE, self.top + _PLOT_HIGH
        shapes: list[Shape] = []
        for tick in self.y_axis.ticks:
            y = bottom - _PLOT_HIGH * self.y_axis.share(tick)
            shapes.append(Line("grid", self.left, y, right, y))
            shapes.append(Text("tick-text", self.left - 8, y + 4, _shown(tick), _TEXT, "end"))
        for tick in self.x_axis.ticks:
            x = self.left + _PLOT_WIDE * self.x_axis.share(tick)
            shapes.append(Line("axis", x, bottom, x, bottom + 5))
            shapes.append(Text("tick-text", x, bottom + 18, _shown(tick), _TEXT))
        shapes.append(Line("axis", self.left, bottom, right, bottom))
        if self.y_name:
            shapes.append(Text("tick-text", _MARGIN, self.top - 14, self.y_name, _TEXT, "start"))
        if self.x_name:
            shapes.append(Text("tick-text", right, bottom + 18 + _LINE_HIGH, self.x_name, _TEXT, "end"))
        return shapes

    def _curves(self) -> list[Shape]:
        shapes: list[Shape] = []
        for (_, points), voice, mark in zip(self.curves, _VOICES, _MARKS, strict=False):
            places = [(round(x, 1), round(y, 1)) for x, y in map(self._place, points)]
            steps = "".join(f"l{x - x0:.1f} {y - y0:.1f}" for (x0, y0), (x, y) in pairwise(places))
            shapes.append(Path(f"line-{voice}", *places[0], steps))
            shapes += [Path(f"tip-{voice}", x, y, mark) for x, y in places]
        return shapes

    def _names(self) -> list[Shape]:
        """Each name at the end of its curve, pushed down where two would meet."""
        ends = sorted((self._place(points[-1])[1], number) for number, (_, points) in enumerate(self.curves))
        lowest, shapes = -math.inf, list[Shape]()
        room = self.top + _PLOT_HIGH - _LINE_HIGH * (len(ends) - 1)
        for place, (y, number) in enumerate(ends):
            lowest = max(min(y, room + _LINE_HIGH * place), lowest + _LINE_HIGH)
            x = self.left + _PLOT_WIDE + 14
            role, name = f"label-curve-{_VOICES[number]}", self.curves[number][0]
            shapes.append(Text(role, x, lowest + 4, name, _TEXT, "start", bold=True))
        return shapes


def _shown(value: float) -> str:
    """A number for people: no more digits than it needs."""
    return f"{value:,.4g}" if abs(value) < 10_000 else f"{value:,.0f}"
