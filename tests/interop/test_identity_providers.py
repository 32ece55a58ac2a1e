"""Sso, SsoGateway and Jwt with a provider that nobody here wrote: oidc-provider, and Keycloak."""

import outage_of_part
import pytest

from authpatterns import Deployment, Distributed, Sso, SsoGateway
from authpatterns.adapters.export import files
from authpatterns.adapters.export.facts import Places
from authpatterns.adapters.http import LOOPBACK, free_port, serve
from authpatterns.adapters.identity import JwtFromProvider, for_keycloak, for_oidc_provider
from authpatterns.adapters.parts import envoy, keycloak, oidc_provider
from authpatterns.messages import Request, Url

SERVICES = ("orders", "payments", "shipping")
REALM = "https://id.example/realms/shop"

PATTERNS = {
    "model": {
        "sso": Sso(),
        "sso-gateway": SsoGateway(),
        "sso-gateway-jwks": SsoGateway(verify="jwks"),
        "jwt": JwtFromProvider(),
    },
    "oidc-provider": {
        "sso": Sso(),
        "sso-gateway-jwks": SsoGateway(verify="jwks"),
        "jwt": JwtFromProvider(),
    },
    "keycloak": {
        "sso": Sso(provider=REALM),
        "sso-gateway": SsoGateway(provider=REALM),
        "sso-gateway-jwks": SsoGateway(provider=REALM, verify="jwks"),
        "jwt": JwtFromProvider(provider=REALM),
    },
}
"""All that changes from one provider to the next is whom the pattern believes."""

CASES = [(provider, name) for provider, patterns in PATTERNS.items() for name in patterns]


@pytest.fixture(scope="session")
def ports():
    """The services listen at known places, so that a provider can tell them of a sign-out."""
    return {name: free_port() for name in SERVICES}


def shop_of(provider, name):
    return Deployment(PATTERNS[provider][name], Distributed(), seed=6)


@pytest.fixture(scope="session")
def provider_of(parts, ports):
    """The address of the provider for a case; None where the model's own serves."""

    def start(provider, name):
        if provider == "keycloak":
            shops = [shop_of(provider, known) for known in PATTERNS[provider]]
            realms = {"shop": for_keycloak(shops, ports)}
            return parts.start("keycloak", lambda: keycloak.running(realms), fetch=keycloak.fetch).url
        if provider == "oidc-provider":
            about = for_oidc_provider(shop_of(provider, name), ports)
            return parts.start(
                f"oidc-provider ({name})", lambda: oidc_provider.running(about), fetch=oidc_provider.fetch
            ).url
        return None

    return start


@pytest.fixture(params=CASES, ids="-".join)
def case(request):
    return request.param


@pytest.fixture
def live(case, provider_of, ports):
    address = provider_of(*case)
    shop = shop_of(*case)
    with serve(shop, ports=ports, external={"idp": address} if address else {}, keep_secrets=True) as live:
        yield live


def last(live, code):
    return [note for note in live.trace.notes if note.code == code]


def test_alice_signs_in_once_reads_her_own_and_is_refused_bobs(live):
    alice = live.user("alice", "first")
    assert alice.get("/orders/1").status == 401
    assert alice.sign_in().ok
    assert alice.get("/orders/1").json()["owner"] == "alice"
    assert alice.get("/orders/2").status == 403
    passwords = [hop for hop in live.trace if "password=" in hop.request.body]
    assert alice.get("/payments/1").json()["owner"] == "alice"  # a site of its own, under Sso
    assert [hop for hop in live.trace if "password=" in hop.request.body] == passwords
    assert {hop.target for hop in passwords} == {"idp"}
    assert alice.get("/orders/1/tracking").json()["carrier"] == "yamato"  # a service that asks another for her


def test_the_claims_arrive_a_clerk_may_more_and_another_shop_is_another_shop(live):
    dave, erin = live.user("dave", "roles"), live.user("erin", "roles")
    dave.sign_in()
    erin.sign_in()
    assert dave.get("/orders/1/cost").json()["cost"] == 1100
    assert erin.get("/orders/1").status == 403


def test_a_wrong_password_opens_nothing(live):
    bob = live.user("bob", "guessing")
    assert bob.sign_in("a guess").status != 200 or bob.get("/orders/2").status == 401
    assert bob.get("/orders/2").status == 401


def test_a_credential_is_renewed_without_a_password(live):
    alice = live.user("alice", "renewing")
    alice.sign_in()
    before = len(live.trace)
    assert alice.refresh().ok
    assert alice.get("/orders/1").status == 200
    assert not any("password=" in hop.request.body for hop in live.trace.hops[before:])


def test_signing_out_at_one_place_is_signing_out(live):
    alice = live.user("alice", "leaving")
    alice.sign_in()
    alice.get("/payments/1")
    assert alice.sign_out().ok
    assert alice.get("/orders/1").status == 401
    assert alice.get("/payments/1").status == 401
    assert alice.refresh().status == 401 or alice.get("/orders/1").status == 401


def test_the_provider_tells_the_other_sites_behind_the_browsers_back(live, case):
    if case[1] != "sso":
        return  # only a site with a session of its own has to be told
    alice = live.user("alice", "telling")
    alice.sign_in()
    alice.get("/payments/1")
    before = len(live.trace)
    alice.sign_out()
    told = [hop.target for hop in live.trace.hops[before:] if hop.request.path == "/sso/back-channel-logout"]
    assert "payments" in told
    assert [note["sessions"] for note in last(live, "sso.told-to-end") if note["client"] == "payments"][-1] == 1


