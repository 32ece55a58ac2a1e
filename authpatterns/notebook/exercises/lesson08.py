"""Exercises of lesson 08, authorization in one place."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from authpatterns import Centralized, Deployment, Jwt, Refused, Request, Response, Rule, Rules, faults
from authpatterns.authz.pdp import EVALUATION
from authpatterns.bookshop import PEOPLE, Account, has_role
from authpatterns.labs.operations import withdrawal
from authpatterns.node import Handler, Middleware
from authpatterns.notebook.exercises import Exercise, Verdict, almost, correct, keep_working
from authpatterns.policy import Query
from authpatterns.service import Service

SEED = 8

# --- 08-1: a role that is gone must be gone at once


def judge_fresh_roles(answer: Any) -> Verdict:
    """Take the role of a manager who keeps working, and measure for how long it still helps him."""
    if not isinstance(answer, Centralized):
        return keep_working("kind", wanted="Centralized(...)", given=type(answer).__name__)
    seconds = round(withdrawal(Jwt(), answer) or 0)
    if seconds >= Jwt().lifetime - 1:
        return keep_working("token", seconds=seconds)
    if seconds and answer.cache:
        return almost("cache", seconds=seconds)
    return almost("copy", seconds=seconds) if seconds else correct()


# --- 08-2: how many questions reach the decision point


def judge_questions(answer: Any) -> Verdict:
    """Let Alice track her parcel, and count."""
    if not isinstance(answer, int) or isinstance(answer, bool):
        return keep_working("kind", wanted="int", given=type(answer).__name__)
    by_orders, by_shipping, clicks = ten_looks()
    if answer == by_orders + by_shipping:
        return correct("correct", orders=by_orders, shipping=by_shipping)
    if answer == by_orders:
        return almost("one-service", count=answer)
    return keep_working("every-time" if answer in (clicks, 2 * clicks) else "count", count=answer)


def ten_looks() -> tuple[int, int, int]:
    """Questions of `orders` and of `shipping`, and clicks, when decisions are remembered for 30 seconds."""
    shop = Deployment(Jwt(), Centralized(cache=30), seed=SEED)
    alice = shop.user("alice")
    alice.sign_in()
    for _ in range(10):
        alice.get("/orders/1/tracking")
        shop.clock.advance(seconds=10)
    between = shop.trace.between
    return len(between("orders", "pdp")), len(between("shipping", "pdp")), len(between("alice", "orders"))


# --- 08-3: a rule about roles

AUDITORS = (Account("grace", "aozora", ("auditor",)), Account("heidi", "maple", ("auditor",)))


def judge_role_rule(answer: Any) -> Verdict:
    """Put the rule beside those about payments, and let everybody try."""
    if not isinstance(answer, Rule):
        return keep_working("kind", wanted="Rule(...)", given=type(answer).__name__)
    shop = Deployment(Jwt(), Centralized(), seed=SEED, people=(*PEOPLE, *AUDITORS))
    parts = shop.node("pdp").engine.parts
    parts["payment"] = Rules(*parts["payment"].rules, answer)
    grace, heidi, bob = (_signed_in(shop, name) for name in ("grace", "heidi", "bob"))
    if not grace.get("/payments/1").ok:
        return keep_working("closed")
    if bob.get("/payments/1").ok:
        return keep_working("everybody")
    if grace.post("/payments/1/refund").ok:
        return almost("action")
    return almost("tenant") if heidi.get("/payments/1").ok else correct()


def _signed_in(shop: Deployment, name: str) -> Any:
    person = shop.user(name)
    person.sign_in()
    return person


def role_rule(allows: Callable[[Query], bool]) -> Rule:
    """An answer to 08-3."""
    return Rule("auditor-reads-payment", allows)


def _audits(query: Query) -> bool:
    return query.action == "read" and has_role(query, "auditor")


# --- 08-4: read an answer of the decision point


class Reading(Centralized):
    """Centralized, with the reader's own look at the answers."""

    reads: Callable[[Response], Any]

    def at_service(self, service: Service) -> Sequence[Middleware]:
        """Ask, and let the reader's function say whether to proceed."""

        async def authorize(request: Request, proceed: Handler) -> Response:
            query = service.query(request)
            if query is not None:
                answer = await service.call("pdp", Request.post(EVALUATION, json=query.to_dict()), self.timeout)
                if not self.reads(answer):
                    raise Refused("authz.denied", status=403, reason="-", subject="-", action="-", resource="-")
            return await proceed(request)

        return [authorize]


