"""Attacks on sessions and browsers: cookies planted, read, sent along and kept too long."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from authpatterns import faults
from authpatterns.authn import forms
from authpatterns.authn.jwt import Jwt
from authpatterns.authn.jwt_gateway import JwtGateway
from authpatterns.authn.session import COOKIE, STORE
from authpatterns.encoding import encode
from authpatterns.labs.attacks import weakened_sessions as weak
from authpatterns.labs.attacks.lab import MALLORYS_SITE, Lab, best, cookie, order_of
from authpatterns.labs.attacks.shape import ON_THE_SECOND, Outcome, World, attack, on_the_second
from authpatterns.messages import Request, Response, Url

SIBLING = "https://blog.shop.example"
"""Another site under the shop's domain, which mallory has got hold of."""

NOTHING = Outcome(False, "nothing-to-steal")


def origin_of(lab: Lab, path: str = "/orders") -> str:
    """Where alice's browser finds what is below `path`."""
    return Url.parse(lab.shop.user("alice").browser.address(path)).origin


@attack(
    "SES-01",
    expected="401 session.unknown",
    weakened={"session": weak.WeakenedAdoptsSessionId, "sso": weak.WeakenedSiteAdoptsSessionId},
)
def fixation(lab: Lab) -> Outcome:
    """Mallory plants a session id in alice's browser and waits until she has signed in."""
    browser = lab.shop.user("alice").browser
    planted = f"{COOKIE}=chosen-by-mallory"
    browser.cookies.set(Url.parse(f"{origin_of(lab)}/"), f"{planted}; Path=/; Secure", lab.now)
    lab.person("alice")
    return lab.reads(lab.get("/orders/1", {"cookie": planted}))


@attack(
    "SES-02",
    expected="nothing-to-steal",
    weakened={"session": weak.WeakenedCookieForScripts, "sso": weak.WeakenedCookieForScripts},
)
def script_reads_cookie(lab: Lab) -> Outcome:
    """A script smuggled into the shop's page reads the cookies it can see and sends them to mallory."""
    seen = lab.person("alice").browser.seen_by_script(origin_of(lab))
    cookies = [f"{name.removeprefix('cookie ')}={value}" for name, value in seen.items() if name.startswith("cookie ")]
    return lab.reads(lab.get("/orders/1", {"cookie": "; ".join(cookies)})) if cookies else NOTHING


@attack(
    "SES-03",
    expected="200",
    nature={"jwt": "readable-by-scripts", "jwt-gateway": "readable-by-scripts"},
    strict={
        "jwt": World("keep=cookie", authn=Jwt(keep="cookie")),
        "jwt-gateway": World("keep=cookie", authn=JwtGateway(keep="cookie")),
    },
    strict_expected="nothing-to-steal",
)
def script_reads_storage(lab: Lab) -> Outcome:
    """A script smuggled into the shop's page reads Web Storage and sends the token to mallory."""
    seen = lab.person("alice").browser.seen_by_script()
    token = seen.get("localStorage access_token")
    if token is None:
        return NOTHING
    facts: dict[str, Any] = {
        "sees_jwt": token.count(".") == 2,
        "sees_refresh_token": "localStorage refresh_token" in seen,
        "works_after_sign_out": lab.shop.authn.revocation_window,
    }
    return lab.reads(lab.get("/orders/1", {"authorization": f"Bearer {token}"}), **facts)


# --- requests that a page elsewhere has the browser send


def dispatched(lab: Lab, answer: Response) -> Outcome:
    """Whether the parcel of order 1 has been sent off, as only a clerk may order."""
    return lab.outcome(answer, lab.node("shipping").records["1"]["status"] == "dispatched")


def clerk(lab: Lab) -> Callable[[str, str, dict[str, str] | None], Response]:
    """Carol is signed in; what a page elsewhere makes her browser do."""
    carol = lab.person("carol")
    carol.get("/shipments/1")
    browser = carol.browser

    def visit(path: str, page: str, form: dict[str, str] | None) -> Response:
        story = browser.visit(browser.address(path), form, page=page)
        return lab.act(browser, story, Request("GET" if form is None else "POST", path))

    return visit


@attack(
    "SES-04",
    expected="401 request.no-credential / 403 request.cross-site",
    weakened=weak.WeakenedIgnoresOrigin,
)
def cross_site_request(lab: Lab) -> Outcome:
    """A page of mallory's, and one on a sibling site, has carol's browser order a parcel to be sent off."""
    visit = clerk(lab)
    return best([dispatched(lab, visit("/shipments/1/dispatch", page, {})) for page in (MALLORYS_SITE, SIBLING)])


@attack("SES-05", expected="401 request.no-credential / 404", weakened=weak.WeakenedObeysMethodOverride)
def unsafe_get(lab: Lab) -> Outcome:
    """The same by a mere link, which takes cookies along: it says which method is meant."""
    visit, path = clerk(lab), "/shipments/1/dispatch?_method=POST"
    return best([dispatched(lab, visit(path, page, None)) for page in (MALLORYS_SITE, SIBLING)])


