"""What people in the labs do: click as a page clicks, copy a credential as a thief copies it."""

from __future__ import annotations

from dataclasses import dataclass

from authpatterns.browser import Browser
from authpatterns.deployment import Deployment, Person
from authpatterns.errors import NetworkError
from authpatterns.messages import Request, Response
from authpatterns.trace import Hop

OWN: dict[str, str] = {"alice": "1", "bob": "2", "frank": "3"}
"""The one thing of each kind that belongs to a customer."""

READS: dict[str, str] = {"orders": "/orders", "payments": "/payments", "shipping": "/shipments"}
"""Below which path each microservice shows a thing to its owner."""


def reads_of(name: str) -> list[str]:
    """The paths of everything a customer owns, one at each microservice."""
    return [f"{prefix}/{OWN[name]}" for prefix in READS.values()]


async def click(browser: Browser, path: str, *, renewable: bool) -> Response:
    """What a page does for one click: ask, and where the credential is stale, renew it once and ask again."""
    answer = await browser.send(Request.get(path))
    if answer.status == 401 and renewable:
        await browser.refresh()
        answer = await browser.send(Request.get(path))
    return answer


def shows_data(answer: Response) -> bool:
    """Whether an answer gives a record away; a sign-in page is a 200 too."""
    return answer.status == 200 and '"owner"' in answer.body


@dataclass(frozen=True)
class Copied:
    """One request as a thief has seen it.

    Attributes:
        target: The node it went to.
        request: With whatever credential it carried.
    """

    target: str
    request: Request

    async def replay(self, thief: Browser) -> Response:
        """Send it again from another machine; 503 where nobody answers."""
        try:
            return await thief.call(self.target, self.request)
        except NetworkError as failure:
            return Response.of({"error": failure.code}, 503)


def copies(shop: Deployment, person: Person, paths: list[str]) -> list[Copied]:
    """The last request of `person` for each of `paths`, as it was when it was answered with a record.

    This is what a thief has who could read along: the credential of a session, at each place where it is used.
    """
    return [_copy(_last(shop, person, path)) for path in paths]


def _last(shop: Deployment, person: Person, path: str) -> Hop:
    mine = [hop for hop in shop.trace if hop.source == person.browser.name and hop.request.target == path]
    return next(hop for hop in reversed(mine) if hop.response is not None and shows_data(hop.response))


def _copy(hop: Hop) -> Copied:
    return Copied(hop.target, hop.request)
