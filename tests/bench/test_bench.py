"""Every benchmark runs, and its report has each row. Whether it is fast is not for a test to say."""

import json

import pytest

from authpatterns.__main__ import main
from authpatterns.bench.command import BENCHMARKS
from authpatterns.bench.measure import QUICK, Effort, compare, exponent
from authpatterns.bench.report import Target, markdown, row, table

AUTHN = ("sso", "sso-gateway", "session", "jwt", "jwt-gateway", "aws-jwt-authorizer")
AUTHZ = ("centralized", "delegated", "distributed", "hybrid")
SHOPS = ("jwt + distributed", "sso-gateway + centralized")
FACTS = ("10", "100", "1,000", "10,000")
ROWS = {
    "calls": {
        *("PyJWT decode", "redis get", "function call", "jwt, at the service", "Flask + Authlib", "Starlette + httpx"),
        *AUTHN,
        *(f"jwt + {authz}" for authz in AUTHZ),
        *("five calls", "five calls: Flask", "five calls: Starlette + httpx"),
    },
    "crowd": {
        *AUTHN,
        *(f"{authn}, 100 together" for authn in AUTHN),
        *(f"five calls{peer}, 100 together" for peer in ("", ": SimPy", ": SimPy, senders give up")),
        *("five calls: Starlette + httpx, 100 together", "kernel alone, 100 together"),
        "kernel alone, senders give up, 100 together",
        *("10 users at once", "100 users at once", "cost ~ users ^ k", "cost ~ services ^ k"),
        *(f"chain of {length}" for length in (1, 2, 4, 8, 16)),
    },
    "drawing": {
        *(f"{count} messages" for count in ("10", "40", "200", "1,000")),
        *("1,000 messages as json", "1,000 messages as har"),
        *(f"trace of {authn}, per hop" for authn in ("session", "jwt", "jwt-gateway", "five calls")),
    },
    "policies": {
        *(f"{language}, {facts} facts" for language in ("rules", "Rego", "Cedar") for facts in FACTS),
        *(f"{language}: cost ~ facts ^ k" for language in ("rules", "Rego", "Cedar")),
    },
    "capacity": {
        f"{shop}, {clicks} clicks{what}"
        for shop in SHOPS
        for clicks in ("100", "1,000", "10,000")
        for what in ("", ", per second", ", memory")
    },
    "starting": {
        *("python -c pass", "import authpatterns", "first diagram, as SVG", "first diagram, as text"),
        "Run All ja/00-index",
    },
}


@pytest.mark.parametrize("name", [name for name in BENCHMARKS if name != "explorer"])
def test_each_benchmark_runs_and_reports_every_row(name, capsys):
    assert main(["bench", "--quick", "--json", "--only", name]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["versions"]["pyjwt"]
    assert told["quick"]
    rows = told["tables"][name]
    assert {line["what"] for line in rows} == ROWS[name]
    assert len(rows) == len(ROWS[name])
    assert all(line["bench_value"] > 0 for line in rows if line["unit"] != "n^k")
    assert all((line["target"] is None) == (line["reached"] is None) for line in rows)


def test_the_report_says_that_ratios_matter_and_when_figures_mean_nothing(capsys):
    assert main(["bench", "--quick", "--only", "policies", "--lang", "ja"]) == 0
    told = capsys.readouterr().out
    assert "見るべきは比" in told
    assert "簡易モード" in told
    assert "cedarpy" in told


def test_everything_has_its_turn_in_every_round():
    """The order is turned round each time, and the first turn of all is not measured."""
    turns = []
    times = compare({name: lambda name=name: turns.append(name) for name in "abc"}, Effort(2, 0.0, quick=True))
    assert "".join(turns) == "abc" + "abc" + "cba"
    assert [len(timing.samples) for timing in times.values()] == [2, 2, 2]


def test_a_short_work_is_repeated_until_its_turn_is_long_enough():
    ticks = iter(range(10_000))
    calls = []
    times = compare({"a": lambda: calls.append(1)}, Effort(3, 5.0), clock=lambda: float(next(ticks)))
    assert len(calls) == 1 + 1 + 3 * 5
    assert times["a"].median == pytest.approx(1 / 5)


def test_a_target_judges_the_ratio_where_there_is_one():
    assert row("a", 9.0, "µs", ratio=1.4, against="b", target=Target("≤", 1.5))["reached"]
    assert not row("a", 9.0, "µs", ratio=1.6, against="b", target=Target("≤", 1.5))["reached"]
    assert not row("a", 9.0, "ms", target=Target("≥", 10))["reached"]
    assert "| a | 9 | ms | – | – | ≥ 10 | " in markdown(table("calls", [row("a", 9.0, "ms", target=Target("≥", 10))]))


def test_the_exponent_of_what_grows_by_n_log_n_lies_above_that_of_a_line():
    sizes = (10, 100, 1000)
    assert exponent(sizes, sizes) == pytest.approx(1)
    assert exponent(sizes, [1, 1, 1]) == pytest.approx(0)


def test_quick_is_quick():
    assert QUICK.fewer(9).rounds == 1
