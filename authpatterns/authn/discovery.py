"""What a client knows of its identity provider: the discovery document and the keys, fetched when they are needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from authpatterns.authn.jwks import JwksCache
from authpatterns.authn.oidc import METADATA_PATH
from authpatterns.errors import Unreachable
from authpatterns.keys import KeySet
from authpatterns.messages import Request, Response, Url
from authpatterns.node import Node

METADATA_LIFETIME = 24 * 3600
"""Seconds for which a discovery document is believed; what changes often, the keys, has a lifetime of its own."""


class Provider:
    """An identity provider as one of its clients sees it. All it has to be told is the issuer.

    Args:
        node: Who asks.
        issuer: The provider's name, which is also where its discovery document is found.
        jwks_ttl: How long a copy of the keys may be used, in seconds.
    """

    def __init__(self, node: Node, issuer: str, jwks_ttl: float = 300) -> None:
        self.node, self.issuer, self.jwks_ttl = node, issuer, jwks_ttl
        self._metadata: dict[str, Any] = {}
        self._fetched = 0.0
        self._lock = node.wire.lock()
        self._jwks: JwksCache | None = None

    async def endpoint(self, name: str) -> str:
        """The address of an endpoint, for instance `endpoint("token_endpoint")`.

        Raises:
            NetworkError: the provider cannot be reached, or says nothing usable.
        """
        address = (await self.metadata()).get(name)
        if not isinstance(address, str):
            raise Unreachable("discovery.unusable", target=self.issuer, reason=name)
        return address

    async def metadata(self) -> Mapping[str, Any]:
        """The discovery document. An arrow in the diagram only where it has to be fetched.

        Raises:
            NetworkError: the provider cannot be reached, or says nothing usable.
        """
        async with self._lock:
            if not self._metadata or self.node.now - self._fetched >= METADATA_LIFETIME:
                self._metadata = self._usable(await self._get(self.issuer + METADATA_PATH))
                self._fetched = self.node.now
        return self._metadata

    async def keys(self, kid: str) -> KeySet:
        """The provider's keys, for a token that names `kid`. See `JwksCache`."""
        uri = await self.endpoint("jwks_uri")
        path = Url.parse(uri).target
        if self._jwks is None or self._jwks.path != path:
            self._jwks = JwksCache(self.node, self.node.wire.owner(uri), path, self.jwks_ttl)
        return await self._jwks.keys(kid)

    async def post(self, endpoint: str, form: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Response:
        """Send a form to an endpoint.

        Raises:
            NetworkError: it cannot be reached.
        """
        address = await self.endpoint(endpoint)
        request = Request.post(Url.parse(address).target, headers, form=form)
        return await self.node.call(self.node.wire.owner(address), request)

    async def _get(self, address: str) -> Response:
        return await self.node.call(self.node.wire.owner(address), Request.get(Url.parse(address).target))

    def _usable(self, answer: Response) -> dict[str, Any]:
        """The document, if it is this provider's own: the issuer in it must be the one asked (RFC 8414 section 3.3)."""
        document = answer.json()
        if answer.status != 200 or not isinstance(document, dict):
            raise Unreachable("discovery.unusable", target=self.issuer, reason=str(answer.status))
        if document.get("issuer") != self.issuer:
            raise Unreachable("discovery.unusable", target=self.issuer, reason="issuer")
        return document
