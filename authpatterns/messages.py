"""What nodes say to each other: HTTP requests and responses as frozen values.

A body is text, exactly as it would stand on the wire, so a malformed answer, an empty one and the number of bytes are
all things that can be shown. Header names are lower-case, and a name may stand twice, as in HTTP.

Two attributes are *not* on the wire. `Request.principal` is for whom a request is made: set by authentication, read by
authorization, turned into a credential again by whoever sends a request on. `Network` takes it off before delivery.

Examples:
    >>> Request.get("/orders/1?page=2", {"Accept": "text/plain"}).path
    '/orders/1'
    >>> Request.post("/sign-in", form={"username": "alice"}).form()
    {'username': 'alice'}
    >>> Response.of({"id": "1"}).json()
    {'id': '1'}
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from authpatterns.errors import Refused

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Headers:
    """Header lines in order: pairs of lower-case name and value."""

    lines: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, given: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> Headers:
        """From a mapping or from pairs; names become lower-case."""
        pairs = given.items() if isinstance(given, Mapping) else given
        return cls(tuple([(name.lower(), value) for name, value in pairs]))

    def get(self, name: str, default: str = "") -> str:
        """The first value of `name`, or `default`. Here and below, the case of a name does not matter."""
        name = name.lower()
        for known, value in self.lines:
            if known == name:
                return value
        return default

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of `name`, in order: more than one is often an attack."""
        name = name.lower()
        return tuple(value for known, value in self.lines if known == name)

    def with_(self, name: str, value: str) -> Headers:
        """With `name` set to this one value."""
        name = name.lower()
        return Headers((*[line for line in self.lines if line[0] != name], (name, value)))

    def plus(self, name: str, value: str) -> Headers:
        """With one more line for `name`, as `Set-Cookie` needs."""
        return Headers((*self.lines, (name.lower(), value)))

    def without(self, *names: str) -> Headers:
        """With every line of these names removed."""
        unwanted = {name.lower() for name in names}
        return Headers(tuple(line for line in self.lines if line[0] not in unwanted))

    def __contains__(self, name: str) -> bool:
        return name.lower() in (known for known, _ in self.lines)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.lines)


NO_HEADERS = Headers()
_JSON_ALONE = Headers((("content-type", JSON),))


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking, once somebody has established it.

    A person is `(issuer, subject)`: two issuers may both know an "alice" (RFC 9068 section 5).

    Attributes:
        issuer: Who vouches for it.
        subject: The name the issuer gives.
        tenant: The shop the person belongs to.
        roles: Sorted, for instance `("clerk",)`.
        scopes: What the credential was granted for, sorted; empty where the pattern has no scopes.
        actor: The service acting for the subject (RFC 8693 `act`), or "".
        session: The sign-in it comes from (`sid`), or "".
        credential: What proved it, so that it can be sent on. Never shown.
        grant: A token about what the subject may do, where authorization has got one. Never shown.
    """

    issuer: str
    subject: str
    tenant: str = ""
    roles: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    actor: str = ""
    session: str = ""
    credential: str = field(default="", repr=False, compare=False)
    grant: str = field(default="", repr=False, compare=False)

    @classmethod
    def from_claims(cls, claims: Mapping[str, Any], credential: str = "") -> Principal:
        """From the claims of a verified token, an introspection answer or a session."""
        actor = claims.get("act")
        return cls(
            issuer=str(claims.get("iss", "")),
            subject=str(claims["sub"]),
            tenant=str(claims.get("tenant", "")),
            roles=tuple(sorted(claims.get("roles", ()))),
            scopes=tuple(sorted(str(claims.get("scope", "")).split())),
            actor=str(actor["sub"]) if isinstance(actor, Mapping) else "",
            session=str(claims.get("sid", "")),
            credential=credential,
        )

    def claims(self) -> dict[str, Any]:
        """What `from_claims` reads, for a token or a session about this person."""
        about: dict[str, Any] = {
            "iss": self.issuer,
            "sub": self.subject,
            "tenant": self.tenant,
            "roles": list(self.roles),
        }
        if self.scopes:
            about["scope"] = " ".join(self.scopes)
        if self.actor:
            about["act"] = {"sub": self.actor}
        if self.session:
            about["sid"] = self.session
        return about


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    """One HTTP request.

    Attributes:
        method: Upper-case.
        target: Path and query as on the request line, for instance `/orders/1?page=2`.
        headers: See `Headers`.
        body: Text, "" for none.
        principal: For whom this is asked; not on the wire.
    """

    method: str
    target: str
    headers: Headers = NO_HEADERS
    body: str = ""
    principal: Principal | None = None

    @classmethod
    def get(cls, target: str, headers: Mapping[str, str] | None = None, principal: Principal | None = None) -> Request:
        """A GET."""
        return cls("GET", target, Headers.of(headers) if headers else NO_HEADERS, "", principal)

    @classmethod
    def post(
        cls,
        target: str,
        headers: Mapping[str, str] | None = None,
        *,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        method: str = "POST",
        principal: Principal | None = None,
    ) -> Request:
        """A POST (or another `method`) whose body is JSON or a form."""
        lines = Headers.of(headers or {})
        if form is not None:
            return cls(method, target, lines.with_("content-type", FORM), urlencode(form), principal)
        if json is not None:
            return cls(method, target, lines.with_("content-type", JSON), _dump(json), principal)
        return cls(method, target, lines, "", principal)

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> dict[str, str]:
        """The query's parameters; of a repeated one the first, as most frameworks do."""
        return _first_of_each(self.target.partition("?")[2])

    def form(self) -> dict[str, str]:
        """The form in the body; {} where there is none."""
        return _first_of_each(self.body) if self.headers.get("content-type").startswith(FORM) else {}

    def json(self) -> Any:
        """The JSON in the body.

        Raises:
            Refused: 400, the body is not JSON.
        """
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise Refused("request.malformed", status=400, target=self.path) from None

    def with_header(self, name: str, value: str) -> Request:
        """With one header set."""
        return Request(self.method, self.target, self.headers.with_(name, value), self.body, self.principal)

    def without_headers(self, *names: str) -> Request:
        """With these headers removed."""
        return replace(self, headers=self.headers.without(*names))

    def on_behalf_of(self, principal: Principal | None) -> Request:
        """The same request, made for `principal`."""
        if principal is self.principal:
            return self
        return Request(self.method, self.target, self.headers, self.body, principal)

    def __repr__(self) -> str:
        from authpatterns.secrecy import redact  # noqa: PLC0415  (secrecy stands above messages)

        shown = redact(self)
        return f"<{shown.method} {shown.target}{' ' if shown.body else ''}{shown.body}>"


