"""What every session store owes, whichever server is behind it. `do` sends one command; `do.network` is its world."""


def promises():
    """Each promise by its name."""
    return {name: value for name, value in globals().items() if name.startswith(("a_", "an_"))}


def a_value_lives_as_long_as_the_clock_of_the_story_says(do):
    do("SET", "/k?ex=60", "v")
    do.network.kernel.run_until(59)
    assert (do("GET", "/k").body, do("EXISTS", "/k").body) == ("v", "1")
    do.network.kernel.run_until(60)
    assert (do("GET", "/k").status, do("EXISTS", "/k").body, do("GETEX", "/k?ex=60").status) == (404, "0", 404)


def a_value_that_is_read_can_be_let_live_on(do):
    do("SET", "/k?ex=60", "v")
    do.network.kernel.run_until(50)
    assert do("GETEX", "/k?ex=60").body == "v"
    do.network.kernel.run_until(100)
    assert do("GETEX", "/k?ex=60").body == "v"


def a_value_may_be_any_text(do):
    text = 'セッション 🔑 "\\ \r\n\0 ' + "x" * 10_000
    do("SET", "/session:日本?ex=60", text)
    assert do("GET", "/session:日本").body == text


def a_value_can_be_overwritten_and_deleted(do):
    do("SET", "/k?ex=60", "1")
    do("SET", "/k?ex=60", "2")
    assert do("GET", "/k").body == "2"
    assert (do("DEL", "/k").body, do("DEL", "/k").body, do("GET", "/k").status) == ("1", "0", 404)


def a_value_that_was_never_there_is_not_there(do):
    assert (do("GET", "/n").status, do("GETEX", "/n?ex=9").status, do("EXISTS", "/n").body) == (404, 404, "0")


def a_set_holds_each_member_once_and_forgets_them_one_by_one_or_all(do):
    assert [do("SADD", "/s", member).body for member in ("b", "a", "a", "日本")] == ["1", "1", "0", "1"]
    assert do("SMEMBERS", "/s").json() == ["a", "b", "日本"]
    assert (do("SREM", "/s", "a").body, do("SREM", "/s", "a").body) == ("1", "0")
    assert do("SMEMBERS", "/s").json() == ["b", "日本"]
    assert do("DEL", "/s").body == "1"
    assert do("SMEMBERS", "/s").json() == []


def a_restart_forgets_everything_of_this_store_and_nothing_of_another(do):
    do("SET", "/k?ex=60", "v")
    do("SADD", "/s", "m")
    other = do.another()
    other("SET", "/k?ex=60", "other's")
    do.node.restart()
    assert (do("GET", "/k").status, do("SMEMBERS", "/s").json()) == (404, [])
    assert other("GET", "/k").body == "other's"


def an_unknown_command_is_refused(do):
    assert do("FLUSHALL", "/").status == 405
