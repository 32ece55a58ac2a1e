"""Attacks on signing in elsewhere: the way to the identity provider and back, codes, and refresh tokens (RFC 9700)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import replace as changed
from typing import Any

from authpatterns.authn.discovery import Provider
from authpatterns.authn.idp.clients import Client
from authpatterns.authn.oidc import METADATA_PATH, challenge
from authpatterns.authn.relying_party import SESSION_COOKIE
from authpatterns.browser import Browser
from authpatterns.deployment import Person
from authpatterns.labs.attacks import weakened_oauth as weak
from authpatterns.labs.attacks.forging import compact, header, with_key
from authpatterns.labs.attacks.lab import MALLORYS_KEY, MALLORYS_SITE, Lab, best, is_record_of, put_online
from authpatterns.labs.attacks.shape import Outcome, attack
from authpatterns.labs.attacks.surgery import inside, replace
from authpatterns.messages import Request, Response, Url, with_query
from authpatterns.network import Answer, Refuse, Verdict
from authpatterns.secrecy import carried
from authpatterns.trace import Hop

SITE = "https://orders.shop.example"
CALLBACK = f"{SITE}/sso/callback"

APP = Client(id="app", redirect_uris=("https://app.example/callback",), refresh=True)
"""A public client of the identity provider, with refresh tokens."""

VERIFIER = "a-code-verifier-of-43-to-128-characters-is-long-enough"


@dataclass(frozen=True)
class Meets:
    """What becomes of the requests of one node to one path.

    Attributes:
        source: The node.
        path: The path.
        fate: What becomes of them.
    """

    source: str
    path: str
    fate: Verdict

    def names(self) -> tuple[str, ...]:
        """The node."""
        return (self.source,)

    def verdict(self, hop: Hop, chance: object) -> Verdict | None:
        """The fate, if it is such a request."""
        return self.fate if hop.source == self.source and hop.request.path == self.path else None


# --- the way there and back


def stopped_before_callback(lab: Lab, go: Callable[[], Response], browser: Browser) -> dict[str, str]:
    """The query with which the provider sends `browser` back to the site, which it does not reach."""
    with lab.shop.rule(Meets(browser.name, "/sso/callback", Refuse())):
        go()
    return Request.get(browser.location).query


def begun_by_mallory(lab: Lab) -> dict[str, str]:
    """The query with which the site sends mallory's browser to the provider: mallory knows `state` and `nonce`."""
    browser = lab.mallory.browser
    lab.shop.run(browser.visit(f"{SITE}/sso/sign-in"))
    return Request.get(browser.location).query


def come_back(lab: Lab, browser: Browser, page: str | None = None, **answer: str) -> Response:
    """Have a browser come to the site's callback with this answer."""
    address = with_query(CALLBACK, **answer)
    return lab.act(browser, browser.visit(address, page=page), Request.get("/sso/callback"))


def authorize(lab: Lab, person: Person, **wish: str) -> Response:
    """Have somebody who is signed in follow a link to the provider; the provider's answer."""
    browser = person.browser
    asked = {
        "response_type": "code", "client_id": APP.id, "redirect_uri": APP.redirect_uris[0], "scope": "openid profile",
        "code_challenge": challenge(VERIFIER), "code_challenge_method": "S256",
    } | wish  # fmt: skip
    if lab.issuer.clients.find(APP.id) is None:
        lab.issuer.clients.add(APP)
    address = with_query(f"{lab.issuer.issuer}/authorize", **{name: value for name, value in asked.items() if value})
    with lab.shop.rule(Meets(browser.name, "/sso/callback", Refuse())):
        lab.act(browser, browser.visit(address), Request.get("/authorize"))
    answers = [hop.response for hop in lab.trace.between(browser.name, "idp") if hop.request.path == "/authorize"]
    assert answers[-1] is not None
    return answers[-1]


def code_in(answer: Response) -> str:
    """The code in a redirect, or ""."""
    return Request.get(answer.headers.get("location")).query.get("code", "")


