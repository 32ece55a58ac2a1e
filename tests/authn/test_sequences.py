"""Each pattern's messages, against the seed's own description, arrow by arrow."""

import pytest

from authpatterns import AwsJwtAuthorizer, Deployment, Distributed, Jwt, JwtGateway, Session


def visit(authn):
    """The requests of: sign in, read an order, read it again; without the store keys, which the seed decides."""
    shop = Deployment(authn, Distributed())
    alice = shop.user("alice")
    alice.sign_in()
    alice.get("/orders/1")
    alice.get("/orders/1")
    return [step.partition(" /session")[0] for step in shop.trace.steps()]


def test_jwt_every_service_verifies_alone_and_asks_for_keys_once():
    assert visit(Jwt()) == [
        "alice -> auth POST /auth/sign-in",
        "alice -> orders GET /orders/1",
        "orders -> auth GET /auth/jwks.json",
        "alice -> orders GET /orders/1",
    ]


def test_jwt_with_a_denylist_asks_on_every_call():
    assert [step.partition(":")[0] for step in visit(Jwt(denylist=True))] == [
        "alice -> auth POST /auth/sign-in",
        "alice -> orders GET /orders/1",
        "orders -> auth GET /auth/jwks.json",
        "orders -> denylist EXISTS /ended",
        "alice -> orders GET /orders/1",
        "orders -> denylist EXISTS /ended",
    ]


def test_session_services_read_the_one_store():
    assert visit(Session()) == [
        "alice -> auth POST /auth/sign-in",
        "auth -> session-store SET",
        "auth -> session-store SADD",
        "alice -> orders GET /orders/1",
        "orders -> session-store GETEX",
        "alice -> orders GET /orders/1",
        "orders -> session-store GETEX",
    ]


def test_session_services_may_ask_the_auth_service_instead():
    assert visit(Session(lookup="auth"))[3:6] == [
        "alice -> orders GET /orders/1",
        "orders -> auth POST /internal/session",
        "auth -> session-store GETEX",
    ]


def test_jwt_gateway_trades_on_every_call():
    assert visit(JwtGateway()) == [
        "alice -> gateway POST /auth/sign-in",
        "gateway -> auth POST /auth/sign-in",
        "alice -> gateway GET /orders/1",
        "gateway -> auth POST /internal/introspect",
        "gateway -> orders GET /orders/1",
        "orders -> auth GET /auth/jwks.json",
        "alice -> gateway GET /orders/1",
        "gateway -> auth POST /internal/introspect",
        "gateway -> orders GET /orders/1",
    ]


def test_jwt_gateway_with_a_cache_asks_once():
    assert visit(JwtGateway(cache=30))[6:] == ["alice -> gateway GET /orders/1", "gateway -> orders GET /orders/1"]


@pytest.mark.parametrize("api", ["http", "rest"])
def test_aws_has_the_eight_steps_in_order_and_nothing_more(api):
    """Requests and answers of the first call are the eight steps; a warm key cache leaves out the third and fourth."""
    shop = Deployment(AwsJwtAuthorizer(api=api), Distributed())
    alice = shop.user("alice")
    alice.sign_in()
    alice.get("/orders/1")
    assert events(shop.trace.last()) == [
        "1 alice asks gateway",
        "2 gateway asks authorizer",
        "3 authorizer asks auth",
        "4 auth answers authorizer",
        "5 authorizer checks the token",
        "  authorizer answers gateway",
        "6 gateway asks orders",
        "7 orders answers gateway",
        "8 gateway answers alice",
    ]
    alice.get("/orders/1")
    assert not shop.trace.last().between("authorizer", "auth")


def events(trace):
    """The events of a cold call in words, numbered as in the seed's list."""
    from authpatterns.trace import Answered, Note, Sent

    numbers = iter(["1", "2", "3", "4", "5", " ", "6", "7", "8"])
    said = []
    for event in trace.events:
        match event:
            case Sent(hop):
                said.append(f"{next(numbers)} {hop.source} asks {hop.target}")
            case Answered(hop):
                said.append(f"{next(numbers)} {hop.target} answers {hop.source}")
            case Note(node="authorizer", code="token.verified"):
                said.append(f"{next(numbers)} authorizer checks the token")
    return said
