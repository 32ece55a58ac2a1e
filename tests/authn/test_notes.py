"""What nodes write into the trace: what a diagram would otherwise leave its reader to guess."""

import pytest

from authpatterns import (
    AwsJwtAuthorizer,
    Deployment,
    Distributed,
    Jwt,
    JwtGateway,
    Session,
    Sso,
    SsoGateway,
    faults,
)
from authpatterns.draw.story import Heading, Remark, tell
from authpatterns.keys import demo_key

ENDS = ("sso.session-ended", "sso.told-to-end", "sso.nothing-to-end")


def shop_of(authn):
    return Deployment(authn, Distributed(), seed=5)


def told(shop, node, acts=1):
    """The codes that a node has noted since the last `acts` things that somebody did began."""
    return [note.code for note in shop.trace.last(acts).notes if note.node == node]


def sign_in_and_out(authn):
    shop = shop_of(authn)
    alice = shop.user("alice")
    alice.sign_in()
    alice.get("/orders/1")
    alice.sign_out()
    return shop


@pytest.mark.parametrize(
    ("authn", "code"),
    [
        (Jwt(), "sign-out.ended"),
        (AwsJwtAuthorizer(), "sign-out.ended"),
        (Jwt(denylist=True), "sign-out.listed"),
        (JwtGateway(), "sign-out.ended-with-tokens"),
        (Session(), "session.deleted"),
    ],
    ids=repr,
)
def test_the_auth_service_says_what_a_sign_out_has_ended(authn, code):
    assert told(sign_in_and_out(authn), "auth") == [code]


@pytest.mark.parametrize("lifetime", [60, 900])
def test_a_sign_out_that_ends_no_access_token_says_for_how_long_one_may_live_on(lifetime):
    (note,) = [note for note in sign_in_and_out(Jwt(lifetime=lifetime)).trace.notes if note.code == "sign-out.ended"]
    assert note["seconds"] == Jwt(lifetime=lifetime).revocation_window


@pytest.mark.parametrize(
    ("authn", "codes"),
    [
        (Jwt(), ["browser.tokens-dropped"]),
        (Jwt(keep="session"), ["browser.tokens-dropped"]),
        (JwtGateway(), ["browser.tokens-dropped"]),
        (AwsJwtAuthorizer(), ["browser.tokens-dropped"]),
        (SsoGateway(cookie="page"), ["browser.cookie-dropped"]),
        (Jwt(keep="cookie"), []),
        (Session(), []),
        (Sso(), []),
        (SsoGateway(), []),
    ],
    ids=repr,
)
def test_a_page_that_throws_its_credential_away_by_itself_says_so(authn, codes):
    assert told(sign_in_and_out(authn), "alice") == codes


def test_a_page_throws_its_tokens_away_whatever_the_auth_service_says():
    shop = shop_of(Jwt())
    alice = shop.user("alice")
    alice.sign_in()
    with shop.rule(faults.Outage("auth")):
        alice.sign_out()
    assert told(shop, "alice") == ["browser.tokens-dropped"]
    assert alice.get("/orders/1").status == 401


def test_a_page_that_holds_nothing_throws_nothing_away():
    shop = shop_of(Jwt())
    shop.user("alice").sign_out()
    assert shop.trace.notes == []


def test_what_a_page_does_first_stands_under_the_heading_of_what_its_person_does():
    rows = tell(sign_in_and_out(SsoGateway(cookie="page")).trace, "en", limit=None).rows
    (place,) = [
        at for at, row in enumerate(rows) if isinstance(row, Remark) and "script of the page" in str(row.sentences)
    ]
    before = rows[place - 1]
    assert isinstance(before, Heading)
    assert before.title == "alice signs out"


def test_deleting_all_sessions_is_told_from_deleting_one():
    shop = shop_of(Session())
    alice = shop.user("alice")
    alice.sign_in()
    alice.sign_out()
    alice.sign_in()
    alice.sign_out(everywhere=True)
    alice.sign_out()
    assert [note["everywhere"] for note in shop.trace.notes if note.code == "session.deleted"] == [False, True]


def test_a_new_session_is_noted_once_it_is_in_the_store():
    shop = shop_of(Session())
    with shop.rule(faults.Outage("session-store")):
        shop.user("alice").sign_in()
    assert "session.opened" not in told(shop, "auth")
    shop.user("alice").sign_in()
    assert told(shop, "auth")[-1] == "session.opened"