def redeem(lab: Lab, code: str, **more: str) -> Response:
    """Trade a code for tokens, as the app or whoever says to be it."""
    form = {"grant_type": "authorization_code", "client_id": APP.id, "redirect_uri": APP.redirect_uris[0]}
    return lab.send(Request.post("/token", form={**form, "code": code, "code_verifier": VERIFIER, **more}), "idp")


def redeemed(lab: Lab, name: str = "alice", **wish: str) -> dict[str, Any]:
    """The tokens that the app gets for somebody who is signed in at the provider."""
    given: dict[str, Any] = redeem(lab, code_in(authorize(lab, lab.person(name), **wish))).json()
    return given


def refresh(lab: Lab, token: str, client: str = APP.id, **more: str) -> Response:
    """Trade a refresh token at the provider."""
    form = {"grant_type": "refresh_token", "client_id": client, "refresh_token": token, **more}
    return lab.send(Request.post("/token", form=form), "idp")


def is_now(lab: Lab, person: Person, owner: str) -> bool:
    """Whether the shop takes this browser for `owner`'s."""
    return is_record_of(person.get(f"/orders/{1 if owner == 'alice' else 2}"), owner)


# --- attacks on the way back


@attack("OAU-01", expected="400 sso.state", weakened=weak.WeakenedStateOfAnyBrowser)
def foreign_callback(lab: Lab) -> Outcome:
    """Bob, who works for mallory, stops before the last step; alice's browser is made to take it."""
    bob, alice = lab.shop.user("bob"), lab.shop.user("alice")
    answer = stopped_before_callback(lab, bob.sign_in, bob.browser)
    without = {name: value for name, value in answer.items() if name != "state"}
    tries = [lab.outcome(come_back(lab, alice.browser, MALLORYS_SITE, **way), False) for way in (without, answer)]
    seen = best(tries).seen
    return Outcome(is_now(lab, alice, "bob"), seen)


@attack("OAU-02", expected="401 id-token.nonce", weakened=weak.WeakenedIgnoresNonce)
def replayed_id_token(lab: Lab) -> Outcome:
    """Mallory sits between site and provider, and answers bob's code with what alice's had been answered with."""
    lab.person("alice")
    old = next(hop.response for hop in lab.trace.between("orders", "idp") if hop.request.path == "/token")
    assert old is not None
    bob = lab.shop.user("bob")
    with lab.shop.rule(Meets("orders", "/token", Answer(old))):
        answer = lab.watch(bob.sign_in)
    return lab.outcome(answer, is_now(lab, bob, "alice"))


@attack("OAU-03", expected="400 oauth.verifier-wrong", weakened=weak.WeakenedIgnoresPkceAndNonce)
def injected_code(lab: Lab) -> Outcome:
    """Alice's code has leaked on its way; mallory puts it into a sign-in of mallory's own."""
    alice = lab.shop.user("alice")
    leaked = stopped_before_callback(lab, alice.sign_in, alice.browser)
    begun = begun_by_mallory(lab)
    answer = come_back(lab, lab.mallory.browser, code=leaked["code"], state=begun["state"], iss=leaked["iss"])
    return lab.outcome(answer, is_now(lab, lab.mallory, "alice"))


@attack("OAU-04", expected="400 oauth.code-replayed", weakened=weak.WeakenedCodesLiveOn)
def replayed_code(lab: Lab) -> Outcome:
    """A code and its verifier out of a log, a second time; and another pair of requests at the very same moment."""
    code = code_in(authorize(lab, lab.person("alice")))
    first = redeem(lab, code).json()
    second = redeem(lab, code)
    outcome = lab.outcome(second, second.ok)
    userinfo = Request.get("/userinfo", {"authorization": f"Bearer {first['access_token']}"})
    revoked = lab.send(userinfo, "idp").status == 401
    code = code_in(authorize(lab, lab.person("alice")))
    together = at_once(lab, *(token_request(code) for _ in range(2)))
    facts = {"first_revoked": revoked, "of_two_at_once": sum(answer.ok for answer in together)}
    return Outcome(outcome.succeeded, outcome.seen, facts)


