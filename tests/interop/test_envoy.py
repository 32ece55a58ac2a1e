"""Envoy in the place of the gateway, configured from the deployment."""

import outage_of_part
import pytest

from authpatterns import Deployment, Distributed, Request, SsoGateway
from authpatterns.adapters.export import files
from authpatterns.adapters.export.facts import Places
from authpatterns.adapters.http import LOOPBACK, free_port, serve
from authpatterns.adapters.parts import envoy
from authpatterns.keys import demo_key
from authpatterns.messages import Headers

AUTHN = SsoGateway(verify="jwks")


@pytest.fixture(scope="module")
def gateway(parts, tmp_path_factory):
    """The running Envoy, and the deployment whose gateway it is."""
    config, port = tmp_path_factory.mktemp("envoy") / "envoy.yaml", free_port()
    with serve(Deployment(AUTHN, Distributed()), keep_secrets=True) as live:
        places = Places(live.urls, LOOPBACK, port)
        config.write_text(files(live.deployment, "envoy", places)["envoy.yaml"], "utf-8")
        with parts.prepared("envoy", lambda: envoy.running(config, port)) as part:
            live.network.bases["gateway"] = part.url
            yield part, live


@pytest.fixture
def live(gateway):
    part, live = gateway
    if not part.alive:
        part.start()
    return live


@pytest.fixture
def alice(live):
    alice = live.user("alice")
    assert alice.sign_in().status == 200
    return alice


def test_the_story_of_the_pattern_runs_through_envoy(live):
    alice = live.user("alice", "new")
    assert alice.get("/orders/1").status == 401
    assert alice.sign_in().json() == {"signed_in": "alice"}
    assert alice.get("/orders/1").json()["owner"] == "alice"
    assert alice.get("/orders/1/tracking").json()["carrier"] == "yamato"
    assert alice.get("/orders/2").status == 403
    assert alice.patch("/orders/1", {"gift_message": "x"}).status == 200
    assert alice.get("/nowhere").status == 404
    alice.sign_out()
    assert alice.get("/orders/1").status == 401
    assert live.trace.between("orders", "shipping")


def test_no_script_can_read_the_cookie(alice):
    (cookie,) = [cookie for cookie in alice.browser.cookies if cookie.name == "__Host-access"]
    assert cookie.http_only
    assert cookie.same_site == "Strict"
    assert not any("access" in name for name in alice.browser.seen_by_script())


def test_what_the_gateway_must_not_let_through(live, alice):
    token = cookies(alice)["__Host-access"]
    tries = {
        "nothing": ({}, 401),
        "nonsense": ({"authorization": "Bearer nonsense"}, 401),
        "forged": ({"authorization": f"Bearer {token[:-10]}{'A' if token[-10] != 'A' else 'B'}{token[-9:]}"}, 401),
        "two at once": ({"authorization": f"Bearer {token}", "cookie": f"__Host-access={token}"}, 400),
        "in the query": ({}, 401),
    }
    for name, (headers, status) in tries.items():
        target = f"/orders/1?access_token={token}" if name == "in the query" else "/orders/1"
        before = reached(live, "orders")
        assert ask(live, Request.get(target, headers)).status == status, name
        assert reached(live, "orders") == before, f"{name}: Envoy asked the service"
    assert ask(live, Request.get("/orders/1", {"authorization": f"Bearer {token}"})).status == 200


def test_two_authorization_lines_are_refused_before_any_is_read(live, alice):
    line = ("authorization", f"Bearer {cookies(alice)['__Host-access']}")
    before = reached(live, "orders")
    assert ask(live, Request("GET", "/orders/1", Headers.of([line, line]))).status == 400
    assert reached(live, "orders") == before


def test_a_claimed_identity_is_thrown_away(live, alice):
    headers = {"authorization": f"Bearer {cookies(alice)['__Host-access']}", "x-user": "bob", "x_auth_user": "bob"}
    ask(live, Request.get("/orders/1", headers))
    seen = [hop for hop in live.trace if hop.target == "orders"][-1].request.headers
    assert [name for name, _ in seen if name.replace("_", "-").startswith(("x-user", "x-auth"))] == []


def test_a_cookie_from_another_page_changes_nothing(live, alice):
    headers = {"cookie": f"__Host-access={cookies(alice)['__Host-access']}", "host": "shop.example"}
    change = Request.post("/orders/1", {**headers, "origin": "https://evil.example"}, json={}, method="PATCH")
    assert ask(live, change).status == 403
    keep = Request.post("/session", {"authorization": f"Bearer {cookies(alice)['__Host-access']}"})
    assert ask(live, keep).status == 403


def test_a_path_with_two_readings_is_refused(live, alice):
    headers = {"authorization": f"Bearer {cookies(alice)['__Host-access']}"}
    assert ask(live, Request.get("/orders%2f1", headers)).status == 400


def test_without_keys_nobody_gets_in(live, alice, tmp_path):
    """The provider cannot be reached by a new Envoy: it fails closed, with a 401 where the model says 503."""
    config, port = tmp_path / "envoy.yaml", free_port()
    places = Places({**live.urls, "idp": f"http://{LOOPBACK}:{free_port()}"}, LOOPBACK, port)
    config.write_text(files(live.deployment, "envoy", places)["envoy.yaml"], "utf-8")
    before = live.network.bases["gateway"]
    with envoy.running(config, port) as other:
        live.network.bases["gateway"] = other.url
        try:
            assert alice.get("/orders/1").status == 401
        finally:
            live.network.bases["gateway"] = before
    assert alice.get("/orders/1").status == 200


def test_a_new_key_is_unknown_to_envoy_until_its_copy_of_the_keys_is_too_old(parts, tmp_path):
    """The model fetches the keys again when a token names one it does not know; Envoy waits for `jwks_ttl`."""
    config, port = tmp_path / "envoy.yaml", free_port()
    with serve(Deployment(AUTHN, Distributed())) as live:
        config.write_text(files(live.deployment, "envoy", Places(live.urls, LOOPBACK, port))["envoy.yaml"], "utf-8")
        with parts.prepared("envoy", lambda: envoy.running(config, port)) as part:
            model, real = live.urls["gateway"], part.url
            assert [signs_in_and_reads(live, "alice", gateway) for gateway in (model, real)] == [200, 200]
            live.advance(seconds=60)  # the model does not ask again at once, or strangers could make it ask
            live.node("idp").keys.rotate(demo_key(number=1))
            assert [signs_in_and_reads(live, "bob", gateway) for gateway in (model, real)] == [200, 401]
            part.restart()
            assert signs_in_and_reads(live, "bob", real) == 200


def signs_in_and_reads(live, name, gateway):
    """Sign in and read one's own order, with everything through `gateway`."""
    live.network.bases["gateway"] = gateway
    person = live.user(name, f"at-{gateway[-5:]}")
    person.sign_in()
    return person.get({"alice": "/orders/1", "bob": "/orders/2"}[name]).status


@pytest.mark.parametrize("fault", ["down", "restarted"])
def test_killing_envoy_gives_what_the_outage_lab_predicts(gateway, fault):
    part, live = gateway
    assert outage_of_part.measured(live, part, fault) == outage_of_part.predicted("sso-gateway", "gateway", fault)


def cookies(person):
    return {cookie.name: cookie.value for cookie in person.browser.cookies}


def reached(live, service):
    return sum(hop.target == service for hop in live.trace)


def ask(live, request):
    """Send a request to Envoy as it stands, from a machine that is no browser."""
    return live.run(live.visitor("program").browser.call("gateway", request))
