"""Queues against theory, and what is promised of long work: the same result anywhere, resumable, in constant memory."""

import math
import random
import tracemalloc
from concurrent.futures import ProcessPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authpatterns import Misuse
from authpatterns.catalogue import AUTHENTICATION
from authpatterns.labs import capacity
from authpatterns.labs.capacity import (
    Batch,
    Model,
    Part,
    counter,
    curve,
    limits,
    model,
    run_batch,
    saturations,
    simulate,
)
from authpatterns.labs.plan import SIX, THREE, per_user, plan
from authpatterns.labs.queueing import time_in_system, wait_probability, waiting_time
from authpatterns.labs.sketch import Sketch
from authpatterns.labs.tradeoffs import Latency
from authpatterns.labs.traffic import Path, Stop, measure

# --- theory


def erlang_c(servers, load):
    """As it stands in the textbooks, with its factorials."""
    offered = servers * load
    below = sum(offered**k / math.factorial(k) for k in range(servers))
    last = offered**servers / math.factorial(servers) / (1 - load)
    return last / (below + last)


@given(st.integers(1, 60), st.floats(0.01, 0.99))
def test_the_stable_formula_is_the_textbooks(servers, load):
    assert wait_probability(servers, load) == pytest.approx(erlang_c(servers, load), rel=1e-9)


def test_ten_thousand_servers_overflow_nothing():
    assert 0 <= waiting_time(10_000, 0.9, 1.0) < 1e-3


@pytest.mark.parametrize("servers", [1, 4])
@pytest.mark.parametrize(
    ("load", "clicks", "tolerance"), [(0.3, 50_000, 0.03), (0.6, 50_000, 0.03), (0.9, 300_000, 0.05)]
)
def test_one_part_is_the_queue_of_the_textbooks(servers, load, clicks, tolerance):
    point = simulate(counter(Part(0.010, servers)), servers * load / 0.010, clicks)
    assert point.sketch.mean == pytest.approx(time_in_system(servers, load, 0.010), rel=tolerance)
    assert point.busy["counter"] == pytest.approx(load, rel=0.02)


def test_the_comparison_with_theory_can_fail():
    point = simulate(counter(Part(0.010, 2)), 90, 20_000)
    assert point.sketch.mean != pytest.approx(time_in_system(1, 0.9, 0.010), rel=0.5)


def test_two_parts_one_after_the_other_are_two_queues():
    """What leaves an M/M/1 queue is a Poisson stream again (Burke, 1956), so the times add up."""
    path = Path((Stop("a", ()), Stop("b", ("inside",))), ("inside",))
    shop = Model("two", (("a", Part(0.010)), ("b", Part(0.005))), ((path, 1.0),), (("inside", Latency(0.002)),))
    point = simulate(shop, 60, 100_000)
    expected = time_in_system(1, 0.6, 0.010) + time_in_system(1, 0.3, 0.005) + 2 * 0.002
    assert point.sketch.mean == pytest.approx(expected, rel=0.03)


def test_half_the_median_time_of_one_clerk_is_exponential():
    """Sojourn times of M/M/1 are exponential, so their quantiles are known too."""
    sketch = simulate(counter(Part(0.010)), 50, 100_000).sketch
    for share in (0.5, 0.95, 0.99):
        assert sketch.quantile(share) == pytest.approx(-math.log(1 - share) * 0.020, rel=0.05)


# --- where it saturates


def test_the_limit_is_workers_by_work():
    shop = model("session", "distributed", {"session-store": Part(0.010, 2)})
    first = limits(shop)[0]
    assert first.part == "session-store"
    assert first.rate == pytest.approx(2 / (first.calls * 0.010))
    busy = simulate(shop, first.rate / 2, 20_000).busy
    assert busy["session-store"] == pytest.approx(0.5, rel=0.05)


def test_checking_a_password_is_work_of_its_own():
    slow, quick = (limits(model("jwt", "distributed", {"auth": Part(0.002, 1, p)})) for p in (5.0, 0.002))
    assert slow[0].part == "auth" != quick[0].part


def test_a_part_beyond_its_limit_refuses_and_serves_what_it_can():
    shop = counter(Part(0.010, 2, queue=20))
    point = simulate(shop, 400, 20_000)
    served = 400 * (1 - point.refused["counter"] / 20_000)
    assert served == pytest.approx(200, rel=0.03)
    assert point.busy["counter"] == pytest.approx(1, abs=0.02)


def test_below_the_limit_nobody_is_refused():
    shop = model("jwt", "distributed")
    assert simulate(shop, limits(shop)[0].rate * 0.8, 10_000).refused == {}


@pytest.mark.parametrize("authn", AUTHENTICATION)
def test_the_part_that_refuses_is_the_one_that_was_computed(authn):
    (row,) = saturations([(authn, "distributed")], clicks=15_000)
    assert row["refused_by"][0] == row["first"]
    assert row["limit"] <= row["second_limit"]


# --- long work


