"""What is checked of a token, in the order in which it is safe.

First what can be judged without trusting anybody (size, shape, letters), then which key and algorithm, then the
signature, and only then what the token says. Each check is one small function that says whether it passed and what it
saw; the lists at the end give the order. `tokens.verify` and `tokens.checks` walk the same list, and there is no other
way to verify.

The signature is checked by PyJWT's algorithms. What surrounds it is read here, once and strictly, so that what was
signed and what is believed cannot be two readings of one text. Nothing here reads a clock.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from authpatterns.encoding import decode, parse
from authpatterns.errors import TokenRefused
from authpatterns.keys import KeySet, implementations

LARGEST_TOKEN = 16_384
"""Characters of a token that will be looked at; web servers rarely take more in a header."""

LARGEST_HEADER = 8_192
"""Characters of a token's first part that will be decoded."""

PROFILES: dict[str, tuple[str, ...]] = {
    "at+jwt": ("iss", "exp", "aud", "sub", "client_id", "iat", "jti"),  # RFC 9068 section 2.2
    "logout+jwt": ("iss", "aud", "iat", "exp", "jti", "events"),  # OpenID Connect Back-Channel Logout section 2.4
}
"""The claims a kind of token must have, by the `typ` that the verifier asks for."""

_TIMES = ("exp", "nbf", "iat")
_TEXTS = ("iss", "sub", "jti", "client_id")
_LATEST = 253_402_300_799  # 9999-12-31T23:59:59Z

Evidence = dict[str, Any]
Finding = tuple[bool | None, Evidence]


class Check(NamedTuple):
    """One check of a token and how it went.

    Attributes:
        code: What would be wrong, for instance "expired".
        passed: None where nothing was judged.
        evidence: What was seen, by name. Never a credential.
        reached: False where an earlier failure left nothing to judge. What nobody asked for is reached, but not judged.
    """

    code: str
    passed: bool | None
    evidence: Evidence
    reached: bool = True


@dataclass(slots=True)
class Case:
    """A token on its way through the checks, and what it is compared with.

    The attributes from `text` on are filled in by checks that pass, for those that come later; None means not yet.

    Attributes:
        token: What came.
        keys: The issuer's, or None to look without them.
        algorithms: Those to accept.
        require_kid: Whether to refuse a token that names no key although there is only one.
        issuer, audiences, now, typ: What the claims must fit; None means that nobody asked.
        leeway: By how many seconds clocks may differ.
    """

    token: str
    keys: KeySet | None = None
    algorithms: Sequence[str] = ()
    require_kid: bool = False
    issuer: str | None = None
    audiences: Sequence[str] | None = None
    now: float | None = None
    typ: str | None = None
    leeway: float = 0
    text: Any = None
    parts: Any = None
    raw: Any = None
    header: Any = None
    algorithm: Any = None
    named: Any = None
    key: Any = None
    claims: Any = None
    times: Any = None

    def __post_init__(self) -> None:
        if not isinstance(self.token, str):
            self.token = ""  # what is no text has none of a token's parts


# --- can it be read?


def _too_large(case: Case) -> Finding:
    small = len(case.token) <= LARGEST_TOKEN and case.token.find(".") <= LARGEST_HEADER
    case.text = case.token if small else None
    return small, {"size": len(case.token), "limit": LARGEST_TOKEN}


def _malformed(case: Case) -> Finding:
    parts = case.text.split(".")
    if len(parts) == 3:  # five parts are an encrypted token (JWE), which says nothing about its sender
        case.parts = parts
    return len(parts) == 3, {"parts": len(parts)}


def _characters(case: Case) -> Finding:
    try:
        case.raw = [decode(part) for part in case.parts]
    except ValueError:
        return False, {}
    return True, {}


def _header(case: Case) -> Finding:
    case.header, reason = _header_object(case.raw[0])
    return case.header is not None, {"reason": reason}


# --- who signed it?


def _critical(case: Case) -> Finding:
    """Extensions the sender insists on (RFC 7515 section 4.1.11). We know none, not even RFC 7797's `b64`."""
    return "crit" not in case.header and "b64" not in case.header, {"crit": _short(case.header.get("crit"))}


def _algorithm(case: Case) -> Finding:
    algorithm = case.header.get("alg")
    allowed = isinstance(algorithm, str) and algorithm in case.algorithms
    case.algorithm = algorithm if allowed else None
    return allowed, {"alg": _short(algorithm), "allowed": ", ".join(case.algorithms)}


def _key_unknown(case: Case) -> Finding:
    """The key that `kid` names. Without a `kid`, the one key of a set of one (OpenID Connect Core section 10.1)."""
    if case.keys is None:
        return None, {}
    kid = case.header.get("kid")
    if "kid" in case.header:
        case.named = case.keys.find(kid) if isinstance(kid, str) else None
    elif not case.require_kid:
        case.named = case.keys.only
    return case.named is not None, {"kid": _short(kid), "keys": len(case.keys)}


def _key_unsuitable(case: Case) -> Finding:
    algorithm = _short(case.header.get("alg"))
    flaw = case.named.unsuitable_for(algorithm)
    case.key = case.named if case.algorithm is not None and not flaw else None
    return not flaw, {"flaw": flaw, "alg": algorithm}


def _signature(case: Case) -> Finding:
    key, (signed, _, _) = case.key.parsed, case.text.rpartition(".")
    good = implementations()[case.algorithm].verify(signed.encode(), key, case.raw[2])
    return good, {"alg": case.algorithm}


