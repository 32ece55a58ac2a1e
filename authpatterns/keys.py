"""Keys: the issuer's ring of signing keys, and the set of keys a verifier trusts.

An issuer holds a `KeyRing` and publishes its `jwks()`; a verifier reads that text into a `KeySet`. Between the two lies
a network and often a cache, which is why a key is published before it signs and stays published after it has signed its
last token. Both sides know a key by its `kid`. To a verifier a `kid` is hostile input, looked up in a dict and no more.

Examples:
    >>> ring = KeyRing([demo_key(number=0)])
    >>> ring.rotate(demo_key(number=1))
    >>> len(ring.jwks()["keys"])
    2
    >>> KeySet(ring.jwks()).find(ring.signing.kid).unsuitable_for("RS256")
    ''
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from hashlib import sha256
from importlib import resources
from typing import Any, Literal

from jwt.algorithms import get_default_algorithms
from jwt.exceptions import PyJWTError

from authpatterns import standins
from authpatterns.encoding import decode, encode, parse
from authpatterns.errors import Misuse, TokenRefused

Jwk = dict[str, Any]

LARGEST_SET = 150_000
"""Bytes of a key set a verifier is willing to read (the AWS HTTP API quota)."""

FITS: dict[str, tuple[str, str]] = {
    "HS256": ("oct", ""), "HS384": ("oct", ""), "HS512": ("oct", ""),
    "RS256": ("RSA", ""), "RS384": ("RSA", ""), "RS512": ("RSA", ""),
    "PS256": ("RSA", ""), "PS384": ("RSA", ""), "PS512": ("RSA", ""),
    "ES256": ("EC", "P-256"), "ES384": ("EC", "P-384"), "ES512": ("EC", "P-521"),
    "EdDSA": ("OKP", "Ed25519"),
}  # fmt: skip
"""Each algorithm that may be allowed, and the type and curve of the keys it works with. `none` is not among them."""

_PUBLIC = {"RSA": ("e", "n"), "EC": ("crv", "x", "y"), "OKP": ("crv", "x"), "oct": ("k",)}
_ENCODED = frozenset({"e", "n", "x", "y", "k"})
_RSA_BITS = (2048, 8192)
_ROCA_PRIMES = (11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157)
_HASH_BYTES = {"256": 32, "384": 48, "512": 64}


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """The name a key gives itself: SHA-256 over its required members in order (RFC 7638 section 3).

    Raises:
        Misuse: it is no JWK of a known type.
    """
    kind = jwk.get("kty")
    names = sorted(("kty", *_PUBLIC[kind])) if isinstance(kind, str) and kind in _PUBLIC else []
    if not names or not all(isinstance(jwk.get(name), str) for name in names):
        raise Misuse("keys.not-a-jwk")
    text = json.dumps({name: jwk[name] for name in names}, separators=(",", ":"))
    return encode(sha256(text.encode()).digest())


@dataclass(frozen=True)
class SigningKey:
    """A private key with the one algorithm it signs with (RFC 8725 section 3.1: one key, one algorithm).

    Attributes:
        kid: Its name in every token it signs.
        algorithm: For instance "RS256".
        private: The JWK with its secret members. Never shown.
    """

    kid: str
    algorithm: str
    private: Jwk = field(repr=False)

    @classmethod
    def of(cls, private: Jwk, algorithm: str) -> SigningKey:
        """The key in a private JWK, named by its thumbprint."""
        return cls(thumbprint(private), algorithm, private)

    def __post_init__(self) -> None:
        if FITS.get(self.algorithm, ("",))[0] != self.private.get("kty"):
            raise Misuse("keys.algorithm", algorithm=self.algorithm)

    def __hash__(self) -> int:
        return hash(self.kid)

    def public_jwk(self) -> Jwk:
        """What may be published.

        Raises:
            Misuse: it is a shared secret, of which nothing may be published.
        """
        if self.private["kty"] == "oct":
            raise Misuse("keys.secret")
        return self.verification_jwk()

    def verification_jwk(self) -> Jwk:
        """What a verifier needs: the public half, or the shared secret, which is handed over and never published."""
        kept = {name: self.private[name] for name in ("kty", *_PUBLIC[self.private["kty"]])}
        return kept | {"kid": self.kid, "alg": self.algorithm, "use": "sig"}

    @cached_property
    def parsed(self) -> Any:
        """The key as the signature library wants it; made once."""
        return _parse(self.private, self.algorithm)


@cache
def demo_key(algorithm: str = "RS256", number: int = 0) -> SigningKey:
    """A fixed key for lessons and tests. Everybody has it, so it protects nothing.

    Args:
        algorithm: "RS256", "ES256", "EdDSA" or "HS256".
        number: Which of the keys there are.

    Raises:
        Misuse: there is no such key.
    """
    known = _demo_keys().get(algorithm, [])
    if not 0 <= number < len(known):
        raise Misuse("keys.no-demo-key", algorithm=algorithm, number=number, count=len(known))
    return SigningKey.of(known[number], algorithm)


@cache
def _demo_keys() -> dict[str, list[Jwk]]:
    text = resources.files("authpatterns").joinpath("demo_keys.json").read_text("utf-8")
    keys: dict[str, list[Jwk]] = json.loads(text)["keys"]
    return keys


class KeyRing:
    """The signing keys of an issuer: one signs, some are published, and rotation moves both.

    `publish`, `sign_with` and `withdraw` are the single steps, so that a rotation in the wrong order can be shown too.

    Args:
        keys: The published keys; the first one signs.
    """

    def __init__(self, keys: Iterable[SigningKey]) -> None:
        self._keys = {key.kid: key for key in keys}
        self._published = list(self._keys)
        if not self._keys:
            raise Misuse("keys.empty-ring")
        self._signing = self._published[0]

    @property
    def signing(self) -> SigningKey:
        """The key that signs now."""
        return self._keys[self._signing]

    @property
    def published(self) -> tuple[SigningKey, ...]:
        """The keys in `jwks()`, oldest first."""
        return tuple(self._keys[kid] for kid in self._published)

    def jwks(self) -> dict[str, Any]:
        """The JWK set to publish (RFC 7517 section 5): public halves only.

        Raises:
            Misuse: a published key is a shared secret.
        """
        return {"keys": [key.public_jwk() for key in self.published]}

    def key_set(self) -> KeySet:
        """What a verifier that shares this issuer's configuration trusts; the only way to share an HMAC secret."""
        return KeySet({"keys": [key.verification_jwk() for key in self.published]})

    def add(self, key: SigningKey) -> None:
        """Take `key` on the ring without publishing it: signing with it now is a rotation without overlap."""
        self._keys[key.kid] = key

    def publish(self, key: SigningKey) -> None:
        """Let verifiers know `key`, so that their caches have it before it signs."""
        self.add(key)
        if key.kid not in self._published:
            self._published.append(key.kid)

    def sign_with(self, kid: str) -> None:
        """Sign with the key named `kid` from now on.

        Raises:
            Misuse: it is not on the ring.
        """
        self._known(kid)
        self._signing = kid

    def withdraw(self, kid: str) -> None:
        """Publish the key named `kid` no longer: verifiers that fetch afresh refuse what it signed.

        Raises:
            Misuse: it is not on the ring.
        """
        self._known(kid)
        self._published = [other for other in self._published if other != kid]

    def rotate(self, key: SigningKey, *, overlap: bool = True) -> None:
        """Sign with `key` from now on.

        Args:
            key: The new key.
            overlap: Whether the old key stays published, so that the tokens it has signed live on.
        """
        old = self._signing
        self.publish(key)
        self.sign_with(key.kid)
        if not overlap:
            self.withdraw(old)

    def _known(self, kid: str) -> None:
        if kid not in self._keys:
            raise Misuse("keys.not-on-ring", kid=kid)


