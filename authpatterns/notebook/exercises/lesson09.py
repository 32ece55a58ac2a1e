"""Exercises of lesson 09, authorization delegated to a provider."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from authpatterns import Delegated, Deployment, Jwt, Rule, Rules
from authpatterns.authz.provider import PROVIDER, SCOPES, TOKEN_PATH
from authpatterns.bookshop import PEOPLE, Account, has_role
from authpatterns.labs.operations import withdrawal
from authpatterns.notebook.exercises import Exercise, Verdict, almost, correct, keep_working

SEED = 9
LONGEST = 120
MOST = 10

# --- 09-1: how long a scope lives


def judge_lifetime(answer: Any) -> Verdict:
    """Measure both: how long a withdrawn role counts, and how often the provider is asked."""
    if not isinstance(answer, Delegated):
        return keep_working("kind", wanted="Delegated(...)", given=type(answer).__name__)
    seconds, asked = round(withdrawal(Jwt(), answer) or 0), asked_for_tokens(answer)
    if seconds > LONGEST:
        return keep_working("window", seconds=seconds, longest=LONGEST)
    return almost("asked", asked=asked, most=MOST) if asked > MOST else correct("correct", seconds=seconds, asked=asked)


def asked_for_tokens(authz: Delegated) -> int:
    """How often `orders` asks for a token when Alice clicks every 10 seconds for ten minutes."""
    shop = Deployment(Jwt(), authz, seed=SEED)
    alice = shop.user("alice")
    alice.sign_in()
    for _ in range(60):
        alice.get("/orders/1")
        shop.clock.advance(seconds=10)
    return sum(hop.request.path == TOKEN_PATH for hop in shop.trace.between("orders", PROVIDER))


# --- 09-2: who refuses, and in which words


def judge_errors(answer: Any) -> Verdict:
    """Send the three requests, and compare."""
    seen = three_refusals()
    if not isinstance(answer, list | tuple) or len(answer) != len(seen):
        return keep_working("kind", wanted="[..., ..., ...]", given=type(answer).__name__)
    wrong = [number for number, (said, was) in enumerate(zip(answer, seen, strict=True), 1) if said != was]
    if not wrong:
        return correct()
    return almost(f"request-{wrong[0]}") if len(wrong) == 1 else keep_working("several", count=len(wrong))


def three_refusals() -> list[str]:
    """The errors that Carol, Carol again, and Mallory get."""
    shop = Deployment(Jwt(), Delegated(), seed=SEED)
    carol, mallory = shop.user("carol"), shop.visitor("mallory")
    carol.sign_in()
    answers = [carol.get("/payments/1"), carol.post("/shipments/3/dispatch"), mallory.get("/orders/1")]
    return [answer.json()["error"] for answer in answers]


# --- 09-3: which scopes a role brings

PACKER = Account("grace", "aozora", ("packer",))


def judge_scopes(answer: Any) -> Verdict:
    """A packer works for a day, and looks where nothing is for packers."""
    if not isinstance(answer, list | tuple) or not all(isinstance(scope, str) for scope in answer):
        return keep_working("kind", wanted='("...", ...)', given=type(answer).__name__)
    authz = Delegated(scopes={**SCOPES, "packer": tuple(answer)})
    shop = Deployment(Jwt(), authz, seed=SEED, people=(*PEOPLE, PACKER))
    for service in shop.services:
        _allow_everything_to_packers(service)
    grace = shop.user("grace")
    grace.sign_in()
    if not grace.get("/shipments/1").ok:
        return keep_working("read")
    if not grace.post("/shipments/1/dispatch").ok:
        return almost("dispatch")
    return _too_wide(grace)


def _allow_everything_to_packers(service: Any) -> None:
    """So that only scopes hold them back."""
    service.rules = Rules(*service.rules.rules, Rule("packer", lambda query: has_role(query, "packer")))


def _too_wide(grace: Any) -> Verdict:
    more = {
        "GET /orders/1": grace.get("/orders/1"),
        "GET /orders/1/cost": grace.get("/orders/1/cost"),
        "PATCH /orders/1": grace.patch("/orders/1", {"gift_message": "hi"}),
        "GET /payments/1": grace.get("/payments/1"),
        "POST /payments/1/refund": grace.post("/payments/1/refund"),
    }
    open_doors = [request for request, answer in more.items() if answer.ok]
    return almost("too-wide", requests=", ".join(open_doors)) if open_doors else correct()


# --- 09-4: check a scope

NOW = 1000
GOOD = {"aud": "orders", "exp": 1300, "scope": "order:annotate order:read"}
CASES: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("good", GOOD, ""),
    ("list", {**GOOD, "aud": ["payments", "orders"]}, ""),
    ("missing", {**GOOD, "scope": "order:annotate"}, "insufficient_scope"),
    ("part-of-a-word", {**GOOD, "scope": "order:read-cost"}, "insufficient_scope"),
    ("no-scope", {"aud": "orders", "exp": 1300}, "insufficient_scope"),
    ("expired", {**GOOD, "exp": 999}, "invalid_token"),
    ("expired", {**GOOD, "exp": NOW}, "invalid_token"),
    ("no-expiry", {"aud": "orders", "scope": "order:read"}, "invalid_token"),
    ("audience", {**GOOD, "aud": "payments"}, "invalid_token"),
    ("audience", {**GOOD, "aud": ["payments", "shipping"]}, "invalid_token"),
    ("part-of-a-name", {**GOOD, "aud": "orders-archive"}, "invalid_token"),
    ("no-audience", {"exp": 1300, "scope": "order:read"}, "invalid_token"),
)
"""Why the case is there, the claims, and what the check has to say."""


def judge_check(answer: Any) -> Verdict:
    """Show the reader's check one token after the other."""
    if not callable(answer):
        wanted = "def answer(claims, service, needed, now): ..."
        return keep_working("kind", wanted=wanted, given=type(answer).__name__)
    for why, claims, right in CASES:
        try:
            said = answer(dict(claims), "orders", "order:read", NOW)
        except (KeyError, AttributeError, TypeError) as error:
            return almost("breaks", claims=str(claims), error=type(error).__name__)
        if said != right:
            verdict = keep_working if why in ("good", "missing") else almost
            return verdict(why, claims=str(claims), said=repr(said), right=repr(right))
    return correct("correct", count=len(CASES))


