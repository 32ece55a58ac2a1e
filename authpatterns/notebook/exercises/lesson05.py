"""Exercises of lesson 05, the JWT pattern."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from authpatterns import Deployment, Distributed, Jwt, Refused, Request, Response, tokens
from authpatterns.node import Handler, Middleware
from authpatterns.notebook.exercises import Exercise, Verdict, almost, correct, keep_working
from authpatterns.pattern import Pattern
from authpatterns.service import Service

LONGEST = 300
SHORTEST = 120
STEP = 15
PATIENCE = 7200

# --- 05-1: how long a stolen token lives after the sign-out


def judge_lifetime(answer: Any) -> Verdict:
    """Sign out, and count the seconds until a copy of the token is refused."""
    if not isinstance(answer, Jwt):
        return keep_working("kind", wanted="Jwt(...)", given=type(answer).__name__)
    shop = Deployment(answer, Distributed(), seed=5)
    seconds = seconds_after_sign_out(shop)
    if shop.trace.between("orders", "denylist"):
        return keep_working("asks", count=len(shop.trace.between("orders", "denylist")))
    if seconds > LONGEST:
        return keep_working("window", seconds=seconds, longest=LONGEST)
    if seconds < SHORTEST:
        return almost("renewals", seconds=seconds, shortest=SHORTEST)
    return correct("correct", seconds=seconds)


def seconds_after_sign_out(shop: Deployment) -> int:
    """For how many seconds after Alice's sign-out a copy of her request is still answered, in steps of 15."""
    alice, mallory = shop.user("alice"), shop.visitor("mallory")
    alice.sign_in()
    alice.get("/orders/1")
    stolen = shop.trace.between("alice", "orders")[-1].request
    alice.sign_out()
    for seconds in range(0, PATIENCE, STEP):
        if mallory.send(stolen).status != 200:
            return seconds
        shop.clock.advance(seconds=STEP)
    return PATIENCE


# --- 05-2: how often a service asks for the keys


def judge_fetches(answer: Any) -> Verdict:
    """Let Alice ask once a minute, and count what the service asks the auth service."""
    if not isinstance(answer, int) or isinstance(answer, bool):
        return keep_working("kind", wanted="int", given=type(answer).__name__)
    requests, fetches = eleven_minutes()
    if answer == fetches:
        return correct("correct", requests=requests, fetches=fetches)
    if answer >= requests:
        return keep_working("every-request", answer=answer)
    return almost("expires", answer=answer) if answer == 1 else keep_working("count", answer=answer)


def eleven_minutes() -> tuple[int, int]:
    """Requests to the service, and fetches of the keys, when a key set is kept for five minutes."""
    shop = Deployment(Jwt(jwks_ttl=300), Distributed(), seed=5)
    alice = shop.user("alice")
    alice.sign_in()
    for _ in range(11):
        alice.get("/orders/1")
        shop.clock.advance(minutes=1)
    return len(shop.trace.between("alice", "orders")), len(shop.trace.between("orders", "auth"))


# --- 05-3: build a layer that knows which sign-ins have ended


class OneMore(Pattern):
    """One more layer at every microservice."""

    def __init__(self, layer: Middleware) -> None:
        self.layer = layer

    def at_service(self, service: Service) -> Sequence[Middleware]:
        """The layer."""
        return [self.layer]


def judge_layer(answer: Any) -> Verdict:
    """Two devices and a second person; one sign-in ends. Who still gets through?"""
    if not callable(answer):
        return keep_working("kind", wanted="def answer(ended): ...", given=type(answer).__name__)
    ended: set[str] = set()
    shop = Deployment(Jwt(), Distributed(), OneMore(answer(ended)), seed=5)
    laptop, phone, bob = shop.user("alice"), shop.user("alice", "phone"), shop.user("bob")
    for person in (laptop, phone, bob):
        person.sign_in()
    if not laptop.get("/orders/1").ok or not bob.get("/orders/2").ok:
        return keep_working("too-strict")
    ended.add(sign_in_of(shop))
    after = {"laptop": laptop.get("/orders/1"), "phone": phone.get("/orders/1"), "bob": bob.get("/orders/2")}
    return _after_the_end({device: response.status for device, response in after.items()})


