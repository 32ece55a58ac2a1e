"""What every peer tells, so that all tell the same.

*Verified call*: a client sends `GET /orders/1` with Alice's access token; the service verifies it (RS256, issuer,
audience, expiry), lets the owner pass and answers with the order as JSON.

*Five calls*: a client asks a gateway for `GET /orders/1` with an opaque token. The gateway asks `auth`, which asks
`store`, whose token it is; it asks `pdp` whether she may; then it asks `orders`. No cryptography: this is what
passing messages costs.
"""

from __future__ import annotations

from typing import Any

ORDER: dict[str, Any] = {"id": "1", "owner": "alice", "tenant": "aozora", "book": "Kokoro", "status": "open"}
OPAQUE = "opaque-token-of-alice"
SESSIONS = {OPAQUE: "alice"}
LATENCY = 0.001
"""Seconds one way, where time is simulated."""
PATIENCE = 10.0
"""Seconds a sender waits, where time is simulated."""


def question(user: str) -> dict[str, Any]:
    """What the gateway asks the decision point (AuthZEN 1.0)."""
    return {
        "subject": {"type": "user", "id": user},
        "action": {"name": "read"},
        "resource": {"type": "order", "id": "1", "properties": {"owner": ORDER["owner"]}},
    }


def decide(asked: dict[str, Any]) -> dict[str, Any]:
    """What the decision point answers."""
    return {"decision": asked["resource"]["properties"]["owner"] == asked["subject"]["id"]}
