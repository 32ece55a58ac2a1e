"""Two containers of one microservice behind a load balancer: where must the sessions be kept?

Examples:
    >>> shop = replicated("memory")
    >>> alice = shop.user("alice")
    >>> alice.sign_in().status
    200
    >>> [alice.get("/orders/1").status for _ in range(4)]
    [401, 200, 401, 200]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import ClassVar, Literal

from authpatterns import bookshop
from authpatterns.authn.session import Session
from authpatterns.authz import Distributed
from authpatterns.browser import cookies_of, set_cookie
from authpatterns.deployment import Deployment
from authpatterns.gateway import Gateway
from authpatterns.labs.own_login import OwnLogin
from authpatterns.messages import Request, Response, below
from authpatterns.node import Handler, Middleware
from authpatterns.service import Service
from authpatterns.stores import UserStore

REPLICAS = ("orders-1", "orders-2")
STICKY = "__Host-replica"
"""The cookie by which a sticky load balancer knows to which container a browser goes."""


def balance(gateway: Gateway, *, sticky: bool) -> Middleware:
    """Give what is for `/orders` to one container after the other; with `sticky`, a browser's always to the same."""
    turns = cycle(REPLICAS)

    async def choose(request: Request, proceed: Handler) -> Response:
        if not below(request.path, bookshop.Orders.prefix):
            return await proceed(request)
        known = cookies_of(request).get(STICKY, "") if sticky else ""
        if known in REPLICAS:
            return await gateway.call(known, request)
        chosen = next(turns)
        answer = await gateway.call(chosen, request)
        return answer.with_header("set-cookie", set_cookie(STICKY, chosen)) if sticky else answer

    return choose


@dataclass(frozen=True)
class InMemory(OwnLogin):
    """Each container keeps the sessions of those who signed in there in its own memory.

    Attributes:
        sticky: Whether the load balancer sends a browser to the same container every time.
    """

    name: ClassVar[str] = "sessions-in-memory"
    has_gateway: ClassVar[bool] = True

    sticky: bool = False

    def cookie(self, service: Service) -> str:
        """Containers of one microservice use one name."""
        return f"__Secure-{service.prefix[1:]}"

    def at_gateway(self, gateway: Gateway) -> Sequence[Middleware]:
        """The load balancer."""
        return [balance(gateway, sticky=self.sticky)]


@dataclass(frozen=True)
class InStore(Session):
    """The session pattern as it is, behind the same load balancer."""

    has_gateway: ClassVar[bool] = True

    def at_gateway(self, gateway: Gateway) -> Sequence[Middleware]:
        """The load balancer."""
        return [balance(gateway, sticky=False)]


def replicated(keep: Literal["memory", "sticky", "store"], seed: int = 0) -> Deployment:
    """The bookshop with two containers of `orders` behind a load balancer, which is called `gateway`.

    Args:
        keep: "memory": each container keeps sessions in its memory, and requests go to the containers in turn.
            "sticky": the same, but a browser always goes to the same container. "store": one session store.
        seed: Of the deployment.
    """
    orders, *others = bookshop.services()
    services = (*(bookshop.Orders(name, orders.records) for name in REPLICAS), *others)
    if keep == "store":
        return Deployment(InStore(), Distributed(), seed=seed, services=services)
    users = UserStore()
    pattern = InMemory({service.name: users for service in services}, sticky=keep == "sticky")
    return Deployment(pattern, Distributed(), seed=seed, services=services, users=users)
