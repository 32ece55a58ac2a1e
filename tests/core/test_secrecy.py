"""No secret is shown, and none is overlooked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authpatterns.messages import Headers, Request, Response
from authpatterns.secrecy import SECRET_FIELDS, carried, fingerprint, redact

SECRET = "s3cr3t-value"
CASES = {
    "bearer": Request.get("/", {"authorization": f"Bearer {SECRET}"}),
    "bare authorization": Request.get("/", {"authorization": SECRET}),
    "cookie": Request.get("/", {"cookie": f"a=; session={SECRET}"}),
    "form": Request.post("/", form={"username": "alice", "password": SECRET}),
    "json": Request.post("/", json={"deep": [{"refresh_token": SECRET}], "n": 1}),
    "query": Request.get(f"/callback?code={SECRET}&page=2"),
    "set-cookie": Response(200, "", Headers.of({"set-cookie": f"id={SECRET}; Path=/; HttpOnly"})),
    "location": Response.redirect(f"https://shop.example/callback?state={SECRET}"),
    "answer": Response.of({"access_token": SECRET, "token_type": "Bearer"}),
}


@pytest.mark.parametrize("message", CASES.values(), ids=CASES.keys())
def test_every_place_of_a_secret_is_found_and_covered(message):
    assert [found.value for found in carried(message)] == [SECRET]
    covered = redact(message)
    whole = f"{covered.headers} {covered.body} {getattr(covered, 'target', '')}"
    assert SECRET not in whole + repr(message)
    assert fingerprint(SECRET)[-6:] in whole


@pytest.mark.parametrize("message", CASES.values(), ids=CASES.keys())
def test_what_is_no_secret_stays(message):
    covered = redact(message)
    assert repr(covered).count("alice") == repr(message).count("alice")
    assert type(covered) is type(message)


JWT = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9."
QUOTING = {
    "error": Response.of({"error": "invalid_token", "error_description": f"cannot read {JWT}, sorry"}),
    "text": Response(500, f"Traceback: {JWT}", Headers.of({"content-type": "text/plain"})),
    "broken json": Response(500, f"{{{JWT}", Headers.of({"content-type": "application/json"})),
    "a list": Response.of([f"first {JWT}"]),
    "header": Request.get("/", {"x-debug": f"token={JWT}"}),
    "www-authenticate": Response(401, "", Headers.of({"www-authenticate": f'Bearer error_description="{JWT}"'})),
    "form": Request.post("/", form={"note": f"see {JWT}"}),
    "query": Request.get(f"/search?q={JWT}"),
    "location": Response.redirect(f"https://shop.example/error?message={JWT}"),
}


@pytest.mark.parametrize("message", QUOTING.values(), ids=QUOTING.keys())
def test_a_jwt_that_is_quoted_somewhere_is_found_and_covered(message):
    assert [found.value for found in carried(message)] == [JWT]
    covered = redact(message)
    whole = f"{covered.headers} {covered.body} {getattr(covered, 'target', '')}"
    assert JWT not in whole
    assert fingerprint(JWT) in whole
    assert carried(covered) == () or covered == redact(covered)


def test_the_signature_over_something_else_is_no_credential():
    message = Response.of({"content": "{}", "signature": JWT, "signatures": [JWT]})
    assert carried(message) == ()
    assert redact(message) == message


def test_a_word_that_only_looks_like_a_beginning_is_no_jwt():
    message = Response.of({"note": "eyJ is how they begin", "hash": "abceyJx.y.z", "list": ["order/1"]})
    assert carried(message) == ()


@given(st.text(max_size=20), st.sampled_from(["application/json", "text/plain", ""]))
def test_a_body_of_any_kind_passes(body, kind):
    message = Response(200, body, Headers.of({"content-type": kind}))
    assert redact(message).status == 200


def test_a_message_without_secrets_is_left_as_it_is():
    request = Request.get("/orders/1?page=2", {"accept": "text/html"})
    assert redact(request) == request
    answer = Response(200, '{ "spaced" : 1 }', Headers.of({"content-type": "application/json"}))
    assert redact(answer) == answer


def test_equal_secrets_have_equal_fingerprints_that_name_the_kind():
    assert fingerprint("a.b.c").startswith("jwt#")
    assert fingerprint("x", "password").startswith("password#")
    assert fingerprint("x") == fingerprint("x") != fingerprint("y")


def test_carried_shows_no_value():
    found = carried(CASES["cookie"])[0]
    assert SECRET not in repr(found)
    assert found.size == len(SECRET)
    assert found.fingerprint == fingerprint(SECRET)


def test_the_names_of_all_oauth_secrets_are_known():
    assert {"access_token", "refresh_token", "id_token", "code", "code_verifier", "client_secret"} <= SECRET_FIELDS
