"""What a new rule costs: the same rule is added to a running shop under each authorization pattern.

    gift        of one domain: the person for whom an order is a gift may read it
    auditor     for the whole house: an auditor reads orders, payments and parcels

An edit is one thing that somebody has to change in one place. Only edits that the rule cannot do without are counted:
each is left out once, and then the rule must not work.

Examples:
    >>> row = newrule(GIFT, Distributed())
    >>> row["edits"], row["messages_added"], row["in_force_after"]
    (['orders: facts', 'orders: rules'], 0, 0)
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from authpatterns.authn import Jwt
from authpatterns.authz import Centralized, Delegated, Distributed, Hybrid
from authpatterns.authz.control_plane import CONTROL_PLANE
from authpatterns.authz.provider import PROVIDER
from authpatterns.authz.table import RuleTable, shop_policy
from authpatterns.deployment import Deployment
from authpatterns.labs.table import Row, Table
from authpatterns.pattern import Authorization
from authpatterns.policy import PolicyEngine, Rule, Rules
from authpatterns.trace import Trace

SEED = 10
STEP = 5
"""Seconds between two looks whether a rule is in force."""
PATIENCE = 1200
"""Seconds after which nobody looks any more."""
COLUMNS = ("rule", "authz", "settings", "edits", "places", "messages_added", "bytes_sent", "in_force_after")


@dataclass(frozen=True)
class NewRule:
    """A rule that the shop does not have yet.

    Attributes:
        name: Of the rule.
        rules: What is added to whose domain: a table for each microservice that it concerns.
        facts: Members of records that no decision has needed so far, by microservice.
        scopes: What roles bring that the authorization provider does not know yet.
        person: Who profits, with the role that they have.
        reads: What this person may read then, and not before.
        records: What the business has already written into records of orders, by id.
    """

    name: str
    rules: dict[str, RuleTable]
    person: tuple[str, tuple[str, ...]]
    reads: tuple[str, ...]
    facts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    scopes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    records: dict[str, dict[str, Any]] = field(default_factory=dict)


def _table(name: str, resource: str, *when: list[Any]) -> RuleTable:
    same_shop = ["same", "resource.tenant", "subject.tenant"]
    rule = {"name": name, "resource": resource, "action": "read", "when": [same_shop, *when]}
    return RuleTable.parse({"rules": [rule]})


_IS_AUDITOR = ["has", "subject.roles", "auditor"]

GIFT = NewRule(
    "gift",
    rules={"orders": _table("recipient-reads-order", "order", ["same", "resource.recipient", "subject.id"])},
    person=("bob", ("customer",)),
    reads=("/orders/1",),
    facts={"orders": ("recipient",)},
    records={"1": {"recipient": "bob"}},
)

AUDITOR = NewRule(
    "auditor",
    rules={
        "orders": _table("auditor-reads-order", "order", _IS_AUDITOR),
        "payments": _table("auditor-reads-payment", "payment", _IS_AUDITOR),
        "shipping": _table("auditor-reads-shipment", "shipment", _IS_AUDITOR),
    },
    person=("carol", ("auditor",)),
    reads=("/orders/1", "/payments/1", "/shipments/1"),
    scopes={"auditor": ("order:read", "payment:read", "shipment:read")},
)


# --- what has to be changed where


@dataclass(frozen=True)
class Edit:
    """One thing that somebody changes in one place.

    Attributes:
        place: The node whose program or configuration it is.
        part: "rules", "facts", "scopes" or "policy".
        make: Does it.
    """

    place: str
    part: str
    make: Callable[[Deployment], None]

    def __str__(self) -> str:
        return f"{self.place}: {self.part}"


def edits(new: NewRule, authz: Authorization) -> list[Edit]:
    """Everything that has to be changed so that `new` holds under `authz`."""
    facts = [Edit(service, "facts", _tell(service, names)) for service, names in new.facts.items()]
    if isinstance(authz, Centralized):
        return [*facts, Edit("pdp", "policy", _decide(new))]
    if isinstance(authz, Hybrid):
        return [*facts, Edit(CONTROL_PLANE, "policy", _publish(new))]
    rules = [Edit(service, "rules", _rule(service, table)) for service, table in new.rules.items()]
    scopes = [Edit(PROVIDER, "scopes", _grant(new))] if isinstance(authz, Delegated) and new.scopes else []
    return [*facts, *rules, *scopes]


def _tell(service: str, names: tuple[str, ...]) -> Callable[[Deployment], None]:
    """The microservice lets decisions see further members of its records."""

    def make(shop: Deployment) -> None:
        node = shop.node(service)
        node.facts = (*node.facts, *names)

    return make


def _rule(service: str, table: RuleTable) -> Callable[[Deployment], None]:
    """The microservice has one more rule."""

    def make(shop: Deployment) -> None:
        node = shop.node(service)
        node.rules = extended(node.rules, table)

    return make


def _decide(new: NewRule) -> Callable[[Deployment], None]:
    """The decision point has further rules, for whichever domain they are."""

    def make(shop: Deployment) -> None:
        parts = shop.node("pdp").engine.parts
        for service, table in new.rules.items():
            resource = shop.node(service).resource
            parts[resource] = extended(parts[resource], table)

    return make


def _publish(new: NewRule) -> Callable[[Deployment], None]:
    """The control plane publishes a policy with further rules."""

    def make(shop: Deployment) -> None:
        shop.node(CONTROL_PLANE).publish(shop_policy(*new.rules.values()))

    return make


def _grant(new: NewRule) -> Callable[[Deployment], None]:
    """The provider knows further roles."""

    def make(shop: Deployment) -> None:
        provider = shop.node(PROVIDER)
        provider.scopes = {**provider.scopes, **new.scopes}

    return make


def extended(rules: PolicyEngine, table: RuleTable) -> Rules:
    """Rules in Python, and after them those of a table."""
    before = rules.rules if isinstance(rules, Rules) else ()
    return Rules(*before, *(Rule(rule.name, rule.allows) for rule in table.rules))


# --- what it costs


def newrule(new: NewRule, authz: Authorization, settings: str = "") -> Row:
    """One rule under one pattern.

    The row holds `edits`, what has to be changed; `places`, in how many nodes; `messages_added`, by how many messages a
    click grows once everything is warm; `bytes_sent`, what of the new facts and rules travels to where decisions are
    made; `in_force_after`, seconds from the last edit until the rule holds for somebody who was refused just before.

    Raises:
        AssertionError: the rule works without one of the edits, so the list is wrong.
    """
    needed = edits(new, authz)
    idle = [str(edit) for edit in needed if _works(new, authz, [other for other in needed if other is not edit])]
    assert not idle, f"the rule works without {idle}"
    old, now = _click(new, authz, []), _click(new, authz, needed)
    return {
        "rule": new.name,
        "authz": authz.name,
        "settings": settings,
        "edits": [str(edit) for edit in needed],
        "places": len({edit.place for edit in needed}),
        "messages_added": len(now) - len(old),
        "bytes_sent": _moved(new, authz),
        "in_force_after": _in_force_after(new, authz),
    }


def _shop(new: NewRule, authz: Authorization) -> Deployment:
    """A shop in which the person has just been refused everything."""
    shop = Deployment(Jwt(lifetime=PATIENCE * 2), authz, seed=SEED)
    name, roles = new.person
    shop.users.set_roles(name, roles)
    for key, more in new.records.items():
        shop.node("orders").records[key].update(more)
    shop.user(name).sign_in()
    assert not any(_tries(new, shop))
    return shop


def _tries(new: NewRule, shop: Deployment) -> list[bool]:
    person = shop.user(new.person[0])
    return [person.get(path).ok for path in new.reads]


def _make(shop: Deployment, wanted: Iterable[Edit]) -> None:
    for edit in wanted:
        edit.make(shop)


def _works(new: NewRule, authz: Authorization, wanted: Iterable[Edit]) -> bool:
    """Whether the person can read everything, at the latest when all that was known before has been forgotten."""
    shop = _shop(new, authz)
    _make(shop, wanted)
    shop.clock.advance(seconds=PATIENCE)
    return all(_tries(new, shop))


def _click(new: NewRule, authz: Authorization, wanted: Iterable[Edit]) -> Trace:
    """One click of the person on the first of the paths, when all copies are fresh."""
    shop = _shop(new, authz)
    _make(shop, wanted)
    shop.clock.advance(seconds=PATIENCE)
    _tries(new, shop)
    shop.user(new.person[0]).get(new.reads[0])
    return shop.trace.last()


def _in_force_after(new: NewRule, authz: Authorization) -> int | None:
    shop = _shop(new, authz)
    _make(shop, edits(new, authz))
    for seconds in range(0, PATIENCE, STEP):
        if all(_tries(new, shop)):
            return seconds
        shop.clock.advance(seconds=STEP)
    return None


def _moved(new: NewRule, authz: Authorization) -> int:
    """Bytes that reach the place of decision more than before: of one click, and of one pull for each service."""
    old, now = (_to_deciders(new, authz, wanted) for wanted in ([], edits(new, authz)))
    return now - old


def _to_deciders(new: NewRule, authz: Authorization, wanted: Iterable[Edit]) -> int:
    """Bytes of facts and policy that flow from everything fresh to everything fresh again, with one click on each."""
    shop = _shop(new, authz)
    _make(shop, wanted)
    shop.clock.advance(seconds=PATIENCE)
    _tries(new, shop)
    hops = shop.trace.last(len(new.reads)).hops
    asked = sum(len(hop.request.body.encode()) for hop in hops if hop.target == "pdp")
    told = sum(len(_content(hop.response.body)) for hop in hops if hop.response and hop.target == CONTROL_PLANE)
    facts = sum(len(hop.response.body.encode()) for hop in hops if hop.response and hop.source == "pdp")
    return asked + told + facts


def _content(body: str) -> bytes:
    return str(json.loads(body)["content"]).encode()


# --- the table

PATTERNS: tuple[tuple[str, Authorization], ...] = (
    ("", Centralized()),
    ("data=fetch", Centralized(data="fetch")),
    ("data=replicate", Centralized(data="replicate")),
    ("", Delegated()),
    ("", Distributed()),
    ("", Hybrid()),
)


def newrules(*authz: str, rules: Iterable[NewRule] = (GIFT, AUDITOR)) -> Table:
    """What each of `rules` costs under the patterns of these names; under all of them, where none is named."""
    chosen = [(settings, pattern) for settings, pattern in PATTERNS if not authz or pattern.name in authz]
    rows = [newrule(new, pattern, settings) for new in rules for settings, pattern in chosen]
    return Table("newrule", COLUMNS, tuple(rows))
