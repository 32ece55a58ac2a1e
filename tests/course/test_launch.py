"""`python -m authpatterns learn`: what is opened, and what is said when it cannot be."""

import argparse
import socket
import subprocess
import sys

import pytest

from authpatterns.course import launch, settings
from authpatterns.errors import Misuse


@pytest.fixture
def taken():
    """A port in use."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
        yield door.getsockname()[1]


def parsed(*arguments):
    parser = argparse.ArgumentParser()
    launch.add_arguments(parser)
    return parser.parse_args(arguments)


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_index_opens_in_the_language_of_choice(committed, lang):
    command = launch.lab_command(committed, lang, "00", 8888)
    assert f"--LabApp.default_url=/lab/tree/{lang}/00-index.ipynb" in command
    assert f"--ServerApp.root_dir={committed.root}" in command
    assert "--ip=127.0.0.1" in command


def test_a_lesson_opens_by_its_number(committed):
    assert "--LabApp.default_url=/lab/tree/ja/05-jwt.ipynb" in launch.lab_command(committed, "ja", "05", 8888)


def test_an_unknown_lesson_is_named_with_those_there_are(committed):
    with pytest.raises(Misuse, match=r"77.*05-jwt"):
        launch.lab_command(committed, "ja", "77", 8888)


def test_a_missing_notebook_is_said(course):
    course.notebook(course.lesson("05"), "ja").unlink()
    with pytest.raises(Misuse, match="05-jwt"):
        launch.lab_command(course, "ja", "05", 8888)


def test_a_port_in_use_is_refused_when_it_was_asked_for(taken):
    with pytest.raises(Misuse, match=str(taken)):
        launch.free_port(taken)


@pytest.mark.parametrize("port", [0, -1, 70000])
def test_what_is_no_port_is_refused(port):
    with pytest.raises(Misuse, match=str(port)):
        launch.free_port(port)


def test_without_a_port_the_next_free_one_is_taken(taken, monkeypatch):
    monkeypatch.setattr(launch, "PORT", taken)
    assert taken < launch.free_port(None) < taken + launch.PORTS_TO_TRY


def test_when_no_port_is_free_it_is_said(monkeypatch):
    monkeypatch.setattr(launch, "_is_free", lambda port: False)
    with pytest.raises(Misuse, match="8888"):
        launch.free_port(None)


@pytest.mark.parametrize(("value", "lang"), [("ja_JP.UTF-8", "ja"), ("en_GB", "en"), ("de_DE", "en"), ("C", "en")])
def test_the_language_of_the_system_is_the_default(monkeypatch, value, lang):
    monkeypatch.setenv("LC_ALL", value)
    assert launch.reader_language() == lang


def test_the_program_is_started_with_the_command(monkeypatch, committed):
    started = []
    monkeypatch.setattr(
        subprocess, "run", lambda command, check: started.append(command) or argparse.Namespace(returncode=5)
    )
    assert launch.run(parsed("--lang", "en", "--no-browser")) == 5
    assert started[0][:3] == [sys.executable, "-m", "jupyterlab"]
    assert "--no-browser" in started[0]


def test_stopping_it_is_no_error(monkeypatch):
    def interrupted(command, check):
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess, "run", interrupted)
    assert launch.run(parsed("--lang", "en")) == 0


def test_without_jupyterlab_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(launch, "find_spec", lambda name: None)
    with pytest.raises(Misuse, match=r"authpatterns\[course\]"):
        launch.run(parsed("--lang", "en"))


def test_a_folder_without_the_course_is_said(monkeypatch, tmp_path):
    """An installation away from the repository, run in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(settings.authpatterns, "__file__", str(tmp_path / "lib" / "authpatterns" / "__init__.py"))
    with pytest.raises(Misuse, match=r"course/course\.toml"):
        launch.run(parsed())


def test_the_course_is_found_from_a_folder_below(monkeypatch, committed):
    monkeypatch.chdir(committed.root / "ja")
    assert settings.find() == committed.root


@pytest.mark.parametrize("text", ["", "repository = 3", "[[lesson]]\nslug='x'", "not toml ="])
def test_settings_that_cannot_be_read_are_named(tmp_path, text):
    (tmp_path / "course.toml").write_text(text)
    with pytest.raises(Misuse, match=r"course\.toml"):
        settings.load(tmp_path)


def test_the_public_address_stands_in_one_place(committed):
    """Change the setting, and every Binder link follows."""
    from dataclasses import replace

    moved = replace(committed, repository="https://github.com/someone/somewhere")
    assert moved.binder(moved.lesson("05"), "ja") == (
        "https://mybinder.org/v2/gh/someone/somewhere/main?urlpath=lab/tree/course/ja/05-jwt.ipynb"
    )


def test_an_ordinary_user_is_not_told_about_root(committed, monkeypatch):
    """Jupyter refuses to run as root unless asked; only then it is asked."""
    for root in (True, False):
        monkeypatch.setattr(launch, "_is_root", lambda root=root: root)
        assert ("--allow-root" in launch.lab_command(committed, "en", "00", 8888)) is root
