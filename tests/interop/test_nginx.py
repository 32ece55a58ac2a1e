"""nginx with njs in the place of the gateway that trades opaque tokens for JWTs, configured from the deployment."""

import http.client
from contextlib import contextmanager

import outage_of_part
import pytest

from authpatterns import Deployment, Distributed, JwtGateway, Request
from authpatterns.adapters.export import files
from authpatterns.adapters.export.facts import Places
from authpatterns.adapters.http import LOOPBACK, free_port, serve
from authpatterns.adapters.parts import nginx


@contextmanager
def behind_nginx(authn, parts, folder):
    """The running nginx, and the deployment whose gateway it is."""
    folder.mkdir(exist_ok=True)
    with serve(Deployment(authn, Distributed()), keep_secrets=True) as live:
        port = free_port()
        for name, text in files(live.deployment, "nginx", Places(live.urls, LOOPBACK, port)).items():
            (folder / name).write_text(text, "utf-8")
        with parts.prepared("nginx", lambda: nginx.running(folder, port)) as part:
            live.network.bases["gateway"] = part.url
            yield part, live


@pytest.fixture(scope="module")
def gateway(parts, tmp_path_factory):
    with behind_nginx(JwtGateway(), parts, tmp_path_factory.mktemp("nginx")) as running:
        yield running


@pytest.fixture
def live(gateway):
    return gateway[1]


def test_the_story_of_the_pattern_runs_through_nginx(live):
    alice = live.user("alice", "new")
    assert alice.get("/orders/1").status == 401
    assert alice.sign_in().status == 200
    assert alice.get("/orders/1").json()["owner"] == "alice"
    assert alice.get("/orders/1/tracking").json()["carrier"] == "yamato"
    assert alice.get("/orders/2").status == 403
    assert alice.patch("/orders/1", {"gift_message": "x" * 20_000}).status == 200
    assert alice.get("/nowhere").status == 404
    assert alice.refresh().status == 200
    assert alice.get("/orders/1").status == 200
    alice.sign_out()
    assert alice.get("/orders/1").status == 401


def test_opaque_outside_and_a_jwt_inside(live):
    alice = live.user("alice")
    alice.sign_in()
    alice.get("/orders/1")
    outside = alice.last_request.headers.get("authorization").removeprefix("Bearer ")
    inside = [hop for hop in live.trace if hop.target == "orders"][-1].request.headers.get("authorization")
    assert outside.count(".") == 0
    assert inside.removeprefix("Bearer ").count(".") == 2


def test_what_the_gateway_must_not_let_through(live):
    alice = live.user("alice")
    alice.sign_in()
    alice.get("/orders/1")
    token = alice.last_request.headers.get("authorization")
    jwt = [hop for hop in live.trace if hop.target == "orders"][-1].request.headers.get("authorization")
    tries = {
        "nothing": (Request.get("/orders/1"), 401),
        "nonsense": (Request.get("/orders/1", {"authorization": "Bearer nonsense"}), 401),
        "another scheme": (Request.get("/orders/1", {"authorization": token.replace("Bearer", "Basic")}), 401),
        "the JWT that belongs inside": (Request.get("/orders/1", {"authorization": jwt}), 401),
        "an escaped path": (Request.get("/orders%2f1", {"authorization": token}), 400),
        "an escaped segment": (Request.get("/orders/%31", {"authorization": token}), 400),
        "in the query": (Request.get("/orders/1?access_token=" + token.split()[1]), 401),
        "the introspection endpoint": (Request.post("/internal/introspect", form={"token": token.split()[1]}), 404),
        "the gateway's own questions": (Request.post("/_fresh", form={"token": token.split()[1]}), 404),
    }
    for name, (request, status) in tries.items():
        before = reached(live, "orders")
        assert ask(live, request).status == status, name
        assert reached(live, "orders") == before, f"{name}: nginx asked the service"
    assert ask(live, Request.get("/orders/1", {"authorization": token})).status == 200


def test_a_path_with_dots_has_two_readings(gateway):
    part, live = gateway
    alice = live.user("alice")
    alice.sign_in()
    alice.get("/orders/1")
    connection = http.client.HTTPConnection(LOOPBACK, part.port)  # httpx would tidy the path up
    headers = {"Authorization": alice.last_request.headers.get("authorization")}
    connection.request("GET", "/payments/../orders/1", headers=headers)
    assert connection.getresponse().status == 400
    connection.close()


