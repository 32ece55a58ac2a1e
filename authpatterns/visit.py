"""`python -m authpatterns run`: the standard visit under two patterns, and what flowed."""

from __future__ import annotations

import argparse

from authpatterns import catalogue, stories, words
from authpatterns.draw.export import FORMATS, export


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which patterns, in which form, with which seed, in which language."""
    parser.add_argument("authn", help=", ".join(catalogue.AUTHENTICATION))
    parser.add_argument("authz", nargs="?", default="distributed", help=", ".join(catalogue.AUTHORIZATION))
    parser.add_argument("--format", choices=FORMATS, default="text")
    parser.add_argument("--seed", type=int, default=0, help=words.say("command.seed"))
    parser.add_argument("--lang", choices=words.LANGUAGES, default=None, help=words.say("command.lang"))


def run(options: argparse.Namespace) -> int:
    """Run the visit and print it.

    Raises:
        Misuse: there is no such pattern.
    """
    shop = catalogue.deploy(options.authn, options.authz, seed=options.seed)
    stories.standard_visit(shop)
    print(export(shop.trace, options.format).rstrip("\n"))
    return 0
