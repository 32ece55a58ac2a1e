"""Carries messages between nodes over HTTP/1.1: a `Wire` like the network in virtual time.

This is the one place where the wall clock and the system's randomness come in. Which message caused which travels in
`traceparent` (W3C Trace Context), so a diagram of what really happened is drawn by the same code.
"""

from __future__ import annotations

import asyncio
import logging
import random
import re
import secrets
import time
from collections.abc import Callable, Mapping
from typing import cast

import httpx

from authpatterns.adapters.asgi import TRANSPORT
from authpatterns.errors import Misuse, Timeout, Unreachable
from authpatterns.messages import Headers, Request, Response, Url
from authpatterns.network import EPOCH, current_act, current_hop
from authpatterns.node import Node
from authpatterns.secrecy import redact
from authpatterns.trace import Hop, Note, Party, Trace

LARGEST_ANSWER = 1_048_576
"""Bytes of an answer that are read."""

MOST_EVENTS = 20_000
"""How much of what happened is remembered; the oldest is forgotten."""

_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
_log = logging.getLogger("authpatterns.http")


class HttpNetwork:
    """Carries messages between nodes over HTTP/1.1.

    Args:
        bases: Where each node listens, by name, for instance "http://127.0.0.1:8000".
        owner: Gives the name of the node that serves an absolute address, as browsers know it.
        patience: How many seconds a sender waits for an answer.
        keep_secrets: Whether the trace keeps credentials; by default it keeps their fingerprints.
    """

    def __init__(
        self,
        bases: Mapping[str, str],
        owner: Callable[[str], str] | None = None,
        *,
        patience: float = 10.0,
        keep_secrets: bool = False,
    ) -> None:
        self.bases = dict(bases)
        self.patience, self.keep_secrets = patience, keep_secrets
        self.trace = Trace(real=True)
        self.nodes: dict[str, Node] = {}
        self.offset = 0.0
        self.bugs: list[Exception] = []
        self._owner = owner
        self._id = secrets.token_hex(16)
        self._open: dict[int, Hop] = {}
        self._transport = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_connections=200), retries=0)

    def add(self, node: Node) -> None:
        """Put `node` on this network."""
        self.trace.parties[node.name] = Party(node.name, node.kind, node.zone)
        self.nodes[node.name] = node
        node.wire = self
        node.chance = random.SystemRandom()

    # --- what a node needs to know of the world

    @property
    def now(self) -> float:
        """Seconds since every story's beginning, by the wall clock."""
        return time.time() - EPOCH + self.offset

    async def sleep(self, seconds: float) -> None:
        """Let real time pass."""
        await asyncio.sleep(seconds)

    def owner(self, address: str) -> str:
        """The node that serves an absolute address: one of the story's, or a real one on loopback.

        Raises:
            Unreachable: nobody does.
        """
        origin = Url.parse(address).origin
        for name, base in self.bases.items():
            if origin == base:
                return name
        if self._owner is None:
            raise Unreachable("network.no-host", host=Url.parse(address).host)
        return self._owner(address)

    def note(self, node: str, code: str, **evidence: object) -> None:
        """Write down what `node` found out by itself."""
        self.trace.note(Note(node, current_hop.get(), self.now, code, tuple(evidence.items()), current_act.get()))

    def lock(self) -> asyncio.Lock:
        """A lock: one at a time, first come first served."""
        return asyncio.Lock()

    # --- sending

    async def call(self, source: str, target: str, request: Request, timeout: float | None = None) -> Response:
        """Send `request` and wait for the answer.

        Raises:
            Unreachable: nobody listens there, or the connection broke.
            Timeout: no answer within `timeout` seconds (the network's own patience where it is None).
            Misuse: there is no such node.
        """
        if target not in self.bases:
            raise Misuse("network.no-node", name=target, known=", ".join(self.bases))
        hop = self._sent(source, target, request)
        patience = self.patience if timeout is None else timeout
        try:
            async with asyncio.timeout(patience):
                response = await self._exchange(hop.id, self.bases[target], request)
        except TimeoutError:
            self.trace.give_up(self.now, hop, "timeout")
            raise Timeout("network.timeout", target=target, seconds=patience) from None
        except (httpx.TransportError, httpx.InvalidURL):
            self.trace.give_up(self.now, hop, "unreachable")
            raise Unreachable("network.refused", target=target) from None
        finally:
            self._open.pop(hop.id, None)
        self._answered(hop, response)
        return response

    async def _exchange(self, hop: int, base: str, request: Request) -> Response:
        headers = [*request.headers.without("traceparent"), ("traceparent", f"00-{self._id}-{hop:016x}-01")]
        raw = httpx.Request(request.method, base + request.target, headers=headers, content=request.body.encode())
        response = await self._transport.handle_async_request(raw)
        try:
            body = bytearray()
            async for chunk in cast(httpx.AsyncByteStream, response.stream):
                body += chunk
                if len(body) > LARGEST_ANSWER:
                    raise httpx.ReadError("the answer is too large")
        finally:
            await response.aclose()
        lines = [(name, value) for name, value in response.headers.multi_items() if name.lower() not in TRANSPORT]
        return Response(response.status_code, body.decode("utf-8", "replace"), Headers.of(lines))

    def _sent(self, source: str, target: str, request: Request) -> Hop:
        shown = request.on_behalf_of(None)
        shown = shown if self.keep_secrets else redact(shown)
        del self.trace.events[:-MOST_EVENTS]
        hop = self.trace.send(self.now, source, target, shown, current_hop.get(), current_act.get())
        self._open[hop.id] = hop
        return hop

    def _answered(self, hop: Hop, response: Response) -> None:
        self.trace.answer(self.now, hop, response if self.keep_secrets else redact(response))

    # --- receiving

    async def receive(self, node: Node, request: Request) -> Response:
        """Take a request that has come in to `node`, whoever sent it."""
        hop = self._cause(node, request)
        request = request.without_headers("traceparent")
        if hop is not None:
            return await self._handle(node, request, hop)
        self.trace.parties.setdefault("visitor", Party("visitor", "browser", "client"))
        hop = self._sent("visitor", node.name, request)
        try:
            response = await self._handle(node, request, hop)
        finally:
            self._open.pop(hop.id, None)
        self._answered(hop, response)
        return response

    def _cause(self, node: Node, request: Request) -> Hop | None:
        """The hop that a request belongs to, if one of our own nodes sent it and waits for the answer."""
        match = _TRACEPARENT.fullmatch(request.headers.get("traceparent"))
        if match is None or match[1] != self._id:
            return None
        hop = self._open.get(int(match[2], 16))
        return hop if hop is not None and hop.target == node.name else None

    async def _handle(self, node: Node, request: Request, hop: Hop) -> Response:
        current_hop.set(hop.id)
        current_act.set(hop.act)
        try:
            return await node.receive(request)
        except Exception as bug:  # the server lives on, the answer says nothing, and the bug is not lost
            _log.exception("a bug in node %s", node.name)
            self.bugs.append(bug)
            return Response.of({"error": "server_error"}, 500)

    async def close(self) -> None:
        """End all connections."""
        await self._transport.aclose()
