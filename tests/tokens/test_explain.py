"""`python -m authpatterns token`: what a person is told about a token."""

import json
import re

import pytest
from forging import CLAIMS, ISSUER, NOW, claims_with, forge, header_of

from authpatterns import explain, words
from authpatterns.__main__ import main
from authpatterns.keys import KeyRing, demo_key
from authpatterns.tokenchecks import CHECKS
from authpatterns.tokens import issue

KEY = demo_key()
GOOD = issue(CLAIMS | {"scope": "orders:read"}, KEY)
JWKS = KeyRing([KEY]).jwks()
WANTED = ["--issuer", ISSUER, "--audience", "shop", "--now", str(NOW)]


@pytest.fixture
def jwks(tmp_path):
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps(JWKS))
    return str(file)


def command(*arguments):
    return main(["token", *arguments])


def test_accepted_token_ends_with_0_and_shows_header_claims_and_every_check(jwks, capsys):
    assert command(GOOD, "--jwks", jwks, *WANTED, "--lang", "en") == 0
    text = capsys.readouterr().out
    assert 'alg: "RS256"' in text
    assert 'sub: "alice"' in text
    assert "(2026-01-01T00:14:00Z)" in text
    assert re.findall(r"^ +\d+\. \[.*?\] ([\w-]+)", text, re.MULTILINE) == [code for code, *_ in CHECKS]
    assert "access token" in text
    assert "401" in text
    assert "403" in text


def test_refused_token_ends_with_1_and_names_the_check(jwks, capsys):
    assert command(GOOD, "--jwks", jwks, "--issuer", ISSUER, "--audience", "till", "--now", str(NOW)) == 1
    assert "audience" in capsys.readouterr().out
    assert command(GOOD, "--jwks", jwks, *WANTED, "--typ", "JWT") == 1
    assert command(GOOD, "--jwks", jwks, *WANTED, "--algorithm", "EdDSA") == 1


def test_without_keys_nothing_is_accepted(capsys):
    assert command(GOOD, *WANTED, "--lang", "en") == 1
    assert "Not verified" in capsys.readouterr().out


def test_without_now_the_real_clock_decides(jwks, capsys, monkeypatch):
    monkeypatch.setattr(explain.time, "time", lambda: NOW + 840.0)
    assert command(GOOD, "--jwks", jwks, *WANTED[:4]) == 1
    monkeypatch.setattr(explain.time, "time", lambda: NOW + 839.0)
    assert command(GOOD, "--jwks", jwks, *WANTED[:4]) == 0


@pytest.mark.parametrize(
    ("token", "content"),
    [
        ("opaque", json.dumps(JWKS)),
        ("", json.dumps(JWKS)),
        (GOOD, "{"),
        (GOOD, "[]"),
        (GOOD, ""),
        (GOOD, None),
        (GOOD, "x" * 150_001),
    ],
)
def test_misuse_ends_with_2_and_one_clear_line(token, content, tmp_path, capsys):
    file = tmp_path / "keys"
    if content is not None:
        file.write_text(content)
    assert command(token, "--jwks", str(file), *WANTED) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert "error." not in captured.err


@pytest.mark.parametrize("form", ["Bearer {}", "  {}\n", "bearer   {} "])
def test_token_is_taken_as_it_was_copied(form, jwks):
    assert command(form.format(GOOD), "--jwks", jwks, *WANTED) == 0


def test_token_from_standard_input(jwks, monkeypatch):
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO(GOOD + "\n"))
    assert command("-", "--jwks", jwks, *WANTED) == 0


def test_json_has_codes_and_no_sentences(jwks, capsys):
    assert command(GOOD, "--jwks", jwks, *WANTED[:4], "--now", str(NOW + 840), "--json") == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["accepted"], report["refused_by"], report["status"], report["kind"]) == (
        False,
        "expired",
        401,
        "access",
    )
    assert [check["code"] for check in report["checks"]] == [code for code, *_ in CHECKS]


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_every_check_and_every_hint_has_its_sentence(lang):
    known = words.catalogue(lang)
    for code, *_ in CHECKS:
        assert f"explain.check.{code}" in known
        assert f"error.token.{code}" in known
    tokens = [GOOD, "a.b.c", forge(header_of(KEY, jwk={}), CLAIMS, KEY), forge("{}", "{}")]
    for token in tokens:
        report = explain.examine(token, JWKS, now=NOW)
        assert all(f"explain.{code}" in known for code, _ in report.hints())
        assert not re.search(r"\{\w+\}|explain\.|error\.", report.text(lang))


def test_japanese_and_english_say_the_same_lines():
    ja, en = (explain.explain(GOOD, JWKS, issuer=ISSUER, audience="shop", now=NOW, lang=lang) for lang in ("ja", "en"))
    assert len(ja.splitlines()) == len(en.splitlines())
    assert "アクセストークン" in ja
    assert not re.search(r"[ぁ-んァ-ン一-龥]", en)


@pytest.mark.parametrize(
    ("typ", "claims", "kind"),
    [
        ("at+jwt", {}, "access"),
        ("application/AT+JWT", {"nonce": "n"}, "access"),
        ("logout+jwt", {}, "logout"),
        ("dpop+jwt", {}, "dpop"),
        ("JWT", {"nonce": "n"}, "id"),
        ("JWT", {"auth_time": 1}, "id"),
        ("JWT", {"scope": "a"}, "access"),
        ("JWT", {"token_use": "id", "scope": "a"}, "id"),
        ("JWT", {"token_use": "access"}, "access"),
        ("JWT", {"typ": "Refresh"}, "refresh"),
        ("JWT", {"typ": "Bearer"}, "access"),
        ("JWT", {}, "unknown"),
        (7, {"typ": [1]}, "unknown"),
    ],
)
def test_kind_of_token(typ, claims, kind):
    token = forge(header_of(KEY, typ=typ), claims_with(client_id=..., **claims), KEY)
    assert explain.examine(token, JWKS, now=NOW).kind == kind


def test_hints_name_what_was_not_checked_and_what_was_ignored():
    report = explain.examine(forge(header_of(KEY, jku="https://mallory.example"), CLAIMS, KEY), JWKS, now=NOW)
    codes = [code for code, _ in report.hints()]
    assert {"hint.no-audience", "hint.no-issuer", "hint.embedded-key", "hint.revocation"} <= set(codes)
    report = explain.examine(GOOD, JWKS, issuer=ISSUER, audience="shop", now=NOW)
    assert not {"hint.no-audience", "hint.no-issuer", "hint.embedded-key"} & {code for code, _ in report.hints()}


def test_a_hostile_token_plays_no_tricks_on_a_terminal():
    evil = "\x1b[2J\u202e\x9b31m\r\n"
    claims = claims_with(sub=evil, aud=evil, iss=evil, scope=evil)
    for header in (header_of(KEY, kid=evil), header_of(KEY, alg=evil, typ=evil, crit=[evil])):
        token = forge(header | {evil: 1}, {**claims, evil: evil}, KEY)
        text = explain.explain(token, JWKS, issuer=ISSUER, audience="shop", now=NOW, lang="en")
        assert all(sign == "\n" or sign.isprintable() for sign in text)


def test_a_time_out_of_range_is_shown_as_it_is():
    for value in (1e300, -1, "x", True, None, 10**30):
        text = explain.explain(forge(header_of(KEY), {"exp": value}, KEY), JWKS, now=NOW, lang="en")
        assert "exp: " + json.dumps(value) in text