def test_the_cookie_works_and_only_from_the_shops_own_page(parts, tmp_path):
    with behind_nginx(JwtGateway(keep="cookie"), parts, tmp_path / "cookie") as (_, live):
        alice = live.user("alice")
        assert alice.sign_in().status == 200
        assert alice.get("/orders/1").status == 200
        assert alice.patch("/orders/1", {"gift_message": "x"}).status == 200
        (cookie,) = [cookie for cookie in alice.browser.cookies if cookie.name == "__Host-access"]
        headers = {"cookie": f"{cookie.name}={cookie.value}", "host": "shop.example"}
        foreign = Request.post("/orders/1", {**headers, "origin": "https://evil.example"}, json={}, method="PATCH")
        assert ask(live, foreign).status == 403
        assert ask(live, Request.get("/orders/1", {**headers, "authorization": "Bearer x"})).status == 400


@pytest.mark.parametrize(("cache", "questions", "after_sign_out"), [(0, 3, 401), (60, 1, 200)])
def test_nginx_remembers_as_long_as_the_pattern_says(parts, tmp_path, cache, questions, after_sign_out):
    """Asking each time, a sign-out counts at once; remembering, the token lives on for a while, as in the model."""
    with behind_nginx(JwtGateway(cache=cache), parts, tmp_path / "cache") as (_, live):
        alice = live.user("alice")
        alice.sign_in()
        assert [alice.get("/orders/1").status for _ in range(3)] == [200, 200, 200]
        asked = [hop for hop in live.trace if hop.request.path == "/internal/introspect"]
        assert len(asked) == questions
        copied = alice.last_request
        alice.sign_out()
        assert ask(live, copied).status == after_sign_out


def test_what_nginx_remembers_is_on_disk_and_survives_a_restart(parts, tmp_path):
    """The model's gateway forgets; here a new process still answers for a token that has ended meanwhile."""
    with behind_nginx(JwtGateway(cache=60), parts, tmp_path / "disk") as (part, live):
        alice = live.user("alice")
        alice.sign_in()
        assert alice.get("/orders/1").status == 200
        copied = alice.last_request
        alice.sign_out()
        part.stop()
        part.start()
        assert ask(live, copied).status == 200
        bad = Request.get("/orders/1", {"authorization": "Bearer nonsense"})
        before = reached(live, "auth")
        assert [ask(live, bad).status for _ in range(3)] == [401, 401, 401]
        assert reached(live, "auth") == before + 1  # a no is remembered too


def test_a_remembered_jwt_that_is_about_to_expire_is_asked_for_again(parts, tmp_path):
    with behind_nginx(JwtGateway(cache=60, inner_lifetime=2), parts, tmp_path / "dying") as (_, live):
        alice = live.user("alice")
        alice.sign_in()
        assert [alice.get("/orders/1").status for _ in range(2)] == [200, 200]
        assert reached(live, "auth") >= 1 + 2


def test_without_the_auth_service_nobody_gets_in(parts, tmp_path):
    with behind_nginx(JwtGateway(), parts, tmp_path / "alone") as (part, live):
        alice = live.user("alice")
        alice.sign_in()
        config = tmp_path / "alone" / "nginx.conf"
        auth = live.urls["auth"].removeprefix("http://")
        config.write_text(config.read_text("utf-8").replace(auth, f"{LOOPBACK}:{free_port()}"), "utf-8")
        part.restart()
        assert alice.get("/orders/1").status == 503


@pytest.mark.parametrize("fault", ["down", "restarted"])
def test_killing_nginx_gives_what_the_outage_lab_predicts(gateway, fault):
    part, live = gateway
    assert outage_of_part.measured(live, part, fault) == outage_of_part.predicted("jwt-gateway", "gateway", fault)


def reached(live, node):
    return sum(hop.target == node for hop in live.trace)


def ask(live, request):
    """Send a request to nginx as it stands, from a machine that is no browser."""
    return live.run(live.visitor("program").browser.call("gateway", request))
