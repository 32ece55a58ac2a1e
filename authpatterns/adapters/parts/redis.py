"""Redis, as the system's package manager installs it. It keeps nothing on disk unless it is given a folder."""

from __future__ import annotations

import re
from pathlib import Path

from authpatterns.adapters.http import LOOPBACK
from authpatterns.adapters.parts.install import program
from authpatterns.adapters.parts.process import Part, listens, said_by

PACKAGE = "redis-server"


def running(port: int = 0, keep: Path | None = None) -> Part:
    """A Redis server.

    Args:
        port: Where it listens; a free one unless given.
        keep: A folder in which it writes down every change at once; none is kept unless given.

    Raises:
        Misuse: it is not installed.
    """
    server = program("redis-server", PACKAGE)
    version = re.search(r"v=([0-9.]+)", said_by([server, "--version"]))
    return Part(
        "redis",
        version[1] if version else "?",
        lambda port: (server, "--bind", LOOPBACK, "--port", str(port), "--save", "", *_memory(keep)),
        listens,
        scheme="redis",
        port=port,
    )


def _memory(keep: Path | None) -> tuple[str, ...]:
    if keep is None:
        return ("--appendonly", "no")
    return ("--appendonly", "yes", "--appendfsync", "always", "--dir", str(keep))
