"""Whole deployments over HTTP: the same story, the same messages, the same contract as in virtual time."""

import asyncio
import importlib.util
import inspect
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from authpatterns import Deployment, Distributed, Request
from authpatterns.adapters.http import serve
from authpatterns.catalogue import AUTHENTICATION, AUTHORIZATION
from authpatterns.secrecy import carried

path = Path(__file__).parents[1] / "authn" / "test_contract.py"
spec = importlib.util.spec_from_file_location("authn_contract", path)
contract = importlib.util.module_from_spec(spec)
spec.loader.exec_module(contract)

PATTERNS = [pattern() for pattern in AUTHENTICATION.values()]


@pytest.fixture(params=PATTERNS, ids=lambda pattern: pattern.name)
def authn(request):
    return request.param


@pytest.fixture
def shop(authn):
    with serve(Deployment(authn, Distributed(), seed=11), keep_secrets=True) as live:
        yield live


PROMISES = {
    name: test
    for name, test in inspect.getmembers(contract, inspect.isfunction)
    if name.startswith("test_") and "shop" in inspect.signature(test).parameters
}


ABOUT_KEYS = "test_keys_are_rotated_without_anybody_noticing"
"""A promise that only a pattern with an issuer can make."""


@pytest.mark.parametrize(
    ("authn", "promise"),
    [
        pytest.param(authn, promise, id=f"{authn.name}-{name}")
        for authn in PATTERNS
        for name, promise in PROMISES.items()
        if authn.issuer or name != ABOUT_KEYS
    ],
)
def test_the_contract_holds_over_http(promise, shop, authn):
    promise(**{"shop": shop, "authn": authn} if "authn" in inspect.signature(promise).parameters else {"shop": shop})


AGAIN_AND_AGAIN = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@AGAIN_AND_AGAIN
@given(data=st.data())
def test_no_mutation_of_a_credential_is_accepted_over_http(shop, data):
    alice = shop.user("alice")
    if alice.get("/orders/1").status != 200:
        alice.sign_in()
        alice.get("/orders/1")
    contract.refuses_a_mutation(shop, data)


@AGAIN_AND_AGAIN
@given(steps=contract.STEPS)
def test_no_sequence_of_steps_keeps_a_signed_out_credential_alive_over_http(shop, authn, steps):
    contract.ends_what_is_signed_out(shop, authn, steps)


def visit(shop):
    alice = shop.user("alice")
    return [
        answer.status
        for answer in (
            alice.get("/orders/1"),
            alice.sign_in(),
            alice.get("/orders/1"),
            alice.get("/orders/2"),
            alice.get("/payments/1"),
            alice.get("/orders/1/tracking"),
            alice.patch("/orders/1", {"gift_message": "x"}),
            alice.sign_out(),
            alice.get("/orders/1"),
        )
    ]


def shape(trace):
    """Who sent what to whom because of what, and how it was answered; a random key in a path counts as the same."""
    return [
        (
            hop.id,
            hop.parent,
            hop.act,
            f"{hop.source} -> {hop.target}",
            hop.request.method,
            re.sub(r"session:\w+", "session:*", hop.request.path),
            sorted(name for name, _ in hop.request.headers),  # HTTP clients write `host` first
            hop.status,
        )
        for hop in trace
    ]


RANDOM = r"#[0-9a-f]{6}\b|(?<![\w.-])[\w-]{22,}(\.[\w-]+\.[\w-]+)?"
CLOCKS = ("sent", "answered", "time")
LIFETIMES = "how much of a lifetime is left when somebody looks"
DIFFERENCES = {
    "the wall clock": lambda value, name: None if isinstance(value, float) and name in CLOCKS else value,
    "no seed: the system gives the random numbers": lambda value, name: None if name == "seed" else value,
    "random numbers, and hashes of what holds one": lambda value, name: (
        re.sub(RANDOM, "*", value) if isinstance(value, str) else value
    ),
    "moments, in Unix time": lambda value, name: (
        re.sub(r"\b1[78]\d{8}\b", "*", value) if isinstance(value, str) else value
    ),
    LIFETIMES: lambda value, name: None if name in ("seconds_left", "age") else value,
    "an HTTP client writes `host` first": lambda value, name: sorted(value) if name == "headers" else value,
}
"""All that may differ between a story told in virtual time and the same story over HTTP, and what makes it equal."""


