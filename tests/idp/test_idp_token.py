"""The token endpoint: codes, refresh tokens, client authentication, and what the tokens say."""

import pytest
from idp_world import API, CALLBACK, VERIFIER, World, basic, returned

from authpatterns import tokens
from authpatterns.authn.oidc import ISSUER, half_hash
from authpatterns.errors import TokenRefused
from authpatterns.keys import demo_key
from authpatterns.messages import Request


@pytest.fixture
def world():
    return World()


def refused(answer, error, status=400):
    assert (answer.status, answer.json()) == (status, {"error": error})
    assert answer.headers.get("cache-control") == "no-store"
    return True


def read(world, token, typ, audience):
    return tokens.verify(
        token, world.idp.keys.jwks(), issuer=ISSUER, audience=audience, now=world.idp.now, typ=typ, require_kid=True
    )


# --- what comes out


def test_access_tokens_have_the_claims_of_rfc_9068(world):
    given = world.tokens()
    claims = read(world, given["access_token"], "at+jwt", API)
    assert claims["sub"] == "alice"
    assert claims["client_id"] == "web"
    assert claims["scope"] == given["scope"] == "openid profile orders:read"
    assert claims["exp"] - claims["iat"] == given["expires_in"] == 900
    assert given["token_type"] == "Bearer"
    assert len(claims["jti"]) >= 22


def test_id_tokens_have_iss_sub_aud_exp_iat_nonce_auth_time_and_at_hash(world):
    code = world.code()
    signed_in = int(world.idp.now)
    world.advance(30)
    given = world.redeem(code).json()
    claims = read(world, given["id_token"], "JWT", "web")
    assert claims["nonce"] == "the nonce"
    assert claims["auth_time"] == signed_in
    assert claims["iat"] == int(world.idp.now)
    assert claims["at_hash"] == half_hash(given["access_token"])
    assert {"iss", "sub", "aud", "exp", "sid"} <= claims.keys()


def test_an_id_token_is_no_access_token_and_the_other_way_round(world):
    given = world.tokens()
    for token, typ in ((given["id_token"], "at+jwt"), (given["access_token"], "JWT")):
        with pytest.raises(TokenRefused):
            read(world, token, typ, None)
    answer = world.send(Request.get("/userinfo", {"authorization": f"Bearer {given['id_token']}"}))
    assert answer.status == 401


def test_answers_about_tokens_are_never_stored(world):
    answer = world.redeem(world.code())
    assert answer.headers.get("cache-control") == "no-store"
    assert answer.headers.get("pragma") == "no-cache"


def test_without_openid_there_is_no_id_token(world):
    given = world.tokens(scope="orders:read")
    assert "id_token" not in given
    assert read(world, given["access_token"], "at+jwt", API)["aud"] == API


def test_without_profile_the_id_token_says_less(world):
    given = world.tokens(scope="openid")
    assert "roles" not in read(world, given["id_token"], "JWT", "web")


# --- codes


def test_codes_are_single_use_and_a_second_use_revokes_what_the_first_gave(world):
    code = world.code()
    given = world.redeem(code).json()
    assert world.active(given["access_token"])
    refused(world.redeem(code), "invalid_grant")
    assert not world.active(given["access_token"])
    refused(world.refresh(given["refresh_token"]), "invalid_grant")


def test_a_replay_after_the_code_would_have_expired_revokes_too(world):
    code = world.code()
    given = world.redeem(code).json()
    world.advance(300)
    refused(world.redeem(code), "invalid_grant")
    assert not world.active(given["access_token"])


def test_two_redemptions_at_the_same_moment_leave_nothing_alive(world):
    code, network = world.code(), world.network
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    request = Request.post("/token", {"authorization": basic("web", "web secret/+:")}, form=form)

    async def both():
        tasks = [network.kernel.spawn(network.call("web", "idp", request)) for _ in range(2)]
        return [await task for task in tasks]

    answers = network.kernel.run(both())
    assert sorted(answer.status for answer in answers) == [200, 400]
    (good,) = [answer.json() for answer in answers if answer.status == 200]
    assert not world.active(good["access_token"])


def test_codes_end_after_a_minute(world):
    code = world.code()
    world.advance(60)
    refused(world.redeem(code), "invalid_grant")


def test_a_code_is_bound_to_its_client(world):
    code = world.code()
    refused(world.redeem(code, "stranger", redirect_uri=CALLBACK), "invalid_grant")
    refused(world.redeem(code), "invalid_grant")  # it was tried, so it is used up


def test_a_code_is_bound_to_its_redirect_uri(world):
    refused(world.redeem(world.code(), redirect_uri="https://web.example/other?from=idp"), "invalid_grant")
    refused(world.redeem(world.code(), redirect_uri=None), "invalid_grant")


