"""`python -m authpatterns parts`: which real parts are installed here; `parts install NAME` fetches what is missing."""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import Any

from authpatterns import words
from authpatterns.errors import Misuse

PARTS = ("redis", "infinispan", "opa", "keycloak", "oidc_provider", "envoy", "nginx")
"""Each is a module here with `running()`, and with `fetch()` where no system package brings it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `parts`."""
    parser.add_argument("what", nargs="?", choices=("list", "install"), default="list", help=words.say("parts.help.do"))
    parser.add_argument("names", nargs="*", metavar="NAME", help=words.say("parts.help.names", known=", ".join(PARTS)))
    parser.add_argument("--lang", choices=words.LANGUAGES, default=None, help=words.say("command.lang"))


def run(options: argparse.Namespace) -> int:
    """List the parts, or install some; 1 where one of them cannot be had."""
    names = options.names or PARTS
    for name in names:
        module(name)
    found = [_install(name) if options.what == "install" else _say(name) for name in names]
    return 0 if all(found) or options.what == "list" else 1


def module(name: str) -> Any:
    """The module of a part.

    Raises:
        Misuse: there is no such part.
    """
    if name not in PARTS:
        raise Misuse("parts.unknown", name=name, known=", ".join(PARTS))
    return import_module(f"authpatterns.adapters.parts.{name}")


def _say(name: str) -> bool:
    try:
        part = module(name).running()
    except Misuse as lack:
        print(f"{name:14} {lack}", flush=True)
        return False
    print(f"{name:14} {part.version}", flush=True)
    return True


def _install(name: str) -> bool:
    try:
        module(name).running()
    except Misuse as lack:
        if lack.code == "parts.not-installed":
            print(words.say("parts.installing", name=name), flush=True)
            try:
                module(name).fetch()
            except Misuse as failure:
                print(f"{name:14} {failure}", flush=True)
                return False
    return _say(name)
