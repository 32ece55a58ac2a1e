"""Opaque outside, JWT inside."""

import pytest

from authpatterns import Deployment, Distributed, JwtGateway, faults
from authpatterns.authn.jwt_gateway import GATEWAY_CREDENTIAL, INTROSPECTION
from authpatterns.messages import Request
from authpatterns.secrecy import carried


def shop_with(**settings):
    shop = Deployment(JwtGateway(**settings), Distributed())
    alice = shop.user("alice")
    alice.sign_in()
    return shop, alice


@pytest.mark.parametrize("settings", [{}, {"cache": 30}, {"keep": "cookie"}])
def test_the_jwt_never_reaches_a_client(settings):
    shop, alice = shop_with(**settings)
    for path in ("/orders/1", "/orders/2", "/orders/1/tracking", "/orders/9"):
        alice.get(path)
    alice.refresh()
    alice.sign_out()
    clients = [hop for hop in shop.trace if shop.trace.parties[hop.source].zone == "client"]
    secrets = [found for hop in clients for message in (hop.request, hop.response) for found in carried(message)]
    assert secrets
    assert [found for found in secrets if found.fingerprint.startswith("jwt")] == []


def test_a_client_that_brings_a_jwt_is_refused():
    shop, alice = shop_with()
    alice.get("/orders/1")
    (jwt,) = [found.value for found in carried(shop.trace.between("gateway", "orders")[0].request)]
    assert shop.visitor("mallory").get("/orders/1", {"authorization": f"Bearer {jwt}"}).status == 401


def test_a_service_refuses_whoever_gets_past_the_gateway():
    shop, alice = shop_with()
    opaque = alice.browser.storage("local")["access_token"]
    for headers in ({}, {"authorization": f"Bearer {opaque}"}, {"x-user": "alice"}):
        answer = shop.run(alice.browser.call("orders", Request.get("/orders/1", headers)))
        assert answer.status == 401


def introspect(shop, token, credential=GATEWAY_CREDENTIAL):
    request = Request.post(INTROSPECTION, {"authorization": credential}, form={"token": token})
    return shop.run(shop.visitor("mallory").browser.call("auth", request))


def test_rfc_7662_introspection_needs_a_caller_that_proves_itself():
    shop, alice = shop_with()
    opaque = alice.browser.storage("local")["access_token"]
    assert introspect(shop, opaque, "Basic guess").status == 401
    assert introspect(shop, opaque, "").status == 401
    assert introspect(shop, opaque).json()["active"] is True


def test_rfc_7662_what_is_not_active_is_answered_in_two_words():
    shop, alice = shop_with()
    opaque = alice.browser.storage("local")["access_token"]
    alice.sign_out()
    for token in ("unknown", opaque, ""):
        answer = introspect(shop, token)
        assert (answer.status, answer.body) == (200, '{"active":false}')


def test_the_introspection_endpoint_is_not_behind_the_gateway():
    shop, _ = shop_with()
    mallory = shop.visitor("mallory")
    request = Request.post(INTROSPECTION, {"authorization": GATEWAY_CREDENTIAL}, form={"token": "x"})
    assert shop.run(mallory.browser.call("gateway", request)).status in (400, 401, 404)


def test_a_remembered_answer_ends_with_the_token_at_the_latest():
    shop, alice = shop_with(cache=3600, lifetime=20)
    assert alice.get("/orders/1").status == 200
    shop.clock.advance(seconds=19)
    assert alice.get("/orders/1").status == 200
    shop.clock.advance(seconds=1)
    assert alice.get("/orders/1").status == 401


def test_the_cache_forgets_what_is_over():
    shop, alice = shop_with(cache=5)
    alice.get("/orders/1")
    shop.clock.advance(seconds=6)
    alice.get("/orders/1")
    assert len(shop.trace.between("gateway", "auth")) == 3


def test_a_role_that_is_taken_away_is_gone_with_the_next_trade():
    shop, _ = shop_with()
    dave = shop.user("dave")
    dave.sign_in()
    assert dave.get("/orders/1/cost").status == 200
    shop.users.set_roles("dave", ["clerk"])
    assert dave.get("/orders/1/cost").status == 403


@pytest.mark.parametrize(
    "fault", [faults.Outage("auth"), faults.Garbage("auth", 500), faults.Garbage("auth", 200, "true")]
)
def test_an_auth_service_that_cannot_be_asked_opens_nothing(fault):
    shop, alice = shop_with()
    with shop.rule(fault):
        assert alice.get("/orders/1").status == 503


def test_an_answer_that_is_not_plainly_active_is_a_no():
    shop, alice = shop_with()
    with shop.rule(faults.Garbage("auth", 200, '{"active":"true"}')):
        assert alice.get("/orders/1").status == 401


def test_the_gateway_knows_only_its_own_paths():
    _, alice = shop_with()
    assert alice.browser.address("/nothing").endswith("/nothing")
    shop = Deployment(JwtGateway(), Distributed())
    dave = shop.user("dave")
    dave.sign_in()
    token = dave.browser.storage("local")["access_token"]
    request = Request.get("/nothing", {"authorization": f"Bearer {token}"})
    assert shop.run(dave.browser.call("gateway", request)).status == 404
