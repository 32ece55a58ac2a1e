"""Short stories to run in any deployment, so that patterns can be compared message by message."""

from __future__ import annotations

from authpatterns.deployment import Deployment


def standard_visit(shop: Deployment) -> None:
    """Alice signs in, reads her own order, is refused Bob's, and signs out."""
    alice = shop.user("alice")
    alice.sign_in()
    alice.get("/orders/1")
    alice.get("/orders/2")
    alice.sign_out()
