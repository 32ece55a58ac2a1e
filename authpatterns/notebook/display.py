"""What a cell shows: values with one fixed picture in HTML and one in plain text.

Two runs of a notebook must give the same bytes, and a page that runs nothing (GitHub, nbviewer) must show something
true, so nothing here depends on time, on an address in memory or on the place where the project is installed.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from typing import Any

from authpatterns import words
from authpatterns.labs.table import aligned, pad, terminal_columns
from authpatterns.notebook.sentences import first_known

ONE_LINE = ' style="white-space:nowrap;text-align:start"'
"""For a caption that is wider than its table."""

Cell = str | int | float | bool | None


class Shown:
    """Something ready to be shown.

    Attributes:
        text: For a terminal, a test, a reader without pictures.
        rich: The same as `kind`.
        kind: MIME type of `rich`.
    """

    def __init__(self, text: str, rich: str, kind: str = "text/html") -> None:
        self.text = text
        self.rich = rich
        self.kind = kind

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, str]:
        return {self.kind: self.rich, "text/plain": self.text}


def html_of(value: Any) -> str:
    """`value` as HTML: its own where it has one, else its text, escaped. Several values stand below each other."""
    if isinstance(value, tuple | list):
        return "\n".join(html_of(item) for item in value)
    own = _bundle(value).get("text/html")
    return own if own is not None else f"<p>{escape(text_of(value))}</p>"


def text_of(value: Any) -> str:
    """`value` as plain text, as a cell would show it."""
    if isinstance(value, tuple | list):
        return "\n".join(text_of(item) for item in value)
    if isinstance(value, str):
        return value
    return str(_bundle(value).get("text/plain", repr(value)))


def _bundle(value: Any) -> Mapping[str, str]:
    make = getattr(value, "_repr_mimebundle_", None)
    if make is None:
        return {}
    data: Mapping[str, str] = make()
    return data


# --- source on show


def show_source(thing: type | Callable[..., Any]) -> Shown:
    """The library's own source of a class or function, under its dotted name.

    It goes out as a fenced block of Markdown: then Jupyter, GitHub and nbviewer colour it with their own theme, light
    or dark, and no style sheet of ours has to survive their sanitizers.
    """
    source = textwrap.dedent(inspect.getsource(thing)).rstrip()
    longest = max((len(run) for run in re.findall("`+", source)), default=0)
    fence = "`" * max(3, longest + 1)
    name = f"{thing.__module__}.{thing.__qualname__}"
    return Shown(f"{name}\n\n{source}", f"`{name}`\n\n{fence}python\n{source}\n{fence}", "text/markdown")


# --- tables


def table(
    rows: Iterable[Mapping[str, Any] | Sequence[Any]],
    columns: Sequence[str] | None = None,
    caption: str = "",
    headings: str = "column",
) -> Shown:
    """Measured results as a table.

    Args:
        rows: Mappings by column name, or sequences in the order of `columns`.
        columns: Names of the columns; left out, the keys of the first row.
        caption: Key of a sentence that says what the table shows.
        headings: Where the headings are: a column is headed by the sentence `<headings>.<name>`, or by its name.
    """
    listed = list(rows)
    names = list(columns) if columns is not None else _keys(listed)
    heads = [words.say(first_known(f"{headings}.{name}", name)) for name in names]
    values = [
        [row.get(name) if isinstance(row, Mapping) else row[at] for at, name in enumerate(names)] for row in listed
    ]
    title = words.say(caption) if caption else ""
    return Shown(_text_table(heads, values, title), _html_table(heads, values, title))


def _keys(rows: Sequence[Any]) -> list[str]:
    return list(rows[0]) if rows and isinstance(rows[0], Mapping) else []


def _html_table(headings: Sequence[str], rows: Sequence[Sequence[Any]], caption: str) -> str:
    lines = ["<table>"]
    if caption:
        lines.append(f"<caption>{escape(caption)}</caption>")
    heads = (
        f'<th scope="col"{aligned(right)}>{escape(h)}</th>'
        for h, right in zip(headings, _numeric(rows, len(headings)), strict=True)
    )
    lines.append("<thead><tr>" + "".join(heads) + "</tr></thead>")
    lines.append("<tbody>")
    lines += ["<tr>" + "".join(_html_cell(value, at) for at, value in enumerate(row)) + "</tr>" for row in rows]
    return "\n".join([*lines, "</tbody>", "</table>"])


def _html_cell(value: Any, at: int) -> str:
    tag, scope = ("th", ' scope="row"') if at == 0 else ("td", "")
    return f"<{tag}{scope}{aligned(_is_number(value))}>{escape(_shown(value))}</{tag}>"


def _text_table(headings: Sequence[str], rows: Sequence[Sequence[Any]], caption: str) -> str:
    shown = [[_shown(value) for value in row] for row in rows]
    widths = [max(map(terminal_columns, column)) for column in zip(headings, *shown, strict=True)]
    numeric = _numeric(rows, len(headings))
    lines = [headings, ["-" * width for width in widths], *shown]
    body = ["  ".join(map(pad, line, widths, numeric)).rstrip() for line in lines]
    return "\n".join([caption, *body] if caption else body)


def _numeric(rows: Sequence[Sequence[Any]], columns: int) -> list[bool]:
    """Which columns hold nothing but numbers."""
    return [bool(rows) and all(_is_number(row[at]) or row[at] is None for row in rows) for at in range(columns)]


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return words.say("table.yes" if value else "table.no")
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    return str(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
