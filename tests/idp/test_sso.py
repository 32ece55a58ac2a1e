"""The SSO pattern: the seed's text as sequences of messages, and what follows from it."""

import pytest

from authpatterns import Deployment, Distributed, Request, Sso
from authpatterns.authn.oidc import ISSUER
from authpatterns.browser import Cookie
from authpatterns.faults import Outage
from authpatterns.keys import demo_key
from authpatterns.messages import Url
from authpatterns.secrecy import carried

ORDERS, PAYMENTS = "https://orders.shop.example", "https://payments.shop.example"


@pytest.fixture
def shop():
    return Deployment(Sso(), Distributed(), seed=4)


@pytest.fixture
def alice(shop):
    return shop.user("alice")


def codes(shop, acts=1):
    return [note.code for note in shop.trace.last(acts).notes]


# --- each service delegates signing in to the identity provider


def test_first_sign_in_message_by_message(shop, alice):
    assert alice.sign_in().json() == {"signed_in": "alice"}
    assert shop.trace.steps() == [
        "alice -> orders GET /sso/sign-in",
        "orders -> idp GET /.well-known/openid-configuration",
        "alice -> idp GET /authorize",
        "alice -> idp POST /sign-in",
        "alice -> orders GET /sso/callback",
        "orders -> idp POST /token",
        "orders -> idp GET /jwks.json",
        "alice -> orders GET /sso/session",
    ]


def test_afterwards_a_service_answers_alone(shop, alice):
    alice.sign_in()
    assert alice.get("/orders/1").status == 200
    assert shop.trace.last().steps() == ["alice -> orders GET /orders/1"]


def test_the_second_service_redirects_and_signs_in_without_a_password(shop, alice):
    alice.sign_in()
    assert alice.get("/payments/1").json()["owner"] == "alice"
    assert shop.trace.last().steps() == [
        "alice -> payments GET /payments/1",
        "payments -> idp GET /.well-known/openid-configuration",
        "alice -> idp GET /authorize",
        "alice -> payments GET /sso/callback",
        "payments -> idp POST /token",
        "payments -> idp GET /jwks.json",
        "alice -> payments GET /payments/1",
    ]
    assert "idp.silent" in codes(shop)
    assert not any(found.name == "password" for hop in shop.trace.last() for found in carried(hop.request))


def test_only_the_provider_ever_sees_the_password(shop, alice):
    alice.sign_in()
    alice.get("/payments/1")
    seen = {hop.target for hop in shop.trace for found in carried(hop.request) if found.name == "password"}
    assert seen == {"idp"}


def test_each_service_has_a_session_of_its_own(shop, alice):
    alice.sign_in()
    alice.get("/payments/1")
    sessions = {cookie.host: cookie.value for cookie in alice.browser.cookies if cookie.name == "__Host-session"}
    assert sessions.keys() == {"orders.shop.example", "payments.shop.example"}
    assert len(set(sessions.values())) == 2


def test_a_script_request_is_signed_in_on_the_way(shop, alice):
    alice.sign_in()
    dave = shop.user("dave")
    dave.sign_in()
    assert dave.post("/payments/1/refund").json()["status"] == "refunded"
    assert shop.trace.last().steps()[0] == "dave -> payments POST /payments/1/refund"
    assert shop.trace.last().steps()[-1] == "dave -> payments POST /payments/1/refund"


def test_somebody_the_provider_does_not_know_gets_nothing_but_a_link(shop, alice):
    answer = alice.get("/orders/1")
    assert (answer.status, answer.json()["error"]) == (401, "login_required")
    assert answer.json()["sign_in"] == "/sso/sign-in?return_to=%2Forders%2F1"


def test_a_service_asks_another_with_the_forwarded_access_token(shop, alice):
    alice.sign_in()
    assert alice.get("/orders/1/tracking").status == 200
    (hop,) = shop.trace.last().between("orders", "shipping")
    assert hop.request.headers.get("authorization").startswith("Bearer ey")
    assert "cookie" not in hop.request.headers


# --- when a token has expired, it is good for nothing


def test_a_session_ends_with_its_access_token(shop, alice):
    alice.sign_in()
    shop.clock.advance(minutes=15)
    assert alice.patch("/orders/1", {"gift_message": "x"}).status == 200  # signed in again on the way
    assert "idp.silent" in codes(shop)
    with shop.rule(Outage("idp")):
        shop.clock.advance(minutes=15)
        assert alice.get("/orders/1").status == 503


def test_a_local_session_is_never_longer_than_the_access_token():
    shop = Deployment(Sso(lifetime=100, site_session=10_000), Distributed(), seed=4)
    shop.user("alice").sign_in()
    shop.clock.advance(seconds=101)
    shop.user("alice").get("/orders/1")
    assert "idp.silent" in codes(shop)


