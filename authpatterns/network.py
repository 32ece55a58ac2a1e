"""The one place where a message passes from a node to another: it is written down, delayed, lost or delivered here.

A *rule* looks at a hop and gives a *verdict*, or None for "not my business"; the first verdict wins (the idea of
turmoil and TigerBeetle's simulator). `faults` is a shelf of ready-made rules.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, is_dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from authpatterns.errors import Misuse, Timeout, Unreachable
from authpatterns.kernel import Kernel, Slots
from authpatterns.messages import Request, Response, Url, below
from authpatterns.trace import Hop, Note, Party, Trace

if TYPE_CHECKING:
    from authpatterns.node import Node

EPOCH = 1_767_225_600
"""Unix time at which every story begins: 2026-01-01T00:00:00Z."""

current_hop: ContextVar[int | None] = ContextVar("current_hop", default=None)
current_act: ContextVar[int | None] = ContextVar("current_act", default=None)


@dataclass(frozen=True, slots=True)
class Deliver:
    """Deliver, with so many extra seconds on the way there and on the way back."""

    delay: float = 0.0
    reply_delay: float = 0.0
    lose_reply: bool = False


@dataclass(frozen=True, slots=True)
class Lose:
    """The request never arrives, and nobody says so."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """Nobody listens there: the sender learns it at once."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Somebody else answers in the target's place."""

    response: Response


PLAINLY = Deliver()
"""What becomes of a hop that no rule has a word on."""

Verdict = Deliver | Lose | Refuse | Answer


class Rule(Protocol):
    """What may happen to a message."""

    def names(self) -> tuple[str, ...]:
        """The nodes this rule speaks of, so that a slip of the pen is found at once."""

    def verdict(self, hop: Hop, chance: random.Random) -> Verdict | None:
        """What becomes of `hop`, or None; draws only from `chance`, which is this rule's own."""


@runtime_checkable
class Stops(Protocol):
    """A rule that takes nodes down, and so is worth a mark even where nobody asks them."""

    def stopped(self, at: float) -> tuple[str, ...]:
        """The nodes that are down at this time, in virtual seconds."""


class Wire(Protocol):
    """What a node needs to know of the world: a network in virtual time, or real HTTP (`adapters.http`)."""

    trace: Trace

    @property
    def now(self) -> float:
        """Seconds since the story began."""

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""

    async def call(self, source: str, target: str, request: Request, timeout: float | None = None) -> Response:
        """Send and wait for the answer."""

    def owner(self, address: str) -> str:
        """The node that serves an absolute address."""

    def note(self, node: str, code: str, **evidence: object) -> None:
        """Write into the trace what `node` found out by itself."""

    def lock(self) -> AbstractAsyncContextManager[None]:
        """A lock: one at a time, first come first served."""


