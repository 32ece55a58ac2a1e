"""Short stories to run in any deployment, so that patterns can be compared message by message."""

from __future__ import annotations

from collections.abc import Callable

from authpatterns.deployment import Deployment

Wait = Callable[[], None]
"""Lets time pass; every story calls it once, at the place where time makes a difference."""


def standard_visit(shop: Deployment) -> None:
    """Alice signs in, reads her own order, is refused Bob's, and signs out."""
    alice = shop.user("alice")
    alice.sign_in()
    alice.get("/orders/1")
    alice.get("/orders/2")
    alice.sign_out()


# --- stories with a pause


def visit(shop: Deployment, wait: Wait) -> None:
    """The standard visit, with time between her own order and Bob's."""
    alice = shop.user("alice")
    alice.sign_in()
    alice.get("/orders/1")
    wait()
    alice.get("/orders/2")
    alice.sign_out()


def sign_in(shop: Deployment, wait: Wait) -> None:
    """A guessed password, and after a while the right one."""
    alice = shop.user("alice")
    alice.sign_in("a guess")
    wait()
    alice.sign_in()


def own_order(shop: Deployment, wait: Wait) -> None:
    """Alice reads her own order, and after a while once more."""
    alice = shop.user("alice")
    alice.sign_in()
    alice.get("/orders/1")
    wait()
    alice.get("/orders/1")


def foreign_order(shop: Deployment, wait: Wait) -> None:
    """Alice reads her own order, and after a while tries Bob's."""
    alice = shop.user("alice")
    alice.sign_in()
    alice.get("/orders/1")
    wait()
    alice.get("/orders/2")


def tracking(shop: Deployment, wait: Wait) -> None:
    """Alice asks where her parcel is: one microservice asks another on her behalf."""
    alice = shop.user("alice")
    alice.sign_in()
    wait()
    alice.get("/orders/1/tracking")


def stolen(shop: Deployment, wait: Wait) -> None:
    """Mallory copies what Alice's browser sends, Alice signs out, and after a while Mallory sends the copy again."""
    alice = shop.user("alice")
    alice.sign_in()
    alice.get("/orders/1")
    copy = alice.last_request
    alice.sign_out()
    wait()
    shop.visitor("mallory").send(copy)


def refresh(shop: Deployment, wait: Wait) -> None:
    """Alice comes back after a while, has her credential renewed, and goes on."""
    alice = shop.user("alice")
    alice.sign_in()
    wait()
    alice.get("/orders/1")
    alice.refresh()
    alice.get("/orders/1")


def second_service(shop: Deployment, wait: Wait) -> None:
    """Alice goes from one microservice to another, and types no second password."""
    alice = shop.user("alice")
    alice.sign_in()
    alice.get("/orders/1")
    wait()
    alice.get("/payments/1")


def withdrawn_role(shop: Deployment, wait: Wait) -> None:
    """Dave, a manager, sees what an order cost; the role is taken from him, and after a while he looks again."""
    dave = shop.user("dave")
    dave.sign_in()
    dave.get("/orders/1/cost")
    shop.users.set_roles("dave", ["clerk"])
    wait()
    dave.get("/orders/1/cost")


STORIES: dict[str, Callable[[Deployment, Wait], None]] = {
    "visit": visit,
    "sign-in": sign_in,
    "own-order": own_order,
    "foreign-order": foreign_order,
    "tracking": tracking,
    "stolen": stolen,
    "refresh": refresh,
    "second-service": second_service,
    "withdrawn-role": withdrawn_role,
}
"""The stories with a pause, by name."""
