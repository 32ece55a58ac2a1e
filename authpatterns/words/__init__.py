"""The two message catalogues: everything a person reads, in Japanese and English, by key.

The library speaks in codes; this room turns them into sentences. `ja.toml` and `en.toml` hold the same keys, which a
test demands. What only one lesson says stands in `lessons/NN.toml`, both languages side by side. The language is, in
this order: the one given, the one set by `use()`, the name of the working folder (a notebook runs in `course/ja` or
`course/en`), English.

Examples:
    >>> say("node.kind.gateway", lang="ja")
    'APIゲートウェイ'
    >>> say("node.kind.gateway", lang="en")
    'API gateway'

A place such as `{clients:client|clients}` holds two ways to go on: the first for 1 and for true, the second otherwise.

    >>> [say("course.found", lang="en", count=count) for count in (0, 1)]
    ['0 findings', '1 finding']
"""

from __future__ import annotations

import re
import string
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

LANGUAGES = ("ja", "en")

PLACE = re.compile(r"\{\w+(?:![rs])?(?::[^}]*)?\}")
"""Where a value goes in a sentence."""

_chosen: str | None = None


def use(lang: str | None) -> None:
    """Speak `lang` ("ja" or "en") from now on; `None` goes back to asking the working folder.

    Raises:
        ValueError: there is no such catalogue.
    """
    global _chosen
    if lang is not None and lang not in LANGUAGES:
        raise ValueError(say("error.words.language", asked=lang, known=", ".join(LANGUAGES)))
    _chosen = lang


@contextmanager
def speaking(lang: str | None) -> Iterator[None]:
    """Speak `lang` inside the `with` block; `None` changes nothing.

    Raises:
        ValueError: there is no such catalogue.
    """
    before = _chosen
    use(before if lang is None else lang)
    try:
        yield
    finally:
        use(before)


def language() -> str:
    """The language in use: "ja" or "en"."""
    if _chosen is not None:
        return _chosen
    folder = Path.cwd().name
    return folder if folder in LANGUAGES else "en"


def say(key: str, /, lang: str | None = None, **values: Any) -> str:
    """The sentence for `key`, its `{names}` filled from `values`. A key without a sentence is shown with its values."""
    sentence = _find(key, lang or language())
    if sentence is None:
        return " ".join([key, *(f"{name}={value}" for name, value in values.items())])
    return _Choosing().vformat(sentence, (), _Shown(values))


def knows(key: str) -> bool:
    """Whether there is a sentence for `key`."""
    return _find(key, "en") is not None


def _find(key: str, lang: str) -> str | None:
    sentence = catalogue(lang).get(key)
    return of_lessons(lang).get(key) if sentence is None else sentence


@cache
def catalogue(lang: str) -> dict[str, str]:
    """All sentences of one language by dotted key, those of the lessons aside."""
    text = resources.files(__package__).joinpath(f"{lang}.toml").read_text("utf-8")
    return dict(_flat("", tomllib.loads(text)))


@cache
def of_lessons(lang: str) -> dict[str, str]:
    """What the lessons say in one language, by dotted key."""
    ending = f".{lang}"
    said: dict[str, str] = {}
    for file in sorted(resources.files(__package__).joinpath("lessons").iterdir(), key=lambda file: file.name):
        pairs = _flat("", tomllib.loads(file.read_text("utf-8")))
        said |= {key.removesuffix(ending): sentence for key, sentence in pairs if key.endswith(ending)}
    return said


def _flat(prefix: str, table: dict[str, Any]) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for name, value in table.items():
        pairs += _flat(f"{prefix}{name}.", value) if isinstance(value, dict) else [(prefix + name, value)]
    return pairs


class _Choosing(string.Formatter):
    """Fills a place: a choice by the way that fits its value, and `!s` by a stranger's text.

    Such a text is shown without quotation marks, but its signs that do not print are escaped as by `!r`.
    """

    def convert_field(self, value: Any, conversion: str | None) -> Any:
        return repr(str(value))[1:-1] if conversion == "s" else super().convert_field(value, conversion)

    def format_field(self, value: Any, format_spec: str) -> str:
        one, choice, other = format_spec.partition("|")
        if not choice:
            return super().format_field(value, format_spec)  # type: ignore[no-any-return]
        return one if value == 1 else other


class _Shown(dict[str, Any]):
    """Values for a sentence; a missing one shows its name instead of failing inside an error message."""

    def __missing__(self, name: str) -> str:
        return "{" + name + "}"