class Network:
    """All nodes of a deployment and the wires between them, in virtual time.

    Args:
        seed: Decides every draw; each rule has a generator of its own, so adding one reshuffles nothing else.
        latency: One-way delay of a message in seconds, or a function of the hop.
        timeout: How long a sender waits for an answer, in seconds.
    """

    def __init__(self, seed: int = 0, latency: float | Callable[[Hop], float] = 0.001, timeout: float = 10.0) -> None:
        self.kernel = Kernel()
        self.trace = Trace(seed)
        self.nodes: dict[str, Node] = {}
        self.latency = latency
        self.timeout = timeout
        self._rules: list[tuple[Rule, random.Random]] = []
        self._rules_seen: dict[str, int] = {}
        self._stops: list[Stops] = []
        self._places: list[tuple[str, str, str]] = []

    # --- who is there

    def add(self, node: Node) -> Node:
        """Put `node` on the network.

        Raises:
            Misuse: its name is taken.
        """
        if node.name in self.nodes:
            raise Misuse("network.name-taken", name=node.name)
        self.nodes[node.name] = node
        self.trace.parties[node.name] = Party(node.name, node.kind, node.zone)
        node.wire = self
        node.chance = random.Random(f"{self.trace.seed}:node:{node.name}")
        return node

    def publish(self, origin: str, path: str, name: str) -> None:
        """Let node `name` serve `origin` below `path`, for browsers. The longest path wins."""
        self._places.append((origin, path.rstrip("/"), name))
        self._places.sort(key=lambda place: -len(place[1]))

    @property
    def places(self) -> tuple[tuple[str, str, str], ...]:
        """What browsers can find: (origin, path, name of the node)."""
        return tuple(self._places)

    def owner(self, address: str) -> str:
        """The node that serves `address`.

        Raises:
            Unreachable: nobody does; a browser would say that the host is unknown.
        """
        url = Url.parse(address)
        for origin, prefix, name in self._places:
            if origin == url.origin and below(url.path, prefix):
                return name
        if any(origin == url.origin for origin, _, _ in self._places):
            raise Unreachable("network.no-path", host=url.host, path=url.path)
        raise Unreachable("network.no-host", host=url.host)

    # --- rules

    @contextmanager
    def rule(self, rule: Rule) -> Iterator[Rule]:
        """Apply `rule` inside the `with` block.

        Raises:
            Misuse: the rule names a node that is not there.
        """
        for name in rule.names():
            self.expect(name)
        entry = (rule, self._chance_of(rule))
        self._rules.append(entry)
        stops = [rule] if isinstance(rule, Stops) else []
        self._stops += stops
        try:
            yield rule
        finally:
            self._rules.remove(entry)
            for one in stops:
                self._stops.remove(one)

    def _chance_of(self, rule: Rule) -> random.Random:
        name = repr(rule) if is_dataclass(rule) else type(rule).__qualname__
        count = self._rules_seen[name] = self._rules_seen.get(name, 0) + 1
        return random.Random(f"{self.trace.seed}:rule:{name}:{count}")

    def expect(self, name: str) -> None:
        """Make sure that there is a node of this name.

        Raises:
            Misuse: there is none; the sentence lists those there are.
        """
        if name not in self.nodes:
            raise Misuse("network.no-node", name=name, known=", ".join(self.nodes))

    # --- time

    @property
    def now(self) -> float:
        """Seconds since the story began."""
        return self.kernel.now

    async def sleep(self, seconds: float) -> None:
        """Let virtual time pass."""
        await self.kernel.sleep(seconds)

    # --- messages

    async def call(self, source: str, target: str, request: Request, timeout: float | None = None) -> Response:
        """Send `request` and wait for the answer.

        Raises:
            Unreachable: nobody listens there.
            Timeout: no answer within `timeout` seconds (the network's own where it is None).
            Misuse: there is no such node.
        """
        self.expect(target)
        kernel, trace = self.kernel, self.trace
        hop = trace.send(kernel.now, source, target, request.on_behalf_of(None), current_hop.get(), current_act.get())
        if self._stops and (down := self._down()):
            trace.down[hop.id] = down
        verdict = self._verdict(hop)
        patience = self.timeout if timeout is None else timeout
        if isinstance(verdict, Refuse):
            await kernel.sleep(2 * self._delay(hop))
            trace.give_up(kernel.now, hop, "unreachable")
            raise Unreachable("network.refused", target=target)
        work = kernel.spawn(self._carry(hop, verdict))
        try:
            return await kernel.within(patience, work)
        except TimeoutError:
            trace.give_up(kernel.now, hop, "timeout")
            raise Timeout("network.timeout", target=target, seconds=patience) from None

    def lock(self) -> Slots:
        """A lock: one at a time, first come first served."""
        return Slots(self.kernel, 1)

    def note(self, node: str, code: str, **evidence: object) -> None:
        """Write down what `node` found out by itself."""
        seen = [(name, round(value, 6) if isinstance(value, float) else value) for name, value in evidence.items()]
        self.trace.note(Note(node, current_hop.get(), self.kernel.now, code, tuple(seen), current_act.get()))

    async def _carry(self, hop: Hop, verdict: Deliver | Lose | Answer) -> Response:
        current_hop.set(hop.id)
        delay = self._delay(hop)
        if isinstance(verdict, Lose):
            await self._never()
        extra = verdict if isinstance(verdict, Deliver) else PLAINLY
        await self.kernel.sleep(delay + extra.delay)
        if isinstance(verdict, Answer):
            response = verdict.response
        else:
            response = await self.nodes[hop.target].receive(hop.request)
        if extra.lose_reply:
            await self._never()
        await self.kernel.sleep(delay + extra.reply_delay)
        self.trace.answer(self.kernel.now, hop, response)
        return response

    async def _never(self) -> None:
        await self.kernel.event()

    def _delay(self, hop: Hop) -> float:
        return self.latency(hop) if callable(self.latency) else self.latency

    def _down(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for rule in self._stops for name in rule.stopped(self.kernel.now)))

    def _verdict(self, hop: Hop) -> Verdict:
        for rule, chance in self._rules:
            verdict = rule.verdict(hop, chance)
            if verdict is not None:
                return verdict
        return PLAINLY
