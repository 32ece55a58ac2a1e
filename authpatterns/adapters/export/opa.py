"""Files for Open Policy Agent: the policy of a deployment in Rego, and how it reaches the decision.

`Centralized`: a server that the microservices ask, with `policy.rego`. `Hybrid`: an agent beside each microservice,
which pulls a bundle from the centre; the bundle holds the rules and the facts about people that all share.
"""

from __future__ import annotations

import json
from typing import Any

from authpatterns import policies
from authpatterns.adapters.export.facts import Places, to_json, to_yaml
from authpatterns.adapters.rego import RegoEngine
from authpatterns.authz import Centralized, Hybrid
from authpatterns.authz.control_plane import CONTROL_PLANE
from authpatterns.authz.table import RuleTable
from authpatterns.bookshop import ORDER_RULES, PAYMENT_RULES, SHIPMENT_RULES
from authpatterns.deployment import Deployment
from authpatterns.errors import Misuse

FITS = ("ANY centralized", "ANY hybrid")

SHOP_RULES = (ORDER_RULES, PAYMENT_RULES, SHIPMENT_RULES)

_PEOPLE = """# The person as the centre knows them, and not as the caller says.
package shop

import rego.v1

default allow := false

allow if data.authzen.allow with input.subject.properties as data.people[input.subject.id]
"""


def fits(shop: Deployment) -> bool:
    """Where rules come from one place."""
    return isinstance(shop.authz, (Centralized, Hybrid))


def files(shop: Deployment, places: Places) -> dict[str, str]:
    """`policy.rego`; for `Hybrid` the bundle and the agent's configuration.

    Raises:
        Misuse: a rule is written in Python, and so cannot be written down as Rego.
    """
    return _agent(shop, places) if isinstance(shop.authz, Hybrid) else {"policy.rego": _central_policy(shop)}


# --- one server


def _central_policy(shop: Deployment) -> str:
    assert isinstance(shop.authz, Centralized)
    engine = shop.authz.engine
    if isinstance(engine, RegoEngine):
        return engine.text
    if isinstance(engine, RuleTable):
        return rego_of(engine)
    more = [service for service in shop.services if service.rules not in SHOP_RULES]
    foreign = [service.name for service in more if not isinstance(service.rules, RuleTable)]
    if engine is not None or foreign:
        raise Misuse("export.rules", service=", ".join(foreign) or "pdp")
    tables = [service.rules for service in more if isinstance(service.rules, RuleTable)]
    added = RuleTable(tuple(rule for table in tables for rule in table.rules))
    return policies.read("shop.rego") + ("\n" + _rules(added) if added.rules else "")


# --- an agent beside each microservice


def _agent(shop: Deployment, places: Places) -> dict[str, str]:
    assert isinstance(shop.authz, Hybrid)
    control = shop.node(CONTROL_PLANE)
    people = {name: {"tenant": person.tenant, "roles": list(person.roles)} for name, person in shop.people.items()}
    table = RuleTable.parse(control.policy)
    polling = {"min_delay_seconds": int(shop.authz.poll), "max_delay_seconds": int(shop.authz.poll)}
    patience = max(1, round(shop.authz.timeout))
    config = {
        "services": {"centre": {"url": places.nodes[CONTROL_PLANE], "response_header_timeout_seconds": patience}},
        "bundles": {"shop": {"service": "centre", "resource": "bundle.tar.gz", "polling": polling}},
    }
    manifest = {"revision": "1", "roots": ["authzen", "shop", "people"], "rego_version": 1}
    return {
        "opa.yaml": to_yaml(config, "Start the agent with\n    opa run --server -c opa.yaml"),
        "bundle/policy.rego": rego_of(table),
        "bundle/shop.rego": _PEOPLE,
        "bundle/data.json": to_json({"people": people}),
        "bundle/.manifest": to_json(manifest),
    }


# --- a rule table as Rego


def rego_of(table: RuleTable) -> str:
    """The rules of `table` in Rego v1: `package authzen`, `allow`, and the names of the rules that allow."""
    head = "package authzen\n\nimport rego.v1\n\ndefault allow := false\n\nallow if count(reasons) > 0\n"
    return f"{head}\n{_rules(table)}"


def _rules(table: RuleTable) -> str:
    return "\n".join(
        "\n".join(
            [
                f"reasons contains {json.dumps(rule.name)} if {{",
                '\tinput.subject.type == "user"',
                f"\tinput.resource.type == {json.dumps(rule.resource)}",
                f"\tinput.action.name == {json.dumps(rule.action)}",
                *(f"\t{line}" for condition in rule.when for line in _condition(*condition)),
                "}\n",
            ]
        )
        for rule in table.rules
    )


def _condition(word: str, fact: str, other: Any) -> list[str]:
    value = _fact(fact)
    match word:
        case "same":
            return [f"is_string({value})", f"{value} == {_fact(other)}"]
        case "is":
            return [f"{value} == {json.dumps(other)}"]
        case "has":
            return [f"is_array({value})", f"{json.dumps(other)} in {value}"]
        case _:  # at-most; in Rego null and true are less than every number
            return [f"is_number({value})", f"{value} == floor({value})", f"{value} <= {json.dumps(other)}"]


def _fact(fact: str) -> str:
    side, _, name = fact.partition(".")
    return f"input.{side}.id" if name == "id" else f"input.{side}.properties[{json.dumps(name)}]"
