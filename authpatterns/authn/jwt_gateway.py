"""JWT + API gateway (JWTとAPIゲートウェイの組み合わせパターン, ゲートウェイ集中パターン): opaque outside, JWT inside.

The auth service gives the client a random reference, the *opaque token*, that only the auth service can read. On
every call the gateway trades it for a short-lived JWT (token introspection, RFC 7662, in the phantom-token form) and
sends that on, so the services verify alone as in the JWT pattern. Deleting the reference ends everything at once,
which is what the JWT pattern cannot do. The price: the gateway asks on every call, or remembers the answer for a
while, and then a revoked token lives on for that while.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from authpatterns import tokens
from authpatterns.authn.auth_service import AUDIENCE, ISSUER, JWKS_PATH, AuthService
from authpatterns.authn.carry import bearer, bearer_token
from authpatterns.authn.delivery import access_cookie, delivery, page
from authpatterns.authn.jwks import JwksCache
from authpatterns.authn.verifier import JwtVerifier, forward_bearer
from authpatterns.browser import FrontEnd
from authpatterns.errors import Refused, Unreachable
from authpatterns.gateway import Gateway
from authpatterns.messages import Request, Response, below
from authpatterns.node import Handler, Middleware, Node, route
from authpatterns.pattern import SHOP, Authentication, Plan
from authpatterns.service import Service
from authpatterns.stores import Reference, References, User

GATEWAY_CREDENTIAL = "Basic " + b64encode(b"gateway:a demonstration secret, not for real use").decode()
"""How the gateway proves to the introspection endpoint that it is the gateway (RFC 7662 section 2.1)."""

INTROSPECTION = "/internal/introspect"
ON_THE_WAY = 2
"""A JWT is not remembered for its last two seconds: it has to reach the services before it expires."""


@dataclass(frozen=True)
class JwtGateway(Authentication):
    """The gateway trades an opaque token for a JWT on every call.

    Attributes:
        keep: Where the page keeps the opaque token: "local" or "session" (Web Storage), or "cookie" (`HttpOnly`).
        lifetime: Of an opaque token, in seconds.
        refresh_lifetime: Seconds after which the password is asked for again.
        inner_lifetime: Of a JWT inside, in seconds.
        cache: For how many seconds the gateway remembers an introspection answer; 0 asks every time.
        jwks_ttl: For how many seconds a service uses its copy of the public keys.
    """

    name: ClassVar[str] = "jwt-gateway"
    has_gateway: ClassVar[bool] = True
    issuer: ClassVar[str] = "auth"

    keep: Literal["local", "session", "cookie"] = "local"
    lifetime: int = 900
    refresh_lifetime: int = 8 * 3600
    inner_lifetime: int = 60
    cache: int = 0
    jwks_ttl: int = 300

    @property
    def credential_lifetime(self) -> float:
        """The reference's own."""
        return self.lifetime

    @property
    def revocation_window(self) -> float:
        """As long as the gateway remembers, and no longer than the JWT inside."""
        return min(self.cache, self.inner_lifetime)

    @property
    def key_cache(self) -> float:
        """Each service keeps a copy."""
        return self.jwks_ttl

    def nodes(self, plan: Plan) -> Sequence[Node]:
        """One auth service that hands out references."""
        settings = plan.users, delivery(self.keep), self.lifetime, self.refresh_lifetime
        return [OpaqueAuthService(*settings, inner_lifetime=self.inner_lifetime)]

    def places(self, plan: Plan) -> dict[tuple[str, str], str]:
        """Sign-in goes through the gateway too."""
        return {(SHOP, "/auth"): "gateway"}

    def front_end(self) -> FrontEnd:
        """The page handles the opaque token as it would handle any other."""
        return page(self.keep)

    def at_gateway(self, gateway: Gateway) -> Sequence[Middleware]:
        """Trade the opaque token for a JWT; `/auth` itself is open."""
        gateway.upstreams["/auth"] = "auth"
        introspector = Introspector(gateway, self.cache)

        async def trade(request: Request, proceed: Handler) -> Response:
            if below(request.path, "/auth"):
                return await proceed(request)
            opaque = bearer_token(request, access_cookie(self.keep))
            jwt = await introspector.jwt(opaque)
            return await proceed(request.without_headers("cookie").with_header("authorization", bearer(jwt)))

        return [trade]

    def at_service(self, service: Service) -> Sequence[Middleware]:
        """Verify the JWT: whoever gets past the gateway gets no further without one."""
        verifier = JwtVerifier(service, JwksCache(service, "auth", JWKS_PATH, self.jwks_ttl), ISSUER, AUDIENCE)

        async def authenticate(request: Request, proceed: Handler) -> Response:
            return await proceed(request.on_behalf_of(await verifier.principal(bearer_token(request))))

        return [authenticate]

    def on_behalf(self, service: Service) -> Sequence[Middleware]:
        """Forward the JWT to the next service."""
        return [forward_bearer]


