"""How wide a text is, and where it may be broken: computed, never measured, so a picture is the same on every machine.

The widths are those of the widest common sans-serif face, rounded up: on most machines a text is a little narrower than
its place, and on none is it wider. A Japanese sign is one em wide, a Latin letter about half of it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache

_HUNDREDTHS = {
    28: "'ij", 32: " ,.Il", 36: ":;f|", 40: "()-/[\\]t", 44: "!r", 48: '"', 52: "*", 56: "?JL_csz–", 60: "Fkvxy·",
    64: "0123456789$EPSTY`abdeghnopqu{}", 68: "K", 72: "ABCRVXZ", 76: "HNU", 80: "&DGOQ", 84: "#+<=>^w~", 88: "M",
    96: "%",
}  # fmt: skip
_NARROW = {sign: hundredths / 100 for hundredths, signs in _HUNDREDTHS.items() for sign in signs}
_SENTENCE = re.compile(r"(?<=。)|(?<=[a-z\d)]\.) (?=[A-Z])")
"""Between two sentences; where they do not fit on one line, each begins its own."""
_PART = re.compile(r"( · | (?=→ )|(?<=\S)(?=\?\w))")
"""Between the parts of a label: at a dot, which is left out at a line's end, before an arrow, and before a query."""
_MONO = 0.61
_BOLD, _BOLD_NARROW, _NARROW_TO = 1.15, 1.26, 0.48
"""In bold, narrow letters grow more than others."""
_BREAK_AFTER = " /?&,;=、。・）」"
_NEVER_FIRST = "、。，．・：；！？）」』】〉》ーぁぃぅぇぉっゃゅょァィゥェォッャュョ)]},.;:"
_OPENING = "（「『【"
_IN_COMPOUNDS = "きぎしじちひびみり"
"""Hiragana that join two verbs into one, as in 待ち受ける; they seldom end a phrase."""
_WORD_IS_OVER = "、。・を"
"""Signs before which, or with which, every word is over: を is never a part of one."""
_WIDE_FROM = 0x2E80


@cache
def em(sign: str) -> float:
    """Width of one sign in em."""
    if sign in _NARROW:
        return _NARROW[sign]
    if unicodedata.combining(sign):
        return 0.0
    return 1.0


@cache
def _sign_width(sign: str, bold: bool, mono: bool) -> float:
    if mono and ord(sign) < _WIDE_FROM:
        return _MONO
    wide = em(sign)
    if not bold or ord(sign) >= _WIDE_FROM:
        return wide
    return wide * (_BOLD_NARROW if wide <= _NARROW_TO else _BOLD)


@cache
def width(text: str, size: float, *, bold: bool = False, mono: bool = False) -> float:
    """Width of `text` in pixels at font size `size`, a little generous.

    Examples:
        >>> width("認可", 10), width("ab", 10)
        (20.0, 12.8)
    """
    return round(size * sum(_sign_width(sign, bold, mono) for sign in text), 2)


@cache
def widest_word(text: str, size: float, *, bold: bool = False, mono: bool = False) -> float:
    """Width of the longest part of `text` without a blank."""
    return max((width(word, size, bold=bold, mono=mono) for word in text.split()), default=0.0)


@cache
def wrap(text: str, size: float, room: float, *, bold: bool = False, mono: bool = False) -> tuple[str, ...]:
    """`text` in lines of at most `room` pixels, broken where a reader expects it, inside a word only at need.

    A second sentence begins a line of its own, and so does what does not fit behind a dot, an arrow or the mark of a
    query. Other lines come out about equally long, so no single word is left alone on the last one.

    Examples:
        >>> wrap("the token has expired", 10, 70)
        ('the token', 'has expired')
        >>> wrap("署名の検証に成功した。", 10, 60)
        ('署名の検証に', '成功した。')
    """
    widths = [_sign_width(sign, bold, mono) * size for sign in text]
    whole = sum(widths)
    if whole <= room:
        return (text,)
    sentences = [part for part in _SENTENCE.split(text) if part]
    if len(sentences) > 1:
        return tuple(line for part in sentences for line in wrap(part, size, room, bold=bold, mono=mono))
    packed = _packed(_PART.split(text), lambda line: width(line, size, bold=bold, mono=mono) <= room)
    if len(packed) > 1:
        return tuple(line for part in packed for line in wrap(part, size, room, bold=bold, mono=mono))
    (loose, worn), (best, torn) = (_lines(text, widths, room, room, whole=phrases) for phrases in (False, True))
    if len(loose) < len(best):
        best, torn = loose, worn
    for narrower in (whole / len(best) * stretch for stretch in (1.02, 1.1, 1.2, 1.35)):
        if narrower < room:
            even, worse = _lines(text, widths, narrower, room, whole=best is not loose)
            if len(even) == len(best) and worse <= torn:
                return even
    return best


