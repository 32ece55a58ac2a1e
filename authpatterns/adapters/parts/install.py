"""Fetches parts with the ordinary clients of their registries into one folder outside the project's history.

The folder is `.parts` where the program runs, or what AUTHPATTERNS_PARTS says. What stands there once is used again.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
from collections.abc import Sequence
from pathlib import Path

from authpatterns.errors import Misuse

FOLDER = "AUTHPATTERNS_PARTS"
"""Environment variable: where parts are kept."""

PATIENCE = 900.0
"""Seconds that one client may take."""

_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>authpatterns</groupId><artifactId>{name}</artifactId><version>1</version><packaging>pom</packaging>
<dependencies><dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>{version}</version>
</dependency>{more}</dependencies></project>
"""

_MORE = """<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>{version}</version>
<classifier>{classifier}</classifier></dependency>"""


def folder(name: str, version: str) -> Path:
    """Where this version of a part stands, or will."""
    return Path(os.environ.get(FOLDER) or ".parts").absolute() / f"{name}-{version}"


def present(name: str, version: str) -> Path:
    """Where this version of a part stands.

    Raises:
        Misuse: it is not installed; the sentence gives the command that installs it.
    """
    there = folder(name, version)
    if not (there / ".complete").exists():
        raise Misuse("parts.not-installed", name=name, version=version)
    return there


def program(name: str, package: str) -> str:
    """The path of a program that the system's package manager brings.

    Raises:
        Misuse: it is not there; the sentence names the package.
    """
    found = shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin")
    if found is None:
        raise Misuse("parts.no-program", program=name, package=package)
    return found


class Installing:
    """Makes a folder that is either complete or not there: `with Installing(name, version) as there`."""

    def __init__(self, name: str, version: str) -> None:
        self.there = folder(name, version)
        self._new = self.there.with_name(f"{self.there.name}.{os.getpid()}")

    def __enter__(self) -> Path:
        self._new.mkdir(parents=True)
        return self._new

    def __exit__(self, kind: object, *rest: object) -> None:
        if kind is None:
            (self._new / ".complete").touch()
            shutil.rmtree(self.there, ignore_errors=True)
            self._new.rename(self.there)
        else:
            shutil.rmtree(self._new, ignore_errors=True)


def run(name: str, command: Sequence[str], *, cwd: Path | None = None, **environment: str) -> None:
    """Let a registry's client do its work.

    Raises:
        Misuse: there is no such client, or it failed; the sentence has the end of what it said.
    """
    tool = shutil.which(command[0])
    if tool is None:
        raise Misuse("parts.no-program", program=command[0], package=command[0])
    try:
        done = subprocess.run(
            [tool, *command[1:]],
            cwd=cwd,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Misuse("parts.install-failed", name=name, reason=f"{command[0]}: {PATIENCE:.0f} s") from None
    if done.returncode:
        said = (done.stdout + done.stderr).strip()
        raise Misuse("parts.install-failed", name=name, reason=f"{command[0]}: {said[-400:]}")


def go(name: str, module: str, version: str) -> None:
    """Build a program from its Go module."""
    with Installing(name, version) as new:
        run(name, ("go", "install", f"{module}@v{version}"), GOBIN=str(new))


def npm(name: str, version: str, described: Path, *files: str) -> None:
    """Install what a `package-lock.json` in folder `described` pins, beside `files` from there."""
    with Installing(name, version) as new:
        for file in ("package.json", "package-lock.json", *files):
            shutil.copy(described / file, new / file)
        run(name, ("npm", "ci", "--no-audit", "--no-fund"), cwd=new)


def maven_zip(name: str, group: str, artifact: str, version: str) -> None:
    """Unpack a distribution that is published as a zip."""
    with Installing(name, version) as new:
        wanted = f"{group}:{artifact}:{version}:zip"
        run(name, ("mvn", "-q", "-B", "dependency:get", f"-Dartifact={wanted}", "-Dtransitive=false"))
        run(name, ("mvn", "-q", "-B", "dependency:copy", f"-Dartifact={wanted}", f"-DoutputDirectory={new}"), cwd=new)
        (archive,) = new.glob("*.zip")
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(new)
        archive.unlink()


def maven_jars(name: str, group: str, artifact: str, version: str, *classifiers: str) -> None:
    """Lay a program, its further parts and everything it runs with into the folder `lib`."""
    about = {"name": name, "group": group, "artifact": artifact, "version": version}
    more = "".join(_MORE.format(classifier=classifier, **about) for classifier in classifiers)
    with Installing(name, version) as new:
        (new / "pom.xml").write_text(_POM.format(more=more, **about), "utf-8")
        scope = "-DincludeScope=runtime"
        run(name, ("mvn", "-q", "-B", "dependency:copy-dependencies", scope, "-DoutputDirectory=lib"), cwd=new)
