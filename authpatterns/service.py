"""A microservice: a node that owns records and answers for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from authpatterns.errors import Refused
from authpatterns.messages import Request, Response
from authpatterns.node import Node
from authpatterns.policy import Entity, PolicyEngine, Query, subject_of

Record = dict[str, Any]


class Service(Node):
    """A node that owns the records of one resource type.

    Attributes:
        prefix: The path below which it serves, for instance "/orders".
        resource: The type of its records, for instance "order".
        facts: Names of the record's members that a decision may need.
        confidential: Names of the members that reading the record does not show.
        rules: The policy of this domain; who evaluates it is up to the authorization pattern.
        records: By id.
    """

    prefix: ClassVar[str]
    resource: ClassVar[str]
    facts: ClassVar[tuple[str, ...]] = ("owner", "tenant", "status")
    confidential: ClassVar[tuple[str, ...]] = ()
    rules: ClassVar[PolicyEngine]

    def __init__(self, name: str, records: Mapping[str, Record]) -> None:
        super().__init__(name)
        self.records = {key: dict(record) for key, record in records.items()}

    def query(self, request: Request) -> Query | None:
        """What authorization has to decide before `request` is handled; None where the route is not guarded.

        A record that does not exist has no facts, so nobody is allowed to see that it does not exist.

        Raises:
            Refused: 401, the route is guarded and nobody has established who is asking.
        """
        match = self.match(request)
        if match is None or not match.route.action:
            return None
        if request.principal is None:
            raise Refused("request.no-credential")
        return Query(subject_of(request.principal), match.route.action, self.entity(match.values.get("id", "")))

    def entity(self, key: str) -> Entity:
        """Record `key` as authorization sees it."""
        record = self.records.get(key, {})
        return Entity(self.resource, key, {name: record[name] for name in self.facts if name in record})

    def show(self, key: str) -> Response:
        """Record `key`, with the members that everybody who may read it may see."""
        return Response.of({name: value for name, value in self.records[key].items() if name not in self.confidential})

    async def ask(self, name: str, target: str, request: Request) -> Response:
        """Ask service `name` for `target` on behalf of whoever sent `request`."""
        return await self.call(name, Request.get(target, principal=request.principal))
