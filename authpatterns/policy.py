"""Questions of authorization and their answers, shaped as AuthZEN Authorization API 1.0 has them.

The field's four names: a *policy enforcement point* (PEP) stops or lets pass, a *policy decision point* (PDP)
decides, a *policy information point* (PIP) knows the facts, a *policy administration point* (PAP) publishes the
rules. `PolicyEngine` is the heart of a PDP; where it stands (one node for all, or inside each service) is what the
patterns in `authz/` differ in.

Examples:
    >>> rules = Rules(Rule("owner-reads", lambda q: q.action == "read" and q.resource.get("owner") == q.subject.id))
    >>> rules.decide(Query(Entity("user", "alice"), "read", Entity("order", "1", {"owner": "alice"}))).reason
    'owner-reads'
    >>> rules.decide(Query(Entity("user", "bob"), "read", Entity("order", "1", {"owner": "alice"}))).allowed
    False
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from authpatterns.errors import Refused
from authpatterns.messages import Principal


@dataclass(frozen=True, slots=True)
class Entity:
    """A subject or a resource.

    Attributes:
        type: For instance "user" or "order".
        id: Unique within the type.
        properties: Facts about it, as far as the asker knows them.
    """

    type: str
    id: str
    properties: Mapping[str, Any] = field(default_factory=dict)

    def get(self, name: str, default: Any = None) -> Any:
        """One property."""
        return self.properties.get(name, default)

    def to_dict(self) -> dict[str, Any]:
        """As AuthZEN writes it; `properties` is left out where there are none."""
        shown: dict[str, Any] = {"type": self.type, "id": self.id}
        if self.properties:
            shown["properties"] = dict(self.properties)
        return shown


@dataclass(frozen=True, slots=True)
class Query:
    """May `subject` do `action` to `resource`?"""

    subject: Entity
    action: str
    resource: Entity
    context: Mapping[str, Any] = field(default_factory=dict)
    action_properties: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The body of `POST /access/v1/evaluation` (AuthZEN 1.0 section 6.1)."""
        action: dict[str, Any] = {"name": self.action}
        if self.action_properties:
            action["properties"] = dict(self.action_properties)
        body = {"subject": self.subject.to_dict(), "action": action, "resource": self.resource.to_dict()}
        if self.context:
            body["context"] = dict(self.context)
        return body

    @classmethod
    def from_dict(cls, body: Any) -> Query:
        """From an AuthZEN request.

        Raises:
            Refused: 400, something required is missing or of the wrong type; the evidence names it.
        """
        fields = _object(body, "request")
        action = _object(fields.get("action"), "action")
        return cls(
            subject=_entity(fields.get("subject"), "subject"),
            action=_text(action.get("name"), "action.name"),
            resource=_entity(fields.get("resource"), "resource"),
            context=_object(fields.get("context", {}), "context"),
            action_properties=_object(action.get("properties", {}), "action.properties"),
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """Yes or no.

    Attributes:
        allowed: Only True allows.
        reason: The rule that allowed, or a code for why not.
    """

    allowed: bool
    reason: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The body of an AuthZEN answer."""
        return (
            {"decision": self.allowed, "context": {"reason": self.reason}}
            if self.reason
            else {"decision": self.allowed}
        )

    @classmethod
    def from_answer(cls, body: Any) -> Decision:
        """From whatever a PDP answered: anything but a boolean `true` is a no."""
        if not isinstance(body, dict) or not isinstance(body.get("decision"), bool):
            return cls(False, "pdp-answer-unusable")
        context = body.get("context")
        reason = context.get("reason", "") if isinstance(context, dict) else ""
        return cls(body["decision"], reason if isinstance(reason, str) else "")


class PolicyEngine(Protocol):
    """Decides. Asks nobody: all it may use is the query and what it was given beforehand."""

    def decide(self, query: Query) -> Decision:
        """The decision for one query."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One reason to say yes, with the name that a decision gives as its reason."""

    name: str
    allows: Callable[[Query], bool]


class Rules:
    """A policy in plain Python: the first rule that allows wins, and where none does the answer is no."""

    def __init__(self, *rules: Rule) -> None:
        self.rules = rules

    def decide(self, query: Query) -> Decision:
        """See `PolicyEngine`."""
        for rule in self.rules:
            if rule.allows(query):
                return Decision(True, rule.name)
        return Decision(False, "no-rule-allows")


class Domains:
    """The rules of all domains in one policy, as a central decision point needs them.

    A person's question goes to the rules of the thing's own type. A type that nobody knows is a no, and so is anybody
    but a person.

    Args:
        parts: The rules of each domain, by the type of its things.
    """

    def __init__(self, parts: Mapping[str, PolicyEngine]) -> None:
        self.parts = dict(parts)

    def decide(self, query: Query) -> Decision:
        """See `PolicyEngine`."""
        rules = self.parts.get(query.resource.type) if query.subject.type == "user" else None
        return rules.decide(query) if rules is not None else Decision(False, "no-rule-allows")


def subject_of(principal: Principal) -> Entity:
    """A principal as the subject of a query."""
    facts = {"tenant": principal.tenant, "roles": list(principal.roles)}
    return Entity("user", principal.subject, facts)


def _entity(value: Any, name: str) -> Entity:
    fields = _object(value, name)
    facts = _object(fields.get("properties", {}), f"{name}.properties")
    return Entity(_text(fields.get("type"), f"{name}.type"), _text(fields.get("id"), f"{name}.id"), facts)


def _object(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Refused("authzen.not-an-object", status=400, name=name)
    return value


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str) or not value:
        raise Refused("authzen.not-a-string", status=400, name=name)
    return value
