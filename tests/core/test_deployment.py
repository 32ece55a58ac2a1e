"""The world that patterns make together."""

import pytest

from authpatterns import Deployment, Distributed, Jwt, Misuse, Pattern
from authpatterns.catalogue import deploy
from authpatterns.messages import Request, Response
from authpatterns.stores import UserStore


@pytest.fixture
def shop():
    return Deployment(Jwt(), Distributed(), seed=7)


def test_a_person_is_the_same_each_time_and_has_a_browser_for_each_device(shop):
    assert shop.user("alice") is shop.user("alice")
    assert shop.user("alice", "phone").browser is not shop.user("alice").browser
    assert shop.browser("alice") is shop.user("alice").browser


def test_nobody_of_that_name_is_refused_with_the_names_there_are(shop):
    with pytest.raises(Misuse, match=r"'alcie'.*alice, bob"):
        shop.user("alcie")


def test_a_node_that_is_not_there_is_refused_with_the_names_there_are(shop):
    for ask in (shop.node, shop.restart):
        with pytest.raises(Misuse, match=r"'order'.*orders"):
            ask("order")


def test_time_passes_when_told(shop):
    shop.clock.advance(seconds=1, minutes=1, hours=1, days=1)
    assert shop.clock.now == 90061
    assert shop.clock.unix - shop.clock.now == 1_767_225_600
    assert "90061" in repr(shop.clock)
    with pytest.raises(Misuse):
        shop.clock.advance(seconds=-1)


def test_one_pattern_object_serves_many_deployments():
    authn, authz = Jwt(), Distributed()
    traces = []
    for _ in range(2):
        shop = Deployment(authn, authz, seed=7)
        shop.user("alice").sign_in()
        shop.user("alice").get("/orders/1")
        traces.append(shop.trace.to_json(secrets=True))
    assert traces[0] == traces[1]


def test_accounts_in_a_file_are_opened_once(tmp_path):
    path = str(tmp_path / "users.db")
    for _ in range(2):
        shop = Deployment(Jwt(), Distributed(), users=UserStore(path))
        assert shop.user("alice").sign_in().status == 200


def test_further_patterns_are_layers_too():
    seen = []

    class Counting(Pattern):
        name = "counting"

        def at_service(self, service):
            async def count(request, proceed):
                seen.append((service.name, request.principal.subject))
                return await proceed(request)

            return [count]

    shop = Deployment(Jwt(), Distributed(), Counting())
    alice = shop.user("alice")
    alice.sign_in()
    alice.get("/orders/1/tracking")
    assert seen == [("orders", "alice"), ("shipping", "alice")]


def test_the_owner_may_annotate_and_nothing_else(shop):
    alice = shop.user("alice")
    alice.sign_in()
    assert alice.patch("/orders/1", {"gift_message": "for you"}).json()["gift_message"] == "for you"
    for body in ({"owner": "bob"}, {"gift_message": "x", "status": "paid"}, {}):
        assert alice.patch("/orders/1", body).status == 403
    assert alice.patch("/orders/1", []).status == 400
    assert alice.get("/orders/1").json()["owner"] == "alice"


def test_roles_decide_what_staff_may_do(shop):
    carol, dave, erin = (shop.user(name) for name in ("carol", "dave", "erin"))
    for person in (carol, dave, erin):
        person.sign_in()
    assert carol.post("/shipments/1/dispatch").status == 200
    assert carol.get("/orders/1/cost").status == 403
    assert dave.get("/orders/1/cost").json() == {"id": "1", "cost": 1100}
    assert dave.post("/payments/1/refund").json()["status"] == "refunded"
    assert dave.post("/payments/3/refund").status == 403
    assert erin.get("/orders/1").status == 403


def test_what_does_not_exist_is_refused_like_what_is_not_yours(shop):
    alice = shop.user("alice")
    alice.sign_in()
    missing, foreign = alice.get("/orders/99"), alice.get("/orders/2")
    assert (missing.status, missing.body) == (foreign.status, foreign.body) == (403, foreign.body)


def test_the_cost_is_not_shown_with_the_order(shop):
    dave = shop.user("dave")
    dave.sign_in()
    assert "cost" not in dave.get("/orders/1").json()


def test_answers_and_persons_have_a_short_and_safe_repr(shop):
    alice = shop.user("alice")
    answer = alice.sign_in()
    token = answer.json()["access_token"]
    assert token not in repr(answer)
    assert repr(alice) == "<Person alice at browser alice>"
    assert repr(Request.get("/orders/1")) == "<GET /orders/1>"
    assert repr(Response(204)) == "<204 No Content>"
    assert repr(shop) == "<Deployment jwt + distributed, seed 7>"


def test_patterns_are_found_by_name():
    assert repr(deploy("jwt", "hybrid", seed=3)) == "<Deployment jwt + hybrid, seed 3>"
    for names in (("jwtt", "hybrid"), ("jwt", "hybird")):
        with pytest.raises(Misuse, match="sso-gateway"):
            deploy(*names)


def test_a_trace_can_be_narrowed(shop):
    alice = shop.user("alice")
    alice.sign_in()
    alice.get("/orders/1")
    assert [hop.target for hop in shop.trace.last()] == ["orders", "auth"]
    assert len(shop.trace.last(2)) == len(shop.trace) == 3
    assert [hop.source for hop in shop.trace.where(lambda hop: hop.target == "auth")] == ["alice", "orders"]
    assert repr(shop.trace) == "<Trace: 3 hops, seed 7>"
    assert repr(shop.trace.hops[0]) == "<1: alice -> auth POST /auth/sign-in 200>"
