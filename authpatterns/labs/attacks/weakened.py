"""Verifiers that are broken on purpose. They live here alone, and each says so in its name.

A token is verified by a list of checks (`tokenchecks`). A broken verifier walks the same list with one check left out
or made carelessly, so the difference to the real one is what stands here and nothing else. The JWT authorizer checks
claims by rules of its own; for a check that is left out it is shown a claim that passes.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import posixpath
import re
import sqlite3
from base64 import b64decode, urlsafe_b64decode
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from authpatterns import tokens
from authpatterns.authn.auth_service import AUDIENCE, ISSUER
from authpatterns.authn.aws_jwt_authorizer import (
    ALGORITHMS,
    AUTHORIZER,
    JwtAuthorizer,
    check_claims,
    check_scopes,
    read_claims,
)
from authpatterns.authn.sso_gateway import Introspection
from authpatterns.authn.verifier import JwtVerifier
from authpatterns.deployment import Deployment
from authpatterns.encoding import decode, encode
from authpatterns.errors import NetworkError, TokenRefused
from authpatterns.keys import KeySet, demo_key, implementations
from authpatterns.labs.attacks import forging
from authpatterns.labs.attacks.shape import Change, World
from authpatterns.labs.attacks.surgery import parts, replace
from authpatterns.messages import Principal, Request, Url
from authpatterns.node import Node
from authpatterns.pattern import SHOP
from authpatterns.tokenchecks import CHECKS, SIGNATURE_CHECKS, Case, Finding, Rule, demand

Judge = Callable[[Case], Finding]
FindKeys = Callable[["Place", str], Awaitable[KeySet]]
Read = Callable[["Place", str], dict[str, Any] | None]


@dataclass(frozen=True)
class Place:
    """Somewhere a token is verified.

    Attributes:
        node: Who verifies, by its own clock.
        jwks: Its copy of the issuer's keys.
        issuer, audiences: What the token must name.
        algorithms: Those it accepts.
    """

    node: Node
    jwks: Any
    issuer: str
    audiences: tuple[str, ...]
    algorithms: tuple[str, ...] = ("RS256",)


@dataclass(frozen=True)
class Checks:
    """A way to verify; as it stands, the real one.

    Attributes:
        skip: Checks that are left out.
        judge: Checks that are made in another way: by code, what they need of the case, and how they judge.
        algorithms: Those to accept, or () for those of the place.
        keys: Where keys come from, if not from the place's copy.
        read: A shortcut that gives the claims of some tokens at once, or None.
        as_if: Claims that the JWT authorizer is shown in the place of the real ones; None leaves one out.
        payload: How the JWT authorizer reads claims.
        leeway: By how many seconds clocks may differ.
    """

    skip: tuple[str, ...] = ()
    judge: Mapping[str, tuple[str, Judge]] = field(default_factory=dict)
    algorithms: tuple[str, ...] = ()
    keys: FindKeys | None = None
    read: Read | None = None
    as_if: Callable[[dict[str, Any]], dict[str, Any]] = dict
    payload: Callable[[bytes], dict[str, Any]] = read_claims
    leeway: float = 0

    def rules(self, rules: tuple[Rule, ...]) -> list[Rule]:
        """`rules` without what is left out, and with what is made in another way."""
        return [(code, *self.judge.get(code, rest)) for code, *rest in rules if code not in self.skip]

    async def case(self, place: Place, token: str, rules: tuple[Rule, ...], typ: str | None) -> Case:
        """The token, once it has passed."""
        keys = await (self.keys or own_keys)(place, token)
        about = place.issuer, place.audiences, place.node.now, typ, self.leeway
        case = Case(token, keys, self.algorithms or place.algorithms, False, *about)
        demand(case, self.rules(rules))
        return case

    async def claims(self, place: Place, token: str) -> dict[str, Any]:
        """The claims of an access token, if it passes."""
        known = self.read(place, token) if self.read else None
        if known is not None:
            return known
        claims: dict[str, Any] = (await self.case(place, token, CHECKS, "at+jwt")).claims
        return claims

    async def authorizer_claims(self, place: Place, token: str, authorizer: JwtAuthorizer) -> dict[str, Any]:
        """The same by the rules of the JWT authorizer."""
        known = self.read(place, token) if self.read else None
        if known is None:
            known = self.payload((await self.case(place, token, SIGNATURE_CHECKS, None)).raw[1])
        shown = {name: value for name, value in self.as_if(known).items() if value is not None}
        check_claims(shown, authorizer.audiences, authorizer.now)
        check_scopes(known, authorizer.scopes)
        return {**known, "exp": shown["exp"]}


async def own_keys(place: Place, token: str) -> KeySet:
    """The place's own copy of the issuer's keys."""
    keys: KeySet = await place.jwks.keys(kid_of(token))
    return keys


def kid_of(token: str) -> str:
    """The key that a token names, or ""; whatever else is wrong with the token."""
    try:
        return tokens.key_id(token)
    except TokenRefused:
        return ""


def verify_by(checks: Checks) -> Change:
    """Have everybody in a deployment who verifies access tokens do it by `checks`."""

    def change(shop: Deployment) -> None:
        for node in list(shop.network.nodes.values()):
            for verifier in parts(node, "verifier"):
                replace(verifier, "principal", _principal(checks, _place(verifier)))
        if AUTHORIZER in shop.network.nodes:
            authorizer = shop.node(AUTHORIZER)
            replace(authorizer, "claims", _authorizer(checks, authorizer))

    return change


def _place(verifier: Any) -> Place:
    if isinstance(verifier, Introspection):  # a gateway that asks the provider: here it verifies by itself
        return Place(verifier.gateway, verifier.provider, verifier.provider.issuer, (SHOP,))
    assert isinstance(verifier, JwtVerifier)
    return Place(verifier.node, verifier.jwks, verifier.issuer, (verifier.audience,))


def _principal(checks: Checks, place: Place) -> Callable[[str], Awaitable[Principal]]:
    async def principal(token: str) -> Principal:
        return Principal.from_claims(await checks.claims(place, token), token)

    return principal


def _authorizer(checks: Checks, authorizer: JwtAuthorizer) -> Callable[[str], Awaitable[dict[str, Any]]]:
    async def claims(token: str) -> dict[str, Any]:
        about = ISSUER, authorizer.audiences or (AUDIENCE,), ALGORITHMS[authorizer.api]
        place = Place(authorizer, authorizer.jwks(), *about)
        return await checks.authorizer_claims(place, token, authorizer)

    return claims


def weakened(name: str, **checks: Any) -> World:
    """A world in which tokens are verified carelessly."""
    return World(name, changes=(verify_by(Checks(**checks)),))


# --- which algorithm, and whether there is a signature at all


def _takes_any_algorithm(case: Case) -> Finding:
    case.algorithm = case.header.get("alg", "")
    return isinstance(case.algorithm, str), {}


def _takes_any_key(case: Case) -> Finding:
    case.key = case.named
    return True, {}


def _needs_no_signature_for_none(case: Case) -> Finding:
    if str(case.algorithm).lower() == "none":
        return True, {}
    return _real_signature(case)


def _real_signature(case: Case) -> Finding:
    signed, _, _ = case.text.rpartition(".")
    implementation = implementations().get(str(case.algorithm))
    good = implementation is not None and implementation.verify(signed.encode(), case.key.parsed, case.raw[2])
    return good, {}


def _public_key_as_secret(case: Case) -> Finding:
    if case.algorithm != "HS256":
        return _real_signature(case)
    signed, _, _ = case.text.rpartition(".")
    pem = forging.public_texts({name: case.key.jwk[name] for name in ("kty", "n", "e")})[0]
    return hmac.compare_digest(hmac.digest(pem, signed.encode(), "sha256"), case.raw[2]), {}


_ANY_ALGORITHM = {"algorithm": ("header", _takes_any_algorithm), "key-unsuitable": ("named", _takes_any_key)}

WeakenedTakesNone = weakened(
    "WeakenedTakesNone", judge={**_ANY_ALGORITHM, "signature": ("key", _needs_no_signature_for_none)}
)
WeakenedPublicKeyAsSecret = weakened(
    "WeakenedPublicKeyAsSecret", judge={**_ANY_ALGORITHM, "signature": ("key", _public_key_as_secret)}
)
WeakenedDecodeOnly = weakened("WeakenedDecodeOnly", skip=("signature",))


def weakened_but_for(allows: Callable[[Mapping[str, Any]], object]) -> World:
    """A world that verifies in whatever way a header says, if only `allows(header)` is true: its one defence.

    Args:
        allows: Told a token's header; what raises allows nothing.
    """

    def judge(case: Case) -> Finding:
        case.algorithm = case.header.get("alg")
        allowed = isinstance(case.algorithm, str) and _says_yes(allows, dict(case.header))
        return allowed, {"alg": str(case.algorithm), "allowed": "-"}

    return weakened(
        "WeakenedButFor",
        judge={**_ANY_ALGORITHM, "algorithm": ("header", judge), "signature": ("key", _as_the_header_says)},
    )


def _says_yes(allows: Callable[[Mapping[str, Any]], object], header: Mapping[str, Any]) -> bool:
    try:
        return allows(header) is True
    except Exception:  # whoever asks a reader's function must not trust it
        return False


def _as_the_header_says(case: Case) -> Finding:
    return _needs_no_signature_for_none(case) if str(case.algorithm).lower() == "none" else _public_key_as_secret(case)


def _two_parts_will_do(case: Case) -> Finding:
    case.parts = [*case.text.split("."), ""][:3]
    return len(case.parts) == 3, {}


def _empty_will_do(case: Case) -> Finding:
    return (True, {}) if not case.raw[2].strip(b"\0") else _real_signature(case)


WeakenedEmptySignature = weakened(
    "WeakenedEmptySignature",
    judge={"malformed": ("text", _two_parts_will_do), "signature": ("key", _empty_will_do)},
)


# --- which key


def _key_in_header(case: Case) -> Finding:
    case.named = KeySet({"keys": [case.header["jwk"]]}).only if "jwk" in case.header else case.keys.only  # type: ignore[union-attr]
    return case.named is not None, {}


def _key_in_certificate(case: Case) -> Finding:
    if "x5c" not in case.header:
        return _named_key(case)
    from cryptography.x509 import load_der_x509_certificate  # noqa: PLC0415  (as in keys)

    public = load_der_x509_certificate(b64decode(case.header["x5c"][0])).public_key()
    jwk = json.loads(implementations()["RS256"].to_jwk(public))
    case.named = KeySet({"keys": [{name: jwk[name] for name in ("kty", "n", "e")}]}).only
    return case.named is not None, {}


def _named_key(case: Case) -> Finding:
    kid = case.header.get("kid")
    case.named = case.keys.find(kid) if case.keys is not None and isinstance(kid, str) else None
    return case.named is not None, {"kid": str(kid), "keys": len(case.keys or ())}


WeakenedTrustsKeyInHeader = weakened("WeakenedTrustsKeyInHeader", judge={"key-unknown": ("header", _key_in_header)})
WeakenedTrustsCertificate = weakened(
    "WeakenedTrustsCertificate", judge={"key-unknown": ("header", _key_in_certificate)}
)


async def _keys_from_jku(place: Place, token: str) -> KeySet:
    address = tokens.read_unverified(token).header.get("jku")
    if not isinstance(address, str):
        return await own_keys(place, token)
    answer = await place.node.call(place.node.wire.owner(address), Request.get(Url.parse(address).target))
    return KeySet(answer.body)


WeakenedFetchesJku = weakened("WeakenedFetchesJku", keys=_keys_from_jku)

_FILES = {"/dev/null": b"", "/app/static/logo.svg": b"<svg/>"}
"""What stands in the model's file system besides the keys."""


