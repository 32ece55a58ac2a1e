"""What happens when a part fails: the table against what the patterns' own settings say must come out."""

import json

import pytest

from authpatterns import Deployment, Distributed, Jwt, faults
from authpatterns.browser import FrontEnd
from authpatterns.catalogue import AUTHENTICATION, AUTHORIZATION
from authpatterns.labs import outages as lab
from authpatterns.labs.outages import FAULTS, Outage, Setting, cells, outage, outages
from authpatterns.messages import Principal

SHORT = Setting(horizon=420)
JWT = Jwt()


def row(authn, part, fault, authz="distributed", setting=SHORT):
    return outage(Outage(authn, authz, part, fault), setting)


def test_every_part_of_every_pattern_fails_in_every_way():
    listed = cells()
    assert len(set(listed)) == len(listed)
    assert {cell.authn for cell in listed} == set(AUTHENTICATION)
    assert {cell.authz for cell in listed} == set(AUTHORIZATION)
    for authn in AUTHENTICATION:
        shop = Deployment(AUTHENTICATION[authn](), Distributed())
        mine = {(cell.part, cell.fault) for cell in listed if (cell.authn, cell.authz) == (authn, "distributed")}
        assert mine == {(part, fault) for part in shop.network.nodes for fault in FAULTS}


@pytest.mark.parametrize("cell", cells(("down", "flapping", "restarted")), ids=lambda c: " ".join(vars(c).values()))
def test_no_part_fails_open_and_everybody_gets_back_to_work(cell):
    seen = outage(cell, Setting(horizon=120, every=30))
    assert (seen["fails"], seen["intruders"]) == ("closed", [])
    assert seen["after"] in ("goes-on", "signs-in")


def test_without_the_auth_service_jwt_lives_on_its_copies_of_the_keys():
    seen = row("jwt", "auth", "down")
    assert seen["sign_in"] == 0
    assert seen["works_for"] == JWT.jwks_ttl
    assert seen["works_at"] == ["orders", "payments", "shipping"]


def test_the_session_store_is_a_single_point_of_failure():
    seen = row("session", "session-store", "down")
    assert (seen["sign_in"], seen["works_for"], seen["works_at"]) == (0, 0, [])


def test_without_the_auth_service_sessions_go_on_and_nobody_new_gets_in():
    seen = row("session", "auth", "down")
    assert (seen["sign_in"], seen["works_for"]) == (0, SHORT.horizon)


def test_a_session_store_that_restarts_empty_signs_everybody_out():
    seen = row("session", "session-store", "restarted")
    assert (seen["sign_in"], seen["works_for"], seen["after"]) == (1, 0, "signs-in")


def test_a_replaced_container_is_not_noticed_by_jwt():
    assert row("jwt", "orders", "restarted")["works_for"] == SHORT.horizon


def test_a_microservice_that_is_down_leaves_the_others_at_work():
    assert row("jwt", "payments", "down")["works_at"] == ["orders", "shipping"]


def test_hybrid_goes_on_without_its_centre_for_as_long_as_it_declares():
    assert row("jwt", "control-plane", "down", "hybrid")["works_for"] == AUTHORIZATION["hybrid"]().grace


def test_who_waits_no_longer_than_a_second_is_shut_out_by_a_part_that_is_slower():
    seen = row("jwt", "pdp", "slow", "centralized")
    assert seen["works_for"] == 0
    quick = row("jwt", "pdp", "slow", "centralized", Setting(horizon=120, slow=0.5))
    assert (quick["works_for"], quick["slowest"] >= 0.5) == (120, True)


def test_half_of_the_clicks_get_through_to_a_part_that_is_there_half_of_the_time():
    assert row("session", "session-store", "flapping")["share"] == pytest.approx(0.5, abs=0.05)


def test_partitioned_means_that_browsers_still_reach_it():
    seen = row("jwt", "auth", "partitioned")
    assert (seen["sign_in"], seen["works_for"]) == (1, JWT.jwks_ttl)


def test_the_lab_notices_a_pattern_that_fails_open(monkeypatch):
    """A shop that lets everybody in when it cannot ask is told so, or the column would prove nothing."""

    class Careless(Jwt):
        name = "careless"

        def at_service(self, service):
            careful = Jwt.at_service(self, service)[0]

            async def authenticate(request, proceed):
                try:
                    return await careful(request, proceed)
                except Exception:
                    return await proceed(request.on_behalf_of(Principal("x", "alice", "aozora", ("customer",))))

            return [authenticate]

    monkeypatch.setitem(AUTHENTICATION, "careless", Careless)
    seen = row("careless", "auth", "down")
    assert seen["fails"] == "open"
    assert seen["intruders"] == ["nobody", "forger", "leaver"]


def test_flapping_goes_by_virtual_time():
    shop = Deployment(Jwt(), Distributed())
    answers = []
    with shop.rule(faults.Flapping("auth", up=10, down=5)):
        for _ in range(12):
            answers.append(shop.user("alice").sign_in().status)
            shop.clock.advance(seconds=2.5 - shop.clock.now % 2.5)
    assert answers == [200, 200, 200, 200, 503, 503] * 2


def test_the_table_is_the_same_bytes_every_time_in_both_languages():
    points = [Outage("jwt", "distributed", "auth", "down"), Outage("session", "distributed", "auth", "slow")]
    first, again = (outages(Setting(horizon=60), points) for _ in range(2))
    assert first.to_json() == again.to_json()
    assert json.loads(first.to_json())["rows"][0]["part"] == "auth"


def test_a_front_end_is_what_the_catalogue_promises():
    """New patterns join by being in the catalogue; all the lab needs from them is this."""
    for make in AUTHENTICATION.values():
        front: FrontEnd = make().front_end()
        assert {"sign_in", "send", "refresh", "sign_out"} <= set(dir(front))
    assert lab.parts(Deployment(Jwt(), Distributed())) == ["auth", "orders", "payments", "shipping"]
