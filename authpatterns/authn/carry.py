"""How a credential travels: exactly one way per request."""

from __future__ import annotations

from functools import lru_cache

from authpatterns.browser import SAFE_METHODS, cookies_of
from authpatterns.errors import Refused
from authpatterns.messages import Request


def bearer_token(request: Request, cookie: str = "") -> str:
    """The one token of `request`: from `Authorization: Bearer`, or from the cookie of this name.

    Tokens in the query string are not looked for (RFC 6750 section 2.3 advises against them).

    Raises:
        Refused: 401 without any token, 400 with more than one (RFC 6750 sections 2 and 3.1), 403 where a cookie comes
            with an unsafe method from another origin (see `same_origin`).
    """
    lines = request.headers.all("authorization")
    found = [_after_bearer(line) for line in lines]
    from_cookie = cookies_of(request).get(cookie, "") if cookie else ""
    if from_cookie:
        found.append(from_cookie)
    if len(found) > 1:
        raise Refused("request.two-credentials", status=400)
    if not found or not found[0] or not found[0].isascii():
        raise Refused("request.no-credential")
    if from_cookie:
        same_origin(request)
    return found[0]


def no_session(request: Request, cookie: str) -> Refused:
    """Why the cookie of this name leads to no session: 401, none has come, or what it holds is not known.

    RFC 6750 section 3.1 keeps the two apart: a client that has sent a credential is told that it is not good.
    """
    return Refused("session.unknown" if cookies_of(request).get(cookie) else "request.no-credential")


@lru_cache(maxsize=1024)
def bearer(token: str) -> str:
    """The value of an `Authorization` header; the same text for the same token, so that a trace holds it only once."""
    return f"Bearer {token}"


def _after_bearer(line: str) -> str:
    scheme, _, token = line.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def same_origin(request: Request) -> None:
    """A cookie goes along by itself, so an unsafe request that brings one must come from the shop's own page.

    Raises:
        Refused: 403, the `Origin` header is missing or names another page (cross-site request forgery).
    """
    if request.method in SAFE_METHODS:
        return
    host = request.headers.get("host")
    if not host or request.headers.get("origin") != f"https://{host}":
        raise Refused("request.cross-site", status=403, origin=request.headers.get("origin") or "-")
