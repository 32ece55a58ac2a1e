"""What theory says about a counter with several clerks (M/M/c; Erlang, 1917): the oracle of the capacity lab.

Examples:
    A single clerk who is busy half of the time doubles everybody's time:

    >>> time_in_system(1, 0.5, 1.0)
    2.0
    >>> round(wait_probability(10, 0.9), 3)
    0.669
"""

from __future__ import annotations


def wait_probability(servers: int, load: float) -> float:
    """How likely an arrival has to wait (Erlang C), found by way of Erlang B, which stays exact for many servers.

    Args:
        servers: How many work at the same time.
        load: Share of their time in which they are busy, below 1.
    """
    offered, blocked = servers * load, 1.0
    for number in range(1, servers + 1):
        blocked = offered * blocked / (number + offered * blocked)
    return blocked / (1 - load * (1 - blocked))


def waiting_time(servers: int, load: float, service_time: float) -> float:
    """Mean seconds in the queue."""
    return wait_probability(servers, load) * service_time / (servers * (1 - load))


def time_in_system(servers: int, load: float, service_time: float) -> float:
    """Mean seconds from arrival to departure."""
    return waiting_time(servers, load, service_time) + service_time
