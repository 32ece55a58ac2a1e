"""Hybrid pattern (ハイブリッドパターン): policy is made in the centre, decisions are made at each microservice.

A control plane publishes policy, and the facts that all share, as signed and versioned bundles. Each microservice pulls
the newest one once in a while and decides with it and with its own data: no arrow for most requests, and one place
where the rules are written. The price is staleness. It is bounded: a bundle that the control plane has not confirmed
for `max_age` seconds is used no longer, and then nobody gets in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from authpatterns.authz.control_plane import (
    BUNDLE_PATH,
    CONTROL_PLANE,
    Bundle,
    ControlPlane,
    Policy,
    read_bundle,
)
from authpatterns.authz.enforce import enforce
from authpatterns.authz.table import RuleTable, shop_policy
from authpatterns.errors import Misuse, NetworkError, TokenRefused, Unreachable
from authpatterns.messages import Request, Response
from authpatterns.node import Handler, Middleware, Node
from authpatterns.pattern import Authorization, Plan
from authpatterns.service import Service


@dataclass(frozen=True)
class Hybrid(Authorization):
    """Policy from the centre, decisions on the spot.

    Attributes:
        policy: What the control plane publishes at first. Unless given: the bookshop's rules, and those of every
            further service whose rules are a table (a rule written in Python cannot be sent).
        poll: Seconds after which a service pulls again.
        max_age: Seconds after which a bundle that was not confirmed is used no longer.
        timeout: Seconds that a service waits for the control plane.
    """

    name: ClassVar[str] = "hybrid"
    central: ClassVar[tuple[str, ...]] = (CONTROL_PLANE,)

    policy: Policy | None = None
    poll: float = 30.0
    max_age: float = 120.0
    timeout: float = 1.0

    @property
    def role_window(self) -> float | None:
        """Until the next pull."""
        return self.poll

    @property
    def grace(self) -> float:
        """Until the bundle is too old."""
        return self.max_age

    def nodes(self, plan: Plan) -> Sequence[Node]:
        """The control plane."""
        tables = [service.rules for service in plan.services if isinstance(service.rules, RuleTable)]
        return [ControlPlane(plan.users, self.policy or shop_policy(*tables), self.max_age)]

    def at_service(self, service: Service) -> Sequence[Middleware]:
        """Decide with the newest bundle there is and with the service's own data."""
        shelf = Shelf(service, self.poll, self.max_age, self.timeout)

        async def authorize(request: Request, proceed: Handler) -> Response:
            query = service.query(request)
            if query is not None:
                bundle = await shelf.bundle()
                query = replace(query, subject=bundle.person(query.subject.id))
                enforce(service, query, bundle.engine.decide(query))
            return await proceed(request)

        return [authorize]


class Shelf:
    """The one bundle that a microservice decides by.

    Args:
        service: Whose it is.
        poll: Seconds after which it pulls again.
        max_age: Seconds since its signature after which the bundle is used no longer.
        timeout: Seconds to wait for the control plane.
    """

    def __init__(self, service: Service, poll: float, max_age: float, timeout: float) -> None:
        self.service = service
        self.poll, self.max_age, self.timeout = poll, max_age, timeout
        self._bundle: Bundle | None = None
        self._tried: float | None = None
        self._lock = service.wire.lock()

    async def bundle(self) -> Bundle:
        """The bundle to decide by; an arrow only where a pull is due.

        Raises:
            Unreachable: there is none that is young enough; the request ends with 503.
        """
        async with self._lock:  # of many requests that find a pull due, one pulls
            if self._due():
                await self._pull()
        kept = self._bundle
        if kept is None:
            raise Unreachable("bundle.none", target=CONTROL_PLANE)
        age = self.service.now - kept.issued
        if age >= self.max_age:
            raise Unreachable("bundle.too-old", target=CONTROL_PLANE, version=kept.version, max_age=self.max_age)
        self.service.note("bundle.used", version=kept.version, age=round(age, 3))
        return kept

    def _due(self) -> bool:
        """Whether to pull: once in a while, and again soon where there is nothing to decide by."""
        if self._tried is None:
            return True
        usable = self._bundle is not None and self.service.now - self._bundle.issued < self.max_age
        return self.service.now - self._tried >= (self.poll if usable else self.timeout)

    async def _pull(self) -> None:
        """Take the newest bundle, or keep what there is and say why."""
        try:
            answer = await self.service.call(CONTROL_PLANE, Request.get(BUNDLE_PATH), self.timeout)
        except NetworkError as failure:
            self.service.note("bundle.not-pulled", reason=failure.code)
        else:
            self._judge(answer)
        self._tried = self.service.now

    def _judge(self, answer: Response) -> None:
        try:
            new = read_bundle(answer.json(), self.service.now)
        except (TokenRefused, Misuse) as flaw:
            self.service.note("bundle.refused", reason=flaw.code)
            return
        reason = _unfit(self._bundle, new)
        if reason:
            self.service.note("bundle.refused", reason=reason)
            return
        if self._bundle is None or new.version != self._bundle.version:
            self.service.note("bundle.taken", version=new.version)
        self._bundle = new


def _unfit(old: Bundle | None, new: Bundle) -> str:
    """Why `new` must not take the place of `old`; "" if it may."""
    if old is None:
        return ""
    if new.version < old.version:
        return "bundle.older-version"
    if new.issued < old.issued:
        return "bundle.older-signature"
    if new.version == old.version and new.digest != old.digest:
        return "bundle.same-version"
    return ""
