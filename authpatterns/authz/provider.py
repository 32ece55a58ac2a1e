"""The external authorization provider: it knows which scopes a role brings, and writes them into access tokens.

It speaks token exchange (RFC 8693): a microservice brings proof of the person and gets a token that says what the
person may do there. Two kinds of proof are taken:

1. The microservice's own signed statement that this person is asking it. That gets a token for this microservice only.
2. A token that this provider has issued to this microservice. That gets a narrower token for the next one.

A scope names a kind of action (`order:read`), never a thing: whose order it is, only the owner of the orders knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from authpatterns import tokens
from authpatterns.authz import machine
from authpatterns.errors import Refused, TokenRefused
from authpatterns.keys import KeyRing, demo_key
from authpatterns.messages import Request, Response
from authpatterns.node import Node, route
from authpatterns.stores import UserStore

PROVIDER = "authz-provider"
ISSUER = "https://authz.example"
JWKS_PATH = "/jwks.json"
TOKEN_PATH = "/token"

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
JWT = "urn:ietf:params:oauth:token-type:jwt"
CLIENT_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

SCOPES: Mapping[str, tuple[str, ...]] = {
    "customer": ("order:annotate", "order:read", "payment:read", "shipment:read"),
    "clerk": ("order:read", "shipment:dispatch", "shipment:read"),
    "manager": ("order:read-cost", "payment:read", "payment:refund"),
}
"""What each role of the bookshop brings."""

CLIENTS: Mapping[str, tuple[str, ...]] = {"orders": ("shipping",)}
"""Whom a microservice of the bookshop may call on a person's behalf."""


class NoExchange(Refused):
    """An answer of RFC 6749 section 5.2: `error` says what is wrong."""

    def __init__(self, error: str, reason: str) -> None:
        super().__init__(f"exchange.{reason}", status=401 if error == "invalid_client" else 400, error=error)
        self.error = error


