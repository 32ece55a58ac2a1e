"""Attacks by people who are who they say, and want what they may not (OWASP API Security Top 10)."""

from __future__ import annotations

import json
from dataclasses import replace as changed

from authpatterns import bookshop, faults, tokens
from authpatterns.authn.jwt_gateway import JwtGateway
from authpatterns.authz import machine
from authpatterns.authz.centralized import Centralized
from authpatterns.authz.control_plane import AUDIENCE, BUNDLE_TYPE, CONTROL_PLANE
from authpatterns.authz.control_plane import ISSUER as POLICY_ISSUER
from authpatterns.authz.delegated import Delegated
from authpatterns.authz.provider import (
    ACCESS_TOKEN,
    CLIENT_ASSERTION,
    EXCHANGE,
    ISSUER,
    JWT,
    PROVIDER,
    SCOPES,
    TOKEN_PATH,
)
from authpatterns.labs.attacks import weakened_authorization as weak
from authpatterns.labs.attacks.lab import MALLORYS_KEY, Lab, best, is_record_of
from authpatterns.labs.attacks.shape import ANY, DEFAULT, ON_THE_SECOND, Outcome, World, attack
from authpatterns.messages import Request, Response
from authpatterns.pattern import Authorization
from authpatterns.policy import Entity, Query

AWS = "aws-jwt-authorizer"


def ask_as(lab: Lab, name: str, request: Request) -> Response:
    """Have a request sent by somebody who is well known and writes it by hand."""
    headers = request.headers
    for key, value in lab.stolen(name).items():
        headers = headers.with_(key, value)
    return lab.send(changed(request, headers=headers))


def get_as(lab: Lab, name: str, path: str) -> Response:
    """The same for a GET."""
    return ask_as(lab, name, Request.get(path))


# --- whose it is, and what may be done to it


@attack("AUZ-01", expected="403 authz.denied", weakened=weak.WeakenedAsksForRoleAlone)
def foreign_object(lab: Lab) -> Outcome:
    """Bob changes the number in the address to alice's."""
    paths = ("/orders/1", "/payments/1", "/shipments/1", "/orders/1/tracking")
    return best([lab.reads(get_as(lab, "bob", path)) for path in paths])


@attack(
    "AUZ-02",
    expected={ANY: "403 authz.denied", "delegated": "403 scope.insufficient"},
    weakened={ANY: weak.WeakenedOwnerDoesAnything, "delegated": weak.WeakenedOwnerDoesAnythingWithAnyScope},
)
def foreign_function(lab: Lab) -> Outcome:
    """Bob calls what is meant for staff, on what is his own: he gives himself his money back."""
    answer = ask_as(lab, "bob", Request.post("/payments/2/refund"))
    return lab.outcome(answer, lab.node("payments").records["2"]["status"] == "refunded")


@attack("AUZ-03", expected="403 request.property", weakened=weak.WeakenedTakesEveryMember)
def foreign_property(lab: Lab) -> Outcome:
    """Alice, who may write a gift message, writes the price as well."""
    wish = {"gift_message": "for me", "total": 1, "tenant": "maple"}
    answer = ask_as(lab, "alice", Request.post("/orders/1", json=wish, method="PATCH"))
    return lab.outcome(answer, lab.node("orders").records["1"]["total"] == 1)


@attack("AUZ-13", expected="403 authz.denied", weakened=weak.WeakenedIgnoresTenant)
def foreign_tenant(lab: Lab) -> Outcome:
    """Erin, a clerk of the other shop, reads what this shop's clerks may read."""
    tries = [get_as(lab, "erin", path) for path in ("/orders/1", "/shipments/1", "/orders/2")]
    read = [is_record_of(answer, owner) for answer, owner in zip(tries, ("alice", "alice", "bob"), strict=True)]
    return Outcome(any(read), lab.outcome(tries[0], succeeded=False).seen, {"foreign_records": sum(read)})


@attack("AUZ-17", expected="403 authz.denied", weakened=weak.WeakenedSaysWhatExists)
def what_exists(lab: Lab) -> Outcome:
    """Bob tells orders of others that exist from those that do not, by the answer."""
    there, nowhere = (get_as(lab, "bob", path) for path in ("/orders/1", "/orders/999"))
    same = (there.status, there.body, there.headers) == (nowhere.status, nowhere.body, nowhere.headers)
    return lab.outcome(nowhere, not same)


# --- in whose name


