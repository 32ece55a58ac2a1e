"""A node: something with a name that answers requests, and the layers around it.

The rule that makes code readable beside its diagram: **in a node, every `await` is an arrow**, a wait, or a hand-on to
what may send one. Checking a
token, evaluating a policy or matching a route asks nobody, so it is an ordinary function.

Two function types carry everything. A check, a cache, a fault and a gateway plugin are all middlewares.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, ClassVar, TypeVar

from authpatterns.errors import Misuse, NetworkError, Refused
from authpatterns.messages import Request, Response
from authpatterns.network import EPOCH, Wire

Handler = Callable[[Request], Awaitable[Response]]
Middleware = Callable[[Request, Handler], Awaitable[Response]]
"""Takes a request and what comes next; answers itself, or proceeds."""

RouteHandler = TypeVar("RouteHandler", bound=Callable[..., Awaitable[Response]])


def compose(handler: Handler, layers: Iterable[Middleware]) -> Handler:
    """`handler` with `layers` around it; the first layer is the outermost."""
    for layer in reversed(tuple(layers)):
        handler = partial(_through, layer, handler)
    return handler


def _through(layer: Middleware, proceed: Handler, request: Request) -> Awaitable[Response]:
    return layer(request, proceed)


@dataclass(frozen=True, slots=True)
class Route:
    """What a node answers, and as what authorization sees it.

    Attributes:
        method: Upper-case.
        path: A template such as `/orders/{id}`.
        action: What the caller wants to do ("read"), or "" where nothing is guarded.
        resource: Type of the thing it is done to ("order").
        handler: Name of the method.
    """

    method: str
    path: str
    action: str = ""
    resource: str = ""
    handler: str = ""

    def match(self, segments: tuple[str, ...]) -> dict[str, str] | None:
        """The values of the template's names, or None."""
        parts = _template(self.path)
        if len(parts) != len(segments):
            return None
        found: dict[str, str] = {}
        for part, segment in zip(parts, segments, strict=True):
            if part.startswith("{"):
                found[part[1:-1]] = segment
            elif part != segment:
                return None
        return found


@cache
def _template(path: str) -> tuple[str, ...]:
    return tuple(path.split("/")[1:])


def route(method: str, path: str, *, action: str = "", resource: str = "") -> Callable[[RouteHandler], RouteHandler]:
    """Mark a method of a node as the handler of `method` `path`.

    With `action` and `resource` the route is guarded: authorization is asked before the handler runs.
    """

    def mark(handler: RouteHandler) -> RouteHandler:
        handler.__route__ = Route(method, path, action, resource, handler.__name__)  # type: ignore[attr-defined]
        return handler

    return mark


@dataclass(frozen=True, slots=True)
class Match:
    """A route and the values of its names for one request."""

    route: Route
    values: dict[str, str]


class Node:
    """Something with a name that answers requests.

    Attributes:
        kind: Chooses icon and word in diagrams.
        zone: "client", "edge", "inside" or "outside".
        inbound: Layers around the handlers, outermost first.
        outbound: Layers around every call this node makes, outermost first.
        wire: The network it stands on.
        chance: This node's own random numbers.
        skew: How many seconds its clock is ahead of the world's.
    """

    kind: str = "service"
    zone: str = "inside"
    routes: ClassVar[tuple[Route, ...]] = ()
    wire: Wire
    chance: random.Random

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        own = [member.__route__ for member in vars(cls).values() if hasattr(member, "__route__")]
        replaced = {(known.method, known.path) for known in own}
        inherited = [known for known in cls.routes if (known.method, known.path) not in replaced]
        cls.routes = (*own, *inherited)

    def __init__(self, name: str) -> None:
        self.name = name
        self.inbound: list[Middleware] = []
        self.outbound: list[Middleware] = []
        self.skew = 0.0

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"

    @property
    def now(self) -> float:
        """Unix time in seconds on this node's own clock."""
        return EPOCH + self.wire.now + self.skew

    def restart(self) -> None:
        """Forget what was only in memory, as a container does that is replaced by a new one."""

    # --- answering

    async def receive(self, request: Request) -> Response:
        """Answer `request`. A refusal and a failed network become answers; a bug does not."""
        try:
            answer = await compose(self.handle, self.inbound)(request)
            if not isinstance(answer, Response):
                raise Misuse("node.no-answer", node=self.name, given=type(answer).__name__)
            return answer
        except Refused as refusal:
            self.note(refusal.code, **refusal.evidence)
            return refusal_response(refusal)
        except NetworkError as failure:
            self.note(failure.code, **failure.evidence)
            return Response.of({"error": "temporarily_unavailable"}, 503)

    async def handle(self, request: Request) -> Response:
        """Give `request` to the handler of its route."""
        match = self.match(request)
        if match is None:
            return Response.of({"error": "not_found"}, 404)
        handler = getattr(self, match.route.handler)
        answer: Response = await handler(request, **match.values)
        return answer

    def match(self, request: Request) -> Match | None:
        """The route for `request`, or None.

        Raises:
            Refused: 400, the path has more than one reading (see `segments`).
        """
        parts = segments(request.path)
        for known in self.routes:
            if known.method == request.method and (values := known.match(parts)) is not None:
                return Match(known, values)
        return None

    # --- asking

    async def call(self, target: str, request: Request, timeout: float | None = None) -> Response:
        """Send `request` to node `target` through the outbound layers, and wait for the answer.

        Raises:
            NetworkError: there was no answer.
        """
        send = partial(self.wire.call, self.name, target, timeout=timeout)
        return await compose(send, self.outbound)(request)

    def note(self, code: str, **evidence: object) -> None:
        """Write into the trace what this node found out by itself."""
        self.wire.note(self.name, code, **evidence)


_SECOND_READING = frozenset("%\\;")
_NO_NAMES = frozenset(("", ".", ".."))


def segments(path: str) -> tuple[str, ...]:
    """The parts of `path`. Gateway and service both use this, so they never read one path in two ways.

    Raises:
        Refused: 400, the path is not in its one plain form: `//`, `.`, `..`, an escape, a backslash, a control
        character.
    """
    if path == "/":
        return ()
    before, *parts = path.split("/")
    plain = before == "" and path.isprintable() and _SECOND_READING.isdisjoint(path)
    if not plain or not parts or not _NO_NAMES.isdisjoint(parts):
        raise Refused("request.path", status=400, path=path)
    return tuple(parts)


def refusal_response(refusal: Refused) -> Response:
    """The answer that tells the client no more than RFC 6750 section 3 asks for; the reason stays in the trace."""
    error = {400: "invalid_request", 401: "invalid_token", 403: "access_denied"}.get(refusal.status, "refused")
    if refusal.code == "request.no-credential":
        return Response.of({"error": "unauthorized"}, 401, {"www-authenticate": "Bearer"})
    if refusal.code == "scope.insufficient":
        scope = refusal.evidence.get("scope", "")
        challenge = f'Bearer error="insufficient_scope", scope="{scope}"'
        return Response.of({"error": "insufficient_scope"}, 403, {"www-authenticate": challenge})
    if refusal.status == 403:
        return Response.of({"error": error}, 403)
    return Response.of({"error": error}, refusal.status, {"www-authenticate": f'Bearer error="{error}"'})
