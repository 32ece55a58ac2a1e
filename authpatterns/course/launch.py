"""`python -m authpatterns learn`: JupyterLab on the course, in the reader's language."""

from __future__ import annotations

import argparse
import locale
import os
import socket
import subprocess
import sys
from importlib.util import find_spec

from authpatterns import words
from authpatterns.course import settings
from authpatterns.course.settings import Course
from authpatterns.errors import Misuse

PORT = 8888
PORTS_TO_TRY = 50


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`--lang`, `--lesson`, `--port`, `--no-browser`."""
    parser.add_argument("--lang", choices=words.LANGUAGES, default=None, help=words.say("learn.help.lang"))
    parser.add_argument("--lesson", default="00", help=words.say("learn.help.lesson"))
    parser.add_argument("--port", type=int, default=None, help=words.say("learn.help.port"))
    parser.add_argument("--no-browser", action="store_true", help=words.say("learn.help.no-browser"))


def run(options: argparse.Namespace) -> int:
    """Open JupyterLab and stay until it ends.

    Raises:
        Misuse: there is no course here, no such lesson or notebook, no JupyterLab, or the port is in use.
    """
    course = settings.load()
    lang = options.lang or reader_language()
    command = lab_command(course, lang, options.lesson, free_port(options.port), browser=not options.no_browser)
    if find_spec("jupyterlab") is None:
        raise Misuse("course.extra", module="jupyterlab")
    try:
        return subprocess.run(command, check=False).returncode
    except KeyboardInterrupt:
        return 0


def lab_command(course: Course, lang: str, lesson: str, port: int, *, browser: bool = True) -> list[str]:
    """The command that opens JupyterLab on a lesson; it asks no other site for news or updates.

    Raises:
        Misuse: there is no such lesson or notebook.
    """
    notebook = course.notebook(course.lesson(lesson), lang)
    if not notebook.is_file():
        raise Misuse("learn.no-notebook", file=str(notebook))
    command = [sys.executable, "-m", "jupyterlab", "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"]
    command += [f"--ServerApp.root_dir={course.root}", f"--LabApp.default_url=/lab/tree/{lang}/{notebook.name}"]
    command += ["--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    command += [] if browser else ["--no-browser"]
    return [*command, "--allow-root"] if _is_root() else command


def free_port(asked: int | None) -> int:
    """The port to use: `asked`, or the first free one from 8888 on.

    Raises:
        Misuse: `asked` is in use or no port, or none is free.
    """
    if asked is not None:
        if not 0 < asked < 65536 or not _is_free(asked):
            raise Misuse("learn.port", port=asked)
        return asked
    for port in range(PORT, PORT + PORTS_TO_TRY):
        if _is_free(port):
            return port
    raise Misuse("learn.port", port=f"{PORT}-{PORT + PORTS_TO_TRY - 1}")


def reader_language() -> str:
    """The language of the reader's system if the course speaks it, else English."""
    spoken = (os.environ.get("LC_ALL") or os.environ.get("LANG") or locale.getlocale()[0] or "")[:2].lower()
    return spoken if spoken in words.LANGUAGES else "en"


def _is_free(port: int) -> bool:
    with socket.socket() as door:
        try:
            door.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0
