"""The timeline: where bars and words stand, what is said beside them, and when a credential ends."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from traces import traces
from worlds import World, repeated

from authpatterns import catalogue, draw, words
from authpatterns.draw import scenes
from authpatterns.draw.lifetimes import expiries
from authpatterns.draw.shapes import Box, Line, Path, Picture, Text
from authpatterns.draw.text import width
from authpatterns.draw.timescale import breadth, scale, stretches
from authpatterns.encoding import encode
from authpatterns.messages import Request, Response
from authpatterns.network import EPOCH
from authpatterns.trace import Trace

STORIES = {
    "everything": lambda: World().everything(),
    "long": lambda: repeated(9),
    "race": scenes.refresh_race,
    "slow": scenes.slow_pdp,
    **{authn: lambda authn=authn: scenes.stolen_token(authn) for authn in catalogue.AUTHENTICATION},
}
every_story = pytest.mark.parametrize("story", STORIES.values(), ids=STORIES.keys())
in_both_languages = pytest.mark.parametrize("lang", words.LANGUAGES)


def drawn(trace: Trace, lang: str = "en") -> Picture:
    picture = draw.timeline(trace, lang).picture
    assert picture is not None
    return picture


def texts(picture: Picture) -> list[str]:
    return [shape.text for shape in picture if isinstance(shape, Text)]


def said(picture: Picture) -> str:
    """Everything that stands on the sheet, as if its lines had not been broken."""
    return " ".join(texts(picture))


def boxes(picture: Picture, role: str) -> list[Box]:
    return [shape for shape in picture if isinstance(shape, Box) and shape.role.startswith(role)]


def lines(picture: Picture, *roles: str) -> list[Line]:
    return [shape for shape in picture if isinstance(shape, Line) and shape.role in roles]


def labels_of(picture: Picture) -> list[Text]:
    roles = ("label-small", "label-refused-small", "label-failed-small", "detail")
    return [shape for shape in picture if isinstance(shape, Text) and shape.role in roles]


# --- places


def test_time_runs_to_the_right_and_quiet_stretches_are_shortened() -> None:
    moments = [0.0, 0.001, 0.002, 0.003, 960.0, 960.001]
    pieces = stretches(moments, [0.0, 0.002])
    assert [piece.times for piece in pieces] == [(0.0, 0.001, 0.002), (0.002, 0.003), (960.0, 960.001)]
    assert [piece.pause for piece in pieces] == [0.0, 0.0, 959.997]
    found = scale(pieces, [breadth(piece, 100, 0) for piece in pieces], [0, 0, 40], 10)
    assert [found.at(moment) for moment in moments] == [10, 60, 110, 210, 250, 350]
    assert (found.at(-1), found.at(0.0015), found.at(970), found.right) == (10, 85, 350, 350)


def test_a_stretch_without_length_has_room_behind_its_only_moment() -> None:
    pieces = stretches([0.0, 0.001, 0.002, 5.0], [])
    found = scale(pieces, [breadth(piece, 100, 30) for piece in pieces], [0, 40], 0)
    assert [found.at(moment) for moment in (0.0, 0.002, 5.0)] == [0, 70, 140]
    assert found.right == 240
    assert found.panels[1].at(0.0) == 140, "what began in an earlier band goes on from the edge"


@in_both_languages
@every_story
def test_words_stand_below_their_bar(story, lang: str) -> None:
    picture = drawn(story(), lang)
    labels = labels_of(picture)
    for bar in boxes(picture, "span-"):
        below = [label for label in labels if bar.bottom < label.box.y < bar.bottom + 6]
        assert [label for label in below if label.box.x < bar.right and bar.x < label.box.right]


@in_both_languages
@every_story
def test_words_stand_in_the_panel_of_their_bar(story, lang: str) -> None:
    picture = drawn(story(), lang)
    ends = lines(picture, "act-line", "end-line")
    strips = [strip for strip in boxes(picture, "quiet") if strip.w > 10]
    for label in labels_of(picture):
        assert not [strip for strip in strips if strip.meets(label.box)]
        assert not [line for line in ends if label.box.x <= line.x1 <= label.box.right and _beside(line, label)]


def _beside(line: Line, label: Text) -> bool:
    return line.y1 < label.y < line.y2


@every_story
def test_within_a_panel_down_is_later(story) -> None:
    picture = drawn(story())
    starts = [line.x1 for line in lines(picture, "act-line", "end-line")]
    starts += [strip.right for strip in boxes(picture, "quiet") if strip.w > 10]
    for before, bar in pairwise(boxes(picture, "span-")):
        if bar.y < before.y:
            assert [x for x in starts if before.x < x <= bar.x]


def test_whatever_begins_with_its_panel_stands_at_the_top() -> None:
    picture = drawn(scenes.stolen_token("sso"))
    starts = {line.x1 for line in lines(picture, "act-line")}
    first = boxes(picture, "span-")[0]
    alice = [bar for bar in boxes(picture, "span-") if bar.x in starts and bar.y < first.y + 100]
    assert len(alice) == 3
    assert {bar.y for bar in alice} == {first.y}


@in_both_languages
def test_a_long_timeline_goes_on_in_another_band(lang: str) -> None:
    picture = drawn(repeated(9), lang)
    axes = [line for line in lines(picture, "axis") if line.x1 < line.x2]
    assert len(axes) > 1
    assert max(line.x2 for line in axes) <= 1240
    assert len({round(line.x2) for line in axes[:2]}) == 1, "bands of equal panels are equally wide"
    assert len(boxes(picture, "span-")) == sum(2 if hop.source == "alice" else 1 for hop in repeated(9))


def waited(*begin_end: float) -> Trace:
    """Bob asks 14 times, at second 0.5 to 13.5; alice has asked at these times for something that took so long."""
    trace = Trace()
    for begin, end in pairwise(begin_end):
        trace.answer(end, trace.send(begin, "alice", "orders", Request.get("/reports/1"), None, None), Response(200))
    for number in range(14):
        act = trace.begin_act("bob", "get", "/orders/a-path-of-some-length")
        hop = trace.send(number + 0.5, "bob", "orders", Request.get("/orders/a-path-of-some-length"), None, act.id)
        trace.answer(number + 1, hop, Response(200))
    return trace


@pytest.mark.parametrize("begin", range(12))
def test_a_band_ends_where_nobody_is_at_work(begin: int) -> None:
    assert len(boxes(drawn(waited(begin + 0.25, begin + 1.75)), "span-")) == 15


def test_a_bar_goes_on_in_the_next_band_with_open_ends_and_without_words() -> None:
    picture = drawn(waited(0, 14))
    axes = [line for line in lines(picture, "axis") if line.x1 < line.x2]
    bars = boxes(picture, "span-")
    assert len(axes) > 1
    assert len(bars) == 14 + len(axes)
    assert said(picture).count("GET /reports/1") == 1
    assert len([cover for cover in boxes(picture, "quiet") if cover.w < 10]) == 2 * (len(axes) - 1)
    assert len([bar for bar in bars if bar.w > 600]) == len(axes)


@settings(max_examples=40, deadline=None)
@given(traces())
def test_every_request_has_its_bars_and_the_languages_their_bands_in_common(trace: Trace) -> None:
    pictures = [drawn(trace, lang) for lang in words.LANGUAGES]
    clients = {name for name, party in trace.parties.items() if party.zone == "client"}
    bars = sum(1 + (hop.source in clients and hop.source != hop.target) for hop in trace.hops)
    for picture in pictures:
        assert len(boxes(picture, "span-")) >= bars
        assert _silent_ticks(picture) == []
    axes = [len([line for line in lines(picture, "axis") if line.x1 < line.x2]) for picture in pictures]
    assert axes[0] == axes[1]


# --- words


def test_a_bar_lies_in_the_lane_of_its_node_and_says_how_it_ended() -> None:
    picture = drawn(World().everything())
    found = texts(picture)
    assert {"GET /orders/2", "← gateway · 403 refused", "→ gateway · 403 refused"} <= set(found)
    assert {"← gateway · timeout", "gateway has stopped waiting."} <= set(found)
    assert {"span-answer", "span-refused", "span-failed"} <= {shape.role for shape in picture}


def test_a_long_path_gives_way_to_how_it_ended() -> None:
    world = World()
    world.get("/orders/" + "x/" * 60)
    found = texts(drawn(world.trace))
    assert sum(text.endswith("…") for text in found) == 1
    assert "← alice · 400 refused" in found


def test_a_no_is_given_with_its_reason_and_a_decision_with_its_word() -> None:
    found = said(drawn(World().everything()))
    assert "← gateway · 403 refused alice may not read order 2" in found
    assert "← orders · 200 decision: true" in found
    assert "User name or password is wrong." in draw.timeline(World().everything(), "en").text


def test_where_a_store_finds_nothing_it_does_not_refuse() -> None:
    picture = drawn(scenes.stolen_token("session"))
    assert "← orders · 404 Not Found" in texts(picture)
    assert "404 refused" not in said(picture)


def test_who_was_only_asked_says_what_it_answers_before_it_says_why() -> None:
    assert "← gateway · 200 active: false The token of alice has been revoked." in said(
        drawn(scenes.stolen_token("sso-gateway"))
    )
    assert "← gateway · 200 active: false" in said(drawn(scenes.stolen_token("jwt-gateway")))


def test_what_is_done_at_the_same_time_is_told_apart() -> None:
    found = said(drawn(scenes.refresh_race()))
    assert "(1) alice asks for a fresh token in tab 1 (2) alice asks for a fresh token in tab 2" in found
    assert "(1) → auth · 200" in found
    assert "(2) → auth · 401 refused" in found
    assert "The refresh token was used a second time, so this sign-in ends: no more refresh." in found
    assert "(3)" not in found


def test_what_is_done_one_after_the_other_is_not_numbered() -> None:
    assert "(1)" not in said(drawn(scenes.stolen_token("jwt")))


def test_what_nobody_asked_for_does_not_stand_below_what_was_done_before() -> None:
    trace = Trace()
    act = trace.begin_act("alice", "get", "/orders/1")
    asked = trace.send(0.0, "alice", "orders", Request.get("/orders/1"), None, act.id)
    trace.answer(1.0, asked, Response(200))
    for begin, end in ((2.0, 4.0), (3.0, 4.0)):
        trace.answer(end, trace.send(begin, "orders", "auth", Request.get("/keys"), None, None), Response(200))
    picture = drawn(trace)
    assert len(lines(picture, "act-line")) == 2
    assert [shape.text for shape in picture if isinstance(shape, Text) and shape.role == "tag"] == [
        "alice asks",
        "for /orders/1",
    ]


@in_both_languages
@every_story
def test_a_heading_has_as_few_lines_as_its_panel_allows(story, lang: str) -> None:
    trace = story()
    picture = drawn(trace, lang)
    heads = [shape for shape in picture if isinstance(shape, Text) and shape.role == "tag"]
    ends = sorted({*(line.x1 for line in lines(picture, "act-line", "end-line")), *_cuts(picture)})
    for upper, lower in pairwise(heads):
        if lower.x == upper.x and not lower.text.startswith("("):
            end = next((x for x in ends if x > upper.x), picture.width - 16)
            assert width(f"{upper.text} {lower.text}", upper.size, bold=True) > end - upper.x - 7


def _cuts(picture: Picture) -> list[float]:
    return [strip.x - 13 for strip in boxes(picture, "quiet") if strip.w > 10]


@in_both_languages
def test_no_heading_is_broken_inside_a_path(lang: str) -> None:
    paths = ["/orders/1/cost", "/orders/1/tracking", "/payments/1"]
    trace = Trace()
    for at, path in enumerate(paths):
        act = trace.begin_act("bob", "get", path)
        trace.answer(at + 0.5, trace.send(at, "bob", "orders", Request.get(path), None, act.id), Response(200))
    assert not [path for path in paths if not any(path in head for head in _heads(drawn(trace, lang)))]


def _heads(picture: Picture) -> list[str]:
    return [shape.text for shape in picture if isinstance(shape, Text) and shape.role == "tag"]


@in_both_languages
@every_story
def test_every_tick_says_its_time(story, lang: str) -> None:
    picture = drawn(story(), lang)
    assert _silent_ticks(picture) == []
    closed = 1 + sum(isinstance(shape, Path) and shape.role == "axis-cut" for shape in picture)
    assert len(_ticks(picture)) >= closed


def test_where_a_band_ends_in_a_narrow_panel_a_tick_without_room_for_its_time_is_left_out() -> None:
    trace = Trace()
    for number in range(24):
        hop = trace.send(number + 0.125, "a", "b", Request.get("/"), None, None)
        trace.answer(number + 1.125, hop, Response(200))
    picture = drawn(trace)
    assert len([line for line in lines(picture, "axis") if line.x1 < line.x2]) > 1
    assert len(_ticks(picture)) == 24 + 1
    assert _silent_ticks(picture) == []


def _ticks(picture: Picture) -> list[Line]:
    return [line for line in lines(picture, "axis") if line.x1 == line.x2]


def _silent_ticks(picture: Picture) -> list[Line]:
    said_at = [(text.x, text.y) for text in picture if isinstance(text, Text) and text.role == "tick-text"]
    return [tick for tick in _ticks(picture) if (tick.x1, tick.y1 + 18) not in said_at]


def test_the_last_moment_before_a_break_has_its_words_behind_it_where_it_comes_soon() -> None:
    picture = drawn(scenes.slow_pdp())
    (text,) = [shape for shape in picture if isinstance(shape, Text) and shape.text == "0.009 s"]
    assert text.anchor == "start"
    assert text.x in {line.x1 for line in lines(picture, "axis")}


def test_where_time_is_cut_every_rule_is_cut() -> None:
    picture = drawn(scenes.stolen_token("session"))
    (cut, *_) = [strip for strip in boxes(picture, "quiet") if strip.w > 10]
    rules = [line for line in lines(picture, "grid") if line.x1 < cut.x < line.x2]
    assert rules
    assert all(cut.y < rule.y1 - 0.5 and rule.y1 + 0.5 <= cut.bottom for rule in rules)


def test_what_a_timeline_leaves_out_is_said() -> None:
    whole = draw.timeline(repeated(3), "en", limit=4)
    assert whole.text.endswith(f"{len(repeated(3)) - 4} more requests are not drawn")
    assert "more requests are not drawn" in said(whole.picture or Picture(0, 0, "", "", "en"))


def test_the_axis_says_how_much_time_has_passed_and_counts_evenly() -> None:
    picture = drawn(scenes.stolen_token("session"))
    ticks = [shape.text for shape in picture if isinstance(shape, Text) and shape.role == "tick-text"]
    assert "1 min later" in ticks
    assert texts(drawn(scenes.stolen_token("jwt"))).count("1 min later") == 2, "59.984 s and 60.016 s"
    moments = [text for text in ticks if "later" not in text]
    assert {len(text.split(".")[1]) for text in moments} == {len("000 s")}


def test_where_the_one_who_asked_stopped_waiting_the_bar_of_the_other_is_open() -> None:
    picture = drawn(scenes.slow_pdp())
    covers = [cover for cover in boxes(picture, "quiet") if cover.w < 10]
    assert len(covers) == 1
    (bar,) = [bar for bar in boxes(picture, "span-failed") if covers[0].x < bar.right < covers[0].right]
    assert covers[0].y < bar.y
    assert covers[0].bottom > bar.bottom


# --- when a credential ends


def jwt(**claims: object) -> str:
    return f"{encode(b'{}')}.{encode(json.dumps(claims).encode())}.sig"


def used(token: str, *times: float, status: int = 200, **answer: object) -> Trace:
    """The token is handed out at second 1, and shown at each of these times."""
    trace = Trace()
    given = trace.send(0.0, "alice", "auth", Request.get("/token"), None, None)
    trace.answer(1.0, given, Response.of({"access_token": token, **answer}))
    for time in times:
        hop = trace.send(time, "alice", "orders", Request.get("/", {"authorization": f"Bearer {token}"}), None, None)
        trace.answer(time + 1, hop, Response(status))
    return trace


def test_a_jwt_says_itself_when_it_ends() -> None:
    assert [end.time for end in expiries(used(jwt(exp=EPOCH + 900), 5, 950, expires_in=300))] == [900]


@pytest.mark.parametrize("token", ["opaque-1", jwt(exp="soon"), jwt(iss="auth"), "a.b.c", "eyJ.WzFd.x"])
def test_for_any_other_token_the_answer_says_how_long_it_lasts(token: str) -> None:
    assert [end.time for end in expiries(used(token, 5, 950, expires_in=900))] == [901]
    assert expiries(used(token, 5, 950)) == []


@pytest.mark.parametrize("times", [(), (5,), (950,), (5, 7)])
def test_an_end_after_which_nobody_shows_the_token_makes_no_difference(times: tuple[float, ...]) -> None:
    assert expiries(used("opaque-1", *times, expires_in=900)) == []


def test_the_end_of_a_token_that_is_refused_already_makes_no_difference() -> None:
    assert expiries(used("opaque-1", 5, 950, status=401, expires_in=900)) == []


def test_to_ask_about_a_token_is_not_to_show_it() -> None:
    trace = used("opaque-1", expires_in=900)
    for time in (5, 950):
        asked = trace.send(time, "gateway", "auth", Request.post("/introspect", form={"token": "opaque-1"}), None, None)
        trace.answer(time + 1, asked, Response(200))
    assert expiries(trace) == []


@pytest.mark.parametrize(("authn", "marked"), [("jwt", True), ("jwt-gateway", False), ("session", False)])
def test_the_end_of_a_credential_is_marked_where_it_makes_the_difference(authn: str, marked: bool) -> None:
    picture = drawn(scenes.stolen_token(authn))
    assert bool(lines(picture, "end-line")) == marked
    assert ("access_token expires" in said(picture)) == marked
    assert ("900.000 s" in texts(picture)) == marked
    assert ("900 s  access_token expires" in picture.text) == marked


@pytest.mark.parametrize("authn", catalogue.AUTHENTICATION)
def test_a_thief_is_let_in_for_as_long_as_the_title_says(authn: str) -> None:
    trace = scenes.stolen_token(authn)
    signed_out = next(act.id for act in trace.acts if act.verb == "sign-out")
    tries = [hop for hop in trace.hops if hop.source == "thief"]
    window = catalogue.AUTHENTICATION[authn]().revocation_window
    later = [hop for hop in tries if hop.act and hop.act > signed_out]
    assert tries[0].status == 200
    assert [hop.status for hop in later] == ([200, 200, 401] if window else [401, 401])
    assert later[-2].sent < window + 1 < later[-1].sent


@in_both_languages
def test_the_sign_for_shortened_time_is_explained_where_it_stands(lang: str) -> None:
    for story in STORIES.values():
        picture = drawn(story(), lang)
        cut = any(isinstance(shape, Path) and shape.role == "axis-cut" for shape in picture)
        assert any("//" in text for text in texts(picture)) is cut
    assert not any("//" in text for text in texts(drawn(scenes.refresh_race(), lang)))


# --- what really happened


@pytest.mark.parametrize(("lang", "origin"), [("en", "over HTTP, from 2026-"), ("ja", "HTTPで実行、2026-")])
def test_what_really_happened_is_told_from_its_own_beginning_and_without_a_seed(lang: str, origin: str) -> None:
    trace = Trace(7)
    trace.real = True
    asked = trace.send(20_000_000.5, "alice", "orders", Request.get("/orders/1", {"cookie": "id=1"}), None, None)
    trace.answer(20_000_000.75, asked, Response(200))
    for drawn in (draw.timeline(trace, lang), draw.credentials(trace, lang)):
        assert drawn.picture is not None
        shown = " ".join(shape.text for shape in drawn.picture if isinstance(shape, Text))
        assert origin in shown
        assert "20,000" not in shown + drawn.text
        assert words.say("draw.seed", lang, seed=7) not in shown
    assert words.say("draw.time.seconds", lang, number="0.25") in draw.timeline(trace, lang).text
