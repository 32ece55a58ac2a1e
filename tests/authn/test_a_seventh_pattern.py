"""Adding an authentication pattern takes one file and one line: here is such a file, and the line is in the fixture."""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import pytest

from authpatterns import Authentication, Node, Principal, Request, Response, catalogue, stories
from authpatterns.authn.carry import bearer_token
from authpatterns.authn.delivery import StoragePage
from authpatterns.authn.verifier import forward_bearer
from authpatterns.errors import Refused
from authpatterns.node import route
from authpatterns.pattern import SHOP
from authpatterns.tokens import reference
from tests.authn import test_contract

LIFETIME = 3600


class KeyDesk(Node):
    """Gives a key for a password, and says whose a key is."""

    kind = "auth"

    def __init__(self, users):
        super().__init__("key-desk")
        self.users, self.owners = users, {}

    @route("POST", "/auth/sign-in")
    async def sign_in(self, request):
        form = request.form()
        user = self.users.check(form.get("username", ""), form.get("password", ""))
        key = reference(self.chance)
        self.owners[key] = user.name, self.now + LIFETIME
        return Response.of({"access_token": key, "refresh_token": key})

    @route("POST", "/auth/sign-out")
    async def sign_out(self, request):
        name, _ = self.owners.pop(request.form().get("refresh_token"), ("", 0))
        if request.query.get("everywhere"):
            self.owners = {key: owner for key, owner in self.owners.items() if owner[0] != name}
        return Response(204)

    @route("GET", "/owner/{key}")
    async def owner(self, request, key):
        name, expires = self.owners.get(key, ("", 0))
        user = self.users.find(name)
        return (
            Response(404) if user is None or expires <= self.now else Response.of({"iss": "key-desk", **user.claims()})
        )


@dataclass(frozen=True)
class ApiKeys(Authentication):
    """Every service asks the desk whose key it is."""

    name: ClassVar[str] = "api-keys"
    credential_lifetime: ClassVar[float] = LIFETIME
    revocation_window: ClassVar[float] = 0

    def nodes(self, plan) -> Sequence[Node]:
        return [KeyDesk(plan.users)]

    def places(self, plan):
        return {(SHOP, "/auth"): "key-desk"}

    def front_end(self):
        return StoragePage("local")

    def at_service(self, service):
        async def authenticate(request, proceed):
            key = bearer_token(request)
            answer = await service.call("key-desk", Request.get(f"/owner/{key}"))
            if answer.status != 200:
                raise Refused("request.no-credential")
            return await proceed(request.on_behalf_of(Principal.from_claims(answer.json(), key)))

        return [authenticate]

    def on_behalf(self, service):
        return [forward_bearer]


@pytest.fixture(autouse=True)
def _registered(monkeypatch):
    monkeypatch.setitem(catalogue.AUTHENTICATION, ApiKeys.name, ApiKeys)


@pytest.mark.parametrize("authz", catalogue.AUTHORIZATION)
def test_it_runs_with_every_authorization_pattern(authz):
    shop = catalogue.deploy("api-keys", authz)
    alice = shop.user("alice")
    alice.sign_in()
    assert alice.get("/orders/1").status == 200
    assert alice.get("/orders/2").status == 403
    assert alice.get("/orders/1/tracking").status == 200
    alice.sign_out()
    assert alice.get("/orders/1").status == 401


CONTRACT = [
    check
    for name, check in sorted(vars(test_contract).items())
    if name.startswith("test_") and not getattr(check, "pytestmark", None)
]


@pytest.mark.parametrize("check", CONTRACT, ids=lambda check: check.__name__)
def test_it_is_held_to_the_contract(check):
    shop = catalogue.deploy("api-keys", "distributed", seed=11)
    given = {"shop": shop, "authn": shop.authn}
    check(**{name: given[name] for name in inspect.signature(check).parameters})


def test_the_contract_is_not_empty():
    assert len(CONTRACT) >= 12


def test_it_can_be_drawn_at_once():
    shop = catalogue.deploy("api-keys", "distributed")
    stories.standard_visit(shop)
    assert "key-desk" in shop.trace._repr_mimebundle_()["text/html"]
