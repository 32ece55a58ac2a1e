"""A policy decision point: a node that answers "may they?" in AuthZEN Authorization API 1.0, around any engine.

    POST /access/v1/evaluation                       one question, one decision
    POST /access/v1/evaluations                      many questions in one message, with defaults and three semantics
    POST /access/v1/search/subject|resource|action   who may, what may they, what may they do?
    GET  /.well-known/authzen-configuration          where all this is

A malformed question gets 400 and a JSON error, never a decision. Section numbers below are those of the final
specification.

Examples:
    >>> from authpatterns.bookshop import POLICY
    >>> from authpatterns.network import Network
    >>> network = Network()
    >>> pdp = network.add(Pdp(POLICY))
    >>> question = {"subject": {"type": "user", "id": "alice"}, "action": {"name": "read"}}
    >>> network.kernel.run(pdp.receive(Request.post("/access/v1/evaluation", json=question))).status
    400
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from authpatterns import words
from authpatterns.authz.pages import page_of
from authpatterns.encoding import parse
from authpatterns.errors import Refused
from authpatterns.messages import JSON, Request, Response
from authpatterns.node import Node, route
from authpatterns.policy import Decision, Entity, PolicyEngine, Query

EVALUATION = "/access/v1/evaluation"
EVALUATIONS = "/access/v1/evaluations"
SEARCH = "/access/v1/search"
CONFIGURATION = "/.well-known/authzen-configuration"

LARGEST_BODY = 1_000_000
"""Characters of a request that will be read."""

MOST_EVALUATIONS = 1_000
"""Questions that one message may hold."""

STOP: Mapping[str, bool | None] = {"execute_all": None, "deny_on_first_deny": False, "permit_on_first_permit": True}
"""The evaluation semantics, and the decision after which each stops (section 7.1.2.1)."""


@dataclass(frozen=True)
class Directory:
    """What a decision point knows of the world, so that it can be searched.

    Attributes:
        subjects: With their properties.
        resources: With their properties.
        actions: Names.
    """

    subjects: tuple[Entity, ...] = ()
    resources: tuple[Entity, ...] = ()
    actions: tuple[str, ...] = ()


class Pdp(Node):
    """Answers AuthZEN questions with the decisions of `engine`.

    Args:
        engine: Decides.
        directory: Whom and what it knows; without one there is nothing to search, and the search endpoints are not
            offered.
        name: Of the node.
        identifier: The address under which it is known, without a path.
    """

    kind = "pdp"

    def __init__(
        self,
        engine: PolicyEngine,
        directory: Directory | None = None,
        name: str = "pdp",
        identifier: str = "https://pdp.shop.example",
    ) -> None:
        super().__init__(name)
        self.engine, self.directory = engine, directory
        self.identifier = identifier

    # --- what a variant does in another way

    async def prepare(self, query: Query) -> Query:
        """The query with the facts that it is decided on; here those that the asker has provided."""
        return query

    async def known(self) -> Directory | None:
        """Whom and what can be searched."""
        return self.directory

    # --- the wire

    async def handle(self, request: Request) -> Response:
        """Answer, with the request's identifier (section 10.1.3), and say in JSON what is wrong with a bad request."""
        try:
            answer = await super().handle(request)
        except Refused as flaw:
            self.note(flaw.code, **flaw.evidence)
            answer = Response.of(_error(flaw), flaw.status)
        identifier = request.headers.get("x-request-id")
        return answer.with_header("x-request-id", identifier) if identifier else answer

    @route("GET", CONFIGURATION)
    async def configuration(self, request: Request) -> Response:
        """Where the endpoints are (section 9); those that are not offered are not named."""
        places = {"access_evaluation": EVALUATION, "access_evaluations": EVALUATIONS}
        if await self.known() is not None:
            places |= {f"search_{kind}": f"{SEARCH}/{kind}" for kind in ("subject", "resource", "action")}
        found = {f"{name}_endpoint": self.identifier + path for name, path in places.items()}
        return Response.of({"policy_decision_point": self.identifier, **found})

    @route("POST", EVALUATION)
    async def evaluation(self, request: Request) -> Response:
        """One decision (section 6)."""
        return await self._one(_body(request))

    @route("POST", EVALUATIONS)
    async def evaluations(self, request: Request) -> Response:
        """Many decisions, in the order of the questions (section 7); one, where no list is given."""
        body = _body(request)
        questions, stop = _questions(body), _stop(body)
        if not questions:
            return await self._one(body)
        defaults = _defaults(body)
        answers: list[dict[str, Any]] = []
        for question in questions:
            answers.append(await self._item(defaults, question))
            if answers[-1]["decision"] is stop:
                break
        return Response.of({"evaluations": answers})

    @route("POST", f"{SEARCH}/subject")
    async def search_subject(self, request: Request) -> Response:
        """Who may (section 8.4)."""
        body = _body(request)
        query = Query.from_dict(_with_any(body, "subject"))

        def who(known: Directory) -> Iterable[Query]:
            return (replace(query, subject=one) for one in _candidates(known.subjects, query.subject))

        return await self._search(body, query.resource, who, lambda found: _named(found.subject))

    @route("POST", f"{SEARCH}/resource")
    async def search_resource(self, request: Request) -> Response:
        """What may they do it to (section 8.5)."""
        body = _body(request)
        query = Query.from_dict(_with_any(body, "resource"))

        def what(known: Directory) -> Iterable[Query]:
            return (replace(query, resource=one) for one in _candidates(known.resources, query.resource))

        return await self._search(body, query.subject, what, lambda found: _named(found.resource))

    @route("POST", f"{SEARCH}/action")
    async def search_action(self, request: Request) -> Response:
        """What may they do (section 8.6)."""
        body = _body(request)
        query = Query.from_dict({**body, "action": {"name": "*"}})

        def which(known: Directory) -> Iterable[Query]:
            exists = _is_known(known.resources, query.resource)
            return (replace(query, action=name) for name in known.actions if exists)

        return await self._search(body, query.subject, which, lambda found: {"name": found.action})

    # --- deciding

    async def decide(self, query: Query) -> Decision:
        """Gather the facts, then decide."""
        prepared = await self.prepare(query)
        return self.engine.decide(prepared)

    async def _one(self, body: dict[str, Any]) -> Response:
        query = Query.from_dict(body)
        decision = await self.decide(query)
        self._tell(query, decision)
        return Response.of(decision.to_dict())

    async def _item(self, defaults: dict[str, Any], question: Any) -> dict[str, Any]:
        """One of many. What is wrong with it denies it, and spoils none of the others (section 7.3)."""
        try:
            own = question if isinstance(question, dict) else _bad("evaluations[]")
            query = Query.from_dict({**defaults, **own})
        except Refused as flaw:
            return {"decision": False, "context": _error(flaw)}
        decision = await self.decide(query)
        self._tell(query, decision)
        return decision.to_dict()

    async def _search(
        self,
        body: dict[str, Any],
        given: Entity,
        candidates: Callable[[Directory], Iterable[Query]],
        name: Callable[[Query], dict[str, str]],
    ) -> Response:
        """The candidates for which the decision is yes. About what is unknown there is nothing to find."""
        known = await self.known()
        if known is None:
            return Response.of({"error": {"status": 404, "message": "not_found"}}, 404)
        exists = _is_known((*known.subjects, *known.resources), given)
        found = [name(query) async for query in self._allowed(candidates(known) if exists else ())]
        return Response.of(page_of(body, found))

    async def _allowed(self, queries: Iterable[Query]) -> AsyncIterator[Query]:
        for query in queries:
            if (await self.decide(query)).allowed:
                yield query

    def _tell(self, query: Query, decision: Decision) -> None:
        about = {
            "subject": query.subject.id,
            "action": query.action,
            "resource": f"{query.resource.type}/{query.resource.id}",
        }
        self.note("pdp.allowed" if decision.allowed else "pdp.denied", reason=decision.reason, **about)


