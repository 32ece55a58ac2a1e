"""The table of all combinations says what running them shows."""

import json

import pytest

from authpatterns.catalogue import AUTHENTICATION, AUTHORIZATION
from authpatterns.labs import matrix as lab


@pytest.fixture(scope="module")
def table():
    return lab.matrix()


def row(table, authn, authz):
    (found,) = table.where(authn=authn, authz=authz)
    return found


def test_there_is_a_row_for_every_combination(table):
    assert [(one["authn"], one["authz"]) for one in table] == [(a, z) for a in AUTHENTICATION for z in AUTHORIZATION]


def test_the_same_bytes_each_time(table):
    assert lab.measured("jwt", "hybrid") == row(table, "jwt", "hybrid")
    assert json.loads(table.to_json())


@pytest.mark.parametrize("authn", AUTHENTICATION)
def test_what_the_patterns_promise_shows(table, authn):
    base = row(table, authn, "distributed")
    for name, pattern in AUTHORIZATION.items():
        one, authz = row(table, authn, name), pattern()
        assert {part for part in one["calls"] if part not in base["calls"]} == set(authz.central)
        assert set(one["stops_first"]) == {*base["stops_first"], *authz.central}
        assert set(one["stops_again"]) == {*base["stops_again"], *(authz.central if not authz.grace else ())}
        assert one["credential_bytes"] == base["credential_bytes"]
        if authz.role_window is not None:
            assert one["withdrawn_role_works"] <= authz.role_window + lab.EVERY


def test_a_decision_point_costs_a_hop_a_decision(table):
    for authn in AUTHENTICATION:
        assert row(table, authn, "centralized")["hops_again"] == row(table, authn, "distributed")["hops_again"] + 1
        assert row(table, authn, "hybrid")["hops_again"] == row(table, authn, "distributed")["hops_again"]
        assert row(table, authn, "delegated")["hops_again"] == row(table, authn, "distributed")["hops_again"]


def test_nothing_works_without_what_it_needs(table):
    """No part of a row is empty because nothing was measured."""
    for one in table:
        assert one["stops_sign_in"]
        assert one["hops_sign_in"] >= 1
        assert one["credential_bytes"] > 0
        assert all(calls > 0 for calls in one["calls"].values())
