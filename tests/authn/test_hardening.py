"""Ways in that a careful reader once found, each closed and kept closed."""

import pytest

from authpatterns import AwsJwtAuthorizer, Deployment, Distributed, Jwt, JwtGateway, Misuse, Session, faults
from authpatterns.authn.session import STORE
from authpatterns.messages import Request

SIGN_IN = "https://shop.example/auth/sign-in"


def signed_in(authn, name="alice"):
    shop = Deployment(authn, Distributed())
    person = shop.user(name)
    person.sign_in()
    return shop, person


@pytest.mark.parametrize("authn", [JwtGateway(), Jwt(denylist=True)], ids=repr)
def test_a_replayed_refresh_token_ends_the_thiefs_access_token_too(authn):
    shop, alice = signed_in(authn)
    stolen = alice.browser.storage("local")["refresh_token"]
    thief = shop.visitor("thief")
    thief.browser.storage("local")["refresh_token"] = stolen
    assert thief.refresh().status == 200
    assert thief.get("/orders/1").status == 200
    assert alice.refresh().status == 401
    assert thief.get("/orders/1").status == 401
    assert thief.refresh().status == 401


@pytest.mark.parametrize("authn", [Session(), Jwt(keep="cookie"), JwtGateway(keep="cookie")], ids=repr)
def test_another_site_cannot_sign_a_browser_in_as_somebody_else(authn):
    shop = Deployment(authn, Distributed())
    alice = shop.user("alice")
    form = {"username": "frank", "password": shop.people["frank"].password}
    answer = shop.run(alice.browser.visit(SIGN_IN, form, page="https://evil.example"))
    assert answer.status == 403
    assert list(alice.browser.cookies) == []
    assert alice.sign_in().status == 200


def test_sign_out_everywhere_ends_every_refresh_even_when_the_denylist_is_down():
    shop, phone = signed_in(Jwt(denylist=True))
    laptop = shop.user("alice", "laptop")
    laptop.sign_in()
    with shop.rule(faults.Outage("denylist")):
        assert phone.sign_out(everywhere=True).status == 503
    assert laptop.refresh().status == 401


def test_a_denylist_that_says_404_has_not_said_no():
    shop, alice = signed_in(Jwt(denylist=True))
    with shop.rule(faults.Garbage("denylist", 404, "")):
        assert alice.get("/orders/1").status == 503


@pytest.mark.parametrize("body", ["", "{}", "[]", "null", '"x"', '{"sub":"alice"}', '{"sub":"alice","ends":"late"}'])
def test_a_store_that_answers_garbage_opens_nothing_and_breaks_nothing(body):
    shop, alice = signed_in(Session())
    with shop.rule(faults.Garbage(STORE, 200, body)):
        assert alice.get("/orders/1").status == 503


@pytest.mark.parametrize("body", ["", "{}", '{"active":true}', '{"active":true,"exp":"x","jwt":1}'])
def test_an_introspection_that_answers_garbage_opens_nothing_and_breaks_nothing(body):
    shop, alice = signed_in(JwtGateway())
    with shop.rule(faults.Garbage("auth", 200, body)):
        assert alice.get("/orders/1").status in (401, 503)


@pytest.mark.parametrize("body", ["", "{}", "[]", '{"claims":[]}'])
def test_an_authorizer_that_answers_garbage_opens_nothing_and_breaks_nothing(body):
    shop, alice = signed_in(AwsJwtAuthorizer())
    with shop.rule(faults.Garbage("authorizer", 200, body)):
        assert alice.get("/orders/1").status == 500


def test_a_sign_in_that_answers_garbage_breaks_nothing():
    shop = Deployment(Jwt(), Distributed())
    with shop.rule(faults.Garbage("auth", 200, "{}")):
        shop.user("alice").sign_in()
    assert shop.user("alice").browser.storage("local") == {}


def test_a_remembered_jwt_is_not_sent_off_to_expire_on_its_way():
    shop, alice = signed_in(JwtGateway(cache=60))
    alice.get("/orders/1")
    for _ in range(130):
        shop.clock.advance(seconds=0.4985)
        assert alice.get("/orders/1").status == 200


def test_many_who_wait_for_keys_in_vain_wait_once():
    shop, alice = signed_in(Jwt())

    async def four():
        wanted = Request.get("/orders/1")
        tasks = [shop.kernel.spawn(alice.browser.send(wanted)) for _ in range(4)]
        return [(await task).status for task in tasks]

    with shop.rule(faults.Partition("orders", "auth")):
        assert shop.run(four()) == [503] * 4
        shop.clock.advance(minutes=2)
    assert len(shop.trace.between("orders", "auth")) == 1


