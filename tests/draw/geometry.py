"""Flaws of a picture, computed from its shapes: what a careful eye would see, without an eye."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations, pairwise

from authpatterns.draw.shapes import Box, Line, Path, Picture, Shape, Text
from authpatterns.draw.svg import ROLES

ORDER = {role: place for place, role in enumerate(ROLES)}
NO_EDGE = {"page", "plate", "glow-plate", "quiet"}
"""Boxes in the colour of what lies below: they hide things, but nobody sees an edge."""
ZONES_APART, OFF_CORNERS, ENDS_APART, OFF_ZONES = 24, 11, 20, 3
"""Pixels between the frames of two zones, from the end of a line to a card's corner, between two ends at a card, and
from a line to the frame of a zone that is not its own."""
ON_BADGE = {"number", "number-answer"}
"""Text that stands on a path, as it should."""


def flaws(picture: Picture) -> list[str]:
    """Every cut, covered or crossed text."""
    shapes = list(picture)
    texts = [shape for shape in shapes if isinstance(shape, Text)]
    covers = [cover for cover in map(_cover, shapes) if cover is not None]
    found = [f"outside the sheet: {text.text!r}" for text in texts if not _on_sheet(text.box, picture)]
    found += _text_on_text(texts)
    for text in texts:
        box = _inner(text.box)
        for shape in shapes:
            if not isinstance(shape, Text) and _hurts(shape, text, box) and not _hidden(shape, text, box, covers):
                found.append(f"{text.role} {text.text!r} meets {shape.role} {shape}")
    return found


def misplaced(topology: Picture) -> list[str]:
    """What an eye would stumble over in a topology: labels, cards, frames and lines that are in each other's way."""
    boxes = [shape for shape in topology if isinstance(shape, Box)]
    pills = [box for box in boxes if box.role == "pill"]
    cards = [box for box in boxes if box.role.startswith("card-")]
    zones = [box for box in boxes if box.role.removeprefix("zone-") in ("client", "edge", "inside", "outside")]
    paths = [shape for shape in topology if isinstance(shape, Path)]
    lines = [list(points(path)) for path in paths if path.role.startswith("link-")]
    found = [f"{one} upon {other}" for one, other in combinations([*pills, *cards], 2) if one.meets(other)]
    found += [f"{pill} on the border of {zone}" for pill in pills for zone in zones if _astride(pill, zone)]
    found += [f"{one} close to {other}" for one, other in combinations(zones, 2) if _apart(one, other) < ZONES_APART]
    for box in [*pills, *cards]:
        found += [f"a line runs through {box}" for line in lines if any(_deep(box, x, y) for x, y in line)]
    found += [
        f"a line through {zone}, where nobody sends or gets it" for zone in zones for line in lines if _cuts(line, zone)
    ]
    ends = sorted({(round(line[at][0]), line[at][1]) for line in lines for at in (0, -1)})
    ends += [(round(path.x), path.y) for path in paths if path.role.startswith("tip-")]
    for card in cards:
        for side in (card.x, card.right):
            own = sorted(y for x, y in ends if abs(x - side) < 2 and card.y < y < card.bottom)
            found += [f"{y} at a corner of {card}" for y in own if min(y - card.y, card.bottom - y) < OFF_CORNERS]
            found += [f"{one} and {other} meet at {card}" for one, other in pairwise(own) if other - one < ENDS_APART]
    return found


def _astride(pill: Box, zone: Box) -> bool:
    return pill.meets(zone) and not zone.holds(pill)


def _cuts(line: list[tuple[float, float]], zone: Box) -> bool:
    """Whether a line comes into a zone, or close to its frame, and neither begins nor ends there."""
    near = Box("", zone.x - OFF_ZONES, zone.y - OFF_ZONES, zone.w + 2 * OFF_ZONES, zone.h + 2 * OFF_ZONES)
    inside = [near.x < x < near.right and near.y < y < near.bottom for x, y in line]
    return any(inside) and not inside[0] and not inside[-1]


def _apart(one: Box, other: Box) -> float:
    return max(one.x - other.right, other.x - one.right)


def _deep(box: Box, x: float, y: float) -> bool:
    return box.x + 1.5 < x < box.right - 1.5 and box.y + 1.5 < y < box.bottom - 1.5