def test_an_expired_access_token_is_refused_between_services(shop, alice):
    alice.sign_in()
    alice.get("/orders/1/tracking")
    token = shop.trace.between("orders", "shipping")[0].request.headers.get("authorization")
    shop.clock.advance(minutes=15)
    answer = shop.visitor("thief").get("/shipments/1", {"authorization": token})
    assert answer.status == 401
    assert "token.expired" in codes(shop)


def test_after_the_provider_session_the_password_is_needed_again(shop, alice):
    alice.sign_in()
    shop.clock.advance(hours=8)
    assert alice.get("/orders/1").status == 401


# --- the one provider is a single point of failure


def test_with_the_provider_down_nobody_new_gets_in_and_who_is_in_works_on(shop, alice):
    alice.sign_in()
    with shop.rule(Outage("idp")):
        assert shop.user("bob").sign_in().status == 503
        assert alice.get("/orders/1").status == 200
        assert alice.get("/payments/1").status == 503  # a site that does not know her yet
        shop.clock.advance(minutes=15)
        assert alice.get("/orders/1").status == 503
    assert alice.get("/orders/1").status == 200


def test_a_replaced_service_forgets_its_sessions_and_nobody_notices(shop, alice):
    alice.sign_in()
    shop.restart("orders")
    assert alice.get("/orders/1").status == 200
    assert "idp.silent" in codes(shop)


# --- signing out


def test_signing_out_tells_every_service_behind_the_browsers_back(shop, alice):
    alice.sign_in()
    alice.get("/payments/1")
    assert alice.sign_out().ok
    assert [hop.target for hop in shop.trace.last() if hop.source == "idp"] == ["orders", "payments"]
    assert alice.get("/payments/1").status == 401
    assert alice.get("/orders/1").status == 401


@pytest.mark.parametrize(
    ("cookie", "code", "challenge"),
    [
        ("", "request.no-credential", "Bearer"),
        ("__Host-session=", "request.no-credential", "Bearer"),
        ("another=1", "request.no-credential", "Bearer"),
        ("__Host-session=made-up", "session.unknown", 'Bearer error="invalid_token"'),
    ],
)
def test_a_cookie_that_leads_to_no_session_is_another_thing_than_no_cookie(shop, cookie, code, challenge):
    answer = shop.visitor("mallory").get("/orders/1", {"cookie": cookie} if cookie else {"accept": "*/*"})
    assert (answer.status, answer.headers.get("www-authenticate")) == (401, challenge)
    assert codes(shop) == [code]


def test_a_copied_cookie_is_refused_after_sign_out_as_one_that_is_no_longer_known(shop, alice):
    alice.sign_in()
    alice.get("/orders/1")
    copy = {"cookie": alice.last_request.headers.get("cookie")}
    assert shop.visitor("thief").get("/orders/1", copy).status == 200
    alice.sign_out()
    assert shop.visitor("thief").get("/orders/1", copy).status == 401
    assert codes(shop) == ["session.unknown"]


def test_a_site_where_nobody_was_signed_in_refuses(shop, alice):
    alice.sign_in()
    alice.sign_out()
    assert alice.get("/orders/1").status == 401
    (note,) = [note for note in shop.trace.last().notes if note.node == "orders" and note.is_refusal]
    assert (note.code, note["error"]) == ("sso.not-signed-in", "login_required")


def test_single_logout_gap(shop, alice):
    """SES-10: a service that could not be told keeps its session, for as long as the access token lives at most."""
    alice.sign_in()
    alice.get("/payments/1")
    (kept,) = [c for c in alice.browser.cookies if c.host == "payments.shop.example" and c.name == "__Host-session"]
    with shop.rule(Outage("payments")):
        alice.sign_out()
    request = Request.get("/payments/1", {"cookie": f"__Host-session={kept.value}"})
    thief = shop.visitor("thief").browser

    def ask():
        return shop.run(thief.call("payments", request)).status

    assert ask() == 200
    shop.clock.advance(minutes=15)
    assert ask() == 401


def test_signing_out_of_an_ended_session_asks_whether_one_is_sure(shop, alice):
    alice.sign_in()
    shop.restart("orders")  # so orders cannot say which sign-in it is that ends
    assert alice.sign_out().ok
    assert "alice -> idp POST /logout" in shop.trace.last().steps()
    assert alice.get("/orders/1").status == 401


def test_sign_out_by_another_site_is_refused(shop, alice):
    alice.sign_in()
    browser = alice.browser
    answer = shop.run(browser.visit(f"{ORDERS}/sso/sign-out", {}, page="https://evil.example"))
    assert answer.status == 403
    assert alice.get("/orders/1").status == 200


