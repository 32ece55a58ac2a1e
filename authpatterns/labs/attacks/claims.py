"""Attacks with tokens that are well signed and say the wrong thing: too old, for somebody else, of another kind."""

from __future__ import annotations

import json
from dataclasses import replace as changed
from typing import Any

from authpatterns.authn.aws_jwt_authorizer import AwsJwtAuthorizer
from authpatterns.authn.oidc import LOGOUT_EVENT
from authpatterns.authz.delegated import Delegated
from authpatterns.authz.provider import SCOPES
from authpatterns.keys import demo_key
from authpatterns.labs.attacks import weakened as weak
from authpatterns.labs.attacks import weakened_claims as weaker
from authpatterns.labs.attacks.forging import compact, header, with_key
from authpatterns.labs.attacks.jwt import try_all
from authpatterns.labs.attacks.lab import MALLORYS_KEY, Lab, best, order_of
from authpatterns.labs.attacks.shape import ANY, DEFAULT, ON_THE_SECOND, Outcome, World, attack, on_the_second
from authpatterns.messages import Request
from authpatterns.pattern import SHOP

AWS = "aws-jwt-authorizer"


@attack(
    "CLM-01",
    secure=ON_THE_SECOND,
    expected={ANY: "401 token.expired", "jwt-gateway": "401 introspection.inactive", "session": "401 session.unknown"},
    weakened={
        ANY: on_the_second(weak.WeakenedIgnoresExpiry),
        "jwt-gateway": weaker.WeakenedReferencesNeverEnd,
        "session": weaker.WeakenedSessionsNeverEnd,
    },
)
def expired(lab: Lab) -> Outcome:
    """A stolen credential, used in the very second in which it ends, and afterwards."""
    copy = lab.stolen("alice")
    lab.shop.clock.advance(seconds=lab.shop.authn.credential_lifetime)
    first = lab.reads(lab.get("/orders/1", copy))
    lab.shop.clock.advance(minutes=1)
    return best([first, lab.reads(lab.get("/orders/1", copy))])


@attack(
    "CLM-02",
    expected="401 token.not-yet-valid / 401 token.issued-in-future",
    weakened=weak.WeakenedIgnoresBeginning,
)
def not_yet_valid(lab: Lab) -> Outcome:
    """A token that is good from tomorrow on, shown today."""
    tomorrow = int(lab.now) + 86_400
    dates: tuple[dict[str, Any], ...] = ({"nbf": tomorrow}, {"iat": tomorrow})
    return try_all(lab, [lab.issued("bob", exp=tomorrow + 900, **date) for date in dates], owner="bob")


@attack(
    "CLM-03",
    expected={
        ANY: "401 token.claim-missing / 401 token.claim-type / 401 token.claims",
        AWS: "401 token.claim-type / 401 token.claims / 401 token.expired",
    },
    weakened=weak.WeakenedLaxExpiry,
)
def strange_expiry(lab: Lab) -> Outcome:
    """A careless issuer wrote an end that is none: no `exp`, a text, not a number, before the beginning of time."""
    texts = (None, '"4102444800"', "NaN", "-1", "true")
    tokens = [compact(header(demo_key()), _ending(lab, text), with_key(demo_key())) for text in texts]
    lab.shop.clock.advance(hours=24 * 7)
    return try_all(lab, tokens, owner="bob")


def _ending(lab: Lab, text: str | None) -> str:
    claims = json.dumps(lab.claims("bob", exp=None))
    return claims if text is None else f'{claims[:-1]}, "exp": {text}}}'


@attack(
    "CLM-04",
    expected={
        ANY: "401 token.claim-missing / 401 token.audience / 401 token.claim-type",
        AWS: "401 token.audience",
        "sso-gateway": "401 token.claim-missing / 401 introspection.inactive / 401 token.claim-type",
    },
    weakened=weak.WeakenedComparesAudienceLoosely,
)
def wrong_audience(lab: Lab) -> Outcome:
    """Bob's token for somebody else, shown at the shop: for nobody, for a similar name, for a list without the shop."""
    others: tuple[Any, ...] = (None, f"{SHOP}.evil.example", SHOP[:-1], ["https://pay.example"], [])
    return try_all(lab, [lab.issued("bob", aud=other) for other in others], owner="bob")


@attack("CLM-05", expected="401 token.issuer", weakened=weak.WeakenedComparesIssuerLoosely)
def similar_issuer(lab: Lab) -> Outcome:
    """An issuer with many tenants signs with one key, and its tenants' names begin alike."""
    name = lab.issuer_name
    others = (f"{name}/", f"{name}.evil.example", name.upper(), name[:-1])
    return try_all(lab, [lab.issued("bob", iss=other) for other in others], owner="bob")


REST = AwsJwtAuthorizer(api="rest")


