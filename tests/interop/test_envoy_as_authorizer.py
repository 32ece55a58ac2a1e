"""Envoy in the place of API Gateway and its JWT authorizer: the pattern with a proxy that checks JWTs."""

import json
from contextlib import contextmanager

import outage_of_part
import pytest

from authpatterns import AwsJwtAuthorizer, Deployment, Distributed, Request
from authpatterns.adapters.export import files
from authpatterns.adapters.export.facts import Places
from authpatterns.adapters.http import LOOPBACK, free_port, serve
from authpatterns.adapters.parts import envoy
from authpatterns.authn.aws_jwt_authorizer import CONTEXT, ORIGIN_SECRET


@contextmanager
def behind_envoy(parts, folder, authn):
    """The running Envoy, and the deployment whose gateway and authorizer it is."""
    config, port = folder / "envoy.yaml", free_port()
    with serve(Deployment(authn, Distributed()), keep_secrets=True) as live:
        config.write_text(files(live.deployment, "envoy", Places(live.urls, LOOPBACK, port))["envoy.yaml"], "utf-8")
        with parts.prepared("envoy", lambda: envoy.running(config, port)) as part:
            live.network.bases["gateway"] = part.url
            yield part, live


@pytest.fixture(scope="module")
def gateway(parts, tmp_path_factory):
    with behind_envoy(parts, tmp_path_factory.mktemp("envoy"), AwsJwtAuthorizer()) as running:
        yield running


@pytest.fixture
def live(gateway):
    return gateway[1]


def test_the_story_of_the_pattern_runs_through_envoy(live):
    alice = live.user("alice", "new")
    assert alice.get("/orders/1").status == 401
    assert alice.sign_in().status == 200
    assert alice.get("/orders/1").json()["owner"] == "alice"
    assert alice.get("/orders/1/tracking").json()["carrier"] == "yamato"
    assert alice.get("/orders/2").status == 403
    carol = live.user("carol")
    carol.sign_in()
    assert carol.get("/orders/2").status == 200
    assert not live.trace.between("gateway", "authorizer")


def test_the_service_gets_the_claims_as_the_model_hands_them_over(live):
    """The same context, but for the order of its members."""
    dave = live.user("dave")
    dave.sign_in()
    dave.get("/orders/1")
    real = arrived(live)
    model = Deployment(AwsJwtAuthorizer(), Distributed())
    dave = model.user("dave")
    dave.sign_in()
    dave.get("/orders/1")
    claims, expected = (claims_of(request) for request in (real, arrived(model)))
    assert claims["roles"] == expected["roles"] == "[clerk manager]"
    assert claims.keys() == expected.keys()
    fixed = [name for name in claims if name not in ("iat", "exp", "jti", "sid")]
    assert {name: claims[name] for name in fixed} == {name: expected[name] for name in fixed}
    assert claims["exp"].isdigit()


def test_a_forged_context_is_thrown_away(live):
    alice = live.user("alice")
    alice.sign_in()
    alice.get("/orders/1")
    genuine = arrived(live)
    for headers in (
        {CONTEXT: genuine.headers.get(CONTEXT), ORIGIN_SECRET: genuine.headers.get(ORIGIN_SECRET)},
        {"authorization": "Bearer nonsense", CONTEXT: genuine.headers.get(CONTEXT)},
    ):
        assert ask(live, Request.get("/orders/1", headers)).status == 401
    bob = live.user("bob")
    bob.sign_in()
    assert bob.get("/orders/1", {CONTEXT: genuine.headers.get(CONTEXT)}).status == 403
    assert claims_of(arrived(live))["sub"] == "bob"


@pytest.mark.parametrize(("scopes", "status"), [(("shop",), 200), (("orders", "shop"), 200), (("sho",), 403)])
def test_the_scopes_of_the_pattern_are_demanded(parts, tmp_path, scopes, status):
    with behind_envoy(parts, tmp_path, AwsJwtAuthorizer(scopes=scopes)) as (_, live):
        alice = live.user("alice")
        alice.sign_in()
        assert alice.get("/orders/1").status == status


def test_the_audiences_of_the_pattern_are_demanded(parts, tmp_path):
    with behind_envoy(parts, tmp_path, AwsJwtAuthorizer(audiences=("https://pay.example",))) as (_, live):
        alice = live.user("alice")
        alice.sign_in()
        assert alice.get("/orders/1").status == 403  # RFC 6750 and the model say 401


@pytest.mark.parametrize("fault", ["down", "restarted"])
def test_killing_envoy_gives_what_the_outage_lab_predicts(parts, tmp_path, fault):
    """Nobody but Envoy looks at `exp` here, and it looks at its own clock: so the time really passes."""
    with behind_envoy(parts, tmp_path, AwsJwtAuthorizer(lifetime=3)) as (part, live):
        measured = outage_of_part.measured(live, part, fault, real_seconds=True)
    assert measured == outage_of_part.predicted("aws-jwt-authorizer", "gateway", fault)


def arrived(shop):
    return [hop for hop in shop.trace if hop.target == "orders"][-1].request


def claims_of(request):
    return json.loads(request.headers.get(CONTEXT))["authorizer"]["jwt"]["claims"]


def ask(live, request):
    return live.run(live.visitor("program").browser.call("gateway", request))
