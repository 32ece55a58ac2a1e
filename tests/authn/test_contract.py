"""What every authentication pattern owes its users. Where patterns truly differ, the difference is declared on the
pattern
(`credential_lifetime`, `revocation_window`, `key_cache`) and checked here."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authpatterns import AwsJwtAuthorizer, Deployment, Distributed, Jwt, JwtGateway, Session, SsoGateway
from authpatterns.catalogue import AUTHENTICATION
from authpatterns.keys import demo_key
from authpatterns.messages import Request, Url
from authpatterns.secrecy import carried

VARIANTS = [
    *(pattern() for pattern in AUTHENTICATION.values()),
    Session(lookup="auth"),
    Jwt(keep="session"),
    Jwt(keep="cookie"),
    Jwt(denylist=True),
    JwtGateway(keep="cookie"),
    JwtGateway(cache=30),
    AwsJwtAuthorizer(api="rest"),
    SsoGateway(verify="jwks"),
    SsoGateway(cookie="page"),
]


@pytest.fixture(params=VARIANTS, ids=repr)
def authn(request):
    return request.param


@pytest.fixture
def shop(authn):
    return Deployment(authn, Distributed(), seed=11)


def credential_headers(shop, browser):
    """What a browser sends to the shop to be known, as a thief would copy it out of the last request."""
    door = shop.network.owner(browser.address("/orders/1"))
    hop = [hop for hop in shop.trace.between(browser.name, door) if hop.request.path == "/orders/1"][-1]
    return {name: value for name, value in hop.request.headers if name in ("authorization", "cookie")}


def replay(shop, headers, name="thief"):
    """The answer to somebody who sends these headers from another machine."""
    thief = shop.visitor(name).browser
    address = thief.address("/orders/1")
    door = shop.network.owner(address)
    request = Request.get("/orders/1", {**headers, "host": Url.parse(address).host})
    return shop.run(thief.call(door, request))


def known(answer):
    """Whether the shop took the sender for somebody: a redirect to a sign-in page is a no."""
    return answer.status in (200, 403)


def test_nobody_is_nobody(shop):
    assert not known(replay(shop, {}))


def test_a_wrong_password_opens_nothing(shop):
    alice = shop.user("alice")
    alice.sign_in("a guess")
    assert not known(replay(shop, {}))
    assert not any(answer_is_order(hop) for hop in shop.trace)


def test_an_unknown_name_is_refused_like_a_wrong_password(shop):
    wrong = shop.user("alice").sign_in("a guess")
    unknown = shop.visitor("nobody").sign_in("a guess")
    assert (wrong.status, plain(wrong.body), wrong.headers) == (unknown.status, plain(unknown.body), unknown.headers)


def plain(page):
    """A page without the one-time value of its form, which is another each time it is shown."""
    return re.sub(r'name="ticket" value="[\w-]+"', "", page)


def answer_is_order(hop):
    return hop.response is not None and '"owner"' in hop.response.body


def test_the_owner_reads_and_another_is_known_but_refused(shop):
    alice = shop.user("alice")
    alice.sign_in()
    assert alice.get("/orders/1").json()["owner"] == "alice"
    assert alice.get("/orders/2").status == 403


def test_a_service_asks_another_on_the_persons_behalf(shop):
    alice = shop.user("alice")
    alice.sign_in()
    assert alice.get("/orders/1/tracking").json()["carrier"] == "yamato"
    assert alice.get("/orders/2/tracking").status == 403
    assert shop.trace.between("orders", "shipping")


def test_a_copy_of_the_credential_is_what_counts(shop):
    alice = shop.user("alice")
    alice.sign_in()
    alice.get("/orders/1")
    assert replay(shop, credential_headers(shop, alice.browser)).status == 200


def test_no_password_goes_anywhere_but_to_the_one_who_checks_it(shop, authn):
    alice = shop.user("alice")
    alice.sign_in()
    alice.get("/orders/1")
    services = {service.name for service in shop.services}
    seen = {hop.target for hop in shop.trace for found in carried(hop.request) if found.name == "password"}
    assert seen
    assert not seen & services


def test_an_unused_credential_expires(shop, authn):
    alice = shop.user("alice")
    alice.sign_in()
    alice.get("/orders/1")
    copy = credential_headers(shop, alice.browser)
    shop.clock.advance(seconds=authn.credential_lifetime + 1)
    assert not known(replay(shop, copy))


def test_after_sign_out_a_copy_lives_no_longer_than_declared(shop, authn):
    alice = shop.user("alice")
    alice.sign_in()
    alice.get("/orders/1")
    copy = credential_headers(shop, alice.browser)
    alice.sign_out()
    assert known(replay(shop, copy)) == (authn.revocation_window > 0)
    shop.clock.advance(seconds=authn.revocation_window + 0.001)
    assert not known(replay(shop, copy))


def test_the_browser_itself_is_signed_out_at_once(shop):
    alice = shop.user("alice")
    alice.sign_in()
    alice.sign_out()
    before = len(shop.trace)
    alice.get("/orders/1")
    assert not any(answer_is_order(hop) for hop in shop.trace.hops[before:])


def test_two_devices_are_two_sign_ins(shop, authn):
    phone, laptop = shop.user("alice", "phone"), shop.user("alice", "laptop")
    for device in (phone, laptop):
        device.sign_in()
        assert device.get("/orders/1").status == 200
    phone.sign_out()
    assert laptop.get("/orders/1").status == 200


def test_sign_out_everywhere_ends_the_other_device_within_the_declared_time(shop, authn):
    phone, laptop = shop.user("alice", "phone"), shop.user("alice", "laptop")
    for device in (phone, laptop):
        device.sign_in()
        device.get("/orders/1")
    copy = credential_headers(shop, laptop.browser)
    phone.sign_out(everywhere=True)
    shop.clock.advance(seconds=authn.revocation_window + 0.001)
    assert not known(replay(shop, copy))


@pytest.mark.parametrize("authn", [authn for authn in VARIANTS if authn.issuer], ids=repr)
def test_keys_are_rotated_without_anybody_noticing(shop, authn):
    alice, bob = shop.user("alice"), shop.user("bob")
    alice.sign_in()
    assert alice.get("/orders/1").status == 200
    keys, old = shop.node(authn.issuer).keys, shop.node(authn.issuer).keys.signing
    keys.publish(demo_key(number=1))
    shop.clock.advance(seconds=authn.key_cache)
    keys.sign_with(demo_key(number=1).kid)
    bob.sign_in()
    assert bob.get("/orders/2").status == 200
    shop.clock.advance(seconds=authn.credential_lifetime)
    keys.withdraw(old.kid)
    shop.clock.advance(seconds=authn.key_cache)
    alice.sign_in()
    assert alice.get("/orders/1").status == 200


@settings(max_examples=60, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("authn", VARIANTS, ids=repr)
def test_no_mutation_of_a_credential_is_accepted(authn, data):
    refuses_a_mutation(_signed_in(authn), data)


def refuses_a_mutation(shop, data):
    """Change one sign of what `alice` sends, and see it refused."""
    headers = credential_headers(shop, shop.user("alice").browser)
    name = data.draw(st.sampled_from(sorted(headers)))
    (secret,) = [found.value for found in carried(Request.get("/", {name: headers[name]}))][:1]
    at = data.draw(st.integers(0, len(secret) - 1))
    letter = data.draw(
        st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.").filter(
            lambda c: c != secret[at]
        )
    )
    edits = [secret[:at] + letter + secret[at + 1 :], secret[:at], secret[:at] + letter + secret[at:]]
    forged = data.draw(st.sampled_from(edits))
    assert not known(replay(shop, {name: headers[name].replace(secret, forged)}))


_shops = {}


def _signed_in(authn):
    if authn not in _shops:
        shop = _shops[authn] = Deployment(authn, Distributed(), seed=3)
        shop.user("alice").sign_in()
        shop.user("alice").get("/orders/1")
    return _shops[authn]


STEPS = st.lists(
    st.one_of(
        st.sampled_from(["sign-in", "get", "refresh", "sign-out"]),
        st.integers(1, 1200),
    ),
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(steps=STEPS)
@pytest.mark.parametrize("authn", VARIANTS, ids=repr)
def test_no_sequence_of_steps_keeps_a_signed_out_credential_alive(authn, steps):
    ends_what_is_signed_out(Deployment(authn, Distributed(), seed=5), authn, steps)


def ends_what_is_signed_out(shop, authn, steps):
    """Do `steps`, sign out everywhere, and try every credential that was ever seen."""
    alice, copies = shop.user("alice"), []
    for step in steps:
        if isinstance(step, int):
            shop.clock.advance(seconds=step)
        elif step == "sign-in":
            alice.sign_in()
            if alice.get("/orders/1").status == 200:
                copies.append(credential_headers(shop, alice.browser))
        elif step == "get":
            alice.get("/orders/1")
        elif step == "refresh" and authn.renewable:
            alice.refresh()
        elif step == "sign-out":
            alice.sign_out()
    alice.sign_in()
    alice.sign_out(everywhere=True)
    shop.clock.advance(seconds=authn.revocation_window + 0.001)
    assert [copy for copy in copies if known(replay(shop, copy))] == []
