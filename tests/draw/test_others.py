"""Timeline, credentials, comparison, and the gallery."""

from __future__ import annotations

from pathlib import Path as File

import pytest
from worlds import World, repeated

from authpatterns import draw, faults, words
from authpatterns.draw import gallery, scenes
from authpatterns.draw.compare import align
from authpatterns.draw.credentials import holdings
from authpatterns.draw.shapes import Box, Picture, Text
from authpatterns.draw.story import tell
from authpatterns.draw.timescale import scale
from authpatterns.trace import Trace

DIAGRAMS = File(__file__).parents[2] / "diagrams"


# --- timeline


def test_time_runs_to_the_right_and_quiet_stretches_are_shortened() -> None:
    moments = [0.0, 0.001, 0.002, 0.003, 960.0, 960.001]
    found = scale(moments, 10)
    places = [found.at(moment) for moment in moments]
    assert places == sorted(places)
    assert len(set(places)) == len(moments)
    assert found.breaks == {3}
    assert places[4] - places[3] < 100


def test_a_bar_lies_in_the_lane_of_its_node_and_says_how_it_ended() -> None:
    picture = draw.timeline(World().everything()).picture
    assert picture is not None
    texts = [shape.text for shape in picture if isinstance(shape, Text)]
    assert "GET /orders/1 ← gateway · timeout" in texts
    assert "GET /orders/2 ← gateway · 403 refused" in texts
    assert "GET /orders/1 → gateway · connection refused" in texts
    assert {"span-answer", "span-refused", "span-failed"} <= {shape.role for shape in picture}


def test_what_a_timeline_leaves_out_is_said() -> None:
    drawn = draw.timeline(repeated(3), limit=4)
    assert drawn.text.endswith(f"{len(repeated(3)) - 4} more requests are not drawn")
    assert any("more requests are not drawn" in s.text for s in drawn.picture or () if isinstance(s, Text))


def test_a_long_path_gives_way_to_how_it_ended() -> None:
    world = World()
    world.get("/orders/" + "x/" * 60)
    picture = draw.timeline(world.trace).picture
    texts = [shape.text for shape in picture or () if isinstance(shape, Text) and shape.text[:4] == "GET "]
    assert texts
    assert all("… → gateway · " in text or "… ← " in text for text in texts)
    assert not any(text.endswith("…") for text in texts)


# --- credentials


def test_who_holds_what_is_read_from_the_messages() -> None:
    held = {secret.name: secret.holders for secret in holdings(_visit("session"))}
    assert held["password"]["alice"].how == "typed"
    assert set(held["password"]) == {"alice", "auth"}
    cookie = held["__Host-session"]
    assert cookie["auth"].origin
    assert cookie["alice"].how == "cookie-http-only"
    assert cookie["alice"].ended is not None
    assert cookie["orders"].how == "got-cookie"


def test_a_token_in_a_body_is_within_reach_of_scripts() -> None:
    held = {secret.name: secret.holders for secret in holdings(_visit("jwt"))}
    assert held["access_token"]["alice"].how == "script-body"
    assert held["access_token"]["orders"].how == "got-header"
    assert "orders" not in held["refresh_token"]


def test_a_jwt_behind_a_gateway_never_reaches_the_client() -> None:
    for secret in holdings(_visit("jwt-gateway")):
        assert "alice" not in secret.holders or not secret.mark.startswith("jwt")


def test_a_message_to_nobody_gives_nothing_away() -> None:
    world = World()
    with world.net.rule(faults.Outage("gateway")):
        world.get("/orders/1")
    assert holdings(world.trace) == []


def _visit(authn: str) -> Trace:
    return scenes.visited(authn, "distributed").trace


# --- compare


def _order(down: bool) -> Trace:
    world = World()
    if not down:
        world.get("/orders/1")
        return world.trace
    with world.net.rule(faults.Outage("pdp")):
        world.get("/orders/1")
    return world.trace


def test_rows_in_common_stand_beside_each_other_and_others_are_marked() -> None:
    pairs = list(align(tell(_order(False)), tell(_order(True))))
    marks = [pair.mark for pair in pairs]
    assert marks[:8] == ["same"] * 8
    assert marks[8:] == ["differs", "left", "left", "right", "differs", "differs"]


def test_a_trace_compared_with_itself_has_no_mark() -> None:
    drawn = draw.compare(_order(False), _order(False))
    assert {"glow", "missing", "sign"} & {shape.role for shape in drawn.picture or ()} == set()
    assert not [line for line in drawn.text.splitlines()[3:] if line[0] in "+−"]


def test_a_difference_is_marked_by_a_sign_and_in_words() -> None:
    drawn = draw.compare(_order(False), _order(True))
    roles = [shape.role for shape in drawn.picture or ()]
    assert roles.count("sign") == 6
    assert any(line.startswith("+ ") and "nobody is listening" in line for line in drawn.text.splitlines())


# --- gallery


@pytest.mark.parametrize(("name", "text"), [pytest.param(*pair, id=pair[0]) for pair in gallery.files()])
def test_diagrams_are_fresh(name: str, text: str) -> None:
    """`python -m authpatterns diagrams` has been run since the last change."""
    assert (DIAGRAMS / name).read_bytes() == text.encode(), "stale: run `python -m authpatterns diagrams`"


def test_nothing_else_lies_in_the_gallery() -> None:
    found = {str(path.relative_to(DIAGRAMS)) for path in DIAGRAMS.rglob("*") if path.is_file()}
    assert found == {name for name, _ in gallery.files()}


@pytest.mark.parametrize("plate", gallery.plates_of_gallery(), ids=lambda plate: plate.name)
def test_the_two_languages_show_the_same_picture_once_the_words_are_blanked(plate: gallery.Plate) -> None:
    one, other = (_blanked(plate.drawing(lang).picture) for lang in words.LANGUAGES)
    assert one == other


def _blanked(picture: Picture | None) -> list[str]:
    """Shapes by role in order of drawing, without texts and without the plates that only their length decides on."""
    assert picture is not None
    texts = (Text,)
    plates = ("plate", "glow-plate")
    shown = [
        shape.role
        for shape in picture
        if not isinstance(shape, texts) and not (isinstance(shape, Box) and shape.role in plates)
    ]
    numbers = [shape.text for shape in picture if isinstance(shape, Text) and shape.role.startswith("number")]
    return shown + numbers


def test_the_page_of_the_gallery_names_every_picture(tmp_path: File) -> None:
    written = gallery.write_gallery(tmp_path)
    for lang in words.LANGUAGES:
        page = (tmp_path / lang / "README.md").read_text()
        for file in written:
            assert file.parent.name != lang or file.suffix != ".svg" or f"]({file.name})" in page


def test_a_saved_drawing_is_the_svg(tmp_path: File) -> None:
    drawn = draw.sequence(repeated(1))
    assert drawn.save(tmp_path / "one.svg").read_text() == drawn.svg
