"""Centralized: what is asked, what is believed, what is remembered."""

import pytest

from authpatterns import Centralized, Deployment, Jwt, faults
from authpatterns.authz import machine
from authpatterns.authz.pdp import EVALUATION
from authpatterns.messages import Request
from authpatterns.policy import Decision, Entity, Query


def signed_in(authz, *names, **options):
    shop = Deployment(Jwt(), authz, seed=6, **options)
    people = [shop.user(name) for name in names]
    for person in people:
        assert person.sign_in().ok
    return shop, *people


def asked(shop, target):
    """What was sent to `target`, without the fetching of keys."""
    return [f"{hop.source} {hop.request.method} {hop.request.path}" for hop in shop.trace if hop.target == target]


# --- three ways to bring data to a decision


def steps(data):
    shop, alice = signed_in(Centralized(data=data), "alice")
    alice.get("/orders/1")
    before = len(shop.trace)
    assert alice.get("/orders/1").ok
    return shop.trace.steps()[before + 1 :]


def test_provide_one_arrow():
    assert steps("provide") == ["orders -> pdp POST /access/v1/evaluation"]


def test_fetch_two_arrows_more():
    assert steps("fetch") == [
        "orders -> pdp POST /access/v1/evaluation",
        "pdp -> people GET /facts/alice",
        "pdp -> orders GET /facts/1",
    ]


def test_replicate_no_arrow_more_once_the_copy_is_there():
    assert steps("replicate") == ["orders -> pdp POST /access/v1/evaluation"]


def question(shop, data):
    return shop.trace.between("orders", "pdp")[-1].request.json()


@pytest.mark.parametrize(("data", "told"), [("provide", True), ("fetch", False), ("replicate", False)])
def test_facts_travel_with_the_question_only_where_they_are_provided(data, told):
    shop, alice = signed_in(Centralized(data=data), "alice")
    alice.get("/orders/1")
    asked_for = question(shop, data)
    assert ("properties" in asked_for["resource"]) is told
    assert ("properties" in asked_for["subject"]) is told


LIES = {
    "subject": {"type": "user", "id": "alice", "properties": {"tenant": "aozora", "roles": ["manager", "clerk"]}},
    "action": {"name": "read"},
    "resource": {"type": "order", "id": "2", "properties": {"owner": "alice", "tenant": "aozora"}},
}


@pytest.mark.parametrize("data", ["fetch", "replicate"])
def test_a_decision_point_that_has_its_own_facts_believes_no_attribute_of_the_asker(data):
    shop, _ = signed_in(Centralized(data=data), "alice")
    answer = shop.run(shop.node("orders").call("pdp", Request.post(EVALUATION, json=LIES)))
    assert answer.json()["decision"] is False


@pytest.mark.parametrize("data", ["fetch", "replicate"])
@pytest.mark.parametrize("unknown", [{"type": "order", "id": "999"}, {"type": "invoice", "id": "1"}])
def test_nor_does_it_believe_what_is_said_of_something_nobody_knows(data, unknown):
    shop, _ = signed_in(Centralized(data=data), "alice")
    said = {**LIES["resource"], **unknown}
    query = Query.from_dict({**LIES, "resource": said})
    prepared = shop.run(shop.node("pdp").prepare(query))
    assert prepared.resource.properties == {}
    assert prepared.subject.get("roles") == ["customer"]


def test_a_decision_point_that_is_given_the_facts_has_to_believe_them():
    shop, _ = signed_in(Centralized(data="provide"), "alice")
    assert shop.run(shop.node("orders").call("pdp", Request.post(EVALUATION, json=LIES))).json()["decision"] is True


# --- who is told the facts


