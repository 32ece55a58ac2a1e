"""JWT pattern (JWTパターン, 分散パターン): the client carries a signed token, and every service checks it alone.

One auth service knows the passwords and signs the tokens. The page keeps the token, in Web Storage or in a cookie, and
sends it along. A service needs the auth service only for its public keys, once in a while, so there is nothing to ask per
request and nothing to share between containers. The price: a token that is out there is good until it expires.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from authpatterns import tokens
from authpatterns.authn.auth_service import AUDIENCE, ISSUER, JWKS_PATH, AuthService
from authpatterns.authn.carry import bearer_token
from authpatterns.authn.jwks import JwksCache
from authpatterns.authn.token_pages import ACCESS_COOKIE, CookieAuthService, CookiePage, StoragePage
from authpatterns.browser import FrontEnd
from authpatterns.messages import Principal, Request, Response
from authpatterns.node import Handler, Middleware, Node
from authpatterns.pattern import SHOP, Authentication
from authpatterns.service import Service
from authpatterns.stores import UserStore


@dataclass(frozen=True)
class Jwt(Authentication):
    """Every microservice verifies the token by itself.

    Attributes:
        keep: Where the page keeps the token: "local" or "session" (Web Storage), or "cookie" (`HttpOnly`).
        lifetime: Of an access token, in seconds.
        refresh_lifetime: Seconds after which the password is asked for again.
        jwks_ttl: For how many seconds a service uses its copy of the public keys.
    """

    name: ClassVar[str] = "jwt"

    keep: Literal["local", "session", "cookie"] = "local"
    lifetime: int = 900
    refresh_lifetime: int = 8 * 3600
    jwks_ttl: int = 300

    def nodes(self, users: UserStore) -> Sequence[Node]:
        """One auth service."""
        auth = CookieAuthService if self.keep == "cookie" else AuthService
        return [auth(users, self.lifetime, self.refresh_lifetime)]

    def places(self) -> dict[tuple[str, str], str]:
        """The auth service is reached beside the services."""
        return {(SHOP, "/auth"): "auth"}

    def front_end(self) -> FrontEnd:
        """The page keeps the token, or its cookie does."""
        return CookiePage() if self.keep == "cookie" else StoragePage(self.keep)

    def at_service(self, service: Service) -> Sequence[Middleware]:
        """Verify the token, and learn from it who is asking."""
        jwks = JwksCache(service, "auth", JWKS_PATH, self.jwks_ttl)
        cookie = ACCESS_COOKIE if self.keep == "cookie" else ""

        async def authenticate(request: Request, proceed: Handler) -> Response:
            token = bearer_token(request, cookie)
            keys = await jwks.keys(tokens.key_id(token))
            claims = tokens.verify(
                token, keys, issuer=ISSUER, audience=AUDIENCE, algorithms=("RS256",), now=service.now, typ="at+jwt"
            )
            service.note("token.verified", subject=claims["sub"], seconds_left=int(claims["exp"] - service.now))
            return await proceed(request.on_behalf_of(Principal.from_claims(claims, token)))

        return [authenticate]

    def on_behalf(self, service: Service) -> Sequence[Middleware]:
        """Forward the token to the next service."""

        async def forward(request: Request, proceed: Handler) -> Response:
            if request.principal is not None:
                request = request.with_header("authorization", f"Bearer {request.principal.credential}")
            return await proceed(request)

        return [forward]
