"""Exercises of lesson 03, SSO behind an API gateway: windows, questions, a monitor and a cache."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from authpatterns import Deployment, Distributed, Person, Principal, Request, SsoGateway, Trace, faults
from authpatterns.labs.attacks.surgery import inside, replace
from authpatterns.notebook.exercises import Exercise, Verdict, almost, correct, keep_working

# --- 03-1: an outage survived, and a small window

OUTAGE = 3
MOST = 5


def judge_settings(answer: Any) -> Verdict:
    """Stop the provider, and, in another shop, sign out."""
    if not isinstance(answer, SsoGateway):
        return keep_working("kind", wanted="SsoGateway(...)", given=type(answer).__name__)
    working = minutes_without_idp(answer)
    if working < OUTAGE:
        return keep_working("outage", minutes=working, wanted=OUTAGE)
    stolen = minutes_after_sign_out(answer)
    if stolen > MOST:
        return almost("stolen", minutes=stolen, most=MOST)
    return correct("correct", working=working, stolen=stolen)


def minutes_without_idp(authn: SsoGateway) -> int:
    """For how many minutes Alice can go on while the provider is down, an hour at most."""
    shop, alice = _signed_in(authn)
    with shop.rule(faults.Outage("idp")):
        return _minutes(shop, lambda: alice.get("/orders/1").status == 200)


def minutes_after_sign_out(authn: SsoGateway) -> int:
    """For how many minutes a copy of Alice's request works once she has signed out, an hour at most."""
    shop, alice = _signed_in(authn)
    alice.sign_out()
    return _minutes(shop, lambda: shop.visitor("mallory").send(alice.last_request).status == 200)


def _minutes(shop: Deployment, works: Callable[[], bool]) -> int:
    for minute in range(60):
        if not works():
            return minute
        shop.clock.advance(minutes=1)
    return 60


def _signed_in(authn: SsoGateway) -> tuple[Deployment, Person]:
    shop = Deployment(authn, Distributed(), seed=5)
    alice = shop.user("alice")
    alice.sign_in()
    alice.get("/orders/1")
    return shop, alice


# --- 03-2: how often the gateway asks

READINGS = 10


def judge_questions(answer: Any) -> Verdict:
    """Let Alice read once a minute, under both settings, and count."""
    if not isinstance(answer, tuple) or len(answer) != 2 or not all(type(number) is int for number in answer):
        return keep_working("kind", wanted="(int, int)", given=type(answer).__name__)
    asks, checks = questions(SsoGateway(verify="introspection")), questions(SsoGateway(verify="jwks"))
    if answer[0] != asks:
        return keep_working("introspection", answer=answer[0])
    if answer[1] == checks:
        return correct("correct", asks=asks, checks=checks)
    return keep_working("every-time") if answer[1] >= READINGS else almost("stale", answer=answer[1])


def questions(authn: SsoGateway) -> int:
    """How often the gateway turns to the provider for ten readings."""
    shop, alice = _signed_in(authn)
    before = len(shop.trace.between("gateway", "idp"))
    for _ in range(READINGS):
        shop.clock.advance(minutes=1)
        alice.get("/orders/1")
    return len(shop.trace.between("gateway", "idp")) - before


# --- 03-3: a monitor that finds who got round the gateway


def judge_monitor(answer: Any) -> Verdict:
    """A quiet shop, and one in which Mallory sends requests straight to microservices."""
    if not callable(answer):
        return keep_working("kind", wanted="def answer(trace): ...", given=type(answer).__name__)
    quiet, around = _tracked(), _tracked()
    mallory = around.visitor("mallory").browser
    for name, path in (("orders", "/orders/1"), ("shipping", "/shipments/1")):
        around.run(mallory.call(name, Request.get(path)))
    for shop in (quiet, around):
        verdict = _alarms(shop.trace, answer(shop.trace))
        if verdict is not None:
            return verdict
    return correct("correct", count=len(bypasses(around.trace)))


def _alarms(trace: Trace, given: Any) -> Verdict | None:
    if not isinstance(given, set | frozenset):
        return keep_working("not-a-set", given=type(given).__name__)
    wanted = bypasses(trace)
    wrong = [f"{hop.source} -> {hop.target}" for hop in trace.hops if hop.id in given - wanted]
    if given - wanted:
        return keep_working("false-alarm", steps=", ".join(dict.fromkeys(wrong)) or "–")
    return keep_working("missed", count=len(wanted - given)) if wanted - given else None


def bypasses(trace: Trace) -> set[int]:
    """The ids of requests that reached a microservice neither from the gateway nor from another microservice."""
    kind = {name: party.kind for name, party in trace.parties.items()}
    inner = ("gateway", "service")
    return {hop.id for hop in trace.hops if kind[hop.target] == "service" and kind[hop.source] not in inner}


def _tracked() -> Deployment:
    """Alice has had her parcel tracked, so one microservice has asked another."""
    shop, alice = _signed_in(SsoGateway())
    alice.get("/orders/1/tracking")
    return shop


