"""Open Policy Agent, built from its Go module."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from authpatterns.adapters.http import LOOPBACK
from authpatterns.adapters.parts import install
from authpatterns.adapters.parts.process import Part, answers

VERSION = "1.22.3"
MODULE = "github.com/open-policy-agent/opa"


def fetch() -> None:
    """Install it: two minutes on two cores, because it is compiled."""
    install.go("opa", MODULE, VERSION)


def running(files: Sequence[Path] = (), port: int = 0) -> Part:
    """An OPA server with policy and data `files`.

    Raises:
        Misuse: it is not installed, or a file is no policy.
    """
    program = install.present("opa", VERSION) / "opa"
    paths = [str(file) for file in files]
    return Part(
        "opa",
        VERSION,
        lambda port: (str(program), "run", "--server", "--addr", f"{LOOPBACK}:{port}", "--log-level", "error", *paths),
        answers("/health"),
        port=port,
        environment={"OPA_TELEMETRY_DISABLED": "1"},
    )