@attack(
    "AUZ-04",
    expected="400 exchange.scope / 400 exchange.target",
    weakened=weak.WeakenedGrantsWhatIsAsked,
)
def wider_scope(lab: Lab) -> Outcome:
    """Mallory runs the orders service and asks the provider for more than bob may, and for other services."""
    orders = lab.node("orders")
    about_bob = {"subject_token": machine.state(orders, ISSUER, sub="bob"), "subject_token_type": JWT}
    first = exchange(lab, "orders", audience="orders", **about_bob)
    token = {"subject_token": first.json()["access_token"], "subject_token_type": ACCESS_TOKEN}
    tries = (
        {**about_bob, "audience": "orders", "scope": "payment:refund"},
        {**token, "audience": "shipping", "scope": "shipment:read shipment:dispatch"},
        {**about_bob, "audience": "payments"},
        {**token, "audience": "payments"},
    )
    return best([_granted(lab, exchange(lab, "orders", **wish)) for wish in tries])


def exchange(lab: Lab, client: str, **form: str) -> Response:
    """Ask the authorization provider as the microservice `client` can."""
    proof = {"client_assertion_type": CLIENT_ASSERTION, "client_assertion": machine.state(lab.node(client), ISSUER)}
    return lab.send(Request.post(TOKEN_PATH, form={"grant_type": EXCHANGE, **proof, **form}), PROVIDER)


def _granted(lab: Lab, answer: Response) -> Outcome:
    return lab.outcome(answer, answer.status == 200)


@attack("AUZ-05", expected="403 authz.denied", weakened=weak.WeakenedActsAsItself)
def confused_deputy(lab: Lab) -> Outcome:
    """The orders service has forgotten a check and asks shipping: in whose name decides what bob gets to see."""
    orders = lab.node("orders")
    real = orders.query
    orders.query = lambda request: None if request.path.endswith("/tracking") else real(request)
    return lab.reads(get_as(lab, "bob", "/orders/1/tracking"))


BOTH_MAY_CALL = Delegated(clients={"orders": ("shipping",), "payments": ("shipping",), "shipping": ()})


@attack(
    "AUZ-06",
    secure=World("payments may call shipping", authz=BOTH_MAY_CALL),
    expected="400 exchange.may-act",
    weakened=changed(weak.WeakenedCountsEarlierActors, authz=BOTH_MAY_CALL),
)
def earlier_actor(lab: Lab) -> Outcome:
    """A token says that orders acts now and payments did before; payments wants to act with it once more."""
    now = int(lab.now)
    claims = {
        "iss": ISSUER, "sub": "alice", "aud": "payments", "client_id": "orders", "scope": "shipment:read",
        "act": {"sub": "orders", "act": {"sub": "payments"}}, "may_act": {"sub": "orders"},
        "iat": now, "exp": now + 300, "jti": "earlier",
    }  # fmt: skip
    outcomes = []
    for kept in (claims, {name: value for name, value in claims.items() if name != "may_act"}):
        token = tokens.issue(kept, lab.node(PROVIDER).keys.signing)
        wish = {"subject_token": token, "subject_token_type": ACCESS_TOKEN, "audience": "shipping"}
        outcomes.append(_granted(lab, exchange(lab, "payments", **wish)))
    return best(outcomes)


# --- what decides is gone, or talks nonsense

DECIDES = {"centralized": "pdp", "delegated": PROVIDER, "hybrid": CONTROL_PLANE}


def all_stale(lab: Lab) -> None:
    """Let everything grow old that was fetched about decisions; people's tokens live on."""
    lab.person("bob")
    lab.person("alice")
    lab.shop.clock.advance(seconds=400)


@attack(
    "AUZ-07",
    expected={ANY: "503 network.refused", "hybrid": "503 bundle.too-old"},
    weakened=weak.WeakenedOpensWhenDown,
)
def decider_is_down(lab: Lab) -> Outcome:
    """What decides is down, long enough for every copy to grow old; bob asks for alice's order."""
    all_stale(lab)
    with lab.shop.rule(faults.Outage(DECIDES[lab.pattern])):
        return lab.reads(get_as(lab, "bob", "/orders/1"))


READ_ONLY = Delegated(scopes={**SCOPES} | {"customer": ("order:read",)})


@attack(
    "AUZ-08",
    secure={ANY: DEFAULT, "delegated": World("customers only read", authz=READ_ONLY)},
    expected={"centralized": "403 pdp.unusable", "delegated": "403 provider.unusable"},
    weakened={
        "centralized": weak.WeakenedTakesAnythingForYes,
        "delegated": changed(weak.WeakenedBelievesScopeOfAnswer, authz=READ_ONLY),
    },
)
def nonsense_decision(lab: Lab) -> Outcome:
    """What decides answers something that is no decision: a text, a number, nothing, a yes in the wrong place."""
    all_stale(lab)
    if lab.pattern == "centralized":
        said = ('{"decision":"true"}', '{"decision":1}', '{"decision":{"allow":true}}', "true", '"allow"', "[1]", "")
        return best([_during(lab, "pdp", body, "bob", Request.get("/orders/1")) for body in said])
    wish = Request.post("/orders/1", json={"gift_message": "hi"}, method="PATCH")
    bare = {"token_type": "Bearer", "issued_token_type": ACCESS_TOKEN, "expires_in": 300, "scope": "order:annotate"}
    bodies = tuple(json.dumps(bare | more) for more in ({}, {"access_token": True}, {"access_token": None}))
    return best([_during(lab, PROVIDER, body, "alice", wish) for body in bodies])


