"""Delegation to a provider (認可プロバイダーへの委譲): an outsider says what kinds of action people may do.

The provider writes scopes into an access token for one microservice. The microservice verifies it and refuses with 403
`insufficient_scope` where the scope of the route is missing. A scope names no thing, so whose order it is stays with
the rules of the microservice's own domain.

Who calls the next microservice exchanges the token for a narrower one: for that service alone, with the one scope that
the call needs, naming who acts for the person. The price: an outsider on whom everything depends, and scopes that live
as long as their token.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

from authpatterns import tokens
from authpatterns.authn.jwks import JwksCache
from authpatterns.authz import machine
from authpatterns.authz.enforce import enforce
from authpatterns.authz.provider import (
    ACCESS_TOKEN,
    CLIENT_ASSERTION,
    CLIENTS,
    EXCHANGE,
    ISSUER,
    JWKS_PATH,
    JWT,
    PROVIDER,
    SCOPES,
    TOKEN_PATH,
    AuthzProvider,
)
from authpatterns.errors import Refused
from authpatterns.keys import KeySet
from authpatterns.messages import Principal, Request, Response, below
from authpatterns.node import Handler, Middleware, Node
from authpatterns.pattern import Authorization, Plan
from authpatterns.service import Service

SCOPED_TOKEN = "x-forwarded-access-token"
"""The header in which the scoped token travels from service to service, beside the proof of who is asking."""

RENEW_BEFORE = 5
"""Seconds before its end at which a token is no longer used: it has to last until the next service has looked at it."""


@dataclass(frozen=True)
class Delegated(Authorization):
    """An authorization provider grants scopes; microservices demand them.

    Attributes:
        lifetime: Of a scoped token, in seconds: for as long a withdrawn role goes on working.
        jwks_ttl: For how many seconds a service uses its copy of the provider's public keys.
        timeout: Seconds that a microservice waits for the provider.
        scopes: Which scopes a role brings.
        clients: Whom a microservice may call; one that is not named may call none.
        calls: The microservice and the scope that a call needs, by the path it goes to.
    """

    name: ClassVar[str] = "delegated"
    central: ClassVar[tuple[str, ...]] = (PROVIDER,)
    missing_right: ClassVar[str] = "insufficient_scope"

    lifetime: int = 300
    jwks_ttl: int = 300
    timeout: float = 2.0
    scopes: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: SCOPES)
    clients: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: CLIENTS)
    calls: Mapping[str, tuple[str, str]] = field(default_factory=lambda: {"/shipments": ("shipping", "shipment:read")})

    @property
    def role_window(self) -> float | None:
        """As long as a token lives that was issued before."""
        return self.lifetime

    @property
    def grace(self) -> float:
        """The same, and as long as there are keys to check it with."""
        return min(self.lifetime, self.jwks_ttl)

    def nodes(self, plan: Plan) -> Sequence[Node]:
        """The provider, outside the shop."""
        clients = {service.name: self.clients.get(service.name, ()) for service in plan.services}
        return [AuthzProvider(plan.users, self.scopes, clients, self.lifetime)]

    def at_service(self, service: Service) -> Sequence[Middleware]:
        """Demand the scope of the route, then what the domain demands of the thing."""
        wallet = Wallet(service, self.timeout)
        jwks = JwksCache(service, PROVIDER, JWKS_PATH, self.jwks_ttl)

        async def authorize(request: Request, proceed: Handler) -> Response:
            query, principal = service.query(request), request.principal
            if query is None or principal is None:
                return await proceed(request)
            token = request.headers.get(SCOPED_TOKEN) or await wallet.token_for(principal)
            opened = tokens.opened(token)
            scopes = _scopes(opened, await jwks.keys(opened.kid), principal, service)
            _demand(service, scopes, f"{query.resource.type}:{query.action}")
            enforce(service, query, service.rules.decide(query))
            return await proceed(request.on_behalf_of(replace(principal, scopes=scopes, grant=token)))

        return [authorize]

    def on_behalf(self, service: Service) -> Sequence[Middleware]:
        """Send a narrower token along."""
        wallet = Wallet(service, self.timeout)

        async def narrow(request: Request, proceed: Handler) -> Response:
            target, scope = next((call for path, call in self.calls.items() if below(request.path, path)), ("", ""))
            if target and request.principal is not None:
                token = await wallet.narrower(request.principal.grant, target, scope)
                request = request.with_header(SCOPED_TOKEN, token)
            return await proceed(request)

        return [narrow]


def _scopes(token: tokens.Opened, keys: KeySet, principal: Principal, service: Service) -> tuple[str, ...]:
    """What `token` allows the person who is asking to do here.

    Raises:
        TokenRefused: it is not the provider's, not for this service, or too old.
        Refused: 403, it is somebody else's.
    """
    claims = tokens.verify(token, keys, issuer=ISSUER, audience=service.name, now=service.now, typ="at+jwt")
    if claims["sub"] != principal.subject:
        raise Refused("scope.foreign", status=403, subject=principal.subject, token_subject=claims["sub"])
    return Principal.from_claims(claims).scopes


def _demand(service: Service, scopes: tuple[str, ...], needed: str) -> None:
    """Make sure that `needed` is among `scopes`.

    Raises:
        Refused: 403 `insufficient_scope` (RFC 6750 section 3.1).
    """
    if needed not in scopes:
        raise Refused("scope.insufficient", status=403, scope=needed, granted=", ".join(scopes) or "-")
    service.note("scope.sufficient", scope=needed)


class Wallet:
    """The scoped tokens of one microservice, by what they are for. Each is used until shortly before it expires.

    Args:
        service: Whose it is.
        timeout: Seconds to wait for the provider.
    """

    def __init__(self, service: Service, timeout: float) -> None:
        self.service, self.timeout = service, timeout
        self._tokens: dict[tuple[str, ...], tuple[str, float]] = {}

    async def token_for(self, principal: Principal) -> str:
        """A token for this microservice about whoever is asking it."""
        statement = machine.state(self.service, ISSUER, sub=principal.subject)
        form = {"subject_token": statement, "subject_token_type": JWT, "audience": self.service.name}
        return await self._have((principal.issuer, principal.subject), form, stated=principal.subject)

    async def narrower(self, token: str, audience: str, scope: str) -> str:
        """A token for `audience` that allows `scope` alone, made of one that allows more."""
        form = {"subject_token": token, "subject_token_type": ACCESS_TOKEN, "audience": audience, "scope": scope}
        return await self._have((token, audience, scope), form)

    async def _have(self, key: tuple[str, ...], form: dict[str, str], stated: str = "") -> str:
        """The token of this key; to have it made, the service states who it is, and that `stated` is asking it."""
        now = self.service.now
        self._tokens = {known: kept for known, kept in self._tokens.items() if kept[1] > now}
        if key in self._tokens:
            token, until = self._tokens[key]
            self.service.note("exchange.kept", audience=form["audience"], seconds_left=int(until - now))
            return token
        if stated:
            self.service.note("exchange.stated", client=self.service.name, subject=stated)
        else:
            self.service.note("exchange.offered", client=self.service.name, audience=form["audience"])
        self._tokens[key] = await self._exchange(form)
        return self._tokens[key][0]

    async def _exchange(self, form: dict[str, str]) -> tuple[str, float]:
        """One arrow to the provider: a token, and until when to use it.

        Raises:
            NetworkError: it did not answer; the request ends with 503.
            Refused: 403, it said no, or nothing that can be understood.
        """
        proof = {"client_assertion_type": CLIENT_ASSERTION, "client_assertion": machine.state(self.service, ISSUER)}
        request = Request.post(TOKEN_PATH, form={"grant_type": EXCHANGE, **proof, **form})
        answer = await self.service.call(PROVIDER, request, self.timeout)
        given = answer.json() if isinstance(answer.json(), dict) else {}
        if answer.status == 400 and given.get("error") == "invalid_scope":
            raise Refused("scope.insufficient", status=403, scope=form["scope"], granted="-")
        token, lifetime = given.get("access_token"), given.get("expires_in")
        bearer = given.get("token_type") == "Bearer" and given.get("issued_token_type") == ACCESS_TOKEN
        if answer.status != 200 or not bearer or not isinstance(token, str) or type(lifetime) is not int:
            raise Refused(
                "provider.unusable", status=403, http_status=answer.status, reason=str(given.get("error", "-"))[:40]
            )
        return token, self.service.now + lifetime - RENEW_BEFORE
