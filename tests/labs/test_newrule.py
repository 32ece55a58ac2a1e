"""What a new rule costs is measured, and an edit counts only where the rule cannot do without it."""

import pytest

from authpatterns import Centralized, Delegated, Distributed, Hybrid, words
from authpatterns.labs import newrule as lab
from authpatterns.labs.newrule import AUDITOR, GIFT, PATTERNS, Edit, newrule, newrules


@pytest.fixture(scope="module")
def rows():
    return {(row["rule"], row["authz"], row["settings"]): row for row in newrules()}


def test_a_rule_of_one_domain_has_one_home_where_the_service_decides(rows):
    places = {authz: row["places"] for (rule, authz, _), row in rows.items() if rule == "gift"}
    assert places == {"centralized": 2, "delegated": 1, "distributed": 1, "hybrid": 2}


def test_a_rule_for_the_whole_house_has_one_home_where_the_centre_decides(rows):
    places = {authz: row["places"] for (rule, authz, _), row in rows.items() if rule == "auditor"}
    assert places == {"centralized": 1, "delegated": 4, "distributed": 3, "hybrid": 1}


def test_facts_of_the_domain_leave_the_service_only_where_another_decides(rows):
    sent = {authz: row["bytes_sent"] for (rule, authz, _), row in rows.items() if rule == "gift"}
    assert sent["distributed"] == sent["delegated"] == 0
    assert sent["centralized"] == len(',"recipient":"bob"')


def test_a_rule_is_in_force_when_copies_and_tokens_have_been_renewed(rows):
    after = {(rule, authz, settings): row["in_force_after"] for (rule, authz, settings), row in rows.items()}
    assert after["gift", "centralized", ""] == after["auditor", "distributed", ""] == 0
    assert after["gift", "hybrid", ""] == after["auditor", "hybrid", ""] == Hybrid().poll
    assert 0 < after["auditor", "delegated", ""] <= Delegated().lifetime


def test_an_edit_that_is_not_needed_is_noticed(monkeypatch):
    real = lab.edits
    idle = Edit("payments", "facts", lambda shop: None)
    monkeypatch.setattr(lab, "edits", lambda new, authz: [*real(new, authz), idle])
    with pytest.raises(AssertionError, match="payments: facts"):
        newrule(GIFT, Distributed())


@pytest.mark.parametrize("new", [GIFT, AUDITOR], ids=lambda new: new.name)
def test_an_edit_that_is_missing_is_noticed(monkeypatch, new):
    """Without one of the edits the rule never comes into force."""
    real = lab.edits
    monkeypatch.setattr(lab, "edits", lambda rule, authz: real(rule, authz)[:-1])
    assert newrule(new, Distributed())["in_force_after"] is None


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_the_table_reads_in_both_languages(lang):
    words.use(lang)
    try:
        text = newrules("distributed").to_text()
    finally:
        words.use(None)
    assert "lab." not in text
    assert "orders: rules" in text


def test_every_pattern_is_measured():
    assert {pattern.name for _, pattern in PATTERNS} == {
        kind.name for kind in (Centralized, Delegated, Distributed, Hybrid)
    }
