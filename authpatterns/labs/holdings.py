"""Who remembers how much about each user: read from the parts themselves after a run, not from a description.

Everything a part reaches is weighed: its attributes, what its layers keep, what lies in its store. What is the same for
one user and for three (keys, rules, records) cancels out.

Examples:
    >>> weight({"alice": ["clerk", 7]})
    18
    >>> held_per_user("session", "distributed")["orders"]
    0
"""

from __future__ import annotations

import types
from collections import deque
from collections.abc import Iterator, Mapping
from functools import partial
from random import Random
from typing import Any

from authpatterns import catalogue
from authpatterns.browser import Browser
from authpatterns.deployment import Deployment
from authpatterns.kernel import Kernel
from authpatterns.labs.traffic import ROUNDS
from authpatterns.network import Network
from authpatterns.node import Node
from authpatterns.store_node import StoreNode
from authpatterns.stores import UserStore

NOT_HELD = (Network, Kernel, Random, UserStore, type, types.ModuleType)
"""The world, and the accounts, which are the same under every pattern."""


def held_per_user(authn: str, authz: str, seed: int = 15) -> dict[str, int]:
    """Bytes that each part, and each user's browser (as "browser"), holds for one more user who has looked around."""
    one, three = (_weighed(authn, authz, users, seed) for users in (1, 3))
    return {name: round((three[name] - one[name]) / 2) for name in three}


def _weighed(authn: str, authz: str, users: int, seed: int) -> dict[str, int]:
    shop = catalogue.deploy(authn, authz, seed=seed)
    for name in list(ROUNDS)[:users]:
        person = shop.user(name)
        person.sign_in()
        for path in ROUNDS[name]:
            person.get(path)
    return _by_part(shop)


def _by_part(shop: Deployment) -> dict[str, int]:
    weights = {"browser": 0}
    for name, node in shop.network.nodes.items():
        if isinstance(node, Browser):
            weights["browser"] += weight([node.cookies, node.local, node.session])
        else:
            weights[name] = weight(node) + (_stored(node.client) if isinstance(node, StoreNode) else 0)
    return weights


def _stored(client: Any) -> int:
    """Bytes of keys and values in a store."""
    read = {b"string": client.get, b"set": client.smembers}
    return sum(len(key) + weight(read[client.type(key)](key)) for key in client.scan_iter())


def weight(thing: Any) -> int:
    """Bytes of all text and numbers (8 each) that `thing` reaches, each object once."""
    seen: dict[int, Any] = {}
    waiting, total = [thing], 0
    while waiting:
        item = waiting.pop()
        if id(item) in seen or isinstance(item, NOT_HELD):
            continue
        seen[id(item)] = item
        total += _own(item)
        waiting.extend(_within(item, thing))
    return total


def _own(item: Any) -> int:
    if isinstance(item, str):
        return len(item.encode())
    if isinstance(item, bytes):
        return len(item)
    return 8 if isinstance(item, int | float) and not isinstance(item, bool) else 0


def _within(item: Any, whole: Any) -> Iterator[Any]:
    """What `item` refers to. Another node is somebody else's memory, and a store's client is asked instead."""
    if isinstance(item, Mapping):
        yield from item.keys()
        yield from item.values()
    elif isinstance(item, list | tuple | set | frozenset | deque):
        yield from item
    elif isinstance(item, types.FunctionType):
        yield from (cell.cell_contents for cell in item.__closure__ or ())
    elif isinstance(item, types.MethodType):
        yield item.__self__
    elif isinstance(item, partial):
        yield from (item.func, *item.args, *item.keywords.values())
    elif not isinstance(item, Node) or item is whole:
        yield from _members(item)


def _members(item: Any) -> Iterator[Any]:
    members = getattr(item, "__dict__", {})
    yield from (value for name, value in members.items() if not (isinstance(item, StoreNode) and name == "client"))
    for kind in type(item).__mro__:
        names = vars(kind).get("__slots__", ())
        yield from (getattr(item, name) for name in names if hasattr(item, name))