def test_a_token_of_the_provider_that_is_changed_is_refused(live):
    alice = live.user("alice", "robbed")
    alice.sign_in()
    alice.get("/orders/1/tracking")
    tokens = {hop.request.headers.get("authorization") for hop in live.trace if hop.target == "shipping"}
    token = sorted(token for token in tokens if token.count(".") == 2)[-1]
    thief = live.visitor("thief").browser

    def answer(credential):
        request = Request.get("/shipments/1", {"authorization": credential, "host": "shop.example"})
        return live.run(thief.call("shipping", request)).status

    assert answer(token) == 200
    for at in (20, len(token) // 2, len(token) - 10):
        assert answer(token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]) == 401


def test_an_id_token_opens_no_service(live):
    alice = live.user("alice", "confusing")
    alice.sign_in()
    given = [hop.response.json() for hop in live.trace if hop.target == "idp" and hop.request.method == "POST"]
    id_token = next(body["id_token"] for body in reversed(given) if isinstance(body, dict) and "id_token" in body)
    thief = live.visitor("thief").browser
    request = Request.get("/shipments/1", {"authorization": f"Bearer {id_token}", "host": "shop.example"})
    assert live.run(thief.call("shipping", request)).status == 401


def test_without_the_provider_nobody_new_gets_in_and_who_is_in_goes_on(live, case):
    """What the outage lab says of the identity provider; a gateway that asks it about every token stops with it."""
    alice = live.user("alice", "inside")
    alice.sign_in()
    assert alice.get("/orders/1").status == 200
    there, live.network.bases["idp"] = live.network.bases["idp"], "http://127.0.0.1:1"
    assert alice.get("/orders/1").status == (503 if case[1] == "sso-gateway" else 200)
    newcomer = live.user("bob", "outside")
    assert not newcomer.sign_in().ok
    assert newcomer.get("/orders/2").status in (401, 503)
    live.network.bases["idp"] = there
    assert alice.get("/orders/1").status == 200


def test_oidc_provider_does_not_introspect_tokens_that_are_signed(provider_of, ports):
    """RFC 7662 leaves it to the server; so the gateway has to check by itself there, and otherwise lets nobody in."""
    address = provider_of("oidc-provider", "sso-gateway-jwks")
    with serve(Deployment(SsoGateway(), Distributed()), ports=ports, external={"idp": address}) as live:
        alice = live.user("alice", "asking")
        assert alice.sign_in().status == 503
        assert alice.get("/orders/1").status == 401


def test_the_issuer_is_compared_exactly(provider_of, ports):
    """Whoever believes another issuer than the one that answers believes nobody."""
    address = provider_of("oidc-provider", "sso")
    mistaken = Sso(provider="https://id.example/")
    with serve(Deployment(mistaken, Distributed()), ports=ports, external={"idp": address}) as live:
        assert not live.user("alice", "mistaken").sign_in().ok
        assert Url.parse(mistaken.provider).origin == "https://id.example"


COOLDOWN = 31
"""Seconds: a little more than a site waits before it fetches keys again because of a key that it does not know."""
OUTAGES = [("oidc-provider", "down"), ("oidc-provider", "restarted"), ("keycloak", "restarted")]


@pytest.mark.parametrize(("provider", "fault"), OUTAGES, ids=map("-".join, OUTAGES))
def test_a_provider_that_is_killed_does_what_the_outage_lab_predicts(parts, provider, fault, provider_of, ports):
    """Who is in goes on; nobody new gets in until it is back.

    A Keycloak that keeps everything in memory comes back with new keys. A site that has just fetched the old ones
    fetches again only after a pause, and that pause has to pass before somebody new gets in.
    """
    name = "keycloak" if provider == "keycloak" else "oidc-provider (sso)"
    address = provider_of(provider, "sso")
    with serve(
        shop_of(provider, "sso"), ports=ports, external={"idp": address}, patience=20, keep_secrets=True
    ) as live:
        found = outage_of_part.measured(live, parts.running(name), fault, settle=COOLDOWN)
    assert found == outage_of_part.predicted("sso", "idp", fault)


def test_envoy_as_the_gateway_and_keycloak_as_the_provider(parts, provider_of, ports, tmp_path):
    """Nothing of the model's is left but the microservices and the page."""
    address = provider_of("keycloak", "sso-gateway-jwks")
    shop = shop_of("keycloak", "sso-gateway-jwks")
    config, port = tmp_path / "envoy.yaml", free_port()
    with serve(shop, ports=ports, external={"idp": address}, keep_secrets=True) as live:
        places = Places({**live.urls, "idp": address}, LOOPBACK, port)
        config.write_text(files(shop, "envoy", places)["envoy.yaml"], "utf-8")
        with parts.prepared("envoy", lambda: envoy.running(config, port)) as part:
            live.network.bases["gateway"] = part.url
            alice = live.user("alice", "envoy")
            assert alice.get("/orders/1").status == 401
            assert alice.sign_in().json() == {"signed_in": "alice"}
            assert alice.get("/orders/1").json()["owner"] == "alice"
            assert alice.get("/orders/2").status == 403
            part.restart()
            assert alice.get("/orders/1/tracking").json()["carrier"] == "yamato"
            alice.sign_out()
            assert alice.get("/orders/1").status == 401
