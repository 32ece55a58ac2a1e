"""The sequence diagram, with the current message marked."""

from __future__ import annotations

from authpatterns import words
from authpatterns.draw import Drawing
from authpatterns.draw.sequence import picture
from authpatterns.draw.shapes import Box
from authpatterns.draw.story import Message
from authpatterns.notebook.explorer.play import play, story_of
from authpatterns.notebook.explorer.scene import Scene


def show(scene: Scene) -> Drawing:
    """What flowed; up to the message that is looked at, the rest is faint."""
    message = current(scene)
    number = message.number if message else None
    drawn = picture(story_of(scene), title(scene), number, number)
    return Drawing(drawn, drawn.text)


def title(scene: Scene) -> str:
    """Which patterns ran."""
    done = play(scene)
    return words.say("explorer.title", authn=done.authn, authz=done.authz)


def current(scene: Scene) -> Message | None:
    """The message that is looked at, or None for all of them: the last drawn one that is not after the step."""
    reached = [message for message in story_of(scene).arrows if message.number <= scene.step]
    return reached[-1] if reached else None


def stepped(scene: Scene, way: str) -> int:
    """Where a step leads: "first", "previous", "next" or "last"; 0 is before the first message."""
    numbers = [0, *(message.number for message in story_of(scene).arrows)]
    message = current(scene)
    at = numbers.index(message.number) if message else 0
    place = {"first": min(1, len(numbers) - 1), "previous": max(at - 1, 0), "next": at + 1, "last": len(numbers) - 1}[
        way
    ]
    return numbers[min(place, len(numbers) - 1)]


def height_of_mark(shown: Drawing) -> float | None:
    """How far down the marked message stands, in the picture's own pixels; None where none is marked."""
    shapes = shown.picture.shapes if shown.picture else []
    return next((shape.y for shape in shapes if isinstance(shape, Box) and shape.role == "glow"), None)
