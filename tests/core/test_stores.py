"""Accounts, refresh tokens, references, and the store on the network."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authpatterns.errors import Misuse, Refused
from authpatterns.messages import Request
from authpatterns.network import Network
from authpatterns.store_node import StoreNode
from authpatterns.stores import Grant, Reference, References, RefreshTokens, UserStore


@pytest.fixture
def users():
    store = UserStore()
    store.add("alice", "aozora", ["customer", "clerk"], "right")
    return store


def test_the_right_password_gives_the_account_with_sorted_roles(users):
    assert users.check("alice", "right").roles == ("clerk", "customer")


@pytest.mark.parametrize(("name", "password"), [("alice", "wrong"), ("alice", ""), ("nobody", "right"), ("", "")])
def test_whatever_is_wrong_is_refused_in_the_same_words(users, name, password):
    with pytest.raises(Refused) as refusal:
        users.check(name, password)
    assert (refusal.value.code, refusal.value.evidence) == ("sign-in.failed", {})


def test_an_unknown_name_costs_a_hash_like_a_known_one(users, monkeypatch):
    verified = []

    class Counting:
        def hash(self, password):
            return f"hash of {password}"

        def verify(self, hashed, password):
            verified.append(hashed)
            from argon2.exceptions import VerifyMismatchError

            raise VerifyMismatchError

    users._hasher = Counting()
    for name in ("alice", "nobody"):
        with pytest.raises(Refused):
            users.check(name, "wrong")
    assert len(verified) == 2


def test_passwords_are_kept_as_argon2_hashes(users):
    assert users.hash_of("alice").startswith("$argon2id$")
    assert "right" not in users.hash_of("alice")
    with pytest.raises(Misuse, match="nobody"):
        users.hash_of("nobody")


def test_real_people_get_real_work_factors(tmp_path):
    store = UserStore(str(tmp_path / "users.db"), demo=False)
    store.add("alice", "aozora", [], "right")
    assert "m=65536" in store._row("alice")[3]


def test_accounts_outlive_the_program_in_a_file(tmp_path):
    path = str(tmp_path / "users.db")
    UserStore(path).add("alice", "aozora", ["customer"], "right")
    assert UserStore(path).check("alice", "right").tenant == "aozora"


@pytest.mark.parametrize(
    "content", [b"this is no database, and long enough to look like one", b"SQLite format 3\0" + b"\0" * 200]
)
def test_a_file_that_is_no_user_database_is_named_and_left_alone(tmp_path, content):
    path = tmp_path / "users.db"
    path.write_bytes(content)
    with pytest.raises(Misuse, match=r"users\.db"):
        UserStore(str(path))
    assert path.read_bytes() == content


def test_a_database_of_something_else_is_named(tmp_path):
    import sqlite3

    path = str(tmp_path / "other.db")
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE users (id INTEGER)")
    db.close()
    with pytest.raises(Misuse, match=r"other\.db"):
        UserStore(path)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(Misuse, match="missing"):
        UserStore(str(tmp_path / "missing" / "users.db"))


def test_a_name_is_taken_once(users):
    with pytest.raises(Misuse, match="alice"):
        users.add("alice", "aozora", [], "x")


def test_roles_can_be_changed(users):
    users.set_roles("alice", ["manager"])
    assert users.find("alice").roles == ("manager",)
    assert users.find("nobody") is None


def grant(family="f", client="c", expires=100.0, user="alice"):
    return Grant(user, client, (), family, expires)


def test_a_refresh_token_is_good_once_for_its_client_and_in_its_time():
    tokens = RefreshTokens()
    tokens.add("t", grant())
    for client, now, code in (("other", 0, "refresh.unknown"), ("c", 100, "refresh.expired")):
        with pytest.raises(Refused) as refusal:
            tokens.redeem("t", client, now)
        assert refusal.value.code == code
    assert tokens.redeem("t", "c", 99).user == "alice"


@given(st.lists(st.sampled_from("abc"), max_size=8))
def test_a_second_use_ends_the_family_and_only_that(uses):
    tokens = RefreshTokens()
    for name in "abc":
        tokens.add(name, grant(family=name))
    for name in uses:
        with suppress(Refused):
            tokens.redeem(name, "c", 0)
    assert tokens.alive(0) == [name for name in "abc" if name not in uses]
    assert all((name in tokens._ended) == (uses.count(name) > 1) for name in "abc")


def test_all_sign_ins_of_a_person_are_known():
    tokens = RefreshTokens()
    for name, family, user in (("1", "x", "alice"), ("2", "x", "alice"), ("3", "y", "alice"), ("4", "z", "bob")):
        tokens.add(name, grant(family=family, user=user))
    assert tokens.families("alice") == ["x", "y"]


def test_a_reference_ends_in_time_and_with_its_family():
    references = References()
    references.add("o", Reference("alice", "x", 10))
    references.add("p", Reference("alice", "y", 10))
    assert references.find("o", 9).user == "alice"
    assert references.find("o", 10) is None
    references.end_family("x")
    assert references.find("o", 0) is None
    assert references.find("p", 0)


@pytest.fixture
def do():
    network = Network(latency=0)
    network.add(StoreNode("store"))

    def command(method, target, body=""):
        return network.kernel.run(network.call("test", "store", Request(method, target, body=body)))

    command.network = network
    return command


def test_a_value_lives_as_long_as_virtual_time_says(do):
    do("SET", "/k?ex=60", "v")
    do.network.kernel.run_until(59)
    assert (do("GET", "/k").body, do("EXISTS", "/k").body) == ("v", "1")
    do.network.kernel.run_until(60)
    assert (do("GET", "/k").status, do("EXISTS", "/k").body) == (404, "0")


def test_getex_lets_it_live_on(do):
    do("SET", "/k?ex=60", "v")
    do.network.kernel.run_until(50)
    assert do("GETEX", "/k?ex=60").body == "v"
    do.network.kernel.run_until(100)
    assert do("GETEX", "/k?ex=60").body == "v"
    assert do("GETEX", "/missing?ex=60").status == 404


def test_sets_and_deletion(do):
    for member in ("b", "a", "a"):
        do("SADD", "/s", member)
    assert do("SMEMBERS", "/s").json() == ["a", "b"]
    do("SREM", "/s", "a")
    assert do("SMEMBERS", "/s").json() == ["b"]
    assert do("DEL", "/s").body == "1"
    assert do("SMEMBERS", "/s").json() == []


def test_an_unknown_command_is_refused(do):
    assert do("FLUSHALL", "/").status == 405


def test_a_new_password_replaces_the_old_one(users):
    users.set_password("alice", "new")
    assert users.check("alice", "new").name == "alice"
    with pytest.raises(Refused):
        users.check("alice", "right")


def test_nobody_gets_a_password_without_an_account(users):
    with pytest.raises(Misuse, match="nobody"):
        users.set_password("nobody", "new")
