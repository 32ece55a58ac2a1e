"""`compose.yaml`: the bookshop in containers, one for each node, under the patterns of a deployment.

Where another target configures a real system for a node, that system's own image takes the node's place: Envoy or nginx
as the gateway. The session store keeps its sessions in Redis. All else is built from the program's own source, which is
written beside the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import fields
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from typing import Any

from authpatterns import bookshop
from authpatterns.adapters.export import envoy, nginx
from authpatterns.adapters.export.facts import PORT, Places, to_yaml
from authpatterns.deployment import Deployment
from authpatterns.errors import Misuse
from authpatterns.pattern import Pattern
from authpatterns.store_node import URL, StoreNode

FITS = ("ANY ANY",)

ENVOY, NGINX, REDIS = "envoyproxy/envoy:v1.36.0", "nginx:1.28", "redis:8"
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
    command = ["python", "-m", "authpatterns", "node", shop.authn.name, shop.authz.name]
    settings = [word for setting in _changed(shop) for word in ("--set", setting)]
    gateway, mounted = _gateway(shop, places)
    nodes = {
        name: {"build": "./bookshop", "command": [*command, name, "--host", "0.0.0.0", *settings]}
        for name in places.nodes
    }
    services: dict[str, dict[str, Any]] = nodes | gateway | _redis(shop, nodes)
    for number, name in enumerate(_doors(shop)):
        services[name]["ports"] = [f"127.0.0.1:{PORT + number}:{PORT}"]
    note = _NOTE.format(authn=shop.authn.name, authz=shop.authz.name)
    return {"compose.yaml": to_yaml({"services": services}, note), **mounted, **_source()}


def _gateway(shop: Deployment, places: Places) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """A real gateway in the place of the model's, where one can be configured; and its files."""
    behind = {"depends_on": [name for name in places.nodes if name != "gateway"]}
    if envoy.fits(shop):
        start = ["envoy", "-c", "/srv/gateway/envoy.yaml", "--concurrency", "1"]
        return {"gateway": {"image": ENVOY, "command": start, **_mount(), **behind}}, _in_folder(envoy, shop, places)
    if nginx.fits(shop):
        start = ["nginx", "-p", "/srv/run", "-c", "/srv/gateway/nginx.conf", "-g", "daemon off;"]
        scratch = {"tmpfs": ["/srv/run"]}
        mounted = _in_folder(nginx, shop, places)
        mounted["gateway/nginx.conf"] = mounted["gateway/nginx.conf"].replace(
            "js_import gateway from gateway.js", "js_import gateway from /srv/gateway/gateway.js"
        )
        return {"gateway": {"image": NGINX, "command": start, **_mount(), **scratch, **behind}}, mounted
    return {}, {}


def _mount() -> dict[str, Any]:
    return {"volumes": ["./gateway:/srv/gateway:ro"]}


def _in_folder(target: Any, shop: Deployment, places: Places) -> dict[str, str]:
    return {f"gateway/{name}": text for name, text in target.files(shop, places).items()}


def _redis(shop: Deployment, nodes: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """A Redis for the stores, which are told its address."""
    stores = [name for name in nodes if isinstance(shop.network.nodes[name], StoreNode)]
    for name in stores:
        nodes[name] |= {"environment": {URL: "redis://redis:6379"}, "depends_on": ["redis"]}
    return (
        {"redis": {"image": REDIS, "command": ["redis-server", "--save", "", "--appendonly", "no"]}} if stores else {}
    )


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
    for field in fields(pattern):  # type: ignore[arg-type]
        value = getattr(pattern, field.name)
        if value == getattr(usual, field.name):
            continue
        match value:
            case bool():
                yield f"{field.name}={'yes' if value else 'no'}"
            case int() | float() | str():
                yield f"{field.name}={value}"
            case tuple() if all(isinstance(item, str) for item in value):
                yield f"{field.name}={','.join(value)}"
            case _:
                raise Misuse("export.not-by-name", name=field.name)


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
