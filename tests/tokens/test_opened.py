"""A token that is read before its key is known is read once, and is believed no sooner."""

import pytest

from authpatterns import tokens
from authpatterns.errors import TokenRefused
from authpatterns.keys import KeyRing, demo_key

CLAIMS = {"iss": "https://idp.example", "aud": "shop", "sub": "alice", "exp": 900}
RING = KeyRing([demo_key()])
TOKEN = tokens.issue(CLAIMS, RING.signing, typ="JWT")
ABOUT = {"issuer": "https://idp.example", "audience": "shop", "now": 0}


def test_an_opened_token_is_verified_like_the_text():
    opened = tokens.opened(TOKEN)
    assert opened.kid == tokens.key_id(TOKEN) == RING.signing.kid
    assert tokens.verify(opened, RING.jwks(), **ABOUT) == tokens.verify(TOKEN, RING.jwks(), **ABOUT)
    assert tokens.verify_signature(opened, RING.jwks()) == tokens.verify_signature(TOKEN, RING.jwks())


@pytest.mark.parametrize("text", ["", "a.b", "not a token", TOKEN + "=", TOKEN.replace(".", ".!", 1), "." + TOKEN])
def test_what_cannot_be_read_is_not_opened(text):
    with pytest.raises(TokenRefused):
        tokens.opened(text)


def test_opening_believes_nothing():
    head, payload, signature = TOKEN.split(".")
    changed = tokens.opened(f"{head}.{payload}.{signature[:-8]}AAAAAAAA")
    with pytest.raises(TokenRefused) as refusal:
        tokens.verify(changed, RING.jwks(), **ABOUT)
    assert refusal.value.code in ("token.signature", "token.characters")
    with pytest.raises(TokenRefused) as late:
        tokens.verify(tokens.opened(TOKEN), RING.jwks(), **(ABOUT | {"now": 900}))
    assert late.value.code == "token.expired"


def test_a_header_that_somebody_changes_is_theirs_alone():
    """Headers are kept, because issuers repeat them; what is given away is a copy."""
    tokens.read_unverified(TOKEN).header["kid"] = "mallory"
    tokens.verify_signature(TOKEN, RING.jwks()).header["kid"] = "mallory"
    assert tokens.key_id(TOKEN) == RING.signing.kid
