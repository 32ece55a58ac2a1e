"""Policy information points: who knows the facts, and two ways in which a decision point gets at them.

The people's facts stand with the `People` node, a thing's facts with the microservice that owns it. Both tell them
to the decision point alone, which signs its question (`machine`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from authpatterns.authz import machine
from authpatterns.authz.pdp import Directory, Pdp
from authpatterns.errors import NetworkError, Refused, Unreachable
from authpatterns.messages import Request, Response, below
from authpatterns.node import Handler, Middleware, Node, route
from authpatterns.policy import Entity, PolicyEngine, Query
from authpatterns.service import Service
from authpatterns.stores import User, UserStore

FACTS = "/facts"


class People(Node):
    """Tells who belongs to which shop and has which roles, straight from the accounts.

    Args:
        users: The accounts.
        asker: Name of the one machine that may ask.
    """

    kind = "pip"

    def __init__(self, users: UserStore, asker: str = "pdp") -> None:
        super().__init__("people")
        self.users, self.asker = users, asker

    @route("GET", f"{FACTS}/{{id}}")
    async def one(self, request: Request, id: str) -> Response:
        """The facts about one person."""
        machine.demand(request, self.asker, self)
        user = self.users.find(id)
        return _not_found() if user is None else Response.of(person(user).to_dict())

    @route("GET", FACTS)
    async def all(self, request: Request) -> Response:
        """The facts about everybody."""
        machine.demand(request, self.asker, self)
        return Response.of({"entities": [person(user).to_dict() for user in self.users.everybody()], "actions": []})


def person(user: User) -> Entity:
    """An account as the subject of a query."""
    return Entity("user", user.name, {"tenant": user.tenant, "roles": list(user.roles)})


def facts_door(service: Service, asker: str = "pdp") -> Middleware:
    """The layer in which a microservice tells `asker` the facts about its things."""

    async def tell(request: Request, proceed: Handler) -> Response:
        if not below(request.path, FACTS):
            return await proceed(request)
        machine.demand(request, asker, service)
        key = request.path.removeprefix(FACTS).removeprefix("/")
        if not key:
            actions = sorted({known.action for known in service.routes if known.action})
            return Response.of(
                {"entities": [service.entity(one).to_dict() for one in service.records], "actions": actions}
            )
        return Response.of(service.entity(key).to_dict()) if key in service.records else _not_found()

    return tell


def _not_found() -> Response:
    return Response.of({"error": "not_found"}, 404)


class InformedPdp(Pdp):
    """A decision point that believes no property of a question: it has its facts from those who own them.

    Args:
        engine: Decides.
        sources: Who knows the facts: node names by entity type.
        patience: Seconds to wait for one source.
    """

    def __init__(self, engine: PolicyEngine, sources: Mapping[str, str], patience: float) -> None:
        super().__init__(engine)
        self.sources, self.patience = dict(sources), patience

    async def prepare(self, query: Query) -> Query:
        """The same question about what the sources know of subject and resource."""
        subject = await self.facts(query.subject)
        return replace(query, subject=subject, resource=await self.facts(query.resource))

    async def facts(self, entity: Entity) -> Entity:
        """What is known about `entity`, without what the asker says of it; nothing where nobody knows it."""
        raise NotImplementedError

    async def ask(self, source: str, path: str) -> Response:
        """One arrow to a source.

        Raises:
            NetworkError: no usable answer, so there is nothing to decide on.
        """
        statement = machine.state(self, source)
        request = Request.get(path, {"authorization": f"Bearer {statement}"})
        answer = await self.call(source, request, self.patience)
        if answer.status not in (200, 404):
            raise Unreachable("pip.unusable", target=source, status=answer.status)
        return answer


class FetchingPdp(InformedPdp):
    """Asks for the facts of each question anew: never stale, two arrows more a decision."""

    async def facts(self, entity: Entity) -> Entity:
        """See `InformedPdp`."""
        bare = replace(entity, properties={})
        source = self.sources.get(entity.type)
        if source is None or not entity.id.replace("-", "").isalnum():  # only a name becomes a path
            return bare
        answer = await self.ask(source, f"{FACTS}/{entity.id}")
        return bare if answer.status == 404 else _the(answer, entity, source)


@dataclass(frozen=True)
class Copy:
    """What one source has told.

    Attributes:
        time: When it was asked, on the decision point's clock.
        entities: What it knows.
        actions: What can be done to it.
    """

    time: float
    entities: tuple[Entity, ...]
    actions: tuple[str, ...]


class ReplicatingPdp(InformedPdp):
    """Keeps a copy of all facts and renews it once in a while: no arrow for most decisions, which may lag as much.

    Args:
        engine: Decides.
        sources: Who knows the facts: node names by entity type.
        patience: Seconds to wait for one source.
        refresh: Age in seconds at which a copy is renewed.
        max_age: Age in seconds beyond which it is not used, even if its source cannot be reached.
    """

    def __init__(
        self, engine: PolicyEngine, sources: Mapping[str, str], patience: float, refresh: float, max_age: float
    ) -> None:
        super().__init__(engine, sources, patience)
        self.refresh, self.max_age = refresh, max_age
        self._copies: dict[str, Copy] = {}

    def restart(self) -> None:
        """A new process has no copy."""
        self._copies = {}

    async def facts(self, entity: Entity) -> Entity:
        """See `InformedPdp`."""
        bare = replace(entity, properties={})
        source = self.sources.get(entity.type)
        if source is None:
            return bare
        copy = await self.copy(source)
        return next((known for known in copy.entities if (known.type, known.id) == (entity.type, entity.id)), bare)

    async def known(self) -> Directory:
        """Everything there is a copy of."""
        copies = [await self.copy(source) for source in self.sources.values()]
        entities = tuple(entity for copy in copies for entity in copy.entities)
        actions = sorted({action for copy in copies for action in copy.actions})
        return Directory(entities, entities, tuple(actions))

    async def copy(self, source: str) -> Copy:
        """The copy of what `source` knows, renewed where it is due.

        Raises:
            Unreachable: there is none that is young enough.
        """
        copy = self._copies.get(source)
        if copy is None or self.now - copy.time >= self.refresh:
            copy = await self._renew(source) or copy
        age = self.now - copy.time if copy is not None else float("inf")
        if copy is None or age >= self.max_age:
            raise Unreachable("replica.too-old", target=source, max_age=self.max_age)
        self.note("replica.used", source=source, age=round(age, 3))
        return copy

    async def _renew(self, source: str) -> Copy | None:
        """A new copy, or None where it cannot be had. It is as old as the question, not as young as the answer."""
        asked = self.now
        try:
            answer = await self.ask(source, FACTS)
            copy = _copy(asked, answer, source)
        except NetworkError as failure:
            self.note("replica.not-renewed", source=source, reason=failure.code)
            return None
        self._copies[source] = copy
        self.note("replica.renewed", source=source, entities=len(copy.entities))
        return copy


def _the(answer: Response, entity: Entity, source: str) -> Entity:
    """The entity in an answer, which has to be the one that was asked for."""
    found = _entity(answer.json(), source)
    if (found.type, found.id) != (entity.type, entity.id):
        raise Unreachable("pip.unusable", target=source, status=answer.status)
    return found


def _copy(time: float, answer: Response, source: str) -> Copy:
    body = answer.json()
    entities, actions = (body.get("entities"), body.get("actions")) if isinstance(body, dict) else (None, None)
    if not isinstance(entities, list) or not isinstance(actions, list):
        raise Unreachable("pip.unusable", target=source, status=answer.status)
    return Copy(time, tuple(_entity(one, source) for one in entities), tuple(str(action) for action in actions))


def _entity(value: Any, source: str) -> Entity:
    anything = {"type": "*", "id": "*"}
    try:
        return Query.from_dict({"subject": value, "action": {"name": "*"}, "resource": anything}).subject
    except Refused:
        raise Unreachable("pip.unusable", target=source, status=200) from None
