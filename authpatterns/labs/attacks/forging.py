"""Tokens made by hand: what a library for honest people would refuse to write."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from functools import cache, wraps
from importlib import resources
from math import gcd
from typing import Any, ParamSpec, TypeVar

from authpatterns.encoding import decode, encode
from authpatterns.errors import Misuse
from authpatterns.keys import SigningKey, implementations

Sign = Callable[[bytes], bytes]
P = ParamSpec("P")
T = TypeVar("T")


def needs_cryptography(make: Callable[P, T]) -> Callable[P, T]:
    """Where the package `cryptography` is missing, as in a browser, `make` says so in a reader's words.

    Raises:
        Misuse: when called without it.
    """

    @wraps(make)
    def made(*args: P.args, **named: P.kwargs) -> T:
        if "ES256" not in implementations():
            raise Misuse("attack.no-cryptography")
        return make(*args, **named)

    return made


def compact(header: Mapping[str, Any] | str, payload: Mapping[str, Any] | str, sign: Sign) -> str:
    """A JWS in compact form; texts are taken as they are."""
    head, body = (encode(_json(part).encode()) for part in (header, payload))
    return f"{head}.{body}.{encode(sign(f'{head}.{body}'.encode()))}"


def _json(value: Mapping[str, Any] | str) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def header(key: SigningKey, **more: Any) -> dict[str, Any]:
    """The header of an access token that `key` has signed, but for `more`; None leaves a member out."""
    members = {"alg": key.algorithm, "typ": "at+jwt", "kid": key.kid} | more
    return {name: value for name, value in members.items() if value is not None}


def unsigned(_: bytes) -> bytes:
    """No signature."""
    return b""


def with_secret(secret: bytes) -> Sign:
    """HMAC-SHA256."""
    return lambda text: hmac.digest(secret, text, "sha256")


def with_key(key: SigningKey) -> Sign:
    """The signature that `key` really makes."""
    return lambda text: bytes(implementations()[key.algorithm].sign(text, key.parsed))


def with_bytes(signature: bytes) -> Sign:
    """Always the same signature."""
    return lambda _: signature


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any], bytes]:
    """Header, claims and signature of a token."""
    first, second, third = token.split(".")
    return json.loads(decode(first)), json.loads(decode(second)), decode(third)


def edited(token: str, **changes: Any) -> str:
    """`token` with other claims and its old signature."""
    first, second, third = token.split(".")
    claims = json.loads(decode(second)) | changes
    return f"{first}.{encode(_json(claims).encode())}.{third}"


# --- RSA

SHA256_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
"""The DigestInfo prefix of SHA-256 (RFC 8017 section 9.2)."""


@cache
def exponent_three() -> SigningKey:
    """An RSA key with the public exponent 3: lawful, and a help to whoever finds a careless verifier."""
    text = resources.files(__package__).joinpath("exponent_three.json").read_text("utf-8")
    return SigningKey.of(json.loads(text), "RS256")


def padded(digest: bytes, size: int) -> int:
    """What an honest PKCS #1 v1.5 signature of `size` bytes holds (RFC 8017 section 9.2), as a number."""
    info = SHA256_INFO + digest
    return int.from_bytes(b"\x00\x01" + b"\xff" * (size - len(info) - 3) + b"\x00" + info)


def modulus_behind(one: str, other: str) -> int:
    """The modulus of the key with exponent 3 that signed two tokens, found from the tokens alone.

    For each token the modulus divides `signature ** 3 - padded digest`; of two such numbers hardly anything else
    divides both.
    """
    multiples = [_multiple_of_modulus(token) for token in (one, other)]
    found = gcd(*multiples)
    for small in range(2, 1000):
        while found % small == 0:
            found //= small
    return found


def _multiple_of_modulus(token: str) -> int:
    text, _, last = token.rpartition(".")
    signature = decode(last)
    digest = hashlib.sha256(text.encode()).digest()
    return int.from_bytes(signature) ** 3 - padded(digest, len(signature))


