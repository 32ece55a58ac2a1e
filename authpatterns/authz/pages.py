"""A long answer in pages (AuthZEN 1.0 section 8.2).

The token in which an asker hands back where it stands holds the place, the page size and a digest of the question, so
the decision point remembers nothing, and a token that is used with another question is refused.

Examples:
    >>> first = page_of({"page": {"limit": 2}}, [{"id": "1"}, {"id": "2"}, {"id": "3"}])
    >>> first["page"]["count"], first["page"]["total"], first["results"]
    (2, 3, [{'id': '1'}, {'id': '2'}])
    >>> page_of({"page": {"token": first["page"]["next_token"]}}, [{"id": "1"}, {"id": "2"}, {"id": "3"}])["results"]
    [{'id': '3'}]
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from authpatterns.encoding import decode, encode, parse
from authpatterns.errors import Refused


def page_of(body: dict[str, Any], found: list[dict[str, str]]) -> dict[str, Any]:
    """The answer to a search: everything, or the page that `body` asks for.

    Raises:
        Refused: 400, the page cannot be had.
    """
    if "page" not in body:
        return {"results": found}
    start, limit = _wanted(body)
    end = len(found) if limit is None else start + limit
    shown = found[start:end]
    rest = "" if end >= len(found) else encode(json.dumps([end, limit, _digest(body)]).encode())
    return {"page": {"next_token": rest, "count": len(shown), "total": len(found)}, "results": shown}


def _wanted(body: dict[str, Any]) -> tuple[int, int | None]:
    page = body["page"]
    if not isinstance(page, dict):
        raise Refused("authzen.not-an-object", status=400, name="page")
    limit = page.get("limit")
    if limit is not None and (type(limit) is not int or limit < 0):
        raise Refused("authzen.page", status=400, name="page.limit")
    token = page.get("token", "")
    return _place(token, limit, _digest(body)) if token != "" else (0, limit)


def _place(token: Any, limit: int | None, digest: str) -> tuple[int, int | None]:
    """Where `token` points to. Whoever continues must ask the same question; the page size may be left out."""
    try:
        start, size, of = parse(decode(token))
    except (ValueError, TypeError):
        raise Refused("authzen.page", status=400, name="page.token") from None
    fits = type(start) is int and type(size) is int and start >= 0 and size >= 0
    if not fits or of != digest or limit not in (None, size):
        raise Refused("authzen.page", status=400, name="page.token")
    return start, size


def _digest(body: dict[str, Any]) -> str:
    question = {name: body.get(name) for name in ("subject", "action", "resource", "context")}
    return sha256(json.dumps(question, sort_keys=True).encode()).hexdigest()[:16]
