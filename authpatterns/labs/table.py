"""A table of measured rows: plain values for programs, words for people.

Rows hold codes and numbers. A heading is the sentence `lab.column.<name>`, a code is shown as `lab.value.<code>` where
there is such a sentence, and as itself where there is none (names of nodes and patterns).

Examples:
    >>> words.use("en")
    >>> table = Table("outages", ("part", "works_for"), ({"part": "auth", "works_for": 900.0},))
    >>> print(table.to_text().splitlines()[-1])
    auth            900
    >>> words.use(None)
"""

from __future__ import annotations

import argparse
import json
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from html import escape
from typing import Any

from authpatterns import words
from authpatterns.errors import Misuse

Row = dict[str, Any]


@dataclass(frozen=True)
class Table:
    """Measured rows under one heading.

    Attributes:
        name: Of the lab; its caption is the sentence `lab.<name>.about`.
        columns: The members of a row that people see, in order. A row may hold more, for programs.
        rows: Plain values.
        settings: What was given, so that the caption can say it.
        whole: Whether the columns are those that the caption speaks of; a table without some of them has no caption.
    """

    name: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    settings: tuple[tuple[str, Any], ...] = ()
    whole: bool = True

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def where(self, **wanted: Any) -> Table:
        """Only the rows that hold these values."""
        return self.filter(lambda row: all(row.get(name) == value for name, value in wanted.items()))

    def filter(self, keep: Callable[[Row], bool]) -> Table:
        """Only the rows for which `keep` holds."""
        return replace(self, rows=tuple(row for row in self.rows if keep(row)))

    def pick(self, *columns: str) -> Table:
        """Only these columns, in this order; any member of the rows can be one.

        Raises:
            Misuse: no row has such a member.
        """
        known = {name: None for row in self.rows for name in row}
        for name in columns:
            if name not in known:
                raise Misuse("lab.no-column", name=name, known=", ".join(known))
        return replace(self, columns=columns, whole=False)

    def merged(self, column: str) -> Table:
        """Rows that differ in `column` alone as one row, which holds all of its values there.

        Only the columns that are shown count, so call it after `pick`. Nothing is lost, and the order is that of the
        first of such rows.

        Examples:
            >>> rows = [{"authn": name, "asks": asks} for name, asks in (("jwt", 0), ("session", 1), ("sso", 0))]
            >>> Table("outages", ("authn", "asks"), tuple(rows)).merged("authn").rows
            ({'authn': ('jwt', 'sso'), 'asks': 0}, {'authn': ('session',), 'asks': 1})

        Raises:
            Misuse: there is no such column.
        """
        if column not in self.columns:
            raise Misuse("lab.no-column", name=column, known=", ".join(self.columns))
        alike: dict[tuple[Any, ...], list[Any]] = {}
        for row in self.rows:
            alike.setdefault(tuple(row.get(name) for name in self.columns if name != column), []).append(row[column])
        others = [name for name in self.columns if name != column]
        merged = [dict(zip(others, same, strict=True)) | {column: tuple(found)} for same, found in alike.items()]
        rows = tuple({name: row[name] for name in self.columns} for row in merged)
        return replace(self, rows=rows, whole=False)

    @property
    def caption(self) -> str:
        """What the table shows, in the language in use; "" where columns were picked."""
        if not self.whole:
            return ""
        return words.say(f"lab.{self.name}.about", **{name: shown(value) for name, value in self.settings})

    @property
    def headings(self) -> list[str]:
        """The columns in the language in use."""
        return [words.say(f"lab.column.{name}") for name in self.columns]

    def to_json(self) -> str:
        """Everything, the same bytes on every machine."""
        whole = {"lab": self.name, "columns": self.columns, "settings": dict(self.settings), "rows": list(self.rows)}
        return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"

    def to_text(self) -> str:
        """For a terminal."""
        shown = self._shown()
        widths = [max(map(terminal_columns, column)) for column in zip(self.headings, *shown, strict=True)]
        numeric = [self._is_numeric(name) for name in self.columns]
        lines = [self.headings, ["-" * width for width in widths], *shown]
        body = ["  ".join(map(pad, line, widths, numeric)).rstrip() for line in lines]
        head = [self.caption, ""] if self.whole else []
        return "\n".join([*head, *body]) + "\n"

    def to_html(self) -> str:
        """For a page: a caption, headings with a scope, one row each."""
        numeric = [self._is_numeric(name) for name in self.columns]
        head = "".join(map(_html_heading, self.headings, numeric))
        body = "\n".join("<tr>" + "".join(map(_html_cell, row, numeric)) + "</tr>" for row in self._shown())
        caption = f"<caption>{escape(self.caption)}</caption>\n" if self.whole else ""
        return f"<table>\n{caption}<tr>{head}</tr>\n{body}\n</table>"

    def __repr__(self) -> str:
        return self.to_text().rstrip("\n")

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, str]:
        return {"text/html": self.to_html(), "text/plain": repr(self)}

    def _shown(self) -> list[list[str]]:
        return [[shown(row.get(name)) for name in self.columns] for row in self.rows]

    def _is_numeric(self, name: str) -> bool:
        values = [row.get(name) for row in self.rows]
        return all(value is None or _is_number(value) for value in values)


def shown(value: Any) -> str:
    """A value for people: three decimals at most, a code in words, several values one after the other."""
    if isinstance(value, bool):
        return words.say("table.yes" if value else "table.no")
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.3f}".rstrip("0").rstrip(".")
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list | tuple):
        return ", ".join(map(shown, value)) or "–"
    return words.say(f"lab.value.{value}") if words.knows(f"lab.value.{value}") else str(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def pad(text: str, width: int, right: bool) -> str:
    """`text` in `width` columns of a terminal."""
    space = " " * (width - terminal_columns(text))
    return space + text if right else text + space


def terminal_columns(text: str) -> int:
    """Columns in a terminal: a Japanese sign takes two."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def aligned(right: bool) -> str:
    """Where the text of a cell stands, said twice: Jupyter overrules the attribute, and GitHub drops the style."""
    side = "right" if right else "left"
    return f' align="{side}" style="text-align: {side}"'


def _html_heading(text: str, right: bool) -> str:
    return f'<th scope="col"{aligned(right)}>{escape(text)}</th>'


def _html_cell(text: str, right: bool) -> str:
    return f"<td{aligned(right)}>{escape(text)}</td>"


# --- on the command line


def add_output(parser: argparse.ArgumentParser) -> None:
    """`--json` and `--lang`, the same for every lab."""
    parser.add_argument("--json", action="store_true", help=words.say("lab.help.json"))
    parser.add_argument("--lang", choices=words.LANGUAGES, default=None, help=words.say("command.lang"))


def write(tables: Iterable[Table], options: argparse.Namespace) -> int:
    """Print the tables as asked for; 0."""
    forms = [table.to_json() if options.json else table.to_text() for table in tables]
    sys.stdout.write("\n".join(forms))
    return 0
