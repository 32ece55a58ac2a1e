"""JWT hygiene (RFC 8725): what is refused before anything the token says is believed."""

import json

import jwt
import pytest
from forging import CLAIMS, NOW, claims_with, forge, header_of, judge, token_saying
from jwt.algorithms import HMACAlgorithm

from authpatterns.encoding import encode
from authpatterns.errors import Misuse, TokenRefused
from authpatterns.keys import FITS, KeyRing, KeySet, SigningKey, demo_key
from authpatterns.tokens import checks, issue, verify, verify_signature

KEY = demo_key()
GOOD = issue(CLAIMS, KEY)
SET = KeySet(KeyRing([KEY]).jwks())


def test_a_good_token_is_accepted():
    assert judge(GOOD) == "accepted"
    assert verify(GOOD, SET, issuer=CLAIMS["iss"], audience="shop", now=NOW, typ="at+jwt") == CLAIMS


# --- algorithm


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", "rs256", "RS256 ", "", None, 256, ["RS256"], {}])
def test_alg_must_be_on_the_allowlist_case_sensitively(alg):
    assert judge(forge(header_of(KEY, alg=alg), CLAIMS)) == "algorithm"
    assert judge(forge(header_of(KEY, alg=alg), CLAIMS, KEY)) == "algorithm"


def test_alg_missing_is_refused():
    assert judge(forge({"kid": KEY.kid}, CLAIMS, KEY)) == "algorithm"


def test_alg_none_never_reaches_the_key():
    result = {check.code: check for check in checks(forge(header_of(KEY, alg="none"), CLAIMS), SET)}
    assert result["algorithm"].passed is False
    assert not result["signature"].reached


@pytest.mark.parametrize("algorithms", [(), [], "RS256", ("none",), ("RS256", "none"), ("rs256",), ("ES256K",), None])
def test_allowlist_itself_must_make_sense(algorithms):
    with pytest.raises(Misuse):
        verify_signature(GOOD, SET, algorithms)


def _public_key_texts():
    public = SET.keys[0].parsed
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return {
        "pem": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "der": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "openssh": public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH),
        "jwk": json.dumps(KEY.public_jwk()).encode(),
        "modulus": KEY.public_jwk()["n"].encode(),
    }


@pytest.mark.parametrize("form", ["pem", "der", "openssh", "jwk", "modulus"])
@pytest.mark.parametrize("allowed", [("RS256",), ("RS256", "HS256"), tuple(FITS)])
def test_public_key_is_never_taken_for_an_hmac_secret(form, allowed):
    signed = forge(header_of(KEY, alg="HS256"), CLAIMS)[:-1]
    mac = HMACAlgorithm(HMACAlgorithm.SHA256).sign(signed.encode(), _public_key_texts()[form])
    token = f"{signed}.{encode(mac)}"
    assert judge(token, algorithms=allowed) == ("key-unsuitable" if "HS256" in allowed else "algorithm")
    bare = {name: value for name, value in KEY.public_jwk().items() if name != "alg"}
    assert judge(token, {"keys": [bare]}, algorithms=allowed) != "accepted"


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256", "PS384", "PS512"])
def test_a_key_works_with_its_one_algorithm_only(algorithm):
    token = forge(header_of(KEY, alg=algorithm), CLAIMS, KEY, algorithm)
    assert judge(token, algorithms=("RS256", algorithm)) == "key-unsuitable"


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_every_asymmetric_algorithm_signs_and_verifies(algorithm):
    key = demo_key(algorithm)
    assert judge(issue(CLAIMS, key), KeyRing([key]).jwks(), algorithms=(algorithm,)) == "accepted"


def test_a_shared_secret_signs_and_verifies_and_is_not_published():
    ring = KeyRing([demo_key("HS256")])
    assert judge(issue(CLAIMS, ring.signing), ring.key_set(), algorithms=("HS256",)) == "accepted"
    with pytest.raises(Misuse):
        ring.jwks()


# --- signature


def test_stripped_signature_is_refused():
    assert judge(GOOD.rpartition(".")[0] + ".") == "signature"


