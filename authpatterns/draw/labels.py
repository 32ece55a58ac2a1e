"""What a diagram says about a party, a message, a note or an act: the one place, so that all diagrams say the same.

Secrets appear by fingerprint only. Sentences come from `words`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, reduce
from typing import Any, Literal
from urllib.parse import parse_qsl

from authpatterns import words
from authpatterns.draw.secrets import ended_cookies
from authpatterns.messages import Request, Response, Url
from authpatterns.network import EPOCH
from authpatterns.secrecy import Carried, carried, redact
from authpatterns.trace import Act, Hop, Note, Party, Trace

Outcome = Literal["answer", "absent", "refused", "failed", "late"]

Tone = Literal["note", "no", "refusal", "failure"]

_RANDOM = re.compile(r"(?=[a-zA-Z_-]*[0-9])[\w-]{20,}", re.ASCII)
"""A long name with a digit in it, such as a hash, a key's thumbprint or a reference."""
_MARK, _HASHED = re.compile(r"#([0-9a-f]{6})\b"), re.compile(r"([\w-]+:)([0-9a-f]{6})…")
"""A fingerprint, and a name with a hash that `short` has shortened."""
_FAILURES = ("network.", "jwks.")
_NO = frozenset({"denied", "inactive", "not", "refused"})
"""Words in the last part of a note's code that make it a no."""
_LOOKS_UP = frozenset({"store", "pip"})
"""Kinds of node that look things up: where one finds nothing, it refuses nothing."""
_OWN_FAULT = frozenset({"server_error", "temporarily_unavailable"})
"""Errors of OAuth 2.0 by which a server says that it failed; every other one is a refusal."""
_MOST_SECRETS = 4
_LONGEST_QUERY = 26
_TELLING = ("decision", "active", "error")
"""Members of a JSON answer that say yes or no in one word; a diagram shows them."""
_ORDER = {"query": 0, "header": 1, "cookie": 1, "body": 2}
"""In which order the parts of a message are told, by place."""
_TELLING_IN_ADDRESS = ("error", "prompt")
"""Members of a query that decide what becomes of a request, and are no secret."""


@dataclass(frozen=True, slots=True)
class Label:
    """What stands at an arrow: a `head` above the line, `details` below it."""

    head: str
    details: tuple[str, ...] = ()


def kind_word(party: Party, lang: str, *, down: bool = False) -> str:
    """What kind of thing a party is, for instance "API gateway", and whether it is `down`."""
    key = f"node.kind.{party.kind}"
    kind = words.say(key, lang) if words.knows(key) else party.kind
    return words.say("draw.down", lang, kind=kind) if down else kind


def request_label(request: Request, lang: str) -> Label:
    """Method and path; below, what the query says in one word, and each credential that travels."""
    target = _target(request)
    asked = () if target == request.target else _telling_in(request.target)
    return Label(f"{request.method} {short(target)}", _details(request, asked, (), lang))


def answer_label(response: Response, outcome: Outcome, lang: str) -> Label:
    """Status and reason, in words where it is a no; below, what the answer says and which credential it hands out."""
    head = f"{response.status} {reason(response)}".rstrip()
    if outcome not in ("answer", "absent"):  # the status says by itself that nothing was found
        head += f" · {words.say(f'draw.outcome.{outcome}', lang)}"
    if 300 <= response.status < 400:
        head += f" → {short(_place(response))}"
    sent_on = _telling_in(response.headers.get("location"))
    return Label(head, _details(response, sent_on, telling(response), lang))


def gave_up_label(hop: Hop, lang: str) -> Label:
    """Why there is no answer."""
    waited = span((hop.answered or hop.sent) - hop.sent, lang)
    return Label(words.say(f"draw.fate.{hop.fate}", lang, waited=waited))


def outcome(hop: Hop, parties: Mapping[str, Party], *, late: bool = False) -> Outcome:
    """How an answer counts.

    4xx is a no and 5xx a failure of the other side, and so is a redirect that brings an error. Where a node whose work
    it is to look things up answers 404, it refuses nothing: what was asked for is absent. `late` came when nobody
    waited any more.
    """
    assert hop.response is not None
    if late:
        return "late"
    status, target = hop.response.status, parties.get(hop.target)
    if status == 404 and target is not None and target.kind in _LOOKS_UP:
        return "absent"
    if 300 <= status < 400:
        error = _decisive(hop.response.headers.get("location")).get("error")
        return "answer" if not error else "failed" if error in _OWN_FAULT else "refused"
    return "answer" if hop.response.ok else "refused" if status < 500 else "failed"


