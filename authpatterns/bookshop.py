"""The example that every lesson uses: a bookshop of three microservices, two tenants and six people.

`orders` asks `shipping` on the customer's behalf. The rules use roles (RBAC), facts about the thing (ABAC) and the
relation between person and thing (ReBAC), each where it fits.

| person | tenant | is |
|---|---|---|
| alice, bob | aozora | customers with one order each |
| carol | aozora | clerk: reads orders, dispatches parcels |
| dave | aozora | manager: also sees payments and costs, and refunds |
| erin | maple | clerk of the other shop |
| frank | maple | customer of the other shop |
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from authpatterns.errors import Refused
from authpatterns.messages import Request, Response
from authpatterns.node import route
from authpatterns.policy import Domains, Query, Rule, Rules
from authpatterns.service import Service

REFUND_LIMIT = 10_000
"""A manager refunds up to this amount, in yen."""


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody with an account.

    Attributes:
        name: The user name.
        tenant: The shop the person belongs to.
        roles: Sorted.
        password: Only ever used in the demonstration.
    """

    name: str
    tenant: str
    roles: tuple[str, ...]

    @property
    def password(self) -> str:
        """A password for the demonstration."""
        return f"{self.name}'s password"


PEOPLE = (
    Account("alice", "aozora", ("customer",)),
    Account("bob", "aozora", ("customer",)),
    Account("carol", "aozora", ("clerk",)),
    Account("dave", "aozora", ("clerk", "manager")),
    Account("erin", "maple", ("clerk",)),
    Account("frank", "maple", ("customer",)),
)


# --- reasons to say yes


def same_tenant(query: Query) -> bool:
    """ABAC: the shop is the person's own."""
    tenant = query.resource.get("tenant")
    return isinstance(tenant, str) and tenant == query.subject.get("tenant")


def owns(query: Query) -> bool:
    """ReBAC: the person is the thing's owner, in the same shop."""
    return same_tenant(query) and query.resource.get("owner") == query.subject.id


def has_role(query: Query, role: str) -> bool:
    """RBAC: the person has the role, in the same shop. A text that contains the role's name is no list of roles."""
    roles = query.subject.get("roles")
    return same_tenant(query) and isinstance(roles, list | tuple) and role in roles


def at_most(amount: Any, limit: int) -> bool:
    """ABAC: a whole number of yen, not above the limit. What is missing or no number is not small."""
    return isinstance(amount, int | float) and not isinstance(amount, bool) and amount % 1 == 0 and amount <= limit


ORDER_RULES = Rules(
    Rule("owner-reads-order", lambda q: q.action == "read" and owns(q)),
    Rule(
        "owner-annotates-open-order",
        lambda q: q.action == "annotate" and owns(q) and q.resource.get("status") == "open",
    ),
    Rule("clerk-reads-order", lambda q: q.action == "read" and has_role(q, "clerk")),
    Rule("manager-reads-cost", lambda q: q.action == "read-cost" and has_role(q, "manager")),
)
PAYMENT_RULES = Rules(
    Rule("owner-reads-payment", lambda q: q.action == "read" and owns(q)),
    Rule("manager-reads-payment", lambda q: q.action == "read" and has_role(q, "manager")),
    Rule(
        "manager-refunds-up-to-limit",
        lambda q: q.action == "refund" and has_role(q, "manager") and at_most(q.resource.get("amount"), REFUND_LIMIT),
    ),
)
SHIPMENT_RULES = Rules(
    Rule("owner-reads-shipment", lambda q: q.action == "read" and owns(q)),
    Rule("clerk-reads-shipment", lambda q: q.action == "read" and has_role(q, "clerk")),
    Rule("clerk-dispatches", lambda q: q.action == "dispatch" and has_role(q, "clerk")),
)


# --- the microservices


class Orders(Service):
    """Who ordered which book. For tracking it asks shipping on the customer's behalf."""

    prefix = "/orders"
    resource = "order"
    confidential = ("cost",)
    rules = ORDER_RULES

    @route("GET", "/orders/{id}", action="read", resource="order")
    async def read(self, request: Request, id: str) -> Response:
        """The order, without what it cost the shop."""
        return self.show(id)

    @route("GET", "/orders/{id}/cost", action="read-cost", resource="order")
    async def cost(self, request: Request, id: str) -> Response:
        """What the order cost the shop."""
        return Response.of({"id": id, "cost": self.records[id]["cost"]})

    @route("GET", "/orders/{id}/tracking", action="read", resource="order")
    async def tracking(self, request: Request, id: str) -> Response:
        """Where the parcel is."""
        return await self.ask("shipping", f"/shipments/{id}", request)

    @route("PATCH", "/orders/{id}", action="annotate", resource="order")
    async def annotate(self, request: Request, id: str) -> Response:
        """Change the gift message, and nothing else: an owner who sends `"owner"` or `"status"` is refused."""
        changes = _object(request)
        if set(changes) != {"gift_message"}:
            raise Refused("request.property", status=403, names=", ".join(sorted(set(changes) - {"gift_message"})))
        self.records[id]["gift_message"] = str(changes["gift_message"])
        return self.show(id)


class Payments(Service):
    """Who paid how much."""

    prefix = "/payments"
    resource = "payment"
    facts = ("owner", "tenant", "status", "amount")
    rules = PAYMENT_RULES

    @route("GET", "/payments/{id}", action="read", resource="payment")
    async def read(self, request: Request, id: str) -> Response:
        """The payment."""
        return self.show(id)

    @route("POST", "/payments/{id}/refund", action="refund", resource="payment")
    async def refund(self, request: Request, id: str) -> Response:
        """Give the money back."""
        self.records[id]["status"] = "refunded"
        return self.show(id)


class Shipping(Service):
    """Where the parcels are."""

    prefix = "/shipments"
    resource = "shipment"
    rules = SHIPMENT_RULES

    @route("GET", "/shipments/{id}", action="read", resource="shipment")
    async def read(self, request: Request, id: str) -> Response:
        """The parcel."""
        return self.show(id)

    @route("POST", "/shipments/{id}/dispatch", action="dispatch", resource="shipment")
    async def dispatch(self, request: Request, id: str) -> Response:
        """Hand the parcel to the carrier."""
        self.records[id]["status"] = "dispatched"
        return self.show(id)


def _object(request: Request) -> dict[str, Any]:
    value = request.json()
    if not isinstance(value, dict):
        raise Refused("request.malformed", status=400, target=request.path)
    return value


# --- what they know at the beginning


def _records(**more: tuple[Any, Any, Any]) -> dict[str, dict[str, Any]]:
    owners = (("1", "alice", "aozora"), ("2", "bob", "aozora"), ("3", "frank", "maple"))
    return {
        key: {"id": key, "owner": owner, "tenant": tenant, **{name: values[i] for name, values in more.items()}}
        for i, (key, owner, tenant) in enumerate(owners)
    }


def services() -> tuple[Service, ...]:
    """The three microservices with their records."""
    books = ("Kokoro", "Botchan", "Sanshiro")
    open_orders = ("open", "open", "open")
    return (
        Orders("orders", _records(book=books, status=open_orders, total=(1800, 1200, 24000), cost=(1100, 700, 17000))),
        Payments("payments", _records(amount=(1800, 1200, 24000), status=("paid", "paid", "paid"))),
        Shipping(
            "shipping", _records(status=("packed", "packed", "dispatched"), carrier=("yamato", "yamato", "maple"))
        ),
    )


POLICY = Domains({kind.resource: kind.rules for kind in (Orders, Payments, Shipping)})
"""The rules of all three domains in one policy."""
