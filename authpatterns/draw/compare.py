"""Two traces side by side: what both have in common stands at one height, and what only one has is marked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Literal

from authpatterns import words
from authpatterns.draw import columns as lanes
from authpatterns.draw import labels, rows, sequence, transcript
from authpatterns.draw.columns import HEAD_HEIGHT, Columns
from authpatterns.draw.rows import Placed
from authpatterns.draw.shapes import Box, Path, Picture, Shape, Text
from authpatterns.draw.show import Drawing
from authpatterns.draw.story import Banner, Heading, Message, Remark, Row, Story, likeness, tell
from authpatterns.draw.svg import Theme
from authpatterns.draw.text import width, wrap
from authpatterns.secrecy import without_digits
from authpatterns.trace import Trace

Mark = Literal["same", "differs", "left", "right"]

_GUTTER = 44
_NARROW = 170
_TALL = 900
"""From so many pixels on, the heads are repeated at the foot."""
_SIDE, _FOOT, _FOOT_LINE = 15, 11, 16
_STRIP = 28
"""Height of the strip of a heading."""
_FIGURE = re.compile(r"\d[\d.,]*")


@dataclass(frozen=True, slots=True)
class Pair:
    """A row of the left story, one of the right, or one of each that belong together."""

    left: Row | None
    right: Row | None

    @property
    def rows(self) -> tuple[Row | None, Row | None]:
        """Left and right."""
        return self.left, self.right

    @property
    def mark(self) -> Mark:
        """Whether both are there and alike, or on which side alone it stands; no end of the drawing differs."""
        if any(isinstance(row, Banner) and row.kind == "cut" for row in self.rows):
            return "same"
        if self.left is None or self.right is None:
            return "right" if self.left is None else "left"
        return "same" if likeness(self.left) == likeness(self.right) else "differs"


def compare(
    left: Trace,
    right: Trace,
    lang: str | None = None,
    *,
    title: str = "",
    titles: tuple[str, str] = ("", ""),
    limit: int | None = 60,
    theme: Theme = "auto",
) -> Drawing:
    """Two traces as sequence diagrams side by side.

    Args:
        left: For instance without a fault.
        right: For instance with it.
        lang: "ja" or "en"; None for the language in use.
        title: Stands above the diagram.
        titles: Stand above the two.
        limit: Most messages of each side; both are cut at the same place.
        theme: "auto" follows the reader's colour scheme; "light" and "dark" are fixed.
    """
    whole = (tell(left, lang, limit=None), tell(right, lang, limit=None))
    pairs = _cut(list(align(*whole)), limit, whole)
    stories = (_with(whole[0], (pair.left for pair in pairs)), _with(whole[1], (pair.right for pair in pairs)))
    text = _spoken(stories, pairs, title, titles)
    return Drawing(_picture(stories, pairs, title, titles, text), text, theme)


def align(left: Story, right: Story) -> Iterator[Pair]:
    """The rows of two stories in pairs, as few alone as possible; of notes each sentence is compared by itself."""
    return _joined(_paired(_sentences(left.rows), _sentences(right.rows), (likeness, _finding, _place)))


def _sentences(given: Iterable[Row]) -> list[Row]:
    """The rows, with a remark for each sentence."""
    found: list[Row] = []
    for row in given:
        found += [replace(row, sentences=(one,)) for one in row.sentences] if isinstance(row, Remark) else [row]
    return found


_Sight = Callable[[Row], tuple[object, ...]]


def _paired(ours: list[Row], theirs: list[Row], sights: Sequence[_Sight]) -> Iterator[Pair]:
    """Rows that are alike at first sight; those between them that are alike at the second; and so on."""
    if not sights or not ours or not theirs:
        yield from (Pair(row, None) for row in ours)
        yield from (Pair(None, row) for row in theirs)
        return
    sight, *others = sights
    if sight is _place:  # what is left of a note is one thing
        ours, theirs = _glued(ours), _glued(theirs)
    matcher = SequenceMatcher(None, [sight(row) for row in ours], [sight(row) for row in theirs], autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            yield from (Pair(one, other) for one, other in zip(ours[a:b], theirs[c:d], strict=True))
        else:
            yield from _paired(ours[a:b], theirs[c:d], others)


def _finding(row: Row) -> tuple[object, ...]:
    """The same request, answer or sentence, with other particulars."""
    if isinstance(row, Message):
        return (*_place(row), row.head)
    said = row.sentences if isinstance(row, Remark) else (row.title if isinstance(row, Heading) else row.text,)
    return (*_place(row), *(_FIGURE.sub("0", one) for one in said))


def _place(row: Row) -> tuple[object, ...]:
    """The same kind of thing at the same place."""
    if isinstance(row, Message):
        return ("message", row.kind == "request", row.source, row.target)
    return (type(row).__name__, getattr(row, "node", ""))


def _joined(pairs: Iterable[Pair]) -> Iterator[Pair]:
    """Sentences of one note stand in one box again where they fared alike."""
    last: Pair | None = None
    for pair in pairs:
        if last is not None and last.mark == pair.mark and all(map(_goes_on, last.rows, pair.rows)):
            last = Pair(_both(last.left, pair.left), _both(last.right, pair.right))
            continue
        if last is not None:
            yield last
        last = pair
    if last is not None:
        yield last


def _glued(given: Iterable[Row]) -> list[Row]:
    """Sentences of one note that still stand beside each other, as one row."""
    found: list[Row] = []
    for row in given:
        both = _both(found[-1], row) if found and _goes_on(found[-1], row) else None
        found = [*found[:-1], both] if both else [*found, row]
    return found


def _goes_on(before: Row | None, row: Row | None) -> bool:
    if isinstance(before, Remark) and isinstance(row, Remark):
        return (before.node, before.hop, before.tone) == (row.node, row.hop, row.tone)
    return before is None and row is None


def _both(before: Row | None, row: Row | None) -> Row | None:
    if isinstance(before, Remark) and isinstance(row, Remark):
        return replace(before, sentences=before.sentences + row.sentences)
    return None


def _cut(pairs: list[Pair], limit: int | None, stories: tuple[Story, Story]) -> list[Pair]:
    """The pairs up to where one side has `limit` messages; both end there, if they can before something new begins."""
    drawn = [0, 0]
    begins = 0
    for at, pair in enumerate(pairs):
        if any(isinstance(row, Heading) for row in pair.rows):
            begins = at
        for side, row in enumerate(pair.rows):
            drawn[side] += isinstance(row, Message)
        if limit is not None and max(drawn) > limit:
            end = begins or at
            left, right = ([later.rows[side] for later in pairs[end:]] for side in (0, 1))
            return [*pairs[:end], Pair(_rest(left, stories[0]), _rest(right, stories[1]))]
    return pairs


def _rest(left_out: list[Row | None], story: Story) -> Banner | None:
    left = sum(isinstance(row, Message) for row in left_out)
    return Banner("cut", words.say("draw.cut", story.lang, left=left, count=story.messages)) if left else None


def _with(story: Story, shown: Iterable[Row | None]) -> Story:
    return replace(story, rows=tuple(row for row in shown if row is not None))


# --- drawing


def _picture(
    stories: tuple[Story, Story], pairs: list[Pair], title: str, titles: tuple[str, str], text: str
) -> Picture:
    lang = stories[0].lang
    head = title or words.say("draw.title.compare", lang)
    if not (stories[0].parties and stories[1].parties):
        return sequence.empty(head, lang)
    left = _columns(stories[0], 0, titles[0])
    right = _columns(stories[1], left.right + _GUTTER - lanes.MARGIN, titles[1])
    wide = max(right.right, lanes.MARGIN + 4 + width(title, sequence.TITLE, bold=True)) + lanes.MARGIN
    sheet = Picture(wide, 0, head, text, lang)
    top = 16.0
    if title:
        sheet.add(Text("title", left.left + 4, top + 16, title, sequence.TITLE, "start", bold=True))
        top += 36
    if any(titles):
        for said, columns in zip(titles, (left, right), strict=True):
            sheet.add(Text("name", columns.left + 4, top + 14, said, _SIDE, "start", bold=True))
        top += 30
    bottom = _draw_sides(sheet, pairs, (left, right), top)
    bottom = _foot(sheet, stories, (left, right), bottom)
    sheet.height = bottom + 14
    sheet.add(Box("page", 0, 0, sheet.width, sheet.height, 10))
    return sheet


def _draw_sides(sheet: Picture, pairs: list[Pair], columns: tuple[Columns, Columns], top: float) -> float:
    """Both stories; gives the lower edge."""
    begin = top + HEAD_HEIGHT + sequence.BETWEEN
    strips, between = _place_pairs(pairs, columns, begin)
    for strip in strips:
        sheet.extend(_marked(strip, columns))
    bottom = strips[-1].y + strips[-1].height
    foot = sequence.Foot(bottom + 6, bottom - begin >= _TALL)
    sides = [[one for strip in strips if (one := strip.placed[side]) is not None] for side in (0, 1)]
    return max(
        sequence.draw_story(sheet, side, column, top, foot=foot, between=between)
        for side, column in zip(sides, columns, strict=True)
    )


def _columns(story: Story, begin: float, title: str) -> Columns:
    columns = lanes.arrange(story, begin, _NARROW)
    return replace(columns, right=max(columns.right, columns.left + width(title, _SIDE, bold=True) + 8))


@dataclass(frozen=True, slots=True)
class _Strip:
    """A pair with its place on the sheet: both rows at one height."""

    pair: Pair
    placed: tuple[Placed | None, Placed | None]
    y: float
    height: float

    def lower(self, by: float) -> _Strip:
        """The same further down."""
        left, right = (one and replace(one, y=one.y + by) for one in self.placed)
        return replace(self, y=self.y + by, placed=(left, right))


def _place_pairs(
    pairs: list[Pair], columns: tuple[Columns, Columns], begin: float
) -> tuple[list[_Strip], tuple[float, ...]]:
    """Strips below each other, from height `begin`, and where the heads stand between them."""
    strips: list[_Strip] = []
    before: Row | None = None
    y = begin
    for pair in pairs:
        y += max(sequence.gap(row, before) for row in pair.rows if row is not None)
        before = pair.left or pair.right
        strips.append(_strip(pair, columns, y))
        y += strips[-1].height
    headings = {at: strip.y for at, strip in enumerate(strips) if _begins_anew(pairs[at:])}
    again = sequence.Again.at(headings, len(strips))
    return [strip.lower(again.shift(at)) for at, strip in enumerate(strips)], again.heights


def _strip(pair: Pair, columns: tuple[Columns, Columns], y: float) -> _Strip:
    found = [None if row is None else rows.place(row, side, y) for row, side in zip(pair.rows, columns, strict=True)]
    height = max(one.height for one in found if one is not None)
    left, right = (one and replace(one, height=height, glow=pair.mark != "same") for one in found)
    return _Strip(pair, (left, right), y, height)


def _begins_anew(pairs: Sequence[Pair]) -> bool:
    """Whether on neither side the first of these pairs, or what is next there, goes on with what was begun before."""
    if not any(isinstance(row, Heading) for row in pairs[0].rows):
        return False
    nexts = [next((row for pair in pairs if (row := pair.rows[side]) is not None), None) for side in (0, 1)]
    return all(row is None or isinstance(row, Heading) for row in nexts)


def _marked(strip: _Strip, columns: tuple[Columns, Columns]) -> Iterator[Shape]:
    """A band beneath what differs, or around it; the outline of a gap where something is missing; a sign between."""
    pair, y = strip.pair, strip.y
    if pair.mark == "same":
        return
    high = _STRIP if any(isinstance(row, Heading) for row in pair.rows) else strip.height
    for row, side in zip(pair.rows, columns, strict=True):
        wide = side.right - side.left
        if row is None:
            yield Box("missing", side.left + 4.5, y + 2.5, wide - 9, high - 5, 8)
        elif isinstance(row, Heading):
            yield Box("glow", side.left - 4, y - 4, wide + 8, high + 8, 11)
        elif isinstance(row, Remark):  # other rows bring their own
            yield rows.band(side, y, high)
    yield from _sign(pair.mark, (columns[0].right + columns[1].left) / 2, y + high / 2)


def _sign(mark: Mark, x: float, y: float) -> list[Path]:
    lines = {"left": "m-6 0h12", "right": "m-6 0h12m-6 -6v12", "differs": "m-6 -3h12m-12 6h12m-2 -9l-8 12"}[mark]
    return [Path("sign-plate", x, y, "m-13 0a13 13 0 1 0 26 0a13 13 0 1 0 -26 0z"), Path("sign", x, y, lines)]


def _foot(sheet: Picture, stories: tuple[Story, Story], columns: tuple[Columns, Columns], y: float) -> float:
    """What the deployments were, below each side, and what the signs mean; gives the lower edge."""
    y += 26
    ends = [
        _lines_at(sheet, side.left + 4, y, story.origin, side.right)
        for story, side in zip(stories, columns, strict=True)
    ]
    return _lines_at(sheet, columns[0].left + 4, max(ends) + 4, _legend(stories), columns[1].right)


def _legend(stories: tuple[Story, Story]) -> str:
    """What the signs mean, and what the digits on either side are."""
    lang = stories[0].lang
    signs = list(dict.fromkeys(sign for story in stories for sign in story.digit_signs))
    return " · ".join(filter(None, [words.say("draw.compare.legend", lang), labels.digits(signs, lang)]))


def _lines_at(sheet: Picture, left: float, y: float, said: str, right: float) -> float:
    """A line of the foot, wrapped; gives the height of the next one."""
    lines = wrap(said, _FOOT, right - left)
    sheet.extend(Text("foot", left, y + _FOOT_LINE * at, line, _FOOT, "start") for at, line in enumerate(lines))
    return y + _FOOT_LINE * len(lines)


# --- in words


def _spoken(stories: tuple[Story, Story], pairs: list[Pair], title: str, titles: tuple[str, str]) -> str:
    lang = stories[0].lang
    names = [
        said or words.say(f"draw.compare.{side}", lang) for said, side in zip(titles, ("left", "right"), strict=True)
    ]
    lines = [title or words.say("draw.title.compare", lang), f"− {names[0]}", f"+ {names[1]}"]
    for pair in pairs:
        lines += _lines(pair, lang)
    lines += [f"{name}: {story.origin}" for name, story in zip(names, stories, strict=True)]
    return "\n".join([*lines, _legend(stories)])


def _lines(pair: Pair, lang: str) -> list[str]:
    if pair.mark == "same":
        return [f"  {_common(pair, lang)}"]
    sides = (("−", pair.left), ("+", pair.right))
    return [f"{sign} {transcript.line(row, lang)}" for sign, row in sides if row is not None]


def _common(pair: Pair, lang: str) -> str:
    """What is true of both sides: where their numbers differ it has both, and where their secrets do, none."""
    said = [transcript.line(row, lang) for row in pair.rows if row is not None]
    if isinstance(pair.left, Message) and isinstance(pair.right, Message):
        number = pair.left.number
        said[1] = transcript.line(replace(pair.right, number=number), lang)
        if number != pair.right.number:
            said = [f"{number}/{pair.right.number}{one.removeprefix(str(number))}" for one in said]
    if len(set(said)) > 1:
        said = [without_digits(one) for one in said]
    first, *others = dict.fromkeys(said)
    return " | ".join([first, *(one.strip() for one in others)])