def told(trace, changes=None):
    """The whole trace, without what is allowed to differ."""

    def equal(value, name=""):
        if isinstance(value, dict):
            value = {key: equal(item, key) for key, item in value.items()}
        elif isinstance(value, list):
            value = [equal(item) for item in value]
        for change in DIFFERENCES.values() if changes is None else changes:
            value = change(value, name)
        return value

    return equal(trace.to_dict())


def test_every_difference_is_there():
    """The list above is no longer than it has to be: without any one entry some pattern's traces differ."""
    pairs = []
    for authn in (AUTHENTICATION["sso"](), AUTHENTICATION["jwt-gateway"]()):
        virtual = Deployment(authn, Distributed(), seed=1)
        visit(virtual)
        virtual.clock.advance(seconds=2)
        virtual.user("alice").get("/orders/1")
        with serve(Deployment(authn, Distributed(), seed=1)) as live:
            visit(live)
            live.user("alice").get("/orders/1")
            pairs.append((live.trace, virtual.trace))
    assert all(told(live) == told(virtual) for live, virtual in pairs)
    for reason, change in DIFFERENCES.items():
        if reason == LIFETIMES:
            continue  # on a quick machine it is the same number
        others = [other for other in DIFFERENCES.values() if other is not change]
        assert any(told(live, others) != told(virtual, others) for live, virtual in pairs), reason


@pytest.mark.parametrize("authz", AUTHORIZATION.values(), ids=AUTHORIZATION)
def test_the_same_story_gives_the_same_messages(authn, authz):
    """Times, ids and keys differ over HTTP; who says what to whom, because of what, and with which result does not."""
    virtual = Deployment(authn, authz(), seed=1)
    with serve(Deployment(authn, authz(), seed=1)) as live:
        assert visit(live) == visit(virtual)
        assert shape(live.trace) == shape(virtual.trace)
        assert told(live.trace) == told(virtual.trace)
        assert [note.code for note in live.trace.notes] == [note.code for note in virtual.trace.notes]


def test_credentials_are_redacted_in_a_live_trace(authn):
    with serve(Deployment(authn, Distributed())) as live:
        alice = live.user("alice")
        alice.sign_in()
        alice.get("/orders/1")
        found = [secret for hop in live.trace for message in (hop.request, hop.response) for secret in carried(message)]
        assert found
        assert all(re.search(r"#[0-9a-f]{6}$", secret.value) for secret in found)


def test_afterwards_a_deployment_is_back_in_virtual_time():
    shop = Deployment(PATTERNS[0], Distributed(), seed=1)
    untouched = Deployment(PATTERNS[0], Distributed(), seed=1)
    with serve(shop) as live:
        live.user("alice").sign_in()
    assert len(shop.trace) == 0
    assert visit(shop) == visit(untouched)


def test_many_at_once_wait_for_each_other_by_real_locks(authn):
    """Everybody finds every cache empty; the locks are those of the event loop, not those of virtual time."""
    with serve(Deployment(authn, Distributed())) as live:
        people = [live.user(name) for name in ("alice", "bob", "carol", "dave")]
        for person in people:
            person.sign_in()

        async def all_at_once():
            return await asyncio.gather(*(person.browser.send(Request.get("/shipments/1")) for person in people))

        assert [answer.status for answer in live.run(all_at_once())] == [200, 403, 200, 200]


def test_a_slow_node_is_a_timeout_and_a_stopped_one_is_unreachable():
    shop = Deployment(AUTHENTICATION["jwt"](), Distributed())
    with serve(shop, patience=0.2) as live:
        alice = live.user("alice")

        async def dawdle(request, proceed):
            await shop.node("auth").wire.sleep(1)
            return await proceed(request)

        shop.node("auth").inbound.append(dawdle)
        assert alice.sign_in().status == 503
        assert live.trace.hops[-1].fate == "timeout"
        live.network.bases["auth"] = "http://127.0.0.1:1"
        assert alice.sign_in().status == 503
        assert live.trace.hops[-1].fate == "unreachable"