def _packed(parts: Sequence[str], fits: Callable[[str], bool]) -> list[str]:
    """Parts, with what stands between them in every second place, put on as few lines as hold them."""
    lines = [parts[0]]
    for between, part in zip(parts[1::2], parts[2::2], strict=True):
        longer = lines[-1] + between + part
        if fits(longer):
            lines[-1] = longer
        else:
            lines.append(part)
    return lines


def _lines(text: str, widths: list[float], room: float, widest: float, *, whole: bool) -> tuple[tuple[str, ...], int]:
    """The lines, and how badly they are torn: 1 for each phrase, 2 for each word or path that is at most `widest`.

    `whole` keeps phrases whole.
    """
    lines: list[str] = []
    begin, torn = 0, 0
    while begin < len(text):
        end = _line_end(text, widths, begin, room, whole)
        if end < len(text) and not _between_phrases(text, end - 1):
            before, after = text[end - 1], text[end]
            whole_words = _may_break(before, after) and not _in_word(before, after)
            torn += 1 if whole_words and not _in_path(text, widths, end - 1, widest) else 2
        lines.append(text[begin:end].strip())
        begin = end
        while begin < len(text) and text[begin] == " ":
            begin += 1
    return tuple(lines), torn


def _line_end(text: str, widths: list[float], begin: int, room: float, whole: bool) -> int:
    """Where the line from `begin` ends: the last place that fits, if it can between phrases; one sign on at least."""
    used, allowed, good, weak = 0.0, 0, 0, 0
    for place in range(begin, len(text)):
        used += widths[place]
        if used > room and text[place] != " ":
            if whole and good and sum(widths[begin:good]) >= room / 4:
                return good
            return allowed or weak or max(place, begin + 1)
        if place + 1 == len(text):
            break
        if _may_break(text[place], text[place + 1]) and text[place - 1 : place + 1] != "→ ":
            weak = place + 1
            torn = _in_word(text[place], text[place + 1]) or _in_path(text, widths, place, room)
            allowed = allowed if torn else weak
            good = allowed if _between_phrases(text, place) else good
    return len(text)


def _between_phrases(text: str, place: int) -> bool:
    """Whether a break after `text[place]` tears no word apart; in Japanese a phrase mostly ends with its hiragana."""
    before, after = text[place], text[place + 1]
    if any(text.count(one, 0, place + 1) > text.count(other, 0, place + 1) for one, other in ("()", "（）")):
        return False
    if before == " ":
        return not (_is_hiragana(after) or (text[place - 1].isdigit() and ord(after) >= _WIDE_FROM))
    if ord(before) < _WIDE_FROM and ord(after) < _WIDE_FROM:
        return before in ",;"
    ends_phrase = _is_hiragana(before) and before not in _IN_COMPOUNDS and not _is_hiragana(after)
    return (before in _BREAK_AFTER + _WORD_IS_OVER or after in _OPENING or ends_phrase) and not _in_word(before, after)


def _is_hiragana(sign: str) -> bool:
    return "ぁ" <= sign <= "ん"


def _in_word(before: str, after: str) -> bool:
    """Whether a break would tear a word in katakana, or a particle or an ending from its word, or an ending itself."""
    if _is_hiragana(after):
        return ord(before) >= _WIDE_FROM and before not in _WORD_IS_OVER
    return min(before, after) >= "ァ" and max(before, after) <= "ー"


def _in_path(text: str, widths: list[float], place: int, room: float) -> bool:
    """Whether a break after `text[place]` would tear a path that has room on a line of its own."""
    if text[place] != "/":
        return False
    begin, end = place, place + 1
    while begin and (_in_address(text[begin - 1]) or text[begin - 2 : begin] == "→ "):
        begin -= 1
    while end < len(text) and _in_address(text[end]):
        end += 1
    return sum(widths[begin:end]) <= room


def _in_address(sign: str) -> bool:
    return sign != " " and ord(sign) < _WIDE_FROM


def _may_break(before: str, after: str) -> bool:
    if after in _NEVER_FIRST or after == " ":
        return False
    return (
        before in _BREAK_AFTER
        or (ord(before) >= _WIDE_FROM and before not in _OPENING)
        or (ord(after) >= _WIDE_FROM and before not in _OPENING)
    )


def clip(text: str, size: float, room: float, *, bold: bool = False, mono: bool = False) -> str:
    """`text`, shortened with an ellipsis where it is wider than `room` pixels.

    Examples:
        >>> clip("/orders/1?page=2", 10, 60)
        '/orders/1…'
    """
    if width(text, size, bold=bold, mono=mono) <= room:
        return text
    end = len(text)
    while end > 1 and width(text[:end] + "…", size, bold=bold, mono=mono) > room:
        end -= 1
    return text[:end] + "…"
