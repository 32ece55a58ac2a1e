"""Exercises of lesson 15: calls, queues and how many workers they need."""

from __future__ import annotations

import math
from typing import Any

from authpatterns import Distributed, Jwt, JwtGateway
from authpatterns.labs.capacity import Part, counter, limits, model, simulate
from authpatterns.labs.measured import measured
from authpatterns.labs.requirements import MEASURES
from authpatterns.labs.table import shown
from authpatterns.notebook.exercises import Exercise, Verdict, almost, correct, keep_working

# --- 15-1: predict calls


def judge_calls(answer: Any) -> Verdict:
    """Look up what was measured for session and centralized."""
    if not isinstance(answer, int) or isinstance(answer, bool):
        return keep_working("kind", wanted="int", given=type(answer).__name__)
    calls = measured("tradeoffs").where(authn="session", authz="centralized").rows[0]["calls_per_1000_of"]
    store, pdp = round(calls["session-store"]), round(calls["pdp"])
    if answer == store + pdp:
        return correct("correct", store=store, pdp=pdp)
    if answer in (store, pdp):
        return almost("one", answer=answer)
    return keep_working("once" if answer == 2000 else "count", answer=answer)


# --- 15-2: the smallest number of workers


def judge_workers(answer: Any) -> Verdict:
    """Build the decision point with so many workers, and see which part saturates first."""
    if not isinstance(answer, int) or isinstance(answer, bool) or answer < 1:
        return keep_working("kind", wanted="int", given=type(answer).__name__)
    first = _first(answer)
    if first.part == "pdp":
        return keep_working("still", answer=answer, rate=round(first.rate))
    if answer > 1 and _first(answer - 1).part != "pdp":
        return almost("fewer", answer=answer)
    return correct("correct", answer=answer, part=first.part)


def _first(workers: int) -> Any:
    return limits(model("jwt", "centralized", {"pdp": Part(0.001, workers)}))[0]


# --- 15-3: a formula, tried on queues

CASES = ((300.0, 1.25, 0.004, 0.6), (900.0, 1.0, 0.002, 0.8), (120.0, 2.5, 0.010, 0.5), (2000.0, 0.1, 0.003, 0.7))
CLICKS = 4_000
TOLERANCE = 1.05
"""A queue of so few clicks is busy for a little more or less than theory says."""


def judge_formula(answer: Any) -> Verdict:
    """Run a queue with the number of workers that the formula gives."""
    if not callable(answer):
        return keep_working("kind", wanted="def answer(rate, calls, seconds, busy): ...", given=type(answer).__name__)
    for case in CASES:
        verdict = _tried(answer(*case), *case)
        if verdict is not None:
            return verdict
    return correct("correct", cases=len(CASES))


def _tried(workers: Any, rate: float, calls: float, seconds: float, busy: float) -> Verdict | None:
    if not isinstance(workers, int) or isinstance(workers, bool) or workers < 1:
        return keep_working("number", given=repr(workers)[:40])
    arriving = rate * calls
    seen = simulate(counter(Part(seconds, min(workers, 1000))), arriving, CLICKS).busy["counter"]
    told = {"workers": workers, "seen": f"{seen:.2f}", "busy": f"{busy:.2f}"}
    if seen > busy * TOLERANCE:
        return keep_working("busy", **told)
    if workers > 1 and arriving * seconds / (workers - 1) <= busy:
        return almost("wasteful", **told)
    return None


# --- 15-4: two numbers at once

MOST_CALLS, LONGEST = 700, 60


def judge_gateway(answer: Any) -> Verdict:
    """Measure calls to the centre, and the seconds until a sign-out bites."""
    if not isinstance(answer, JwtGateway):
        return keep_working("kind", wanted="JwtGateway(...)", given=type(answer).__name__)
    calls, window = (MEASURES[name](answer, Distributed()) for name in ("calls", "revocation"))
    told = {"calls": shown(calls), "window": shown(window)}
    match calls <= MOST_CALLS, window <= LONGEST:
        case True, True:
            return correct("correct", **told)
        case True, False:
            return almost("window", **told)
        case False, True:
            return keep_working("calls", **told)
        case _:
            return keep_working("both", **told)


EXERCISES = (
    Exercise(
        "15-1", judge_calls, solution=lambda: 2500, wrong=(lambda: 1250, lambda: 2000, lambda: 3000, lambda: "2500")
    ),
    Exercise("15-2", judge_workers, solution=lambda: 5, wrong=(lambda: 4, lambda: 8, lambda: 0, lambda: 4.5)),
    Exercise(
        "15-3",
        judge_formula,
        solution=lambda: lambda rate, calls, seconds, busy: math.ceil(rate * calls * seconds / busy),
        wrong=(
            lambda: lambda rate, calls, seconds, _busy: math.ceil(rate * calls * seconds),
            lambda: lambda rate, calls, seconds, busy: math.ceil(rate * calls * seconds / busy) + 3,
            lambda: lambda rate, calls, seconds, busy: rate * calls * seconds / busy,
            lambda: 3,
        ),
    ),
    Exercise(
        "15-4",
        judge_gateway,
        solution=lambda: JwtGateway(cache=60),
        wrong=(
            JwtGateway,
            lambda: JwtGateway(cache=30),
            lambda: JwtGateway(cache=600, inner_lifetime=600),
            lambda: Jwt(lifetime=60),
        ),
    ),
)
