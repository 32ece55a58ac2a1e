"""Introspection (RFC 7662) and revocation (RFC 7009)."""

import pytest
from idp_world import API, World

from authpatterns.authn.oidc import ISSUER
from authpatterns.messages import Request


@pytest.fixture
def world():
    return World()


def inactive(answer):
    return (answer.status, answer.body) == (200, '{"active":false}')


# --- introspection


def test_a_resource_server_learns_whose_token_it_is(world):
    answer = world.introspect(world.tokens()["access_token"])
    about = answer.json()
    assert about["active"] is True
    assert (about["iss"], about["sub"], about["client_id"], about["token_type"]) == (ISSUER, "alice", "web", "Bearer")
    assert API in about["aud"]
    assert about["scope"] == "openid profile orders:read"
    assert answer.headers.get("cache-control") == "no-store"


def test_the_caller_must_be_authenticated(world):
    token = world.tokens()["access_token"]
    for request in (
        Request.post("/introspect", form={"token": token}),
        Request.post("/introspect", form={"token": token, "client_id": "api"}),
        Request.post("/introspect", form={"token": token, "client_id": "page"}),
        Request.post("/introspect", {"authorization": f"Bearer {token}"}, form={"token": token}),
    ):
        answer = world.send(request)
        assert (answer.status, answer.json()) == (401, {"error": "invalid_client"})


def test_it_is_a_post(world):
    assert world.send(Request.get("/introspect?token=x")).status == 404


def test_unknown_expired_revoked_or_not_for_this_caller_is_exactly_inactive(world):
    given = world.tokens()
    assert inactive(world.introspect("unknown"))
    assert inactive(world.introspect("a.b.c"))
    assert inactive(world.introspect(given["id_token"]))
    assert inactive(world.introspect(given["access_token"], "stranger"))
    assert inactive(world.introspect(given["refresh_token"]))
    world.advance(900)
    assert inactive(world.introspect(given["access_token"]))
    later = world.tokens()
    world.post("/revoke", token=later["access_token"])
    assert inactive(world.introspect(later["access_token"]))


def test_a_token_is_required(world):
    assert world.post("/introspect", "api").status == 400


def test_a_wrong_hint_searches_everything(world):
    given = world.tokens()
    for hint in ("refresh_token", "id_token", "nonsense"):
        assert world.introspect(given["access_token"], token_type_hint=hint).json()["active"]
    assert world.introspect(given["refresh_token"], "web", token_type_hint="access_token").json()["active"]


def test_a_refresh_token_is_its_own_clients_business(world):
    given = world.tokens()
    about = world.introspect(given["refresh_token"], "web").json()
    assert (about["active"], about["sub"]) == (True, "alice")
    assert "aud" not in about
    world.refresh(given["refresh_token"])
    assert inactive(world.introspect(given["refresh_token"], "web"))


# --- revocation


def test_revoking_a_refresh_token_ends_its_access_tokens(world):
    given = world.tokens()
    answer = world.post("/revoke", token=given["refresh_token"])
    assert (answer.status, answer.body) == (200, "")
    assert not world.active(given["access_token"])
    assert world.refresh(given["refresh_token"]).status == 400


def test_revoking_an_old_refresh_token_ends_the_family_too(world):
    old = world.tokens()["refresh_token"]
    new = world.refresh(old).json()
    world.post("/revoke", token=old)
    assert not world.active(new["access_token"])


def test_revoking_an_access_token_leaves_the_refresh_token(world):
    given = world.tokens()
    world.post("/revoke", token=given["access_token"])
    assert not world.active(given["access_token"])
    assert world.refresh(given["refresh_token"]).status == 200


def test_an_unknown_token_is_200_and_a_bad_hint_is_ignored(world):
    given = world.tokens()
    assert world.post("/revoke", token="unknown").status == 200
    assert world.post("/revoke", token=given["access_token"], token_type_hint="nonsense").status == 200
    assert not world.active(given["access_token"])


def test_revocation_is_bound_to_the_client(world):
    given = world.tokens()
    for token in (given["access_token"], given["refresh_token"]):
        assert world.post("/revoke", "stranger", token=token).status == 200
    assert world.active(given["access_token"])
    assert world.refresh(given["refresh_token"]).status == 200


def test_the_client_proves_who_it_is(world):
    given = world.tokens()
    answer = world.send(Request.post("/revoke", form={"token": given["access_token"], "client_id": "web"}))
    assert answer.status == 401
    assert world.active(given["access_token"])
    public = world.tokens("page")
    assert world.post("/revoke", "page", token=public["refresh_token"]).status == 200
    assert not world.active(public["access_token"])
