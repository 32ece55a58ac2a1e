"""Words for a code cell: the cell holds a key, the reader sees a sentence in the language of the notebook's folder."""

from __future__ import annotations

from typing import Any

from authpatterns import words


class Sentence(str):
    """Text that a cell shows without quotation marks."""

    __slots__ = ()

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text(str(self))


def t(key: str, /, **values: Any) -> Sentence:
    """The sentence for `key` in the reader's language, its `{names}` filled from `values`.

    Examples:
        >>> from authpatterns import words
        >>> words.use("en")
        >>> str(t("quiz.number", number=2))
        'Question 2'
        >>> words.use(None)
    """
    return Sentence(words.say(key, **values))


def first_known(*keys: str) -> str:
    """The first of `keys` that has a sentence; the last one where none has."""
    return next((key for key in keys if words.knows(key)), keys[-1])
