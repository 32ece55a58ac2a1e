"""Benchmark `crowd`: requests per second, one after another and together, and what a request costs as work grows."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial

from authpatterns import Deployment, Distributed, Jwt
from authpatterns.bench.calls import AUTHENTICATION, reading, signed_in
from authpatterns.bench.measure import Effort, Work, compare, exponent
from authpatterns.bench.peers import own, simpy_shop, starlette_httpx
from authpatterns.bench.report import Target, in_unit, row, table
from authpatterns.bookshop import owns
from authpatterns.browser import Browser
from authpatterns.labs.table import Row, Table
from authpatterns.messages import Request, Response
from authpatterns.node import route
from authpatterns.pattern import Authentication
from authpatterns.policy import Rule, Rules
from authpatterns.service import Service

TOGETHER = 100
USERS = (10, 100, 1_000, 10_000)
CHAINS = (1, 2, 4, 8, 16)


def run(effort: Effort) -> Table:
    """Measure, and give the rows."""
    return table("crowd", [*_throughput(effort), *_peers(effort), *_growing_crowd(effort), *_growing_chain(effort)])


# --- how many in a second


def _throughput(effort: Effort) -> list[Row]:
    single = {name: reading(signed_in(pattern)) for name, pattern in AUTHENTICATION.items()}
    crowds = {name: crowd(pattern, TOGETHER) for name, pattern in AUTHENTICATION.items()}
    works = {**single, **{f"{name}, {TOGETHER} together": work for name, work in crowds.items()}}
    found = {name: timing.median for name, timing in compare(works, effort.fewer(10)).items()}
    rows = []
    for name in AUTHENTICATION:
        together = f"{name}, {TOGETHER} together"
        rows.append(row(name, 1 / found[name], "1/s"))
        share = found[together] / TOGETHER / found[name]
        rows.append(row(together, TOGETHER / found[together], "1/s", ratio=share, against=name))
    return rows


def crowd(pattern: Authentication, users: int) -> Work:
    """Alice at so many devices at once, everywhere signed in: each reads the order once."""
    shop = Deployment(pattern, Distributed(), seed=7)
    browsers = [shop.browser("alice", f"{number:05}") for number in range(users)]
    first, others = browsers[0], browsers[TOGETHER:]
    answers = [shop.run(browser.sign_in("alice", "alice's password")) for browser in browsers[:TOGETHER]]
    for other in others:
        _copy(first, other)
    for _ in range(2):  # caches are warm after the first time
        answers += shop.together(*(browser.send(Request.get("/orders/1")) for browser in browsers))
    assert all(answer.status == 200 for answer in answers)
    return lambda: shop.together(*(browser.send(Request.get("/orders/1")) for browser in browsers))


def _copy(signed_in: Browser, other: Browser) -> None:
    """The same credential in another browser: ten thousand sign-ins take longer than anything measured here."""
    other.local = {origin: dict(kept) for origin, kept in signed_in.local.items()}


def _peers(effort: Effort) -> list[Row]:
    """The five calls, a hundred times at once; and the kernel alone, which is all that SimPy has."""
    with closing(starlette_httpx.five_calls()) as starlette:
        crowds: dict[str, Callable[[int], object]] = {
            "five calls": own.Shop().crowd,
            "five calls: SimPy": simpy_shop.Shop(patient=True).crowd,
            "five calls: SimPy, senders give up": simpy_shop.Shop(patient=False).crowd,
            "five calls: Starlette + httpx": starlette.crowd,
            "kernel alone": own.KernelAlone(patient=True).crowd,
            "kernel alone, senders give up": own.KernelAlone(patient=False).crowd,
        }
        works: dict[str, Work] = {name: partial(crowd, TOGETHER) for name, crowd in crowds.items()}
        found = {name: timing.median for name, timing in compare(works, effort.fewer(15)).items()}

    def line(name: str, to: str | None = None, target: Target | None = None) -> Row:
        ratio = found[name] / found[to] if to else None
        return row(
            f"{name}, {TOGETHER} together", TOGETHER / found[name], "1/s", ratio=ratio, against=to, target=target
        )

    return [
        line("five calls"),
        line("five calls: Starlette + httpx", "five calls", Target("≥", 10)),
        line("five calls: SimPy", "five calls", Target("≥", 1.5)),
        line("five calls: SimPy, senders give up", "five calls"),
        line("kernel alone", "five calls: SimPy"),
        line("kernel alone, senders give up", "five calls: SimPy, senders give up"),
    ]


# --- how costs grow


def _growing_crowd(effort: Effort) -> list[Row]:
    sizes = USERS[:2] if effort.quick else USERS
    works = {users: crowd(AUTHENTICATION["jwt"], users) for users in sizes}
    found = compare({str(users): work for users, work in works.items()}, effort.fewer(5))
    costs = [found[str(users)].median for users in sizes]
    allowed = exponent(sizes, [users * math.log(users) for users in sizes])
    rows = [_per_request(f"{users:,} users at once", cost / users) for users, cost in zip(sizes, costs, strict=True)]
    return [*rows, _fit("cost ~ users ^ k", sizes, costs, allowed)]


def _growing_chain(effort: Effort) -> list[Row]:
    found = compare({str(length): reading_chain(length) for length in CHAINS}, effort.fewer(15))
    costs = [found[str(length)].median for length in CHAINS]
    rows = [_per_request(f"chain of {length}", cost) for length, cost in zip(CHAINS, costs, strict=True)]
    return [*rows, _fit("cost ~ services ^ k", CHAINS, costs, 1.0)]


def _per_request(what: str, seconds: float) -> Row:
    return row(what, in_unit(seconds, "µs"), "µs")


def _fit(what: str, sizes: Sequence[int], costs: Sequence[float], allowed: float) -> Row:
    """The exponent that fits best. Two hundredths are noise."""
    return row(what, exponent(sizes, costs), "n^k", target=Target("≤", round(allowed + 0.02, 2)))


class Link(Service):
    """A service that asks the next one before it answers, on behalf of whoever asked."""

    resource = "order"
    rules = Rules(Rule("owner-reads", lambda q: q.action == "read" and owns(q)))

    def __init_subclass__(cls, number: int, of: int) -> None:
        cls.prefix = f"/link{number}"

        @route("GET", cls.prefix + "/{id}", action="read", resource="order")
        async def read(self: Service, request: Request, id: str) -> Response:
            if number == of:
                return self.show(id)
            return await self.ask(f"link{number + 1}", f"/link{number + 1}/{id}", request)

        cls.read = read  # type: ignore[attr-defined]
        super().__init_subclass__()


def reading_chain(length: int) -> Work:
    """Alice asks the first service of so many; each verifies her token and decides by itself."""
    record = {"1": {"id": "1", "owner": "alice", "tenant": "aozora"}}
    numbers = range(1, length + 1)
    services = [type(f"Link{n}", (Link,), {}, number=n, of=length)(f"link{n}", record) for n in numbers]
    alice = Deployment(Jwt(lifetime=10**8), Distributed(), services=services, seed=7).user("alice")
    alice.sign_in()
    for _ in range(2):
        assert alice.get("/link1/1").status == 200
    return lambda: alice.get("/link1/1")
