"""Every authorization pattern under every authentication pattern, through one contract.

A pattern joins by its line in `authpatterns.catalogue`; nothing here has to be changed for it.
"""

from dataclasses import fields

import authz_contract as contract
import pytest

from authpatterns.authz import Centralized, Distributed
from authpatterns.authz.enforce import enforce
from authpatterns.authz.table import shop_table
from authpatterns.catalogue import AUTHENTICATION, AUTHORIZATION
from authpatterns.pattern import Authorization

AUTHN = [pattern() for pattern in AUTHENTICATION.values()]
AUTHZ = [pattern() for pattern in AUTHORIZATION.values()]
VARIANTS = [Centralized(data="fetch"), Centralized(data="replicate"), Centralized(cache=20)]


def named(value):
    """A short name for a check, or for a pattern and those of its settings that are not the usual ones."""
    if callable(value):
        return value.__name__
    usual = type(value)()
    changed = [text for text in settings_of(value) if text not in settings_of(usual)]
    return "-".join([value.name, *changed])


def settings_of(pattern):
    return [f"{field.name}={getattr(pattern, field.name)}" for field in fields(pattern)]


@pytest.mark.parametrize("check", contract.CHECKS, ids=named)
@pytest.mark.parametrize("authz", [*AUTHZ, *VARIANTS], ids=named)
@pytest.mark.parametrize("authn", AUTHN, ids=named)
def test_contract(authn, authz, check):
    check(authn, authz)


@pytest.mark.parametrize("authz", [authz for authz in (*AUTHZ, *VARIANTS) if authz.role_window is not None], ids=named)
@pytest.mark.parametrize("authn", AUTHN, ids=named)
def test_a_withdrawn_role_works_no_longer_than_declared(authn, authz):
    shop, dave = contract.shop_of(authn, authz, "dave")
    assert dave.get("/orders/1/cost").ok
    shop.users.set_roles("dave", ["clerk"])
    shop.clock.advance(seconds=authz.role_window)
    assert dave.get("/orders/1/cost").status in (401, 403)


class Library(Authorization):
    """A fifth pattern: every service links the same library with the same table of rules."""

    name = "library"

    def at_service(self, service):
        async def authorize(request, proceed):
            query = service.query(request)
            if query is not None:
                enforce(service, query, shop_table().decide(query))
            return await proceed(request)

        return [authorize]


@pytest.mark.parametrize("check", contract.CHECKS, ids=named)
def test_a_pattern_that_did_not_exist_before_keeps_the_contract(check):
    for authn in AUTHN:
        check(authn, Library())


class Trusting(Distributed):
    """Distributed, without the refusal."""

    def at_service(self, service):
        return ()


class Shut(Distributed):
    """Nobody may do anything."""

    def at_service(self, service):
        async def authorize(request, proceed):
            query = service.query(request)
            if query is not None:
                enforce(service, query, shop_table().__class__(()).decide(query))
            return await proceed(request)

        return [authorize]


@pytest.mark.parametrize("authz", [Trusting(), Shut()], ids=repr)
def test_the_contract_notices_a_pattern_that_opens_or_shuts_everything(authz):
    broken = [check for check in contract.CHECKS if fails(check, AUTHN[0], authz)]
    assert len(broken) >= len(contract.CHECKS) // 2


def fails(check, *patterns):
    try:
        check(*patterns)
    except (AssertionError, KeyError, TypeError):
        return True
    return False
