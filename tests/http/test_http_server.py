"""What comes from the network may be anything: a clear 4xx, never a traceback, and the server lives on."""

import asyncio
import json
import socket
from contextlib import ExitStack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authpatterns.adapters import http
from authpatterns.adapters.asgi import Limits
from authpatterns.adapters.http import free_port, serve
from authpatterns.errors import Misuse, Timeout, Unreachable
from authpatterns.messages import Request, Response
from authpatterns.network import current_hop
from authpatterns.node import Node, route


class Echo(Node):
    """Says what it has heard."""

    @route("GET", "/hello")
    async def hello(self, request):
        return Response.of({"headers": dict(request.headers), "target": request.target})

    @route("POST", "/json")
    async def read(self, request):
        return Response.of({"heard": request.json()})

    @route("POST", "/text")
    async def text(self, request):
        return Response(200, request.body)

    @route("GET", "/bug")
    async def bug(self, request):
        raise ZeroDivisionError("a secret in a traceback")

    @route("GET", "/injected")
    async def injected(self, request):
        return Response.redirect("/a\r\nset-cookie: session=mallory")

    @route("GET", "/other")
    async def other(self, request):
        return await self.call("other", Request.get("/hello"))


LIMITS = Limits(header_bytes=4_096, body_bytes=10_000, target_bytes=2_000, patience=0.3)


@pytest.fixture(scope="module")
def live():
    with serve([Echo("echo"), Echo("other")], limits=LIMITS) as live:
        yield live


def raw(live, data, name="echo"):
    """What comes back for these very bytes."""
    host, port = live.urls[name].removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(data)
        received = b""
        while chunk := connection.recv(65_536):
            received += chunk
            head, mark, body = received.partition(b"\r\n\r\n")
            sizes = [
                int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
            ]
            if mark and sizes and len(body) >= sizes[0]:
                break
    return received


def status(answer):
    assert answer.startswith(b"HTTP/1.1 "), answer
    return int(answer.split(b" ")[1])


def post(body, path="/json", headers=b"content-type: application/json\r\n"):
    return b"POST %s HTTP/1.1\r\nhost: x\r\n%scontent-length: %d\r\n\r\n%s" % (path.encode(), headers, len(body), body)


def get(path=b"/hello", headers=b""):
    return b"GET %s HTTP/1.1\r\nhost: x\r\n%s\r\n" % (path, headers)


BAD = {
    "headers too large": (get(headers=b"x-long: " + b"a" * 5_000 + b"\r\n"), {431}),
    "far too large headers": (get(headers=b"x-long: " + b"a" * 50_000 + b"\r\n"), {400, 431}),
    "endless header": (b"GET /hello HTTP/1.1\r\nx: " + b"a" * 100_000, {400, 431}),
    "too many headers": (get(headers=b"".join(b"x-%d: 1\r\n" % n for n in range(1_000))), {431}),
    "target too long": (get(b"/hello?" + b"a" * 3_000), {414}),
    "body too large": (post(b"1" * 20_000), {413}),
    "body said to be too large": (b"POST /json HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999999\r\n\r\n", {413}),
    "chunked body too large": (
        b"POST /json HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n" + b"1000\r\n" + b"a" * 4096 + b"\r\n"
        b"1000\r\n" + b"a" * 4096 + b"\r\n1000\r\n" + b"a" * 4096 + b"\r\n0\r\n\r\n",
        {413},
    ),
    "length that is no number": (b"POST /json HTTP/1.1\r\nhost: x\r\ncontent-length: ten\r\n\r\n", {400}),
    "two lengths": (b"POST /json HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n1", {400}),
    "length and chunks": (
        b"POST /json HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        {200, 400},  # RFC 9112 section 6.3: chunks win, or it is refused
    ),
    "broken JSON": (post(b'{"a": '), {400}),
    "no JSON": (post(b""), {400}),
    "bad UTF-8": (post(b'{"a": "\xff"}'), {400}),
    "bad UTF-8 in a header": (get(headers=b"x-name: \xff\xfe\r\n"), {400}),
    "control character in a header": (get(headers=b"x-name: a\x01b\r\n"), {400}),
    "two hosts": (b"GET /hello HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n", {400}),
    "no host": (b"GET /hello HTTP/1.1\r\n\r\n", {400}),
    "two authorizations": (get(headers=b"authorization: Bearer a\r\nauthorization: Bearer b\r\n"), {400}),
    "two content types": (post(b"1", headers=b"content-type: text/plain\r\ncontent-type: application/json\r\n"), {400}),
    "absolute-form target": (b"GET http://evil.example/hello HTTP/1.1\r\nhost: x\r\n\r\n", {400}),
    "asterisk-form target": (b"OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n", {400}),
    "authority-form target": (b"CONNECT evil.example:443 HTTP/1.1\r\nhost: x\r\n\r\n", {400}),
    "folded header": (b"GET /hello HTTP/1.1\r\nhost: x\r\nx-a: 1\r\n  2\r\n\r\n", {200, 400}),
    "not HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", {400}),
    "another protocol": (b"GET /hello SPDY/3\r\n\r\n", {400}),
    "path with two readings": (get(b"/a/../hello"), {400}),
    "encoded path": (get(b"/%68ello"), {400}),
    "double slash": (get(b"//hello"), {400}),
    "unknown path": (get(b"/nowhere"), {404}),
    "unknown method": (b"BREW /hello HTTP/1.1\r\nhost: x\r\n\r\n", {404}),
}


