"""Exercises of lesson 13, the attack lab: attack a world that was weakened, and mend one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from authpatterns import Deployment, Distributed, Jwt
from authpatterns.bookshop import has_role, owns
from authpatterns.labs.attacks import CELLS, World, forging
from authpatterns.labs.attacks.lab import is_record_of
from authpatterns.labs.attacks.matrix import run
from authpatterns.labs.attacks.weakened import WeakenedTakesNone, weakened_but_for
from authpatterns.messages import Response
from authpatterns.notebook.exercises import Exercise, Verdict, almost, correct, keep_working
from authpatterns.policy import Query, Rule, Rules

LONGEST = 60

# --- 13-1: two settings that end two attacks


def judge_settings(answer: Any) -> Verdict:
    """Let a script look for a token, and a thief try a copy a minute after the sign-out."""
    if not isinstance(answer, Jwt):
        return keep_working("kind", wanted="Jwt(...)", given=type(answer).__name__)
    shop = Deployment(answer, Distributed(), seed=13)
    alice = shop.user("alice")
    alice.sign_in()
    if not alice.get("/orders/1").ok:
        return keep_working("honest", status=alice.get("/orders/1").status)
    readable, seconds = bool(alice.browser.seen_by_script()), seconds_after_sign_out(shop)
    if readable and seconds > LONGEST:
        return keep_working("both", seconds=seconds)
    if readable:
        return almost("script")
    return almost("copy", seconds=seconds) if seconds > LONGEST else correct("correct", seconds=seconds)


def seconds_after_sign_out(shop: Deployment, patience: int = 1800, step: int = 15) -> int:
    """For how many seconds after alice's sign-out a copy of her request is answered."""
    alice, mallory = shop.user("alice"), shop.visitor("mallory")
    stolen = alice.last_request
    alice.sign_out()
    for seconds in range(0, patience, step):
        if not mallory.send(stolen).ok:
            return seconds
        shop.clock.advance(seconds=step)
    return patience


# --- 13-2: forge a token


def judge_forgery(answer: Any) -> Verdict:
    """Show what `answer` makes of bob's token to the weakened shop, and to the pattern as it comes."""
    if not callable(answer):
        return keep_working("kind", wanted="def answer(token): ...", given=type(answer).__name__)
    weak, why, forged = shown_to(answer, WeakenedTakesNone)
    if not isinstance(forged, str):
        return keep_working("kind", wanted="str", given=type(forged).__name__)
    if weak.status == 403:
        return almost("whose")
    if not is_record_of(weak, "alice"):
        return keep_working("refused", status=weak.status, why=why)
    secure, reason, _ = shown_to(answer, World("default"))
    return correct("correct", status=secure.status, why=reason)


def shown_to(answer: Callable[[str], Any], world: World) -> tuple[Response, str, Any]:
    """What mallory gets for alice's order with the token that `answer` makes of bob's own, why, and that token."""
    shop = Deployment(Jwt(), Distributed(), seed=13)
    for change in world.changes:
        change(shop)
    bob, mallory = shop.user("bob"), shop.visitor("mallory")
    bob.sign_in()
    forged = answer(bob.browser.storage("local")["access_token"])
    response = mallory.get("/orders/1", {"authorization": f"Bearer {forged}"})
    return response, shop.trace.why(), forged


def forge(header: Mapping[str, Any], claims: Mapping[str, Any], last: str | None = None) -> Callable[[str], str]:
    """An answer to 13-2: `token` with these members changed, and unsigned or with `last` in its end."""

    def answer(token: str) -> str:
        old_header, old_claims, _ = forging.parts(token)
        made = forging.compact({**old_header, **header}, {**old_claims, **claims}, forging.unsigned)
        return made if last is None else made.rstrip(".") + last

    return answer


# --- 13-3: the one check that is left


