"""Exercises of lesson 06, JWT with an API gateway."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from authpatterns import Deployment, Distributed, Jwt, JwtGateway, Request, Response, tokens
from authpatterns.authn.carry import bearer_token
from authpatterns.authn.jwt_gateway import INTROSPECTION, Introspector
from authpatterns.gateway import Gateway
from authpatterns.labs.attacks import replay
from authpatterns.messages import below
from authpatterns.node import Handler, Middleware
from authpatterns.notebook.exercises import Exercise, Verdict, almost, correct, keep_working
from authpatterns.trace import Trace

LONGEST, MOST = 10, 10
MINUTE = 60
IS_JWT = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")

# --- 06-1: a window of ten seconds, and few questions


def judge_cache(answer: Any) -> Verdict:
    """Sign out and see for how long a copy works; then count the questions of a busy minute."""
    if not isinstance(answer, JwtGateway):
        return keep_working("kind", wanted="JwtGateway(...)", given=type(answer).__name__)
    seconds = seconds_after_sign_out(answer)
    if seconds > LONGEST:
        return keep_working("window", seconds=seconds, longest=LONGEST)
    count = questions(busy(answer, MINUTE))
    if count > MOST:
        return almost("asks", count=count, most=MOST)
    return correct("correct", seconds=seconds, count=count)


def seconds_after_sign_out(pattern: JwtGateway) -> int:
    """For how many seconds after Alice's sign-out a copy of her request is still answered."""
    shop = Deployment(pattern, Distributed(), seed=6)
    alice, mallory = shop.user("alice"), shop.visitor("mallory")
    alice.sign_in()
    alice.get("/orders/1")
    alice.sign_out()
    for seconds in range(2 * MINUTE):
        if not mallory.send(alice.last_request).ok:
            return seconds
        shop.clock.advance(seconds=1)
    return 2 * MINUTE


def busy(pattern: JwtGateway, seconds: int) -> Deployment:
    """A shop in which Alice has clicked once a second."""
    shop = Deployment(pattern, Distributed(), seed=6)
    alice = shop.user("alice")
    alice.sign_in()
    for _ in range(seconds):
        alice.get("/orders/1")
        shop.clock.advance(seconds=1)
    return shop


def questions(shop: Deployment) -> int:
    """How often the gateway has asked what a token stands for."""
    return len([hop for hop in shop.trace.between("gateway", "auth") if hop.request.path == INTROSPECTION])


# --- 06-2: who has seen a JWT


def judge_witnesses(answer: Any) -> Verdict:
    """Track a parcel once, and see whom a JWT has reached."""
    if not isinstance(answer, set | frozenset | list | tuple) or not answer:
        return keep_working("kind", wanted='{"...", "..."}', given=type(answer).__name__)
    shop = Deployment(JwtGateway(), Distributed(), seed=6)
    alice = shop.user("alice")
    alice.sign_in()
    alice.get("/orders/1/tracking")
    names, seen = {str(name) for name in answer}, set(witnesses(shop.trace, shop.network.nodes))
    unknown = sorted(names - set(shop.network.nodes))
    if unknown:
        return keep_working("unknown", names=", ".join(unknown))
    if names - seen:
        return keep_working("not-seen", names=", ".join(sorted(names - seen)))
    if seen - names:
        return almost("missing", count=len(seen - names))
    return correct("correct", names=", ".join(sorted(seen)))


def witnesses(trace: Trace, names: Iterable[str]) -> list[str]:
    """Those of `names` that have sent or received a JWT, in whatever part of a message."""
    return [name for name in names if any(IS_JWT.search(text) for text in texts(trace, name))]


def texts(trace: Trace, name: str) -> Iterator[str]:
    """Headers and body of each message that node `name` has sent or received."""
    for hop in trace:
        if name in (hop.source, hop.target):
            for message in (hop.request, hop.response):
                if message is not None:
                    yield f"{message.body} {list(message.headers)}"


# --- 06-3: a watchman


def judge_watchman(answer: Any) -> Verdict:
    """Show it shops with and without a JWT outside."""
    if not callable(answer):
        return keep_working("kind", wanted="def answer(trace): ...", given=type(answer).__name__)
    if answer(visit(JwtGateway(), "alice")) or answer(visit(JwtGateway(keep="cookie"), "bob")):
        return keep_working("false-alarm")
    if not answer(visit(Jwt(), "alice")):
        return keep_working("silent")
    if not answer(visit(Jwt(), "bob")):
        return almost("by-name")
    return correct() if answer(replay("GW-08", "jwt-gateway", "weakened").trace) else almost("hidden")


def visit(pattern: Jwt | JwtGateway, name: str) -> Trace:
    """Somebody signs in and reads something."""
    shop = Deployment(pattern, Distributed(), seed=6)
    person = shop.user(name)
    person.sign_in()
    person.get("/orders/1")
    return shop.trace


