"""Credentials, comparison, and the gallery."""

from __future__ import annotations

import re
from pathlib import Path as File

import pytest
from geometry import flaws
from worlds import World, repeated

from authpatterns import catalogue, draw, faults, stories, words
from authpatterns.draw import gallery, scenes
from authpatterns.draw.compare import Pair, _begins_anew, align
from authpatterns.draw.credentials import Held, holdings
from authpatterns.draw.shapes import Box, Line, Picture, Text
from authpatterns.draw.story import Banner, Heading, Remark, tell
from authpatterns.messages import Request, Response
from authpatterns.trace import Party, Trace

DIAGRAMS = File(__file__).parents[2] / "diagrams"


# --- credentials


def test_who_holds_what_is_read_from_the_messages() -> None:
    held = _held(_visit("session"))
    assert _hows(held["password"]["alice"]) == ["typed"]
    assert set(held["password"]) == {"alice", "auth"}
    cookie = held["__Host-session"]
    assert cookie["auth"].origin
    assert _hows(cookie["alice"]) == ["cookie-http-only"]
    assert cookie["alice"].ways[0].ended is not None
    assert _hows(cookie["orders"]) == ["got-cookie"]


def test_a_token_in_a_body_is_within_reach_of_scripts() -> None:
    held = _held(_visit("jwt"))
    assert _hows(held["access_token"]["alice"]) == ["script-body"]
    assert held["access_token"]["alice"].open
    assert _hows(held["access_token"]["orders"]) == ["got-header"]
    assert "orders" not in held["refresh_token"]


def test_an_address_is_within_reach_of_scripts_only_where_a_page_is_loaded_there() -> None:
    """A code that one redirect gives and the next one takes is in no page; where the callback is a page, it is."""
    redirected, loaded = _held(_visit("sso")), _held(_visit("sso-gateway"))
    assert (_hows(redirected["code"]["alice"]), redirected["code"]["alice"].open) == (["passed-on"], False)
    assert _hows(redirected["state"]["alice"]) == ["script-query"]  # the form for the password stands at this address
    assert (_hows(loaded["code"]["alice"]), loaded["code"]["alice"].open) == (["script-query"], True)


def test_a_copy_in_the_page_and_one_in_a_cookie_are_two_facts() -> None:
    page, cookie = _held(_visit("sso-gateway"))["access_token"]["alice"].ways
    assert (page.how, page.ended) == ("script-body", None)
    assert (cookie.how, cookie.cookie) == ("cookie-http-only", "__Host-access")
    assert cookie.ended is not None
    said = draw.credentials(_visit("sso-gateway")).text
    both = f"cookie __Host-access, out of reach of scripts (from {cookie.since}, removed by {cookie.ended})"
    assert f"| body, within reach of scripts | {both}" in said


def test_numbers_say_what_was_seen_and_not_how_long_something_was_kept() -> None:
    said = draw.credentials(_visit("session")).text
    assert re.search(r"alice: first \d+, last (\d+), .* out of reach of scripts \(removed by \d+\)", said)
    assert "alice: 1, 0 s | typed in by the person" in said


def test_a_secret_in_a_header_alone_is_named_for_what_it_is_and_not_for_its_scheme() -> None:
    assert "client_secret (Basic)" in _held(_visit("jwt-gateway"))
    assert "X-Origin-Verify" in _held(_visit("aws-jwt-authorizer"))
    trace = _sent(("authorization", "Basic YWxpY2U6cHc="))
    assert list(_held(trace)) == ["password (Basic)"]
    assert list(_held(_sent(("authorization", "Bearer opaque-1")))) == ["token (Bearer)"]


def test_secrets_of_one_name_are_told_apart() -> None:
    names = draw.credentials(_visit("jwt-gateway")).text.splitlines()
    assert [name.split(" jwt#")[0] for name in names if name.startswith("jwt ")] == ["jwt (1/2)", "jwt (2/2)"]


def test_whoever_uses_what_no_message_brought_has_it_from_elsewhere() -> None:
    """A browser never makes a cookie, and a thief not the token of somebody else."""
    held = _held(_sent(("cookie", "s=opaque-1")))["s"]["alice"]
    assert (_hows(held), held.origin, held.open) == (["elsewhere"], False, False)
    assert _hows(_held(scenes.stolen_token("jwt"))["access_token"]["thief"]) == ["elsewhere"]


