"""A key-value store on the network, speaking the Redis commands that the patterns use.

A command is a request: `GET /key`, `SET /key?ex=60` with the value as body, `GETEX /key?ex=60` (get, and let it live
60 s from now), `EXISTS /key`, `DEL /key`, `SADD /key`, `SREM /key` and `SMEMBERS /key`. Any redis-py client serves:
fakeredis unless another is given.

fakeredis and Redis read the wall clock. So that virtual time decides, the moment of expiry travels inside the stored
value, and Redis's own expiry is only there to clear away what nobody will read again.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from authpatterns.messages import Request, Response
from authpatterns.node import Node


class StoreNode(Node):
    """A store of its own, for sessions or for a denylist.

    Args:
        name: Unique in a deployment.
        client: A redis-py client; a fakeredis of its own unless given.
    """

    kind = "store"

    def __init__(self, name: str, client: Any = None) -> None:
        super().__init__(name)
        self.client = client if client is not None else _fake()
        self._commands: dict[str, Callable[[str, Request], Response]] = {
            "GET": self._get,
            "GETEX": self._getex,
            "SET": self._set,
            "DEL": self._del,
            "EXISTS": self._exists,
            "SADD": self._sadd,
            "SREM": self._srem,
            "SMEMBERS": self._smembers,
        }

    async def handle(self, request: Request) -> Response:
        """Do one command."""
        command = self._commands.get(request.method)
        return command(request.path[1:], request) if command else Response(405)

    def restart(self) -> None:
        """Start empty, as a store does that keeps nothing on disk."""
        self.client.flushdb()

    def _get(self, key: str, request: Request) -> Response:
        value = self._live(key)
        return Response(404) if value is None else Response(200, value)

    def _getex(self, key: str, request: Request) -> Response:
        value = self._live(key)
        if value is None:
            return Response(404)
        self._write(key, value, int(request.query["ex"]))
        return Response(200, value)

    def _set(self, key: str, request: Request) -> Response:
        self._write(key, request.body, int(request.query["ex"]))
        return Response(200, "OK")

    def _del(self, key: str, request: Request) -> Response:
        return Response(200, str(self.client.delete(key)))

    def _exists(self, key: str, request: Request) -> Response:
        return Response(200, "0" if self._live(key) is None else "1")

    def _sadd(self, key: str, request: Request) -> Response:
        return Response(200, str(self.client.sadd(key, request.body)))

    def _srem(self, key: str, request: Request) -> Response:
        return Response(200, str(self.client.srem(key, request.body)))

    def _smembers(self, key: str, request: Request) -> Response:
        return Response.of(sorted(_text(member) for member in self.client.smembers(key)))

    def _live(self, key: str) -> str | None:
        stored = self.client.get(key)
        if stored is None:
            return None
        until, value = json.loads(stored)
        return value if self.now < until else None

    def _write(self, key: str, value: str, seconds: int) -> None:
        self.client.set(key, json.dumps([self.now + seconds, value]), ex=max(seconds, 1))


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _fake() -> Any:
    from fakeredis import FakeServer, FakeStrictRedis  # noqa: PLC0415  (the core imports no network library)

    return FakeStrictRedis(server=FakeServer())
