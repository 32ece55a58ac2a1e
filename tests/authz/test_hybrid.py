"""Hybrid: what a service decides by is signed, never goes back, and is never older than declared."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authpatterns import Deployment, Hybrid, Jwt, faults, policies, tokens
from authpatterns.authz import control_plane
from authpatterns.authz.control_plane import AUDIENCE, BUNDLE_TYPE, ISSUER, engine_of, read_bundle
from authpatterns.authz.table import shop_policy
from authpatterns.errors import Misuse, Refused
from authpatterns.keys import demo_key
from authpatterns.messages import Response
from authpatterns.network import EPOCH, Answer

CLOSED = {"language": "table", "rules": [rule for rule in shop_policy()["rules"] if rule["resource"] != "order"]}


def shop_with_alice(**options):
    shop = Deployment(Jwt(lifetime=10**6), Hybrid(**options), seed=4)
    alice = shop.user("alice")
    assert alice.sign_in().ok
    return shop, alice


def codes(shop, node="orders"):
    return [note.code for note in shop.trace.notes if note.node == node]


def last(shop, code):
    return [note for note in shop.trace.notes if note.code == code][-1]


# --- the everyday


def test_most_requests_ask_nobody():
    shop, alice = shop_with_alice()
    for _ in range(5):
        assert alice.get("/orders/1").ok
    assert len(shop.trace.between("orders", "control-plane")) == 1


def test_the_services_own_data_are_always_fresh():
    shop, alice = shop_with_alice()
    assert alice.patch("/orders/1", {"gift_message": "a"}).ok
    shop.node("orders").records["1"]["status"] = "shipped"
    assert alice.patch("/orders/1", {"gift_message": "b"}).status == 403


@pytest.mark.parametrize(
    "policy",
    [
        CLOSED,
        {
            "language": "rego",
            "text": policies.read("shop.rego").replace('"owner-reads-order" if {', '"x" if {\n\tfalse'),
        },
        {"language": "cedar", "text": "forbid (principal, action, resource);"},
    ],
    ids=lambda policy: policy["language"],
)
def test_a_published_policy_changes_decisions_at_the_next_pull(policy):
    shop, alice = shop_with_alice(poll=30)
    assert alice.get("/orders/1").ok
    shop.node("control-plane").publish(policy)
    assert alice.get("/orders/1").ok
    shop.clock.advance(seconds=30)
    assert alice.get("/orders/1").status == 403
    assert last(shop, "bundle.used")["version"] == 2


def test_a_role_that_is_withdrawn_in_the_centre_does_not_wait_for_the_token():
    shop = Deployment(Jwt(lifetime=10**6), Hybrid(poll=30))
    dave = shop.user("dave")
    dave.sign_in()
    assert dave.get("/orders/1/cost").ok
    shop.users.set_roles("dave", ["clerk"])
    shop.clock.advance(seconds=30)
    assert dave.get("/orders/1/cost").status == 403


def test_the_trace_says_by_which_bundle_and_how_old():
    shop, alice = shop_with_alice(poll=30)
    alice.get("/orders/1")
    shop.clock.advance(seconds=12)
    alice.get("/orders/1")
    note = last(shop, "bundle.used")
    assert (note["version"], round(note["age"])) == (1, 12)


def test_nothing_that_cannot_be_read_is_published():
    shop, _ = shop_with_alice()
    plane = shop.node("control-plane")
    for policy in ({}, {"language": "prolog"}, {"language": "table"}, {"language": "rego", "text": "package x"}):
        with pytest.raises(Misuse):
            plane.publish(policy)
    assert plane.policy == shop_policy()


# --- what a service takes for a bundle


class Post:
    """A rule: somebody else answers in the control plane's place."""

    def __init__(self, body):
        self.body = body

    def names(self):
        return ("control-plane",)

    def verdict(self, hop, chance):
        return Answer(Response.of(self.body)) if hop.target == "control-plane" else None


def signed(content, *, version=9, issued=None, key=None, typ=BUNDLE_TYPE, **claims):
    """A bundle as an attacker would like it."""
    issued = EPOCH + 10 if issued is None else issued
    seal = {"iss": ISSUER, "aud": AUDIENCE, "iat": issued, "exp": issued + 10**6, "version": version}
    seal["sha256"] = control_plane._digest(content)
    return {"signature": tokens.issue({**seal, **claims}, key or demo_key(number=2), typ=typ), "content": content}


def content(policy=None):
    facts = {"alice": {"tenant": "aozora", "roles": ["customer"]}, "bob": {"tenant": "aozora", "roles": ["clerk"]}}
    return json.dumps({"policy": policy or shop_policy(), "facts": facts})


GOOD = content()
SHUT = content(CLOSED)
BAD_BUNDLES = {
    "empty": {},
    "text": "bundle",
    "unsigned": {"signature": "", "content": SHUT},
    "not-a-jws": {"signature": "a.b.c", "content": SHUT},
    "algorithm-none": {"signature": "eyJhbGciOiJub25lIn0.e30.", "content": SHUT},
    "foreign-key": signed(SHUT, key=demo_key(number=3)),
    "foreign-issuer": signed(SHUT, iss="https://elsewhere.example"),
    "foreign-audience": signed(SHUT, aud="other-shop"),
    "another-token": signed(SHUT, typ="at+jwt"),
    "other-content": {**signed(GOOD), "content": SHUT},
    "expired": signed(SHUT, exp=EPOCH + 11),
    "from-the-future": signed(SHUT, issued=EPOCH + 10**5),
    "no-version": signed(SHUT, version=None),
    "version-true": signed(SHUT, version=True),
    "older-version": signed(SHUT, version=0),
    "same-version-other-content": signed(SHUT, version=1, issued=EPOCH + 40),
    "older-signature": signed(SHUT, version=2, issued=EPOCH - 10),
    "no-facts": signed(json.dumps({"policy": CLOSED})),
    "no-policy": signed(json.dumps({"facts": {}})),
    "unknown-language": signed(content({"language": "prolog", "text": "allow."})),
    "broken-rego": signed(content({"language": "rego", "text": "package"})),
    "broken-cedar": signed(content({"language": "cedar", "text": "permit"})),
    "half-understood-table": signed(content({"language": "table", "rules": [{"name": "x"}]})),
    "not-json": signed("{"),
    "facts-of-another-shape": signed(json.dumps({"policy": CLOSED, "facts": {"alice": 7}})),
}


