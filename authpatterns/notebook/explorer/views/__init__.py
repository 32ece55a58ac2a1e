"""What can be looked at, one file each; every view is a function of a scene, in the language in use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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
