"""A node as an ASGI application, and what a careful server does with bad input before any node sees it.

What cannot be read in one way only gets a clear 4xx; a bug in a node gets a 500 that says nothing, and its traceback
goes to whoever runs the server.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, Protocol

from authpatterns.messages import Headers, Request, Response

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

TRANSPORT = (
    *("connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"),
    "content-length",
)
"""Headers about the connection and not about the message (RFC 9110 section 7.6.1): a node never sees them."""

ONCE = ("host", "authorization", "content-type", "content-length", "origin")
"""Headers that must not stand twice: two readers could believe two different ones."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a stranger may send.

    Attributes:
        header_bytes: All header lines together.
        body_bytes: The body.
        target_bytes: Path and query.
        patience: Seconds for the whole request to arrive.
    """

    header_bytes: int = 16_384
    body_bytes: int = 1_048_576
    target_bytes: int = 8_192
    patience: float = 10.0


class Unreadable(Exception):
    """The request is answered without asking the node.

    Attributes:
        status: 4xx.
        error: A word for what is wrong.
    """

    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.status, self.error = status, error


class Host(Protocol):
    """Takes a readable request to its node."""

    async def answer(self, request: Request) -> Response:
        """The node's answer."""


class Application:
    """An ASGI application in front of one node.

    Args:
        host: Takes requests to the node.
        limits: How much a stranger may send.
    """

    def __init__(self, host: Host, limits: Limits) -> None:
        self.host, self.limits = host, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request (ASGI 3.0)."""
        if scope["type"] != "http":
            raise NotImplementedError(scope["type"])
        try:
            request = await read(scope, receive, self.limits)
        except Unreadable as flaw:
            await write(Response.of({"error": flaw.error}, flaw.status, {"connection": "close"}), send, scope["method"])
        else:
            await write(await self.host.answer(request), send, scope["method"])


async def read(scope: Scope, receive: Receive, limits: Limits) -> Request:
    """The request, if it can be read in one way only.

    Raises:
        Unreadable: it cannot.
    """
    target = _target(scope, limits)
    headers = _headers(scope, limits)
    body = await _body(receive, headers, limits)
    return Request(scope["method"], target, headers.without(*TRANSPORT), body)


def _target(scope: Scope, limits: Limits) -> str:
    path, query = scope.get("raw_path", b""), scope.get("query_string", b"")
    if not path.startswith(b"/"):
        raise Unreadable(400, "request_target")  # absolute-form is for proxies, `*` for nobody here
    raw = path + (b"?" + query if query else b"")
    if len(raw) > limits.target_bytes:
        raise Unreadable(414, "request_target_too_long")
    return _ascii(raw, "request_target")


def _headers(scope: Scope, limits: Limits) -> Headers:
    lines = scope["headers"]
    if sum(len(name) + len(value) for name, value in lines) > limits.header_bytes:
        raise Unreadable(431, "headers_too_large")
    headers = Headers(tuple((_ascii(name, "header").lower(), _ascii(value, "header")) for name, value in lines))
    for name in ONCE:
        if len(headers.all(name)) > 1:
            raise Unreadable(400, "header_twice")
    return headers


def _ascii(raw: bytes, what: str) -> str:
    """`raw` as text without control characters."""
    if not all(32 <= byte < 127 or byte == 9 for byte in raw):
        raise Unreadable(400, what)
    return raw.decode("ascii")


async def _body(receive: Receive, headers: Headers, limits: Limits) -> str:
    declared = headers.get("content-length", "0")
    if not declared.isdigit():
        raise Unreadable(400, "content_length")
    if len(declared) > 20 or int(declared) > limits.body_bytes:
        raise Unreadable(413, "body_too_large")
    try:
        async with asyncio.timeout(limits.patience):
            raw = await _read_all(receive, limits.body_bytes)
    except TimeoutError:
        raise Unreadable(408, "too_slow") from None
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Unreadable(400, "not_utf_8") from None


async def _read_all(receive: Receive, most: int) -> bytes:
    raw = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise Unreadable(400, "gone")
        raw += message.get("body", b"")
        if len(raw) > most:
            raise Unreadable(413, "body_too_large")
        if not message.get("more_body"):
            return bytes(raw)


async def write(response: Response, send: Send, method: str) -> None:
    """Send `response`; a HEAD request gets no body."""
    if any(control in value for _, value in response.headers for control in "\r\n\0"):
        response = Response.of({"error": "server_error"}, 500)  # a node let a stranger write header lines
    body = response.body.encode()
    lines = [(name.encode("ascii"), value.encode("utf-8")) for name, value in response.headers]
    if response.status not in (204, 304):
        lines.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": lines})
    shown = b"" if method == "HEAD" or response.status in (204, 304) else body
    await send({"type": "http.response.body", "body": shown})
