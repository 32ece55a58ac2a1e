"""What the targets need to know of a deployment: read from its patterns and its nodes, and from nowhere else."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from authpatterns.authn import AwsJwtAuthorizer
from authpatterns.authn.auth_service import AUDIENCE, ISSUER, JWKS_PATH, AuthService
from authpatterns.authn.idp import IdentityProvider
from authpatterns.authn.idp.metadata import metadata
from authpatterns.deployment import Deployment
from authpatterns.errors import Misuse
from authpatterns.keys import KeyRing
from authpatterns.messages import Url

PORT = 8000
"""Where everything listens inside its container."""


@dataclass(frozen=True)
class Places:
    """Where things are found when the configuration is used.

    Attributes:
        nodes: The address of each node that stands behind the system that is configured, by name.
        host, port: Where that system itself listens.
    """

    nodes: Mapping[str, str]
    host: str = "0.0.0.0"  # inside a container, which publishes what it wants to
    port: int = PORT

    @classmethod
    def in_containers(cls, shop: Deployment) -> Places:
        """Each node in a container of its name."""
        names = [name for name, node in shop.network.nodes.items() if node.kind != "browser"]
        return cls({name: f"http://{name}:{PORT}" for name in names})

    def address(self, node: str) -> tuple[str, int]:
        """Host and port of a node."""
        host, _, port = Url.parse(self.nodes[node]).origin.partition("://")[2].rpartition(":")
        return host, int(port)


@dataclass(frozen=True)
class Issuer:
    """Who signs the tokens of a deployment.

    Attributes:
        node: Its name in the deployment.
        url: `iss` of its tokens.
        jwks_uri: Where its public keys are, as it publishes the address.
        audiences: The resource servers that its access tokens are for, as this deployment checks it.
        lifetime: Of an access token, in seconds.
        keys: The keys it signs with and publishes; None where it is not the model's own, and only it knows them.
    """

    node: str
    url: str
    jwks_uri: str
    audiences: tuple[str, ...]
    lifetime: int
    keys: KeyRing | None

    @property
    def jwks_path(self) -> str:
        """The path of `jwks_uri`."""
        return Url.parse(self.jwks_uri).path


def issuer_of(shop: Deployment) -> Issuer:
    """Who signs the tokens of `shop`.

    Raises:
        Misuse: nobody does.
    """
    node = shop.node(shop.authn.issuer) if shop.authn.issuer else None
    match node:
        case IdentityProvider():
            url = getattr(shop.authn, "provider", node.issuer)
            own = url == node.issuer
            audiences = tuple(dict.fromkeys(client.audience for client in node.clients if client.redirect_uris))
            jwks_uri = metadata(node)["jwks_uri"] if own else _keycloak_keys(url)
            return Issuer(node.name, url, jwks_uri, audiences, node.mint.lifetime, node.keys if own else None)
        case AuthService():
            audiences = shop.authn.audiences if isinstance(shop.authn, AwsJwtAuthorizer) else (AUDIENCE,)
            origin = Url.parse(ISSUER).origin
            return Issuer(node.name, ISSUER, f"{origin}{JWKS_PATH}", audiences, node.lifetime, node.keys)
    raise Misuse("export.no-issuer", pattern=shop.authn.name)


def _keycloak_keys(issuer: str) -> str:
    """Where another provider than the model's publishes its keys.

    Raises:
        Misuse: it is no realm of Keycloak, so the address does not follow from its name.
    """
    if not re.fullmatch(r"https?://[^/]+/realms/[^/]+", issuer):
        raise Misuse("export.foreign-issuer", issuer=issuer)
    return f"{issuer}/protocol/openid-connect/certs"


def routes(shop: Deployment) -> dict[str, str]:
    """The node that owns each path prefix."""
    return {service.prefix: service.name for service in shop.services}


def to_yaml(value: Any, note: str) -> str:
    """`value` as YAML below a comment.

    Raises:
        Misuse: there is no PyYAML here.
    """
    try:
        import yaml  # noqa: PLC0415  (only who writes YAML needs it)
    except ImportError:
        raise Misuse("export.extra") from None
    text: str = yaml.dump(value, Dumper=_dumper(yaml), sort_keys=False, allow_unicode=True, width=120)
    return _comment(note) + text


def to_json(value: Any) -> str:
    """`value` as JSON."""
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def _comment(note: str) -> str:
    return "".join(f"# {line}\n" for line in note.splitlines())


def _dumper(yaml: Any) -> Any:
    """YAML as people write it: texts of several lines stand as they are, no anchors."""

    class Plain(yaml.SafeDumper):  # type: ignore[misc]
        def ignore_aliases(self, data: Any) -> bool:
            return True

    def text(dumper: Any, value: str) -> Any:
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)

    Plain.add_representer(str, text)
    return Plain
