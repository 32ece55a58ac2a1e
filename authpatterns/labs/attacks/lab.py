"""What attackers have at hand: machines of their own, what they have stolen, and what flowed past them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from authpatterns import catalogue, tokens, words
from authpatterns.authn import auth_service, oidc
from authpatterns.bookshop import PEOPLE
from authpatterns.browser import Browser
from authpatterns.deployment import Deployment, Person
from authpatterns.errors import Misuse
from authpatterns.keys import demo_key
from authpatterns.labs.attacks.shape import Outcome, World
from authpatterns.messages import Request, Response, Url
from authpatterns.network import EPOCH, current_act
from authpatterns.node import Node
from authpatterns.pattern import SHOP
from authpatterns.secrecy import carried
from authpatterns.trace import Hop, Note, Sent, Trace

OWN = {"alice": "1", "bob": "2", "frank": "3"}
"""The one order of each customer."""

MALLORYS_KEY = demo_key(number=3)
"""A key that is mallory's own, and known to nobody else."""

PATIENCE = 60.0
"""Seconds that an attacker waits for an answer: longer than anybody who is asked."""

MALLORYS_SITE = "https://mallory.example"


class Lab:
    """One deployment under attack.

    Args:
        pattern: The name of the pattern under attack; it stands beside the plainest of the other kind.
        world: Its settings.
        seed: Of the deployment.

    Attributes:
        shop: The deployment.
        pattern: See above.
    """

    def __init__(self, pattern: str, world: World, seed: int = 0) -> None:
        authn = catalogue.AUTHENTICATION.get(pattern, catalogue.AUTHENTICATION["jwt"])
        authz = catalogue.AUTHORIZATION.get(pattern, catalogue.AUTHORIZATION["distributed"])
        chosen = world.authn or authn(), world.authz or authz()
        self.pattern = pattern
        self.shop = Deployment(*chosen, seed=seed, latency=world.latency)
        for change in world.changes:
            change(self.shop)
        self._mark = 0

    # --- people

    def person(self, name: str, device: str = "") -> Person:
        """Somebody who is signed in, and has looked at an order."""
        person = self.shop.user(name, device)
        if not any(act.actor == person.browser.name for act in self.shop.trace.acts):
            person.sign_in()
            person.get(order_of(name))
        return person

    @property
    def mallory(self) -> Person:
        """An attacker with a browser and no account."""
        return self.shop.visitor("mallory")

    def node(self, name: str) -> Any:
        """A node of the shop."""
        return self.shop.node(name)

    @property
    def issuer(self) -> Any:
        """The node that signs tokens."""
        return self.shop.node(self.shop.authn.issuer)

    @property
    def trace(self) -> Trace:
        """What flowed."""
        return self.shop.trace

    @property
    def now(self) -> float:
        """Unix time."""
        return EPOCH + self.shop.clock.now

    # --- what can be stolen or seen

    def stolen(self, name: str, path: str = "", device: str = "") -> dict[str, str]:
        """What `name`'s browser sends to be known, as a thief copies it out of a request."""
        person = self.person(name, device)
        wanted = path or order_of(name)
        mine = [hop for hop in self.trace if hop.source == person.browser.name and hop.request.target == wanted]
        lines = [hop for hop in mine if hop.status == 200][-1].request.headers
        return {key: value for key, value in lines if key in ("authorization", "cookie")}

    def jwt(self, name: str) -> str:
        """The access token about `name` that flows to the services, as somebody has seen who could read along."""
        person = self.person(name)
        found = self._flowing(name)
        if not found:  # where services keep the token to themselves, it flows when one asks another
            person.get(f"{order_of(name)}/tracking")
            found = self._flowing(name)
        return found

    def _flowing(self, name: str) -> str:
        for hop in reversed(self.trace.hops):
            for secret in carried(hop.request):
                if secret.value.count(".") == 2 and self._is_about(secret.value, name):
                    return secret.value
        return ""

    def _is_about(self, token: str, name: str) -> bool:
        header, payload = tokens.read_unverified(token)
        return header.get("typ") == "at+jwt" and json.loads(payload).get("sub") == name

    def claims(self, name: str = "alice", **changes: Any) -> dict[str, Any]:
        """Claims of an access token about `name`, as everybody can write them who has once seen one.

        A change to None leaves the claim out.
        """
        account = next(person for person in PEOPLE if person.name == name)
        now = int(self.now)
        about = {
            "iss": self.issuer_name, "sub": name, "tenant": account.tenant, "roles": list(account.roles),
            "aud": SHOP, "client_id": "shop-page", "scope": "shop", "iat": now, "exp": now + 900, "jti": "forged",
        }  # fmt: skip
        return {key: value for key, value in (about | changes).items() if value is not None}

    @property
    def issuer_name(self) -> str:
        """`iss` of the tokens that flow here."""
        return oidc.ISSUER if self.shop.authn.issuer == "idp" else auth_service.ISSUER

    def issued(self, name: str = "bob", *, typ: str = "at+jwt", **changes: Any) -> str:
        """A token that the issuer has really signed, like the one `name` has but for `changes`."""
        claims = json.loads(tokens.read_unverified(self.jwt(name)).payload) | changes
        kept = {name: value for name, value in claims.items() if value is not None}
        return tokens.issue(kept, self.issuer.keys.signing, typ=typ)

    # --- what an attacker sends

    def send(self, request: Request, to: str = "", by: Browser | None = None) -> Response:
        """Send a request by hand: to the shop's door, or to the node named `to`."""
        sender = by or self.mallory.browser
        address = Url.parse(sender.address(request.target))
        target = to or self.shop.network.owner(str(address))
        if "host" not in request.headers:
            request = request.with_header("host", address.host)
        return self.act(sender, sender.call(target, request, PATIENCE), request)

    def act(self, sender: Browser, story: Any, request: Request) -> Response:
        """Run what a browser does as one act of the trace."""
        self._mark = len(self.trace.events)
        act = self.trace.begin_act(sender.name, request.method.lower(), request.target)
        before = current_act.set(act.id)
        try:
            answer: Response = self.shop.run(story)
            return answer
        finally:
            current_act.reset(before)

    def watch(self, what: Callable[[], Response]) -> Response:
        """Let somebody do something, and take it for what the attack consists in."""
        self._mark = len(self.trace.events)
        return what()

    def get(self, path: str, headers: Mapping[str, str] | None = None, to: str = "") -> Response:
        """Ask for `path` with these headers, as a thief does."""
        return self.send(Request.get(path, headers), to)

    def present(self, token: str, path: str = "/orders/1") -> Response:
        """Show a JWT to whoever verifies JWTs: behind a gateway that takes none, straight to the service."""
        to = "orders" if self.pattern == "jwt-gateway" else ""
        return self.get(path, {"authorization": f"Bearer {token}"}, to)

    # --- reading what happened

    def lasting(self, attempt: Callable[[], Outcome], declared: float) -> Outcome:
        """Try again every ten seconds until it fails, and say for how long it went; a day is for ever.

        Facts: `window`, and `declared`, both in seconds.
        """
        began, first = self.now, attempt()
        went = first.succeeded
        while went and self.now - began < 86_400:
            self.shop.clock.advance(seconds=10)
            went = attempt().succeeded
        window = round(self.now - began)
        seen = f"{first.seen} for {window} s" if first.succeeded else first.seen
        return Outcome(first.succeeded, seen, {"window": window, "declared": declared})

    def outcome(self, answer: Response, succeeded: bool, **facts: Any) -> Outcome:
        """What became of the last thing that was sent."""
        return Outcome(succeeded, " ".join(filter(None, (str(answer.status), self.reason()))), facts)

    def reads(self, answer: Response, owner: str = "alice", /, **facts: Any) -> Outcome:
        """The attacker wanted to read what belongs to `owner`."""
        return self.outcome(answer, is_record_of(answer, owner), **facts)

    def reason(self) -> str:
        """The code of the first refusal since the attacker acted, or ""."""
        events = self.trace.events[self._mark :]
        codes = [note.code for note in events if isinstance(note, Note) and words.knows(f"error.{note.code}")]
        return codes[0] if codes else ""

    def since_attack(self) -> list[Hop]:
        """The hops that were sent since the attacker acted."""
        return [event.hop for event in self.trace.events[self._mark :] if isinstance(event, Sent)]


