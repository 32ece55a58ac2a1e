"""The verifier's copy of an issuer's public keys."""

from __future__ import annotations

from authpatterns.errors import NetworkError, Refused, Unreachable
from authpatterns.keys import KeySet
from authpatterns.messages import Request
from authpatterns.node import Node


class JwksCache:
    """Fetches an issuer's key set when it is needed, and keeps it for a while.

    A token may name a key that the copy does not hold, because the issuer has rotated: then the key set is fetched once
    more, but not again within `cooldown`, or a stranger could make every request cost a fetch by inventing key ids.

    Args:
        node: Who keeps the copy.
        issuer: Name of the node that publishes the keys.
        path: Where it publishes them.
        ttl: How long a copy may be used, in seconds. A withdrawn key is trusted for as long.
        cooldown: Least time between two fetches caused by unknown key ids, in seconds.
        patience: How long to wait for the answer, in seconds; the network's own patience unless given.
    """

    def __init__(
        self, node: Node, issuer: str, path: str, ttl: float = 300, cooldown: float = 30, patience: float | None = None
    ) -> None:
        self.node, self.issuer, self.path = node, issuer, path
        self.ttl, self.cooldown, self.patience = ttl, cooldown, patience
        self._keys: KeySet | None = None
        self._fetched = 0.0
        self._failure: NetworkError | None = None
        self._failed = 0.0
        self._lock = node.wire.lock()

    async def keys(self, kid: str) -> KeySet:
        """The key set to check a token with that names `kid`. An arrow in the diagram only where it has to be fetched.

        Raises:
            NetworkError: there is no usable copy and the issuer cannot be reached. Who calls this fails closed.
        """
        if self._fresh(kid):
            return self._known(kid)
        asked = self.node.now
        async with self._lock:  # of many requests that find the copy stale, one fetches, and all share what comes of it
            if self._fresh(kid):
                return self._known(kid)
            if self._failure is not None and self._failed >= asked:
                raise self._failure
            if self._keys is not None and self.node.now - self._fetched < self.ttl:
                self.node.note("jwks.key-missing", issuer=self.issuer)
            return await self._fetch()

    def _fresh(self, kid: str) -> bool:
        if self._keys is None:
            return False
        age = self.node.now - self._fetched
        return age < self.ttl and (self._keys.find(kid) is not None or age < self.cooldown)

    def _known(self, kid: str) -> KeySet:
        assert self._keys is not None
        if self._keys.find(kid) is None:
            self.node.note("jwks.not-fetched-again", issuer=self.issuer, seconds=self.cooldown)
        else:
            self.node.note("jwks.kept", issuer=self.issuer)
        return self._keys

    async def _fetch(self) -> KeySet:
        try:
            return await self._fetch_now()
        except NetworkError as failure:
            self._failure, self._failed = failure, self.node.now
            raise

    async def _fetch_now(self) -> KeySet:
        answer = await self.node.call(self.issuer, Request.get(self.path), self.patience)
        if answer.status != 200:
            raise Unreachable("jwks.unusable", target=self.issuer, status=answer.status)
        try:
            self._keys = KeySet(answer.body)
        except Refused as flaw:
            raise Unreachable("jwks.unusable", target=self.issuer, status=flaw.code) from flaw
        self._fetched = self.node.now
        self.node.note("jwks.fetched", issuer=self.issuer, keys=len(self._keys), ttl=self.ttl)
        return self._keys
