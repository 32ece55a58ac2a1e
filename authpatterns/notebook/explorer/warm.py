"""What the first move of some controls would wait for, begun as soon as an explorer is shown."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from importlib import import_module
from threading import Thread

from authpatterns.draw import graphviz


@cache
def warm_up() -> None:
    """Begin once, beside whatever goes on. Python in a browser has no threads; there the first move waits."""
    with suppress(RuntimeError):
        Thread(target=_make_ready, name="authpatterns-explorer").start()


def _make_ready() -> None:
    import_module("fakeredis")  # the patterns with sessions import it when they are deployed
    graphviz.make_ready()