@pytest.mark.parametrize(
    ("authn", "name"), [("jwt-gateway", "client_secret (Basic)"), ("aws-jwt-authorizer", "X-Origin-Verify")]
)
def test_what_a_node_asks_with_before_any_message_brought_it_may_have_been_shared_beforehand(
    authn: str, name: str
) -> None:
    held = _held(_visit(authn))
    assert _hows(held[name]["gateway"]) == ["sent"]
    assert _hows(held["access_token"]["auth"]) == ["issued"]
    assert " | sent from here" in draw.credentials(_visit(authn)).text


def test_a_cookie_ends_for_the_host_that_set_it_or_when_another_takes_its_place() -> None:
    trace = _cookies(("orders", "s=one"), ("payments", "s=two"), ("orders", "s=; Max-Age=0"))
    assert [secret.holders["alice"].ways[0].ended for secret in holdings(trace)] == [6, None]
    trace = _cookies(("orders", "s=one"), ("orders", "s=two"))
    assert [secret.holders["alice"].ways[0].ended for secret in holdings(trace)] == [4, None]
    trace = _cookies(("orders", "s=one"), ("orders", "s="), ("orders", "s=one"))
    assert [secret.holders["alice"].ways[0].ended for secret in holdings(trace)] == [None]
    assert holdings(_cookies(("orders", "s=one"), ("orders", "s=one")))[0].holders["alice"].ways[0].ended is None


def test_what_a_table_leaves_out_is_said_with_who_holds_it() -> None:
    trace = _visit("sso")
    drawn = draw.credentials(trace, limit=4)
    left = holdings(trace)[4:]
    assert f"{len(left)} more secrets are not shown" in drawn.text.splitlines()
    for node in ("alice", "orders", "idp"):
        count = sum(node in secret.holders for secret in left)
        assert f"  {node}: and {count} more" in drawn.text.splitlines()
        assert f"and {count} more" in _texts(drawn)
    for limit in (0, 4):
        picture = draw.credentials(trace, limit=limit).picture
        assert picture is not None
        assert flaws(picture) == []


def test_a_node_has_its_column_even_where_all_it_holds_is_left_out() -> None:
    texts = _texts(draw.credentials(_visit("session"), limit=1))
    assert "orders" not in _held(_visit("session"))["password"]
    assert "orders" in texts


def test_the_foot_of_a_table_explains_its_cells_and_is_no_wider_than_its_rules() -> None:
    picture = draw.credentials(_visit("jwt"), title="Who").picture
    rules = {shape.x2 for shape in picture or () if isinstance(shape, Line) and shape.role == "grid"}
    feet = [shape for shape in picture or () if isinstance(shape, Text) and shape.role == "foot"]
    assert len(rules) == 1
    assert max(foot.box.right for foot in feet) <= rules.pop()
    assert {"first sent from here", "received", "within reach of scripts"} <= {foot.text for foot in feet}
    said = "the six digits after # are not the value, but the first of its SHA-256"
    assert said in {foot.text for foot in feet}


def test_a_tall_table_has_its_heads_again_at_the_foot() -> None:
    tall = draw.credentials(_standard_visit("sso", "delegated", 7))
    assert (_texts(tall).count("alice"), _texts(draw.credentials(_visit("jwt"))).count("alice")) == (2, 1)


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


def _held(trace: Trace) -> dict[str, dict[str, Held]]:
    return {secret.name: secret.holders for secret in holdings(trace)}


def _hows(held: Held) -> list[str]:
    return [way.how for way in held.ways]


def _sent(header: tuple[str, str]) -> Trace:
    """Alice's browser sends one header."""
    trace = Trace(parties={"alice": Party("alice", "browser", "client")})
    trace.send(0, "alice", "orders", Request.get("/", dict([header])), None, None)
    return trace


def _cookies(*lines: tuple[str, str]) -> Trace:
    """Alice's browser gets one `Set-Cookie` line after the other."""
    trace = Trace(parties={"alice": Party("alice", "browser", "client")})
    for host, line in lines:
        hop = trace.send(0, "alice", host, Request.get("/", {"host": host}), None, None)
        trace.answer(0, hop, Response.of({}).with_header("set-cookie", line))
    return trace


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
    assert _marked_lines(drawn) == []


def test_a_difference_is_marked_by_a_sign_and_in_words() -> None:
    drawn = draw.compare(_order(False), _order(True))
    roles = [shape.role for shape in drawn.picture or ()]
    assert roles.count("sign") == 6
    assert roles.count("missing") == 3
    assert any(line.startswith("+ ") and "nobody is listening" in line for line in _marked_lines(drawn))
    assert any(text.startswith("≠ differs · − only on the left") for text in _texts(drawn))


