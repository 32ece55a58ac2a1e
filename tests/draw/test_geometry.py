"""No label is cut, covered or crossed: computed over all pictures of the project and over generated traces."""

from __future__ import annotations

import pytest
from geometry import flaws
from hypothesis import HealthCheck, given, settings
from traces import SECRET, traces
from worlds import World, repeated

from authpatterns import draw
from authpatterns.draw import gallery
from authpatterns.draw.shapes import Box, Line, Picture, Text
from authpatterns.messages import Request
from authpatterns.trace import Party, Trace

SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize("plate", gallery.plates_of_gallery(), ids=lambda plate: plate.name)
def test_no_picture_of_the_gallery_has_a_flaw(plate: gallery.Plate, lang: str) -> None:
    picture = plate.drawing(lang).picture
    assert picture is not None
    assert flaws(picture) == []


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize("highlight", [None, 1, 38])
def test_a_trace_with_everything_in_it_has_no_flaw(lang: str, highlight: int | None) -> None:
    drawn = draw.sequence(World().everything(), lang, title="Everything", highlight=highlight, upto=40)
    assert _flaws(drawn) == []


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_a_folded_and_cut_diagram_has_no_flaw(lang: str) -> None:
    assert _flaws(draw.sequence(repeated(9), lang, limit=5)) == []
    assert _flaws(draw.sequence(repeated(9), lang, fold=False, limit=60)) == []


@SLOW
@given(traces())
def test_a_sequence_diagram_of_any_trace_has_no_flaw(trace: Trace) -> None:
    for lang in ("ja", "en"):
        assert _flaws(draw.sequence(trace, lang, highlight=2)) == []


@SLOW
@given(traces())
def test_a_timeline_and_a_table_of_credentials_of_any_trace_have_no_flaw(trace: Trace) -> None:
    for lang in ("ja", "en"):
        assert _flaws(draw.timeline(trace, lang)) == []
        assert _flaws(draw.credentials(trace, lang, title="秘密")) == []


@SLOW
@given(traces(most=8), traces(most=8))
def test_a_comparison_of_any_two_traces_has_no_flaw(left: Trace, right: Trace) -> None:
    assert _flaws(draw.compare(left, right, "ja", titles=("左", "右"))) == []


@SLOW
@given(traces())
def test_a_topology_of_any_trace_has_no_flaw(trace: Trace) -> None:
    assert _flaws(draw.topology(trace, "ja")) == []


def test_an_edge_label_keeps_clear_of_tall_cards_above_each_other() -> None:
    """Found by hypothesis: no free place near Graphviz's, and the label came to lie upon "calls itself ×2"."""
    trace = Trace(0)
    for name, kind, zone in (
        ("bob", "service", "client"),
        ("注文サービス", "browser", "edge"),
        ("gateway", "gateway", "outside"),
    ):
        trace.parties[name] = Party(name, kind, zone)
    sign_in = Request.post("/", form={"password": SECRET, "code": "1"})
    back = Request.get("/callback?code=1&state=2")
    for source, target, request in (
        ("gateway", "gateway", sign_in),
        ("gateway", "bob", sign_in),
        ("gateway", "gateway", sign_in),
        ("gateway", "bob", sign_in),
        ("bob", "注文サービス", back),
        ("bob", "gateway", sign_in),
        ("注文サービス", "gateway", sign_in),
    ):
        trace.send(0.0, source, target, request, None, None)
    assert _flaws(draw.topology(trace, "en")) == []
    assert _flaws(draw.topology(trace, "ja")) == []


def test_the_check_sees_what_is_wrong() -> None:
    sheet = Picture(100, 100, "", "", "en")
    sheet.add(Text("label", 50, 50, "across", 12), Line("lane", 50, 0, 50, 100), Text("foot", 60, 50, "upon", 12))
    sheet.add(Text("title", 90, 20, "cut off at the edge", 12, "start"), Box("frame", 30, 48, 20, 20))
    found = "\n".join(flaws(sheet))
    assert "'across' meets lane" in found
    assert "'across' meets frame" in found
    assert "text on text: 'across' and 'upon'" in found
    assert "outside the sheet" in found
    sheet.add(Box("plate", 0, 30, 100, 40))
    assert "meets lane" not in "\n".join(flaws(sheet))


def _flaws(drawing: draw.Drawing) -> list[str]:
    return [] if drawing.picture is None else flaws(drawing.picture)
