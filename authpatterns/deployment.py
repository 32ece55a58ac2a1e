"""Authentication + authorization + microservices = a world that runs.

Examples:
    >>> from authpatterns import Deployment, Jwt, Distributed
    >>> shop = Deployment(Jwt(), Distributed(), seed=7)
    >>> alice = shop.user("alice")
    >>> alice.sign_in().status
    200
    >>> alice.get("/orders/1").status, alice.get("/orders/2").status
    (200, 403)
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from authpatterns import bookshop
from authpatterns.bookshop import Account
from authpatterns.browser import Browser
from authpatterns.errors import Misuse
from authpatterns.gateway import Gateway
from authpatterns.kernel import Kernel
from authpatterns.messages import Request, Response, below
from authpatterns.network import EPOCH, Network, Rule, current_act
from authpatterns.node import Node
from authpatterns.pattern import SHOP, Authentication, Pattern, Plan
from authpatterns.service import Service
from authpatterns.stores import UserStore
from authpatterns.trace import Hop, Trace

T = TypeVar("T")


class Deployment:
    """A shop protected by one authentication and one authorization pattern.

    Raises:
        Misuse: what was given as a pattern is not one, or not of that kind.

    Args:
        authn: Who is asking?
        authz: May they?
        more: Further patterns, innermost last.
        seed: Decides every id, key and draw: the same seed gives the same trace, byte for byte.
        services: The microservices; the bookshop's unless given.
        people: The accounts to open.
        users: A store to open them in; one in memory unless given.
        latency: One-way delay of a message in seconds, or a function of the hop.
    """

    def __init__(
        self,
        authn: Authentication,
        authz: Pattern,
        *more: Pattern,
        seed: int = 0,
        services: Sequence[Service] | None = None,
        people: Sequence[Account] = bookshop.PEOPLE,
        users: UserStore | None = None,
        latency: float | Callable[[Hop], float] = 0.001,
    ) -> None:
        for given, kind in ((authn, Authentication), (authz, Pattern), *((one, Pattern) for one in more)):
            if not isinstance(given, kind) or (given is authz and isinstance(given, Authentication)):
                raise Misuse("deployment.pattern", given=repr(given))
        self.authn, self.authz = authn, authz
        self.patterns: tuple[Pattern, ...] = (authn, authz, *more)
        self.network = Network(seed, latency)
        self.users = users if users is not None else UserStore()
        self.people = {account.name: account for account in people}
        self.clock = Clock(self.network.kernel)
        self.services = tuple(services) if services is not None else bookshop.services()
        self._persons: dict[str, Person] = {}
        self._open_accounts()
        self._place_nodes()

    # --- who is there

    def user(self, name: str, device: str = "") -> Person:
        """The person of this name at a browser; the same one each time. A second `device` is a second browser.

        Raises:
            Misuse: nobody has an account of this name.
        """
        if name not in self.people:
            raise Misuse("deployment.no-account", name=name, known=", ".join(self.people))
        return self._person(name, f"{name}-{device}" if device else name)

    def visitor(self, name: str) -> Person:
        """Somebody at a browser who has no account, for instance an attacker."""
        return self._person(name, name)

    def browser(self, name: str, device: str = "") -> Browser:
        """The browser of `user(name, device)`: its verbs are coroutines, for stories with several things at once."""
        return self.user(name, device).browser

    def node(self, name: str) -> Any:
        """The node of this name.

        Raises:
            Misuse: there is none.
        """
        self.network.expect(name)
        return self.network.nodes[name]

    # --- what happens

    @property
    def trace(self) -> Trace:
        """Everything that flowed."""
        return self.network.trace

    @property
    def kernel(self) -> Kernel:
        """Virtual time."""
        return self.network.kernel

    def rule(self, rule: Rule) -> AbstractContextManager[Rule]:
        """A fault, in force inside the `with` block.

        Raises:
            Misuse: it names a node that is not there.
        """
        return self.network.rule(rule)

    def run(self, story: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in virtual time, and give its result."""
        return self.kernel.run(story)

    def together(self, *stories: Coroutine[Any, Any, T]) -> tuple[T, ...]:
        """Run several coroutines at the same time, and give their results in order.

        Examples:
            >>> from authpatterns import Distributed, Jwt
            >>> shop = Deployment(Jwt(), Distributed())
            >>> alice, bob = shop.browser("alice"), shop.browser("bob")
            >>> answers = shop.together(alice.sign_in("alice", "alice's password"), bob.sign_in("bob", "a guess"))
            >>> [answer.status for answer in answers]
            [200, 401]
        """

        async def everything() -> tuple[T, ...]:
            tasks = [self.kernel.spawn(story) for story in stories]
            return tuple([await task for task in tasks])

        return self.run(everything())

    def restart(self, name: str) -> None:
        """Replace a node by a new one that knows only what its program and its configuration say.

        Raises:
            Misuse: there is no such node.
        """
        node = self.node(name)
        node.restart()
        self._put_layers(node)

    # --- building

    def _open_accounts(self) -> None:
        for account in self.people.values():
            if self.users.find(account.name) is None:
                self.users.add(account.name, account.tenant, account.roles, account.password)

    def _place_nodes(self) -> None:
        plan = Plan(self.users, self.services)
        if self.authn.has_gateway:
            self.network.add(Gateway(upstreams={service.prefix: service.name for service in self.services}))
        for pattern in self.patterns:
            for node in pattern.nodes(plan):
                self.network.add(node)
        for service in self.services:
            self.network.add(service)
            door = "gateway" if self.authn.has_gateway else service.name
            self.network.publish(self.authn.origin(service), service.prefix, door)
        for (origin, path), name in self.authn.places(plan).items():
            self.network.publish(origin, path, name)
        for node in self.network.nodes.values():
            self._put_layers(node)

    def _put_layers(self, node: Node) -> None:
        if isinstance(node, Gateway):
            node.inbound = [layer for pattern in self.patterns for layer in pattern.at_gateway(node)]
        elif isinstance(node, Service):
            node.inbound = [layer for pattern in self.patterns for layer in pattern.at_door(node)]
            node.inbound += [layer for pattern in self.patterns for layer in pattern.at_service(node)]
            node.outbound = [layer for pattern in self.patterns for layer in pattern.on_behalf(node)]

    def _person(self, name: str, browser_name: str) -> Person:
        if browser_name not in self._persons:
            browser = Browser(browser_name)
            browser.front = self.authn.front_end()
            browser.origin = SHOP
            browser.addresses = {service.prefix: self.authn.origin(service) for service in self.services}
            self.network.add(browser)
            self._persons[browser_name] = Person(self, name, browser)
        return self._persons[browser_name]

    def __repr__(self) -> str:
        return f"<Deployment {self.authn.name} + {self.authz.name}, seed {self.trace.seed}>"