# --- reading requests


def _body(request: Request) -> dict[str, Any]:
    """The JSON object in a request, in the strict sense of I-JSON (section 11.5).

    Raises:
        Refused: 400, there is none.
    """
    if request.headers.get("content-type").partition(";")[0].strip().lower() != JSON:
        raise Refused("authzen.content-type", status=400, name=request.headers.get("content-type") or "-")
    if len(request.body) > LARGEST_BODY:
        raise Refused("authzen.too-large", status=400, limit=LARGEST_BODY)
    try:
        body = parse(request.body)
    except ValueError as flaw:
        raise Refused("authzen.not-json", status=400, reason=str(flaw)) from None
    return body if isinstance(body, dict) else _bad("request")


def _bad(name: str) -> dict[str, Any]:
    raise Refused("authzen.not-an-object", status=400, name=name)


def _questions(body: dict[str, Any]) -> list[Any]:
    questions = body.get("evaluations", [])
    if not isinstance(questions, list):
        raise Refused("authzen.not-an-array", status=400, name="evaluations")
    if len(questions) > MOST_EVALUATIONS:
        raise Refused("authzen.too-large", status=400, limit=MOST_EVALUATIONS)
    return questions


def _stop(body: dict[str, Any]) -> bool | None:
    """The decision after which the rest is left out, or None."""
    options = body.get("options", {})
    if not isinstance(options, dict):
        _bad("options")
    semantic = options.get("evaluations_semantic", "execute_all")
    if not isinstance(semantic, str) or semantic not in STOP:
        raise Refused("authzen.semantic", status=400, known=", ".join(STOP))
    return STOP[semantic]