# --- what does it say?


def _claims(case: Case) -> Finding:
    case.claims, reason = _object(case.raw[1])
    return case.claims is not None, {"reason": reason}


def _type(case: Case) -> Finding:
    if case.typ is None:
        return None, {}
    typ = case.header.get("typ")
    same = isinstance(typ, str) and kind(typ) == kind(case.typ)
    return same, {"typ": _short(typ), "expected": case.typ}


def _claim_missing(case: Case) -> Finding:
    names = ["exp", *PROFILES.get(kind(case.typ or ""), ())]
    names += ["iss"] if case.issuer is not None else []
    names += ["aud"] if case.audiences is not None else []
    missing = sorted(set(names).difference(case.claims))
    return not missing, {"names": ", ".join(missing)}


def _claim_type(case: Case) -> Finding:
    claims = case.claims
    wrong = [name for name in _TIMES if name in claims and not _is_time(claims[name])]
    wrong += [name for name in _TEXTS if name in claims and not isinstance(claims[name], str)]
    wrong += ["aud"] if "aud" in claims and not audiences(claims["aud"]) else []
    case.times = claims if not wrong and "exp" in claims else None
    return not wrong, {"names": ", ".join(wrong)}


def _issuer(case: Case) -> Finding:
    if case.issuer is None:
        return None, {}
    issuer = case.claims.get("iss")
    return issuer == case.issuer, {"iss": _short(issuer), "expected": case.issuer}


def _audience(case: Case) -> Finding:
    if case.audiences is None:
        return None, {}
    named = case.claims.get("aud")
    meant = any(audience in case.audiences for audience in audiences(named))
    return meant, {"aud": _short(named), "expected": ", ".join(case.audiences)}


def _expired(case: Case) -> Finding:
    if case.now is None:
        return None, {}
    late = case.now - case.times["exp"]
    return late < case.leeway, {"exp": case.times["exp"], "now": case.now, "seconds": round(late, 6)}


def _not_yet_valid(case: Case) -> Finding:
    return _begun(case, "nbf")


def _issued_in_future(case: Case) -> Finding:
    return _begun(case, "iat")


def _begun(case: Case, name: str) -> Finding:
    if case.now is None:
        return None, {}
    early = case.times.get(name, case.now) - case.now
    return early <= case.leeway, {name: case.times.get(name), "now": case.now, "seconds": round(early, 6)}


# --- the order


Rule = tuple[str, str, Callable[[Case], Finding]]
"""The code of a check, what of the case it needs, and how it judges: True, False, or None where nobody asked."""

SHAPE_CHECKS: tuple[Rule, ...] = (
    ("too-large", "token", _too_large),
    ("malformed", "text", _malformed),
    ("characters", "parts", _characters),
    ("header", "raw", _header),
)

SIGNATURE_CHECKS: tuple[Rule, ...] = (
    *SHAPE_CHECKS,
    ("critical", "header", _critical),
    ("algorithm", "header", _algorithm),
    ("key-unknown", "header", _key_unknown),
    ("key-unsuitable", "named", _key_unsuitable),
    ("signature", "key", _signature),
)

CHECKS: tuple[Rule, ...] = (
    *SIGNATURE_CHECKS,
    ("claims", "raw", _claims),
    ("type", "header", _type),
    ("claim-missing", "claims", _claim_missing),
    ("claim-type", "claims", _claim_type),
    ("issuer", "claims", _issuer),
    ("audience", "claims", _audience),
    ("expired", "times", _expired),
    ("not-yet-valid", "times", _not_yet_valid),
    ("issued-in-future", "times", _issued_in_future),
)


def demand(case: Case, rules: Sequence[Rule]) -> None:
    """Stop at the first check that fails, and at one that cannot be made: what cannot be judged is not good.

    Raises:
        TokenRefused: `token.` and the code of that check.
    """
    for code, needs, judge in rules:
        if getattr(case, needs) is None:
            raise TokenRefused(f"token.{code}")
        passed, evidence = judge(case)
        if passed is False:
            raise TokenRefused(f"token.{code}", **evidence)


def run(case: Case, code: str, needs: str, judge: Callable[[Case], Finding]) -> Check:
    """Make one check, if what it needs is there."""
    if getattr(case, needs) is None:
        return Check(code, None, {}, reached=False)
    return Check(code, *judge(case))


# --- small readings


def kind(typ: str) -> str:
    """A `typ` as it is compared (RFC 7515 section 4.1.9): case does not matter, `application/` may be left out."""
    return typ.lower().removeprefix("application/")


def audiences(value: Any) -> list[str]:
    """The audiences a claim names; none where it is not what RFC 7519 section 4.1.3 asks for."""
    named = value if isinstance(value, list) else [value]
    return named if all(isinstance(audience, str) for audience in named) else []


@lru_cache(maxsize=64)
def _header_object(raw: bytes) -> tuple[dict[str, Any] | None, str]:
    """As `_object`; kept, because an issuer writes one header into all its tokens. Nobody may change it."""
    return _object(raw)


def _object(raw: bytes) -> tuple[dict[str, Any] | None, str]:
    """The JSON object in `raw`, or None and the reason."""
    try:
        value = parse(raw)
    except ValueError as flaw:
        return None, str(flaw)
    return (value, "") if isinstance(value, dict) else (None, "not-an-object")


def _is_time(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value <= _LATEST


def _short(value: Any) -> str:
    """A value out of a hostile token, fit to be shown."""
    return "" if value is None else str(value)[:100]
