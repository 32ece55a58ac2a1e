"""Explain a token to a person: what it says, every check with its result, and what is easily confused.

This is `python -m authpatterns token TOKEN --jwks FILE`. The checks are those of `tokens`; nothing is decided here.

Examples:
    >>> from authpatterns.keys import KeyRing, demo_key
    >>> from authpatterns.tokens import issue
    >>> token = issue({"sub": "alice", "exp": 900, "nonce": "n"}, demo_key(), typ="JWT")
    >>> report = examine(token, KeyRing([demo_key()]).jwks(), now=900)
    >>> report.accepted, report.refused_by, report.kind
    (False, 'expired', 'id')
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from authpatterns import tokens, words
from authpatterns.encoding import parse
from authpatterns.errors import Misuse, TokenRefused
from authpatterns.keys import FITS, KeySet
from authpatterns.tokenchecks import Check

_KEYS_IN_HEADER = ("jku", "jwk", "x5c", "x5u")
_BY_TYP = {"at+jwt": "access", "logout+jwt": "logout", "dpop+jwt": "dpop"}
_BY_CLAIM = {"id": "id", "access": "access", "bearer": "access", "refresh": "refresh", "logout": "logout"}
_ID_TOKEN_CLAIMS = ("nonce", "at_hash", "c_hash", "auth_time")
_ACCESS_TOKEN_CLAIMS = ("scope", "scp")


@dataclass(frozen=True)
class Report:
    """What can be said about a token.

    Attributes:
        header: As far as it can be read, else None.
        claims: As far as they can be read, else None. Only `accepted` makes them believable.
        checks: Every check in order.
        keys: Whether there was a key set to check with.
        now: Unix time it was judged by, in seconds, or None.
    """

    header: dict[str, Any] | None
    claims: dict[str, Any] | None
    checks: tuple[Check, ...]
    keys: bool
    now: float | None

    @property
    def refused_by(self) -> str | None:
        """The code of the first check that failed."""
        return next((check.code for check in self.checks if check.passed is False), None)

    @property
    def accepted(self) -> bool:
        """Whether every check that was asked for passed."""
        return self.keys and self.refused_by is None and all(check.reached for check in self.checks)

    @property
    def kind(self) -> str:
        """What kind of token it says it is: "access", "id", "logout", "refresh", "dpop" or "unknown"."""
        claims = self.claims or {}
        typ = str((self.header or {}).get("typ", "")).lower().removeprefix("application/")
        said = _BY_TYP.get(typ) or _BY_CLAIM.get(str(claims.get("token_use", claims.get("typ", ""))).lower())
        if said:
            return said
        if any(name in claims for name in _ID_TOKEN_CLAIMS):
            return "id"
        return "access" if any(name in claims for name in _ACCESS_TOKEN_CLAIMS) else "unknown"

    def hints(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """What a beginner should know about this token: keys of sentences with their values."""
        yield f"kind.{self.kind}", {}
        names = [name for name in _KEYS_IN_HEADER if name in (self.header or {})]
        if names:
            yield "hint.embedded-key", {"names": ", ".join(names)}
        claims = self.claims or {}
        if self.accepted and self.now is not None:
            yield "hint.revocation", {"seconds": int(claims["exp"] - self.now)}
        for name in ("audience", "issuer"):
            if any(check.code == name and check.reached and check.passed is None for check in self.checks):
                yield f"hint.no-{name}", {}
        if isinstance(claims.get("scope"), str):
            yield "hint.scope", {"scope": plain(claims["scope"])}
        yield "hint.readable", {}
        yield "hint.status", {}

    def text(self, lang: str | None = None) -> str:
        """For a person, in `lang` ("ja" or "en")."""
        return "\n".join(_lines(self, lang)) + "\n"

    def json(self) -> dict[str, Any]:
        """For a program: codes, no sentences."""
        return {
            "accepted": self.accepted,
            "refused_by": self.refused_by,
            "status": 200 if self.accepted else 401,
            "kind": self.kind,
            "header": self.header,
            "claims": self.claims,
            "checks": [check._asdict() for check in self.checks],
            "hints": [code for code, _ in self.hints()],
        }


def examine(
    token: str,
    jwks: Mapping[str, Any] | KeySet | None = None,
    *,
    issuer: str | None = None,
    audience: str | Sequence[str] | None = None,
    now: float | None = None,
    algorithms: Sequence[str] = ("RS256",),
    typ: str | None = None,
    leeway: float = 0,
) -> Report:
    """Look at `token` from all sides. The arguments are those of `tokens.checks`.

    Raises:
        TokenRefused: `jwks` is no key set.
        Misuse: an argument makes no sense.
    """
    results = tokens.checks(
        token, jwks, issuer=issuer, audience=audience, now=now, algorithms=algorithms, typ=typ, leeway=leeway
    )
    header, claims = _readable(token)
    return Report(header, claims, tuple(results), jwks is not None, now)


def explain(
    token: str,
    jwks: Mapping[str, Any] | KeySet | None = None,
    *,
    issuer: str | None = None,
    audience: str | Sequence[str] | None = None,
    now: float | None = None,
    lang: str | None = None,
) -> str:
    """`examine` as text for a person."""
    return examine(token, jwks, issuer=issuer, audience=audience, now=now).text(lang)


# --- the command


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `python -m authpatterns token` understands."""

    def option(*names: str, **more: Any) -> None:
        parser.add_argument(*names, help=words.say(f"command.token.{names[0].lstrip('-')}"), **more)

    option("token", metavar="TOKEN")
    option("--jwks", metavar="FILE")
    option("--issuer")
    option("--audience", action="append")
    option("--typ")
    option("--algorithm", action="append", choices=list(FITS), default=None)
    option("--now", type=float, metavar="SECONDS")
    option("--leeway", type=float, default=0.0, metavar="SECONDS")
    option("--json", action="store_true")
    parser.add_argument("--lang", choices=words.LANGUAGES, default=None, help=words.say("command.lang"))


