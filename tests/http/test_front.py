"""The doors and the front page of a served deployment, as programs and careless clients see them."""

import json
import re
import socket

import httpx
import pytest

from authpatterns import Deployment, Distributed, catalogue, words
from authpatterns.__main__ import main
from authpatterns.adapters.front.command import serving
from authpatterns.adapters.front.origins import Origins, local_origin
from authpatterns.adapters.http import free_port
from authpatterns.authn import Jwt
from authpatterns.errors import Misuse
from authpatterns.messages import Headers, Request, Response

ORIGINS = Origins({"https://shop.example": "http://shop.localhost:1", "https://id.example": "http://id.localhost:2"})


# --- names


def test_names_are_changed_on_the_way_in_as_a_proxy_does_that_ends_tls():
    came = {"host": "shop.localhost:1", "origin": "http://id.localhost:2", "referer": "http://shop.localhost:1/a?b"}
    request = ORIGINS.inward(Request.get("/orders/1?x=http://shop.localhost:1", came), "https://shop.example")
    assert dict(request.headers) == {
        "host": "shop.example",
        "origin": "https://id.example",
        "referer": "https://shop.example/a?b",
    }
    assert request.target == "/orders/1?x=http://shop.localhost:1"


@pytest.mark.parametrize(
    "origin", ["http://evil.localhost:1", "null", "http://shop.localhost:9", "https://shop.example"]
)
def test_a_foreign_origin_stays_what_it_is(origin):
    request = ORIGINS.inward(Request.get("/", {"origin": origin}), "https://shop.example")
    assert request.headers.get("origin") == origin


def test_addresses_are_changed_on_the_way_out_and_parameters_are_not():
    location = "https://id.example/authorize?redirect_uri=https%3A%2F%2Fshop.example%2Fcallback"
    page = '<form action="https://id.example/sign-in"><a href="https://elsewhere.example/">https://id.example</a>'
    answer = ORIGINS.outward(
        Response(
            200,
            page,
            Headers.of(
                {
                    "location": location,
                    "access-control-allow-origin": "https://shop.example",
                    "content-security-policy": "default-src 'none'; form-action https://id.example",
                    "content-type": "text/html; charset=utf-8",
                }
            ),
        )
    )
    assert answer.headers.get("location") == location.replace("https://id.example", "http://id.localhost:2")
    assert answer.headers.get("access-control-allow-origin") == "http://shop.localhost:1"
    assert answer.headers.get("content-security-policy").endswith("http://id.localhost:2")
    assert answer.body == page.replace('"https://id.example/sign-in', '"http://id.localhost:2/sign-in')


@pytest.mark.parametrize(
    "location", ["/here", "https://shop.example.evil.example/", "https://id.example@evil.example/"]
)
def test_an_address_that_only_looks_like_ours_is_left_alone(location):
    assert ORIGINS.address(location) == location


def test_json_is_never_touched():
    body = '{"issuer":"https://id.example"}'
    assert ORIGINS.outward(Response(200, body, Headers.of({"content-type": "application/json"}))).body == body


def test_a_host_keeps_its_labels_so_that_sites_stay_sites():
    assert local_origin("https://orders.shop.example", 7) == "http://orders.shop.localhost:7"


# --- a shop that is being served


@pytest.fixture(scope="module")
def site():
    with serving(catalogue.deploy("session"), 0, lang="en") as site:
        yield site


class Client:
    """Speaks to a door under the door's own name, whatever the machine's resolver knows."""

    def __init__(self, site, public="https://shop.example"):
        self.local = site.origins.local[public]
        self.host = self.local.removeprefix("http://")
        self.port = int(self.local.rpartition(":")[2])
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", trust_env=False, timeout=60)

    def send(self, method, path, headers=(), **more):
        return self.http.request(method, path, headers={"host": self.host, **dict(headers)}, **more)

    def sign_in(self, name="alice"):
        word = {"username": name, "password": f"{name}'s password"}
        answer = self.send("POST", "/auth/sign-in", {"origin": self.local}, data=word)
        return {"cookie": answer.headers["set-cookie"].partition(";")[0]}


@pytest.fixture
def client(site):
    client = Client(site)
    yield client
    client.http.close()


