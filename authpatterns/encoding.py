"""base64url and strict JSON: the two encodings of which every token and every key is made.

A verifier that reads one text in two ways can be lied to, so both readers here accept each value in one spelling only.

Examples:
    >>> encode(b"any bytes")
    'YW55IGJ5dGVz'
    >>> decode("YW55IGJ5dGVz")
    b'any bytes'
    >>> parse('{"sub": "alice", "sub": "mallory"}')
    Traceback (most recent call last):
    ValueError: duplicate-member
"""

from __future__ import annotations

import json
import math
import re
from base64 import urlsafe_b64encode
from binascii import a2b_base64
from typing import Any, NoReturn

DEEPEST = 16
"""How many objects and arrays may stand inside each other."""

LONGEST_NUMBER = 32
"""How many characters a number may have."""

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_LAST_OF = {
    0: "",  # no rest
    2: "AQgw",  # two characters carry one byte: the last four bits are zero
    3: "AEIMQUYcgkosw048",  # three characters carry two bytes: the last two bits are zero
}
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*", re.ASCII)
_TO_BASE64 = bytes.maketrans(b"-_", b"+/")


def encode(raw: bytes) -> str:
    """`raw` as base64url without padding (RFC 7515 section 2)."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def is_canonical(text: str) -> bool:
    """Whether `text` is what `encode` would write: no foreign character, no padding, no bits left over."""
    if not _BASE64URL.fullmatch(text):
        return False
    rest = len(text) % 4
    return rest == 0 or text[-1] in _LAST_OF.get(rest, "")


def decode(text: str) -> bytes:
    """The bytes that `text` encodes.

    Raises:
        ValueError: `text` is not canonical base64url.
    """
    if not isinstance(text, str) or not is_canonical(text):
        raise ValueError("not-base64url")
    return a2b_base64(text.encode().translate(_TO_BASE64) + b"==")


def parse(text: str | bytes) -> Any:
    """The value of a JSON text, read in the strict sense of RFC 7493 (I-JSON).

    Raises:
        ValueError: with one of the words "not-utf-8", "not-json", "duplicate-member", "number" (not finite, or too
            long), "nesting" (too deep), "surrogate" (half of a pair).
    """
    try:
        plain = text if isinstance(text, str) else text.decode("utf-8")
        value = _DECODER.decode(plain)
    except UnicodeDecodeError:
        raise ValueError("not-utf-8") from None
    except json.JSONDecodeError:
        raise ValueError("not-json") from None
    except RecursionError:
        raise ValueError("nesting") from None
    # counting is cheap and nearly always enough: so few brackets cannot nest too deeply
    if plain.count("{") + plain.count("[") > DEEPEST and _depth(value) > DEEPEST:
        raise ValueError("nesting")
    if _SURROGATE.search(plain) and not _is_encodable(value):
        raise ValueError("surrogate")
    return value


def _is_encodable(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _depth(value: Any) -> int:
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if members is None else 1 + max(map(_depth, members), default=0)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("duplicate-member")
    return members


def _whole(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise ValueError("number")
    return int(digits)


def _fraction(digits: str) -> float:
    number = float(digits)
    if len(digits) > LONGEST_NUMBER or not math.isfinite(number):
        raise ValueError("number")
    return number


def _refuse(_: str) -> NoReturn:  # NaN and Infinity, which Python would take
    raise ValueError("not-json")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_int=_whole, parse_float=_fraction, parse_constant=_refuse)