def judge_check(answer: Any) -> Verdict:
    """Let two attacks and an honest token meet a verifier whose only defence is `answer`."""
    if not callable(answer):
        return keep_working("kind", wanted="def answer(header): ...", given=type(answer).__name__)
    world = weakened_but_for(answer)
    shop = Deployment(Jwt(), Distributed(), seed=13)
    for change in world.changes:
        change(shop)
    alice = shop.user("alice")
    alice.sign_in()
    if not alice.get("/orders/1").ok:
        return keep_working("honest", status=alice.get("/orders/1").status)
    if run(CELLS["JWT-01", "jwt"], world)[0].succeeded:
        return keep_working("none", let_through=", ".join(alg for alg in SPELLINGS if answer({"alg": alg}) is True))
    return almost("confusion") if run(CELLS["JWT-02", "jwt"], world)[0].succeeded else correct()


SPELLINGS = ("none", "None", "NONE", "nOnE")

# --- 13-4: the rule that was lost

READERS = (
    ("alice", "/orders/1", True, "honest"),
    ("bob", "/orders/1", False, "foreign"),
    ("carol", "/orders/1", True, "staff"),
    ("erin", "/orders/1", False, "tenant"),
    ("frank", "/orders/3", True, "honest"),
)
"""Who asks for what, whether it is due to them, and what it is called when it goes wrong."""


def judge_rule(answer: Any) -> Verdict:
    """Let five people read, where `answer` alone decides who may."""
    if not callable(answer):
        return keep_working("kind", wanted="def answer(query): ...", given=type(answer).__name__)
    shop = decided_by(answer)
    for name, path, due, reason in READERS:
        person = shop.user(name)
        person.sign_in()
        status = person.get(path).status
        if (status == 200) != due:
            verdict = almost if reason in ("tenant", "staff") else keep_working
            return verdict(reason, name=name, path=path, status=status)
    return correct()


def decided_by(answer: Callable[[Query], Any]) -> Deployment:
    """The shop, where the orders are read by whoever `answer` allows."""
    shop = Deployment(Jwt(), Distributed(), seed=13)
    shop.node("orders").rules = Rules(Rule("answer", lambda query: _allows(answer, query)))
    return shop


def _allows(answer: Callable[[Query], Any], query: Query) -> bool:
    try:
        return answer(query) is True
    except Exception:  # a rule that breaks allows nothing
        return False


def _clerk_of_any_shop(query: Query) -> bool:
    return owns(query) or "clerk" in query.subject.get("roles")


EXERCISES = (
    Exercise(
        "13-1",
        judge_settings,
        solution=lambda: Jwt(keep="cookie", denylist=True),
        wrong=(
            Jwt,
            lambda: Jwt(keep="cookie"),
            lambda: Jwt(denylist=True),
            lambda: Jwt(keep="session", denylist=True),
            lambda: "cookie",
        ),
    ),
    Exercise(
        "13-2",
        judge_forgery,
        solution=lambda: forge({"alg": "none"}, {"sub": "alice"}),
        wrong=(
            lambda: lambda token: token,
            lambda: lambda token: forging.edited(token, sub="alice"),
            lambda: forge({"alg": "none"}, {}),
            lambda: forge({"alg": "none"}, {"sub": "alice"}, ""),
            lambda: forging.parts,
        ),
    ),
    Exercise(
        "13-3",
        judge_check,
        solution=lambda: lambda header: header.get("alg") == "RS256",
        wrong=(
            lambda: lambda header: header.get("alg") != "none",
            lambda: lambda header: header.get("alg", "").lower() != "none",
            lambda: lambda header: header.get("alg") in ("RS256", "HS256"),
            lambda: lambda header: header.get("alg") == "none",
            lambda: True,
        ),
    ),
    Exercise(
        "13-4",
        judge_rule,
        solution=lambda: lambda query: owns(query) or has_role(query, "clerk"),
        wrong=(
            lambda: lambda query: has_role(query, "customer"),
            lambda: owns,
            lambda: _clerk_of_any_shop,
            lambda: lambda _query: True,
            lambda: lambda query: query.resource.get("owner") == "bob",
        ),
    ),
)
