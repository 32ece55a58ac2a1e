"""What a combination costs and risks, against what can be said of it without a run."""

import itertools
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authpatterns import Deployment, Distributed, Jwt
from authpatterns.catalogue import AUTHENTICATION, AUTHORIZATION
from authpatterns.labs.blast import Site, lasting, password_places
from authpatterns.labs.holdings import held_per_user, weight
from authpatterns.labs.tradeoffs import LINKS, Setting, combinations, quantile, tradeoff, tradeoffs
from authpatterns.labs.traffic import ROUNDS, Work, measure
from authpatterns.labs.unprotected import Unprotected, unprotected

QUICK = Work(users=3, every=30, seconds=360)
SHORT = Setting(work=QUICK)


@pytest.mark.parametrize("pair", combinations(), ids=" + ".join)
def test_paths_hold_every_message_of_the_hour(pair):
    """Each message is one stop, and passes one link there and one back."""
    hour = measure(*pair, QUICK)
    assert hour.clicks == 36
    for path, _ in hour.paths:
        assert len(path.links) == 2 * len(path.stops)
        assert path.stops[0].links == ("client",)
        assert path.back[-1] == "client"
    calls = hour.calls
    assert all(calls[part] >= count for part, count in hour.steady)
    assert sum(calls.values()) >= hour.clicks


def test_messages_of_one_click_wait_for_one_another():
    """A path is a list: in no pattern does a part ask two others at the same time."""
    for authn, authz in combinations():
        shop = Deployment(AUTHENTICATION[authn](), AUTHORIZATION[authz]())
        shop.user("alice").sign_in()
        shop.user("alice").get("/orders/1/tracking")
        for hop in shop.trace:
            siblings = [other for other in shop.trace if other.parent == hop.parent and other.act == hop.act]
            spans = sorted((other.sent, other.answered) for other in siblings)
            assert all(first[1] <= second[0] for first, second in itertools.pairwise(spans))


def test_jwt_adds_no_message_to_most_clicks_and_the_session_store_one_to_each():
    jwt, session = tradeoff("jwt", "distributed", SHORT), tradeoff("session", "distributed", SHORT)
    assert (jwt["trips_p50"], jwt["added_ms_p50"]) == (0, 0)
    assert session["trips_p50"] == 1
    assert session["calls_per_1000_of"] == {"auth": 0, "session-store": 1250}
    assert session["credential_bytes"] < 60 < jwt["credential_bytes"]


def test_a_link_without_spread_makes_the_added_time_a_multiple_of_its_median():
    links = tuple((name, type(latency)(latency.median)) for name, latency in LINKS.items())
    row = tradeoff("session", "distributed", Setting(work=QUICK, links=links))
    assert row["added_ms_p50"] == 2 * 1000 * LINKS["inside"].median


def test_what_the_client_carries():
    """An opaque reference outside, the JWT inside."""
    row = tradeoff("jwt-gateway", "distributed", SHORT)
    assert row["client_bytes"] < 100 < row["credential_bytes"]
    assert row["password_at"] == ["gateway", "auth"]


def test_state_stands_where_the_pattern_says():
    assert held_per_user("session", "distributed")["session-store"] > 0
    jwt = held_per_user("jwt", "distributed")
    assert jwt["browser"] > 500
    assert all(jwt[part] == 0 for part in ("orders", "payments", "shipping"))
    assert held_per_user("sso", "distributed")["orders"] > 0
    assert held_per_user("jwt", "delegated")["orders"] > 0


@given(st.recursive(st.text() | st.integers() | st.binary(), st.lists, max_leaves=20))
def test_weight_counts_no_object_twice(thing):
    assert weight([thing, thing]) == weight(thing)
    assert weight([thing, "x" * 17 + "y"]) == weight(thing) + 18


def test_weight_sees_what_layers_keep():
    secret = ["a" * 1000]

    def layer(request):
        return secret

    assert weight(layer) == 1000


def test_a_stolen_site_session_opens_one_site_and_a_token_for_the_whole_shop_opens_all():
    assert Site("sso", "distributed").stolen().text == "1/3"
    assert Site("jwt", "distributed").stolen().text == "3/3"


def test_a_credential_of_somebody_else_is_not_counted_as_theirs():
    blast = Site("jwt", "distributed").stolen()
    assert {person for _, person in blast.opened} == {"alice"}


def test_what_a_microservice_has_seen_of_people_opens_the_other_microservices():
    blast = Site("jwt", "distributed").owned("shipping")
    assert set(blast.opened) == {
        (service, who) for service in ("orders", "payments") for who in ("alice", "bob", "frank")
    }
    assert blast.passwords == 0


def test_the_gateway_that_signs_people_in_sees_their_passwords():
    assert Site("jwt-gateway", "distributed").owned("gateway").passwords == 3
    assert Site("aws-jwt-authorizer", "distributed").owned("gateway").passwords == 0
    assert password_places("sso") == ["idp"]


def test_for_how_long_what_was_seen_is_of_use():
    assert lasting("jwt", "distributed", "orders") == pytest.approx(Jwt().lifetime, abs=1)
    assert lasting("jwt-gateway", "distributed", "orders") == pytest.approx(60, abs=1)


def test_a_context_that_the_backend_believes_has_no_end():
    """The backend of the JWT authorizer checks no expiry: who sees the header and the static secret may repeat both."""
    assert lasting("aws-jwt-authorizer", "distributed", "orders") is None


def test_the_floor_is_one_message():
    shop = unprotected()
    assert shop.user("alice").get("/orders/1").status == 200
    assert shop.trace.steps() == ["alice -> orders GET /orders/1"]


def test_the_unprotected_shop_is_in_no_catalogue():
    assert Unprotected.name not in AUTHENTICATION


def test_everybody_may_see_what_they_look_at():
    shop = Deployment(Jwt(), Distributed())
    for name, paths in ROUNDS.items():
        shop.user(name).sign_in()
        assert {shop.user(name).get(path).status for path in paths} == {200}


@given(st.lists(st.integers(), min_size=1), st.floats(0.01, 1))
def test_quantile_is_the_least_value_that_suffices(values, share):
    found = quantile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9
    assert all(sum(value <= other for value in values) < share * len(values) for other in values if other < found)


def test_the_table_is_the_same_bytes_every_time():
    pairs = [("jwt", "distributed")]
    first, again = tradeoffs(SHORT, pairs), tradeoffs(SHORT, pairs)
    assert first.to_json() == again.to_json()
    assert Counter(len(row) for row in first) == Counter([len(first.rows[0])])


def test_all_combinations_are_asked_for():
    assert len(combinations()) == len(AUTHENTICATION) * len(AUTHORIZATION)
