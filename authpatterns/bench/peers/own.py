"""The five calls on authpatterns' own kernel, network and trace; and on the kernel alone, as SimPy is told them."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from authpatterns.bench.peers.story import LATENCY, OPAQUE, ORDER, PATIENCE, SESSIONS, decide, question
from authpatterns.kernel import Kernel
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


# --- the kernel alone

Part = Callable[[str], Awaitable[str]]


class KernelAlone:
    """The same waiting without nodes, messages and trace: line by line what `simpy_shop.Shop` does.

    Args:
        patient: Whether senders wait for as long as it takes.
    """

    def __init__(self, *, patient: bool) -> None:
        self.kernel = Kernel()
        self.patient = patient

    def crowd(self, users: int) -> list[str]:
        """So many clients at the same time; what each was answered."""
        spawn = self.kernel.spawn

        async def everybody() -> list[str]:
            return [await task for task in [spawn(self.call(self.gateway, OPAQUE)) for _ in range(users)]]

        return self.kernel.run(everybody())

    async def call(self, part: Part, message: str) -> str:
        """Send `message` and wait for the answer."""
        if self.patient:
            return await self.carry(part, message)
        return await self.kernel.within(PATIENCE, self.kernel.spawn(self.carry(part, message)))

    async def carry(self, part: Part, message: str) -> str:
        """There and back."""
        await self.kernel.sleep(LATENCY)
        answer = await part(message)
        await self.kernel.sleep(LATENCY)
        return answer

    async def gateway(self, token: str) -> str:
        """The one door."""
        user = json.loads(await self.call(self.auth, token))["user"]
        answer = await self.call(self.pdp, json.dumps(question(user)))
        if json.loads(answer)["decision"] is not True:
            return json.dumps({"error": "access_denied"})
        return await self.call(self.orders, "1")

    async def auth(self, token: str) -> str:
        """Knows whom to ask."""
        return await self.call(self.store, token)

    async def store(self, token: str) -> str:
        """Knows whose token it is."""
        return json.dumps({"user": SESSIONS[token]})

    async def pdp(self, asked: str) -> str:
        """Decides."""
        return json.dumps(decide(json.loads(asked)))

    async def orders(self, key: str) -> str:
        """Answers."""
        return json.dumps(ORDER)
