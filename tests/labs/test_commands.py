"""The labs on the command line: tables for people in both languages, JSON for programs, the same bytes every time."""

import argparse
import json
import subprocess
import sys

import pytest

from authpatterns import Misuse, words
from authpatterns.labs import capacity, operations, outages, plan, races, tradeoffs
from authpatterns.labs.table import Table, shown

COMMANDS = {
    "outages": (outages, ["--authn", "session", "--authz", "distributed", "--horizon", "60"]),
    "races": (races, ["two-tabs", "--schedules", "3"]),
    "operations": (operations, ["revocations"]),
    "tradeoffs": (tradeoffs, ["--authn", "session", "--authz", "distributed"]),
    "capacity": (capacity, ["jwt", "--clicks", "2000", "--load", "0.5"]),
    "plan": (plan, ["session", "--users", "1000", "--rate", "10"]),
}


def output(capsys, name, *more):
    lab, arguments = COMMANDS[name]
    parser = argparse.ArgumentParser()
    lab.add_arguments(parser)
    assert lab.run(parser.parse_args([*arguments, *more])) == 0
    return capsys.readouterr().out


@pytest.fixture(autouse=True)
def _leave_the_language_alone():
    yield
    words.use(None)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_json_of_a_command_repeats(capsys, name):
    first = output(capsys, name, "--json")
    assert json.loads(first)["rows"]
    assert first == output(capsys, name, "--json")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_heading_and_caption_has_words_in_both_languages(capsys, name):
    texts = {}
    for lang in words.LANGUAGES:
        words.use(lang)
        texts[lang] = output(capsys, name)
        assert "lab." not in texts[lang]
        assert "{" not in texts[lang]
    assert texts["ja"] != texts["en"]


def test_hash_seeds_change_nothing():
    code = "from authpatterns.labs.races import races; print(races(range(3), ['two-tabs', 'half-done']).to_json())"
    code += (
        "\nfrom authpatterns.labs.traffic import Work, measure\nprint(measure('sso', 'delegated', Work(2, 30, 120)))"
    )
    code += "\nfrom authpatterns.labs.holdings import held_per_user\nprint(held_per_user('sso', 'delegated'))"
    code += "\nfrom authpatterns.labs.blast import Site\nprint(Site('sso', 'delegated').owned('orders'))"
    outputs = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1")
    ]
    assert outputs[0] == outputs[1]
    assert "two-tabs" in outputs[0]


def test_processes_and_a_kept_file_print_the_same(capsys, tmp_path):
    plain = output(capsys, "races", "--json")
    assert output(capsys, "races", "--json", "--workers", "2", "--keep", str(tmp_path / "kept")) == plain
    assert output(capsys, "races", "--json", "--keep", str(tmp_path / "kept")) == plain


def test_an_interruption_says_how_to_go_on(monkeypatch, tmp_path):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(races, "races", interrupted)
    parser = argparse.ArgumentParser()
    races.add_arguments(parser)
    with pytest.raises(Misuse, match="--keep"):
        races.run(parser.parse_args([]))
    with pytest.raises(Misuse, match="kept"):
        races.run(parser.parse_args(["--keep", str(tmp_path / "kept")]))


def test_a_race_that_nobody_knows_is_refused():
    parser = argparse.ArgumentParser()
    races.add_arguments(parser)
    with pytest.raises(Misuse, match="two-tabs"):
        races.run(parser.parse_args(["three-tabs"]))


def test_outages_reports_a_part_that_fails_open(monkeypatch, capsys):
    row = {"fails": "open"}
    monkeypatch.setattr(outages, "outages", lambda *_, **__: Table("outages", ("fails",), (row,)))
    parser = argparse.ArgumentParser()
    outages.add_arguments(parser)
    assert outages.run(parser.parse_args([])) == 1


def test_a_table_shows_values_for_people():
    words.use("en")
    assert [shown(value) for value in (True, None, 0.5, 1234567, [], ["a", 2], "no-end", "auth")] == [
        "yes", "–", "0.5", "1,234,567", "–", "a, 2", "no end", "auth",
    ]  # fmt: skip


def test_a_table_in_a_notebook_is_html_without_anything_raw():
    table = Table("races", ("race", "share"), ({"race": "<b>", "share": 0.25},))
    bundle = table._repr_mimebundle_()
    assert "&lt;b&gt;" in bundle["text/html"]
    assert 'text-align: right">0.25</td>' in bundle["text/html"]
    assert bundle["text/plain"] == repr(table)


def test_columns_of_japanese_text_line_up():
    words.use("ja")
    lines = Table("races", ("race", "share"), ({"race": "two-tabs", "share": 1.0},)).to_text().splitlines()
    head, rule, row = lines[-3:]
    assert rule.split("  ")[0] == "-" * sum(2 if ord(sign) > 0x2E80 else 1 for sign in words.say("lab.value.two-tabs"))
    assert head.startswith(words.say("lab.column.race"))
    assert row.startswith(words.say("lab.value.two-tabs"))
