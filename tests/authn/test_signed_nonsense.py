"""What the issuer has signed need not make sense: it is refused, and never stops a verifier."""

import json

import pytest

from authpatterns import AwsJwtAuthorizer, Deployment, Distributed
from authpatterns.encoding import encode
from authpatterns.keys import demo_key, implementations
from authpatterns.messages import Request

NONSENSE = ["[1]", "no json", '{"sub":"alice","sub":"bob"}', '"text"', "\ud800"]


def signed(payload):
    key = demo_key()
    header = encode(json.dumps({"alg": "RS256", "kid": key.kid}).encode())
    text = f"{header}.{encode(payload.encode('utf-8', 'surrogatepass'))}"
    return f"{text}.{encode(implementations()['RS256'].sign(text.encode(), key.parsed))}"


@pytest.fixture
def shop():
    return Deployment(AwsJwtAuthorizer(), Distributed())


@pytest.mark.parametrize("payload", NONSENSE)
def test_the_jwt_authorizer_refuses_a_signed_payload_that_is_no_claims(shop, payload):
    answer = shop.user("alice").get("/orders/1", {"authorization": f"Bearer {signed(payload)}"})
    assert answer.status == 401
    assert "token.claims" in [note.code for note in shop.trace.notes]


def test_a_good_token_of_nobody_opens_nothing(shop):
    claims = {"iss": "https://shop.example/auth", "aud": "https://shop.example", "exp": 9_999_999_999}
    answer = shop.user("alice").send(
        Request.get("/orders/1", {"authorization": f"Bearer {signed(json.dumps(claims))}"})
    )
    assert answer.status == 401
    assert "token.claim-missing" in [note.code for note in shop.trace.notes]
