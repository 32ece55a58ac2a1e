"""Attacks on the keys behind the tokens, and on what is done when keys or their issuer cannot be had."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace as changed

from authpatterns import faults
from authpatterns.authn.session import Session
from authpatterns.keys import LARGEST_SET, demo_key
from authpatterns.labs.attacks import weakened as weak
from authpatterns.labs.attacks import weakened_keys as weaker
from authpatterns.labs.attacks.forging import compact, header, unsigned, with_key
from authpatterns.labs.attacks.jwt import ISSUERS_KEY
from authpatterns.labs.attacks.lab import MALLORYS_KEY, Lab, best, is_record_of, order_of
from authpatterns.labs.attacks.shape import ANY, DEFAULT, Outcome, World, attack
from authpatterns.network import Rule

AWS = "aws-jwt-authorizer"


@attack("KEY-01", expected="401 token.key-unknown", weakened=weaker.WeakenedNeverFetchesAgain)
def withdrawn_key(lab: Lab) -> Outcome:
    """Mallory has stolen the signing key; it is withdrawn. For how long do tokens signed with it still get in?"""
    lab.person("bob")
    lab.issuer.keys.rotate(demo_key(number=1), overlap=False)
    began, ttl = lab.now, lab.shop.authn.key_cache
    while _forged_now(lab).succeeded and lab.now - began <= ttl:
        lab.shop.clock.advance(seconds=ttl / 20)
    window = round(lab.now - began)
    lab.shop.clock.advance(seconds=max(0, began + ttl + 1 - lab.now))
    after = _forged_now(lab)
    return Outcome(after.succeeded, after.seen, {"window": window, "declared": ttl})


def _forged_now(lab: Lab) -> Outcome:
    return lab.reads(lab.present(compact(header(ISSUERS_KEY), lab.claims(), with_key(ISSUERS_KEY))))


@attack("KEY-02", expected="200", weakened=weaker.WeakenedRotatesAtOnce)
def rotation(lab: Lab) -> Outcome:
    """Keys are rotated as they should be. Nobody attacks; the damage would be that people are shut out."""
    alice, old, new = lab.person("alice"), lab.issuer.keys.signing, demo_key(number=1)
    ring, asked = lab.issuer.keys, []
    ring.publish(new)
    lab.shop.clock.advance(seconds=lab.shop.authn.key_cache)
    alice.sign_in()
    asked.append(alice.get("/orders/1"))
    ring.sign_with(new.kid)
    lab.person("bob")
    asked += [alice.get("/orders/1"), lab.shop.user("bob").get("/orders/2")]
    lab.shop.clock.advance(seconds=lab.shop.authn.credential_lifetime)
    ring.withdraw(old.kid)
    alice.sign_in()
    asked.append(alice.get("/orders/1"))
    refused = [answer for answer in asked if answer.status != 200]
    return Outcome(bool(refused), str((refused or asked)[0].status), {"refused": len(refused), "asked": len(asked)})


@attack("KEY-03", expected="401 token.key-unknown", weakened=weaker.WeakenedFetchesForEveryKid)
def invented_kids(lab: Lab) -> Outcome:
    """A hundred tokens within ten seconds, each naming a key that nobody has heard of."""
    lab.person("bob")
    lab.shop.clock.advance(minutes=1)
    before = _fetches(lab)
    for number in range(100):
        lab.shop.clock.advance(seconds=0.1)
        forged = compact(header(MALLORYS_KEY, kid=f"invented-{number}"), lab.claims(), with_key(MALLORYS_KEY))
        answer = lab.present(forged)
    fetches = _fetches(lab) - before
    return lab.outcome(answer, fetches > 2, fetches=fetches)


def _fetches(lab: Lab) -> int:
    return sum(hop.target == lab.issuer.name and "jwks" in hop.request.path for hop in lab.trace)


@attack(
    "KEY-04",
    expected={"jwt": "503 network.refused / 503 network.timeout / 503 jwks.unusable",
              AWS: "401 network.refused / 401 network.timeout / 401 jwks.unusable"},
    weakened=weak.WeakenedBelievesWithoutKeys,
)  # fmt: skip
def keys_out_of_reach(lab: Lab) -> Outcome:
    """The key set cannot be had: the issuer is down, slow, or answers with too much. A token nobody signed is shown."""
    forged = compact(header(ISSUERS_KEY), lab.claims(), unsigned)
    huge = '{"keys":[],"x":"' + "x" * LARGEST_SET + '"}'
    troubles: tuple[Rule, ...] = (faults.Outage("auth"), faults.Slow("auth", 20), faults.Garbage("auth", 200, huge))
    tries = []
    for trouble in troubles:
        with lab.shop.rule(trouble):
            tries.append(lab.reads(lab.present(forged)))
    return Outcome(best(tries).succeeded, best(tries).seen, {"with_warm_cache": _serves_warm(lab)})


def _serves_warm(lab: Lab) -> int:
    """What somebody honest gets during an outage where the keys have been fetched before."""
    bob = lab.person("bob")
    with lab.shop.rule(faults.Outage("auth")):
        return bob.get("/orders/2").status


@attack(
    "KEY-05",
    secure={ANY: DEFAULT, "session": World("lookup=auth", authn=Session(lookup="auth"))},
    expected={ANY: "503 network.refused", "sso": "401 session.unknown"},
    weakened={
        "jwt": weak.WeakenedBelievesWithoutKeys,
        "session": changed(weaker.WeakenedOpensWhenDown, authn=Session(lookup="auth")),
        "sso": weaker.WeakenedOpensWhenDown,
    },
)
def issuer_is_down(lab: Lab) -> Outcome:
    """Whoever signs people in is down. Who still works, who can still sign in, and does mallory get in meanwhile?"""
    alice, fault = lab.person("alice"), faults.Outage("auth" if lab.pattern != "sso" else "idp")
    with ExitStack() as down:
        down.enter_context(lab.shop.rule(fault))
        works = is_record_of(alice.get("/orders/1"), "alice")
        bob = lab.shop.user("bob")
        bob.sign_in()
        signs_in = is_record_of(bob.get("/orders/2"), "bob")
        lab.shop.clock.advance(seconds=lab.shop.authn.key_cache)  # by now no copy of the keys is good any more
        forged = compact(header(ISSUERS_KEY), lab.claims(), unsigned) if lab.pattern == "jwt" else "made-up"
        said = {"authorization": f"Bearer {forged}"} if lab.pattern == "jwt" else {"cookie": "__Host-session=made-up"}
        answer = lab.get(order_of("alice"), {**said, "x-remembered-user": "alice"})
    return lab.reads(answer, signed_in_works=works, new_sign_in_works=signs_in)


@attack("KEY-06", expected="401 token.expired", weakened=weak.WeakenedLeewayOfAnHour)
def slow_clock(lab: Lab) -> Outcome:
    """A copied token some seconds after its end, which counts where a verifier is generous with clocks."""
    copy, strict_clock = lab.stolen("alice"), _with_fast_clock(lab)
    lab.shop.clock.advance(seconds=lab.shop.authn.credential_lifetime + 5)
    outcome = lab.reads(lab.get("/orders/1", copy))
    return Outcome(outcome.succeeded, outcome.seen, {"honest_with_clock_2_seconds_behind": strict_clock})


def _with_fast_clock(lab: Lab) -> int:
    """What somebody honest gets whose fresh token comes to a verifier two seconds behind: no leeway cuts both ways."""
    verifier = lab.node("authorizer" if lab.pattern == AWS else "orders")
    verifier.skew = -2.0
    bob = lab.shop.user("bob", "phone")
    bob.sign_in()
    status = bob.get("/orders/2").status
    verifier.skew = 0.0
    return status
