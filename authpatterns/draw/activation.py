"""Who works when: the bars on the lanes of a sequence diagram.

A node works on a request from its arrival to its answer. Where there is no answer, it works as long as the trace shows
something that this request caused, which may be longer than anybody waits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from authpatterns.draw.rows import BELOW_LAST, Ends, Placed
from authpatterns.draw.story import Banner, Message, Remark

_DEEPEST = 2


@dataclass(slots=True)
class Work:
    """A node works on a hop.

    Attributes:
        node: Who.
        top, bottom: From where to where on the sheet.
        depth: On how many other bars of the node this one lies.
        answered: Whether it came to an end.
    """

    node: str
    top: float
    bottom: float
    depth: int = 0
    answered: bool = False


def activations(placed: Sequence[Placed]) -> dict[int, Work]:
    """What each hop's receiver did, by hop; a hop that caused nothing visible is not in it."""
    works: dict[int, Work] = {}
    for one in placed:
        row = one.row
        if isinstance(row, Remark):
            _reach(works, row.hop, one.bottom - 4)
        elif isinstance(row, Message):
            if row.kind == "request":
                works[row.hop.id] = Work(row.hop.target, one.arrow, one.arrow)
            elif row.kind != "lost":
                _reach(works, row.hop.id, one.arrow, over=True)
            _reach(works, row.hop.parent, one.arrow + 6)
    _go_on(works, placed)
    real = {hop: work for hop, work in works.items() if work.bottom > work.top}
    _stack(list(real.values()))
    return real


def _go_on(works: dict[int, Work], placed: Sequence[Placed]) -> None:
    """Whoever answers only where the rest is left out works on to the lower edge of the frame."""
    last = placed[-1].row if placed else None
    if not isinstance(last, Banner) or last.kind != "cut":
        return
    for one in placed:
        if isinstance(one.row, Message) and one.row.hop.response is not None:
            _reach(works, one.row.hop.id, placed[-2].bottom + BELOW_LAST)


def ends(placed: Placed, works: dict[int, Work]) -> Ends:
    """On which bars the two ends of an arrow stand."""
    if not isinstance(placed.row, Message):
        return Ends()
    hop = placed.row.hop
    callee, caller = _depth(works.get(hop.id)), _depth(works.get(hop.parent or 0))
    return Ends(caller, callee) if placed.row.kind == "request" else Ends(callee, caller)


def _reach(works: dict[int, Work], hop: int | None, y: float, *, over: bool = False) -> None:
    work = works.get(hop or 0)
    if work is not None and not work.answered:
        work.bottom = max(work.bottom, y)
        work.answered = over


def _stack(works: list[Work]) -> None:
    """Bars of one node that overlap in time lie on each other, each a little to the right."""
    running: list[Work] = []
    for work in works:  # from the top down, so what has ended once has ended for good
        running = [other for other in running if other.bottom > work.top]
        below = {other.depth for other in running if other.node == work.node}
        work.depth = min(next(depth for depth in range(len(below) + 1) if depth not in below), _DEEPEST)
        running.append(work)


def _depth(work: Work | None) -> int:
    return -1 if work is None else work.depth
