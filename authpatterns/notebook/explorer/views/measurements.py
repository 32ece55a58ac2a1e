"""What it cost: messages, bytes, virtual time, calls to each part, and what the patterns say of themselves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from authpatterns import words
from authpatterns.draw import labels
from authpatterns.messages import Request, Response
from authpatterns.notebook.display import Shown, html_of, table, text_of
from authpatterns.notebook.explorer.play import Play, play
from authpatterns.notebook.explorer.scene import Scene
from authpatterns.secrecy import carried
from authpatterns.trace import Act, Hop, Trace


@dataclass(frozen=True)
class Cost:
    """What some hops cost.

    Attributes:
        messages: Requests and answers.
        size: Bytes of all of them, as HTTP/1.1 writes them.
        credentials: Bytes of that which are credentials.
        seconds: From the first request to the last answer, in virtual time.
    """

    messages: int
    size: int
    credentials: int
    seconds: float


def show(scene: Scene) -> Shown:
    """Three tables."""
    done = play(scene)
    tables = [_acts(done.trace), _calls(done.trace), _declared(done)]
    return Shown("\n\n".join(map(text_of, tables)), html_of(tables))


def cost(hops: Iterable[Hop]) -> Cost:
    """What `hops` cost together."""
    listed = list(hops)
    messages = [message for hop in listed for message in (hop.request, hop.response) if message is not None]
    ends = [hop.sent if hop.answered is None else hop.answered for hop in listed]
    return Cost(
        len(messages),
        sum(map(size, messages)),
        sum(found.size for message in messages for found in carried(message)),
        max(ends) - min(hop.sent for hop in listed) if listed else 0.0,
    )


def size(message: Request | Response) -> int:
    """Bytes of a message as HTTP/1.1 writes it.

    Examples:
        >>> size(Request.get("/orders/1"))
        26
    """
    if isinstance(message, Request):
        first = f"{message.method} {message.target} HTTP/1.1"
    else:
        first = f"HTTP/1.1 {message.status} {labels.reason(message)}"
    lines = [first, *(f"{name}: {value}" for name, value in message.headers), "", message.body]
    return len("\r\n".join(lines).encode())


def _acts(trace: Trace) -> Shown:
    rows = [_row(_name(act), [hop for hop in trace if hop.act == act.id]) for act in trace.acts]
    rows.append(_row(words.say("explorer.measure.all"), trace.hops))
    return table(rows, caption="explorer.measure.acts", headings="explorer.measure")


def _name(act: Act) -> str:
    return labels.act_text(act, words.language())


def _row(name: str, hops: list[Hop]) -> dict[str, object]:
    spent = cost(hops)
    return {
        "act": name,
        "messages": spent.messages,
        "bytes": spent.size,
        "credentials": spent.credentials,
        "time": _span(spent.seconds),
    }


def _span(seconds: float) -> str:
    lang = words.language()
    return labels.span(seconds, lang) if seconds else labels.clock(0, lang)


def _calls(trace: Trace) -> Shown:
    parties = [party for party in trace.parties.values() if party.zone != "client"]
    rows = [{"part": party.name, "calls": sum(hop.target == party.name for hop in trace)} for party in parties]
    return table(rows, caption="explorer.measure.parts", headings="explorer.measure")


def _declared(done: Play) -> Shown:
    rows = [
        {"declared": words.say(f"explorer.declared.{name}"), "length": _span(value)} for name, value in done.declared
    ]
    return table(rows, caption="explorer.measure.windows", headings="explorer.measure")