def test_signature_of_another_key_is_refused():
    assert judge(forge(header_of(KEY), CLAIMS, demo_key(number=1))) == "signature"


def test_changed_claims_are_refused():
    header, _, signature = GOOD.split(".")
    changed = encode(json.dumps(claims_with(sub="bob")).encode())
    assert judge(f"{header}.{changed}.{signature}") == "signature"


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 255, 256, 257, 512])
def test_signature_of_zeros_is_refused_at_any_length(size):
    for key in (KEY, demo_key("ES256"), demo_key("EdDSA")):
        token = f"{forge(header_of(key), CLAIMS)}{encode(bytes(size))}"
        assert judge(token, KeyRing([key]).jwks(), algorithms=(key.algorithm,)) == "signature"


def test_psychic_signature_is_refused():
    """r = s = 0, r = s = n and the like: CVE-2022-21449."""
    key = demo_key("ES256")
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    for r in (0, 1, order - 1, order, order + 1, 2**256 - 1):
        for s in (0, 1, order - 1, order, order + 1, 2**256 - 1):
            token = forge(header_of(key), CLAIMS) + encode(r.to_bytes(32) + s.to_bytes(32))
            assert judge(token, KeyRing([key]).jwks(), algorithms=("ES256",)) == "signature"


def test_der_encoded_ecdsa_signature_is_refused():
    key = demo_key("ES256")
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    from cryptography.hazmat.primitives.hashes import SHA256

    signed = forge(header_of(key), CLAIMS)[:-1]
    der = key.parsed.sign(signed.encode(), ECDSA(SHA256()))
    assert judge(f"{signed}.{encode(der)}", KeyRing([key]).jwks(), algorithms=("ES256",)) == "signature"


def test_pkcs1_padding_must_be_exact():
    """A signature whose padding is short, or is followed by garbage (Bleichenbacher 2006)."""
    from hashlib import sha256

    numbers = KEY.parsed.private_numbers()
    modulus, exponent, size = numbers.public_numbers.n, numbers.d, 256
    signed = forge(header_of(KEY), CLAIMS)[:-1]
    oid = bytes.fromhex("3031300d060960864801650304020105000420")
    tail = oid + sha256(signed.encode()).digest()
    blocks = {
        "right": b"\0\1" + b"\xff" * (size - 3 - len(tail)) + b"\0" + tail,
        "garbage": b"\0\1" + b"\xff" * 8 + b"\0" + tail + bytes(size - 11 - len(tail)),
        "type 2": b"\0\2" + b"\xff" * (size - 3 - len(tail)) + b"\0" + tail,
        "zeros": b"\0\1" + b"\0" * (size - 2 - len(tail)) + tail,
        "no null": b"\0\1" + b"\xff" * (size - 1 - len(tail)) + b"\0" + oid[:1] + b"\x2f" + oid[2:14] + tail[17:],
    }
    results = {}
    for name, block in blocks.items():
        signature = pow(int.from_bytes(block.ljust(size, b"\0")[:size]), exponent, modulus).to_bytes(size)
        results[name] = judge(f"{signed}.{encode(signature)}")
    assert results.pop("right") == "accepted"
    assert set(results.values()) == {"signature"}


# --- key


@pytest.mark.parametrize(
    "kid",
    [
        "unknown",
        "",
        "../../../../dev/null",
        "/dev/null",
        "' OR '1'='1",
        "x' UNION SELECT 'secret",
        "$(id)",
        "*)(uid=*",
        KEY.kid + " ",
        KEY.kid.upper(),
        None,
        0,
        True,
        [KEY.kid],
        {"kid": KEY.kid},
    ],
)
def test_kid_is_a_name_in_the_key_set_and_nothing_else(kid):
    assert judge(forge(header_of(KEY, kid=kid), CLAIMS, KEY)) == "key-unknown"


@pytest.mark.parametrize("kid", [0, None, True, ["x"]])
def test_kid_that_is_no_text_names_no_key_even_if_one_is_called_so(kid):
    jwks = {"keys": [KEY.public_jwk() | {"kid": str(kid)}]}
    assert judge(forge(header_of(KEY, kid=str(kid)), CLAIMS, KEY), jwks) == "accepted"
    assert judge(forge(header_of(KEY, kid=kid), CLAIMS, KEY), jwks) == "key-unknown"


