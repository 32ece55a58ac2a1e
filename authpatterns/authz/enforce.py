"""What every policy enforcement point does with a decision."""

from __future__ import annotations

from authpatterns.errors import Refused
from authpatterns.policy import Decision, Query
from authpatterns.service import Service


def enforce(service: Service, query: Query, decision: Decision) -> None:
    """Let pass, or refuse.

    Raises:
        Refused: 403 unless the decision is yes. Whether the thing exists is not said.
    """
    about = {
        "subject": query.subject.id,
        "action": query.action,
        "resource": f"{query.resource.type}/{query.resource.id}",
    }
    if not decision.allowed:
        raise Refused("authz.denied", status=403, reason=decision.reason, **about)
    service.note("authz.allowed", reason=decision.reason, **about)
