"""The same nodes over real HTTP: each listens on a port of its own.

A node does not notice: `HttpNetwork` stands where the network in virtual time stood. Only loopback is listened on
unless another host is given.

Examples:
    >>> from authpatterns import Deployment, Distributed, Jwt
    >>> with serve(Deployment(Jwt(), Distributed())) as live:
    ...     live.user("alice").sign_in().status
    200
"""

from __future__ import annotations

import asyncio
import os
import random
import socket
import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle, islice
from typing import Any, TypeVar, cast, overload

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from authpatterns.adapters.asgi import Application, Host, Limits
from authpatterns.adapters.http_network import HttpNetwork
from authpatterns.browser import Browser
from authpatterns.deployment import Deployment, Person
from authpatterns.errors import Misuse
from authpatterns.messages import Request, Response
from authpatterns.network import Wire
from authpatterns.node import Node
from authpatterns.pattern import SHOP
from authpatterns.trace import Party, Trace

T = TypeVar("T")

LOOPBACK = "127.0.0.1"
EVERYWHERE = "0.0.0.0"
_OFFERED = range(20_000, 32_000)
"""Linux gives outgoing connections ports from 32,768 on, macOS and Windows from 49,152 on."""
_ASIDE: Iterator[int] = cycle((*_OFFERED[os.getpid() % len(_OFFERED) :], *_OFFERED[: os.getpid() % len(_OFFERED)]))
TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


# --- serving


