"""Delegation: scopes by token exchange, narrower at each step, never wider."""

import pytest

from authpatterns import Delegated, Deployment, Jwt, Session, faults, tokens
from authpatterns.authz import machine
from authpatterns.authz.delegated import RENEW_BEFORE, SCOPED_TOKEN
from authpatterns.authz.provider import ACCESS_TOKEN, CLIENT_ASSERTION, EXCHANGE, ISSUER, JWT, SCOPES
from authpatterns.encoding import parse
from authpatterns.keys import demo_key
from authpatterns.messages import Request
from authpatterns.network import EPOCH, Answer
from authpatterns.secrecy import carried, redact

PROOFS = ("exchange.stated", "exchange.offered", "exchange.kept")
ALL_OF_ALICE = "order:annotate order:read payment:read shipment:read"


@pytest.fixture
def shop():
    return Deployment(Jwt(), Delegated(), seed=2)


def signed_in(shop, name):
    person = shop.user(name)
    assert person.sign_in().ok
    return person


def claims_of(token):
    return parse(tokens.read_unverified(token).payload)


def scoped_tokens(shop, source, target):
    return [claims_of(hop.request.headers.get(SCOPED_TOKEN)) for hop in shop.trace.between(source, target)]


# --- in the shop


def test_a_service_demands_the_scope_of_the_route(shop):
    answer = signed_in(shop, "alice").get("/orders/1/cost")
    assert (answer.status, answer.json()) == (403, {"error": "insufficient_scope"})
    assert answer.headers.get("www-authenticate") == 'Bearer error="insufficient_scope", scope="order:read-cost"'


def test_a_scope_opens_no_thing_of_others(shop):
    assert signed_in(shop, "alice").get("/orders/2").json() == {"error": "access_denied"}
    assert "scope.sufficient" in [note.code for note in shop.trace.notes]


def test_the_next_service_gets_a_narrower_token(shop):
    assert signed_in(shop, "alice").get("/orders/1/tracking").ok
    first = claims_of(shop.trace.between("orders", "authz-provider")[0].response.json()["access_token"])
    assert (first["aud"], first["sub"], first["scope"]) == ("orders", "alice", ALL_OF_ALICE)
    assert "act" not in first
    (second,) = scoped_tokens(shop, "orders", "shipping")
    assert (second["aud"], second["sub"], second["scope"]) == ("shipping", "alice", "shipment:read")
    assert second["act"] == {"sub": "orders"}


def test_a_token_is_used_again_until_shortly_before_its_end(shop):
    alice = signed_in(shop, "alice")
    exchanges = []
    for seconds in (0, 290, 10):
        shop.clock.advance(seconds=seconds)
        assert alice.get("/orders/1").ok
        exchanges.append(
            len([hop for hop in shop.trace.between("orders", "authz-provider") if hop.request.path == "/token"])
        )
    assert exchanges == [1, 1, 2]


def test_it_is_said_where_a_tokens_proof_comes_from_and_when_it_is_a_kept_one(shop):
    alice, said = signed_in(shop, "alice"), []
    for path in ("/orders/1", "/orders/1", "/orders/1/tracking", "/orders/1/tracking"):
        assert alice.get(path).ok
        notes = [note for note in shop.trace.last().notes if note.code in PROOFS]
        said.append([(note.code, dict(note.evidence).get("audience")) for note in notes])
    stated, kept = ("exchange.stated", None), ("exchange.kept", "orders")
    assert said == [
        [stated],
        [kept],
        [kept, ("exchange.offered", "shipping")],
        [kept, ("exchange.kept", "shipping")],
    ]


def test_a_kept_token_says_for_how_long_it_will_be_used(shop):
    alice = signed_in(shop, "alice")
    alice.get("/orders/1")
    shop.clock.advance(seconds=100)
    alice.get("/orders/1")
    (note,) = [note for note in shop.trace.notes if note.code == "exchange.kept"]
    assert note["seconds_left"] == shop.authz.lifetime - RENEW_BEFORE - 100 - 1  # a fraction of the last one is gone


def test_granted_scopes_are_listed_with_commas(shop):
    signed_in(shop, "alice").get("/orders/1")
    (note,) = [note for note in shop.trace.notes if note.code == "exchange.granted"]
    assert note["scopes"] == ALL_OF_ALICE.replace(" ", ", ")


def test_one_persons_token_is_never_anothers(shop):
    alice, dave = signed_in(shop, "alice"), signed_in(shop, "dave")
    assert dave.get("/orders/1/cost").ok
    assert alice.get("/orders/1/cost").status == 403
    assert dave.get("/orders/1/cost").ok


def test_who_lost_the_right_on_the_way_is_refused_at_the_next_exchange(shop):
    alice = signed_in(shop, "alice")
    assert alice.get("/orders/1").ok
    shop.users.set_roles("alice", [])
    assert alice.get("/orders/1/tracking").json() == {"error": "insufficient_scope"}


