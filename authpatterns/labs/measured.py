"""The labs' whole tables, kept as their commands make them: `python -m authpatterns tables`.

Some take minutes. A lesson shows the kept table and runs a part of it anew; a test makes every table again and compares
the bytes.

Examples:
    >>> measured("revocations").where(authn="jwt", settings="denylist=True").rows[0]["window"]
    0.0
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any

from authpatterns import words
from authpatterns.errors import Misuse
from authpatterns.labs import capacity, matrix, operations, outages, plan, races, tradeoffs
from authpatterns.labs.attacks import attack_matrix
from authpatterns.labs.sweep import add_workers, doing
from authpatterns.labs.table import Table, add_output, write

TABLES: Mapping[str, Callable[..., Table]] = MappingProxyType(
    {
        "matrix": lambda **_how: matrix.matrix(),
        "attacks": attack_matrix,
        "outages": outages.outages,
        "races": races.races,
        "rotations": operations.rotations,
        "revocations": operations.revocations,
        "withdrawals": operations.withdrawals,
        "tradeoffs": tradeoffs.tradeoffs,
        "saturations": capacity.saturations,
        "plans": lambda **_how: plan.plans(),
        "small-plans": lambda **_how: plan.plans(20_000, 30.0),
    }
)
"""What makes each table, with the settings of its command."""

FOLDER = Path(__file__).with_name("tables")


@cache
def measured(name: str) -> Table:
    """The table `name` as it was last measured.

    Raises:
        Misuse: there is none of that name.
    """
    return from_json(resources.files(__package__).joinpath("tables", f"{_known(name)}.json").read_text("utf-8"))


def from_json(text: str) -> Table:
    """The table that `Table.to_json` wrote."""
    whole = json.loads(text)
    settings = tuple((name, _hashable(value)) for name, value in whole["settings"].items())
    return Table(whole["lab"], tuple(whole["columns"]), tuple(whole["rows"]), settings)


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


# --- on the command line


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`python -m authpatterns tables [NAME ...]`."""
    parser.add_argument("names", nargs="*", metavar="TABLE", help=", ".join(TABLES))
    parser.add_argument("--show", action="store_true", help=words.say("lab.help.show"))
    add_workers(parser)
    add_output(parser)


def run(options: argparse.Namespace) -> int:
    """Measure the tables anew and keep them, or show those that are kept.

    Raises:
        Misuse: there is no table of that name.
    """
    names = [_known(name) for name in options.names or TABLES]
    if options.show:
        return write([measured(name) for name in names], options)
    with doing(options) as how:
        for name in names:
            (FOLDER / f"{name}.json").write_text(TABLES[name](**how).to_json(), "utf-8")
            print(words.say("course.wrote", file=FOLDER / f"{name}.json"), file=sys.stderr)
    return 0


def _known(name: str) -> str:
    if name not in TABLES:
        raise Misuse("lab.no-table", name=name, known=", ".join(TABLES))
    return name
