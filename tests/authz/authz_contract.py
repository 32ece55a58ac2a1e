"""What every authorization pattern owes, under every authentication pattern: one story, told as separate checks.

A check takes an authentication and an authorization pattern. Where patterns truly differ, the difference is declared on
them (`missing_right`, `role_window`, `fact_window`, `grace`), never asked for here.
"""

from authpatterns import Deployment, bookshop, faults
from authpatterns.messages import Request
from authpatterns.node import route

SEED = 5


class Careless(bookshop.Orders):
    """An orders service with two faults: it lets the caller choose the parcel, and it forgets for whom it asks."""

    @route("GET", "/orders/{id}/parcel/{other}", action="read", resource="order")
    async def parcel(self, request, id, other):
        return await self.ask("shipping", f"/shipments/{other}", request)

    @route("GET", "/orders/{id}/forgetful", action="read", resource="order")
    async def forgetful(self, request, id):
        return await self.call("shipping", Request.get(f"/shipments/{id}"))


def shop_of(authn, authz, *names, **options):
    """A shop, and the people of these names signed in."""
    shop = Deployment(authn, authz, seed=SEED, **options)
    people = [shop.user(name) for name in names]
    for person in people:
        assert person.sign_in().ok
    return shop, *people


def careless_shop_of(authn, authz, *names):
    orders, *others = bookshop.services()
    return shop_of(authn, authz, *names, services=(Careless(orders.name, orders.records), *others))


def error_of(answer):
    return answer.status, answer.json()["error"]


# --- who may what


def own_thing(authn, authz):
    """The owner reads the order, the payment and the parcel."""
    _, alice = shop_of(authn, authz, "alice")
    for path in ("/orders/1", "/payments/1", "/shipments/1"):
        assert alice.get(path).json()["owner"] == "alice"


def somebody_elses_thing(authn, authz):
    """Object level (OWASP API1): a customer of the same shop gets nothing that belongs to another."""
    _, alice = shop_of(authn, authz, "alice")
    for path in ("/orders/2", "/payments/2", "/shipments/2"):
        assert error_of(alice.get(path)) == (403, "access_denied")


def what_does_not_exist_looks_like_what_is_forbidden(authn, authz):
    """Nobody finds out which orders there are."""
    _, alice = shop_of(authn, authz, "alice")
    forbidden, missing = alice.get("/orders/2"), alice.get("/orders/999")
    assert (missing.status, missing.body, missing.headers) == (forbidden.status, forbidden.body, forbidden.headers)


def staff(authn, authz):
    """A role opens what it is for, and no more: a clerk reads orders and sends parcels, and sees no payment."""
    shop, carol = shop_of(authn, authz, "carol")
    assert carol.get("/orders/1").json()["owner"] == "alice"
    assert carol.post("/shipments/1/dispatch").json()["status"] == "dispatched"
    assert carol.get("/payments/1").status == 403
    assert shop.node("shipping").records["1"]["status"] == "dispatched"


def another_shop(authn, authz):
    """Tenants: a clerk of another shop is nobody here, and gets no byte of a record."""
    _, erin = shop_of(authn, authz, "erin")
    for path in ("/orders/1", "/shipments/1", "/orders/1/tracking"):
        answer = erin.get(path)
        assert answer.status == 403
        assert "aozora" not in answer.body
    assert erin.get("/orders/3").json()["tenant"] == "maple"


def function_level(authn, authz):
    """Function level (OWASP API5): the manager's functions are closed to all others, whatever they own."""
    shop, alice, dave = shop_of(authn, authz, "alice", "dave")
    assert error_of(alice.get("/orders/1/cost")) == (403, authz.missing_right)
    assert error_of(alice.post("/payments/1/refund")) == (403, authz.missing_right)
    assert error_of(alice.post("/shipments/1/dispatch")) == (403, authz.missing_right)
    assert shop.node("payments").records["1"]["status"] == "paid"
    assert dave.get("/orders/1/cost").json() == {"id": "1", "cost": 1100}
    assert dave.post("/payments/1/refund").json()["status"] == "refunded"


def property_level(authn, authz):
    """Property level (OWASP API3): reading does not show what is confidential, writing changes only what it is for."""
    shop, alice = shop_of(authn, authz, "alice")
    assert "cost" not in alice.get("/orders/1").json()
    assert alice.patch("/orders/1", {"gift_message": "enjoy"}).ok
    before = dict(shop.node("orders").records["1"])
    for change in ({"owner": "bob"}, {"status": "paid"}, {"gift_message": "x", "total": 1}):
        assert alice.patch("/orders/1", change).status == 403
    assert shop.node("orders").records["1"] == before


