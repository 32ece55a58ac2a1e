"""What every session store owes, whichever Redis client is behind it. Each promise is tried, none is believed.

The same promises are held over a fakeredis in a lesson and over a Redis server and Infinispan in `tests/interop`.

Examples:
    >>> set(kept().values())
    {True}
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from authpatterns.messages import Request, Response
from authpatterns.network import Network
from authpatterns.store_node import StoreNode


class Commands:
    """Sends commands to a store of its own: `do("SET", "/k?ex=60", "v")`.

    Args:
        connect: Makes a redis-py client for each store; None where the store finds one by itself.

    Attributes:
        node: The store.
        network: Its world; `network.kernel.run_until(60)` lets time pass.
    """

    def __init__(self, connect: Callable[[], Any] = lambda: None) -> None:
        self._connect = connect
        self.network = Network(latency=0)
        self.node = self.network.add(StoreNode("store", connect()))

    def __call__(self, method: str, target: str, body: str = "") -> Response:
        """The store's answer."""
        return self.network.kernel.run(self.network.call("test", "store", Request(method, target, body=body)))

    def another(self) -> Commands:
        """Commands to a second store with a client of the same kind."""
        return Commands(self._connect)


Promise = Callable[[Commands], None]
"""Raises an AssertionError where the store does not keep it."""


def promises() -> dict[str, Promise]:
    """Each promise by its name."""
    return {name: value for name, value in globals().items() if name.startswith(("a_", "an_"))}


def kept(connect: Callable[[], Any] = lambda: None) -> dict[str, bool]:
    """Which promises a store keeps; see `Commands` for `connect`. Whatever goes wrong is a promise that is not kept."""
    return {name: _holds(promise, connect) for name, promise in promises().items()}


def _holds(promise: Promise, connect: Callable[[], Any]) -> bool:
    try:
        promise(Commands(connect))
    except Exception:  # a client that somebody has written may raise anything
        return False
    return True


# --- the promises


def a_value_lives_as_long_as_the_clock_of_the_story_says(do: Commands) -> None:
    """Not as long as the wall clock says."""
    do("SET", "/k?ex=60", "v")
    do.network.kernel.run_until(59)
    assert (do("GET", "/k").body, do("EXISTS", "/k").body) == ("v", "1")
    do.network.kernel.run_until(60)
    assert (do("GET", "/k").status, do("EXISTS", "/k").body, do("GETEX", "/k?ex=60").status) == (404, "0", 404)


def a_value_that_is_read_can_be_let_live_on(do: Commands) -> None:
    """As a sliding session does."""
    do("SET", "/k?ex=60", "v")
    do.network.kernel.run_until(50)
    assert do("GETEX", "/k?ex=60").body == "v"
    do.network.kernel.run_until(100)
    assert do("GETEX", "/k?ex=60").body == "v"


def a_value_may_be_any_text(do: Commands) -> None:
    """Of any length, in any script, with any sign."""
    text = 'セッション 🔑 "\\ \r\n\0 ' + "x" * 10_000
    do("SET", "/session:日本?ex=60", text)
    assert do("GET", "/session:日本").body == text


def a_value_can_be_overwritten_and_deleted(do: Commands) -> None:
    """And is gone once."""
    do("SET", "/k?ex=60", "1")
    do("SET", "/k?ex=60", "2")
    assert do("GET", "/k").body == "2"
    assert (do("DEL", "/k").body, do("DEL", "/k").body, do("GET", "/k").status) == ("1", "0", 404)


def a_value_that_was_never_there_is_not_there(do: Commands) -> None:
    """Whichever command asks."""
    assert (do("GET", "/n").status, do("GETEX", "/n?ex=9").status, do("EXISTS", "/n").body) == (404, 404, "0")


def a_set_holds_each_member_once_and_forgets_them_one_by_one_or_all(do: Commands) -> None:
    """As the list of somebody's sessions must."""
    assert [do("SADD", "/s", member).body for member in ("b", "a", "a", "日本")] == ["1", "1", "0", "1"]
    assert do("SMEMBERS", "/s").json() == ["a", "b", "日本"]
    assert (do("SREM", "/s", "a").body, do("SREM", "/s", "a").body) == ("1", "0")
    assert do("SMEMBERS", "/s").json() == ["b", "日本"]
    assert do("DEL", "/s").body == "1"
    assert do("SMEMBERS", "/s").json() == []


def a_restart_forgets_everything_of_this_store_and_nothing_of_another(do: Commands) -> None:
    """Even where two stores share a server."""
    do("SET", "/k?ex=60", "v")
    do("SADD", "/s", "m")
    other = do.another()
    other("SET", "/k?ex=60", "other's")
    do.node.restart()
    assert (do("GET", "/k").status, do("SMEMBERS", "/s").json()) == (404, [])
    assert other("GET", "/k").body == "other's"


def an_unknown_command_is_refused(do: Commands) -> None:
    """Also one that Redis itself would know."""
    assert do("FLUSHALL", "/").status == 405
