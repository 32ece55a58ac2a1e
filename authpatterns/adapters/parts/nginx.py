"""nginx with njs, as Debian installs them."""

from __future__ import annotations

import os
import pwd
import re
from pathlib import Path

from authpatterns.adapters.export.nginx import MODULE
from authpatterns.adapters.parts.install import program
from authpatterns.adapters.parts.process import Part, listens, said_by
from authpatterns.errors import Misuse

PACKAGE, NJS_PACKAGE = "nginx", "libnginx-mod-http-js"


def running(folder: Path | None = None, port: int = 0) -> Part:
    """Nginx with the configuration in `folder`, which says the port that it listens on.

    Raises:
        Misuse: nginx, or its module njs, is not installed.
    """
    server = program("nginx", PACKAGE)
    if not Path(MODULE).exists():
        raise Misuse("parts.no-program", program="njs", package=NJS_PACKAGE)
    version = re.search(r"nginx/([0-9.]+)", said_by([server, "-v"]))
    return Part(
        "nginx",
        version[1] if version else "?",
        lambda _: (server, "-p", str(folder), "-c", "nginx.conf", "-e", "stderr", "-g", _directives()),
        listens,
        port=port,
        cwd=folder,
    )


def _directives() -> str:
    """Stay in the foreground, and as who we are: only root may choose, and would choose somebody else."""
    user = f" user {pwd.getpwuid(os.geteuid()).pw_name};" if os.geteuid() == 0 else ""
    return f"daemon off;{user}"
