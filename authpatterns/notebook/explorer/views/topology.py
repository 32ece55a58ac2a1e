"""Which parts there are, who talks to whom, and on which side of the trust boundary they stand."""

from __future__ import annotations

from authpatterns import draw
from authpatterns.notebook.explorer.play import play
from authpatterns.notebook.explorer.scene import Scene


def show(scene: Scene) -> draw.Drawing:
    """All parts, those that nobody asked too."""
    return draw.topology(play(scene))
