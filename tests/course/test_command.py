"""`python -m authpatterns course ...`"""

import argparse
import json

import pytest

from authpatterns.course import books, command
from authpatterns.errors import Misuse
from authpatterns.notebook.exercises import of_lesson


@pytest.fixture
def tool(course):
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return lambda *arguments: command.run(parser.parse_args(["--course", str(course.root), *arguments]))


def test_check_is_quiet_about_a_good_course(tool, capsys):
    assert tool("check") == 0
    assert capsys.readouterr().out == "0 findings\n"


def test_check_names_check_file_and_cell(tool, course, capsys):
    path = course.notebook(course.lesson("05"), "en")
    path.write_text(path.read_text("utf-8").replace('"alice.sign_in()"', '"alice.sign_out()"'), "utf-8")
    assert tool("check") == 1
    assert "en/05-jwt.ipynb [sign-in]: same-code" in capsys.readouterr().out


def test_check_as_json(tool, course, capsys):
    course.notebook(course.lesson("05"), "en").unlink()
    assert tool("check", "--json") == 1
    assert {"check": "same-files", "where": "en/05-jwt.ipynb", "cell": "", "evidence": {"there": False}} in json.loads(
        capsys.readouterr().out
    )


def test_new_begins_a_source_that_builds(tool, course):
    """The skeleton is in the form that a source has."""
    file = course.root / "course.toml"
    more = '[[lesson]]\nslug = "99-x"\ntitle = { ja = "題", en = "Title" }\nreading = 1\n'
    file.write_text(file.read_text("utf-8") + more, "utf-8")
    assert tool("new", "99") == 0
    text = (course.root / "src" / "99-x.md").read_text("utf-8")
    assert 'check("99-1", answer)' in text
    assert "NN" not in text
    with pytest.raises(Misuse, match="99-x"):
        tool("new", "99")


def test_sync_writes_notebooks_and_source(tool, course):
    lesson = course.lesson("00")
    path = course.notebook(lesson, "ja")
    path.write_text(path.read_text("utf-8").replace('"shop.trace.last()"', '"shop.trace.last(2)"'), "utf-8")
    assert tool("sync", "00") == 0
    english = {cell.id: cell.source for cell in books.read(course.notebook(lesson, "en")).cells}
    assert english["refusal-trace"] == "shop.trace.last(2)"
    assert "shop.trace.last(2)" in course.source(lesson).read_text("utf-8")


def test_accept_makes_a_stale_lesson_fresh(tool, course, capsys):
    path = course.notebook(course.lesson("00"), "en")
    path.write_text(path.read_text("utf-8").replace("The minutes are a guide", "Minutes are a guide"), "utf-8")
    tool("check")
    assert "not-stale" in capsys.readouterr().out
    tool("accept", "00")
    tool("check")
    assert "not-stale" not in capsys.readouterr().out


def test_refresh_runs_one_lesson(tool, course):
    path = course.notebook(course.lesson("00"), "en")
    before = path.read_bytes()
    path.unlink()
    assert tool("refresh", "00") == 0
    assert path.read_bytes() == before


def test_glossary_writes_both_pages(tool, course):
    pages = [course.root / lang / "glossary.ipynb" for lang in ("ja", "en")]
    for page in pages:
        page.unlink()
    assert tool("glossary") == 0
    assert "失効" in pages[0].read_text("utf-8")
    assert "revocation" in pages[1].read_text("utf-8")


def test_stats_measures_every_lesson(tool, capsys):
    assert tool("stats", "--json") == 0
    rows = json.loads(capsys.readouterr().out)
    row = next(row for row in rows if row["lesson"] == "05-jwt" and row["lang"] == "en")
    assert row["checks"] == len(of_lesson("05"))
    assert row["quiz"]
    assert row["parts"]
    assert row["median"] <= 4
    assert row["p90"] <= 12
    assert row["max"] <= 20
    tool("stats")
    assert "05-jwt" in capsys.readouterr().out


def test_an_unknown_lesson_is_refused(tool):
    with pytest.raises(Misuse, match="77"):
        tool("refresh", "77")


def test_without_the_extra_it_says_how_to_get_it(tool, monkeypatch):
    def missing(name):
        raise ModuleNotFoundError("No module named 'nbformat'", name="nbformat")

    monkeypatch.setattr(command, "import_module", missing)
    with pytest.raises(Misuse, match=r"nbformat.*authpatterns\[course\]"):
        tool("check")