NONSENSE: tuple[tuple[str, int, str], ...] = (
    ("text", 200, '{"decision": "true"}'),
    ("text", 200, '{"decision": "false"}'),
    ("number", 200, '{"decision": 1}'),
    ("object", 200, '{"decision": {"allow": true}}'),
    ("shape", 200, "[true]"),
    ("shape", 200, "true"),
    ("shape", 200, ""),
    ("shape", 200, "{}"),
    ("status", 500, '{"decision": true}'),
    ("status", 201, '{"decision": true}'),
)
"""Which kind of nonsense, its status and its body."""


def judge_reading(answer: Any) -> Verdict:
    """A true yes and a true no, then everything that is neither."""
    if not callable(answer):
        return keep_working("kind", wanted="def answer(response): ...", given=type(answer).__name__)
    pattern = Reading()
    object.__setattr__(pattern, "reads", answer)
    shop = Deployment(Jwt(), pattern, seed=SEED)
    alice, bob = _signed_in(shop, "alice"), _signed_in(shop, "bob")
    if not alice.get("/orders/1").ok:
        return keep_working("closed")
    if bob.get("/orders/1").ok:
        return keep_working("no")
    return _given_nonsense(shop, bob)


def _given_nonsense(shop: Deployment, bob: Any) -> Verdict:
    for kind, status, body in NONSENSE:
        with shop.rule(faults.Garbage("pdp", status, body)):
            try:
                open_door = bob.get("/orders/1").ok
            except (AttributeError, KeyError, TypeError, IndexError) as error:
                return almost("breaks", status=status, body=body, error=type(error).__name__)
        if open_door:
            return almost(kind, status=status, body=body)
    return correct("correct", count=len(NONSENSE))


def _is_yes(response: Response) -> bool:
    body = response.json()
    return response.status == 200 and isinstance(body, dict) and body.get("decision") is True


def _decision(response: Response) -> Any:
    return json.loads(response.body)["decision"]


def _true_whatever_the_status(response: Response) -> bool:
    body = response.json()
    return isinstance(body, dict) and body.get("decision") is True


EXERCISES = (
    Exercise(
        "08-1",
        judge_fresh_roles,
        solution=lambda: Centralized(data="fetch"),
        wrong=(
            Centralized,
            lambda: Centralized(data="replicate"),
            lambda: Centralized(data="fetch", cache=10),
            lambda: "fetch",
        ),
    ),
    Exercise(
        "08-2",
        judge_questions,
        solution=lambda: 8,
        wrong=(lambda: 4, lambda: 20, lambda: 10, lambda: 6, lambda: 8.0),
    ),
    Exercise(
        "08-3",
        judge_role_rule,
        solution=lambda: role_rule(_audits),
        wrong=(
            lambda: role_rule(lambda query: query.action == "read" and has_role(query, "manager")),
            lambda: role_rule(lambda query: query.action == "read"),
            lambda: role_rule(lambda query: has_role(query, "auditor")),
            lambda: role_rule(lambda query: query.action == "read" and "auditor" in query.subject.get("roles")),
            lambda: _audits,
        ),
    ),
    Exercise(
        "08-4",
        judge_reading,
        solution=lambda: _is_yes,
        wrong=(
            lambda: lambda _response: False,
            lambda: lambda response: response.status == 200,
            lambda: lambda response: response.json() and response.json()["decision"],
            lambda: lambda response: _decision(response) is True,
            lambda: _true_whatever_the_status,
            lambda: lambda response: response.json().get("decision") == True,  # noqa: E712  (1 is equal to True)
        ),
    ),
)
