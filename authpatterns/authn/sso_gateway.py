"""SSO behind an API gateway (SSOパターン, Kong GatewayとKeycloak): the page signs in, the gateway decides.

On the first visit the front end sends its authorization request straight to the identity provider, and the JWT it gets
is kept in a cookie. From then on the page's requests go to the API gateway, which has the JWT's signature checked: it
forwards the token to the provider (introspection), or checks it by itself with the provider's public keys. Depending on
the result the request is routed to its microservice or not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, Protocol

from authpatterns.authn.carry import bearer, bearer_token, same_origin
from authpatterns.authn.code_page import CodePage
from authpatterns.authn.discovery import Provider
from authpatterns.authn.idp import Client, IdentityProvider
from authpatterns.authn.oidc import ISSUER
from authpatterns.authn.relying_party import basic
from authpatterns.authn.verifier import JwtVerifier, forward_bearer
from authpatterns.browser import FrontEnd, set_cookie
from authpatterns.errors import Refused, Unreachable
from authpatterns.gateway import Gateway
from authpatterns.messages import Headers, Principal, Request, Response, Url
from authpatterns.node import Handler, Middleware, Node
from authpatterns.pattern import SHOP, Authentication, Plan
from authpatterns.service import Service

ACCESS_COOKIE = "__Host-access"

PAGE = Client(
    id="shop-page",
    redirect_uris=(f"{SHOP}/callback",),
    post_logout_redirect_uris=(f"{SHOP}/signed-out",),
)
"""The page is a public client: it cannot keep a secret, so PKCE is all it has."""

GATEWAY = Client(id="gateway", secret="the gateway's demonstration secret, not for real use", serves=(SHOP,))
"""The gateway answers for the shop as a resource server, so the provider tells it about the shop's tokens."""


@dataclass(frozen=True)
class SsoGateway(Authentication):
    """The page signs in at the identity provider; the gateway checks the JWT on every request.

    Attributes:
        verify: "introspection": the gateway forwards the token to the provider. "jwks": it checks the signature itself.
        cookie: Who writes the cookie with the JWT. "gateway": the page hands the JWT over once, and no script can read
            it afterwards (`HttpOnly`). "page": a script writes it, so every script can read it.
        lifetime: Of a JWT, in seconds.
        idp_session: Of the sign-in at the provider, in seconds: after that the password is asked for again.
        scopes: What the page asks for.
        jwks_ttl: For how many seconds gateway and services use their copies of the provider's keys.
        provider: The issuer whom all believe. Another than the model's has to be there for real.
    """

    name: ClassVar[str] = "sso-gateway"
    has_gateway: ClassVar[bool] = True
    issuer: ClassVar[str] = "idp"

    verify: Literal["introspection", "jwks"] = "introspection"
    cookie: Literal["gateway", "page"] = "gateway"
    lifetime: int = 900
    idp_session: int = 8 * 3600
    scopes: tuple[str, ...] = ("openid", "profile")
    jwks_ttl: int = 300
    provider: str = ISSUER

    @property
    def credential_lifetime(self) -> float:
        """A JWT is good until it expires."""
        return self.lifetime

    @property
    def revocation_window(self) -> float:
        """Who asks the provider learns of a sign-out at once; who does not, when the JWT expires."""
        return 0 if self.verify == "introspection" else self.lifetime

    @property
    def key_cache(self) -> float:
        """Gateway and services keep copies of the provider's keys."""
        return self.jwks_ttl

    def nodes(self, plan: Plan) -> Sequence[Node]:
        """One identity provider; the page and the gateway are registered with it."""
        clients = [replace(PAGE, scopes=self.scopes), GATEWAY]
        return [IdentityProvider(plan.users, clients, lifetime=self.lifetime, session_lifetime=self.idp_session)]

    def places(self, plan: Plan) -> dict[tuple[str, str], str]:
        """The provider, and the page itself, which the gateway serves."""
        pages = {(SHOP, path): "gateway" for path in ("/callback", "/session", "/signed-out")}
        return {(Url.parse(self.provider).origin, ""): "idp", **pages}

    def front_end(self) -> FrontEnd:
        """The page does the code flow."""
        page = replace(PAGE, scopes=self.scopes)
        return CodePage(page, self.provider, SHOP, ACCESS_COOKIE, by_script=self.cookie == "page")

    def at_gateway(self, gateway: Gateway) -> Sequence[Middleware]:
        """Clean the request, serve the page, and let nobody through without a good JWT."""
        provider = Provider(gateway, self.provider, self.jwks_ttl)
        local = JwtVerifier(gateway, provider, self.provider, SHOP)
        verifier: Verifier = local if self.verify == "jwks" else Introspection(gateway, provider)

        async def clean(request: Request, proceed: Handler) -> Response:
            return await proceed(replace(request, headers=without_identity(request.headers)))

        async def pages(request: Request, proceed: Handler) -> Response:
            match request.method, request.path:
                case "GET", "/callback" | "/signed-out":  # the page's own address; its script reads the query
                    return Response(200, "<!doctype html><title>shop</title>", PAGE_HEADERS)
                case "POST", "/session":
                    return await keep(request)
                case "DELETE", "/session":
                    same_origin(request)
                    return Response(204).with_header("set-cookie", set_cookie(ACCESS_COOKIE, "", max_age=0))
            return await proceed(request)

        async def keep(request: Request) -> Response:
            """Write the JWT that the page has just been given into a cookie that no script can read."""
            same_origin(request)
            principal = await verifier.principal(bearer_token(request))
            cookie = set_cookie(ACCESS_COOKIE, principal.credential, max_age=self.lifetime)
            return Response.of({"signed_in": principal.subject}).with_header("set-cookie", cookie)

        async def decide(request: Request, proceed: Handler) -> Response:
            principal = await verifier.principal(bearer_token(request, ACCESS_COOKIE))
            inside = request.without_headers("cookie")
            return await proceed(inside.with_header("authorization", bearer(principal.credential)))

        return [clean, pages, decide]

    def at_service(self, service: Service) -> Sequence[Middleware]:
        """Verify the JWT once more: whoever gets past the gateway gets no further without one."""
        verifier = JwtVerifier(service, Provider(service, self.provider, self.jwks_ttl), self.provider, SHOP)

        async def authenticate(request: Request, proceed: Handler) -> Response:
            return await proceed(request.on_behalf_of(await verifier.principal(bearer_token(request))))

        return [authenticate]

    def on_behalf(self, service: Service) -> Sequence[Middleware]:
        """Forward the JWT to the next service."""
        return [forward_bearer]