def cube_root_signature(text: bytes, size: int = 256) -> bytes:
    """A number whose cube begins like a padded digest of `text`: no private key is needed (Bleichenbacher, 2006)."""
    start = b"\x00\x01\xff\xff\xff\xff\xff\xff\xff\xff\x00" + SHA256_INFO + hashlib.sha256(text).digest()
    wanted = int.from_bytes(start + b"\xff" * (size - len(start)))
    return _cube_root(wanted).to_bytes(size)


def _cube_root(number: int) -> int:
    """The largest whole number whose cube is not above `number`."""
    low, high = 0, 1 << (number.bit_length() // 3 + 1)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**3 <= number else (low, middle - 1)
    return low


@needs_cryptography
def public_texts(jwk: Mapping[str, Any]) -> list[bytes]:
    """A public key as the texts in which public keys lie about: PEM, OpenSSH, and the JWK as JSON."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415  (as in keys)

    key: Any = implementations()["RS256"].from_jwk(dict(jwk))
    pem = [key.public_bytes(Encoding.PEM, form) for form in (PublicFormat.SubjectPublicKeyInfo, PublicFormat.PKCS1)]
    return [*pem, key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH), _json(jwk).encode()]


# --- a certificate and an encrypted token


@needs_cryptography
def certificate(key: SigningKey) -> str:
    """A certificate that mallory has signed for mallory, as `x5c` holds it (RFC 7515 section 4.1.6)."""
    from base64 import b64encode  # noqa: PLC0415  (what only certificates need)
    from datetime import UTC, datetime  # noqa: PLC0415

    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415

    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "shop.example")])
    until = datetime(2036, 1, 1, tzinfo=UTC)
    draft = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.parsed.public_key())
    draft = draft.serial_number(1).not_valid_before(datetime(2026, 1, 1, tzinfo=UTC)).not_valid_after(until)
    return b64encode(draft.sign(key.parsed, SHA256()).public_bytes(Encoding.DER)).decode()


@needs_cryptography
def encrypted(claims: Mapping[str, Any], public: Mapping[str, Any], sender: SigningKey) -> str:
    """A JWE for the owner of an EC key (ECDH-ES, A128GCM): anybody can make one, so it says nothing of its sender."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

    ephemeral = {name: sender.private[name] for name in ("kty", "crv", "x", "y")}
    head = encode(_json({"alg": "ECDH-ES", "enc": "A128GCM", "epk": ephemeral}).encode())
    nonce = b"\x00" * 12
    sealed = AESGCM(agreed(sender, public)).encrypt(nonce, _json(claims).encode(), head.encode())
    return f"{head}..{encode(nonce)}.{encode(sealed[:-16])}.{encode(sealed[-16:])}"


@needs_cryptography
def decrypted(token: str, key: SigningKey) -> dict[str, Any]:
    """The claims of such a JWE."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

    head, _, nonce, text, tag = token.split(".")
    public = json.loads(decode(head))["epk"]
    opened = AESGCM(agreed(key, public)).decrypt(decode(nonce), decode(text) + decode(tag), head.encode())
    claims: dict[str, Any] = json.loads(opened)
    return claims


def agreed(private: SigningKey, public: Mapping[str, Any]) -> bytes:
    """The key that both sides of ECDH-ES arrive at (RFC 7518 section 4.6)."""
    from cryptography.hazmat.primitives.asymmetric.ec import ECDH  # noqa: PLC0415

    other: Any = implementations()["ES256"].from_jwk({name: public[name] for name in ("kty", "crv", "x", "y")})
    shared = private.parsed.exchange(ECDH(), other)
    about = b"".join(len(part).to_bytes(4) + part for part in (b"A128GCM", b"", b"")) + (128).to_bytes(4)
    return hashlib.sha256((1).to_bytes(4) + shared + about).digest()[:16]
