"""Real parts for this session: each started once, on a free port, and stopped at the end."""

import os
from contextlib import ExitStack

import pytest

from authpatterns.errors import Misuse

collect_ignore = ["conftest.py"]  # holds no doctest, and each folder may have one

ON_CI = os.environ.get("CI") == "true"
RAN = {}
MISSING = {}


class Parts:
    """Starts real parts. `parts.start("redis", redis.running)` gives the running `Part`, the same one each time.

    A part that has to be fetched first (`fetch`) is fetched on CI; elsewhere only what is installed is used. What
    cannot be had skips the test with the reason, and the summary at the end says what ran and what did not.
    """

    def __init__(self, stack):
        self._stack, self._running = stack, {}

    def start(self, name, running, *, fetch=None):
        """The part of this name; `running` makes it (a context manager with `version`), `fetch` installs it."""
        if name not in self._running:
            if name in MISSING:
                pytest.skip(MISSING[name])
            self._running[name] = self._stack.enter_context(self.prepared(name, running, fetch=fetch))
        return self._running[name]

    def running(self, name):
        """The part of this name that has been started already."""
        return self._running[name]

    def prepared(self, name, running, *, fetch=None):
        """A part that is not started yet, for a test that starts and ends it itself with `with`."""
        try:
            part = self._made(running, fetch)
        except Misuse as lack:
            MISSING[name] = str(lack)
            pytest.skip(str(lack))
        RAN[part.name] = part.version
        return part

    def _made(self, running, fetch):
        try:
            return running()
        except Misuse as lack:
            if lack.code != "parts.not-installed" or fetch is None or not ON_CI:
                raise
        fetch()
        return running()


@pytest.fixture(scope="session")
def parts():
    with ExitStack() as stack:
        yield Parts(stack)


def pytest_terminal_summary(terminalreporter):
    if RAN or MISSING:
        terminalreporter.section("real parts")
        for name, version in sorted(RAN.items()):
            terminalreporter.line(f"ran      {name} {version}")
        for name, reason in sorted(MISSING.items()):
            terminalreporter.line(f"not run  {name}: {reason}")
