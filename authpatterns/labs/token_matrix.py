"""The token matrix: good and bad tokens of many kinds, shown to several verifiers side by side.

    gateway      the gateway of the SSO pattern in this program, which checks JWTs by itself
    envoy        Envoy with the configuration that is exported from the same deployment, before any service
    pyjwt        PyJWT as its documentation shows it: a key set, the algorithm, the audience
    pyjwt_told   PyJWT told to demand the issuer and every claim of RFC 9068 as well

Each verifier says "accepted", or why not in its own words. The whole table is kept, because Envoy is not everywhere;
the columns that need nothing but this program can be measured again at any time.

Examples:
    >>> row = matrix().where(token="forged.no-key-name").rows[0]
    >>> row["gateway"], row["envoy"], row["pyjwt"]
    ('accepted', 'accepted', 'PyJWKClientError')
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import jwt

from authpatterns import words
from authpatterns.authn import SsoGateway
from authpatterns.authn.oidc import ISSUER, LOGOUT_EVENT
from authpatterns.authz import Distributed
from authpatterns.deployment import Deployment
from authpatterns.encoding import decode, encode
from authpatterns.errors import NetworkError
from authpatterns.keys import KeyRing, demo_key
from authpatterns.labs.attacks.forging import (
    certificate,
    compact,
    edited,
    encrypted,
    header,
    public_texts,
    unsigned,
    with_bytes,
    with_key,
    with_secret,
)
from authpatterns.labs.attacks.lab import MALLORYS_KEY, MALLORYS_SITE
from authpatterns.labs.table import Table
from authpatterns.messages import Request
from authpatterns.pattern import SHOP
from authpatterns.tokenchecks import LARGEST_TOKEN, PROFILES

VERIFIERS = ("gateway", "envoy", "pyjwt", "pyjwt_told")
COLUMNS = ("token", *VERIFIERS, "why")
ACCEPTED = "accepted"

Judge = Callable[[str], str]
"""Says "accepted", or why it refuses a token."""

KEY = demo_key()


@dataclass(frozen=True)
class Kind:
    """One kind of token.

    Attributes:
        name: Its code.
        good: Whether a resource server that follows RFC 9068 and RFC 8725 accepts it.
        make: Makes one, given the time in Unix seconds.
    """

    name: str
    good: bool
    make: Callable[[int], str]


# --- making them


def claims(now: int, **changes: Any) -> dict[str, Any]:
    """Those of a good access token about alice; a change to None leaves one out."""
    about = {
        "iss": ISSUER, "sub": "alice", "tenant": "aozora", "roles": ["customer"], "aud": SHOP, "client_id": "shop-page",
        "scope": "openid", "iat": now, "exp": now + 900, "jti": "j-1",
    }  # fmt: skip
    return {name: value for name, value in (about | changes).items() if value is not None}


def _saying(**changes: Any) -> Callable[[int], str]:
    """Rightly signed, with other claims. A function is given the time."""

    def make(now: int) -> str:
        at = {name: value(now) if callable(value) else value for name, value in changes.items()}
        return compact(header(KEY), claims(now, **at), with_key(KEY))

    return make


def _headed(**changes: Any) -> Callable[[int], str]:
    """Rightly signed, with another header."""
    return lambda now: compact(header(KEY, **changes), claims(now), with_key(KEY))


def _spelled(old: str, new: str) -> Callable[[int], str]:
    """Rightly signed, with its claims spelled in another way."""

    def make(now: int) -> str:
        text = json.dumps(claims(now), separators=(",", ":"))
        assert old in text
        return compact(header(KEY), text.replace(old, new), with_key(KEY))

    return make


def _good(now: int) -> str:
    return compact(header(KEY), claims(now), with_key(KEY))


def _by_mallory(**changes: Any) -> Callable[[int], str]:
    return lambda now: compact(header(MALLORYS_KEY, **changes), claims(now), with_key(MALLORYS_KEY))


def _public_key_as_secret(now: int) -> str:
    secret = public_texts(KEY.public_jwk())[0]
    return compact(header(KEY, alg="HS256"), claims(now), with_secret(secret))


def _other_spelling_of_signature(now: int) -> str:
    """The last letter of a 256-byte signature carries four bits that mean nothing: set one of them."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    token = _good(now)
    changed = token[:-1] + letters[letters.index(token[-1]) | 1]
    assert changed != token
    return changed


def _with_algorithm(name: str) -> Callable[[int], str]:
    """The issuer's own key, used with another algorithm than it is published for."""
    algorithm = jwt.algorithms.get_default_algorithms()[name]
    return lambda now: compact(header(KEY, alg=name), claims(now), lambda text: bytes(algorithm.sign(text, KEY.parsed)))


def _embedded(**place: Any) -> Callable[[int], str]:
    return lambda now: compact(header(KEY, **place), claims(now), with_key(MALLORYS_KEY))


