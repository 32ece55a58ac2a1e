"""Flask with Authlib, asked through werkzeug's test client: the usual synchronous way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from authlib.integrations.flask_oauth2 import ResourceProtector, current_token
from authlib.oauth2.rfc9068 import JWTBearerTokenValidator
from flask import Flask, request
from joserfc.jwk import KeySet
from werkzeug.test import TestResponse

from authpatterns.bench.peers.story import OPAQUE, ORDER, SESSIONS, decide, question


class Validator(JWTBearerTokenValidator):  # type: ignore[misc]  # Authlib holds no type information
    """Access tokens as in RFC 9068, with the keys at hand."""

    def __init__(self, issuer: str, audience: str, jwks: Any) -> None:
        super().__init__(issuer, audience)
        self.jwks = KeySet.import_key_set(jwks)

    def get_jwks(self) -> Any:
        """The issuer's keys, already fetched."""
        return self.jwks


def verified_call(token: str, jwks: Any, issuer: str, audience: str) -> Callable[[], TestResponse]:
    """One verified call."""
    app = Flask("orders")
    protect = ResourceProtector()
    protect.register_token_validator(Validator(issuer, audience, jwks))

    @app.get("/orders/<key>")
    @protect()  # type: ignore[untyped-decorator]
    def read(key: str) -> Any:
        return ORDER if current_token["sub"] == ORDER["owner"] else ({"error": "access_denied"}, 403)

    client = app.test_client()
    headers = {"authorization": f"Bearer {token}"}
    return lambda: client.get("/orders/1", headers=headers)


def five_calls() -> Callable[[], TestResponse]:
    """The five calls; each part is an application of its own, asked through a client of its own."""
    gateway, auth, store, pdp, orders = (Flask(name) for name in ("gateway", "auth", "store", "pdp", "orders"))

    @store.get("/<key>")
    def get(key: str) -> Any:
        return {"user": SESSIONS[key]}

    @auth.get("/check")
    def check() -> Any:
        return store.test_client().get(f"/{request.headers['authorization']}").json

    @pdp.post("/access/v1/evaluation")
    def evaluate() -> Any:
        return decide(request.json)

    @orders.get("/orders/<key>")
    def read(key: str) -> Any:
        return ORDER

    @gateway.get("/orders/<key>")
    def forward(key: str) -> Any:
        token = {"authorization": request.headers["authorization"]}
        user = auth.test_client().get("/check", headers=token).json["user"]  # type: ignore[index]
        answer = pdp.test_client().post("/access/v1/evaluation", json=question(user))
        if answer.json["decision"] is not True:  # type: ignore[index]
            return {"error": "access_denied"}, 403
        return orders.test_client().get(f"/orders/{key}").json

    client = gateway.test_client()
    return lambda: client.get("/orders/1", headers={"authorization": OPAQUE})
