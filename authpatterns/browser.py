"""A web browser as far as authentication depends on it: cookies, Web Storage, redirects, and what a script may touch.

Cookies follow RFC 6265bis (draft-ietf-httpbis-rfc6265bis): `Secure`, `HttpOnly`, `SameSite`, `Domain`, `Path`,
`Max-Age` and the prefixes `__Host-` and `__Secure-`. A *site* is the last two labels of a host: `orders.shop.example`
and `pay.shop.example` are the same site, `id.example` is another.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol
from urllib.parse import urljoin

from authpatterns.errors import Misuse, NetworkError
from authpatterns.messages import FORM, Headers, Request, Response, Url, below
from authpatterns.node import Node

SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE")
MOST_REDIRECTS = 20


@lru_cache(maxsize=1024)
def site_of(origin: str) -> str:
    """The site of an origin: scheme and the last two labels of the host."""
    scheme, _, host = origin.partition("://")
    return f"{scheme}://{'.'.join(host.split(':')[0].split('.')[-2:])}"


@dataclass(frozen=True, slots=True)
class Cookie:
    """One cookie as the browser keeps it.

    Attributes:
        name, value: As sent.
        host: Who set it.
        domain: Where it goes besides `host`; "" means to `host` alone.
        path: Below which it goes.
        secure, http_only: As set.
        same_site: "Strict", "Lax" or "None".
        expires: Unix seconds, or None for as long as the browser lives.
    """

    name: str
    value: str = field(repr=False)
    host: str
    domain: str = ""
    path: str = "/"
    secure: bool = False
    http_only: bool = False
    same_site: str = "Lax"
    expires: float | None = None

    def goes_to(self, url: Url, now: float) -> bool:
        """Whether host, path, scheme and time fit."""
        host_fits = url.host == self.host if not self.domain else _within(url.host, self.domain)
        path_fits = below(url.path, self.path)
        scheme_fits = not self.secure or url.origin.startswith("https://")
        return host_fits and path_fits and scheme_fits and (self.expires is None or now < self.expires)


class CookieJar:
    """The cookies of one browser."""

    def __init__(self) -> None:
        self._cookies: dict[tuple[str, str, str], Cookie] = {}

    def __iter__(self) -> Any:
        return iter(list(self._cookies.values()))

    def set(self, url: Url, line: str, now: float, *, same_site: bool = True) -> Cookie | None:
        """Keep what a `Set-Cookie` line asks for; None where the rules say to ignore it.

        Args:
            url: Who answered.
            line: The header's value.
            now: Unix seconds.
            same_site: False for an answer to a request that another site caused in the background.
        """
        cookie = parse_cookie(url, line, now)
        if cookie is None or (cookie.same_site != "None" and not same_site):
            return None
        key = (cookie.domain or cookie.host, cookie.path, cookie.name)
        self._cookies.pop(key, None)
        if cookie.expires is None or now < cookie.expires:
            self._cookies[key] = cookie
        return cookie

    def fitting(self, url: Url, now: float, allowed: tuple[str, ...] = ("Strict", "Lax", "None")) -> list[Cookie]:
        """The cookies that go to `url`, longest path first; `allowed` names the SameSite values that may go."""
        fitting = [c for c in self._cookies.values() if c.goes_to(url, now) and c.same_site in allowed]
        return sorted(fitting, key=lambda cookie: -len(cookie.path))

    def clear(self) -> None:
        """Forget all cookies."""
        self._cookies.clear()


def parse_cookie(url: Url, line: str, now: float) -> Cookie | None:
    """A `Set-Cookie` line as a cookie, or None where RFC 6265bis section 5.7 says to ignore it."""
    pair, *attributes = [part.strip() for part in line.split(";")]
    name, mark, value = (part.strip() for part in pair.partition("="))
    if not mark or not name:
        return None
    given = {key.strip().lower(): text.strip() for key, _, text in (a.partition("=") for a in attributes)}
    domain = given.get("domain", "").lstrip(".").lower()
    path = given.get("path", "")
    cookie = Cookie(
        name=name,
        value=value,
        host=url.host,
        domain=domain,
        path=path if path.startswith("/") else url.path.rpartition("/")[0] or "/",
        secure="secure" in given,
        http_only="httponly" in given,
        same_site={"strict": "Strict", "none": "None"}.get(given.get("samesite", "").lower(), "Lax"),
        expires=_expiry(given.get("max-age"), now),
    )
    return cookie if _acceptable(cookie, url, has_path=bool(path)) else None


def _acceptable(cookie: Cookie, url: Url, *, has_path: bool) -> bool:
    https = url.origin.startswith("https://")
    if cookie.domain and (not _within(url.host, cookie.domain) or "." not in cookie.domain):
        return False
    if (cookie.secure and not https) or (cookie.same_site == "None" and not cookie.secure):
        return False
    name = cookie.name.lower()
    if name.startswith("__host-"):
        return cookie.secure and not cookie.domain and cookie.path == "/" and has_path
    return cookie.secure if name.startswith("__secure-") else True


def _within(host: str, domain: str) -> bool:
    return host == domain or host.endswith("." + domain)


def _expiry(max_age: str | None, now: float) -> float | None:
    if max_age is None or not re.fullmatch(r"-?[0-9]+", max_age, re.ASCII):
        return None
    return now + int(max_age)


def set_cookie(name: str, value: str, *, max_age: int | None = None, path: str = "/", same_site: str = "Strict") -> str:
    """A careful `Set-Cookie` value: `Secure`, `HttpOnly`, `SameSite`, and no `Domain`."""
    age = "" if max_age is None else f"; Max-Age={max_age}"
    return f"{name}={value}; Path={path}; Secure; HttpOnly; SameSite={same_site}{age}"


def cookies_of(request: Request) -> dict[str, str]:
    """The cookies that came with `request`; of a repeated name the first, which is the one with the longest path."""
    pairs = [part.strip().partition("=") for line in request.headers.all("cookie") for part in line.split(";")]
    return {name: value for name, mark, value in reversed(pairs) if mark}


class FrontEnd(Protocol):
    """The page's own program: how a person signs in and out, and how the page asks the shop for something.

    Each authentication pattern brings its own.
    """

    async def sign_in(self, browser: Browser, username: str, password: str) -> Response:
        """Sign in; the last answer of whatever that takes."""

    async def send(self, browser: Browser, request: Request) -> Response:
        """Ask the shop, with the credential this pattern uses; `request.target` is a path such as `/orders/1`."""

    async def refresh(self, browser: Browser) -> Response:
        """Have a stale credential renewed without a password, where the pattern can do that."""

    async def sign_out(self, browser: Browser, *, everywhere: bool = False) -> Response:
        """Sign out, of this device or of all; the last answer of whatever that takes."""


class Browser(Node):
    """One browser on one device.

    Attributes:
        front: The page's program.
        origin: Where the page comes from.
        location: What stands in the address bar: where the last visit ended.
        addresses: Gives the absolute address of a path of the shop.
        cookies: See `CookieJar`.
        local, session: Web Storage by origin. `session` ends with the tab.
    """

    kind = "browser"
    zone = "client"
    front: FrontEnd
    origin: str

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.cookies = CookieJar()
        self.local: dict[str, dict[str, str]] = {}
        self.session: dict[str, dict[str, str]] = {}
        self.addresses: dict[str, str] = {}
        self.location = ""

    # --- what a person does; each is a coroutine

    async def sign_in(self, username: str, password: str) -> Response:
        """Sign in through the page."""
        return await self.front.sign_in(self, username, password)

    async def send(self, request: Request) -> Response:
        """Let the page ask the shop."""
        return await self.front.send(self, request)

    async def refresh(self) -> Response:
        """Let the page have its credential renewed."""
        return await self.front.refresh(self)

    async def sign_out(self, *, everywhere: bool = False) -> Response:
        """Sign out through the page, of this device or of all."""
        return await self.front.sign_out(self, everywhere=everywhere)

    def address(self, path: str) -> str:
        """The absolute address of a path of the shop."""
        for prefix, origin in self.addresses.items():
            if below(path.partition("?")[0], prefix):
                return origin + path
        return self.origin + path

    # --- what a page and a person can make a browser do

    async def fetch(self, address: str, request: Request, *, page: str | None = None) -> Response:
        """A script of a page at origin `page` (this shop's unless given) sends `request` to `address`.

        Cookies go along where their rules allow; a redirect is not followed. Somebody else's page makes the request
        happen, but may not read the answer (status 0) unless the answer allows it by CORS.
        """
        page = self.origin if page is None else page
        url = Url.parse(address)
        same_site = site_of(page) == site_of(url.origin)
        if request.method not in SAFE_METHODS or page != url.origin:
            request = request.with_header("origin", page)
        response = await self._exchange(url, request, ("Strict", "Lax", "None") if same_site else ("None",), same_site)
        foreign = page not in (self.origin, url.origin)
        return Response(0) if foreign and response.headers.get("access-control-allow-origin") != page else response

    async def visit(self, address: str, form: Mapping[str, str] | None = None, *, page: str | None = None) -> Response:
        """Go to `address`: a link (GET), or a form that is sent there (POST), and follow redirects.

        Args:
            address: Absolute.
            form: Fields to send; None for a link.
            page: Origin of the page with the link or form; None when the person typed the address.

        Raises:
            Misuse: redirected more than 20 times.
        """
        request = Request.get(address) if form is None else Request.post(address, form=form)
        for _ in range(MOST_REDIRECTS):
            url, self.location = Url.parse(address), address
            response = await self._exchange(
                url, self._navigation(url, request, page), self._allowed(url, request, page), True
            )
            location = response.headers.get("location")
            if response.status not in (301, 302, 303, 307, 308) or not location:
                return response
            address = urljoin(address, location)
            if response.status not in (307, 308):
                request = Request.get(address)
        raise Misuse("browser.redirects", address=address, count=MOST_REDIRECTS)

    def storage(self, kind: str, page: str | None = None) -> dict[str, str]:
        """Web Storage of an origin: `kind` is "local" or "session"."""
        return {"local": self.local, "session": self.session}[kind].setdefault(page or self.origin, {})

    def seen_by_script(self, page: str | None = None) -> dict[str, str]:
        """Everything that a script in a page of that origin can read, an injected one too.

        That is Web Storage, and the cookies that are not `HttpOnly`.
        """
        origin = page or self.origin
        cookies = self.cookies.fitting(Url.parse(origin + "/"), self.now)
        readable = {f"cookie {cookie.name}": cookie.value for cookie in cookies if not cookie.http_only}
        for kind in ("local", "session"):
            readable |= {f"{kind}Storage {name}": value for name, value in self.storage(kind, origin).items()}
        return readable

    def close_tab(self) -> None:
        """End everything that lives as long as the tab."""
        self.session.clear()

    # --- on the wire

    def _navigation(self, url: Url, request: Request, page: str | None) -> Request:
        headers = Headers((("origin", page),)) if page and request.method not in SAFE_METHODS else Headers()
        if request.headers.get("content-type") == FORM:
            headers = headers.with_("content-type", FORM)
        headers = headers.with_("sec-fetch-mode", "navigate")  # W3C Fetch Metadata: somebody goes to a page
        return Request(request.method, url.target, headers, request.body)

    def _allowed(self, url: Url, request: Request, page: str | None) -> tuple[str, ...]:
        if page is None or site_of(page) == site_of(url.origin):
            return ("Strict", "Lax", "None")
        return ("Lax", "None") if request.method in SAFE_METHODS else ("None",)

    async def _exchange(self, url: Url, request: Request, allowed: tuple[str, ...], same_site: bool) -> Response:
        cookies = self.cookies.fitting(url, self.now, allowed)
        headers = request.headers.with_("host", url.host)
        if cookies:
            headers = headers.with_("cookie", "; ".join(f"{cookie.name}={cookie.value}" for cookie in cookies))
        wired = Request(request.method, url.target, headers, request.body)
        try:
            response = await self.call(self.wire.owner(str(url)), wired)
        except NetworkError as failure:  # what the person sees: no such page, or "this site can't be reached"
            return Response.of({"error": failure.code}, 404 if failure.code == "network.no-path" else 503)
        for line in response.headers.all("set-cookie"):
            self.cookies.set(url, line, self.now, same_site=same_site)
        return response
