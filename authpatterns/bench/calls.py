"""Benchmark `calls`: one verified call through each pattern, beside the least that anybody has to do for it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any

import jwt
from fakeredis import FakeServer, FakeStrictRedis

from authpatterns import AwsJwtAuthorizer, Deployment, Distributed, Jwt, JwtGateway, Session, Sso, SsoGateway, catalogue
from authpatterns.authn.auth_service import AUDIENCE, ISSUER
from authpatterns.bench.measure import Effort, Timing, Work, compare
from authpatterns.bench.peers import flask_authlib, own, starlette_httpx
from authpatterns.bench.report import Target, in_unit, row, table
from authpatterns.deployment import Person
from authpatterns.keys import demo_key
from authpatterns.labs.table import Row, Table
from authpatterns.messages import Response
from authpatterns.pattern import Authentication
from authpatterns.policy import Entity, Query

YEARS = 20 * 365 * 86_400
"""So long a token lives here, so that the peers, who read the wall clock, find it valid too."""

AUTHENTICATION: dict[str, Authentication] = {
    "sso": Sso(),
    "sso-gateway": SsoGateway(verify="jwks"),
    "session": Session(),
    "jwt": Jwt(lifetime=YEARS),
    "jwt-gateway": JwtGateway(lifetime=YEARS, inner_lifetime=3600, cache=3600),
    "aws-jwt-authorizer": AwsJwtAuthorizer(),
}
"""So that caches are as warm as a pattern lets them be: a gateway that asks the provider every time has none."""

FLOORS = {
    "sso": "redis get",
    "session": "redis get",
    "sso-gateway": "PyJWT decode",
    "jwt": "PyJWT decode",
    "jwt-gateway": "PyJWT decode",
    "aws-jwt-authorizer": "PyJWT decode",
}
TARGETS = {
    "jwt": Target("≤", 1.5),
    **{name: Target("≤", 2.0) for name in ("sso-gateway", "jwt-gateway", "aws-jwt-authorizer")},
}
TEN_TIMES = Target("≥", 10)


def run(effort: Effort) -> Table:
    """Measure, and give the rows."""
    alice = signed_in(AUTHENTICATION["jwt"])
    token = alice.last_request.headers.get("authorization").removeprefix("Bearer ")
    key = demo_key()
    jwks, public = {"keys": [key.public_jwk()]}, key.parsed.public_key()
    with (
        closing(starlette_httpx.verified_call(token, public, ISSUER, AUDIENCE)) as starlette,
        closing(starlette_httpx.five_calls()) as starlette_five,
    ):
        works: dict[str, Work] = {
            **_floors(token, public),
            **{name: reading(signed_in(pattern)) for name, pattern in AUTHENTICATION.items()},
            "jwt, at the service": _at_the_service(alice),
            **{f"jwt + {authz}": reading(_warm(authz)) for authz in catalogue.AUTHORIZATION},
            "Flask + Authlib": _ok(flask_authlib.verified_call(token, jwks, ISSUER, AUDIENCE)),
            "Starlette + httpx": _ok(starlette),
            "five calls": _ok(own.Shop(), "status"),
            "five calls: Flask": _ok(flask_authlib.five_calls()),
            "five calls: Starlette + httpx": _ok(starlette_five),
        }
        return table("calls", _rows(compare(works, effort)))


def signed_in(pattern: Authentication) -> Person:
    """Alice, who has read her order once, so that every cache is warm."""
    return _first_read(Deployment(pattern, Distributed(), seed=7))


def _warm(authz: str) -> Person:
    return _first_read(Deployment(AUTHENTICATION["jwt"], catalogue.AUTHORIZATION[authz](), seed=7))


def _first_read(shop: Deployment) -> Person:
    alice = shop.user("alice")
    alice.sign_in()
    alice.get("/orders/1")
    return alice


def reading(person: Person) -> Callable[[], Response]:
    """She reads her order once more. A call that is refused would be measured for nothing."""
    assert person.get("/orders/1").status == 200
    return lambda: person.get("/orders/1")


def _at_the_service(alice: Person) -> Work:
    """The same request, handed to the service itself: without browser, network and record of the hop."""
    shop, request = alice._shop, alice.last_request
    orders = shop.node("orders")
    assert shop.run(orders.receive(request)).status == 200
    return lambda: shop.run(orders.receive(request))


def _floors(token: str, public: Any) -> dict[str, Work]:
    redis = FakeStrictRedis(server=FakeServer())
    redis.set("session", "alice", ex=3600)
    query = Query(Entity("user", "alice"), "read", Entity("order", "1", {"owner": "alice"}))
    return {
        "PyJWT decode": lambda: jwt.decode(token, public, algorithms=["RS256"], issuer=ISSUER, audience=AUDIENCE),
        "redis get": lambda: redis.get("session"),
        "function call": lambda: query.resource.properties["owner"] == query.subject.id,
    }


def _ok(call: Callable[[], Any], status: str = "status_code") -> Work:
    assert getattr(call(), status) == 200
    return call


def _rows(times: dict[str, Timing]) -> list[Row]:
    found = {name: timing.median for name, timing in times.items()}

    def line(name: str, against: str | None = None, *, target: Target | None = None) -> Row:
        ratio = None if against is None else found[name] / found[against]
        return row(
            name,
            in_unit(found[name], "µs"),
            "µs",
            ratio=ratio,
            against=against,
            target=target,
            spread=round(times[name].spread, 3),
        )

    return [
        *(line(name) for name in ("PyJWT decode", "redis get", "function call")),
        line("jwt, at the service", "PyJWT decode", target=TARGETS["jwt"]),
        *(line(name, FLOORS[name], target=TARGETS.get(name)) for name in AUTHENTICATION),
        *(line(f"jwt + {authz}", "PyJWT decode") for authz in catalogue.AUTHORIZATION),
        line("Flask + Authlib", "jwt", target=TEN_TIMES),
        line("Starlette + httpx", "jwt", target=TEN_TIMES),
        line("five calls"),
        line("five calls: Flask", "five calls", target=TEN_TIMES),
        line("five calls: Starlette + httpx", "five calls", target=TEN_TIMES),
    ]
