"""Exercises of lesson 12: any authentication with any authorization, and patterns of one's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from authpatterns import (
    Authentication,
    Centralized,
    Deployment,
    Distributed,
    Jwt,
    JwtGateway,
    Pattern,
    Refused,
    Request,
    Response,
    Service,
    Session,
)
from authpatterns.node import Handler, Middleware
from authpatterns.notebook.exercises import Exercise, Verdict, almost, correct, keep_working

MOST = 4
LIMIT = 3

# --- 12-1: a combination with two properties


def judge_combination(answer: Any) -> Verdict:
    """Track a parcel twice and count the second time; sign out and send a copy again."""
    if not isinstance(answer, Deployment):
        return keep_working("kind", wanted="Deployment(..., ...)", given=type(answer).__name__)
    shop = Deployment(answer.authn, answer.authz, seed=5)
    alice, mallory = shop.user("alice"), shop.visitor("mallory")
    requests = _tracking(shop)
    alice.sign_out()
    if mallory.send(alice.last_request).status == 200:
        return keep_working("alive")
    return correct("correct", requests=requests) if requests <= MOST else almost("requests", requests=requests)


def _tracking(shop: Deployment) -> int:
    """How many requests the second tracking takes."""
    alice = shop.user("alice")
    alice.sign_in()
    for _ in range(2):
        before = len(shop.trace)
        alice.get("/orders/1/tracking")
    return len(shop.trace) - before


# --- 12-2: predict


def judge_count(answer: Any) -> Verdict:
    """Count the requests of tracking under session and centralized."""
    if not isinstance(answer, int) or isinstance(answer, bool):
        return keep_working("kind", wanted="int", given=type(answer).__name__)
    shop = Deployment(Session(), Centralized(), seed=5)
    requests = _tracking(shop)
    last = shop.trace.last()
    store, pdp = (sum(hop.target == part for hop in last) for part in ("session-store", "pdp"))
    if answer == requests:
        return correct("correct", requests=requests, store=store, pdp=pdp)
    if answer == requests - store // 2 - pdp // 2:
        return almost("one-service", answer=answer)
    return keep_working("count", answer=answer)


# --- 12-3: a limit for each person at each service


def judge_limit(answer: Any) -> Verdict:
    """Let Alice use up her limit, then Bob and another service be asked."""
    if not callable(answer):
        return keep_working("kind", wanted="def answer(limit): ...", given=type(answer).__name__)
    limiting = answer(LIMIT)
    if not isinstance(limiting, Pattern):
        return keep_working("kind", wanted="Pattern", given=type(limiting).__name__)
    shop = Deployment(Jwt(), Distributed(), limiting, seed=5)
    alice, bob = shop.user("alice"), shop.user("bob")
    alice.sign_in()
    bob.sign_in()
    statuses = [alice.get("/orders/1").status for _ in range(LIMIT + 1)]
    served = statuses[:LIMIT].count(200)
    if served < LIMIT:
        return keep_working("too-few", limit=LIMIT, served=served)
    if statuses[LIMIT] == 200:
        return keep_working("too-many", limit=LIMIT)
    others = {"others": bob.get("/orders/2").status, "services": alice.get("/payments/1").status}
    for reason, status in others.items():
        if status != 200:
            return almost(reason, status=status)
    return correct("correct", limit=LIMIT) if statuses[LIMIT] == 429 else almost("status", status=statuses[LIMIT])


def limited(key: Callable[[Service, Request], Any], refusal: Refused, extra: int = 0) -> Callable[[int], Pattern]:
    """An answer to 12-3 that counts by `key(service, request)`."""

    class Limited(Pattern):
        def __init__(self, limit: int) -> None:
            self.limit, self.counts = limit + extra, dict[Any, int]()

        def at_service(self, service: Service) -> Sequence[Middleware]:
            async def limit(request: Request, proceed: Handler) -> Response:
                who = key(service, request)
                self.counts[who] = self.counts.get(who, 0) + 1
                if self.counts[who] > self.limit:
                    raise refusal
                return await proceed(request)

            return [limit]

    return Limited


def _person(request: Request) -> str:
    return request.principal.subject if request.principal else ""


TOO_MANY = Refused("request.too-many", status=429)


# --- 12-4: a layer outside of authentication and authorization


def judge_audit(answer: Any) -> Verdict:
    """Have five things happen, three of which are refused, and compare with the same shop without the log."""
    if not callable(answer):
        return keep_working("kind", wanted="def answer(log): ...", given=type(answer).__name__)
    log: list[Any] = []
    audited = answer(log)
    if not isinstance(audited, Authentication):
        return keep_working("kind", wanted="Jwt", given=type(audited).__name__)
    plain, seen = _visit(Jwt()), _visit(audited)
    changed = [status for status, wanted in zip(seen, plain, strict=True) if status != wanted]
    if changed:
        return keep_working("changed", status=changed[0])
    wanted = [("orders", 401), ("orders", 403), ("payments", 403)]
    if len(log) != len(wanted):
        return keep_working("missing" if len(log) < len(wanted) else "more", wanted=len(wanted), found=len(log))
    return correct("correct", wanted=len(wanted)) if log == wanted else almost("content", found=str(log)[:80])


def _visit(authn: Authentication) -> list[int]:
    shop = Deployment(authn, Distributed(), seed=5)
    alice = shop.user("alice")
    first = alice.get("/orders/1").status
    alice.sign_in()
    return [first, *(alice.get(path).status for path in ("/orders/1", "/orders/2", "/payments/1", "/payments/2"))]


def audited(
    entry: Callable[[Service, int], Any], *, outside: bool = True, again: bool = True, always: bool = False
) -> Callable[[list[Any]], Authentication]:
    """An answer to 12-4 that writes down `entry(service, status)`."""

    def answer(log: list[Any]) -> Authentication:
        class Audited(Jwt):
            def at_service(self, service: Service) -> Sequence[Middleware]:
                async def audit(request: Request, proceed: Handler) -> Response:
                    try:
                        served = await proceed(request)
                    except Refused as refusal:
                        log.append(entry(service, refusal.status))
                        if again:
                            raise
                        return Response(200)
                    if always:
                        log.append(entry(service, served.status))
                    return served

                inner = super().at_service(service)
                return [audit, *inner] if outside else [*inner, audit]

        return Audited()

    return answer


EXERCISES = (
    Exercise(
        "12-1",
        judge_combination,
        solution=lambda: Deployment(Session(), Distributed()),
        wrong=(
            lambda: Deployment(Jwt(), Distributed()),
            lambda: Deployment(JwtGateway(), Centralized()),
            lambda: Deployment(Session(), Centralized()),
            Session,
        ),
    ),
    Exercise("12-2", judge_count, solution=lambda: 6, wrong=(lambda: 4, lambda: 5, lambda: 2, lambda: "6")),
    Exercise(
        "12-3",
        judge_limit,
        solution=lambda: limited(lambda service, request: (service.name, _person(request)), TOO_MANY),
        wrong=(
            lambda: limited(lambda service, _request: service.name, TOO_MANY),
            lambda: limited(lambda _service, request: _person(request), TOO_MANY),
            lambda: limited(lambda service, request: (service.name, _person(request)), Refused("request.too-many")),
            lambda: limited(lambda service, request: (service.name, _person(request)), TOO_MANY, extra=1),
            lambda: limited(lambda service, request: (service.name, _person(request)), TOO_MANY, extra=-1),
            lambda: lambda _limit: None,
        ),
    ),
    Exercise(
        "12-4",
        judge_audit,
        solution=lambda: audited(lambda service, status: (service.name, status)),
        wrong=(
            lambda: audited(lambda service, status: (service.name, status), outside=False),
            lambda: audited(lambda service, status: (service.name, status), again=False),
            lambda: audited(lambda service, status: (service.name, status), always=True),
            lambda: audited(lambda service, status: (status, service.name)),
            lambda: lambda _log: Jwt(),
            lambda: Jwt,
        ),
    ),
)
