"""What a person at a real browser did: the page says so before it does it, and a pause tells where it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from authpatterns.messages import Request
from authpatterns.network import current_act

if TYPE_CHECKING:
    from authpatterns.adapters.http_network import HttpNetwork

VISITOR = "visitor"
VERBS = ("sign-in", "sign-out", "refresh", "get", "post", "patch")
PAUSE = 1.0
"""After so many quiet seconds a request is something new that the person did."""

_BY_ENDING = {"/sign-in": "sign-in", "/sign-out": "sign-out", "/logout": "sign-out", "/refresh": "refresh"}


class Acts:
    """Says which act a request from the browser belongs to."""

    def __init__(self, network: HttpNetwork) -> None:
        self._network = network
        self._last = float("-inf")

    def begin(self, verb: str, detail: str) -> None:
        """The person does something new; `verb` is one of `VERBS`."""
        self._network.trace.begin_act(VISITOR, verb, detail)
        self._last = self._network.now

    def enter(self, request: Request) -> None:
        """Put what this task does under the act that is under way, or under a new one."""
        if self._network.now - self._last > PAUSE:
            self.begin(_verb(request), request.path)
        self._last = self._network.now
        current_act.set(self._network.trace.acts[-1].id)

    def leave(self) -> None:
        """The browser has its answer."""
        self._last = self._network.now


def _verb(request: Request) -> str:
    found = next((verb for ending, verb in _BY_ENDING.items() if request.path.endswith(ending)), "")
    return found or (request.method.lower() if request.method.lower() in VERBS else "post")