def test_token_without_kid_means_the_only_key_there_is():
    token = forge({"alg": "RS256"}, CLAIMS, KEY)
    assert judge(token) == "accepted"
    assert judge(token, require_kid=True) == "key-unknown"


def test_several_keys_are_never_tried_one_after_another():
    token = forge({"alg": "RS256"}, CLAIMS, KEY)
    assert judge(token, KeyRing([KEY, demo_key(number=1)]).jwks()) == "key-unknown"


def test_two_keys_of_one_name_are_ambiguous():
    twin = demo_key(number=1).public_jwk() | {"kid": KEY.kid}
    for keys in ([KEY.public_jwk(), twin], [twin, KEY.public_jwk()], [KEY.public_jwk(), KEY.public_jwk()]):
        assert judge(GOOD, {"keys": keys}) == "key-unsuitable"


def test_keys_offered_by_the_token_are_never_used():
    mallory = demo_key(number=3)
    offers = {
        "jwk": mallory.public_jwk(),
        "jku": "https://mallory.example/jwks.json",
        "x5u": "https://mallory.example/cert.pem",
        "x5c": ["MIIB"],
    }
    for name, offer in offers.items():
        assert judge(forge(header_of(mallory, **{name: offer}), CLAIMS, mallory)) == "key-unknown"
        assert judge(forge(header_of(mallory, kid=KEY.kid, **{name: offer}), CLAIMS, mallory)) == "signature"
        assert judge(forge(header_of(KEY, **{name: offer}), CLAIMS, KEY)) == "accepted"


# --- extensions


@pytest.mark.parametrize("crit", [["exp"], ["b64"], ["http://example.com/x"], [], "exp", None, [1], {"a": 1}])
def test_unknown_crit_is_refused(crit):
    assert judge(forge(header_of(KEY, crit=crit, exp=1), CLAIMS, KEY)) == "critical"


@pytest.mark.parametrize("b64", [False, True, 0, "false"])
def test_unencoded_payload_option_is_refused(b64):
    assert judge(forge(header_of(KEY, b64=b64), CLAIMS, KEY)) == "critical"
    assert judge(forge(header_of(KEY, b64=b64, crit=["b64"]), CLAIMS, KEY)) == "critical"


# --- shape


@pytest.mark.parametrize(
    "token", ["", ".", "..", "a", "a.b", "a.b.c.d", "a.b.c.d.e", f"{GOOD}.", f".{GOOD}", f"{GOOD}.x.y"]
)
def test_a_token_has_three_parts(token):
    assert judge(token) == ("header" if token == ".." else "malformed")


@pytest.mark.parametrize("token", [None, 1, b"a.b.c", GOOD.encode(), [GOOD], {"payload": ""}])
def test_what_is_no_text_is_refused(token):
    assert judge(token) == "malformed"


@pytest.mark.parametrize(
    "junk", [" ", "\n", "\t", "\0", "=", "==", "+", "/", "?", "#", "%20", "é", "１", "\u200b", '"', "{"]
)
@pytest.mark.parametrize("place", [0, 5, GOOD.index("."), GOOD.index(".") + 1, GOOD.rindex(".") + 1, len(GOOD)])
def test_no_character_outside_base64url_and_dots(junk, place):
    assert judge(GOOD[:place] + junk + GOOD[place:]) == "characters"


def test_json_serialization_is_refused():
    header, payload, signature = GOOD.split(".")
    flat = {"protected": header, "payload": payload, "signature": signature}
    assert judge(json.dumps(flat)) == "malformed"
    assert judge(json.dumps(flat | {"x": ".."})) == "characters"


