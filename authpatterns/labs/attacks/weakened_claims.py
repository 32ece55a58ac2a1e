"""Weaknesses in what is believed for how long, and in how scopes are compared. Broken on purpose."""

from __future__ import annotations

import json
from dataclasses import replace as changed
from typing import Any

from authpatterns import tokens
from authpatterns.authn.aws_jwt_authorizer import AUTHORIZER
from authpatterns.authn.session import STORE
from authpatterns.authz.delegated import Delegated
from authpatterns.deployment import Deployment
from authpatterns.errors import Refused
from authpatterns.labs.attacks.shape import World
from authpatterns.labs.attacks.surgery import inside, replace, swap
from authpatterns.messages import Principal, Request, Response
from authpatterns.node import Handler
from authpatterns.service import Service
from authpatterns.stores import Reference


def _references_never_end(shop: Deployment) -> None:
    auth = shop.node("auth")

    def find(opaque: str, now: float) -> Reference | None:
        found = real(opaque, 0.0)
        return None if found is None else changed(found, expires=now + 60)

    real = replace(auth.references, "find", find)


def _sessions_never_end(shop: Deployment) -> None:
    store = shop.node(STORE)

    def live(key: str) -> str | None:
        stored = store.client.get(key)
        return None if stored is None else str(json.loads(stored)[1])

    replace(store, "_live", live)


WeakenedReferencesNeverEnd = World("WeakenedReferencesNeverEnd", changes=(_references_never_end,), latency=0)
WeakenedSessionsNeverEnd = World("WeakenedSessionsNeverEnd", changes=(_sessions_never_end,), latency=0)


def _any_token_as_logout(shop: Deployment) -> None:
    for service in shop.services:
        site = inside(service, "site")
        replace(site, "_ended", _believing(site))


def _believing(site: Any) -> Any:
    async def ended(token: str) -> dict[str, Any]:
        keys = await site.provider.keys(tokens.key_id(token))
        about = {"issuer": site.provider.issuer, "audience": site.client.id, "now": site.node.now}
        return tokens.verify(token, keys, **about)

    return ended


WeakenedTakesAnyTokenAsLogout = World("WeakenedTakesAnyTokenAsLogout", changes=(_any_token_as_logout,))


# --- scopes


def _search_scope_text(shop: Deployment) -> None:
    for service in shop.services:
        swap(service, "authorize", _searching(service))


def _searching(service: Service) -> Any:
    async def authorize(request: Request, proceed: Handler) -> Response:
        query = service.query(request)
        said = " ".join(request.principal.scopes) if request.principal else ""
        needed = f"{query.resource.type}:{query.action}" if query is not None else ""
        if needed not in said:
            raise Refused("scope.insufficient", status=403, scope=needed, granted=said or "-")
        return await proceed(request)

    return authorize


def _authorizer_searches(shop: Deployment) -> None:
    authorizer = shop.node(AUTHORIZER)
    wanted = replace(authorizer, "scopes", ())

    async def claims(token: str) -> dict[str, Any]:
        found: dict[str, Any] = await real(token)
        said = str(found.get("scope", found.get("scp", "")))
        if not any(scope in said for scope in wanted):
            raise Refused("scope.insufficient", status=403, scope=" ".join(wanted), granted=said or "-")
        return found

    real = replace(authorizer, "claims", claims)


def _service_searches(shop: Deployment) -> None:
    assert isinstance(shop.authz, Delegated)
    for service in shop.services:
        swap(service, "authorize", _searching_grant(service, inside(service, "wallet")))


def _searching_grant(service: Service, wallet: Any) -> Any:
    search = _searching(service)

    async def authorize(request: Request, proceed: Handler) -> Response:
        if request.principal is None:
            return await proceed(request)
        token = await wallet.token_for(request.principal)
        granted = Principal.from_claims(json.loads(tokens.read_unverified(token).payload)).scopes
        answer: Response = await search(request.on_behalf_of(changed(request.principal, scopes=granted)), proceed)
        return answer

    return authorize


WeakenedSearchesScopeText = World("WeakenedSearchesScopeText", changes=(_search_scope_text,))
WeakenedAuthorizerSearchesScopeText = World("WeakenedSearchesScopeText", changes=(_authorizer_searches,))
WeakenedServiceSearchesScopeText = World("WeakenedSearchesScopeText", changes=(_service_searches,))
