"""A shop without any protection: the floor against which the price of a pattern is measured. Never a pattern to use."""

from __future__ import annotations

from typing import ClassVar

from authpatterns.browser import Browser, FrontEnd
from authpatterns.deployment import Deployment
from authpatterns.messages import Request, Response
from authpatterns.pattern import Authentication, Pattern


class Unprotected(Authentication):
    """Everybody is let in, and nobody is known."""

    name: ClassVar[str] = "unprotected"
    renewable: ClassVar[bool] = False

    def front_end(self) -> FrontEnd:
        """A page that just asks."""
        return OpenPage()


class OpenPage:
    """The page of a shop that wants to know nothing of anybody."""

    async def sign_in(self, browser: Browser, username: str, password: str) -> Response:
        """There is nothing to do, and nobody to tell."""
        return Response(204)

    async def send(self, browser: Browser, request: Request) -> Response:
        """Ask."""
        return await browser.fetch(browser.address(request.target), request)

    async def refresh(self, browser: Browser) -> Response:
        """There is nothing to do."""
        return Response(204)

    async def sign_out(self, browser: Browser, *, everywhere: bool = False) -> Response:
        """There is nothing to do."""
        return Response(204)


def unprotected(seed: int = 0) -> Deployment:
    """The bookshop, open to all."""
    return Deployment(Unprotected(), Pattern(), seed=seed)
