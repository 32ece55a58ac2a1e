"""`python -m authpatterns bench`: measure everything side by side, and print ratios."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from importlib import import_module

from authpatterns import words
from authpatterns.bench.measure import FULL, QUICK, Effort
from authpatterns.bench.report import markdown, versions
from authpatterns.errors import Misuse
from authpatterns.labs.table import Table, add_output

BENCHMARKS = ("calls", "crowd", "drawing", "policies", "capacity", "starting", "explorer")
"""Each is a module with `run(effort) -> Table`, opened only when it is asked for."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which benchmarks, how thoroughly, in which form."""
    parser.add_argument("--only", nargs="+", choices=BENCHMARKS, default=BENCHMARKS, help=words.say("bench.help.only"))
    parser.add_argument("--quick", action="store_true", help=words.say("bench.help.quick"))
    parser.add_argument("--markdown", action="store_true", help=words.say("bench.help.markdown"))
    add_output(parser)


def run(options: argparse.Namespace) -> int:
    """Measure and print.

    Raises:
        Misuse: a package is missing that only benchmarks need.
    """
    effort = QUICK if options.quick else FULL
    known = versions()
    tables = {name: measure(name, effort) for name in options.only}
    if options.json:
        whole = {"versions": known, "quick": effort.quick, "tables": {n: list(t.rows) for n, t in tables.items()}}
        print(json.dumps(whole, ensure_ascii=False, indent=1))
        return 0
    head = [words.say("bench.about"), *([words.say("bench.quick")] if effort.quick else [])]
    told = ", ".join(f"{name} {version}" for name, version in known.items())
    form: Callable[[Table], str] = markdown if options.markdown else Table.to_text
    sys.stdout.write("\n\n".join([*head, told, *map(form, tables.values())]))
    return 0


def measure(name: str, effort: Effort) -> Table:
    """The table of one benchmark.

    Raises:
        Misuse: a package is missing that only benchmarks need.
    """
    try:
        room = import_module(f"authpatterns.bench.{name}")
    except ModuleNotFoundError as missing:
        raise Misuse("bench.package", package=missing.name) from None
    print(words.say("bench.measuring", name=name), file=sys.stderr, flush=True)
    table: Table = room.run(effort)
    return table
