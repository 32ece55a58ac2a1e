"""Texts are never wider than the room computed for them, and are broken where a reader expects it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authpatterns.draw.text import clip, width, wrap

# advance widths in thousandths of an em, as a browser measures them
SANS = {
    "i": 278,
    "m": 974,
    "W": 989,
    "a": 613,
    "0": 636,
    " ": 318,
    "#": 838,
    "…": 1000,
    "→": 838,
    "漢": 1000,
    "あ": 1000,
}
BOLD = {"i": 343, "m": 1042, "W": 1103, "a": 675, "0": 696, "s": 595, "F": 683, "I": 372, "t": 478, "j": 343}
MONO = 602.05

words = st.text("abc /あ漢、。,-", max_size=60)


@pytest.mark.parametrize("sign", SANS)
def test_no_sign_is_wider_than_computed(sign: str) -> None:
    assert width(sign * 10, 100) >= SANS[sign]


@pytest.mark.parametrize("sign", BOLD)
def test_no_bold_sign_is_much_wider_than_computed(sign: str) -> None:
    assert width(sign * 10, 100, bold=True) >= 0.99 * BOLD[sign]


def test_signs_of_a_monospaced_face_are_all_as_wide() -> None:
    assert width("i" * 10, 100, mono=True) == width("W" * 10, 100, mono=True) >= MONO
    assert width("漢", 100, mono=True) == 100


def test_a_combining_mark_has_no_width() -> None:
    assert width("e\u0301", 10) == width("e", 10)


@given(words, st.floats(20, 300))
def test_wrapped_lines_fit_and_lose_nothing_but_blanks(text: str, room: float) -> None:
    lines = wrap(text, 10, room)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(width(line, 10) <= room or len(line) == 1 for line in lines)


def test_no_line_begins_with_a_full_stop() -> None:
    for room in range(30, 200, 3):
        assert not any(line[0] in "、。ー" for line in wrap("署名の検証、キャッシュ、ユーザー。" * 3, 10, room))


def test_lines_come_out_about_equally_long() -> None:
    assert wrap("the token has expired, sorry", 10, 130) == ("the token has", "expired, sorry")


@given(words, st.floats(20, 300))
def test_a_clipped_text_fits_and_says_that_it_is_clipped(text: str, room: float) -> None:
    clipped = clip(text, 10, room)
    assert width(clipped, 10) <= room or len(clipped) <= 2
    assert clipped == text or clipped.endswith("…")


def test_japanese_is_broken_between_phrases() -> None:
    assert wrap("pdp が待ち受けていないため、接続を拒否された。", 12, 190) == (
        "pdp が待ち受けていないため、",
        "接続を拒否された。",
    )
    assert wrap("接続できず · 待ち受けている者がいない", 12, 190) == ("接続できず", "待ち受けている者がいない")


@pytest.mark.parametrize(
    ("label", "room", "lines"),
    [
        ("503 Service Unavailable · failed", 190, ("503 Service Unavailable", "failed")),
        ("303 See Other · refused → id.example/authorize", 190, ("303 See Other · refused", "→ id.example/authorize")),
        ("GETEX /session:c73084…?ex=1800", 190, ("GETEX /session:c73084…", "?ex=1800")),
        (
            "303 See Other → orders.shop.example/sso/callback",
            180,
            ("303 See Other", "→ orders.shop.example/", "sso/callback"),
        ),
    ],
)
def test_a_label_is_broken_between_its_parts_first(label: str, room: float, lines: tuple[str, ...]) -> None:
    assert wrap(label, 13, room) == lines
    assert wrap(label, 13, 500) == (label,)


def test_an_arrow_is_never_left_alone() -> None:
    for room in range(60, 240, 10):
        assert "→" not in wrap("303 See Other → a-host-with-a-long-name.example", 13, room)


def test_a_word_in_katakana_stays_whole() -> None:
    for room in range(140, 300, 5):
        lines = wrap("バンドル 1 で判断する（コントロールプレーンの署名は 0.001 秒前）。", 12, room)
        assert any("コントロールプレーン" in line for line in lines)


def test_no_line_begins_with_a_particle_where_another_break_serves() -> None:
    said = "バンドル 1 で判断する（コントロールプレーンの署名は 0.001 秒前）。"
    assert wrap(said, 12, 260) == ("バンドル 1 で判断する", "（コントロールプレーンの", "署名は 0.001 秒前）。")


def test_a_path_is_broken_only_where_no_blank_serves() -> None:
    assert wrap("alice may not read order/2 (no-rule-allows).", 12, 190) == (
        "alice may not read",
        "order/2 (no-rule-allows).",
    )
    assert wrap("GET /.well-known/openid-configuration", 12, 190) == ("GET /.well-known/", "openid-configuration")


@pytest.mark.parametrize("path", ["/orders/1/cost", "/orders/1/tracking", "/payments/1"])
def test_a_path_that_fits_on_a_line_is_never_broken(path: str) -> None:
    for room in range(130, 300, 5):
        for said in (f"bob asks for {path}", f"bob が {path} を要求する"):
            assert any(path in line for line in wrap(said, 11, room, bold=True))


def test_an_ending_stays_with_its_word() -> None:
    assert wrap("リフレッシュトークンが2回使われたため、", 11, 176) == ("リフレッシュトークンが", "2回使われたため、")
    assert wrap("このサインインのトークンをすべて失効させる。", 11, 176) == (
        "このサインインのトークンを",
        "すべて失効させる。",
    )
    for room in range(150, 260, 5):
        assert not any(line[0] == "を" for line in wrap("手元のトークン（subject_token）を交換する。", 11, room))


@pytest.mark.parametrize(
    "sentences",
    [
        ("公開鍵は 1 個である。", "300 秒間キャッシュする。"),
        ("The key set is empty.", "No key was found."),
    ],
)
def test_a_second_sentence_begins_a_line_of_its_own(sentences: tuple[str, str]) -> None:
    joined = ("" if sentences[0].endswith("。") else " ").join(sentences)
    assert wrap(joined, 12, 170) == sentences
    assert wrap(joined, 12, 400) == (joined,)
