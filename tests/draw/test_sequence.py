"""What a sequence diagram says, and that it says it with shapes and words, not with colour alone."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from traces import SECRET, traces
from worlds import GARBAGE, HOSTILE, World, repeated

from authpatterns import Deployment, Distributed, Hybrid, Jwt, JwtGateway, draw, faults, words
from authpatterns.deployment import Person
from authpatterns.draw import labels, scenes
from authpatterns.draw.shapes import Box, Line, Path, Text
from authpatterns.draw.story import Banner, Heading, Message, Remark, tell
from authpatterns.messages import FORM, Headers, Request, Response
from authpatterns.network import Rule
from authpatterns.pattern import Authorization
from authpatterns.trace import Note, Party, Trace


def _texts(drawing: draw.Drawing, role: str = "") -> list[str]:
    assert drawing.picture is not None
    return [shape.text for shape in drawing.picture if isinstance(shape, Text) and (not role or shape.role == role)]


def _roles(drawing: draw.Drawing) -> list[str]:
    assert drawing.picture is not None
    return [shape.role for shape in drawing.picture]


def test_every_message_is_an_arrow_with_a_number_of_its_own() -> None:
    trace = World().everything()
    numbers = [row.number for row in tell(trace, fold=False, limit=None).arrows]
    assert numbers == list(range(1, len(numbers) + 1))
    drawn = draw.sequence(trace, fold=False)
    assert sorted(int(text) for text in _texts(drawn, "number") + _texts(drawn, "number-answer")) == numbers


def test_a_request_shows_method_path_and_the_credential_by_fingerprint() -> None:
    shop = Deployment(Jwt(), Distributed(), seed=7)
    shop.user("alice").sign_in()
    shop.user("alice").get("/orders/1?page=2")
    said = draw.transcript(shop.trace)
    mark = labels.request_label(shop.trace.hops[1].request, "en").details[0]
    assert mark.startswith("Authorization: Bearer jwt#")
    assert f"alice → orders: GET /orders/1?page=2 | {mark}" in said
    assert "POST /auth/sign-in | password#" in said


def test_an_answer_shows_status_reason_and_what_it_hands_out() -> None:
    world = World()
    world.sign_in()
    label = labels.answer_label(world.trace.hops[0].response, "answer", "en")
    assert label.head == "200 OK"
    assert [detail.partition("#")[0] for detail in label.details] == [
        "Set-Cookie: __Host-session=opaque",
        "access_token: jwt",
        "refresh_token: opaque",
    ]


@pytest.mark.parametrize(
    ("kind", "badge", "word"),
    [("refused", "badge-refused", "refused"), ("failed", "badge-failed", "failed"), ("lost", "cross", "timeout")],
)
def test_a_no_and_a_failure_differ_from_a_yes_by_shape_and_by_word(kind: str, badge: str, word: str) -> None:
    trace = World().everything()
    rows = [row for row in tell(trace).arrows if row.kind == kind]
    assert rows
    assert any(word in row.head for row in rows)
    drawn = draw.sequence(trace)
    outlines = {s.role: s.commands for s in drawn.picture or () if isinstance(s, Path)}
    assert outlines[badge] not in (outlines["badge-answer"], outlines["badge-request"])


def test_an_answer_after_a_timeout_is_late_and_says_so() -> None:
    late = [row for row in tell(World().everything()).arrows if row.kind == "late"]
    assert [row.hop.target for row in late] == ["orders"]
    assert "too late" in late[0].head


def test_groups_begin_where_somebody_does_something_new() -> None:
    titles = [row.title for row in tell(World().everything()).rows if isinstance(row, Heading)]
    assert titles[:3] == ["alice signs in", "alice signs in", "alice asks for /orders/1"]
    assert titles[-1] == "bob posts to /callback"


def test_interleaved_acts_are_told_apart() -> None:
    trace = Trace()
    for name in ("tab-1", "tab-2", "auth"):
        trace.parties[name] = Party(name, "browser" if name != "auth" else "auth", "client")
    for name in ("tab-1", "tab-2"):
        trace.begin_act(name, "refresh")
    hops = [trace.send(0, f"tab-{n}", "auth", Request.post("/refresh"), None, n) for n in (1, 2)]
    trace.give_up(1, hops[0], "timeout")
    titles = [row.title for row in tell(trace).rows if isinstance(row, Heading)]
    assert titles == [
        "tab-1 asks for a fresh token",
        "tab-2 asks for a fresh token",
        "tab-1 asks for a fresh token (continued)",
    ]


def test_notes_of_one_node_at_one_moment_share_a_box() -> None:
    remarks = [row for row in tell(World().everything()).rows if isinstance(row, Remark)]
    joined = next(remark for remark in remarks if len(remark.sentences) == 2)
    assert joined.node == "auth"
    assert joined.sentences[0] == "alice has typed the right password."
    assert {remark.tone for remark in remarks} == {"note", "refusal", "failure"}


def test_what_repeats_is_folded_and_counted() -> None:
    whole, folded = tell(repeated(9), fold=False, limit=None), tell(repeated(9))
    assert whole.messages == folded.messages
    banner = next(row for row in folded.rows if isinstance(row, Banner))
    each = len(whole.arrows) // 9
    assert banner.text == f"the same again, 8 times (messages {each + 1} to {9 * each})"
    assert len(folded.arrows) == each


def test_what_differs_in_its_secrets_alone_is_a_repeat() -> None:
    """Somebody tries one password after the other."""
    world = World()
    for number in range(5):
        world.sign_in(f"guess-{number}")
    story = tell(world.trace)
    assert [row.times for row in story.rows if isinstance(row, Banner)] == [4]
    assert len(story.arrows) == 2


def test_what_differs_in_what_is_said_is_no_repeat() -> None:
    """The heads of the answers are the same, the decisions are not."""
    trace = Trace()
    for number in range(6):
        hop = trace.send(number / 100, "orders", "pdp", Request.post("/evaluation"), None, None)
        trace.answer(number / 100, hop, Response.of({"decision": number % 3 == 0}))
    assert not [row for row in tell(trace).rows if isinstance(row, Banner)]


def test_what_repeats_only_twice_is_drawn_twice() -> None:
    assert not [row for row in tell(repeated(2)).rows if isinstance(row, Banner)]


def test_a_long_trace_is_cut_and_says_so() -> None:
    story = tell(World().everything(), limit=10)
    assert len(story.arrows) == 10
    assert story.rows[-1] == Banner("cut", f"the last {story.messages - 10} of {story.messages} messages are not drawn")


def test_a_cut_saves_more_than_a_few_messages() -> None:
    trace = World().everything()
    count = tell(trace, limit=None).messages
    assert len(tell(trace, fold=False, limit=count - 7).arrows) == count
    assert len(tell(trace, fold=False, limit=count - 9).arrows) == count - 9


def test_what_is_said_of_the_cut_is_never_faint() -> None:
    drawn = draw.sequence(World().everything(), upto=3, limit=10)
    assert [shape.dim for shape in drawn.picture or () if isinstance(shape, Text) and shape.role == "banner"] == [False]


def test_a_cut_leaves_no_heading_without_a_message() -> None:
    trace = World().everything()
    for limit in range(1, 38):
        rows = tell(trace, fold=False, limit=limit).rows
        assert not isinstance(rows[-2], Heading | Banner)


def test_who_has_not_answered_where_the_rest_is_left_out_works_on_until_there() -> None:
    trace = repeated(1)
    whole, cut = (draw.sequence(trace, limit=limit).picture for limit in (None, 4))
    assert whole is not None
    assert cut is not None
    ends = [shape.bottom for shape in cut if isinstance(shape, Box) and shape.role == "bar"]
    rule = next(shape.y1 for shape in cut if isinstance(shape, Line) and shape.role == "rule")
    assert sorted(ends)[-2:] == [pytest.approx(rule, abs=21)] * 2
    assert len(trace) == 5


def test_no_bar_sticks_out_of_a_frame() -> None:
    for trace, limit in ((repeated(1), 4), (World().everything(), None)):
        shapes = list(draw.sequence(trace, limit=limit).picture or ())
        frames = [shape for shape in shapes if isinstance(shape, Box) and shape.role == "frame"]
        bars = [shape for shape in shapes if isinstance(shape, Box) and shape.role == "bar"]
        assert len(bars) > 2
        assert not [
            bar for bar in bars for frame in frames if frame.y < bar.bottom and bar.bottom - frame.bottom in (1, 2)
        ]
        assert max(bar.bottom for bar in bars) <= max(frame.bottom for frame in frames)


def test_time_that_passes_is_shown() -> None:
    banners = [row.text for row in tell(World().everything()).rows if isinstance(row, Banner)]
    assert "16 min later" in banners


HASHED = "the six digits after {} are not the value, but the first of its SHA-256"


def test_the_foot_says_what_digits_are_and_that_a_key_in_a_store_is_a_hash() -> None:
    """Else a reader takes the store for one that has the cookie itself."""
    foots = {
        authn: draw.sequence(scenes.visited(authn, "distributed").trace, "en").text.rpartition(" · ")[2]
        for authn in ("session", "jwt")
    }
    assert foots == {"session": HASHED.format("# and session:"), "jwt": HASHED.format("#")}
    trace = Trace()
    trace.send(0, "alice", "orders", Request.get(f"/key:{'ab12' * 8}", {"authorization": "Bearer other"}), None, None)
    assert draw.sequence(trace).text.endswith(HASHED.format("#"))
    assert "SHA-256" not in draw.sequence(trace.where(lambda _: False)).text
    trace = Trace()
    trace.send(0, "alice", "orders", Request.get(f"/key:{'ab12' * 8}"), None, None)
    assert "SHA-256" not in draw.sequence(trace).text


def test_a_comparison_says_once_for_both_sides_what_digits_are() -> None:
    session, jwt = (scenes.visited(authn, "distributed").trace for authn in ("session", "jwt"))
    for one, other in ((session, jwt), (jwt, session)):
        drawn = draw.compare(one, other)
        assert drawn.text.count("SHA-256") == " ".join(_texts(drawn, "foot")).count("SHA-256") == 1
        assert drawn.text.endswith(HASHED.format("# and session:"))


def test_the_footer_names_seed_and_virtual_time() -> None:
    foot = "seed 7 · virtual time 0 s to 962.04 s · messages: 47 · "
    assert " · ".join(_texts(draw.sequence(World().everything()), "foot")) == foot + HASHED.format("#")


def test_the_footer_is_wrapped_where_the_sheet_is_narrow() -> None:
    trace = Trace(parties={"a": Party("a", "a", "inside")})
    trace.send(0, "a", "a", Request.get("/"), None, None)
    drawn = draw.sequence(trace)
    assert _texts(drawn, "foot") == ["seed 0", "virtual time 0 s to 0 s", "messages: 1"]
    assert drawn.picture is not None
    assert drawn.picture.width < 220


def test_heads_show_name_kind_and_a_sign_for_it() -> None:
    drawn = draw.sequence(repeated(1), "ja")
    assert _texts(drawn, "name") == ["alice", "gateway", "auth", "orders", "pdp"]
    assert _texts(drawn, "kind")[1] == "APIゲートウェイ"
    icons = [shape.commands for shape in drawn.picture or () if isinstance(shape, Path) and shape.role == "icon"]
    assert len(set(icons)) == 5


def test_one_message_is_marked_and_later_ones_are_faint() -> None:
    drawn = draw.sequence(repeated(1), highlight=3, upto=3)
    assert [shape.role for shape in drawn.picture or () if isinstance(shape, Box)].count("glow") == 1
    faint = {shape.text for shape in drawn.picture or () if isinstance(shape, Text) and shape.dim}
    assert {"4", "5"} <= faint
    assert not {"1", "2", "3"} & faint
    bars = [shape for shape in drawn.picture or () if isinstance(shape, Box) and shape.role == "bar"]
    (whole,) = [bar for bar in bars if not bar.dim and bar.bottom in [other.y for other in bars if other.dim]]
    assert [other.dim for other in bars if other.x == whole.x] == [False, True]
    assert "glow" not in _roles(draw.sequence(repeated(1)))


def test_an_activation_bar_reaches_from_request_to_answer() -> None:
    drawn = draw.sequence(repeated(1))
    bars = [shape for shape in drawn.picture or () if isinstance(shape, Box) and shape.role == "bar"]
    assert len(bars) == len(repeated(1))
    assert all(bar.h > 20 for bar in bars)


def test_an_unreachable_node_has_no_bar() -> None:
    world = World()
    with world.net.rule(faults.Outage("gateway")):
        world.get("/orders/1")
    assert "bar" not in _roles(draw.sequence(world.trace))


def test_nothing_flowed_is_said() -> None:
    assert draw.sequence(Trace(), "ja").text == "まだ何も送信されていない。"
    assert "まだ何も" in draw.sequence(Trace(), "ja").svg


def test_a_message_to_oneself_is_a_loop() -> None:
    trace = World().everything()
    loops = [row for row in tell(trace).arrows if row.source == row.target]
    assert loops
    assert "h14a6 6 0 0 1 0 12h-8" in draw.sequence(trace).svg


def test_long_random_names_are_cut_but_words_are_not() -> None:
    assert labels.short("/session:c7308490cd6418fc44af43a42f6beab9?ex=1800") == "/session:c73084…?ex=1800"
    assert labels.short("/.well-known/openid-configuration") == "/.well-known/openid-configuration"


def test_hostile_text_stays_text() -> None:
    trace = Trace()
    trace.parties["a<b>&\"'"] = Party("a<b>&\"'", "service", "inside")
    hop = trace.send(0, "a<b>&\"'", "a<b>&\"'", HOSTILE, None, None)
    trace.answer(0.1, hop, GARBAGE)
    svg = draw.sequence(trace).svg
    assert "<script" not in svg
    assert "\x00" not in svg
    import xml.etree.ElementTree as ET

    ET.fromstring(svg)


@settings(max_examples=80, deadline=None)
@given(traces())
def test_no_form_of_any_trace_gives_a_secret_away(trace: Trace) -> None:
    for lang in words.LANGUAGES:
        for form in draw.FORMATS:
            assert SECRET not in draw.export(trace, form, lang)
        for drawing in (draw.timeline(trace, lang), draw.credentials(trace, lang), draw.topology(trace, lang)):
            assert SECRET not in drawing.html + drawing.svg + drawing.text


def test_a_secret_in_the_path_somebody_asks_for_is_not_in_the_title() -> None:
    trace = Trace()
    act = trace.begin_act("alice", "get", f"/callback?code={SECRET}")
    trace.send(0, "alice", "orders", Request.get("/"), None, act.id)
    assert SECRET not in draw.sequence(trace).svg + trace.to_json()


def test_messages_are_of_the_known_kinds() -> None:
    kinds = {row.kind for row in tell(World().everything()).rows if isinstance(row, Message)}
    assert kinds == {"request", "answer", "refused", "failed", "late", "lost"}


# --- yes, no, and nothing there


@pytest.mark.parametrize(
    ("code", "tone"),
    [
        ("pdp.allowed", "note"),
        ("pdp.denied", "no"),
        ("introspection.active", "note"),
        ("introspection.answered-inactive", "no"),
        ("introspection.inactive", "refusal"),
        ("sso.not-signed-in", "refusal"),
        ("bundle.refused", "no"),
        ("authz.denied", "refusal"),
        ("network.refused", "failure"),
        ("a-reader's.own", "note"),
        ("a-reader's.not-so", "no"),
    ],
)
def test_a_note_that_says_no_is_neither_a_yes_nor_a_refusal(code: str, tone: str) -> None:
    assert labels.tone(Note("orders", None, 0.0, code)) == tone


@pytest.mark.parametrize(("status", "tone"), [(200, "no"), (303, "refusal"), (401, "refusal"), (None, "refusal")])
def test_who_answers_with_success_refuses_nothing(status: int | None, tone: str) -> None:
    trace = Trace()
    hop = trace.send(0, "gateway", "idp", Request.get("/"), None, None)
    trace.note(Note("idp", hop.id, 0, "oauth.revoked", (("subject", "alice"),)))
    if status is not None:
        trace.answer(1, hop, Response(status))
    (remark,) = [row for row in tell(trace).rows if isinstance(row, Remark)]
    assert remark.tone == tone


def test_a_no_has_a_look_and_a_sign_of_its_own() -> None:
    trace = Trace()
    for at, code in enumerate(("pdp.allowed", "pdp.denied", "sign-in.failed", "network.timeout")):
        hop = trace.send(at, "orders", "pdp", Request.get("/"), None, None)
        trace.note(Note("pdp", hop.id, at, code, tuple(dict.fromkeys(EVIDENCE).items())))
        trace.answer(at, hop, Response(401 if code == "sign-in.failed" else 200))
    shapes = draw.sequence(trace, fold=False).picture or ()
    surfaces = [
        shape.role for shape in shapes if isinstance(shape, Box) and shape.role in ("note", "nay", "alarm", "worry")
    ]
    signs = {
        shape.commands
        for shape in shapes
        if isinstance(shape, Path) and shape.role in ("tick", "barred", "stop", "cross")
    }
    assert surfaces == ["note", "nay", "alarm", "worry"]
    assert len(signs) == 4


EVIDENCE = ("subject", "action", "resource", "reason", "target", "seconds")


def _answered(response: Response, kind: str = "service", request: Request | None = None) -> Message:
    trace = Trace(parties={"node": Party("node", kind, "inside")})
    hop = trace.send(0, "alice", "node", request or Request.get("/"), None, None)
    trace.answer(0.1, hop, response)
    return tell(trace, "en").arrows[1]


@pytest.mark.parametrize("kind", ["store", "pip"])
def test_who_looks_up_and_finds_nothing_refuses_nothing(kind: str) -> None:
    found = _answered(Response(404), kind)
    assert (found.kind, found.head) == ("absent", "404 Not Found")
    assert _answered(Response(403), kind).kind == "refused"
    refused = _answered(Response(404))
    assert (refused.kind, refused.head) == ("refused", "404 Not Found · refused")


def test_nothing_found_looks_like_any_other_answer_in_every_form() -> None:
    trace = Trace(parties={"store": Party("store", "store", "inside")})
    hop = trace.send(0, "orders", "store", Request.get("/session:1"), None, None)
    trace.answer(0.1, hop, Response(404))
    assert "badge-answer" in _roles(draw.sequence(trace))
    assert "p0-->>p1: 404 Not Found" in draw.mermaid(trace)
    assert "p0 --> p1: 404 Not Found" in draw.plantuml(trace)
    assert "404 Not Found" in draw.timeline(trace).text
    assert "span-answer" in _roles(draw.timeline(trace))


@pytest.mark.parametrize(
    ("query", "kind", "head"),
    [
        ("code=1&state=2", "answer", "303 See Other → shop.example/callback"),
        ("error=login_required&state=2", "refused", "303 See Other · refused → shop.example/callback"),
        ("error=temporarily_unavailable", "failed", "303 See Other · failed → shop.example/callback"),
    ],
)
def test_a_redirect_that_brings_an_error_is_no_yes(query: str, kind: str, head: str) -> None:
    found = _answered(Response.redirect(f"https://shop.example/callback?{query}"))
    assert (found.kind, found.head) == (kind, head)


def test_what_decides_in_a_query_is_shown_beside_the_secrets() -> None:
    asked = labels.request_label(Request.get("/authorize?prompt=none&state=x&client_id=orders"), "en")
    assert (asked.head, asked.details[0], len(asked.details)) == ("GET /authorize", "?prompt=none", 2)
    sent_back = _answered(Response.redirect("https://shop.example/callback?error=login_required&state=2"))
    assert sent_back.details[0] == "?error=login_required"
    assert labels.request_label(Request.get("/authorize?prompt=none"), "en") == labels.Label(
        "GET /authorize?prompt=none"
    )


def test_a_message_is_told_in_the_order_of_its_parts() -> None:
    lines = {"cookie": "__Host-idp-browser=one", "authorization": "Bearer two", "content-type": FORM}
    asked = Request("POST", "/authorize?state=x&prompt=none", Headers.of(lines), "code=y")
    details = labels.request_label(asked, "en").details
    assert [detail.partition("opaque#")[0] for detail in details] == [
        "?prompt=none",
        "?state=",
        "Cookie: __Host-idp-browser=",
        "Authorization: Bearer ",
        "code: ",
    ]
    handed = Response.of({"active": True, "access_token": "z"}).with_header("set-cookie", "id=one")
    handed = handed.with_header("location", "https://shop.example/?error=no&code=w")
    details = labels.answer_label(handed, "answer", "en").details
    assert [detail.partition("opaque#")[0] for detail in details] == [
        "?error=no",
        "?code=",
        "Set-Cookie: id=",
        "active: true",
        "access_token: ",
    ]


def test_a_cookie_stays_in_one_piece_and_the_name_of_the_header_above_several() -> None:
    cookies = "__Host-idp-browser=one; __Host-idp-session=two"
    trace = Trace(parties={name: Party(name, "browser", "client") for name in "abcdefg"})
    for name in "bcdefg":
        trace.send(0, "a", name, Request.get("/authorize?state=x", {"cookie": cookies}), None, None)
    shown = _texts(draw.sequence(trace), "detail")[:4]
    assert [text.partition("opaque#")[0] for text in shown] == [
        "?state=",
        "Cookie:",
        "__Host-idp-browser=",
        "__Host-idp-session=",
    ]


def test_an_answer_says_which_cookies_it_takes_away() -> None:
    lines = (
        "kept=v; Path=/",
        "gone=; Path=/",
        "aged=v; Max-Age=0",
        "odd",
        "back=; Max-Age=0",
        "back=v",
        "twice=v",
        "twice=",
    )
    answer = Response(204, "", Headers(tuple(("set-cookie", line) for line in lines)))
    details = labels.answer_label(answer, "answer", "en").details
    assert [detail.partition("=opaque#")[0] for detail in details[:2]] == ["Set-Cookie: kept", "Set-Cookie: back"]
    assert details[2:] == ("Set-Cookie: gone removed", "and 2 more")
    lone = Response(204).with_header("set-cookie", "__Host-session=; Max-Age=0")
    assert labels.answer_label(lone, "answer", "ja").details == ("Set-Cookie: __Host-session（削除）",)


# --- what is down


def _shop(authz: Authorization) -> tuple[Deployment, Person]:
    shop = Deployment(Jwt(), authz, seed=7)
    alice = shop.user("alice")
    alice.sign_in()
    alice.get("/orders/1")
    return shop, alice


def test_a_part_that_is_down_is_drawn_though_nobody_asks_it() -> None:
    shop, alice = _shop(Hybrid())
    with shop.rule(faults.Outage("control-plane")):
        alice.get("/orders/1")
    trace = shop.trace.last()
    assert not any("control-plane" in (hop.source, hop.target) for hop in trace)
    drawn = draw.sequence(trace)
    assert _texts(drawn, "name") == ["alice", "orders", "control-plane"]
    assert _texts(drawn, "kind-down") == ["control plane · down"]
    assert {"head-down", "lane-down"} <= set(_roles(drawn))
    assert "control-plane (control plane · down)" in drawn.text
    assert "control plane · down" in draw.mermaid(trace)
    assert "control plane · down" in draw.plantuml(trace)


def test_a_part_that_is_down_for_a_while_says_from_when_to_when() -> None:
    shop, alice = _shop(Hybrid())
    with shop.rule(faults.Outage("control-plane")), shop.rule(faults.Outage("auth")):
        alice.get("/orders/1")
    alice.get("/orders/1")
    banners = [row for row in tell(shop.trace, fold=False).rows if isinstance(row, Banner)]
    assert [(row.kind, row.text) for row in banners] == [
        ("down", "control-plane goes down"),
        ("down", "auth goes down"),
        ("up", "control-plane is up again"),
        ("up", "auth is up again"),
    ]
    assert "kind-down" not in _roles(draw.sequence(shop.trace))


def test_a_lane_is_drawn_otherwise_only_while_its_node_is_down() -> None:
    shop, alice = _shop(Hybrid())
    with shop.rule(faults.Outage("control-plane")):
        alice.get("/orders/1")
        shop.clock.advance(seconds=5)
    alice.get("/orders/1")
    drawn = draw.sequence(shop.trace, fold=False, upto=10)
    shapes = drawn.picture or ()
    said = {shape.text: shape.y for shape in shapes if isinstance(shape, Text) and shape.role == "banner"}
    lanes = [shape for shape in shapes if isinstance(shape, Line) and shape.role.startswith("lane")]
    (down,) = [lane for lane in lanes if lane.role == "lane-down"]
    assert down.y1 == pytest.approx(said["control-plane goes down"], abs=8)
    assert down.y2 == pytest.approx(said["control-plane is up again"], abs=8)
    own = [lane for lane in lanes if lane.x1 == down.x1]
    assert [lane.y1 for lane in own[1:]] == [lane.y2 for lane in own[:-1]]
    assert [lane.dim for lane in own] == [False] * (len(own) - 1) + [True]


def test_what_happens_between_two_frames_is_in_neither() -> None:
    shop, alice = _shop(Hybrid())
    shop.clock.advance(seconds=5)
    with shop.rule(faults.Outage("control-plane")):
        alice.get("/orders/1")
    shapes = draw.sequence(shop.trace).picture or ()
    said = [shape for shape in shapes if isinstance(shape, Text) and shape.role == "banner"]
    frames = [shape for shape in shapes if isinstance(shape, Box) and shape.role == "frame"]
    assert [shape.text for shape in said] == ["5 s later", "control-plane goes down"]
    assert not [shape for shape in said if any(frame.meets(shape.box) for frame in frames)]


@pytest.mark.parametrize("fault", [faults.Flapping("auth", up=10, down=5), faults.Since(10, faults.Outage("auth"))])
def test_a_fault_that_comes_later_takes_its_part_down_later(fault: Rule) -> None:
    shop, alice = _shop(Distributed())
    with shop.rule(fault):
        alice.get("/orders/1")
        assert not shop.trace.down
        shop.clock.advance(seconds=11)
        alice.get("/orders/1")
    assert list(shop.trace.down.values()) == [("auth",)]
    assert [hop.get("down") for hop in shop.trace.to_dict()["hops"]][-2:] == [None, ["auth"]]
    assert shop.trace.last(1).down == shop.trace.down
    assert not shop.trace.where(lambda hop: hop.id == 1).down


def test_a_fault_that_takes_nothing_down_marks_nothing() -> None:
    shop, alice = _shop(Distributed())
    with shop.rule(faults.Since(0, faults.Slow("auth", 1))):
        alice.get("/orders/1")
    assert not shop.trace.down


# --- where things stand


@pytest.mark.parametrize("first", ["orders", "auth"])
def test_the_order_of_the_columns_does_not_depend_on_who_speaks_first(first: str) -> None:
    trace = Trace(parties={name: Party(name, kind, zone) for name, kind, zone in CAST})
    for name in (first, *(name for name, *_ in reversed(CAST))):
        trace.send(0, "stranger", name, Request.get("/"), None, None)
    assert [party.name for party in tell(trace).parties] == [
        *("alice", "gateway", "authorizer", "auth", "idp", "store", "orders", "odd", "stranger", "pdp"),
    ]


CAST = (
    ("gateway", "gateway", "edge"), ("auth", "auth", "inside"), ("authorizer", "authorizer", "outside"),
    ("pdp", "pdp", "inside"), ("idp", "idp", "outside"), ("orders", "service", "inside"), ("odd", "odd", "inside"),
    ("store", "store", "inside"), ("alice", "browser", "client"),
)  # fmt: skip


def _with_long_notes() -> Trace:
    trace = Trace()
    for name in "abc":
        trace.parties[name] = Party(name, name, "inside")
    for name in "abc":
        hop = trace.send(0, "a", name, Request.get("/"), None, None)
        trace.note(Note(name, hop.id, 0, "wide-" + "w" * 20 + " " + "m" * 22))
    return trace


@pytest.mark.parametrize("lang", words.LANGUAGES)
@pytest.mark.parametrize("story", [lambda: scenes.visited("jwt", "delegated").trace, _with_long_notes])
def test_a_note_stands_over_its_own_lane_and_no_other(story: Callable[[], Trace], lang: str) -> None:
    drawn = draw.sequence(story(), lang)
    shapes = drawn.picture or ()
    lanes = {shape.x1 for shape in shapes if isinstance(shape, Line) and shape.role == "lane"}
    notes = [shape for shape in shapes if isinstance(shape, Box) and shape.role in ("note", "nay", "alarm")]
    assert len(notes) > 2
    for note in notes:
        assert [lane for lane in lanes if note.x - 1 <= lane <= note.right + 1] == [pytest.approx(note.x + note.w / 2)]


def test_a_label_keeps_off_the_bar_of_whoever_waits_meanwhile() -> None:
    trace = Trace(parties={name: Party(name, name, "inside") for name in "abcd"})
    first = trace.send(0, "a", "c", Request.get("/"), None, None)
    second = trace.send(0, "c", "d", Request.get("/"), first.id, None)
    third = trace.send(0, "d", "a", Request.get("/a/path/that/needs/more/room/than/one/gap"), second.id, None)
    for hop in (third, second, first):
        trace.answer(0, hop, Response(200))
    shapes = draw.sequence(trace).picture or ()
    bars = [shape for shape in shapes if isinstance(shape, Box) and shape.role == "bar"]
    labels_ = [shape.box for shape in shapes if isinstance(shape, Text) and shape.role == "label"]
    assert len(labels_) > 3
    assert not [box for box in labels_ for bar in bars if box.meets(bar)]


@pytest.mark.parametrize("authn", ["session", "sso-gateway", "aws-jwt-authorizer"])
@pytest.mark.parametrize("authz", ["distributed", "centralized"])
def test_in_a_high_sheet_the_heads_stand_before_a_heading_again_but_not_near_the_foot(authn: str, authz: str) -> None:
    drawn = {lang: draw.sequence(scenes.visited(authn, authz).trace, lang).picture for lang in words.LANGUAGES}
    between: dict[str, list[int]] = {}
    for lang, picture in drawn.items():
        shapes = list(picture or ())
        heads = sorted({shape.y for shape in shapes if isinstance(shape, Box) and shape.role == "head"})
        strips = [shape.y for shape in shapes if isinstance(shape, Box) and shape.role == "strip"]
        again = [y for y in heads[1:] if y < max(strips)]
        assert not [y for y in again if y + 70 not in strips]
        stops = [heads[0], *again, *heads[1 + len(again) :]]
        rows = [s.y for s in shapes if (isinstance(s, Text) and s.role.startswith("number")) or s.role in NOTES]
        between[lang] = [sum(upper < y < lower for y in rows) for upper, lower in pairwise(stops)]
        assert between[lang][-1] > 8
        assert all(count > 12 for count in between[lang][:-1])
    assert between["ja"] == between["en"]


NOTES = ("note", "nay", "alarm", "worry")


def test_where_no_heads_stand_at_the_foot_they_may_stand_near_it() -> None:
    few = draw.sequence(scenes.visited("jwt", "centralized").trace).picture
    assert [shape.role for shape in few or ()].count("head") == 8
    assert [shape.role for shape in draw.sequence(repeated(1)).picture or ()].count("head") == 5


def test_a_long_title_is_wrapped_and_makes_no_sheet_wider() -> None:
    plain, titled = draw.sequence(repeated(1)).picture, draw.sequence(repeated(1), title="A long title " * 20).picture
    assert plain is not None
    assert titled is not None
    assert titled.width == plain.width
    assert len([shape for shape in titled if isinstance(shape, Text) and shape.role == "title"]) > 1


def test_what_stands_after_the_name_of_a_detail_begins_its_own_line() -> None:
    shop = Deployment(JwtGateway(), Distributed(), seed=7)
    shop.user("alice").sign_in()
    shop.user("alice").get("/orders/1")
    shown = _texts(draw.compare(shop.trace, shop.trace), "detail")
    assert "refresh_token:" in shown
    assert "Authorization:" in shown
    assert not [text for text in shown if text.endswith(("Basic", "Bearer"))]
