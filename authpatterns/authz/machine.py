"""Machines that speak in their own name: a short signed statement, checked with a key both sides hold.

The statement has the shape of RFC 7523 (a JWT with which a client authenticates). Each machine shares one secret with
those it speaks to; `demo_secret` derives it from the name, so that lessons need no key ceremony. Everybody can do
that, so it protects nothing outside them.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from typing import Any

from authpatterns import tokens
from authpatterns.encoding import encode
from authpatterns.errors import TokenRefused
from authpatterns.keys import KeyRing, KeySet, SigningKey
from authpatterns.messages import Request
from authpatterns.node import Node

LIFETIME = 60
"""Seconds for which a statement is good: as long as a message may take, no longer."""


@cache
def demo_secret(name: str) -> SigningKey:
    """The secret of machine `name`, for lessons and tests."""
    secret = sha256(f"demonstration secret of {name}".encode()).digest()
    return SigningKey(name, "HS256", {"kty": "oct", "k": encode(secret)})


@cache
def _known(name: str) -> KeySet:
    return KeyRing([demo_secret(name)]).key_set()


def state(speaker: Node, audience: str, **claims: Any) -> str:
    """A statement of `speaker` to `audience`; about itself, unless `claims` name another `sub`."""
    now = int(speaker.now)
    about = {"iss": speaker.name, "sub": speaker.name, "aud": audience, "iat": now, "exp": now + LIFETIME}
    return tokens.issue(
        {**about, "jti": tokens.reference(speaker.chance, 16), **claims}, demo_secret(speaker.name), typ="JWT"
    )


def check(statement: str, speaker: str, audience: str, now: float) -> dict[str, Any]:
    """What `speaker` has stated to `audience`.

    Raises:
        TokenRefused: it has not.
    """
    return tokens.verify(
        statement,
        _known(speaker),
        issuer=speaker,
        audience=audience,
        algorithms=("HS256",),
        now=now,
        typ="JWT",
        require_kid=True,
    )


def demand(request: Request, speaker: str, listener: Node) -> None:
    """Make sure that `request` comes from machine `speaker`.

    Raises:
        TokenRefused: it does not say so, or not credibly.
    """
    scheme, _, statement = request.headers.get("authorization").partition(" ")
    if scheme != "Bearer":
        raise TokenRefused("token.malformed", parts=0)
    check(statement, speaker, listener.name, listener.now)
