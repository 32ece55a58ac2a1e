"""A cure for tokens that cannot be called back: ask, on every request, whether the sign-in has been ended.

The cure brings back what the signed token was meant to save: a shared store, and a question per request.
"""

from __future__ import annotations

from collections.abc import Sequence

from authpatterns.authn.auth_service import AuthService
from authpatterns.errors import Refused, Unreachable
from authpatterns.messages import Principal, Request
from authpatterns.node import Node
from authpatterns.store_node import write

DENYLIST = "denylist"


class DenyingAuthService(AuthService):
    """Writes an ended sign-in into the denylist, for as long as one of its tokens could still be alive."""

    async def end(self, families: Sequence[str]) -> None:
        """End the sign-ins everywhere.

        Raises:
            NetworkError: the denylist does not answer. No refresh will work, but a token that is out there still does.
        """
        await super().end(families)
        for family in families:
            await write(self, DENYLIST, Request("SET", f"/ended:{family}?ex={self.lifetime}", body="yes"))

    def note_ended(self, user: str) -> None:
        """Whoever asks the denylist refuses the tokens that are out there."""
        self.note("sign-out.listed", subject=user, seconds=self.lifetime)


async def refuse_ended(service: Node, principal: Principal) -> None:
    """Ask the denylist about the sign-in that `principal` comes from.

    Raises:
        Refused: 401, it has been ended.
        NetworkError: the denylist does not answer, so nothing is known and nothing is allowed.
    """
    answer = await service.call(DENYLIST, Request("EXISTS", f"/ended:{principal.session}"))
    if (answer.status, answer.body) == (200, "1"):
        raise Refused("token.revoked")
    if (answer.status, answer.body) != (200, "0"):  # only a plain "no" means that it has not been ended
        raise Unreachable("store.unusable", target=DENYLIST, status=answer.status)