def token_request(code: str) -> Request:
    """What the app sends to redeem a code."""
    form = {"grant_type": "authorization_code", "client_id": APP.id, "redirect_uri": APP.redirect_uris[0]}
    return Request.post("/token", form={**form, "code": code, "code_verifier": VERIFIER})


def at_once(lab: Lab, *requests: Request, to: str = "idp") -> list[Response]:
    """The answers to requests that are sent in the same moment."""
    browser = lab.mallory.browser

    async def story() -> list[Response]:
        under_way = [lab.shop.kernel.spawn(browser.call(to, request)) for request in requests]
        return [await one for one in under_way]

    return lab.shop.run(story())


@attack(
    "OAU-05",
    expected="303 oauth.pkce-missing / 400 oauth.verifier-unasked",
    weakened=weak.WeakenedTakesUnaskedVerifier,
)
def stripped_challenge(lab: Lab) -> Outcome:
    """Mallory has alice follow a link without a PKCE challenge, and puts the leaked code into a sign-in of her own."""
    alice, begun = lab.person("alice"), begun_by_mallory(lab)
    link = {"client_id": "orders", "redirect_uri": CALLBACK, "state": begun["state"], "nonce": begun["nonce"]}
    bare = {"code_challenge": "", "code_challenge_method": ""}
    refused = authorize(lab, alice, **link, **bare)
    first = lab.outcome(refused, bool(code_in(refused)))
    orders = lab.issuer.clients.find("orders")
    lab.issuer.clients.add(changed(orders, require_pkce=False))  # a provider that leaves the choice to the client
    leaked = code_in(authorize(lab, alice, **link, **bare))
    answer = come_back(lab, lab.mallory.browser, code=leaked, state=begun["state"], iss=lab.issuer.issuer)
    return best([first, lab.outcome(answer, is_now(lab, lab.mallory, "alice"))])


@attack(
    "OAU-06",
    expected="303 oauth.pkce-method / 400 oauth.verifier-malformed",
    weakened=weak.WeakenedTakesPlainChallenge,
)
def plain_challenge(lab: Lab) -> Outcome:
    """A challenge that is the verifier itself, so whoever sees the link can redeem the code; a verifier too short."""
    alice, seen_in_link = lab.person("alice"), VERIFIER[::-1]
    plain = authorize(lab, alice, code_challenge=seen_in_link, code_challenge_method="plain")
    first = lab.outcome(plain, False)
    if code_in(plain):
        answer = redeem(lab, code_in(plain), code_verifier=seen_in_link)
        first = lab.outcome(answer, answer.ok)
    short = authorize(lab, alice, code_challenge=challenge("short"))
    answer = redeem(lab, code_in(short), code_verifier="short")
    return best([first, lab.outcome(answer, answer.ok)])


# --- where browsers are sent


@attack("OAU-07", expected="400 oauth.redirect-uri", weakened=weak.WeakenedComparesBeginningOfAddress)
def similar_redirect_uri(lab: Lab) -> Outcome:
    """Addresses that look like the registered one: longer, with another port, a user name, a query."""
    alice = lab.person("alice")
    tricks = (
        f"{CALLBACK}.mallory.example", f"{CALLBACK}/../../mallory", f"{CALLBACK}?to=mallory.example", f"{CALLBACK}/",
        SITE.replace(".example", ".example:8443") + "/sso/callback",
        SITE + "@mallory.example/sso/callback", f"{MALLORYS_SITE}/sso/callback", CALLBACK.replace("https", "http"),
    )  # fmt: skip
    answers = [(authorize(lab, alice, client_id="orders", redirect_uri=trick), lab.reason()) for trick in tricks]
    return best([_sent_away(answer, reason) for answer, reason in answers])


def _sent_away(answer: Response, reason: str) -> Outcome:
    return Outcome("location" in answer.headers, f"{answer.status} {reason}".strip())


