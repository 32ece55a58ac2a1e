"""Session pattern (セッションパターン, 集中パターン): the client carries an id; what it means is kept in one place.

One auth service checks the password, writes a session into one session store and puts its id into a cookie. The id
says nothing by itself, so whoever gets a request has to ask: either every service reads the store, or every service
asks the auth service (as Keycloak has it). The price: a store that everybody needs. The gain: what is deleted there
has ended everywhere.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, ClassVar, Literal

from authpatterns import tokens
from authpatterns.authn.auth_service import ISSUER
from authpatterns.authn.carry import bearer_token, same_origin
from authpatterns.authn.delivery import CookiePage
from authpatterns.authn.verifier import forward_bearer
from authpatterns.browser import Browser, FrontEnd, cookies_of, set_cookie
from authpatterns.errors import Misuse, Refused, Unreachable
from authpatterns.messages import Principal, Request, Response
from authpatterns.node import Handler, Middleware, Node, route
from authpatterns.pattern import SHOP, Authentication, Plan
from authpatterns.service import Service
from authpatterns.store_node import StoreNode, write
from authpatterns.stores import UserStore

COOKIE = "__Host-session"
STORE = "session-store"


@dataclass(frozen=True)
class Session(Authentication):
    """One session store; the id travels in a cookie.

    Attributes:
        lookup: "store": every service reads the store itself. "auth": every service asks the auth service.
        idle: Seconds without a request after which a session ends (OWASP ASVS 5.0 section 7.3).
        absolute: Seconds after which a session ends whatever happens.
        client: Makes the redis-py client of the store; a fakeredis unless given.
    """

    name: ClassVar[str] = "session"
    renewable: ClassVar[bool] = False

    lookup: Literal["store", "auth"] = "store"
    idle: int = 1800
    absolute: int = 8 * 3600
    client: Callable[[], Any] | None = None

    @property
    def credential_lifetime(self) -> float:
        """A session nobody uses ends."""
        return self.idle

    @property
    def revocation_window(self) -> float:
        """What is deleted in the store has ended everywhere."""
        return 0

    def nodes(self, plan: Plan) -> Sequence[Node]:
        """One auth service, one session store."""
        store = StoreNode(STORE, self.client() if self.client else None)
        return [SessionService(plan.users, self.idle, self.absolute), store]

    def places(self, plan: Plan) -> dict[tuple[str, str], str]:
        """The auth service is reached beside the services."""
        return {(SHOP, "/auth"): "auth"}

    def front_end(self) -> FrontEnd:
        """The page never sees the id: it is in an `HttpOnly` cookie."""
        return SessionPage()

    def at_service(self, service: Service) -> Sequence[Middleware]:
        """Ask what the id means."""

        async def authenticate(request: Request, proceed: Handler) -> Response:
            session_id = bearer_token(request, COOKIE)
            if self.lookup == "store":
                session = await read_session(service, session_id, self.idle)
            else:
                session = await ask_auth_service(service, session_id)
            service.note("session.found", subject=session["sub"])
            return await proceed(request.on_behalf_of(Principal.from_claims(session, session_id)))

        return [authenticate]

    def on_behalf(self, service: Service) -> Sequence[Middleware]:
        """Send the id on, in a header: a cookie is a browser's."""
        return [forward_bearer]


class SessionPage(CookiePage):
    """The page's program: the browser does all the work."""

    async def refresh(self, browser: Browser) -> Response:
        """There is nothing to renew: every request keeps the session alive.

        Raises:
            Misuse: always.
        """
        raise Misuse("pattern.no-refresh", pattern=Session.name)