def test_what_a_visitor_does_goes_through_the_door_and_stands_in_the_trace(site, client):
    cookie = client.sign_in()
    assert client.send("GET", "/orders/1", cookie).json()["owner"] == "alice"
    assert client.send("GET", "/orders/2", cookie).status_code == 403
    last = site.live.trace.hops[-2]
    assert (last.source, last.target, last.request.headers.get("host")) == ("visitor", "orders", "shop.example")
    assert re.fullmatch(r"__Host-session=opaque#[0-9a-f]{6}", last.request.headers.get("cookie"))


def test_a_form_that_another_page_sends_is_refused_at_the_door_as_in_the_model(client):
    word = {"username": "alice", "password": "alice's password"}
    for origin in ("http://evil.localhost", "null", f"http://127.0.0.1:{client.port}"):
        assert client.send("POST", "/auth/sign-in", {"origin": origin}, data=word).status_code == 403


@pytest.mark.parametrize("host", ["evil.example", "shop.localhost", "id.localhost:1", ""])
def test_a_name_that_only_leads_here_is_misdirected(client, site, host):
    """DNS rebinding: a page of evil.example that speaks to this address would be of one origin with it."""
    before = len(site.live.trace)
    answer = client.http.get("/orders/1", headers={"host": host})
    assert answer.status_code == 421
    assert len(site.live.trace) == before
    console = httpx.get(site.console + "/live", headers={"host": host or "x"}, trust_env=False, timeout=60)
    assert console.status_code == 421


def test_the_page_says_what_is_clicked_and_nobody_else_may(site, client):
    own = {"origin": client.local}
    said = {"verb": "get", "detail": '/orders/1"<script>'}
    assert client.send("POST", "/.page/act", own, content=json.dumps(said)).status_code == 204
    act = site.live.trace.acts[-1]
    assert (act.actor, act.verb, act.detail) == ("visitor", "get", '/orders/1\\"<script>')
    client.send("GET", "/orders/1")
    assert site.live.trace.hops[-1].act == act.id
    assert (
        client.send("POST", "/.page/act", {"origin": "http://evil.example"}, content=json.dumps(said)).status_code
        == 403
    )
    for nonsense in ("", "[]", "{}", '{"verb": "rob"}', "{" * 10_000):
        assert client.send("POST", "/.page/act", own, content=nonsense).status_code == 400


def test_files_of_the_page_and_nothing_else(client):
    assert client.send("GET", "/.page/shop.js").headers["content-type"].startswith("text/javascript")
    assert client.send("GET", "/.page/../page.py").status_code in (400, 404)
    assert client.send("GET", "/.page/console.html").status_code == 404
    assert client.send("GET", "/favicon.ico").status_code == 404
    assert client.send("GET", "/nowhere").status_code == 404
    page = client.send("GET", "/")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    config = json.loads(re.search(r'id="config">(.+)</script>', page.text)[1])
    assert (config["kind"], config["renewable"], config["origin"]) == ("cookie", False, "https://shop.example")


def test_the_front_page_shows_the_last_thing_done_in_both_languages(site, client):
    client.sign_in()
    console = httpx.Client(base_url=site.console, trust_env=False, timeout=60)
    for lang in words.LANGUAGES:
        page = console.get("/", params={"lang": lang})
        assert words.say("page.console.loopback", lang, host="127.0.0.1") in page.text
        assert "http://shop.localhost" in page.text
        live = console.get("/live", params={"lang": lang, "acts": "1"}).json()
        assert live["sequence"]["svg"].startswith("<svg")
        assert words.say("note.sign-in.checked", lang, subject="alice") in live["sequence"]["text"]
        assert "alice's password" not in json.dumps(live)
        assert console.get("/live", params={"seen": live["version"]}).status_code == 204
    assert console.get("/", params={"lang": "xx"}).status_code == 200
    assert console.get("/live", params={"acts": "²"}).status_code == 200
    assert console.post("/").status_code == 405
    assert console.get("/style.css").status_code == 200
    assert console.get("/nowhere").status_code == 404
    trace = console.get("/trace.json").json()
    assert all("alice's password" not in json.dumps(hop) for hop in trace["hops"])
    console.close()


def raw(port, data):
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(data)
        return connection.recv(65_536)