def test_two_worlds_that_differ_only_in_their_secrets_are_the_same() -> None:
    """The sides say the same of every row, so the words must be true of both."""
    one, other = (_standard_visit("session", "distributed", seed) for seed in (1, 2))
    drawn = draw.compare(one, other)
    assert _marked_lines(drawn) == []
    assert "Cookie: __Host-session=opaque#…" in drawn.text
    assert not re.search(r"(opaque|jwt)#[0-9a-f]{6}", drawn.text)


def test_what_an_answer_says_counts_as_a_difference() -> None:
    drawn = draw.compare(scenes.rotated(overlap=True), scenes.rotated(overlap=False))
    marked = [line.partition(" ")[::2] for line in _marked_lines(drawn) if "keys: " in line]
    assert [sign for sign, _ in marked] == ["−", "+"]
    assert [said.count("…") for _, said in marked] == [2, 1]


def test_the_rotation_of_a_key_is_an_act_of_its_own_and_says_what_it_left_published() -> None:
    drawn = draw.compare(scenes.rotated(overlap=True), scenes.rotated(overlap=False))
    lines = drawn.text.splitlines()
    at = lines.index("  == auth rotates its signing key ==")
    assert [line.partition("signs. ")[2] for line in lines[at + 1 : at + 3]] == [
        "2 keys are published.",
        "1 key is published.",
    ]
    assert lines[at + 3] == "  == bob signs in =="


def test_a_sentence_on_both_sides_is_no_difference() -> None:
    """One side has a question to the decision point between two sentences of a note, the other has not."""
    pairs = align(tell(scenes.one_order("centralized")), tell(scenes.one_order("distributed")))
    found = [(pair.mark, pair.left.sentences) for pair in pairs if isinstance(pair.left, Remark)]
    assert [mark for mark, _ in found] == ["same", "same", "left", "same"]
    assert [len(sentences) for _, sentences in found] == [1, 2, 1, 1]


def test_what_is_left_of_a_note_is_one_difference() -> None:
    pairs = align(tell(scenes.rotated(overlap=True)), tell(scenes.rotated(overlap=False)))
    *_, note, _ = pairs
    assert isinstance(note.left, Remark)
    assert isinstance(note.right, Remark)
    assert (len(note.left.sentences), len(note.right.sentences)) == (3, 1)


def test_both_sides_are_cut_at_the_same_place_before_something_new() -> None:
    one, other = (scenes.visited("jwt", authz).trace for authz in ("centralized", "distributed"))
    drawn = draw.compare(one, other, limit=13)
    lines = drawn.text.splitlines()
    assert sum(line.startswith("  == ") for line in lines) == 3
    assert lines[-5].startswith("  12/8. orders → alice: 403 Forbidden")
    banner = "… the last 2 of {} messages are not drawn"
    assert lines[-4].strip() == " | ".join(banner.format(count) for count in (14, 10))
    assert not [line for line in _marked_lines(drawn) if line.startswith("+")]


def test_where_one_side_is_over_the_end_of_the_drawing_is_no_difference() -> None:
    whole = scenes.visited("jwt", "distributed").trace
    drawn = draw.compare(whole, whole.where(lambda hop: hop.act in (1, 2)), limit=7)
    assert "… the last 4 of 10 messages are not drawn" in drawn.text
    assert _marked_lines(drawn) == []


def test_the_same_repeated_as_often_is_the_same_whatever_the_numbers_are() -> None:
    world = World()
    world.sign_in()
    for _ in range(4):
        world.get("/orders/1")
    banner = next(line for line in draw.compare(world.trace, repeated(4)).text.splitlines() if "again, 3" in line)
    assert banner.startswith("  ")
    assert len(set(re.findall(r"messages (\d+) to \d+", banner))) == 2


def test_two_traces_without_anything_compare_to_nothing() -> None:
    assert draw.compare(Trace(), Trace()).text.splitlines()[:1] == ["Comparison"]


def test_a_cut_within_the_first_thing_somebody_does_is_made_where_it_must() -> None:
    lines = draw.compare(repeated(1), repeated(1), limit=3).text.splitlines()
    assert sum(" → " in line for line in lines) == 3
    assert "messages are not drawn" in lines[-4]


def test_a_tall_comparison_has_its_heads_again_at_the_foot_on_both_sides() -> None:
    tall = _texts(draw.compare(scenes.rotated(overlap=True), scenes.rotated(overlap=False)))
    low = _texts(draw.compare(_order(False), _order(False)))
    assert (tall.count("alice"), low.count("gateway")) == (6, 2), "and once between"