class Live:
    """Nodes that are being served.

    Attributes:
        network: Carries their messages.
        urls: Where each listens, by name.
    """

    def __init__(self, network: HttpNetwork, loop: asyncio.AbstractEventLoop) -> None:
        self.network, self.urls = network, dict(network.bases)
        self._loop = loop

    @property
    def trace(self) -> Trace:
        """Everything that flowed, as far as it is remembered."""
        return self.network.trace

    def run(self, story: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine among the nodes, and give its result."""
        return asyncio.run_coroutine_threadsafe(story, self._loop).result()

    def advance(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0) -> None:
        """Put every node's clock forward. Real time does not pass, so whoever sleeps sleeps on."""
        self.network.offset += seconds + 60 * minutes + 3600 * hours

    def wait(self) -> None:
        """Serve until somebody presses Ctrl-C."""
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return

    @property
    def clock(self) -> Live:
        """So that a story told for a `Deployment` can be told here."""
        return self


class LiveDeployment(Live):
    """A deployment that is being served: people's verbs work as they do in virtual time.

    Attributes:
        deployment: The patterns, the accounts and the nodes.
    """

    def __init__(self, network: HttpNetwork, loop: asyncio.AbstractEventLoop, deployment: Deployment) -> None:
        super().__init__(network, loop)
        self.deployment = deployment
        self.people, self.services = deployment.people, deployment.services
        self._persons: dict[str, Person] = {}

    def user(self, name: str, device: str = "") -> Person:
        """The person of this name at a browser. See `Deployment.user`."""
        if name not in self.people:
            raise Misuse("deployment.no-account", name=name, known=", ".join(self.people))
        return self._person(name, f"{name}-{device}" if device else name)

    def visitor(self, name: str) -> Person:
        """Somebody at a browser who has no account."""
        return self._person(name, name)

    def node(self, name: str) -> Any:
        """The node of this name."""
        return self.deployment.node(name)

    def _person(self, name: str, browser_name: str) -> Person:
        if browser_name not in self._persons:
            authn = self.deployment.authn
            browser = Browser(browser_name)
            browser.front, browser.origin = authn.front_end(), SHOP
            browser.addresses = {service.prefix: authn.origin(service) for service in self.services}
            self.network.add(browser)
            self._persons[browser_name] = Person(cast(Deployment, self), name, browser)
        return self._persons[browser_name]


@overload
def serve(what: Deployment, **options: Any) -> AbstractContextManager[LiveDeployment]: ...


@overload
def serve(what: Iterable[Node], **options: Any) -> AbstractContextManager[Live]: ...


def serve(what: Deployment | Iterable[Node], **options: Any) -> AbstractContextManager[Live]:
    """Serve a whole deployment, or single nodes, inside the `with` block.

    Args:
        what: Whose nodes listen. A deployment goes back to virtual time afterwards.
        options: See `Settings`.

    Raises:
        Misuse: a port is taken.
        Exception: a node had a bug; its answer was a 500 that said nothing.
    """
    settings = Settings(**options)
    return _serve_deployment(what, settings) if isinstance(what, Deployment) else _serve_nodes(tuple(what), settings)


@dataclass(frozen=True)
class Settings:
    """How to serve.

    Attributes:
        host: The address to listen on; everybody who can reach it can speak to every node.
        ports: By node name; the system chooses one where none is given.
        external: Addresses of parts that others serve, by name, for instance `{"keycloak": "http://127.0.0.1:8080"}`. A
            node of the deployment that is named here is not served.
        limits: How much a stranger may send.
        patience: How many seconds a node waits for an answer.
        keep_secrets: Whether the trace keeps credentials; by default it keeps their fingerprints.
        fronts: Gives what listens besides the nodes, by port.
    """

    host: str = LOOPBACK
    ports: Mapping[str, int] | None = None
    external: Mapping[str, str] | None = None
    limits: Limits = field(default_factory=Limits)
    patience: float = 10.0
    keep_secrets: bool = False
    fronts: Callable[[HttpNetwork], Mapping[int, Host]] | None = None


def free_port(host: str = LOOPBACK) -> int:
    """A port that nobody listens on now, for a node that has to know its own address beforehand.

    It lies where no system takes the ports of outgoing connections from, and no port is given twice in a process before
    all others were: so it is still free when somebody gets to listening on it.

    Raises:
        Misuse: Not one is free.
    """
    for port in islice(_ASIDE, len(_OFFERED)):
        try:
            with socket.create_server((host, port)):
                return port
        except OSError:
            continue
    raise Misuse("http.no-port", host=host, first=_OFFERED[0], last=_OFFERED[-1])


@contextmanager
def _serve_deployment(deployment: Deployment, settings: Settings) -> Iterator[LiveDeployment]:
    external = settings.external or {}
    known = [node for node in deployment.network.nodes.values() if not isinstance(node, Browser)]
    nodes = [node for node in known if node.name not in external]
    before = [(node, node.wire, node.chance) for node in nodes]
    try:
        with _started(nodes, settings, deployment.network.owner) as (network, loop):
            network.trace.parties |= {node.name: Party(node.name, node.kind, node.zone) for node in known}
            _fresh(deployment, nodes)
            yield LiveDeployment(network, loop, deployment)
    finally:
        _back(before)
        _fresh(deployment, nodes)


@contextmanager
def _serve_nodes(nodes: Sequence[Node], settings: Settings) -> Iterator[Live]:
    with _started(nodes, settings) as (network, loop):
        yield Live(network, loop)


def _fresh(deployment: Deployment, nodes: Iterable[Node]) -> None:
    """Layers hold locks and caches that belong to one wire, so they are made anew."""
    for node in nodes:
        deployment.restart(node.name)


def _back(before: Iterable[tuple[Node, Wire, random.Random]]) -> None:
    for node, wire, chance in before:
        node.wire, node.chance = wire, chance


# --- the machinery: one event loop in a thread, one server for each node


@contextmanager
def _started(
    nodes: Sequence[Node], settings: Settings, owner: Callable[[str], str] | None = None
) -> Iterator[tuple[HttpNetwork, asyncio.AbstractEventLoop]]:
    with ExitStack() as opened:
        listen = partial(_listen, opened, settings.host)
        doors = {node.name: listen((settings.ports or {}).get(node.name, 0)) for node in nodes}
        here = LOOPBACK if settings.host == EVERYWHERE else settings.host
        bases = {name: f"http://{here}:{door.getsockname()[1]}" for name, door in doors.items()}
        network = HttpNetwork(
            bases | dict(settings.external or {}), owner, patience=settings.patience, keep_secrets=settings.keep_secrets
        )
        fronts = settings.fronts(network) if settings.fronts else {}
        listening = [*doors.values(), *(listen(port) for port in fronts)]
        for node in nodes:
            network.add(node)
        for name in settings.external or {}:
            network.trace.parties[name] = Party(name, "service", "outside")
        hosts = [*(_Door(network, node) for node in nodes), *fronts.values()]
        servers = [_server(host, settings) for host in hosts]
        loop = opened.enter_context(_loop())
        running = asyncio.run_coroutine_threadsafe(_run(servers, listening), loop).result()
        try:
            yield network, loop
        finally:
            asyncio.run_coroutine_threadsafe(_stop(network, servers, running), loop).result()
    if network.bugs:
        raise network.bugs[0]


def _listen(opened: ExitStack, host: str, port: int) -> socket.socket:
    try:
        door = socket.create_server((host, port), backlog=256)
    except OSError as error:
        raise Misuse("http.cannot-listen", host=host, port=port, reason=error.strerror or str(error)) from error
    # asyncio sends at once (TCP_NODELAY) only where a socket says that it is TCP, which these do not by themselves;
    # without it every answer waits 40 ms for an acknowledgement
    return opened.enter_context(socket.socket(door.family, door.type, socket.IPPROTO_TCP, fileno=door.detach()))


@contextmanager
def _loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="authpatterns-http", daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _server(host: Host, settings: Settings) -> uvicorn.Server:
    config = uvicorn.Config(
        Application(host, settings.limits),
        http=_protocol(settings.limits.patience),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        limit_concurrency=500,
        timeout_graceful_shutdown=2,
        h11_max_incomplete_event_size=4 * settings.limits.header_bytes,
    )
    return uvicorn.Server(config)


async def _run(servers: Sequence[uvicorn.Server], doors: Sequence[socket.socket]) -> list[asyncio.Task[None]]:
    pairs = zip(servers, doors, strict=True)
    running = [asyncio.ensure_future(server.serve(sockets=[door])) for server, door in pairs]
    while not all(server.started for server in servers):
        await asyncio.sleep(0.005)
    return running


async def _stop(network: HttpNetwork, servers: Sequence[uvicorn.Server], running: Sequence[asyncio.Task[None]]) -> None:
    await network.close()
    for server in servers:
        server.should_exit = True
    await asyncio.gather(*running)


@dataclass(frozen=True, slots=True)
class _Door:
    """Takes what comes in at one port to one node."""

    network: HttpNetwork
    node: Node

    async def answer(self, request: Request) -> Response:
        """The node's answer."""
        return await self.network.receive(self.node, request)


def _protocol(seconds: float) -> type[H11Protocol]:
    """HTTP/1.1 with so much patience for the head of a request; its body is waited for in `asgi`."""
    return type("PatientProtocol", (_PatientProtocol,), {"patience": seconds})


class _PatientProtocol(H11Protocol):
    """Does not wait for ever for somebody who opens a connection and never finishes a request."""

    patience = Limits().patience
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._deadline = self.loop.call_later(self.patience, self._give_up)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        head_unfinished = self.conn.their_state is h11.IDLE and bool(self.conn.trailing_data[0])
        if not head_unfinished:
            self._no_deadline()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(self.patience, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        self._no_deadline()
        super().connection_lost(exc)

    def _no_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self.transport.write(TOO_SLOW)
        self.transport.close()
