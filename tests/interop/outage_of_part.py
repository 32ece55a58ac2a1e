"""What happens when a real part goes away: the same row as `authpatterns.labs.outages` computes in virtual time."""

import time

from authpatterns.labs.outages import CREDENTIALS, Outage, Setting, _bare, _forged, outage
from authpatterns.labs.people import READS, Copied, click, copies, reads_of, shows_data
from authpatterns.messages import Request

COMPARED = ("sign_in", "works_at", "works_for", "share", "fails", "intruders", "after")
CLICKS = 3


def predicted(pattern, part, fault, authz="distributed"):
    """The lab's row, for as many clicks as are really made."""
    setting = Setting(horizon=CLICKS, every=1)
    row = outage(Outage(pattern, authz, part, fault), setting)
    return {name: row[name] for name in COMPARED}


def measured(live, process, fault, *, real_seconds=False, settle=0.0):
    """What people and intruders see while `process` is down, or after it has been replaced.

    The first look is taken `settle` seconds after that.

    Time that has to pass is put forward on the nodes' clocks; with `real_seconds` it passes, for a part that has a
    clock of its own and believes no other.
    """
    assert live.network.keep_secrets, "who has copied a fingerprint has no credential: serve with keep_secrets=True"
    authn = live.deployment.authn
    leaver = _left(live, authn, time.sleep if real_seconds else lambda seconds: live.advance(seconds=seconds))
    for name in ("frank", "alice"):
        live.user(name).sign_in()
        assert all(_click(live, authn, name, path) for path in reads_of(name))
    alices = copies(live, live.user("alice"), ["/orders/1"])
    process.kill() if fault == "down" else process.restart()
    live.advance(seconds=settle)
    clicks = [_click(live, authn, "alice", "/orders/1") for _ in range(CLICKS)]
    visited = zip(READS, reads_of("frank"), strict=True)
    works_at = [service for service, path in visited if _click(live, authn, "frank", path)]
    sign_ins = [live.user("bob", f"device-{fault}-{number}").sign_in().ok for number in range(2)]
    intruders = _intruders(live, alices, leaver)
    if fault == "down":
        process.start()
    return {
        "sign_in": sum(sign_ins) / len(sign_ins),
        "works_at": works_at,
        "works_for": clicks.index(False) if False in clicks else CLICKS,
        "share": sum(clicks) / len(clicks),
        "fails": "open" if intruders else "closed",
        "intruders": intruders,
        "after": _after(live, authn),
    }


LEEWAY = 1
"""Seconds that a real part may grant to a token that has expired."""


def _left(live, authn, let_pass):
    """Carol's credential, copied while it was good, after she has signed out."""
    carol = live.user("carol")
    carol.sign_in()
    carol.get("/orders/1")
    taken = copies(live, carol, ["/orders/1"])
    assert any(name in CREDENTIALS for name, _ in taken[0].request.headers)
    carol.sign_out()
    let_pass(authn.revocation_window + LEEWAY + 1)
    return taken


def _after(live, authn):
    if _click(live, authn, "alice", "/orders/1"):
        return "goes-on"
    live.user("alice").sign_in()
    return "signs-in" if _click(live, authn, "alice", "/orders/1") else "lost"


def _click(live, authn, name, path):
    return shows_data(live.run(click(live.user(name).browser, path, renewable=authn.renewable)))


def _intruders(live, alices, leaver):
    thief = live.visitor("thief").browser
    tries = {
        "nobody": [Copied(copy.target, _bare(copy.request)) for copy in alices],
        "forger": [Copied(copy.target, _forged(copy.request)) for copy in alices],
        "leaver": leaver,
    }
    found = [who for who, copied in tries.items() if any(shows_data(live.run(one.replay(thief))) for one in copied)]
    neighbour = live.run(live.user("alice").browser.send(Request.get("/orders/2")))
    return found + ["neighbour"] * shows_data(neighbour)