@attack(
    "OAU-08",
    expected="400 request.path / 400 oauth.logout-redirect",
    weakened=weak.WeakenedReturnsAnywhere,
)
def open_redirector(lab: Lab) -> Outcome:
    """A link to the site, or to the provider, that ends at mallory's."""
    put_online(lab, {"/": Response.of({"welcome": "to mallory's"})})
    alice = lab.person("alice")
    ways = [f"{SITE}/sso/sign-in?return_to={target}" for target in (f"{MALLORYS_SITE}/", "//mallory.example/", "/%5Cx")]
    leave = with_query(f"{lab.issuer.issuer}/logout", client_id="orders", post_logout_redirect_uri=f"{MALLORYS_SITE}/")
    return best([_ends_at_mallorys(lab, alice.browser, way) for way in (*ways, leave)])


def _ends_at_mallorys(lab: Lab, browser: Browser, address: str) -> Outcome:
    answer = lab.act(browser, browser.visit(address), Request.get(Url.parse(address).target))
    return lab.outcome(answer, browser.location.startswith(MALLORYS_SITE))


@attack("OAU-09", expected="400 sso.issuer", weakened=weak.WeakenedIgnoresIssuerOfAnswer)
def mix_up(lab: Lab) -> Outcome:
    """A site also works with mallory's provider, which sends alice on to the honest one and waits for the code."""
    document = {
        "issuer": MALLORYS_SITE,
        "authorization_endpoint": f"{lab.issuer.issuer}/authorize",
        "token_endpoint": f"{MALLORYS_SITE}/token",
        "jwks_uri": f"{MALLORYS_SITE}/jwks.json",
    }
    site = put_online(lab, {METADATA_PATH: Response.of(document)})
    orders = lab.node("orders")
    replace(inside(orders, "site"), "provider", Provider(orders, MALLORYS_SITE))
    answer = lab.watch(lab.shop.user("alice").sign_in)
    got = [hop for hop in lab.trace.between("orders", site.name) if hop.request.path == "/token"]
    return lab.outcome(answer, bool(got))


@attack(
    "OAU-10",
    expected="no-token-in-addresses",
    weakened={"sso": weak.WeakenedHandsTokenOverInAddress, "jwt": weak.WeakenedPagePutsTokenIntoAddress},
)
def leaking_address(lab: Lab) -> Outcome:
    """Mallory reads the logs: every address that was asked for or redirected to."""
    lab.person("alice")
    wanted = ("access_token", "id_token", "refresh_token", "session_id")
    found = [secret.value for hop in lab.trace for secret in _in_addresses(hop) if secret.name in wanted]
    if not found:
        return Outcome(False, "no-token-in-addresses", {"addresses": len(lab.trace)})
    return lab.reads(lab.get("/orders/1", {"authorization": f"Bearer {found[0]}"}))


def _in_addresses(hop: Hop) -> list[Any]:
    locations = [hop.response.headers.get("location")] if hop.response else []
    addresses = [hop.request.target, *locations]
    return [secret for address in addresses for secret in carried(Request.get(address)) if secret.place == "query"]


@attack("OAU-11", expected="401 request.no-credential", weakened=weak.WeakenedBelievesPostedName)
def posted_name(lab: Lab) -> Outcome:
    """The last step of a flow without a code: the page tells the site who has signed in. Mallory's page says alice."""
    about = {"sub": "alice", "tenant": "aozora", "roles": ["customer"], "email": "alice@shop.example"}
    outcomes = []
    for path in ("/sso/callback", "/sso/session"):
        request = Request.post(path, {"origin": SITE}, json=about)
        answer = lab.send(request.with_header("host", Url.parse(SITE).host), "orders")
        given = answer.headers.get("set-cookie").partition(";")[0]
        read = lab.get("/orders/1", {"cookie": given}, "orders") if given.startswith(SESSION_COOKIE) else answer
        outcomes.append(lab.reads(read))
    return best(outcomes)


# --- refresh tokens


