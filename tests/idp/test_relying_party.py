"""A provider with one defect at a time: our relying party refuses every one of them, and says which it was."""

import json

import jwt
import pytest

from authpatterns import Deployment, Distributed, Sso
from authpatterns.authn.oidc import LOGOUT_EVENT
from authpatterns.encoding import decode, encode
from authpatterns.keys import SigningKey, demo_key
from authpatterns.messages import Headers, Request, Response

ORDERS = "https://orders.shop.example"


def claims(**changes):
    """The ID token says something else; None leaves a claim out."""

    def defect(shop):
        mint = shop.node("idp").mint
        good = mint.id_claims
        mint.id_claims = lambda *about: {k: v for k, v in (good(*about) | changes).items() if v is not None}

    return defect


def signed(sign):
    """The ID token is signed in another way: `sign(claims, ring)`."""

    def defect(shop):
        mint = shop.node("idp").mint
        good = mint.sign
        mint.sign = lambda about, kind: sign(about, mint.keys) if kind == "JWT" else good(about, kind)

    return defect


def answers(path, change):
    """The provider answers requests for `path` in another way: `change(response)`."""

    def defect(shop):
        async def layer(request, proceed):
            response = await proceed(request)
            return change(response) if request.path in path.split() else response

        shop.node("idp").inbound.append(layer)

    return defect


def redirect(old, new):
    def change(response):
        lines = tuple((n, v.replace(old, new) if n == "location" else v) for n, v in response.headers)
        return Response(response.status, response.body, Headers(lines))

    return answers("/sign-in /authorize", change)


def members(path, **changes):
    def change(response):
        body = {k: v for k, v in (response.json() | changes).items() if v is not None}
        return Response(response.status, json.dumps(body), response.headers)

    return answers(path, change)


def by_another_key(about, ring):
    other = demo_key(number=1)
    return jwt.encode(about, other.parsed, "RS256", headers={"kid": ring.signing.kid})


def with_the_public_key_as_secret(about, ring):
    n = ring.jwks()["keys"][0]["n"]
    secret = SigningKey(ring.signing.kid, "HS256", {"kty": "oct", "k": n})
    return jwt.encode(about, secret.parsed, "HS256", headers={"kid": ring.signing.kid})


def unsigned(about, ring):
    return jwt.encode(about, None, "none", headers={"kid": ring.signing.kid})


def changed_afterwards(about, ring):
    head, payload, signature = jwt.encode(about, ring.signing.parsed, "RS256", headers={"kid": ring.signing.kid}).split(
        "."
    )
    forged = json.loads(decode(payload)) | {"sub": "dave"}
    return ".".join((head, encode(json.dumps(forged).encode()), signature))


def of_kind(kind):
    return lambda about, ring: jwt.encode(
        about, ring.signing.parsed, "RS256", headers={"kid": ring.signing.kid, "typ": kind}
    )


DEFECTS = {
    "id token: wrong iss": (claims(iss="https://evil.example"), "token.issuer"),
    "id token: no iss": (claims(iss=None), "token."),
    "id token: wrong aud": (claims(aud="payments"), "token.audience"),
    "id token: no aud": (claims(aud=None), "token."),
    "id token: aud of several without azp": (claims(aud=["orders", "payments"]), "id-token.azp"),
    "id token: wrong azp": (claims(azp="payments"), "id-token.azp"),
    "id token: wrong nonce": (claims(nonce="another"), "id-token.nonce"),
    "id token: no nonce": (claims(nonce=None), "id-token.nonce"),
    "id token: wrong at_hash": (claims(at_hash="another"), "id-token.at-hash"),
    "id token: expired": (claims(exp=1), "token.expired"),
    "id token: no exp": (claims(exp=None), "token."),
    "id token: from the future": (claims(iat=9_999_999_999), "token."),
    "id token: not yet good": (claims(nbf=9_999_999_999), "token."),
    "id token: no iat": (claims(iat=None), "id-token.iat"),
    "id token: no sub": (claims(sub=None), "id-token.sub"),
    "id token: empty sub": (claims(sub=""), "id-token.sub"),
    "id token: sub is no text": (claims(sub=7), "token."),
    "id token: signed with another key": (signed(by_another_key), "token.signature"),
    "id token: alg none": (signed(unsigned), "token."),
    "id token: HS256 with the public key": (signed(with_the_public_key_as_secret), "token."),
    "id token: changed after signing": (signed(changed_afterwards), "token.signature"),
    "id token: an access token in its place": (signed(of_kind("at+jwt")), "token.type"),
    "id token: a logout token in its place": (signed(of_kind("logout+jwt")), "token.type"),
    "id token: unknown key": (
        signed(lambda about, ring: jwt.encode(about, ring.signing.parsed, "RS256", headers={"kid": "?", "typ": "JWT"})),
        "token.",
    ),
    "answer: wrong state": (redirect("state=", "state=x"), "sso.state"),
    "answer: no state": (redirect("state=", "no="), "sso.state"),
    "answer: wrong iss": (redirect("iss=https", "iss=http"), "sso.issuer"),
    "answer: no iss": (redirect("iss=", "no="), "sso.issuer"),
    "answer: no code": (redirect("code=", "no="), "sso.code"),
    "tokens: another type": (members("/token", token_type="mac"), "sso.token-answer"),
    "tokens: no type": (members("/token", token_type=None), "sso.token-answer"),
    "tokens: no id token": (members("/token", id_token=None), "sso.token-answer"),
    "tokens: no access token": (members("/token", access_token=None), "sso.token-answer"),
    "tokens: access token is no text": (members("/token", access_token={"a": 1}), "sso.token-answer"),
    "tokens: not JSON": (answers("/token", lambda response: Response(200, "<html>")), "sso.code"),
    "tokens: an error": (answers("/token", lambda response: Response(500, response.body)), "sso.code"),
    "discovery: another issuer": (
        members("/.well-known/openid-configuration", issuer="https://evil.example"),
        "discovery.unusable",
    ),
    "discovery: no issuer": (members("/.well-known/openid-configuration", issuer=None), "discovery.unusable"),
    "discovery: not JSON": (
        answers("/.well-known/openid-configuration", lambda response: Response(200, "<html>")),
        "discovery.unusable",
    ),
    "discovery: no endpoint": (
        members("/.well-known/openid-configuration", authorization_endpoint=None),
        "discovery.unusable",
    ),
    "keys: none": (members("/jwks.json", keys=[]), "token."),
    "keys: not JSON": (answers("/jwks.json", lambda response: Response(200, "<html>")), "jwks.unusable"),
    "keys: an error": (answers("/jwks.json", lambda response: Response(500)), "jwks.unusable"),
}


