"""Exercises of lesson 17: choose an architecture for three companies, whose requirements are measured."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from authpatterns import (
    Centralized,
    Delegated,
    Deployment,
    Distributed,
    Hybrid,
    Jwt,
    JwtGateway,
    Session,
    Sso,
    words,
)
from authpatterns.labs.requirements import HAYATE, KITSUNE, MEASURES, MIYAKO, Company, Requirement, assess
from authpatterns.labs.table import Table, shown
from authpatterns.notebook.exercises import Exercise, Verdict, almost, correct, keep_working

# --- 17-1 to 17-3: meet what a company requires


def judge_choice(company: Company, answer: Any, given: tuple[str, str] = ("", "")) -> Verdict:
    """Measure all requirements of `company`; a combination that the lesson has `given` does not count."""
    if not isinstance(answer, Deployment):
        return keep_working("kind", wanted="Deployment(..., ...)", given=type(answer).__name__)
    names = answer.authn.name, answer.authz.name
    if names == given:
        return keep_working("given")
    table = _assessed(company, answer)
    missed = [row for row in table if not row["met"]]
    if not missed:
        return correct("correct", authn=names[0], authz=names[1])
    worst = missed[0]
    state = almost if len(missed) == 1 else keep_working
    said = {"requirement": words.say(f"lab.value.{worst['requirement']}"), "wanted": worst["wanted"]}
    return state("misses", count=len(missed), measured=shown(worst["measured"]), **said)


_known: dict[tuple[str, str, str], Table] = {}


def _assessed(company: Company, answer: Deployment) -> Table:
    """The measured requirements; what was measured before for equal patterns is the same."""
    key = company.name, repr(answer.authn), repr(answer.authz)
    if key not in _known:
        _known[key] = assess(company, answer.authn, answer.authz)  # type: ignore[arg-type]  # the judge takes any pattern
    return _known[key]


# --- 17-4: a requirement that tells two candidates apart


def judge_requirement(answer: Any) -> Verdict:
    """Measure it for both candidates."""
    if not isinstance(answer, Requirement):
        return keep_working("kind", wanted="Requirement(...)", given=type(answer).__name__)
    first, second = (MEASURES[answer.name](authn, Hybrid()) for authn in (Session(), JwtGateway()))
    seen = {"first": shown(first), "second": shown(second)}
    match answer.met_by(first), answer.met_by(second):
        case True, False:
            return correct("correct", **seen)
        case True, True:
            return keep_working("both", **seen)
        case False, False:
            return keep_working("neither", **seen)
        case _:
            return almost("reversed", **seen)


def _of(authn: Any, authz: Any) -> Callable[[], Deployment]:
    return lambda: Deployment(authn, authz)


EXERCISES = (
    Exercise(
        "17-1",
        partial(judge_choice, KITSUNE, given=("session", "distributed")),
        solution=_of(Sso(), Distributed()),
        wrong=(
            _of(Session(), Distributed()),
            _of(Jwt(), Distributed()),
            _of(JwtGateway(), Distributed()),
            _of(Session(), Centralized()),
            Session,
        ),
    ),
    Exercise(
        "17-2",
        partial(judge_choice, MIYAKO),
        solution=_of(Session(), Hybrid()),
        wrong=(
            _of(Jwt(lifetime=60), Centralized()),
            _of(JwtGateway(), Distributed()),
            _of(JwtGateway(), Delegated()),
            lambda: "hybrid",
        ),
    ),
    Exercise(
        "17-3",
        partial(judge_choice, HAYATE),
        solution=_of(Jwt(lifetime=300, jwks_ttl=900), Distributed()),
        wrong=(
            _of(Jwt(), Distributed()),
            _of(JwtGateway(), Distributed()),
            _of(Jwt(lifetime=300, jwks_ttl=60), Distributed()),
            lambda: (Jwt(lifetime=300), Distributed()),
        ),
    ),
    Exercise(
        "17-4",
        judge_requirement,
        solution=lambda: Requirement("readable", at_most=0),
        wrong=(
            lambda: Requirement("revocation", at_most=5),
            lambda: Requirement("parts", at_most=2),
            lambda: Requirement("readable", at_least=1),
            lambda: "readable",
        ),
    ),
)
