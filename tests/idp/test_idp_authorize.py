"""The authorization endpoint, line by line of RFC 6749, 7636, 9207, 9700 and OpenID Connect Core."""

import pytest
from idp_world import CALLBACK, VERIFIER, World, returned

from authpatterns.authn.forms import form_on
from authpatterns.authn.idp import Client
from authpatterns.authn.oidc import ISSUER, challenge, is_verifier
from authpatterns.authn.short_lived import ShortLived
from authpatterns.errors import Misuse


@pytest.fixture
def world():
    return World()


def test_rfc_7636_appendix_b():
    assert challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("a" * 42, False),
        ("a" * 43, True),
        ("~" * 128, True),
        ("a" * 129, False),
        ("a" * 43 + "+", False),
        ("é" * 50, False),
    ],
)
def test_verifier_is_43_to_128_unreserved_characters(text, good):
    assert is_verifier(text) is good


def test_code_state_and_iss_come_back(world):
    answer = world.sign_in()
    assert answer.headers.get("location").startswith(CALLBACK + "?")
    assert set(returned(answer)) == {"code", "state", "iss"}
    assert returned(answer)["state"] == "the state"
    assert returned(answer)["iss"] == ISSUER  # RFC 9207


def test_iss_comes_back_with_an_error_too(world):
    assert returned(world.authorize(prompt="none")) == {"error": "login_required", "state": "the state", "iss": ISSUER}


def test_a_redirect_uri_with_a_query_keeps_it(world):
    answer = world.sign_in(redirect_uri="https://web.example/other?from=idp")
    assert answer.headers.get("location").startswith("https://web.example/other?from=idp&code=")


TRICKS = [
    None,
    "https://web.example/callback/",
    "https://web.example/callback?x=1",
    "https://web.example/callback#x",
    "https://web.example/callback/../evil",
    "https://web.example/Callback",
    "https://WEB.example/callback",
    "https://web.example:443/callback",
    "https://web.example:8443/callback",
    "https://web.example.evil.example/callback",
    "https://web.example@evil.example/callback",
    "https://evil.example/?https://web.example/callback",
    "http://web.example/callback",
    "https://page.example/callback",
    "https://web.example/callback%0d%0aset-cookie:x",
    "//web.example/callback",
    "javascript:alert(1)",
    " https://web.example/callback",
]


@pytest.mark.parametrize("uri", TRICKS)
def test_redirect_uri_is_compared_exactly_and_nothing_is_sent_to_another(world, uri):
    answer = world.authorize(redirect_uri=uri)
    assert answer.status == 400
    assert "location" not in answer.headers
    assert answer.headers.get("content-type").startswith("text/html")


@pytest.mark.parametrize("client_id", [None, "nobody", "web ", "WEB", "<script>alert(1)</script>"])
def test_an_unknown_client_gets_no_redirect(world, client_id):
    answer = world.authorize(client_id=client_id)
    assert (answer.status, "location" in answer.headers, "<script" in answer.body) == (400, False, False)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_type": "id_token token"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"request": "eyJ"}, "request_not_supported"),
        ({"request_uri": "https://evil.example/"}, "request_uri_not_supported"),
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain", "code_challenge": VERIFIER}, "invalid_request"),
        ({"code_challenge_method": "s256"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge": "a" * 44}, "invalid_request"),
        ({"scope": "everything"}, "invalid_scope"),
        ({"prompt": "create"}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "soon"}, "invalid_request"),
    ],
)
def test_authorization_code_with_pkce_s256_only(world, changes, error):
    """No implicit flow, no `plain`, no request without a challenge; the client is told by a redirect."""
    told = returned(world.authorize(**changes))
    assert told == {"error": error, "state": "the state", "iss": ISSUER}


def test_a_parameter_must_not_stand_twice(world):
    answer = world.go("/authorize?client_id=web&client_id=page&redirect_uri=x")
    assert (answer.status, "location" in answer.headers) == (400, False)


def test_a_parameter_without_a_value_counts_as_left_out(world):
    assert "state" not in returned(world.sign_in(state=""))


def test_the_request_may_come_as_a_form(world):
    answer = world.go("/authorize", world.wish())
    assert form_on(answer) is not None


def test_scopes_are_those_the_client_may_have(world):
    given = world.tokens(scope="openid admin orders:read payments")
    assert given["scope"] == "openid orders:read"


def test_a_public_client_must_use_pkce_and_redirect_uris_must_be_absolute():
    with pytest.raises(Misuse):
        Client("p", ("https://p.example/cb",), require_pkce=False)
    for address in ("/cb", "cb", "https://p.example/cb#x", "https:/cb"):
        with pytest.raises(Misuse):
            Client("p", (address,))


# --- signing in


def test_the_page_shows_a_form_once_and_then_the_browser_is_known(world):
    assert form_on(world.authorize()).fields.keys() == {"ticket", "username", "password"}
    world.sign_in()
    assert "code" in returned(world.authorize("stranger", scope="openid"))


def test_pages_cannot_be_framed_cached_or_leak_their_address(world):
    page = world.authorize()
    assert "frame-ancestors 'none'" in page.headers.get("content-security-policy")
    assert page.headers.get("cache-control") == "no-store"
    assert page.headers.get("referrer-policy") == "same-origin"


