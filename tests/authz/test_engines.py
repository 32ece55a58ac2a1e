"""The bookshop's policy says the same in Python, as a table, in Rego and in Cedar."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from authpatterns.adapters.cedar import CedarEngine, shop_cedar
from authpatterns.adapters.rego import RegoEngine, shop_rego
from authpatterns.authz.table import RuleTable, shop_table
from authpatterns.bookshop import POLICY, REFUND_LIMIT, services
from authpatterns.errors import Misuse
from authpatterns.policy import Decision, Entity, Query

NAMES = {rule.name for service in services() for rule in service.rules.rules}
ENGINES = {"python": POLICY, "table": shop_table(), "rego": shop_rego(), "cedar": shop_cedar()}

PEOPLE, SHOPS = st.sampled_from(["alice", "bob", "carol"]), st.sampled_from(["aozora", "maple"])
ROLES = st.lists(st.sampled_from(["customer", "clerk", "manager", "clerks", "x"]), max_size=3)
STATES = st.sampled_from(["open", "paid", "dispatched"])
AMOUNTS = st.one_of(st.integers(-5, 3 * REFUND_LIMIT), st.sampled_from([REFUND_LIMIT, REFUND_LIMIT + 1, 0.5, 5.0]))
ODD = st.sampled_from([True, False, 0, 1, "", "clerk", "manager", "open", [], ["aozora"], {}, {"id": "alice"}, 2**40])


def facts(**usual):
    """Facts as they should be, some of them missing or of another type."""
    return st.fixed_dictionaries(
        {}, optional={name: st.one_of(value, value, value, ODD) for name, value in usual.items()}
    )


SUBJECTS = st.builds(
    Entity, st.sampled_from(["user", "user", "user", "service"]), PEOPLE, facts(tenant=SHOPS, roles=ROLES)
)
RESOURCES = st.builds(
    Entity,
    st.sampled_from(["order", "payment", "shipment", "user"]),
    st.sampled_from(["1", "2", "alice"]),
    facts(owner=PEOPLE, tenant=SHOPS, status=STATES, amount=AMOUNTS),
)
ACTIONS = st.sampled_from(["read", "annotate", "read-cost", "refund", "dispatch", "delete"])
QUERIES = st.builds(Query, SUBJECTS, ACTIONS, RESOURCES)

MANAGER = Entity("user", "dave", {"tenant": "aozora", "roles": ["manager"]})


def carol(**facts):
    return Entity("user", "carol", facts)


def payment(amount):
    return Entity("payment", "1", {"owner": "alice", "tenant": "aozora", "amount": amount})


@settings(max_examples=1500, deadline=None)
@given(QUERIES)
@example(Query(MANAGER, "refund", payment(None)))
@example(Query(MANAGER, "refund", payment(True)))
@example(Query(MANAGER, "refund", payment("5")))
@example(Query(MANAGER, "refund", payment(5.5)))
@example(
    Query(
        Entity("user", "carol", {"tenant": "aozora", "roles": "clerks"}),
        "read",
        Entity("order", "1", {"tenant": "aozora"}),
    )
)
@example(
    Query(Entity("user", "carol", {"tenant": 1, "roles": ["clerk"]}), "read", Entity("order", "1", {"tenant": True}))
)
@example(Query(Entity("user", "carol", {"roles": ["clerk"]}), "read", Entity("order", "1")))
def test_all_four_agree(query):
    decisions = {name: engine.decide(query).allowed for name, engine in ENGINES.items()}
    assert len(set(decisions.values())) == 1, decisions


@settings(max_examples=300, deadline=None)
@given(QUERIES)
def test_a_yes_has_the_name_of_a_rule_that_all_know(query):
    reasons = {engine.decide(query).reason for engine in ENGINES.values() if engine.decide(query).allowed}
    assert reasons <= NAMES


def test_the_four_have_the_same_rules():
    cedar = set(re.findall(r'@id\("([^"]+)"\)', policy_text("shop.cedar")))
    rego = set(re.findall(r'reasons contains "([^"]+)"', policy_text("shop.rego")))
    assert cedar == rego == NAMES == {rule.name for rule in shop_table().rules}


def policy_text(name):
    from authpatterns import policies

    return policies.read(name)


ALICE, ORDER = Entity("user", "alice"), Entity("order", "1")


@pytest.mark.parametrize(
    "rule",
    [
        'allow := "true"',
        "allow := 1",
        'allow contains "x" if true',
        "allow if input.nothing",
        'allow := true if input.subject.id == "alice"\nallow := false if input.action.name == "read"',
        "allow if to_number(input.action.name) == 1",
        "allow(x) := true",
    ],
)
def test_rego_only_true_allows(rule):
    engine = RegoEngine(f"package authzen\n{rule}\n")
    assert not engine.decide(Query(ALICE, "read", ORDER)).allowed
    assert not engine.decide(Query(ALICE, "read", ORDER)).allowed


def test_rego_goes_on_after_a_failed_evaluation():
    engine = RegoEngine(
        'package authzen\nallow := true if input.action.name\nallow := false if input.subject.id == "alice"'
    )
    assert engine.decide(Query(ALICE, "read", ORDER)) == Decision(False, "policy-error")
    assert engine.decide(Query(Entity("user", "bob"), "read", ORDER)).allowed


def test_rego_sees_data_and_the_whole_request():
    text = """package authzen
    allow if {
        input.context.ip == data.office
        input.action.properties.soft
    }"""
    engine = RegoEngine(text, {"office": "10.0.0.1"})
    query = Query(ALICE, "delete", ORDER, {"ip": "10.0.0.1"}, {"soft": True})
    assert engine.decide(query).allowed
    assert not engine.decide(Query(ALICE, "delete", ORDER, {"ip": "10.0.0.2"}, {"soft": True})).allowed


STORED = [
    {"uid": {"type": "user", "id": "alice"}, "attrs": {"level": 1}, "parents": [{"type": "team", "id": "a"}]},
    {"uid": {"type": "team", "id": "a"}, "attrs": {}, "parents": []},
]


@pytest.mark.parametrize(
    ("policy", "query", "allowed"),
    [
        ("permit (principal, action, resource) when { principal.level == 1 };", Query(ALICE, "read", ORDER), True),
        (
            "permit (principal, action, resource) when { principal.level == 1 };",
            Query(Entity("user", "alice", {"level": 2}), "read", ORDER),
            False,
        ),
        ('permit (principal in team::"a", action, resource);', Query(ALICE, "read", ORDER), True),
        ('permit (principal in team::"a", action, resource);', Query(Entity("user", "bob"), "read", ORDER), False),
        (
            "permit (principal, action, resource) when { context.action.soft };",
            Query(ALICE, "delete", ORDER, {}, {"soft": True}),
            True,
        ),
        ("permit (principal, action, resource) when { context.action.soft };", Query(ALICE, "delete", ORDER), False),
        (
            'permit (principal, action, resource) when { context.ip == "10.0.0.1" };',
            Query(ALICE, "read", ORDER, {"ip": "10.0.0.1", "nothing": None}),
            True,
        ),
        ("permit (principal, action, resource);", Query(Entity("user", 'a"\n'), "read", ORDER), True),
        ("permit (principal, action, resource);", Query(Entity("no type", "a"), "read", ORDER), False),
        ("permit (principal, action, resource);", Query(ALICE, "read", Entity("order", "1", {"n": 0.123456})), False),
        ("permit (principal, action, resource);", Query(ALICE, "read", Entity("order", "1", {"n": 2**70})), False),
    ],
)
def test_cedar_conventions(policy, query, allowed):
    assert CedarEngine(policy, STORED).decide(query).allowed is allowed


def test_a_forbid_wins_in_cedar():
    text = 'permit (principal, action, resource); forbid (principal == user::"alice", action, resource);'
    assert not CedarEngine(text).decide(Query(ALICE, "read", ORDER)).allowed


RULE = {"name": "x", "resource": "order", "action": "read", "when": [["is", "resource.status", "open"]]}


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {"rules": {}},
        {"rules": [7]},
        {"rules": [{**RULE, "name": 7}]},
        {"rules": [{**RULE, "when": []}]},
        {"rules": [{**RULE, "when": "always"}]},
        {"rules": [{**RULE, "when": [["sounds-like", "resource.status", "open"]]}]},
        {"rules": [{**RULE, "when": [["is", "resource.status"]]}]},
        {"rules": [{**RULE, "when": [["is", "context.time", "now"]]}]},
        {"rules": [{**RULE, "when": [["same", "resource.owner", "alice"]]}]},
        {"rules": [{**RULE, "when": [["at-most", "resource.amount", True]]}]},
    ],
    ids=str,
)
def test_a_table_that_is_not_understood_is_refused_whole(data):
    with pytest.raises(Misuse, match="rule table"):
        RuleTable.parse(data)
