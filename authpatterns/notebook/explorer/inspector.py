"""One message under the glass: headers, body, each token in it explained, and what was checked with which result."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

from authpatterns import explain, words
from authpatterns.draw import labels
from authpatterns.draw.story import Message
from authpatterns.draw.transcript import line
from authpatterns.keys import KeySet
from authpatterns.messages import Request, Response
from authpatterns.network import EPOCH
from authpatterns.notebook.explorer.play import Play
from authpatterns.notebook.explorer.views.measurements import size
from authpatterns.secrecy import Carried, carried, redact


@dataclass(frozen=True)
class Part:
    """One part of the sheet.

    Attributes:
        title: Its heading.
        rows: Cells; a row with a single cell is a line of text.
        columns: Headings of the cells; none for lines of text.
    """

    title: str
    rows: tuple[tuple[str, ...], ...]
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """Everything about one message."""

    title: str
    parts: tuple[Part, ...]

    def __repr__(self) -> str:
        lines = [self.title]
        for part in self.parts:
            lines += ["", part.title, *(f"  {' | '.join(filter(None, row))}" for row in part.rows)]
        return "\n".join(lines)

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, str]:
        return {"text/html": self._html(), "text/plain": repr(self)}

    def _html(self) -> str:
        return "\n".join([f"<p><strong>{escape(self.title)}</strong></p>", *map(_html, self.parts)])


def _html(part: Part) -> str:
    if not part.columns:
        lines = "".join(f"<li>{escape(row[0])}</li>" for row in part.rows)
        return f"<p><strong>{escape(part.title)}</strong></p><ul>{lines}</ul>"
    heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in part.columns)
    rows = "".join(f'<tr><th scope="row">{escape(row[0])}</th>{"".join(map(_cell, row[1:]))}</tr>' for row in part.rows)
    return f"<table><caption>{escape(part.title)}</caption><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _cell(text: str) -> str:
    return f"<td>{escape(text)}</td>"


def inspect(message: Message, done: Play) -> Sheet:
    """The sheet of one message, in the language in use."""
    return Sheet(line(message, words.language()), tuple(_parts(message, done)))


def _parts(message: Message, done: Play) -> Iterator[Part]:
    whole = _whole(message)
    yield Part(_say("facts"), tuple((fact,) for fact in _facts(message, whole, done)))
    if whole is None:
        return
    covered = redact(whole)
    headers = tuple((name, value, _about("header", name)) for name, value in covered.headers)
    if headers:
        yield Part(_say("headers"), headers, (_say("name-column"), _say("value"), _say("meaning")))
    if covered.body:
        yield Part(_say("body"), ((_pretty(covered.body),),))
    found = {secret.value: secret for secret in carried(whole)}
    for secret in found.values():
        yield from _secret(secret, message, done)
    notes = [note for note in done.trace.notes if note.hop == message.hop.id]
    if notes:
        said = tuple((f"{note.node}: {labels.note_text(note, words.language())}",) for note in notes)
        yield Part(_say("found-out", node=message.hop.target), said)


def _whole(message: Message) -> Any:
    """What the arrow stands for; None where no answer came."""
    if message.kind == "request":
        return message.hop.request
    return None if message.kind == "lost" else message.hop.response


def _facts(message: Message, whole: Request | Response | None, done: Play) -> Iterator[str]:
    lang = words.language()
    act = next((act for act in done.trace.acts if act.id == message.hop.act), None)
    if act is not None:
        yield _say("act", act=labels.act_text(act, lang))
    yield _say("time", time=labels.clock(message.time, lang))
    if message.kind != "request":
        yield _say("waited", span=labels.span(message.time - message.hop.sent, lang))
    if whole is not None:
        yield _say("size", bytes=size(whole), credentials=sum(secret.size for secret in carried(whole)))


def _secret(secret: Carried, message: Message, done: Play) -> Iterator[Part]:
    if secret.value.count(".") != 2:
        yield Part(_title(secret), ((_say("opaque", bytes=secret.size),),))
        return
    report = _report(secret.value, message, done)
    if report.claims is None:
        yield Part(_title(secret), ((_say("opaque", bytes=secret.size),),))
        return
    yield Part(_title(secret), ((words.say(f"explain.kind.{report.kind}"),),))
    columns = (_say("name-column"), _say("value"), _say("meaning"))
    yield Part(_say("token-header"), tuple(_members(report.header or {})), columns)
    yield Part(_say("claims"), tuple(_members(report.claims)), columns)
    asked = [check for check in report.checks if explain.state_of(check) != "not-asked"]
    yield Part(_say("checks"), tuple((explain.check_line(check),) for check in asked))


def _title(secret: Carried) -> str:
    place = _say(f"place-{secret.place}")
    return _say("secret", mark=secret.fingerprint, place=place, name=secret.name)


def _report(token: str, message: Message, done: Play) -> explain.Report:
    """As judged by the keys of whoever signed it, at the moment of the message."""
    sets: list[KeySet | None] = [issuer.keys for issuer in done.issuers]
    reports = [explain.examine(token, keys, now=EPOCH + message.time, typ=_typ(token)) for keys in sets or [None]]
    return next((report for report in reports if report.refused_by != "key-unknown"), reports[0])


def _typ(token: str) -> str | None:
    """What the token says it is, so that the claims which that kind must have are asked for."""
    report = explain.examine(token)
    typ = (report.header or {}).get("typ")
    return typ if isinstance(typ, str) else None


def _members(members: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for name, value in members.items():
        said = explain.plain(json.dumps(value, ensure_ascii=False)) + explain.moment(name, value)
        yield explain.plain(name), said, _about("claim", name)


def _about(family: str, name: str) -> str:
    key = f"explorer.{family}.{name}"
    return words.say(key) if words.knows(key) else ""


def _pretty(body: str) -> str:
    try:
        return json.dumps(json.loads(body), ensure_ascii=False, indent=1)
    except (ValueError, RecursionError):
        return body


def _say(key: str, **values: Any) -> str:
    return words.say(f"explorer.inspect.{key}", **values)
