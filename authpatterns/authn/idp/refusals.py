"""How the identity provider says no: with the error codes of RFC 6749, and never with more than those."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from authpatterns.errors import Refused
from authpatterns.messages import FORM, Request, Response

NEVER_STORED = {"cache-control": "no-store", "pragma": "no-cache"}
"""RFC 6749 section 5.1: no cache keeps an answer about tokens."""


class OAuthRefused(Refused):
    """The provider's no.

    Attributes:
        error: As the client reads it, for instance "invalid_grant".
    """

    def __init__(self, code: str, error: str = "invalid_request", status: int = 400, **evidence: Any) -> None:
        super().__init__(f"oauth.{code}", status=status, **evidence)
        self.error = error

    def response(self) -> Response:
        """As JSON (RFC 6749 section 5.2)."""
        challenge = {"www-authenticate": 'Basic realm="identity provider"'} if self.status == 401 else {}
        return Response.of({"error": self.error}, self.status, NEVER_STORED | challenge)


def parameters(text: str) -> dict[str, str]:
    """The parameters in a query or a form; one without a value counts as left out (RFC 6749 section 3.1).

    Raises:
        OAuthRefused: one stands twice, or is not UTF-8.
    """
    try:
        pairs = [(name, value) for name, value in parse_qsl(text, keep_blank_values=True, errors="strict") if value]
    except ValueError:
        raise OAuthRefused("unreadable") from None
    found = dict(pairs)
    if len(found) != len(pairs):
        raise OAuthRefused("parameter-twice")
    return found


def form_of(request: Request) -> dict[str, str]:
    """The parameters in the body.

    Raises:
        OAuthRefused: the body is no form, or a parameter stands twice.
    """
    if request.headers.get("content-type").partition(";")[0].strip().lower() != FORM:
        raise OAuthRefused("no-form")
    return parameters(request.body)


def demand(form: dict[str, str], name: str) -> str:
    """Parameter `name`.

    Raises:
        OAuthRefused: it is missing.
    """
    if name not in form:
        raise OAuthRefused("parameter-missing", name=name)
    return form[name]
