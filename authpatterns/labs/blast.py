"""How far a break-in reaches: what somebody could open with the secrets that a place has seen.

Three customers look around. Then one place is given to an attacker: a browser's last request to one microservice, a
microservice with everything that passed it, the gateway likewise. The attacker sends each credential seen there to
every other microservice, as it was seen and as a bearer token, and we count the records that come back.

This is what replaying alone opens, so it is a lower bound: whoever owns the place where credentials are *made* opens
everything, and a secret that lets its holder speak for anybody opens more than it was seen to be used for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from authpatterns import catalogue
from authpatterns.deployment import Deployment
from authpatterns.errors import NetworkError
from authpatterns.labs.operations import moment
from authpatterns.labs.people import OWN, READS, shows_data
from authpatterns.messages import Headers, Request, Response, Url
from authpatterns.secrecy import carried
from authpatterns.trace import Hop

CREDENTIALS = ("authorization", "cookie", "x-amzn-request-context", "x-forwarded-access-token", "x-origin-verify")
"""Headers by which a request is believed, in the patterns there are."""

Target = tuple[str, str]
"""A microservice and a person: the person's record there."""


@dataclass(frozen=True)
class Blast:
    """What a break-in opens.

    Attributes:
        opened: Records.
        possible: How many there are to open, besides those that the place holds itself.
        passwords: How many people's passwords passed the place.
    """

    opened: tuple[Target, ...]
    possible: int
    passwords: int

    @property
    def text(self) -> str:
        """As "2/6"."""
        return f"{len(self.opened)}/{self.possible}"


class Site:
    """A shop in which three customers have signed in and looked around.

    Args:
        authn, authz: Names of patterns.
        seed: Of the deployment.
    """

    def __init__(self, authn: str, authz: str, seed: int = 15) -> None:
        self.shop = catalogue.deploy(authn, authz, seed=seed)
        for name in OWN:
            _look_around(self.shop, name)
        self.lived = list(self.shop.trace)

    @property
    def has_gateway(self) -> bool:
        """Whether there is a gateway to break into."""
        return "gateway" in self.shop.network.nodes

    def stolen(self) -> Blast:
        """A thief somewhere outside has copied what Alice's browser last sent to `orders`."""
        thief = self.shop.visitor("thief").browser.name
        last = [hop for hop in self.lived if hop.source == "alice" and hop.request.path == "/orders/1"][-1:]
        wanted = [(service, "alice") for service in READS]
        opened = self._opened(thief, _candidates(last), wanted, inside=False)
        return Blast(opened, len(wanted), _passwords(last))

    def owned(self, place: str) -> Blast:
        """Somebody sits in `place` and has seen everything that came and went there."""
        seen = [hop for hop in self.lived if place in (hop.source, hop.target)]
        wanted = [(service, person) for service in READS if service != place for person in OWN]
        return Blast(self._opened(place, _candidates(seen), wanted, inside=True), len(wanted), _passwords(seen))

    def _opened(
        self, attacker: str, candidates: Iterable[Headers], wanted: list[Target], *, inside: bool
    ) -> tuple[Target, ...]:
        opened: dict[Target, None] = {}
        for headers in candidates:
            for target in wanted:
                if target not in opened and self._opens(attacker, headers, target, inside):
                    opened[target] = None
        return tuple(sorted(opened))

    def _opens(self, attacker: str, headers: Headers, target: Target, inside: bool) -> bool:
        service, person = target
        path = f"{READS[service]}/{OWN[person]}"
        address = Url.parse(self.shop.browser("alice").address(path))
        doors = dict.fromkeys([self.shop.network.owner(str(address)), *([service] if inside else [])])
        request = Request("GET", path, headers.with_("host", address.host))
        answers = [self._try(attacker, door, request) for door in doors if door != attacker]
        return any(map(shows_data, answers))

    def _try(self, attacker: str, door: str, request: Request) -> Response:
        try:
            return self.shop.run(self.shop.network.call(attacker, door, request))
        except NetworkError as failure:
            return Response.of({"error": failure.code}, 503)


def lasting(authn: str, authz: str, place: str = "", seed: int = 15) -> float | None:
    """For how many seconds, to the second, anything that was seen at `place` opens anything, if nobody does anything.

    Args:
        authn: Name of a pattern.
        authz: Name of a pattern.
        place: A node; "" for the thief outside.
        seed: Of the deployment.
    """

    def still(seconds: float) -> bool:
        site = Site(authn, authz, seed)
        site.shop.clock.advance(seconds=seconds)
        blast = site.owned(place) if place else site.stolen()
        return bool(blast.opened)

    found = moment(still, tick=1.0)
    return None if found is None else round(found)


def password_places(authn: str, authz: str = "distributed", seed: int = 15) -> list[str]:
    """The parts that a password passes."""
    shop = catalogue.deploy(authn, authz, seed=seed)
    shop.user("alice").sign_in()
    return list(dict.fromkeys(hop.target for hop in shop.trace if _passwords([hop])))


def _look_around(shop: Deployment, name: str) -> None:
    person = shop.user(name)
    person.sign_in()
    for prefix in READS.values():
        person.get(f"{prefix}/{OWN[name]}")
    person.get(f"/orders/{OWN[name]}/tracking")


def _candidates(seen: Iterable[Hop]) -> list[Headers]:
    """Each credential once, as it was seen and as a bearer token."""
    return list(dict.fromkeys(found for hop in seen for found in _of(hop)))


def _of(hop: Hop) -> Iterator[Headers]:
    lines = tuple(line for line in hop.request.headers if line[0] in CREDENTIALS)
    if lines:
        yield Headers(lines)
    for message in (hop.request, hop.response):
        for secret in carried(message) if message is not None else ():
            if secret.name != "password":
                yield Headers((("authorization", f"Bearer {secret.value}"),))


def _passwords(hops: Iterable[Hop]) -> int:
    return len({found.value for hop in hops for found in carried(hop.request) if found.name == "password"})
