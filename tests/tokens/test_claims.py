"""The claims of a rightly signed token: RFC 7519, RFC 9068, and what AWS asks of an authorizer."""

import json
import math

import pytest
from forging import CLAIMS, ISSUER, NOW, claims_with, forge, header_of, judge, token_saying

from authpatterns.errors import Misuse, TokenRefused
from authpatterns.keys import KeyRing, KeySet, demo_key
from authpatterns.tokenchecks import CHECKS, Case, demand
from authpatterns.tokens import checks, issue, verify

KEY = demo_key()


# --- time


def test_exp_now_equal_to_exp_is_expired():
    token = token_saying(exp=NOW)
    assert judge(token, now=NOW - 1) == "accepted"
    assert judge(token, now=NOW - 0.001) == "accepted"
    assert judge(token, now=NOW) == "expired"
    assert judge(token, now=NOW + 1) == "expired"


def test_exp_is_required():
    assert judge(token_saying(exp=...)) == "claim-missing"


@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
@pytest.mark.parametrize("value", [None, True, False, "", str(NOW + 900), [NOW + 900], {}, -1, -0.5, 10**12, 1e300])
def test_times_are_finite_numbers_of_sane_size(name, value):
    assert judge(token_saying(**{name: value})) == "claim-type"


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1e400"])
def test_exp_that_is_no_number_at_all_is_refused(text):
    payload = json.dumps(claims_with(exp=0)).replace('"exp": 0', f'"exp": {text}')
    assert judge(forge(header_of(KEY), payload, KEY)) == "claims"


def test_exp_may_have_a_fraction():
    assert judge(token_saying(exp=NOW + 0.5)) == "accepted"
    assert judge(token_saying(exp=NOW - 0.5)) == "expired"


def test_nbf_in_the_future_is_refused():
    assert judge(token_saying(nbf=NOW)) == "accepted"
    assert judge(token_saying(nbf=NOW + 1)) == "not-yet-valid"


def test_iat_in_the_future_is_refused():
    assert judge(token_saying(iat=NOW)) == "accepted"
    assert judge(token_saying(iat=NOW + 1)) == "issued-in-future"


def test_leeway_bounds_the_difference_between_clocks_on_both_sides():
    assert judge(token_saying(exp=NOW - 4), leeway=5) == "accepted"
    assert judge(token_saying(exp=NOW - 5), leeway=5) == "expired"
    assert judge(token_saying(nbf=NOW + 5), leeway=5) == "accepted"
    assert judge(token_saying(nbf=NOW + 6), leeway=5) == "not-yet-valid"
    assert judge(token_saying(iat=NOW + 6), leeway=5) == "issued-in-future"


@pytest.mark.parametrize(
    ("code", "claims"),
    [("expired", {"exp": NOW}), ("not-yet-valid", {"nbf": NOW + 1.5}), ("issued-in-future", {"iat": NOW + 1.5})],
)
def test_a_wrong_time_says_by_how_much_and_hides_what_floats_add(code, claims):
    now = NOW + (0.009 if code == "expired" else 0)
    with pytest.raises(TokenRefused) as refusal:
        verify(token_saying(**claims), KeyRing([KEY]).jwks(), **WANTED | {"now": now})
    assert refusal.value.code == f"token.{code}"
    assert refusal.value.evidence["seconds"] == (0.009 if code == "expired" else 1.5)
    assert f"{refusal.value.evidence['seconds']} s" in str(refusal.value)


@pytest.mark.parametrize("now", [None, math.nan, math.inf, -math.inf, "0", True])
def test_now_must_be_a_time(now):
    with pytest.raises(Misuse):
        judge(token_saying(), now=now)


@pytest.mark.parametrize("leeway", [None, math.nan, math.inf, "0"])
def test_leeway_must_be_a_number(leeway):
    with pytest.raises(Misuse):
        judge(token_saying(), leeway=leeway)


# --- issuer