def _id_token(now: int) -> str:
    about = claims(now, aud="shop-page", client_id=None, scope=None, nonce="n", auth_time=now)
    return compact(header(KEY, typ="JWT"), about, with_key(KEY))


def _logout_token(now: int) -> str:
    about = claims(now, client_id=None, scope=None, events={LOGOUT_EVENT: {}})
    return compact(header(KEY, typ="logout+jwt"), about, with_key(KEY))


def _padded(now: int) -> str:
    return ".".join(part + "=" * (-len(part) % 4) for part in _good(now).split("."))


def _standard_alphabet(now: int) -> str:
    """base64 with + and / in the place of base64url."""
    token = _good(now)
    first, second, third = token.split(".")
    return f"{first}.{second}.{third.replace('-', '+').replace('_', '/')}"


def _encrypted(now: int) -> str:
    sender = demo_key("ES256")
    return encrypted(claims(now), sender.public_jwk(), sender)


def _header_twice(now: int) -> str:
    text = json.dumps(header(KEY), separators=(",", ":")).replace('"alg":"RS256"', '"alg":"none","alg":"RS256"')
    return compact(text, claims(now), with_key(KEY))


def _flipped(now: int) -> str:
    token = _good(now)
    raw = bytearray(decode(token.rpartition(".")[2]))
    raw[0] ^= 1
    return f"{token.rpartition('.')[0]}.{encode(bytes(raw))}"


KINDS: tuple[Kind, ...] = (
    # --- good ones
    Kind("good", True, _good),
    Kind("audience-among-others", True, _saying(aud=["https://pay.example", SHOP])),
    Kind("no-key-name", True, _headed(kid=None)),
    Kind("long-type", True, _headed(typ="application/at+jwt")),
    Kind("unknown-claims", True, _saying(color="red", nested={"a": [1, None]})),
    Kind("fraction-of-a-second", True, _saying(exp=lambda now: now + 900.5)),
    # --- the signature and its key
    Kind("claims-edited", False, lambda now: edited(_good(now), sub="bob")),
    Kind("bit-flipped", False, _flipped),
    Kind("no-signature", False, lambda now: compact(header(KEY), claims(now), unsigned)),
    Kind("signature-of-zeros", False, lambda now: compact(header(KEY), claims(now), with_bytes(b"\0" * 256))),
    Kind("none", False, lambda now: compact(header(KEY, alg="none"), claims(now), unsigned)),
    Kind("none-in-capitals", False, lambda now: compact(header(KEY, alg="NONE"), claims(now), unsigned)),
    Kind("public-key-as-secret", False, _public_key_as_secret),
    Kind("other-algorithm-of-the-key", False, _with_algorithm("RS512")),
    Kind("other-padding-of-the-key", False, _with_algorithm("PS256")),
    Kind("small-letters", False, _headed(alg="rs256")),
    Kind("unknown-key-name", False, _by_mallory()),
    Kind("stolen-key-name", False, _by_mallory(kid=KEY.kid)),
    Kind("key-in-header", False, _embedded(jwk=MALLORYS_KEY.public_jwk())),
    Kind("key-at-address", False, _embedded(jku=f"{MALLORYS_SITE}/jwks.json")),
    Kind("key-in-certificate", False, _embedded(x5c=[certificate(MALLORYS_KEY)])),
    Kind("key-name-is-number", False, _headed(kid=1)),
    Kind("critical-unknown", False, _headed(crit=["exp2"], exp2=True)),
    Kind("payload-unencoded", False, _headed(crit=["b64"], b64=False)),
    # --- the spelling
    Kind("signature-spelled-otherwise", False, _other_spelling_of_signature),
    Kind("padded", False, _padded),
    Kind("standard-alphabet", False, _standard_alphabet),
    Kind("two-parts", False, lambda now: _good(now).rpartition(".")[0]),
    Kind("encrypted", False, _encrypted),
    Kind("too-large", False, _saying(note="x" * LARGEST_TOKEN)),
    Kind("claims-no-object", False, lambda _: compact(header(KEY), '["alice"]', with_key(KEY))),
    Kind("claim-twice", False, _spelled('"sub":"alice"', '"sub":"mallory","sub":"alice"')),
    Kind("header-member-twice", False, _header_twice),
    # --- when
    Kind("expired", False, _saying(iat=lambda now: now - 1000, exp=lambda now: now - 100)),
    Kind("just-expired", False, _saying(iat=lambda now: now - 1000, exp=lambda now: now - 30)),
    Kind("no-end", False, _saying(exp=None)),
    Kind("end-is-text", False, _saying(exp="4102444800")),
    Kind("end-is-true", False, _saying(exp=True)),
    Kind("end-before-time", False, _saying(exp=-1)),
    Kind("end-beyond-time", False, _saying(exp=1e300)),
    Kind("not-yet", False, _saying(nbf=lambda now: now + 3600)),
    Kind("issued-tomorrow", False, _saying(iat=lambda now: now + 86_400, exp=lambda now: now + 90_000)),
    # --- from whom, for whom, about whom, and what it is
    Kind("other-issuer", False, _saying(iss="https://id.example.evil.example")),
    Kind("issuer-with-slash", False, _saying(iss=f"{ISSUER}/")),
    Kind("no-issuer", False, _saying(iss=None)),
    Kind("other-audience", False, _saying(aud="https://pay.example")),
    Kind("similar-audience", False, _saying(aud=f"{SHOP}.evil.example")),
    Kind("no-audience", False, _saying(aud=None)),
    Kind("no-subject", False, _saying(sub=None)),
    Kind("no-client", False, _saying(client_id=None)),
    Kind("no-type", False, _headed(typ=None)),
    Kind("id-token", False, _id_token),
    Kind("logout-token", False, _logout_token),
)


