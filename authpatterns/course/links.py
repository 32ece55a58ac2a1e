"""Links between notebooks, where the notebooks become pages of another kind."""

from __future__ import annotations

import re
from collections.abc import Callable

LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)\s]+)\)")


def relink(text: str, there: set[str], make: Callable[[str, str, str, str], str]) -> str:
    """Markdown in which each link to a notebook is what `make` says.

    Args:
        text: Markdown.
        there: Names of the notebooks that have a page; a link to another one becomes its text.
        make: Given text, folder, name and anchor (with its "#", or ""), the new link.

    Examples:
        >>> relink("[a](b.ipynb) [c](d.ipynb)", {"b"}, lambda text, folder, name, anchor: f"[{text}]({name}.html)")
        '[a](b.html) c'
    """

    def replaced(link: re.Match[str]) -> str:
        said, target = link.groups()
        place, hash_, anchor = target.partition("#")
        folder, _, file = place.rpartition("/")
        name, _, ending = file.rpartition(".")
        if "//" in target or ending != "ipynb":
            return link[0]
        return make(said, folder, name, hash_ + anchor) if name in there else said

    return LINK.sub(replaced, text)
