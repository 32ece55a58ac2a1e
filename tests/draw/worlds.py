"""Small worlds with every kind of thing a diagram must show, independent of the patterns."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from authpatterns import faults
from authpatterns.errors import Refused
from authpatterns.messages import FORM, JSON, Headers, Request, Response
from authpatterns.network import Network, current_act
from authpatterns.node import Node, route
from authpatterns.trace import Trace

TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl"


class Person(Node):
    """A browser."""

    kind, zone = "browser", "client"


class Gateway(Node):
    """Swaps the opaque token for a JWT and forwards."""

    kind, zone = "gateway", "edge"

    @route("GET", "/orders/{number}")
    async def order(self, request: Request, number: str) -> Response:
        found = await self.call("auth", Request.post("/exchange", form={"opaque_token": "opaque-1"}))
        if found.status != 200:
            raise Refused("request.no-credential")
        inside = request.without_headers("cookie").with_header("authorization", f"Bearer {TOKEN}")
        return await self.call("orders", inside, timeout=2)


class Auth(Node):
    """Hands out credentials."""

    kind = "auth"

    @route("POST", "/auth/sign-in")
    async def sign_in(self, request: Request) -> Response:
        if request.form()["password"] != "right":
            raise Refused("sign-in.failed")
        kept = await self.call("redis", Request.post("/set", json={"session_id": "s-1"}))
        cookie = {"set-cookie": "__Host-session=opaque-1; Path=/; Secure; HttpOnly"}
        return Response.of({"access_token": TOKEN, "refresh_token": "r-1"}, kept.status, cookie)

    @route("POST", "/exchange")
    async def exchange(self, request: Request) -> Response:
        self.note("sign-in.checked", subject="alice")
        self.note("jwks.fetched", issuer="auth", keys=2, ttl=300)
        return Response.of({"jwt": TOKEN})

    @route("GET", "/callback")
    async def callback(self, request: Request) -> Response:
        return Response.redirect("https://shop.example/welcome?code=c-1&state=x")


class Orders(Node):
    """Asks the decision point, then itself."""

    @route("GET", "/orders/{number}")
    async def order(self, request: Request, number: str) -> Response:
        self.note("token.verified", subject="alice", seconds_left=899)
        question = {"subject": {"type": "user", "id": "alice"}, "action": {"name": "read"}}
        answer = await self.call("pdp", Request.post("/access/v1/evaluation", json=question))
        if answer.json() != {"decision": True} or number != "1":
            raise Refused(
                "authz.denied", status=403, subject="alice", action="read", resource=f"order {number}", reason="-"
            )
        return await self.call("orders", Request.get("/own/record?page=2"))

    @route("GET", "/own/record")
    async def record(self, request: Request) -> Response:
        return Response.of({"id": "1"})


class Store(Node):
    """Keeps sessions."""

    kind = "store"

    @route("POST", "/set")
    async def set(self, request: Request) -> Response:
        return Response.of({"ok": True})


class Pdp(Node):
    """Says yes."""

    kind = "pdp"

    @route("POST", "/access/v1/evaluation")
    async def evaluate(self, request: Request) -> Response:
        return Response.of({"decision": True})


class World:
    """A gateway, an auth service with a store, a service with a decision point, two people."""

    def __init__(self, seed: int = 7) -> None:
        self.net = Network(seed)
        for node in (Gateway("gateway"), Auth("auth"), Orders("orders"), Store("redis"), Pdp("pdp")):
            self.net.add(node)
        self.net.add(Person("alice"))
        self.net.add(Person("bob"))

    @property
    def trace(self) -> Trace:
        return self.net.trace

    def act(self, verb: str, detail: str, story: Coroutine[Any, Any, Any], actor: str = "alice") -> Any:
        act = self.trace.begin_act(actor, verb, detail)
        before = current_act.set(act.id)
        try:
            return self.net.kernel.run(story)
        finally:
            current_act.reset(before)

    def sign_in(self, password: str = "right", actor: str = "alice") -> Any:
        form = {"username": actor, "password": password}
        request = Request.post("/auth/sign-in", form=form)
        return self.act("sign-in", "", self.net.nodes[actor].call("auth", request), actor)

    def get(self, path: str, actor: str = "alice", timeout: float | None = None) -> Any:
        request = Request.get(path, {"cookie": "__Host-session=opaque-1"})
        return self.act("get", path, self._try(actor, request, timeout), actor)

    async def _try(self, actor: str, request: Request, timeout: float | None) -> Response | None:
        from authpatterns.errors import NetworkError

        try:
            return await self.net.nodes[actor].call("gateway", request, timeout)
        except NetworkError:
            return None

    def everything(self) -> Trace:
        """Sign-in, refusal, success, denial, outage, timeout with a late answer, a long pause, two people."""
        self.sign_in("wrong")
        self.sign_in()
        self.get("/orders/1")
        self.get("/orders/2")
        with self.net.rule(faults.Outage("pdp")):
            self.get("/orders/1")
        with self.net.rule(faults.Slow("pdp", 3)):
            self.get("/orders/1")
        self.net.kernel.run_until(self.net.kernel.now + 960)
        with self.net.rule(faults.Outage("gateway")):
            self.get("/orders/1", "bob")
        self.act(
            "post", "/callback", self.net.nodes["bob"].call("auth", Request.get("/callback?code=c-1&state=x")), "bob"
        )
        return self.trace


def repeated(times: int) -> Trace:
    """The same request again and again."""
    world = World()
    for _ in range(times):
        world.get("/orders/1")
    return world.trace


HOSTILE = Request(
    "POST",
    '/a"b<c>&' + "long-segment/" * 12,
    Headers(
        (("authorization", "Basic YWxpY2U6cGFzc3dvcmQ="), ("cookie", "a=1; b=2; c=3; d=4; e=5"), ("content-type", FORM))
    ),
    "client_secret=geheim&code=1&state=2",
)
"""A request that is a trial for whoever writes labels."""

GARBAGE = Response(299, "\x00<script>", Headers((("content-type", JSON), ("set-cookie", "s=" + "x" * 400))))