BAD = {
    "headers too large": (b"GET / HTTP/1.1\r\nhost: %s\r\nx: " + b"a" * 20_000 + b"\r\n\r\n", (400, 431)),
    "body too large": (b"POST /orders/1 HTTP/1.1\r\nhost: %s\r\ncontent-length: 99999999\r\n\r\n", (413,)),
    "bad UTF-8": (b"POST /auth/sign-in HTTP/1.1\r\nhost: %s\r\ncontent-length: 2\r\n\r\n\xff\xfe", (400,)),
    "two hosts": (b"GET / HTTP/1.1\r\nhost: %s\r\nhost: evil.example\r\n\r\n", (400,)),
    "absolute-form target": (b"GET http://evil.example/ HTTP/1.1\r\nhost: %s\r\n\r\n", (400,)),
    "two authorizations": (b"GET / HTTP/1.1\r\nhost: %s\r\nauthorization: a\r\nauthorization: b\r\n\r\n", (400,)),
    "path with two readings": (b"GET /orders//1 HTTP/1.1\r\nhost: %s\r\n\r\n", (400, 401, 404)),
    "not HTTP": (b"\x16\x03\x01%s\r\n\r\n", (400,)),
}


@pytest.mark.parametrize(("data", "expected"), BAD.values(), ids=BAD)
def test_bad_input_gets_a_clear_answer_at_a_door_and_at_the_front_page(site, client, data, expected):
    for port, host in ((client.port, client.host), (int(site.console.rpartition(":")[2]), site.console[7:])):
        answer = raw(port, data.replace(b"%s", host.encode()))
        assert int(answer.split(b" ")[1]) in expected
        assert b"Traceback" not in answer
    assert site.live.network.bugs == []


# --- the sso door


def test_signing_in_leads_through_the_doors_of_three_sites_and_back():
    with serving(catalogue.deploy("sso"), 0, lang="en") as site:
        orders = Client(site, "https://orders.shop.example")
        there = orders.send("GET", "/sso/sign-in?return_to=/")
        provider = site.origins.local["https://id.example"]
        assert there.headers["location"].startswith(f"{provider}/authorize?")
        assert "redirect_uri=https%3A%2F%2Forders.shop.example%2Fsso%2Fcallback" in there.headers["location"]
        idp = Client(site, "https://id.example")
        form = idp.send("GET", there.headers["location"].removeprefix(provider))
        assert f'action="{provider}/sign-in"' in form.text
        assert idp.send("GET", "/").status_code == 404  # the provider's origin is not the shop's: no page of ours there
        orders.http.close()
        idp.http.close()


def test_the_page_at_the_callback_is_the_shops_and_keeps_the_nodes_headers():
    with serving(catalogue.deploy("sso-gateway"), 0, lang="en") as site:
        shop = Client(site)
        page = shop.send("GET", "/callback?code=x&state=y")
        assert 'src="/.page/shop.js"' in page.text
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers.get_list("content-type") == ["text/html; charset=utf-8"]
        assert site.live.trace.hops[-1].target == "gateway"
        shop.http.close()


# --- the command


def test_the_command_says_where_everything_is_and_who_can_reach_it(capsys, monkeypatch):
    monkeypatch.setattr("authpatterns.adapters.http.Live.wait", lambda self: None)
    port = free_port()
    assert main(["serve", "jwt", "--port", str(port), "--lang", "en"]) == 0
    said = capsys.readouterr().out
    assert f"Front page: http://127.0.0.1:{port}/" in said
    assert f"https://shop.example is found at http://shop.localhost:{port + 1}/" in said
    assert "127.0.0.1 alone" in said
    assert main(["serve", "jwt", "--port", str(port), "--host", "0.0.0.0", "--lang", "ja"]) == 0
    assert words.say("page.console.exposed", "ja", host="0.0.0.0") in capsys.readouterr().out


def test_a_taken_port_and_an_unknown_pattern_are_said_to_be(capsys):
    port = free_port()  # the next ones are free, too
    with socket.create_server(("127.0.0.1", port)):
        assert main(["serve", "jwt", "--port", str(port), "--lang", "en"]) == 2
        assert str(port) in capsys.readouterr().err
    assert main(["serve", "kerberos", "--lang", "en"]) == 2


def test_without_the_extra_it_says_what_to_install(capsys, monkeypatch):
    monkeypatch.setattr("authpatterns.adapters.front.command.find_spec", lambda name: None)
    assert main(["serve", "jwt", "--lang", "en"]) == 2
    assert "authpatterns[http]" in capsys.readouterr().err


def test_a_front_end_without_a_page_is_named():
    class Strange(Jwt):
        name = "strange"

        def front_end(self):
            return object()

    with pytest.raises(Misuse, match="strange"), serving(Deployment(Strange(), Distributed()), 0):
        pass
