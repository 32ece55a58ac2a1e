"""The decision point speaks AuthZEN 1.0: the levels of its certification scenario, on three engines."""

import json
from pathlib import Path

import pytest

from authpatterns.adapters.pdp_server import load
from authpatterns.authz.pdp import Directory, Pdp, directory_of
from authpatterns.messages import Request
from authpatterns.network import Network
from authpatterns.policy import Rule, Rules

FIXTURE = Path(__file__).parent / "fixture"

ALICE, BOB = {"type": "user", "id": "alice"}, {"type": "user", "id": "bob"}
ADMIN = {**BOB, "properties": {"role": "admin"}}
ACTIVE, ARCHIVED = {"type": "record", "id": "record-1"}, {"type": "record", "id": "record-2"}
SAID_ACTIVE = {**ACTIVE, "properties": {"status": "active"}}
SAID_ARCHIVED = {**ARCHIVED, "properties": {"status": "archived"}}
USER, RECORD = {"type": "user"}, {"type": "record"}
READ, WRITE = {"name": "read"}, {"name": "write"}
CONTEXT = {"time": "2025-06-27T18:03-07:00", "ip": "192.168.1.1"}


def plain_rules():
    return Rules(
        Rule("people-read", lambda q: q.action == "read" and q.subject.type == "user"),
        Rule(
            "alice-writes",
            lambda q: (q.action, q.subject.id) == ("write", "alice") and q.resource.get("status") != "archived",
        ),
        Rule(
            "admin-writes-archived",
            lambda q: (q.action, q.subject.get("role"), q.resource.get("status")) == ("write", "admin", "archived"),
        ),
        Rule(
            "soft",
            lambda q: (q.action, q.subject.id) == ("delete", "alice") and q.action_properties.get("soft") is True,
        ),
    )


ENGINES = {
    "rules": lambda: Pdp(plain_rules(), directory_of(json.loads((FIXTURE / "records.json").read_text()))),
    "rego": lambda: load(FIXTURE / "records.rego", FIXTURE / "records.json"),
    "cedar": lambda: load(FIXTURE / "records.cedar", FIXTURE / "records.entities.json"),
}


class Client:
    """Asks a decision point, each request as it would stand on the wire."""

    def __init__(self, pdp):
        self.network = Network()
        self.pdp = self.network.add(pdp)

    def send(self, request):
        return self.network.kernel.run(self.pdp.receive(request))

    def post(self, path, body, **headers):
        return self.send(Request.post(f"/access/v1/{path}", headers, json=body))

    def decide(self, subject, action, resource, **more):
        answer = self.post("evaluation", {"subject": subject, "action": action, "resource": resource, **more})
        assert answer.status == 200
        assert answer.headers.get("content-type") == "application/json"
        return answer.json()["decision"]

    def batch(self, body):
        answer = self.post("evaluations", body)
        assert answer.status == 200
        return [one["decision"] for one in answer.json()["evaluations"]]

    def search(self, kind, body):
        answer = self.post(f"search/{kind}", body)
        assert answer.status == 200
        return answer.json()["results"]


@pytest.fixture(params=ENGINES, scope="module")
def client(request):
    return Client(ENGINES[request.param]())


# --- basic


@pytest.mark.parametrize(
    ("subject", "action", "resource", "decision"),
    [
        (ALICE, READ, ACTIVE, True),
        (ALICE, WRITE, ACTIVE, True),
        (BOB, READ, ACTIVE, True),
        (BOB, WRITE, ACTIVE, False),
        (ALICE, WRITE, SAID_ARCHIVED, False),
        (ADMIN, WRITE, SAID_ARCHIVED, True),
        (ALICE, {"name": "delete", "properties": {"soft": True}}, ACTIVE, True),
        (ALICE, {"name": "delete", "properties": {"soft": False}}, ACTIVE, False),
    ],
)
def test_the_eight_decisions_of_the_fixture(client, subject, action, resource, decision):
    assert [client.decide(subject, action, resource) for _ in range(3)] == [decision] * 3
    assert client.decide(subject, action, resource, context=CONTEXT) is decision