def sign_in_of(shop: Deployment) -> str:
    """The id of the sign-in from which Alice's first browser has its token."""
    claims = tokens.read_unverified(shop.browser("alice").storage("local")["access_token"]).payload
    return str(Response(200, claims.decode()).json()["sid"])


def _after_the_end(status: dict[str, int]) -> Verdict:
    if status["laptop"] == 200:
        return keep_working("still-alive")
    if status["bob"] != 200:
        return keep_working("everybody", status=status["bob"])
    if status["phone"] != 200:
        return almost("other-device", status=status["phone"])
    return correct() if status["laptop"] == 401 else almost("status", status=status["laptop"])


# --- 05-4: when the theft of a refresh token comes out


def judge_theft(answer: Any) -> Verdict:
    """Let a thief renew after five minutes and Alice every ten, and see when the auth service notices."""
    if not isinstance(answer, int) or isinstance(answer, bool):
        return keep_working("kind", wanted="int", given=type(answer).__name__)
    minute = minute_of_discovery()
    if answer == minute:
        return correct("correct", minutes=minute)
    return almost("first-use") if answer == 5 else keep_working("count", answer=answer)


def minute_of_discovery() -> int:
    """In which minute the auth service notes that a refresh token has been used a second time."""
    shop = Deployment(Jwt(), Distributed(), seed=5)
    alice, mallory = shop.user("alice"), shop.visitor("mallory")
    alice.sign_in()
    stolen = Request.post("/auth/refresh", form={"refresh_token": alice.browser.storage("local")["refresh_token"]})
    for minute in range(1, 60):
        shop.clock.advance(minutes=1)
        if minute == 5:
            mallory.send(stolen)
        if minute % 10 == 0:
            alice.refresh()
        if any(note.code == "refresh.replayed" for note in shop.trace.notes):
            return minute
    return 60


def refuse_if(ended_one: Callable[[Request, set[str]], bool], refusal: Refused) -> Callable[[set[str]], Middleware]:
    """An answer to 05-3: a layer that refuses where `ended_one(request, ended)` holds."""

    def answer(ended: set[str]) -> Middleware:
        async def layer(request: Request, proceed: Handler) -> Response:
            if ended_one(request, ended):
                raise refusal
            return await proceed(request)

        return layer

    return answer


def _session_ended(request: Request, ended: set[str]) -> bool:
    return request.principal is not None and request.principal.session in ended


def _alice(request: Request, ended: set[str]) -> bool:
    return bool(ended) and request.principal is not None and request.principal.subject == "alice"


REVOKED = Refused("token.revoked")

EXERCISES = (
    Exercise(
        "05-1",
        judge_lifetime,
        solution=lambda: Jwt(lifetime=300),
        wrong=(
            Jwt,
            lambda: Jwt(lifetime=30),
            lambda: Jwt(denylist=True),
            lambda: Jwt(lifetime=600, keep="cookie"),
            lambda: 300,
        ),
    ),
    Exercise("05-2", judge_fetches, solution=lambda: 3, wrong=(lambda: 1, lambda: 11, lambda: 2, lambda: "3")),
    Exercise(
        "05-3",
        judge_layer,
        solution=lambda: refuse_if(_session_ended, REVOKED),
        wrong=(
            lambda: refuse_if(lambda _request, _ended: False, REVOKED),
            lambda: refuse_if(lambda _request, _ended: True, REVOKED),
            lambda: refuse_if(lambda _request, ended: bool(ended), REVOKED),
            lambda: refuse_if(_alice, REVOKED),
            lambda: refuse_if(_session_ended, Refused("token.revoked", status=403)),
            lambda: lambda _ended: None,
        ),
    ),
    Exercise("05-4", judge_theft, solution=lambda: 10, wrong=(lambda: 5, lambda: 15, lambda: 0, lambda: None)),
)
