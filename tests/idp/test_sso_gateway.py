"""SSO behind an API gateway: the seed's text as sequences of messages, and what follows from it."""

import pytest

from authpatterns import Deployment, Distributed, Request, SsoGateway
from authpatterns.authn.sso_gateway import without_identity
from authpatterns.faults import Garbage, Outage, Slow
from authpatterns.messages import Headers, Response
from authpatterns.secrecy import carried

VARIANTS = [SsoGateway(), SsoGateway(verify="jwks"), SsoGateway(cookie="page"), SsoGateway("jwks", "page")]


@pytest.fixture(params=VARIANTS, ids=lambda pattern: f"{pattern.verify}-{pattern.cookie}")
def authn(request):
    return request.param


@pytest.fixture
def shop(authn):
    return Deployment(authn, Distributed(), seed=4)


@pytest.fixture
def alice(shop):
    return shop.user("alice")


def warm(shop):
    """Everybody has fetched what is fetched once."""
    shop.user("carol").sign_in()
    shop.user("carol").get("/orders/1")
    shop.user("alice").sign_in()


# --- first visit: the front end talks to the provider directly, and the JWT is kept in a cookie


def test_first_visit_message_by_message(shop, alice, authn):
    assert alice.sign_in().ok
    handing_over = {
        ("introspection", "gateway"): [
            "alice -> gateway POST /session",
            "gateway -> idp GET /.well-known/openid-configuration",
            "gateway -> idp POST /introspect",
        ],
        ("jwks", "gateway"): [
            "alice -> gateway POST /session",
            "gateway -> idp GET /.well-known/openid-configuration",
            "gateway -> idp GET /jwks.json",
        ],
    }
    assert shop.trace.steps() == [
        "alice -> idp GET /.well-known/openid-configuration",
        "alice -> idp GET /authorize",
        "alice -> idp POST /sign-in",
        "alice -> gateway GET /callback",
        "alice -> idp POST /token",
        *handing_over.get((authn.verify, authn.cookie), []),
    ]


def test_the_jwt_is_in_a_cookie_and_who_wrote_it_decides_who_can_read_it(shop, alice, authn):
    alice.sign_in()
    (cookie,) = [c for c in alice.browser.cookies if c.name == "__Host-access"]
    assert cookie.value.startswith("eyJ")
    assert (cookie.secure, cookie.same_site, cookie.http_only) == (True, "Strict", authn.cookie == "gateway")
    readable = "eyJ" in str({k: v for k, v in alice.browser.seen_by_script().items() if "cookie" in k})
    assert readable == (authn.cookie == "page")
    storage = str(alice.browser.storage("local")) + str(alice.browser.storage("session"))
    assert "eyJ" not in storage


# --- next visit: the gateway has the signature verified, and decides whether to route


def test_next_visit_message_by_message(shop, alice, authn):
    warm(shop)
    assert alice.get("/orders/1").status == 200
    forwarded = ["gateway -> idp POST /introspect"] if authn.verify == "introspection" else []
    assert shop.trace.last().steps() == [
        "alice -> gateway GET /orders/1",
        *forwarded,
        "gateway -> orders GET /orders/1",
    ]


@pytest.mark.parametrize("credential", [None, "Bearer garbage", "Bearer a.b.c", "Basic d2ViOng="])
def test_what_is_not_good_is_not_routed(shop, credential):
    answer = shop.visitor("mallory").get("/orders/1", {"authorization": credential} if credential else {})
    assert answer.status in (400, 401)
    assert not shop.trace.between("gateway", "orders")


def test_an_expired_jwt_is_not_routed(shop, alice):
    alice.sign_in()
    alice.get("/orders/1")
    headers = {"cookie": shop.trace.between("alice", "gateway")[-1].request.headers.get("cookie")}
    shop.clock.advance(minutes=15)
    assert alice.get("/orders/1").status == 401  # the browser has dropped the cookie
    before = len(shop.trace.between("gateway", "orders"))
    assert shop.visitor("thief").get("/orders/1", headers).status == 401
    assert len(shop.trace.between("gateway", "orders")) == before
    assert alice.refresh().ok  # without a password
    assert alice.get("/orders/1").status == 200


def test_an_id_token_opens_nothing(shop, alice):
    """CLM-08."""
    alice.sign_in()
    (hop,) = [hop for hop in shop.trace if hop.request.path == "/token"]
    (id_token,) = [found.value for found in carried(hop.response) if found.name == "id_token"]
    assert shop.visitor("mallory").get("/orders/1", {"authorization": f"Bearer {id_token}"}).status == 401


def test_a_request_past_the_gateway_is_refused_by_the_service_itself(shop, alice):
    thief = shop.visitor("thief").browser
    for headers in ({}, {"x-user-id": "alice"}, {"authorization": "Bearer a.b.c"}):
        assert shop.run(thief.call("orders", Request.get("/orders/1", headers))).status == 401


