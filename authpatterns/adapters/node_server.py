"""`python -m authpatterns node AUTHN AUTHZ NAME`: one node of a deployment alone, the others being elsewhere.

So each node can have a container of its own: every container is told the same two patterns, makes the same nodes from
them, and serves the one that it is. The others are found at `http://NAME:8000` unless `--at NAME=URL` says otherwise.
"""

from __future__ import annotations

import argparse
import signal
from dataclasses import replace
from types import FrameType

from authpatterns import catalogue, words
from authpatterns.adapters.export.command import deployment
from authpatterns.adapters.export.facts import PORT, Places
from authpatterns.adapters.opa import OpaEngine
from authpatterns.authz import Centralized
from authpatterns.deployment import Deployment
from authpatterns.errors import Misuse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which node of which deployment, and where."""
    parser.add_argument("authn", help=", ".join(catalogue.AUTHENTICATION))
    parser.add_argument("authz", help=", ".join(catalogue.AUTHORIZATION))
    parser.add_argument("name", metavar="NAME", help=words.say("node-server.help.name"))
    parser.add_argument("--host", default="127.0.0.1", help=words.say("serve.help.host"))
    parser.add_argument("--port", type=int, default=PORT, help=words.say("node-server.help.port"))
    parser.add_argument("--at", action="append", default=[], metavar="NAME=URL", help=words.say("node-server.help.at"))
    parser.add_argument("--opa", metavar="URL", help=words.say("node-server.help.opa"))
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help=words.say("export.help.set"))
    parser.add_argument("--lang", choices=words.LANGUAGES, default=None, help=words.say("command.lang"))


def run(options: argparse.Namespace) -> int:
    """Serve until the process is told to end.

    Raises:
        Misuse: there is no such pattern, setting or node, the port is taken, or nobody there would ask an OPA.
    """
    from authpatterns.adapters.http import serve  # noqa: PLC0415  (needs the extra `http`)

    shop = deployment(options.authn, options.authz, options.set)
    shop = _deciding_by(options.opa, shop) if options.opa else shop
    shop.node(options.name)
    elsewhere = {**Places.in_containers(shop).nodes, **dict(map(_place, options.at))}
    elsewhere.pop(options.name)
    signal.signal(signal.SIGTERM, _interrupt)  # how a container is stopped
    with serve(shop, host=options.host, ports={options.name: options.port}, external=elsewhere) as live:
        print(words.say("node-server.serving", name=options.name, url=live.urls[options.name]), flush=True)
        live.wait()
    return 0


def _deciding_by(opa: str, shop: Deployment) -> Deployment:
    """The same deployment, whose decision point asks the OPA at this address."""
    if not isinstance(shop.authz, Centralized):
        raise Misuse("node-server.no-pdp", pattern=shop.authz.name)
    return Deployment(shop.authn, replace(shop.authz, engine=OpaEngine(opa)))


def _place(given: str) -> tuple[str, str]:
    name, mark, url = given.partition("=")
    if not mark or not url.startswith("http://"):
        raise Misuse("node-server.place", given=given)
    return name, url


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