def best(outcomes: Sequence[Outcome]) -> Outcome:
    """Of several tries: whether any succeeded, and what was seen of those that decide it, each once."""
    succeeded = any(outcome.succeeded for outcome in outcomes)
    seen = dict.fromkeys(outcome.seen for outcome in outcomes if outcome.succeeded == succeeded)
    facts = {
        name: value for outcome in outcomes if outcome.succeeded == succeeded for name, value in outcome.facts.items()
    }
    return Outcome(succeeded, " / ".join(seen), facts)


def order_of(name: str) -> str:
    """The order that `name` owns, or one that a clerk may read."""
    return f"/orders/{OWN.get(name, '3' if name == 'erin' else '1')}"


def is_record_of(answer: Response, owner: str) -> bool:
    """Whether `answer` gives away something that belongs to `owner`."""
    body = answer.json()
    return answer.status == 200 and isinstance(body, dict) and body.get("owner") == owner


class Mallorys(Node):
    """A site of mallory's on the internet, which answers whatever mallory has put there.

    Attributes:
        pages: Answers by path.
    """

    kind = "service"
    zone = "outside"

    def __init__(self, pages: Mapping[str, Response]) -> None:
        super().__init__("mallorys-site")
        self.pages = dict(pages)

    async def handle(self, request: Request) -> Response:
        """Answer."""
        return self.pages.get(request.path, Response.of({"error": "not_found"}, 404))


def put_online(lab: Lab, pages: Mapping[str, Response]) -> Mallorys:
    """Have `https://mallory.example` answer with these pages."""
    site = Mallorys(pages)
    lab.shop.network.add(site)
    lab.shop.network.publish(MALLORYS_SITE, "", site.name)
    return site


def cookie(headers: Mapping[str, str], *names: str) -> str:
    """The value of the first of these cookies in stolen headers.

    Raises:
        Misuse: there is none.
    """
    pairs = dict(part.split("=", 1) for part in headers.get("cookie", "").split("; ") if "=" in part)
    for name in names:
        if name in pairs:
            return pairs[name]
    raise Misuse("attack.no-cookie", name=", ".join(names))