def _during(lab: Lab, node: str, body: str, name: str, request: Request) -> Outcome:
    with lab.shop.rule(faults.Garbage(node, 200, body)):
        answer = ask_as(lab, name, request)
        return lab.outcome(answer, answer.ok)


REPLICA = Centralized(data="replicate")


@attack(
    "AUZ-09",
    secure={ANY: DEFAULT, "centralized": World("data=replicate", authz=REPLICA)},
    expected={"centralized": "403 replica.too-old", "hybrid": "503 bundle.too-old"},
    weakened={
        "centralized": changed(weak.WeakenedNeverTooOld, authz=REPLICA),
        "hybrid": weak.WeakenedBundleNeverTooOld,
    },
)
def stale_replica(lab: Lab) -> Outcome:
    """Dave is no manager any more, and cuts the line over which that would be told. How long can he go on?"""
    lab.person("dave")
    pay_back(lab)
    lab.shop.users.set_roles("dave", ("customer",))
    began, bound = lab.now, REPLICA.max_age  # the hybrid's default is the same
    with lab.shop.rule(faults.Outage("people" if lab.pattern == "centralized" else CONTROL_PLANE)):
        while pay_back(lab).ok and lab.now - began <= bound:
            lab.shop.clock.advance(seconds=5)
        window = round(lab.now - began)
        lab.shop.clock.advance(seconds=max(0.0, began + bound + 1 - lab.now))
        answer = pay_back(lab)
    return lab.outcome(answer, answer.ok, window=window, declared=bound)


def pay_back(lab: Lab) -> Response:
    """Dave gives bob his money back, as only managers may."""
    return ask_as(lab, "dave", Request.post("/payments/2/refund"))


@attack(
    "AUZ-10",
    secure={ANY: DEFAULT, "centralized": World("cache=60", authz=Centralized(cache=60))},
    expected="403 authz.denied",
    weakened={
        "centralized": changed(weak.WeakenedRemembersByPath, authz=Centralized(cache=60)),
        "hybrid": weak.WeakenedRemembersByPath,
    },
)
def remembered_decision(lab: Lab) -> Outcome:
    """Alice has just looked at her order; bob asks for it while the decision is remembered."""
    get_as(lab, "alice", "/orders/1")
    return lab.reads(get_as(lab, "bob", "/orders/1"))


@attack("AUZ-11", expected="403 authz.denied", weakened=weak.WeakenedDriftedRules)
def drifted_rules(lab: Lab) -> Outcome:
    """Somebody has tidied the rules of one service. Bob tries that one; a comparison of all rules finds it as well."""
    outcome = lab.reads(get_as(lab, "bob", "/shipments/1"))
    return Outcome(outcome.succeeded, outcome.seen, {"differences_found": len(differences(lab))})


def differences(lab: Lab) -> list[Query]:
    """The questions that a service's own rules answer in another way than the shop's policy."""
    people = [Entity("user", who.name, {"tenant": who.tenant, "roles": list(who.roles)}) for who in bookshop.PEOPLE]
    return [
        query
        for service in lab.shop.services
        for query in (
            Query(person, action, service.entity(key))
            for person in people
            for action in sorted({route.action for route in service.routes})
            for key in service.records
        )
        if service.rules.decide(query).allowed != bookshop.POLICY.decide(query).allowed
    ]


# --- policy, and what is asked of it


@attack(
    "AUZ-12",
    expected={"centralized": "404", "hybrid": "403 authz.denied"},
    weakened={"centralized": weak.WeakenedOpenPolicyApi, "hybrid": weak.WeakenedTakesAnyBundle},
)
def rogue_policy(lab: Lab) -> Outcome:
    """Mallory offers a policy: unsigned, signed by mallory, or the control plane's own of yesterday."""
    lab.person("bob")
    if lab.pattern == "centralized":
        told = [
            lab.send(Request("PUT", path, body=json.dumps(ROGUE)), "pdp") for path in ("/v1/policies/shop", "/policy")
        ]
        return Outcome(lab.reads(get_as(lab, "bob", "/orders/1")).succeeded, str(told[0].status))
    (first, *_) = [hop.response.json() for hop in lab.trace if hop.target == CONTROL_PLANE and hop.response]
    content = json.dumps({"policy": ROGUE, "facts": json.loads(first["content"])["facts"]})
    seal = {"iss": POLICY_ISSUER, "aud": AUDIENCE, "version": 9, "iat": int(lab.now), "exp": int(lab.now) + 120}
    bundles = [
        {"signature": "", "content": content},
        {"signature": first["signature"], "content": content},
        {"signature": tokens.issue(seal, MALLORYS_KEY, typ=BUNDLE_TYPE), "content": content},
    ]
    return best([_rolled_back(lab, first), *(_with_bundle(lab, bundle, "/orders/1", "alice") for bundle in bundles)])


