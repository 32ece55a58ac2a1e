"""AWS JWT authorizer (JWTプロキシーがある場合): the gateway has every JWT checked before it asks the backend.

In eight steps: (1) the page sends a request with a JWT to API Gateway; (2) API Gateway sends it to the JWT
authorizer; (3) the authorizer asks the issuer's JWKS endpoint, and (4) gets the public keys, which it keeps for up to
two hours; (5) it checks the token; (6) API Gateway asks the backend, (7) which answers, (8) and the answer goes to
the page.

The rules are those of the developer guide ("Control access to HTTP APIs with JWT authorizers in API Gateway") and, with
`api="rest"`, of the REST API's JWT authorizer. This is a model built from that documentation; AWS itself was not run.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from authpatterns import tokens
from authpatterns.authn.auth_service import AUDIENCE, ISSUER, JWKS_PATH, AuthService
from authpatterns.authn.delivery import InBody, StoragePage
from authpatterns.authn.jwks import JwksCache
from authpatterns.browser import FrontEnd
from authpatterns.encoding import parse
from authpatterns.errors import Misuse, NetworkError, Refused, TokenRefused
from authpatterns.gateway import Gateway
from authpatterns.messages import Principal, Request, Response
from authpatterns.node import Handler, Middleware, Node, route
from authpatterns.pattern import SHOP, Authentication, Plan
from authpatterns.service import Service

AUTHORIZER = "authorizer"
CONTEXT = "x-amzn-request-context"
"""Header that carries `requestContext` to the backend, as the AWS Lambda Web Adapter names it."""
ORIGIN_SECRET = "x-origin-verify"
"""Header by which the backend knows that API Gateway has sent a request: a static value, added by parameter mapping."""
ORIGIN_SECRET_VALUE = "a demonstration secret of gateway and backends"

MOST_AUDIENCES = 50
MOST_SCOPES = 10
ALGORITHMS = {
    "http": ("RS256", "RS384", "RS512"),
    "rest": ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512"),
}
KEY_LIFETIME = {"http": 7200, "rest": 3600}
"""For how many seconds the authorizer keeps an issuer's keys."""
JWKS_PATIENCE = 1.5
"""Within how many seconds the key set has to arrive."""


@dataclass(frozen=True)
class AwsJwtAuthorizer(Authentication):
    """API Gateway with a JWT authorizer in front of every route.

    Attributes:
        api: "http" for HTTP APIs, "rest" for the REST API's variant.
        audiences: The token must be for one of these; at most 50.
        scopes: The token must hold at least one of these; at most 10; none checks none.
        lifetime: Of an access token, in seconds.
        refresh_lifetime: Seconds after which the password is asked for again.
    """

    name: ClassVar[str] = "aws-jwt-authorizer"
    has_gateway: ClassVar[bool] = True
    issuer: ClassVar[str] = "auth"

    api: Literal["http", "rest"] = "http"
    audiences: tuple[str, ...] = (AUDIENCE,)
    scopes: tuple[str, ...] = ()
    lifetime: int = 900
    refresh_lifetime: int = 8 * 3600

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1 <= len(self.audiences) <= MOST_AUDIENCES or len(self.scopes) > MOST_SCOPES:
            raise Misuse("aws.limits", audiences=MOST_AUDIENCES, scopes=MOST_SCOPES)

    @property
    def credential_lifetime(self) -> float:
        """The token's own."""
        return self.lifetime

    @property
    def revocation_window(self) -> float:
        """The authorizer knows no revocation: a token is good until `exp`."""
        return self.lifetime

    @property
    def key_cache(self) -> float:
        """As the developer guide documents it."""
        return KEY_LIFETIME[self.api]

    def nodes(self, plan: Plan) -> Sequence[Node]:
        """The issuer, and the authorizer that believes it."""
        issuer = AuthService(plan.users, InBody(), self.lifetime, self.refresh_lifetime)
        return [issuer, JwtAuthorizer(self.api, self.audiences, self.scopes)]

    def places(self, plan: Plan) -> dict[tuple[str, str], str]:
        """The page gets its token from the issuer itself."""
        return {(SHOP, "/auth"): "auth"}

    def front_end(self) -> FrontEnd:
        """The page keeps the token."""
        return StoragePage("local")

    def at_gateway(self, gateway: Gateway) -> Sequence[Middleware]:
        """Ask the authorizer; forward what it found out, and nothing that a client could have forged in its place."""

        async def authorize(request: Request, proceed: Handler) -> Response:
            verdict = await gateway.call(AUTHORIZER, _question(request))
            if verdict.status != 200:
                return _to_client(verdict)
            found = verdict.json()
            if not isinstance(found, dict) or not isinstance(found.get("claims"), dict):
                return _to_client(Response(500))
            context = {"authorizer": {"jwt": found}}
            inward = request.without_headers(CONTEXT, ORIGIN_SECRET).with_header(CONTEXT, json.dumps(context))
            return await proceed(inward.with_header(ORIGIN_SECRET, ORIGIN_SECRET_VALUE))

        return [authorize]

    def at_service(self, service: Service) -> Sequence[Middleware]:
        """Believe the gateway, and nobody else."""

        async def authenticate(request: Request, proceed: Handler) -> Response:
            secret = request.headers.get(ORIGIN_SECRET)
            if not hmac.compare_digest(secret.encode("utf-8", "replace"), ORIGIN_SECRET_VALUE.encode()):
                raise Refused("gateway.bypassed")
            context = request.headers.get(CONTEXT)
            claims = json.loads(context)["authorizer"]["jwt"]["claims"]
            if "sub" not in claims:  # a good token of no person: the authorizer asks for no subject
                raise TokenRefused("token.claim-missing", names="sub")
            service.note("aws.context-believed", subject=claims["sub"])
            return await proceed(request.on_behalf_of(Principal.from_claims(_listed(claims), context)))

        return [authenticate]

    def on_behalf(self, service: Service) -> Sequence[Middleware]:
        """Hand the context on; the services know each other by the same secret as the gateway."""

        async def forward(request: Request, proceed: Handler) -> Response:
            if request.principal is not None:
                request = request.with_header(CONTEXT, request.principal.credential)
                request = request.with_header(ORIGIN_SECRET, ORIGIN_SECRET_VALUE)
            return await proceed(request)

        return [forward]