@attack(
    "OAU-12",
    expected={"sso": "400 oauth.refresh", "jwt-gateway": "401 refresh.replayed"},
    weakened={"sso": weak.WeakenedRefreshTokensLiveOn, "jwt-gateway": weak.WeakenedRefreshTokensLiveOn},
)
def replayed_refresh(lab: Lab) -> Outcome:
    """Alice's page has used its refresh token; a thief uses it once more, and then both use the next in one moment."""
    token = first_refresh_token(lab)
    following = lab.send(*refresh_request(lab, token)).json()["refresh_token"]
    answer = lab.send(*refresh_request(lab, token))
    outcome = lab.outcome(answer, answer.ok)
    family = lab.send(*refresh_request(lab, following)).ok
    again = first_refresh_token(lab, "phone")
    request, to = refresh_request(lab, again)
    together = at_once(lab, request, request, to=to)
    facts = {"family_lives_on": family, "of_two_at_once": sum(one.ok for one in together)}
    return Outcome(outcome.succeeded, outcome.seen, facts)


def first_refresh_token(lab: Lab, device: str = "") -> str:
    """A refresh token of alice's, fresh from signing in."""
    if lab.pattern == "sso":
        return str(redeemed(lab)["refresh_token"])
    return lab.person("alice", device).browser.storage("local")["refresh_token"]


def refresh_request(lab: Lab, token: str) -> tuple[Request, str]:
    """What a page sends to have its tokens renewed, and the node it goes to."""
    if lab.pattern == "sso":
        form = {"grant_type": "refresh_token", "client_id": APP.id, "refresh_token": token}
        return Request.post("/token", form=form), "idp"
    return Request.post("/auth/refresh", form={"refresh_token": token}), "gateway"


@attack(
    "OAU-13",
    expected="400 oauth.refresh / 400 oauth.scope-wider",
    weakened=weak.WeakenedRefreshesForAnybody,
)
def foreign_refresh(lab: Lab) -> Outcome:
    """Another client uses the app's refresh token; and the app asks for more than alice had granted."""
    given = redeemed(lab, scope="openid")
    lab.issuer.clients.add(Client(id="mallorys-app", redirect_uris=(f"{MALLORYS_SITE}/callback",), refresh=True))
    foreign = refresh(lab, given["refresh_token"], "mallorys-app")
    first = lab.outcome(foreign, foreign.ok)
    wider = refresh(lab, given["refresh_token"], scope="openid profile")
    return best([first, lab.outcome(wider, wider.ok)])


# --- who the provider is


@attack(
    "OAU-14",
    expected={"sso": "503 discovery.unusable", "aws-jwt-authorizer": "401 token.key-unknown"},
    weakened={"sso": weak.WeakenedTakesAnyMetadata, "aws-jwt-authorizer": weak.WeakenedAsksIssuerOfToken},
)
def substituted_metadata(lab: Lab) -> Outcome:
    """Mallory puts another discovery document in the place of the provider's, or lets a token say where to look."""
    document = {
        "issuer": MALLORYS_SITE,
        "authorization_endpoint": f"{MALLORYS_SITE}/authorize",
        "jwks_uri": f"{MALLORYS_SITE}/jwks.json",
    }
    metadata, keys = Response.of(document), Response.of({"keys": [MALLORYS_KEY.public_jwk()]})
    site = put_online(lab, {METADATA_PATH: metadata, "/jwks.json": keys})
    if lab.pattern != "sso":
        issuers = (MALLORYS_SITE, lab.issuer_name)
        tokens = [compact(header(MALLORYS_KEY), lab.claims(iss=iss), with_key(MALLORYS_KEY)) for iss in issuers]
        outcome = best([lab.reads(lab.present(token)) for token in tokens])
        return Outcome(outcome.succeeded, outcome.seen, {"fetches": sum(hop.target == site.name for hop in lab.trace)})
    with lab.shop.rule(Meets("orders", METADATA_PATH, Answer(metadata))):
        answer = lab.watch(lab.shop.user("alice").sign_in)
    return lab.outcome(answer, bool(lab.trace.between("alice", site.name)))
