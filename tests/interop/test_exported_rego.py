"""The policy that is exported for OPA decides as the rules of the deployment do, in process and in a real OPA."""

import json
import urllib.request

import pytest
from hypothesis import given, settings
from neighbours import neighbour

from authpatterns.adapters.export import files
from authpatterns.adapters.export.command import deployment
from authpatterns.adapters.export.opa import rego_of
from authpatterns.adapters.parts import opa
from authpatterns.adapters.rego import RegoEngine
from authpatterns.authz.table import shop_table
from authpatterns.bookshop import PEOPLE, POLICY
from authpatterns.policy import Entity, Query

engines = neighbour("authz", "test_engines")
TRANSLATED = RegoEngine(rego_of(shop_table()))


@settings(max_examples=500, deadline=None)
@given(engines.QUERIES)
def test_a_rule_table_says_the_same_in_rego(query):
    meant, said = POLICY.decide(query), TRANSLATED.decide(query)
    assert said.allowed == meant.allowed


def test_the_central_policy_is_the_one_that_is_exported():
    text = files(deployment("jwt", "centralized"), "opa")["policy.rego"]
    query = Query(Entity("user", "alice", {"tenant": "aozora"}), "read", Entity("order", "1"))
    assert not RegoEngine(text).decide(query).allowed


@pytest.fixture(scope="module")
def agent(parts, tmp_path_factory):
    """OPA with the bundle of the hybrid pattern."""
    folder = tmp_path_factory.mktemp("bundle")
    for name, text in files(deployment("jwt", "hybrid"), "opa").items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    with parts.prepared("opa", lambda: opa.running([folder / "bundle"]), fetch=opa.fetch) as part:
        yield part


ACTIONS = {"order": ("read", "read-cost", "annotate"), "payment": ("read", "refund"), "shipment": ("read", "dispatch")}


@pytest.mark.parametrize("claimed", [(), ("clerk", "manager")], ids=["says nothing", "claims to be a manager"])
def test_the_agent_knows_people_by_itself(agent, claimed):
    """What a caller says of the person's roles changes nothing; somebody unknown gets nothing."""
    shop = deployment("jwt", "hybrid")
    told = {"roles": list(claimed), "tenant": "aozora"} if claimed else {}
    seen = set()
    for service in shop.services:
        for action in ACTIONS[service.resource]:
            for key in service.records:
                for person in PEOPLE:
                    known = Entity("user", person.name, {"tenant": person.tenant, "roles": person.roles})
                    meant = POLICY.decide(Query(known, action, service.entity(key))).allowed
                    asked = Query(Entity("user", person.name, told), action, service.entity(key))
                    assert ask(agent, asked) is meant
                    seen.add(meant)
    assert seen == {True, False}
    assert ask(agent, Query(Entity("user", "mallory", told), "read", shop.services[0].entity("1"))) is False


def ask(agent, query):
    body = json.dumps({"input": query.to_dict()}).encode()
    request = urllib.request.Request(f"{agent.url}/v1/data/shop/allow", body, {"content-type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read())["result"]