def test_batches_in_other_processes_give_the_same_bytes():
    shop = counter(Part(0.010, 2))
    with ProcessPoolExecutor(2) as pool:
        there = simulate(shop, 100, 3 * capacity.BATCH // 2, executor=pool)
    here = simulate(shop, 100, 3 * capacity.BATCH // 2)
    assert (there.sketch.to_dict(), there.busy) == (here.sketch.to_dict(), here.busy)


def test_batches_on_a_dask_cluster_give_the_same_bytes(monkeypatch):
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(capacity, "BATCH", 1_000)
    shop = counter(Part(0.010, 2))
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None, protocol="inproc://"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        there = simulate(shop, 100, 3_000, executor=client.get_executor())
    assert there.sketch.to_dict() == simulate(shop, 100, 3_000).sketch.to_dict()


def test_an_interrupted_simulation_goes_on_where_it_was(tmp_path, monkeypatch):
    monkeypatch.setattr(capacity, "BATCH", 500)
    shop, ran = counter(Part(0.010)), []

    def stop_after_two(done, total):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(shop, 50, 2_000, keep=tmp_path / "kept", progress=stop_after_two)
    real = capacity.run_batch

    def counted(batch):
        ran.append(batch.number)
        return real(batch)

    counted.__qualname__, counted.__module__ = real.__qualname__, real.__module__
    monkeypatch.setattr(capacity, "run_batch", counted)
    resumed = simulate(shop, 50, 2_000, keep=tmp_path / "kept")
    assert ran == [2, 3]
    monkeypatch.undo()
    monkeypatch.setattr(capacity, "BATCH", 500)
    assert resumed.sketch.to_dict() == simulate(shop, 50, 2_000).sketch.to_dict()


def peak(clicks):
    shop = counter(Part(0.010))
    run_batch(Batch(shop, 50, 100, 1, 0))
    tracemalloc.start()
    run_batch(Batch(shop, 50, clicks, 1, 0))
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return used


def test_memory_does_not_grow_with_the_clicks():
    assert peak(40_000) - peak(4_000) < 3 * 36_000, "three bytes a click: less than a single reference"


def test_the_same_seed_gives_the_same_times_and_another_seed_others():
    shop = model("jwt", "distributed")
    first, again, other = (simulate(shop, 100, 500, seed=seed).sketch.to_dict() for seed in (1, 1, 2))
    assert first == again != other


def test_the_curve_rises_and_is_the_same_every_time():
    shop = model("jwt", "distributed")
    table = curve(shop, (0.2, 0.6, 0.9), 10_000)
    assert table.to_json() == curve(shop, (0.2, 0.6, 0.9), 10_000).to_json()
    means = [row["mean_ms"] for row in table]
    assert means == sorted(means)
    assert [row["busy"] for row in table] == pytest.approx([0.2, 0.6, 0.9], rel=0.05)


# --- quantiles in constant memory


@settings(deadline=None)
@given(st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=300), st.floats(0.01, 1))
def test_a_sketch_is_within_a_hundredth_of_the_sorted_list(values, share):
    sketch = Sketch()
    for value in values:
        sketch.add(value)
    exact = sorted(values)[max(0, math.ceil(share * len(values) - 1e-9) - 1)]
    assert sketch.quantile(share) == pytest.approx(exact, rel=0.01)
    assert sketch.mean == pytest.approx(sum(values) / len(values))


@given(st.lists(st.floats(0, 1e6)), st.lists(st.floats(0, 1e6)))
def test_sketches_add_up_and_survive_being_written_down(left, right):
    parts = [Sketch(), Sketch()]
    whole = Sketch()
    for sketch, values in zip(parts, (left, right), strict=True):
        for value in values:
            sketch.add(value)
            whole.add(value)
    merged = Sketch.from_dict(parts[0].to_dict())
    merged.merge(parts[1])
    assert merged.steps == whole.steps
    assert merged.count == whole.count


def test_a_sketch_of_many_values_is_small():
    chance, sketch = random.Random(1), Sketch()
    for _ in range(50_000):
        sketch.add(chance.expovariate(1))
    assert len(sketch.steps) < 2_000


# --- the plan


def test_renewals_grow_with_the_users_and_keys_do_not():
    six, three = measure("jwt", "distributed", SIX), measure("jwt", "distributed", THREE)
    assert per_user(six, three, "auth") == pytest.approx(1 / 900, rel=0.1)
    assert per_user(six, three, "session-store") == 0


def by_part(table):
    return {row["part"]: row for row in table}


def test_the_plan_is_proportional_to_the_clicks():
    one, ten = (by_part(plan("session", "distributed", 1_000_000, rate)) for rate in (10_000, 100_000))
    store = "session-store"
    assert ten[store]["calls_least"] == pytest.approx(10 * one[store]["calls_least"], rel=0.01)
    assert ten["orders"]["workers_least"] == pytest.approx(10 * one["orders"]["workers_least"], rel=0.01)


def test_the_session_store_is_asked_on_every_call_and_holds_every_user():
    store = by_part(plan("session", "distributed"))["session-store"]
    assert store["calls_least"] == pytest.approx(1_250_000, rel=0.01)
    assert store["held_gb"] == pytest.approx(100_000_000 * 248 / 1e9, rel=0.2)


def test_the_centre_of_hybrid_hardly_notices_a_million_clicks():
    assert by_part(plan("jwt", "hybrid"))["control-plane"]["calls_most"] < 100
    assert by_part(plan("jwt", "centralized"))["pdp"]["calls_least"] > 1_000_000


def test_workers_are_never_busier_than_was_asked_for():
    for row in plan("session", "distributed", busy=0.5):
        built = {"session-store": 0.0002, "auth": 0.002}.get(row["part"], 0.004)
        assert row["calls_least"] * built / row["workers_least"] <= 0.5 + 1e-9


def test_an_unknown_pattern_is_refused_with_those_there_are():
    from argparse import ArgumentParser

    parser = ArgumentParser()
    capacity.add_arguments(parser)
    with pytest.raises(Misuse, match="jwt-gateway"):
        capacity.run(parser.parse_args(["nobody"]))