def _secret_from_file(case: Case) -> Finding:
    path = posixpath.normpath(posixpath.join("/app/keys", str(case.header.get("kid"))))
    return _secret_is(case, _FILES.get(path))


def _secret_is(case: Case, secret: bytes | None) -> Finding:
    if secret is None or case.header.get("alg") != "HS256":
        return False, {}
    signed, _, last = case.text.rpartition(".")
    return hmac.compare_digest(hmac.digest(secret, signed.encode(), "sha256"), decode(last)), {}


def _secret_from_database(case: Case) -> Finding:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE keys (kid TEXT, secret TEXT)")
    try:
        found = database.execute(f"SELECT secret FROM keys WHERE kid = '{case.header.get('kid')}'").fetchone()
    except sqlite3.Error:
        return False, {}
    finally:
        database.close()
    return _secret_is(case, None if found is None else str(found[0]).encode())


_BY_KID_ALONE = ("critical", "algorithm", "key-unknown", "key-unsuitable")
WeakenedOpensFileNamedByKid = weakened(
    "WeakenedOpensFileNamedByKid", skip=_BY_KID_ALONE, judge={"signature": ("header", _secret_from_file)}
)
WeakenedBuildsSqlFromKid = weakened(
    "WeakenedBuildsSqlFromKid", skip=_BY_KID_ALONE, judge={"signature": ("header", _secret_from_database)}
)


