"""A shop in which every microservice signs people in by itself: what one auth service is measured against.

Each microservice has its own accounts, its own form, its own sessions and its own cookie. Never a pattern to use.

Examples:
    >>> shop = own_logins()
    >>> alice = shop.user("alice")
    >>> alice.sign_in().status
    200
    >>> [hop.target for hop in shop.trace]
    ['orders', 'payments', 'shipping']
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from authpatterns import bookshop, tokens
from authpatterns.authn.carry import no_session, same_origin
from authpatterns.authn.short_lived import ShortLived
from authpatterns.authz import Distributed
from authpatterns.browser import Browser, FrontEnd, cookies_of, set_cookie
from authpatterns.deployment import Deployment
from authpatterns.messages import Principal, Request, Response
from authpatterns.node import Handler, Middleware
from authpatterns.pattern import SHOP, Authentication
from authpatterns.service import Service
from authpatterns.stores import UserStore


@dataclass(frozen=True)
class OwnLogin(Authentication):
    """Each microservice checks passwords against its own accounts, and keeps its own sessions in memory.

    Attributes:
        accounts: The database of each microservice, by name.
        lifetime: Of a session, in seconds.
    """

    name: ClassVar[str] = "own-login"
    renewable: ClassVar[bool] = False

    accounts: Mapping[str, UserStore] = field(default_factory=dict, repr=False)
    lifetime: int = 1800

    @property
    def credential_lifetime(self) -> float:
        """A session ends by itself."""
        return self.lifetime

    @property
    def revocation_window(self) -> float:
        """None: who keeps the session deletes it."""
        return 0

    def front_end(self) -> FrontEnd:
        """One form after the other."""
        return ManyForms()

    def cookie(self, service: Service) -> str:
        """The name of the cookie by which `service` knows a browser."""
        return f"__Secure-{service.name}"

    def at_service(self, service: Service) -> Sequence[Middleware]:
        """The form, and then: who is asking?"""
        accounts, sessions = self.accounts[service.name], ShortLived[Principal]()
        cookie = self.cookie(service)

        def sign_in(request: Request) -> Response:
            same_origin(request)
            form = request.form()
            user = accounts.check(form.get("username", ""), form.get("password", ""))
            service.note("sign-in.checked", subject=user.name)
            key = tokens.reference(service.chance)
            principal = Principal.from_claims({"iss": f"{SHOP}{service.prefix}", **user.claims()})
            sessions.put(key, principal, service.now + self.lifetime, service.now)
            line = set_cookie(cookie, key, max_age=self.lifetime, path=service.prefix)
            return Response.of({"signed_in": user.name}).with_header("set-cookie", line)

        async def authenticate(request: Request, proceed: Handler) -> Response:
            if (request.method, request.path) == ("POST", f"{service.prefix}/sign-in"):
                return sign_in(request)
            key = cookies_of(request).get(cookie, "")
            principal = sessions.get(key, service.now)
            if principal is None:
                raise no_session(request, cookie)
            same_origin(request)
            if (request.method, request.path) == ("POST", f"{service.prefix}/sign-out"):
                sessions.drop(key)
                return Response(204).with_header("set-cookie", set_cookie(cookie, "", max_age=0, path=service.prefix))
            return await proceed(request.on_behalf_of(principal))

        return [authenticate]


class ManyForms:
    """What a person does who wants to use the whole shop: the same thing at every microservice."""

    async def sign_in(self, browser: Browser, username: str, password: str) -> Response:
        """Fill in every form; the first answer that is a no, or else the last one."""
        form = {"username": username, "password": password}
        return await _everywhere(browser, "sign-in", form)

    async def send(self, browser: Browser, request: Request) -> Response:
        """The cookie of that microservice goes along by itself."""
        return await browser.fetch(browser.address(request.target), request)

    async def refresh(self, browser: Browser) -> Response:
        """There is nothing to renew a session with but the password."""
        return Response(401)

    async def sign_out(self, browser: Browser, *, everywhere: bool = False) -> Response:
        """Leave every microservice."""
        return await _everywhere(browser, "sign-out", {})


async def _everywhere(browser: Browser, what: str, form: Mapping[str, str]) -> Response:
    answers = []
    for prefix in browser.addresses:
        request = Request.post(f"{prefix}/{what}", form=form)
        answers.append(await browser.fetch(browser.address(request.target), request))
    return next((answer for answer in answers if not answer.ok), answers[-1])


def own_logins(seed: int = 0, services: Sequence[Service] | None = None) -> Deployment:
    """The bookshop, each microservice with its own sign-in and its own copy of the accounts.

    Args:
        seed: Of the deployment.
        services: The microservices; the bookshop's unless given.
    """
    chosen = tuple(services) if services is not None else bookshop.services()
    pattern = OwnLogin({service.name: _accounts() for service in chosen})
    return Deployment(pattern, Distributed(), seed=seed, services=chosen)


def _accounts() -> UserStore:
    store = UserStore()
    for person in bookshop.PEOPLE:
        store.add(person.name, person.tenant, person.roles, person.password)
    return store
