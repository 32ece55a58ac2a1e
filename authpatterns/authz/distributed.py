"""Distributed pattern (分散パターン): each microservice decides for itself, in the code of its own domain.

The rules stand beside the data they speak of, so a decision asks nobody and sees the newest facts. The price: every
service must get it right, and nobody sees all rules in one place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from authpatterns.authz.enforce import enforce
from authpatterns.messages import Request, Response
from authpatterns.node import Handler, Middleware
from authpatterns.pattern import Authorization
from authpatterns.service import Service


@dataclass(frozen=True)
class Distributed(Authorization):
    """The service's own rules decide, inside the service."""

    name: ClassVar[str] = "distributed"

    def at_service(self, service: Service) -> Sequence[Middleware]:
        """Decide, then proceed."""

        async def authorize(request: Request, proceed: Handler) -> Response:
            query = service.query(request)
            if query is not None:
                enforce(service, query, service.rules.decide(query))
            return await proceed(request)

        return [authorize]
