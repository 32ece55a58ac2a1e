"""How tokens reach the page, where they are kept, and how they come back: in Web Storage, or in cookies.

Each way has two halves that belong together: what the auth service does, and what the page's program does.
"""

from __future__ import annotations

from typing import Protocol

from authpatterns.authn.carry import bearer, same_origin
from authpatterns.browser import Browser, FrontEnd, cookies_of, set_cookie
from authpatterns.messages import Request, Response

ACCESS_COOKIE = "__Host-access"
REFRESH_COOKIE = "__Secure-refresh"


class Delivery(Protocol):
    """The auth service's half."""

    def guard(self, request: Request) -> None:
        """Refuse a sign-in that another page has caused, where its answer would change what the browser sends."""

    def hand_out(self, access: str, lifetime: int, refresh: str, refresh_lifetime: int) -> Response:
        """New tokens for the page, with their lifetimes in seconds."""

    def refresh_token(self, request: Request) -> str:
        """The refresh token that the page sent, or ""."""

    def signed_out(self) -> Response:
        """The answer to a sign-out."""


def delivery(keep: str) -> Delivery:
    """The auth service's half for `keep`: "local", "session" or "cookie"."""
    return InCookies() if keep == "cookie" else InBody()


def page(keep: str) -> FrontEnd:
    """The page's half for `keep`."""
    return CookiePage() if keep == "cookie" else StoragePage(keep)


def access_cookie(keep: str) -> str:
    """The cookie to look for the access token in, or "" where it comes in a header."""
    return ACCESS_COOKIE if keep == "cookie" else ""


def sign_in_request(username: str, password: str) -> Request:
    """What the sign-in form sends."""
    return Request.post("/auth/sign-in", form={"username": username, "password": password})


def sign_out_path(everywhere: bool) -> str:
    """Where to send a sign-out: of this device, or of all."""
    return "/auth/sign-out?everywhere=yes" if everywhere else "/auth/sign-out"


# --- in Web Storage


class InBody:
    """Hands tokens out in the body of the answer, where the page's program picks them up."""

    def guard(self, request: Request) -> None:
        """Nothing to fear: another page cannot make this page keep a token."""

    def hand_out(self, access: str, lifetime: int, refresh: str, refresh_lifetime: int) -> Response:
        """As RFC 6749 section 5.1 has it."""
        body = {"access_token": access, "token_type": "Bearer", "expires_in": lifetime, "refresh_token": refresh}
        return Response.of(body, headers={"cache-control": "no-store"})

    def refresh_token(self, request: Request) -> str:
        """From the form."""
        return request.form().get("refresh_token", "")

    def signed_out(self) -> Response:
        """Nothing more to say: the page forgets by itself."""
        return Response(204)


class StoragePage:
    """Keeps the tokens in Web Storage, where every script of the page can read them.

    Args:
        kind: "local" (survives the browser) or "session" (ends with the tab).
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind

    async def sign_in(self, browser: Browser, username: str, password: str) -> Response:
        """Send the password, keep the tokens."""
        return self._keep(browser, await self._fetch(browser, sign_in_request(username, password)))

    async def send(self, browser: Browser, request: Request) -> Response:
        """Send the access token along."""
        token = browser.storage(self.kind).get("access_token")
        if token and "authorization" not in request.headers:
            request = request.with_header("authorization", bearer(token))
        return await self._fetch(browser, request)

    async def refresh(self, browser: Browser) -> Response:
        """Trade the refresh token for new tokens."""
        return self._keep(browser, await self._fetch(browser, self._with_refresh_token(browser, "/auth/refresh")))

    async def sign_out(self, browser: Browser, *, everywhere: bool = False) -> Response:
        """Tell the auth service, and forget the tokens whatever it says."""
        request = self._with_refresh_token(browser, sign_out_path(everywhere))
        store = browser.storage(self.kind)
        kept = bool(store)
        store.clear()
        answer = await self._fetch(browser, request)
        if kept:
            browser.note("browser.tokens-dropped")
        return answer

    def _with_refresh_token(self, browser: Browser, path: str) -> Request:
        return Request.post(path, form={"refresh_token": browser.storage(self.kind).get("refresh_token", "")})

    def _keep(self, browser: Browser, answer: Response) -> Response:
        given = answer.json()
        if answer.status == 200 and isinstance(given, dict):
            names = [name for name in ("access_token", "refresh_token") if isinstance(given.get(name), str)]
            browser.storage(self.kind).update({name: given[name] for name in names})
        return answer

    async def _fetch(self, browser: Browser, request: Request) -> Response:
        return await browser.fetch(browser.address(request.target), request)


# --- in cookies


class InCookies:
    """Hands tokens out in cookies that no script can read."""

    def guard(self, request: Request) -> None:
        """Only the shop's own page may sign this browser in (login CSRF, RFC 9700 section 4.7).

        Raises:
            Refused: 403, another page sent the form.
        """
        same_origin(request)

    def hand_out(self, access: str, lifetime: int, refresh: str, refresh_lifetime: int) -> Response:
        """The access token goes to the whole shop, the refresh token to `/auth` alone."""
        lines = (
            set_cookie(ACCESS_COOKIE, access, max_age=lifetime),
            set_cookie(REFRESH_COOKIE, refresh, max_age=refresh_lifetime, path="/auth"),
        )
        return _with_cookies(Response.of({"expires_in": lifetime}, headers={"cache-control": "no-store"}), lines)

    def refresh_token(self, request: Request) -> str:
        """From its cookie, and only if the shop's own page sent it."""
        same_origin(request)
        return cookies_of(request).get(REFRESH_COOKIE, "")

    def signed_out(self) -> Response:
        """Both cookies end."""
        lines = (set_cookie(ACCESS_COOKIE, "", max_age=0), set_cookie(REFRESH_COOKIE, "", max_age=0, path="/auth"))
        return _with_cookies(Response(204), lines)


class CookiePage:
    """Never sees a token: the browser keeps it in an `HttpOnly` cookie and sends it by itself."""

    async def sign_in(self, browser: Browser, username: str, password: str) -> Response:
        """Send the password."""
        return await self.send(browser, sign_in_request(username, password))

    async def send(self, browser: Browser, request: Request) -> Response:
        """The cookie goes along by itself."""
        return await browser.fetch(browser.address(request.target), request)

    async def refresh(self, browser: Browser) -> Response:
        """Ask for new cookies."""
        return await self.send(browser, Request.post("/auth/refresh"))

    async def sign_out(self, browser: Browser, *, everywhere: bool = False) -> Response:
        """Ask for the cookies to be deleted."""
        return await self.send(browser, Request.post(sign_out_path(everywhere)))


def _with_cookies(response: Response, lines: tuple[str, ...]) -> Response:
    for line in lines:
        response = response.with_header("set-cookie", line)
    return response
