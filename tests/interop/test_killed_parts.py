"""Redis, Infinispan and OPA are killed in the middle of a run: what happens is what the outage lab predicts."""

from functools import partial

import pytest
from outage_of_part import measured, predicted

from authpatterns import Deployment, Distributed, Jwt, Session, policies
from authpatterns.adapters.http import serve
from authpatterns.adapters.opa import OpaEngine
from authpatterns.adapters.parts import infinispan, opa, redis
from authpatterns.authz import Centralized
from authpatterns.store_node import connect


def outage_of_store(part, fault, lookup):
    client = connect(part.url)
    shop = Deployment(Session(lookup=lookup, client=lambda: client), Distributed(), seed=14)
    with serve(shop, patience=5, keep_secrets=True) as live:
        found = measured(live, part, fault)
    client.close()
    return found


def while_it_is_gone(row):
    return {name: value for name, value in row.items() if name != "after"}


@pytest.mark.parametrize(("name", "module"), [("redis", redis), ("infinispan", infinispan)])
def test_a_store_in_memory_that_is_replaced_has_forgotten_every_session(parts, name, module):
    with parts.prepared(name, module.running, fetch=getattr(module, "fetch", None)) as part:
        assert outage_of_store(part, "restarted", "store") == predicted("session", "session-store", "restarted")


@pytest.mark.parametrize(("name", "module"), [("redis", redis), ("infinispan", infinispan)])
def test_without_the_store_nobody_gets_in_and_nobody_goes_on(parts, name, module):
    """The lab's store keeps what it knows while nobody reaches it. A killed one comes back like a new one."""
    with parts.prepared(name, module.running, fetch=getattr(module, "fetch", None)) as part:
        found = outage_of_store(part, "down", "store")
    expected = predicted("session", "session-store", "down")
    assert while_it_is_gone(found) == while_it_is_gone(expected)
    assert (expected["after"], found["after"]) == ("goes-on", "signs-in")
    assert found["after"] == predicted("session", "session-store", "restarted")["after"]


@pytest.mark.parametrize("lookup", ["store", "auth"])
def test_a_store_that_writes_everything_down_goes_on_where_it_was(parts, lookup, tmp_path):
    with parts.prepared("redis", partial(redis.running, keep=tmp_path)) as part:
        assert outage_of_store(part, "down", lookup) == predicted("session", "session-store", "down")


@pytest.mark.parametrize("fault", ["down", "restarted"])
def test_without_its_decision_point_nobody_gets_anything(parts, fault, tmp_path):
    file = tmp_path / "shop.rego"
    file.write_text(policies.read("shop.rego"), "utf-8")
    with parts.prepared("opa", partial(opa.running, [file]), fetch=opa.fetch) as part:
        shop = Deployment(Jwt(), Centralized(engine=OpaEngine(part.url)), seed=14)
        with serve(shop, patience=5, keep_secrets=True) as live:
            assert measured(live, part, fault) == predicted("jwt", "pdp", fault, "centralized")
