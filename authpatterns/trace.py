"""What flowed: the append-only record from which every diagram, table and verdict is computed.

A `Trace` is a list of events in the order in which they happened: a message was sent, it was answered, its sender
gave up waiting, a node noted something it found out by itself. A request and its answer make a `Hop`; a hop knows the
hop that caused it, so a trace is also a tree.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from authpatterns import words
from authpatterns.messages import Request, Response
from authpatterns.secrecy import Carried, carried, redact

Fate = Literal["open", "answered", "timeout", "unreachable"]


@dataclass(frozen=True, slots=True)
class Party:
    """A node as a diagram needs to know it.

    Attributes:
        name: Unique in a deployment.
        kind: "browser", "gateway", "auth", "idp", "store", "pdp", "service", ...; chooses icon and word.
        zone: "client", "edge", "inside" or "outside": which side of the trust boundary it stands on.
    """

    name: str
    kind: str
    zone: str


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that a person did: the messages it caused form a group in the diagram.

    Attributes:
        id: 1, 2, 3 in order.
        actor: The browser's name.
        verb: "sign-in", "get", "sign-out", ...
        detail: For instance the path.
    """

    id: int
    actor: str
    verb: str
    detail: str = ""


@dataclass(slots=True, eq=False)
class Hop:
    """One request and what became of it.

    Attributes:
        id: 1, 2, 3 in order of sending.
        parent: The hop during whose handling this one was sent, or None.
        act: What a person did that caused it, or None.
        source, target: Names of nodes.
        request: As it stood on the wire.
        sent: Virtual time in seconds.
        response: None while there is none.
        answered: When the answer came back, or the sender gave up; seconds.
        fate: "open", "answered", "timeout" or "unreachable".
    """

    id: int
    parent: int | None
    act: int | None
    source: str
    target: str
    request: Request
    sent: float
    response: Response | None = None
    answered: float | None = None
    fate: Fate = "open"

    @property
    def status(self) -> int | None:
        """Status of the answer, None where there is none."""
        return None if self.response is None else self.response.status

    def __repr__(self) -> str:
        outcome = self.status if self.fate == "answered" else self.fate
        return f"<{self.id}: {self.source} -> {self.target} {self.request.method} {self.request.path} {outcome}>"


@dataclass(frozen=True, slots=True)
class Note:
    """Something a node found out without asking anybody: a check passed, a token was refused, a cache was hit.

    Attributes:
        node: Who.
        hop: While handling which hop, or None.
        time: Virtual seconds.
        code: Key of its sentence under `note.` or `error.`.
        evidence: Pairs of name and value, never a credential.
        act: What a person did that led to it, or None.
    """

    node: str
    hop: int | None
    time: float
    code: str
    evidence: tuple[tuple[str, Any], ...] = ()
    act: int | None = None

    def __getitem__(self, name: str) -> Any:
        return dict(self.evidence)[name]

    @property
    def is_refusal(self) -> bool:
        """Whether it says why something was refused or failed."""
        return words.knows(f"error.{self.code}")

    def __str__(self) -> str:
        """Its sentence, in the reader's language."""
        return words.say(f"{'error' if self.is_refusal else 'note'}.{self.code}", **dict(self.evidence))


@dataclass(frozen=True, slots=True)
class Sent:
    """`hop.request` left its source."""

    hop: Hop


@dataclass(frozen=True, slots=True)
class Answered:
    """`hop.response` reached the source of the request."""

    hop: Hop


@dataclass(frozen=True, slots=True)
class GaveUp:
    """The source of `hop` stopped waiting: a timeout, or nobody there."""

    hop: Hop


TraceEvent = Sent | Answered | GaveUp | Note


