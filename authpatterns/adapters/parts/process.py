"""A real system as a process on a free loopback port: started, waited for, killed, started again, stopped."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

from authpatterns.adapters.http import LOOPBACK, free_port
from authpatterns.errors import Misuse

BETWEEN_LOOKS = 0.02
"""Seconds between two looks at a part that is not ready yet."""

_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Part:
    """A real system that runs, in the `with` block.

    Args:
        name: As in the documentation ("redis").
        version: What the program says of itself.
        command: The program and its arguments, given the port.
        ready: Whether it answers by now.
        scheme: Of its address.
        port: Where it listens; a free one unless given.
        cwd: Where it runs.
        environment: What it gets besides our own environment.
        patience: How many seconds it may take to answer.
        cleanup: Removes what was made for it, given the port.

    Attributes:
        url: Its address.
    """

    def __init__(
        self,
        name: str,
        version: str,
        command: Callable[[int], Sequence[str]],
        ready: Callable[[Part], bool],
        *,
        scheme: str = "http",
        port: int = 0,
        cwd: Path | None = None,
        environment: Mapping[str, str] | None = None,
        patience: float = 60.0,
        cleanup: Callable[[int], object] | None = None,
    ) -> None:
        self.name, self.version, self.patience = name, version, patience
        self.port = port or free_port()
        self.url = f"{scheme}://{LOOPBACK}:{self.port}"
        self._command, self._ready, self._cleanup = command, ready, cleanup
        self._cwd, self._environment = cwd, dict(environment or {})
        self._log: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Part:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()
        if self._cleanup is not None:
            self._cleanup(self.port)
        if self._log is not None:
            self._log.unlink(missing_ok=True)

    @property
    def alive(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    @property
    def log(self) -> str:
        """What it has printed."""
        return self._log.read_text("utf-8", "replace") if self._log is not None else ""

    def start(self) -> None:
        """Start it, and wait until it answers.

        Raises:
            Misuse: it ended, or did not answer in time; the sentence has the end of what it said.
        """
        if self._log is None:
            self._log = Path(tempfile.mkstemp(prefix=f"authpatterns-{self.name}-", suffix=".log")[1])
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                list(self._command(self.port)),
                cwd=self._cwd,
                env={**os.environ, **self._environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            self._wait()
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """Ask it to end; end it where it does not within ten seconds."""
        self._end(signal.SIGTERM, 10.0)

    def kill(self) -> None:
        """End it at once, as a machine does that loses its power."""
        self._end(signal.SIGKILL, 10.0)

    def restart(self) -> None:
        """Kill it, and start it again at the same address."""
        self.kill()
        self.start()

    def _wait(self) -> None:
        deadline = time.monotonic() + self.patience
        while not self._ready(self):
            if not self.alive or time.monotonic() > deadline:
                raise Misuse("parts.not-ready", name=self.name, seconds=self.patience, said=self.log.strip()[-2000:])
            time.sleep(BETWEEN_LOOKS)

    def _end(self, how: signal.Signals, seconds: float) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        for sent in (how, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, sent)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(seconds)
                return


def listens(part: Part) -> bool:
    """Whether somebody takes connections at its port."""
    with contextlib.suppress(OSError), socket.create_connection((LOOPBACK, part.port), timeout=1):
        return True
    return False


def answers(path: str) -> Callable[[Part], bool]:
    """Whether a GET of `path` is answered with 200."""

    def look(part: Part) -> bool:
        with contextlib.suppress(urllib.error.URLError, OSError), _direct.open(part.url + path, timeout=2) as answer:
            return bool(answer.status == 200)
        return False

    return look


def said_by(command: Sequence[str]) -> str:
    """What a program prints, for instance its version."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
    return (done.stdout or done.stderr).strip()