def test_bits_left_over_are_refused():
    """The same bytes in another spelling: lenient decoders take both."""
    key = demo_key("EdDSA")
    jwks = KeyRing([key]).jwks()
    token = issue(CLAIMS, key)
    assert judge(token, jwks, algorithms=("EdDSA",)) == "accepted"
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    twin = token[:-1] + alphabet[alphabet.index(token[-1]) ^ 1]
    assert judge(twin, jwks, algorithms=("EdDSA",)) == "characters"


@pytest.mark.parametrize("part", ["header", "claims"])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        '"text"',
        "1",
        "{",
        "{}x",
        "{'a': 1}",
        '{"a": 1, "a": 1}',
        '{"a": {"b": 1, "b": 2}}',
        '{"a": NaN}',
        '{"a": Infinity}',
        '{"a": -Infinity}',
        '{"a": 1e999}',
        '{"a": ' + "9" * 5000 + "}",
        '{"a": ' + "9" * 33 + "}",
        '{"a": 0.' + "1" * 50 + "}",
        '{"a": ' + "[" * 17 + "]" * 17 + "}",
        '{"a": ' + "[" * 3000 + "]" * 3000 + "}",
        '{"a":' * 20 + "1" + "}" * 20,
        '{"a": "\\ud800"}',
        '{"\\udfff": 1}',
        '\ufeff{"a": 1}',
        b'{"a": "\xff"}',
        '{"a": 1}'.encode("utf-16"),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_json_is_read_in_the_strict_sense(part, text):
    token = forge(text, CLAIMS, KEY) if part == "header" else forge(header_of(KEY), text, KEY)
    assert judge(token) == part


def test_duplicate_members_are_refused_even_when_they_agree():
    double = json.dumps(CLAIMS)[:-1] + ', "sub": "alice"}'
    assert judge(forge(header_of(KEY), double, KEY)) == "claims"
    header = json.dumps(header_of(KEY))[:-1] + ', "alg": "none"}'
    assert judge(forge(header, CLAIMS, KEY)) == "header"


def test_deep_and_wide_but_honest_claims_are_read():
    assert judge(token_saying(groups=[{"id": n, "path": [n]} for n in range(100)])) == "accepted"
    assert judge(token_saying(text="[" * 100)) == "accepted"
    assert judge(token_saying(name="\U0001f600 猫")) == "accepted"


def test_sizes_are_bounded():
    assert judge(token_saying(note="x" * 11_000)) == "accepted"
    assert judge(token_saying(note="x" * 13_000)) == "too-large"
    assert judge(forge(header_of(KEY, note="x" * 7_000), CLAIMS, KEY)) == "too-large"
    assert judge("." * 20_000) == "too-large"


def test_encrypted_token_is_refused():
    assert judge(forge({"alg": "RSA-OAEP", "enc": "A256GCM"}, "key") + "AAAA.AAAA.AAAA") == "malformed"
    assert judge(forge({"alg": "dir", "enc": "A256GCM", "zip": "DEF"}, "x", KEY)) == "algorithm"


# --- what the signature vouches for


def test_verify_signature_gives_the_header_and_the_payload_byte_for_byte():
    raw = b' {"iss" : "https://idp.example"}\n'
    verified = verify_signature(forge(header_of(KEY), raw, KEY), SET)
    assert verified.payload == raw
    assert verified.header == header_of(KEY)
    assert verify_signature(forge(header_of(KEY), b"\xff\x00", KEY), SET).payload == b"\xff\x00"


def test_claims_are_not_believed_before_the_signature():
    with pytest.raises(TokenRefused) as refusal:
        verify(forge(header_of(KEY), claims_with(exp=1), demo_key(number=1)), SET, issuer="x", audience="y", now=NOW)
    assert refusal.value.code == "token.signature"


def test_pyjwt_accepts_what_is_accepted_here():
    """Another reader of the same token comes to the same claims."""
    public = SET.keys[0].parsed
    options = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}
    assert jwt.decode(GOOD, public, ["RS256"], options, audience="shop", issuer=CLAIMS["iss"]) == CLAIMS


def test_signing_key_and_algorithm_must_fit():
    with pytest.raises(Misuse):
        SigningKey.of(KEY.private, "HS256")
    with pytest.raises(Misuse):
        SigningKey.of(KEY.private, "none")
