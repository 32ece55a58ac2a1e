"""Curves: everything legible, whatever is drawn."""

from __future__ import annotations

import pytest
from geometry import flaws
from hypothesis import given, settings
from hypothesis import strategies as st

from authpatterns import draw
from authpatterns.draw.shapes import Path, Text
from authpatterns.errors import Misuse

VALUES = st.floats(0.001, 1e6, allow_nan=False)
CURVES = st.dictionaries(
    st.sampled_from(["p50", "p99", "集中パターン", "a rather long name of a curve"]),
    st.lists(st.tuples(st.floats(0, 1000, allow_nan=False), VALUES), min_size=1, max_size=12),
    min_size=1,
    max_size=4,
)


@settings(max_examples=150, deadline=None)
@given(CURVES, st.booleans(), st.sampled_from(["", "負荷と応答時間", "Load and time"]))
def test_no_chart_has_a_flaw(curves, log, title):
    drawn = draw.chart(curves, "ja", title=title, x="負荷", y="p50 (ms)", log=log)
    assert flaws(drawn.picture) == []
    assert drawn.svg == draw.chart(curves, "ja", title=title, x="負荷", y="p50 (ms)", log=log).svg


@settings(max_examples=150, deadline=None)
@given(CURVES, st.booleans())
def test_every_point_lies_on_the_plot(curves, log):
    """Inside the axes, and higher where the value is larger."""
    picture = draw.chart(curves, log=log).picture
    ticks = [shape for shape in picture if isinstance(shape, Text) and shape.anchor == "end"]
    top, bottom = min(tick.y for tick in ticks) - 4, max(tick.y for tick in ticks) - 4
    marks = [shape for shape in picture if isinstance(shape, Path) and shape.role.startswith("tip-")]
    assert len(marks) == sum(map(len, curves.values()))
    assert all(top - 0.1 <= mark.y <= bottom + 0.1 for mark in marks)


def test_values_and_axes_are_told_in_words():
    drawn = draw.chart({"p99": [(0.5, 20), (0.9, 80)]}, "en", title="Times", x="load", y="ms")
    assert drawn.text.splitlines() == ["Times", "p99: load 0.5 → ms 20, load 0.9 → ms 80"]


def test_curves_are_told_apart_without_colour():
    drawn = draw.chart({name: [(1, 1), (2, 2)] for name in "abcd"})
    marks = {shape.role: shape.commands for shape in drawn.picture if isinstance(shape, Path) and "tip" in shape.role}
    assert len(set(marks.values())) == 4


@pytest.mark.parametrize(
    ("curves", "log"),
    [({}, False), ({"a": []}, False), ({"a": [(0, 0)]}, True), ({"a": [(0, float("nan"))]}, False)],
)
def test_what_cannot_be_drawn_is_refused(curves, log):
    with pytest.raises(Misuse, match="one to 4 curves"):
        draw.chart(curves, "en", log=log)


def test_too_many_curves_are_refused():
    with pytest.raises(Misuse, match="5 curve"):
        draw.chart({name: [(1, 1)] for name in "abcde"})


def test_the_name_of_a_curve_is_in_the_voice_of_its_line() -> None:
    curves = {name: [(0, at), (1, at)] for at, name in enumerate("abcd")}
    picture = draw.chart(curves, x="x", y="y").picture
    assert picture is not None
    lines = [shape.role.removeprefix("line-") for shape in picture if shape.role.startswith("line-")]
    names = {shape.text: shape.role for shape in picture if isinstance(shape, Text) and shape.text in curves}
    assert [names[name] for name in "abcd"] == [f"label-curve-{voice}" for voice in lines]
    assert len(set(lines)) == 4