@attack(
    "CLM-06",
    secure={ANY: DEFAULT, AWS: World("api=rest", authn=REST)},
    expected="401 token.key-unknown",
    weakened={ANY: weak.WeakenedPooledKeys, AWS: changed(weak.WeakenedPooledKeys, authn=REST)},
)
def partner_signs_for_us(lab: Lab) -> Outcome:
    """A partner, trusted for its own people, signs a token that names the shop's issuer."""
    return try_all(lab, [compact(header(MALLORYS_KEY), lab.claims(), with_key(MALLORYS_KEY))])


@attack(
    "CLM-07",
    expected={ANY: "401 token.type", AWS: "200"},
    nature={AWS: "no-token-type"},
    weakened=weak.WeakenedTakesAnyKindOfToken,
    strict={AWS: World("scopes on the route", authn=AwsJwtAuthorizer(scopes=("shop",)))},
    strict_expected="403 scope.insufficient",
)
def id_token_as_access_token(lab: Lab) -> Outcome:
    """An ID token, which says who somebody is, shown where an access token is asked for."""
    said: dict[str, Any] = {"client_id": None, "scope": None, "nonce": "n", "auth_time": int(lab.now)}
    return try_all(lab, [lab.issued("bob", typ="JWT", **said)], owner="bob")


@attack(
    "CLM-08",
    expected={"jwt": "401 token.type", "sso": "400 token.type"},
    weakened={"jwt": weak.WeakenedTakesAnyKindOfToken, "sso": weaker.WeakenedTakesAnyTokenAsLogout},
)
def one_kind_as_another(lab: Lab) -> Outcome:
    """A logout token shown as an access token; an ID token sent to the endpoint for logout tokens."""
    if lab.pattern == "jwt":
        events: dict[str, Any] = {"client_id": None, "events": {LOGOUT_EVENT: {}}}
        return try_all(lab, [lab.issued("alice", typ="logout+jwt", **events)])
    lab.person("alice")
    asked = [hop for hop in lab.trace.between("orders", "idp") if hop.request.path == "/token"]
    given = [hop.response.json() for hop in asked if hop.response]
    answer = lab.send(Request.post("/sso/back-channel-logout", form={"logout_token": given[0]["id_token"]}), "orders")
    return lab.outcome(answer, answer.ok)


@attack("CLM-09", expected="401 token.audience", weakened=weak.WeakenedClientIdBesideAudience)
def client_id_beside_audience(lab: Lab) -> Outcome:
    """A token for somebody else, from the right client: `client_id` counts only where there is no `aud`."""
    return try_all(lab, [lab.issued("bob", aud="https://pay.example", client_id=SHOP)], owner="bob")


SCOPED = AwsJwtAuthorizer(scopes=("orders",))
PREVIEW = Delegated(scopes={**SCOPES} | {"customer": ("order:annotate-preview", "order:read", "shipment:read")})


@attack(
    "CLM-10",
    secure={
        ANY: DEFAULT,
        AWS: World("scopes on the route", authn=SCOPED),
        "delegated": World("preview", authz=PREVIEW),
    },
    expected={ANY: "403 scope.insufficient", "jwt": "403 authz.denied"},
    weakened={
        "jwt": weaker.WeakenedSearchesScopeText,
        AWS: changed(weaker.WeakenedAuthorizerSearchesScopeText, authn=SCOPED),
        "delegated": changed(weaker.WeakenedServiceSearchesScopeText, authz=PREVIEW),
    },
)
def similar_scope(lab: Lab) -> Outcome:
    """A scope whose name begins like the one that is needed."""
    if lab.pattern == AWS:
        return try_all(lab, [lab.issued("bob", scope="orders-preview"), _with_list(lab)], owner="bob")
    if lab.pattern == "jwt":
        token = lab.issued("bob", scope="order:read-cost-preview")
        answer = lab.present(token, f"{order_of('bob')}/cost")
    else:
        bob = lab.stolen("bob")
        answer = lab.send(Request.post("/orders/2", bob, json={"gift_message": "hi"}, method="PATCH"))
    return lab.outcome(answer, answer.ok)


def _with_list(lab: Lab) -> str:
    return lab.issued("bob", scope=None, scp=["orders-preview", "preview orders"])


@attack("CLM-11", expected="401 token.key-unknown", weakened=weak.WeakenedIdentityBySubjectAlone)
def client_called_alice(lab: Lab) -> Outcome:
    """Mallory registers a program called `alice` with an issuer for machines, and gets a token about it."""
    machine = lab.claims("alice", iss="https://machines.example", client_id="alice", scope=None) | {"scope": ""}
    return try_all(lab, [compact(header(MALLORYS_KEY), machine, with_key(MALLORYS_KEY))])
