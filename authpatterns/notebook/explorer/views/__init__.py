"""What can be looked at, one file each; every view is a function of a scene, in the language in use."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from authpatterns import words
from authpatterns.notebook.explorer.scene import Scene
from authpatterns.notebook.explorer.views import compare, measurements, secrets, sequence, topology

SHOW: dict[str, Callable[[Scene], Any]] = {
    "sequence": sequence.show,
    "topology": topology.show,
    "secrets": secrets.show,
    "measurements": measurements.show,
    "compare": compare.show,
}
"""The views by name; what a view gives shows itself in a notebook."""


def look(scene: Scene) -> Any:
    """What is looked at in `scene`, drawn once."""
    step = scene.step if scene.view == "sequence" else 0
    against = scene.against if scene.view == "compare" else None
    return _look(scene.played.changed(view=scene.view, step=step, against=against), words.language())


@lru_cache(maxsize=64)
def _look(scene: Scene, lang: str) -> Any:
    return SHOW[scene.view](scene)
