"""A key-value store on the network, speaking the Redis commands that the patterns use.

A command is a request: `GET /key`, `SET /key?ex=60` with the value as body, `GETEX /key?ex=60` (get, and let it live
60 s from now), `EXISTS /key`, `DEL /key`, `SADD /key`, `SREM /key` and `SMEMBERS /key`. Any redis-py client serves:
fakeredis unless another is given, or unless the environment variable REDIS_URL names a server.

fakeredis and Redis read the wall clock. So that virtual time decides, the moment of expiry travels inside the stored
value, and Redis's own expiry is only there to clear away what nobody will read again.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable
from typing import Any

from authpatterns.errors import Unreachable
from authpatterns.messages import Request, Response
from authpatterns.node import Node

URL = "REDIS_URL"
"""Environment variable: the server to use in the place of a fakeredis, for instance `redis://127.0.0.1:6379`."""

PATIENCE = 2.0
"""Seconds to wait for a server."""

LONGEST = 7 * 24 * 3600
"""Seconds after which a set that nobody has added to is cleared away: longer than any session lasts."""


class StoreNode(Node):
    """A store of its own, for sessions or for a denylist.

    Args:
        name: Unique in a deployment.
        client: A redis-py client; one of its own unless given.
        space: Put before every key, so that several stores and other programs can share a server. On a server nothing
            but these keys is ever touched.
    """

    kind = "store"

    def __init__(self, name: str, client: Any = None, space: str | None = None) -> None:
        super().__init__(name)
        self.client = client if client is not None else _client()
        self.space = (_own_space(name) if _is_server(self.client) else "") if space is None else space
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
        """Do one command.

        Raises:
            Unreachable: the server behind it does not answer.
        """
        command = self._commands.get(request.method)
        if command is None:
            return Response(405)
        try:
            return command(self.space + request.path[1:], request)
        except _lost() as lost:
            raise Unreachable("store.lost", target=self.name, reason=type(lost).__name__) from None

    def restart(self) -> None:
        """Start empty, as a store does that keeps nothing on disk."""
        if self.space:
            for key in list(self.client.scan_iter(f"{self.space}*")):
                self.client.delete(key)
        else:
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
        added = self.client.sadd(key, request.body)
        self.client.expire(key, LONGEST)
        return Response(200, str(added))

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


async def write(node: Node, store: str, command: Request) -> None:
    """Have `store` change something, and make sure that it has.

    Raises:
        NetworkError: it does not answer, or says that it could not.
    """
    answer = await node.call(store, command)
    if not answer.ok:
        raise Unreachable("store.unusable", target=store, status=answer.status)


def connect(url: str) -> Any:
    """A client of a real server. It does not wait long, and asks once more where a connection turns out to be dead.

    It speaks RESP3, because Infinispan answers in that whatever it is asked, and asks for no notifications of
    maintenance, because Infinispan does not answer that question at all.
    """
    from redis import Redis  # noqa: PLC0415  (the core imports no network library)
    from redis.backoff import NoBackoff  # noqa: PLC0415
    from redis.maint_notifications import MaintNotificationsConfig  # noqa: PLC0415
    from redis.retry import Retry  # noqa: PLC0415

    return Redis.from_url(
        url,
        protocol=3,
        socket_timeout=PATIENCE,
        socket_connect_timeout=PATIENCE,
        retry=Retry(NoBackoff(), 1),
        maint_notifications_config=MaintNotificationsConfig(enabled=False),
    )


def _client() -> Any:
    if os.environ.get(URL):
        return connect(os.environ[URL])
    from fakeredis import FakeServer, FakeStrictRedis  # noqa: PLC0415  (the core imports no network library)

    return FakeStrictRedis(server=FakeServer())


def _is_server(client: Any) -> bool:
    return not type(client).__module__.startswith("fakeredis")


def _own_space(name: str) -> str:
    return f"authpatterns:{secrets.token_hex(4)}:{name}:"


def _lost() -> tuple[type[Exception], ...]:
    """What a client raises when its server is gone; asked for only then."""
    from redis.exceptions import ConnectionError, TimeoutError  # noqa: A004, PLC0415  (the client's own names)

    return ConnectionError, TimeoutError