Flaw = Literal["", "type", "use", "key_ops", "alg", "length", "weak", "malformed", "duplicate", "mixed", "algorithm"]
"""Why a key cannot be used; "" where it can."""


@dataclass(frozen=True)
class TrustedKey:
    """One key of a key set, parsed once.

    A flawed key stays in the set, so that a token that names it is told what is wrong with it; it does not spoil the
    others (RFC 7517 section 5).

    Attributes:
        jwk: As it was published.
        flaw: See `Flaw`.
    """

    jwk: Mapping[str, Any] = field(repr=False)
    flaw: Flaw = ""

    @property
    def kid(self) -> str | None:
        """Its name, where it has one."""
        return self.jwk.get("kid")

    def unsuitable_for(self, algorithm: str) -> Flaw:
        """Why this key must not be used with `algorithm`; "" if it may.

        A key that names its algorithm works with that one alone; another works with those of its type that the verifier
        allows.
        """
        if self.flaw:
            return self.flaw
        if self.jwk.get("alg", algorithm) != algorithm:
            return "alg"
        kind, curve = FITS.get(algorithm, ("", ""))
        if self.jwk["kty"] != kind or self.jwk.get("crv", "") != curve:
            return "algorithm"
        if kind == "oct" and len(self.parsed) < _HASH_BYTES[algorithm[2:]]:
            return "length"
        return ""

    @cached_property
    def parsed(self) -> Any:
        """The key as the signature library wants it; made once."""
        return _parse({name: self.jwk[name] for name in ("kty", *_PUBLIC[self.jwk["kty"]])}, _any_algorithm(self.jwk))


