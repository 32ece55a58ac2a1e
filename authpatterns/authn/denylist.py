"""A cure for tokens that cannot be called back: ask, on every request, whether the sign-in has been ended.

The cure brings back what the signed token was meant to save: a shared store, and a question per request.
"""

from __future__ import annotations

from authpatterns.authn.auth_service import AuthService
from authpatterns.errors import Refused, Unreachable
from authpatterns.messages import Principal, Request
from authpatterns.node import Node

DENYLIST = "denylist"


class DenyingAuthService(AuthService):
    """Writes an ended sign-in into the denylist, for as long as one of its tokens could still be alive."""

    async def end(self, family: str) -> None:
        """End the sign-in everywhere."""
        await super().end(family)
        await self.call(DENYLIST, Request("SET", f"/ended:{family}?ex={self.lifetime}", body="yes"))


async def refuse_ended(service: Node, principal: Principal) -> None:
    """Ask the denylist about the sign-in that `principal` comes from.

    Raises:
        Refused: 401, it has been ended.
        NetworkError: the denylist does not answer, so nothing is known and nothing is allowed.
    """
    answer = await service.call(DENYLIST, Request("GET", f"/ended:{principal.session}"))
    if answer.status == 200:
        raise Refused("token.revoked")
    if answer.status != 404:
        raise Unreachable("store.unusable", target=DENYLIST, status=answer.status)
