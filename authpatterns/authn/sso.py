"""SSO pattern (SSOパターン, 独立パターン): every microservice leaves signing in to one identity provider.

Each service is a site of its own and a client of its own. Somebody it does not know is sent to the identity provider,
which alone sees the password and holds the accounts; they come back with a code, the service trades it for tokens,
and a session of its own begins. The next service sends them there too, but the provider knows the browser by now and
sends it straight back: signing in once is enough. A token that has expired is good for nothing. The price: where the
one provider is down, nobody new gets in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from authpatterns.authn.carry import bearer_token, no_session
from authpatterns.authn.forms import confirm, fill_in
from authpatterns.authn.idp import Client, IdentityProvider
from authpatterns.authn.oidc import ISSUER
from authpatterns.authn.relying_party import SESSION_COOKIE, RelyingParty
from authpatterns.authn.verifier import JwtVerifier, forward_bearer
from authpatterns.browser import SAFE_METHODS, Browser, FrontEnd
from authpatterns.messages import Request, Response, Url
from authpatterns.node import Handler, Middleware, Node
from authpatterns.pattern import SHOP, Authentication, Plan
from authpatterns.service import Service


@dataclass(frozen=True)
class Sso(Authentication):
    """Each service delegates signing in to the identity provider.

    Attributes:
        sites: Names of the services that are registered with the provider; all of them unless given.
        lifetime: Of an access token, in seconds.
        site_session: Of a session at a service, in seconds; never longer than the access token's.
        idp_session: Of the sign-in at the provider, in seconds: after that the password is asked for again.
        scopes: What the services ask for.
        jwks_ttl: For how many seconds a service uses its copy of the provider's keys.
        provider: The issuer whom the services believe. Another than the model's has to be there for real.
    """

    name: ClassVar[str] = "sso"
    issuer: ClassVar[str] = "idp"

    sites: tuple[str, ...] = ()
    lifetime: int = 900
    site_session: int = 900
    idp_session: int = 8 * 3600
    scopes: tuple[str, ...] = ("openid", "profile")
    jwks_ttl: int = 300
    provider: str = ISSUER

    @property
    def credential_lifetime(self) -> float:
        """A session at a service ends with its access token at the latest."""
        return min(self.site_session, self.lifetime)

    @property
    def revocation_window(self) -> float:
        """None: the provider tells the services behind the browser's back."""
        return 0

    @property
    def key_cache(self) -> float:
        """Each service keeps a copy of the provider's keys."""
        return self.jwks_ttl

    def nodes(self, plan: Plan) -> Sequence[Node]:
        """One identity provider, with every service registered."""
        clients = [self.client(site) for site in self._sites(plan)]
        return [IdentityProvider(plan.users, clients, lifetime=self.lifetime, session_lifetime=self.idp_session)]

    def places(self, plan: Plan) -> dict[tuple[str, str], str]:
        """The provider, and each service with all of its own origin."""
        sites = {(site_origin(site), ""): site for site in self._sites(plan)}
        return {(Url.parse(self.provider).origin, ""): "idp", **sites}

    def front_end(self) -> FrontEnd:
        """People click links and fill in forms."""
        return SitePages()

    def origin(self, service: Service) -> str:
        """A site of its own."""
        return site_origin(service.name)

    def _sites(self, plan: Plan) -> tuple[str, ...]:
        return self.sites or tuple(service.name for service in plan.services)

    def client(self, site: str) -> Client:
        """The registration of one service."""
        origin = site_origin(site)
        return Client(
            id=site,
            secret=f"{site}'s demonstration secret, not for real use",
            redirect_uris=(f"{origin}/sso/callback",),
            scopes=self.scopes,
            post_logout_redirect_uris=(f"{origin}/sso/signed-out",),
            backchannel_logout_uri=f"{origin}/sso/back-channel-logout",
        )

    def at_service(self, service: Service) -> Sequence[Middleware]:
        """The pages that every site has for signing in and out; then: who is asking?"""
        client, lifetime = self.client(service.name), self.site_session
        site = RelyingParty(service, client, issuer=self.provider, lifetime=lifetime, jwks_ttl=self.jwks_ttl)
        verifier = JwtVerifier(service, site.provider, self.provider, SHOP)

        async def pages(request: Request, proceed: Handler) -> Response:
            match request.method, request.path:
                case "GET", "/sso/sign-in":
                    wanted = request.query.get("return_to", "/sso/session")
                    return await site.send_to_provider(request, wanted, silent=request.query.get("silent") == "yes")
                case "GET", "/sso/callback":
                    return await site.callback(request)
                case "POST", "/sso/sign-out":
                    return await site.sign_out(request)
                case "POST", "/sso/back-channel-logout":
                    return await site.back_channel_logout(request)
                case "GET", "/sso/signed-out":
                    return Response.of({"signed_in": None})
            return await proceed(request)

        async def authenticate(request: Request, proceed: Handler) -> Response:
            if "authorization" in request.headers:  # another service, on somebody's behalf
                token = bearer_token(request, SESSION_COOKIE)
                return await proceed(request.on_behalf_of(await verifier.principal(token)))
            session = site.session(request)
            if session is None and is_navigation(request):
                return await site.send_to_provider(request, request.target, silent=True)
            if session is None:
                raise no_session(request, SESSION_COOKIE)
            service.note("session.found", subject=session.principal.subject)
            if request.path == "/sso/session":
                return Response.of({"signed_in": session.principal.subject})
            return await proceed(request.on_behalf_of(session.principal))

        return [pages, authenticate]

    def on_behalf(self, service: Service) -> Sequence[Middleware]:
        """Forward the access token to the next service."""
        return [forward_bearer]


def site_origin(site: str) -> str:
    """Where browsers find a service that is a site of its own."""
    return SHOP.replace("://", f"://{site}.")


def is_navigation(request: Request) -> bool:
    """Whether somebody goes to a page, as against a script that fetches something (W3C Fetch Metadata)."""
    return request.method == "GET" and request.headers.get("sec-fetch-mode") == "navigate"


def home(browser: Browser) -> str:
    """The site where somebody at `browser` begins: that of the first service."""
    return next(iter(browser.addresses.values()))


class SitePages:
    """What a person does in the browser: follow links, fill in the provider's form. They begin at the first site."""

    async def sign_in(self, browser: Browser, username: str, password: str) -> Response:
        """Go to the site's sign-in page, which leads to the provider, and fill in its form if there is one."""
        return await fill_in(browser, await browser.visit(f"{home(browser)}/sso/sign-in"), username, password)

    async def send(self, browser: Browser, request: Request) -> Response:
        """A plain GET is a page to go to; anything else a script sends."""
        address = browser.address(request.target)
        if request == Request.get(request.target):
            return await browser.visit(address)
        site = Url.parse(address).origin
        answer = await browser.fetch(address, request, page=site)
        if answer.status == 401 and request.method not in SAFE_METHODS and "authorization" not in request.headers:
            signed_in = await browser.visit(f"{site}/sso/sign-in?silent=yes")
            answer = await browser.fetch(address, request, page=site) if signed_in.ok else answer
        return answer

    async def refresh(self, browser: Browser) -> Response:
        """A new session at the first site, without a password: the provider still knows the browser."""
        return await browser.visit(f"{home(browser)}/sso/sign-in?silent=yes")

    async def sign_out(self, browser: Browser, *, everywhere: bool = False) -> Response:
        """Sign out at the first site, which leads to the provider, which tells the others."""
        form = {"everywhere": "yes"} if everywhere else {}
        return await confirm(browser, await browser.visit(f"{home(browser)}/sso/sign-out", form, page=home(browser)))
