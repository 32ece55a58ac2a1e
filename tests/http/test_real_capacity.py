"""The comparison of the capacity lab with a real shop: what it reads off a trace, and that it is bounded."""

import pytest

from authpatterns import Deployment, Distributed, Jwt, words
from authpatterns.__main__ import main
from authpatterns.adapters import real_capacity
from authpatterns.adapters.real_capacity import Target, _work, drive
from authpatterns.errors import Misuse
from authpatterns.messages import Request, Response
from authpatterns.trace import Trace


def test_a_part_is_charged_what_it_does_itself_and_not_what_it_waits_for():
    trace = Trace()
    for begin in (0.0, 10.0):
        outer = trace.send(begin, "visitor", "orders", Request.get("/"), None, None)
        inner = trace.send(begin + 1, "orders", "shipping", Request.get("/"), outer.id, None)
        trace.answer(begin + 4, inner, Response(200))
        trace.answer(begin + 6, outer, Response(200))
    assert _work(trace.hops) == (("orders", 3.0), ("shipping", 3.0))


def test_the_table_holds_what_was_computed_and_what_was_measured():
    table = real_capacity.real_capacity("jwt-gateway", loads=(0.3,), clicks=30)
    (row,) = table
    assert set(row) == set(real_capacity.COLUMNS)
    assert row["failed"] == 0
    assert row["rate"] > 0
    assert all(row[name] > 0 for name in row if name.endswith("_ms"))
    assert {name for name in ("gateway", "auth", "orders", "shipping") if name in dict(table.settings)["work"]} == {
        *("gateway", "auth", "orders", "shipping")
    }


@pytest.mark.parametrize("wrong", [{"clicks": 0}, {"clicks": 5_001}, {"loads": (1.0,)}, {"loads": (0,)}])
def test_it_is_bounded(wrong):
    with pytest.raises(Misuse, match="5000"):
        real_capacity.real_capacity("jwt", **wrong)


def test_what_is_not_answered_with_200_is_counted_as_failed():
    from authpatterns.adapters.http import serve

    with serve(Deployment(Jwt(), Distributed())) as live:
        assert drive(Target(live.urls["orders"] + "/orders/1", ()), 200.0, 5, 1) == []
    assert drive(Target("http://127.0.0.1:1/", ()), 200.0, 5, 1) == []


def test_the_command_prints_the_table(capsys):
    assert main(["real-capacity", "jwt", "--clicks", "10", "--load", "0.2", "--lang", "ja"]) == 0
    said = capsys.readouterr().out
    assert words.say("lab.column.measured_p50_ms", "ja") in said
    assert main(["real-capacity", "kerberos", "--lang", "en"]) == 2