@pytest.mark.parametrize("authn", [Jwt(), Session()], ids=lambda authn: authn.name)
@pytest.mark.parametrize(
    "change",
    [
        lambda claims: {**claims, "aud": "orders"},
        lambda claims: {**claims, "iss": "https://elsewhere.example"},
        lambda claims: {**claims, "exp": EPOCH - 1},
        lambda claims: {**claims, "sub": "bob"},
        lambda claims: {**claims, "scope": "order:read"},
        lambda claims: {**claims, "scope": ""},
    ],
)
def test_shipping_believes_no_other_token(authn, change):
    shop = Deployment(authn, Delegated(), seed=2)
    alice = signed_in(shop, "alice")
    with shop.rule(Forger(change)):
        assert not alice.get("/orders/1/tracking").ok
    assert not [hop for hop in shop.trace.between("orders", "shipping") if hop.status == 200]
    assert shop.trace.between("orders", "shipping")


class Forger:
    """A rule: what the provider hands out for shipping says something else, with the provider's own signature."""

    def __init__(self, change):
        self.change = change

    def names(self):
        return ("authz-provider",)

    def verdict(self, hop, chance):
        form = hop.request.form()
        if hop.target != "authz-provider" or form.get("audience") != "shipping":
            return None
        claims = {**claims_of(form["subject_token"]), "aud": "shipping", "scope": "shipment:read"}
        token = tokens.issue(self.change(claims), demo_key(number=1))
        return Answer(answer_with(token))


def answer_with(token):
    from authpatterns.messages import Response

    body = {"access_token": token, "issued_token_type": ACCESS_TOKEN, "token_type": "Bearer", "expires_in": 300}
    return Response.of(body)


def test_the_forger_is_believed_where_he_changes_nothing():
    shop = Deployment(Jwt(), Delegated(), seed=2)
    alice = signed_in(shop, "alice")
    with shop.rule(Forger(lambda claims: claims)):
        assert alice.get("/orders/1/tracking").ok


def test_a_token_brought_from_outside_opens_nothing(shop):
    """A browser that sends a scoped token of its own is judged by that token, and by who is signed in."""
    alice, dave = signed_in(shop, "alice"), signed_in(shop, "dave")
    assert dave.get("/orders/1/cost").ok
    stolen = shop.trace.between("orders", "authz-provider")[0].response.json()["access_token"]
    assert alice.get("/orders/1/cost", {SCOPED_TOKEN: stolen}).status == 403
    assert alice.get("/orders/1/cost", {SCOPED_TOKEN: "made up"}).status == 401


@pytest.mark.parametrize("part", [faults.Outage("authz-provider"), faults.Slow("authz-provider", 60)])
def test_without_the_provider_nobody_new_gets_in(shop, part):
    alice = signed_in(shop, "alice")
    with shop.rule(part):
        assert alice.get("/orders/1").status == 503


def test_no_token_is_shown(shop):
    signed_in(shop, "alice").get("/orders/1/tracking")
    secrets = {found.value for hop in shop.trace for found in (*carried(hop.request), *carried(hop.response))}
    shown = "".join(str(redact(hop.request)) + str(redact(hop.response)) for hop in shop.trace)
    tokens_seen = [secret for secret in secrets if secret.count(".") == 2]
    assert len(tokens_seen) >= 5
    assert not [secret for secret in tokens_seen if secret in shown]


# --- at the provider


class At:
    """A microservice that speaks with the provider by hand."""

    def __init__(self, shop, name="orders"):
        self.shop, self.node = shop, shop.node(name)
        self.provider = shop.node("authz-provider")

    def state(self, audience=ISSUER, **claims):
        return machine.state(self.node, audience, **claims)

    def exchange(self, **form):
        proof = {"client_assertion_type": CLIENT_ASSERTION, "client_assertion": self.state()}
        usual = {"grant_type": EXCHANGE, **proof, "audience": self.node.name, "subject_token_type": JWT}
        given = {name: value for name, value in {**usual, **form}.items() if value is not None}
        answer = self.shop.run(self.provider.receive(Request.post("/token", form=given)))
        return answer.status, answer.json()

    def first(self, **form):
        return self.exchange(**{"subject_token": self.state(sub="alice"), **form})

    def narrower(self, token, **form):
        usual = {"subject_token": token, "subject_token_type": ACCESS_TOKEN, "audience": "shipping"}
        return self.exchange(**{**usual, **form})


@pytest.fixture
def orders(shop):
    return At(shop)


