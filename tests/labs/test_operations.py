"""Keys, sign-ins and roles that change: measured times against those that the patterns declare."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authpatterns import (
    AwsJwtAuthorizer,
    Centralized,
    Delegated,
    Distributed,
    Hybrid,
    Jwt,
    JwtGateway,
    Session,
)
from authpatterns.catalogue import AUTHENTICATION, AUTHORIZATION
from authpatterns.labs import operations
from authpatterns.labs.operations import TICK, moment, revocation, rotation, variants, withdrawal

VARIANTS = [authn for make in AUTHENTICATION.values() for _, authn in variants(make)]


@pytest.mark.parametrize("authn", VARIANTS, ids=repr)
def test_a_copy_lives_on_for_as_long_as_the_pattern_declares(authn):
    """Up to the moment between the sign-in and the sign-out, for which it has lived already."""
    window = revocation(authn, Distributed())
    if authn.revocation_window == 0:
        assert window == 0
    else:
        assert authn.revocation_window - 0.1 < window <= authn.revocation_window


@pytest.mark.parametrize("authz", [make() for make in AUTHORIZATION.values()], ids=lambda authz: authz.name)
def test_authorization_makes_no_window_longer(authz):
    assert revocation(Jwt(denylist=True), authz) == 0


@given(st.floats(0, operations.DAY - 1))
def test_a_moment_is_found_to_the_millisecond(end):
    found = moment(lambda seconds: seconds < end)
    assert end - TICK <= found <= end + TICK


def test_what_never_ends_has_no_moment():
    assert moment(lambda seconds: True) is None
    assert moment(lambda seconds: False) == 0


WITHDRAWN = [
    (Jwt(), Distributed(), 900),
    (Jwt(lifetime=60), Distributed(), 60),
    (JwtGateway(), Distributed(), 0),
    (JwtGateway(cache=30), Distributed(), 30),
    (AwsJwtAuthorizer(), Distributed(), 900),
    (Session(), Distributed(), 8 * 3600),
    (Jwt(), Hybrid(), 30),
    (Jwt(), Hybrid(poll=60), 60),
    (Jwt(), Centralized(data="fetch"), 0),
    (Jwt(), Centralized(data="provide"), 900),
    (Jwt(), Centralized(data="replicate"), 30),
    (Jwt(), Delegated(lifetime=120), 115),
]


@pytest.mark.parametrize(("authn", "authz", "expected"), WITHDRAWN, ids=repr)
def test_a_withdrawn_role_works_for_as_long_as_somebody_remembers_it(authn, authz, expected):
    assert withdrawal(authn, authz) == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize("way", operations.WAYS)
def test_rotation_under_jwt(way):
    row = rotation(Jwt(), Distributed(), way)
    assert row["calls"] > 200
    if way == "announced":
        assert (row["refused"], row["last_refused"]) == (0, None)
    else:
        assert row["refused"] >= 2
        assert row["last_refused"] < 60


def test_an_authorizer_that_keeps_keys_for_two_hours_refuses_newcomers_for_two_hours():
    row = rotation(AwsJwtAuthorizer(), Distributed(), "overlap", every=120)
    assert 7000 < row["last_refused"] < 7200
    assert rotation(AwsJwtAuthorizer(), Distributed(), "announced", every=120)["refused"] == 0


def test_variants_are_the_settings_that_a_pattern_has():
    assert [label for label, _ in variants(Jwt)] == ["", "lifetime=60", "denylist=True"]
    assert [label for label, _ in variants(Session)] == ["", "lookup=auth"]
    assert variants(Jwt)[1][1] == Jwt(lifetime=60)


def test_the_tables_hold_every_pattern():
    """The cells, without running them all."""
    points = []

    def remember(work, cells, **how):
        points.append(cells)
        return []

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(operations, "sweep", remember)
        tables = [make() for make in operations.TABLES.values()]
    rotations, revocations, withdrawals = points
    assert {authn for authn, _ in rotations} == {name for name, make in AUTHENTICATION.items() if make.issuer}
    assert {cell.authn.name for cell in revocations} == set(AUTHENTICATION)
    assert {(c.authn.name, c.authz.name) for c in withdrawals if not c.settings} == {
        (authn, authz) for authn in AUTHENTICATION for authz in AUTHORIZATION
    }
    assert [table.name for table in tables] == list(operations.TABLES)
