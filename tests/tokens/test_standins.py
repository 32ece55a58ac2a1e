"""What a browser runs instead of compiled packages gives the same answers as they do."""

import argon2
import pytest

from authpatterns import keys, standins
from authpatterns.stores import _fits

KEY = keys.demo_key("RS256")
OTHER = keys.demo_key("RS256", 1)


def public(key):
    return standins.Rs256.from_jwk(key.public_jwk())


def test_rs256_writes_the_same_bytes():
    signature = standins.Rs256().sign(b"text", standins.Rs256.from_jwk(KEY.private))
    assert signature == keys.implementations()["RS256"].sign(b"text", KEY.parsed)


@pytest.mark.parametrize(
    ("text", "key", "cut"), [(b"text", OTHER, 0), (b"test", KEY, 0), (b"text", KEY, 1), (b"text", KEY, 256)]
)
def test_rs256_refuses_another_key_another_text_and_half_a_signature(text, key, cut):
    signature = keys.implementations()["RS256"].sign(b"text", KEY.parsed)
    assert standins.Rs256().verify(b"text", public(KEY), signature)
    assert not standins.Rs256().verify(text, public(key), signature[: len(signature) - cut])


def test_argon2_reads_what_argon2_cffi_wrote_and_the_other_way_round():
    real = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    assert standins.Argon2().verify(real.hash("correct horse"), "correct horse")
    assert not standins.Argon2().verify(real.hash("correct horse"), "wrong horse")
    assert real.verify(standins.Argon2().hash("correct horse"), "correct horse")


def test_the_store_takes_either_hasher():
    hasher = standins.Argon2()
    assert _fits(hasher, hasher.hash("correct horse"), "correct horse")
    assert not _fits(hasher, hasher.hash("correct horse"), "wrong horse")


def test_elsewhere_no_stand_in_is_used():
    assert not standins.IN_BROWSER
    assert not isinstance(keys.implementations()["RS256"], standins.Rs256)
