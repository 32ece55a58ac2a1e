"""The reader's progress: a local file that never breaks a lesson and never disturbs a checked run."""

import json

import pytest

from authpatterns.notebook import begin, check, progress, record
from authpatterns.notebook.exercises import find


@pytest.fixture
def file(tmp_path, monkeypatch):
    """A reader who works in course/ja, outside any test run."""
    folder = tmp_path / "course" / "ja"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    monkeypatch.delenv("PYTEST_VERSION", raising=False)
    monkeypatch.delenv(record.VARIABLE, raising=False)
    return folder.parent / ".progress.json"


def solve(exercise_id):
    return check(exercise_id, find(exercise_id).solution())


def test_a_solved_exercise_is_remembered_beside_both_languages(file, monkeypatch):
    solve("05-2")
    solve("05-1")
    assert json.loads(file.read_text()) == {"solved": ["05-1", "05-2"]}
    (file.parent / "en").mkdir()
    monkeypatch.chdir(file.parent / "en")
    assert record.solved() == ("05-1", "05-2")


def test_a_wrong_answer_is_not_remembered(file):
    check("05-2", 11)
    check("05-2", ...)
    assert not file.exists()


def test_a_lesson_says_how_much_is_solved(file):
    assert "4 問中 0 問" in begin("05").text
    solve("05-2")
    assert "4 問中 1 問" in begin("05").text
    assert 'value="1"' in progress()._repr_mimebundle_()["text/html"]


def test_another_file_can_be_named(file, monkeypatch, tmp_path):
    monkeypatch.setenv(record.VARIABLE, str(tmp_path / "mine.json"))
    solve("05-2")
    assert json.loads((tmp_path / "mine.json").read_text()) == {"solved": ["05-2"]}
    assert not file.exists()


@pytest.mark.parametrize(("name", "value"), [(record.VARIABLE, "off"), ("PYTEST_VERSION", "9")])
def test_a_checked_run_reads_and_writes_nothing(file, monkeypatch, name, value):
    solve("05-1")
    monkeypatch.setenv(name, value)
    before = file.read_bytes()
    solve("05-2")
    assert file.read_bytes() == before
    assert record.solved() == ()


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"[]", b"3", b'{"solved": 3}', b'{"solved": [3]}', b"\xff\xfe", b'{"x": []}']
)
def test_a_damaged_file_counts_as_empty_and_is_kept(file, damage):
    file.write_bytes(damage)
    assert record.solved() == ()
    assert "4 問中 0 問" in begin("05").text
    assert solve("05-2").state == "correct"
    assert record.solved() == ("05-2",)
    assert file.with_name(".progress.json.damaged").read_bytes() == damage


def test_a_file_that_cannot_be_written_does_not_break_a_lesson(file):
    file.with_name(".progress.json.new").mkdir()
    assert solve("05-2").state == "correct"
    assert record.solved() == ()


def test_exercises_that_are_gone_do_not_count(file):
    file.write_text('{"solved": ["05-1", "99-9"]}')
    assert 'value="1"' in progress()._repr_mimebundle_()["text/html"]


def test_a_lesson_in_its_own_folder_has_nothing_to_complain_about(file):
    assert "learn" not in begin("05").text


def test_a_lesson_in_the_wrong_folder_says_so(file, monkeypatch, tmp_path):
    """The language falls back to English, and the reader learns why and what to do."""
    monkeypatch.chdir(tmp_path)
    said = begin("05").text
    assert "outside course/ja and course/en" in said
    assert "python -m authpatterns learn" in said