@pytest.mark.parametrize(
    "issuer",
    [
        ISSUER + "/",
        ISSUER[:-1],
        ISSUER.upper(),
        "http://idp.example",
        "https://idp.example.mallory.example",
        "https://mallory.example/?" + ISSUER,
        "",
    ],
)
def test_iss_is_compared_exactly(issuer):
    assert judge(token_saying(iss=issuer)) == "issuer"


@pytest.mark.parametrize("issuer", [None, [ISSUER], {"": ISSUER}, 1])
def test_iss_is_text(issuer):
    assert judge(token_saying(iss=issuer)) == "claim-type"


def test_iss_missing_is_refused():
    assert judge(token_saying(iss=...)) == "claim-missing"


def test_the_key_belongs_to_the_issuer():
    """A trusted issuer's key signs a token that names another trusted issuer: each has its own key set."""
    other = demo_key(number=1)
    token = issue(claims_with(iss=ISSUER), other)
    assert judge(token) == "key-unknown"
    assert judge(token, KeyRing([other]).jwks(), issuer="https://other.example") == "issuer"


# --- audience


@pytest.mark.parametrize("audience", ["shop2", "sho", "SHOP", "", ["till"], ["shop2", "xshop"], "shop till", "till"])
def test_aud_must_name_us(audience):
    assert judge(token_saying(aud=audience)) == "audience"


@pytest.mark.parametrize("audience", [None, 1, {}, [], [1], ["shop", 1], [["shop"]], {"shop": 1}, True])
def test_aud_is_text_or_a_list_of_texts(audience):
    assert judge(token_saying(aud=audience)) == "claim-type"


def test_aud_missing_is_refused():
    assert judge(token_saying(aud=...)) == "claim-missing"


def test_aud_may_be_one_of_several_on_both_sides():
    assert judge(token_saying(aud=["till", "shop"])) == "accepted"
    assert judge(token_saying(aud="shop"), audience=["till", "shop"]) == "accepted"
    assert judge(token_saying(aud=["a", "b"]), audience=["till", "shop"]) == "audience"
    assert judge(token_saying(aud="shop"), audience=()) == "audience"


def test_good_client_id_does_not_help_a_wrong_aud():
    assert judge(token_saying(aud="till", client_id="shop")) == "audience"
    assert judge(token_saying(aud=..., client_id="shop")) == "claim-missing"


# --- kinds of token


