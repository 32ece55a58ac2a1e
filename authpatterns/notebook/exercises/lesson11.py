"""Exercises of lesson 11, the hybrid pattern."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from authpatterns import Deployment, Distributed, Hybrid, Jwt, faults
from authpatterns.authz.control_plane import CONTROL_PLANE
from authpatterns.authz.table import shop_policy
from authpatterns.labs.operations import withdrawal
from authpatterns.notebook.exercises import Exercise, Verdict, almost, correct, keep_working

SEED = 11

# --- 11-1: how often to pull, and for how long to believe

LATEST = 60
SURVIVED = 600
MOST = 20


def judge_settings(answer: Any) -> Verdict:
    """Measure all three."""
    if not isinstance(answer, Hybrid):
        return keep_working("kind", wanted="Hybrid(...)", given=type(answer).__name__)
    role = round(withdrawal(Jwt(), answer) or 0)
    if role > LATEST:
        return keep_working("role", seconds=role, latest=LATEST)
    pulls = pulls_in_ten_minutes(answer)
    if pulls > MOST:
        return keep_working("pulls", pulls=pulls, most=MOST)
    works = min(works_after(answer, seconds) for seconds in (0, max(0.0, answer.poll - 1)))
    if works < SURVIVED:
        return almost("outage", seconds=works, survived=SURVIVED)
    return correct("correct", role=role, pulls=pulls, works=works)


def pulls_in_ten_minutes(authz: Hybrid) -> int:
    """How many bundles `orders` pulls while Alice clicks every 5 seconds."""
    shop = Deployment(Jwt(lifetime=3600), authz, seed=SEED)
    alice = shop.user("alice")
    alice.sign_in()
    for _ in range(120):
        alice.get("/orders/1")
        shop.clock.advance(seconds=5)
    return len(shop.trace.between("orders", CONTROL_PLANE))


def works_after(authz: Hybrid, seconds: float) -> int:
    """For how many seconds Alice goes on when the centre goes down so many seconds after a pull, in steps of 10."""
    shop = Deployment(Jwt(lifetime=7200), authz, seed=SEED)
    alice = shop.user("alice")
    alice.sign_in()
    alice.get("/orders/1")
    shop.clock.advance(seconds=seconds)
    with shop.rule(faults.Outage(CONTROL_PLANE)):
        for passed in range(0, SURVIVED + 10, 10):
            if not alice.get("/orders/1").ok:
                return passed
            shop.clock.advance(seconds=10)
    return SURVIVED


# --- 11-2: through a partition


def judge_partition(answer: Any) -> Verdict:
    """Run it, and compare."""
    seen = through_partition()
    if not isinstance(answer, list | tuple) or len(answer) != len(seen):
        return keep_working("kind", wanted="[..., ..., ..., ...]", given=type(answer).__name__)
    wrong = [number for number, (said, was) in enumerate(zip(answer, seen, strict=True), 1) if said != was]
    if not wrong:
        return correct()
    return (almost if len(wrong) == 1 else keep_working)(f"look-{wrong[0]}", count=len(wrong))


def through_partition() -> list[int]:
    """What Alice gets after 20, 100 and 130 seconds of a partition, and 30 seconds after its end."""
    shop = Deployment(Jwt(), Hybrid(poll=30, max_age=120), seed=SEED)
    alice = shop.user("alice")
    alice.sign_in()
    alice.get("/orders/1")
    began, seen = shop.clock.now, []
    with shop.rule(faults.Partition("orders", CONTROL_PLANE)):
        shop.node(CONTROL_PLANE).publish({"language": "table", "rules": []})
        for moment in (20, 100, 130):
            shop.clock.advance(seconds=began + moment - shop.clock.now)
            seen.append(alice.get("/orders/1").status)
    shop.clock.advance(seconds=30)
    return [*seen, alice.get("/orders/1").status]


# --- 11-3: a rule as data


def judge_table_rule(answer: Any) -> Verdict:
    """Publish it, and let the staff try refunds."""
    if not isinstance(answer, dict):
        return keep_working("kind", wanted="{...}", given=type(answer).__name__)
    policy = shop_policy()
    policy["rules"] = [rule for rule in policy["rules"] if rule["action"] != "refund"] + [answer]
    shop = Deployment(Jwt(), Hybrid(policy=policy), seed=SEED)
    shop.node("payments").records["2"]["amount"] = 5001
    shop.node("payments").records["3"]["amount"] = 1200
    return _refunds(shop)


def _refunds(shop: Deployment) -> Verdict:
    carol, dave = _signed_in(shop, "carol"), _signed_in(shop, "dave")
    if carol.post("/payments/1/refund").ok:
        return keep_working("role")
    if dave.post("/payments/2/refund").ok:
        return almost("amount")
    if dave.post("/payments/3/refund").ok:
        return almost("tenant")
    shop.node("payments").records["1"]["amount"] = 5000
    if not dave.post("/payments/1/refund").ok:
        return keep_working("closed")
    return almost("status") if dave.post("/payments/1/refund").ok else correct()


def _signed_in(shop: Deployment, name: str) -> Any:
    person = shop.user(name)
    person.sign_in()
    return person


def refund_rule(*when: list[Any]) -> dict[str, Any]:
    """An answer to 11-3."""
    return {"name": "manager-refunds-small-payment", "resource": "payment", "action": "refund", "when": list(when)}


SHOP = ["same", "resource.tenant", "subject.tenant"]
MANAGER = ["has", "subject.roles", "manager"]
PAID = ["is", "resource.status", "paid"]
SMALL = ["at-most", "resource.amount", 5000]


# --- 11-4: which bundle to take


@dataclass(frozen=True)
class Offer:
    """A bundle as far as the decision about it needs it."""

    version: int
    issued: float
    digest: str


Takes = Callable[[Offer | None, Offer], bool]

KEPT = Offer(5, 1000.0, "a")
CASES: tuple[tuple[str, Offer | None, Offer, bool], ...] = (
    ("first", None, KEPT, True),
    ("newer", KEPT, Offer(6, 1030.0, "b"), True),
    ("renewed", KEPT, Offer(5, 1030.0, "a"), True),
    ("gap", KEPT, Offer(9, 1030.0, "b"), True),
    ("older-version", KEPT, Offer(4, 1030.0, "c"), False),
    ("older-version", KEPT, Offer(4, 990.0, "c"), False),
    ("older-signature", KEPT, Offer(5, 990.0, "a"), False),
    ("older-signature", KEPT, Offer(6, 990.0, "b"), False),
    ("other-content", KEPT, Offer(5, 1030.0, "z"), False),
)
"""Why the case is there, what is at hand, what is offered, and whether to take it."""


def judge_taking(answer: Any) -> Verdict:
    """Offer one bundle after the other."""
    if not callable(answer):
        return keep_working("kind", wanted="def answer(kept, offered): ...", given=type(answer).__name__)
    for why, kept, offered, right in CASES:
        if bool(answer(kept, offered)) != right:
            seen = {"kept": _told(kept), "offered": _told(offered)}
            return (keep_working if why in ("first", "newer", "older-version") else almost)(why, **seen)
    return correct("correct", count=len(CASES))


def _told(offer: Offer | None) -> str:
    return "-" if offer is None else f"version={offer.version} issued={offer.issued:g} digest={offer.digest}"


def _takes(kept: Offer | None, offered: Offer) -> bool:
    if kept is None:
        return True
    if offered.version < kept.version or offered.issued < kept.issued:
        return False
    return offered.version > kept.version or offered.digest == kept.digest


def _only_newer(kept: Offer | None, offered: Offer) -> bool:
    return kept is None or offered.version > kept.version


def _not_older(kept: Offer | None, offered: Offer) -> bool:
    return kept is None or offered.version >= kept.version


def _next_one(kept: Offer | None, offered: Offer) -> bool:
    return _takes(kept, offered) and (kept is None or offered.version <= kept.version + 1)


def _whatever_content(kept: Offer | None, offered: Offer) -> bool:
    return kept is None or (offered.version >= kept.version and offered.issued >= kept.issued)


EXERCISES = (
    Exercise(
        "11-1",
        judge_settings,
        solution=lambda: Hybrid(poll=60, max_age=720),
        wrong=(
            Hybrid,
            lambda: Hybrid(poll=5, max_age=900),
            lambda: Hybrid(poll=300, max_age=900),
            lambda: Hybrid(poll=60, max_age=600),
            Distributed,
        ),
    ),
    Exercise(
        "11-2",
        judge_partition,
        solution=lambda: [200, 200, 503, 403],
        wrong=(
            lambda: [403, 403, 403, 403],
            lambda: [200, 403, 503, 403],
            lambda: [200, 200, 200, 403],
            lambda: [200, 200, 503, 200],
            lambda: 503,
        ),
    ),
    Exercise(
        "11-3",
        judge_table_rule,
        solution=lambda: refund_rule(SHOP, MANAGER, PAID, SMALL),
        wrong=(
            lambda: refund_rule(SHOP, PAID, SMALL),
            lambda: refund_rule(SHOP, MANAGER, PAID),
            lambda: refund_rule(MANAGER, PAID, SMALL),
            lambda: refund_rule(SHOP, MANAGER, SMALL),
            lambda: refund_rule(SHOP, MANAGER, PAID, ["at-most", "resource.amount", 4999]),
            lambda: refund_rule(SHOP, MANAGER, PAID, ["below", "resource.amount", 5000]),
            lambda: [SHOP, MANAGER],
        ),
    ),
    Exercise(
        "11-4",
        judge_taking,
        solution=lambda: _takes,
        wrong=(
            lambda: lambda _kept, _offered: True,
            lambda: _only_newer,
            lambda: _not_older,
            lambda: _next_one,
            lambda: _whatever_content,
            lambda: lambda kept, offered: offered.version > kept.version,
        ),
    ),
)
