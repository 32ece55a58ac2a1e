"""Identity providers and relying parties that leave a check out. Broken on purpose."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import replace as changed
from typing import Any

from authpatterns import tokens
from authpatterns.authn.auth_service import ISSUER
from authpatterns.authn.delivery import StoragePage
from authpatterns.authn.idp.refusals import parameters
from authpatterns.authn.jwt import Jwt
from authpatterns.authn.oidc import METADATA_PATH, challenge
from authpatterns.authn.relying_party import SESSION_COOKIE, Session
from authpatterns.browser import Browser, FrontEnd, set_cookie
from authpatterns.deployment import Deployment
from authpatterns.errors import Refused
from authpatterns.keys import KeySet
from authpatterns.labs.attacks.shape import Change, World
from authpatterns.labs.attacks.surgery import inside, replace
from authpatterns.labs.attacks.weakened import Place, own_keys, weakened
from authpatterns.labs.attacks.weakened_gateway import WeakenedTakesTokenFromQuery
from authpatterns.messages import Principal, Request, Response, Url, with_query
from authpatterns.node import Handler

# --- the site


def at_sites(weaken: Callable[[Any], None]) -> Change:
    """Change every relying party of a deployment."""

    def change(shop: Deployment) -> None:
        for service in shop.services:
            weaken(inside(service, "site"))

    return change


def _state_of_any_browser(site: Any) -> None:
    def attempt(request: Request) -> Any:
        found = site._attempts.take(request.query.get("state", ""), site.node.now)
        if found is None:
            raise Refused("sso.state", status=400)
        return found

    replace(site, "_attempt", attempt)


def _ignore_nonce(site: Any) -> None:
    async def identity(given: dict[str, Any], attempt: Any) -> dict[str, Any]:
        claims: dict[str, Any] = await site._verified(given["id_token"], "JWT")
        return claims

    replace(site, "_identity", identity)


def _ignore_issuer(site: Any) -> None:
    replace(site, "_check_issuer", lambda _: None)


def _return_anywhere(site: Any) -> None:
    async def send(request: Request, return_to: str, *, silent: bool = False) -> Response:
        answer: Response = await real(request, "/sso/session", silent=silent)
        state = Request.get(answer.headers.get("location")).query["state"]
        attempt = site._attempts.take(state, site.node.now)
        site._attempts.put(state, changed(attempt, return_to=return_to), site.node.now + 600, site.node.now)
        return answer

    real = replace(site, "send_to_provider", send)


def _hand_over_in_address(site: Any) -> None:
    def begin(request: Request, given: dict[str, Any], *about: Any) -> Response:
        answer: Response = real(request, given, *about)
        address = with_query(answer.headers.get("location"), access_token=given["access_token"])
        return Response(answer.status, answer.body, answer.headers.with_("location", address))

    real = replace(site, "_begin", begin)


def _take_any_metadata(site: Any) -> None:
    replace(site.provider, "_usable", lambda answer: answer.json())


def _believe_posted_name(shop: Deployment) -> None:
    orders = shop.node("orders")
    site = inside(orders, "site")

    async def implicit(request: Request, proceed: Handler) -> Response:
        if (request.method, request.path) != ("POST", "/sso/callback"):
            return await proceed(request)
        session = Session(Principal.from_claims(request.json()), "", orders.now + 900)
        site._sessions.put("posted", session, session.expires, orders.now)
        return Response.redirect("/sso/session").with_header("set-cookie", set_cookie(SESSION_COOKIE, "posted"))

    orders.inbound.insert(0, implicit)


WeakenedStateOfAnyBrowser = World("WeakenedStateOfAnyBrowser", changes=(at_sites(_state_of_any_browser),))
WeakenedIgnoresNonce = World("WeakenedIgnoresNonce", changes=(at_sites(_ignore_nonce),))
WeakenedIgnoresIssuerOfAnswer = World("WeakenedIgnoresIssuerOfAnswer", changes=(at_sites(_ignore_issuer),))
WeakenedReturnsAnywhere = World("WeakenedReturnsAnywhere", changes=(at_sites(_return_anywhere),))
WeakenedHandsTokenOverInAddress = World("WeakenedHandsTokenOverInAddress", changes=(at_sites(_hand_over_in_address),))
WeakenedTakesAnyMetadata = World("WeakenedTakesAnyMetadata", changes=(at_sites(_take_any_metadata),))
WeakenedBelievesPostedName = World("WeakenedBelievesPostedName", changes=(_believe_posted_name,))


# --- the provider


def _ignore_pkce(shop: Deployment) -> None:
    idp = shop.node("idp")

    def redeem(client: Any, form: dict[str, str]) -> Response:
        code = idp.grants._codes.get(form.get("code", ""), idp.now)
        if code is not None:
            code.request = changed(code.request, challenge=challenge(form["code_verifier"]))
        answer: Response = real(client, form)
        return answer

    real = replace(idp.token_endpoint, "_redeem_code", redeem)


def _take_unasked_verifier(shop: Deployment) -> None:
    idp = shop.node("idp")

    def redeem(client: Any, form: dict[str, str]) -> Response:
        code = idp.grants._codes.get(form.get("code", ""), idp.now)
        unasked = code is not None and not code.request.challenge
        kept = {name: value for name, value in form.items() if not (unasked and name == "code_verifier")}
        answer: Response = real(client, kept)
        return answer

    real = replace(idp.token_endpoint, "_redeem_code", redeem)


def _codes_live_on(shop: Deployment) -> None:
    grants = shop.node("idp").grants

    def take(code: str, now: float) -> Any:
        taken = real(code, now)
        taken.used = False
        return taken

    real = replace(grants, "take_code", take)


def _take_plain_challenge(shop: Deployment) -> None:
    idp = shop.node("idp")

    def authorize(request: Request, text: str) -> Response:
        asked = parameters(text)
        if asked.get("code_challenge_method") == "plain":
            asked |= {"code_challenge_method": "S256", "code_challenge": challenge(asked["code_challenge"])}
        answer: Response = real(request, with_query("", **asked)[1:])
        return answer

    real = replace(idp, "_authorize", authorize)


class Beginnings(tuple[str, ...]):
    """Registered addresses, of which the beginning alone is compared."""

    __slots__ = ()

    def __contains__(self, address: object) -> bool:
        return any(str(address).startswith(known) for known in self)


def _compare_beginning(shop: Deployment) -> None:
    clients = shop.node("idp").clients
    for service in shop.services:
        client = clients.find(service.name)
        clients.add(changed(client, redirect_uris=Beginnings(client.redirect_uris)))


def _refresh_tokens_live_on(shop: Deployment) -> None:
    store = shop.node("idp").grants.refresh if "idp" in shop.network.nodes else shop.node("auth").refresh_tokens

    def redeem(token: str, client: str, now: float) -> Any:
        grant = real(token, client, now)
        grant.used = False
        return grant

    real = replace(store, "redeem", redeem)


def _refresh_for_anybody(shop: Deployment) -> None:
    grants = shop.node("idp").grants
    for name in ("behind_refresh", "redeem_refresh"):
        replace(grants, name, _as_its_own_client(grants, getattr(grants, name)))


def _as_its_own_client(grants: Any, real: Callable[..., Any]) -> Callable[..., Any]:
    def find(token: str, client: str, now: float) -> Any:
        grant = grants.refresh.find(token)
        return real(token, client if grant is None else grant.client, now)

    return find


WeakenedIgnoresPkceAndNonce = World("WeakenedIgnoresPkceAndNonce", changes=(_ignore_pkce, at_sites(_ignore_nonce)))
WeakenedTakesUnaskedVerifier = World("WeakenedTakesUnaskedVerifier", changes=(_take_unasked_verifier,))
WeakenedCodesLiveOn = World("WeakenedCodesLiveOn", changes=(_codes_live_on,))
WeakenedTakesPlainChallenge = World("WeakenedTakesPlainChallenge", changes=(_take_plain_challenge,))
WeakenedComparesBeginningOfAddress = World("WeakenedComparesBeginningOfAddress", changes=(_compare_beginning,))
WeakenedRefreshTokensLiveOn = World("WeakenedRefreshTokensLiveOn", changes=(_refresh_tokens_live_on,))
WeakenedRefreshesForAnybody = World("WeakenedRefreshesForAnybody", changes=(_refresh_for_anybody,))


# --- others


class AddressPage(StoragePage):
    """Puts the token into the address."""

    async def send(self, browser: Browser, request: Request) -> Response:
        """Send the token along, for all to see."""
        token = browser.storage(self.kind).get("access_token", "")
        target = with_query(request.target, access_token=token) if token else request.target
        return await self._fetch(browser, changed(request, target=target))


@dataclass(frozen=True)
class AddressJwt(Jwt):
    """The JWT pattern with such a page."""

    def front_end(self) -> FrontEnd:
        """The page that puts the token into the address."""
        return AddressPage(self.keep)


WeakenedPagePutsTokenIntoAddress = World(
    "WeakenedPagePutsTokenIntoAddress", authn=AddressJwt(), changes=WeakenedTakesTokenFromQuery.changes
)


async def _keys_of_named_issuer(place: Place, token: str) -> KeySet:
    issuer = str(json.loads(tokens.read_unverified(token).payload).get("iss"))
    if issuer == place.issuer:
        return await own_keys(place, token)
    node = place.node
    document = (await node.call(node.wire.owner(issuer + "/"), Request.get(METADATA_PATH))).json()
    uri = document["jwks_uri"]
    return KeySet((await node.call(node.wire.owner(uri), Request.get(Url.parse(uri).target))).body)


WeakenedAsksIssuerOfToken = weakened(
    "WeakenedAsksIssuerOfToken", keys=_keys_of_named_issuer, as_if=lambda claims: claims | {"iss": ISSUER}
)
