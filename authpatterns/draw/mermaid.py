"""The same story as Mermaid text, for a README or a web page that draws it itself."""

from __future__ import annotations

from authpatterns.draw.story import Banner, Heading, Message, Remark, Row, Story, tell
from authpatterns.trace import Trace

_ARROWS = {"request": "->>", "refused": "--x", "failed": "--x", "lost": "--x"}
_PLAIN_ANSWER = "-->>"
_ESCAPES = str.maketrans({"#": "#35;", ";": "#59;", "<": "#lt;", ">": "#gt;", '"': "#quot;", "%": "#37;", "\n": " "})


def mermaid(trace: Trace, lang: str | None = None, *, fold: bool = True, limit: int | None = 120) -> str:
    """What flowed, as a Mermaid sequence diagram.

    Examples:
        >>> from authpatterns import Deployment, Distributed, Jwt
        >>> shop = Deployment(Jwt(), Distributed())
        >>> answer = shop.user("alice").sign_in()
        >>> print(mermaid(shop.trace, "en").splitlines()[2])
            participant p0 as alice<br/>browser
    """
    story = tell(trace, lang, fold=fold, limit=limit)
    ids = {party.name: f"p{at}" for at, party in enumerate(story.parties)}
    lines = ["sequenceDiagram", "    autonumber 1", *_participants(story, ids)]
    for row in story.rows:
        lines += _line(row, ids)
    return "\n".join([*lines, f"    %% {escaped(story.footer)}", ""])


def escaped(text: str) -> str:
    """`text` so that Mermaid takes it for words: a cookie header with `;` and `#` breaks a diagram otherwise."""
    return "".join(sign if sign.isprintable() else " " for sign in text).translate(_ESCAPES)


def _participants(story: Story, ids: dict[str, str]) -> list[str]:
    return [
        f"    participant {ids[party.name]} as {escaped(party.name)}<br/>{escaped(story.kind_word(party))}"
        for party in story.parties
    ]


def _line(row: Row, ids: dict[str, str]) -> list[str]:
    if isinstance(row, Message):
        text = "<br/>".join(escaped(part) for part in (row.head, *row.details))
        return [f"    {ids[row.source]}{_ARROWS.get(row.kind, _PLAIN_ANSWER)}{ids[row.target]}: {text}"]
    if isinstance(row, Remark):
        return [f"    Note over {ids[row.node]}: {'<br/>'.join(escaped(sentence) for sentence in row.sentences)}"]
    names = list(ids.values())
    over = names[0] if len(names) == 1 else f"{names[0]},{names[-1]}"
    text = row.title if isinstance(row, Heading) else f"… {row.text}"
    bold = "" if isinstance(row, Banner) else "═ "
    return [f"    Note over {over}: {bold}{escaped(text)}"]
