"""Starlette applications, asked through httpx's ASGITransport: the usual asynchronous way, without sockets."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import jwt
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from authpatterns.bench.peers.story import OPAQUE, ORDER, SESSIONS, decide, question


class Told:
    """A story with the event loop it runs in.

    Args:
        app: Who is asked.
        headers: What the client sends.
    """

    def __init__(self, app: Starlette, headers: dict[str, str]) -> None:
        self.loop = asyncio.new_event_loop()
        self.client, self.headers = _client(app), headers

    def __call__(self) -> httpx.Response:
        """One call from outside."""
        return self.loop.run_until_complete(self.one())

    async def one(self) -> httpx.Response:
        """The same as a coroutine."""
        return await self.client.get("/orders/1", headers=self.headers)

    def crowd(self, users: int) -> list[httpx.Response]:
        """So many at the same time."""

        async def everybody() -> list[httpx.Response]:
            return await asyncio.gather(*(self.one() for _ in range(users)))

        return self.loop.run_until_complete(everybody())

    def close(self) -> None:
        """End the loop."""
        self.loop.run_until_complete(self.client.aclose())
        self.loop.close()


def verified_call(token: str, key: Any, issuer: str, audience: str) -> Told:
    """One verified call."""

    async def read(request: Request) -> JSONResponse:
        try:
            given = request.headers.get("authorization", "").removeprefix("Bearer ")
            claims = jwt.decode(given, key, algorithms=["RS256"], issuer=issuer, audience=audience)
        except jwt.InvalidTokenError:
            return JSONResponse({"error": "invalid_token"}, 401)
        if claims["sub"] != ORDER["owner"]:
            return JSONResponse({"error": "access_denied"}, 403)
        return JSONResponse(ORDER)

    app = Starlette(routes=[Route("/orders/{key}", read)])
    return Told(app, {"authorization": f"Bearer {token}"})


def five_calls() -> Told:
    """The five calls; each part is an application of its own, asked through a client that is kept."""

    async def get(request: Request) -> JSONResponse:
        return JSONResponse({"user": SESSIONS[request.path_params["key"]]})

    async def check(request: Request) -> JSONResponse:
        answer = await store.get(f"/{request.headers['authorization']}")
        return JSONResponse(answer.json())

    async def evaluate(request: Request) -> JSONResponse:
        return JSONResponse(decide(await request.json()))

    async def read(request: Request) -> JSONResponse:
        return JSONResponse(ORDER)

    async def forward(request: Request) -> JSONResponse:
        token = {"authorization": request.headers["authorization"]}
        user = (await auth.get("/check", headers=token)).json()["user"]
        answer = await pdp.post("/access/v1/evaluation", json=question(user))
        if answer.json()["decision"] is not True:
            return JSONResponse({"error": "access_denied"}, 403)
        return JSONResponse((await orders.get(f"/orders/{request.path_params['key']}")).json())

    store = _client(Starlette(routes=[Route("/{key}", get)]))
    auth = _client(Starlette(routes=[Route("/check", check)]))
    pdp = _client(Starlette(routes=[Route("/access/v1/evaluation", evaluate, methods=["POST"])]))
    orders = _client(Starlette(routes=[Route("/orders/{key}", read)]))
    return Told(Starlette(routes=[Route("/orders/{key}", forward)]), {"authorization": OPAQUE})


def _client(app: Starlette) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://shop.example")
