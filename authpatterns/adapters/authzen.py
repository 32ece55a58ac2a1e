"""Any AuthZEN decision point, anywhere, as a `PolicyEngine`: its decisions over real HTTP.

    Deployment(Jwt(), Centralized(engine=AuthzenEngine("http://127.0.0.1:8181")))

It fails closed: what is not a boolean `true` in a 200 is a no, and so is no answer.
"""

from __future__ import annotations

import json
from urllib.error import URLError
from urllib.request import ProxyHandler, Request, build_opener

from authpatterns.authz.pdp import EVALUATION
from authpatterns.messages import JSON
from authpatterns.policy import Decision, Query

LARGEST_ANSWER = 1_000_000
"""Bytes of an answer that will be read."""


class AuthzenEngine:
    """Asks an AuthZEN decision point.

    Args:
        base: Its address, without the path of the endpoint.
        timeout: Seconds to wait for an answer.
    """

    def __init__(self, base: str, timeout: float = 2.0) -> None:
        self.url = base.rstrip("/") + EVALUATION
        self.timeout = timeout
        self._opener = build_opener(ProxyHandler({}))  # a question about people goes to nobody in between

    def decide(self, query: Query) -> Decision:
        """See `PolicyEngine`."""
        body = json.dumps(query.to_dict()).encode()
        request = Request(self.url, body, {"content-type": JSON}, method="POST")
        try:
            with self._opener.open(request, timeout=self.timeout) as answer:
                text = answer.read(LARGEST_ANSWER) if answer.status == 200 else b""
        except (URLError, OSError):
            return Decision(False, "pdp-unreachable")
        return Decision.from_answer(_parsed(text))


def _parsed(text: bytes) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None