@pytest.fixture
def shop():
    return Deployment(Sso(), Distributed(), seed=4)


@pytest.mark.parametrize(("defect", "code"), DEFECTS.values(), ids=DEFECTS)
def test_every_single_defect_is_refused(shop, defect, code):
    defect(shop)
    alice = shop.user("alice")
    answer = alice.sign_in()
    assert answer.status in (400, 401, 503)
    assert any(note.code.startswith(code) for note in shop.trace.notes if note.node == "orders")
    assert "__Host-session" not in [cookie.name for cookie in alice.browser.cookies]
    assert alice.get("/orders/1").status != 200


def test_without_a_defect_the_same_story_ends_well(shop):
    assert shop.user("alice").sign_in().status == 200


def test_identity_comes_from_the_verified_token_alone(shop):
    """OAU-11: names that the browser adds to the answer are nobody's."""
    redirect("code=", "sub=dave&user=dave&code=")(shop)
    shop.user("alice").sign_in()
    assert shop.user("alice").get("/orders/1").json()["owner"] == "alice"
    assert shop.user("alice").get("/orders/1/cost").status == 403


# --- logout tokens


def logout(shop, *, kind="logout+jwt", **changes):
    """Send orders a logout token with some claims changed."""
    idp = shop.node("idp")
    (login,) = idp.logins.of("alice", idp.now)
    about = {
        "iss": idp.issuer,
        "aud": "orders",
        "iat": int(idp.now),
        "exp": int(idp.now) + 60,
        "jti": "a name for this token",
        "events": {LOGOUT_EVENT: {}},
        "sub": "alice",
        "sid": login.sid,
    }
    token = idp.mint.sign({k: v for k, v in (about | changes).items() if v is not None}, kind)
    return send(shop, token)


def send(shop, token):
    request = Request.post("/sso/back-channel-logout", form={"logout_token": token})
    return shop.run(shop.node("idp").call("orders", request))


@pytest.fixture
def signed_in(shop):
    shop.user("alice").sign_in()
    return shop


def session_is_alive(shop):
    browser = shop.user("alice").browser
    return shop.run(browser.fetch(f"{ORDERS}/orders/1", Request.get("/"), page=ORDERS)).status == 200


def test_a_good_logout_token_ends_the_session(signed_in):
    answer = logout(signed_in)
    assert (answer.status, answer.headers.get("cache-control")) == (200, "no-store")
    assert not session_is_alive(signed_in)


@pytest.mark.parametrize("changes", [{"sid": None}, {"sub": None}], ids=repr)
def test_sub_or_sid_is_enough(signed_in, changes):
    assert logout(signed_in, **changes).status == 200
    assert not session_is_alive(signed_in)


@pytest.mark.parametrize("changes", [{"sid": "another"}, {"sub": "bob"}, {"sub": "bob", "sid": None}], ids=repr)
def test_a_logout_token_about_others_ends_nothing_here(signed_in, changes):
    assert logout(signed_in, **changes).status == 200
    assert session_is_alive(signed_in)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.example"},
        {"aud": "payments"},
        {"aud": None},
        {"exp": 1},
        {"exp": None},
        {"iat": 1},
        {"iat": None},
        {"jti": None},
        {"events": None},
        {"events": {}},
        {"events": {LOGOUT_EVENT: None}},
        {"events": [LOGOUT_EVENT]},
        {"nonce": "n"},
        {"sub": None, "sid": None},
        {"kind": "JWT"},
        {"kind": "at+jwt"},
    ],
    ids=repr,
)
def test_a_wrong_logout_token_is_400_and_ends_nothing(signed_in, changes):
    answer = logout(signed_in, **changes)
    assert (answer.status, answer.json()) == (400, {"error": "invalid_request"})
    assert session_is_alive(signed_in)


def test_a_logout_token_is_good_once(signed_in):
    logout(signed_in, sub="bob", sid=None)
    assert logout(signed_in, sub="bob", sid=None).status == 400


def test_other_tokens_are_no_logout_tokens(signed_in):
    """CLM-08."""
    (hop,) = [hop for hop in signed_in.trace if hop.request.path == "/token"]
    for name in ("id_token", "access_token"):
        assert send(signed_in, hop.response.json()[name]).status == 400
    assert send(signed_in, "").status == 400
    assert session_is_alive(signed_in)


def test_a_logout_token_opens_nothing(signed_in):
    idp = signed_in.node("idp")
    token = idp.mint.logout_token("orders", "alice", "sid")
    answer = signed_in.visitor("mallory").get("/orders/1", {"authorization": f"Bearer {token}"})
    assert answer.status == 401
