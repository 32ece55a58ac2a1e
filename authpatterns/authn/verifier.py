"""A service that checks JWTs by itself, and sends them on."""

from __future__ import annotations

from typing import Protocol

from authpatterns import tokens
from authpatterns.authn.carry import bearer
from authpatterns.keys import KeySet
from authpatterns.messages import Principal, Request, Response
from authpatterns.node import Handler, Node


class Keys(Protocol):
    """A copy of an issuer's keys, for instance a `JwksCache`."""

    async def keys(self, kid: str) -> KeySet:
        """The keys to check a token with that names `kid`."""


class JwtVerifier:
    """Turns a token into a principal, or refuses it.

    Args:
        node: Who verifies, by its own clock.
        jwks: Its copy of the issuer's keys.
        issuer: The one issuer it believes.
        audience: What it answers to.
    """

    def __init__(self, node: Node, jwks: Keys, issuer: str, audience: str) -> None:
        self.node, self.jwks = node, jwks
        self.issuer, self.audience = issuer, audience

    async def principal(self, token: str) -> Principal:
        """Who is asking, as `token` says. An arrow only where keys have to be fetched.

        Raises:
            TokenRefused: a check failed.
            NetworkError: there are no keys to check with; who calls this fails closed.
        """
        opened = tokens.opened(token)
        keys = await self.jwks.keys(opened.kid)
        now = self.node.now
        claims = tokens.verify(opened, keys, issuer=self.issuer, audience=self.audience, now=now, typ="at+jwt")
        self.node.note("token.verified", subject=claims["sub"], seconds_left=int(claims["exp"] - now))
        return Principal.from_claims(claims, token)


async def forward_bearer(request: Request, proceed: Handler) -> Response:
    """Layer around outgoing calls: who is asked next sees the same token."""
    if request.principal is not None:
        request = request.with_header("authorization", bearer(request.principal.credential))
    return await proceed(request)
