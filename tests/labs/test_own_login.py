"""What one auth service is measured against: every microservice signs people in by itself."""

from authpatterns.catalogue import AUTHENTICATION
from authpatterns.labs.own_login import OwnLogin, own_logins


def signed_in(shop, name="alice"):
    person = shop.user(name)
    assert person.sign_in().ok
    return person


def test_every_microservice_sees_the_password():
    shop = own_logins()
    signed_in(shop)
    seen = {name for name in shop.trace.parties if "password" in {s.name for s in shop.trace.seen_by(name)}}
    assert seen == {"alice", "orders", "payments", "shipping"}


def test_each_is_protected_by_its_own_cookie():
    shop = own_logins()
    alice = signed_in(shop)
    assert [alice.get(path).status for path in ("/orders/1", "/payments/1", "/shipments/1")] == [200, 200, 200]
    assert [alice.get(path).status for path in ("/orders/2", "/payments/2", "/shipments/2")] == [403, 403, 403]
    cookie = alice.last_request.headers.get("cookie")
    mallory = shop.visitor("mallory")
    assert mallory.get("/shipments/1", {"cookie": cookie}).status == 200
    assert mallory.get("/orders/1", {"cookie": cookie}).status == 401
    assert mallory.get("/orders/1").status == 401


def test_a_wrong_password_is_refused_everywhere():
    shop = own_logins()
    assert shop.user("alice").sign_in("a guess").status == 401
    assert shop.user("alice").get("/orders/1").status == 401


def test_one_microservice_cannot_speak_for_a_person_at_another():
    shop = own_logins()
    alice = signed_in(shop)
    assert alice.get("/orders/1/tracking").status == 401
    assert shop.trace.hops[-1].target == "shipping"


def test_a_password_is_changed_in_one_place_at_a_time():
    shop = own_logins()
    shop.authn.accounts["orders"].set_password("alice", "new")
    shop.user("alice").sign_in()
    assert [hop.status for hop in shop.trace] == [401, 200, 200]


def test_a_session_ends_by_sign_out_by_time_and_with_its_container():
    shop = own_logins()
    alice = signed_in(shop)
    alice.get("/orders/1")
    copy = alice.last_request
    alice.sign_out()
    assert shop.visitor("mallory").send(copy).status == 401
    alice.sign_in()
    alice.get("/orders/1")
    second = alice.last_request
    shop.clock.advance(minutes=30)
    assert alice.get("/orders/1").status == 401
    assert shop.visitor("mallory").send(second).status == 401
    alice.sign_in()
    shop.restart("orders")
    assert (alice.get("/orders/1").status, alice.get("/payments/1").status) == (401, 200)


def test_another_page_can_neither_sign_anybody_in_nor_change_anything():
    shop = own_logins()
    dave = shop.user("dave")
    form = {"username": "dave", "password": shop.people["dave"].password}
    address = "https://shop.example/payments/sign-in"
    assert shop.run(dave.browser.visit(address, form, page="https://evil.example")).status == 403
    dave.sign_in()
    pages = {"https://evil.example": 401, "https://blog.shop.example": 403}  # without the cookie, and with it
    for page, status in pages.items():
        refund = dave.browser.visit("https://shop.example/payments/1/refund", {}, page=page)
        assert shop.run(refund).status == status


def test_it_is_in_no_catalogue():
    assert OwnLogin.name not in AUTHENTICATION
