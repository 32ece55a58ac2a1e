"""An API gateway: the one door to the services, with plugins in the door."""

from __future__ import annotations

from authpatterns.messages import Request, Response, below
from authpatterns.node import Node, segments


class Gateway(Node):
    """Forwards a request to the node that owns its path; what it checks before that are its inbound layers.

    Args:
        name: Unique.
        upstreams: Node names by path prefix.
    """

    kind = "gateway"
    zone = "edge"

    def __init__(self, name: str = "gateway", upstreams: dict[str, str] | None = None) -> None:
        super().__init__(name)
        self.upstreams = upstreams or {}

    async def handle(self, request: Request) -> Response:
        """Forward."""
        segments(request.path)
        target = self.upstream(request)
        if target is None:
            return Response.of({"error": "not_found"}, 404)
        return await self.call(target, request)

    def upstream(self, request: Request) -> str | None:
        """The node that owns the path, or None."""
        for prefix, name in self.upstreams.items():
            if below(request.path, prefix):
                return name
        return None
