"""Sessions and cookies that are kept carelessly. Broken on purpose."""

from __future__ import annotations

import json
from typing import Any

from authpatterns.authn.carry import bearer_token
from authpatterns.authn.session import COOKIE, STORE, key_of, read_session
from authpatterns.authn.sso_gateway import SsoGateway
from authpatterns.browser import cookies_of, set_cookie
from authpatterns.deployment import Deployment
from authpatterns.errors import NetworkError
from authpatterns.labs.attacks.shape import World
from authpatterns.labs.attacks.surgery import at_door, doors, edit_cookies, inside, replace, swap, wrap
from authpatterns.messages import Principal, Request, Response
from authpatterns.node import Handler, Middleware
from authpatterns.service import Service


def new_cookie(answer: Response, name: str) -> str:
    """The value of cookie `name` that `answer` sets, or ""."""
    lines = [line for line in answer.headers.all("set-cookie") if line.startswith(f"{name}=")]
    return lines[0].partition(";")[0].partition("=")[2] if lines else ""


# --- whose id it is


def _adopt_id(shop: Deployment) -> None:
    auth = shop.node("auth")

    async def sign_in(request: Request) -> Response:
        answer: Response = await real(request)
        brought, new = cookies_of(request).get(COOKIE, ""), new_cookie(answer, COOKIE)
        if brought and new:
            session = await auth.call(STORE, Request("GET", f"/{key_of(new)}"))
            await auth.call(STORE, Request("SET", f"/{key_of(brought)}?ex={auth.idle}", body=session.body))
        return answer

    real = replace(auth, "sign_in", sign_in)


def _site_adopts_id(shop: Deployment) -> None:
    for service in shop.services:
        _adopting(inside(service, "site"))


def _adopting(site: Any) -> None:
    def begin(request: Request, *about: Any) -> Response:
        answer: Response = real(request, *about)
        session = site._sessions.get(new_cookie(answer, COOKIE), site.node.now)
        site._sessions.put(cookies_of(request).get(COOKIE, ""), session, session.expires, site.node.now)
        return answer

    real = replace(site, "_begin", begin)


WeakenedAdoptsSessionId = World("WeakenedAdoptsSessionId", changes=(_adopt_id,))
WeakenedSiteAdoptsSessionId = World("WeakenedAdoptsSessionId", changes=(_site_adopts_id,))


class Counting:
    """Where randomness should come from: it counts."""

    def __init__(self) -> None:
        self._last = 0

    def randbytes(self, size: int) -> bytes:
        """The next number."""
        self._last += 1
        return self._last.to_bytes(size)


def _count_ids(shop: Deployment) -> None:
    replace(shop.node("auth"), "chance", Counting())


WeakenedCountsSessionIds = World("WeakenedCountsSessionIds", changes=(_count_ids,))


# --- who gets at the cookie


def _cookie_setters(shop: Deployment) -> list[Any]:
    return [shop.node("auth")] if "auth" in shop.network.nodes else list(shop.services)


def _cookie_for_scripts(shop: Deployment) -> None:
    for node in _cookie_setters(shop):
        edit_cookies(node, "; HttpOnly", "")


def _plain_name(shop: Deployment) -> None:
    for node in {node.name: node for node in (*_cookie_setters(shop), *shop.services)}.values():
        edit_cookies(node, f"{COOKIE}=", "session=")
        node.inbound.insert(0, _renaming)


async def _renaming(request: Request, proceed: Handler) -> Response:
    pairs = [part.strip() for part in request.headers.get("cookie").split(";")]
    named = [f"__Host-{pair}" if pair.startswith("session=") else pair for pair in pairs if pair]
    return await proceed(request.with_header("cookie", "; ".join(named)) if named else request)


WeakenedCookieForScripts = World("WeakenedCookieForScripts", changes=(_cookie_for_scripts,))
WeakenedPlainCookieName = World("WeakenedPlainCookieName", changes=(_plain_name,))


# --- which page a request comes from


async def _as_if_from_here(request: Request, proceed: Handler) -> Response:
    if "origin" in request.headers:
        request = request.with_header("origin", f"https://{request.headers.get('host')}")
    return await proceed(request)


def _ignore_origin(shop: Deployment) -> None:
    at_door(shop, _as_if_from_here)


def _sign_in_from_anywhere(shop: Deployment) -> None:
    shop.node("auth").inbound.insert(0, _as_if_from_here)


def _take_anybodys_form(shop: Deployment) -> None:
    idp = shop.node("idp")
    replace(idp, "_waiting", lambda _, form: idp.waiting.get(form.get("ticket", ""), idp.now))


async def _obeying(request: Request, proceed: Handler) -> Response:
    meant = request.query.get("_method", request.method)
    return await proceed(Request(meant, request.path, request.headers, request.body, request.principal))


def _obey_method_override(shop: Deployment) -> None:
    for node in doors(shop):
        wrap(node, "authenticate", _obeying, after=True)


WeakenedIgnoresOrigin = World("WeakenedIgnoresOrigin", changes=(_ignore_origin,))
WeakenedSignsInFromAnywhere = World("WeakenedSignsInFromAnywhere", changes=(_sign_in_from_anywhere,))
WeakenedTakesAnybodysForm = World("WeakenedTakesAnybodysForm", changes=(_take_anybodys_form,))
WeakenedObeysMethodOverride = World("WeakenedObeysMethodOverride", changes=(_obey_method_override,))


# --- when a session ends


async def _nothing(*_: Any) -> None:
    """What should have been ended lives on."""


def _forget_nothing(shop: Deployment) -> None:
    for name in ("_end", "_end_all"):
        replace(shop.node("auth"), name, _nothing)


async def _delete_cookie(request: Request) -> Response:
    return Response(204).with_header("set-cookie", set_cookie(COOKIE, "", max_age=0, same_site="Lax"))


async def _thanks(request: Request) -> Response:
    return Response(200)


def _site_deletes_cookie(shop: Deployment) -> None:
    for service in shop.services:
        replace(inside(service, "site"), "sign_out", _delete_cookie)


def _deaf(shop: Deployment) -> None:
    for service in shop.services:
        replace(inside(service, "site"), "back_channel_logout", _thanks)


WeakenedSignsOutInBrowserOnly = World("WeakenedSignsOutInBrowserOnly", changes=(_forget_nothing,))
WeakenedSiteSignsOutInBrowserOnly = World("WeakenedSignsOutInBrowserOnly", changes=(_site_deletes_cookie,))
WeakenedDeafToLogout = World("WeakenedDeafToLogout", changes=(_deaf,))
WeakenedAsksNobody = World("WeakenedAsksNobody", authn=SsoGateway(verify="jwks"))


def _remember_sessions(shop: Deployment) -> None:
    for service in shop.services:
        swap(service, "authenticate", _remembering(service))


def _remembering(service: Service) -> Middleware:
    remembered: dict[str, str] = {}

    async def authenticate(request: Request, proceed: Handler) -> Response:
        session_id = bearer_token(request, COOKIE)
        try:
            remembered[session_id] = json.dumps(await read_session(service, session_id, 1800))
        except NetworkError:
            if session_id not in remembered:
                raise
        session = json.loads(remembered[session_id])
        return await proceed(request.on_behalf_of(Principal.from_claims(session, session_id)))

    return authenticate


WeakenedRemembersSessions = World("WeakenedRemembersSessions", changes=(_remember_sessions,))