PAGE_HEADERS = Headers(
    (
        ("content-type", "text/html; charset=utf-8"),
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),  # the callback's address holds the code
    )
)


class Verifier(Protocol):
    """Says whose token it is, or refuses it."""

    async def principal(self, token: str) -> Principal:
        """Who is asking, as `token` says."""


class Introspection:
    """Forwards the token to the provider, which checks it and says whose it is (RFC 7662).

    Args:
        gateway: Who asks.
        provider: Who is asked.
    """

    def __init__(self, gateway: Gateway, provider: Provider) -> None:
        self.gateway, self.provider = gateway, provider

    async def principal(self, token: str) -> Principal:
        """Who is asking, as the provider says now.

        Raises:
            Refused: 401, the provider says that the token is not good, or not good here.
            NetworkError: it does not answer, or not in a way that can be used: nothing is known, nothing is allowed.
        """
        who = {"authorization": basic(GATEWAY)}
        answer = await self.provider.post("introspection_endpoint", {"token": token}, who)
        about = answer.json()
        if answer.status != 200 or not isinstance(about, dict):
            raise Unreachable("introspection.unusable", target=self.provider.issuer, status=answer.status)
        if about.get("active") is not True or not self._for_the_shop(about):
            raise Refused("introspection.inactive")
        self.gateway.note("introspection.active", subject=about["sub"])
        return Principal.from_claims(about, token)

    def _for_the_shop(self, about: dict[str, object]) -> bool:
        """Whether it is this provider's access token for the shop; a refresh token is active too, but opens nothing."""
        audience = about.get("aud")
        meant = SHOP in audience if isinstance(audience, list) else audience == SHOP
        return meant and about.get("iss") == self.provider.issuer and isinstance(about.get("sub"), str)


_IDENTITY = re.compile(
    r"^x-(user|auth|identity|principal|remote|consumer|client|credential|forwarded-user|forwarded-email)"
)


def without_identity(headers: Headers) -> Headers:
    """`headers` without any that names a person: only the gateway may say who somebody is.

    Some servers read `_` as `-`, so both are taken for the same.

    Examples:
        >>> without_identity(Headers.of([("X_User_Id", "bob"), ("X-User", "bob"), ("Accept", "*/*")]))
        Headers(lines=(('accept', '*/*'),))
    """
    return Headers(tuple(line for line in headers if not _IDENTITY.match(line[0].lower().replace("_", "-"))))
