"""A picture as plain values: texts, lines, boxes and paths with a role each. No colours and no SVG here.

Because a picture is made of values, a test can compute whether a label is cut, crossed or covered. What is painted
first is decided by the role alone: `ROLES` in `svg` lists the roles from the bottom to the top.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from authpatterns.draw.text import width


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle: left, top, width, height in pixels, y downwards."""

    role: str
    x: float
    y: float
    w: float
    h: float
    radius: float = 0.0
    dim: bool = False

    @property
    def right(self) -> float:
        """The right edge."""
        return self.x + self.w

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.y + self.h

    def meets(self, other: Box) -> bool:
        """Whether the two share more than an edge."""
        return self.x < other.right and other.x < self.right and self.y < other.bottom and other.y < self.bottom

    def holds(self, other: Box) -> bool:
        """Whether `other` lies wholly inside."""
        return self.x <= other.x and other.right <= self.right and self.y <= other.y and other.bottom <= self.bottom


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text; `x` is its start, middle or end as `anchor` says, `y` its baseline."""

    role: str
    x: float
    y: float
    text: str
    size: float
    anchor: str = "middle"
    bold: bool = False
    mono: bool = False
    dim: bool = False

    @property
    def box(self) -> Box:
        """What the letters cover."""
        wide = width(self.text, self.size, bold=self.bold, mono=self.mono)
        left = {"start": self.x, "middle": self.x - wide / 2, "end": self.x - wide}[self.anchor]
        return Box(self.role, left, self.y - 0.8 * self.size, wide, self.size)


@dataclass(frozen=True, slots=True)
class Line:
    """A straight stroke."""

    role: str
    x1: float
    y1: float
    x2: float
    y2: float
    dim: bool = False

    @property
    def box(self) -> Box:
        """The rectangle around it."""
        left, top = min(self.x1, self.x2), min(self.y1, self.y2)
        return Box(self.role, left, top, abs(self.x2 - self.x1), abs(self.y2 - self.y1))


@dataclass(frozen=True, slots=True)
class Path:
    """Any other outline, as SVG path commands relative to `x`, `y`."""

    role: str
    x: float
    y: float
    commands: str
    dim: bool = False


Shape = Box | Text | Line | Path


@dataclass(slots=True)
class Picture:
    """Shapes on a sheet.

    Attributes:
        width, height: Of the sheet in pixels.
        title: One line that says what is shown.
        text: The same in words, for whoever cannot see it.
        lang: "ja" or "en".
    """

    width: float
    height: float
    title: str
    text: str
    lang: str
    shapes: list[Shape] = field(default_factory=list)

    def add(self, *shapes: Shape) -> None:
        """Put shapes on the sheet."""
        self.shapes.extend(shapes)

    def extend(self, shapes: Iterable[Shape]) -> None:
        """Put many shapes on the sheet."""
        self.shapes.extend(shapes)

    def __iter__(self) -> Iterator[Shape]:
        return iter(self.shapes)
