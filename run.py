#!/usr/bin/env python3
"""Set up and do one thing, from a fresh clone, with nothing but Python 3.11 or newer.

    python3 run.py learn      open the course in JupyterLab
    python3 run.py test       run every test
    python3 run.py docs       build the web site into build/site
    python3 run.py lite       build the course that runs in a browser into build/lite

What is installed goes into `.venv` beside this file, and is installed again only when `pyproject.toml` has changed.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
HOME = ROOT / ".venv"
PYTHON = HOME / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

REAL = ("tests/browser", "tests/http", "tests/interop")
"""Tests that start servers and browsers, one after the other; all the others share the processors."""
SHARED = ("-n", "auto", "--dist", "loadfile")

EXTRA = {"learn": "course", "test": "test", "docs": "docs", "lite": "lite"}
STEPS = {
    "learn": (("-m", "authpatterns", "learn"),),
    "docs": (("-m", "authpatterns", "site"),),
    "lite": (("-m", "authpatterns", "lite"),),
    "test": (
        ("-m", "ruff", "check", "."),
        ("-m", "ruff", "format", "--check", "."),
        ("-m", "mypy"),
        ("-m", "pytest", "--cov", "--cov-report=", *SHARED, *(f"--ignore={folder}" for folder in REAL)),
        ("-m", "pytest", "--cov", "--cov-append", "--cov-report=term:skip-covered", "--cov-fail-under=97", *REAL),
        ("-m", "pytest", "-o", "addopts=", "-o", "filterwarnings=", "--nbval", "course/ja", "course/en"),
    ),
}


def main(arguments: list[str]) -> int:
    """Do what the first argument says; the others go to the last step."""
    if sys.version_info < (3, 11):  # noqa: UP036  (said in words, to whoever has an older one)
        print(f"authpatterns needs Python 3.11 or newer; this is {sys.version.split()[0]}.", file=sys.stderr)
        return 2
    if not arguments or arguments[0] not in STEPS:
        print(__doc__, file=sys.stderr)
        return 2
    task, *more = arguments
    install(EXTRA[task])
    steps = STEPS[task]
    for number, step in enumerate(steps, 1):
        given = more if number == len(steps) else []
        print(f"--- {' '.join(step[1:])}", flush=True)
        code = subprocess.run([PYTHON, *step, *given], cwd=ROOT, check=False).returncode
        if code:
            return code
    return 0


def install(extra: str) -> None:
    """Make `.venv` hold the project with this extra."""
    stamp = HOME / f".installed-{extra}"
    wanted = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()
    if PYTHON.exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    if not PYTHON.exists():
        print("--- making .venv", flush=True)
        venv.create(HOME, with_pip=True)
    print(f"--- installing what '{extra}' needs", flush=True)
    subprocess.run([PYTHON, "-m", "pip", "install", "--quiet", "--editable", f".[{extra}]"], cwd=ROOT, check=True)
    stamp.write_text(wanted)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