@pytest.mark.parametrize("data", ["fetch", "replicate"])
@pytest.mark.parametrize(
    ("node", "path"), [("orders", "/facts/1"), ("orders", "/facts"), ("people", "/facts/alice"), ("people", "/facts")]
)
def test_facts_are_told_to_the_decision_point_alone(data, node, path):
    shop, alice = signed_in(Centralized(data=data), "alice")
    pdp, payments = shop.node("pdp"), shop.node("payments")
    tries = {
        "": 401,
        "Bearer a.b.c": 401,
        f"Bearer {machine.state(payments, node)}": 401,
        f"Bearer {machine.state(pdp, 'elsewhere')}": 401,
        f"Bearer {machine.state(pdp, node, iss='payments')}": 401,
        f"Bearer {alice.browser.storage('local')['access_token']}": 401,
        f"Bearer {machine.state(pdp, node)}": 200,
    }
    for header, status in tries.items():
        request = Request.get(path, {"authorization": header} if header else None)
        assert shop.run(payments.call(node, request)).status == status


def test_without_fetching_there_is_no_such_door():
    shop, _ = signed_in(Centralized(), "alice")
    pdp = shop.node("pdp")
    request = Request.get("/facts/1", {"authorization": f"Bearer {machine.state(pdp, 'orders')}"})
    assert shop.run(pdp.call("orders", request)).status == 401
    assert "people" not in shop.network.nodes


@pytest.mark.parametrize("key", ["../payments/1", "1/../2", "%31", "1?x=2", "", "é\n"])
def test_an_id_never_becomes_a_path(key):
    shop, _ = signed_in(Centralized(data="fetch"), "alice")
    pdp = shop.node("pdp")
    query = Query(Entity("user", "alice"), "read", Entity("order", key))
    assert shop.run(pdp.decide(query)) == Decision(False, "no-rule-allows")
    assert asked(shop, "orders") == []


# --- a replica


def test_a_replica_is_as_old_as_declared_and_says_so():
    shop, alice = signed_in(Centralized(data="replicate", refresh=30), "alice")
    assert alice.patch("/orders/1", {"gift_message": "a"}).ok
    shop.node("orders").records["1"]["status"] = "shipped"
    shop.clock.advance(seconds=20)
    assert alice.patch("/orders/1", {"gift_message": "b"}).ok  # the stale yes that a replica costs
    ages = [note["age"] for note in shop.trace.notes if note.code == "replica.used" and note["source"] == "orders"]
    assert 20 <= ages[-1] < 30
    shop.clock.advance(seconds=10)
    assert alice.patch("/orders/1", {"gift_message": "c"}).status == 403


def test_a_replica_that_cannot_be_renewed_ends():
    shop, alice = signed_in(Centralized(data="replicate", refresh=30, max_age=120), "alice")
    assert alice.get("/orders/1").ok
    with shop.rule(faults.Outage("people")):
        shop.clock.advance(seconds=100)
        assert alice.get("/orders/1").ok
        shop.clock.advance(seconds=30)
        assert alice.get("/orders/1").status == 403
    codes = [note.code for note in shop.trace.notes if note.node == "pdp"]
    assert "replica.not-renewed" in codes
    assert "replica.too-old" in codes


def test_a_replica_can_be_searched():
    shop, _ = signed_in(Centralized(data="replicate"), "alice")
    ask = {"subject": {"type": "user"}, "action": {"name": "read"}, "resource": {"type": "order", "id": "1"}}
    found = shop.run(shop.node("orders").call("pdp", Request.post("/access/v1/search/subject", json=ask))).json()
    assert [one["id"] for one in found["results"]] == ["alice", "carol", "dave"]
    ask = {"subject": {"type": "user", "id": "dave"}, "resource": {"type": "payment", "id": "1"}}
    found = shop.run(shop.node("orders").call("pdp", Request.post("/access/v1/search/action", json=ask))).json()
    assert [one["name"] for one in found["results"]] == ["read", "refund"]


