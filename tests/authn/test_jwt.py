"""The JWT pattern's settings, and what each is worth."""

import pytest

from authpatterns import Deployment, Distributed, Jwt, faults
from authpatterns.keys import demo_key
from authpatterns.messages import Request
from authpatterns.tokens import reference


def shop_with(**settings):
    shop = Deployment(Jwt(**settings), Distributed())
    alice = shop.user("alice")
    alice.sign_in()
    return shop, alice


@pytest.mark.parametrize(
    ("keep", "seen"),
    [
        ("local", ["localStorage access_token", "localStorage refresh_token"]),
        ("session", ["sessionStorage access_token", "sessionStorage refresh_token"]),
        ("cookie", []),
    ],
)
def test_what_an_injected_script_can_read_depends_on_where_the_token_is_kept(keep, seen):
    _, alice = shop_with(keep=keep)
    assert list(alice.browser.seen_by_script()) == seen


def test_session_storage_ends_with_the_tab_and_local_storage_does_not():
    for keep, status in (("session", 401), ("local", 200), ("cookie", 200)):
        _, alice = shop_with(keep=keep)
        alice.browser.close_tab()
        assert alice.get("/orders/1").status == status


def test_a_cookie_needs_the_shops_own_page_for_an_unsafe_request_and_a_header_does_not():
    for keep, status in (("cookie", 403), ("local", 200)):
        shop, alice = shop_with(keep=keep)
        alice.get("/orders/1")
        headers = {
            n: v for n, v in shop.trace.last().hops[0].request.headers if n in ("cookie", "authorization", "host")
        }
        request = Request.post("/orders/1", headers, json={"gift_message": "x"}, method="PATCH")
        assert shop.run(alice.browser.call("orders", request)).status == status


def test_refresh_gives_new_tokens_and_the_sign_in_still_ends_on_time():
    shop, alice = shop_with(refresh_lifetime=3600)
    for minutes in (20, 20):
        shop.clock.advance(minutes=minutes)
        assert alice.get("/orders/1").status == 401
        assert alice.refresh().status == 200
        assert alice.get("/orders/1").status == 200
    shop.clock.advance(minutes=20)
    assert alice.refresh().status == 401


def test_a_refresh_token_used_twice_ends_the_whole_sign_in():
    shop, alice = shop_with()
    stolen = alice.browser.storage("local")["refresh_token"]
    alice.refresh()
    replay = Request.post("/auth/refresh", form={"refresh_token": stolen})
    assert shop.run(shop.visitor("mallory").browser.call("auth", replay)).status == 401
    assert alice.refresh().status == 401
    assert shop.node("auth").refresh_tokens.alive(shop.node("auth").now) == []


def test_signing_out_leaves_the_access_token_alive_until_it_expires():
    shop, alice = shop_with()
    kept = alice.browser.storage("local")["access_token"]
    alice.sign_out()
    late = shop.visitor("mallory")
    assert late.get("/orders/1", {"authorization": f"Bearer {kept}"}).status == 200
    shop.clock.advance(minutes=15)
    assert late.get("/orders/1", {"authorization": f"Bearer {kept}"}).status == 401


def test_a_denylist_that_does_not_answer_opens_nothing():
    shop, alice = shop_with(denylist=True)
    with shop.rule(faults.Outage("denylist")):
        assert alice.get("/orders/1").status == 503
    with shop.rule(faults.Garbage("denylist", 500)):
        assert alice.get("/orders/1").status == 503


def test_verification_goes_on_while_the_auth_service_is_down():
    shop, alice = shop_with()
    alice.get("/orders/1")
    with shop.rule(faults.Outage("auth")):
        assert alice.get("/orders/1").status == 200
        assert alice.get("/payments/1").status == 503


def test_two_tokens_in_one_request_are_one_too_many():
    _, alice = shop_with(keep="cookie")
    assert alice.get("/orders/1", {"authorization": "Bearer x"}).status == 400


def test_a_token_in_the_query_is_not_looked_for():
    shop, alice = shop_with()
    token = alice.browser.storage("local")["access_token"]
    assert shop.visitor("mallory").get(f"/orders/1?access_token={token}").status == 401


@pytest.mark.parametrize("credential", ["", "Bearer", "Basic abc", "Bearer  "])
def test_rfc_6750_no_credentials_get_a_bare_challenge(credential):
    shop, _ = shop_with()
    headers = {"authorization": credential} if credential else {}
    answer = shop.visitor("x").get("/orders/1", headers)
    assert (answer.status, answer.headers.get("www-authenticate")) == (401, "Bearer")


def test_rfc_6750_a_bad_token_gets_invalid_token_and_no_reason():
    shop, alice = shop_with()
    shop.clock.advance(minutes=16)
    answer = alice.get("/orders/1")
    assert answer.headers.get("www-authenticate") == 'Bearer error="invalid_token"'
    assert "expired" not in answer.body
    assert shop.trace.notes[-1].code == "token.expired"


def test_an_unknown_kid_causes_one_fetch_and_then_waits():
    shop, alice = shop_with()
    alice.get("/orders/1")
    fetches = lambda: len(shop.trace.between("orders", "auth"))  # noqa: E731
    from authpatterns import tokens

    chance = shop.node("orders").chance
    shop.clock.advance(seconds=40)
    for _ in range(10):
        key = demo_key(number=2)
        forged = tokens.issue({"sub": "mallory", "jti": reference(chance)}, key)
        assert shop.visitor("mallory").get("/orders/1", {"authorization": f"Bearer {forged}"}).status == 401
    assert fetches() == 2


def test_many_requests_that_find_no_keys_fetch_them_once():
    shop, alice = shop_with()

    async def stampede():
        wanted = Request.get("/orders/1")
        tasks = [shop.kernel.spawn(alice.browser.send(wanted)) for _ in range(20)]
        return [(await task).status for task in tasks]

    assert shop.run(stampede()) == [200] * 20
    assert len(shop.trace.between("orders", "auth")) == 1


@pytest.mark.parametrize(
    "fault", [faults.Garbage("auth", 500), faults.Garbage("auth", 200, "{}"), faults.Outage("auth")]
)
def test_keys_that_cannot_be_had_open_nothing(fault):
    shop, alice = shop_with()
    with shop.rule(fault):
        assert alice.get("/orders/1").status == 503


def test_a_skewed_clock_refuses_what_is_issued_in_its_future():
    shop, alice = shop_with()
    shop.node("orders").skew = -5
    assert alice.get("/orders/1").status == 401
