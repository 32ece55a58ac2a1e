"""Exercises of lesson 14, the outage and operations lab."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from typing import Any

from authpatterns import AwsJwtAuthorizer, Deployment, Distributed, Jwt, faults
from authpatterns.keys import KeyRing, SigningKey, demo_key
from authpatterns.labs import explore
from authpatterns.labs.operations import Operator, Sleep, revocation, rotation, withdrawal
from authpatterns.labs.races import later, signed_out
from authpatterns.notebook.exercises import Exercise, Verdict, almost, correct, keep_working
from authpatterns.pattern import Authentication

ALONE = 840
LONGEST = 900

# --- 14-1: a quarter of an hour without the auth service


def judge_alone(answer: Any) -> Verdict:
    """Take the auth service down and let alice click; then sign her out and let a thief click."""
    if not isinstance(answer, Jwt):
        return keep_working("kind", wanted="Jwt(...)", given=type(answer).__name__)
    seconds, status = works_alone(answer)
    if seconds < ALONE:
        return keep_working("keys" if status == 503 else "token", seconds=seconds, status=status)
    window = revocation(answer, Distributed())
    if window is None or window > LONGEST:
        return almost("copy", seconds=seconds, window=window)
    return correct("correct", seconds=seconds, window=window)


def works_alone(authn: Jwt, step: int = 30, patience: int = 7200) -> tuple[int, int]:
    """For how many seconds alice works while the auth service is down, and with which status it ends."""
    shop = Deployment(authn, Distributed(), seed=14)
    alice = shop.user("alice")
    alice.sign_in()
    alice.get("/orders/1")
    with shop.rule(faults.Outage("auth")):
        for seconds in range(0, patience, step):
            status = alice.get("/orders/1").status
            if status != 200:
                return seconds, status
            shop.clock.advance(seconds=step)
    return patience, 200


# --- 14-2: how long a role lives on

LIFETIME = 300


def judge_role(answer: Any) -> Verdict:
    """Take dave's role away, and count how long it goes on working."""
    if not isinstance(answer, int | float) or isinstance(answer, bool):
        return keep_working("kind", wanted="int", given=type(answer).__name__)
    window = withdrawal(Jwt(lifetime=LIFETIME, denylist=True), Distributed())
    assert window is not None
    if abs(answer - window) <= 1:
        return correct("correct", window=window)
    if answer == 0:
        return keep_working("denylist")
    return almost("default") if answer == Jwt().lifetime else keep_working("count", answer=answer)


# --- 14-3: rotate a key


def judge_rotation(answer: Any) -> Verdict:
    """Let `answer` rotate the key of two shops while people work, and count who is refused."""
    if not callable(answer):
        return keep_working("kind", wanted="async def answer(keys, new, sleep): ...", given=type(answer).__name__)
    calls = 0
    for authn in (AwsJwtAuthorizer(), Jwt()):
        row, keys = rotated_by(answer, authn)
        if keys is None or keys.signing.kid != demo_key(number=2).kid:
            return keep_working("unused")
        if row["refused"]:
            return keep_working("refused", authn=authn.name, count=row["refused"], last=row["last_refused"])
        if len(keys.published) > 1:
            return almost("kept")
        calls += row["calls"]
    return correct("correct", calls=calls)


def rotated_by(answer: Operator, authn: Authentication) -> tuple[dict[str, Any], KeyRing | None]:
    """What people met with meanwhile, and the issuer's keys in the end."""
    seen: list[KeyRing] = []
    mistakes: list[Exception] = []

    async def operator(keys: KeyRing, new: SigningKey, sleep: Sleep) -> None:
        seen.append(keys)
        await _caught(mistakes, answer, keys, new, sleep)

    row = rotation(authn, Distributed(), operator, every=55, horizon=9000)
    _told(mistakes)
    return row, seen[0] if seen else None


async def _caught(mistakes: list[Exception], answer: Callable[..., Any], *about: Any) -> None:
    """Call `answer`, and let the story go on to its end even if that is a mistake."""
    try:
        await answer(*about)
    except Exception as mistake:
        mistakes.append(mistake)


def _told(mistakes: list[Exception]) -> None:
    if mistakes:
        raise mistakes[0]


def rotate(wait: float, keep: float | None, sign: bool = True) -> Operator:
    """An answer to 14-3 that waits between the steps, and leaves some of them out."""

    async def answer(keys: KeyRing, new: SigningKey, sleep: Sleep) -> None:
        old = keys.signing
        keys.publish(new)
        await sleep(wait)
        if sign:
            keys.sign_with(new.kid)
        if keep is not None:
            await sleep(keep)
            keys.withdraw(old.kid)

    return answer


# --- 14-4: two tabs


def judge_tabs(answer: Any) -> Verdict:
    """Let two tabs renew by `answer` under forty schedules."""
    if not callable(answer):
        return keep_working("kind", wanted="async def answer(tab, lock): ...", given=type(answer).__name__)

    mistakes: list[Exception] = []

    def story(shop: Deployment, chance: random.Random) -> None:
        shop.user("alice").sign_in()
        tab, lock = shop.browser("alice"), shop.network.lock()
        renew = partial(_caught, mistakes, answer, tab, lock)
        shop.together(renew(), later(shop, chance.random(), renew))
        _told(mistakes)

    lazy = explore(story, Jwt(), Distributed(), seeds=range(1), find=lambda shop: renewals(shop) == 0)
    if lazy:
        return keep_working("lazy")
    found = explore(story, Jwt(), Distributed(), seeds=range(40), find=signed_out)
    if found:
        return keep_working("signed-out", found=len(found.found), tried=len(found.tried), seed=found.found[0])
    return correct("correct", tried=len(found.tried))


def renewals(shop: Deployment) -> int:
    """How many refresh tokens were traded."""
    return sum(hop.request.path == "/auth/refresh" and hop.status == 200 for hop in shop.trace)


async def _locked(tab: Any, lock: Any) -> None:
    async with lock:
        await tab.refresh()


async def _unlocked(tab: Any, lock: Any) -> None:
    await tab.refresh()


async def _lock_let_go(tab: Any, lock: Any) -> None:
    async with lock:
        pass
    await tab.refresh()


async def _nothing(tab: Any, lock: Any) -> None:
    pass


async def _at_once(keys: KeyRing, new: SigningKey, sleep: Sleep) -> None:
    keys.rotate(new)


EXERCISES = (
    Exercise(
        "14-1",
        judge_alone,
        solution=lambda: Jwt(jwks_ttl=900),
        wrong=(
            Jwt,
            lambda: Jwt(lifetime=3600),
            lambda: Jwt(jwks_ttl=3600, lifetime=3600),
            lambda: Jwt(jwks_ttl=900, lifetime=300),
            lambda: 900,
        ),
    ),
    Exercise("14-2", judge_role, solution=lambda: 300, wrong=(lambda: 0, lambda: 900, lambda: 600, lambda: "300 s")),
    Exercise(
        "14-3",
        judge_rotation,
        solution=lambda: rotate(7200, 900),
        wrong=(
            lambda: _at_once,
            lambda: rotate(300, 900),
            lambda: rotate(7200, 0),
            lambda: rotate(7200, None),
            lambda: rotate(7200, None, sign=False),
        ),
    ),
    Exercise(
        "14-4",
        judge_tabs,
        solution=lambda: _locked,
        wrong=(lambda: _unlocked, lambda: _lock_let_go, lambda: _nothing, lambda: 40),
    ),
)