def _text_on_text(texts: list[Text]) -> list[str]:
    found: list[str] = []
    boxes = sorted(((_inner(text.box), text) for text in texts), key=lambda pair: pair[0].y)
    for at, (box, text) in enumerate(boxes):
        for other, that in boxes[at + 1 :]:
            if other.y >= box.bottom:
                break
            if box.meets(other):
                found.append(f"text on text: {text.text!r} and {that.text!r}")
    return found


def _on_sheet(box: Box, picture: Picture) -> bool:
    return box.x >= 0 and box.y >= 0 and box.right <= picture.width and box.bottom <= picture.height


def _inner(box: Box) -> Box:
    return Box(box.role, box.x + 0.5, box.y + 0.5, max(box.w - 1, 0.1), max(box.h - 1, 0.1))


def _hurts(shape: Shape, text: Text, box: Box) -> bool:
    if isinstance(shape, Box):
        return shape.role not in NO_EDGE and box.meets(shape) and not shape.holds(box)
    if isinstance(shape, Line):
        return box.meets(_thick(shape.box))
    if shape.role.startswith(("badge-", "sign-plate")) and text.role in ON_BADGE:
        return False
    return any(box.x < x < box.right and box.y < y < box.bottom for x, y in points(shape))


def _thick(box: Box) -> Box:
    return Box(box.role, box.x - 0.5, box.y - 0.5, box.w + 1, box.h + 1)


def _cover(shape: Shape) -> Box | None:
    """What a shape hides: a filled box, or the inside of a badge."""
    if isinstance(shape, Box):
        return None if shape.role == "frame" else shape
    if isinstance(shape, Path) and shape.role.startswith("badge-"):
        return Box(shape.role, shape.x - 9, shape.y - 9, 18, 18)
    return None


def _hidden(shape: Shape, text: Text, box: Box, covers: list[Box]) -> bool:
    """Whether something opaque lies between the shape and the text, behind all of the text."""
    low, high = ORDER[shape.role], ORDER[text.role]
    return any(low < ORDER[cover.role] < high and cover.holds(box) for cover in covers)


def points(path: Path) -> Iterator[tuple[float, float]]:
    """Points along a path, close together. Arcs are followed by their chords and their outermost points."""
    x, y = start = path.x, path.y
    for letter, text in re.findall(r"([a-zA-Z])([^a-zA-Z]*)", path.commands):
        numbers = [float(number) for number in re.findall(r"-?(?:\d+\.\d+|\.\d+|\d+)", text)]
        size = {"m": 2, "l": 2, "h": 1, "v": 1, "a": 7, "C": 6, "c": 6, "z": 0}[letter]
        steps = [numbers[at : at + size] for at in range(0, len(numbers), size)] if size else [[]]
        for step in steps:
            before = (x, y)
            if letter in "cC":
                figures = step if letter == "C" else [part + before[at % 2] for at, part in enumerate(step)]
                yield from _bezier(before, figures)
                x, y = figures[4], figures[5]
                continue
            x, y = _moved(letter, step, x, y, start)
            if letter != "m":
                yield from _straight(before, (x, y))
            else:
                start = (x, y)


def _moved(letter: str, step: list[float], x: float, y: float, start: tuple[float, float]) -> tuple[float, float]:
    if letter == "z":
        return start
    if letter in "hv":
        return (x + step[0], y) if letter == "h" else (x, y + step[0])
    return x + step[-2], y + step[-1]


def _straight(one: tuple[float, float], other: tuple[float, float]) -> Iterator[tuple[float, float]]:
    count = max(2, int(max(abs(other[0] - one[0]), abs(other[1] - one[1])) / 2))
    for at in range(count + 1):
        yield one[0] + (other[0] - one[0]) * at / count, one[1] + (other[1] - one[1]) * at / count


def _bezier(start: tuple[float, float], step: list[float]) -> Iterator[tuple[float, float]]:
    (x0, y0), (x1, y1, x2, y2, x3, y3) = start, step
    for at in range(61):
        t, u = at / 60, 1 - at / 60
        a, b, c, d = u**3, 3 * u * u * t, 3 * u * t * t, t**3
        yield a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3
