"""The documented rules of the JWT authorizer, line by line (the numbers are those of the list in docs/standards.md)."""

import json

import pytest

from authpatterns import AwsJwtAuthorizer, Deployment, Distributed, Misuse, faults, tokens
from authpatterns.authn.auth_service import AUDIENCE, ISSUER
from authpatterns.authn.aws_jwt_authorizer import CONTEXT, KEY_LIFETIME, ORIGIN_SECRET, as_strings
from authpatterns.keys import demo_key
from authpatterns.messages import Request
from authpatterns.network import EPOCH


@pytest.fixture
def shop():
    return Deployment(AwsJwtAuthorizer(), Distributed())


def claims(**changes):
    good = {"iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "tenant": "aozora", "roles": ["customer"]}
    good |= {"iat": EPOCH, "exp": EPOCH + 900, "scope": "shop read"}
    return {name: value for name, value in (good | changes).items() if value is not None}


def token(key=None, typ="JWT", **changes):
    return tokens.issue(claims(**changes), key or demo_key(), typ)


def ask(shop, credential, **headers):
    lines = {"authorization": credential} if credential else {}
    return shop.visitor("client").get("/orders/1", {**lines, **headers})


def backend_was_called(shop):
    return bool(shop.trace.between("gateway", "orders"))


@pytest.mark.parametrize("form", ["{}", "Bearer {}", "bearer {}"])
def test_1_the_identity_source_holds_the_token_alone_or_after_bearer(shop, form):
    assert ask(shop, form.format(token())).status == 200


def test_1_two_identity_sources_are_none(shop):
    client = shop.visitor("client").browser
    request = Request.get("/orders/1")
    for _ in range(2):
        request = Request("GET", "/orders/1", request.headers.plus("authorization", token()))
    assert shop.run(client.call("gateway", request)).status == 401


@pytest.mark.parametrize("algorithm", ["HS256", "EdDSA", "ES256"])
def test_2_only_rsa_algorithms(shop, algorithm):
    assert ask(shop, token(demo_key(algorithm))).status == 401


def test_2_the_rest_api_takes_elliptic_curves_too():
    shop = Deployment(AwsJwtAuthorizer(api="rest"), Distributed())
    key = demo_key("ES256")
    shop.node("auth").keys.publish(key)
    assert ask(shop, token(key)).status == 200


@pytest.mark.parametrize("api", ["http", "rest"])
def test_3_the_public_key_is_cached_for_its_documented_time(api):
    shop = Deployment(AwsJwtAuthorizer(api=api, lifetime=100_000), Distributed())
    good = token(exp=EPOCH + 100_000)
    fetches = lambda: len(shop.trace.between("authorizer", "auth"))  # noqa: E731
    ask(shop, good)
    shop.clock.advance(seconds=KEY_LIFETIME[api] - 1)
    ask(shop, good)
    assert fetches() == 1
    shop.clock.advance(seconds=1)
    ask(shop, good)
    assert fetches() == 2


def test_4_the_kid_must_name_the_key_that_signed(shop):
    from jwt import encode

    other = demo_key(number=1)
    shop.node("auth").keys.publish(other)
    private = demo_key().parsed
    forged = encode(claims(), private, algorithm="RS256", headers={"kid": other.kid})
    missing = encode(claims(), private, algorithm="RS256")
    assert ask(shop, forged).status == 401
    assert ask(shop, missing).status == 401


def test_4_an_unknown_kid_waits_for_the_cache_in_an_http_api_and_fetches_again_in_a_rest_api():
    for api, status, fetches in (("http", 401, 1), ("rest", 200, 2)):
        shop = Deployment(AwsJwtAuthorizer(api=api), Distributed())
        ask(shop, token())
        shop.node("auth").keys.publish(demo_key(number=1))
        assert ask(shop, token(demo_key(number=1))).status == status
        assert len(shop.trace.between("authorizer", "auth")) == fetches


@pytest.mark.parametrize("issuer", [ISSUER + "/", ISSUER[:-1], "https://evil.example", None])
def test_5_the_issuer_is_compared_exactly(shop, issuer):
    assert ask(shop, token(iss=issuer)).status == 401


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"aud": AUDIENCE}, 200),
        ({"aud": ["other", AUDIENCE]}, 200),
        ({"aud": AUDIENCE[:-1]}, 401),
        ({"aud": []}, 401),
        ({"aud": None, "client_id": AUDIENCE}, 200),
        ({"aud": None, "client_id": "other"}, 401),
        ({"aud": None}, 401),
        ({"aud": "other", "client_id": AUDIENCE}, 401),
        ({"aud": AUDIENCE, "client_id": "other"}, 200),
    ],
)
def test_6_aud_decides_and_client_id_counts_only_where_aud_is_absent(shop, changes, status):
    assert ask(shop, token(**changes)).status == status


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": EPOCH},
        {"exp": None},
        {"exp": str(EPOCH + 900)},
        {"exp": True},
        {"nbf": EPOCH + 60},
        {"iat": EPOCH + 60},
    ],
)
def test_7_times_are_strict_and_without_leeway(shop, changes):
    assert ask(shop, token(**changes)).status == 401
    assert not backend_was_called(shop)


