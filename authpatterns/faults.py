"""What can go wrong on the way: each fault is a value, in force inside a `with` block.

Examples:
    >>> from authpatterns import Deployment, Jwt, Distributed
    >>> shop = Deployment(Jwt(), Distributed())
    >>> alice = shop.user("alice")
    >>> with shop.rule(Outage("auth")):
    ...     alice.sign_in().status
    503
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from authpatterns.messages import Response
from authpatterns.network import Answer, Deliver, Lose, Refuse, Rule, Stops, Verdict
from authpatterns.trace import Hop


@dataclass(frozen=True)
class _About:
    """A fault of one node."""

    node: str

    def names(self) -> tuple[str, ...]:
        """The node."""
        return (self.node,)


@dataclass(frozen=True)
class Outage(_About):
    """`node` is down: whoever calls it is refused at once."""

    def stopped(self, at: float) -> tuple[str, ...]:
        """The node, always."""
        return (self.node,)

    def verdict(self, hop: Hop, chance: random.Random) -> Verdict | None:
        """Refuse what is for `node`."""
        return Refuse() if hop.target == self.node else None


@dataclass(frozen=True)
class Flapping(_About):
    """`node` is up for `up` seconds, then down for `down` seconds, and so on from the story's beginning."""

    up: float
    down: float

    def stopped(self, at: float) -> tuple[str, ...]:
        """The node, while it is down."""
        return (self.node,) if at % (self.up + self.down) >= self.up else ()

    def verdict(self, hop: Hop, chance: random.Random) -> Verdict | None:
        """Refuse what is for `node` while it is down."""
        return Refuse() if hop.target in self.stopped(hop.sent) else None


@dataclass(frozen=True)
class Slow(_About):
    """`node` takes `seconds` longer to answer."""

    seconds: float

    def verdict(self, hop: Hop, chance: random.Random) -> Verdict | None:
        """Delay the answers of `node`."""
        return Deliver(reply_delay=self.seconds) if hop.target == self.node else None


@dataclass(frozen=True)
class Loss(_About):
    """A `share` (0 to 1) of the requests to `node` never arrives."""

    share: float

    def verdict(self, hop: Hop, chance: random.Random) -> Verdict | None:
        """Lose some of what is for `node`."""
        return Lose() if hop.target == self.node and chance.random() < self.share else None


@dataclass(frozen=True)
class Partition:
    """Nothing passes between `one` and `other`, in either direction, and nobody says so."""

    one: str
    other: str

    def names(self) -> tuple[str, ...]:
        """Both nodes."""
        return (self.one, self.other)

    def verdict(self, hop: Hop, chance: random.Random) -> Verdict | None:
        """Lose what would cross."""
        return Lose() if {hop.source, hop.target} == {self.one, self.other} else None


@dataclass(frozen=True)
class Garbage(_About):
    """`node` answers every request with this, whatever it is asked."""

    status: int = 200
    body: str = ""

    def verdict(self, hop: Hop, chance: random.Random) -> Verdict | None:
        """Answer in the place of `node`."""
        return Answer(Response(self.status, self.body)) if hop.target == self.node else None


@dataclass(frozen=True)
class Since:
    """Another fault, but only for what is sent `seconds` after the story's beginning or later.

    Examples:
        >>> from authpatterns import Deployment, Jwt, Distributed
        >>> shop = Deployment(Jwt(), Distributed())
        >>> alice = shop.user("alice")
        >>> with shop.rule(Since(5, Outage("orders"))):
        ...     before = alice.sign_in(), alice.get("/orders/1")
        ...     shop.clock.advance(seconds=5)
        ...     alice.get("/orders/1").status
        503
        >>> [answer.status for answer in before]
        [200, 200]
    """

    seconds: float
    fault: Rule

    def names(self) -> tuple[str, ...]:
        """Those of the fault."""
        return self.fault.names()

    def stopped(self, at: float) -> tuple[str, ...]:
        """Those that the fault takes down, from then on."""
        return self.fault.stopped(at) if at >= self.seconds and isinstance(self.fault, Stops) else ()

    def verdict(self, hop: Hop, chance: random.Random) -> Verdict | None:
        """What the fault says, from then on."""
        return self.fault.verdict(hop, chance) if hop.sent >= self.seconds else None