def test_more_properties_and_unknown_fields_change_nothing(client):
    subject = {**ALICE, "properties": {"department": "Sales", "role": "manager"}, "later": 1}
    action = {**READ, "properties": {"method": "GET"}}
    resource = {**ACTIVE, "properties": {"status": "active", "owner": "bob"}}
    assert client.decide(subject, action, resource, foo="bar", futureField={"nested": True}) is True


QUESTION = {"subject": ALICE, "action": READ, "resource": ACTIVE}
MALFORMED = [
    *({name: value for name, value in QUESTION.items() if name != left_out} for left_out in QUESTION),
    {**QUESTION, "subject": {"id": "alice"}},
    {**QUESTION, "subject": {"type": "user"}},
    {**QUESTION, "subject": "alice"},
    {**QUESTION, "subject": {**ALICE, "properties": "role"}},
    {**QUESTION, "action": {}},
    {**QUESTION, "action": {"name": 123}},
    {**QUESTION, "resource": {"id": "record-1"}},
    {**QUESTION, "resource": {"type": "record"}},
    {**QUESTION, "context": []},
    [],
    "read",
]


@pytest.mark.parametrize("body", MALFORMED, ids=json.dumps)
@pytest.mark.parametrize("path", ["evaluation", "evaluations"])
def test_a_malformed_question_gets_400_and_no_decision(client, path, body):
    assert_bad(client.post(path, body))


@pytest.mark.parametrize(
    "body", ["", "{", "{}x", '{"subject":1,"subject":2}', '{"n":NaN}', "[" * 100_000, '{"x":"' + "x" * 1_000_001 + '"}']
)
def test_what_is_not_json_gets_400(client, body):
    headers = {"content-type": "application/json"}
    assert_bad(client.send(Request("POST", "/access/v1/evaluation", Request.get("/", headers).headers, body)))


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""])
def test_another_content_type_gets_400(client, kind):
    request = Request.post("/access/v1/evaluation", json=QUESTION).with_header("content-type", kind)
    assert_bad(client.send(request))


def test_a_content_type_may_have_parameters(client):
    request = Request.post("/access/v1/evaluation", json=QUESTION)
    assert client.send(request.with_header("content-type", "Application/JSON; charset=utf-8")).status == 200


def assert_bad(answer):
    assert answer.status == 400
    assert answer.headers.get("content-type") == "application/json"
    assert answer.json()["error"]["message"]
    assert "decision" not in answer.body


@pytest.mark.parametrize("body", [QUESTION, {}])
def test_the_request_identifier_comes_back(client, body):
    assert client.post("evaluation", body, **{"X-Request-ID": "bfe9-1"}).headers.get("x-request-id") == "bfe9-1"
    assert "x-request-id" not in client.post("evaluation", body).headers


# --- batch


@pytest.mark.parametrize(
    ("body", "decisions"),
    [
        ({"subject": BOB, "resource": ACTIVE, "evaluations": [{"action": READ}, {"action": WRITE}]}, [True, False]),
        (
            {
                "subject": ALICE,
                "action": WRITE,
                "evaluations": [{"resource": SAID_ACTIVE}, {"resource": SAID_ARCHIVED}],
            },
            [True, False],
        ),
        (
            {"action": WRITE, "resource": SAID_ARCHIVED, "evaluations": [{"subject": ALICE}, {"subject": ADMIN}]},
            [False, True],
        ),
        ({"evaluations": [QUESTION, {"subject": BOB, "action": WRITE, "resource": ACTIVE}]}, [True, False]),
        (
            {**QUESTION, "action": WRITE, "resource": SAID_ACTIVE, "evaluations": [{}, {"resource": SAID_ARCHIVED}]},
            [True, False],
        ),
        ({"subject": ALICE, "action": READ, "evaluations": [{"resource": ACTIVE}, {}]}, [True, False]),
        ({"subject": ALICE, "action": READ, "evaluations": [{"resource": {"type": "record"}}, 7, None]}, [False] * 3),
    ],
)
def test_batches_take_over_defaults_whole_and_keep_the_order(client, body, decisions):
    assert client.batch(body) == decisions


