"""`python -m authpatterns attacks`: the matrix, one attack, or one pattern, freshly run."""

from __future__ import annotations

import argparse
import sys

from authpatterns import words
from authpatterns.labs import sweep
from authpatterns.labs.attacks import listed
from authpatterns.labs.attacks.matrix import attack_matrix, replay
from authpatterns.labs.table import add_output


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--attack", action="append", metavar="ID", help=words.say("attack.help.attack"))
    parser.add_argument("--pattern", action="append", metavar="NAME", help=words.say("attack.help.pattern"))
    parser.add_argument("--seed", type=int, default=0, help=words.say("command.seed"))
    parser.add_argument(
        "--trace", choices=("secure", "weakened", "strict"), help=words.say("attack.help.trace"), metavar="WORLD"
    )
    sweep.add_workers(parser)
    add_output(parser)


def run(options: argparse.Namespace) -> int:
    """Run what is asked for and print it; 0 where every cell is as listed."""
    if options.trace:
        return _show_traces(options)
    with sweep.doing(options) as how:
        table = attack_matrix(options.pattern, options.attack, options.seed, **how)
    if options.json:
        sys.stdout.write(table.to_json())
    else:
        sys.stdout.write("\n".join([*map(about, options.attack or ()), table.to_text()]))
    return 0 if all(row["as_listed"] for row in table) else 1


def about(name: str) -> str:
    """What an attack is, in the language in use."""
    name = name.upper()
    lines = [f"{name} {listed.text(name, 'name')}", listed.text(name, "does"), listed.text(name, "why")]
    return "\n".join([*filter(None, [*lines, "; ".join(listed.sources(name))]), ""])


def _show_traces(options: argparse.Namespace) -> int:
    from authpatterns import draw  # noqa: PLC0415  (only this one draws)

    for row in attack_matrix(options.pattern, options.attack, options.seed):
        if options.trace == "secure" or row[{"weakened": "weak_outcome", "strict": "strict_outcome"}[options.trace]]:
            shop = replay(row["attack"], row["pattern"], options.trace, options.seed)
            sys.stdout.write(f"{row['attack']} {row['pattern']} {options.trace}\n{draw.transcript(shop.trace)}\n")
    return 0
