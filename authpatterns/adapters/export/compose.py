"""`compose.yaml`: the bookshop in containers, one for each node, under the patterns of a deployment.

Where another target configures a real system for a node, that system's own image takes the node's place: Envoy or nginx
as the gateway. Stores keep what they hold in Redis, and the decision point asks an OPA. All else is built from the
program's own source, which is written beside the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from typing import Any

from authpatterns import bookshop
from authpatterns.adapters.export import envoy, nginx, opa
from authpatterns.adapters.export.facts import PORT, Places, to_yaml
from authpatterns.adapters.parts.opa import VERSION
from authpatterns.authz import Centralized
from authpatterns.deployment import Deployment
from authpatterns.errors import Misuse
from authpatterns.pattern import Pattern
from authpatterns.store_node import URL, StoreNode

FITS = ("ANY ANY",)

ENVOY, NGINX, REDIS = "envoyproxy/envoy:v1.40.0", "nginx:1.28", "redis:8"
OPA, OPA_PORT = f"openpolicyagent/opa:{VERSION}", 8181
BASE = "python:3.13-slim"

SOURCE = (".py", ".toml", ".json", ".rego", ".cedar", ".lua", ".js", ".css", ".html", ".svg")
NOT_TAKEN = {"course", "labs", "notebook", "__pycache__"}
"""Rooms that a running node does not need."""

_NOTE = """The bookshop under {authn} and {authz}. Start it in this folder with
    docker compose up --build
Passwords, keys and secrets are the demonstration's own and public. It listens on this machine alone."""


def fits(shop: Deployment) -> bool:
    """Everything runs in containers."""
    return True


def files(shop: Deployment, places: Places) -> dict[str, str]:
    """`compose.yaml`, what it mounts, and what it builds.

    Raises:
        Misuse: the deployment has microservices or settings that a container cannot be told on its command line.
    """
    if [type(service) for service in shop.services] != [type(service) for service in bookshop.services()]:
        raise Misuse("export.not-by-name", name="services")
    real = [_gateway(shop, places), _redis(shop), _opa(shop, places)]
    replaced = {name for part in real for name in part.replaced}
    nodes = {name: _node(shop, name) for name in places.nodes if name not in replaced}
    services: dict[str, dict[str, Any]] = nodes
    for part in real:
        for name, more in part.told.items():
            nodes[name] |= {"command": [*nodes[name]["command"], *more.pop("words", [])], **more}
        services = services | part.services
    if "gateway" in replaced:
        services["gateway"]["depends_on"] = list(nodes)
    for number, name in enumerate(_doors(shop)):
        services[name]["ports"] = [f"127.0.0.1:{PORT + number}:{PORT}"]
    note = _NOTE.format(authn=shop.authn.name, authz=shop.authz.name)
    mounted = {name: text for part in real for name, text in part.files.items()}
    return {"compose.yaml": to_yaml({"services": services}, note), **mounted, **_source()}


def _node(shop: Deployment, name: str) -> dict[str, Any]:
    """A container that is one of the deployment's nodes."""
    command = ["python", "-m", "authpatterns", "node", shop.authn.name, shop.authz.name, name, "--host", "0.0.0.0"]
    settings = [word for setting in _changed(shop) for word in ("--set", setting)]
    return {"build": "./bookshop", "command": command + settings}


# --- real systems in the place of nodes, or behind them


@dataclass(frozen=True)
class _Real:
    """Containers of real systems.

    Attributes:
        services: As the file has them.
        files: What they mount.
        replaced: The nodes whose work they do.
        told: What further nodes have to be told of them: members of their entry, and `words` for their command line.
    """

    services: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    replaced: tuple[str, ...] = ()
    told: dict[str, dict[str, Any]] = field(default_factory=dict)


def _gateway(shop: Deployment, places: Places) -> _Real:
    """A real gateway, where one can be configured."""
    volumes = {"volumes": ["./gateway:/srv/gateway:ro"]}
    if envoy.fits(shop):
        start = ["envoy", "-c", "/srv/gateway/envoy.yaml", "--concurrency", "1"]
        entry = {"image": ENVOY, "command": start, **volumes}
        return _Real({"gateway": entry}, _in("gateway", envoy.files(shop, places)), envoy.replaces(shop))
    if nginx.fits(shop):
        start = ["nginx", "-p", "/srv/run", "-c", "/srv/gateway/nginx.conf", "-g", "daemon off;"]
        entry = {"image": NGINX, "command": start, **volumes, "tmpfs": ["/srv/run"]}
        made = _in("gateway", nginx.files(shop, places))
        script = "import gateway from gateway.js", "import gateway from /srv/gateway/gateway.js"
        made["gateway/nginx.conf"] = made["gateway/nginx.conf"].replace(*script)
        return _Real({"gateway": entry}, made, nginx.replaces(shop))
    return _Real()


