"""What both sides of OAuth 2.0 and OpenID Connect agree on: names, PKCE, what an ID token or a logout token must say.

Nothing here asks anybody. The signature and the times of a token are checked by `tokens.verify` first; the functions
here judge the claims that only make sense to a relying party.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from authpatterns.encoding import encode
from authpatterns.errors import TokenRefused

ISSUER = "https://id.example"
"""Where the identity provider of every story is found."""

METADATA_PATH = "/.well-known/openid-configuration"

ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"
JWT = "urn:ietf:params:oauth:token-type:jwt"
"""Token types of RFC 8693 section 3."""

TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"

LOGOUT_TOKEN_AGE = 300
"""Seconds after which a logout token is too old, whatever its `exp` says."""

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


def challenge(verifier: str) -> str:
    """The S256 code challenge of `verifier` (RFC 7636 section 4.2).

    Examples:
        The vector of RFC 7636 appendix B:

        >>> challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
        'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
    """
    return encode(sha256(verifier.encode("ascii")).digest())


def is_verifier(text: str) -> bool:
    """Whether `text` is 43 to 128 unreserved characters (RFC 7636 section 4.1)."""
    return _VERIFIER.fullmatch(text) is not None


def is_challenge(text: str) -> bool:
    """Whether `text` can be an S256 challenge: a SHA-256 hash in base64url."""
    return _CHALLENGE.fullmatch(text) is not None


def half_hash(token: str) -> str:
    """`at_hash`: the left half of the SHA-256 hash of an access token (OpenID Connect Core section 3.1.3.6)."""
    return encode(sha256(token.encode()).digest()[:16])


def same(one: object, other: str) -> bool:
    """Whether two secrets are equal, compared in a time that tells nothing; False for what is no text."""
    return isinstance(one, str) and hmac.compare_digest(one.encode(), other.encode())


def check_id_token(
    claims: Mapping[str, Any], *, client: str, nonce: str, access_token: str, now: float, max_age: int | None = None
) -> None:
    """Judge what is left of OpenID Connect Core section 3.1.3.7 once signature, `iss`, `aud` and times are checked.

    Args:
        claims: Of the ID token.
        client: Our own client id.
        nonce: What we sent with the authorization request.
        access_token: What came with the ID token.
        now: Unix seconds.
        max_age: For how many seconds a password may have been typed already, or None.

    Raises:
        TokenRefused: `id-token.` and the claim that is wrong.
    """
    audience = claims.get("aud")
    several = isinstance(audience, list) and len(audience) > 1
    if claims.get("azp", "" if several else client) != client:
        raise TokenRefused("id-token.azp", azp=str(claims.get("azp", "")), client=client)
    if not isinstance(claims.get("sub"), str) or not claims["sub"]:
        raise TokenRefused("id-token.sub")
    if not isinstance(claims.get("iat"), int | float):
        raise TokenRefused("id-token.iat")
    if not same(claims.get("nonce"), nonce):
        raise TokenRefused("id-token.nonce")
    if "at_hash" in claims and not same(claims["at_hash"], half_hash(access_token)):
        raise TokenRefused("id-token.at-hash")
    if max_age is not None and not _recent(claims.get("auth_time"), now - max_age):
        raise TokenRefused("id-token.auth-time", max_age=max_age)


def check_logout_token(claims: Mapping[str, Any], *, now: float) -> None:
    """Judge what makes a token a logout token (OpenID Connect Back-Channel Logout section 2.6).

    Raises:
        TokenRefused: `logout-token.` and what is wrong.
    """
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise TokenRefused("logout-token.events")
    if "nonce" in claims:
        raise TokenRefused("logout-token.nonce")  # an ID token has one: this is how the two are kept apart
    if not any(isinstance(claims.get(name), str) and claims[name] for name in ("sub", "sid")):
        raise TokenRefused("logout-token.nobody")
    if not _recent(claims.get("iat"), now - LOGOUT_TOKEN_AGE):
        raise TokenRefused("logout-token.too-old", seconds=LOGOUT_TOKEN_AGE)


def _recent(time: object, earliest: float) -> bool:
    return isinstance(time, int | float) and not isinstance(time, bool) and time >= earliest
