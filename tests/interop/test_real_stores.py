"""One contract for the session store, held over fakeredis, a Redis server, and Infinispan's RESP endpoint."""

import fakeredis
import pytest

from authpatterns import Deployment, Distributed, Session
from authpatterns.adapters.http import serve
from authpatterns.adapters.parts import infinispan, redis
from authpatterns.labs import store_contract
from authpatterns.store_node import connect

STORES = ("fakeredis", "redis", "infinispan")


def url_of(parts, name):
    match name:
        case "redis":
            return parts.start("redis", redis.running).url
        case "infinispan":
            return parts.start("infinispan", infinispan.running, fetch=infinispan.fetch).url
    return ""


@pytest.fixture(params=STORES)
def url(request, parts):
    """The server's address; "" for a fakeredis."""
    return url_of(parts, request.param)


@pytest.fixture
def do(url):
    clients = []

    def client():
        clients.append(connect(url) if url else fakeredis.FakeStrictRedis(server=fakeredis.FakeServer()))
        return clients[-1]

    commands = store_contract.Commands(client)
    yield commands
    commands.node.restart()
    for each in clients:
        each.close()


class Forgetful(fakeredis.FakeStrictRedis):
    """Takes a command for done that it has not done."""

    def __init__(self, command):
        super().__init__(server=fakeredis.FakeServer())
        setattr(self, command, lambda *_args, **_named: ())


@pytest.mark.parametrize("command", ["set", "get", "delete", "sadd", "srem", "smembers", "scan_iter"])
def test_the_contract_notices_a_client_that_does_not_do_its_work(command):
    assert not all(store_contract.kept(lambda: Forgetful(command)).values())


@pytest.mark.parametrize("promise", store_contract.promises().values(), ids=store_contract.promises())
def test_a_store_keeps_its_promise(promise, do):
    promise(do)


def test_the_servers_clear_away_by_themselves_what_nobody_will_read(do, url):
    """Virtual time decides what is alive; the server's own expiry is only there so that nothing stays for ever."""
    do("SET", "/k?ex=60", "v")
    do("SADD", "/s", "m")
    client, space = do.node.client, do.node.space
    assert 0 < client.ttl(f"{space}k") <= 60
    assert 0 < client.ttl(f"{space}s") <= 7 * 24 * 3600


def test_nothing_else_on_a_server_is_touched(do, url):
    if not url:
        return  # a fakeredis of its own is nobody else's
    client = do.node.client
    client.set("somebody else's", "kept")
    do("SET", "/k?ex=60", "v")
    do.node.restart()
    assert client.get("somebody else's") == b"kept"
    client.delete("somebody else's")


def visit(shop):
    alice, bob = shop.user("alice"), shop.user("bob")
    answers = [alice.get("/orders/1"), alice.sign_in(), alice.get("/orders/1"), alice.get("/orders/2")]
    answers += [bob.sign_in(), bob.get("/orders/2"), alice.sign_out(everywhere=True), alice.get("/orders/1")]
    answers += [bob.get("/orders/2")]
    return [answer.status for answer in answers]


@pytest.mark.parametrize("lookup", ["store", "auth"])
def test_the_session_pattern_works_over_it_in_virtual_time_and_over_http(url, lookup, monkeypatch):
    """REDIS_URL is all that changes: the same messages, in the same order."""
    model = Deployment(Session(lookup=lookup), Distributed(), seed=4)
    expected = visit(model)
    if url:
        monkeypatch.setenv("REDIS_URL", url)
    shop = Deployment(Session(lookup=lookup), Distributed(), seed=4)
    assert type(shop.node("session-store").client).__module__.startswith("redis" if url else "fakeredis")
    assert visit(shop) == expected
    assert shop.trace.to_json() == model.trace.to_json()
    with serve(shop) as live:
        assert visit(live) == expected
        live.clock.advance(seconds=1801)
        assert live.user("bob").get("/orders/2").status == 401
    shop.node("session-store").restart()
    shop.node("session-store").client.close()
