"""Attacks on tokens that travel: opaque references, introspection, revocation, and ways round a gateway."""

from __future__ import annotations

import json
from dataclasses import replace as changed

from authpatterns.authn.aws_jwt_authorizer import CONTEXT, ORIGIN_SECRET, AwsJwtAuthorizer
from authpatterns.authn.idp.clients import Client
from authpatterns.authn.jwt import Jwt
from authpatterns.authn.jwt_gateway import GATEWAY_CREDENTIAL, INTROSPECTION, JwtGateway
from authpatterns.labs.attacks import sender_constrained as dpop
from authpatterns.labs.attacks import weakened_gateway as weak
from authpatterns.labs.attacks.lab import MALLORYS_SITE, Lab, best, is_record_of
from authpatterns.labs.attacks.oauth import redeemed, refresh
from authpatterns.labs.attacks.shape import ANY, ON_THE_SECOND, Outcome, World, attack
from authpatterns.messages import Request, Response
from authpatterns.secrecy import carried, redact

AWS = "aws-jwt-authorizer"


def introspect(lab: Lab, token: str, credential: str = "") -> Response:
    """Ask the auth service, from inside the network, what a token stands for."""
    headers = {"authorization": credential} if credential else {}
    return lab.send(Request.post(INTROSPECTION, headers, form={"token": token}), "auth")


def bearer(token: str) -> dict[str, str]:
    """The header that shows a token."""
    return {"authorization": f"Bearer {token}"}


def opaque(lab: Lab, name: str = "alice") -> str:
    """`name`'s opaque token."""
    return lab.stolen(name)["authorization"].removeprefix("Bearer ")


@attack(
    "GW-01",
    expected="401 introspection.inactive / 401 introspection.caller / 401 request.no-credential",
    weakened=weak.WeakenedCountsReferences,
)
def guessed_reference(lab: Lab) -> Outcome:
    """Mallory guesses opaque tokens: at the gateway, at the introspection endpoint from inside, and from outside."""
    lab.person("alice")
    guesses = [weak.short_reference(number) for number in range(1, 20)]
    at_gateway = [lab.reads(lab.get("/orders/1", bearer(guess))) for guess in guesses]
    inside = [_opens(lab, introspect(lab, guess)) for guess in guesses]
    outside = lab.send(Request.post(INTROSPECTION, form={"token": guesses[0]}), "gateway")
    return best([*at_gateway, *inside, _opens(lab, outside)])


def _opens(lab: Lab, answer: Response) -> Outcome:
    body = answer.json()
    return lab.outcome(answer, isinstance(body, dict) and body.get("active") is True)


@attack("GW-02", expected='200 {"active":false}', weakened=weak.WeakenedSaysWhyInactive)
def reason_of_inactive(lab: Lab) -> Outcome:
    """Mallory, who sees the gateway's answers, asks for a token that ended, one that expired and one that never was."""
    ended = opaque(lab)
    lab.shop.user("alice").sign_out()
    expired = opaque(lab, "bob")
    lab.shop.clock.advance(seconds=901)
    answers = [introspect(lab, token, GATEWAY_CREDENTIAL) for token in (ended, expired, "never-was")]
    bodies = list(dict.fromkeys(answer.body for answer in answers))
    return Outcome(len(bodies) > 1, f"{answers[0].status} {' / '.join(bodies)}")


LONG_MEMORY = JwtGateway(cache=3600, inner_lifetime=3600)


@attack(
    "GW-03",
    secure=World("cache=3600", authn=LONG_MEMORY),
    expected="401 introspection.inactive",
    weakened=changed(weak.WeakenedRemembersBeyondEnd, authn=LONG_MEMORY),
)
def remembered_beyond_end(lab: Lab) -> Outcome:
    """The gateway remembers what a token stood for; the token ends meanwhile."""
    copy = lab.stolen("alice")
    lab.shop.clock.advance(seconds=890)
    lab.get("/orders/1", copy)
    lab.shop.clock.advance(seconds=20)
    return lab.reads(lab.get("/orders/1", copy))


