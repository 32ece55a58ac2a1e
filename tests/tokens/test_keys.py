"""Keys: names, rotation, and what a verifier refuses in a key set."""

import json
import random
import subprocess
import sys

import pytest
from forging import CLAIMS, judge

from authpatterns import keys, tokens
from authpatterns.encoding import encode
from authpatterns.errors import Misuse, TokenRefused
from authpatterns.keys import LARGEST_SET, KeyRing, KeySet, SigningKey, demo_key, thumbprint
from authpatterns.tokens import issue

OLD, NEW = demo_key(number=0), demo_key(number=1)
PUBLIC = OLD.public_jwk()
SECRETS = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}


def flaw_of(jwk):
    (key,) = KeySet({"keys": [jwk]}).keys
    return key.flaw


# --- demo keys and names


@pytest.mark.parametrize(("algorithm", "count"), [("RS256", 4), ("ES256", 2), ("EdDSA", 4), ("HS256", 2)])
def test_demo_keys_are_fixed_distinct_and_named_by_their_thumbprint(algorithm, count):
    found = [demo_key(algorithm, number) for number in range(count)]
    assert len({key.kid for key in found}) == count
    assert all(key.kid == thumbprint(key.private) == thumbprint(key.verification_jwk()) for key in found)
    assert demo_key(algorithm) is demo_key(algorithm, 0) or demo_key(algorithm) == demo_key(algorithm, 0)
    with pytest.raises(Misuse):
        demo_key(algorithm, count)


@pytest.mark.parametrize("number", [-1, 4, 1000])
def test_demo_key_that_is_not_there(number):
    with pytest.raises(Misuse):
        demo_key("RS256", number)


def test_demo_keys_say_that_they_protect_nothing():
    from importlib import resources

    assert "Never use" in json.loads(resources.files("authpatterns").joinpath("demo_keys.json").read_text())["warning"]


def test_demo_rsa_keys_have_2048_bits():
    assert all(demo_key("RS256", number).parsed.key_size == 2048 for number in range(4))


@pytest.mark.parametrize(
    "jwk", [{}, {"kty": "RSA"}, {"kty": "RSA", "n": "x"}, {"kty": ["RSA"]}, {"kty": "EC", "crv": 1}]
)
def test_thumbprint_of_what_is_no_key(jwk):
    with pytest.raises(Misuse):
        thumbprint(jwk)


def test_same_claims_and_key_give_the_same_token():
    for algorithm in ("RS256", "EdDSA", "HS256"):
        assert issue(CLAIMS, demo_key(algorithm)) == issue(CLAIMS, demo_key(algorithm))


@pytest.mark.parametrize("claims", [{"a": float("nan")}, {"a": float("inf")}, {"a": object()}, {"a": {1}}])
def test_claims_that_are_no_json_are_not_signed(claims):
    with pytest.raises(Misuse):
        issue(claims, OLD)


# --- nothing secret is published


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_published_keys_hold_no_secret_member(algorithm):
    key = demo_key(algorithm)
    assert not SECRETS & set(key.public_jwk())
    assert not any(str(key.private[name]) in json.dumps(KeyRing([key]).jwks()) for name in SECRETS & set(key.private))


def test_repr_shows_no_key_material():
    for key in (OLD, demo_key("HS256"), KeySet({"keys": [PUBLIC]}).keys[0]):
        assert not any(value in repr(key) for name, value in (OLD.private | PUBLIC).items() if len(str(value)) > 50)
    assert demo_key("HS256").private["k"] not in repr(demo_key("HS256"))


def test_private_members_of_a_published_key_are_ignored():
    assert KeySet({"keys": [{**OLD.private, "kid": "x"}]}).keys[0].parsed == KeySet({"keys": [PUBLIC]}).keys[0].parsed


def test_a_published_secret_is_a_secret_no_more():
    shared = demo_key("HS256").verification_jwk()
    key_set = KeySet({"keys": [PUBLIC, shared]})
    assert key_set.find(shared["kid"]).flaw == "mixed"
    assert key_set.find(OLD.kid).flaw == ""


# --- rotation


def test_rotation_with_overlap_refuses_nobody():
    ring = KeyRing([OLD])
    before = issue(CLAIMS, ring.signing)
    ring.rotate(NEW)
    after = issue(CLAIMS, ring.signing)
    assert ring.signing == NEW
    assert [judge(before, ring.jwks()), judge(after, ring.jwks())] == ["accepted", "accepted"]
    ring.withdraw(OLD.kid)
    assert [judge(before, ring.jwks()), judge(after, ring.jwks())] == ["key-unknown", "accepted"]


def test_rotation_without_overlap_refuses_living_tokens():
    ring = KeyRing([OLD])
    before = issue(CLAIMS, ring.signing)
    ring.rotate(NEW, overlap=False)
    assert judge(before, ring.jwks()) == "key-unknown"


