"""What a timeline says of a trace: a few lines for each request, and one heading for whatever begins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from authpatterns import words
from authpatterns.draw import labels
from authpatterns.draw.lifetimes import expiries
from authpatterns.draw.secrets import passings
from authpatterns.draw.text import clip, widest_word, width, wrap
from authpatterns.draw.timescale import moment
from authpatterns.trace import Hop, Party, Trace

SIZE = 11
_WIDEST_LABEL, _WIDEST_TAG = 180.0, 128.0


@dataclass(frozen=True, slots=True)
class Bar:
    """A node works on a request.

    Attributes:
        lane: Whose.
        begin, end: When the request left and when the answer came, virtual seconds.
        look: "answer", "refused" or "failed".
        head: What stands below it: who asks for what, and how it ended.
        more: What is known beyond that: the decision, or why it is a no.
        open: Whether nobody knows when the node was done.
    """

    lane: str
    begin: float
    end: float
    look: str
    head: tuple[str, ...]
    more: tuple[str, ...]
    open: bool

    @property
    def wide(self) -> float:
        """Width of its words."""
        return max((width(line, SIZE) for line in self.head + self.more), default=0.0)


@dataclass(frozen=True, slots=True)
class Tag:
    """What begins at a moment: something a person does ("act-line"), or time without a credential ("end-line").

    What nobody asked for begins without words.
    """

    time: float
    said: str
    lines: tuple[str, ...]
    line: str

    @property
    def wide(self) -> float:
        """Width of its words."""
        return max((width(line, SIZE, bold=True) for line in self.lines), default=0.0)

    def within(self, room: float) -> Tag:
        """The same in as few lines as there are in so much room, which is at least its own."""
        return replace(self, lines=wrap(self.said, SIZE, room, bold=True)) if self.said else self


class Speaker:
    """Everything that is said of one trace in one language."""

    def __init__(self, trace: Trace, lang: str) -> None:
        self.trace, self.lang = trace, lang
        self.marks = _marks(trace)
        self.reasons = {note.hop: note for note in trace.notes if note.is_refusal}

    def tags(self) -> list[Tag]:
        """What people begin, and which credentials end meanwhile, in order of time."""
        began: dict[int | None, float] = {}
        for hop in self.trace.hops:
            began.setdefault(hop.act, hop.sent)
        acts = [
            _tag(began[act.id], self.marks.get(act.id, "") + labels.act_text(act, self.lang), "act-line")
            for act in self.trace.acts
        ]
        ends = [_tag(end.time, self._expires(end.name), "end-line") for end in expiries(self.trace)]
        return sorted([*acts, *ends, *self._uncalled()], key=lambda tag: tag.time)

    def _uncalled(self) -> Iterator[Tag]:
        """What begins by itself while nobody is at work: it does not belong to what was done before."""
        busy = 0.0
        for hop in self.trace.hops:
            if hop.act is None and hop.parent is None and hop.sent >= busy:
                yield Tag(moment(hop.sent), "", (), "act-line")
            busy = max(busy, end_of(hop, self.trace))

    def bars(self, party: Party) -> Iterator[Bar]:
        """The bars of a node: how long it works for somebody else; in the lane of a client, how long it waits.

        What is asked for is written only with the one who is asked: the other bar begins at the same moment.
        """
        for hop in self.trace.hops:
            if hop.target == party.name:
                lines, more, vague = self._asked(hop), self._more(hop), hop.fate in ("open", "timeout")
            elif hop.source == party.name and party.zone == "client":
                lines, more, vague = self._asks(hop), (), hop.fate == "open"
            else:
                continue
            yield Bar(party.name, hop.sent, end_of(hop, self.trace), self._look(hop), lines, more, vague)

    def spoken(self, head: str, foot: str) -> str:
        """Everything in words, for whoever cannot see it."""
        lines = [head]
        for hop in self.trace.hops:
            times = [self._clock(time) for time in (hop.sent, end_of(hop, self.trace))]
            said = " ".join([self._what(hop, labels.short(hop.request.path)), self._outcome(hop)])
            lines.append(f"{' – '.join(times)}  {hop.target}: {said}")
            if hop.id in self.reasons:
                lines.append(f"  {labels.note_text(self.reasons[hop.id], self.lang)}")
        ends = [f"{self._clock(end.time)}  {self._expires(end.name)}" for end in expiries(self.trace)]
        return "\n".join([*lines, *ends, foot])

    def hashed_names(self) -> list[str]:
        """What stands before the hash of a secret in the paths."""
        paths = [labels.short(hop.request.path) for hop in self.trace.hops]
        if not any("…" in path for path in paths):
            return []
        return labels.hashed_names(paths, (passing.secret.fingerprint for passing in passings(self.trace)))

    def _clock(self, time: float) -> str:
        return labels.clock(labels.since(time, self.trace), self.lang)

    def _asks(self, hop: Hop) -> tuple[str, ...]:
        return wrap(f"{self._mark(hop)}→ {hop.target} · {self._result(hop)}", SIZE, _WIDEST_LABEL)

    def _asked(self, hop: Hop) -> tuple[str, ...]:
        room = 2 * _WIDEST_LABEL - width(self._what(hop, ""), SIZE)
        what = self._what(hop, clip(labels.short(hop.request.path), SIZE, room))
        return wrap(what, SIZE, _WIDEST_LABEL) + wrap(self._outcome(hop), SIZE, _WIDEST_LABEL)

    def _what(self, hop: Hop, path: str) -> str:
        return f"{self._mark(hop)}{hop.request.method} {path}"

    def _outcome(self, hop: Hop) -> str:
        return f"← {hop.source} · {self._result(hop)}"

    def _mark(self, hop: Hop) -> str:
        return self.marks.get(hop.act or 0, "")

    def _look(self, hop: Hop) -> str:
        if hop.fate != "answered" or hop.response is None:
            return "failed"
        found = labels.outcome(hop, self.trace.parties)
        return "answer" if found == "absent" else found

    def _result(self, hop: Hop) -> str:
        if hop.fate != "answered" or hop.response is None:
            return words.say(f"draw.short-fate.{hop.fate}", self.lang)
        found = labels.outcome(hop, self.trace.parties)
        if found == "absent":
            return f"{hop.response.status} {labels.reason(hop.response)}"
        word = "" if found == "answer" else " " + words.say(f"draw.outcome.{found}", self.lang)
        return f"{hop.response.status}{word}"

    def _more(self, hop: Hop) -> tuple[str, ...]:
        """What the answer decides, or why it is a no."""
        said: tuple[str, ...] = ()
        if hop.fate == "timeout":
            said = (words.say("draw.timeline.gave-up", self.lang, source=hop.source),)
        elif hop.id in self.reasons:
            decided = labels.telling(hop.response) if hop.response is not None and hop.response.ok else ()
            said = (*decided, labels.note_text(self.reasons[hop.id], self.lang))
        elif hop.response is not None:
            said = labels.telling(hop.response)
        return tuple(line for one in said for line in wrap(one, SIZE, _WIDEST_LABEL))

    def _expires(self, name: str) -> str:
        return words.say("draw.timeline.expires", self.lang, name=name)


def end_of(hop: Hop, trace: Trace) -> float:
    """When the answer came, or the last moment that is known."""
    if hop.answered is not None:
        return hop.answered
    return max(other.answered or other.sent for other in trace.hops)


def _tag(time: float, said: str, line: str) -> Tag:
    room = max(_WIDEST_TAG, min(widest_word(said, SIZE, bold=True), _WIDEST_LABEL))
    return Tag(moment(time), said, wrap(said, SIZE, room, bold=True), line)


def _marks(trace: Trace) -> dict[int, str]:
    """A number for each thing that people do at the same time as another, so that their bars can be told apart."""
    spans: dict[int, tuple[float, float]] = {}
    for hop in trace.hops:
        if hop.act is not None:
            begin, end = spans.get(hop.act, (hop.sent, hop.sent))
            spans[hop.act] = (begin, max(end, end_of(hop, trace)))
    meet = [
        act
        for act, (begin, end) in spans.items()
        if any(act != other and begin < last and first < end for other, (first, last) in spans.items())
    ]
    return {act: f"({number}) " for number, act in enumerate(meet, 1)}
