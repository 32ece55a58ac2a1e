"""The command line: `python -m authpatterns COMMAND`.

Each command lives in the room it speaks for; this file only knows where that is. A room is opened when its command is
called, so one command needs nothing of what another needs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from authpatterns import words
from authpatterns.errors import Problem

COMMANDS = {
    "run": "authpatterns.visit",
    "token": "authpatterns.explain",
    "learn": "authpatterns.course.launch",
    "course": "authpatterns.course.command",
    "diagrams": "authpatterns.draw.gallery",
    "pdp": "authpatterns.adapters.pdp_server",
    "matrix": "authpatterns.labs.matrix",
    "capacity": "authpatterns.labs.capacity",
    "plan": "authpatterns.labs.plan",
    "tradeoffs": "authpatterns.labs.tradeoffs",
    "operations": "authpatterns.labs.operations",
    "races": "authpatterns.labs.races",
    "tables": "authpatterns.labs.measured",
    "outages": "authpatterns.labs.outages",
    "attacks": "authpatterns.labs.attacks.command",
    "parts": "authpatterns.adapters.parts.command",
    "real-capacity": "authpatterns.adapters.real_capacity",
    "serve": "authpatterns.adapters.front.command",
    "bench": "authpatterns.bench.command",
    "export": "authpatterns.adapters.export.command",
    "node": "authpatterns.adapters.node_server",
    "tokens": "authpatterns.adapters.token_matrix",
    "site": "authpatterns.site.command",
    "lite": "authpatterns.site.lite",
}
"""Each module has `add_arguments(parser)` and `run(options) -> int`."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when all is well, 1 for a no, 2 for a command that makes no sense."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(prog="python -m authpatterns", description=words.say("command.about"))
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, place in COMMANDS.items():
        command = commands.add_parser(name, help=words.say(f"commands.{name}"))
        if name in given[:1]:
            room = import_module(place)
            room.add_arguments(command)
            command.set_defaults(do=room.run)
    options = parser.parse_args(given)
    words.use(getattr(options, "lang", None))
    try:
        return int(options.do(options))
    except Problem as problem:
        print(f"authpatterns: {problem}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        sys.stderr.close()  # whoever read us has read enough
        return 0
    finally:
        words.use(None)


if __name__ == "__main__":
    sys.exit(main())
