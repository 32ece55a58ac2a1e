"""RP-initiated logout and back-channel logout."""

import pytest
from idp_world import WEB, World, returned

from authpatterns import tokens
from authpatterns.authn.forms import form_on
from authpatterns.authn.oidc import ISSUER, LOGOUT_EVENT
from authpatterns.faults import Garbage, Outage


@pytest.fixture
def world():
    return World()


def signed_in(world):
    return "code" in returned(world.authorize(prompt="none"))


def sid_of(world, given):
    return tokens.verify(
        given["id_token"], world.idp.keys.jwks(), issuer=ISSUER, audience="web", now=world.idp.now, typ="JWT"
    )["sid"]


def test_an_id_token_hint_signs_out_and_leads_back(world):
    given = world.tokens()
    answer = world.go(
        "/logout", id_token_hint=given["id_token"], post_logout_redirect_uri=f"{WEB}/bye", state="see you"
    )
    assert answer.headers.get("location") == f"{WEB}/bye?state=see+you"
    assert not signed_in(world)


def test_an_expired_id_token_is_still_a_hint(world):
    given = world.tokens()
    world.advance(3600)
    assert world.go("/logout", id_token_hint=given["id_token"]).status == 200
    assert not signed_in(world)


def test_the_hint_works_without_the_cookie_as_when_another_site_posts_the_form(world):
    given = world.tokens()
    world.go("/logout", {"id_token_hint": given["id_token"]}, cookies={})
    assert not signed_in(world)


def test_everything_the_sign_in_gave_ends(world):
    given, other = world.tokens(), world.tokens("page")
    world.go("/logout", client_id="web", logout_hint=sid_of(world, given))
    assert not world.active(given["access_token"])
    assert not world.active(other["access_token"])
    assert world.refresh(given["refresh_token"]).status == 400


def test_clients_are_told_by_a_logout_token_and_it_is_an_arrow(world):
    given = world.tokens()
    world.go("/logout", id_token_hint=given["id_token"])
    (hop,) = world.network.trace.between("idp", "web")
    assert (hop.request.path, hop.status) == ("/backchannel", 200)
    (token,) = world.listener.told
    claims = tokens.verify(
        token, world.idp.keys.jwks(), issuer=ISSUER, audience="web", now=world.idp.now, typ="logout+jwt"
    )
    assert claims["events"] == {LOGOUT_EVENT: {}}
    assert (claims["sub"], claims["sid"]) == ("alice", sid_of(world, given))
    assert "nonce" not in claims
    assert claims["exp"] - claims["iat"] <= 120


@pytest.mark.parametrize("fault", [Outage("web"), Garbage("web", 500)])
def test_a_client_that_cannot_be_told_does_not_keep_anybody_signed_in(world, fault):
    given = world.tokens()
    with world.network.rule(fault):
        assert world.go("/logout", id_token_hint=given["id_token"]).status == 200
    assert not signed_in(world)
    assert "idp.logout-not-told" in [note.code for note in world.network.trace.notes]


def test_only_clients_that_were_used_are_told(world):
    world.tokens("page")
    world.network.kernel.run(world.idp.sign_out_everywhere("alice"))
    assert world.listener.told == []


def test_without_a_hint_the_person_is_asked(world):
    world.tokens()
    page = world.go("/logout", client_id="web", post_logout_redirect_uri=f"{WEB}/bye")
    assert form_on(page) is not None
    assert signed_in(world)
    form = form_on(page)
    assert world.go("/logout", form.fields, headers={"origin": "https://evil.example"}).status == 400
    assert signed_in(world)
    assert world.go("/logout", form.fields, headers={"origin": ISSUER}).status == 200
    assert not signed_in(world)


@pytest.mark.parametrize("hint", ["", "guess", "alice"])
def test_a_guessed_sid_signs_nobody_out(world, hint):
    world.tokens()
    world.go("/logout", client_id="web", logout_hint=hint)
    assert signed_in(world)


def test_somebody_elses_hint_signs_nobody_out(world):
    """Logout CSRF: the attacker uses an ID token of his own."""
    attacker = World.__new__(World)
    attacker.__dict__ = {**world.__dict__, "cookies": {}}
    mine = attacker.redeem(returned(attacker.sign_in(username="bob"))["code"]).json()
    world.tokens()
    world.go("/logout", id_token_hint=mine["id_token"])
    assert signed_in(world)


@pytest.mark.parametrize(
    "query",
    [
        {"post_logout_redirect_uri": "https://evil.example/"},
        {"post_logout_redirect_uri": f"{WEB}/bye/"},
        {"client_id": "page", "post_logout_redirect_uri": f"{WEB}/bye"},
        {"client_id": "web", "post_logout_redirect_uri": f"{WEB}/bye?x"},
        {"id_token_hint": "garbage"},
    ],
)
def test_no_open_redirector_after_signing_out(world, query):
    world.tokens()
    answer = world.go("/logout", **query)
    assert (answer.status, "location" in answer.headers) == (400, False)
    assert signed_in(world)


def test_client_id_and_hint_must_agree(world):
    given = world.tokens()
    assert world.go("/logout", client_id="page", id_token_hint=given["id_token"]).status == 400
    assert world.go("/logout", client_id="web", id_token_hint=given["id_token"]).status == 200


def test_an_access_token_is_no_hint(world):
    assert world.go("/logout", id_token_hint=world.tokens()["access_token"]).status == 400


def test_signing_out_twice_leads_back_all_the_same(world):
    given = world.tokens()
    query = {"id_token_hint": given["id_token"], "post_logout_redirect_uri": f"{WEB}/bye"}
    for _ in range(2):
        assert world.go("/logout", **query).headers.get("location") == f"{WEB}/bye"
    assert len(world.listener.told) == 1


def test_everywhere_ends_the_sign_ins_in_other_browsers_too(world):
    first, cookies = world.tokens(), dict(world.cookies)
    world.cookies = {}
    second = world.tokens()
    world.go("/logout", client_id="web", logout_hint=sid_of(world, second), everywhere="yes")
    world.cookies = cookies
    assert not signed_in(world)
    assert not world.active(first["access_token"])
    assert len(world.listener.told) == 2
