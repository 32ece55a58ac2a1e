"""The five calls on authpatterns' own kernel, network and trace."""

from __future__ import annotations

from typing import Any

from authpatterns.bench.peers.story import LATENCY, OPAQUE, ORDER, PATIENCE, SESSIONS, decide, question
from authpatterns.messages import Request, Response
from authpatterns.network import Network
from authpatterns.node import Node, route


class Gateway(Node):
    """The one door."""

    @route("GET", "/orders/{id}")
    async def forward(self, request: Request, id: str) -> Response:
        """Who is it, may they, and then on."""
        token = {"authorization": request.headers.get("authorization")}
        user = (await self.call("auth", Request.get("/check", token))).json()["user"]
        answer = await self.call("pdp", Request.post("/access/v1/evaluation", json=question(user)))
        if answer.json()["decision"] is not True:
            return Response.of({"error": "access_denied"}, 403)
        return await self.call("orders", Request.get(f"/orders/{id}"))


class Auth(Node):
    """Knows whom to ask."""

    @route("GET", "/check")
    async def check(self, request: Request) -> Response:
        """Whose token it is."""
        return await self.call("store", Request.get(f"/{request.headers.get('authorization')}"))


class Store(Node):
    """Knows whose token it is."""

    @route("GET", "/{key}")
    async def get(self, request: Request, key: str) -> Response:
        """Whose."""
        return Response.of({"user": SESSIONS[key]})


class Pdp(Node):
    """Decides."""

    @route("POST", "/access/v1/evaluation")
    async def evaluate(self, request: Request) -> Response:
        """Yes or no."""
        return Response.of(decide(request.json()))


class Orders(Node):
    """Answers."""

    @route("GET", "/orders/{id}")
    async def read(self, request: Request, id: str) -> Response:
        """The order."""
        return Response.of(ORDER)


class Shop:
    """The five parts and their clients."""

    def __init__(self) -> None:
        self.network = Network(latency=LATENCY, timeout=PATIENCE)
        self.client = Node("client")
        for node in (self.client, Gateway("gateway"), Auth("auth"), Store("store"), Pdp("pdp"), Orders("orders")):
            self.network.add(node)

    def __call__(self) -> Response:
        """One client."""
        return self.network.kernel.run(self.one())

    async def one(self) -> Response:
        """The same as a coroutine."""
        return await self.client.call("gateway", Request.get("/orders/1", {"authorization": OPAQUE}))

    def crowd(self, users: int) -> list[Response]:
        """So many at the same time."""
        spawn = self.network.kernel.spawn

        async def everybody() -> list[Any]:
            return [await task for task in [spawn(self.one()) for _ in range(users)]]

        return self.network.kernel.run(everybody())