class AuthzProvider(Node):
    """Exchanges proof of a person for a token with scopes.

    Args:
        users: Who has which role.
        scopes: Which scopes a role brings.
        clients: The registered microservices, and whom each may call.
        lifetime: Of a token, in seconds.
    """

    kind = "authz-provider"
    zone = "outside"

    def __init__(
        self,
        users: UserStore,
        scopes: Mapping[str, tuple[str, ...]],
        clients: Mapping[str, tuple[str, ...]],
        lifetime: int,
    ) -> None:
        super().__init__(PROVIDER)
        self.users, self.scopes, self.clients, self.lifetime = users, scopes, clients, lifetime
        self.keys = KeyRing([demo_key(number=1)])

    @route("GET", JWKS_PATH)
    async def jwks(self, request: Request) -> Response:
        """The public keys."""
        return Response.of(self.keys.jwks())

    @route("POST", TOKEN_PATH)
    async def token(self, request: Request) -> Response:
        """RFC 8693 section 2: proof in, token out."""
        try:
            return self._exchange(request.form())
        except NoExchange as refusal:
            self.note(refusal.code, **refusal.evidence)
            return Response.of({"error": refusal.error}, refusal.status, {"cache-control": "no-store"})

    def _exchange(self, form: dict[str, str]) -> Response:
        client = self._client(form)
        if form.get("grant_type") != EXCHANGE:
            raise NoExchange("unsupported_grant_type", "grant-type")
        if form.get("requested_token_type", ACCESS_TOKEN) != ACCESS_TOKEN:
            raise NoExchange("invalid_request", "token-type")
        if (
            "actor_token" in form or "actor_token_type" in form
        ):  # the client itself is the actor, and has said so already
            raise NoExchange("invalid_request", "actor")
        subject, bounds, act = self._proof(form, client)
        audience = self._audience(form, client, first=act is None)
        granted = self._scope(form.get("scope"), bounds)
        return self._hand_out(subject, client, audience, granted, act)

    # --- who is asking, for whom, for what

    def _client(self, form: dict[str, str]) -> str:
        """The microservice that asks (RFC 7523 section 2.2)."""
        assertion = form.get("client_assertion", "")
        try:
            client = tokens.key_id(assertion)
            if form.get("client_assertion_type") == CLIENT_ASSERTION and client in self.clients:
                machine.check(assertion, client, ISSUER, self.now)
                return client
        except TokenRefused as flaw:
            raise NoExchange("invalid_client", "client") from flaw
        raise NoExchange("invalid_client", "client")

    def _proof(self, form: dict[str, str], client: str) -> tuple[str, tuple[str, ...], dict[str, Any] | None]:
        """The person, the scopes that this proof can bring at most, and who acts for the person from now on."""
        proof, kind = form.get("subject_token", ""), form.get("subject_token_type", "")
        try:
            if kind == JWT:
                claims = machine.check(proof, client, ISSUER, self.now)
                return str(claims["sub"]), self._scopes_of(str(claims["sub"])), None
            if kind == ACCESS_TOKEN:
                return self._narrowed(self._own_token(proof, client), client)
        except TokenRefused as flaw:
            self.note(flaw.code, **flaw.evidence)
            raise NoExchange("invalid_request", "subject") from flaw
        raise NoExchange("invalid_request", "subject-type")

    def _own_token(self, proof: str, client: str) -> dict[str, Any]:
        """A token from here, for the client: one that was issued to another is of no use to it."""
        keys = self.keys.key_set()
        return tokens.verify(proof, keys, issuer=ISSUER, audience=client, now=self.now, typ="at+jwt")

    def _narrowed(self, claims: dict[str, Any], client: str) -> tuple[str, tuple[str, ...], dict[str, Any]]:
        """What is left of a token: never more than it says, nor than the person still may."""
        if claims.get("may_act", {}).get("sub") != client:  # RFC 8693 section 4.4
            raise NoExchange("invalid_request", "may-act")
        still = self._scopes_of(str(claims["sub"]))
        kept = tuple(scope for scope in str(claims.get("scope", "")).split() if scope in still)
        earlier = {"act": claims["act"]} if "act" in claims else {}  # only the outermost counts (section 4.1)
        return str(claims["sub"]), kept, {"sub": client, **earlier}

    def _audience(self, form: dict[str, str], client: str, *, first: bool) -> str:
        allowed = (client,) if first else self.clients[client]
        audience = form.get("audience", "")
        if audience not in allowed:
            raise NoExchange("invalid_target", "target")
        return audience

    def _scope(self, wanted: str | None, bounds: tuple[str, ...]) -> tuple[str, ...]:
        """What was asked for; all there is, where nothing was."""
        if wanted is None:
            return bounds
        scopes = tuple(sorted(set(wanted.split())))
        if not scopes or not set(scopes) <= set(bounds):
            raise NoExchange("invalid_scope", "scope")
        return scopes

    def _scopes_of(self, name: str) -> tuple[str, ...]:
        user = self.users.find(name)
        roles = user.roles if user is not None else ()
        return tuple(sorted({scope for role in roles for scope in self.scopes.get(role, ())}))

    # --- the token

    def _hand_out(
        self, subject: str, client: str, audience: str, scopes: tuple[str, ...], act: dict[str, Any] | None
    ) -> Response:
        now = int(self.now)
        claims = {
            "iss": ISSUER,
            "sub": subject,
            "aud": audience,
            "client_id": client,
            "scope": " ".join(scopes),
            "may_act": {"sub": audience},
            **({"act": act} if act else {}),
            "iat": now,
            "exp": now + self.lifetime,
            "jti": tokens.reference(self.chance, 16),
        }
        granted = ", ".join(scopes) or "-"
        self.note("exchange.granted", subject=subject, audience=audience, scopes=granted, actor=client)
        body = {
            "access_token": tokens.issue(claims, self.keys.signing),
            "issued_token_type": ACCESS_TOKEN,
            "token_type": "Bearer",
            "expires_in": self.lifetime,
            "scope": claims["scope"],
        }
        return Response.of(body, headers={"cache-control": "no-store"})