@pytest.mark.parametrize(
    ("semantic", "decisions"),
    [
        ("execute_all", [True, False, True]),
        ("deny_on_first_deny", [True, False]),
        ("permit_on_first_permit", [True]),
    ],
)
def test_the_three_semantics(client, semantic, decisions):
    evaluations = [{"subject": ALICE}, {"subject": BOB}, {"subject": ALICE}]
    body = {
        "action": WRITE,
        "resource": ACTIVE,
        "evaluations": evaluations,
        "options": {"evaluations_semantic": semantic},
    }
    assert client.batch(body) == decisions


def test_what_is_wrong_with_one_question_counts_as_its_denial(client):
    body = {"subject": ALICE, "action": READ, "evaluations": [{}, {"resource": ACTIVE}]}
    first_deny = {**body, "options": {"evaluations_semantic": "deny_on_first_deny"}}
    first_permit = {**body, "options": {"evaluations_semantic": "permit_on_first_permit"}}
    assert client.batch(first_deny) == [False]
    assert client.batch(first_permit) == [False, True]
    assert client.post("evaluations", body).json()["evaluations"][0]["context"]["error"]["status"] == 400


@pytest.mark.parametrize("more", [{}, {"evaluations": []}])
def test_without_a_list_a_batch_is_a_single_question(client, more):
    assert client.post("evaluations", {**QUESTION, **more}).json()["decision"] is True


@pytest.mark.parametrize(
    "more",
    [
        {"evaluations": {}},
        {"options": []},
        {"options": {"evaluations_semantic": "any"}},
        {"options": {"evaluations_semantic": None}},
        {"subject": "alice", "evaluations": [QUESTION]},
        {"resource": {"type": "record"}, "evaluations": [QUESTION]},
        {"evaluations": [{}] * 1001},
    ],
    ids=lambda more: json.dumps(more)[:60],
)
def test_what_is_wrong_with_the_whole_message_gets_400(client, more):
    assert_bad(client.post("evaluations", {**QUESTION, "evaluations": [{}], **more}))


# --- search


SUBJECTS = {"subject": USER, "action": READ, "resource": ACTIVE}
RESOURCES = {"subject": ALICE, "action": READ, "resource": RECORD}
ACTIONS = {"subject": ALICE, "resource": ACTIVE}


@pytest.mark.parametrize("more", [{}, {"context": CONTEXT}, {"subject": ALICE}, {"subject": {"type": "user", "id": 7}}])
def test_who_may(client, more):
    assert client.search("subject", {**SUBJECTS, **more}) == [ALICE, BOB]


@pytest.mark.parametrize("more", [{}, {"context": CONTEXT}, {"resource": ACTIVE}])
def test_what_may_they_do_it_to(client, more):
    assert client.search("resource", {**RESOURCES, **more}) == [ACTIVE, ARCHIVED]


@pytest.mark.parametrize("more", [{}, {"context": CONTEXT}, {"action": {"name": "delete"}}])
def test_what_may_they_do(client, more):
    names = [found["name"] for found in client.search("action", {**ACTIONS, **more})]
    assert sorted(names) == ["read", "write"]


