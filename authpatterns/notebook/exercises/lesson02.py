"""Exercises of lesson 02, the SSO pattern: lifetimes, redirects, an outage measured, a check built."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from authpatterns import Deployment, Distributed, Refused, Request, Response, Sso, faults
from authpatterns.authn.relying_party import ATTEMPT_COOKIE
from authpatterns.browser import cookies_of
from authpatterns.labs.attacks.oauth import Meets
from authpatterns.labs.attacks.weakened_oauth import WeakenedStateOfAnyBrowser
from authpatterns.network import Refuse
from authpatterns.node import Handler, Middleware
from authpatterns.notebook.exercises import Exercise, Verdict, almost, correct, keep_working
from authpatterns.pattern import Pattern
from authpatterns.service import Service

# --- 02-1: work goes on while the provider is down

MAINTENANCE = 25


def judge_settings(answer: Any) -> Verdict:
    """Stop the provider for 25 minutes; then see how long a token lives that somebody has stolen."""
    if not isinstance(answer, Sso):
        return keep_working("kind", wanted="Sso(...)", given=type(answer).__name__)
    worked = minutes_of_work(Deployment(answer, Distributed(), seed=5))
    if worked < MAINTENANCE:
        return keep_working("short", minutes=worked, wanted=MAINTENANCE)
    if _stolen_token_works(answer, minutes=61):
        return almost("long", minutes=61)
    return correct("correct", minutes=MAINTENANCE)


def minutes_of_work(shop: Deployment) -> int:
    """For how many whole minutes Alice can go on at `orders` while the provider is down, an hour at most."""
    alice = shop.user("alice")
    alice.sign_in()
    with shop.rule(faults.Outage("idp")):
        for minute in range(60):
            if alice.get("/orders/1").status != 200:
                return minute
            shop.clock.advance(minutes=1)
    return 60


def _stolen_token_works(authn: Sso, minutes: int) -> bool:
    shop = Deployment(authn, Distributed(), seed=5)
    alice = shop.user("alice")
    alice.sign_in()
    alice.get("/orders/1/tracking")
    tokens = [secret.value for secret in shop.trace.seen_by("shipping") if secret.name == "authorization"]
    shop.clock.advance(minutes=minutes)
    copy = {"authorization": f"Bearer {tokens[0]}"}
    return shop.visitor("mallory").get("/shipments/1", copy).status == 200


# --- 02-2: how often the browser goes to the provider


def judge_redirects(answer: Any) -> Verdict:
    """Let Alice go round twice, and count."""
    if not isinstance(answer, tuple) or len(answer) != 2 or not all(type(number) is int for number in answer):
        return keep_working("kind", wanted="(int, int)", given=type(answer).__name__)
    first, asked, passwords = two_rounds()
    if answer[1] != passwords:
        return keep_working("passwords", answer=answer[1])
    if answer[0] == asked:
        return correct("correct", asked=asked, passwords=passwords)
    return almost("first-round", answer=first) if answer[0] == first else keep_working("count", answer=answer[0])


def two_rounds() -> tuple[int, int, int]:
    """Visits to the provider in the first round and in both, and passwords in both."""
    shop = Deployment(Sso(), Distributed(), seed=5)
    alice = shop.user("alice")
    alice.sign_in()
    visits = []
    for _ in range(2):
        for path in ("/orders/1", "/payments/1", "/shipments/1"):
            alice.get(path)
        visits.append(_count(shop, "/authorize"))
        shop.clock.advance(minutes=20)
    return visits[0], visits[1], _count(shop, "/sign-in")


def _count(shop: Deployment, path: str) -> int:
    return sum(hop.target == "idp" and hop.request.path == path for hop in shop.trace)


# --- 02-3: an outage measured

LIFETIMES = ((900, 900), (300, 1800), (2400, 1200))


def judge_measure(answer: Any) -> Verdict:
    """Let the reader's function measure several shops."""
    if not callable(answer):
        return keep_working("kind", wanted="def answer(shop): ...", given=type(answer).__name__)
    found = []
    for lifetime, session in LIFETIMES:
        authn = Sso(lifetime=lifetime, site_session=session)
        minutes = answer(Deployment(authn, Distributed(), seed=5))
        if not isinstance(minutes, int) or isinstance(minutes, bool):
            return keep_working("no-number", given=type(minutes).__name__)
        wanted = minutes_of_work(Deployment(authn, Distributed(), seed=5))
        if minutes >= 60:
            return keep_working("no-outage", answer=minutes)
        if minutes != wanted:
            told = {"lifetime": min(lifetime, session), "answer": minutes, "wanted": wanted}
            return (almost if abs(minutes - wanted) == 1 else keep_working)("differs", **told)
        found.append(minutes)
    return correct("correct", shops=len(found), minutes=", ".join(map(str, found)))