def run(options: argparse.Namespace) -> int:
    """Print the report: 0 if the token is accepted, 1 if it is not.

    Raises:
        Misuse, TokenRefused: there is no token or no key set to speak of; the command line answers with 2.
    """
    token = sys.stdin.read() if options.token == "-" else options.token
    report = examine(
        _bare(token),
        None if options.jwks is None else _key_set(options.jwks),
        issuer=options.issuer,
        audience=options.audience,
        # a token from outside lives by the real clock, which is read nowhere else
        now=time.time() if options.now is None else options.now,
        algorithms=options.algorithm or ("RS256",),
        typ=options.typ,
        leeway=options.leeway,
    )
    if options.json:
        print(json.dumps(report.json(), ensure_ascii=True, indent=2))
    else:
        print(report.text(), end="")
    return 0 if report.accepted else 1


def _bare(text: str) -> str:
    """The token in what somebody copied, for instance out of an `Authorization` header."""
    token = text.strip()
    if token.lower().startswith("bearer "):
        token = token[7:].strip()
    if "." not in token:
        raise Misuse("explain.not-a-token")
    return token


def _key_set(path: str) -> KeySet:
    try:
        return KeySet(Path(path).read_bytes())
    except OSError as failure:
        raise Misuse("explain.file", path=path, reason=failure.strerror) from None


# --- the text


def _readable(token: str) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    try:
        seen = tokens.read_unverified(token)
    except TokenRefused:
        return None, None
    try:
        claims = parse(seen.payload)
    except ValueError:
        claims = None
    return seen.header, claims if isinstance(claims, dict) else None


def _lines(report: Report, lang: str | None) -> Iterator[str]:
    yield from _members("header", report.header, lang)
    yield from _members("claims", report.claims, lang)
    yield words.say("explain.part.checks", lang)
    for number, check in enumerate(report.checks, 1):
        yield f"  {number:2}. {check_line(check, lang)}"
    yield words.say("explain.part.verdict", lang)
    yield f"  {_verdict(report, lang)}"
    yield words.say("explain.part.hints", lang)
    for code, values in report.hints():
        yield f"  - {words.say(f'explain.{code}', lang, **values)}"


def _members(part: str, members: dict[str, Any] | None, lang: str | None) -> Iterator[str]:
    yield words.say(f"explain.part.{part}", lang)
    if members is None:
        yield f"  ({words.say('explain.part.unreadable', lang)})"
        return
    for name, value in members.items():
        yield f"  {plain(name)}: {plain(json.dumps(value, ensure_ascii=False))}{moment(name, value)}"


def check_line(check: Check, lang: str | None = None) -> str:
    """One check and how it went, as a line."""
    state = state_of(check)
    said = words.say(f"explain.state.{state}", lang)
    if state in ("not-asked", "not-reached"):
        return f"[{said}] {check.code}"
    sentence = f"explain.check.{check.code}" if check.passed else f"error.token.{check.code}"
    return f"[{said}] {check.code}: {words.say(sentence, lang, **check.evidence)}"


def state_of(check: Check) -> str:
    """How a check went: "passed", "failed", "not-asked" or "not-reached"."""
    if not check.reached:
        return "not-reached"
    return "not-asked" if check.passed is None else "passed" if check.passed else "failed"


def _verdict(report: Report, lang: str | None) -> str:
    if report.refused_by is not None:
        return words.say("explain.verdict.refused", lang, code=report.refused_by)
    return words.say(f"explain.verdict.{'accepted' if report.accepted else 'no-keys'}", lang)


def plain(text: str) -> str:
    """`text` with what could play tricks on a terminal written as escapes."""
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)


def moment(name: str, value: Any) -> str:
    """The point in time that a claim names, readable; "" where it names none."""
    if name not in ("exp", "nbf", "iat", "auth_time") or type(value) not in (int, float) or not 0 <= value < 2.5e11:
        return ""
    return f"  ({datetime.fromtimestamp(value, UTC):%Y-%m-%dT%H:%M:%SZ})"
