"""Requests and responses as values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authpatterns.errors import Refused
from authpatterns.messages import Headers, Principal, Request, Response, Url, below, with_query

NAMES = st.sampled_from(["a", "b", "x-user"])
LINES = st.lists(st.tuples(NAMES, st.text(max_size=5)))


def test_header_names_are_lower_case_and_a_name_may_stand_twice():
    headers = Headers.of([("X-User", "alice"), ("x-user", "mallory")])
    assert headers.get("x-user") == "alice"
    assert headers.all("x-user") == ("alice", "mallory")


@given(LINES, NAMES, st.text(max_size=5))
def test_with_sets_exactly_one_line_and_without_leaves_none(lines, name, value):
    headers = Headers.of(lines).with_(name, value)
    assert headers.all(name) == (value,)
    assert name not in headers.without(name)
    assert [line for line in headers if line[0] != name] == [line for line in Headers.of(lines) if line[0] != name]


def test_plus_keeps_what_was_there():
    assert Headers.of({"a": "1"}).plus("a", "2").all("a") == ("1", "2")


@given(st.dictionaries(st.text(min_size=1, max_size=8), st.text(max_size=8), max_size=4))
def test_a_form_survives_the_wire(fields):
    assert Request.post("/", form=fields).form() == fields


def test_of_a_repeated_parameter_the_first_counts():
    assert Request.get("/a?x=1&x=2").query == {"x": "1"}


def test_a_body_that_is_no_form_holds_no_fields():
    assert Request.post("/", json={"username": "alice"}).form() == {}


def test_a_body_that_is_no_json_is_refused_with_400():
    with pytest.raises(Refused) as refusal:
        Request("POST", "/orders", body="{").json()
    assert refusal.value.status == 400


def test_an_answer_that_is_no_json_is_none():
    assert Response(200, "<html>").json() is None


def test_statuses_have_their_names():
    assert Response(403).reason == "Forbidden"
    assert [Response(status).ok for status in (200, 303, 400, 503)] == [True, True, False, False]


def test_urls_come_apart_and_lose_their_fragment():
    url = Url.parse("https://id.example/authorize?x=1#secret")
    assert (url.origin, url.host, url.path, str(url)) == (
        "https://id.example",
        "id.example",
        "/authorize",
        "https://id.example/authorize?x=1",
    )
    assert Url.parse("https://id.example").target == "/"


def test_with_query_adds_to_what_is_there():
    assert with_query("https://a/b", x="1 2") == "https://a/b?x=1+2"
    assert with_query("https://a/b?y=0", x="1") == "https://a/b?y=0&x=1"


def test_below_does_not_confuse_a_prefix_with_a_path():
    assert below("/orders/1", "/orders")
    assert below("/orders", "/orders")
    assert below("/anything", "/")
    assert not below("/ordersheet", "/orders")


def test_a_principal_never_shows_its_credential_and_survives_its_claims():
    claims = {"iss": "i", "sub": "s", "tenant": "t", "roles": ["b", "a"], "scope": "y x", "act": {"sub": "orders"}}
    principal = Principal.from_claims(claims, "very secret")
    assert "very secret" not in repr(principal)
    assert Principal.from_claims(principal.claims()) == principal
    assert principal == Principal("i", "s", "t", ("a", "b"), ("x", "y"), "orders")
    assert Principal.from_claims({"sub": "s"}).claims() == {"iss": "", "sub": "s", "tenant": "", "roles": []}
