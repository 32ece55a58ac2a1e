"""The door of one public origin: the page a web server would serve there, and the way to the nodes behind it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from authpatterns.adapters.front.acts import VERBS, Acts
from authpatterns.adapters.front.origins import Origins
from authpatterns.adapters.front.page import PREFIX, Page
from authpatterns.errors import Refused, Unreachable
from authpatterns.messages import Request, Response, Url

if TYPE_CHECKING:
    from authpatterns.adapters.http_network import HttpNetwork


class Door:
    """Answers what a browser asks at one loopback address that stands for a public origin.

    Args:
        public: The origin, for instance "https://shop.example".
        network: Carries messages; what comes in here is written into its trace.
        owner: Gives the node that serves a public address.
        origins: All doors.
        acts: What the person does.
        page: What stands at `/`; None where the origin is not the shop's.
    """

    def __init__(
        self,
        public: str,
        network: HttpNetwork,
        owner: Callable[[str], str],
        origins: Origins,
        acts: Acts,
        page: Page | None,
    ) -> None:
        self.public, self.network, self.owner = public, network, owner
        self.origins, self.acts, self.page = origins, acts, page

    async def answer(self, request: Request) -> Response:
        """The node's answer, in names that the browser knows; the page's own files where it is about these."""
        if not self._meant(request):
            return Response.of({"error": "misdirected_request", "here": self.origins.local[self.public]}, 421)
        if self.page is not None and request.path.startswith((PREFIX, "/favicon.ico")):
            return self._file(self.page, request)
        if self.page is not None and request.path == "/":
            return self.page.at(self.public)
        try:
            name = self.owner(self.public + request.target)
        except Unreachable:
            return Response.of({"error": "not_found"}, 404)
        return await self._ask(name, self.origins.inward(request, self.public))

    async def _ask(self, name: str, request: Request) -> Response:
        self.acts.enter(request)
        answer = await self.network.receive(self.network.nodes[name], request)
        self.acts.leave()
        if self.page is not None and self.page.is_served_by_node(request, answer):
            return self.page.at(self.public, answer)
        return self.origins.outward(answer)

    def _meant(self, request: Request) -> bool:
        """Whether the browser knows whom it asks: another name that leads here would make it another site's page."""
        local = Url.parse(self.origins.local[self.public]).host
        port = local.rpartition(":")[2]
        return request.headers.get("host") in (local, f"127.0.0.1:{port}")

    def _file(self, page: Page, request: Request) -> Response:
        if (request.method, request.path) == ("POST", f"{PREFIX}act"):
            return self._begin(request)
        return page.file(request.path)

    def _begin(self, request: Request) -> Response:
        """The page says what the person has just clicked."""
        if request.headers.get("origin") != self.origins.local[self.public]:
            return Response.of({"error": "cross_site"}, 403)
        try:
            said = request.json()
        except Refused:
            said = None
        if not isinstance(said, dict) or said.get("verb") not in VERBS:
            return Response.of({"error": "invalid_request"}, 400)
        self.acts.begin(said["verb"], json.dumps(said.get("detail", ""))[1:-1][:200])
        return Response(204)
