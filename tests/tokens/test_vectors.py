"""The examples printed in the RFCs, and Wycheproof's where its files are at hand."""

import json
import os
from pathlib import Path

import pytest

from authpatterns.encoding import decode, encode
from authpatterns.errors import TokenRefused
from authpatterns.keys import FITS, thumbprint
from authpatterns.tokens import verify_signature

VECTORS = json.loads((Path(__file__).parent / "vectors" / "rfc.json").read_text())


def named(vectors):
    return [pytest.param(vector, id=vector["source"]) for vector in vectors]


@pytest.mark.parametrize("vector", named(VECTORS["signed"]))
def test_example_of_the_rfc_is_accepted(vector):
    header, payload = verify_signature(vector["token"], {"keys": [vector["key"]]}, (vector["algorithm"],))
    assert header["alg"] == vector["algorithm"]
    assert encode(payload) == vector["token"].split(".")[1]


@pytest.mark.parametrize("vector", named(VECTORS["signed"]))
def test_example_of_the_rfc_is_refused_with_any_bit_of_its_signature_flipped(vector):
    signed, _, signature = vector["token"].rpartition(".")
    raw = decode(signature)
    for place in range(len(raw)):
        changed = raw[:place] + bytes([raw[place] ^ 1 << place % 8]) + raw[place + 1 :]
        with pytest.raises(TokenRefused) as refusal:
            verify_signature(f"{signed}.{encode(changed)}", {"keys": [vector["key"]]}, (vector["algorithm"],))
        assert refusal.value.code == "token.signature"


@pytest.mark.parametrize("vector", named(VECTORS["signed"]))
def test_example_of_the_rfc_is_refused_under_every_other_algorithm(vector):
    others = [name for name in FITS if name != vector["algorithm"]]
    with pytest.raises(TokenRefused) as refusal:
        verify_signature(vector["token"], {"keys": [vector["key"]]}, others)
    assert refusal.value.code == "token.algorithm"


@pytest.mark.parametrize(
    ("vector", "code"),
    [
        pytest.param(VECTORS["unsecured"], "token.algorithm", id="unsecured"),
        pytest.param(VECTORS["critical"], "token.critical", id="critical"),
        *(pytest.param(vector, "token.malformed", id=vector["source"]) for vector in VECTORS["json"]),
    ],
)
def test_example_that_is_no_signed_compact_token_is_refused(vector, code):
    with pytest.raises(TokenRefused) as refusal:
        verify_signature(vector["token"], {"keys": [VECTORS["signed"][0]["key"]]}, list(FITS))
    assert refusal.value.code == code


@pytest.mark.parametrize("vector", named(VECTORS["thumbprints"]))
def test_rfc7638_thumbprint(vector):
    assert thumbprint(vector["key"]) == vector["thumbprint"]
    assert thumbprint({"alg": "ignored", **vector["key"], "kid": "other"}) == vector["thumbprint"]


# --- Wycheproof (C2SP/wycheproof, testvectors_v1): not part of this repository; name a copy to run it

WYCHEPROOF = os.environ.get("WYCHEPROOF_VECTORS", "")

MISLABELLED = {
    367: "called invalid, but it is byte for byte the token of test 357, which is called valid",
    370: "as 367",
}
STRICTER_THAN_ASKED = {
    346: "the key says PS256, the token PS384: one key, one algorithm (RFC 8725 section 3.1)",
    347: "the key says ES521, which is no algorithm",
    350: "as 346",
    351: "as 347",
    372: "called valid although it holds a question mark, which is no base64url character",
    373: "as 372",
}


@pytest.mark.skipif(not WYCHEPROOF, reason="set WYCHEPROOF_VECTORS to the folder testvectors_v1 of C2SP/wycheproof")
@pytest.mark.parametrize(
    ("name", "false_accepts", "false_rejects"),
    [
        ("json_web_signature_test.json", MISLABELLED, STRICTER_THAN_ASKED),
        ("json_web_key_test.json", {}, {}),
    ],
)
def test_wycheproof_has_no_false_accept_and_only_the_explained_false_rejects(name, false_accepts, false_rejects):
    accepted, refused = set(), set()
    for group in json.loads((Path(WYCHEPROOF) / name).read_text())["testGroups"]:
        given = group.get("public") or group["private"]
        jwks = given if "keys" in given else {"keys": [given]}
        for test in group["tests"]:
            token = test["jws"] if isinstance(test["jws"], str) else json.dumps(test["jws"])
            try:
                verify_signature(token, jwks, list(FITS))
            except TokenRefused:
                if test["result"] == "valid":
                    refused.add(test["tcId"])
            else:
                if test["result"] != "valid":
                    accepted.add(test["tcId"])
    assert accepted == set(false_accepts)
    assert refused == set(false_rejects)
