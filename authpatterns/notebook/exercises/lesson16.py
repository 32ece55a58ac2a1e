"""Exercises of lesson 16: settings of real parts, tokens on which verifiers disagree, engines that are swapped.

What needs a network library or cryptography is imported where it is used: other lessons run where there is neither.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

from authpatterns import Centralized, Deployment, Distributed, Jwt, JwtGateway, SsoGateway
from authpatterns.bookshop import POLICY
from authpatterns.errors import Misuse
from authpatterns.notebook.exercises import Exercise, Verdict, almost, correct, keep_working
from authpatterns.pattern import Authentication
from authpatterns.policy import Decision, Entity, PolicyEngine, Query

SEED = 16

# --- 16-1: a setting as a line of a file

LONGEST = 60
SHORTEST = 30


def judge_key_copy(answer: Any) -> Verdict:
    """Write Envoy's file, and read for how long keys are kept."""
    file = _written(answer, "envoy", "envoy.yaml")
    if isinstance(file, Verdict):
        return file
    found = re.search(r"cache_duration: ([\d.]+)s", file)
    seconds = float(found[1]) if found else 0.0
    if seconds > LONGEST:
        return keep_working("long", seconds=f"{seconds:g}", longest=LONGEST)
    return (
        correct("correct", seconds=f"{seconds:g}") if seconds >= SHORTEST else almost("short", seconds=f"{seconds:g}")
    )


def _written(answer: Any, target: str, name: str) -> str | Verdict:
    """A file of `target` for a pattern; a verdict where there is none."""
    from authpatterns.adapters.export import files  # noqa: PLC0415

    if not isinstance(answer, Authentication):
        return keep_working("kind", wanted="SsoGateway(...), JwtGateway(...)", given=type(answer).__name__)
    try:
        return files(Deployment(answer, Distributed(), seed=SEED), target)[name]
    except Misuse as reason:
        return keep_working("no-file", why=str(reason))


# --- 16-2: from the file back to the pattern

LEFT = JwtGateway(cache=45, keep="cookie")
PATIENCE = 300


def judge_rebuilt(answer: Any) -> Verdict:
    """Write the files again, and run the pattern past a sign-out."""
    scripts = [_written(pattern, "nginx", "gateway.js") for pattern in (answer, LEFT)]
    if isinstance(scripts[0], Verdict):
        return scripts[0]
    seconds, wanted = seconds_after_sign_out(answer), seconds_after_sign_out(LEFT)
    if seconds != wanted:
        return keep_working("window", seconds=seconds, wanted=wanted)
    return correct("correct", seconds=seconds) if scripts[0] == scripts[1] else almost("cookie", seconds=seconds)


def seconds_after_sign_out(authn: Authentication) -> int:
    """For how many seconds a copy of Alice's request is still answered after her sign-out."""
    shop = Deployment(authn, Distributed(), seed=SEED)
    alice, mallory = shop.user("alice"), shop.visitor("mallory")
    alice.sign_in()
    alice.get("/orders/1")
    stolen = alice.last_request
    alice.sign_out()
    for seconds in range(PATIENCE):
        if mallory.send(stolen).status != 200:
            return seconds
        shop.clock.advance(seconds=1)
    return PATIENCE


# --- 16-3: a token on which two verifiers disagree


def judge_token(answer: Any) -> Verdict:
    """Show it to the gateway and to PyJWT as its documentation has it."""
    from authpatterns.labs.token_matrix import ACCEPTED, GatewayJudge, PyJwtJudge  # noqa: PLC0415

    if not callable(answer):
        return keep_working("kind", wanted="def answer(now): ...", given=type(answer).__name__)
    gateway = GatewayJudge()
    shown = answer(gateway.now), answer(int(time.time()))
    if not all(isinstance(token, str) and token for token in shown):
        return keep_working("no-token", given=type(shown[0]).__name__)
    ours, theirs = gateway(shown[0]), PyJwtJudge()(shown[1])
    seen = {"ours": ours, "theirs": theirs}
    match ours == ACCEPTED, theirs == ACCEPTED:
        case False, True:
            return correct("correct", ours=ours)
        case True, True:
            return keep_working("both-accept")
        case True, False:
            return almost("other-way", **seen)
        case _:
            return keep_working("both-refuse", **seen)


def _token(**claims_changed: Any) -> Callable[[int], str]:
    def answer(now: int) -> str:
        from authpatterns.labs.attacks.forging import compact, header, with_key  # noqa: PLC0415
        from authpatterns.labs.token_matrix import KEY, claims  # noqa: PLC0415

        return compact(header(KEY), claims(now, **claims_changed), with_key(KEY))

    return answer


def _unnamed_key(now: int) -> str:
    from authpatterns.labs.token_matrix import KINDS  # noqa: PLC0415

    return next(kind.make(now) for kind in KINDS if kind.name == "no-key-name")


# --- 16-4: an engine that asks two


class Says:
    """An engine that always says the same, or raises it."""

    def __init__(self, what: Any) -> None:
        self.what = what

    def decide(self, query: Query) -> Any:
        """The same, whatever is asked."""
        if isinstance(self.what, Exception):
            raise self.what
        return self.what


