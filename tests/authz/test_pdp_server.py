"""A policy from a file, served on loopback."""

import argparse
import json
import socket
import urllib.request
from pathlib import Path

import pytest

from authpatterns.adapters import pdp_server
from authpatterns.adapters.authzen import AuthzenEngine
from authpatterns.adapters.http import serve
from authpatterns.adapters.pdp_server import load
from authpatterns.authn import Jwt
from authpatterns.authz import Centralized
from authpatterns.authz.pdp import Pdp
from authpatterns.bookshop import POLICY
from authpatterns.deployment import Deployment
from authpatterns.errors import Misuse
from authpatterns.policy import Decision, Entity, Query

FIXTURE = Path(__file__).parent / "fixture"
QUESTION = {
    "subject": {"type": "user", "id": "alice"},
    "action": {"name": "read"},
    "resource": {"type": "record", "id": "record-1"},
}


def ask(url, body, **headers):
    request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json", **headers})
    with urllib.request.urlopen(request) as answer:
        return answer.status, dict(answer.headers), json.load(answer)


@pytest.mark.parametrize(
    ("policy", "data"), [("records.rego", "records.json"), ("records.cedar", "records.entities.json")]
)
def test_a_policy_file_answers_over_http(policy, data):
    pdp = load(FIXTURE / policy, FIXTURE / data)
    with serve([pdp]) as live:
        pdp.identifier = live.urls["pdp"]
        with urllib.request.urlopen(live.urls["pdp"] + "/.well-known/authzen-configuration") as answer:
            places = json.load(answer)
        status, headers, body = ask(places["access_evaluation_endpoint"], QUESTION, **{"X-Request-ID": "r-1"})
        assert (status, body["decision"]) == (200, True)
        assert {name.lower(): value for name, value in headers.items()}["x-request-id"] == "r-1"
        who = {**QUESTION, "subject": {"type": "user"}}
        found = ask(places["search_subject_endpoint"], who)[2]["results"]
        assert [one["id"] for one in found] == ["alice", "bob"]
        with pytest.raises(urllib.error.HTTPError, match="400"):
            ask(places["access_evaluation_endpoint"], {})


def write(folder, name, text):
    (folder / name).write_text(text, "utf-8")
    return folder / name


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("bad.rego", "package authzen\nallow := ", "bad.rego:2:10"),
        ("old.rego", "package authzen\nallow { true }", "`if` keyword is required"),
        ("other.rego", "package other\nallow := true", "no rule data.authzen.allow"),
        ("unlinked.rego", "package authzen\nallow if missing(1)", "could not find function missing"),
        ("bad.cedar", "permit (principal", "bad.cedar cannot be read"),
        ("bad.json", '{"rules": [{"name": "x"}]}', "rule table"),
        ("policy.txt", "allow", "cannot be told from its ending"),
    ],
)
def test_a_policy_that_cannot_be_used_is_explained(tmp_path, name, text, said):
    with pytest.raises(Misuse) as refusal:
        load(write(tmp_path, name, text), None)
    assert said in str(refusal.value)
    assert "backtrace" not in str(refusal.value)


@pytest.mark.parametrize(
    ("policy", "text", "said"),
    [
        ("records.rego", "{", "data.json cannot be read"),
        ("records.rego", "[]", "must be a JSON object"),
        ("records.rego", '{"subjects": {}}', "subjects must be a JSON array"),
        ("records.rego", '{"subjects": [{"type": "user"}]}', "subjects[].id"),
        ("records.rego", '{"actions": [7]}', "actions[].id"),
        ("records.cedar", "{}", "list of Cedar entities"),
        ("records.cedar", '[{"uid": {"type": "user"}}]', "uid"),
        (
            "records.cedar",
            '[{"uid": {"type": "user", "id": "a"}, "attrs": {"x": null}, "parents": []}]',
            "cannot be read",
        ),
    ],
)
def test_data_that_cannot_be_used_are_explained(tmp_path, policy, text, said):
    with pytest.raises(Misuse) as refusal:
        load(FIXTURE / policy, write(tmp_path, "data.json", text))
    assert said in str(refusal.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    for arguments in ((tmp_path / "no.rego", None), (FIXTURE / "records.rego", tmp_path / "no.json")):
        with pytest.raises(Misuse, match=r"no\..*No such file"):
            load(*arguments)


def test_a_port_in_use_is_named(capsys):
    parser = argparse.ArgumentParser()
    pdp_server.add_arguments(parser)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        options = parser.parse_args(["--policy", str(FIXTURE / "records.rego"), "--port", port])
        with pytest.raises(Misuse, match=port):
            pdp_server.run(options)
    assert capsys.readouterr().out == ""


def test_a_shop_decides_with_a_decision_point_elsewhere():
    with serve([Pdp(POLICY)]) as live:
        shop = Deployment(Jwt(), Centralized(engine=AuthzenEngine(live.urls["pdp"])))
        alice = shop.user("alice")
        alice.sign_in()
        assert [alice.get(path).status for path in ("/orders/1", "/orders/2")] == [200, 403]
    assert alice.get("/orders/1").status == 403
    assert shop.trace.notes[-1].code == "authz.denied"


def test_whatever_is_no_decision_is_a_no():
    question = Query(Entity("user", "alice"), "read", Entity("order", "1"))
    assert AuthzenEngine("http://127.0.0.1:1").decide(question) == Decision(False, "pdp-unreachable")
    with serve([load(FIXTURE / "records.rego", None)]) as live:
        assert not AuthzenEngine(live.urls["pdp"] + "/elsewhere").decide(question).allowed
