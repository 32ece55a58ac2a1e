"""The one microservice that knows passwords and issues tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from authpatterns import tokens
from authpatterns.authn.delivery import Delivery
from authpatterns.errors import Refused
from authpatterns.keys import KeyRing, demo_key
from authpatterns.messages import Request, Response
from authpatterns.node import Node, route
from authpatterns.pattern import SHOP
from authpatterns.stores import Grant, RefreshTokens, User, UserStore

ISSUER = f"{SHOP}/auth"
AUDIENCE = SHOP
CLIENT = "shop-page"
SCOPE = "shop"
JWKS_PATH = "/auth/jwks.json"


class AuthService(Node):
    """Checks passwords, issues access tokens (RFC 9068) and refresh tokens, publishes its public keys.

    What it knows survives a restart: accounts and sign-ins are in its database.

    Args:
        users: The accounts.
        delivery: How tokens reach the page.
        lifetime: Of an access token, in seconds.
        refresh_lifetime: Of a sign-in: after so many seconds the password is asked for again.
    """

    kind = "auth"

    def __init__(self, users: UserStore, delivery: Delivery, lifetime: int, refresh_lifetime: int) -> None:
        super().__init__("auth")
        self.users, self.delivery = users, delivery
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
        self.delivery.guard(request)
        form = request.form()
        user = self.users.check(form.get("username", ""), form.get("password", ""))
        self.note("sign-in.checked", subject=user.name)
        return self.hand_out(user, family=tokens.reference(self.chance, 16), ends=self.now + self.refresh_lifetime)

    @route("POST", "/auth/refresh")
    async def refresh(self, request: Request) -> Response:
        """Refresh token in, new tokens out. The sign-in ends when it would have ended without the refresh."""
        try:
            grant = self.refresh_tokens.redeem(self.delivery.refresh_token(request), CLIENT, self.now)
        except Refused as refusal:
            if refusal.code == "refresh.replayed":  # somebody has a copy: what this sign-in gave must end too
                await self.end([refusal.evidence["family"]])
            raise
        user = self.users.find(grant.user)
        if user is None:
            raise Refused("refresh.unknown")
        self.note("refresh.rotated", subject=user.name)
        return self.hand_out(user, grant.family, grant.expires)

    @route("POST", "/auth/sign-out")
    async def sign_out(self, request: Request) -> Response:
        """End the sign-in; every sign-in of the person only for a refresh token that is still good."""
        token = self.delivery.refresh_token(request)
        grant = self.refresh_tokens.find(token)
        if grant is not None:
            everywhere = bool(request.query.get("everywhere")) and self.refresh_tokens.is_alive(token, self.now)
            await self.end(self.refresh_tokens.families(grant.user) if everywhere else [grant.family])
            self.note_ended(grant.user)
        return self.delivery.signed_out()

    async def end(self, families: Sequence[str]) -> None:
        """End these sign-ins: no more refresh. A signed token that is out there lives on until it expires."""
        for family in families:
            self.refresh_tokens.end_family(family)

    def note_ended(self, user: str) -> None:
        """Write down what a sign-out has ended, and what it has not."""
        self.note("sign-out.ended", subject=user, seconds=self.lifetime)

    # --- tokens

    def hand_out(self, user: User, family: str, ends: float) -> Response:
        """An access token and a refresh token for `user`; the sign-in `family` ends at Unix time `ends`."""
        refresh = tokens.reference(self.chance)
        self.refresh_tokens.add(refresh, Grant(user.name, CLIENT, (SCOPE,), family, ends))
        access = self.access_token(user, family)
        return self.delivery.hand_out(access, self.lifetime, refresh, int(ends - self.now))

    def access_token(self, user: User, family: str) -> str:
        """What the client shows to the shop: here the signed token itself."""
        return self.signed_token(user, family, int(self.now) + self.lifetime)

    def signed_token(self, user: User, family: str, expires: int) -> str:
        """An access token (RFC 9068), good until Unix time `expires`; `sid` names the sign-in it belongs to."""
        claims: dict[str, Any] = {
            "iss": ISSUER,
            **user.claims(),
            "aud": AUDIENCE,
            "client_id": CLIENT,
            "scope": SCOPE,
            "sid": family,
            "iat": int(self.now),
            "exp": expires,
            "jti": tokens.reference(self.chance, 16),
        }
        return tokens.issue(claims, self.keys.signing)