@pytest.mark.parametrize("typ", ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"])
def test_rfc9068_typ_is_at_jwt_in_any_case_with_or_without_application(typ):
    assert judge(forge(header_of(KEY, typ=typ), CLAIMS, KEY), typ="at+jwt") == "accepted"


@pytest.mark.parametrize(
    "typ", ["JWT", "jwt", "", None, "at+jwt2", "logout+jwt", "dpop+jwt", "text/at+jwt", 1, ["at+jwt"]]
)
def test_rfc9068_other_typ_is_refused(typ):
    assert judge(forge(header_of(KEY, typ=typ), CLAIMS, KEY), typ="at+jwt") == "type"


@pytest.mark.parametrize("name", ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"])
def test_rfc9068_required_claims(name):
    token = token_saying(**{name: ...})
    assert judge(token, typ="at+jwt") == "claim-missing"


@pytest.mark.parametrize("name", ["sub", "client_id", "jti"])
def test_rfc9068_identifiers_are_texts(name):
    for value in (None, 1, True, ["alice"], {}):
        assert judge(token_saying(**{name: value}), typ="at+jwt") == "claim-type"


def test_id_token_is_no_access_token():
    id_token = issue(claims_with(aud="shop", nonce="n", auth_time=NOW), KEY, typ="JWT")
    assert judge(id_token, typ="at+jwt") == "type"


def test_without_a_typ_to_expect_an_id_token_passes_as_at_aws():
    assert judge(issue(claims_with(nonce="n"), KEY, typ="JWT")) == "accepted"


def test_logout_token_is_no_access_token_and_no_access_token_is_a_logout_token():
    events = {"http://schemas.openid.net/event/backchannel-logout": {}}
    logout = issue(claims_with(events=events), KEY, typ="logout+jwt")
    assert judge(logout, typ="logout+jwt") == "accepted"
    assert judge(logout, typ="at+jwt") == "type"
    assert judge(token_saying(), typ="logout+jwt") == "type"
    assert judge(issue(CLAIMS, KEY, typ="logout+jwt"), typ="logout+jwt") == "claim-missing"


# --- one list of checks for verify and for people


BAD = {
    "accepted": token_saying(),
    "expired": token_saying(exp=NOW),
    "audience": token_saying(aud="till"),
    "issuer": token_saying(iss="https://mallory.example"),
    "signature": forge(header_of(KEY), CLAIMS, demo_key(number=1)),
    "claim-missing": token_saying(exp=...),
    "claim-type": token_saying(exp="1"),
    "claims": forge(header_of(KEY), "[]", KEY),
    "malformed": "a.b",
    "characters": "a.b.c!",
    "header": forge("[]", CLAIMS, KEY),
    "algorithm": forge(header_of(KEY, alg="none"), CLAIMS),
    "critical": forge(header_of(KEY, crit=["x"]), CLAIMS, KEY),
    "key-unknown": forge(header_of(KEY, kid="x"), CLAIMS, KEY),
    "key-unsuitable": forge(header_of(KEY, alg="PS256"), CLAIMS, KEY, "PS256"),
    "not-yet-valid": token_saying(nbf=NOW + 1),
    "issued-in-future": token_saying(iat=NOW + 1),
    "too-large": "a." * 9_000,
    "type": issue(CLAIMS, KEY, typ="JWT"),
}
WANTED = {"issuer": ISSUER, "audience": "shop", "now": NOW, "typ": "at+jwt", "algorithms": ("RS256", "PS256")}


@pytest.mark.parametrize("code", BAD)
def test_checks_report_first_what_verify_refuses_for(code):
    report = checks(BAD[code], KeyRing([KEY]).jwks(), **WANTED)
    failed = [check.code for check in report if check.passed is False]
    assert failed[:1] == ([] if code == "accepted" else [code])
    wanted = {name: value for name, value in WANTED.items() if name not in ("issuer", "audience", "now")}
    assert judge(BAD[code], **wanted) == code


def test_every_check_can_fail():
    codes = [check.code for check in checks("", None)]
    assert sorted(codes) == sorted(set(BAD) - {"accepted"})


def test_checks_go_on_after_a_failure_with_what_can_still_be_judged():
    report = checks(token_saying(exp=NOW, aud="till"), KeySet(KeyRing([KEY]).jwks()), **WANTED)
    assert [check.code for check in report if check.passed is False] == ["audience", "expired"]
    report = {check.code: check for check in checks(BAD["signature"], KeyRing([KEY]).jwks(), **WANTED)}
    assert report["signature"].passed is False
    assert report["expired"].passed is True


def test_checks_without_a_key_set_never_call_the_signature_good():
    report = {check.code: check for check in checks(token_saying(), None)}
    assert report["signature"].passed is None
    assert not report["signature"].reached


def test_no_evidence_holds_the_token_or_its_signature():
    for token in BAD.values():
        signature = token.rpartition(".")[2]
        for check in checks(token, KeyRing([KEY]).jwks(), **WANTED):
            assert len(signature) < 10 or signature not in str(check.evidence)


def test_a_check_that_cannot_be_made_counts_as_failed():
    for code, needs, judged in CHECKS:
        if needs != "token":
            with pytest.raises(TokenRefused) as refusal:
                demand(Case("x"), [(code, needs, judged)])
            assert refusal.value.code == f"token.{code}"


def test_verify_needs_issuer_audience_and_now_said_aloud():
    with pytest.raises(TypeError):
        verify(token_saying(), KeyRing([KEY]).jwks())
