"""Two stricter variants of the JWT patterns: a token that only its holder can use, and one token for each service.

**Sender-constrained** (DPoP, RFC 9449): the page has a key of its own and signs a small proof for every request. The
issuer writes the key's thumbprint into the token (`cnf`), and whoever takes the token asks for the proof. A copied
token is worth nothing without the key, and a copied proof is good once.

**One audience for each service**: a token names the one service it is for, so a service that is taken over cannot show
it to the others (RFC 9700 section 2.3).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from authpatterns import tokens
from authpatterns.authn.delivery import StoragePage
from authpatterns.authn.jwt import Jwt
from authpatterns.authn.jwt_gateway import INTROSPECTION, JwtGateway
from authpatterns.browser import Browser, FrontEnd
from authpatterns.deployment import Deployment
from authpatterns.encoding import encode, parse
from authpatterns.errors import Refused
from authpatterns.keys import KeySet, SigningKey, demo_key, thumbprint
from authpatterns.labs.attacks.forging import compact, with_key
from authpatterns.labs.attacks.shape import World
from authpatterns.labs.attacks.surgery import doors, inside, replace, wrap
from authpatterns.messages import Request, Response, below
from authpatterns.node import Handler, Middleware, Node
from authpatterns.stores import User

PAGES_KEY = demo_key("EdDSA", 0)
"""The key of alice's page; a real one is made in the browser, which never gives it away."""

THIEFS_KEY = demo_key("EdDSA", 3)

PROOF_LIFETIME = 60
"""Seconds for which a proof may be used."""


# --- DPoP


def proof(sender: Node, request: Request, key: SigningKey) -> str:
    """A proof that whoever sends `request` holds `key` (RFC 9449 section 4.2)."""
    head = {"typ": "dpop+jwt", "alg": key.algorithm, "kid": key.kid, "jwk": key.public_jwk()}
    token = request.headers.get("authorization").removeprefix("Bearer ")
    claims = {
        "jti": tokens.reference(sender.chance, 16), "htm": request.method, "htu": request.path,
        "iat": int(sender.now), "ath": hashed(token),
    }  # fmt: skip
    return compact(head, claims, with_key(key))


def hashed(token: str) -> str:
    """`ath`: the hash of the access token that a proof belongs to."""
    return encode(sha256(token.encode()).digest())


def prover(node: Node, request: Request, seen: dict[str, float]) -> str:
    """The thumbprint of the key that the request's proof was made with (RFC 9449 section 4.3).

    Raises:
        Refused: 401, there is no good proof for this very request, or it has been used.
    """
    given = request.headers.get("dpop")
    if not given:
        raise Refused("dpop.no-proof")
    jwk = tokens.read_unverified(given).header.get("jwk")
    header, payload = tokens.verify_signature(given, KeySet({"keys": [jwk]}), (PAGES_KEY.algorithm,))
    claims = parse(payload)
    token = request.headers.get("authorization").removeprefix("Bearer ")
    wanted = {"htm": request.method, "htu": request.path, "ath": hashed(token)}
    young = abs(node.now - float(claims.get("iat", 0))) <= PROOF_LIFETIME
    if header.get("typ") != "dpop+jwt" or not young or any(claims.get(name) != wanted[name] for name in wanted):
        raise Refused("dpop.other-request")
    if claims.get("jti") in seen:
        raise Refused("dpop.replayed")
    seen[str(claims.get("jti"))] = node.now
    return thumbprint(header["jwk"])


class ProvingPage(StoragePage):
    """Keeps its token as before, and signs a proof for every request."""

    async def _fetch(self, browser: Browser, request: Request) -> Response:
        return await super()._fetch(browser, request.with_header("dpop", proof(browser, request, PAGES_KEY)))


@dataclass(frozen=True)
class ProvingJwt(Jwt):
    """The JWT pattern with such a page."""

    def front_end(self) -> FrontEnd:
        """The page with a key."""
        return ProvingPage(self.keep)


@dataclass(frozen=True)
class ProvingJwtGateway(JwtGateway):
    """The JWT and gateway pattern with such a page."""

    def front_end(self) -> FrontEnd:
        """The page with a key."""
        return ProvingPage(self.keep)


def _bind_tokens(shop: Deployment) -> None:
    """Have the issuer write into every token whose page it was given to."""
    auth = shop.node("auth")
    bound: dict[str, str] = {}
    seen: dict[str, float] = {}
    current = [""]

    async def hear(request: Request, proceed: Handler) -> Response:
        if request.path in ("/auth/sign-in", "/auth/refresh"):
            current[0] = prover(auth, request, seen)
        return await proceed(request)

    def hand_out(user: User, family: str, ends: float) -> Response:
        bound.setdefault(family, current[0])
        answer: Response = give(user, family, ends)
        return answer

    def signed_token(user: User, family: str, expires: int) -> str:
        return readdressed(sign(user, family, expires), auth.keys.signing, cnf={"jkt": bound.get(family, current[0])})

    auth.inbound.insert(0, hear)
    give = replace(auth, "hand_out", hand_out)
    sign = replace(auth, "signed_token", signed_token)