@pytest.mark.parametrize(
    ("verifier", "error"),
    [
        (None, "invalid_grant"),
        ("b" * 43, "invalid_grant"),
        (VERIFIER + "x", "invalid_grant"),
        (VERIFIER[:-1], "invalid_request"),
        ("é" * 43, "invalid_request"),
        ("a" * 129, "invalid_request"),
    ],
)
def test_a_code_is_bound_to_its_pkce_verifier(world, verifier, error):
    refused(world.redeem(world.code(), code_verifier=verifier), error)


def test_a_stolen_code_injected_into_another_sign_in_fails(world):
    """OAU-03: the victim's code, brought to the client in the attacker's own session, meets another verifier."""
    refused(world.redeem(world.code(), code_verifier="attacker-" + "a" * 43), "invalid_grant")


def test_a_verifier_without_an_earlier_challenge_is_refused(world):
    """OAU-05: the attacker strips the challenge from the request of a client that may do without."""
    code = world.code("lax", code_challenge=None, code_challenge_method=None, scope="openid")
    refused(world.redeem(code, "lax"), "invalid_grant")
    assert world.network.trace.notes[-1].code == "oauth.verifier-unasked"
    code = world.code("lax", code_challenge=None, code_challenge_method=None, scope="openid")
    assert world.redeem(code, "lax", code_verifier=None).status == 200
    code = world.code("lax", scope="openid")
    refused(world.redeem(code, "lax", code_verifier=None), "invalid_grant")


def test_a_code_from_before_signing_out_is_worth_nothing(world):
    code = world.code()
    world.network.kernel.run(world.idp.sign_out_everywhere("alice"))
    refused(world.redeem(code), "invalid_grant")


def test_a_restart_forgets_codes_and_forms_and_keeps_sign_ins_and_grants(world):
    given, code = world.tokens(), world.code()
    world.idp.restart()
    refused(world.redeem(code), "invalid_grant")
    assert "code" in returned(world.authorize(prompt="none"))
    assert world.refresh(given["refresh_token"]).status == 200


# --- refresh


def test_refresh_tokens_rotate_and_the_answer_is_fresh(world):
    first = world.tokens()
    world.advance(10)
    second = world.refresh(first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert second["access_token"] != first["access_token"]
    assert "nonce" not in read(world, second["id_token"], "JWT", "web")
    assert world.active(second["access_token"])


def test_a_replayed_refresh_token_revokes_the_family(world):
    first = world.tokens()
    second = world.refresh(first["refresh_token"]).json()
    refused(world.refresh(first["refresh_token"]), "invalid_grant")
    refused(world.refresh(second["refresh_token"]), "invalid_grant")
    assert not world.active(second["access_token"])
    assert not world.active(first["access_token"])


def test_two_refreshes_at_the_same_moment_leave_nothing_alive(world):
    token, network = world.tokens()["refresh_token"], world.network
    form = {"grant_type": "refresh_token", "refresh_token": token}
    request = Request.post("/token", {"authorization": basic("web", "web secret/+:")}, form=form)

    async def both():
        tasks = [network.kernel.spawn(network.call("web", "idp", request)) for _ in range(2)]
        return [await task for task in tasks]

    answers = network.kernel.run(both())
    assert sorted(answer.status for answer in answers) == [200, 400]
    assert world.idp.grants.refresh.alive(world.idp.now) == []


def test_a_refresh_token_is_bound_to_its_client(world):
    given = world.tokens()
    refused(world.refresh(given["refresh_token"], "stranger"), "invalid_grant")
    assert world.refresh(given["refresh_token"]).status == 200  # the stranger has done no harm


def test_a_refresh_never_widens_the_scope(world):
    token = world.tokens()["refresh_token"]
    refused(world.refresh(token, scope="openid orders:write"), "invalid_scope")
    narrowed = world.refresh(token, scope="orders:read").json()
    assert narrowed["scope"] == "orders:read"
    assert "id_token" not in narrowed
    again = world.refresh(narrowed["refresh_token"]).json()
    assert again["scope"] == "openid profile orders:read"  # RFC 6749 section 6: the grant itself is not narrowed


def test_refresh_tokens_end_with_the_grant_however_often_they_rotate():
    world = World(refresh_lifetime=1000)
    token = world.tokens()["refresh_token"]
    world.advance(600)
    token = world.refresh(token).json()["refresh_token"]
    world.advance(400)
    refused(world.refresh(token), "invalid_grant")


def test_a_client_that_is_not_registered_for_refresh_tokens_gets_none(world):
    assert "refresh_token" not in world.tokens("lax", scope="openid")


# --- clients


@pytest.mark.parametrize("how", ["basic", "post"])
def test_confidential_clients_prove_who_they_are(world, how):
    token = world.tokens()["refresh_token"]
    answer = world.post("/token", how=how, grant_type="refresh_token", refresh_token=token)
    assert answer.status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": basic("web", "a guess")},
        {"authorization": basic("nobody", "")},
        {"authorization": "Basic !!!"},
        {"authorization": "Basic d2Vi"},
        {"authorization": "Bearer web"},
        {"authorization": ""},
    ],
)
def test_a_client_that_does_not_prove_who_it_is_gets_401_with_a_challenge(world, headers):
    code = world.code()
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    form |= {} if headers else {"client_id": "web"}
    answer = world.send(Request.post("/token", headers, form=form))
    refused(answer, "invalid_client", 401)
    assert answer.headers.get("www-authenticate").startswith("Basic ")
    assert world.redeem(code).status == 200  # who is nobody cannot use up a code


