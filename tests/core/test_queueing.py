"""The kernel against queueing theory: an oracle that nobody here wrote (Erlang, 1917)."""

import math
import random

import pytest

from authpatterns.kernel import Kernel, Slots

SERVICE_TIME = 1.0


def erlang_c(servers: int, load: float) -> float:
    """Probability that an arrival has to wait in M/M/c."""
    offered = servers * load
    below = sum(offered**k / math.factorial(k) for k in range(servers))
    last = offered**servers / math.factorial(servers) / (1 - load)
    return last / (below + last)


def mean_time_in_system(servers: int, load: float) -> float:
    return erlang_c(servers, load) * SERVICE_TIME / (servers * (1 - load)) + SERVICE_TIME


def simulate(servers: int, load: float, customers: int, seed: int) -> float:
    kernel, chance = Kernel(), random.Random(seed)
    counter = Slots(kernel, servers)
    times: list[float] = []

    async def customer() -> None:
        arrived = kernel.now
        async with counter:
            await kernel.sleep(chance.expovariate(1 / SERVICE_TIME))
        times.append(kernel.now - arrived)

    async def door() -> None:
        for _ in range(customers):
            await kernel.sleep(chance.expovariate(servers * load / SERVICE_TIME))
            last = kernel.spawn(customer())
        await last

    kernel.run(door())
    warm = times[customers // 20 :]
    return sum(warm) / len(warm)


@pytest.mark.parametrize("servers", [1, 3])
@pytest.mark.parametrize(
    ("load", "customers", "tolerance"), [(0.3, 60_000, 0.03), (0.6, 60_000, 0.03), (0.9, 250_000, 0.05)]
)
def test_mean_time_in_system_agrees_with_theory(servers, load, customers, tolerance):
    measured = simulate(servers, load, customers, seed=20260101)
    assert measured == pytest.approx(mean_time_in_system(servers, load), rel=tolerance)


def test_the_oracle_notices_a_wrong_queue():
    """Two servers in the place of one are far outside the tolerance, so the comparison can fail."""
    measured = simulate(2, 0.45, 20_000, seed=1)
    assert measured != pytest.approx(mean_time_in_system(1, 0.9), rel=0.5)
