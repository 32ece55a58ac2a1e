"""How far long work has come. A progress is any function of (done, total): a bar in a terminal, a widget, nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TextIO

Progress = Callable[[int, int], None]


def silent(done: int, total: int) -> None:
    """Say nothing."""


class Bar:
    """A bar on a terminal. Where the stream is no terminal (a file, a pipe) it stays silent.

    Args:
        stream: Standard error unless given, so that it never mixes with results.
        width: Of the bar, in signs.
    """

    def __init__(self, stream: TextIO | None = None, width: int = 40) -> None:
        self.stream = stream if stream is not None else sys.stderr
        self.width = width

    def __call__(self, done: int, total: int) -> None:
        """Draw the bar anew; a finished one ends its line."""
        if not self.stream.isatty():
            return
        share = done / total if total else 1.0
        filled = round(share * self.width)
        bar = "█" * filled + "·" * (self.width - filled)
        self.stream.write(f"\r{bar} {share:4.0%} ({done:,}/{total:,})" + ("\n" if done >= total else ""))
        self.stream.flush()
