"""What an explorer begins beside itself when it is shown."""

import sys
import threading

import pytest

from authpatterns.draw import graphviz
from authpatterns.notebook import Explorer
from authpatterns.notebook.explorer.warm import warm_up


@pytest.fixture
def made_ready(monkeypatch):
    made = []
    monkeypatch.setattr(graphviz, "make_ready", lambda: made.append(threading.current_thread().name))
    warm_up.cache_clear()
    return made


def test_an_explorer_that_is_shown_makes_the_slow_things_ready_once_and_beside(made_ready):
    for _ in range(2):
        Explorer("jwt+distributed")._repr_mimebundle_()
    for thread in threading.enumerate():
        if thread.name == "authpatterns-explorer":
            thread.join()
    assert made_ready == ["authpatterns-explorer"]
    assert "fakeredis" in sys.modules


def test_without_threads_the_explorer_is_shown_all_the_same(made_ready, monkeypatch):
    def no_threads(_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", no_threads)
    assert Explorer("jwt+distributed")._repr_mimebundle_()
    assert made_ready == []


def test_graphviz_is_ready_after_it_was_made_so():
    graphviz.make_ready()
    assert graphviz.lay_out("digraph { a -> b }") is not None
