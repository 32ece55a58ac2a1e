"""What a pattern is: a few answers to the same few questions, whether it is about authentication or authorization.

    Who must exist?                                nodes(plan)
    Where do browsers find them?                   places(plan)       (authentication alone)
    How does the page sign in and ask?             front_end()        (authentication alone)
    What happens at the edge?                      at_gateway(gateway)
    What may other machines ask a microservice?    at_door(service)
    What happens at each microservice?             at_service(service)
    How does a service speak for the person?       on_behalf(service)

A deployment is the concatenation of the answers. The two kinds meet at one place only: `request.principal`, set by
authentication, read by authorization.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args, get_origin, get_type_hints

from authpatterns.browser import FrontEnd
from authpatterns.errors import Misuse
from authpatterns.node import Middleware, Node
from authpatterns.service import Service

if TYPE_CHECKING:
    from authpatterns.gateway import Gateway
    from authpatterns.stores import UserStore


@dataclass(frozen=True)
class Plan:
    """What a pattern is asked to protect, before any of its own nodes exist.

    Attributes:
        users: The accounts.
        services: The microservices, in the order in which they were given.
    """

    users: UserStore
    services: tuple[Service, ...]


class Pattern:
    """A pattern that adds nothing; each real one answers the questions it cares about.

    A pattern is a value: it holds settings and no state, so one object can serve in many deployments.

    Attributes:
        name: As on the command line.
    """

    name: ClassVar[str] = "nothing"

    def __post_init__(self) -> None:
        """Refuse a setting that is not one of the words it may be, or a number below zero.

        Raises:
            Misuse: it names the setting.
        """
        for name, choices in _choices(type(self)).items():
            value = getattr(self, name)
            if choices and value not in choices:
                raise Misuse("pattern.setting", name=name, value=repr(value), known=", ".join(map(repr, choices)))
            if not choices and (not isinstance(value, (int, float)) or not value >= 0):
                raise Misuse("pattern.number", name=name, value=repr(value))

    def nodes(self, plan: Plan) -> Sequence[Node]:
        """The nodes this pattern needs, made anew for each deployment."""
        return ()

    def at_gateway(self, gateway: Gateway) -> Sequence[Middleware]:
        """Layers around the gateway's forwarding, outermost first."""
        return ()

    def at_door(self, service: Service) -> Sequence[Middleware]:
        """Layers before all others at a microservice: for machines that ask in their own name, on behalf of nobody."""
        return ()

    def at_service(self, service: Service) -> Sequence[Middleware]:
        """Layers around a microservice's handlers, outermost first."""
        return ()

    def on_behalf(self, service: Service) -> Sequence[Middleware]:
        """Layers around the calls a microservice makes: they turn `request.principal` into a credential."""
        return ()


class Authentication(Pattern):
    """A pattern that says who is asking.

    Attributes:
        has_gateway: Whether the outside world reaches the services through an API gateway.
        issuer: The node that signs tokens, or "" where none are signed.
        renewable: Whether a stale credential can be renewed without a password.
    """

    has_gateway: ClassVar[bool] = False
    issuer: ClassVar[str] = ""
    renewable: ClassVar[bool] = True

    @property
    def credential_lifetime(self) -> float:
        """Seconds after which an unused credential is refused."""
        raise NotImplementedError

    @property
    def revocation_window(self) -> float:
        """Seconds for which a copy of the credential may still be accepted after its owner has signed out."""
        raise NotImplementedError

    @property
    def key_cache(self) -> float:
        """Seconds for which somebody may trust a copy of the issuer's keys; 0 where there are none."""
        return 0

    def front_end(self) -> FrontEnd:
        """The page's program."""
        raise NotImplementedError

    def origin(self, service: Service) -> str:
        """Where browsers find `service`."""
        return SHOP

    def places(self, plan: Plan) -> dict[tuple[str, str], str]:
        """Further addresses that browsers know: (origin, path) to the node's name."""
        return {}


class Authorization(Pattern):
    """A pattern that says what they may do.

    Attributes:
        central: The nodes on which every decision depends, at least once in a while.
        missing_right: The error code of the 403 that refuses somebody a whole kind of action.
    """

    central: ClassVar[tuple[str, ...]] = ()
    missing_right: ClassVar[str] = "access_denied"

    @property
    def role_window(self) -> float | None:
        """Seconds for which a withdrawn role may go on working; None where that is up to the credential."""
        return None

    @property
    def fact_window(self) -> float:
        """Seconds by which a decision may lag behind what is true of the thing itself."""
        return 0

    @property
    def grace(self) -> float:
        """Seconds for which decisions may go on after a central node is gone."""
        return 0


def _choices(pattern: Any) -> dict[str, tuple[Any, ...]]:
    """The settings of a pattern that can be checked: the words each may be, or () for a number."""
    if not is_dataclass(pattern):
        return {}
    hints = get_type_hints(pattern)
    kinds = {field.name: hints[field.name] for field in fields(pattern)}
    words_of = {name: get_args(kind) for name, kind in kinds.items() if get_origin(kind) is Literal}
    return words_of | {name: () for name, kind in kinds.items() if kind in (int, float)}


SHOP = "https://shop.example"
"""Where browsers find the shop, unless a pattern says otherwise."""