def _any_key_fits(case: Case) -> Finding:
    signed, _, _ = case.text.rpartition(".")
    rsa = implementations()["RS256"]
    usable = [key for key in case.keys.keys if key.jwk.get("kty") == "RSA"] if case.keys is not None else []
    return any(rsa.verify(signed.encode(), key.parsed, case.raw[2]) for key in usable), {}


WeakenedTriesEveryKey = weakened(
    "WeakenedTriesEveryKey",
    skip=("key-unknown", "key-unsuitable"),
    judge={"signature": ("raw", _any_key_fits)},
)
WeakenedIgnoresUseOfKey = weakened("WeakenedIgnoresUseOfKey", judge={"key-unsuitable": ("named", _takes_any_key)})


async def _pooled(place: Place, token: str) -> KeySet:
    own = await own_keys(place, token)
    partner = demo_key(number=3).public_jwk()
    return KeySet({"keys": [*(dict(key.jwk) for key in own.keys), partner]})


WeakenedPooledKeys = weakened("WeakenedPooledKeys", keys=_pooled)


# --- how the signature is computed


def _textbook_ecdsa(case: Case) -> Finding:
    """ECDSA as some textbooks have it: without asking whether `r` and `s` are at least 1 (CVE-2022-21449)."""
    signed, _, _ = case.text.rpartition(".")
    r, s = int.from_bytes(case.raw[2][:32]), int.from_bytes(case.raw[2][32:])
    x, y = (int.from_bytes(decode(case.key.jwk[name])) for name in ("x", "y"))
    digest = int.from_bytes(sha256(signed.encode()).digest())
    inverse = pow(s, P256.order - 2, P256.order)  # of 0 this says 0, where there is no inverse
    point = P256.add(P256.times(digest * inverse % P256.order, P256.base), P256.times(r * inverse % P256.order, (x, y)))
    return (point[0] if point else 0) % P256.order == r, {}


