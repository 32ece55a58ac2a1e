"""Exercises of lesson 04, the session pattern."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from authpatterns import Deployment, Distributed, Request, Session, faults
from authpatterns.authn.session import COOKIE, STORE, key_of
from authpatterns.browser import cookies_of
from authpatterns.deployment import Person
from authpatterns.node import Node
from authpatterns.notebook.exercises import Exercise, Verdict, almost, correct, keep_working

SHORTEST, LONGEST = 600, 900
PACE = 300
HOURS = 4

# --- 04-1: how long a session lives that nobody uses


def judge_idle(answer: Any) -> Verdict:
    """Walk away and come back later and later; then work for four hours."""
    if not isinstance(answer, Session):
        return keep_working("kind", wanted="Session(...)", given=type(answer).__name__)
    last = max((pause for pause in range(0, 2 * LONGEST + 1, 60) if is_known(answer, pause)), default=0)
    if last >= LONGEST:
        return keep_working("too-long", seconds=last, longest=LONGEST)
    if last < SHORTEST - 60:
        return keep_working("too-short", seconds=last, shortest=SHORTEST)
    minutes = works_for(answer)
    if minutes < HOURS * 60:
        return almost("cut-off", minutes=minutes)
    return correct("correct", seconds=last, minutes=minutes)


def is_known(pattern: Session, pause: int) -> bool:
    """Whether Alice is still signed in after `pause` seconds without a click."""
    shop, alice = signed_in(pattern)
    shop.clock.advance(seconds=pause)
    return alice.get("/orders/1").ok


def works_for(pattern: Session) -> int:
    """For how many minutes, of four hours, Alice is signed in who clicks every five minutes."""
    shop, alice = signed_in(pattern)
    for seconds in range(0, HOURS * 3600, PACE):
        if not alice.get("/orders/1").ok:
            return seconds // 60
        shop.clock.advance(seconds=PACE)
    return HOURS * 60


def signed_in(pattern: Session) -> tuple[Deployment, Person]:
    """A shop, and Alice, who has just read her order there."""
    shop = Deployment(pattern, Distributed(), seed=4)
    alice = shop.user("alice")
    alice.sign_in()
    alice.get("/orders/1")
    return shop, alice


# --- 04-2: how often the store is asked


CLICKS = 10


def judge_questions(answer: Any) -> Verdict:
    """Click ten times, and count what the store is asked."""
    if not isinstance(answer, int) or isinstance(answer, bool):
        return keep_working("kind", wanted="int", given=type(answer).__name__)
    shop, alice = signed_in(Session())
    before = len(asked(shop))
    for _ in range(CLICKS):
        alice.get("/orders/1/tracking")
    count = len(asked(shop)) - before
    if answer == count:
        return correct("correct", clicks=CLICKS, count=count)
    if answer == CLICKS:
        return almost("one-service", clicks=CLICKS)
    return keep_working("once" if 0 <= answer < CLICKS else "count", answer=answer)


def asked(shop: Deployment) -> list[Any]:
    """The questions to the session store."""
    return [hop for hop in shop.trace if hop.target == STORE]


# --- 04-3: whose outage stops Alice


def judge_outage(answer: Any) -> Verdict:
    """Stop one node after the other, and see whether Alice can read her order."""
    if not isinstance(answer, set | frozenset | list | tuple) or not answer:
        return keep_working("kind", wanted='{"...", "..."}', given=type(answer).__name__)
    names = {str(name) for name in answer}
    shop, _ = signed_in(Session(lookup="auth"))
    unknown = sorted(names - set(shop.network.nodes))
    if unknown:
        return keep_working("unknown", names=", ".join(unknown))
    needed = {name for name in ("auth", STORE, "payments", "shipping") if stops(name)}
    if names - needed:
        return keep_working("not-needed", names=", ".join(sorted(names - needed)))
    if needed - names:
        return almost("missing", count=len(needed - names))
    return correct("correct", names=", ".join(sorted(needed)))


def stops(name: str) -> bool:
    """Whether an outage of this node keeps Alice from reading her order."""
    shop, alice = signed_in(Session(lookup="auth"))
    with shop.rule(faults.Outage(name)):
        return not alice.get("/orders/1").ok


# --- 04-4: sign out everywhere else


def judge_elsewhere(answer: Any) -> Verdict:
    """Two devices of Alice and one of Bob. Who is signed in afterwards?"""
    if not callable(answer):
        return keep_working("kind", wanted="async def answer(node, user, keep): ...", given=type(answer).__name__)
    shop, laptop = signed_in(Session())
    phone, bob = shop.user("alice", "phone"), shop.user("bob")
    phone.sign_in()
    bob.sign_in()
    keep = key_of(cookies_of(laptop.last_request)[COOKIE])
    shop.run(answer(shop.node("auth"), "alice", keep))
    if not bob.get("/orders/2").ok:
        return keep_working("bob")
    if phone.get("/orders/1").ok:
        return keep_working("phone")
    if not laptop.get("/orders/1").ok:
        return almost("laptop")
    return correct()


Ending = Callable[[Node, str, str], Coroutine[Any, Any, None]]


def ending(wanted: Callable[[str, str], bool], person: str = "") -> Ending:
    """An answer to 04-4: delete the sessions for which `wanted(key, keep)` holds."""

    async def answer(node: Node, user: str, keep: str) -> None:
        listed = await node.call(STORE, Request("SMEMBERS", f"/sessions-of:{person or user}"))
        for key in listed.json():
            if wanted(key, keep):
                await node.call(STORE, Request("DEL", f"/{key}"))

    return answer


EXERCISES = (
    Exercise(
        "04-1",
        judge_idle,
        solution=lambda: Session(idle=600),
        wrong=(
            Session,
            lambda: Session(idle=60),
            lambda: Session(absolute=600),
            lambda: Session(idle=600, absolute=3600),
            lambda: 600,
        ),
    ),
    Exercise("04-2", judge_questions, solution=lambda: 20, wrong=(lambda: 10, lambda: 1, lambda: 40, lambda: "20")),
    Exercise(
        "04-3",
        judge_outage,
        solution=lambda: {"auth", "session-store"},
        wrong=(
            lambda: {"session-store"},
            lambda: {"auth", "session-store", "shipping"},
            lambda: {"auth", "redis"},
            lambda: "auth",
        ),
    ),
    Exercise(
        "04-4",
        judge_elsewhere,
        solution=lambda: ending(lambda key, keep: key != keep),
        wrong=(
            lambda: ending(lambda _key, _keep: True),
            lambda: ending(lambda _key, _keep: False),
            lambda: ending(lambda key, keep: key == keep),
            lambda: ending(lambda key, keep: key != keep, person="bob"),
        ),
    ),
)
