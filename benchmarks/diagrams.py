"""How long a sequence diagram of about 40 messages takes to draw: `python benchmarks/diagrams.py`.

Prints milliseconds and, because those differ between machines, the ratio to one RS256 verification by PyJWT.
"""

import statistics
import sys
import time
from collections.abc import Callable

import jwt

from authpatterns import catalogue, draw, stories
from authpatterns.keys import demo_key

RUNS = 50


def milliseconds(work: Callable[[], object]) -> float:
    """Median time of `work` over RUNS runs, after one that does not count."""
    work()
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


def main() -> None:
    """Measure and print."""
    shop = catalogue.deploy("sso", "centralized")
    stories.standard_visit(shop)
    shop.user("alice").get("/payments/1")
    messages = 2 * len(shop.trace)
    key = demo_key()
    token = jwt.encode({"sub": "alice"}, key.parsed, algorithm="RS256")
    public = key.parsed.public_key()
    floor = milliseconds(lambda: jwt.decode(token, public, algorithms=["RS256"]))
    drawn = milliseconds(lambda: draw.sequence(shop.trace, "ja").svg)
    print(f"Python {sys.version.split()[0]}, PyJWT {jwt.__version__}")
    print(f"{messages} messages: {drawn:.2f} ms, {drawn / floor:.0f} times one RS256 verification ({floor:.3f} ms)")


if __name__ == "__main__":
    main()
