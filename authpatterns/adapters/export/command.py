"""`python -m authpatterns export AUTHN AUTHZ --to TARGET DIR`: configurations of real systems, to take home.

`--set lifetime=300` changes a setting of the authentication pattern, or of the authorization pattern where only that
one has it; what is written follows.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, get_type_hints

from authpatterns import catalogue, words
from authpatterns.adapters.export import TARGETS, files
from authpatterns.deployment import Deployment
from authpatterns.errors import Misuse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which patterns, with which settings, for which system, into which folder."""
    parser.add_argument("authn", help=", ".join(catalogue.AUTHENTICATION))
    parser.add_argument("authz", help=", ".join(catalogue.AUTHORIZATION))
    parser.add_argument("folder", type=Path, metavar="DIR", help=words.say("export.help.folder"))
    parser.add_argument("--to", required=True, metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help=words.say("export.help.set"))
    parser.add_argument("--lang", choices=words.LANGUAGES, default=None, help=words.say("command.lang"))


def run(options: argparse.Namespace) -> int:
    """Write the files, and say which.

    Raises:
        Misuse: there is no such pattern, target or setting, the target makes no sense for them, or the folder cannot be
            written.
    """
    shop = deployment(options.authn, options.authz, options.set)
    for name, text in files(shop, options.to).items():
        path = options.folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        except OSError as flaw:
            raise Misuse("export.folder", path=str(path), reason=flaw.strerror or str(flaw)) from None
        print(words.say("export.written", path=str(path)))
    return 0


def deployment(authn: str, authz: str = "distributed", settings: Sequence[str] = ()) -> Deployment:
    """The bookshop under two patterns named as on the command line, with settings such as "lifetime=300".

    Raises:
        Misuse: there is no such pattern, or neither has such a setting.

    Examples:
        >>> deployment("jwt", "centralized", ["lifetime=300", "timeout=0.5"]).authn.lifetime
        300
    """
    made = catalogue.deploy(authn, authz)
    patterns: list[Any] = [made.authn, made.authz]
    for setting in settings:
        name, _, text = setting.partition("=")
        place = next((place for place, pattern in enumerate(patterns) if name in _settings(pattern)), None)
        if place is None:
            known = dict.fromkeys(name for pattern in patterns for name in _settings(pattern))
            raise Misuse("export.setting", name=name, known=", ".join(known))
        patterns[place] = replace(patterns[place], **{name: _value(text, _settings(patterns[place])[name])})
    return Deployment(*patterns)


def _settings(pattern: Any) -> dict[str, Any]:
    """The kinds of those settings of a pattern that can be written on a command line."""
    hints = get_type_hints(type(pattern))
    kinds = {field.name: hints[field.name] for field in fields(pattern)}
    return {
        name: kind for name, kind in kinds.items() if kind in (int, float, bool, str, tuple[str, ...]) or _is_word(kind)
    }


def _is_word(kind: Any) -> bool:
    return getattr(kind, "__origin__", None) is not None and all(isinstance(arg, str) for arg in kind.__args__)


def _value(text: str, kind: Any) -> Any:
    """`text` as a setting of this kind; what cannot be read is refused by the pattern itself, or here.

    Raises:
        Misuse: it is no number.
    """
    if kind is bool:
        return text == "yes"
    if kind == tuple[str, ...]:
        return tuple(filter(None, text.split(",")))
    if kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            raise Misuse("export.number", text=text) from None
    return text