def _question(request: Request) -> Request:
    """What API Gateway asks the authorizer: the identity source `$request.header.Authorization`."""
    question = Request.post("/authorize")
    for line in request.headers.all("authorization"):
        question = Request(question.method, question.target, question.headers.plus("authorization", line))
    return question


def _to_client(verdict: Response) -> Response:
    """A refusal as the client sees it; an authorizer that does not work is API Gateway's 500, never a yes."""
    if verdict.status in (401, 403):
        return verdict
    return Response.of({"message": "Internal Server Error"}, 500)


class JwtAuthorizer(Node):
    """Checks a token by the documented rules, and hands its claims over as strings.

    Args:
        api: "http" or "rest".
        audiences, scopes: See `AwsJwtAuthorizer`.
    """

    kind = "authorizer"
    zone = "edge"

    def __init__(self, api: str, audiences: tuple[str, ...], scopes: tuple[str, ...]) -> None:
        super().__init__(AUTHORIZER)
        self.api, self.audiences, self.scopes = api, audiences, scopes
        self._jwks: JwksCache | None = None

    @route("POST", "/authorize")
    async def authorize(self, request: Request) -> Response:
        """200 with the claims, 401, or 403. A key set that cannot be had denies as well."""
        try:
            claims = await self.claims(identity_source(request))
        except (Refused, NetworkError) as refusal:
            self.note(refusal.code, **refusal.evidence)
            return _denied(refusal)
        self.note("token.verified", subject=claims.get("sub", "-"), seconds_left=int(claims["exp"] - self.now))
        return Response.of({"claims": as_strings(claims), "scopes": _words(claims) or None})

    async def claims(self, token: str) -> dict[str, Any]:
        """The claims of `token`, if every rule holds.

        Raises:
            TokenRefused: a rule does not hold.
            Refused: 403, the scope does not suffice.
            NetworkError: the keys cannot be fetched.
        """
        opened = tokens.opened(token)
        keys = await self.jwks().keys(opened.kid)
        verified = tokens.verify_signature(opened, keys, ALGORITHMS[self.api], require_kid=True)
        claims = read_claims(verified.payload)
        check_claims(claims, self.audiences, self.now)
        check_scopes(claims, self.scopes)
        return claims

    def jwks(self) -> JwksCache:
        """The issuer's keys."""
        if self._jwks is None:
            cooldown = 0 if self.api == "rest" else KEY_LIFETIME["http"]
            self._jwks = JwksCache(self, "auth", JWKS_PATH, KEY_LIFETIME[self.api], cooldown, JWKS_PATIENCE)
        return self._jwks

    def restart(self) -> None:
        """Forget the keys."""
        self._jwks = None


