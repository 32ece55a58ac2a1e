"""The token matrix: kept as it was measured, and right."""

from pathlib import Path

import pytest

from authpatterns import words
from authpatterns.__main__ import main
from authpatterns.adapters.token_matrix import page
from authpatterns.labs.token_matrix import (
    ACCEPTED,
    KINDS,
    VERIFIERS,
    GatewayJudge,
    PyJwtJudge,
    differences,
    matrix,
    told,
)

PAGE = Path(__file__).parents[2] / "docs" / "token-matrix.md"
KEPT = {row["token"].removeprefix("forged."): row for row in matrix()}


def test_there_are_enough_kinds_each_once():
    assert len(KINDS) >= 29
    assert [kind.name for kind in KINDS] == list(KEPT)


@pytest.fixture(scope="module")
def gateway():
    return GatewayJudge()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_gateway_says_what_was_kept_and_is_right(kind, gateway):
    verdict = gateway(kind.make(gateway.now))
    assert verdict == KEPT[kind.name]["gateway"]
    assert (verdict == ACCEPTED) is kind.good


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_pyjwt_says_what_was_kept(kind):
    import time

    token = kind.make(int(time.time()))
    assert PyJwtJudge()(token) == KEPT[kind.name]["pyjwt"]
    assert told()(token) == KEPT[kind.name]["pyjwt_told"]


def test_exactly_the_differences_are_explained():
    for row in matrix():
        accepted = {row[name] == ACCEPTED for name in VERIFIERS}
        assert (row["why"] is not None) is (accepted != {row["good"]})
    assert len(differences()) == sum(row["why"] is not None for row in matrix())


def test_every_kind_and_every_explanation_has_its_sentence_and_none_is_left_over():
    sentences = {key for key in words.catalogue("en") if key.startswith(("lab.value.forged.", "lab.value.forged-why."))}
    said = {f"lab.value.{code}" for row in matrix() for code in (row["token"], row["why"]) if code}
    assert said == sentences


def test_the_page_is_current():
    assert PAGE.read_text("utf-8") == page(matrix()), "make it anew: python -m authpatterns tokens --measure ."


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_command_prints_it(lang, capsys):
    assert main(["tokens", "--differences", "--lang", lang]) == 0
    out = capsys.readouterr().out
    assert "Envoy" in out
    assert "forged" not in out
