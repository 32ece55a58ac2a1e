"""The control plane: where policy is made and published (a policy administration point).

What it publishes is a *bundle*: policy and shared facts as text, and a signature over their digest, with a version that
only grows. Every pull gets a fresh signature, so its age says how long ago somebody in charge still stood by it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any

from authpatterns import tokens
from authpatterns.authz.table import RuleTable
from authpatterns.encoding import parse
from authpatterns.errors import Misuse
from authpatterns.keys import KeyRing, KeySet, demo_key
from authpatterns.messages import Request, Response
from authpatterns.node import Node, route
from authpatterns.policy import Entity, PolicyEngine
from authpatterns.stores import UserStore

CONTROL_PLANE = "control-plane"
ISSUER = "https://control-plane.shop.example"
AUDIENCE = "shop-policy"
BUNDLE_PATH = "/bundles/shop"
BUNDLE_TYPE = "policy-bundle+jwt"

Policy = dict[str, Any]
"""`{"language": "table", "rules": [...]}`, or `{"language": "rego", "text": "..."}`, or the same with "cedar"."""


@cache
def trusted_keys() -> KeySet:
    """The keys that services believe, part of their configuration."""
    return KeyRing([demo_key(number=2)]).key_set()


class ControlPlane(Node):
    """Publishes policy, and who has which role.

    Args:
        users: Who has which role.
        policy: What is published at first.
        lifetime: Seconds for which a bundle may be used.
    """

    kind = "pap"

    def __init__(self, users: UserStore, policy: Policy, lifetime: float) -> None:
        super().__init__(CONTROL_PLANE)
        self.users, self.policy, self.lifetime = users, policy, lifetime
        self.keys = KeyRing([demo_key(number=2)])
        self.version = 0
        self._published = ""

    def publish(self, policy: Policy) -> None:
        """Have services decide by `policy` from their next pull on.

        Raises:
            Misuse: it cannot be read; what was published before stays.
        """
        engine_of(policy)
        self.policy = policy

    @route("GET", BUNDLE_PATH)
    async def bundle(self, request: Request) -> Response:
        """The newest bundle, signed now."""
        return Response.of(self.signed(self.content()))

    def content(self) -> str:
        """What is published now; a change of policy or of a role makes a new version."""
        facts = {user.name: {"tenant": user.tenant, "roles": list(user.roles)} for user in self.users.everybody()}
        content = json.dumps({"policy": self.policy, "facts": facts}, ensure_ascii=False)
        if content != self._published:
            self._published = content
            self.version += 1
            self.note("bundle.published", version=self.version)
        return content

    def signed(self, content: str) -> dict[str, str]:
        """`content` as a bundle of the current version."""
        about = {"iss": ISSUER, "aud": AUDIENCE, "iat": self.now, "exp": self.now + self.lifetime}
        seal = {**about, "version": self.version, "sha256": _digest(content)}
        return {"signature": tokens.issue(seal, self.keys.signing, typ=BUNDLE_TYPE), "content": content}


@dataclass(frozen=True)
class Bundle:
    """What a service decides by.

    Attributes:
        version: Grows with every change.
        issued: When the control plane signed it, in Unix seconds.
        digest: Of policy and facts, to tell two bundles of one version apart.
        engine: The policy, ready to decide.
        people: The shared facts by name.
    """

    version: int
    issued: float
    digest: str
    engine: PolicyEngine
    people: dict[str, Entity]

    def person(self, name: str) -> Entity:
        """What the bundle says about `name`; nothing where it does not know them."""
        return self.people.get(name, Entity("user", name))


def read_bundle(body: Any, now: float, trusted: KeySet | None = None) -> Bundle:
    """The bundle in an answer, if the control plane signed it and it is in force.

    Args:
        body: `{"signature": ..., "content": ...}`.
        now: Unix time in seconds.
        trusted: Whom to believe; the control plane of the demonstration unless given.

    Raises:
        TokenRefused: it is not signed, not by the control plane, not for this, or not for now.
        Misuse: the content is not what was signed, or cannot be read.
    """
    signature, content = (body.get("signature"), body.get("content")) if isinstance(body, dict) else ("", "")
    if not isinstance(signature, str) or not isinstance(content, str):
        raise Misuse("bundle.shape")
    seal = tokens.verify(
        signature,
        trusted or trusted_keys(),
        issuer=ISSUER,
        audience=AUDIENCE,
        now=now,
        typ=BUNDLE_TYPE,
        require_kid=True,
    )
    version, issued, digest = seal.get("version"), seal.get("iat"), seal.get("sha256")
    if type(version) is not int or not isinstance(issued, int | float) or digest != _digest(content):
        raise Misuse("bundle.digest")
    return _unpacked(version, issued, content)


def _unpacked(version: int, issued: float, content: str) -> Bundle:
    try:
        fields = parse(content)
        people = {name: Entity("user", name, dict(facts)) for name, facts in fields["facts"].items()}
        policy = fields["policy"]
    except (ValueError, TypeError, KeyError, AttributeError):
        raise Misuse("bundle.shape") from None
    return Bundle(version, issued, _digest(content), engine_of(policy), people)


def _digest(content: str) -> str:
    return sha256(content.encode()).hexdigest()


def engine_of(policy: Any) -> PolicyEngine:
    """The engine for a published policy.

    Raises:
        Misuse: its language is unknown, or it cannot be read.
    """
    language = policy.get("language") if isinstance(policy, dict) else None
    if language == "table":
        return RuleTable.parse(policy)
    if isinstance(language, str) and language in _ENGINES and isinstance(policy.get("text"), str):
        return _ENGINES[language](policy["text"])
    raise Misuse("policy.language", language=str(language)[:40], known=", ".join(("table", *_ENGINES)))


def _rego(text: str) -> PolicyEngine:
    from authpatterns.adapters.rego import RegoEngine  # noqa: PLC0415  (only who publishes Rego needs its engine)

    return RegoEngine(text, name="bundle.rego")


def _cedar(text: str) -> PolicyEngine:
    from authpatterns.adapters.cedar import SHOP_REFERENCES, CedarEngine  # noqa: PLC0415  (the same for Cedar)

    return CedarEngine(text, references=SHOP_REFERENCES, name="bundle.cedar")


_ENGINES = {"rego": _rego, "cedar": _cedar}