def _not_from_gateway(trace: Trace) -> set[int]:
    kind = {name: party.kind for name, party in trace.parties.items()}
    return {hop.id for hop in trace.hops if kind[hop.target] == "service" and hop.source != "gateway"}


def _from_browsers(trace: Trace) -> set[int]:
    return {hop.id for hop in trace.hops if trace.parties[hop.source].kind == "browser"}


# --- 03-4: keep good answers for a while

KEEP = 30

Ask = Callable[[str], Awaitable[Principal]]
Now = Callable[[], float]
Cache = Callable[[Ask, Now, int], Ask]


def judge_cache(answer: Any) -> Verdict:
    """Put the reader's function between the gateway and the provider, and try to get something out of it."""
    if not callable(answer):
        return keep_working("kind", wanted="def answer(ask, now, seconds): ...", given=type(answer).__name__)
    shop, alice = _cached(answer)
    before = _asked(shop)
    statuses = [alice.get("/orders/1").status for _ in range(READINGS)]
    count = _asked(shop) - before
    if set(statuses) != {200}:
        return keep_working("broken", status=next(status for status in statuses if status != 200))
    bob = shop.user("bob")
    bob.sign_in()
    if bob.get("/orders/2").status != 200:
        return keep_working("mixed")
    for _ in range(2):
        junk = shop.visitor("mallory").get("/orders/1", {"authorization": "Bearer abc"}).status
        if junk != 401:
            return keep_working("unknown", status=junk)
    if count > 1:
        return keep_working("asks", count=count)
    return _judge_time(answer) or correct("correct", count=count, seconds=KEEP)


def _judge_time(answer: Cache) -> Verdict | None:
    shop, alice = _cached(answer)
    alice.get("/orders/1")
    alice.sign_out()
    shop.clock.advance(seconds=KEEP)
    if shop.visitor("mallory").send(alice.last_request).status == 200:
        return keep_working("forever", seconds=KEEP)
    shop, alice = _cached(answer)
    alice.get("/orders/1")
    alice.sign_out()
    for _ in range(2 * KEEP // 10):
        shop.clock.advance(seconds=10)
        last = shop.visitor("mallory").send(alice.last_request).status
    return almost("extended", seconds=KEEP) if last == 200 else None


def _cached(answer: Cache) -> tuple[Deployment, Person]:
    """A shop whose gateway asks by way of the reader's function."""
    shop = Deployment(SsoGateway(), Distributed(), seed=5)
    verifier = inside(shop.node("gateway"), "verifier")
    replace(verifier, "principal", answer(verifier.principal, lambda: shop.clock.now, KEEP))
    alice = shop.user("alice")
    alice.sign_in()
    alice.get("/orders/1")
    return shop, alice


def _asked(shop: Deployment) -> int:
    return sum(hop.request.path == "/introspect" for hop in shop.trace.between("gateway", "idp"))


def keep_by(key: Callable[[str], str] = lambda token: token, *, forever: bool = False, extend: bool = False) -> Cache:
    """A cache for 03-4: a right one, or one with a mistake."""

    def answer(ask: Ask, now: Now, seconds: int) -> Ask:
        kept: dict[str, tuple[float, Principal]] = {}

        async def principal(token: str) -> Principal:
            name = key(token)
            if name not in kept or (not forever and now() >= kept[name][0]):
                kept[name] = now() + seconds, await ask(token)
            elif extend:
                kept[name] = now() + seconds, kept[name][1]
            return kept[name][1]

        return principal

    return answer


def _no_cache(ask: Ask, _now: Now, _seconds: int) -> Ask:
    return ask


EXERCISES = (
    Exercise(
        "03-1",
        judge_settings,
        solution=lambda: SsoGateway(verify="jwks", lifetime=300),
        wrong=(
            SsoGateway,
            lambda: SsoGateway(verify="jwks"),
            lambda: SsoGateway(lifetime=300),
            lambda: SsoGateway(verify="jwks", lifetime=60),
            lambda: "jwks",
        ),
    ),
    Exercise(
        "03-2",
        judge_questions,
        solution=lambda: (10, 2),
        wrong=(lambda: (10, 0), lambda: (10, 10), lambda: (1, 2), lambda: (10, 1), lambda: 10),
    ),
    Exercise(
        "03-3",
        judge_monitor,
        solution=lambda: bypasses,
        wrong=(
            lambda: _not_from_gateway,
            lambda: _from_browsers,
            lambda: lambda _trace: set(),
            lambda: lambda trace: sorted(bypasses(trace)),
            lambda: {1},
        ),
    ),
    Exercise(
        "03-4",
        judge_cache,
        solution=keep_by,
        wrong=(
            lambda: _no_cache,
            lambda: keep_by(lambda _token: ""),
            lambda: keep_by(forever=True),
            lambda: keep_by(extend=True),
            lambda: lambda _ask, _now, _seconds: None,
            lambda: 30,
        ),
    ),
)
