"""Tokens: issue a JWT, verify one, look at one, and make opaque references.

Examples:
    >>> from authpatterns.keys import KeyRing, demo_key
    >>> ring = KeyRing([demo_key()])
    >>> claims = {"iss": "https://idp.example", "aud": "shop", "sub": "alice", "exp": 900}
    >>> token = issue(claims, ring.signing, typ="JWT")
    >>> verify(token, ring.jwks(), issuer="https://idp.example", audience="shop", now=0)["sub"]
    'alice'
    >>> report = checks(token, ring.jwks(), issuer="https://idp.example", audience="till", now=900)
    >>> [check.code for check in report if check.passed is False]
    ['audience', 'expired']
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from jwt import PyJWS

from authpatterns import standins
from authpatterns.encoding import encode
from authpatterns.errors import Misuse
from authpatterns.keys import FITS, KeySet, SigningKey
from authpatterns.tokenchecks import CHECKS, SHAPE_CHECKS, SIGNATURE_CHECKS, Case, Check, Rule, demand, run

Jwks = Mapping[str, Any] | KeySet

_SIGNER = PyJWS(algorithms=list(FITS), options={"enforce_minimum_key_length": True})
for _name, _algorithm in standins.algorithms().items():
    _SIGNER.register_algorithm(_name, _algorithm)


class Verified(NamedTuple):
    """What a good signature vouches for: the header, and the payload byte for byte."""

    header: dict[str, Any]
    payload: bytes


class Unverified(NamedTuple):
    """What a token says of itself. Nobody has checked it."""

    header: dict[str, Any]
    payload: bytes


class Opened(NamedTuple):
    """A token that can be read, and is no more believed than before.

    The checks below take it in the token's place, so that who needs the `kid` first, to find the key, reads nothing
    twice.
    """

    text: str
    raw: tuple[bytes, ...]
    header: dict[str, Any]

    @property
    def kid(self) -> str:
        """The key that the token names, or ""."""
        kid = self.header.get("kid")
        return kid if isinstance(kid, str) else ""


# --- issuing


def issue(claims: Mapping[str, Any], key: SigningKey, typ: str = "at+jwt") -> str:
    """A JWT that says `claims`, signed with `key` (RFC 7515 section 3.1).

    Args:
        claims: What it says; JSON values.
        key: Signs it, and is named in the header.
        typ: The kind of token: "at+jwt" for an access token (RFC 9068), "JWT" for an ID token.

    Raises:
        Misuse: `claims` cannot be written as JSON.
    """
    try:
        payload = json.dumps(claims, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except (TypeError, ValueError):
        raise Misuse("tokens.claims") from None
    return _SIGNER.encode(payload, key.parsed, key.algorithm, headers={"typ": typ, "kid": key.kid})


def reference(chance: random.Random, nbytes: int = 32) -> str:
    """An opaque token: random letters that mean nothing to anybody but the one who keeps the list.

    Args:
        chance: Where the randomness comes from; it is injected, so that a story can be told twice.
        nbytes: How many random bytes.

    Raises:
        Misuse: fewer than 16 bytes can be guessed (ASVS 5.0, chapter V7).
    """
    if nbytes < 16:
        raise Misuse("tokens.reference", nbytes=nbytes)
    return encode(chance.randbytes(nbytes))


# --- verifying


def verify_signature(
    token: str | Opened, jwks: Jwks, algorithms: Sequence[str] = ("RS256",), *, require_kid: bool = False
) -> Verified:
    """Header and payload of `token`, if a key of `jwks` signed it. What the payload says is not looked at.

    Args:
        token: A JWS in compact form, or an opened one.
        jwks: The issuer's keys.
        algorithms: The algorithms to accept, exactly as written.
        require_kid: Whether to refuse a token that names no key although there is only one.

    Raises:
        TokenRefused: `token.` and the check that failed.
        Misuse: `algorithms` makes no sense.
    """
    case = _case(token, _key_set(jwks), _allowed(algorithms), require_kid)
    demand(case, _left(case, SIGNATURE_CHECKS))
    return Verified(dict(case.header), case.raw[1])


def verify(
    token: str | Opened,
    jwks: Jwks,
    *,
    issuer: str | None,
    audience: str | Sequence[str] | None,
    now: float,
    algorithms: Sequence[str] = ("RS256",),
    typ: str | None = None,
    leeway: float = 0,
    require_kid: bool = False,
) -> dict[str, Any]:
    """The claims of `token`, if every check passes (RFC 8725, RFC 9068 section 4).

    Args:
        token: A JWT, or an opened one.
        jwks: The keys of this one issuer.
        issuer: Who must have issued it, compared exactly; None leaves that to the caller.
        audience: For whom it must be, one of these; None leaves that to the caller.
        now: Unix time in seconds.
        algorithms: The algorithms to accept, exactly as written.
        typ: The kind of token it must say it is; a known kind also brings its required claims (`PROFILES`).
        leeway: By how many seconds clocks may differ.
        require_kid: Whether to refuse a token that names no key although there is only one.

    Raises:
        TokenRefused: `token.` and the check that failed.
        Misuse: `algorithms`, `now` or `leeway` makes no sense.
    """
    case = _case(
        token, _key_set(jwks), _allowed(algorithms), require_kid,
        issuer, _listed(audience), _seconds(now), typ, _seconds(leeway),
    )  # fmt: skip
    demand(case, _left(case, CHECKS))
    claims: dict[str, Any] = case.claims
    return claims


def checks(
    token: str,
    jwks: Jwks | None,
    *,
    issuer: str | None = None,
    audience: str | Sequence[str] | None = None,
    now: float | None = None,
    algorithms: Sequence[str] = ("RS256",),
    typ: str | None = None,
    leeway: float = 0,
    require_kid: bool = False,
) -> list[Check]:
    """Every check that `verify` makes, in its order, each with its result: for people to read, not to decide by.

    Without `jwks`, `issuer`, `audience`, `typ` or `now` the checks that need it are not judged.

    Raises:
        TokenRefused: `jwks` is no key set.
        Misuse: `algorithms`, `now` or `leeway` makes no sense.
    """
    keys, time = None if jwks is None else _key_set(jwks), None if now is None else _seconds(now)
    case = Case(
        token, keys, _allowed(algorithms), require_kid,
        issuer, _listed(audience), time, typ, _seconds(leeway),
    )  # fmt: skip
    return [run(case, *rule) for rule in CHECKS]


# --- looking without verifying


def read_unverified(token: str) -> Unverified:
    """Header and payload of a token that nobody has checked: to show it, never to believe it.

    Raises:
        TokenRefused: it cannot be read.
    """
    case = Case(token)
    demand(case, SHAPE_CHECKS)
    return Unverified(dict(case.header), case.raw[1])


def opened(token: str) -> Opened:
    """`token`, read once for all that is done with it.

    Raises:
        TokenRefused: it cannot be read, so there is no use in fetching keys for it.
    """
    case = Case(token)
    demand(case, SHAPE_CHECKS)
    return Opened(case.text, tuple(case.raw), dict(case.header))


def key_id(token: str) -> str:
    """The `kid` that `token` names, or "": enough to choose a key set by, before anything is believed.

    Raises:
        TokenRefused: it cannot be read, so there is no use in fetching keys for it.
    """
    return opened(token).kid


# --- what the caller asks for


def _case(token: str | Opened, *asked: Any) -> Case:
    if not isinstance(token, Opened):
        return Case(token, *asked)
    case = Case(token.text, *asked)
    case.text, case.raw, case.header = token
    return case


def _left(case: Case, rules: Sequence[Rule]) -> Sequence[Rule]:
    """The checks that have not been made: an opened token has passed the first ones."""
    return rules if case.header is None else rules[len(SHAPE_CHECKS) :]


def _key_set(jwks: Jwks) -> KeySet:
    return jwks if isinstance(jwks, KeySet) else KeySet(jwks)


def _allowed(algorithms: Sequence[str]) -> Sequence[str]:
    if not algorithms or not all(name in FITS for name in algorithms):
        raise Misuse("tokens.algorithms", algorithms=algorithms, known=", ".join(FITS))
    return algorithms


def _listed(audience: str | Sequence[str] | None) -> Sequence[str] | None:
    return (audience,) if isinstance(audience, str) else audience


def _seconds(given: float) -> float:
    if type(given) not in (int, float) or not math.isfinite(given):
        raise Misuse("tokens.time", given=given)
    return given
