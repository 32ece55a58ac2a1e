"""Which parts of a message are secret, and how to show a message without giving them away.

One table of names decides. Diagrams, `repr`, exports, the list of who has seen which secret and the count of credential
bytes are all computed from it, so they cannot disagree.

Examples:
    >>> from authpatterns.messages import Request
    >>> request = Request.get("/orders/1", {"Authorization": "Bearer aaaa.bbbb.cccc"})
    >>> [(found.place, found.name, found.size) for found in carried(request)]
    [('header', 'authorization', 14)]
    >>> redact(request).headers.get("authorization")
    'Bearer jwt#bab057'
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Literal, TypeVar
from urllib.parse import parse_qsl, urlencode

from authpatterns.messages import FORM, JSON, Headers, Request, Response

Place = Literal["header", "cookie", "query", "body"]
Message = TypeVar("Message", Request, Response)

SECRET_FIELDS = frozenset(
    (
        *("access_token", "actor_token", "assertion", "client_assertion", "client_secret", "code", "code_verifier"),
        *(
            "id_token",
            "id_token_hint",
            "jwt",
            "logout_token",
            "opaque_token",
            "password",
            "refresh_token",
            "session_id",
        ),
        *("state", "subject_token", "token"),
    )
)
"""Names of form, query and JSON members whose value is a secret."""

OPEN_FIELDS = frozenset({"signature", "signatures"})
"""Names of members that hold a JWS over something else: whoever has it may do nothing with it."""

SECRET_HEADERS = frozenset({"x-forwarded-access-token", "x-origin-verify"})
"""Names of headers whose whole value is a secret; `Authorization` and cookies are taken apart instead."""

_BEARER = re.compile(r"^(Bearer|Basic|DPoP) +(.+)$", re.IGNORECASE)
_FINGERPRINT = re.compile(r"^(password|jwt|opaque)#[0-9a-f]{6}$")
_DIGITS = re.compile(r"\b(password|jwt|opaque)#[0-9a-f]{6}\b")
_JWT = re.compile(r"^[\w-]+\.[\w-]+\.[\w-]*$")
_QUOTED = re.compile(r"(?<![\w-])eyJ[\w-]+\.[\w-]+\.[\w-]*")
"""A JWT in the middle of a text: its header begins with `{"`, which is `eyJ` in base64url."""


@dataclass(frozen=True, slots=True)
class Carried:
    """One secret found in a message.

    Attributes:
        place: Where it travels: "header", "cookie", "query" or "body".
        name: Of the header, cookie or member; "body" for a JWT that a body quotes outside of any.
        value: The secret itself, never shown.
    """

    place: Place
    name: str
    value: str

    @property
    def size(self) -> int:
        """Length of the secret in bytes."""
        return len(self.value.encode())

    @property
    def fingerprint(self) -> str:
        """See `fingerprint`."""
        return fingerprint(self.value, self.name)

    def __repr__(self) -> str:
        return f"<{self.place} {self.name} {self.fingerprint}>"


def fingerprint(secret: str, name: str = "") -> str:
    """A short name for `secret`: its kind and six hex digits of SHA-256. Equal secrets have equal fingerprints.

    What is a fingerprint already stays as it is: live traces keep nothing else.
    """
    if _FINGERPRINT.match(secret):
        return secret
    kind = "password" if name == "password" else "jwt" if _JWT.match(secret) else "opaque"
    return f"{kind}#{sha256(secret.encode()).hexdigest()[:6]}"


def without_digits(text: str) -> str:
    """`text` with the kind of each fingerprint alone: what is left is the same in worlds with different secrets.

    Examples:
        >>> without_digits("Authorization: Bearer jwt#bab057")
        'Authorization: Bearer jwt#…'
    """
    return _DIGITS.sub(r"\1#…", text)


def carried(message: Request | Response) -> tuple[Carried, ...]:
    """Every secret in `message`, in the order in which it stands there."""
    found: list[Carried] = []

    def keep(place: Place, name: str, value: str) -> str:
        if value:
            found.append(Carried(place, name, value))
        return value

    _rewrite(message, keep)
    return tuple(found)


def redact(message: Message) -> Message:
    """`message` with every secret replaced by its fingerprint."""
    covered: Message = _rewrite(message, lambda _, name, value: fingerprint(value, name) if value else value)
    return covered


_Seen = Callable[[Place, str, str], str]


def _rewrite(message: Request | Response, seen: _Seen) -> Any:
    """`message` with each secret replaced by what `seen(place, name, value)` gives: the one walk over all secrets."""
    headers = Headers(tuple((name, _header(name, value, seen)) for name, value in message.headers))
    body = _body(message.headers.get("content-type"), message.body, seen)
    if isinstance(message, Request):
        path, mark, query = message.target.partition("?")
        return replace(message, target=path + mark + _pairs("query", query, seen), headers=headers, body=body)
    return replace(message, headers=headers, body=body)


def _header(name: str, value: str, seen: _Seen) -> str:
    if name in SECRET_HEADERS:
        return seen("header", name, value)
    if name == "authorization":
        match = _BEARER.match(value)
        return f"{match[1]} {seen('header', name, match[2])}" if match else seen("header", name, value)
    if name == "cookie":
        return "; ".join(_cookie(part, seen) for part in value.split("; "))
    if name == "set-cookie":
        first, mark, attributes = value.partition(";")
        return _cookie(first, seen) + mark + attributes
    if name == "location":
        address, mark, query = value.partition("?")
        return address + mark + _pairs("query", query, seen)
    return _text("header", name, value, seen)


def _text(place: Place, name: str, text: str, seen: _Seen) -> str:
    """A text that is no secret by its name, but may quote a JWT: an error message is enough."""
    if name in OPEN_FIELDS:
        return text
    return _QUOTED.sub(lambda found: seen(place, name, found[0]), text) if "eyJ" in text else text


def _cookie(pair: str, seen: _Seen) -> str:
    name, mark, value = pair.partition("=")
    return name + mark + seen("cookie", name, value)


def _pairs(place: Place, text: str, seen: _Seen) -> str:
    pairs = parse_qsl(text, keep_blank_values=True) if text else []
    shown = [
        (name, seen(place, name, value) if name in SECRET_FIELDS else _text(place, name, value, seen))
        for name, value in pairs
    ]
    return text if shown == pairs else urlencode(shown, safe="#")


def _body(kind: str, body: str, seen: _Seen) -> str:
    if kind.startswith(FORM):
        return _pairs("body", body, seen)
    if not kind.startswith(JSON):
        return _text("body", "body", body, seen)
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return _text("body", "body", body, seen)
    shown = _members(value, seen, "body")
    return body if shown == value else json.dumps(shown, ensure_ascii=False, separators=(",", ":"))


def _members(value: Any, seen: _Seen, called: str) -> Any:
    """`value` covered: it is the member `called` so, or stands in that."""
    if isinstance(value, str):
        return seen("body", called, value) if called in SECRET_FIELDS else _text("body", called, value, seen)
    if isinstance(value, list):
        return [_members(item, seen, called) for item in value]
    if isinstance(value, dict):
        return {name: _members(item, seen, name) for name, item in value.items()}
    return value