def test_a_refresh_token_that_is_over_speaks_for_one_sign_in_only():
    shop, phone = signed_in(Jwt())
    laptop = shop.user("alice", "laptop")
    laptop.sign_in()
    used = phone.browser.storage("local")["refresh_token"]
    phone.refresh()
    request = Request.post("/auth/sign-out?everywhere=yes", form={"refresh_token": used})
    shop.run(shop.visitor("mallory").browser.call("auth", request))
    assert phone.refresh().status == 401
    assert laptop.refresh().status == 200


def test_signing_out_everywhere_with_a_session_that_is_over_still_deletes_the_cookie():
    shop, alice = signed_in(Session())
    shop.clock.advance(hours=1)
    assert alice.sign_out(everywhere=True).status == 204
    assert list(alice.browser.cookies) == []


def test_a_page_of_another_site_does_not_read_what_it_made_the_browser_fetch():
    shop, alice = signed_in(Jwt())
    token = alice.browser.storage("local")["access_token"]
    request = Request.get("/orders/1", {"authorization": f"Bearer {token}"})
    answer = shop.run(alice.browser.fetch("https://shop.example/orders/1", request, page="https://evil.example"))
    assert (answer.status, answer.body, answer.ok) == (0, "", False)


@pytest.mark.parametrize("pattern", [Session(), JwtGateway(), Jwt()], ids=repr)
def test_a_credential_that_is_no_plain_text_is_refused(pattern):
    _, alice = signed_in(pattern)
    assert alice.get("/orders/1", {"authorization": "Bearer \udcff\u3042"}).status in (400, 401)


def test_who_has_no_account_any_more_cannot_refresh():
    shop, alice = signed_in(Jwt())
    shop.users._db.execute("DELETE FROM users WHERE name = 'alice'")
    assert alice.refresh().status == 401


# --- slips of the pen get a sentence


@pytest.mark.parametrize(
    "slip",
    [
        lambda: Jwt(keep="coookie"),
        lambda: Session(lookup="stroe"),
        lambda: Jwt(lifetime=-5),
        lambda: Jwt(lifetime="900"),
        lambda: JwtGateway(cache=float("nan")),
        lambda: AwsJwtAuthorizer(api="htpp"),
        lambda: Deployment(Distributed(), Jwt()),
        lambda: Deployment(Jwt(), Jwt()),
        lambda: Deployment(Jwt, Distributed),
        lambda: Deployment("jwt", "distributed"),
    ],
)
def test_a_slip_of_the_pen_is_named(slip):
    with pytest.raises(Misuse) as misuse:
        slip()
    assert str(misuse.value) != misuse.value.code


def test_header_names_have_no_case():
    request = Request.get("/").with_header("X-Api-Key", "k")
    assert request.headers.get("x-api-key") == request.headers.get("X-API-KEY") == "k"
    assert "X-Api-Key" in request.headers
    assert "x-api-key" not in request.without_headers("X-Api-Key").headers


def test_a_path_that_the_shop_does_not_have_is_404_and_not_an_outage():
    _, alice = signed_in(Jwt())
    assert alice.get("/nothing").status == 404


def test_a_layer_that_forgets_to_answer_is_named():
    shop, alice = signed_in(Jwt())

    async def forgetful(request, proceed):
        await proceed(request)

    shop.node("orders").inbound.append(forgetful)
    with pytest.raises(Misuse, match="orders"):
        alice.get("/orders/1")


def test_the_same_fault_entered_again_draws_anew():
    shop, alice = signed_in(Jwt())
    alice.get("/orders/1")
    fates = set()
    for _ in range(20):
        with shop.rule(faults.Loss("orders", 0.5)):
            fates.add(alice.get("/orders/1").status)
    assert fates == {200, 503}


def test_why_says_the_last_reason():
    shop, alice = signed_in(Jwt())
    assert shop.trace.why() == ""
    alice.get("/orders/2")
    assert shop.trace.why() == "alice may not read order/2 (no-rule-allows)."


def test_roles_are_a_list_of_words_for_somebody_who_exists():
    shop, _ = signed_in(Jwt())
    for name, roles in (("nobody", ["clerk"]), ("alice", "clerk")):
        with pytest.raises(Misuse):
            shop.users.set_roles(name, roles)
