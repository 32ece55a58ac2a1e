"""How labs change one deployment without touching the patterns: swap a part, wrap a layer, look into a layer.

A layer is a closure, and what it has closed over is all the state it has. So a lab finds the parts of a running
pattern there (`inside`), and replaces a method of that one object (`replace`). Nothing outlives the deployment.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

from authpatterns.deployment import Deployment
from authpatterns.errors import Misuse
from authpatterns.messages import Response
from authpatterns.node import Handler, Middleware, Node


def replace(part: Any, name: str, value: Any) -> Any:
    """Give `part` another `name`, and return the one it had.

    Raises:
        Misuse: it has none, so the lab does not fit the pattern any more.
    """
    if not hasattr(part, name):
        raise Misuse("lab.no-part", part=type(part).__name__, name=name)
    before = getattr(part, name)
    setattr(part, name, value)
    return before


def parts(node: Node, name: str) -> Iterator[Any]:
    """What the layers of `node` have closed over under this name, each once."""
    seen: dict[int, Any] = {}
    for layer in (*node.inbound, *node.outbound):
        function = getattr(layer, "__func__", layer)
        if inspect.isfunction(function):
            found = inspect.getclosurevars(function).nonlocals.get(name)
            if found is not None:
                seen[id(found)] = found
    return iter(seen.values())


def inside(node: Node, name: str) -> Any:
    """The one such part.

    Raises:
        Misuse: there is none.
    """
    for part in parts(node, name):
        return part
    raise Misuse("lab.no-part", part=node.name, name=name)


def wrap(node: Node, name: str, layer: Middleware, *, after: bool = False) -> None:
    """Put `layer` around (or, with `after`, inside) the layer whose function is called `name`.

    Raises:
        Misuse: there is no such layer.
    """
    node.inbound.insert(_place(node.inbound, node.name, name) + after, layer)


def swap(node: Node, name: str, layer: Middleware) -> None:
    """Put `layer` in the place of the layer whose function is called `name`.

    Raises:
        Misuse: there is no such layer.
    """
    rework(node, name, lambda _: layer)


def rework(node: Node, name: str, make: Callable[[Middleware], Middleware]) -> None:
    """Put in the place of the layer whose function is called `name` what `make` makes of it.

    Raises:
        Misuse: there is no such layer.
    """
    place = _place(node.inbound, node.name, name)
    node.inbound[place] = make(node.inbound[place])


def has_layer(node: Node, name: str) -> bool:
    """Whether there is such a layer."""
    return any(getattr(layer, "__name__", "") == name for layer in node.inbound)


def _place(layers: list[Middleware], where: str, name: str) -> int:
    for place, layer in enumerate(layers):
        if getattr(layer, "__name__", "") == name:
            return place
    raise Misuse("lab.no-part", part=where, name=name)


def at_door(shop: Deployment, layer: Middleware) -> None:
    """Put `layer` before everything else where requests from outside come in."""
    for node in doors(shop):
        node.inbound.insert(0, layer)


def doors(shop: Deployment) -> list[Node]:
    """The nodes that requests to the shop's services reach first."""
    names = ["gateway"] if shop.authn.has_gateway else [service.name for service in shop.services]
    return [shop.node(name) for name in names]


def edit_cookies(node: Node, old: str, new: str) -> None:
    """Have `node` set its cookies with `old` replaced by `new`."""

    async def edit(request: Any, proceed: Handler) -> Response:
        answer = await proceed(request)
        lines = answer.headers.all("set-cookie")
        headers = answer.headers.without("set-cookie")
        for line in lines:
            headers = headers.plus("set-cookie", line.replace(old, new))
        return Response(answer.status, answer.body, headers)

    node.inbound.insert(0, edit)
