"""Which parts there are, who talks to whom, and on which side of the trust boundary they stand."""

from __future__ import annotations

from authpatterns import draw, words
from authpatterns.draw.topology import survey
from authpatterns.notebook.explorer.play import play
from authpatterns.notebook.explorer.scene import Scene

_MOST = 64
_drawn: dict[tuple[str, str], draw.Drawing] = {}


def show(scene: Scene) -> draw.Drawing:
    """All parts, those that nobody asked too.

    Runs of one seed that differ in times alone have one topology, and Graphviz is asked for it once.
    """
    done = play(scene)
    key = repr(survey(done)), words.language()
    if key not in _drawn:
        if len(_drawn) == _MOST:
            _drawn.clear()
        _drawn[key] = draw.topology(done)
    return _drawn[key]
