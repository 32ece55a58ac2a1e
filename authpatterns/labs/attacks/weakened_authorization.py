"""Decisions that are asked, made, remembered and forwarded carelessly. Broken on purpose."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Callable
from dataclasses import replace as changed
from functools import partial
from typing import Any
from urllib.parse import unquote

from authpatterns.authz.control_plane import _unpacked
from authpatterns.authz.delegated import Delegated
from authpatterns.authz.distributed import Distributed
from authpatterns.authz.enforce import enforce
from authpatterns.authz.hybrid import Hybrid
from authpatterns.authz.pdp import EVALUATION
from authpatterns.authz.provider import PROVIDER, SCOPES, TOKEN_PATH
from authpatterns.authz.table import RuleTable
from authpatterns.bookshop import has_role, owns, same_tenant
from authpatterns.deployment import Deployment
from authpatterns.errors import NetworkError, Refused
from authpatterns.labs.attacks.shape import Change, World
from authpatterns.labs.attacks.surgery import inside, replace, rework, wrap
from authpatterns.messages import Request, Response, below
from authpatterns.node import Handler, Middleware
from authpatterns.policy import Decision, PolicyEngine, Query, Rule, Rules
from authpatterns.service import Service

# --- the rules themselves


def decide_by(*more: Rule) -> Change:
    """Have everybody who decides say yes for these reasons too, wherever in the pattern decisions are made."""

    def change(shop: Deployment) -> None:
        if isinstance(shop.authz, Distributed | Delegated):
            for service in shop.services:
                replace(service, "rules", Also(service.rules, more))
        elif isinstance(shop.authz, Hybrid):
            for service in shop.services:
                _edit_bundle(inside(service, "shelf"), more)
        else:
            pdp = shop.node("pdp")
            replace(pdp, "engine", Also(pdp.engine, more))

    return change


class Also:
    """An engine that says yes for further reasons.

    Args:
        engine: Whose yes counts as before.
        more: The further reasons.
    """

    def __init__(self, engine: PolicyEngine, more: tuple[Rule, ...]) -> None:
        self.engine, self.more = engine, Rules(*more)

    def decide(self, query: Query) -> Decision:
        """See `PolicyEngine`."""
        decision = self.engine.decide(query)
        return decision if decision.allowed else self.more.decide(query)


def _edit_bundle(shelf: Any, more: tuple[Rule, ...]) -> None:
    async def bundle() -> Any:
        found = await real()
        return changed(found, engine=Also(found.engine, more))

    real = replace(shelf, "bundle", bundle)


def _is_customer(query: Query) -> bool:
    return query.action == "read" and has_role(query, "customer")


def _is_clerk_of_some_shop(query: Query) -> bool:
    roles = query.subject.get("roles")
    return query.action == "read" and isinstance(roles, list | tuple) and "clerk" in roles


_EVERY_SCOPE = tuple(sorted({scope for scopes in SCOPES.values() for scope in scopes}))
_OWNER_DOES_ANYTHING = decide_by(Rule("owner-does-anything", owns))

WeakenedAsksForRoleAlone = World("WeakenedAsksForRoleAlone", changes=(decide_by(Rule("customer-reads", _is_customer)),))
WeakenedOwnerDoesAnything = World("WeakenedOwnerDoesAnything", changes=(_OWNER_DOES_ANYTHING,))
WeakenedOwnerDoesAnythingWithAnyScope = World(
    "WeakenedOwnerDoesAnything",
    authz=Delegated(scopes={**SCOPES} | {"customer": _EVERY_SCOPE}),
    changes=(_OWNER_DOES_ANYTHING,),
)
WeakenedIgnoresTenant = World(
    "WeakenedIgnoresTenant", changes=(decide_by(Rule("some-clerk-reads", _is_clerk_of_some_shop)),)
)


def _drift(shop: Deployment) -> None:
    shipping = shop.node("shipping")
    tidied = Rule("shopper-reads", lambda query: query.action == "read" and same_tenant(query))
    replace(shipping, "rules", Rules(tidied, *shipping.rules.rules))


WeakenedDriftedRules = World("WeakenedDriftedRules", changes=(_drift,))


# --- what a service does


def _take_every_member(shop: Deployment) -> None:
    orders = shop.node("orders")

    async def annotate(request: Request, id: str) -> Response:
        orders.records[id].update(request.json())
        answer: Response = orders.show(id)
        return answer

    replace(orders, "annotate", annotate)


def _say_what_exists(shop: Deployment) -> None:
    for service in shop.services:
        wrap(service, "authenticate", _looking(service), after=True)


def _looking(service: Service) -> Middleware:
    async def look(request: Request, proceed: Handler) -> Response:
        key = request.path.split("/")[2] if request.path.count("/") > 1 else ""
        if below(request.path, service.prefix) and key not in service.records:
            return Response.of({"error": "not_found"}, 404)
        return await proceed(request)

    return look


def _act_as_itself(shop: Deployment) -> None:
    orders, auth = shop.node("orders"), shop.node("auth")
    account = shop.users.add("orders-service", "aozora", ("clerk",), "unused")

    async def in_own_name(request: Request, proceed: Handler) -> Response:
        token = auth.signed_token(account, "service", int(auth.now) + 60)
        return await proceed(request.with_header("authorization", f"Bearer {token}"))

    orders.outbound.append(in_own_name)


WeakenedTakesEveryMember = World("WeakenedTakesEveryMember", changes=(_take_every_member,))
WeakenedSaysWhatExists = World("WeakenedSaysWhatExists", changes=(_say_what_exists,))
WeakenedActsAsItself = World("WeakenedActsAsItself", changes=(_act_as_itself,))


# --- the authorization provider


def _grant_what_is_asked(shop: Deployment) -> None:
    provider = shop.node(PROVIDER)
    replace(provider, "_scope", lambda wanted, bounds: tuple(sorted((wanted or " ".join(bounds)).split())))


def _count_earlier_actors(shop: Deployment) -> None:
    provider = shop.node(PROVIDER)

    def narrowed(claims: dict[str, Any], client: str) -> Any:
        return real({**claims, "may_act": {"sub": client}} if client in _actors(claims) else claims, client)

    real = replace(provider, "_narrowed", narrowed)


def _actors(claims: dict[str, Any]) -> list[str]:
    inner = claims.get("act")
    return [str(inner.get("sub")), *_actors(inner)] if isinstance(inner, dict) else []


WeakenedGrantsWhatIsAsked = World("WeakenedGrantsWhatIsAsked", changes=(_grant_what_is_asked,))
WeakenedCountsEarlierActors = World("WeakenedCountsEarlierActors", changes=(_count_earlier_actors,))


# --- asking for a decision


def swap_authorize(make: Callable[[Service, Middleware], Middleware]) -> Change:
    """Put another layer in the place of the one that authorizes, made of the service and that one."""

    def change(shop: Deployment) -> None:
        for service in shop.services:
            rework(service, "authorize", partial(make, service))

    return change


def _opening(service: Service, real: Middleware) -> Middleware:
    async def authorize(request: Request, proceed: Handler) -> Response:
        try:
            return await real(request, proceed)
        except NetworkError:
            return await proceed(request)

    return authorize


def _taking_anything(service: Service, real: Middleware) -> Middleware:
    async def authorize(request: Request, proceed: Handler) -> Response:
        query = service.query(request)
        if query is not None:
            answer = await service.call("pdp", Request.post(EVALUATION, json=query.to_dict()))
            said = answer.json()
            yes = said.get("decision") if isinstance(said, dict) else said
            enforce(service, query, Decision(bool(yes), "truthy" if yes else "no-rule-allows"))
        return await proceed(request)

    return authorize


def _believing_answer(service: Service, real: Middleware) -> Middleware:
    async def authorize(request: Request, proceed: Handler) -> Response:
        query = service.query(request)
        if query is not None:
            answer = await service.call(PROVIDER, Request.post(TOKEN_PATH))
            said = answer.json()
            if f"{query.resource.type}:{query.action}" not in str(said.get("scope")).split():
                return await real(request, proceed)
            enforce(service, query, service.rules.decide(query))
        return await proceed(request)

    return authorize


def _remembering_by_path(service: Service, real: Middleware) -> Middleware:
    allowed: dict[tuple[str, str], float] = {}

    async def authorize(request: Request, proceed: Handler) -> Response:
        key = request.method, request.path
        if service.now - allowed.get(key, 0.0) < 60:
            return await proceed(request)
        answer = await real(request, proceed)
        if answer.ok:
            allowed[key] = service.now
        return answer

    return authorize


def _forwarding(service: Service, real: Middleware) -> Middleware:
    async def authorize(request: Request, proceed: Handler) -> Response:
        query, said = service.query(request), request.query
        if query is None or "roles" not in said:
            return await real(request, proceed)
        facts = {**query.subject.properties, "roles": said["roles"].split()}
        needed = f"{query.resource.type}:{query.action}"
        if PROVIDER in service.wire.trace.parties and needed not in said["scope"].split():
            raise Refused("scope.insufficient", status=403, scope=needed, granted=said["scope"])
        question = changed(query, subject=changed(query.subject, properties=facts))
        if "pdp" in service.wire.trace.parties:
            answer = await service.call("pdp", Request.post(EVALUATION, json=question.to_dict()))
            enforce(service, query, Decision.from_answer(answer.json()))
        else:
            enforce(service, query, service.rules.decide(question))
        return await proceed(request)

    return authorize


WeakenedOpensWhenDown = World("WeakenedOpensWhenDown", changes=(swap_authorize(_opening),))
WeakenedTakesAnythingForYes = World("WeakenedTakesAnythingForYes", changes=(swap_authorize(_taking_anything),))
WeakenedBelievesScopeOfAnswer = World("WeakenedBelievesScopeOfAnswer", changes=(swap_authorize(_believing_answer),))
WeakenedRemembersByPath = World("WeakenedRemembersByPath", changes=(swap_authorize(_remembering_by_path),))
WeakenedForwardsWhatIsSaid = World("WeakenedForwardsWhatIsSaid", changes=(swap_authorize(_forwarding),))


# --- copies and bundles


def _never_too_old(shop: Deployment) -> None:
    replace(shop.node("pdp"), "max_age", float("inf"))


def _bundle_never_too_old(shop: Deployment) -> None:
    for service in shop.services:
        replace(inside(service, "shelf"), "max_age", float("inf"))


def _take_any_bundle(shop: Deployment) -> None:
    for service in shop.services:
        shelf = inside(service, "shelf")
        replace(shelf, "_judge", _taking(shelf))


def _taking(shelf: Any) -> Callable[[Response], None]:
    def judge(answer: Response) -> None:
        shelf._bundle = _unpacked(0, shelf.service.now, answer.json()["content"])

    return judge


def _open_policy_api(shop: Deployment) -> None:
    """A PDP whose management interface listens beside the other, and asks nobody who they are."""
    pdp = shop.node("pdp")

    async def manage(request: Request, proceed: Handler) -> Response:
        if request.method != "PUT":
            return await proceed(request)
        pdp.engine = RuleTable.parse(json.loads(request.body))
        return Response.of({})

    pdp.inbound.insert(0, manage)


WeakenedNeverTooOld = World("WeakenedNeverTooOld", changes=(_never_too_old,))
WeakenedBundleNeverTooOld = World("WeakenedNeverTooOld", changes=(_bundle_never_too_old,))
WeakenedTakesAnyBundle = World("WeakenedTakesAnyBundle", changes=(_take_any_bundle,))
WeakenedOpenPolicyApi = World("WeakenedOpenPolicyApi", changes=(_open_policy_api,))


# --- two readings of one path


def plain(path: str) -> str:
    """A path as a careless server reads it: unescaped, without parameters, with its dots resolved."""
    return posixpath.normpath(unquote(path).replace(";", ""))


def _normalising(service: Service, real: Middleware) -> Middleware:
    async def authorize(request: Request, proceed: Handler) -> Response:
        if request.path.startswith("/public/"):
            return await proceed(changed(request, target=plain(request.path)))
        return await real(request, proceed)

    return authorize


def _forward_as_read(shop: Deployment) -> None:
    if not shop.authn.has_gateway:
        return
    gateway = shop.node("gateway")

    async def handle(request: Request) -> Response:
        target = gateway.upstream(changed(request, target=plain(request.path)))
        answer: Response = await gateway.call(target, request)
        return answer

    replace(gateway, "handle", handle)


WeakenedNormalisesLate = World("WeakenedNormalisesLate", changes=(swap_authorize(_normalising), _forward_as_read))