def test_the_answer_is_complete(orders):
    status, given = orders.first()
    assert status == 200
    assert set(given) == {"access_token", "issued_token_type", "token_type", "expires_in", "scope"}
    assert (given["issued_token_type"], given["token_type"], given["expires_in"]) == (ACCESS_TOKEN, "Bearer", 300)


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"grant_type": "client_credentials"}, 400, "unsupported_grant_type"),
        ({"grant_type": None}, 400, "unsupported_grant_type"),
        ({"client_assertion": None}, 401, "invalid_client"),
        ({"client_assertion": "a.b.c"}, 401, "invalid_client"),
        ({"client_assertion_type": None}, 401, "invalid_client"),
        ({"subject_token": None}, 400, "invalid_request"),
        ({"subject_token": "a.b.c"}, 400, "invalid_request"),
        ({"subject_token_type": None}, 400, "invalid_request"),
        ({"subject_token_type": "urn:ietf:params:oauth:token-type:saml2"}, 400, "invalid_request"),
        ({"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"}, 400, "invalid_request"),
        ({"actor_token": "a.b.c"}, 400, "invalid_request"),
        ({"actor_token_type": JWT}, 400, "invalid_request"),
        ({"audience": None}, 400, "invalid_target"),
        ({"audience": "payments"}, 400, "invalid_target"),
        ({"audience": "shipping"}, 400, "invalid_target"),
        ({"audience": "https://elsewhere.example"}, 400, "invalid_target"),
        ({"scope": "payment:refund"}, 400, "invalid_scope"),
        ({"scope": f"{ALL_OF_ALICE} order:read-cost"}, 400, "invalid_scope"),
        ({"scope": ""}, 400, "invalid_scope"),
        ({"scope": "everything"}, 400, "invalid_scope"),
    ],
)
def test_a_bad_first_exchange_is_refused(orders, form, status, error):
    assert orders.first(**form) == (status, {"error": error})


def test_a_client_proves_itself_by_its_own_fresh_statement(shop, orders):
    assertions = {
        "of-another": At(shop, "payments").state(),
        "for-another": orders.state("https://elsewhere.example"),
        "about-another": machine.state(shop.node("auth"), ISSUER),
    }
    assert orders.first(client_assertion=assertions["for-another"]) == (401, {"error": "invalid_client"})
    assert orders.first(client_assertion=assertions["about-another"]) == (401, {"error": "invalid_client"})
    assert orders.first(client_assertion=assertions["of-another"])[1] == {"error": "invalid_request"}
    old = orders.state()
    shop.clock.advance(seconds=machine.LIFETIME + 1)
    assert orders.first(client_assertion=old) == (401, {"error": "invalid_client"})


def test_nobody_speaks_for_people_but_the_service_that_was_asked(shop, orders):
    statement = At(shop, "payments").state(sub="alice")
    assert orders.first(subject_token=statement) == (400, {"error": "invalid_request"})


def test_a_first_token_may_ask_for_less(orders):
    assert claims_of(orders.first(scope="order:read")[1]["access_token"])["scope"] == "order:read"


def test_an_unknown_person_has_no_scope(orders):
    assert orders.first(subject_token=orders.state(sub="mallory"))[1]["scope"] == ""


@pytest.fixture
def token(orders):
    return orders.first(scope="order:read shipment:read")[1]["access_token"]


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"scope": "order:annotate"}, "invalid_scope"),
        ({"scope": "shipment:read shipment:dispatch"}, "invalid_scope"),
        ({"audience": "payments"}, "invalid_target"),
        ({"audience": "orders"}, "invalid_target"),
        ({"subject_token_type": JWT}, "invalid_request"),
    ],
)
def test_no_exchange_makes_more_of_a_token(orders, token, form, error):
    assert orders.narrower(token, **form) == (400, {"error": error})


def test_a_narrowed_token_cannot_be_widened_again(shop, orders, token):
    narrow = orders.narrower(token, scope="shipment:read")[1]["access_token"]
    assert orders.narrower(narrow) == (400, {"error": "invalid_request"})
    assert At(shop, "shipping").narrower(narrow) == (400, {"error": "invalid_target"})


def test_a_token_is_of_no_use_to_another_service(shop, token):
    assert At(shop, "payments").narrower(token, audience="payments") == (400, {"error": "invalid_request"})


def test_an_expired_token_cannot_be_exchanged(shop, orders, token):
    shop.clock.advance(seconds=301)
    assert orders.narrower(token) == (400, {"error": "invalid_request"})


def forged(token, **claims):
    return tokens.issue({**claims_of(token), **claims}, demo_key(number=1))


@pytest.mark.parametrize("may_act", [{"sub": "payments"}, {"sub": "shipping"}, {}])
def test_only_whom_the_token_names_may_act(orders, token, may_act):
    assert orders.narrower(forged(token, may_act=may_act)) == (400, {"error": "invalid_request"})


def test_earlier_actors_are_kept_for_the_record_and_count_for_nothing(orders, token):
    chain = forged(token, act={"sub": "payments", "act": {"sub": "auth"}})
    given = claims_of(orders.narrower(chain)[1]["access_token"])
    assert given["act"] == {"sub": "orders", "act": {"sub": "payments", "act": {"sub": "auth"}}}
    assert (given["sub"], given["client_id"]) == ("alice", "orders")


def test_a_withdrawn_role_narrows_what_an_old_token_can_be_exchanged_for(shop, orders, token):
    shop.users.set_roles("alice", [])
    assert orders.narrower(token, scope="shipment:read") == (400, {"error": "invalid_scope"})


def test_every_scope_names_an_action_that_some_route_demands(shop):
    demanded = {f"{r.resource}:{r.action}" for service in shop.services for r in service.routes if r.action}
    assert {scope for scopes in SCOPES.values() for scope in scopes} == demanded
