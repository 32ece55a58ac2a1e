"""Cedar in this process: a `PolicyEngine` around cedarpy, the Rust engine with Python bindings.

The conventions: entity types are AuthZEN types (`user::"alice"`), the action is `Action::"name"`, the properties of a
request are laid over the stored ones, the properties of the action stand in `context.action`.

Cedar knows no null, and of fractions only those with up to four decimals. A null means "no such property" (AuthZEN 1.0
section 11.5 advises to leave it out); what cannot be said in Cedar at all is not allowed.

Needs the extra `policy`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from authpatterns import policies
from authpatterns.errors import Misuse
from authpatterns.policy import Decision, Entity, Query

SHOP_REFERENCES = {"owner": "user", "tenant": "tenant"}
"""In the bookshop's facts a person is named as owner, a shop as tenant."""

_LARGEST = 2**63 - 1

Record = dict[str, Any]


class CedarEngine:
    """Decides by a set of Cedar policies.

    Args:
        text: The policies; an `@id` is given as the reason of a decision.
        entities: What is stored, as a Cedar entity list: `{"uid": {"type", "id"}, "attrs": {...}, "parents": [...]}`.
        references: Properties whose text names an entity, with its type: `{"owner": "user"}` makes "alice"
            `user::"alice"`.
        name: Of the policies in error messages, for instance their file name.

    Raises:
        Misuse: policies or entities cannot be read; or there is no Cedar engine here.
    """

    def __init__(
        self,
        text: str,
        entities: Iterable[Record] = (),
        references: Mapping[str, str] | None = None,
        name: str = "policy.cedar",
    ) -> None:
        self._cedar = _cedarpy()
        self._references = dict(references or {})
        self._stored = {_key(entity, name): entity for entity in entities}
        try:
            self._policies = self._cedar.PolicySet.from_str(text)
            self._entities = self._read(self._stored)
        except ValueError as flaw:
            raise Misuse("policy.unreadable", name=name, reason=" ".join(str(flaw).split())) from None
        self.actions = _actions(self._cedar.policies_to_json_str(text), self._stored)

    def decide(self, query: Query) -> Decision:
        """See `PolicyEngine`."""
        try:
            question, entities = self._question(query)
        except ValueError:
            return Decision(False, "policy-error")
        answer = self._cedar.is_authorized(question, self._policies, entities)
        if answer.decision is not self._cedar.Decision.Allow:
            return Decision(False, "policy-error" if answer.diagnostics.errors else "no-rule-allows")
        names = answer.diagnostics.id_annotations_by_reason
        return Decision(True, min(names.get(reason) or reason for reason in answer.diagnostics.reasons))

    def _question(self, query: Query) -> tuple[Record, Any]:
        principal, resource = (query.subject.type, query.subject.id), (query.resource.type, query.resource.id)
        context = {**query.context, "action": dict(query.action_properties)}
        question = {
            "principal": _uid(*principal),
            "action": _uid("Action", query.action),
            "resource": _uid(*resource),
            "context": {name: _value(value) for name, value in context.items() if value is not None},
        }
        return question, self._entities_with(query.subject, query.resource)

    def _entities_with(self, *given: Entity) -> Any:
        """The stored entities, with what the request says laid over them; read anew only at need."""
        changed: dict[tuple[str, str], Record] = {}
        for entity in given:
            key = entity.type, entity.id
            if entity.properties:
                changed[key] = self._laid_over(changed.get(key, self._stored.get(key)), entity)
        if not changed:
            return self._entities
        if changed.keys().isdisjoint(self._stored):
            return self._entities.with_added_json_str(_as_json(changed))
        return self._read(self._stored | changed)

    def _read(self, entities: Mapping[tuple[str, str], Record]) -> Any:
        return self._cedar.Entities.from_json_str(_as_json(entities))

    def _laid_over(self, stored: Record | None, entity: Entity) -> Record:
        """What is stored about `entity`, and over it what the request says."""
        known = stored or {"uid": _uid(entity.type, entity.id), "parents": []}
        given = {name: self._fact(name, value) for name, value in entity.properties.items() if value is not None}
        return {**known, "attrs": {**known.get("attrs", {}), **given}}

    def _fact(self, name: str, value: Any) -> Any:
        if isinstance(value, str) and name in self._references:
            return {"__entity": _uid(self._references[name], value)}
        return _value(value)


def shop_cedar() -> CedarEngine:
    """The bookshop's policy in Cedar."""
    return CedarEngine(policies.read("shop.cedar"), references=SHOP_REFERENCES, name="shop.cedar")


def _as_json(entities: Mapping[tuple[str, str], Record]) -> str:
    return json.dumps(list(entities.values()))


def _cedarpy() -> Any:
    try:
        import cedarpy  # noqa: PLC0415  (only who asks for Cedar needs it)
    except ImportError:
        raise Misuse("policy.no-engine", language="Cedar") from None
    return cedarpy


def _uid(kind: str, id: str) -> dict[str, str]:
    return {"type": kind, "id": id}


def _key(entity: Any, name: str) -> tuple[str, str]:
    uid = entity.get("uid") if isinstance(entity, dict) else None
    uid = uid.get("__entity", uid) if isinstance(uid, dict) else None
    if not isinstance(uid, dict) or not all(isinstance(uid.get(part), str) for part in ("type", "id")):
        raise Misuse("policy.unreadable", name=name, reason="uid")
    return uid["type"], uid["id"]


def _value(value: Any) -> Any:
    """A JSON value as Cedar can hold it.

    Raises:
        ValueError: it cannot.
    """
    if isinstance(value, list | tuple):
        return [_value(item) for item in value if item is not None]
    if isinstance(value, Mapping):
        return {name: _value(item) for name, item in value.items() if item is not None}
    if isinstance(value, float) and not value.is_integer():
        return {"__extn": {"fn": "decimal", "arg": _decimal(value)}}
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _whole(int(value))
    return value


def _whole(value: int) -> int:
    if abs(value) > _LARGEST:
        raise ValueError("number too large")
    return value


def _decimal(value: float) -> str:
    exact = Decimal(repr(value))
    if -exact.as_tuple().exponent > 4:  # type: ignore[operator]
        raise ValueError("more than four decimals")
    return f"{exact:f}"


def _actions(policies_json: str, stored: Mapping[tuple[str, str], Record]) -> tuple[str, ...]:
    """Names of the actions that the entities or the heads of the policies speak of."""
    found = [id for kind, id in stored if kind == "Action"]
    for policy in json.loads(policies_json)["staticPolicies"].values():
        head = policy["action"]
        found += [uid["id"] for uid in (head.get("entity"), *head.get("entities", ())) if uid]
    return tuple(sorted(set(found)))