def reason(response: Response) -> str:
    """The status in words; "" for a number HTTP does not know."""
    try:
        return response.reason
    except ValueError:
        return ""


def tone(note: Note, hop: Hop | None = None) -> Tone:
    """Whether a note says that something was found out or is not so, or that its node refuses or failed.

    A decision point that answers no, or an identity provider that does not know a token, has done its work: it is
    whoever asked that refuses. So a refusal is a mere no where `hop`, during which the note was made, is answered with
    2xx.
    """
    found = _tone_of(note.code)
    return "no" if found == "refusal" and hop is not None and (hop.status or 0) // 100 == 2 else found


@cache
def _tone_of(code: str) -> Tone:
    if words.knows(f"note.{code}") or not words.knows(f"error.{code}"):
        return "note" if _NO.isdisjoint(re.split(r"[.-]", code)[1:]) else "no"
    return "failure" if code.startswith(_FAILURES) else "refusal"


def note_text(note: Note, lang: str) -> str:
    """The sentence of a note; a code nobody has words for is shown as it is."""
    evidence = {name: shown(value) for name, value in note.evidence}
    for family in ("note", "error"):
        if words.knows(f"{family}.{note.code}"):
            return words.say(f"{family}.{note.code}", lang, **evidence)
    return " ".join([note.code, *(f"{name}={value}" for name, value in evidence.items())])


def act_text(act: Act, lang: str) -> str:
    """What a person did: the title of a group frame."""
    key = f"act.{act.verb}" if words.knows(f"act.{act.verb}") else "draw.act-other"
    detail = short(redact(Request.get(act.detail)).target)  # a path may carry a secret in its query
    return words.say(key, lang, actor=act.actor, verb=act.verb, detail=detail).strip()


def shown(value: Any) -> Any:
    """A value of a note as a person reads it."""
    if isinstance(value, float):
        return f"{value:.6f}".rstrip("0").rstrip(".")
    if isinstance(value, (list, tuple)):
        return ", ".join(str(item) for item in value)
    return short(value) if isinstance(value, str) else value


def short(text: str) -> str:
    """`text` with long random names cut to their first six signs; nobody reads more of them.

    Examples:
        >>> short("/session:c7308490cd6418fc44af43a42f6beab9")
        '/session:c73084…'
    """
    return _RANDOM.sub(lambda found: f"{found[0][:6]}…", text)


def hashed_names(heads: Iterable[str], marks: Iterable[str]) -> list[str]:
    """What stands before a shortened hash that has the digits of one of the fingerprints in `marks`.

    A store may know a secret by its hash, and a key with the digits of a cookie looks like the cookie itself.

    Examples:
        >>> hashed_names(["GET /session:c73084…"], ["__Host-session=opaque#c73084"])
        ['session:']
    """
    digits = {found for mark in marks for found in _MARK.findall(mark)}
    names = (name for head in heads for name, found in _HASHED.findall(head) if found in digits)
    return list(dict.fromkeys(names))


def has_mark(texts: Iterable[str]) -> bool:
    """Whether one of the texts has the fingerprint of a secret in it."""
    return any(_MARK.search(text) for text in texts)


def digits(after: Sequence[str], lang: str) -> str:
    """What the digits after these signs are; "" if there are none."""
    if not after:
        return ""
    signs = reduce(lambda one, other: words.say("draw.and", lang, one=one, other=other), after)
    return words.say("draw.digits", lang, signs=signs)


def clock(seconds: float, lang: str) -> str:
    """A point in virtual time, as `0.012 s`."""
    return words.say("draw.time.seconds", lang, number=_decimal(seconds))


def since(time: float, trace: Trace) -> float:
    """A moment on a trace's own clock: virtual seconds, or those after its first message where it really happened."""
    return time - trace.hops[0].sent if trace.real and trace.hops else time


def origin(trace: Trace, lang: str) -> str:
    """Where a trace comes from: its seed, or that it went over HTTP, and when that began."""
    if not trace.real:
        return words.say("draw.seed", lang, seed=trace.seed)
    return words.say("draw.origin-real", lang, begin=moment(trace.hops[0].sent if trace.hops else 0.0))


