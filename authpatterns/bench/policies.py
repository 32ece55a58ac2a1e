"""Benchmark `policies`: one decision by plain rules, Rego and Cedar, as the facts that are stored beside them grow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from authpatterns.adapters.cedar import CedarEngine
from authpatterns.adapters.rego import RegoEngine
from authpatterns.bench.measure import Effort, Work, compare, exponent
from authpatterns.bench.report import in_unit, row, table
from authpatterns.labs.table import Row, Table
from authpatterns.policy import Decision, Entity, PolicyEngine, Query, Rule, Rules

FACTS = (10, 100, 1_000, 10_000)

REGO = """package authzen
import rego.v1
default allow := false
allow if data.orders[input.resource.id].owner == input.subject.id
reasons contains "owner-reads-order" if allow
"""
CEDAR = """@id("owner-reads-order")
permit (principal is user, action == Action::"read", resource is order) when { resource.owner == principal };
"""


def run(effort: Effort) -> Table:
    """Measure, and give the rows."""
    engines = {(language, facts): make(facts) for language, make in ENGINES.items() for facts in FACTS}
    works = {_name(*which): _deciding(engine, which[1]) for which, engine in engines.items()}
    found = {name: timing.median for name, timing in compare(works, effort.fewer(9)).items()}
    return table("policies", [line for language in ENGINES for line in _rows(language, found)])


def _rows(language: str, found: dict[str, float]) -> list[Row]:
    costs = [found[_name(language, facts)] for facts in FACTS]
    rules = [found[_name("rules", facts)] for facts in FACTS]
    lines = [
        row(_name(language, facts), in_unit(cost, "µs"), "µs", ratio=cost / plain, against="rules")
        for facts, cost, plain in zip(FACTS, costs, rules, strict=True)
    ]
    return [*lines, row(f"{language}: cost ~ facts ^ k", exponent(FACTS, costs), "n^k")]


def _name(language: str, facts: int) -> str:
    return f"{language}, {facts:,} facts"


def _deciding(engine: PolicyEngine, facts: int) -> Work:
    """Is the last order hers? It is, and its neighbour is not."""
    mine, other = facts - 1, facts - 2
    assert engine.decide(_query(mine)) == Decision(True, "owner-reads-order")
    assert not engine.decide(Query(Entity("user", _owner(mine)), "read", Entity("order", str(other)))).allowed
    query = _query(mine)
    return lambda: engine.decide(query)


def _query(order: int) -> Query:
    return Query(Entity("user", _owner(order)), "read", Entity("order", str(order)))


def _owner(order: int) -> str:
    return f"person{order}"


def _rules(facts: int) -> PolicyEngine:
    owners = {str(order): _owner(order) for order in range(facts)}
    return Rules(Rule("owner-reads-order", lambda q: q.action == "read" and owners.get(q.resource.id) == q.subject.id))


def _rego(facts: int) -> PolicyEngine:
    return RegoEngine(REGO, {"orders": {str(order): {"owner": _owner(order)} for order in range(facts)}})


def _cedar(facts: int) -> PolicyEngine:
    return CedarEngine(CEDAR, [_entity(order) for order in range(facts)])


def _entity(order: int) -> dict[str, Any]:
    owner = {"__entity": {"type": "user", "id": _owner(order)}}
    return {"uid": {"type": "order", "id": str(order)}, "attrs": {"owner": owner}, "parents": []}


ENGINES: dict[str, Callable[[int], PolicyEngine]] = {"rules": _rules, "Rego": _rego, "Cedar": _cedar}
