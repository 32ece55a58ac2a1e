"""The one place where messages pass, and what can go wrong there."""

import contextlib
import re

import pytest

from authpatterns import Deployment, Distributed, Jwt, faults
from authpatterns.errors import Misuse, Refused, Timeout, Unreachable
from authpatterns.messages import Principal, Request, Response
from authpatterns.network import Network
from authpatterns.node import Node, route
from authpatterns.trace import Answered, GaveUp


class Echo(Node):
    @route("GET", "/echo/{word}")
    async def echo(self, request, word):
        return Response.of({"word": word, "principal": repr(request.principal)})

    @route("GET", "/ask/{name}")
    async def ask(self, request, name):
        return await self.call(name, Request.get("/echo/asked"))

    @route("GET", "/bug")
    async def bug(self, request):
        raise ZeroDivisionError

    @route("GET", "/no")
    async def no(self, request):
        raise Refused("sign-in.failed")


@pytest.fixture
def network():
    network = Network(seed=1, latency=0.5)
    for name in ("a", "b", "c"):
        network.add(Echo(name))
    return network


def ask(network, target, path, **options):
    return network.kernel.run(network.call("a", target, Request.get(path), **options))


def test_a_message_takes_its_time_both_ways_and_is_written_down(network):
    assert ask(network, "b", "/echo/hi").json()["word"] == "hi"
    (hop,) = network.trace.hops
    assert (hop.sent, hop.answered, hop.fate, hop.status) == (0, 1, "answered", 200)


def test_a_principal_never_crosses_the_wire(network):
    request = Request.get("/echo/x", principal=Principal("i", "alice"))
    answer = network.kernel.run(network.call("a", "b", request))
    assert answer.json()["principal"] == "None"
    assert network.trace.hops[0].request.principal is None


def test_a_hop_knows_which_hop_caused_it(network):
    ask(network, "b", "/ask/c")
    first, second = network.trace.hops
    assert (second.parent, second.source, second.target) == (first.id, "b", "c")
    assert first.parent is None


def test_latency_may_depend_on_the_hop(network):
    network.latency = lambda hop: 2.0 if hop.target == "c" else 0.0
    ask(network, "c", "/echo/x")
    assert network.now == 4


def test_a_node_that_is_down_is_refused_at_once_and_only_inside_the_block(network):
    with network.rule(faults.Outage("b")), pytest.raises(Unreachable, match="not listening"):
        ask(network, "b", "/echo/x")
    assert ask(network, "b", "/echo/x").status == 200
    assert [hop.fate for hop in network.trace.hops] == ["unreachable", "answered"]


def test_a_lost_message_times_out(network):
    with network.rule(faults.Loss("b", 1.0)), pytest.raises(Timeout, match="within 10"):
        ask(network, "b", "/echo/x")
    assert network.trace.hops[0].fate == "timeout"
    assert network.now == 10


def test_a_late_answer_is_kept_as_evidence_after_the_timeout(network):
    with network.rule(faults.Slow("b", 5)), pytest.raises(Timeout):
        ask(network, "b", "/echo/x", timeout=2)
    network.kernel.run_until(20)
    (hop,) = network.trace.hops
    assert (hop.fate, hop.status, hop.answered) == ("timeout", 200, 2)
    assert [type(event) for event in network.trace.events][-2:] == [GaveUp, Answered]


def test_a_lost_answer_times_out_although_the_work_was_done(network):
    from authpatterns.network import Deliver

    class LostReply(faults.Outage):
        def verdict(self, hop, chance):
            return Deliver(lose_reply=True) if hop.target == self.node else None

    with network.rule(LostReply("b")), pytest.raises(Timeout):
        ask(network, "b", "/ask/c")
    assert [hop.fate for hop in network.trace.hops] == ["timeout", "answered"]


def test_a_partition_cuts_both_directions_and_nothing_else(network):
    with network.rule(faults.Partition("a", "b")):
        with pytest.raises(Timeout):
            ask(network, "b", "/echo/x")
        assert ask(network, "c", "/ask/b").status == 200


def test_garbage_is_answered_in_the_place_of_the_node(network):
    with network.rule(faults.Garbage("b", 200, "true")):
        assert ask(network, "b", "/echo/x").body == "true"


def test_the_first_rule_with_a_verdict_wins(network):
    with network.rule(faults.Garbage("b", 418)), network.rule(faults.Outage("b")):
        assert ask(network, "b", "/echo/x").status == 418


def test_a_share_of_loss_repeats_with_the_seed_and_other_rules_do_not_disturb_it():
    def fates(*more):
        network = Network(seed=5)
        network.add(Echo("a"))
        network.add(Echo("b"))
        rules = [network.rule(rule) for rule in (faults.Loss("b", 0.5), *more)]
        for rule in rules:
            rule.__enter__()
        for _ in range(20):
            with contextlib.suppress(Timeout):
                ask(network, "b", "/echo/x")
        return [hop.fate for hop in network.trace.hops]

    assert fates() == fates(faults.Loss("a", 0.5))
    assert {"timeout", "answered"} == set(fates())


@pytest.mark.parametrize("rule", [faults.Outage("d"), faults.Partition("a", "d")])
def test_a_rule_that_names_no_node_is_refused_with_the_names_there_are(network, rule):
    with pytest.raises(Misuse, match=r"'d'.*a, b, c"), network.rule(rule):
        pass


def test_a_call_to_nobody_is_a_mistake_of_the_program(network):
    with pytest.raises(Misuse, match="no node named 'd'"):
        ask(network, "d", "/")


def test_a_name_is_given_once(network):
    with pytest.raises(Misuse, match="already"):
        network.add(Echo("a"))


def test_an_address_belongs_to_the_longest_path(network):
    network.publish("https://x.example", "/", "a")
    network.publish("https://x.example", "/deep", "b")
    assert network.owner("https://x.example/deep/1?q") == "b"
    assert network.owner("https://x.example/other") == "a"
    with pytest.raises(Unreachable, match=r"y\.example"):
        network.owner("https://y.example/")


def test_a_bug_in_a_handler_stops_the_run_and_is_never_an_answer(network):
    with pytest.raises(ZeroDivisionError):
        ask(network, "b", "/bug")


def test_a_refusal_becomes_an_answer_and_a_note_with_the_reason(network):
    assert ask(network, "b", "/no").status == 401
    (note,) = network.trace.notes
    assert (note.node, note.code, note.hop) == ("b", "sign-in.failed", 1)


def test_a_node_that_cannot_reach_another_says_503(network):
    with network.rule(faults.Outage("c")):
        assert ask(network, "b", "/ask/c").status == 503
    assert network.trace.notes[0]["target"] == "c"


def test_unknown_paths_are_404(network):
    assert ask(network, "b", "/nothing").status == 404


@pytest.mark.parametrize(
    "path", ["//echo/x", "/echo/../x", "/echo/%2e%2e", "/echo/x/", "echo/x", "/echo/./x", "/echo/x;y", "/a\\b"]
)
def test_a_path_with_two_readings_is_refused(network, path):
    assert ask(network, "b", path).status == 400


def test_the_trace_says_why_nobody_answered():
    """A failure that no node could note: nobody there, or nobody in time."""
    shop = Deployment(Jwt(), Distributed())
    alice = shop.user("alice")
    alice.sign_in("a guess")
    with shop.rule(faults.Outage("auth")):
        alice.sign_in()
    assert shop.trace.why() == "auth is not listening, so there is no connection."
    with shop.rule(faults.Slow("auth", 60)):
        alice.sign_in()
    assert re.fullmatch(r"auth did not answer within [\d.]+ s\.", shop.trace.why())
