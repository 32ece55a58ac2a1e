"""oidc-provider, the certified OpenID provider for Node: quick to start, so it is the second one beside Keycloak."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from authpatterns.adapters.parts import install
from authpatterns.adapters.parts.process import Part, answers

DESCRIBED = Path(__file__).parent / "node"
VERSION: str = json.loads((DESCRIBED / "package.json").read_text("utf-8"))["dependencies"]["oidc-provider"]


def fetch() -> None:
    """Install it, as `package-lock.json` pins it."""
    install.npm("oidc_provider", VERSION, DESCRIBED)


def running(configuration: Mapping[str, Any] = {}, port: int = 0) -> Part:
    """An oidc-provider server.

    Args:
        configuration: What `provider.mjs` reads: see `adapters.identity.for_oidc_provider`.
        port: Where it listens; a free one unless given.

    Raises:
        Misuse: it is not installed, or there is no Node.
    """
    node = install.program("node", "nodejs")
    home = install.present("oidc_provider", VERSION)

    def command(port: int) -> tuple[str, ...]:
        file = _file(port)
        file.write_text(json.dumps(configuration), "utf-8")
        program = home / "provider.mjs"
        program.write_text((DESCRIBED / "provider.mjs").read_text("utf-8"), "utf-8")  # as it is now
        return node, str(program), str(file), str(port)

    return Part(
        "oidc-provider",
        VERSION,
        command,
        answers("/.well-known/openid-configuration"),
        port=port,
        cleanup=lambda port: _file(port).unlink(missing_ok=True),
    )


def _file(port: int) -> Path:
    return Path(tempfile.gettempdir()) / f"authpatterns-oidc-provider-{os.getpid()}-{port}.json"