class KeySet:
    """The keys a verifier trusts, by name: a JWK set read once.

    Args:
        jwks: The JWK set as a dict, or the text of one, which is read strictly.

    Raises:
        TokenRefused: it is no JWK set, or too large to read; nothing can be verified then.
    """

    def __init__(self, jwks: Mapping[str, Any] | str | bytes) -> None:
        self.keys = _not_mixed(tuple(map(_trusted, _members(jwks))))
        self._by_kid: dict[str, TrustedKey] = {}
        for key in self.keys:
            if key.kid is not None:
                taken = key.kid in self._by_kid
                self._by_kid[key.kid] = TrustedKey(key.jwk, "duplicate") if taken else key

    def find(self, kid: str) -> TrustedKey | None:
        """The key named `kid`, or None."""
        return self._by_kid.get(kid)

    @property
    def only(self) -> TrustedKey | None:
        """The key of a set that has just one, or None."""
        return self.keys[0] if len(self.keys) == 1 else None

    def __len__(self) -> int:
        return len(self.keys)

    def __repr__(self) -> str:
        return f"<KeySet {[key.kid for key in self.keys]}>"


def _members(jwks: Mapping[str, Any] | str | bytes) -> list[Mapping[str, Any]]:
    """The keys of a JWK set that is small enough and well formed."""
    try:
        text = jwks if isinstance(jwks, str | bytes) else json.dumps(jwks)
        raw = text.encode() if isinstance(text, str) else text
        if len(raw) > LARGEST_SET:
            raise TokenRefused("token.key-set-too-large", size=len(raw), limit=LARGEST_SET)
        value = parse(raw)
    except (ValueError, TypeError):
        raise TokenRefused("token.key-set-malformed") from None
    keys = value.get("keys") if isinstance(value, dict) else None
    if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
        raise TokenRefused("token.key-set-malformed")
    return keys


def _not_mixed(keys: tuple[TrustedKey, ...]) -> tuple[TrustedKey, ...]:
    """`keys`, where a secret that stands beside public keys has been published by mistake and is a secret no more."""
    if len({key.jwk.get("kty") == "oct" for key in keys}) < 2:
        return keys
    return tuple(TrustedKey(key.jwk, "mixed") if key.jwk.get("kty") == "oct" else key for key in keys)


def _trusted(jwk: Mapping[str, Any]) -> TrustedKey:
    named = jwk if isinstance(jwk.get("kid", ""), str) else {**jwk, "kid": None}
    key = TrustedKey(named, _flaw(jwk))
    if key.flaw:
        return key
    try:
        key.parsed  # noqa: B018  parsed now, so that no request pays for it
    except Misuse:  # no package for it: whoever verifies with this key is told, and its neighbours may still be good
        return key
    except (PyJWTError, ValueError, TypeError):
        return TrustedKey(named, "malformed")
    return key


def _flaw(jwk: Mapping[str, Any]) -> Flaw:
    """What is wrong with a key whatever it is used for (RFC 7517 section 4)."""
    kind = jwk.get("kty")
    if not isinstance(kind, str) or kind not in _PUBLIC or not _any_algorithm(jwk):
        return "type"
    if jwk.get("use", "sig") != "sig":
        return "use"
    operations = jwk.get("key_ops", ["verify"])
    if not isinstance(operations, list) or "verify" not in operations:
        return "key_ops"
    try:
        raw = {name: decode(jwk[name]) for name in _PUBLIC[kind] if name in _ENCODED}
    except (KeyError, ValueError):
        return "malformed"
    if kind == "RSA":
        return _rsa_flaw(int.from_bytes(raw["n"]))
    return "length" if kind == "oct" and len(raw["k"]) < _HASH_BYTES["256"] else ""


def _rsa_flaw(modulus: int) -> Flaw:
    if not _RSA_BITS[0] <= modulus.bit_length() <= _RSA_BITS[1]:
        return "length"
    # keys of one faulty generator can be factored; modulo small primes they are powers of 65537 (ROCA, CVE-2017-15361)
    roca = all(any(pow(65537, power, p) == modulus % p for power in range(p - 1)) for p in _ROCA_PRIMES)
    return "weak" if roca else ""


def _any_algorithm(jwk: Mapping[str, Any]) -> str:
    """An algorithm that reads keys of this type and curve, or ""."""
    shape = (jwk.get("kty"), jwk.get("crv", ""))
    return next((name for name, fit in FITS.items() if fit == shape), "")


def _parse(jwk: Jwk, algorithm: str) -> Any:
    """The key object of PyJWT's `algorithm`.

    Raises:
        Misuse: `algorithm` needs the package `cryptography`, which is not installed.
    """
    implementation = implementations().get(algorithm)
    if implementation is None:
        raise Misuse("keys.no-cryptography", algorithm=algorithm)
    return implementation.from_jwk(jwk)


@cache
def implementations() -> dict[str, Any]:
    """PyJWT's algorithms by name, those in `FITS` alone: `none` cannot be asked for even by mistake."""
    return standins.algorithms() | {name: found for name, found in get_default_algorithms().items() if name in FITS}
