"""Token exchange (RFC 8693)."""

import pytest
from idp_world import API, FAR, World

from authpatterns import tokens
from authpatterns.authn.idp import Client
from authpatterns.authn.oidc import ACCESS_TOKEN, ID_TOKEN, ISSUER, JWT, TOKEN_EXCHANGE
from authpatterns.messages import Principal


@pytest.fixture
def world():
    return World()


def exchange(world, token, client="api", **changes):
    form = {
        "grant_type": TOKEN_EXCHANGE,
        "subject_token": token,
        "subject_token_type": ACCESS_TOKEN,
        "audience": FAR,
    }
    return world.post(
        "/token", client, **{name: value for name, value in (form | changes).items() if value is not None}
    )


def claims_of(world, token, audience=FAR):
    return tokens.verify(
        token, world.idp.keys.jwks(), issuer=ISSUER, audience=audience, now=world.idp.now, typ="at+jwt"
    )


def error_of(answer):
    assert answer.status == 400
    return answer.json()["error"]


def test_the_answer_names_the_issued_type_and_the_token_the_actor(world):
    answer = exchange(world, world.tokens()["access_token"]).json()
    assert answer["issued_token_type"] == ACCESS_TOKEN
    assert answer["token_type"] == "Bearer"
    assert "refresh_token" not in answer
    claims = claims_of(world, answer["access_token"])
    assert (claims["sub"], claims["aud"], claims["client_id"]) == ("alice", FAR, "api")
    assert claims["act"] == {"sub": "api"}
    assert Principal.from_claims(claims).actor == "api"


def test_scope_can_be_narrowed_and_never_widened(world):
    token = world.tokens()["access_token"]
    narrow = exchange(world, token, scope="orders:read").json()
    assert narrow["scope"] == claims_of(world, narrow["access_token"])["scope"] == "orders:read"
    assert error_of(exchange(world, token, scope="orders:write")) == "invalid_scope"
    assert error_of(exchange(world, token, scope="openid")) == "invalid_scope"


def test_it_lives_no_longer_than_what_it_came_from(world):
    token = world.tokens()["access_token"]
    world.advance(800)
    answer = exchange(world, token).json()
    assert answer["expires_in"] <= 100
    assert claims_of(world, answer["access_token"])["exp"] == claims_of(world, token, API)["exp"]


def test_it_ends_with_the_grant_it_came_from(world):
    given = world.tokens()
    exchanged = exchange(world, given["access_token"]).json()["access_token"]
    assert world.active(exchanged)
    world.post("/revoke", token=given["refresh_token"])
    assert not world.active(exchanged)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"subject_token": None}, "invalid_request"),
        ({"subject_token_type": None}, "invalid_request"),
        ({"subject_token": "garbage"}, "invalid_request"),
        ({"subject_token_type": ID_TOKEN}, "invalid_request"),
        ({"subject_token_type": "access_token"}, "invalid_request"),
        ({"actor_token_type": ACCESS_TOKEN}, "invalid_request"),
        ({"actor_token": "x"}, "invalid_request"),
        ({"actor_token": "x", "actor_token_type": ACCESS_TOKEN}, "invalid_request"),
        ({"audience": None}, "invalid_target"),
        ({"audience": "https://bank.example"}, "invalid_target"),
        ({"audience": API}, "invalid_target"),
        ({"resource": FAR}, "invalid_target"),
        ({"requested_token_type": ID_TOKEN}, "invalid_request"),
    ],
)
def test_what_is_refused_and_with_which_error(world, changes, error):
    assert error_of(exchange(world, world.tokens()["access_token"], **changes)) == error


def test_a_bad_subject_is_invalid_request(world):
    given = world.tokens()
    for bad in (given["id_token"], given["refresh_token"], given["access_token"][:-4] + "AAAA"):
        assert error_of(exchange(world, bad)) == "invalid_request"
    world.post("/revoke", token=given["refresh_token"])
    assert error_of(exchange(world, given["access_token"])) == "invalid_request"
    late = world.tokens()["access_token"]
    world.advance(900)
    assert error_of(exchange(world, late)) == "invalid_request"


def test_only_whom_the_token_was_meant_for_may_exchange_it(world):
    """The confused deputy: a service must not make tokens out of tokens that happen to pass by."""
    world.idp.clients.add(Client("nosy", secret="nosy secret", exchange_targets=(FAR,)))
    assert error_of(exchange(world, world.tokens()["access_token"], "nosy")) == "invalid_request"


def test_a_client_that_is_not_registered_for_it_may_not(world):
    token = world.tokens()["access_token"]
    for client in ("web", "page"):
        assert error_of(exchange(world, token, client)) == "unauthorized_client"


def test_the_chain_of_actors_nests_and_only_the_outermost_counts(world):
    world.idp.clients.add(Client("far", secret="far secret", serves=(FAR,), exchange_targets=(API,)))
    once = exchange(world, world.tokens()["access_token"]).json()["access_token"]
    twice = exchange(world, once, "far", audience=API).json()["access_token"]
    claims = claims_of(world, twice, API)
    assert claims["act"] == {"sub": "far", "act": {"sub": "api"}}
    assert Principal.from_claims(claims).actor == "far"


def with_may_act(world, who):
    """A token of alice's that says who may act for her."""
    given = world.tokens()
    claims = claims_of(world, given["access_token"], API)
    return world.idp.mint.sign({**claims, "may_act": who}, "at+jwt")


@pytest.mark.parametrize(
    ("who", "good"), [({"sub": "api"}, True), ({"sub": "far"}, False), ("api", False), ({}, False)]
)
def test_may_act_says_who_may(world, who, good):
    assert (exchange(world, with_may_act(world, who)).status == 200) == good


def test_an_actor_token_names_the_actor(world):
    subject = world.tokens()["access_token"]
    actor = world.tokens()["access_token"]
    answer = exchange(world, subject, actor_token=actor, actor_token_type=JWT).json()
    assert claims_of(world, answer["access_token"])["act"] == {"sub": "alice"}
    assert exchange(world, subject, actor_token=actor, actor_token_type=ID_TOKEN).status == 400