def test_identity_headers_from_outside_go_nowhere(shop, alice):
    warm(shop)
    forged = {
        "X-User-Id": "dave",
        "x_user_id": "dave",
        "X-USER": "dave",
        "x-user_roles": "manager",
        "X-Authenticated-Userid": "dave",
        "x-consumer-username": "dave",
        "X-Forwarded-User": "dave",
        "x-remote-user": "dave",
        "accept": "application/json",
    }
    assert alice.get("/orders/1/cost", forged).status == 403
    (inside,) = shop.trace.last().between("gateway", "orders")
    assert "dave" not in str(inside.request.headers)
    assert inside.request.headers.get("accept") == "application/json"


def test_identity_headers_are_known_in_every_spelling_and_number():
    lines = [("x-user", "a"), ("X-User", "b"), ("X_User_Id", "c"), ("x-userinfo", "d"), ("x-request-id", "e")]
    assert list(without_identity(Headers.of(lines))) == [("x-request-id", "e")]


def test_inside_there_is_one_credential_and_no_cookie(shop, alice):
    alice.sign_in()
    alice.get("/orders/1/tracking")
    for hop in shop.trace.between("gateway", "orders") + shop.trace.between("orders", "shipping"):
        assert "cookie" not in hop.request.headers
        assert len(hop.request.headers.all("authorization")) == 1


# --- the provider down


def test_with_the_provider_down(shop, alice, authn):
    """Forwarding to the provider makes every request depend on it; verifying locally only new sign-ins."""
    warm(shop)
    with shop.rule(Outage("idp")):
        assert alice.get("/orders/1").status == (503 if authn.verify == "introspection" else 200)
        assert shop.user("bob").sign_in().status == 503


NOT_ACTIVE = [
    Garbage("idp", 200, "true"),
    Garbage("idp", 200, '{"active":"true"}'),
    Garbage("idp", 200, '{"active":true}'),
    Garbage("idp", 200, '{"active":true,"sub":"dave","iss":"https://id.example","aud":"https://other.example"}'),
    Garbage("idp", 200, '{"active":true,"sub":"dave","iss":"https://evil.example","aud":"https://shop.example"}'),
    Garbage("idp", 200, '{"active":1}'),
    Garbage("idp", 200, ""),
    Garbage("idp", 500, '{"active":true}'),
    Garbage("idp", 401, '{"error":"invalid_client"}'),
    Outage("idp"),
    Slow("idp", 60),
]


@pytest.mark.parametrize("fault", NOT_ACTIVE, ids=repr)
def test_introspection_fails_closed(fault):
    shop = Deployment(SsoGateway(), Distributed(), seed=4)
    warm(shop)
    before = len(shop.trace.between("gateway", "orders"))
    with shop.rule(fault):
        assert shop.user("alice").get("/orders/1").status in (401, 503)
    assert len(shop.trace.between("gateway", "orders")) == before


# --- signing out


def test_after_sign_out_the_gap_is_as_declared(shop, alice, authn):
    warm(shop)
    alice.get("/orders/1")
    headers = {"cookie": shop.trace.between("alice", "gateway")[-1].request.headers.get("cookie")}
    assert alice.sign_out().ok
    assert alice.get("/orders/1").status == 401
    thief = shop.visitor("thief")
    assert thief.get("/orders/1", headers).status == (401 if authn.verify == "introspection" else 200)
    shop.clock.advance(seconds=authn.revocation_window + 1)
    assert thief.get("/orders/1", headers).status == 401


# --- the page believes nobody


def twist(shop, change):
    """Let `change(request, response)` rewrite what the provider answers."""

    async def layer(request, proceed):
        return change(request, await proceed(request))

    shop.node("idp").inbound.append(layer)


def in_location(old, new):
    def change(request, response):
        lines = tuple((n, v.replace(old, new) if n == "location" else v) for n, v in response.headers)
        return Response(response.status, response.body, Headers(lines))

    return change


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("state=", "state=x", "sso.state"),
        ("state=", "no=", "sso.state"),
        ("iss=https", "iss=http", "sso.issuer"),
        ("iss=", "no=", "sso.issuer"),
        ("code=", "no=", "sso.no-code"),
    ],
)
def test_the_page_refuses_an_answer_it_did_not_ask_for(shop, alice, old, new, code):
    twist(shop, in_location(old, new))
    assert alice.sign_in().status == 401
    assert code in [note.code for note in shop.trace.notes if note.node == "alice"]
    assert not [hop for hop in shop.trace if hop.request.path == "/token"]


@pytest.mark.parametrize(
    "change",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"iss": "https://evil.example"},
        {"aud": "orders"},
        {"aud": ["shop-page", "orders"]},
        {"azp": "orders"},
        {"at_hash": "another"},
        {"exp": 1},
        {"exp": "soon"},
        {"sub": ""},
        {"iat": None},
    ],
    ids=repr,
)
def test_the_page_refuses_a_wrong_id_token(shop, alice, change):
    mint = shop.node("idp").mint
    good = mint.id_claims
    mint.id_claims = lambda *about: {k: v for k, v in (good(*about) | change).items() if v is not None}
    assert alice.sign_in().status == 401
    assert alice.get("/orders/1").status == 401
    assert "__Host-access" not in [cookie.name for cookie in alice.browser.cookies]
