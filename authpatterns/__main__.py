"""The command line: `python -m authpatterns COMMAND`.

Each command lives in the room it speaks for; this file only hangs them on one tree.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from authpatterns import catalogue, stories, words
from authpatterns.errors import Problem


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when all is well, 1 for a no, 2 for a command that makes no sense."""
    parser = argparse.ArgumentParser(prog="python -m authpatterns", description=words.say("command.about"))
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_run(commands.add_parser("run", help=words.say("command.run")))
    options = parser.parse_args(arguments)
    words.use(getattr(options, "lang", None))
    try:
        return int(options.do(options))
    except Problem as problem:
        print(f"authpatterns: {problem}", file=sys.stderr)
        return 2
    finally:
        words.use(None)


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("authn", help=", ".join(catalogue.AUTHENTICATION))
    parser.add_argument("authz", nargs="?", default="distributed", help=", ".join(catalogue.AUTHORIZATION))
    parser.add_argument("--format", choices=("text", "mermaid", "svg", "json"), default="text")
    parser.add_argument("--seed", type=int, default=0, help=words.say("command.seed"))
    add_language(parser)
    parser.set_defaults(do=_run)


def _run(options: argparse.Namespace) -> int:
    from authpatterns import draw  # noqa: PLC0415  (drawing is not needed to have the other commands)

    shop = catalogue.deploy(options.authn, options.authz, seed=options.seed)
    stories.standard_visit(shop)
    forms: dict[str, Callable[[], str]] = {
        "text": lambda: draw.transcript(shop.trace),
        "mermaid": lambda: draw.mermaid(shop.trace),
        "svg": lambda: draw.sequence(shop.trace).svg,
        "json": shop.trace.to_json,
    }
    print(forms[options.format]().rstrip("\n"))
    return 0


def add_language(parser: argparse.ArgumentParser) -> None:
    """`--lang`, the same for every command."""
    parser.add_argument("--lang", choices=words.LANGUAGES, default=None, help=words.say("command.lang"))


if __name__ == "__main__":
    sys.exit(main())
