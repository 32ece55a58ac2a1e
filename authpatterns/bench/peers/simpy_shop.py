"""SimPy: processes in simulated time. It knows of messages only what is written here, and keeps no record of them.

A sender either waits for as long as it takes, which in SimPy is a plain `yield from`; or it gives up after a while, as
every sender in authpatterns may, and then each call is a process of its own beside a timeout.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from typing import Any

import simpy

from authpatterns.bench.peers.story import LATENCY, OPAQUE, ORDER, PATIENCE, SESSIONS, decide, question

Steps = Generator[simpy.Event, Any, Any]
Part = Callable[[str], Steps]


class Shop:
    """The five parts.

    Args:
        patient: Whether senders wait for as long as it takes.
    """

    def __init__(self, *, patient: bool) -> None:
        self.env = simpy.Environment()
        self.patient = patient

    def crowd(self, users: int) -> list[Any]:
        """So many clients at the same time; what each was answered."""
        clients = [self.env.process(self.call(self.gateway, OPAQUE)) for _ in range(users)]
        self.env.run(self.env.all_of(clients))
        return [client.value for client in clients]

    def call(self, part: Part, message: str) -> Steps:
        """Send `message` and wait for the answer."""
        if self.patient:
            return (yield from self.carry(part, message))
        work = self.env.process(self.carry(part, message))
        yield work | self.env.timeout(PATIENCE)
        if not work.processed:
            raise TimeoutError
        return work.value

    def carry(self, part: Part, message: str) -> Steps:
        """There and back."""
        yield self.env.timeout(LATENCY)
        answer = yield from part(message)
        yield self.env.timeout(LATENCY)
        return answer

    def gateway(self, token: str) -> Steps:
        """The one door."""
        user = json.loads((yield from self.call(self.auth, token)))["user"]
        answer = yield from self.call(self.pdp, json.dumps(question(user)))
        if json.loads(answer)["decision"] is not True:
            return json.dumps({"error": "access_denied"})
        return (yield from self.call(self.orders, "1"))

    def auth(self, token: str) -> Steps:
        """Knows whom to ask."""
        return (yield from self.call(self.store, token))

    def store(self, token: str) -> Steps:
        """Knows whose token it is."""
        return json.dumps({"user": SESSIONS[token]})
        yield  # a SimPy process is a generator, even where it waits for nothing

    def pdp(self, asked: str) -> Steps:
        """Decides."""
        return json.dumps(decide(json.loads(asked)))
        yield

    def orders(self, key: str) -> Steps:
        """Answers."""
        return json.dumps(ORDER)
        yield
