"""No mutation of a code, a verifier, a redirect URI, a state, a ticket or a token is ever accepted."""

from functools import cache

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from idp_world import CALLBACK, VERIFIER, World, returned

from authpatterns.authn.forms import form_on

LETTERS = st.characters(codec="ascii", exclude_categories=["Cc", "Cs"])


@st.composite
def mutations(draw, text):
    """`text` with a little changed: a letter, a letter more or less, a part doubled or swapped, case."""
    at = draw(st.integers(0, max(0, len(text) - 1)))
    letter = draw(LETTERS)
    changed = draw(
        st.sampled_from(
            [
                text[:at] + letter + text[at + 1 :],
                text[:at] + letter + text[at:],
                text[:at] + text[at + 1 :],
                text[:at],
                text + text,
                text[::-1],
                text.swapcase(),
                text + " ",
                " " + text,
                text + "=",
                text + "\x00",
                letter,
            ]
        )
    )
    assume(changed != text)
    return changed


@cache
def world():
    return World()


many = settings(max_examples=150, deadline=None)


@many
@given(data=st.data())
def test_codes(data):
    code = world().code()
    answer = world().redeem(data.draw(mutations(code)))
    assert answer.status == 400
    assert world().redeem(code).status == 200  # guessing at it has not used it up


@many
@given(data=st.data())
def test_verifiers(data):
    assert world().redeem(world().code(), code_verifier=data.draw(mutations(VERIFIER))).status == 400


@many
@given(data=st.data())
def test_redirect_uris_at_the_token_endpoint(data):
    assert world().redeem(world().code(), redirect_uri=data.draw(mutations(CALLBACK))).status == 400


@many
@given(data=st.data())
def test_redirect_uris_at_the_authorization_endpoint(data):
    answer = world().authorize(redirect_uri=data.draw(mutations(CALLBACK)))
    assert (answer.status, "location" in answer.headers) == (400, False)


@many
@given(data=st.data())
def test_refresh_tokens(data):
    token = world().tokens()["refresh_token"]
    assert world().refresh(data.draw(mutations(token))).status == 400
    assert world().refresh(token).status == 200


@many
@given(data=st.data())
def test_access_tokens(data):
    token = world().tokens()["access_token"]
    assert not world().active(data.draw(mutations(token)))
    assert world().active(token)


@many
@given(data=st.data())
def test_id_token_hints(data):
    token = world().tokens()["id_token"]
    hint = data.draw(mutations(token).filter(bool))  # an empty hint is no hint
    assert world().go("/logout", id_token_hint=hint, cookies={}).status == 400


@many
@given(data=st.data())
def test_tickets_and_session_cookies(data):
    form = form_on(world().authorize(prompt="login"))
    filled = form.fields | {"username": "alice", "password": "alice's password"}
    assert world().go("/sign-in", filled | {"ticket": data.draw(mutations(form.fields["ticket"]))}).status == 400
    world().sign_in()
    name, value = "__Host-idp-session", world().cookies["__Host-idp-session"]
    forged = data.draw(mutations(value).filter(lambda text: text.strip() != value and ";" not in text))
    answer = world().go("/authorize", cookies={name: forged}, **world().wish(prompt="none"))
    assert returned(answer)["error"] == "login_required"


@many
@given(state=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60))
def test_any_state_comes_back_as_it_was(state):
    answer = world().sign_in(state=state)
    assert returned(answer)["state"] == state
    assert answer.headers.get("location").isascii()


@many
@given(
    steps=st.lists(
        st.sampled_from(["refresh", "replay", "revoke access", "revoke refresh", "code again", "sign out"])
        | st.integers(1, 900),
        max_size=10,
    )
)
def test_no_sequence_keeps_what_was_revoked_alive(steps):
    """After a replay, a revocation or a sign-out nothing of the family is accepted any more, whatever comes then."""
    w = World()
    code = w.code()
    family = [w.redeem(code).json()]
    over, single = False, set()
    for step in steps:
        now, old = family[-1], family[0]
        if isinstance(step, int):
            w.advance(step)
        elif step == "refresh":
            answer = w.refresh(now["refresh_token"])
            assert not (over and answer.status == 200)
            if answer.status == 200:
                family.append(answer.json())
        elif step == "replay" and len(family) > 1:
            over |= w.refresh(old["refresh_token"]).status == 400
        elif step == "revoke access":
            w.post("/revoke", token=now["access_token"])
            single.add(now["access_token"])
        elif step == "revoke refresh":
            over |= w.post("/revoke", token=now["refresh_token"]).status == 200
        elif step == "code again":
            over |= w.redeem(code).status == 400
        elif step == "sign out":
            w.network.kernel.run(w.idp.sign_out_everywhere("alice"))
            over = True
        for one in family:
            dead = over or one["access_token"] in single
            assert not (dead and w.active(one["access_token"]))
