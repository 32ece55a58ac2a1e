"""Exercises of lesson 00: people, messages, refusals and faults."""

from __future__ import annotations

from typing import Any

from authpatterns import Deployment, Distributed, Jwt, faults
from authpatterns.notebook.exercises import Exercise, Verdict, almost, correct, keep_working

# --- 00-1: who can read order 2


def judge_reader(answer: Any) -> Verdict:
    """Let the person of this name sign in and read order 2."""
    if not isinstance(answer, str):
        return keep_working("kind", wanted="str", given=type(answer).__name__)
    shop = _shop()
    if answer not in shop.people:
        return keep_working("stranger", name=answer or "''")
    person = shop.user(answer)
    person.sign_in()
    status = person.get("/orders/2").status
    if status != 200:
        return keep_working("refused", name=answer, status=status)
    return correct("correct", name=answer) if "customer" in shop.people[answer].roles else almost("role", name=answer)


# --- 00-2: how many requests pass a microservice


def judge_requests(answer: Any) -> Verdict:
    """Let Alice read three times, and count what `orders` received and sent."""
    if not isinstance(answer, int) or isinstance(answer, bool):
        return keep_working("kind", wanted="int", given=type(answer).__name__)
    received, sent = _three_readings()
    if answer == received + sent:
        return correct("correct", received=received, sent=sent)
    if answer == received:
        return almost("received", received=received)
    if answer == 2 * received:
        return keep_working("every-time", answer=answer)
    return keep_working("count", answer=answer)


def _three_readings() -> tuple[int, int]:
    shop = _shop()
    alice = shop.user("alice")
    alice.sign_in()
    for _ in range(3):
        alice.get("/orders/1")
    hops = shop.trace.hops
    return sum(hop.target == "orders" for hop in hops), sum(hop.source == "orders" for hop in hops)


# --- 00-3: a story with three kinds of answer

WANTED = {200, 401, 403}


def judge_story(answer: Any) -> Verdict:
    """Run the story, and look at the answers of `orders`."""
    if not callable(answer):
        return keep_working("kind", wanted="def answer(shop): ...", given=type(answer).__name__)
    shop = _shop()
    answer(shop)
    seen = {hop.status for hop in shop.trace.hops if hop.target == "orders" and hop.status is not None}
    if not seen:
        return keep_working("nothing")
    missing = sorted(WANTED - seen)
    told = {"seen": ", ".join(map(str, sorted(seen)))}
    if not missing:
        return correct("correct", **told)
    state = almost if len(missing) == 1 else keep_working
    return state("missing", missing=", ".join(map(str, missing)), **told)


# --- 00-4: a fault that hits one thing alone


def judge_fault(answer: Any) -> Verdict:
    """With the fault in force, read the order and track the parcel."""
    if not hasattr(answer, "verdict") or isinstance(answer, type):
        return keep_working("kind", wanted="faults.Outage(...)", given=type(answer).__name__)
    shop = _shop()
    alice = shop.user("alice")
    alice.sign_in()
    alice.get("/orders/1")
    with shop.rule(answer):
        order, tracking = alice.get("/orders/1").status, alice.get("/orders/1/tracking").status
    if order != 200:
        return keep_working("order", status=order)
    return correct("correct", status=tracking) if tracking >= 500 else almost("tracking", status=tracking)


def _shop() -> Deployment:
    return Deployment(Jwt(), Distributed(), seed=5)


def _three_answers(shop: Deployment) -> None:
    alice = shop.user("alice")
    alice.get("/orders/1")
    alice.sign_in()
    alice.get("/orders/1")
    alice.get("/orders/2")


def _without_sign_in(shop: Deployment) -> None:
    shop.user("alice").get("/orders/1")


def _without_stranger(shop: Deployment) -> None:
    alice = shop.user("alice")
    alice.sign_in()
    alice.get("/orders/1")
    alice.get("/orders/2")


EXERCISES = (
    Exercise(
        "00-1",
        judge_reader,
        solution=lambda: "bob",
        wrong=(lambda: "alice", lambda: "carol", lambda: "mallory", lambda: 2),
    ),
    Exercise("00-2", judge_requests, solution=lambda: 4, wrong=(lambda: 3, lambda: 6, lambda: 5, lambda: "4")),
    Exercise(
        "00-3",
        judge_story,
        solution=lambda: _three_answers,
        wrong=(lambda: _without_sign_in, lambda: _without_stranger, lambda: lambda _shop: None, lambda: 403),
    ),
    Exercise(
        "00-4",
        judge_fault,
        solution=lambda: faults.Outage("shipping"),
        wrong=(
            lambda: faults.Outage("orders"),
            lambda: faults.Outage("payments"),
            lambda: "shipping",
        ),
    ),
)
