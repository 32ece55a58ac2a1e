"""The one microservice that knows passwords and issues JWTs."""

from __future__ import annotations

from typing import Any

from authpatterns import tokens
from authpatterns.keys import KeyRing, demo_key
from authpatterns.messages import Request, Response
from authpatterns.node import Node, route
from authpatterns.pattern import SHOP
from authpatterns.stores import Grant, RefreshTokens, User, UserStore

ISSUER = f"{SHOP}/auth"
AUDIENCE = SHOP
CLIENT = "shop-page"
JWKS_PATH = "/auth/jwks.json"


class AuthService(Node):
    """Checks passwords, issues access tokens (RFC 9068) and refresh tokens, publishes its public keys.

    Args:
        users: The accounts.
        lifetime: Of an access token, in seconds.
        refresh_lifetime: Of a sign-in: after so many seconds the password is asked for again.
    """

    kind = "auth"

    def __init__(self, users: UserStore, lifetime: int, refresh_lifetime: int) -> None:
        super().__init__("auth")
        self.users = users
        self.lifetime, self.refresh_lifetime = lifetime, refresh_lifetime
        self.keys = KeyRing([demo_key()])
        self.refresh_tokens = RefreshTokens()

    @route("GET", JWKS_PATH)
    async def jwks(self, request: Request) -> Response:
        """The public keys (RFC 7517)."""
        return Response.of(self.keys.jwks())

    @route("POST", "/auth/sign-in")
    async def sign_in(self, request: Request) -> Response:
        """Password in, tokens out."""
        form = request.form()
        user = self.users.check(form.get("username", ""), form.get("password", ""))
        self.note("sign-in.checked", subject=user.name)
        return self.hand_out(user, family=tokens.reference(self.chance))

    @route("POST", "/auth/refresh")
    async def refresh(self, request: Request) -> Response:
        """Refresh token in, new tokens out."""
        grant = self.refresh_tokens.redeem(self.refresh_token(request), CLIENT, self.now)
        user = self.users.find(grant.user)
        assert user is not None
        return self.hand_out(user, grant.family)

    @route("POST", "/auth/sign-out")
    async def sign_out(self, request: Request) -> Response:
        """End the sign-in: no more refresh. An access token that is out there lives on until it expires."""
        grant = self.refresh_tokens.find(self.refresh_token(request))
        if grant is not None:
            self.refresh_tokens.end_family(grant.family)
            self.note("sign-out.family-ended", subject=grant.user)
        return self.signed_out()

    # --- what a variant of the pattern may do in another way

    def refresh_token(self, request: Request) -> str:
        """The refresh token of `request`."""
        return request.form().get("refresh_token", "")

    def hand_out(self, user: User, family: str) -> Response:
        """New tokens, in the body."""
        return Response.of(
            {
                "access_token": self.access_token(user),
                "token_type": "Bearer",
                "expires_in": self.lifetime,
                "refresh_token": self.new_refresh_token(user, family),
            }
        )

    def signed_out(self) -> Response:
        """The answer to a sign-out."""
        return Response(204)

    # --- tokens

    def access_token(self, user: User, **more: Any) -> str:
        """A signed access token for `user`."""
        now = int(self.now)
        claims = {
            "iss": ISSUER,
            **user.claims(),
            "aud": AUDIENCE,
            "client_id": CLIENT,
            "iat": now,
            "exp": now + self.lifetime,
            "jti": tokens.reference(self.chance, 16),
            **more,
        }
        return tokens.issue(claims, self.keys.signing)

    def new_refresh_token(self, user: User, family: str) -> str:
        """A refresh token of `family`. Its time runs from the sign-in, not from the last refresh."""
        token = tokens.reference(self.chance)
        expires = self.refresh_tokens.expiry(family, self.now + self.refresh_lifetime)
        self.refresh_tokens.add(token, Grant(user.name, CLIENT, (), family, expires))
        return token