@pytest.mark.parametrize("data", ["fetch", "replicate"])
@pytest.mark.parametrize("part", ["people", "orders"])
@pytest.mark.parametrize(
    "body", ["", "junk", "[]", "{}", '{"entities":[{"type":"user"}],"actions":[]}', '{"type":"order","id":"2"}']
)
def test_facts_that_cannot_be_used_decide_nothing(data, part, body):
    shop, alice = signed_in(Centralized(data=data), "alice")
    with shop.rule(FromPdp(part, body)):
        assert alice.get("/orders/1").status == 403
    codes = [note.code for note in shop.trace.notes if note.node == "pdp"]
    assert {"pip.unusable", "replica.not-renewed"} & set(codes)


class FromPdp(faults.Garbage):
    """Garbage, but only for the decision point."""

    def __init__(self, node, body):
        super().__init__(node, 200, body)

    def verdict(self, hop, chance):
        return super().verdict(hop, chance) if hop.source == "pdp" else None


# --- remembered decisions


def test_a_remembered_decision_asks_nobody_until_it_is_too_old():
    shop, alice = signed_in(Centralized(cache=10), "alice")
    for seconds, asks in ((0, 1), (9, 1), (2, 2), (9, 2)):
        shop.clock.advance(seconds=seconds)
        assert alice.get("/orders/1").ok
        assert len(asked(shop, "pdp")) == asks


def test_what_is_remembered_is_the_whole_question():
    """Another person, another shop, another thing, another action, other facts: each is a question of its own."""
    shop, alice, bob, erin, dave = signed_in(Centralized(cache=1000), "alice", "bob", "erin", "dave")
    assert alice.get("/orders/1").ok
    assert [person.get("/orders/1").status for person in (bob, erin)] == [403, 403]
    assert alice.get("/orders/2").status == 403
    assert [alice.get("/orders/1/cost").status, dave.get("/orders/1/cost").status] == [403, 200]
    assert alice.patch("/orders/1", {"gift_message": "a"}).ok
    shop.node("orders").records["1"]["status"] = "shipped"
    assert alice.patch("/orders/1", {"gift_message": "b"}).status == 403


def test_a_no_is_remembered_too_and_a_failure_is_not():
    shop, alice = signed_in(Centralized(cache=10), "alice")
    with shop.rule(faults.Garbage("pdp", 200, "junk")):
        assert alice.get("/orders/1").status == 403
    assert alice.get("/orders/1").ok
    assert [alice.get("/orders/2").status for _ in range(2)] == [403, 403]
    assert len(asked(shop, "pdp")) == 3


# --- failing closed


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (faults.Outage("pdp"), 503, "network.refused"),
        (faults.Slow("pdp", 5), 503, "network.timeout"),
        (faults.Loss("pdp", 1.0), 503, "network.timeout"),
        (faults.Garbage("pdp", 200, ""), 403, "pdp.unusable"),
        (faults.Garbage("pdp", 200, '{"decision":"true"}'), 403, "pdp.unusable"),
        (faults.Garbage("pdp", 200, '{"decision":1}'), 403, "pdp.unusable"),
        (faults.Garbage("pdp", 200, '{"evaluations":[{"decision":true}]}'), 403, "pdp.unusable"),
        (faults.Garbage("pdp", 500, '{"decision":true}'), 403, "pdp.unusable"),
        (faults.Garbage("pdp", 200, '{"decision":false}'), 403, "authz.denied"),
    ],
    ids=repr,
)
def test_what_is_no_yes_is_a_no_and_the_trace_says_why(fault, status, code):
    shop, alice = signed_in(Centralized(), "alice")
    with shop.rule(fault):
        answer = alice.get("/orders/1")
    assert answer.status == status
    assert [note.code for note in shop.trace.notes if note.node == "orders"][-1] == code


def test_the_decision_point_decides_for_all_rules_of_all_domains():
    shop = Deployment(Jwt(), Centralized())
    assert {service.resource: service.rules for service in shop.services} == shop.node("pdp").engine.parts
