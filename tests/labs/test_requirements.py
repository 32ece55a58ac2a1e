"""Requirements are measured, and they tell architectures apart."""

import math

import pytest

from authpatterns import Centralized, Delegated, Distributed, Hybrid, Jwt, JwtGateway, Misuse, Session, Sso, words
from authpatterns.labs import requirements as lab
from authpatterns.labs.requirements import HAYATE, KITSUNE, MIYAKO, Company, Requirement, assess


def unmet(company, authn, authz):
    return [row["requirement"] for row in assess(company, authn, authz) if not row["met"]]


@pytest.mark.parametrize(
    ("company", "authn", "authz"),
    [
        (KITSUNE, Session(), Distributed()),
        (KITSUNE, Sso(), Hybrid()),
        (MIYAKO, Session(), Hybrid()),
        (MIYAKO, JwtGateway(), Hybrid()),
        (MIYAKO, Jwt(lifetime=60), Hybrid()),
        (HAYATE, Jwt(lifetime=300), Distributed()),
        (HAYATE, Jwt(lifetime=300, jwks_ttl=900), Hybrid(poll=300, max_age=900)),
    ],
)
def test_there_is_more_than_one_good_answer(company, authn, authz):
    assert unmet(company, authn, authz) == []


@pytest.mark.parametrize(
    ("company", "authn", "authz", "reasons"),
    [
        (KITSUNE, Jwt(), Distributed(), ["revocation", "readable", "bytes"]),
        (KITSUNE, Session(), Centralized(), ["parts"]),
        (KITSUNE, JwtGateway(), Distributed(), ["readable"]),
        (MIYAKO, Session(), Centralized(), ["withdrawal", "decides-alone"]),
        (MIYAKO, JwtGateway(), Distributed(), ["rule-places"]),
        (MIYAKO, JwtGateway(), Delegated(), ["rule-places"]),
        (HAYATE, JwtGateway(), Distributed(), ["calls", "works-alone"]),
        (HAYATE, Jwt(), Distributed(), ["revocation", "withdrawal"]),
    ],
)
def test_a_plausible_answer_fails_for_a_reason(company, authn, authz, reasons):
    assert unmet(company, authn, authz) == reasons


@pytest.mark.parametrize("name", lab.MEASURES)
def test_every_measure_tells_two_architectures_apart(name):
    measure = lab.MEASURES[name]
    pairs = [(Session(), Distributed()), (Jwt(), Centralized()), (Sso(), Hybrid()), (JwtGateway(), Hybrid())]
    assert len({measure(*pair) for pair in pairs}) > 1


def test_measuring_twice_gives_the_same():
    first, again = (assess(MIYAKO, Jwt(lifetime=60), Hybrid()) for _ in range(2))
    assert first.to_json() == again.to_json()


def test_a_limit_is_met_up_to_itself():
    assert Requirement("calls", at_most=3).met_by(3)
    assert not Requirement("calls", at_most=3).met_by(3.1)
    assert Requirement("calls", at_least=3).met_by(3)
    assert not Requirement("calls", at_least=3).met_by(2.9)


def test_a_window_without_an_end_meets_no_limit():
    assert not Requirement("withdrawal", at_most=1e9).met_by(lab._never(None))
    assert lab._never(None) == math.inf


def test_what_cannot_be_measured_is_named_with_what_can():
    with pytest.raises(Misuse, match="rule-places"):
        Requirement("beauty", at_least=1)


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_an_assessment_reads_as_sentences(lang):
    words.use(lang)
    try:
        for company in lab.COMPANIES:
            text = assess(Company(company.name, company.requirements[:1]), Session(), Distributed()).to_text()
            assert words.say(f"lab.value.{company.name}") in text
            assert all(words.knows(f"lab.value.{each.name}") for each in company.requirements)
    finally:
        words.use(None)