YES, NO = Decision(True, "owner-reads-order"), Decision(False, "no-rule-allows")
ODD: tuple[Any, ...] = (None, "yes", Decision("no"))  # type: ignore[arg-type]
QUESTION = Query(Entity("user", "alice"), "read", Entity("order", "1", {"owner": "alice"}))


def judge_both(answer: Any) -> Verdict:
    """Two engines that agree, disagree, raise, and say odd things; then the shop itself."""
    if not callable(answer):
        return keep_working("kind", wanted="def answer(first, second): ...", given=type(answer).__name__)
    if not hasattr(answer(Says(YES), Says(YES)), "decide"):
        return keep_working("no-engine", given=type(answer(Says(YES), Says(YES))).__name__)
    for reason, first, second, wanted in _cases():
        allowed = _allowed(answer(Says(first), Says(second)))
        if allowed is None:
            return keep_working("escapes")
        if allowed is not wanted:
            return keep_working(reason)
    statuses = _in_the_shop(answer(POLICY, POLICY))
    return correct("correct", cases=len(_cases())) if statuses == [200, 403] else almost("shop", statuses=statuses)


def _cases() -> list[tuple[str, Any, Any, bool]]:
    broken = ValueError("broken")
    both = [("agree", YES, YES, True), ("one-is-enough", YES, NO, False), ("one-is-enough", NO, YES, False)]
    raising = [("raises", YES, broken, False), ("raises", broken, YES, False)]
    odd = [("odd", *pair, False) for each in ODD for pair in ((YES, each), (each, YES))]
    return [*both, ("neither", NO, NO, False), *raising, *odd]


def _allowed(engine: PolicyEngine) -> bool | None:
    """What it decides; None where it raises."""
    try:
        decision = engine.decide(QUESTION)
    except Exception:  # it is the reader's
        return None
    return isinstance(decision, Decision) and bool(decision.allowed)


def _in_the_shop(engine: PolicyEngine) -> list[int]:
    shop = Deployment(Jwt(), Centralized(engine=engine), seed=SEED)
    alice = shop.user("alice")
    alice.sign_in()
    return [alice.get("/orders/1").status, alice.get("/orders/2").status]


class Both:
    """The solution of 16-4."""

    def __init__(self, *engines: PolicyEngine) -> None:
        self.engines = engines

    def decide(self, query: Query) -> Decision:
        """Yes where all say yes."""
        try:
            decisions = [engine.decide(query) for engine in self.engines]
        except Exception:  # whatever it is, it is no yes
            return Decision(False, "policy-error")
        agreed = all(isinstance(each, Decision) and each.allowed is True for each in decisions)
        return decisions[0] if agreed else NO


def _with(decide: Callable[..., Any]) -> Callable[..., Any]:
    """An answer to 16-4 whose engine decides by `decide(first, second, query)`."""

    class Engine:
        def __init__(self, first: PolicyEngine, second: PolicyEngine) -> None:
            self.pair = first, second

        def decide(self, query: Query) -> Any:
            return decide(*self.pair, query)

    return Engine


def _either(first: PolicyEngine, second: PolicyEngine, query: Query) -> Decision:
    decision = first.decide(query)
    return decision if decision.allowed else second.decide(query)


def _no_net(first: PolicyEngine, second: PolicyEngine, query: Query) -> Decision:
    decision = first.decide(query)
    return second.decide(query) if decision.allowed else decision


def _caught(first: PolicyEngine, second: PolicyEngine, query: Query) -> Decision:
    try:
        return Decision(bool(first.decide(query).allowed and second.decide(query).allowed))
    except Exception:
        return NO


EXERCISES = (
    Exercise(
        "16-1",
        judge_key_copy,
        solution=lambda: SsoGateway(verify="jwks", jwks_ttl=60),
        wrong=(
            SsoGateway,
            lambda: SsoGateway(verify="jwks"),
            lambda: SsoGateway(verify="jwks", jwks_ttl=1),
            lambda: SsoGateway(jwks_ttl=60),
            lambda: Jwt(jwks_ttl=60),
            lambda: 60,
        ),
    ),
    Exercise(
        "16-2",
        judge_rebuilt,
        solution=lambda: JwtGateway(cache=45, keep="cookie"),
        wrong=(
            JwtGateway,
            lambda: JwtGateway(cache=45),
            lambda: JwtGateway(keep="cookie"),
            lambda: SsoGateway(verify="jwks", jwks_ttl=45),
            lambda: 45,
        ),
    ),
    Exercise(
        "16-3",
        judge_token,
        solution=lambda: _token(exp=None),
        wrong=(
            _token,
            lambda: _token(aud="https://pay.example"),
            lambda: _token(exp=1),
            lambda: _unnamed_key,
            lambda: lambda _now: None,
            lambda: "eyJ",
        ),
    ),
    Exercise(
        "16-4",
        judge_both,
        solution=lambda: Both,
        wrong=(
            lambda: _with(_either),
            lambda: _with(_no_net),
            lambda: _with(_caught),
            lambda: _with(lambda *_: NO),
            lambda: _with(lambda *_: YES),
            lambda: lambda first, _second: first.decide(QUESTION),
        ),
    ),
)