def _defaults(body: dict[str, Any]) -> dict[str, Any]:
    """What a question takes over whole where it does not say it itself (section 7.1.1); each of them has to be good."""
    given: dict[str, Any] = {name: body[name] for name in ("subject", "action", "resource", "context") if name in body}
    anything = {"subject": _ANYTHING, "action": {"name": "*"}, "resource": _ANYTHING}
    Query.from_dict({**anything, **given})
    return given


_ANYTHING = {"type": "*", "id": "*"}


def _with_any(body: dict[str, Any], name: str) -> dict[str, Any]:
    """`body` with an id in the place of the one that is searched for and must be ignored (sections 8.4.1, 8.5.1)."""
    entity = body.get(name)
    return {**body, name: {**entity, "id": "*"}} if isinstance(entity, dict) else body


def _error(flaw: Refused) -> dict[str, Any]:
    """In English always: it is for another program's log, and must be the same bytes wherever it is made."""
    return {"error": {"status": flaw.status, "message": words.say(f"error.{flaw.code}", lang="en", **flaw.evidence)}}


# --- searching


def _candidates(known: Iterable[Entity], wanted: Entity) -> Iterable[Entity]:
    """Those of the wanted type, each with the properties it has, and over them those that the asker gives."""
    for entity in known:
        if entity.type == wanted.type:
            yield replace(entity, properties={**entity.properties, **wanted.properties})


def _is_known(known: Iterable[Entity], wanted: Entity) -> bool:
    return any((entity.type, entity.id) == (wanted.type, wanted.id) for entity in known)


def _named(entity: Entity) -> dict[str, str]:
    return {"type": entity.type, "id": entity.id}


def directory_of(data: Any) -> Directory:
    """From `{"subjects": [...], "resources": [...], "actions": [...]}` of `{type, id, properties}`.

    An action may be a mere name.

    Raises:
        Refused: 400, something is of another shape; the evidence names it.
    """
    fields = data if isinstance(data, dict) else _bad("data")
    return Directory(
        tuple(_entity(one, "subjects") for one in _list(fields, "subjects")),
        tuple(_entity(one, "resources") for one in _list(fields, "resources")),
        tuple(_action(one) for one in _list(fields, "actions")),
    )


def _list(fields: dict[str, Any], name: str) -> list[Any]:
    found = fields.get(name, [])
    if not isinstance(found, list):
        raise Refused("authzen.not-an-array", status=400, name=name)
    return found


def _entity(value: Any, name: str) -> Entity:
    try:
        return Query.from_dict({"subject": value, "action": {"name": "*"}, "resource": _ANYTHING}).subject
    except Refused as flaw:
        detail = str(flaw.evidence.get("name", "")).removeprefix("subject")
        raise Refused(flaw.code, status=400, name=f"{name}[]{detail}") from None


def _action(value: Any) -> str:
    name = value.get("name", value.get("id")) if isinstance(value, dict) else value
    if not isinstance(name, str) or not name:
        raise Refused("authzen.not-a-string", status=400, name="actions[].id")
    return name