class SessionService(Node):
    """The auth service: checks passwords, opens and ends sessions.

    Args:
        users: The accounts.
        idle, absolute: See `Session`.
    """

    kind = "auth"

    def __init__(self, users: UserStore, idle: int, absolute: int) -> None:
        super().__init__("auth")
        self.users = users
        self.idle, self.absolute = idle, absolute

    @route("POST", "/auth/sign-in")
    async def sign_in(self, request: Request) -> Response:
        """Password in, a fresh id out. An id that the browser brought along is ended, never adopted.

        Raises:
            Refused: 401, the password is wrong; 403, another page sent the form (login CSRF).
        """
        same_origin(request)
        form = request.form()
        user = self.users.check(form.get("username", ""), form.get("password", ""))
        self.note("sign-in.checked", subject=user.name)
        await self._end(cookies_of(request).get(COOKIE, ""))
        session_id = tokens.reference(self.chance)
        session = {"iss": ISSUER, **user.claims(), "ends": int(self.now) + self.absolute}
        key = key_of(session_id)
        await write(self, STORE, Request("SET", f"/{key}?ex={self.idle}", body=json.dumps(session)))
        await write(self, STORE, Request("SADD", f"/sessions-of:{user.name}", body=key))
        self.note("session.opened", subject=user.name)
        return Response.of({"signed_in": user.name}).with_header("set-cookie", set_cookie(COOKIE, session_id))

    @route("POST", "/auth/sign-out")
    async def sign_out(self, request: Request) -> Response:
        """Delete the session, or every session of the person, and the cookie."""
        same_origin(request)
        session_id = cookies_of(request).get(COOKIE, "")
        try:
            session = await read_session(self, session_id, self.idle) if request.query.get("everywhere") else None
        except Refused:
            session = None  # it is over, so it speaks for nobody; the cookie goes all the same
        await (self._end_all(session["sub"]) if session else self._end(session_id))
        if session_id:
            self.note("session.deleted", everywhere=session is not None)
        return Response(204).with_header("set-cookie", set_cookie(COOKIE, "", max_age=0))

    @route("POST", "/internal/session")
    async def session(self, request: Request) -> Response:
        """What an id means: for services that do not read the store themselves."""
        session = await read_session(self, request.form().get("session_id", ""), self.idle)
        return Response.of(session)

    async def _end(self, session_id: str) -> None:
        if session_id:
            await write(self, STORE, Request("DEL", f"/{key_of(session_id)}"))

    async def _end_all(self, user: str) -> None:
        answer = await self.call(STORE, Request("SMEMBERS", f"/sessions-of:{user}"))
        keys = answer.json()
        if not isinstance(keys, list):
            raise Unreachable("store.unusable", target=STORE, status=answer.status)
        for key in keys:
            await write(self, STORE, Request("DEL", f"/{key}"))
        await write(self, STORE, Request("DEL", f"/sessions-of:{user}"))


def key_of(session_id: str) -> str:
    """The store knows a session by the hash of its id, so that who reads the store cannot take sessions over."""
    return f"session:{sha256(session_id.encode()).hexdigest()[:32]}"


async def read_session(node: Node, session_id: str, idle: int) -> dict[str, Any]:
    """The session of this id, which lives `idle` seconds longer for it.

    Raises:
        Refused: 401, there is no such session, or its time is over.
        NetworkError: the store does not answer, so nothing is known and nothing is allowed.
    """
    answer = await node.call(STORE, Request("GETEX", f"/{key_of(session_id)}?ex={idle}"))
    if answer.status == 404:
        raise Refused("session.unknown")
    session = _usable(answer, STORE)
    if session["ends"] <= node.now:
        raise Refused("session.over")
    return session


async def ask_auth_service(service: Node, session_id: str) -> dict[str, Any]:
    """The session of this id, as the auth service says.

    Raises:
        Refused: 401, it says that there is none.
        NetworkError: it does not answer, or not in a way that can be used.
    """
    answer = await service.call("auth", Request.post("/internal/session", form={"session_id": session_id}))
    if answer.status == 401:
        raise Refused("session.unknown")
    return _usable(answer, "auth")


def _usable(answer: Response, source: str) -> dict[str, Any]:
    session = answer.json()
    usable = isinstance(session, dict) and isinstance(session.get("sub"), str) and isinstance(session.get("ends"), int)
    if answer.status != 200 or not usable:
        raise Unreachable("store.unusable", target=source, status=answer.status)
    known: dict[str, Any] = session
    return known
