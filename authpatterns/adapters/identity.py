"""A real identity provider in the place of the model's, set up from the deployment: its accounts, clients, lifetimes.

    shop = Deployment(Sso(), Distributed())
    ports = {service.name: free_port() for service in shop.services}
    with oidc_provider.running(for_oidc_provider(shop, ports)) as idp:
        with serve(shop, ports=ports, external={"idp": idp.url}) as live:
            live.user("alice").sign_in()

The provider's clients keep their public addresses, which is what the browser and the provider agree on. What the
provider calls by itself, behind the browser's back, has to be where it can find it: on loopback.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlsplit

from authpatterns.adapters.export import keycloak
from authpatterns.adapters.export.facts import Places
from authpatterns.adapters.http import LOOPBACK
from authpatterns.authn.carry import bearer_token
from authpatterns.authn.code_page import CodePage
from authpatterns.authn.delivery import StoragePage
from authpatterns.authn.discovery import Provider
from authpatterns.authn.idp import Client, IdentityProvider
from authpatterns.authn.jwt import Jwt
from authpatterns.authn.oidc import ISSUER
from authpatterns.authn.sso_gateway import PAGE_HEADERS
from authpatterns.authn.verifier import JwtVerifier
from authpatterns.browser import Browser, FrontEnd
from authpatterns.deployment import Deployment
from authpatterns.keys import demo_key
from authpatterns.messages import Request, Response, Url
from authpatterns.node import Handler, Middleware, Node, route
from authpatterns.pattern import SHOP, Plan
from authpatterns.service import Service


def for_keycloak(shops: Sequence[Deployment], ports: Mapping[str, int]) -> str:
    """A realm file for Keycloak that serves several deployments of the same people; its clients are those of all.

    Args:
        shops: Whose provider it is; of two clients of one name the first is taken.
        ports: Where the services listen that want to be told of a sign-out, by name.
    """
    realms = [json.loads(keycloak.files(shop, Places.in_containers(shop))["realm.json"]) for shop in shops]
    clients: dict[str, Any] = {}
    for client in (client for realm in realms for client in realm["clients"]):
        clients.setdefault(client["clientId"], client)
    for client in clients.values():
        address = client["attributes"].get("backchannel.logout.url")
        if address:
            shop = next(shop for shop in shops if _serves(shop, address))
            client["attributes"]["backchannel.logout.url"] = _here(address, shop, ports)
    return json.dumps({**realms[0], "clients": list(clients.values())})


def _serves(shop: Deployment, address: str) -> bool:
    return Url.parse(address).origin in [origin for origin, _, _ in shop.network.places]


def for_oidc_provider(shop: Deployment, ports: Mapping[str, int]) -> dict[str, Any]:
    """What `parts.oidc_provider.running` is to be given; `ports` as above."""
    node = shop.node("idp")
    assert isinstance(node, IdentityProvider)
    key = demo_key()
    return {
        "issuer": node.issuer,
        "key": {**key.private, "kid": key.kid, "alg": key.algorithm, "use": "sig"},
        "clients": [_registration(client, shop, ports) for client in node.clients],
        "people": {
            person.name: {"password": person.password, "tenant": person.tenant, "roles": list(person.roles)}
            for person in shop.people.values()
        },
        "audience": SHOP,
        "lifetimes": {"token": node.mint.lifetime, "session": node.logins.lifetime},
    }


def _registration(client: Client, shop: Deployment, ports: Mapping[str, int]) -> dict[str, Any]:
    """In the names of RFC 7591 section 2."""
    signs_in = bool(client.redirect_uris)
    about: dict[str, Any] = {
        "client_id": client.id,
        "redirect_uris": list(client.redirect_uris),
        "response_types": ["code"] if signs_in else [],
        "grant_types": [*(["authorization_code"] if signs_in else []), *(["refresh_token"] if client.refresh else [])],
        "token_endpoint_auth_method": "none" if client.public else "client_secret_basic",
        "scope": " ".join(client.scopes),
        "post_logout_redirect_uris": list(client.post_logout_redirect_uris),
    }
    if not client.public:
        about["client_secret"] = client.secret
    if client.backchannel_logout_uri:
        about["backchannel_logout_uri"] = _here(client.backchannel_logout_uri, shop, ports)
        about["backchannel_logout_session_required"] = True
    return about


def _here(address: str, shop: Deployment, ports: Mapping[str, int]) -> str:
    """A public address of a service, as the provider finds it."""
    name = shop.network.owner(address)
    return f"http://{LOOPBACK}:{ports[name]}{Url.parse(address).target}"


# --- the JWT pattern with a provider that signs


PAGE = Client(
    id="shop-page",
    redirect_uris=(f"{SHOP}/callback",),
    post_logout_redirect_uris=(f"{SHOP}/signed-out",),
)


@dataclass(frozen=True)
class JwtFromProvider(Jwt):
    """The JWT pattern where an identity provider signs in the auth service's place.

    The page gets its token by the code flow instead of sending a password, and keeps it in Web Storage as before; the
    services verify it alone as before, with keys that they find through the provider's metadata.

    Attributes:
        provider: The issuer whom the services believe. Another than the model's has to be there for real.
        idp_session: Of the sign-in at the provider, in seconds: after that the password is asked for again.
    """

    issuer: ClassVar[str] = "idp"

    provider: str = ISSUER
    idp_session: int = 8 * 3600

    def nodes(self, plan: Plan) -> Sequence[Node]:
        """The provider, and who serves the page to which it sends people back."""
        provider = IdentityProvider(plan.users, [PAGE], lifetime=self.lifetime, session_lifetime=self.idp_session)
        return [provider, WebServer("web")]

    def places(self, plan: Plan) -> dict[tuple[str, str], str]:
        """The provider, and the page."""
        pages = {(SHOP, urlsplit(address).path): "web" for address in PAGE.redirect_uris}
        pages |= {(SHOP, urlsplit(address).path): "web" for address in PAGE.post_logout_redirect_uris}
        return {(Url.parse(self.provider).origin, ""): "idp", **pages}

    def front_end(self) -> FrontEnd:
        """The page does the code flow."""
        return TokenPage(PAGE, self.provider, "session" if self.keep == "session" else "local")

    def at_service(self, service: Service) -> Sequence[Middleware]:
        """Verify the token, and learn from it who is asking."""
        verifier = JwtVerifier(service, Provider(service, self.provider, self.jwks_ttl), self.provider, SHOP)

        async def authenticate(request: Request, proceed: Handler) -> Response:
            return await proceed(request.on_behalf_of(await verifier.principal(bearer_token(request))))

        return [authenticate]


class TokenPage(CodePage):
    """A page that gets its token by the code flow and keeps it in Web Storage.

    Args:
        client: The page's registration.
        issuer: The one provider it trusts.
        kind: "local" or "session".
    """

    def __init__(self, client: Client, issuer: str, kind: str) -> None:
        super().__init__(client, issuer, SHOP, "", by_script=True)
        self.storage = StoragePage(kind)

    async def send(self, browser: Browser, request: Request) -> Response:
        """Send the token along."""
        return await self.storage.send(browser, request)

    def _write_cookie(self, browser: Browser, value: str, lifetime: int) -> None:
        """What the page keeps it keeps in Web Storage."""
        kept = browser.storage(self.storage.kind)
        kept.clear()
        if value:
            kept["access_token"] = value


class WebServer(Node):
    """Serves the shop's page, which is all script."""

    zone = "edge"

    @route("GET", "/callback")
    async def callback(self, request: Request) -> Response:
        """Where the provider sends people back to; the page's script reads the query."""
        return Response(200, "<!doctype html><title>shop</title>", PAGE_HEADERS)

    @route("GET", "/signed-out")
    async def signed_out(self, request: Request) -> Response:
        """Where the provider sends people after they have signed out."""
        return Response(200, "<!doctype html><title>shop</title>", PAGE_HEADERS)
