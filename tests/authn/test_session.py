"""Sessions, line by line of OWASP ASVS 5.0 chapter 7."""

import pytest

from authpatterns import Deployment, Distributed, Misuse, Session, faults
from authpatterns.authn.session import COOKIE, STORE
from authpatterns.browser import cookies_of
from authpatterns.messages import Request, Response, Url


@pytest.fixture(params=["store", "auth"])
def shop(request):
    return Deployment(Session(lookup=request.param), Distributed())


@pytest.fixture
def alice(shop):
    alice = shop.user("alice")
    alice.sign_in()
    return alice


def session_id(person):
    (cookie,) = [cookie for cookie in person.browser.cookies if cookie.name == COOKIE]
    return cookie.value


def test_ids_have_at_least_128_random_bits(alice):
    from authpatterns.encoding import decode

    assert len(decode(session_id(alice))) * 8 >= 128


def test_the_store_never_sees_an_id(shop, alice):
    alice.get("/orders/1")
    seen = [f"{hop.request.target} {hop.request.body}" for hop in shop.trace if hop.target == STORE]
    assert seen
    assert not [text for text in seen if session_id(alice) in text]


def test_an_id_that_the_client_brought_is_never_adopted(shop):
    alice = shop.user("alice")
    alice.browser.cookies.set(Url.parse("https://shop.example/"), f"{COOKIE}=planted; Path=/; Secure", now=0)
    assert alice.get("/orders/1").status == 401
    alice.sign_in()
    assert session_id(alice) != "planted"


def test_signing_in_again_ends_the_session_before(shop, alice):
    before = session_id(alice)
    alice.sign_in()
    mallory = shop.visitor("mallory").browser
    answer = shop.run(mallory.call("orders", Request.get("/orders/1", {"cookie": f"{COOKIE}={before}"})))
    assert answer.status == 401


def test_a_session_ends_when_nobody_uses_it_and_lives_while_somebody_does(shop, alice):
    for _ in range(3):
        shop.clock.advance(minutes=29)
        assert alice.get("/orders/1").status == 200
    shop.clock.advance(minutes=31)
    assert alice.get("/orders/1").status == 401


def test_a_session_ends_after_its_absolute_time_however_it_is_used(shop, alice):
    for _ in range(24):
        shop.clock.advance(minutes=20)
        answer = alice.get("/orders/1")
    assert answer.status == 401


def test_sign_out_ends_it_at_the_server(shop, alice):
    kept = session_id(alice)
    alice.sign_out()
    mallory = shop.visitor("mallory").browser
    answer = shop.run(mallory.call("orders", Request.get("/orders/1", {"cookie": f"{COOKIE}={kept}"})))
    assert answer.status == 401


def test_the_cookie_is_careful(shop, alice):
    line = shop.trace.hops[0].response.headers.get("set-cookie")
    assert line.startswith("__Host-")
    assert all(part in line for part in ("; Secure", "; HttpOnly", "; SameSite=Strict", "; Path=/"))
    assert "Domain" not in line
    assert alice.browser.seen_by_script() == {}


def test_an_unsafe_request_from_another_page_is_refused_even_if_its_cookie_came_along(shop, alice):
    headers = {"cookie": f"{COOKIE}={session_id(alice)}", "host": "shop.example", "origin": "https://evil.example"}
    request = Request.post("/orders/1", headers, json={"gift_message": "x"}, method="PATCH")
    assert shop.run(alice.browser.call("orders", request)).status == 403
    assert alice.patch("/orders/1", {"gift_message": "x"}).status == 200


def test_another_site_cannot_make_the_browser_send_the_cookie(shop, alice):
    shop.run(alice.browser.visit("https://shop.example/orders/1", {"gift_message": "x"}, page="https://evil.example"))
    assert cookies_of(shop.trace.hops[-1].request) == {}


def test_a_store_that_is_down_opens_nothing(shop, alice):
    with shop.rule(faults.Outage(STORE)):
        assert alice.get("/orders/1").status == 503
    with shop.rule(faults.Garbage(STORE, 200, "true")):
        assert alice.get("/orders/1").status == 503
    assert alice.get("/orders/1").status == 200


def test_an_auth_service_that_answers_garbage_opens_nothing():
    shop = Deployment(Session(lookup="auth"), Distributed())
    alice = shop.user("alice")
    alice.sign_in()
    with shop.rule(faults.Garbage("auth", 200, '"yes"')):
        assert alice.get("/orders/1").status == 503


def test_sign_out_everywhere_with_an_unusable_store_says_so(shop, alice):
    class Broken(faults.Garbage):
        def verdict(self, hop, chance):
            return super().verdict(hop, chance) if hop.request.method == "SMEMBERS" else None

    with shop.rule(Broken(STORE, 200, "{")):
        assert alice.sign_out(everywhere=True).status == 503


def test_a_store_that_starts_empty_has_signed_everybody_out(shop, alice):
    shop.restart(STORE)
    assert alice.get("/orders/1").status == 401
    alice.sign_in()
    assert alice.get("/orders/1").status == 200


def test_a_service_that_is_replaced_signs_nobody_out(shop, alice):
    shop.restart("orders")
    assert alice.get("/orders/1").status == 200


def test_there_is_nothing_to_renew(shop, alice):
    with pytest.raises(Misuse, match="session"):
        alice.refresh()


def test_any_redis_client_serves():
    from fakeredis import FakeStrictRedis

    client = FakeStrictRedis(decode_responses=True)
    shop = Deployment(Session(client=lambda: client), Distributed())
    shop.user("alice").sign_in()
    assert shop.user("alice").get("/orders/1").status == 200
    assert len(client.keys("session:*")) == 1


@pytest.mark.parametrize("command", ["SET", "SADD"])
def test_a_session_that_could_not_be_written_is_none(command):
    """The store answers, and says that it could not: its own disk or server is gone."""
    shop = Deployment(Session(), Distributed())
    _cannot(shop, command)
    alice = shop.user("alice")
    assert alice.sign_in().status == 503
    assert alice.get("/orders/1").status == 401


def test_nobody_is_told_to_be_signed_out_who_is_not():
    shop = Deployment(Session(), Distributed())
    alice = shop.user("alice")
    alice.sign_in()
    _cannot(shop, "DEL")
    assert alice.sign_out().status == 503
    assert alice.get("/orders/1").status == 200


def _cannot(shop, command):
    async def fail(request, proceed):
        return Response(503) if request.method == command else await proceed(request)

    shop.node(STORE).inbound.append(fail)