@pytest.mark.parametrize(
    ("changes", "code", "seconds"),
    [
        ({"exp": EPOCH - 1}, "token.expired", 1.003),
        ({"nbf": EPOCH + 60}, "token.not-yet-valid", 59.997),
        ({"iat": EPOCH + 60}, "token.issued-in-future", 59.997),
    ],
)
def test_7_a_wrong_time_says_by_how_much(shop, changes, code, seconds):
    ask(shop, token(**changes))
    (note,) = [note for note in shop.trace.notes if note.code == code]
    assert note["seconds"] == pytest.approx(seconds, abs=0.01)


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"scope": "write read"}, 200),
        ({"scope": None, "scp": ["read"]}, 200),
        ({"scope": None, "scp": "read"}, 200),
        ({"scope": "reader"}, 403),
        ({"scope": "rea"}, 403),
        ({"scope": None}, 403),
    ],
)
def test_8_one_of_the_routes_scopes_is_enough_and_a_substring_is_not(given, status):
    shop = Deployment(AwsJwtAuthorizer(scopes=("read", "admin")), Distributed())
    answer = ask(shop, token(**given))
    assert answer.status == status
    if status == 403:
        assert answer.json() == {"message": "Forbidden"}
        assert not backend_was_called(shop)


def test_9_a_refusal_says_what_aws_says_and_the_backend_is_not_called(shop):
    answer = ask(shop, token(iss="https://evil.example"))
    assert (answer.status, answer.json()) == (401, {"message": "Unauthorized"})
    challenge = answer.headers.get("www-authenticate")
    assert challenge.startswith('Bearer scope="" error="invalid_token" error_description="')
    assert not backend_was_called(shop)


def test_9_without_a_token_the_challenge_is_bare(shop):
    assert ask(shop, "").headers.get("www-authenticate") == "Bearer"


def test_10_claims_reach_the_backend_as_strings(shop):
    ask(shop, token())
    context = json.loads(shop.trace.between("gateway", "orders")[0].request.headers.get(CONTEXT))
    handed = context["authorizer"]["jwt"]["claims"]
    assert handed == as_strings(claims())
    assert handed["roles"] == "[customer]"
    assert handed["exp"] == str(EPOCH + 900)


def test_10_what_a_client_claims_about_itself_is_thrown_away(shop):
    forged = json.dumps({"authorizer": {"jwt": {"claims": {"sub": "bob"}}}})
    ask(shop, token(), **{CONTEXT: forged, ORIGIN_SECRET: "guess"})
    (hop,) = shop.trace.between("gateway", "orders")
    assert len(hop.request.headers.all(CONTEXT)) == len(hop.request.headers.all(ORIGIN_SECRET)) == 1
    assert '"sub": "alice"' in hop.request.headers.get(CONTEXT)


def test_10_the_backend_believes_nobody_but_the_gateway(shop):
    forged = json.dumps({"authorizer": {"jwt": {"claims": {"sub": "alice", "tenant": "aozora"}}}})
    request = Request.get("/orders/1", {CONTEXT: forged, ORIGIN_SECRET: "guess"})
    assert shop.run(shop.visitor("mallory").browser.call("orders", request)).status == 401


def test_11_an_id_token_passes_where_no_scopes_are_asked_for(shop):
    """True of AWS, and taught: scopes on the route are what tells the two apart."""
    id_token = token(typ="JWT", scope=None, nonce="n")
    assert ask(shop, id_token).status == 200
    strict = Deployment(AwsJwtAuthorizer(scopes=("shop",)), Distributed())
    assert ask(strict, id_token).status == 403


def test_12_there_is_no_revocation(shop):
    alice = shop.user("alice")
    alice.sign_in()
    kept = alice.browser.storage("local")["access_token"]
    alice.sign_out()
    assert ask(shop, kept).status == 200
    shop.clock.advance(seconds=900)
    assert ask(shop, kept).status == 401


@pytest.mark.parametrize("settings", [{"audiences": ("a",) * 51}, {"audiences": ()}, {"scopes": ("s",) * 11}])
def test_13_limits(settings):
    with pytest.raises(Misuse, match="50"):
        AwsJwtAuthorizer(**settings)


def test_13_a_key_set_that_comes_too_late_denies(shop):
    with shop.rule(faults.Slow("auth", 1.5)):
        assert ask(shop, token()).status == 401
    assert ask(shop, token()).status == 200


def test_13_a_key_set_that_is_too_large_denies(shop):
    body = json.dumps({"keys": [], "padding": "x" * 150_000})
    with shop.rule(faults.Garbage("auth", 200, body)):
        assert ask(shop, token()).status == 401


@pytest.mark.parametrize(
    "fault", [faults.Outage("authorizer"), faults.Garbage("authorizer", 500), faults.Loss("authorizer", 1)]
)
def test_an_authorizer_that_does_not_work_lets_nothing_through(shop, fault):
    with shop.rule(fault):
        assert ask(shop, token()).status >= 500
    assert not backend_was_called(shop)


def test_a_new_authorizer_knows_no_keys(shop):
    ask(shop, token())
    shop.restart("authorizer")
    ask(shop, token())
    assert len(shop.trace.between("authorizer", "auth")) == 2


def test_a_service_notes_whom_it_believes_the_context_to_name_and_only_behind_the_gateway(shop):
    def believed():
        return [(note.node, note["subject"]) for note in shop.trace.notes if note.code == "aws.context-believed"]

    context = json.dumps({"authorizer": {"jwt": {"claims": as_strings(claims())}}})
    straight = Request.get("/orders/1", {CONTEXT: context, ORIGIN_SECRET: "a guess"})
    assert shop.run(shop.visitor("mallory").browser.call("orders", straight)).status >= 400
    assert believed() == []
    assert ask(shop, token()).status == 200
    assert believed() == [("orders", "alice")]
