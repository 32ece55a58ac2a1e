"""Any AuthZEN decision point, anywhere, as a `PolicyEngine`: its decisions over real HTTP.

    Deployment(Jwt(), Centralized(engine=AuthzenEngine("http://127.0.0.1:8181")))

It fails closed: what is not a boolean `true` in a 200 is a no, and so is no answer.
"""

from __future__ import annotations

import json
from http.client import HTTPException
from urllib.error import URLError
from urllib.request import ProxyHandler, Request, build_opener

from authpatterns.authz.pdp import EVALUATION
from authpatterns.messages import JSON
from authpatterns.policy import Decision, Query

LARGEST_ANSWER = 1_000_000
"""Bytes of an answer that will be read."""

_direct = build_opener(ProxyHandler({}))  # a question about people goes to nobody in between


class AuthzenEngine:
    """Asks an AuthZEN decision point.

    Args:
        base: Its address, without the path of the endpoint.
        timeout: Seconds to wait for an answer.
    """

    def __init__(self, base: str, timeout: float = 2.0) -> None:
        self.url = base.rstrip("/") + EVALUATION
        self.timeout = timeout

    def decide(self, query: Query) -> Decision:
        """See `PolicyEngine`."""
        answer = ask(self.url, query.to_dict(), self.timeout)
        return Decision(False, "pdp-unreachable") if answer is None else Decision.from_answer(answer)


def ask(url: str, question: object, timeout: float) -> object | None:
    """The JSON that comes back for `question`; None where there is no answer, or none that says 200.

    What is no JSON is an empty object: somebody has answered, and has said nothing.
    """
    request = Request(url, json.dumps(question).encode(), {"content-type": JSON}, method="POST")
    try:
        with _direct.open(request, timeout=timeout) as answer:
            text = answer.read(LARGEST_ANSWER) if answer.status == 200 else b""
    except (URLError, OSError, HTTPException):
        return None
    return _parsed(text)


def _parsed(text: bytes) -> object:
    try:
        return json.loads(text) or {}
    except (ValueError, RecursionError):
        return {}