def test_in_a_tall_comparison_heads_stand_on_both_sides_before_what_begins_on_both() -> None:
    one, other = (scenes.visited("sso-gateway", authz).trace for authz in ("hybrid", "centralized"))
    for lang in words.LANGUAGES:
        picture = draw.compare(one, other, lang).picture
        assert picture is not None
        assert flaws(picture) == []
        heads = [s.y for s in picture if isinstance(s, Box) and s.role == "head"]
        frames = [s for s in picture if isinstance(s, Box) and s.role == "frame"]
        rows = sorted(set(heads))
        assert len(rows) > 3
        assert len({heads.count(y) for y in rows}) == 1
        assert not [y for y in rows for frame in frames if frame.y < y + 25 < frame.bottom]
        strips = [s.y for s in picture if isinstance(s, Box) and s.role == "strip"]
        assert [strips.count(y + 70) for y in rows[1:-1]] == [2] * (len(rows) - 2)


def test_heads_stand_nowhere_in_what_the_other_side_goes_on_with() -> None:
    goes_on, other, new = Banner("pause", "later"), Banner("down", "x"), Heading(None, "new")
    assert _begins_anew([Pair(new, new), Pair(goes_on, None)])
    assert _begins_anew([Pair(new, None), Pair(goes_on, None), Pair(None, new)])
    assert _begins_anew([Pair(new, None)])
    assert not _begins_anew([Pair(new, None), Pair(None, goes_on), Pair(None, new)])
    assert not _begins_anew([Pair(goes_on, other)])


def test_a_comparison_has_a_title_and_the_foot_line_of_each_side() -> None:
    one, other = (_standard_visit("jwt", "distributed", seed) for seed in (3, 4))
    drawn = draw.compare(one, other, title="Two worlds", titles=("this", "that"))
    texts = _texts(drawn)
    assert {"Two worlds", "this", "that"} <= set(texts)
    assert [text[:6] for text in texts if text.startswith("seed ")] == ["seed 3", "seed 4"]
    assert drawn.picture is not None
    assert drawn.picture.title == drawn.text.splitlines()[0] == "Two worlds"


def test_what_one_person_did_alone_has_a_marked_heading() -> None:
    drawn = draw.compare(repeated(1), World().trace, titles=("all", "nothing"))
    assert drawn.text.splitlines()[3].startswith("− == alice")
    world = World()
    world.sign_in()
    world.get("/orders/1")
    picture = draw.compare(world.trace, repeated(1)).picture
    strips = [shape for shape in picture or () if isinstance(shape, Box) and shape.role == "strip"]
    bands = [shape for shape in picture or () if isinstance(shape, Box) and shape.role == "glow"]
    assert any(band.holds(strips[0]) for band in bands)
    assert not any(band.holds(strip) for band in bands for strip in strips[1:])


def test_a_banner_on_one_side_has_a_band_as_wide_as_all_and_in_its_colour() -> None:
    picture = draw.compare(scenes.one_order("centralized"), scenes.one_order("centralized", down="pdp")).picture
    boxes = [shape for shape in picture or () if isinstance(shape, Box)]
    (said,) = [shape for shape in picture or () if isinstance(shape, Text) and shape.role == "banner"]
    (plate,) = [box for box in boxes if box.role in ("plate", "glow-plate") and box.holds(said.box)]
    bands = [box for box in boxes if box.role == "glow" and box.x > picture.width / 2] if picture else []
    assert plate.role == "glow-plate"
    assert len({(band.x, band.w) for band in bands}) == 1
    (band,) = [band for band in bands if band.holds(plate)]
    assert band.holds(Box("", plate.x - 2, plate.y, plate.w + 4, plate.h)), "the plate covers no round corner"


def _standard_visit(authn: str, authz: str, seed: int) -> Trace:
    shop = catalogue.deploy(authn, authz, seed=seed)
    stories.standard_visit(shop)
    return shop.trace


def _texts(drawn: draw.Drawing) -> list[str]:
    return [shape.text for shape in drawn.picture or () if isinstance(shape, Text)]


def _marked_lines(drawn: draw.Drawing) -> list[str]:
    """Lines of the words that stand on one side, below the names of the two."""
    return [line for line in drawn.text.splitlines()[3:] if line[0] in "+−"]


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
    return shown + [figure for text in numbers for figure in re.findall(r"\d+", text)]


def test_the_page_of_the_gallery_names_every_picture(tmp_path: File) -> None:
    written = gallery.write_gallery(tmp_path)
    for lang in words.LANGUAGES:
        page = (tmp_path / lang / "README.md").read_text()
        for file in written:
            assert file.parent.name != lang or file.suffix != ".svg" or f"]({file.name})" in page


def test_a_saved_drawing_is_the_svg(tmp_path: File) -> None:
    drawn = draw.sequence(repeated(1))
    assert drawn.save(tmp_path / "one.svg").read_text() == drawn.svg
