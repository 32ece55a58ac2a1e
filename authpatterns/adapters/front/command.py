"""`python -m authpatterns serve AUTHN AUTHZ`: a whole deployment on loopback, for a real browser.

The front page is found at `--port`. The doors of the public origins follow on the next ports, the nodes after them.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

from authpatterns import catalogue, words
from authpatterns.adapters.asgi import Host
from authpatterns.adapters.front.acts import Acts
from authpatterns.adapters.front.console import Address, Console, bound
from authpatterns.adapters.front.door import Door
from authpatterns.adapters.front.origins import Origins, local_origin
from authpatterns.adapters.front.page import Page
from authpatterns.deployment import Deployment
from authpatterns.errors import Misuse
from authpatterns.pattern import SHOP

if TYPE_CHECKING:
    from authpatterns.adapters.http import LiveDeployment
    from authpatterns.adapters.http_network import HttpNetwork

PORT = 8000
LOOPBACK = "127.0.0.1"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `serve`."""
    parser.add_argument("authn", help=", ".join(catalogue.AUTHENTICATION))
    parser.add_argument("authz", nargs="?", default="distributed", help=", ".join(catalogue.AUTHORIZATION))
    parser.add_argument("--port", type=int, default=PORT, help=words.say("serve.help.port"))
    parser.add_argument("--host", default=LOOPBACK, help=words.say("serve.help.host"))
    parser.add_argument("--lang", choices=words.LANGUAGES, default=None, help=words.say("command.lang"))


def run(options: argparse.Namespace) -> int:
    """Serve until somebody presses Ctrl-C.

    Raises:
        Misuse: there is no such pattern, a port is taken, or the extra `http` is not installed.
    """
    if find_spec("uvicorn") is None or find_spec("httpx") is None:
        raise Misuse("serve.extra")
    deployment = catalogue.deploy(options.authn, options.authz)
    with serving(deployment, options.port, host=options.host) as site:
        print(words.say("serve.front", url=site.console), flush=True)
        for address in site.addresses:
            if address.public:
                print(words.say("serve.door", public=address.public, local=address.local), flush=True)
        print(bound(options.host), flush=True)
        site.live.wait()
    return 0


@dataclass(frozen=True)
class Site:
    """What is being served.

    Attributes:
        console: Address of the front page.
        addresses: Doors and nodes.
        origins: Public origins and where they are found.
        live: The deployment, with its trace.
    """

    console: str
    addresses: tuple[Address, ...]
    origins: Origins
    live: LiveDeployment


@contextmanager
def serving(deployment: Deployment, port: int, *, host: str = LOOPBACK, lang: str | None = None) -> Iterator[Site]:
    """Serve `deployment` inside the `with` block: the front page at `port`, doors and nodes at the ports after it.

    Args:
        deployment: What is served; it goes back to virtual time afterwards.
        port: 0 takes any free ports.
        host: The address to listen on.
        lang: "ja" or "en"; None for the language in use.

    Raises:
        Misuse: a port is taken, or no page is written for the pattern's front end.
    """
    from authpatterns.adapters.http import serve  # noqa: PLC0415  (needs the extra `http`)

    lang = lang or words.language()
    public = _public_origins(deployment)
    names = [name for name, node in deployment.network.nodes.items() if node.kind != "browser"]
    port, *others = _ports(port, 1 + len(public) + len(names))
    doors = dict(zip(public, others, strict=False))
    ports = dict(zip(names, others[len(public) :], strict=True))
    origins = Origins({origin: local_origin(origin, at) for origin, at in doors.items()})
    console = f"http://{LOOPBACK if host in ('0.0.0.0', '::') else host}:{port}"
    page = Page(deployment, origins, console, lang)
    own = {SHOP, *(deployment.authn.origin(service) for service in deployment.services)}
    addresses = _addresses(deployment, origins, ports, host)

    def fronts(network: HttpNetwork) -> dict[int, Host]:
        acts = Acts(network)
        found: dict[int, Host] = {port: Console(network, deployment, console, host, addresses, lang)}
        for origin, at in doors.items():
            shown = page if origin in own else None
            found[at] = Door(origin, network, deployment.network.owner, origins, acts, shown)
        return found

    with serve(deployment, host=host, ports=ports, fronts=fronts) as live:
        yield Site(console, addresses, origins, live)


def _public_origins(deployment: Deployment) -> list[str]:
    """Every origin that browsers know, the shop's own first."""
    services = [deployment.authn.origin(service) for service in deployment.services]
    return list(dict.fromkeys([SHOP, *services, *(origin for origin, _, _ in deployment.network.places)]))


def _addresses(deployment: Deployment, origins: Origins, ports: dict[str, int], host: str) -> tuple[Address, ...]:
    behind = {origin: {name for at, _, name in deployment.network.places if at == origin} for origin in origins.local}
    found = [
        Address(origin, local, tuple(name for name in ports if name in behind[origin]))
        for origin, local in origins.local.items()
    ]
    return (*found, *(Address("", f"http://{host}:{port}", (name,)) for name, port in ports.items()))


def _ports(first: int, count: int) -> list[int]:
    from authpatterns.adapters.http import free_port  # noqa: PLC0415  (needs the extra `http`)

    if first:
        return list(range(first, first + count))
    return [free_port() for _ in range(count)]