def test_searches_see_properties(client):
    assert client.search("subject", {"subject": USER, "action": WRITE, "resource": SAID_ARCHIVED}) == [BOB]
    assert client.search("resource", {"subject": ADMIN, "action": WRITE, "resource": RECORD}) == [ARCHIVED]
    assert {"name": "write"} in client.search("action", {"subject": ADMIN, "resource": SAID_ARCHIVED})


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("action", {**ACTIONS, "subject": {"type": "user", "id": "nobody"}}),
        ("action", {**ACTIONS, "resource": {"type": "record", "id": "record-9"}}),
        ("resource", {**RESOURCES, "subject": {"type": "user", "id": "nobody"}}),
        ("resource", {**RESOURCES, "resource": {"type": "spaceship"}}),
        ("subject", {**SUBJECTS, "subject": {"type": "spaceship"}}),
        ("subject", {**SUBJECTS, "resource": {"type": "record", "id": "record-9"}}),
        ("subject", {**SUBJECTS, "action": {"name": "fly"}}),
    ],
)
def test_what_nobody_knows_is_an_empty_result(client, kind, body):
    assert client.search(kind, body) == []


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("subject", {"subject": USER, "resource": ACTIVE}),
        ("subject", {"subject": USER, "action": READ, "resource": RECORD}),
        ("subject", {"subject": {}, "action": READ, "resource": ACTIVE}),
        ("resource", {"action": READ, "resource": RECORD}),
        ("resource", {"subject": USER, "action": READ, "resource": RECORD}),
        ("action", {"subject": ALICE}),
        ("action", {"subject": USER, "resource": ACTIVE}),
        ("subject", {**SUBJECTS, "page": 3}),
        ("subject", {**SUBJECTS, "page": {"limit": -1}}),
        ("subject", {**SUBJECTS, "page": {"limit": True}}),
        ("subject", {**SUBJECTS, "page": {"token": "made up"}}),
        ("subject", {**SUBJECTS, "page": {"token": 5}}),
    ],
)
def test_a_malformed_search_gets_400(client, kind, body):
    answer = client.post(f"search/{kind}", body)
    assert answer.status == 400
    assert "results" not in answer.body


def test_pages_follow_each_other_to_the_end(client):
    first = client.post("search/subject", {**SUBJECTS, "page": {"limit": 1}}).json()
    assert first["results"] == [ALICE]
    assert (first["page"]["count"], first["page"]["total"]) == (1, 2)
    rest = client.post("search/subject", {**SUBJECTS, "page": {"token": first["page"]["next_token"]}}).json()
    assert (rest["results"], rest["page"]["next_token"]) == ([BOB], "")


def test_a_page_token_belongs_to_its_question(client):
    token = client.post("search/subject", {**SUBJECTS, "page": {"limit": 1}}).json()["page"]["next_token"]
    assert client.post("search/subject", {**SUBJECTS, "action": WRITE, "page": {"token": token}}).status == 400
    assert client.post("search/subject", {**SUBJECTS, "page": {"token": token, "limit": 2}}).status == 400
    assert client.post("search/subject", {**SUBJECTS, "page": {"token": token, "limit": 1}}).status == 200


def test_a_search_without_a_page_is_whole(client):
    assert "page" not in client.post("search/subject", SUBJECTS).json()
    assert client.post("search/subject", {**SUBJECTS, "page": {}}).json()["page"]["next_token"] == ""


# --- discovery


def test_the_metadata_name_every_endpoint(client):
    answer = client.send(Request.get("/.well-known/authzen-configuration"))
    assert (answer.status, answer.headers.get("content-type")) == (200, "application/json")
    found = answer.json()
    base = found.pop("policy_decision_point")
    assert base == client.pdp.identifier
    assert set(found) == {
        "access_evaluation_endpoint",
        "access_evaluations_endpoint",
        "search_subject_endpoint",
        "search_resource_endpoint",
        "search_action_endpoint",
    }
    for address in found.values():
        path = address.removeprefix(base)
        assert client.send(Request.post(path, json={})).status == 400, path


def test_who_has_nothing_to_search_offers_no_search():
    client = Client(Pdp(plain_rules()))
    found = client.send(Request.get("/.well-known/authzen-configuration")).json()
    assert not [name for name in found if name.startswith("search")]
    assert client.post("search/subject", SUBJECTS).status == 404


def test_an_empty_directory_can_be_searched():
    assert Client(Pdp(plain_rules(), Directory())).search("subject", SUBJECTS) == []