def moment(seconds: float) -> str:
    """A point in real time, given as seconds since every story's beginning; UTC."""
    return datetime.fromtimestamp(EPOCH + seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def span(seconds: float, lang: str) -> str:
    """A length of time in the unit that suits it."""
    for unit, size in (("days", 86400.0), ("hours", 3600.0), ("minutes", 60.0)):
        if seconds >= 2 * size or (seconds >= size and seconds % size < 1e-6):
            return words.say(f"draw.time.{unit}", lang, number=_decimal(seconds / size, 1))
    if seconds >= 1:
        return words.say("draw.time.seconds", lang, number=_decimal(seconds))
    return words.say("draw.time.milliseconds", lang, number=_decimal(seconds * 1000))


def _decimal(number: float, places: int = 3) -> str:
    text = f"{number:,.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _target(request: Request) -> str:
    path, mark, query = request.target.partition("?")
    if not query or any(found.place == "query" for found in carried(request)):
        return path
    return path + mark + (query if len(query) <= _LONGEST_QUERY else "…")


def _place(response: Response) -> str:
    """Where a redirect leads, without its query."""
    address = response.headers.get("location")
    if "://" not in address:
        return address.partition("?")[0]
    url = Url.parse(address)
    return url.host + url.target.partition("?")[0]


def _telling_in(address: str) -> tuple[str, ...]:
    """What the query of an address says in one word."""
    query = _decisive(address)
    return tuple(f"?{name}={short(query[name])}" for name in _TELLING_IN_ADDRESS if query.get(name))


def _decisive(address: str) -> dict[str, str]:
    """The query of an address, if it may have one of the members that decide."""
    query = address.partition("?")[2].partition("#")[0]
    return dict(parse_qsl(query)) if any(name in query for name in _TELLING_IN_ADDRESS) else {}


def telling(response: Response) -> tuple[str, ...]:
    """What a JSON answer says in one word: yes, no, or which keys there are."""
    value = response.json()
    if not isinstance(value, dict):
        return ()
    told = [f"{name}: {_plain(value[name])}" for name in _TELLING if isinstance(value.get(name), bool | str)]
    keys = value.get("keys")
    if isinstance(keys, list):
        told.append("keys: " + ", ".join(short(str(key.get("kid", "?"))) for key in keys[:3] if isinstance(key, dict)))
    return tuple(told)


def _plain(value: bool | str) -> str:
    return str(value).lower() if isinstance(value, bool) else value


def _details(message: Request | Response, query: Iterable[str], body: Iterable[str], lang: str) -> tuple[str, ...]:
    """What an address says, then what headers say, then what a body says; in each the open words before the secrets."""
    secrets = _secrets(message, lang)
    shown = secrets if len(secrets) <= _MOST_SECRETS else secrets[: _MOST_SECRETS - 1]
    said = _in_order([*(("query", word) for word in query), *(("body", word) for word in body), *shown])
    left = len(secrets) - len(shown)
    rest = [words.say("draw.more-secrets", lang, count=left)] if left else []
    return (*(text for _, text in said), *rest)


def _secrets(message: Request | Response, lang: str) -> list[tuple[str, str]]:
    """The place and the text of every secret, and of every cookie that is taken away."""
    ended = ended_cookies(message) if isinstance(message, Response) else []
    found = [one for one in carried(message) if one.place != "cookie" or one.name not in ended]
    removed = [("cookie", words.say("draw.cookie-removed", lang, name=name)) for name in ended]
    return _in_order([*((one.place, _secret(message, one)) for one in found), *removed])


def _in_order(said: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return sorted(said, key=lambda part: _ORDER[part[0]])


def _secret(message: Request | Response, found: Carried) -> str:
    mark = found.fingerprint
    if found.place == "cookie":
        return f"{'Cookie' if isinstance(message, Request) else 'Set-Cookie'}: {found.name}={mark}"
    if found.place == "header":
        scheme = message.headers.get(found.name).removesuffix(found.value)
        return f"{found.name.title()}: {scheme}{mark}"
    if found.name == "password":
        return mark
    return f"?{found.name}={mark}" if found.place == "query" else f"{found.name}: {mark}"