class OpaqueAuthService(AuthService):
    """Hands out references, and tells the gateway alone what they stand for."""

    def __init__(self, *settings: object, inner_lifetime: int) -> None:
        super().__init__(*settings)  # type: ignore[arg-type]
        self.inner_lifetime = inner_lifetime
        self.references = References()

    def access_token(self, user: User, family: str) -> str:
        """A random reference."""
        opaque = tokens.reference(self.chance)
        self.references.add(opaque, Reference(user.name, family, int(self.now) + self.lifetime))
        return opaque

    async def end(self, families: Sequence[str]) -> None:
        """End these sign-ins: their references mean nothing from now on."""
        await super().end(families)
        for family in families:
            self.references.end_family(family)

    def note_ended(self, user: str) -> None:
        """The opaque tokens have ended as well."""
        self.note("sign-out.ended-with-tokens", subject=user)

    @route("POST", INTROSPECTION)
    async def introspect(self, request: Request) -> Response:
        """What a reference stands for (RFC 7662). Why one is inactive is nobody's business.

        Raises:
            Refused: 401, the caller is not the gateway.
        """
        if not hmac.compare_digest(
            request.headers.get("authorization").encode("utf-8", "replace"), GATEWAY_CREDENTIAL.encode()
        ):
            raise Refused("introspection.caller")
        found = self.references.find(request.form().get("token", ""), self.now)
        user = self.users.find(found.user) if found else None
        if found is None or user is None:
            self.note("introspection.answered-inactive")
            return Response.of({"active": False})
        expires = min(int(self.now) + self.inner_lifetime, found.expires)
        jwt = self.signed_token(user, found.family, expires)
        return Response.of({"active": True, "sub": user.name, "exp": expires, "jwt": jwt})


class Introspector:
    """The gateway's question, and its memory of the answers.

    Args:
        gateway: Who asks.
        cache: For how many seconds an answer is remembered, and never beyond its `exp` (RFC 7662 section 4).
    """

    def __init__(self, gateway: Gateway, cache: int) -> None:
        self.gateway, self.cache = gateway, cache
        self._known: dict[str, tuple[float, str]] = {}

    async def jwt(self, opaque: str) -> str:
        """The JWT that `opaque` stands for.

        Raises:
            Refused: 401, it stands for nothing.
            NetworkError: the auth service does not answer, so nothing is known and nothing is allowed.
        """
        now = self.gateway.now
        until, jwt = self._known.get(opaque, (0.0, ""))
        if now < until:
            self.gateway.note("introspection.remembered", seconds_left=int(until - now))
            return jwt
        expires, jwt = await self._ask(opaque)
        if self.cache:
            self._forget_old(now)
            self._known[opaque] = min(now + self.cache, expires - ON_THE_WAY), jwt
        return jwt

    async def _ask(self, opaque: str) -> tuple[float, str]:
        request = Request.post(INTROSPECTION, {"authorization": GATEWAY_CREDENTIAL}, form={"token": opaque})
        answer = await self.gateway.call("auth", request)
        body = answer.json()
        if answer.status != 200 or not isinstance(body, dict):
            raise Unreachable("introspection.unusable", target="auth", status=answer.status)
        if body.get("active") is not True:
            raise Refused("introspection.inactive")
        expires, jwt = body.get("exp"), body.get("jwt")
        if not isinstance(expires, int) or not isinstance(jwt, str):
            raise Unreachable("introspection.unusable", target="auth", status=answer.status)
        self.gateway.note(
            "introspection.converted", subject=str(body.get("sub")), seconds_left=int(expires - self.gateway.now)
        )
        return expires, jwt

    def _forget_old(self, now: float) -> None:
        self._known = {opaque: known for opaque, known in self._known.items() if now < known[0]}