class P256:
    """The curve P-256 (FIPS 186-5), with points as pairs of numbers and None for the point at infinity."""

    prime = 2**256 - 2**224 + 2**192 + 2**96 - 1
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    base = (
        0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
        0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    )

    @classmethod
    def add(cls, one: tuple[int, int] | None, other: tuple[int, int] | None) -> tuple[int, int] | None:
        """The sum of two points."""
        if one is None or other is None:
            return other if one is None else one
        if one[0] == other[0] and (one[1] + other[1]) % cls.prime == 0:
            return None
        if one == other:
            slope = (3 * one[0] ** 2 - 3) * pow(2 * one[1], -1, cls.prime)
        else:
            slope = (other[1] - one[1]) * pow(other[0] - one[0], -1, cls.prime)
        x = (slope**2 - one[0] - other[0]) % cls.prime
        return x, (slope * (one[0] - x) - one[1]) % cls.prime

    @classmethod
    def times(cls, factor: int, point: tuple[int, int] | None) -> tuple[int, int] | None:
        """`point` added to itself so many times."""
        result = None
        for bit in bin(factor)[2:]:
            result = cls.add(result, result)
            if bit == "1":
                result = cls.add(result, point)
        return result


Es256 = World("ES256", changes=(verify_by(Checks(algorithms=("ES256",))),))
WeakenedTextbookEcdsa = weakened(
    "WeakenedTextbookEcdsa", algorithms=("ES256",), judge={"signature": ("key", _textbook_ecdsa)}
)