@attack(
    "SES-06",
    expected={"session": "403 request.cross-site", "sso": "400"},
    weakened={"session": weak.WeakenedSignsInFromAnywhere, "sso": weak.WeakenedTakesAnybodysForm},
)
def login_csrf(lab: Lab) -> Outcome:
    """Mallory, who has bob's password, has alice's browser signed in as bob, to see what she will type in."""
    browser = lab.shop.user("alice").browser
    form = {"username": "bob", "password": lab.shop.people["bob"].password}
    if lab.pattern == "session":
        address = f"{origin_of(lab)}/auth/sign-in"
    else:
        page = lab.shop.run(lab.mallory.browser.visit(f"{origin_of(lab)}/sso/sign-in"))
        shown = forms.form_on(page)
        assert shown is not None
        address, form = shown.action, shown.fields | form
    answer = lab.act(browser, browser.visit(address, form, page=MALLORYS_SITE), Request.post("/sign-in"))
    seen = lab.outcome(answer, succeeded=False).seen
    is_bob = lab.reads(lab.shop.user("alice").get("/orders/2"), "bob").succeeded
    return Outcome(is_bob, "200" if is_bob else seen)


@attack("SES-07", expected="403 authz.denied", weakened=weak.WeakenedPlainCookieName)
def cookie_tossing(lab: Lab) -> Outcome:
    """A sibling site sets a cookie for the whole domain, with bob's session and a longer path than the shop's."""
    bobs = cookie(lab.stolen("bob"), COOKIE, "session")
    alice = lab.person("alice")
    for name in (COOKIE, "session"):
        line = f"{name}={bobs}; Domain=shop.example; Path=/orders; Secure"
        alice.browser.cookies.set(Url.parse(f"{SIBLING}/"), line, lab.now)
    answer = lab.act(alice.browser, alice.browser.send(Request.get("/orders/2")), Request.get("/orders/2"))
    return lab.reads(answer, "bob")


# --- how long a session lives


@attack("SES-08", expected="401 session.unknown", weakened=weak.WeakenedCountsSessionIds)
def guessing(lab: Lab) -> Outcome:
    """Mallory tries ids that somebody may have, and her own invention twice."""
    lab.person("alice")
    guesses = [encode(number.to_bytes(32)) for number in range(1, 10)]
    tries = [*guesses, "1", "alice", "my-own-id", "my-own-id"]
    return best([lab.reads(lab.get("/orders/1", {"cookie": f"{COOKIE}={guess}"})) for guess in tries])


@attack(
    "SES-09",
    expected={"session": "401 session.unknown / 401 session.over", "sso": "401 session.unknown"},
    weakened={"session": weak.WeakenedSignsOutInBrowserOnly, "sso": weak.WeakenedSiteSignsOutInBrowserOnly},
)
def outliving(lab: Lab) -> Outcome:
    """A copied session id after sign-out, after a long pause, and after a whole day's work without a pause."""
    copy = lab.stolen("alice")
    lab.shop.user("alice").sign_out()
    tries = [lab.reads(lab.get("/orders/1", copy))]
    alice = lab.person("alice", "laptop")
    copy = lab.stolen("alice", device="laptop")
    lab.shop.clock.advance(seconds=lab.shop.authn.credential_lifetime + 1)
    tries.append(lab.reads(lab.get("/orders/1", copy)))
    if lab.pattern == "session":
        alice.sign_in()
        alice.get("/orders/1")
        copy = lab.stolen("alice", device="laptop")
        for _ in range(25):  # every 20 minutes, for more than 8 hours
            lab.shop.clock.advance(minutes=20)
            last = lab.get("/orders/1", copy)
        tries.append(lab.reads(last))
    return best(tries)


@attack(
    "SES-10",
    secure=ON_THE_SECOND,
    expected={"sso": "401 session.unknown", "sso-gateway": "401 oauth.revoked"},
    weakened={
        "sso": on_the_second(weak.WeakenedDeafToLogout),
        "sso-gateway": on_the_second(weak.WeakenedAsksNobody),
    },
)
def outliving_the_provider(lab: Lab) -> Outcome:
    """Alice's sign-in at the identity provider is ended; a copied credential of the shop is tried again and again."""
    copy = lab.stolen("alice")
    lab.shop.run(lab.issuer.sign_out_everywhere("alice"))
    return lab.lasting(lambda: lab.reads(lab.get("/orders/1", copy)), lab.shop.authn.revocation_window)


@attack("SES-11", expected="503 network.refused", weakened=weak.WeakenedRemembersSessions)
def store_is_down(lab: Lab) -> Outcome:
    """Alice has signed out; then the session store is down, and the copied id is tried."""
    copy = lab.stolen("alice")
    lab.shop.user("alice").sign_out()
    with lab.shop.rule(faults.Outage(STORE)):
        return lab.reads(lab.get(order_of("alice"), copy))