def _redis(shop: Deployment) -> _Real:
    """A Redis for the stores, which are told its address."""
    stores = [name for name, node in shop.network.nodes.items() if isinstance(node, StoreNode)]
    if not stores:
        return _Real()
    start = ["redis-server", "--save", "", "--appendonly", "no"]
    told = {"environment": {URL: "redis://redis:6379"}, "depends_on": ["redis"]}
    return _Real({"redis": {"image": REDIS, "command": start}}, told={name: dict(told) for name in stores})


def _opa(shop: Deployment, places: Places) -> _Real:
    """An OPA for the decision point, which asks it."""
    if not isinstance(shop.authz, Centralized):
        return _Real()
    start = ["run", "--server", "--addr", f"0.0.0.0:{OPA_PORT}", "--log-level", "error", "/srv/opa"]
    entry = {"image": OPA, "command": start, "volumes": ["./opa:/srv/opa:ro"]}
    told = {"words": ["--opa", f"http://opa:{OPA_PORT}"], "depends_on": ["opa"]}
    return _Real({"opa": entry}, _in("opa", opa.files(shop, places)), told={"pdp": told})


def _in(folder: str, made: dict[str, str]) -> dict[str, str]:
    return {f"{folder}/{name}": text for name, text in made.items()}


def _doors(shop: Deployment) -> Iterable[str]:
    """The nodes that browsers find, the gateway first."""
    found = {name for _, _, name in shop.network.places}
    return [name for name in shop.network.nodes if name in found]


def _changed(shop: Deployment) -> list[str]:
    """The settings that are not what they are by default, as the command line takes them.

    Raises:
        Misuse: one cannot be written there.
    """
    return [setting for pattern in (shop.authn, shop.authz) for setting in _changed_of(pattern)]


def _changed_of(pattern: Pattern) -> Iterable[str]:
    usual = type(pattern)()
    for setting in fields(pattern):  # type: ignore[arg-type]
        value = getattr(pattern, setting.name)
        if value == getattr(usual, setting.name) or (isinstance(pattern, Centralized) and setting.name == "engine"):
            continue  # the engine becomes a policy for OPA
        match value:
            case bool():
                yield f"{setting.name}={'yes' if value else 'no'}"
            case int() | float() | str():
                yield f"{setting.name}={value}"
            case tuple() if all(isinstance(item, str) for item in value):
                yield f"{setting.name}={','.join(value)}"
            case _:
                raise Misuse("export.not-by-name", name=setting.name)


# --- what is built


def _source() -> dict[str, str]:
    """A folder from which an image with this very program is built."""
    wanted = " ".join(f'"{requirement}"' for requirement in _requirements())
    dockerfile = (
        f"FROM {BASE}\nWORKDIR /srv\nRUN pip install --no-cache-dir {wanted}\nCOPY authpatterns authpatterns\n"
        f"USER nobody\nEXPOSE {PORT}\n"
    )
    package = resources.files("authpatterns")
    taken = {f"bookshop/authpatterns/{name}": text for name, text in _texts(package)}
    return {"bookshop/Dockerfile": dockerfile, **taken}


def _texts(folder: Traversable, prefix: str = "") -> Iterable[tuple[str, str]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir() and entry.name not in NOT_TAKEN:
            yield from _texts(entry, f"{prefix}{entry.name}/")
        elif entry.is_file() and entry.name.endswith(SOURCE):
            yield prefix + entry.name, entry.read_text("utf-8")


def _requirements() -> list[str]:
    """What the program needs, and what its extras `http` and `policy` need."""
    found = []
    for line in metadata.requires("authpatterns") or ():
        requirement, _, condition = (part.strip() for part in line.partition(";"))
        extra = re.fullmatch(r"extra == ['\"](\w+)['\"]", condition)
        if not condition or (extra and extra[1] in ("http", "policy")):
            found.append(requirement)
    return found