def _reads_padding_from_the_left(case: Case) -> Finding:
    """PKCS #1 v1.5 read as a text: 00 01 FF ... FF 00, digest, and whatever follows (CVE-2006-4339)."""
    signed, _, _ = case.text.rpartition(".")
    modulus, exponent = (int.from_bytes(decode(case.key.jwk[name])) for name in ("n", "e"))
    opened = pow(int.from_bytes(case.raw[2]), exponent, modulus).to_bytes((modulus.bit_length() + 7) // 8)
    match = re.match(rb"\x00\x01\xff+\x00" + re.escape(forging.SHA256_INFO), opened)
    return match is not None and opened[match.end() :].startswith(sha256(signed.encode()).digest()), {}


WeakenedReadsPaddingFromTheLeft = weakened(
    "WeakenedReadsPaddingFromTheLeft", judge={"signature": ("key", _reads_padding_from_the_left)}
)


# --- what counts as a token


WeakenedIgnoresCrit = weakened("WeakenedIgnoresCrit", skip=("critical",))


def _reads_json_too(place: Place, token: str) -> dict[str, Any] | None:
    """One part of the program finds a signed token in the text, another reads the text as JSON (RFC 7515 7.2)."""
    found = re.search(r"[\w-]+\.[\w-]+\.[\w-]+", token)
    if not token.startswith("{") or found is None:
        return None
    keys = KeySet({"keys": [demo_key().public_jwk()]})
    tokens.verify_signature(found[0], keys, place.algorithms)
    claims: dict[str, Any] = json.loads(decode(json.loads(token)["payload"]))
    return claims


WeakenedReadsJsonToo = weakened("WeakenedReadsJsonToo", read=_reads_json_too)


def _believes_what_it_can_decrypt(place: Place, token: str) -> dict[str, Any] | None:
    return forging.decrypted(token, demo_key("ES256")) if token.count(".") == 4 else None


WeakenedBelievesWhatItCanDecrypt = weakened("WeakenedBelievesWhatItCanDecrypt", read=_believes_what_it_can_decrypt)


def _works_as_told(place: Place, token: str) -> dict[str, Any] | None:
    """Decode whatever comes, however long, and stretch passwords as often as the token says."""
    try:
        head = json.loads(urlsafe_b64decode(token.partition(".")[0] + "=="))
    except RecursionError:
        raise TokenRefused("token.header", reason="nesting") from None
    if isinstance(head, dict) and "p2c" in head:
        hashlib.pbkdf2_hmac("sha256", b"password", b"salt", int(head["p2c"]))
        place.node.note("lab.worked", bytes=len(token), rounds=int(head["p2c"]))
        raise TokenRefused("token.malformed", parts=5)
    place.node.note("lab.worked", bytes=len(token), rounds=0)
    return None


def _of_any_size(case: Case) -> Finding:
    case.text = case.token
    return True, {}


WeakenedWorksAsTold = weakened("WeakenedWorksAsTold", read=_works_as_told, judge={"too-large": ("token", _of_any_size)})


def _lenient_letters(case: Case) -> Finding:
    case.raw = [urlsafe_b64decode(re.sub(r"[^\w-]", "", part) + "==") for part in case.parts]
    case.text = ".".join(encode(raw) for raw in case.raw)  # what was signed, whatever its spelling
    return True, {}


def _lenient_json(case: Case) -> Finding:
    case.claims = json.loads(case.raw[1])  # of a member that stands twice, the last
    return isinstance(case.claims, dict), {}


WeakenedLenientSpelling = weakened(
    "WeakenedLenientSpelling",
    judge={"characters": ("parts", _lenient_letters), "claims": ("raw", _lenient_json)},
    payload=json.loads,
)


# --- a secret that can be guessed


def _shared(secret: bytes) -> FindKeys:
    async def find(place: Place, token: str) -> KeySet:
        return KeySet({"keys": [{"kty": "oct", "k": encode(secret), "kid": "shared", "alg": "HS256"}]})

    return find


def _hmac_of_any_length(case: Case) -> Finding:
    return _secret_is(case, decode(case.named.jwk["k"]))


SHORT_SECRET = b"shop2026"

SharedSecret = World("HS256", changes=(verify_by(Checks(algorithms=("HS256",), keys=_shared(SHORT_SECRET))),))
WeakenedShortSecret = weakened(
    "WeakenedShortSecret",
    algorithms=("HS256",),
    keys=_shared(SHORT_SECRET),
    judge={"key-unsuitable": ("named", _takes_any_key), "signature": ("named", _hmac_of_any_length)},
)


# --- what the token says


def _lax_time(case: Case) -> Finding:
    """As dynamic languages compare: what is missing or no number is not in the past."""
    expires = case.claims.get("exp")
    case.times = {"exp": expires}
    now = case.now or 0
    over = isinstance(expires, int | float) and 0 <= expires <= now
    return not over, {"exp": expires, "now": now, "seconds": round(now - expires, 6) if over else None}


def _ever(claims: dict[str, Any]) -> dict[str, Any]:
    return claims | {"exp": 10**11}


WeakenedIgnoresExpiry = weakened("WeakenedIgnoresExpiry", skip=("expired",), as_if=_ever)
WeakenedIgnoresBeginning = weakened(
    "WeakenedIgnoresBeginning",
    skip=("not-yet-valid", "issued-in-future"),
    as_if=lambda claims: claims | {"nbf": None, "iat": None},
)
_EARLIER_THAN_EVER = ("claim-missing", "claim-type", "not-yet-valid", "issued-in-future")
WeakenedLaxExpiry = weakened(
    "WeakenedLaxExpiry",
    skip=_EARLIER_THAN_EVER,
    judge={"expired": ("claims", _lax_time), "claims": ("raw", _lenient_json)},
    as_if=_ever,
)


def _shares_letters(case: Case) -> Finding:
    named = str(case.claims.get("aud", ""))
    mine = tuple(case.audiences or ())
    alike = not named or any(name in named or named in name for name in mine)
    return alike, {"aud": named, "expected": ", ".join(mine)}


WeakenedComparesAudienceLoosely = weakened(
    "WeakenedComparesAudienceLoosely",
    skip=("claim-missing", "claim-type"),
    judge={"audience": ("claims", _shares_letters), "expired": ("claims", _lax_time)},
    as_if=lambda claims: claims | {"aud": SHOP},
)


def _begins_alike(case: Case) -> Finding:
    issuer = str(case.claims.get("iss", ""))
    return issuer.startswith(str(case.issuer)), {"iss": issuer, "expected": case.issuer}


WeakenedComparesIssuerLoosely = weakened(
    "WeakenedComparesIssuerLoosely",
    judge={"issuer": ("claims", _begins_alike)},
    as_if=lambda claims: claims | {"iss": ISSUER if claims["iss"].startswith(ISSUER) else claims["iss"]},
)
WeakenedTakesAnyKindOfToken = weakened("WeakenedTakesAnyKindOfToken", skip=("type", "claim-missing"))


def _client_will_do(claims: dict[str, Any]) -> dict[str, Any]:
    return claims | {"aud": None} if claims.get("client_id") == AUDIENCE else claims


WeakenedClientIdBesideAudience = weakened("WeakenedClientIdBesideAudience", as_if=_client_will_do)
WeakenedIdentityBySubjectAlone = weakened(
    "WeakenedIdentityBySubjectAlone", keys=_pooled, skip=("issuer",), as_if=lambda claims: claims | {"iss": ISSUER}
)
WeakenedLeewayOfAnHour = weakened(
    "WeakenedLeewayOfAnHour", leeway=3600, as_if=lambda claims: claims | {"exp": claims["exp"] + 3600}
)


# --- keys that cannot be had


async def _keys_or_none(place: Place, token: str) -> KeySet:
    try:
        return await own_keys(place, token)
    except NetworkError:
        return KeySet({"keys": []})


def _no_keys_no_doubt(case: Case) -> Finding:
    if not (case.keys and len(case.keys)):
        case.named = KeySet({"keys": [demo_key().public_jwk()]}).only
        return True, {}
    return _named_key(case)


def _unless_there_are_no_keys(case: Case) -> Finding:
    return _real_signature(case) if case.keys and len(case.keys) else (True, {})


WeakenedBelievesWithoutKeys = weakened(
    "WeakenedBelievesWithoutKeys",
    keys=_keys_or_none,
    judge={"key-unknown": ("header", _no_keys_no_doubt), "signature": ("key", _unless_there_are_no_keys)},
)


def caches(shop: Deployment) -> Iterator[Any]:
    """Every copy of the issuer's keys in a deployment."""
    for node in shop.network.nodes.values():
        for verifier in parts(node, "verifier"):
            if hasattr(verifier, "jwks"):
                yield verifier.jwks
    if AUTHORIZER in shop.network.nodes:
        yield shop.node(AUTHORIZER).jwks()