def test_a_refresh_that_worked_has_used_its_token_up():
    shop = shop_of(Jwt())
    alice = shop.user("alice")
    alice.sign_in()
    alice.refresh()
    assert told(shop, "auth") == ["refresh.rotated"]


def test_a_refresh_token_that_cannot_be_used_has_not_been_rotated():
    shop = shop_of(Jwt())
    alice = shop.user("alice")
    alice.sign_in()
    shop.clock.advance(days=1)
    alice.refresh()
    assert told(shop, "auth") == ["refresh.expired"]


@pytest.mark.parametrize("authn", [Jwt(), JwtGateway(), AwsJwtAuthorizer()], ids=repr)
def test_who_verifies_with_keys_from_before_says_so(authn):
    shop = shop_of(authn)
    alice = shop.user("alice")
    alice.sign_in()
    alice.get("/orders/1")
    assert [note.code for note in shop.trace.last().notes if note.code.startswith("jwks.")] == ["jwks.fetched"]
    alice.get("/orders/1")
    assert [note.code for note in shop.trace.last().notes if note.code.startswith("jwks.")] == ["jwks.kept"]


def test_who_must_not_fetch_keys_again_yet_does_not_say_that_it_has_the_right_one():
    shop = shop_of(Jwt())
    alice, bob, auth = shop.user("alice"), shop.user("bob"), shop.node("auth")
    alice.sign_in()
    alice.get("/orders/1")
    shop.clock.advance(minutes=1)
    auth.keys.rotate(demo_key(number=1), overlap=False)
    bob.sign_in()
    bob.get("/orders/2")
    assert alice.get("/orders/1").status == 401
    first, second = [note for note in shop.trace.last().notes if note.node == "orders"]
    assert (first.code, first["seconds"], second.code) == ("jwks.not-fetched-again", 30, "token.key-unknown")


def test_the_one_who_was_asked_and_the_one_who_refuses_speak_for_themselves():
    shop = shop_of(JwtGateway())
    assert shop.visitor("mallory").get("/orders/1", {"authorization": "Bearer made-up"}).status == 401
    asked, refused = shop.trace.last().notes
    assert (asked.node, asked.code, asked.is_refusal) == ("auth", "introspection.answered-inactive", False)
    assert (refused.node, refused.code, refused.is_refusal) == ("gateway", "introspection.inactive", True)


def test_the_site_where_somebody_signs_out_has_nothing_left_to_end_and_the_others_have():
    shop = shop_of(Sso())
    alice = shop.user("alice")
    alice.sign_in()
    alice.get("/orders/1")
    alice.get("/payments/1")
    alice.sign_out()
    assert [code for code in told(shop, "orders") if code.startswith("sso.")] == [
        "sso.session-ended",
        "sso.nothing-to-end",
    ]
    assert told(shop, "payments")[-1] == "sso.told-to-end"


def test_nobody_ends_a_session_that_was_not_there():
    shop = shop_of(Sso())
    shop.user("alice").sign_out()
    assert "sso.session-ended" not in told(shop, "orders")


@pytest.mark.parametrize(("authn", "page"), [(Sso(), False), (SsoGateway(), True)], ids=repr)
def test_the_provider_says_whether_a_client_is_a_page_in_the_browser(authn, page):
    shop = shop_of(authn)
    alice = shop.user("alice")
    alice.sign_in()
    alice.refresh()
    notes = {note.code: note for note in shop.trace.notes if note.node == "idp"}
    assert notes["idp.code-redeemed"]["page"] is page
    assert notes["idp.silent"]["page"] is page
    assert ("The page in the browser, client shop-page, gets" in str(notes["idp.code-redeemed"])) is page


def test_keys_that_are_fetched_again_before_their_time_are_fetched_for_a_reason():
    shop = shop_of(Jwt())
    alice, auth = shop.user("alice"), shop.node("auth")
    alice.sign_in()
    for advance, reasons in ((0, []), (Jwt().jwks_ttl, []), (100, ["jwks.key-missing"])):
        shop.clock.advance(seconds=advance)
        if reasons:
            auth.keys.rotate(demo_key(number=1))
            alice.sign_in()
        alice.get("/orders/1")
        codes = [note.code for note in shop.trace.last().notes if note.code.startswith("jwks.")]
        assert codes == [*reasons, "jwks.fetched"]
