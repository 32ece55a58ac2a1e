"""Schedules: found ones replay, cures close the race, and it matters to nobody who does the work."""

import random
from concurrent.futures import ProcessPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authpatterns import Distributed, Hybrid, Jwt, JwtGateway, Misuse, Session
from authpatterns.catalogue import AUTHENTICATION
from authpatterns.labs import explore, races
from authpatterns.labs.races import Jitter


def tabs(**more):
    return explore(races.two_tabs, Jwt(), Distributed(), seeds=range(30), find=races.signed_out, **more)


def test_two_tabs_that_renew_at_once_can_sign_their_user_out():
    found = tabs()
    assert 0 < len(found.found) < len(found.tried) == 30
    assert found


def test_a_found_schedule_replays_byte_for_byte():
    found = tabs()
    first, again = found.replay(), found.replay()
    assert first.trace.to_json(secrets=True) == again.trace.to_json(secrets=True)
    assert first.trace.seed == found.found[0]
    assert races.signed_out(first)
    refused = [hop for hop in first.trace if hop.request.path == "/auth/refresh" and hop.status == 401]
    assert len(refused) == 1
    assert any(note.code == "refresh.replayed" for note in first.trace.notes)


def test_a_schedule_that_was_not_found_shows_nothing():
    found = tabs()
    other = next(seed for seed in found.tried if seed not in found.found)
    assert not races.signed_out(found.replay(other))


def test_a_lock_closes_the_race():
    found = explore(races.two_tabs_with_a_lock, Jwt(), Distributed(), seeds=range(100), find=races.signed_out)
    assert not found
    with pytest.raises(Misuse):
        found.replay()


def test_processes_find_the_same_schedules():
    with ProcessPoolExecutor(2) as pool:
        assert tabs(executor=pool).found == tabs().found


@pytest.mark.parametrize("authn", [make() for make in AUTHENTICATION.values()], ids=lambda authn: authn.name)
def test_no_schedule_lets_a_copy_live_on_where_none_is_declared_to(authn):
    found = explore(races.sign_out_in_flight, authn, Distributed(), seeds=range(25), find=races.copy_accepted)
    assert len(found.found) == (25 if authn.revocation_window else 0)


def test_a_sign_out_can_overtake_a_request_on_its_way_from_service_to_service():
    """Where each service asks anew, the second may know what the first did not; a token says the same to both."""
    session = explore(races.sign_out_in_flight, Session(), Distributed(), seeds=range(30), find=races.half_done)
    gateway = explore(races.sign_out_in_flight, JwtGateway(), Distributed(), seeds=range(30), find=races.half_done)
    assert session
    assert not gateway


@pytest.mark.parametrize("authn", [make() for make in AUTHENTICATION.values() if make.issuer], ids=lambda a: a.name)
def test_an_announced_rotation_disturbs_nobody_and_a_sudden_one_does(authn):
    announced = explore(races.rotation_announced, authn, Distributed(), seeds=range(10), find=races.newcomer_refused)
    sudden = explore(races.rotation_at_once, authn, Distributed(), seeds=range(10), find=races.newcomer_refused)
    assert not announced
    assert sudden


def test_in_a_partition_two_services_decide_by_two_policies():
    found = explore(
        races.publish_against_a_partition, Jwt(), Hybrid(), seeds=range(10), find=races.two_policies_at_once
    )
    assert found


def test_together_keeps_the_order_of_its_results():
    shop = tabs().replay(0)

    async def wait(seconds):
        await shop.kernel.sleep(seconds)
        return seconds

    assert shop.together(wait(3), wait(1), wait(2)) == (3, 1, 2)


@given(seed=st.integers(0, 2**32), most=st.floats(0.002, 10))
@settings(max_examples=50, deadline=None)
def test_jitter_stays_in_its_bounds_and_repeats(seed, most):
    drawn = [Jitter(seed, most=most)(None) for _ in range(2)]
    assert drawn[0] == drawn[1]
    assert 0.001 <= drawn[0] <= most


def test_the_table_has_a_row_for_every_race_and_pattern_it_concerns():
    table = races.races(range(2))
    assert [row["race"] for row in table] == [name for name, _ in races.plots()]
    assert {row["authn"] for row in table.where(race="copy-accepted")} == set(AUTHENTICATION)
    assert table.to_json() == races.races(range(2)).to_json()


def test_a_story_of_ones_own_is_a_function():
    def story(shop, chance):
        assert isinstance(chance, random.Random)
        shop.user("alice").sign_in("a guess")

    found = explore(story, Jwt(), Distributed(), seeds=[7], find=lambda shop: shop.trace.hops[-1].status == 401)
    assert found.found == (7,)
