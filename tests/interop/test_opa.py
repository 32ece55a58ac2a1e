"""A real OPA server decides for the shop as the rules in Python do, and whatever is no yes is a no."""

import json
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from hypothesis import HealthCheck, given, settings
from neighbours import neighbour

from authpatterns import Deployment, Jwt, Session, policies
from authpatterns.adapters.http import serve
from authpatterns.adapters.opa import OpaEngine
from authpatterns.adapters.parts import opa
from authpatterns.authz import Centralized
from authpatterns.bookshop import POLICY
from authpatterns.policy import Decision, Entity, Query

contract = neighbour("authz", "authz_contract")
engines = neighbour("authz", "test_engines")

QUESTION = Query(Entity("user", "alice"), "read", Entity("order", "1"))


@pytest.fixture(scope="session")
def server(parts, tmp_path_factory):
    file = tmp_path_factory.mktemp("opa") / "shop.rego"
    file.write_text(policies.read("shop.rego"), "utf-8")
    return parts.start("opa", lambda: opa.running([file]), fetch=opa.fetch)


@pytest.fixture
def engine(server):
    return OpaEngine(server.url)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(engines.QUERIES)
def test_opa_agrees_with_the_rules_in_python_and_names_a_rule_that_all_know(engine, query):
    decision = engine.decide(query)
    assert decision.allowed == POLICY.decide(query).allowed
    assert not decision.allowed or decision.reason in engines.NAMES


@pytest.mark.parametrize("check", contract.CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("authn", [Jwt(), Session()], ids=lambda pattern: pattern.name)
def test_the_contract_of_authorization_holds_with_opa_as_decision_point(engine, authn, check):
    check(authn, Centralized(engine=engine))


def test_over_http_too(engine):
    with serve(Deployment(Jwt(), Centralized(engine=engine), seed=1)) as live:
        alice = live.user("alice")
        alice.sign_in()
        assert [alice.get(path).status for path in ("/orders/1", "/orders/2", "/orders/1/cost")] == [200, 403, 403]
        assert "owner-reads-order" in [note["reason"] for note in live.trace.notes if note.code == "pdp.allowed"]


POLICIES = {
    "undefined": "package authzen\n\nallow if input.nothing\n",
    "a text": 'package authzen\n\nallow := "true"\n',
    "a number": "package authzen\n\nallow := 1\n",
    "a set": 'package authzen\n\nallow contains "x" if true\n',
    "an error": "package authzen\n\nallow if to_number(input.action.name) == 1\n",
    "another package": "package elsewhere\n\nallow := true\n",
    "a contradiction": "\n".join(
        (
            "package authzen",
            'allow := true if input.subject.id == "alice"',
            'allow := false if input.action.name == "read"',
        )
    ),
}


@pytest.fixture(scope="module")
def odd(parts):
    """A server without a policy of its own: each test puts one there by OPA's policy API."""
    part = parts.prepared("opa", opa.running, fetch=opa.fetch)
    with part:
        yield part


@pytest.mark.parametrize("text", POLICIES.values(), ids=POLICIES)
def test_whatever_is_not_a_boolean_true_is_a_no(odd, text):
    put(odd, text)
    assert not OpaEngine(odd.url).decide(QUESTION).allowed
    put(odd, "package authzen\n\nallow := true\n")
    assert OpaEngine(odd.url).decide(QUESTION) == Decision(True, "data.authzen.allow")


def put(part, text):
    import httpx

    answer = httpx.put(f"{part.url}/v1/policies/odd", content=text, trust_env=False, timeout=60)
    assert answer.status_code == 200, answer.text


class Rude(BaseHTTPRequestHandler):
    def do_POST(self):
        self.send_response(int(self.server.answer[0]))
        self.end_headers()
        self.wfile.write(self.server.answer[1])

    def log_message(self, *args):
        pass


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""),
        (200, b"true"),
        (200, b'{"result": true}'),
        (200, b'{"result": {"allow": "true"}}'),
        (200, b'{"result": {"allow": 1}}'),
        (200, b'{"allow": true}'),
        (200, b"[" * 100_000),
        (200, b"\xff"),
        (204, b""),
        (302, b""),
        (500, b'{"result": {"allow": true}}'),
        (500, json.dumps({"code": "internal_error"}).encode()),
    ],
)
def test_an_answer_that_is_none_is_a_no(status, body):
    server = HTTPServer(("127.0.0.1", 0), Rude)
    server.answer = (status, body)
    thread = Thread(target=server.serve_forever)
    thread.start()
    decision = OpaEngine(f"http://127.0.0.1:{server.server_port}").decide(QUESTION)
    server.shutdown()
    thread.join()
    server.server_close()
    assert not decision.allowed
    assert decision.reason in ("pdp-unreachable", "pdp-answer-unusable")


def test_nobody_there_is_a_no_at_once():
    begin = time.monotonic()
    assert OpaEngine("http://127.0.0.1:1").decide(QUESTION) == Decision(False, "pdp-unreachable")
    assert time.monotonic() - begin < 2