class Clock:
    """The shop's virtual clock."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    @property
    def now(self) -> float:
        """Seconds since the story began."""
        return self._kernel.now

    @property
    def unix(self) -> float:
        """Unix time in seconds, as tokens have it."""
        return EPOCH + self._kernel.now

    def advance(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0) -> None:
        """Let time pass; whatever falls due meanwhile happens.

        Raises:
            Misuse: a negative time.
        """
        step = seconds + 60 * minutes + 3600 * hours + 86400 * days
        if not step >= 0:
            raise Misuse("kernel.negative-sleep", seconds=step)
        self._kernel.run_until(self._kernel.now + step)

    def __repr__(self) -> str:
        return f"<Clock {self.now:.3f} s>"


class Person:
    """Somebody at a browser. Every verb runs the world until the answer is there, and returns it.

    Attributes:
        name: The user name.
        browser: The program behind the verbs.
    """

    def __init__(self, shop: Deployment, name: str, browser: Browser) -> None:
        self._shop = shop
        self.name = name
        self.browser = browser

    def sign_in(self, password: str | None = None) -> Response:
        """Sign in, with the right password unless another is given."""
        account = self._shop.people.get(self.name)
        word = password if password is not None else account.password if account else ""
        return self._do("sign-in", self.browser.sign_in(self.name, word))

    @property
    def last_request(self) -> Request:
        """The last request that this browser sent to a microservice or its gateway, as it stood on the wire.

        Whoever has a copy of it can send it again: `mallory.send(alice.last_request)`.

        Raises:
            Misuse: it has sent none.
        """
        prefixes = [service.prefix for service in self._shop.services]
        for hop in reversed(self._shop.trace.hops):
            if hop.source == self.browser.name and any(below(hop.request.path, prefix) for prefix in prefixes):
                return hop.request
        raise Misuse("deployment.no-request", name=self.name)

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Response:
        """Ask the shop for `path`; `headers` are added by hand, as a program could that is not our page."""
        return self.send(Request.get(path, headers))

    def post(self, path: str, json: Any = None) -> Response:
        """Send something to the shop."""
        return self.send(Request.post(path, json=json))

    def patch(self, path: str, json: Any) -> Response:
        """Change something in the shop."""
        return self.send(Request.post(path, json=json, method="PATCH"))

    def send(self, request: Request) -> Response:
        """Ask the shop anything."""
        return self._do(request.method.lower(), self.browser.send(request), request.target)

    def refresh(self) -> Response:
        """Have a stale credential renewed without a password, where the pattern can do that."""
        return self._do("refresh", self.browser.refresh())

    def sign_out(self, *, everywhere: bool = False) -> Response:
        """Sign out of this device, or of all."""
        return self._do("sign-out", self.browser.sign_out(everywhere=everywhere))

    def _do(self, verb: str, story: Coroutine[Any, Any, Response], detail: str = "") -> Response:
        act = self._shop.trace.begin_act(self.browser.name, verb, detail)
        before = current_act.set(act.id)
        try:
            return self._shop.run(story)
        finally:
            current_act.reset(before)

    def __repr__(self) -> str:
        return f"<Person {self.name} at browser {self.browser.name}>"
