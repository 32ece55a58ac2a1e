"""Plain Python in the place of compiled packages, for the one home that cannot load them: a browser.

No registry has a build of `cryptography` or `cffi` for Pyodide, so RS256 and argon2 are computed there by the packages
`rsa` and `argon2pure`, which `python -m authpatterns lite` brings along. Both are slow, and whoever can measure their
time learns something; nothing else than a lesson with public keys should rest on them.
"""

from __future__ import annotations

import sys
from base64 import b64decode, b64encode
from hmac import compare_digest
from secrets import token_bytes
from typing import Any, Literal

from jwt.algorithms import Algorithm

from authpatterns.encoding import decode

IN_BROWSER = sys.platform == "emscripten"

_COSTS = {"time_cost": 1, "memory_cost": 8, "parallelism": 1}


class Rs256(Algorithm):
    """RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 section 3.3). The same bytes as any other implementation gives."""

    def prepare_key(self, key: Any) -> Any:
        """The key as it is."""
        return key

    def sign(self, msg: bytes, key: Any) -> bytes:
        """The signature over `msg`."""
        import rsa  # noqa: PLC0415  (only where it is needed)

        return bytes(rsa.sign(msg, key, "SHA-256"))

    def verify(self, msg: bytes, key: Any, sig: bytes) -> bool:
        """Whether `sig` is the signature over `msg`."""
        import rsa  # noqa: PLC0415

        public = rsa.PublicKey(key.n, key.e)
        try:
            return bool(rsa.verify(msg, sig, public) == "SHA-256")
        except rsa.VerificationError:
            return False

    @staticmethod
    def to_jwk(key_obj: Any, as_dict: Literal[False, True] = False) -> Any:
        """Not needed: keys begin as JWKs here."""
        raise NotImplementedError

    @staticmethod
    def from_jwk(jwk: Any) -> Any:
        """The key in a JWK, private where it holds `d`."""
        import rsa  # noqa: PLC0415

        number = {name: int.from_bytes(decode(jwk[name])) for name in ("n", "e", "d", "p", "q") if name in jwk}
        if "d" not in number:
            return rsa.PublicKey(number["n"], number["e"])
        return rsa.PrivateKey(number["n"], number["e"], number["d"], number["p"], number["q"])


def algorithms() -> dict[str, Algorithm]:
    """What PyJWT must be taught to be of use in a browser; elsewhere nothing."""
    return {"RS256": Rs256()} if IN_BROWSER else {}


class Argon2:
    """argon2id with the least that it allows, in the form that argon2 itself writes.

    Examples:
        >>> hashed = Argon2().hash("correct horse")
        >>> hashed[:27], Argon2().verify(hashed, "correct horse"), Argon2().verify(hashed, "wrong horse")
        ('$argon2id$v=19$m=8,t=1,p=1$', True, False)
    """

    def hash(self, password: str) -> str:
        """A hash with a fresh salt."""
        salt = token_bytes(16)
        return f"$argon2id$v=19$m=8,t=1,p=1${_text(salt)}${_text(_argon2(password, salt))}"

    def verify(self, hashed: str, password: str) -> bool:
        """Whether `hashed` came from `password`."""
        salt, digest = (b64decode(part + "==") for part in hashed.split("$")[-2:])
        return compare_digest(_argon2(password, salt), digest)


def _argon2(password: str, salt: bytes) -> bytes:
    import argon2pure  # noqa: PLC0415

    return bytes(argon2pure.argon2(password.encode(), salt, **_COSTS, type_code=argon2pure.ARGON2ID))


def _text(raw: bytes) -> str:
    return b64encode(raw).decode().rstrip("=")
