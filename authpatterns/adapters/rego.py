"""Rego in this process: a `PolicyEngine` around regorus, Microsoft's Rego interpreter in Rust.

The conventions: Rego v1, `package authzen`, rule `allow`; `input` is the AuthZEN request, `data` is what was given
beside the policy. A rule `reasons` (a set of names), where there is one, gives the decision its reason.

Only a boolean `true` allows. What is undefined, of another type, or fails while it is evaluated (two rules that
contradict each other, a division by zero) does not.

Needs the extra `policy`. The import name is `regorus`, as the project's own Python binding has it; the package index
holds builds of it under other names.
"""

from __future__ import annotations

import json
import threading
from typing import Any

from authpatterns import policies
from authpatterns.errors import Misuse
from authpatterns.policy import Decision, Query

ALLOW = "data.authzen.allow"
REASONS = "data.authzen.reasons"
MOST_INTERPRETERS = 32
"""How many policies a thread keeps ready; the oldest gives way."""

_INTERPRETERS = threading.local()
_NO_SUCH_RULE = "not a valid rule path"


class RegoEngine:
    """Decides by a Rego policy.

    Args:
        text: The policy.
        data: What the policy sees as `data`.
        name: Of the policy in error messages, for instance its file name.

    Raises:
        Misuse: the policy cannot be read, or has no rule `allow` in `package authzen`; or there is no Rego engine here.
    """

    def __init__(self, text: str, data: Any = None, name: str = "policy.rego") -> None:
        self.text = text
        self._policy = (name, text, json.dumps(data or {}))
        self._engine.set_input_json("{}")
        if not self._has(ALLOW):
            raise Misuse("policy.no-rule", name=name, rule=ALLOW)
        self._gives_reasons = self._has(REASONS)

    def decide(self, query: Query) -> Decision:
        """See `PolicyEngine`."""
        self._engine.set_input_json(json.dumps(query.to_dict()))
        try:
            allowed = self._engine.eval_rule(ALLOW)
            if allowed is not True:
                return Decision(False, "no-rule-allows")
            return Decision(True, self._reason())
        except RuntimeError:
            return Decision(False, "policy-error")

    @property
    def _engine(self) -> Any:
        return _of_this_thread(self._policy)

    def _reason(self) -> str:
        reasons = self._engine.eval_rule(REASONS) if self._gives_reasons else None
        names = sorted(name for name in reasons if isinstance(name, str)) if isinstance(reasons, set | list) else []
        return names[0] if names else ALLOW

    def _has(self, rule: str) -> bool:
        """Whether there is such a rule. Evaluating it once also finds what is linked only then."""
        try:
            self._engine.eval_rule(rule)
        except RuntimeError as flaw:
            if _NO_SUCH_RULE in str(flaw):
                return False
            raise Misuse("policy.unreadable", name=self._policy[0], reason=_reason(flaw)) from None
        return True


def _of_this_thread(policy: tuple[str, str, str]) -> Any:
    """This thread's interpreter of `policy`.

    An interpreter may neither be used nor thrown away in another thread, so each belongs to its thread, not to the
    `RegoEngine` that asks for it.
    """
    known = _INTERPRETERS.__dict__.setdefault("by_policy", {})
    if policy not in known:
        if len(known) >= MOST_INTERPRETERS:
            del known[next(iter(known))]
        known[policy] = _loaded(*policy)
    return known[policy]


def _loaded(name: str, text: str, data: str) -> Any:
    engine = _regorus().Engine()
    try:
        engine.add_policy(name, text)
        engine.add_data_json(data)
    except RuntimeError as flaw:
        raise Misuse("policy.unreadable", name=name, reason=_reason(flaw)) from None
    return engine


def shop_rego() -> RegoEngine:
    """The bookshop's policy in Rego."""
    return RegoEngine(policies.read("shop.rego"), name="shop.rego")


def _regorus() -> Any:
    try:
        import regorus  # noqa: PLC0415  (only who asks for Rego needs it)
    except ImportError:
        raise Misuse("policy.no-engine", language="Rego") from None
    return regorus


def _reason(flaw: RuntimeError) -> str:
    """Where and what, without the engine's own stack."""
    lines = [line.strip() for line in str(flaw).partition("Stack backtrace")[0].splitlines()]
    return " ".join(line for line in lines if line and not set(line) <= set("|^ "))