def test_signing_before_publishing_is_refused_until_published():
    ring = KeyRing([OLD])
    ring.add(NEW)
    ring.sign_with(NEW.kid)
    token = issue(CLAIMS, ring.signing)
    assert judge(token, ring.jwks()) == "key-unknown"
    ring.publish(NEW)
    assert judge(token, ring.jwks()) == "accepted"


def test_publishing_before_signing_changes_no_signature():
    ring = KeyRing([OLD])
    ring.publish(NEW)
    assert ring.signing == OLD
    assert [key.kid for key in ring.published] == [OLD.kid, NEW.kid]
    ring.publish(NEW)
    assert len(ring.jwks()["keys"]) == 2


def test_a_withdrawn_key_lives_on_in_a_copy_of_the_key_set():
    ring = KeyRing([OLD])
    copy = KeySet(ring.jwks())
    token = issue(CLAIMS, ring.signing)
    ring.rotate(NEW, overlap=False)
    assert [judge(token, copy), judge(token, ring.jwks())] == ["accepted", "key-unknown"]


def test_unknown_keys_cannot_be_moved():
    ring = KeyRing([OLD])
    for move in (ring.sign_with, ring.withdraw):
        with pytest.raises(Misuse):
            move("unknown")
    with pytest.raises(Misuse):
        KeyRing([])


# --- what a verifier refuses in a key


@pytest.mark.parametrize(
    ("change", "flaw"),
    [
        ({}, ""),
        ({"use": "enc"}, "use"),
        ({"use": None}, "use"),
        ({"use": ["sig"]}, "use"),
        ({"key_ops": ["sign"]}, "key_ops"),
        ({"key_ops": []}, "key_ops"),
        ({"key_ops": "verify"}, "key_ops"),
        ({"key_ops": ["verify"]}, ""),
        ({"kty": "rsa"}, "type"),
        ({"kty": None}, "type"),
        ({"kty": ["RSA"]}, "type"),
        ({"kty": "EC"}, "type"),
        ({"kty": "OKP", "crv": "X25519"}, "type"),
        ({"n": "AQAB"}, "length"),
        ({"n": encode(b"\xff" * 128)}, "length"),
        ({"n": encode(b"\xff" * 2048)}, "length"),
        ({"n": 5}, "malformed"),
        ({"n": PUBLIC["n"] + "="}, "malformed"),
        ({"n": PUBLIC["n"][:-1] + "+"}, "malformed"),
        ({"e": "AQ"}, "malformed"),
        ({"e": "Ag"}, "malformed"),
        ({"e": ""}, "malformed"),
    ],
    ids=str,
)
def test_rsa_key_must_be_fit_to_verify(change, flaw):
    assert flaw_of(PUBLIC | change) == flaw


@pytest.mark.parametrize("name", ["n", "e", "kty"])
def test_key_must_have_all_its_members(name):
    assert flaw_of({other: value for other, value in PUBLIC.items() if other != name}) in ("malformed", "type")


def test_point_must_lie_on_its_curve():
    good = demo_key("ES256").public_jwk()
    assert flaw_of(good) == ""
    assert flaw_of(good | {"y": good["x"]}) == "malformed"
    assert flaw_of(good | {"crv": "P-384"}) == "malformed"
    assert flaw_of(good | {"crv": "secp256k1"}) == "type"
    assert flaw_of(good | {"x": encode(bytes(32)), "y": encode(bytes(32))}) == "malformed"


def test_okp_key_has_32_bytes():
    good = demo_key("EdDSA").public_jwk()
    assert flaw_of(good) == ""
    assert flaw_of(good | {"x": encode(bytes(31))}) == "malformed"


@pytest.mark.parametrize(("algorithm", "least"), [("HS256", 32), ("HS384", 48), ("HS512", 64)])
def test_hmac_key_has_at_least_the_length_of_the_hash(algorithm, least):
    for size in (0, 1, least - 1, least, least + 1):
        key = SigningKey("k", algorithm, {"kty": "oct", "k": encode(bytes(range(size)))})
        (trusted,) = KeySet({"keys": [key.verification_jwk()]}).keys
        assert trusted.unsuitable_for(algorithm) == ("" if size >= least else "length")