def test_the_session_cookie_is_a_host_cookie_that_no_script_can_read(world):
    answer = world.sign_in()
    (line,) = [line for line in answer.headers.all("set-cookie") if line.startswith("__Host-idp-session")]
    assert {"Path=/", "Secure", "HttpOnly", "SameSite=Lax"} <= set(line.split("; "))
    assert len(line.split("=")[1].split(";")[0]) >= 43  # 256 random bits


def test_a_session_id_that_the_browser_brings_is_never_adopted(world):
    world.cookies["__Host-idp-session"] = "chosen-by-the-attacker"
    world.cookies["__Host-idp-browser"] = "chosen-by-the-attacker"
    page = world.authorize()
    assert world.cookies["__Host-idp-browser"] != "chosen-by-the-attacker"
    world.fill_in(page)
    assert world.cookies["__Host-idp-session"] != "chosen-by-the-attacker"


def test_a_new_id_at_every_sign_in_and_the_old_one_ends(world):
    world.sign_in()
    old = dict(world.cookies)
    world.fill_in(world.authorize(prompt="login"))
    assert world.cookies["__Host-idp-session"] != old["__Host-idp-session"]
    answer = world.go("/authorize", cookies=old, **world.wish(prompt="none"))
    assert returned(answer)["error"] == "login_required"


def test_a_wrong_password_shows_the_form_again(world):
    answer = world.fill_in(world.authorize(), password="a guess")
    assert answer.status == 401
    assert form_on(answer) is not None
    assert "__Host-idp-session" not in world.cookies
    assert "code" in returned(world.fill_in(answer))  # and the second try may be right


def test_login_csrf_a_form_shown_to_another_browser_is_refused(world):
    page = world.authorize()
    world.cookies = {}
    assert world.fill_in(page).status == 400
    world.authorize()  # a browser of its own, with a cookie of its own
    assert world.fill_in(page).status == 400


def test_login_csrf_a_form_sent_by_another_site_is_refused(world):
    form = form_on(world.authorize())
    filled = form.fields | {"username": "alice", "password": "alice's password"}
    assert world.go("/sign-in", filled, headers={"origin": "https://evil.example"}).status == 400
    assert world.go("/sign-in", filled, headers={"origin": "null"}).status == 400


def test_a_form_is_good_once_and_for_ten_minutes(world):
    page = world.authorize()
    world.fill_in(page)
    assert world.fill_in(page).status == 400
    world.cookies = {}
    page = world.authorize()
    world.advance(600)
    assert world.fill_in(page).status == 400


def test_two_tabs_can_sign_in_at_once(world):
    one, two = world.authorize(state="one"), world.authorize("stranger", scope="openid", state="two")
    assert returned(world.fill_in(two))["state"] == "two"
    assert returned(world.fill_in(one))["state"] == "one"


def test_prompt_none_never_shows_a_page(world):
    assert returned(world.authorize(prompt="none"))["error"] == "login_required"
    world.sign_in()
    assert "code" in returned(world.authorize(prompt="none"))


def test_prompt_login_asks_for_the_password_again(world):
    world.sign_in()
    assert form_on(world.authorize(prompt="login")) is not None


def test_max_age_asks_again_when_the_password_was_typed_too_long_ago(world):
    world.sign_in()
    world.advance(100)
    assert "code" in returned(world.authorize(max_age="200"))
    assert form_on(world.authorize(max_age="50")) is not None
    assert returned(world.authorize(max_age="50", prompt="none"))["error"] == "login_required"


def test_a_hint_at_somebody_else_does_not_give_the_wrong_person(world):
    hint = world.tokens()["id_token"]
    assert "code" in returned(world.authorize(prompt="none", id_token_hint=hint))
    world.fill_in(world.authorize(prompt="login"), "bob")
    assert returned(world.authorize(prompt="none", id_token_hint=hint))["error"] == "login_required"
    assert returned(world.authorize(prompt="none", id_token_hint="garbage"))["error"] == "login_required"


def test_sign_ins_end_by_idling_and_after_a_while_in_any_case():
    world = World(session_lifetime=1000, session_idle=400)
    world.sign_in()
    for _ in range(2):
        world.advance(390)
        assert "code" in returned(world.authorize(prompt="none"))
    world.advance(390)
    assert returned(world.authorize(prompt="none"))["error"] == "login_required"
    world.sign_in()
    world.advance(400)
    assert returned(world.authorize(prompt="none"))["error"] == "login_required"


def test_another_person_at_the_same_browser_ends_the_first_sign_in(world):
    given = world.tokens()
    world.fill_in(world.authorize(prompt="login"), "bob")
    assert not world.active(given["access_token"])
    assert len(world.listener.told) == 1


def test_a_flood_of_strangers_cannot_fill_the_memory_and_the_newest_are_served(world):
    world.idp.waiting = ShortLived(20)
    for _ in range(100):
        world.cookies = {}
        page = world.authorize()
    assert len(list(world.idp.waiting.alive(world.idp.now))) <= 20
    assert "code" in returned(world.fill_in(page))


def test_what_has_ended_makes_room_before_anything_that_lives():
    table = ShortLived(10)
    for n in range(9):
        table.put(f"old {n}", n, expires=5, now=0)
    table.put("lives", 1, expires=100, now=0)
    table.put("new", 2, expires=100, now=50)
    assert [key for key, _ in table.alive(50)] == ["lives", "new"]
