"""What a sequence diagram says, and that it says it with shapes and words, not with colour alone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from traces import SECRET, traces
from worlds import GARBAGE, HOSTILE, World, repeated

from authpatterns import Deployment, Distributed, Jwt, draw, words
from authpatterns.draw import labels
from authpatterns.draw.shapes import Box, Path, Text
from authpatterns.draw.story import Banner, Heading, Message, Remark, tell
from authpatterns.messages import Request, Response
from authpatterns.trace import Party, Trace


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
    assert titles[-1] == "bob sends /callback"


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
        "tab-1 has the token renewed",
        "tab-2 has the token renewed",
        "tab-1 has the token renewed (continued)",
    ]


def test_notes_of_one_node_at_one_moment_share_a_box() -> None:
    remarks = [row for row in tell(World().everything()).rows if isinstance(row, Remark)]
    joined = next(remark for remark in remarks if len(remark.sentences) == 2)
    assert joined.node == "auth"
    assert joined.sentences[0] == "The password of alice is right."
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
    assert story.rows[-1] == Banner(
        "cut", f"{story.messages - 10} of {story.messages} messages are not drawn from here on"
    )


def test_time_that_passes_is_shown() -> None:
    banners = [row.text for row in tell(World().everything()).rows if isinstance(row, Banner)]
    assert "16 min later" in banners


def test_the_footer_names_seed_and_virtual_time() -> None:
    assert _texts(draw.sequence(World().everything()), "foot") == [
        "seed 7 · virtual time 0 s to 962.04 s · messages: 47"
    ]


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
    assert "glow" not in _roles(draw.sequence(repeated(1)))


def test_an_activation_bar_reaches_from_request_to_answer() -> None:
    drawn = draw.sequence(repeated(1))
    bars = [shape for shape in drawn.picture or () if isinstance(shape, Box) and shape.role == "bar"]
    assert len(bars) == len(repeated(1))
    assert all(bar.h > 20 for bar in bars)


def test_an_unreachable_node_has_no_bar() -> None:
    world = World()
    from authpatterns import faults

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