def identity_source(request: Request) -> str:
    """The token of the one identity source: alone, or after `Bearer`.

    Raises:
        Refused: 401, there is none, or more than one.
    """
    lines = request.headers.all("authorization")
    if len(lines) != 1 or not lines[0]:
        raise Refused("request.no-credential")
    scheme, _, token = lines[0].partition(" ")
    return token.strip() if scheme.lower() == "bearer" else lines[0]


def read_claims(payload: bytes) -> dict[str, Any]:
    """The claims in a payload with a good signature.

    Raises:
        TokenRefused: it is no JSON object, or has two readings.
    """
    try:
        claims = parse(payload)
    except ValueError as flaw:
        raise TokenRefused("token.claims", reason=str(flaw)) from None
    if not isinstance(claims, dict):
        raise TokenRefused("token.claims", reason="not-an-object")
    return claims


def check_claims(claims: Mapping[str, Any], audiences: tuple[str, ...], now: float) -> None:
    """The rules on claims: `iss`, then `aud` or `client_id`, then times; no leeway is documented, so there is none.

    Raises:
        TokenRefused: one does not hold.
    """
    if claims.get("iss") != ISSUER:
        raise TokenRefused("token.issuer", iss=_shown(claims.get("iss")), expected=ISSUER)
    named = claims["aud"] if "aud" in claims else claims.get("client_id")
    mine = [name for name in (named if isinstance(named, list) else [named]) if name in audiences]
    if not mine:
        raise TokenRefused("token.audience", aud=_shown(named), expected=", ".join(audiences))
    if not now < (end := _moment(claims, "exp", required=True)):
        raise TokenRefused("token.expired", exp=claims["exp"], now=int(now), seconds=round(now - end, 6))
    if not (begin := _moment(claims, "nbf")) <= now:
        raise TokenRefused("token.not-yet-valid", nbf=claims["nbf"], now=int(now), seconds=round(begin - now, 6))
    if not (issued := _moment(claims, "iat")) <= now:
        raise TokenRefused("token.issued-in-future", iat=claims["iat"], now=int(now), seconds=round(issued - now, 6))


def check_scopes(claims: Mapping[str, Any], scopes: tuple[str, ...]) -> None:
    """The token must hold at least one of the route's scopes; a route without scopes checks none.

    Raises:
        Refused: 403, it holds none of them.
    """
    if scopes and not set(scopes) & set(_words(claims)):
        granted = ", ".join(_words(claims)) or "-"
        raise Refused("scope.insufficient", status=403, scope=" ".join(scopes), granted=granted)


def _moment(claims: Mapping[str, Any], name: str, *, required: bool = False) -> float:
    value = claims.get(name)
    if value is None and not required:
        return 0.0
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TokenRefused("token.claim-type", names=name)
    return float(value)


def _shown(value: Any) -> str:
    """A value out of a token, fit to be shown."""
    return "" if value is None else str(value)[:100]


def _words(claims: Mapping[str, Any]) -> list[str]:
    value = claims.get("scope", claims.get("scp", ""))
    return [str(word) for word in value] if isinstance(value, list) else str(value).split()


def _denied(refusal: Refused | NetworkError) -> Response:
    if isinstance(refusal, Refused) and refusal.status == 403:
        return Response.of({"message": "Forbidden"}, 403)
    challenge = "Bearer"
    if refusal.code != "request.no-credential":
        challenge = f'Bearer scope="" error="invalid_token" error_description="{refusal.code}"'
    return Response.of({"message": "Unauthorized"}, 401, {"www-authenticate": challenge})


def as_strings(claims: Mapping[str, Any]) -> dict[str, str]:
    """Claims as API Gateway hands them over: every value a string, a list as `[a b]`."""
    return {name: _string(value) for name, value in claims.items()}


def _string(value: Any) -> str:
    if isinstance(value, list):
        return f"[{' '.join(_string(item) for item in value)}]"
    return value if isinstance(value, str) else json.dumps(value)


def _listed(claims: Mapping[str, str]) -> dict[str, Any]:
    """The claims a principal is made of, with the list of roles made a list again."""
    return {**claims, "roles": claims.get("roles", "[]").strip("[]").split()}