@pytest.mark.parametrize(("data", "expected"), BAD.values(), ids=BAD)
def test_bad_input_gets_a_clear_answer(live, data, expected):
    answer = raw(live, data)
    assert status(answer) in expected
    assert b"Traceback" not in answer
    assert b'File "' not in answer
    assert status(raw(live, get())) == 200


@pytest.mark.parametrize(
    "data",
    [b"", b"GET /hel", b"GET /hello HTTP/1.1\r\nhost: x\r\nx-slow: ", post(b"12345")[:-3]],
    ids=["nothing", "half a line", "half the headers", "half the body"],
)
@pytest.mark.parametrize("before", [b"", get()], ids=["first request", "second request"])
def test_a_slow_client_is_not_waited_for(live, data, before):
    if before and not data:
        return  # a quiet connection that has been used is closed by the keep-alive timer, without a word
    host, port = live.urls["echo"].removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        if before:
            connection.sendall(before)
            assert b" 200 " in connection.recv(65_536)
        connection.sendall(data)
        received = b""
        while chunk := connection.recv(65_536):
            received += chunk
    assert b" 408 " in received


@settings(max_examples=100, deadline=None)
@given(body=st.binary(max_size=300), path=st.sampled_from(["/json", "/text", "/hello", "/bug?"]))
def test_no_body_makes_the_server_fall_over(live, body, path):
    answer = raw(live, post(body, path))
    assert status(answer) in (200, 400, 404)


@settings(max_examples=100, deadline=None)
@given(line=st.binary(min_size=1, max_size=80).filter(lambda line: b"\n" not in line and b"\r" not in line))
def test_no_request_line_makes_the_server_fall_over(live, line):
    assert status(raw(live, line + b" HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")) in (200, 400, 404, 414)


@pytest.mark.parametrize("target", [b"http://evil.example/hello", b"*", b"hello"])
def test_a_target_that_is_no_path_never_reaches_a_node(live, target):
    before = len(live.trace)
    answer = raw(live, get(target))
    assert answer.endswith(b'{"error":"request_target"}')
    assert len(live.trace) == before


def test_text_of_any_script_passes_unchanged(live):
    text = "認証と認可 🔑 ascii"
    assert raw(live, post(text.encode(), "/text")).endswith(text.encode())


def test_a_bug_in_a_node_is_a_500_that_says_nothing_and_is_raised_where_it_is_served(caplog):
    def story():
        with serve([Echo("echo")]) as live:
            answer = raw(live, get(b"/bug"))
            assert status(answer) == 500
            assert answer.endswith(b'{"error":"server_error"}')
            assert status(raw(live, get())) == 200

    with pytest.raises(ZeroDivisionError):
        story()
    assert "ZeroDivisionError" in caplog.text


def test_nobody_writes_header_lines_through_a_node(live):
    answer = raw(live, get(b"/injected"))
    assert status(answer) == 500
    assert b"mallory" not in answer


def test_only_loopback_is_listened_on(live):
    assert all(url.startswith("http://127.0.0.1:") for url in live.urls.values())


def test_ports_can_be_chosen_and_a_taken_one_is_said_to_be():
    port = free_port()
    with serve([Echo("echo")], ports={"echo": port}) as live:
        assert live.urls == {"echo": f"http://127.0.0.1:{port}"}
        with pytest.raises(Misuse, match=str(port)), serve([Echo("echo")], ports={"echo": port}):
            pass
    with serve([Echo("echo")], ports={"echo": port}):
        pass  # it is free again at once


def test_a_free_port_is_never_one_that_an_outgoing_connection_may_take():
    found = [free_port() for _ in range(300)]
    assert len(set(found)) == len(found)
    assert max(found) < 32_768