Checker = Callable[[dict[str, Any], str, str, float], str]


def _checks(claims: dict[str, Any], service: str, needed: str, now: float) -> str:
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if service not in audiences or claims.get("exp", 0) <= now:
        return "invalid_token"
    return "" if needed in claims.get("scope", "").split() else "insufficient_scope"


def _looks_for_text(claims: dict[str, Any], service: str, needed: str, now: float) -> str:
    if service not in claims.get("aud", "") or claims.get("exp", 0) <= now:
        return "invalid_token"
    return "" if needed in claims.get("scope", "") else "insufficient_scope"


def _ignores_audience(claims: dict[str, Any], service: str, needed: str, now: float) -> str:
    return _checks({**claims, "aud": service}, service, needed, now)


def _ignores_expiry(claims: dict[str, Any], service: str, needed: str, now: float) -> str:
    return _checks({**claims, "exp": now + 1}, service, needed, now)


def _no_lists(claims: dict[str, Any], service: str, needed: str, now: float) -> str:
    return _checks(claims, service, needed, now) if claims.get("aud") == service else "invalid_token"


def _reads_what_may_be_missing(claims: dict[str, Any], service: str, needed: str, now: float) -> str:
    return _checks(claims, service, needed, now) if claims["scope"] else "insufficient_scope"


EXERCISES = (
    Exercise(
        "09-1",
        judge_lifetime,
        solution=lambda: Delegated(lifetime=100),
        wrong=(Delegated, lambda: Delegated(lifetime=20), lambda: Delegated(jwks_ttl=60), lambda: 100),
    ),
    Exercise(
        "09-2",
        judge_errors,
        solution=lambda: ["insufficient_scope", "access_denied", "unauthorized"],
        wrong=(
            lambda: ["insufficient_scope", "insufficient_scope", "unauthorized"],
            lambda: ["access_denied", "access_denied", "unauthorized"],
            lambda: ["insufficient_scope", "access_denied", "invalid_token"],
            lambda: ["access_denied", "insufficient_scope", "unauthorized"],
            lambda: "insufficient_scope",
        ),
    ),
    Exercise(
        "09-3",
        judge_scopes,
        solution=lambda: ("shipment:read", "shipment:dispatch"),
        wrong=(
            lambda: ("shipment:read",),
            lambda: ("shipment:*",),
            lambda: SCOPES["clerk"],
            lambda: "shipment:read shipment:dispatch",
        ),
    ),
    Exercise(
        "09-4",
        judge_check,
        solution=lambda: _checks,
        wrong=(
            lambda: lambda *_anything: "",
            lambda: _looks_for_text,
            lambda: _ignores_audience,
            lambda: _ignores_expiry,
            lambda: _no_lists,
            lambda: _reads_what_may_be_missing,
        ),
    ),
)
