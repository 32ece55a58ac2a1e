"""References, introspection and gateways that are handled carelessly. Broken on purpose."""

from __future__ import annotations

import json
from dataclasses import replace as changed
from typing import Any

from authpatterns.authn.aws_jwt_authorizer import CONTEXT
from authpatterns.authn.jwt_gateway import GATEWAY_CREDENTIAL
from authpatterns.deployment import Deployment
from authpatterns.encoding import encode
from authpatterns.labs.attacks.shape import World
from authpatterns.labs.attacks.surgery import at_door, has_layer, inside, replace, rework, swap
from authpatterns.labs.attacks.weakened_sessions import Counting
from authpatterns.messages import Headers, Principal, Request, Response
from authpatterns.node import Handler, Middleware
from authpatterns.pattern import SHOP
from authpatterns.stores import User

# --- references and introspection


def short_reference(number: int) -> str:
    """The opaque token that `Counting` makes as its `number`th."""
    return encode(number.to_bytes(32))


def _count_references(shop: Deployment) -> None:
    replace(shop.node("auth"), "chance", Counting())


def _answer_anybody(shop: Deployment) -> None:
    auth = shop.node("auth")

    async def introspect(request: Request) -> Response:
        answer: Response = await real(request.with_header("authorization", GATEWAY_CREDENTIAL))
        return answer

    real = replace(auth, "introspect", introspect)


def _say_why(shop: Deployment) -> None:
    auth = shop.node("auth")

    async def introspect(request: Request) -> Response:
        answer: Response = await real(request)
        if answer.json().get("active"):
            return answer
        known = request.form().get("token", "") in auth.references._known
        return Response.of({"active": False, "reason": "expired" if known else "unknown"})

    real = replace(auth, "introspect", introspect)


def _remember_beyond_end(shop: Deployment) -> None:
    introspector, remembered = inside(shop.node("gateway"), "introspector"), dict[str, str]()

    async def jwt(opaque: str) -> str:
        if opaque not in remembered:
            remembered[opaque] = await ask(opaque)
        return remembered[opaque]

    def signed_token(user: User, family: str, expires: int) -> str:
        return str(sign(user, family, expires + 3600))

    ask = replace(introspector, "jwt", jwt)
    sign = replace(shop.node("auth"), "signed_token", signed_token)


WeakenedCountsReferences = World("WeakenedCountsReferences", changes=(_count_references, _answer_anybody))
WeakenedSaysWhyInactive = World("WeakenedSaysWhyInactive", changes=(_say_why,))
WeakenedRemembersBeyondEnd = World("WeakenedRemembersBeyondEnd", changes=(_remember_beyond_end,))


# --- revocation


def _end_for_anybody(shop: Deployment) -> None:
    auth = shop.node("auth")

    async def sign_out(request: Request) -> Response:
        await auth.end(auth.refresh_tokens.families(request.form().get("username", "")))
        answer: Response = await real(request)
        return answer

    real = replace(auth, "sign_out", sign_out)


def _revoke_for_anybody(shop: Deployment) -> None:
    idp = shop.node("idp")

    def revoke(client: Any, token: str) -> None:
        grant = idp.grants.refresh.find(token)
        real(client if grant is None else idp.clients.find(grant.client), token)

    real = replace(idp, "_revoke", revoke)


WeakenedEndsForAnybody = World("WeakenedEndsForAnybody", changes=(_end_for_anybody,))
WeakenedRevokesForAnybody = World("WeakenedRevokesForAnybody", changes=(_revoke_for_anybody,))


# --- who is believed behind the gateway


def named_by(headers: Headers) -> str:
    """The person that some header names: the first, however it is spelt."""
    for name, value in headers:
        if name.replace("_", "-") == "x-user":
            return value.partition(",")[0]
    return ""


def _trusting_network(real: Middleware) -> Middleware:
    async def authenticate(request: Request, proceed: Handler) -> Response:
        name = named_by(request.headers)
        if not name:
            return await real(request, proceed)
        return await proceed(request.on_behalf_of(Principal(SHOP, name, "aozora", ("customer",))))

    return authenticate


def _believing_header(real: Middleware) -> Middleware:
    async def authenticate(request: Request, proceed: Handler) -> Response:
        async def renamed(known: Request) -> Response:
            assert known.principal is not None
            name = named_by(known.headers) or known.principal.subject
            return await proceed(known.on_behalf_of(changed(known.principal, subject=name)))

        return await real(request, renamed)

    return authenticate


async def _any_context(request: Request, proceed: Handler) -> Response:
    claims = json.loads(request.headers.get(CONTEXT))["authorizer"]["jwt"]["claims"]
    return await proceed(request.on_behalf_of(Principal.from_claims({**claims, "roles": ()})))


async def _as_it_comes(request: Request, proceed: Handler) -> Response:
    return await proceed(request)


def _replace_authentication(make: Any) -> Any:
    def change(shop: Deployment) -> None:
        for service in shop.services:
            rework(service, "authenticate", make)

    return change


def _clean_nothing(shop: Deployment) -> None:
    gateway = shop.node("gateway")
    if has_layer(gateway, "clean"):
        swap(gateway, "clean", _as_it_comes)


WeakenedTrustsItsNetwork = World(
    "WeakenedTrustsItsNetwork", changes=(_clean_nothing, _replace_authentication(_trusting_network))
)
WeakenedTrustsAnyContext = World("WeakenedTrustsAnyContext", changes=(_replace_authentication(lambda _: _any_context),))
WeakenedIdentityInHeader = World(
    "WeakenedIdentityInHeader", changes=(_clean_nothing, _replace_authentication(_believing_header))
)


# --- what passes the gateway


async def _showing_request(request: Request, proceed: Handler) -> Response:
    answer = await proceed(request)
    return answer.with_header("x-debug-upstream-authorization", request.headers.get("authorization"))


def _show_upstream_request(shop: Deployment) -> None:
    for service in shop.services:
        service.inbound.insert(0, _showing_request)


def _letting_jwts_through(real: Middleware) -> Middleware:
    async def trade(request: Request, proceed: Handler) -> Response:
        if request.headers.get("authorization").count(".") == 2:
            return await proceed(request)
        return await real(request, proceed)

    return trade


def _let_jwts_through(shop: Deployment) -> None:
    rework(shop.node("gateway"), "trade", _letting_jwts_through)


WeakenedShowsUpstreamRequest = World("WeakenedShowsUpstreamRequest", changes=(_show_upstream_request,))
WeakenedLetsJwtsThrough = World("WeakenedLetsJwtsThrough", changes=(_let_jwts_through,))


# --- how a token travels


async def _first_alone(request: Request, proceed: Handler) -> Response:
    headers, lines = request.headers.without("authorization"), request.headers.all("authorization")
    if lines and "cookie" not in headers:
        headers = headers.with_("authorization", lines[0])
    return await proceed(changed(request, headers=headers))


async def _from_query(request: Request, proceed: Handler) -> Response:
    token = request.query.get("access_token")
    return await proceed(request.with_header("authorization", f"Bearer {token}") if token else request)


WeakenedTakesTheFirst = World("WeakenedTakesTheFirst", changes=(lambda shop: at_door(shop, _first_alone),))
WeakenedTakesTokenFromQuery = World("WeakenedTakesTokenFromQuery", changes=(lambda shop: at_door(shop, _from_query),))
