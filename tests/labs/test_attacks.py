"""Every attack against every pattern it is listed for: as it comes it must fail, weakened it must succeed."""

import ast
import tomllib
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from pathlib import Path

import pytest

from authpatterns import catalogue, words
from authpatterns.errors import Misuse
from authpatterns.labs import attacks
from authpatterns.labs.attacks import CELLS, attack_matrix, listed, replay
from authpatterns.labs.attacks.matrix import missing, run

PAIRS = [pytest.param(cell, id=f"{name}-{pattern}") for (name, pattern), cell in CELLS.items()]
WEAKENED = [pytest.param(cell, id=f"{name}-{pattern}") for (name, pattern), cell in CELLS.items() if cell.weakened]
STRICT = [pytest.param(cell, id=f"{name}-{pattern}") for (name, pattern), cell in CELLS.items() if cell.strict]


@pytest.mark.parametrize("cell", PAIRS)
def test_the_attack_fails_as_listed_or_succeeds_by_declared_nature(cell):
    outcome, _ = run(cell, cell.secure)
    assert (outcome.succeeded, outcome.seen) == (bool(cell.nature), cell.expected)


@pytest.mark.parametrize("cell", WEAKENED)
def test_the_attack_succeeds_where_the_pattern_is_weakened(cell):
    outcome, _ = run(cell, cell.weakened)
    assert outcome.succeeded, outcome.seen


@pytest.mark.parametrize("cell", STRICT)
def test_the_stricter_variant_stops_the_attack(cell):
    outcome, _ = run(cell, cell.strict)
    assert (outcome.succeeded, outcome.seen) == (False, cell.strict_expected)


def test_no_cell_is_empty():
    assert missing() == []


@pytest.mark.parametrize("cell", PAIRS)
def test_every_cell_proves_something(cell):
    """A weakness that lets the attack through, or a reason in words why there is none."""
    assert cell.weakened or words.knows(f"lab.value.{cell.no_weakness}")
    assert not cell.nature or words.knows(f"lab.value.{cell.nature}")


@pytest.mark.parametrize("cell", WEAKENED)
def test_what_is_broken_says_so_in_its_name(cell):
    assert cell.weakened.name.startswith("Weakened")


def test_nothing_broken_is_known_outside_the_lab():
    here = Path(attacks.__file__).parent
    others = [file for file in here.parents[1].rglob("*.py") if here not in file.parents]
    used = [str(file) for file in others if "labs" not in file.parts and "Weakened" in file.read_text("utf-8")]
    assert used == []


def test_every_listed_pattern_is_a_name_the_command_line_knows():
    known = {*catalogue.AUTHENTICATION, *catalogue.AUTHORIZATION}
    text = resources.files(attacks).joinpath("listed.toml").read_text("utf-8")
    assert {pattern for entry in tomllib.loads(text).values() for pattern in entry["patterns"]} <= known


@pytest.mark.parametrize("lang", words.LANGUAGES)
@pytest.mark.parametrize("name", listed.names())
def test_every_attack_has_its_texts_in_both_languages(name, lang):
    texts = [listed.text(name, part, lang) for part in ("name", "does", "why")]
    assert all(texts)
    japanese = any("\u3040" <= sign <= "\u30ff" for sign in "".join(texts[1:]))
    assert japanese == (lang == "ja")


def test_the_same_seed_gives_the_same_bytes():
    some = {"patterns": ["jwt", "session"], "attacks": ["JWT-07", "CLM-01"]}
    assert attack_matrix(**some).to_json() == attack_matrix(**some).to_json()
    first, second = (replay("JWT-08", "jwt", "weakened", 5).trace.to_json(secrets=True) for _ in range(2))
    assert first == second


def test_the_matrix_does_not_depend_on_who_runs_it():
    some = {"patterns": ["jwt", "aws-jwt-authorizer"], "attacks": ["JWT-01", "JWT-08", "CLM-07"]}
    with ThreadPoolExecutor(3) as pool:
        assert attack_matrix(**some, executor=pool).to_json() == attack_matrix(**some).to_json()


def test_the_trace_of_a_run_is_one_call_away():
    assert replay("JWT-08", "jwt", "weakened").trace.between("orders", "mallorys-site")
    assert not replay("JWT-08", "jwt").trace.between("orders", "mallorys-site")


@pytest.mark.parametrize(
    "asked", [{"attacks": ["JWT-99"]}, {"patterns": ["jvt"]}, {"attacks": ["JWT-01"], "patterns": ["session"]}], ids=str
)
def test_what_is_not_in_the_matrix_is_refused(asked):
    with pytest.raises(Misuse):
        attack_matrix(**asked)


def test_a_world_that_a_cell_lacks_is_refused():
    with pytest.raises(Misuse):
        replay("JWT-01", "jwt", "strict")


def test_experiments_are_small():
    sizes = [
        len(ast.unparse(node).splitlines())
        for file in Path(attacks.__file__).parent.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert sorted(sizes)[len(sizes) // 2] < 10
