"""The column of the token matrix that needs a real Envoy."""

import time

import pytest

from authpatterns.adapters.parts import envoy
from authpatterns.adapters.token_matrix import envoy_judge
from authpatterns.labs.token_matrix import KINDS, matrix

KEPT = {row["token"].removeprefix("forged."): row["envoy"] for row in matrix()}


@pytest.fixture(scope="module")
def judge(parts):
    parts.prepared("envoy", envoy.running)
    with envoy_judge() as (judge, _):
        yield judge


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_envoy_says_what_was_kept(kind, judge):
    assert judge(kind.make(int(time.time()))) == KEPT[kind.name]