def test_keys_of_the_faulty_roca_generator_are_refused():
    """CVE-2017-15361: the modulus has the shape that lets anybody factor it."""
    product = 1
    for prime in (11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157):
        product *= prime
    step = 2 * product
    residue = pow(65537, 5, product)
    residue += 0 if residue % 2 else product
    modulus = residue + step * ((1 << 2047) // step + 1)
    assert flaw_of(PUBLIC | {"n": encode(modulus.to_bytes(256))}) == "weak"
    assert flaw_of(PUBLIC | {"n": encode((modulus + 2).to_bytes(256))}) == ""


def test_key_that_names_no_algorithm_works_with_those_of_its_type():
    (key,) = KeySet({"keys": [{name: value for name, value in PUBLIC.items() if name != "alg"}]}).keys
    assert [key.unsuitable_for(name) for name in ("RS256", "PS512", "ES256", "HS256", "none")] == [
        "",
        "",
        "algorithm",
        "algorithm",
        "algorithm",
    ]


def test_one_bad_key_does_not_spoil_the_others():
    """Real issuers publish encryption keys, and keys of types nobody knows, beside their signing keys."""
    others = [{"kty": "AKP", "kid": "new"}, {"kty": "RSA", "use": "enc", "kid": "enc"}, {"kid": 7}, {}]
    key_set = KeySet({"keys": [*others, PUBLIC]})
    assert key_set.find(OLD.kid).flaw == ""
    assert judge(issue(CLAIMS, OLD), key_set) == "accepted"


# --- what a verifier refuses in a key set


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"keys": null}',
        '{"keys": {}}',
        '{"keys": ["x"]}',
        '{"keys": [], "keys": []}',
        b"\xff",
        "<html>502 Bad Gateway</html>",
        {},
        {"keys": "x"},
        {"keys": [1]},
        {"keys": [{"kid": {1}}]},
        {"keys": [{"kid": "\ud800"}]},
        None,
        [],
    ],
    ids=str,
)
def test_what_is_no_key_set_verifies_nothing(text):
    with pytest.raises(TokenRefused) as refusal:
        KeySet(text)
    assert refusal.value.code == "token.key-set-malformed"


def test_key_set_of_more_than_150000_bytes_is_refused():
    filler = {"kty": "RSA", "kid": "filler", "x5c": ["A" * (LARGEST_SET - 100)]}
    text = json.dumps({"keys": [PUBLIC, filler]})
    assert len(text) > LARGEST_SET
    for form in (text, text.encode(), json.loads(text)):
        with pytest.raises(TokenRefused) as refusal:
            KeySet(form)
        assert refusal.value.code == "token.key-set-too-large"
    exact = json.dumps({"keys": [PUBLIC]}).ljust(LARGEST_SET)
    assert len(KeySet(exact)) == 1


def test_size_is_counted_in_bytes_not_in_characters():
    text = json.dumps({"keys": [PUBLIC | {"note": "鍵" * (LARGEST_SET // 2)}]}, ensure_ascii=False)
    assert len(text) < LARGEST_SET < len(text.encode())
    with pytest.raises(TokenRefused):
        KeySet(text)


def test_empty_key_set_knows_no_key():
    assert judge(issue(CLAIMS, OLD), {"keys": []}) == "key-unknown"


def test_keys_are_parsed_once(monkeypatch):
    calls = []
    parse = keys._parse
    monkeypatch.setattr(keys, "_parse", lambda *given: calls.append(given) or parse(*given))
    key_set = KeySet(KeyRing([OLD, NEW]).jwks())
    token = issue(CLAIMS, OLD)
    calls_before = len(calls)
    assert calls_before == 2
    for _ in range(3):
        judge(token, key_set)
    assert len(calls) == calls_before


# --- references and looking


def test_references_are_long_random_and_repeatable():
    first = [tokens.reference(random.Random(7)) for _ in range(2)]
    assert first[0] == first[1]
    chance = random.Random(7)
    many = {tokens.reference(chance) for _ in range(1000)}
    assert len(many) == 1000
    assert {len(reference) for reference in many} == {43}
    assert len(tokens.reference(chance, 16)) == 22


def test_references_of_fewer_than_128_bits_are_refused():
    with pytest.raises(Misuse):
        tokens.reference(random.Random(7), 15)


def test_key_id_is_read_without_belief():
    assert tokens.key_id(issue(CLAIMS, OLD)) == OLD.kid
    for garbage in ("", "a.b", "a.b.c", "opaque", f"{issue(CLAIMS, OLD)}="):
        with pytest.raises(TokenRefused):
            tokens.key_id(garbage)


# --- without the package cryptography


def test_hs256_works_without_cryptography_and_the_rest_says_what_is_missing():
    program = """
import sys
sys.modules["cryptography"] = None
from authpatterns import keys, tokens
from authpatterns.errors import Misuse
ring = keys.KeyRing([keys.demo_key("HS256")])
token = tokens.issue({"sub": "alice", "exp": 900}, ring.signing)
claims = tokens.verify(token, ring.key_set(), issuer=None, audience=None, now=0, algorithms=("HS256",))
assert claims["sub"] == "alice"
rs256 = "eyJhbGciOiJSUzI1NiJ9.e30.AAAA"
public = keys.KeyRing([keys.demo_key("RS256")]).jwks()
for use in (lambda: tokens.issue({}, keys.demo_key("RS256")), lambda: tokens.verify_signature(rs256, public)):
    try:
        use()
    except Misuse as problem:
        assert problem.code == "keys.no-cryptography", problem.code
    else:
        raise AssertionError("RS256 cannot work here")
print("done")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("done\n", "")
