"""The kept tables are those that their commands make."""

import os
from concurrent.futures import ProcessPoolExecutor

import pytest

from authpatterns.__main__ import main
from authpatterns.errors import Misuse
from authpatterns.labs import measured
from authpatterns.labs.measured import TABLES


@pytest.fixture(scope="module")
def workers():
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        yield pool


@pytest.mark.parametrize("name", TABLES)
def test_a_kept_table_is_measured_again_byte_for_byte(name, workers):
    kept = (measured.FOLDER / f"{name}.json").read_bytes()
    assert TABLES[name](executor=workers).to_json().encode() == kept


@pytest.mark.parametrize("name", TABLES)
def test_a_kept_table_is_read_whole(name):
    """Columns, rows and caption: what a lesson shows is what the command prints."""
    table = measured.measured(name)
    assert table.to_json() == (measured.FOLDER / f"{name}.json").read_text("utf-8")
    assert len(table) > 1
    assert "{" not in table.caption


def test_a_table_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(Misuse, match="tradeoffs"):
        measured.measured("trade-offs")


def test_the_command_shows_what_is_kept(capsys):
    assert main(["tables", "revocations", "--show"]) == 0
    assert "jwt-gateway" in capsys.readouterr().out


def test_the_command_measures_anew(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(measured, "FOLDER", tmp_path)
    assert main(["tables", "revocations"]) == 0
    assert "revocations.json" in capsys.readouterr().err
    assert measured.from_json((tmp_path / "revocations.json").read_text()).rows == measured.measured("revocations").rows


def test_a_table_can_be_narrowed_to_rows_and_columns():
    table = measured.measured("revocations").filter(lambda row: row["window"] > 60).pick("authn", "window")
    assert table.columns == ("authn", "window")
    assert {row["authn"] for row in table} == {"jwt", "sso-gateway", "aws-jwt-authorizer"}
    with pytest.raises(Misuse, match="window"):
        table.pick("windows")


def test_merged_rows_hold_every_value_once():
    table = measured.measured("outages").pick("authn", "authz", "part", "fault", "share", "after")
    merged = table.merged("authn")
    assert len(merged) < len(table)
    again = [{**row, "authn": name} for row in merged for name in row["authn"]]
    plain = [{name: row[name] for name in table.columns} for row in table]
    assert sorted(again, key=repr) == sorted(plain, key=repr)
    assert merged.caption == ""
    with pytest.raises(Misuse, match="after"):
        table.merged("works_for")


def test_a_table_without_all_its_columns_says_nothing_about_the_others():
    """The caption explains every column, so it goes with the first that is left out."""
    whole = measured.measured("tradeoffs")
    assert "<caption>" in whole.to_html()
    picked = whole.pick("authn", "window")
    assert "<caption>" not in picked.to_html()
    assert picked.to_text().splitlines()[0].split() == ["authentication", "window", "(s)"]