def watchman(names: Callable[[Trace], Iterable[str]]) -> Callable[[Trace], bool]:
    """An answer to 06-3 that looks at what these nodes have seen."""
    return lambda trace: bool(witnesses(trace, names(trace)))


def browsers(trace: Trace) -> list[str]:
    """The names of the browsers."""
    return [name for name, party in trace.parties.items() if party.kind == "browser"]


# --- 06-4: the gateway's memory


Ask = Callable[[str], Awaitable[tuple[float, str]]]
Memory = Callable[[Ask, Callable[[], float]], Callable[[str], Awaitable[str]]]


@dataclass(frozen=True)
class Remembering(JwtGateway):
    """The pattern with a reader's own memory at the gateway."""

    memory: Any = None

    def at_gateway(self, gateway: Gateway) -> Sequence[Middleware]:
        """Trade by way of the memory."""
        gateway.upstreams["/auth"] = "auth"
        introspector = Introspector(gateway, 0)

        async def ask(opaque: str) -> tuple[float, str]:
            jwt = await introspector.jwt(opaque)
            claims = Response(200, tokens.read_unverified(jwt).payload.decode()).json()
            return claims["exp"], jwt

        remember = self.memory(ask, lambda: gateway.now)

        async def trade(request: Request, proceed: Handler) -> Response:
            if below(request.path, "/auth"):
                return await proceed(request)
            jwt = await remember(bearer_token(request))
            return await proceed(request.with_header("authorization", f"Bearer {jwt}"))

        return [trade]


def judge_memory(answer: Any) -> Verdict:
    """Two people, ten quick clicks, a sign-out, and JWTs that live for twenty seconds."""
    if not callable(answer):
        return keep_working("kind", wanted="def answer(ask, now): ...", given=type(answer).__name__)
    shop = Deployment(Remembering(memory=answer), Distributed(), seed=6)
    alice, bob = shop.user("alice"), shop.user("bob")
    alice.sign_in()
    bob.sign_in()
    first = alice.get("/orders/1")
    if not first.ok:
        return keep_working("refused", status=first.status)
    if not bob.get("/orders/2").ok:
        return keep_working("mixed")
    count = questions(busy(Remembering(memory=answer), 10))
    if count > 1:
        return keep_working("asks", count=count)
    return _forgets(answer)


def _forgets(answer: Any) -> Verdict:
    if seconds_after_sign_out(Remembering(memory=answer, inner_lifetime=600)) > 31:
        return keep_working("too-long")
    shop = busy(Remembering(memory=answer, inner_lifetime=20), 0)
    alice = shop.user("alice")
    alice.get("/orders/1")
    shop.clock.advance(seconds=21)
    later = alice.get("/orders/1")
    return correct() if later.ok else almost("beyond-expiry", status=later.status)


def memory(until: Callable[[float, float], float], key: Callable[[str], str] = str) -> Memory:
    """An answer to 06-4: remember under `key(opaque)` as long as `until(now, expires)`."""

    def answer(ask: Ask, now: Callable[[], float]) -> Callable[[str], Awaitable[str]]:
        known: dict[str, tuple[float, str]] = {}

        async def jwt(opaque: str) -> str:
            end, token = known.get(key(opaque), (0.0, ""))
            if now() < end:
                return token
            expires, token = await ask(opaque)
            known[key(opaque)] = until(now(), expires), token
            return token

        return jwt

    return answer


EXERCISES = (
    Exercise(
        "06-1",
        judge_cache,
        solution=lambda: JwtGateway(cache=10),
        wrong=(
            JwtGateway,
            lambda: JwtGateway(cache=30),
            lambda: JwtGateway(inner_lifetime=10),
            lambda: JwtGateway(cache=2),
            Jwt,
        ),
    ),
    Exercise(
        "06-2",
        judge_witnesses,
        solution=lambda: {"auth", "gateway", "orders", "shipping"},
        wrong=(
            lambda: {"gateway", "orders", "shipping"},
            lambda: {"alice", "auth", "gateway", "orders", "shipping"},
            lambda: {"auth", "gateway", "shop"},
            lambda: 4,
        ),
    ),
    Exercise(
        "06-3",
        judge_watchman,
        solution=lambda: watchman(browsers),
        wrong=(
            lambda: watchman(lambda trace: trace.parties),
            lambda: watchman(lambda _trace: ["alice"]),
            lambda: watchman(lambda _trace: []),
            lambda: (
                lambda trace: any(
                    secret.name in ("access_token", "authorization") and secret.value.count(".") == 2
                    for name in browsers(trace)
                    for secret in trace.seen_by(name)
                )
            ),
            lambda: True,
        ),
    ),
    Exercise(
        "06-4",
        judge_memory,
        solution=lambda: memory(lambda now, expires: min(now + 30, expires)),
        wrong=(
            lambda: memory(lambda now, _expires: now),
            lambda: memory(lambda _now, expires: expires),
            lambda: memory(lambda now, _expires: now + 30),
            lambda: memory(lambda now, expires: min(now + 30, expires), key=lambda _opaque: "the one"),
        ),
    ),
)