def test_where_no_port_is_free_it_is_said():
    with pytest.raises(Misuse, match=r"192\.0\.2\.1.* 20000 .* 31999"):
        free_port("192.0.2.1")  # an address that no machine has: nothing can listen there


# --- who caused what


def test_a_visitor_is_drawn_and_what_it_causes_hangs_below(live):
    before = len(live.trace)
    raw(live, get(b"/other"))
    first, second = live.trace.hops[before:]
    assert (first.source, first.target, first.parent) == ("visitor", "echo", None)
    assert (second.source, second.target, second.parent) == ("echo", "other", first.id)
    assert first.status == second.status == 200


def test_the_cause_is_not_seen_by_the_node_and_cannot_be_forged(live):
    before = len(live.trace)
    forged = b"traceparent: 00-%s-%016x-01\r\n" % (b"0" * 32, 1)
    answer = raw(live, get(headers=forged))
    assert b"traceparent" not in answer
    (hop,) = live.trace.hops[before:]
    assert (hop.source, hop.parent) == ("visitor", None)


@pytest.mark.parametrize(("of_this_run", "target"), [(True, "other"), (False, "echo"), (False, "other")])
def test_an_open_hop_is_believed_only_from_this_run_and_at_its_own_target(live, of_this_run, target):
    """Somebody outside names a hop that is under way."""
    network, seen = live.network, []

    async def forge(request, proceed):
        if request.path != "/text":
            return await proceed(request)
        run = network._id if of_this_run else "1" * 32
        forged = f"traceparent: 00-{run}-{current_hop.get():016x}-01\r\n".encode()
        seen.append(await asyncio.to_thread(raw, live, get(headers=forged), target))
        return await proceed(request)

    echo = network.nodes["echo"]
    echo.inbound.append(forge)
    before = len(live.trace)
    try:
        raw(live, get(b"/text"))
    finally:
        echo.inbound.remove(forge)
    sources = [hop.source for hop in live.trace.hops[before:]]
    assert set(sources) == {"visitor"}
    assert len(seen) == len(sources) - 1


def test_a_node_cannot_be_called_that_is_not_there(live):
    async def story():
        await live.network.call("echo", "nobody", Request.get("/"))

    with pytest.raises(Misuse):
        live.run(story())


def test_an_address_nobody_serves_is_unreachable(live):
    with pytest.raises(Unreachable):
        live.network.owner("https://nobody.example/")
    assert live.network.owner(live.urls["echo"] + "/hello") == "echo"


class Rude:
    """A server that is none: it answers with these bytes, or not at all."""

    def __init__(self, answer):
        import threading

        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.answer = answer
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        connection, _ = self.socket.accept()
        with connection:
            connection.recv(65_536)
            if self.answer is None:
                connection.settimeout(5)
                connection.recv(1)  # until the other side gives up
            else:
                connection.sendall(self.answer)

    def close(self):
        self.thread.join()
        self.socket.close()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (None, Timeout),
        (b"", Unreachable),
        (b"garbage\r\n\r\n", Unreachable),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc", Unreachable),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 3000000\r\n\r\n" + b"a" * 3_000_000, Unreachable),
    ],
    ids=["nothing", "closed at once", "not HTTP", "cut off", "too large"],
)
def test_an_answer_that_cannot_be_used_is_a_failed_network(answer, error):
    rude = Rude(answer)
    with serve([Echo("echo")], external={"rude": rude.url}, patience=0.5) as live:

        async def ask():
            return await live.network.call("echo", "rude", Request.get("/"))

        with pytest.raises(error):
            live.run(ask())
        assert live.trace.parties["rude"].zone == "outside"
    rude.close()


def test_an_answer_in_bad_utf_8_is_read_as_garbage_and_not_as_a_failure():
    rude = Rude(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n\xff\xfe")
    with serve([Echo("echo")], external={"rude": rude.url}) as live:

        async def ask():
            return await live.network.call("echo", "rude", Request.get("/"))

        answer = live.run(ask())
    rude.close()
    assert (answer.status, answer.body) == (200, "��")
    assert json.dumps(answer.json()) == "null"


def test_an_answer_is_sent_at_once_and_does_not_wait_for_the_acknowledgement_of_its_head():
    """asyncio sets TCP_NODELAY on what is accepted only where the listening socket says that it is TCP."""
    with ExitStack() as opened:
        door = http._listen(opened, "127.0.0.1", 0)
        opened.enter_context(socket.create_connection(door.getsockname()))
        accepted, _ = door.accept()
        opened.enter_context(accepted)
        assert accepted.proto == socket.IPPROTO_TCP
