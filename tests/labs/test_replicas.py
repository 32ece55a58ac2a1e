"""Two containers of one microservice: who knows whom, and who is signed out when one is replaced."""

import pytest

from authpatterns.labs.replicas import replicated


def signed_in(keep):
    shop = replicated(keep)
    people = shop.user("alice"), shop.user("bob")
    for person in people:
        assert person.sign_in().ok
    return shop, *people


@pytest.mark.parametrize(
    ("keep", "statuses"),
    [("memory", [401, 200, 401, 200]), ("sticky", [200, 200, 200, 200]), ("store", [200, 200, 200, 200])],
)
def test_another_container_knows_a_session_only_by_a_store(keep, statuses):
    shop = replicated(keep)
    alice = shop.user("alice")
    alice.sign_in()
    assert [alice.get("/orders/1").status for _ in range(4)] == statuses


def test_the_other_container_says_that_it_does_not_know_the_session_and_not_that_nothing_came():
    shop = replicated("memory")
    alice = shop.user("alice")
    assert alice.get("/orders/1").status == 401
    assert [note.code for note in shop.trace.last().notes] == ["request.no-credential"]
    alice.sign_in()
    said = [[note.code for note in _told(shop, alice).notes if note.is_refusal] for _ in range(2)]
    assert sorted(said) == [[], ["session.unknown"]]


def _told(shop, person):
    person.get("/orders/1")
    return shop.trace.last()


def test_requests_go_to_both_containers_in_turn():
    shop, alice, _ = signed_in("store")
    for _ in range(4):
        alice.get("/orders/1")
    assert [hop.target for hop in shop.trace.where(lambda hop: hop.source == "gateway")] == ["orders-1", "orders-2"] * 2


@pytest.mark.parametrize(("keep", "after"), [("sticky", (401, 200)), ("store", (200, 200))])
def test_a_replaced_container_takes_the_sessions_in_its_memory_along(keep, after):
    shop, alice, bob = signed_in(keep)
    shop.restart("orders-1")
    assert (alice.get("/orders/1").status, bob.get("/orders/2").status) == after
