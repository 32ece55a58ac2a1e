"""Policy as data: a table of rules that a small engine reads, so that a new policy needs no new code.

A rule allows an action on a type of thing when all its conditions hold. A condition is `[word, fact, other]`:

    ["same", "resource.owner", "subject.id"]     two facts are the same text
    ["is", "resource.status", "open"]            a fact is this text
    ["has", "subject.roles", "clerk"]            a list of facts holds this text
    ["at-most", "resource.amount", 10000]        a fact is a whole number, not above this one

A fact that is missing or of another type makes its condition false. A word nobody knows makes the table unusable: a
rule that is understood by half would be a guess.

Examples:
    >>> table = RuleTable.parse({"rules": [{"name": "owner-reads", "resource": "order", "action": "read",
    ...                                     "when": [["same", "resource.owner", "subject.id"]]}]})
    >>> table.decide(Query(Entity("user", "alice"), "read", Entity("order", "1", {"owner": "alice"}))).reason
    'owner-reads'
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from authpatterns import policies
from authpatterns.errors import Misuse
from authpatterns.policy import Decision, Entity, Query

Condition = tuple[str, str, Any]


@dataclass(frozen=True)
class TableRule:
    """One reason to say yes to a person."""

    name: str
    resource: str
    action: str
    when: tuple[Condition, ...]

    def allows(self, query: Query) -> bool:
        """Whether everything about `query` fits."""
        asked = (query.subject.type, query.resource.type, query.action)
        return asked == ("user", self.resource, self.action) and all(
            _holds(query, *condition) for condition in self.when
        )

    def to_dict(self) -> dict[str, Any]:
        """As a policy's data has it."""
        return {
            "name": self.name,
            "resource": self.resource,
            "action": self.action,
            "when": [list(c) for c in self.when],
        }


@dataclass(frozen=True)
class RuleTable:
    """The engine: the first rule that allows wins, and where none does the answer is no."""

    rules: tuple[TableRule, ...]

    def decide(self, query: Query) -> Decision:
        """See `PolicyEngine`."""
        for rule in self.rules:
            if rule.allows(query):
                return Decision(True, rule.name)
        return Decision(False, "no-rule-allows")

    @classmethod
    def parse(cls, data: Any) -> RuleTable:
        """From `{"rules": [...]}`.

        Raises:
            Misuse: something in it is not understood.
        """
        rules = data.get("rules") if isinstance(data, dict) else None
        if not isinstance(rules, list):
            raise Misuse("policy.table", part="rules")
        return cls(tuple(_rule(rule) for rule in rules))


def shop_policy(*more: RuleTable) -> dict[str, Any]:
    """The bookshop's policy as data, ready to be published; the rules of further tables come after it."""
    policy: dict[str, Any] = json.loads(policies.read("shop.json"))
    policy["rules"] += [rule.to_dict() for table in more for rule in table.rules]
    return policy


@cache
def shop_table() -> RuleTable:
    """The bookshop's policy, ready to decide."""
    return RuleTable.parse(shop_policy())


def _rule(data: Any) -> TableRule:
    if not isinstance(data, dict) or not all(_is_text(data.get(name)) for name in ("name", "resource", "action")):
        raise Misuse("policy.table", part=str(data)[:80])
    conditions = data.get("when")
    if not isinstance(conditions, list) or not conditions:  # a rule without conditions is more likely a slip than meant
        raise Misuse("policy.table", part=f"{data['name']}: when")
    return TableRule(
        data["name"], data["resource"], data["action"], tuple(_condition(condition) for condition in conditions)
    )


def _condition(data: Any) -> Condition:
    if isinstance(data, list) and len(data) == 3 and isinstance(data[0], str) and data[0] in _WORDS:
        word, fact, other = data
        if _is_fact(fact) and _WORDS[word].takes(other):
            return word, fact, other
    raise Misuse("policy.table", part=str(data)[:80])


def _holds(query: Query, word: str, fact: str, other: Any) -> bool:
    return _WORDS[word].holds(_value(query, fact), _value(query, other) if word == "same" else other)


def _value(query: Query, fact: str) -> Any:
    side, _, name = fact.partition(".")
    entity: Entity = query.subject if side == "subject" else query.resource
    return entity.id if name == "id" else entity.get(name)


def _is_fact(value: Any) -> bool:
    return (
        isinstance(value, str) and value.partition(".")[0] in ("subject", "resource") and value.partition(".")[2] != ""
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value % 1 == 0


@dataclass(frozen=True)
class _Word:
    """What a condition's word may be followed by, and when it holds."""

    takes: Callable[[Any], bool]
    holds: Callable[[Any, Any], bool]


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


_WORDS: Mapping[str, _Word] = {
    "same": _Word(_is_fact, lambda value, other: _is_text(value) and value == other),
    "is": _Word(_is_text, lambda value, other: _is_text(value) and value == other),
    "has": _Word(_is_text, lambda value, other: isinstance(value, list | tuple) and other in value),
    "at-most": _Word(_is_number, lambda value, other: _is_number(value) and value <= other),
}