def test_one_way_of_proving_at_a_time(world):
    headers = {"authorization": basic("web", "web secret/+:")}
    for more in ({"client_secret": "web secret/+:", "client_id": "web"}, {"client_id": "page"}):
        refused(world.send(Request.post("/token", headers, form={"grant_type": "x", **more})), "invalid_request")


def test_a_public_client_has_pkce_alone_and_no_secret_to_guess(world):
    assert world.tokens("page")["access_token"]
    code = world.code("page")
    form = {"grant_type": "authorization_code", "code": code, "client_id": "page", "client_secret": "anything"}
    refused(world.send(Request.post("/token", form=form)), "invalid_client", 401)


@pytest.mark.parametrize(
    "grant", ["password", "client_credentials", "implicit", "urn:ietf:params:oauth:grant-type:jwt-bearer"]
)
def test_no_password_grant_and_no_other(world, grant):
    refused(
        world.post("/token", grant_type=grant, username="alice", password="alice's password"), "unsupported_grant_type"
    )


def test_parameters_come_once_in_a_form_by_post(world):
    refused(world.post("/token"), "invalid_request")
    who = {"authorization": basic("web", "web secret/+:"), "content-type": "application/x-www-form-urlencoded"}
    twice = Request(
        "POST", "/token", Request.get("/", who).headers, "grant_type=refresh_token&grant_type=refresh_token"
    )
    refused(world.send(twice), "invalid_request")
    refused(world.send(Request.post("/token", who, json={"grant_type": "refresh_token"})), "invalid_request")
    not_utf_8 = Request("POST", "/token", Request.get("/", who).headers, "grant_type=%ff")
    refused(world.send(not_utf_8), "invalid_request")
    many = Request("POST", "/token", Request.get("/", who).headers, "&".join(f"p{n}=1" for n in range(1000)))
    refused(world.send(many), "invalid_request")
    assert world.send(Request.get("/token?grant_type=refresh_token")).status == 404


# --- keys


def test_rotation_with_overlap_keeps_old_tokens_good(world):
    given = world.tokens()
    world.idp.keys.rotate(demo_key(number=1))
    assert world.active(given["access_token"])
    assert tokens.key_id(world.refresh(given["refresh_token"]).json()["access_token"]) == demo_key(number=1).kid


def test_a_withdrawn_key_ends_its_tokens(world):
    given = world.tokens()
    world.idp.keys.rotate(demo_key(number=1), overlap=False)
    assert not world.active(given["access_token"])
    assert world.send(Request.get("/jwks.json")).json()["keys"][0]["kid"] == demo_key(number=1).kid


def test_the_key_set_holds_no_private_member(world):
    for key in world.send(Request.get("/jwks.json")).json()["keys"]:
        assert key.keys() == {"kty", "kid", "alg", "use", "n", "e"}


# --- discovery


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"])
def test_discovery_says_what_there_is_and_nothing_more(world, path):
    document = world.send(Request.get(path)).json()
    assert document["issuer"] == ISSUER
    assert document["response_types_supported"] == ["code"]
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert document["authorization_response_iss_parameter_supported"] is True
    for name, address in document.items():
        if name.endswith(("_endpoint", "_uri")):
            path = address.removeprefix(ISSUER)
            assert any(known.path == path for known in world.idp.routes), name


# --- userinfo


def test_userinfo_needs_an_access_token_with_openid(world):
    def ask(token, **headers):
        return world.send(Request.get("/userinfo", {"authorization": f"Bearer {token}", **headers}))

    given = world.tokens()
    assert ask(given["access_token"]).json() == {"sub": "alice", "tenant": "aozora", "roles": ["customer"]}
    assert ask(world.tokens(scope="openid")["access_token"]).json() == {"sub": "alice"}
    assert ask(world.tokens(scope="orders:read")["access_token"]).status in (401, 403)
    assert world.send(Request.get("/userinfo")).status == 401
    assert world.send(Request.get(f"/userinfo?access_token={given['access_token']}")).status == 401
    world.post("/revoke", token=given["access_token"])
    assert ask(given["access_token"]).status == 401


# --- pages of other origins


def test_only_pages_of_public_clients_may_read_answers(world):
    def allowed(origin):
        answer = world.send(Request.post("/token", {"origin": origin}, form={"client_id": "page"}))
        return answer.headers.get("access-control-allow-origin")

    assert allowed("https://page.example") == "https://page.example"
    for origin in ("https://web.example", "https://evil.example", "null", ""):
        assert allowed(origin) == ""
    answer = world.authorize()
    assert "access-control-allow-credentials" not in answer.headers
