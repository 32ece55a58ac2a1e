"""Exercises of lesson 10, authorization in each service."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from authpatterns import Deployment, Distributed, Jwt, Refused, Request, Response, Rule, Rules, Service, route
from authpatterns.bookshop import Orders, Shipping, has_role, owns, same_tenant
from authpatterns.labs.newrule import AUDITOR, edits
from authpatterns.notebook.exercises import Exercise, Verdict, almost, correct, keep_working
from authpatterns.policy import Query

SEED = 10

# --- 10-1: routes that nobody guards


class Hasty(Orders):
    """Two guards are missing."""

    @route("GET", "/orders/{id}/invoice")
    async def invoice(self, request: Request, id: str) -> Response:
        """The invoice, for everybody."""
        return self.show(id)

    @route("DELETE", "/orders/{id}")
    async def remove(self, request: Request, id: str) -> Response:
        """Delete the order, whoever asks."""
        del self.records[id]
        return Response.of({})


HOLES = ("invoice", "remove")


def judge_audit(answer: Any) -> Verdict:
    """Show it a service with two holes, and one with none."""
    if not callable(answer):
        return keep_working("kind", wanted="def answer(service): ...", given=type(answer).__name__)
    found, clean = answer(Hasty("orders", {})), answer(Shipping("shipping", {}))
    if not isinstance(found, list | tuple | set) or not isinstance(clean, list | tuple | set):
        return keep_working("kind", wanted='["...", ...]', given=type(found).__name__)
    if sorted(map(str, found)) == sorted(HOLES) and not clean:
        return correct("correct", holes=", ".join(HOLES))
    missed = [hole for hole in HOLES if hole not in found]
    if missed:
        return keep_working("missed", holes=", ".join(missed), found=", ".join(map(str, found)) or "-")
    return almost("guarded", routes=", ".join(sorted({*map(str, found), *map(str, clean)} - set(HOLES))))


# --- 10-2: one service was forgotten


def judge_forgotten(answer: Any) -> Verdict:
    """Run it, and compare."""
    seen = auditors_day()
    if not isinstance(answer, list | tuple) or len(answer) != len(seen):
        return keep_working("kind", wanted="[..., ..., ...]", given=type(answer).__name__)
    if list(answer) == seen:
        return correct()
    if answer[1] != seen[1]:
        return keep_working("forgotten")
    return almost("tracking") if answer[2] != seen[2] else keep_working("added")


def auditors_day() -> list[int]:
    """What Carol gets when `payments` does not know about auditors."""
    shop = Deployment(Jwt(), Distributed(), seed=SEED)
    shop.users.set_roles("carol", ("auditor",))
    carol = shop.user("carol")
    carol.sign_in()
    for edit in edits(AUDITOR, Distributed()):
        if edit.place != "payments":
            edit.make(shop)
    return [carol.get(path).status for path in ("/orders/1", "/payments/1", "/orders/1/tracking")]


# --- 10-3: a microservice of one's own

WISHES = {
    "1": {"id": "1", "owner": "alice", "tenant": "aozora", "friends": ["bob", "frank"], "books": ["Botchan"]},
    "2": {"id": "2", "owner": "bob", "tenant": "aozora", "friends": [], "books": []},
}


def judge_service(answer: Any) -> Verdict:
    """Open the shop with it: owner, friend, friend of another shop, colleague without a friend, nobody."""
    if not isinstance(answer, type) or not issubclass(answer, Service):
        return keep_working("kind", wanted="class ...(Service)", given=type(answer).__name__)
    missing = [name for name in ("prefix", "resource", "rules") if not hasattr(answer, name)]
    if missing:
        return keep_working("attributes", names=", ".join(missing))
    shop = Deployment(Jwt(), Distributed(), seed=SEED, services=(answer("wishlists", WISHES),))
    seen = {name: _reads(shop, name, "1") for name in ("alice", "bob", "carol", "frank", "dave")}
    if seen["alice"] == 404:
        return keep_working("route")
    if seen["carol"] == 200 or seen["dave"] == 200:
        unguarded = not all(each.action for each in answer.routes)
        return keep_working("unguarded" if unguarded else "everybody")
    return _of_friends(shop, seen)


def _of_friends(shop: Deployment, seen: dict[str, int]) -> Verdict:
    if seen["alice"] != 200:
        return keep_working("owner", status=seen["alice"])
    if seen["bob"] != 200:
        told = shop.node("wishlists").entity("1").properties
        return almost("friend" if "friends" in told else "facts", facts=", ".join(sorted(told)) or "-")
    if seen["frank"] == 200:
        return almost("tenant")
    if _reads(shop, "alice", "2") == 200:
        return almost("other-list")
    return correct()


def _reads(shop: Deployment, name: str, key: str) -> int:
    person = shop.user(name)
    person.sign_in()
    return person.get(f"/wishlists/{key}").status


def wishlists(
    rules: Rules, facts: tuple[str, ...] = ("owner", "tenant", "friends"), action: str = "read"
) -> type[Service]:
    """An answer to 10-3 with these rules and facts; without an action nothing is guarded."""

    async def read(self: Service, request: Request, id: str) -> Response:
        return self.show(id)

    marked = route("GET", "/wishlists/{id}", action=action, resource="wishlist")(read)
    names = {"prefix": "/wishlists", "resource": "wishlist", "facts": facts, "rules": rules, "read": marked}
    return type("Wishlists", (Service,), names)


def _rules(*allows: Callable[[Query], bool]) -> Rules:
    return Rules(*(Rule(f"rule-{number}", each) for number, each in enumerate(allows)))


def _friend(query: Query) -> bool:
    return query.subject.id in query.resource.get("friends", [])


def _friend_of_the_shop(query: Query) -> bool:
    return same_tenant(query) and _friend(query)


# --- 10-4: which members may be changed

ORDER = {"id": "1", "owner": "alice", "total": 1800, "gift_message": ""}
WRITABLE = {"gift_message", "address"}

Change = Callable[[dict[str, Any], dict[str, Any], Collection[str]], dict[str, Any]]


def judge_members(answer: Any) -> Verdict:
    """A change that is allowed, one that is not, and one that is half allowed."""
    if not callable(answer):
        return keep_working("kind", wanted="def answer(record, changes, writable): ...", given=type(answer).__name__)
    given = dict(ORDER)
    changed = answer(given, {"gift_message": "enjoy"}, WRITABLE)
    if changed != {**ORDER, "gift_message": "enjoy"}:
        return keep_working("allowed", result=str(changed))
    if given != ORDER:
        return almost("modified")
    if answer(dict(ORDER), {"address": "Kyoto"}, WRITABLE) != {**ORDER, "address": "Kyoto"}:
        return almost("new-member")
    return _foreign(answer)


def _foreign(answer: Change) -> Verdict:
    for changes in ({"total": 1}, {"gift_message": "enjoy", "total": 1}, {"gift_message": "", "admin": True}):
        given = dict(ORDER)
        try:
            result = answer(given, changes, WRITABLE)
        except Refused as refusal:
            if refusal.status != 403:
                return almost("status", status=refusal.status)
            if given != ORDER:
                return almost("half", changes=str(changes))
        else:
            stolen = any(result.get(name) == value for name, value in changes.items() if name not in WRITABLE)
            return (keep_working if stolen else almost)("written" if stolen else "silent", changes=str(changes))
    return correct()


def _checked(record: dict[str, Any], changes: dict[str, Any], writable: Collection[str]) -> dict[str, Any]:
    _refuse(set(changes) - set(writable))
    return {**record, **changes}


def _refuse(foreign: set[str], status: int = 403) -> None:
    if foreign:
        raise Refused("request.property", status=status, names=", ".join(sorted(foreign)))


def _takes_what_it_may(record: dict[str, Any], changes: dict[str, Any], writable: Collection[str]) -> dict[str, Any]:
    return {**record, **{name: value for name, value in changes.items() if name in writable}}


def _knows_bad_names(record: dict[str, Any], changes: dict[str, Any], writable: Collection[str]) -> dict[str, Any]:
    _refuse(set(changes) & {"owner", "total"})
    return {**record, **changes}


def _one_by_one(record: dict[str, Any], changes: dict[str, Any], writable: Collection[str]) -> dict[str, Any]:
    new = dict(record)
    for name, value in changes.items():
        _refuse({name} - set(writable))
        record[name] = new[name] = value
    return new


def _another_status(record: dict[str, Any], changes: dict[str, Any], writable: Collection[str]) -> dict[str, Any]:
    _refuse(set(changes) - set(writable), 400)
    return {**record, **changes}


EXERCISES = (
    Exercise(
        "10-1",
        judge_audit,
        solution=lambda: lambda service: [each.handler for each in service.routes if not each.action],
        wrong=(
            lambda: lambda service: [each.handler for each in service.routes],
            lambda: lambda service: [each.handler for each in service.routes if each.action],
            lambda: lambda _service: [],
            lambda: list(HOLES),
        ),
    ),
    Exercise(
        "10-2",
        judge_forgotten,
        solution=lambda: [200, 403, 200],
        wrong=(
            lambda: [200, 200, 200],
            lambda: [200, 403, 403],
            lambda: [403, 403, 200],
            lambda: 403,
        ),
    ),
    Exercise(
        "10-3",
        judge_service,
        solution=lambda: wishlists(_rules(owns, _friend_of_the_shop)),
        wrong=(
            lambda: wishlists(_rules(owns, _friend_of_the_shop), action=""),
            lambda: wishlists(_rules(owns, _friend_of_the_shop), facts=("owner", "tenant")),
            lambda: wishlists(_rules(owns, _friend)),
            lambda: wishlists(_rules(owns)),
            lambda: wishlists(_rules(same_tenant)),
            lambda: wishlists(_rules(owns, lambda query: has_role(query, "customer"))),
            lambda: wishlists(Rules()),
            lambda: Service,
            lambda: wishlists(_rules(owns, _friend_of_the_shop))("wishlists", WISHES),
        ),
    ),
    Exercise(
        "10-4",
        judge_members,
        solution=lambda: _checked,
        wrong=(
            lambda: lambda record, changes, _writable: {**record, **changes},
            lambda: _takes_what_it_may,
            lambda: _knows_bad_names,
            lambda: _one_by_one,
            lambda: _another_status,
            lambda: lambda record, _changes, _writable: record,
        ),
    ),
)