@pytest.mark.parametrize("body", BAD_BUNDLES.values(), ids=BAD_BUNDLES)
def test_a_bad_bundle_is_refused_and_the_last_good_one_kept(body):
    shop, alice = shop_with_alice(poll=30)
    assert alice.get("/orders/1").ok
    shop.clock.advance(seconds=50)
    with shop.rule(Post(body)):
        assert alice.get("/orders/1").ok
    assert "bundle.refused" in codes(shop)
    assert last(shop, "bundle.used")["version"] == 1


@pytest.mark.parametrize(
    "body", [body for name, body in BAD_BUNDLES.items() if "older" not in name and "same" not in name]
)
def test_a_service_that_has_nothing_yet_does_not_begin_with_a_bad_bundle(body):
    shop, alice = shop_with_alice()
    shop.clock.advance(seconds=50)
    with shop.rule(Post(body)):
        assert alice.get("/orders/1").status == 503


def test_a_good_bundle_from_the_same_forge_would_have_been_taken():
    shop, alice = shop_with_alice(poll=30)
    assert alice.get("/orders/1").ok
    shop.clock.advance(seconds=50)
    with shop.rule(Post(signed(SHUT, version=9, issued=EPOCH + 45))):
        assert alice.get("/orders/1").status == 403


def test_replaying_the_last_bundle_does_not_keep_it_young():
    shop, alice = shop_with_alice(poll=30, max_age=120)
    alice.get("/orders/1")
    replay = shop.trace.between("orders", "control-plane")[0].response.json()
    with shop.rule(Post(replay)):
        for _ in range(3):
            shop.clock.advance(seconds=35)
            assert alice.get("/orders/1").ok
        shop.clock.advance(seconds=35)
        assert alice.get("/orders/1").status == 503
    assert "bundle.too-old" in codes(shop)


def test_reading_a_bundle_needs_the_right_key():
    body = signed(GOOD)
    assert read_bundle(body, EPOCH + 20).version == 9
    with pytest.raises(Refused):
        read_bundle(body, EPOCH + 20, trusted=control_plane.KeyRing([demo_key(number=3)]).key_set())


def test_a_new_container_pulls_before_it_decides():
    shop, alice = shop_with_alice()
    alice.get("/orders/1")
    shop.restart("orders")
    with shop.rule(faults.Outage("control-plane")):
        assert alice.get("/orders/1").status == 503


def test_after_an_outage_the_service_is_back_at_once():
    shop, alice = shop_with_alice(poll=30, timeout=1)
    with shop.rule(faults.Outage("control-plane")):
        assert alice.get("/orders/1").status == 503
    shop.clock.advance(seconds=1)
    assert alice.get("/orders/1").ok


# --- any schedule


POLL, MAX_AGE = 30.0, 120.0
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.sampled_from([1, 10, 29, 31, 60, 119, 121])),
        st.tuples(st.just("publish"), st.booleans()),
        st.tuples(st.just("partition"), st.just(None)),
        st.tuples(st.just("heal"), st.just(None)),
        st.tuples(st.just("ask"), st.just(None)),
    ),
    min_size=3,
    max_size=40,
)


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_no_schedule_makes_a_decision_older_than_declared(steps):
    """Whatever is published, cut and healed: a yes or no is what the centre said at most `max_age` ago."""
    shop, alice = shop_with_alice(poll=POLL, max_age=MAX_AGE)
    plane = shop.node("control-plane")
    said = [(0.0, True)]  # since when the centre lets alice in, or does not
    cut = []
    for what, detail in steps:
        if what == "wait":
            shop.clock.advance(seconds=detail)
        elif what == "publish":
            plane.publish(shop_policy() if detail else CLOSED)
            said.append((shop.clock.now, detail))
        elif what == "partition" and not cut:
            cut.append(shop.rule(faults.Partition("orders", "control-plane")))
            cut[0].__enter__()
        elif what == "heal" and cut:
            cut.pop().__exit__(None, None, None)
        elif what == "ask":
            before = len(shop.trace.notes)
            status = alice.get("/orders/1").status
            used = [note for note in shop.trace.notes[before:] if note.code == "bundle.used"]
            assert bool(used) == (status != 503)
            assert all((status == 200) == in_force(said, note.time - note["age"]) for note in used)
            assert all(0 <= note["age"] < MAX_AGE for note in used)
    versions = [note["version"] for note in shop.trace.notes if note.code == "bundle.used"]
    assert versions == sorted(versions)


def in_force(said, time):
    """What the centre said at this time."""
    return [opinion for since, opinion in said if since <= time][-1]


def test_engines_of_policies():
    with pytest.raises(Misuse, match="no policy language"):
        engine_of({"language": ["table"]})
