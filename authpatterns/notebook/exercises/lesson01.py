"""Exercises of lesson 01: who sees a password, where a token is kept, what a cookie's attributes do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from authpatterns import Deployment, Distributed, Jwt, Rules, Service, Trace, catalogue
from authpatterns.labs.own_login import own_logins
from authpatterns.messages import Url
from authpatterns.notebook.exercises import Exercise, Verdict, almost, correct, keep_working
from authpatterns.secrecy import carried

# --- 01-1: nothing for a script to read


def judge_keeping(answer: Any) -> Verdict:
    """Sign in, look at what a script can see, and read the order."""
    if not isinstance(answer, Jwt):
        return keep_working("kind", wanted="Jwt(...)", given=type(answer).__name__)
    shop = Deployment(answer, Distributed(), seed=5)
    alice = shop.user("alice")
    alice.sign_in()
    seen = alice.browser.seen_by_script()
    status = alice.get("/orders/1").status
    if seen:
        return keep_working("readable", count=len(seen), names=", ".join(sorted(seen)))
    return correct("correct", status=status) if status == 200 else almost("broken", status=status)


# --- 01-2: how often a password travels

TEN = 10


def judge_passwords(answer: Any) -> Verdict:
    """Let Alice sign in and go round ten microservices, in both shops."""
    if not isinstance(answer, tuple) or len(answer) != 2 or not all(type(number) is int for number in answer):
        return keep_working("kind", wanted="(int, int)", given=type(answer).__name__)
    own = passwords_in(own_logins(seed=5, services=ten_services()))
    one = passwords_in(Deployment(Jwt(), Distributed(), seed=5, services=ten_services()))
    if answer == (own, one):
        return correct("correct", own=own, one=one)
    return almost("one", answer=answer[1]) if answer[0] == own else keep_working("own", answer=answer[0])


def ten_services() -> list[Service]:
    """Microservices with nothing in them."""

    def kind(number: int) -> type[Service]:
        about = {"prefix": f"/part-{number}", "resource": f"part-{number}", "rules": Rules()}
        return type("Part", (Service,), about)

    return [kind(number)(f"part-{number}", {}) for number in range(TEN)]


def passwords_in(shop: Deployment) -> int:
    """How many requests of a round through the shop hold a password."""
    alice = shop.user("alice")
    alice.sign_in()
    for service in shop.services:
        alice.get(f"{service.prefix}/1")
    return sum("password" in {secret.name for secret in carried(hop.request)} for hop in shop.trace)


# --- 01-3: a cookie that goes with a link and nowhere else

HOME = "https://shop.example/"
EVIL = "https://evil.example"


def judge_cookie(answer: Any) -> Verdict:
    """Let a browser keep the line, and see where it goes."""
    if not isinstance(answer, str):
        return keep_working("kind", wanted="str", given=type(answer).__name__)
    shop = Deployment(Jwt(), Distributed(), seed=5)
    browser = shop.browser("alice")
    if browser.cookies.set(Url.parse(HOME), answer, browser.now) is None or not list(browser.cookies):
        return keep_working("not-kept")

    def goes(form: dict[str, str] | None) -> bool:
        shop.run(browser.visit(f"{HOME}orders/1", form, page=EVIL))
        return "cookie" in shop.trace.hops[-1].request.headers

    leaks = {
        "XSS": bool(browser.seen_by_script()),
        "http://": bool(browser.cookies.fitting(Url.parse("http://shop.example/orders/1"), browser.now)),
        "blog.shop.example": bool(browser.cookies.fitting(Url.parse("https://blog.shop.example/"), browser.now)),
        "CSRF": goes({}),
    }
    if any(leaks.values()):
        return keep_working("exposed", where=", ".join(name for name, leaking in leaks.items() if leaking))
    return correct("correct") if goes(None) else almost("link")


# --- 01-4: who is affected

NAMES = ("session", "jwt", "sso", "jwt-gateway")


def judge_audit(answer: Any) -> Verdict:
    """Ask the tool about every node of several shops."""
    if not callable(answer):
        return keep_working("kind", wanted="def answer(trace, name): ...", given=type(answer).__name__)
    shops = [own_logins(seed=5), *(catalogue.deploy(name, seed=5) for name in NAMES)]
    for shop in shops:
        _go_round(shop)
        for name in _nodes(shop.trace):
            verdict = _judge_one(shop, name, answer(shop.trace, name))
            if verdict is not None:
                return verdict
    return correct("correct", shops=len(shops))


def _judge_one(shop: Deployment, name: str, given: Any) -> Verdict | None:
    if not isinstance(given, set | frozenset):
        return keep_working("not-a-set", given=type(given).__name__)
    if name in given:
        return almost("itself", name=name)
    browsers = [party for party in given if party in shop.trace.parties and party not in _nodes(shop.trace)]
    if browsers:
        return almost("browser", name=browsers[0])
    wanted = affected(shop.trace, name)
    if given == wanted:
        return None
    told = {"given": _list(given), "wanted": _list(wanted)}
    return keep_working("differs", pattern=shop.authn.name, name=name, **told)


def affected(trace: Trace, name: str) -> set[str]:
    """The other nodes that have seen a secret which `name` has seen."""
    mine = {secret.value for secret in trace.seen_by(name)}
    return {
        other
        for other in _nodes(trace)
        if other != name and mine & {secret.value for secret in trace.seen_by(other)}
    }  # fmt: skip


def _nodes(trace: Trace) -> list[str]:
    return [name for name, party in trace.parties.items() if party.kind != "browser"]


def _go_round(shop: Deployment) -> None:
    alice = shop.user("alice")
    alice.sign_in()
    for path in ("/orders/1", "/payments/1", "/shipments/1"):
        alice.get(path)


def _list(names: set[str] | frozenset[str]) -> str:
    return ", ".join(sorted(map(str, names))) or "–"


def _passwords_alone(trace: Trace, name: str) -> set[str]:
    def saw(node: str) -> bool:
        return "password" in {secret.name for secret in trace.seen_by(node)}

    return {other for other in _nodes(trace) if other != name and saw(other) and saw(name)}


def _with(extra: Callable[[Trace, str], set[str]]) -> Callable[[Trace, str], set[str]]:
    return lambda trace, name: affected(trace, name) | extra(trace, name)


EXERCISES = (
    Exercise(
        "01-1",
        judge_keeping,
        solution=lambda: Jwt(keep="cookie"),
        wrong=(Jwt, lambda: Jwt(keep="session"), lambda: "cookie"),
    ),
    Exercise(
        "01-2",
        judge_passwords,
        solution=lambda: (10, 1),
        wrong=(lambda: (10, 10), lambda: (1, 1), lambda: (11, 1), lambda: 10, lambda: (True, 1)),
    ),
    Exercise(
        "01-3",
        judge_cookie,
        solution=lambda: "id=7; Path=/; HttpOnly; Secure; SameSite=Lax",
        wrong=(
            lambda: "id=7",
            lambda: "id=7; HttpOnly; Secure; SameSite=Strict",
            lambda: "id=7; HttpOnly; Secure; SameSite=None",
            lambda: "id=7; HttpOnly; SameSite=Lax",
            lambda: "id=7; HttpOnly; Secure; Domain=shop.example",
            lambda: "__Host-id=7; HttpOnly; Secure; SameSite=Lax",
            lambda: 7,
        ),
    ),
    Exercise(
        "01-4",
        judge_audit,
        solution=lambda: affected,
        wrong=(
            lambda: lambda _trace, _name: {"orders", "payments", "shipping"},
            lambda: _passwords_alone,
            lambda: _with(lambda _trace, name: {name}),
            lambda: _with(lambda _trace, _name: {"alice"}),
            lambda: lambda trace, name: sorted(affected(trace, name)),
            lambda: "orders",
        ),
    ),
)
