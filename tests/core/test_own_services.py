"""A reader's own microservice is protected by every pattern, as the bookshop's are."""

import pytest

from authpatterns import Delegated, Deployment, Hybrid, Jwt, Misuse, Request, Response, Rules, Service, catalogue, route
from authpatterns.authz.provider import SCOPES
from authpatterns.authz.table import RuleTable
from authpatterns.bookshop import services

RULES = RuleTable.parse(
    {
        "rules": [
            {
                "name": "owner-reads-review",
                "resource": "review",
                "action": "read",
                "when": [
                    ["same", "resource.tenant", "subject.tenant"],
                    ["same", "resource.owner", "subject.id"],
                ],
            }
        ]
    }
)


class Reviews(Service):
    prefix = "/reviews"
    resource = "review"
    rules = RULES

    @route("GET", "/reviews/{id}", action="read", resource="review")
    async def read(self, request: Request, id: str) -> Response:
        return self.show(id)


RECORDS = {
    "1": {"id": "1", "owner": "alice", "tenant": "aozora", "stars": 5},
    "2": {"id": "2", "owner": "bob", "tenant": "aozora", "stars": 1},
}
READ_REVIEWS = Delegated(scopes={**SCOPES, "customer": (*SCOPES["customer"], "review:read")})


def shop_of(authn, authz, *, with_books=True):
    chosen = READ_REVIEWS if authz == "delegated" else catalogue.AUTHORIZATION[authz]()
    own = (Reviews("reviews", RECORDS), *(services() if with_books else ()))
    return Deployment(catalogue.AUTHENTICATION[authn](), chosen, services=own, seed=3)


@pytest.mark.parametrize("authz", catalogue.AUTHORIZATION)
@pytest.mark.parametrize("authn", catalogue.AUTHENTICATION)
@pytest.mark.parametrize("with_books", [True, False])
def test_every_pattern_protects_it(authn, authz, with_books):
    """The owner reads, another is refused, a stranger is asked who they are."""
    shop = shop_of(authn, authz, with_books=with_books)
    alice, mallory = shop.user("alice"), shop.visitor("mallory")
    assert alice.sign_in().ok
    assert alice.get("/reviews/1").status == 200
    assert alice.get("/reviews/2").status == 403
    assert mallory.get("/reviews/1").status == 401
    assert alice.sign_out().ok


def test_its_rules_written_in_python_cannot_be_published():
    """Hybrid sends policy as data; what was not sent allows nothing."""

    class Private(Reviews):
        rules = Rules()

    shop = Deployment(Jwt(), Hybrid(), services=[Private("reviews", RECORDS)])
    alice = shop.user("alice")
    alice.sign_in()
    assert alice.get("/reviews/1").status == 403


def test_a_copy_of_the_last_request_can_be_sent_again():
    shop = shop_of("jwt-gateway", "distributed")
    alice, mallory = shop.user("alice"), shop.visitor("mallory")
    with pytest.raises(Misuse, match="no request"):
        _ = alice.last_request
    alice.sign_in()
    alice.get("/reviews/1")
    assert mallory.send(alice.last_request).status == 200
    alice.sign_out()
    assert mallory.send(alice.last_request).status == 401


def test_only_the_auth_service_sees_a_password():
    shop = shop_of("jwt", "distributed")
    alice = shop.user("alice")
    alice.sign_in()
    alice.get("/reviews/1")
    seen = {name: {secret.name for secret in shop.trace.seen_by(name)} for name in shop.trace.parties}
    assert {name for name, secrets in seen.items() if "password" in secrets} == {"alice", "auth"}
    assert "authorization" in seen["reviews"]
    assert len(shop.trace.seen_by("reviews")) == len({secret.value for secret in shop.trace.seen_by("reviews")})