@attack(
    "GW-04",
    secure=ON_THE_SECOND,
    expected={ANY: "200 for 840 s", "jwt-gateway": "401 introspection.inactive"},
    nature={"jwt": "good-until-it-expires", AWS: "good-until-it-expires"},
    weakened=World("WeakenedRemembersHalfAMinute", authn=JwtGateway(cache=30), latency=0),
    strict={
        "jwt": World("denylist", authn=Jwt(denylist=True)),
        AWS: World("lifetime=60", authn=AwsJwtAuthorizer(lifetime=60), latency=0),
    },
    strict_expected={"jwt": "401 token.revoked", AWS: "401 token.expired"},
)
def used_after_revocation(lab: Lab) -> Outcome:
    """Alice signs out after a minute; the copy of her credential is tried until it is refused."""
    copy, alice = lab.stolen("alice"), lab.shop.user("alice")
    lab.shop.clock.advance(seconds=60)
    alice.get("/orders/1")
    alice.sign_out()
    return lab.lasting(lambda: lab.reads(lab.get("/orders/1", copy)), lab.shop.authn.revocation_window)


@attack(
    "GW-05",
    expected="200",
    weakened={"jwt-gateway": weak.WeakenedEndsForAnybody, "sso": weak.WeakenedRevokesForAnybody},
)
def foreign_revocation(lab: Lab) -> Outcome:
    """Somebody else tries to end alice's token. The answer tells nothing; what counts is whether hers still works."""
    if lab.pattern == "sso":
        given = redeemed(lab)
        lab.issuer.clients.add(Client(id="mallorys-app", redirect_uris=(f"{MALLORYS_SITE}/callback",)))
        form = {"client_id": "mallorys-app", "token": given["refresh_token"]}
        answer = lab.send(Request.post("/revoke", form=form), "idp")
        return lab.outcome(answer, refresh(lab, given["refresh_token"]).status != 200)
    copy, bobs = lab.stolen("alice"), lab.person("bob").browser.storage("local")["refresh_token"]
    tries = [{"refresh_token": opaque(lab)}, {"refresh_token": bobs, "username": "alice"}]
    answers = [lab.send(Request.post("/auth/sign-out", form=form)) for form in tries]
    alive = is_record_of(lab.get("/orders/1", copy), "alice")
    return Outcome(not alive, "200" if all(answer.ok for answer in answers) else str(answers[0].status))


# --- round the gateway, and through it


@attack(
    "GW-06",
    expected={ANY: "401 request.no-credential", AWS: "401 gateway.bypassed"},
    weakened={ANY: weak.WeakenedTrustsItsNetwork, AWS: weak.WeakenedTrustsAnyContext},
)
def round_the_gateway(lab: Lab) -> Outcome:
    """From a machine inside, mallory asks the service itself, and says to be alice."""
    context = json.dumps({"authorizer": {"jwt": {"claims": lab.claims() | {"roles": "[]"}}}})
    says = {"x-user": "alice", "x-roles": "customer", CONTEXT: context}
    tries = [says, {**says, ORIGIN_SECRET: "a guess"}]
    return best([lab.reads(lab.get("/orders/1", said, "orders")) for said in tries])


@attack("GW-07", expected="403 authz.denied", weakened=weak.WeakenedIdentityInHeader)
def smuggled_identity(lab: Lab) -> Outcome:
    """Bob, well known at the gateway, adds headers that say he is alice, spelt in every way."""
    bob = lab.stolen("bob")
    spellings = ({"x-user": "alice"}, {"X_User": "alice"}, {"X-USER": "alice"}, {"x-user": "alice, bob"})
    return best([lab.reads(lab.get("/orders/1", {**bob, **spelling})) for spelling in spellings])