@dataclass(slots=True, eq=False)
class Trace:
    """Everything that flowed, in order.

    In a notebook a trace shows itself as a sequence diagram.

    Attributes:
        seed: Of the deployment, so that the picture can name it.
        parties: The nodes by name, in the order in which they were added.
        acts: What people did.
        events: See `TraceEvent`.
        real: Whether it happened by the wall clock, over HTTP, and not in virtual time.
        down: Which nodes were down when a hop was sent, by hop, whether or not anybody asked them; only hops for which
            there were any.
    """

    seed: int = 0
    parties: dict[str, Party] = field(default_factory=dict)
    acts: list[Act] = field(default_factory=list)
    events: list[TraceEvent] = field(default_factory=list)
    real: bool = False
    down: dict[int, tuple[str, ...]] = field(default_factory=dict)
    _hops: int = 0

    # --- writing: Network and Node alone

    def begin_act(self, actor: str, verb: str, detail: str = "") -> Act:
        """Write down that a person begins something."""
        act = Act(len(self.acts) + 1, actor, verb, detail)
        self.acts.append(act)
        return act

    def send(self, now: float, source: str, target: str, request: Request, parent: int | None, act: int | None) -> Hop:
        """Write down that a request left."""
        self._hops += 1
        hop = Hop(self._hops, parent, act, source, target, request, now)
        self.events.append(Sent(hop))
        return hop

    def answer(self, now: float, hop: Hop, response: Response) -> None:
        """Write down that an answer arrived. After a timeout it is kept as evidence, and the fate stays."""
        hop.response = response
        if hop.fate == "open":
            hop.fate, hop.answered = "answered", now
        self.events.append(Answered(hop))

    def give_up(self, now: float, hop: Hop, fate: Fate) -> None:
        """Write down that the sender got no answer."""
        hop.fate, hop.answered = fate, now
        self.events.append(GaveUp(hop))

    def note(self, note: Note) -> None:
        """Write down what a node found out."""
        self.events.append(note)

    # --- reading

    @property
    def hops(self) -> list[Hop]:
        """The hops in order of sending."""
        return [event.hop for event in self.events if isinstance(event, Sent)]

    @property
    def notes(self) -> list[Note]:
        """The notes in order."""
        return [event for event in self.events if isinstance(event, Note)]

    def last(self, acts: int = 1) -> Trace:
        """Only what the last `acts` things people did have caused."""
        wanted = {act.id for act in self.acts[-acts:]}
        return self.where(lambda hop: hop.act in wanted)

    def where(self, wanted: Callable[[Hop], bool]) -> Trace:
        """Only the hops for which `wanted` holds, with their notes and with what the people noted who caused them."""
        chosen = {hop.id for hop in self.hops if wanted(hop)}
        acts = sorted({hop.act for hop in self.hops if hop.id in chosen and hop.act is not None})

        def keep(event: TraceEvent) -> bool:
            if not isinstance(event, Note):
                return event.hop.id in chosen
            return event.act in acts if event.hop is None else event.hop in chosen

        kept = [act for act in self.acts if act.id in acts]
        events = [event for event in self.events if keep(event)]
        down = {hop: names for hop, names in self.down.items() if hop in chosen}
        return Trace(self.seed, self.parties, kept, events, self.real, down)

    def why(self) -> str:
        """Why the last refusal or failure happened, in the reader's language; "" where there was none."""
        return next(filter(None, map(_reason, reversed(self.events))), "")

    def between(self, source: str, target: str) -> list[Hop]:
        """The hops from one node to another."""
        return [hop for hop in self.hops if hop.source == source and hop.target == target]

    def seen_by(self, name: str) -> tuple[Carried, ...]:
        """The secrets in the messages that node `name` sent or received, each once, in order."""
        seen: dict[tuple[str, str], Carried] = {}
        for hop in self.hops:
            if name in (hop.source, hop.target):
                for message in (hop.request, hop.response):
                    for secret in carried(message) if message is not None else ():
                        seen.setdefault((secret.name, secret.value), secret)
        return tuple(seen.values())

    def steps(self) -> list[str]:
        """The requests as short lines, `source -> target METHOD /path`: what a test of a sequence compares."""
        return [f"{hop.source} -> {hop.target} {hop.request.method} {hop.request.path}" for hop in self.hops]

    def __len__(self) -> int:
        return len(self.hops)

    def __iter__(self) -> Iterator[Hop]:
        return iter(self.hops)

    def __repr__(self) -> str:
        return f"<Trace: {len(self)} hops, seed {self.seed}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        from authpatterns.draw import sequence  # noqa: PLC0415  (drawing stands above the core)

        return sequence(self)._repr_mimebundle_(include, exclude)

    # --- export

    def to_dict(self, *, secrets: bool = False) -> dict[str, Any]:
        """The whole trace as plain values; credentials as fingerprints unless `secrets`."""
        return {
            "version": 1,
            "seed": self.seed,
            "parties": [{"name": p.name, "kind": p.kind, "zone": p.zone} for p in self.parties.values()],
            "acts": [_act(act, secrets) for act in self.acts],
            "hops": [_hop(hop, self.down.get(hop.id, ()), secrets) for hop in self.hops],
            "events": [_event(event) for event in self.events],
        }

    def to_json(self, *, secrets: bool = False) -> str:
        """`to_dict` as JSON text, the same bytes on every machine."""
        return json.dumps(self.to_dict(secrets=secrets), ensure_ascii=False, indent=1) + "\n"


def _reason(event: TraceEvent) -> str:
    """Why this event is a refusal or a failure, or ""."""
    if isinstance(event, GaveUp):
        hop = event.hop
        code = "refused" if hop.fate == "unreachable" else "timeout"
        waited = seconds((hop.answered or hop.sent) - hop.sent)
        return words.say(f"error.network.{code}", target=hop.target, seconds=waited)
    return str(event) if isinstance(event, Note) and event.is_refusal else ""


def seconds(time: float | None) -> float | None:
    """A virtual time for people and files: microseconds are enough, and hide no difference that matters."""
    return None if time is None else round(time, 6)


def _act(act: Act, secrets: bool) -> dict[str, Any]:
    detail = act.detail if secrets else redact(Request.get(act.detail)).target
    return {"id": act.id, "actor": act.actor, "verb": act.verb, "detail": detail}


def _hop(hop: Hop, down: tuple[str, ...], secrets: bool) -> dict[str, Any]:
    request = hop.request if secrets else redact(hop.request)
    answer = None
    if hop.response is not None:
        response = hop.response if secrets else redact(hop.response)
        answer = {
            "status": response.status,
            "headers": [list(line) for line in response.headers],
            "body": response.body,
        }
    return {
        "id": hop.id,
        "parent": hop.parent,
        "act": hop.act,
        "source": hop.source,
        "target": hop.target,
        "sent": seconds(hop.sent),
        "answered": seconds(hop.answered),
        "fate": hop.fate,
        "request": {
            "method": request.method,
            "target": request.target,
            "headers": [list(line) for line in request.headers],
            "body": request.body,
        },
        "response": answer,
        **({"down": list(down)} if down else {}),
    }


def _event(event: TraceEvent) -> dict[str, Any]:
    if isinstance(event, Note):
        evidence = dict(event.evidence)
        return {
            "note": event.code,
            "node": event.node,
            "hop": event.hop,
            "time": seconds(event.time),
            "evidence": evidence,
        }
    return {type(event).__name__.lower(): event.hop.id}
