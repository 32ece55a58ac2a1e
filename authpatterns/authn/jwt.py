"""JWT pattern (JWTパターン, 分散パターン): the client carries a signed token, and every service checks it alone.

One auth service knows the passwords and signs the tokens. The page keeps the token, in Web Storage or in a cookie,
and sends it along. A service needs the auth service only for its public keys, once in a while, so there is nothing to
ask per request and nothing to share between containers. The price: a token that is out there is good until it
expires.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from authpatterns.authn.auth_service import AUDIENCE, ISSUER, JWKS_PATH, AuthService
from authpatterns.authn.carry import bearer_token
from authpatterns.authn.delivery import access_cookie, delivery, page
from authpatterns.authn.denylist import DENYLIST, DenyingAuthService, refuse_ended
from authpatterns.authn.jwks import JwksCache
from authpatterns.authn.verifier import JwtVerifier, forward_bearer
from authpatterns.browser import FrontEnd
from authpatterns.messages import Request, Response
from authpatterns.node import Handler, Middleware, Node
from authpatterns.pattern import SHOP, Authentication, Plan
from authpatterns.service import Service
from authpatterns.store_node import StoreNode


@dataclass(frozen=True)
class Jwt(Authentication):
    """Every microservice verifies the token by itself.

    Attributes:
        keep: Where the page keeps the token: "local" or "session" (Web Storage), or "cookie" (`HttpOnly`).
        lifetime: Of an access token, in seconds.
        refresh_lifetime: Seconds after which the password is asked for again.
        jwks_ttl: For how many seconds a service uses its copy of the public keys.
        denylist: Whether services ask, on every request, if the sign-in has been ended. The list must outlive a
            restart: what it forgets is good again.
    """

    name: ClassVar[str] = "jwt"
    issuer: ClassVar[str] = "auth"

    keep: Literal["local", "session", "cookie"] = "local"
    lifetime: int = 900
    refresh_lifetime: int = 8 * 3600
    jwks_ttl: int = 300
    denylist: bool = False

    @property
    def credential_lifetime(self) -> float:
        """The token's own."""
        return self.lifetime

    @property
    def revocation_window(self) -> float:
        """A token that is out there lives on, unless somebody asks the denylist."""
        return 0 if self.denylist else self.lifetime

    @property
    def key_cache(self) -> float:
        """Each service keeps a copy."""
        return self.jwks_ttl

    def nodes(self, plan: Plan) -> Sequence[Node]:
        """One auth service, and the denylist where it is wanted."""
        settings = plan.users, delivery(self.keep), self.lifetime, self.refresh_lifetime
        return [DenyingAuthService(*settings), StoreNode(DENYLIST)] if self.denylist else [AuthService(*settings)]

    def places(self, plan: Plan) -> dict[tuple[str, str], str]:
        """The auth service is reached beside the services."""
        return {(SHOP, "/auth"): "auth"}

    def front_end(self) -> FrontEnd:
        """The page keeps the token, or its cookie does."""
        return page(self.keep)

    def at_service(self, service: Service) -> Sequence[Middleware]:
        """Verify the token, and learn from it who is asking."""
        jwks = JwksCache(service, "auth", JWKS_PATH, self.jwks_ttl)
        verifier = JwtVerifier(service, jwks, ISSUER, AUDIENCE)

        async def authenticate(request: Request, proceed: Handler) -> Response:
            token = bearer_token(request, access_cookie(self.keep))
            principal = await verifier.principal(token)
            if self.denylist:
                await refuse_ended(service, principal)
            return await proceed(request.on_behalf_of(principal))

        return [authenticate]

    def on_behalf(self, service: Service) -> Sequence[Middleware]:
        """Forward the token to the next service."""
        return [forward_bearer]
