"""The pages of the API reference: one for each room, made from the docstrings by autodoc."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module

import authpatterns
from authpatterns import words

LEFT_OUT = (
    "authpatterns.__main__",
    "authpatterns.bench",
    "authpatterns.course",
    "authpatterns.site",
    "authpatterns.notebook.exercises",
    "authpatterns.notebook.explorer",
    "authpatterns.labs.attacks.",
    "authpatterns.adapters.parts.",
    "authpatterns.adapters.front.",
    "authpatterns.adapters.export.",
)
"""Commands and tools of those who write the course, and the insides of what has a front."""


def rooms() -> dict[str, list[str]]:
    """The modules of each room, by the room's name."""
    found: dict[str, list[str]] = {}
    for module in pkgutil.walk_packages(authpatterns.__path__, "authpatterns."):
        if not module.name.startswith(LEFT_OUT):
            found.setdefault(module.name.split(".")[1], []).append(module.name)
    return found


def pages() -> Iterator[tuple[str, str]]:
    """The pages, by path, in the language in use; the docstrings are English in both."""
    listed = rooms()
    mark = "" if words.language() == "en" else ":english: true\n\n"
    for room, modules in listed.items():
        yield f"api/{room}.rst", mark + "\n".join(_room(room, modules))
    yield "api/index.md", _index(list(listed))


def _index(listed: list[str]) -> str:
    rows = [f"| [`{room}`]({room}.rst) | {_about(room)} |" for room in listed]
    head = f"| {words.say('site.column.module')} | {words.say('site.column.about')} |\n|---|---|"
    tree = "\n".join(["```{toctree}", ":maxdepth: 1", ":hidden:", "", *listed, "```"])
    about = words.say("site.api-about")
    return f"# {words.say('site.api')}\n\n{about}\n\n{head}\n" + "\n".join(rows) + f"\n\n{tree}\n"


def _about(room: str) -> str:
    first = (import_module(f"authpatterns.{room}").__doc__ or "").partition("\n\n")[0]
    text = " ".join(first.split()).replace("|", "\\|")
    return text if words.language() == "en" else f'<span lang="en">{text}</span>'


def _room(room: str, modules: list[str]) -> Iterator[str]:
    title = f"authpatterns.{room}"
    yield from (title, "=" * len(title), "")
    for module in modules:
        if module != title:
            yield from (module, "-" * len(module), "")
        yield from (f".. automodule:: {module}", "   :ignore-module-all:", "")
