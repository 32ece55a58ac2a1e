"""Redis, as the system's package manager installs it. It keeps nothing on disk."""

from __future__ import annotations

import re

from authpatterns.adapters.http import LOOPBACK
from authpatterns.adapters.parts.install import program
from authpatterns.adapters.parts.process import Part, listens, said_by

PACKAGE = "redis-server"


def running(port: int = 0) -> Part:
    """A Redis server.

    Raises:
        Misuse: it is not installed.
    """
    server = program("redis-server", PACKAGE)
    version = re.search(r"v=([0-9.]+)", said_by([server, "--version"]))
    return Part(
        "redis",
        version[1] if version else "?",
        lambda port: (server, "--bind", LOOPBACK, "--port", str(port), "--save", "", "--appendonly", "no"),
        listens,
        scheme="redis",
        port=port,
    )
