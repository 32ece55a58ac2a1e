"""`python -m authpatterns lite`: the course as static files, run in the reader's browser by JupyterLite.

Pyodide comes from npm, everything that is plain Python from PyPI. Once built, nothing is fetched from anywhere but the
server that gives out the folder. What cannot be had is in `docs/in-the-browser.md`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from authpatterns import words
from authpatterns.course import books, npm, settings
from authpatterns.course.settings import Course
from authpatterns.errors import Misuse

PYTHON = "3.14"
"""What Pyodide runs; its packages need not be for the Python that runs this."""

CORE = ("pyodide.js", "pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
FROM_PYODIDE = ("micropip", "packaging", "ipython", "jedi", "traitlets", "typing-extensions", "six")
"""What its list of packages knows already, with what that needs."""

OURS = {
    "authpatterns": ("pyjwt", "redis", "fakeredis", "sortedcontainers", "argon2pure", "rsa", "graphviz"),
    "pyjwt": (),
    "redis": (),
    "fakeredis": ("redis", "sortedcontainers"),
    "sortedcontainers": (),
    "argon2pure": ("six",),
    "rsa": ("pyasn1",),
    "pyasn1": (),
    "graphviz": (),
    "ipywidgets": ("comm", "jupyterlab-widgets", "traitlets", "ipython"),
    "comm": (),
    "jupyterlab-widgets": (),
    "anywidget": ("ipywidgets", "psygnal", "typing-extensions"),
    "psygnal": (),
}
"""What is added to it, and what that needs."""

BUILT_HERE = ("authpatterns", "argon2pure")
"""Those of which there is no wheel to fetch."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`python -m authpatterns lite [FOLDER]`."""
    there = Path("build/lite")
    parser.add_argument("folder", nargs="?", type=Path, default=there, help=words.say("site.help.lite"))


def run(options: argparse.Namespace) -> int:
    """Build it, and say where it is.

    Raises:
        Misuse: the `lite` extra is not installed, or something cannot be had.
    """
    build(settings.load(), options.folder)
    print(options.folder / "index.html")
    return 0


def build(course: Course, folder: Path) -> None:
    """Write the course as static files into `folder`, which is made anew.

    Raises:
        Misuse: see `run`.
    """
    try:
        version("jupyterlite-pyodide-kernel")
    except PackageNotFoundError as missing:
        raise Misuse("site.lite-extra", module="jupyterlite-pyodide-kernel") from missing
    work = folder.with_name(f"{folder.name}-work").resolve()
    shutil.rmtree(work, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
    pyodide(course, work / "static" / "pyodide")
    _write_contents(course, work / "contents")
    (work / "jupyter-lite.json").write_text(json.dumps(configuration(), indent=1), "utf-8")
    command = ["jupyter", "lite", "build", "--lite-dir", work, "--contents", work / "contents"]
    command += ["--output-dir", folder.resolve(), "--apps", "lab", "--no-unused-shared-packages", "--no-sourcemaps"]
    _call([sys.executable, "-m", *command], work)  # where it leaves a file of its own


def configuration() -> dict[str, Any]:
    """Where the kernel finds Python and its packages: beside the page, and nowhere else."""
    kernel = {
        "pyodideUrl": "./static/pyodide/pyodide.mjs",
        "disablePyPIFallback": True,
        "loadPyodideOptions": {
            "lockFileURL": "./static/pyodide/pyodide-lock.json",
            "packages": ["authpatterns", "ipywidgets", "anywidget"],
        },
    }
    plugins = {"@jupyterlite/pyodide-kernel-extension:kernel": kernel}
    page = {"appName": "authpatterns", "exposeAppInBrowser": True, "litePluginSettings": plugins}
    return {"jupyter-lite-schema-version": 0, "jupyter-config-data": page}


def _write_contents(course: Course, folder: Path) -> None:
    """The notebooks with each text in one piece: JupyterLite gives them out as they are, and JupyterLab wants it so."""
    for lang in words.LANGUAGES:
        (folder / lang).mkdir(parents=True)
        for path in sorted((course.root / lang).glob("*.ipynb")):
            (folder / lang / path.name).write_text(json.dumps(books.read(path), ensure_ascii=False), "utf-8")


# --- Pyodide with its packages


def pyodide(course: Course, folder: Path) -> None:
    """Pyodide and all packages of the course in `folder`, listed in its lock file.

    Raises:
        Misuse: something cannot be had.
    """
    given = npm.installed(course.root / "lite") / "node_modules" / "pyodide"
    folder.mkdir(parents=True)
    for name in CORE:
        shutil.copyfile(given / name, folder / name)
    lock = json.loads((given / "pyodide-lock.json").read_text("utf-8"))
    known = lock["packages"]
    wanted = closure(known)
    download([f"{known[name]['name']}=={known[name]['version']}" for name in wanted], folder)
    download([f"{name}=={version(name)}" for name in OURS if name not in BUILT_HERE], folder)
    here = [str(course.root.parent), *(f"{name}=={version(name)}" for name in BUILT_HERE[1:])]
    _pip("wheel", "--no-deps", "--wheel-dir", str(folder), *here)
    wheels = {_plain(wheel.name.partition("-")[0]): wheel for wheel in sorted(folder.glob("*.whl"))}
    lock["packages"] = {
        **{name: {**known[name], **_file(wheels[_plain(name)])} for name in wanted},
        **{name: _entry(name, needs, wheels[name]) for name, needs in OURS.items()},
    }
    (folder / "pyodide-lock.json").write_text(json.dumps(lock), "utf-8")


def closure(known: dict[str, Any]) -> list[str]:
    """What `FROM_PYODIDE` needs, in Pyodide's own names."""
    by_name = {_plain(name): name for name in known}
    found: dict[str, None] = {}
    waiting = list(FROM_PYODIDE)
    while waiting:
        name = by_name[_plain(waiting.pop())]
        if name not in found:
            found[name] = None
            waiting += known[name]["depends"]
    return sorted(found)


def download(names: Iterable[str], folder: Path) -> None:
    """Wheels in plain Python, for the Python that Pyodide runs."""
    plain = ("--no-deps", "--only-binary=:all:", "--platform", "any", "--python-version", PYTHON)
    _pip("download", *plain, "--dest", str(folder), *names)


def _entry(name: str, needs: tuple[str, ...], wheel: Path) -> dict[str, Any]:
    """One package of ours as Pyodide's lock file describes packages."""
    inside = zipfile.ZipFile(wheel).namelist()
    modules = {path.split("/")[0].removesuffix(".py") for path in inside if re.match(r"\w+(\.py$|/)", path)}
    about = {"name": name, "version": wheel.name.split("-")[1], "install_dir": "site", "package_type": "package"}
    return {**about, **_file(wheel), "imports": sorted(modules), "depends": list(needs), "unvendored_tests": False}


def _file(wheel: Path) -> dict[str, str]:
    return {"file_name": wheel.name, "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest()}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _pip(*arguments: str) -> None:
    _call([sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments])


def _call(command: list[Any], cwd: Path | None = None) -> None:
    done = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Misuse("site.lite", said=(done.stderr or done.stdout).strip()[-600:])
