"""Small stories whose pictures are worth a plate in the gallery. Each runs in a world of its own with a fixed seed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from authpatterns import catalogue, faults, stories
from authpatterns.deployment import Deployment
from authpatterns.keys import demo_key
from authpatterns.messages import Response
from authpatterns.network import current_act
from authpatterns.trace import Trace

SEED = 7
_MINUTE = 60

CENTRAL = {
    "auth": ("jwt", "distributed"),
    "session-store": ("session", "distributed"),
    "idp": ("sso-gateway", "distributed"),
    "gateway": ("jwt-gateway", "distributed"),
    "authorizer": ("aws-jwt-authorizer", "distributed"),
    "pdp": ("jwt", "centralized"),
    "authz-provider": ("jwt", "delegated"),
    "control-plane": ("jwt", "hybrid"),
}
"""Each part on which others depend, and patterns that have it."""


@cache
def visited(authn: str, authz: str) -> Deployment:
    """A shop after the standard visit."""
    shop = catalogue.deploy(authn, authz, seed=SEED)
    stories.standard_visit(shop)
    return shop


@cache
def refresh_race() -> Trace:
    """Two tabs of one browser renew the token at the same time, with the same refresh token; then one once more."""
    shop = catalogue.deploy("jwt", seed=SEED)
    shop.user("alice").sign_in()
    shop.together(_renew(shop, tab=1), _renew(shop, tab=2))
    shop.together(_renew(shop, tab=1))
    return shop.trace


async def _renew(shop: Deployment, tab: int) -> Response:
    """One tab of alice's browser renews the token, as an act of its own."""
    browser = shop.browser("alice")
    with _act(shop, browser.name, "refresh-in-tab", str(tab)):
        return await browser.refresh()


@contextmanager
def _act(shop: Deployment, actor: str, verb: str, detail: str = "") -> Iterator[None]:
    """What happens inside is caused by one thing that somebody does."""
    before = current_act.set(shop.trace.begin_act(actor, verb, detail).id)
    try:
        yield
    finally:
        current_act.reset(before)


@cache
def stolen_token(authn: str) -> Trace:
    """A stolen credential is used before its owner signs out, at once after that, and around the time when it ends."""
    shop = catalogue.deploy(authn, seed=SEED)
    alice, thief = shop.user("alice"), shop.visitor("thief")
    alice.sign_in()
    alice.get("/orders/1")
    sent = next(hop.request for hop in reversed(shop.trace.hops) if hop.source == "alice")
    loot = {name: value for name, value in sent.headers if name in ("authorization", "cookie")}
    thief.get("/orders/1", loot)
    alice.sign_out()
    window = shop.authn.revocation_window
    for seconds in (0, window - _MINUTE, 2 * _MINUTE) if window else (0, _MINUTE):
        shop.clock.advance(seconds=seconds)
        thief.get("/orders/1", loot)
    return shop.trace


@cache
def slow_pdp() -> Trace:
    """The decision point takes longer than anybody waits for it."""
    shop = catalogue.deploy("jwt", "centralized", seed=SEED)
    alice = shop.user("alice")
    alice.sign_in()
    alice.get("/orders/1")
    with shop.rule(faults.Slow("pdp", 20)):
        alice.get("/orders/1")
    alice.get("/orders/1")
    return shop.trace


@cache
def one_order(authz: str, *, down: str = "") -> Trace:
    """Alice signs in and reads her order, while a node may be down."""
    shop = catalogue.deploy("jwt", authz, seed=SEED)
    alice = shop.user("alice")
    alice.sign_in()
    if not down:
        alice.get("/orders/1")
        return shop.trace
    with shop.rule(faults.Outage(down)):
        alice.get("/orders/1")
    return shop.trace


@cache
def outage(part: str) -> Trace:
    """A central part goes down: Alice is signed in already and goes on, Bob comes only now."""
    shop = catalogue.deploy(*CENTRAL[part], seed=SEED)
    alice, bob = shop.user("alice"), shop.user("bob")
    alice.sign_in()
    alice.get("/orders/1")
    before = len(shop.trace.acts)
    with shop.rule(faults.Outage(part)):
        alice.get("/orders/1")
        bob.sign_in()
        bob.get("/orders/2")
    return shop.trace.last(len(shop.trace.acts) - before)


@cache
def signed_out(authn: str) -> Trace:
    """Alice has used two microservices and signs out; then she asks one of them again."""
    shop = catalogue.deploy(authn, seed=SEED)
    alice = shop.user("alice")
    alice.sign_in()
    for path in ("/orders/1", "/payments/1"):
        alice.get(path)
    alice.sign_out()
    alice.get("/orders/1")
    return shop.trace.last(2)


@cache
def refreshed() -> Trace:
    """The access token has expired: it is refused, renewed with the refresh token, and accepted again."""
    shop = catalogue.deploy("jwt", seed=SEED)
    alice = shop.user("alice")
    alice.sign_in()
    alice.get("/orders/1")
    shop.clock.advance(seconds=shop.authn.credential_lifetime)
    alice.get("/orders/1")
    alice.refresh()
    alice.get("/orders/1")
    return shop.trace


@cache
def rotated(*, overlap: bool) -> Trace:
    """The issuer signs with a new key from one moment to the next; the microservice still knows the old ones only."""
    shop = catalogue.deploy("jwt", seed=SEED)
    alice, bob = shop.user("alice"), shop.user("bob")
    alice.sign_in()
    alice.get("/orders/1")
    shop.clock.advance(minutes=1)
    _rotate(shop.node("auth"), shop, overlap=overlap)
    bob.sign_in()
    bob.get("/orders/2")
    alice.get("/orders/1")
    return shop.trace


def _rotate(issuer: Any, shop: Deployment, *, overlap: bool) -> None:
    """Whoever runs the issuer gives it a new key."""
    key = demo_key(number=2)
    with _act(shop, issuer.name, "rotate-keys"):
        issuer.keys.rotate(key, overlap=overlap)
        issuer.note("keys.rotated", kid=key.kid, keys=len(issuer.keys.jwks()["keys"]))