def the_things_state_counts(authn, authz):
    """A closed order is not changed any more, at the latest when facts are as old as declared."""
    shop, alice = shop_of(authn, authz, "alice")
    assert alice.patch("/orders/1", {"gift_message": "first"}).ok
    shop.node("orders").records["1"]["status"] = "shipped"
    shop.clock.advance(seconds=authz.fact_window)
    assert alice.patch("/orders/1", {"gift_message": "second"}).status == 403


def nobody(authn, authz):
    """Who has not signed in sees nothing."""
    (shop,) = shop_of(authn, authz)
    answer = shop.visitor("stranger").get("/orders/1")
    assert '"owner"' not in answer.body
    assert not [hop for hop in shop.trace if hop.status == 200 and hop.request.path == "/orders/1"]


# --- from service to service


def service_to_service(authn, authz):
    """Shipping learns for whom orders asks, and decides on that person's rights."""
    shop, alice, carol = shop_of(authn, authz, "alice", "carol")
    assert alice.get("/orders/1/tracking").json()["carrier"] == "yamato"
    assert carol.get("/orders/2/tracking").json()["owner"] == "bob"
    assert [hop.status for hop in shop.trace.between("orders", "shipping")] == [200, 200]


def confused_deputy(authn, authz):
    """A service that can be talked into asking for somebody else's parcel is refused: the person's rights count."""
    shop, alice = careless_shop_of(authn, authz, "alice")
    assert alice.get("/orders/1/parcel/1").ok
    assert alice.get("/orders/1/parcel/2").status == 403
    assert [hop.status for hop in shop.trace.between("orders", "shipping")] == [200, 403]


def a_service_alone_is_nobody(authn, authz):
    """A service that forgets for whom it asks gets nothing: it has no rights of its own to people's things."""
    shop, alice = careless_shop_of(authn, authz, "alice")
    assert alice.get("/orders/1/forgetful").status in (401, 403)
    assert not [hop for hop in shop.trace.between("orders", "shipping") if hop.status == 200]


# --- when something is not there


def without_the_central_parts(authn, authz):
    """A central part that is down, slow, or answers nonsense: nobody gets in, and the trace says why."""
    for part in authz.central:
        for fault in breakdowns(part):
            shop, alice = shop_of(authn, authz, "alice")
            with shop.rule(fault):
                answer = alice.get("/orders/1")
            assert answer.status in (403, 503), fault
            assert "alice" not in answer.body
            assert why(shop, "orders"), fault


def until_grace_is_over(authn, authz):
    """What was decided or published before goes on for as long as is declared, not longer."""
    for part in authz.central:
        shop, alice = shop_of(authn, authz, "alice")
        assert alice.get("/orders/1").ok
        with shop.rule(faults.Outage(part)):
            shop.clock.advance(seconds=authz.grace)
            assert alice.get("/orders/1").status in (401, 403, 503)


def breakdowns(part):
    """Ways in which a central part fails."""
    bodies = ("", "junk", "null", "[]", "{}", "true", '"true"', '{"decision":"true"}', '{"decision":1}')
    garbage = [faults.Garbage(part, 200, body) for body in bodies]
    errors = [faults.Garbage(part, status, '{"decision":true}') for status in (201, 302, 400, 401, 403, 404, 500, 503)]
    return [faults.Outage(part), faults.Slow(part, 60), faults.Loss(part, 1.0), *garbage, *errors]


REASONS = ("network.", "pdp.unusable", "pip.unusable", "provider.unusable", "bundle.", "jwks.unusable", "replica.")


def why(shop, node):
    """The notes with which a node explains that something it depends on has failed."""
    return [note.code for note in shop.trace.notes if note.node == node and note.code.startswith(REASONS)]


CHECKS = (
    own_thing,
    somebody_elses_thing,
    what_does_not_exist_looks_like_what_is_forbidden,
    staff,
    another_shop,
    function_level,
    property_level,
    the_things_state_counts,
    nobody,
    service_to_service,
    confused_deputy,
    a_service_alone_is_nobody,
    without_the_central_parts,
    until_grace_is_over,
)
