"""Traces that no pattern makes: any tree of messages, any names, any text, for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

from authpatterns.messages import FORM, JSON, Headers, Request, Response
from authpatterns.trace import Hop, Note, Party, Trace

KINDS = ("browser", "gateway", "auth", "idp", "store", "pdp", "service", "something-else")
ZONES = ("client", "edge", "inside", "outside")
SECRET = "s3cret-" + "x" * 20
NAMES = ("alice", "bob", "gateway", "auth", "注文サービス", "a-very-long-service-name-of-somebody")
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x7f"), max_size=40)
PATHS = st.one_of(
    st.sampled_from(["/", "/orders/1", "/callback?code=1&state=2", "/" + "x" * 90, "/日本語の経路/とても長い名前"]),
    TEXT.map(lambda text: "/" + text),
)
BODIES = (
    ("", ""),
    ("", "\x00"),
    (FORM, f"password={SECRET}&code=1"),
    (FORM, "&&=;"),
    (JSON, f'{{"refresh_token": "{SECRET}"}}'),
    (JSON, "[1"),
)
CODES = ("sign-in.checked", "token.verified", "sign-in.failed", "network.timeout", "no-such-code")


@st.composite
def requests(draw: st.DrawFn) -> Request:
    lines = draw(
        st.lists(
            st.sampled_from(
                [
                    ("authorization", f"Bearer {SECRET}"),
                    ("cookie", f"__Host-session={SECRET}; other=1"),
                ]
            ),
            max_size=3,
        )
    )
    kind, body = draw(st.sampled_from(BODIES))
    lines += [("content-type", kind)] if kind else []
    return Request(draw(st.sampled_from(["GET", "POST", "PATCH"])), draw(PATHS), Headers(tuple(lines)), body)


@st.composite
def responses(draw: st.DrawFn) -> Response:
    status = draw(st.sampled_from([200, 204, 299, 303, 400, 401, 403, 404, 500, 503]))
    lines = draw(
        st.lists(
            st.sampled_from(
                [
                    ("set-cookie", f"s={SECRET}; Path=/; HttpOnly"),
                    ("location", f"https://id.example/callback?code={SECRET}"),
                    ("location", "/here"),
                ]
            ),
            max_size=3,
        )
    )
    bodies = [
        "",
        '{"decision": false}',
        f'{{"access_token": "{SECRET}"}}',
        '{"error": "invalid_token"}',
        "[1",
        "\x01<b>",
    ]
    return Response(status, draw(st.sampled_from(bodies)), Headers((*lines, ("content-type", JSON))))


@st.composite
def traces(draw: st.DrawFn, *, most: int = 14) -> Trace:
    """A trace of up to `most` events more or less as a network would write it: answers after requests, in any order."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=5, unique=True))
    trace = Trace(draw(st.integers(0, 99)))
    for name in names:
        trace.parties[name] = Party(name, draw(st.sampled_from(KINDS)), draw(st.sampled_from(ZONES)))
    waiting: list[Hop] = []
    silent: list[Hop] = []
    now = 0.0
    for _ in range(draw(st.integers(0, most))):
        now += draw(st.sampled_from([0.0, 0.001, 0.01, 2.5, 960.0]))
        step = draw(st.sampled_from(["act", "send", "send", "answer", "answer", "give up", "late", "note"]))
        if step == "act":
            trace.begin_act(draw(st.sampled_from(names)), draw(st.sampled_from(["sign-in", "get", "odd"])), draw(PATHS))
        elif step == "send":
            act = trace.acts[-1].id if trace.acts and draw(st.booleans()) else None
            parent = draw(st.sampled_from([None, *(hop.id for hop in waiting)]))
            source, target = draw(st.sampled_from(names)), draw(st.sampled_from(names))
            waiting.append(trace.send(now, source, target, draw(requests()), parent, act))
        elif step == "answer" and waiting:
            trace.answer(now, waiting.pop(draw(st.integers(0, len(waiting) - 1))), draw(responses()))
        elif step == "give up" and waiting:
            hop = waiting.pop()
            trace.give_up(now, hop, draw(st.sampled_from(["timeout", "unreachable"])))
            silent.append(hop)
        elif step == "late" and silent:
            trace.answer(now, silent.pop(), draw(responses()))
        elif step == "note":
            hop_id = draw(st.sampled_from([None, *(hop.id for hop in waiting)]))
            evidence = (("subject", draw(TEXT)), ("seconds_left", 899))
            trace.note(Note(draw(st.sampled_from(names)), hop_id, now, draw(st.sampled_from(CODES)), evidence))
    return trace