@attack("GW-08", expected="no-jwt-outside", weakened=weak.WeakenedShowsUpstreamRequest)
def inner_token_escapes(lab: Lab) -> Outcome:
    """Alice looks into every answer she gets, good and bad, for a JWT that was meant for the inside."""
    alice = lab.person("alice")
    for path in ("/orders/1/tracking", "/orders/2", "/orders/999", "/nowhere"):
        alice.get(path)
    outside = [hop.response for hop in lab.trace if lab.trace.parties[hop.source].zone == "client" and hop.response]
    found = [text for answer in outside for text in (answer.body, *dict(answer.headers).values()) if _has_jwt(text)]
    return Outcome(bool(found), "jwt-outside" if found else "no-jwt-outside", {"answers_searched": len(outside)})


def _has_jwt(text: str) -> bool:
    return any(word.strip('",').startswith("eyJ") and word.count(".") == 2 for word in text.replace(":", " ").split())


@attack("GW-09", expected="401 introspection.inactive", weakened=weak.WeakenedLetsJwtsThrough)
def jwt_at_opaque_gateway(lab: Lab) -> Outcome:
    """The inner JWT of alice's last call, taken from a log inside, is shown at the gateway."""
    return lab.reads(lab.get("/orders/1", bearer(lab.jwt("alice"))))


# --- used by somebody it was not given to


@attack(
    "GW-10",
    expected="200",
    nature={"jwt": "one-audience", "jwt-gateway": "one-audience", "distributed": "one-audience"},
    strict=dpop.StrictAudiencePerService,
    strict_expected="401 token.audience",
)
def service_replays_token(lab: Lab) -> Outcome:
    """Mallory runs the payments service. Alice looks at a payment; payments shows her token to orders."""
    alice = lab.person("alice")
    alice.get("/payments/1")
    got = [hop for hop in lab.trace if hop.target == "payments" and hop.request.path == "/payments/1"][-1]
    line = got.request.headers.get("authorization")
    return lab.reads(lab.send(Request.get("/orders/1", {"authorization": line}), "orders"))


@attack(
    "GW-11",
    expected="200",
    nature={"jwt": "bearer", "jwt-gateway": "bearer"},
    strict=dpop.StrictSenderConstrained,
    strict_expected="401 dpop.replayed / 401 dpop.no-proof / 401 dpop.wrong-key",
)
def bearer_replay(lab: Lab) -> Outcome:
    """A thief sends alice's request again, then her token alone, then her token with a proof by a key of his own."""
    copy = lab.stolen("alice")
    sent = [hop for hop in lab.trace if hop.source == "alice" and hop.request.target == "/orders/1"][-1]
    first = lab.reads(lab.send(sent.request, sent.target))
    own = dpop.proof(lab.node("mallory"), Request.get("/orders/1", copy), dpop.THIEFS_KEY)
    tries = [lab.reads(lab.get("/orders/1", {**copy, **headers})) for headers in ({}, {"dpop": own})]
    return best([first, *tries])


# --- how a token travels


@attack(
    "GW-12",
    expected={ANY: "400 request.two-credentials", AWS: "401 request.no-credential"},
    weakened=weak.WeakenedTakesTheFirst,
)
def two_credentials(lab: Lab) -> Outcome:
    """Bob's good credential and another in one request, so that two readers may take one each."""
    good = lab.stolen("bob")
    request = Request.get("/orders/2", good)
    request = changed(request, headers=request.headers.plus("authorization", "Bearer another"))
    return lab.reads(lab.send(request), "bob")


@attack(
    "GW-13",
    expected="401 request.no-credential",
    weakened=weak.WeakenedTakesTokenFromQuery,
)
def token_in_query(lab: Lab) -> Outcome:
    """Bob's credential in the address, where logs, histories and `Referer` lines will keep it."""
    good = lab.stolen("bob")
    (secret, *_) = [found.value for found in carried(Request.get("/", good))]
    token = lab.jwt("bob") if lab.pattern == "sso" else secret
    request = Request.get(f"/orders/2?access_token={token}")
    facts = {"shown_in_logs": token in redact(request).target}
    return lab.reads(lab.send(request), "bob", **facts)
