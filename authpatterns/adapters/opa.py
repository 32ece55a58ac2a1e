"""Open Policy Agent anywhere, as a `PolicyEngine`: its decisions by the data API.

    Deployment(Jwt(), Centralized(engine=OpaEngine("http://127.0.0.1:8181")))

The policy is written as for `rego.RegoEngine`: package `authzen`, rule `allow`, and `reasons` where there are any. OPA
answers 200 with no `result` where a rule is undefined (REST API, "Get a Document"), which is no yes.

It fails closed: what is not a boolean `true` is a no, and so is no answer.
"""

from __future__ import annotations

from collections.abc import Mapping

from authpatterns.adapters.authzen import ask
from authpatterns.adapters.rego import ALLOW
from authpatterns.policy import Decision, Query

PATH = "/v1/data/authzen"


class OpaEngine:
    """Asks an OPA server.

    Args:
        base: Its address, without a path.
        timeout: Seconds to wait for an answer.
        path: Of the package in the data API.
    """

    def __init__(self, base: str, timeout: float = 2.0, path: str = PATH) -> None:
        self.url = base.rstrip("/") + path
        self.timeout = timeout

    def decide(self, query: Query) -> Decision:
        """See `PolicyEngine`."""
        answer = ask(self.url, {"input": query.to_dict()}, self.timeout)
        if answer is None:
            return Decision(False, "pdp-unreachable")
        result = answer.get("result") if isinstance(answer, Mapping) else None
        if not isinstance(result, Mapping) or not isinstance(result.get("allow"), bool):
            return Decision(False, "pdp-answer-unusable")
        return Decision(True, _reason(result)) if result["allow"] else Decision(False, "no-rule-allows")


def _reason(result: Mapping[str, object]) -> str:
    reasons = result.get("reasons")
    names = sorted(name for name in reasons if isinstance(name, str)) if isinstance(reasons, list) else []
    return names[0] if names else ALLOW
