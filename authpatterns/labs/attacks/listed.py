"""The list of attacks: which there are, against which patterns, and where they are described. Texts by language."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from authpatterns import catalogue, words
from authpatterns.errors import Misuse


@cache
def _read(name: str) -> dict[str, Any]:
    text = resources.files(__package__).joinpath(f"{name}.toml").read_text("utf-8")
    return tomllib.loads(text)


def names() -> tuple[str, ...]:
    """Every attack, in order: `JWT-01`, `JWT-02`, ..."""
    return tuple(_read("listed"))


def patterns(name: str) -> tuple[str, ...]:
    """The patterns that attack `name` is listed for, as far as there are such patterns.

    Raises:
        Misuse: there is no such attack.
    """
    known = (*catalogue.AUTHENTICATION, *catalogue.AUTHORIZATION)
    return tuple(pattern for pattern in _entry(name)["patterns"] if pattern in known)


def sources(name: str) -> tuple[str, ...]:
    """Where attack `name` is described.

    Raises:
        Misuse: there is no such attack.
    """
    return tuple(_entry(name)["sources"])


def text(name: str, part: str, lang: str | None = None) -> str:
    """A text about attack `name`: its "name", what the attacker "does", and "why" it fails or gets through.

    Raises:
        Misuse: there is no such attack.
    """
    _entry(name)
    return str(_read(lang or words.language())[name][part])


def _entry(name: str) -> dict[str, Any]:
    if name not in _read("listed"):
        raise Misuse("attack.unknown", name=name, known=", ".join(_read("listed")))
    entry: dict[str, Any] = _read("listed")[name]
    return entry