# --- who judges


class GatewayJudge:
    """The gateway of the SSO pattern; its clock stands still at the time of the tokens."""

    def __init__(self) -> None:
        self.shop = Deployment(SsoGateway(verify="jwks"), Distributed())
        self.visitor = self.shop.visitor("visitor")
        self.now = int(self.shop.clock.unix)

    def __call__(self, token: str) -> str:
        """The code of what the gateway found."""
        answer = self.visitor.send(Request.get("/orders/1", {"authorization": f"Bearer {token}"}))
        if answer.status == 200:
            return ACCEPTED
        found = [note.code for note in self.shop.trace.notes if note.node == "gateway"]
        return found[-1].removeprefix("token.") if found else str(answer.status)


class _Keys(jwt.PyJWKClient):
    """PyJWT's client for key sets, with the set at hand."""

    def fetch_data(self) -> Any:
        return KeyRing([KEY]).jwks()


class PyJwtJudge:
    """PyJWT's `decode`.

    Args:
        options: Of `decode`, besides key, algorithm and audience.
    """

    def __init__(self, **options: Any) -> None:
        self.keys, self.options = _Keys("https://unused.example"), options

    def __call__(self, token: str) -> str:
        """The name of the exception."""
        try:
            key = self.keys.get_signing_key_from_jwt(token)
            jwt.decode(token, key, algorithms=["RS256"], audience=SHOP, **self.options)
        except (jwt.PyJWTError, NetworkError) as refusal:
            return type(refusal).__name__
        except Exception as bug:  # what a library lets escape is an answer too: a server makes a 500 of it
            return f"{type(bug).__name__} (!)"
        return ACCEPTED


def told() -> PyJwtJudge:
    """PyJWT told to demand the issuer and every claim of RFC 9068."""
    return PyJwtJudge(issuer=ISSUER, options={"require": list(PROFILES["at+jwt"])})


# --- the table


def measure(envoy: Judge) -> list[dict[str, Any]]:
    """Every kind before every verifier.

    Args:
        envoy: Shows a token to Envoy.
    """
    gateway, now = GatewayJudge(), int(time.time())  # PyJWT and Envoy read the wall clock
    real: Mapping[str, Judge] = {"envoy": envoy, "pyjwt": PyJwtJudge(), "pyjwt_told": told()}
    rows = []
    for kind in KINDS:
        token = kind.make(now)
        verdicts = {"gateway": gateway(kind.make(gateway.now))} | {name: judge(token) for name, judge in real.items()}
        rows.append({"token": f"forged.{kind.name}", "good": kind.good, **verdicts, "why": _why(kind, verdicts)})
    return rows


def _why(kind: Kind, verdicts: Mapping[str, str]) -> str | None:
    """The code of the sentence that explains a difference; None where all agree and are right."""
    accepted = {verdict == ACCEPTED for verdict in verdicts.values()}
    return None if accepted == {kind.good} else f"forged-why.{kind.name}"


def table(rows: Iterable[Mapping[str, Any]], **versions: str) -> Table:
    """The rows under their heading."""
    return Table("tokens", COLUMNS, tuple(dict(row) for row in rows), tuple(versions.items()))


@cache
def matrix() -> Table:
    """The table as it was last measured with a real Envoy."""
    kept = json.loads(resources.files(__package__).joinpath("token_matrix.json").read_text("utf-8"))
    return table(kept["rows"], **kept["settings"])


def differences() -> Table:
    """Only the rows in which somebody decides otherwise than the others, or than the standards."""
    return Table("tokens", COLUMNS, tuple(row for row in matrix() if row["why"]), matrix().settings)


def markdown(shown: Table) -> str:
    """The table for a page of the documentation, in the language in use."""
    rows = [shown.headings, ["---"] * len(shown.headings)]
    rows += [[_cell(row[name]) for name in shown.columns] for row in shown]
    return "\n".join([shown.caption, "", *("| " + " | ".join(row) + " |" for row in rows)]) + "\n"


def _cell(value: str | None) -> str:
    if value is None:
        return ""
    text = words.say(f"lab.value.{value}") if words.knows(f"lab.value.{value}") else value
    return text.replace("|", "\\|")
