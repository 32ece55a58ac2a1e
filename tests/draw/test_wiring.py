"""Where the cards, labels and lines of a topology come to lie: in no one's way, and the same for all authorizations."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
from geometry import flaws, misplaced, points
from hypothesis import HealthCheck, given, settings
from traces import traces
from worlds import World

from authpatterns import catalogue, draw
from authpatterns.deployment import Deployment
from authpatterns.draw import graphviz, scenes, wiring
from authpatterns.draw.shapes import Box, Path, Picture, Text
from authpatterns.draw.topology import _undisturbed, survey
from authpatterns.draw.wiring import Card, Placed, Plan, Wire, Zone
from authpatterns.messages import Request
from authpatterns.trace import Trace

PAIRS = [(authn, authz) for authn in catalogue.AUTHENTICATION for authz in catalogue.AUTHORIZATION]
BIG = (100.0, 60.0)


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize(("authn", "authz"), PAIRS)
def test_nothing_is_in_the_way_of_anything(authn: str, authz: str, lang: str) -> None:
    assert misplaced(_drawn(scenes.visited(authn, authz), lang)) == []


@pytest.mark.parametrize(
    ("authn", "authz"),
    [("sso", "centralized"), ("sso-gateway", "delegated"), ("jwt-gateway", "hybrid"), ("aws-jwt-authorizer", "hybrid")],
)
def test_nor_is_it_where_many_go_everywhere(authn: str, authz: str) -> None:
    picture = _drawn(_busy(authn, authz).trace, "ja")
    assert misplaced(picture) == flaws(picture) == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(traces())
def test_nor_is_it_in_any_trace(trace: Trace) -> None:
    drawing = draw.topology(trace, "ja")
    assert drawing.picture is None or misplaced(drawing.picture) == []


def test_the_check_sees_what_is_misplaced() -> None:
    sheet = Picture(400, 400, "", "", "en")
    sheet.add(Box("zone-client", 0, 0, 100, 100), Box("zone-inside", 110, 0, 100, 100))
    sheet.add(Box("card-client", 20, 20, 60, 60), Box("card-inside", 70, 30, 60, 60), Box("pill", 90, 40, 40, 20))
    sheet.add(Box("zone-edge", 300, 0, 50, 50), Path("link-1", 290, 48, "l20 12"))
    sheet.add(Path("link-1", 0, 50, "l90 0"), Path("link-1", 20, 21, "l-10 0"), Path("tip-answer", 20, 25, "l-9 4"))
    found = "\n".join(misplaced(sheet))
    for fault in (
        "upon Box",
        "on the border of",
        "close to",
        "runs through",
        "a line through",
        "at a corner of",
        "meet at",
    ):
        assert fault in found


@pytest.mark.parametrize("authn", catalogue.AUTHENTICATION)
def test_the_four_authorizations_of_one_authentication_have_one_order(authn: str) -> None:
    layouts = [_cards(_drawn(scenes.visited(authn, authz), "en")) for authz in catalogue.AUTHORIZATION]
    shared = set.intersection(*(set(cards) for cards in layouts))
    assert {"alice", "orders"} <= shared
    assert len({_order(shared, cards) for cards in layouts}) == 1


def _order(names: set[str], cards: dict[str, Box]) -> tuple[tuple[str, ...], ...]:
    """From left to right, and in each zone from top to bottom."""
    zones = sorted({cards[name].role for name in names})
    rows = [
        sorted((name for name in names if cards[name].role == zone), key=lambda name: cards[name].y) for zone in zones
    ]
    return (*map(tuple, rows), tuple(sorted(names, key=lambda name: (round(cards[name].x, -2), name))))


def test_zones_stand_side_by_side_whoever_calls() -> None:
    placed = _lay_out(["outside>inside", "inside>client", "outside>client", "client>edge"])
    frames = [placed.zones[zone] for zone in ("client", "edge", "inside", "outside")]
    assert all(left.right < right.x for left, right in pairwise(frames))
    assert [line.leftwards for line in placed.lines] == [True, True, True, False]


def test_calls_in_a_circle_are_laid_out() -> None:
    placed = _lay_out(["a>b", "b>c", "c>a", "b>a", "a>d"], zone="inside")
    assert placed.cards["a"].right < placed.cards["b"].x < placed.cards["b"].right < placed.cards["c"].x
    assert [line.leftwards for line in placed.lines] == [False, False, True, True, False]


def test_an_arrow_ends_at_who_was_called() -> None:
    for line in _lay_out(["a>b", "b>a"], zone="inside").lines:
        label, tip = line.label[0], line.tip[0]
        assert (tip < label) == line.leftwards
        assert abs(tip - label) > abs(line.neck[0] - label)


@pytest.mark.parametrize(
    ("authn", "authz", "passed"),
    [("jwt", "distributed", "orders"), ("jwt-gateway", "hybrid", "orders"), ("sso", "centralized", "pdp")],
)
def test_a_line_stays_inside_the_zone_whose_cards_it_passes(authn: str, authz: str, passed: str) -> None:
    for shop in (scenes.visited(authn, authz), _busy(authn, authz)):
        picture = _drawn(shop, "en")
        zone = next(box for box in _boxes(picture) if box.role == "zone-inside")
        card = _cards(picture)[passed]
        paths = [path for path in picture if isinstance(path, Path) and path.role.startswith("link-")]
        lines = [line for line in map(list, map(points, paths)) if line[0][0] < card.x and line[-1][0] > card.right]
        own = [line for line in lines if zone.x < line[0][0] or line[-1][0] < zone.right]
        assert own
        for line in own:
            assert all(zone.y + 8 < y < zone.bottom - 8 for x, y in line if zone.x + 10 < x < zone.right - 10)


def test_a_line_that_passes_cards_is_straight() -> None:
    picture = _drawn(scenes.visited("sso", "distributed"), "en")
    zone = next(box for box in _boxes(picture) if box.role == "zone-inside")
    paths = [list(points(path)) for path in picture if isinstance(path, Path) and path.role.startswith("link-")]
    (passing,) = (line for line in paths if line[0][0] < zone.x and line[-1][0] > zone.right)
    assert max(y for _, y in passing) - min(y for _, y in passing) < 3
    assert passing[0][1] > zone.bottom


def test_a_line_does_not_swing_out_above_or_below_both_of_its_ends() -> None:
    for path in _drawn(_busy("sso-gateway", "delegated"), "en"):
        if isinstance(path, Path) and path.role.startswith("link-"):
            heights = [y for _, y in points(path)]
            low, high = sorted((heights[0], heights[-1]))
            assert low - 3 < min(heights) <= max(heights) < high + 3


def test_the_gaps_are_wider_where_many_lines_run_beside_each_other() -> None:
    few, many = (
        draw.topology(of, "en").picture for of in (scenes.visited("sso", "distributed"), _busy("sso", "distributed"))
    )
    gaps = []
    for picture in (few, many):
        assert picture is not None
        pills = [box for box in _boxes(picture) if box.role == "pill"]
        client = next(box for box in _boxes(picture) if box.role == "zone-client")
        gaps.append(min(pill.x for pill in pills) - client.right)
    assert gaps[1] > 1.5 * gaps[0] > 30


def test_what_stands_at_the_left_gives_way_to_a_line() -> None:
    name = Box("zone-plate-inside", 0, 0, 40, 15)
    assert _undisturbed(name, 10, 200, []).x == 10
    assert _undisturbed(name, 10, 200, [(20, 5)]).x == 160
    assert _undisturbed(name, 10, 200, [(20, 5), (170, 5)]).x == 85


def test_cards_without_any_line_keep_their_column() -> None:
    shop = catalogue.deploy("jwt", "delegated", seed=7)
    shop.user("alice")
    cards = _cards(_drawn(shop, "en"))
    assert cards["alice"].right < cards["orders"].x < cards["orders"].right < cards["authz-provider"].x
    assert {"payments", "shipping"} <= set(cards)


def test_whoever_has_no_traffic_stands_small_at_the_foot() -> None:
    for lang, said in (("en", "no traffic"), ("ja", "通信なし")):
        picture = _drawn(scenes.visited("jwt", "centralized"), lang)
        texts = {text.text: text for text in picture if isinstance(text, Text)}
        assert said in texts
        assert texts["orders"].role == "name"
        assert texts["payments"].role == texts["shipping"].role == "kind"
        assert texts["auth"].y < texts[said].y < texts["payments"].y < texts["shipping"].y


def test_a_curve_in_a_narrow_gap_does_not_swing_out() -> None:
    for authn, authz in PAIRS:
        for path in _drawn(scenes.visited(authn, authz), "en"):
            if isinstance(path, Path) and path.role.startswith("link-") and path.commands.count(" ") == 5:
                line = list(points(path))
                assert all(line[0][0] - 0.1 <= x <= line[-1][0] + 0.1 for x, _ in line)


def test_somebody_from_elsewhere_is_drawn_too() -> None:
    shop = catalogue.deploy("jwt", seed=7)
    shop.trace.send(0.0, "stranger", "orders", Request.get("/"), None, None)
    assert [party.name for party in survey(shop).parties][-1] == "stranger"
    assert "stranger" in _cards(_drawn(shop, "en"))


def test_the_layout_is_the_same_each_time() -> None:
    one, two = (draw.topology(World().everything(), "en").svg for _ in range(2))
    assert one == two


def test_a_system_dot_of_any_age_lays_out_the_same_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    if graphviz._by_system("digraph {}") is None:
        pytest.skip("no system dot")
    monkeypatch.setattr(graphviz, "_by_wasm", lambda _: None)
    for authn, authz in PAIRS:
        assert misplaced(_drawn(scenes.visited(authn, authz), "en")) == []


def _drawn(of: Deployment | Trace, lang: str) -> Picture:
    picture = draw.topology(of, lang, title="A title").picture
    assert picture is not None
    return picture


def _busy(authn: str, authz: str) -> Deployment:
    shop = catalogue.deploy(authn, authz, seed=7)
    for name in ("alice", "bob", "dave"):
        person = shop.user(name)
        person.sign_in()
        for path in ("/orders/1", "/payments/1", "/orders/1/tracking", "/shipping/1"):
            person.get(path)
        person.sign_out()
    return shop


def _boxes(picture: Picture) -> Iterator[Box]:
    return (shape for shape in picture if isinstance(shape, Box))


def _cards(picture: Picture) -> dict[str, Box]:
    names = [shape for shape in picture if isinstance(shape, Text) and shape.role == "name"]
    cards = [box for box in _boxes(picture) if box.role.startswith("card-")]
    return {name.text: next(card for card in cards if card.holds(name.box)) for name in names}


def _lay_out(calls: list[str], zone: str = "") -> Placed:
    pairs = [call.split(">") for call in calls]
    names = list(dict.fromkeys(name for pair in pairs for name in pair))
    zones = [zone] if zone else ["client", "edge", "inside", "outside"]
    placed = wiring.lay_out(
        Plan(
            tuple(Zone(name, BIG) for name in zones),
            tuple(Card(name, zone or name, BIG) for name in names),
            tuple(Wire(source, target, 1, (40.0, 20.0)) for source, target in pairs),
        )
    )
    assert placed is not None
    return placed
