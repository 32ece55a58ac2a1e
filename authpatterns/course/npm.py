"""Tools from npm, installed beside the file that pins them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from authpatterns.errors import Misuse


def installed(folder: Path) -> Path:
    """`folder`, with everything installed that its `package-lock.json` pins.

    Raises:
        Misuse: Node.js is not installed, or the packages cannot be.
    """
    if not (shutil.which("npm") and shutil.which("npx")):
        raise Misuse("course.no-node")
    stamp, wanted = folder / "node_modules" / ".pinned", (folder / "package-lock.json").read_text("utf-8")
    if not stamp.exists() or stamp.read_text("utf-8") != wanted:
        command = ["npm", "ci", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Misuse("course.npm", folder=str(folder), reason=done.stderr.strip()[-300:])
        stamp.write_text(wanted, "utf-8")
    return folder
