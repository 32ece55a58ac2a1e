"""The sequence diagram: who says what to whom, in order."""

from __future__ import annotations

from dataclasses import dataclass, replace

from authpatterns import words
from authpatterns.draw import columns as lanes
from authpatterns.draw import rows, transcript
from authpatterns.draw.columns import HEAD_HEIGHT, Columns
from authpatterns.draw.rows import Ends, Placed
from authpatterns.draw.shapes import Box, Line, Picture, Text
from authpatterns.draw.show import Drawing
from authpatterns.draw.story import Banner, Heading, Message, Remark, Story, tell
from authpatterns.draw.svg import Theme
from authpatterns.draw.text import width
from authpatterns.trace import Trace

_TITLE = 17
_FOOT = 11
_BETWEEN = 20
_LONG = 16
"""From so many messages on, the heads are repeated at the foot."""


def sequence(
    trace: Trace,
    lang: str | None = None,
    *,
    title: str = "",
    highlight: int | None = None,
    upto: int | None = None,
    fold: bool = True,
    limit: int | None = 120,
    theme: Theme = "auto",
) -> Drawing:
    """What flowed, as a sequence diagram.

    Args:
        trace: What flowed; `trace.last()` for the last thing somebody did.
        lang: "ja" or "en"; None for the language in use.
        title: Stands above the diagram.
        highlight: Number of a message that is marked, for going through step by step.
        upto: Messages after this number are faint.
        fold: Show an exchange that repeats three times or more only once.
        limit: After so many messages the rest is left out, and the diagram says so; None for no limit.
        theme: "auto" follows the reader's colour scheme; "light" and "dark" are fixed.
    """
    story = tell(trace, lang, fold=fold, limit=limit)
    drawn = picture(story, title, highlight, upto)
    return Drawing(drawn, drawn.text, theme)


def picture(story: Story, title: str = "", highlight: int | None = None, upto: int | None = None) -> Picture:
    """A story as shapes."""
    if not story.parties:
        return _empty(story, title)
    columns = lanes.arrange(story)
    needed = max(width(story.footer, _FOOT), width(title, _TITLE, bold=True)) + 32
    columns = replace(columns, right=max(columns.right, needed))
    top = 16.0 + (28 if title else 0)
    placed = _place(story, columns, top + HEAD_HEIGHT + _BETWEEN)
    again = len(story.arrows) >= _LONG
    bottom = placed[-1].bottom + 6 if placed else top + HEAD_HEIGHT + 24
    sheet = Picture(
        columns.right + lanes.MARGIN, 0, title or words.say("draw.title.sequence", story.lang), "", story.lang
    )
    sheet.text = transcript.spoken(story)
    if title:
        sheet.add(Text("title", lanes.MARGIN + 4, 32, title, _TITLE, "start", bold=True))
    sheet.extend(columns.heads(top))
    sheet.extend(Line("lane", x, top + HEAD_HEIGHT, x, bottom + (14 if again else 0)) for x in columns.x.values())
    sheet.extend(_frames(placed, columns))
    _draw_rows(sheet, placed, columns, highlight, upto)
    if again:
        sheet.extend(columns.heads(bottom + 14))
        bottom += HEAD_HEIGHT + 14
    sheet.add(Text("foot", lanes.MARGIN + 4, bottom + 26, story.footer, _FOOT, "start"))
    sheet.height = bottom + 40
    sheet.add(Box("page", 0, 0, sheet.width, sheet.height, 10))
    return sheet


def _empty(story: Story, title: str) -> Picture:
    text = words.say("draw.empty", story.lang)
    wide = max(width(text, lanes.NOTE), width(title, _TITLE, bold=True)) + 48
    sheet = Picture(wide, 64, title or words.say("draw.title.sequence", story.lang), text, story.lang)
    sheet.add(Box("page", 0, 0, wide, 64, 10), Text("banner", wide / 2, 36, text, lanes.NOTE))
    return sheet


