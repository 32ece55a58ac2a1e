"""Who holds which secret, and since when."""

from __future__ import annotations

from authpatterns import draw
from authpatterns.notebook.explorer.play import play
from authpatterns.notebook.explorer.scene import Scene


def show(scene: Scene) -> draw.Drawing:
    """One row for each secret, one column for each part that ever had it."""
    return draw.credentials(play(scene).trace)
