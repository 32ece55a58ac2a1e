"""Every attack against every pattern it is listed for: as it comes it must fail, weakened it must succeed."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from importlib import resources
from multiprocessing import get_context
from pathlib import Path
from string import Formatter

import pytest

from authpatterns import catalogue, words
from authpatterns.__main__ import COMMANDS
from authpatterns.__main__ import main as command
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


WORLDS = [
    pytest.param(cell, world, id=f"{cell.attack}-{cell.pattern}-{world}")
    for cell in CELLS.values()
    for world in ("secure", "weakened", "strict")
    if cell.world(world)
]


@pytest.mark.parametrize(("cell", "world"), WORLDS)
def test_everything_in_the_trace_is_told_in_whole_sentences(cell, world):
    for note in run(cell, cell.world(world))[1].trace.notes:
        key = next(key for key in (f"note.{note.code}", f"error.{note.code}") if words.knows(key))
        asked = {name for _, name, _, _ in Formatter().parse(words.catalogue("en")[key]) if name}
        assert asked <= set(dict(note.evidence)), note


MEASURED = {
    ("JWT-03", "jwt"): {"key_found": True},
    ("JWT-06", "jwt"): {"refused_when_configured": "length"},
    ("JWT-08", "sso"): {"fetches": 0},
    ("JWT-09", "aws-jwt-authorizer"): {"fetches": 0},
    ("SES-03", "jwt"): {"sees_jwt": True, "works_after_sign_out": 900},
    ("SES-03", "jwt-gateway"): {"sees_jwt": False, "works_after_sign_out": 0},
    ("SES-10", "sso"): {"window": 0, "declared": 0},
    ("OAU-04", "sso"): {"first_revoked": True, "of_two_at_once": 1},
    ("OAU-12", "sso"): {"family_lives_on": False, "of_two_at_once": 1},
    ("OAU-12", "jwt-gateway"): {"family_lives_on": False, "of_two_at_once": 1},
    ("GW-04", "jwt"): {"window": 840, "declared": 900},
    ("GW-04", "jwt-gateway"): {"window": 0, "declared": 0},
    ("GW-13", "session"): {"shown_in_logs": False},
    ("KEY-01", "jwt"): {"window": 300, "declared": 300},
    ("KEY-01", "aws-jwt-authorizer"): {"window": 7200, "declared": 7200},
    ("KEY-02", "sso-gateway"): {"refused": 0, "asked": 4},
    ("KEY-03", "jwt"): {"fetches": 1},
    ("KEY-04", "jwt"): {"with_warm_cache": 200},
    ("KEY-05", "jwt"): {"signed_in_works": True, "new_sign_in_works": False},
    ("KEY-05", "session"): {"signed_in_works": False, "new_sign_in_works": False},
    ("KEY-06", "jwt"): {"honest_with_clock_2_seconds_behind": 401},
    ("AUZ-09", "hybrid"): {"window": 120, "declared": 120.0},
    ("AUZ-11", "distributed"): {"differences_found": 0},
    ("AUZ-13", "centralized"): {"foreign_records": 0},
    ("AUZ-16", "jwt"): {"window": 900, "declared": 900},
    ("AUZ-16", "delegated"): {"window": 300, "declared": 300},
}


@pytest.mark.parametrize("place", MEASURED, ids="-".join)
def test_what_is_measured_beside_the_verdict(place):
    cell = CELLS[place]
    facts = run(cell, cell.secure)[0].facts
    assert {name: facts[name] for name in MEASURED[place]} == MEASURED[place]


@pytest.mark.parametrize("cell", [param for param in PAIRS if param.values[0].nature])
def test_what_succeeds_by_nature_does_so_no_longer_than_declared(cell):
    facts = run(cell, cell.secure)[0].facts
    assert facts.get("window", 0) <= facts.get("declared", 0)


WEAK = {
    ("SES-10", "sso"): {"window": 900},
    ("OAU-12", "jwt-gateway"): {"family_lives_on": True, "of_two_at_once": 2},
    ("KEY-03", "aws-jwt-authorizer"): {"fetches": 100},
    ("AUZ-13", "hybrid"): {"foreign_records": 3},
    ("AUZ-16", "jwt-gateway"): {"window": 60},
}


@pytest.mark.parametrize("place", WEAK, ids="-".join)
def test_the_weakness_shows_in_what_is_measured(place):
    cell = CELLS[place]
    facts = run(cell, cell.weakened)[0].facts
    assert {name: facts[name] for name in WEAK[place]} == WEAK[place]


def test_the_list_is_whole():
    families = {"JWT": 20, "CLM": 11, "SES": 11, "OAU": 14, "GW": 13, "KEY": 6, "AUZ": 17}
    found = [name.partition("-")[0] for name in listed.names()]
    assert {family: found.count(family) for family in families} == families
    assert len(found) == 92


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
    """Only judges of exercises, which let readers attack and mend a weakened world, take some from here."""
    here = Path(attacks.__file__).parent
    judges = here.parents[1] / "notebook" / "exercises"
    others = [file for file in here.parents[1].rglob("*.py") if here not in file.parents]
    known = [file for file in others if "labs" not in file.parts and "Weakened" in file.read_text("utf-8")]
    assert [file for file in known if file.parent != judges] == []
    made = re.compile(r"^\s*class Weakened|^\s*Weakened\w+ *=", re.MULTILINE)
    assert [file for file in others if made.search(file.read_text("utf-8"))] == []


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
    alone = attack_matrix(**some).to_json()
    with ThreadPoolExecutor(3) as threads, ProcessPoolExecutor(2, get_context("spawn")) as processes:
        assert attack_matrix(**some, executor=threads).to_json() == alone
        assert attack_matrix(**some, executor=processes).to_json() == alone


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


@pytest.fixture
def main(monkeypatch):
    monkeypatch.setitem(COMMANDS, "attacks", "authpatterns.labs.attacks.command")
    return command


def test_the_command_prints_texts_and_table_and_exits_by_what_held(main, capsys):
    assert main(["attacks", "--attack", "jwt-01", "--pattern", "jwt", "--lang", "ja"]) == 0
    shown = capsys.readouterr().out
    assert listed.text("JWT-01", "why", "ja") in shown
    assert "401 token.algorithm" in shown


def test_the_command_gives_the_matrix_as_json(main, capsys):
    assert main(["attacks", "--pattern", "session", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert {row["pattern"] for row in rows} == {"session"}
    assert all(row["as_listed"] for row in rows)


def test_the_command_shows_what_flowed(main, capsys):
    assert main(["attacks", "--attack", "JWT-08", "--pattern", "jwt", "--trace", "weakened", "--lang", "en"]) == 0
    assert "mallorys-site" in capsys.readouterr().out


def test_the_command_says_no_where_an_attack_is_not_as_listed(main, monkeypatch, capsys):
    cell = CELLS["JWT-01", "jwt"]
    monkeypatch.setitem(CELLS, ("JWT-01", "jwt"), replace(cell, secure=cell.weakened))
    assert main(["attacks", "--attack", "JWT-01", "--pattern", "jwt"]) == 1


def test_a_forgery_that_needs_cryptography_says_so_where_it_is_missing():
    program = """
import sys
sys.modules["cryptography"] = None
from authpatterns.errors import Misuse
from authpatterns.keys import demo_key
from authpatterns.labs.attacks import forging
key = demo_key("ES256")
tries = {
    "public_texts": lambda: forging.public_texts(demo_key("RS256").private),
    "certificate": lambda: forging.certificate(key),
    "encrypted": lambda: forging.encrypted({}, key.private, key),
    "decrypted": lambda: forging.decrypted("a.b.c.d.e", key),
}
for name, forge in tries.items():
    try:
        forge()
    except Misuse as problem:
        print(name, problem.code)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    code = "attack.no-cryptography"
    said = [f"{name} {code}" for name in ("public_texts", "certificate", "encrypted", "decrypted")]
    assert (done.stdout.splitlines(), done.stderr) == (said, "")