def _place(story: Story, columns: Columns, y: float) -> list[Placed]:
    placed: list[Placed] = []
    for row in story.rows:
        if isinstance(row, Heading) and placed:
            y += _BETWEEN if isinstance(placed[-1].row, Message | Remark) else _BETWEEN / 3
        if isinstance(row, Banner):
            y += 8
        placed.append(rows.place(row, columns, y))
        y = placed[-1].bottom
    return placed


def _frames(placed: list[Placed], columns: Columns) -> list[Box]:
    """A frame around everything between one heading and the next."""
    starts = [at for at, one in enumerate(placed) if isinstance(one.row, Heading)]
    ends = [_last_of_frame(placed, at - 1) for at in [*starts[1:], len(placed)]] if starts else []
    return [
        Box("frame", columns.left, top, columns.right - columns.left, bottom - top, 8)
        for top, bottom in ((placed[s].y, placed[e].bottom + 6) for s, e in zip(starts, ends, strict=True))
    ]


def _last_of_frame(placed: list[Placed], at: int) -> int:
    """Time that passes between two frames belongs to neither."""
    return at - 1 if isinstance(placed[at].row, Banner) else at


def _draw_rows(sheet: Picture, placed: list[Placed], columns: Columns, highlight: int | None, upto: int | None) -> None:
    bars = _activations(placed)
    shown = 0
    for one in placed:
        shown = one.row.number if isinstance(one.row, Message) else shown + (isinstance(one.row, Heading))
        dim = upto is not None and shown > upto
        glow = isinstance(one.row, Message) and one.row.number == highlight
        sheet.extend(rows.Pen(columns, _ends(one, bars), glow, dim).draw(one))
        shown -= isinstance(one.row, Heading)
    limit = _first_hidden(placed, upto)
    for found in bars.values():
        if found.bottom > found.top:
            sheet.add(rows.bar(columns.x[found.node], found.depth, found.top, found.bottom, dim=found.top >= limit))


def _first_hidden(placed: list[Placed], upto: int | None) -> float:
    hidden = (one.y for one in placed if isinstance(one.row, Message) and upto is not None and one.row.number > upto)
    return next(hidden, float("inf"))


# --- who works when


@dataclass(slots=True)
class _Work:
    """A node works on a hop, from `top` to `bottom` of the sheet; equal where it never did."""

    node: str
    depth: int
    top: float
    bottom: float
    over: bool = False


def _activations(placed: list[Placed]) -> dict[int, _Work]:
    """What each hop's receiver did, by hop."""
    works: dict[int, _Work] = {}
    for one in placed:
        row = one.row
        if isinstance(row, Remark) and row.hop in works:
            _reach(works, row.hop, one.bottom - 4)
        if not isinstance(row, Message):
            continue
        hop = row.hop
        if row.kind == "request":
            taken = {work.depth for work in works.values() if work.node == hop.target and not work.over}
            depth = next(level for level in range(len(taken) + 1) if level not in taken)
            works[hop.id] = _Work(hop.target, min(depth, 2), one.arrow, one.arrow)
        elif row.kind == "lost":
            pass  # whether the other side goes on, its own messages will tell
        elif hop.id in works:
            _reach(works, hop.id, one.arrow)
            works[hop.id].over = True
        if hop.parent in works:
            _reach(works, hop.parent, one.arrow + 6)
    return works


def _reach(works: dict[int, _Work], hop: int | None, y: float) -> None:
    if hop is not None and not works[hop].over:
        works[hop].bottom = max(works[hop].bottom, y)


def _ends(placed: Placed, bars: dict[int, _Work]) -> Ends:
    """On which bars the ends of an arrow stand."""
    if not isinstance(placed.row, Message):
        return Ends()
    hop = placed.row.hop
    callee, caller = _depth(bars.get(hop.id)), _depth(bars.get(hop.parent or 0))
    return Ends(caller, callee) if placed.row.kind == "request" else Ends(callee, caller)


def _depth(work: _Work | None) -> int:
    return -1 if work is None or work.bottom <= work.top else work.depth
