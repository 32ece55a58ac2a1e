"""Centralized pattern (集中パターン): one authorization service decides for all; every microservice asks it.

Each microservice is a policy enforcement point: it puts the question, in AuthZEN, and does what the answer says. All
rules stand in one place. The price: a question per request, and a part on which everything depends. When it is down,
slow or talks nonsense, nobody gets in.

A decision needs facts, and there are three ways to bring them there, which the traces tell apart:

    "provide"    the enforcement point sends what it knows along            no further arrow
    "fetch"      the decision point asks those who own the facts            two arrows more a decision
    "replicate"  the decision point keeps a copy, renewed once in a while   few arrows, and facts that are a little old
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from authpatterns.authz.enforce import enforce
from authpatterns.authz.facts import FetchingPdp, People, ReplicatingPdp, facts_door
from authpatterns.authz.pdp import EVALUATION, Pdp
from authpatterns.errors import Refused
from authpatterns.messages import Request, Response
from authpatterns.node import Handler, Middleware, Node
from authpatterns.pattern import Authorization, Plan
from authpatterns.policy import Decision, Domains, PolicyEngine, Query
from authpatterns.service import Service


@dataclass(frozen=True)
class Centralized(Authorization):
    """One policy decision point; every microservice asks it.

    Attributes:
        engine: What the decision point decides with; the rules of all the services' domains unless given.
        data: How facts come to the decision: "provide", "fetch" or "replicate".
        timeout: Seconds that a microservice waits for a decision.
        cache: Seconds for which a microservice remembers a decision; 0 asks each time.
        refresh: Age in seconds at which a replica is renewed.
        max_age: Age in seconds beyond which a replica is not used.
        sources: Who owns the facts about things of which type; each service those about its own unless given.
    """

    name: ClassVar[str] = "centralized"
    central: ClassVar[tuple[str, ...]] = ("pdp",)

    engine: PolicyEngine | None = None
    data: Literal["provide", "fetch", "replicate"] = "provide"
    timeout: float = 1.0
    cache: float = 0.0
    refresh: float = 30.0
    max_age: float = 120.0
    sources: tuple[tuple[str, str], ...] = ()

    @property
    def role_window(self) -> float | None:
        """The credential's business where the enforcement point sends the roles along."""
        return None if self.data == "provide" else self.fact_window

    @property
    def fact_window(self) -> float:
        """As old as the replica, and then as long as a decision is remembered."""
        return self.cache * (self.data != "provide") + self.refresh * (self.data == "replicate")

    @property
    def grace(self) -> float:
        """Until the remembered decisions are too old."""
        return self.cache

    def nodes(self, plan: Plan) -> Sequence[Node]:
        """The decision point, and who tells it about people where it asks for facts itself."""
        engine = self.engine or Domains({service.resource: service.rules for service in plan.services})
        owners = self.sources or tuple((service.resource, service.name) for service in plan.services)
        sources, patience = {"user": "people", **dict(owners)}, self.timeout / 4
        if self.data == "fetch":
            return [FetchingPdp(engine, sources, patience), People(plan.users)]
        if self.data == "replicate":
            return [ReplicatingPdp(engine, sources, patience, self.refresh, self.max_age), People(plan.users)]
        return [Pdp(engine)]

    def at_door(self, service: Service) -> Sequence[Middleware]:
        """Tell the decision point the facts, where it asks for them."""
        return () if self.data == "provide" else [facts_door(service)]

    def at_service(self, service: Service) -> Sequence[Middleware]:
        """Ask, then proceed or refuse."""
        remembered = Remembered(service, self.cache)

        async def authorize(request: Request, proceed: Handler) -> Response:
            query = service.query(request)
            if query is not None:
                question = query if self.data == "provide" else without_facts(query)
                decision = remembered.find(question)
                if decision is None:
                    decision = await self._ask(service, question)
                    remembered.keep(question, decision)
                enforce(service, query, decision)
            return await proceed(request)

        return [authorize]

    async def _ask(self, service: Service, query: Query) -> Decision:
        """One arrow to the decision point.

        Raises:
            NetworkError: it did not answer; the request ends with 503.
            Refused: 403, what it answered is no decision.
        """
        answer = await service.call("pdp", Request.post(EVALUATION, json=query.to_dict()), self.timeout)
        decision = (
            Decision.from_answer(answer.json()) if answer.status == 200 else Decision(False, "pdp-answer-unusable")
        )
        if decision.reason == "pdp-answer-unusable":
            raise Refused("pdp.unusable", status=403, http_status=answer.status, size=len(answer.body))
        return decision


class Remembered:
    """The decisions an enforcement point remembers, by the whole question: nobody gets the answer to another's.

    Args:
        service: The enforcement point.
        ttl: For how long, in seconds; 0 remembers nothing.
    """

    def __init__(self, service: Service, ttl: float) -> None:
        self.service, self.ttl = service, ttl
        self._decisions: dict[str, tuple[float, Decision]] = {}

    def find(self, query: Query) -> Decision | None:
        """What was decided, if that is not too long ago."""
        time, decision = self._decisions.get(_key(query), (0.0, None))
        age = self.service.now - time
        if decision is None or age >= self.ttl:
            return None
        self.service.note("decision.remembered", age=round(age, 3), ttl=self.ttl)
        return decision

    def keep(self, query: Query, decision: Decision) -> None:
        """Remember `decision`."""
        if self.ttl:
            self._decisions[_key(query)] = (self.service.now, decision)


def without_facts(query: Query) -> Query:
    """The bare question: who, what, to which thing."""
    return replace(
        query, subject=replace(query.subject, properties={}), resource=replace(query.resource, properties={})
    )


def _key(query: Query) -> str:
    return json.dumps(query.to_dict(), sort_keys=True, ensure_ascii=False)