@dataclass(frozen=True, slots=True, repr=False)
class Response:
    """One HTTP response; credentials in it are shown as fingerprints."""

    status: int
    body: str = ""
    headers: Headers = NO_HEADERS

    @classmethod
    def of(cls, value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
        """An answer whose body is `value` as JSON."""
        lines = Headers.of(headers).with_("content-type", JSON) if headers else _JSON_ALONE
        return cls(status, _dump(value), lines)

    @classmethod
    def redirect(cls, location: str) -> Response:
        """303 See Other: fetch `location` with GET (RFC 9110 section 15.4.4)."""
        return cls(303, "", Headers((("location", location),)))

    @property
    def ok(self) -> bool:
        """Whether the answer is yes: 2xx or 3xx."""
        return 200 <= self.status < 400

    @property
    def reason(self) -> str:
        """The status in words, as HTTP names it; "opaque" for an answer that a script may not read."""
        return HTTPStatus(self.status).phrase if self.status else "opaque"

    def json(self) -> Any:
        """The JSON in the body, or None where there is none: whether an answer makes sense is for the caller to see."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    def with_header(self, name: str, value: str) -> Response:
        """With one more header line."""
        return Response(self.status, self.body, self.headers.plus(name, value))

    def __repr__(self) -> str:
        from authpatterns.secrecy import redact  # noqa: PLC0415  (secrecy stands above messages)

        body = redact(self).body
        return f"<{self.status} {self.reason}{' ' if body else ''}{body}>"


@dataclass(frozen=True, slots=True)
class Url:
    """An absolute address: `origin` is what a browser compares, `target` what stands on the request line."""

    origin: str
    target: str

    @classmethod
    @lru_cache(maxsize=1024)
    def parse(cls, text: str) -> Url:
        """From `https://host/path?query`. The fragment is dropped: it never leaves the browser."""
        parts = urlsplit(text)
        query = f"?{parts.query}" if parts.query else ""
        return cls(f"{parts.scheme}://{parts.netloc}", (parts.path or "/") + query)

    @property
    def host(self) -> str:
        """The host without scheme."""
        return self.origin.partition("://")[2]

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    def __str__(self) -> str:
        return self.origin + self.target


def below(path: str, prefix: str) -> bool:
    """Whether `path` is `prefix` or lies below it: `/orders/1` is below `/orders`, `/ordersheet` is not."""
    return path == prefix or path.startswith(prefix.rstrip("/") + "/")


def with_query(address: str, **parameters: str) -> str:
    """`address` with `parameters` added to its query, in the order given."""
    return f"{address}{'&' if '?' in address else '?'}{urlencode(parameters)}"


def _first_of_each(text: str) -> dict[str, str]:
    pairs = parse_qsl(text, keep_blank_values=True)
    return dict(reversed(pairs))


_dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
