"""A trace as a list of rows, the way a person would tell it: what every kind of sequence diagram is drawn from.

`tell` numbers the messages, puts headings where a person does something new, joins notes, says where time passes, folds
what repeats and cuts what is too long. It knows nothing of pixels.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from authpatterns import words
from authpatterns.draw import labels
from authpatterns.secrecy import without_digits
from authpatterns.trace import Act, Answered, GaveUp, Hop, Note, Party, Sent, Trace, TraceEvent

MessageKind = Literal["request", "answer", "absent", "refused", "failed", "late", "lost"]

_PAUSE = 1.0
"""From so many quiet seconds on, a row says that time passes."""
_LONGEST_REPEAT = 24
_FEW_OF = 5
"""Up to a fifth more than the limit is drawn all the same: a cut would save less than it costs."""
_OUTER = ("client", "edge")
_RANKS = {"authorizer": 0, "auth": 1, "idp": 1, "store": 2, "pdp": 4, "authz-provider": 4, "pip": 4, "pap": 4}
"""Where a node that stands at no border belongs, from the left."""
_SERVICES = 3
_SHORTENED = re.compile(r"[\w-]{6}…", re.ASCII)
"""What `labels.short` leaves of a long random name."""


@dataclass(frozen=True, slots=True)
class Message:
    """One arrow.

    Attributes:
        number: 1, 2, 3 in order; an answer has a number of its own.
        kind: "request", "lost" where no answer came, or how the answer counts: see `labels.outcome`.
        source, target: Where the arrow begins and ends.
        head, details: See `labels.Label`.
        waiting: Nodes that are at work meanwhile, because they wait for what this message is a part of.
    """

    number: int
    kind: MessageKind
    source: str
    target: str
    head: str
    details: tuple[str, ...]
    hop: Hop
    time: float
    waiting: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Remark:
    """What a node found out by itself: one sentence or more."""

    node: str
    tone: labels.Tone
    sentences: tuple[str, ...]
    time: float
    hop: int | None
    after: int


@dataclass(frozen=True, slots=True)
class Heading:
    """Here begins, or goes on, what a person did; None is what nobody asked for."""

    act: Act | None
    title: str


@dataclass(frozen=True, slots=True)
class Banner:
    """A row of words over the whole width.

    Time passes, a `node` goes down or is up again, an exchange repeats so many `times`, or the rest is left out.
    """

    kind: Literal["pause", "down", "up", "fold", "cut"]
    text: str
    times: int = 0
    node: str = ""


Row = Message | Remark | Heading | Banner


@dataclass(frozen=True, slots=True)
class Story:
    """A trace, told.

    Attributes:
        parties: Those who take part or are down, from the outside inwards.
        rows: What happens.
        messages: How many messages there are, drawn or not.
        seed: Of the deployment.
        begin, end: Virtual seconds.
        lang: "ja" or "en".
        real: Whether it happened by the wall clock.
        down: Names of those who are down all the time.
    """

    parties: tuple[Party, ...]
    rows: tuple[Row, ...]
    messages: int
    seed: int
    begin: float
    end: float
    lang: str
    real: bool = False
    down: frozenset[str] = frozenset()

    @property
    def arrows(self) -> list[Message]:
        """The messages among the rows."""
        return [row for row in self.rows if isinstance(row, Message)]

    def kind_word(self, party: Party) -> str:
        """What kind of thing a party is, and whether it is down all the time."""
        return labels.kind_word(party, self.lang, down=party.name in self.down)

    @property
    def footer(self) -> str:
        """What `origin` says, and what the digits in the diagram are."""
        return " · ".join(filter(None, [self.origin, labels.digits(self.digit_signs, self.lang)]))

    @property
    def origin(self) -> str:
        """Seed, virtual time and number of messages in one line; where it really happened, when that was."""
        how, time = ("footer-real", labels.moment) if self.real else ("footer", partial(labels.clock, lang=self.lang))
        times = {"begin": time(self.begin), "end": time(self.end)}
        return words.say(f"draw.{how}", self.lang, seed=self.seed, count=self.messages, **times)

    @property
    def digit_signs(self) -> list[str]:
        """After which signs the digits of a hash stand in the diagram: fingerprints, and names that a store uses."""
        marks = [detail for row in self.arrows for detail in row.details]
        if not labels.has_mark(marks):
            return []
        return ["#", *labels.hashed_names((row.head for row in self.arrows), marks)]


def tell(trace: Trace, lang: str | None = None, *, fold: bool = True, limit: int | None = 120) -> Story:
    """The story of `trace` in the rows of a diagram.

    Args:
        trace: What flowed.
        lang: "ja" or "en"; None for the language in use.
        fold: Show an exchange that repeats three times or more only once.
        limit: After so many drawn messages the rest is left out, and a row says so, unless only few are left; None for
            no limit.
    """
    lang = lang or words.language()
    down = _down_throughout(trace)
    rows = list(_rows(trace, down, lang))
    count = sum(isinstance(row, Message) for row in rows)
    if fold:
        rows = _folded(rows, lang)
    if limit is not None:
        rows = _cut(rows, limit, count, lang)
    times = [_time(event) for event in trace.events]
    begin, end = (min(times), max(times)) if times else (0.0, 0.0)
    parties = parties_of(trace, *trace.down.values())
    return Story(parties, tuple(rows), count, trace.seed, begin, end, lang, trace.real, down)


def parties_of(trace: Trace, *more: Iterable[str]) -> tuple[Party, ...]:
    """Who takes part in `trace`, and whoever else is named, in an order that does not depend on what happens.

    Clients come first, then the edge, those who know who somebody is, the microservices, and those who decide what
    somebody may do; among equals, whoever was there first.
    """
    seen: dict[str, None] = {}
    for event in trace.events:
        names = (event.node,) if isinstance(event, Note) else (event.hop.source, event.hop.target)
        seen.update(dict.fromkeys(names))
    seen.update((name, None) for names in more for name in names)
    known = {name: place for place, name in enumerate(trace.parties)}
    parties = [trace.parties.get(name) or Party(name, "service", "inside") for name in seen]
    return tuple(sorted(parties, key=lambda party: (_rank(party), known.get(party.name, len(known)))))


def _rank(party: Party) -> int:
    if party.zone in _OUTER:
        return _OUTER.index(party.zone) - len(_OUTER)
    return _RANKS.get(party.kind, _SERVICES)


def _down_throughout(trace: Trace) -> frozenset[str]:
    """Who is down whenever anything is sent."""
    if not trace.down or len(trace.down) < len(trace):
        return frozenset()
    return frozenset.intersection(*map(frozenset, trace.down.values()))


def _time(event: TraceEvent) -> float:
    if isinstance(event, Note):
        return event.time
    if isinstance(event, Sent) or event.hop.answered is None:
        return event.hop.sent
    return event.hop.answered


def _rows(trace: Trace, down_throughout: frozenset[str], lang: str) -> Iterator[Row]:
    acts = {act.id: act for act in trace.acts}
    hops = {hop.id: hop for hop in trace.hops}
    under = {hop.id: hop.act for hop in hops.values()}
    begun: set[int | None] = set()
    current: int | None = None
    number, now = 0, None
    gave_up: set[int] = set()
    remark: Remark | None = None
    down: tuple[str, ...] = tuple(down_throughout)
    for event in trace.events:
        time = max(_time(event), now or 0.0)
        hop = hops.get(event.hop or 0) if isinstance(event, Note) else event.hop
        if remark and not (isinstance(event, Note) and _joins(remark, event, labels.tone(event, hop))):
            yield remark
            remark = None
        if now is not None and time - now >= _PAUSE and not isinstance(event, GaveUp):
            yield Banner("pause", words.say("draw.pause", lang, span=labels.span(time - now, lang)))
        now = time
        if isinstance(event, Sent):
            before, down = down, trace.down.get(event.hop.id, ())
            yield from _changes(before, down, lang)
        if isinstance(event, Note):
            act = under.get(event.hop or 0, current if event.act is None else event.act)
        else:
            act = event.hop.act
        if act != current:
            yield _heading(acts.get(act or 0), act in begun, lang)
        current = act
        begun.add(act)
        if isinstance(event, Note):
            sentence = labels.note_text(event, lang)
            if remark:
                remark = replace(remark, sentences=(*remark.sentences, sentence))
            else:
                remark = Remark(event.node, labels.tone(event, hop), (sentence,), event.time, event.hop, number)
            continue
        number += 1
        if isinstance(event, GaveUp):
            gave_up.add(event.hop.id)
        late = isinstance(event, Answered) and event.hop.id in gave_up
        yield _message(event, number, time, trace.parties, _waiting(event.hop, hops), late, lang)
    if remark:
        yield remark


def _changes(before: tuple[str, ...], after: tuple[str, ...], lang: str) -> list[Banner]:
    """Who went down or came up again since the last message was sent."""
    up = [_change("up", node, lang) for node in before if node not in after]
    return up + [_change("down", node, lang) for node in after if node not in before]


def _change(kind: Literal["up", "down"], node: str, lang: str) -> Banner:
    return Banner(kind, words.say(f"draw.went-{kind}", lang, node=node), node=node)


def _joins(remark: Remark, note: Note, tone: labels.Tone) -> bool:
    return remark.node == note.node and remark.hop == note.hop and remark.tone == tone


def _heading(act: Act | None, again: bool, lang: str) -> Heading:
    if act is None:
        return Heading(None, words.say("draw.no-act", lang))
    title = labels.act_text(act, lang)
    return Heading(act, words.say("draw.continued", lang, title=title) if again else title)


def _waiting(hop: Hop, hops: Mapping[int, Hop]) -> tuple[str, ...]:
    """Who is at work because of a hop above this one, its own sender aside."""
    found: list[str] = []
    above = hops.get(hop.parent or 0)
    while above is not None:
        found.append(above.target)
        above = hops.get(above.parent or 0)
    return tuple(found[1:])


def _message(
    event: Sent | Answered | GaveUp,
    number: int,
    time: float,
    parties: Mapping[str, Party],
    waiting: tuple[str, ...],
    late: bool,
    lang: str,
) -> Message:
    hop = event.hop
    if isinstance(event, Sent):
        label = labels.request_label(hop.request, lang)
        return Message(number, "request", hop.source, hop.target, label.head, label.details, hop, time, waiting)
    kind: MessageKind = "lost"
    if isinstance(event, GaveUp):
        label = labels.gave_up_label(hop, lang)
    else:
        assert hop.response is not None
        kind = outcome = labels.outcome(hop, parties, late=late)
        label = labels.answer_label(hop.response, outcome, lang)
    return Message(number, kind, hop.target, hop.source, label.head, label.details, hop, time, waiting)


# --- what repeats, and what is too long


def likeness(row: Row) -> tuple[object, ...]:
    """What two rows have in common when a reader would call them the same, whatever their secrets and numbers are."""
    if isinstance(row, Message):
        said = (_SHORTENED.sub("…", row.head), *map(without_digits, row.details))
        return ("message", row.kind, row.source, row.target, *said)
    if isinstance(row, Remark):
        return ("remark", row.node, row.sentences)
    if isinstance(row, Heading):
        return ("heading", row.title)
    return ("banner", row.kind, row.times if row.kind in ("fold", "cut") else row.text)


def _folded(rows: list[Row], lang: str) -> list[Row]:
    """Where a run of rows comes three times or more, only the first is kept, and a banner counts the others."""
    likes = [likeness(row) for row in rows]
    kept: list[Row] = []
    place = 0
    while place < len(rows):
        period, times = _repeats(likes, place)
        if times < 3 or not any(isinstance(row, Message) for row in rows[place : place + period]):
            kept.append(rows[place])
            place += 1
            continue
        hidden = [row.number for row in rows[place + period : place + period * times] if isinstance(row, Message)]
        kept += rows[place : place + period]
        numbers = {"first": hidden[0], "last": hidden[-1]}
        kept.append(Banner("fold", words.say("draw.fold", lang, times=times - 1, **numbers), times - 1))
        place += period * times
    return kept


def _repeats(likes: list[tuple[object, ...]], place: int) -> tuple[int, int]:
    """The shortest run of rows beginning at `place` that is repeated at once, and how often it stands there."""
    for period in range(2, min(_LONGEST_REPEAT, (len(likes) - place) // 3) + 1):
        if likes[place] != likes[place + period]:
            continue
        run = likes[place : place + period]
        times = 1
        while likes[place + times * period : place + (times + 1) * period] == run:
            times += 1
        if times >= 3:
            return period, times
    return 1, 1


def _cut(rows: list[Row], limit: int, count: int, lang: str) -> list[Row]:
    """The rows up to `limit` messages, and how many are left out; a few more are not worth a cut."""
    places = [place for place, row in enumerate(rows) if isinstance(row, Message)]
    left = len(places) - limit
    if left <= limit / _FEW_OF:
        return rows
    kept = rows[: places[limit]]
    while kept and isinstance(kept[-1], Heading | Banner):  # nothing of what it announces is drawn
        kept.pop()
    return [*kept, Banner("cut", words.say("draw.cut", lang, left=left, count=count))]
