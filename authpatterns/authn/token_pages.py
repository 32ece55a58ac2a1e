"""The page's program where the credential is a token: keep it, send it, renew it, throw it away."""

from __future__ import annotations

from authpatterns.authn.auth_service import AuthService
from authpatterns.authn.carry import same_origin
from authpatterns.browser import Browser, cookies_of, set_cookie
from authpatterns.messages import Request, Response
from authpatterns.stores import User

ACCESS_COOKIE = "__Host-access"
REFRESH_COOKIE = "__Secure-refresh"


class StoragePage:
    """Keeps the tokens in Web Storage, where every script of the page can read them.

    Args:
        kind: "local" (survives the browser) or "session" (ends with the tab).
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind

    async def sign_in(self, browser: Browser, username: str, password: str) -> Response:
        """Send the password, keep the tokens."""
        request = Request.post("/auth/sign-in", form={"username": username, "password": password})
        return self._keep(browser, await self._fetch(browser, request))

    async def send(self, browser: Browser, request: Request) -> Response:
        """Send the access token along."""
        token = browser.storage(self.kind).get("access_token")
        if token and "authorization" not in request.headers:
            request = request.with_header("authorization", f"Bearer {token}")
        return await self._fetch(browser, request)

    async def refresh(self, browser: Browser) -> Response:
        """Trade the refresh token for new tokens."""
        return self._keep(browser, await self._fetch(browser, self._with_refresh_token(browser, "/auth/refresh")))

    async def sign_out(self, browser: Browser) -> Response:
        """Tell the auth service, and forget the tokens whatever it says."""
        request = self._with_refresh_token(browser, "/auth/sign-out")
        browser.storage(self.kind).clear()
        return await self._fetch(browser, request)

    def _with_refresh_token(self, browser: Browser, path: str) -> Request:
        return Request.post(path, form={"refresh_token": browser.storage(self.kind).get("refresh_token", "")})

    def _keep(self, browser: Browser, answer: Response) -> Response:
        if answer.status == 200:
            given = answer.json()
            browser.storage(self.kind).update({name: given[name] for name in ("access_token", "refresh_token")})
        return answer

    async def _fetch(self, browser: Browser, request: Request) -> Response:
        return await browser.fetch(browser.address(request.target), request)


class CookiePage:
    """Never sees a token: the browser keeps it in an `HttpOnly` cookie and sends it by itself."""

    async def sign_in(self, browser: Browser, username: str, password: str) -> Response:
        """Send the password."""
        return await self.send(browser, Request.post("/auth/sign-in", form={"username": username, "password": password}))

    async def send(self, browser: Browser, request: Request) -> Response:
        """The cookie goes along by itself."""
        return await browser.fetch(browser.address(request.target), request)

    async def refresh(self, browser: Browser) -> Response:
        """Ask for new cookies."""
        return await self.send(browser, Request.post("/auth/refresh"))

    async def sign_out(self, browser: Browser) -> Response:
        """Ask for the cookies to be deleted."""
        return await self.send(browser, Request.post("/auth/sign-out"))


class CookieAuthService(AuthService):
    """Hands the tokens out in cookies that no script can read."""

    def refresh_token(self, request: Request) -> str:
        """From its cookie, which is sent to `/auth` alone."""
        same_origin(request)
        return cookies_of(request).get(REFRESH_COOKIE, "")

    def hand_out(self, user: User, family: str) -> Response:
        """New tokens, in cookies."""
        access = set_cookie(ACCESS_COOKIE, self.access_token(user), max_age=self.lifetime)
        refresh = set_cookie(REFRESH_COOKIE, self.new_refresh_token(user, family), max_age=self.refresh_lifetime, path="/auth")
        return Response.of({"expires_in": self.lifetime}).with_header("set-cookie", access).with_header("set-cookie", refresh)

    def signed_out(self) -> Response:
        """Both cookies end."""
        access, refresh = set_cookie(ACCESS_COOKIE, "", max_age=0), set_cookie(REFRESH_COOKIE, "", max_age=0, path="/auth")
        return Response(204).with_header("set-cookie", access).with_header("set-cookie", refresh)