def _rolled_back(lab: Lab, old: dict[str, str]) -> Outcome:
    """A policy that allows nothing is published and taken; then comes the old one, which is signed and in force."""
    plane = lab.node(CONTROL_PLANE)
    before = plane.policy
    plane.publish({"language": "table", "rules": []})
    lab.shop.clock.advance(seconds=31)
    get_as(lab, "bob", "/orders/2")
    outcome = _with_bundle(lab, old, "/orders/2", "bob")
    plane.publish(before)
    lab.shop.clock.advance(seconds=31)
    get_as(lab, "bob", "/orders/2")
    return outcome


ROGUE = {
    "language": "table",
    "rules": [
        {
            "name": "everybody-reads",
            "resource": "order",
            "action": "read",
            "when": [["same", "resource.id", "resource.id"]],
        }
    ],
}


def _with_bundle(lab: Lab, bundle: dict[str, str], path: str, owner: str) -> Outcome:
    lab.shop.clock.advance(seconds=31)
    with lab.shop.rule(faults.Garbage(CONTROL_PLANE, 200, json.dumps(bundle))):
        return lab.reads(get_as(lab, "bob", path), owner)


@attack("AUZ-14", expected="400 request.path", weakened=weak.WeakenedNormalisesLate)
def two_readings_of_path(lab: Lab) -> Outcome:
    """Bob writes the address so that the first reader sees something open to all, and the second alice's order."""
    door = "gateway" if lab.shop.authn.has_gateway else "orders"
    bob = lab.stolen("bob")
    paths = ("/public/../orders/1", "/public/%2e%2e/orders/1", "/public//../orders/1", "/public/..;/orders/1")
    return best([lab.reads(lab.get(path, bob, door)) for path in paths])


@attack(
    "AUZ-15",
    expected={"centralized": "403 authz.denied", "delegated": "403 scope.insufficient"},
    weakened=weak.WeakenedForwardsWhatIsSaid,
)
def own_attributes(lab: Lab) -> Outcome:
    """Bob says of himself, in address, headers and body, that he is a manager."""
    said = "?roles=manager&scope=order:read-cost"
    headers = {"x-roles": "manager", "x-scope": "order:read-cost"}
    answer = ask_as(lab, "bob", Request.get(f"/orders/2/cost{said}", headers))
    return lab.outcome(answer, answer.status == 200)


ASKS_FOR_FACTS = World("centralized data=fetch", authz=Centralized(data="fetch"))


@attack(
    "AUZ-16",
    secure=ON_THE_SECOND,
    expected={ANY: "200 for 900 s", "jwt-gateway": "403 authz.denied", "delegated": "200 for 300 s"},
    nature={"jwt": "role-in-token", AWS: "role-in-token", "delegated": "role-in-token"},
    weakened=World("WeakenedRemembersAMinute", authn=JwtGateway(cache=60), latency=0),
    strict={"jwt": ASKS_FOR_FACTS, AWS: ASKS_FOR_FACTS, "delegated": World("behind jwt-gateway", authn=JwtGateway())},
    strict_expected="403 authz.denied",
)
def withdrawn_role(lab: Lab) -> Outcome:
    """Dave is no manager any more, but his token still says so. How long does it help him?"""
    lab.person("dave")
    pay_back(lab)
    lab.shop.users.set_roles("dave", ("customer",))
    return lab.lasting(lambda: tries(lab), declared_role_window(lab))


def declared_role_window(lab: Lab) -> float:
    """For how long the patterns say that a withdrawn role may go on working, in seconds."""
    authn, authz = lab.shop.authn, lab.shop.authz
    if isinstance(authz, Authorization) and authz.role_window is not None:
        return authz.role_window
    reads_roles_anew = lab.pattern == "jwt-gateway"  # its inner token is made for each call
    return authn.revocation_window if reads_roles_anew else authn.credential_lifetime


def tries(lab: Lab) -> Outcome:
    """Whether dave gets his way."""
    answer = pay_back(lab)
    return lab.outcome(answer, answer.ok)