def readdressed(token: str, key: SigningKey, **changes: Any) -> str:
    """A token of the issuer's with other claims, signed anew."""
    header, payload = tokens.read_unverified(token)
    return tokens.issue({**json.loads(payload), **changes}, key, typ=header["typ"])


def _demand_proofs(shop: Deployment) -> None:
    for node in doors(shop):
        seen: dict[str, float] = {}
        layer = "trade" if shop.authn.has_gateway else "authenticate"
        wrap(node, layer, _compare(), after=True)
        wrap(node, layer, _demand(node, seen))


def _demand(node: Node, seen: dict[str, float]) -> Middleware:
    async def demand(request: Request, proceed: Handler) -> Response:
        if below(request.path, "/auth"):
            return await proceed(request)
        return await proceed(request.with_header("x-proven-key", prover(node, request, seen)))

    return demand


def _compare() -> Middleware:
    async def compare(request: Request, proceed: Handler) -> Response:
        if not below(request.path, "/auth"):
            token = request.headers.get("authorization").removeprefix("Bearer ")
            bound = json.loads(tokens.read_unverified(token).payload).get("cnf", {}).get("jkt")
            if bound is None or bound != request.headers.get("x-proven-key"):
                raise Refused("dpop.wrong-key")
        return await proceed(request)

    return compare


_CONSTRAINED = (_bind_tokens, _demand_proofs)

StrictSenderConstrained: Mapping[str, World] = {
    "jwt": World("StrictSenderConstrained", authn=ProvingJwt(), changes=_CONSTRAINED),
    "jwt-gateway": World("StrictSenderConstrained", authn=ProvingJwtGateway(), changes=_CONSTRAINED),
}


# --- one audience for each service


class AudiencePage(StoragePage):
    """Has one token for each service, and fetches it when it is first needed."""

    async def send(self, browser: Browser, request: Request) -> Response:
        """Send the token that is for this service along."""
        audience = request.path.split("/")[1]
        store = browser.storage(self.kind)
        if f"token for {audience}" not in store and "refresh_token" in store:
            asked = self._with_refresh_token(browser, f"/auth/refresh?audience={audience}")
            answer = self._keep(browser, await self._fetch(browser, asked))
            store[f"token for {audience}"] = answer.json().get("access_token", "")
        token = store.get(f"token for {audience}", "")
        return await self._fetch(browser, request.with_header("authorization", f"Bearer {token}"))


@dataclass(frozen=True)
class AudienceJwt(Jwt):
    """The JWT pattern with such a page."""

    def front_end(self) -> FrontEnd:
        """The page with many tokens."""
        return AudiencePage(self.keep)


def _one_audience_each(shop: Deployment) -> None:
    auth = shop.node("auth")
    wanted = [""]

    async def hear(request: Request, proceed: Handler) -> Response:
        wanted[0] = request.query.get("audience", request.headers.get("x-resource"))
        return await proceed(request)

    def signed_token(user: User, family: str, expires: int) -> str:
        return readdressed(sign(user, family, expires), auth.keys.signing, aud=f"/{wanted[0]}")

    auth.inbound.insert(0, hear)
    sign = replace(auth, "signed_token", signed_token)
    for service in shop.services:
        replace(inside(service, "verifier"), "audience", service.prefix)
    if shop.authn.has_gateway:
        _say_for_whom(shop.node("gateway"))


def _say_for_whom(gateway: Node) -> None:
    """The gateway tells the auth service to whom it is about to send the request."""
    resource = [""]

    async def remember(request: Request, proceed: Handler) -> Response:
        resource[0] = request.path.split("/")[1]
        return await proceed(request)

    async def tell(request: Request, proceed: Handler) -> Response:
        about = request.path == INTROSPECTION
        return await proceed(request.with_header("x-resource", resource[0]) if about else request)

    gateway.inbound.insert(0, remember)
    gateway.outbound.insert(0, tell)


_PER_SERVICE = World("StrictAudiencePerService", authn=AudienceJwt(), changes=(_one_audience_each,))

StrictAudiencePerService: Mapping[str, World] = {
    "jwt": _PER_SERVICE,
    "distributed": _PER_SERVICE,
    "jwt-gateway": World("StrictAudiencePerService", changes=(_one_audience_each,)),
}
