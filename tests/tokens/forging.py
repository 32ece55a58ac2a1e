"""Tools for making tokens that no honest issuer would make."""

import json
from typing import Any

from authpatterns.encoding import encode
from authpatterns.errors import TokenRefused
from authpatterns.keys import KeyRing, KeySet, SigningKey, demo_key, implementations
from authpatterns.tokens import verify

ISSUER, AUDIENCE, NOW = "https://idp.example", "shop", 1_767_225_600

CLAIMS = {
    "iss": ISSUER,
    "aud": AUDIENCE,
    "sub": "alice",
    "client_id": "shop-web",
    "jti": "a-1",
    "iat": NOW - 60,
    "exp": NOW + 840,
}


def forge(header: Any, payload: Any, key: SigningKey | None = None, algorithm: str = "") -> str:
    """A token from raw parts, really signed with `key` whatever the header says; without a key the signature is empty.

    A dict becomes JSON; bytes and text stand as they are.
    """
    first, second = (
        encode(part if isinstance(part, bytes) else (part if isinstance(part, str) else json.dumps(part)).encode())
        for part in (header, payload)
    )
    signed = f"{first}.{second}"
    if key is None:
        return f"{signed}."
    return f"{signed}.{encode(implementations()[algorithm or key.algorithm].sign(signed.encode(), key.parsed))}"


def header_of(key: SigningKey, **more: Any) -> dict[str, Any]:
    return {"alg": key.algorithm, "kid": key.kid, "typ": "at+jwt"} | more


def claims_with(**changes: Any) -> dict[str, Any]:
    """`CLAIMS` with some changed; one that is set to ... is left out."""
    return {name: value for name, value in (CLAIMS | changes).items() if value is not ...}


def token_saying(**changes: Any) -> str:
    """A token of the honest issuer, rightly signed, whose claims are changed."""
    return forge(header_of(demo_key()), claims_with(**changes), demo_key())


def judge(token: str, keys: Any = None, **wanted: Any) -> str:
    """ "accepted", or the code of the check that refused."""
    options = {"issuer": ISSUER, "audience": AUDIENCE, "now": NOW} | wanted
    try:
        verify(token, KeySet(KeyRing([demo_key()]).jwks()) if keys is None else keys, **options)
    except TokenRefused as refusal:
        return refusal.code.removeprefix("token.")
    return "accepted"
