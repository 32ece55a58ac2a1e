"""Keys that are fetched, kept and rotated carelessly. Broken on purpose."""

from __future__ import annotations

from authpatterns.deployment import Deployment
from authpatterns.errors import NetworkError, Refused
from authpatterns.labs.attacks.shape import World
from authpatterns.labs.attacks.surgery import replace, rework
from authpatterns.labs.attacks.weakened import caches
from authpatterns.messages import Principal, Request, Response
from authpatterns.node import Handler, Middleware
from authpatterns.pattern import SHOP


def _never_again(shop: Deployment) -> None:
    for cache in caches(shop):
        replace(cache, "ttl", float("inf"))


def _for_every_kid(shop: Deployment) -> None:
    for cache in caches(shop):
        replace(cache, "cooldown", 0)


def _rotate_at_once(shop: Deployment) -> None:
    """A key is published when it signs already, and the old one goes at the same moment: cached copies know neither."""
    ring = shop.node(shop.authn.issuer).keys
    publish = replace(ring, "publish", ring.add)

    def sign_with(kid: str) -> None:
        for key in ring.published:
            ring.withdraw(key.kid)
        publish(ring._keys[kid])
        sign(kid)

    sign = replace(ring, "sign_with", sign_with)


def _open_when_down(shop: Deployment) -> None:
    for service in shop.services:
        rework(service, "authenticate", _opening)


def _opening(real: Middleware) -> Middleware:
    async def authenticate(request: Request, proceed: Handler) -> Response:
        try:
            return await real(request, proceed)
        except (NetworkError, Refused):
            name = request.headers.get("x-remembered-user")
            if not name:
                raise
            return await proceed(request.on_behalf_of(Principal(SHOP, name, "aozora", ("customer",))))

    return authenticate


WeakenedNeverFetchesAgain = World("WeakenedNeverFetchesAgain", changes=(_never_again,))
WeakenedFetchesForEveryKid = World("WeakenedFetchesForEveryKid", changes=(_for_every_kid,))
WeakenedRotatesAtOnce = World("WeakenedRotatesAtOnce", changes=(_rotate_at_once,))
WeakenedOpensWhenDown = World("WeakenedOpensWhenDown", changes=(_open_when_down,))
