"""The few pages of the identity provider, in both languages at once: a trace is the same whoever reads it."""

from __future__ import annotations

from html import escape
from string import Template

from authpatterns import words
from authpatterns.messages import Headers, Response

HEADERS = Headers(
    (
        ("content-type", "text/html; charset=utf-8"),
        ("cache-control", "no-store"),
        (
            "content-security-policy",
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
        ),
        ("referrer-policy", "same-origin"),
        ("x-content-type-options", "nosniff"),
    )
)
"""No script, no frame around it (clickjacking), and the address, which holds the request, is told to no other site."""

_PAGE = Template(
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>$title</title>'
    '<meta name="viewport" content="width=device-width">'
    "<style>body{font:1rem/1.6 sans-serif;max-width:24rem;margin:4rem auto;padding:0 1rem}"
    "input,button{font:inherit;display:block;width:100%;box-sizing:border-box;margin:0 0 1rem}</style></head>"
    "<body><h1>$title</h1>$content</body></html>"
)
_FORM = Template('<form method="post" action="$action"><input type="hidden" name="ticket" value="$ticket">$rows</form>')


def both(key: str) -> str:
    """A sentence in Japanese and English."""
    return escape(f"{words.say(key, lang='ja')} / {words.say(key, lang='en')}")


def page(key: str, content: str, status: int = 200) -> Response:
    """A page with the title `key`; `content` is HTML."""
    return Response(status, _PAGE.substitute(title=both(key), content=content), HEADERS)


def sign_in(action: str, ticket: str, client: str, *, failed: bool = False) -> Response:
    """The form for user name and password."""
    complaint = f'<p role="alert">{both("error.sign-in.failed")}</p>' if failed else ""
    rows = (
        f'<label>{both("page.idp.username")}<input name="username" autocomplete="username" required autofocus></label>'
        f'<label>{both("page.idp.password")}<input name="password" type="password" required'
        ' autocomplete="current-password"></label>'
        f"<button>{both('page.idp.sign-in')}</button>"
    )
    form = _FORM.substitute(action=escape(action), ticket=escape(ticket), rows=rows)
    answer = page("page.idp.sign-in", f"<p>{escape(client)}</p>{complaint}{form}", 401 if failed else 200)
    return answer.with_header("www-authenticate", 'Cookie realm="identity provider"') if failed else answer


def confirm_sign_out(action: str, ticket: str) -> Response:
    """Do you really want to sign out?"""
    form = _FORM.substitute(
        action=escape(action), ticket=escape(ticket), rows=f"<button>{both('page.idp.sign-out')}</button>"
    )
    return page("page.idp.sign-out", form)


def signed_out() -> Response:
    """You are signed out."""
    return page("page.idp.signed-out", "")


def refused(error: str, status: int = 400) -> Response:
    """The answer where nothing may be sent back to whoever sent the browser here."""
    return page("page.idp.refused", f"<p><code>{escape(error)}</code></p>", status)
