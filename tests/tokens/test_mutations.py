"""No change of a good token, however small, is ever accepted."""

import json
import string
from contextlib import suppress

import pytest
from forging import CLAIMS, ISSUER, NOW, forge, header_of
from hypothesis import given
from hypothesis import strategies as st

from authpatterns.encoding import decode, encode, parse
from authpatterns.errors import TokenRefused
from authpatterns.keys import KeyRing, KeySet, demo_key
from authpatterns.tokens import checks, issue, read_unverified, verify, verify_signature

KEYS = [demo_key("EdDSA"), demo_key("ES256"), demo_key()]
SET = KeySet(KeyRing(KEYS).jwks())
GOOD = [issue(CLAIMS, key) for key in KEYS]
ALGORITHMS = ("RS256", "ES256", "EdDSA")
LETTERS = string.ascii_letters + string.digits + "-_.= \n\0é{"


def accepted(token: str) -> bool:
    try:
        verify(token, SET, issuer=ISSUER, audience="shop", now=NOW, algorithms=ALGORITHMS)
    except TokenRefused:
        return False
    return True


@st.composite
def mutations(draw):
    token = draw(st.sampled_from(GOOD))
    changed = token
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(changed)))
        length = draw(st.sampled_from([0, 1, 1, 2, 7, 60]))
        changed = changed[:start] + draw(st.text(LETTERS, max_size=4)) + changed[start + length :]
    return token, changed


@given(mutations())
def test_no_mutation_of_the_text_is_accepted(pair):
    token, changed = pair
    assert accepted(token)
    assert accepted(changed) == (changed == token)


@given(st.sampled_from(GOOD), st.integers(0, 2), st.data())
def test_no_mutation_of_the_decoded_bytes_is_accepted(token, number, data):
    parts = token.split(".")
    raw = bytearray(decode(parts[number]))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    parts[number] = encode(bytes(raw))
    assert not accepted(".".join(parts))


@given(st.permutations(range(9)), st.data())
def test_no_mixture_of_good_tokens_is_accepted(order, data):
    parts = [part for token in GOOD for part in token.split(".")]
    mixed = ".".join(parts[place] for place in order[:3])
    assert accepted(mixed) == (mixed in GOOD)


@given(
    st.text(LETTERS, max_size=200)
    | st.text(max_size=60)
    | st.builds(lambda a, b, c: f"{a}.{b}.{c}", *[st.text(LETTERS, max_size=20)] * 3)
)
def test_no_text_makes_the_reader_stumble(text):
    """Whatever comes, the answer is a refusal with a code, never another exception."""
    assert not accepted(text)
    checks(text, SET, issuer=ISSUER, audience="shop", now=NOW, typ="at+jwt")
    with suppress(TokenRefused):
        read_unverified(text)
    with pytest.raises(TokenRefused) as refusal:
        verify_signature(text, SET)
    assert str(refusal.value) != refusal.value.code


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_what_is_written_is_read(value):
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False)):
        try:
            text.encode()
        except UnicodeEncodeError:  # half of a surrogate pair, which parse refuses
            continue
        assert parse(text) == value


@given(
    st.dictionaries(st.sampled_from([*CLAIMS, "nbf", "scope", "events"]), JSON),
    st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jwk", "zip"]), JSON),
)
def test_no_signed_claims_and_no_header_make_the_checks_stumble(claims, header):
    """Even the honest key may sign nonsense: each check must survive values of every type."""
    key = KEYS[0]
    for token in (forge(header_of(key), CLAIMS | claims, key), forge(header_of(key) | header, CLAIMS, key)):
        for check in checks(token, SET, issuer=ISSUER, audience="shop", now=NOW, typ="at+jwt", algorithms=ALGORITHMS):
            assert check.passed in (True, False, None)


@given(st.binary(max_size=60))
def test_base64url_has_one_spelling(raw):
    assert decode(encode(raw)) == raw
    for tail in ("=", "A", "AA", " "):
        with suppress(ValueError):
            assert decode(encode(raw) + tail) != raw
