"""The same story as PlantUML text, for documents that are drawn by it."""

from __future__ import annotations

import re

from authpatterns.draw.story import Heading, Message, Remark, Row, Story, tell
from authpatterns.trace import Trace

_ARROWS = {"request": "->", "refused": "--x", "failed": "--x", "lost": "--x"}
_PLAIN_ANSWER = "-->"
_SHAPES = {"client": "actor", "edge": "boundary"}
_MARKUP = re.compile(r"""([*][*]|__|//|--|==|~|""|<|\\(?=[nrlt]))""")
"""What PlantUML would take for markup; a tilde before it makes it plain."""


def plantuml(trace: Trace, lang: str | None = None, *, fold: bool = True, limit: int | None = 120) -> str:
    r"""What flowed, as a PlantUML sequence diagram.

    Examples:
        >>> from authpatterns import Deployment, Distributed, Jwt
        >>> shop = Deployment(Jwt(), Distributed())
        >>> answer = shop.user("alice").sign_in()
        >>> print(plantuml(shop.trace, "en").splitlines()[2])
        actor "alice\nbrowser" as p0
    """
    story = tell(trace, lang, fold=fold, limit=limit)
    ids = {party.name: f"p{at}" for at, party in enumerate(story.parties)}
    lines = ["@startuml", "autonumber", *_participants(story, ids)]
    open_group = False
    for row in story.rows:
        if isinstance(row, Heading):
            lines += ["end"] if open_group else []
            open_group = True
        lines.append(_line(row, ids))
    lines += ["end"] if open_group else []
    return "\n".join([*lines, f"footer {_plain(story.footer)}", "@enduml", ""])


def _participants(story: Story, ids: dict[str, str]) -> list[str]:
    return [
        f'{_shape(party.zone, party.kind)} "{_quoted(party.name)}\\n{_quoted(story.kind_word(party))}"'
        f" as {ids[party.name]}"
        for party in story.parties
    ]


def _shape(zone: str, kind: str) -> str:
    return "database" if kind == "store" else _SHAPES.get(zone, "participant")


def _line(row: Row, ids: dict[str, str]) -> str:
    if isinstance(row, Message):
        text = "\\n".join(_plain(part) for part in (row.head, *row.details))
        return f"{ids[row.source]} {_ARROWS.get(row.kind, _PLAIN_ANSWER)} {ids[row.target]}: {text}"
    if isinstance(row, Remark):
        return f"note over {ids[row.node]}: " + "\\n".join(_plain(sentence) for sentence in row.sentences)
    return f"group {_plain(row.title)}" if isinstance(row, Heading) else f"...{_plain(row.text)}..."


def _plain(text: str) -> str:
    """`text` on one line, with nothing that PlantUML would take for markup."""
    shown = "".join(sign if sign.isprintable() else " " for sign in text)
    return _MARKUP.sub(r"~\1", shown)


def _quoted(text: str) -> str:
    return "".join(sign if sign.isprintable() and sign != '"' else "'" for sign in text)