# --- 02-4: the check that stops somebody else's callback

Check = Callable[[Mapping[str, str], str | None, str | None], Any]
SITE = "https://orders.shop.example"


class AtTheDoor(Pattern):
    """Asks the reader's function about everybody who comes back from the provider."""

    def __init__(self, check: Check) -> None:
        self.check = check

    def at_door(self, service: Service) -> Sequence[Middleware]:
        """Remember who begins, and ask about who comes back."""
        begun: dict[str, str] = {}

        async def layer(request: Request, proceed: Handler) -> Response:
            mark = cookies_of(request).get(ATTEMPT_COOKIE)
            if (
                request.path == "/sso/callback"
                and self.check(dict(begun), request.query.get("state"), mark) is not True
            ):
                raise Refused("sso.state", status=400)
            response = await proceed(request)
            state = Request.get(response.headers.get("location")).query.get("state")
            if state is not None:
                begun[state] = _mark_in(response)
            return response

        return [layer]


def _mark_in(response: Response) -> str:
    lines = [line.partition(";")[0] for line in response.headers.all("set-cookie")]
    return next((line.partition("=")[2] for line in lines if line.startswith(f"{ATTEMPT_COOKIE}=")), "")


def judge_check(answer: Any) -> Verdict:
    """At a site that checks nothing itself: an honest sign-in, and links that lead to somebody else's."""
    if not callable(answer):
        return keep_working("kind", wanted="def answer(begun, state, browser): ...", given=type(answer).__name__)
    if not _world(answer).user("alice").sign_in().ok:
        return keep_working("honest")
    if _follows_bobs_link(_world(answer), begins_herself=False):
        return keep_working("any-browser")
    if _follows_bobs_link(_world(answer), begins_herself=True):
        return keep_working("own-mark")
    if answer({"a state": "a mark"}, None, None) is True:
        return almost("both-missing")
    return correct("correct", attacks=3)


def _world(check: Check) -> Deployment:
    shop = Deployment(Sso(), Distributed(), AtTheDoor(check), seed=5)
    for change in WeakenedStateOfAnyBrowser.changes:
        change(shop)
    return shop


def _follows_bobs_link(shop: Deployment, *, begins_herself: bool) -> bool:
    """Bob stops before the last step of his sign-in, and Alice's browser takes it. Whether it is Bob's then."""
    bob, alice = shop.user("bob"), shop.user("alice")
    with shop.rule(Meets("bob", "/sso/callback", Refuse())):
        bob.sign_in()
    if begins_herself:
        shop.run(alice.browser.visit(f"{SITE}/sso/sign-in"))
    shop.run(alice.browser.visit(bob.browser.location, page="https://mallory.example"))
    return alice.get("/orders/2").status == 200


def _right(begun: Mapping[str, str], state: str | None, browser: str | None) -> bool:
    return state is not None and state in begun and begun[state] == browser


def _measured(shop: Deployment, extra: int = 0) -> int:
    return minutes_of_work(shop) + extra


def _without_outage(shop: Deployment) -> int:
    alice = shop.user("alice")
    alice.sign_in()
    for minute in range(60):
        if alice.get("/orders/1").status != 200:
            return minute
        shop.clock.advance(minutes=1)
    return 60


EXERCISES = (
    Exercise(
        "02-1",
        judge_settings,
        solution=lambda: Sso(lifetime=1800, site_session=1800),
        wrong=(
            Sso,
            lambda: Sso(lifetime=1800),
            lambda: Sso(site_session=1800),
            lambda: Sso(lifetime=8 * 3600, site_session=8 * 3600),
            lambda: 1800,
        ),
    ),
    Exercise(
        "02-2",
        judge_redirects,
        solution=lambda: (6, 1),
        wrong=(lambda: (3, 1), lambda: (6, 6), lambda: (6, 2), lambda: (4, 1), lambda: 6),
    ),
    Exercise(
        "02-3",
        judge_measure,
        solution=lambda: minutes_of_work,
        wrong=(
            lambda: _without_outage,
            lambda: lambda _shop: 15,
            lambda: lambda shop: _measured(shop, -1),
            lambda: lambda shop: _measured(shop) * 60,
            lambda: lambda _shop: None,
            lambda: 15,
        ),
    ),
    Exercise(
        "02-4",
        judge_check,
        solution=lambda: _right,
        wrong=(
            lambda: lambda _begun, _state, _browser: True,
            lambda: lambda _begun, _state, _browser: False,
            lambda: lambda begun, state, _browser: state in begun,
            lambda: lambda begun, _state, browser: browser in begun.values(),
            lambda: lambda begun, state, browser: begun.get(state) == browser,
            lambda: None,
        ),
    ),
)