# --- login CSRF, open redirectors, fixation


def test_an_answer_brought_by_another_browser_is_refused(shop, alice):
    """SES-06: the attacker signs in, keeps the last redirect to himself, and has the victim follow it."""
    mallory = shop.user("bob").browser
    seen = []

    async def stop_at_callback(request, proceed):
        if request.path == "/sso/callback":
            seen.append(request.target)
            return await proceed(Request.get("/sso/signed-out", {"host": "orders.shop.example"}))
        return await proceed(request)

    mallory.outbound.append(stop_at_callback)
    shop.user("bob").sign_in()
    answer = shop.run(alice.browser.visit(ORDERS + seen[0]))
    assert answer.status == 400
    assert shop.trace.notes[-1].code == "sso.state"
    assert alice.get("/orders/2").status == 401  # she is not bob


def test_an_answer_is_good_once(shop, alice):
    alice.sign_in()
    (hop,) = [hop for hop in shop.trace if hop.request.path == "/sso/callback"]
    answer = shop.run(alice.browser.visit(ORDERS + hop.request.target))
    assert answer.status == 400


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/%2f/evil",
        "evil",
        "/a/../b",
        "/a\n",
        "/a?x\r\nset-cookie: y",
    ],
)
def test_no_open_redirector_at_the_relying_party(shop, alice, target):
    browser = alice.browser
    from authpatterns.messages import with_query

    answer = shop.run(browser.visit(with_query(f"{ORDERS}/sso/sign-in", return_to=target)))
    assert answer.status == 400
    assert not shop.trace.between("alice", "idp")


def test_a_session_id_that_the_browser_brings_is_never_adopted(shop, alice):
    planted = "chosen-by-the-attacker"
    for name in ("__Host-session", "__Host-sign-in"):
        alice.browser.cookies.set(Url.parse(ORDERS + "/"), f"{name}={planted}; Path=/; Secure", alice.browser.now)
    alice.sign_in()
    cookies = {c.name: c.value for c in alice.browser.cookies if c.host == "orders.shop.example"}
    assert cookies["__Host-session"] != planted
    assert isinstance(next(iter(alice.browser.cookies)), Cookie)


def test_a_new_session_id_at_every_sign_in_and_the_old_one_ends(shop, alice):
    alice.sign_in()
    (old,) = [c.value for c in alice.browser.cookies if c.name == "__Host-session"]
    alice.refresh()
    (new,) = [c.value for c in alice.browser.cookies if c.name == "__Host-session"]
    assert new != old
    thief = shop.visitor("thief")
    assert thief.get("/orders/1", {"cookie": f"__Host-session={old}"}).status == 401


def test_an_unsafe_request_of_another_site_is_refused(shop, alice):
    alice.sign_in()
    (session,) = [c.value for c in alice.browser.cookies if c.name == "__Host-session"]
    browser = shop.visitor("mallory").browser
    request = Request.post(
        "/orders/1",
        {"cookie": f"__Host-session={session}", "host": "orders.shop.example", "origin": "https://evil.example"},
        json={"gift_message": "x"},
        method="PATCH",
    )
    assert shop.run(browser.call("orders", request)).status == 403


def test_cookie_and_bearer_together_are_refused(shop, alice):
    alice.sign_in()
    assert alice.get("/orders/1", {"authorization": "Bearer x"}).status == 400


def test_no_token_stands_in_any_address(shop, alice):
    """OAU-10: neither in a query nor in a redirect. (A code does, for a minute and one use.)"""
    alice.sign_in()
    alice.get("/payments/1")
    alice.get("/orders/1/tracking")
    alice.sign_out()
    for hop in shop.trace:
        addresses = hop.request.target + hop.response.headers.get("location")
        assert "eyJ" not in addresses
        assert "token" not in addresses.replace("/token", "")


def test_the_provider_rotates_its_keys_and_nobody_notices(shop, alice):
    alice.sign_in()
    shop.node("idp").keys.rotate(demo_key(number=1))
    shop.clock.advance(seconds=31)
    assert shop.user("carol").sign_in().json() == {"signed_in": "carol"}
    assert alice.get("/orders/1").status == 200


def test_the_same_seed_tells_the_same_story():
    def story():
        shop = Deployment(Sso(), Distributed(), seed=9)
        shop.user("alice").sign_in()
        shop.user("alice").get("/payments/1")
        shop.user("alice").sign_out()
        return shop.trace.to_json(secrets=True)

    assert story() == story()
    assert ISSUER in story()
    assert PAYMENTS in story()
