"""How parts are fetched, started, killed and stopped; with small programs in the place of big ones."""

import os
import sys
import zipfile

import pytest

from authpatterns.__main__ import main
from authpatterns.adapters.parts import command, install
from authpatterns.adapters.parts.process import Part, answers, listens
from authpatterns.errors import Misuse

SERVER = (sys.executable, "-m", "http.server", "--bind", "127.0.0.1")


@pytest.fixture(autouse=True)
def _parts_elsewhere(monkeypatch, tmp_path):
    monkeypatch.setenv(install.FOLDER, str(tmp_path / "parts"))


@pytest.fixture
def tool(tmp_path, monkeypatch):
    """Puts a program of this name before all others."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def put(name, script):
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)

    return put


# --- running


def test_a_part_is_waited_for_killed_started_again_at_its_address_and_stopped(tmp_path):
    removed = []
    part = Part("files", "1", lambda port: (*SERVER, str(port)), answers("/"), cwd=tmp_path, cleanup=removed.append)
    with part:
        first = part.url
        assert part.alive
        part.kill()
        assert not part.alive
        assert not listens(part)
        part.start()
        part.restart()
        assert (part.alive, part.url) == (True, first)
        assert "GET / " in part.log
    assert not part.alive
    assert not listens(part)
    assert removed == [part.port]
    part.stop()  # twice does no harm


def test_a_part_that_ends_says_why():
    part = Part("broken", "1", lambda port: (sys.executable, "-c", "raise SystemExit('no such setting')"), listens)
    with pytest.raises(Misuse, match="no such setting"), part:
        pass


def test_a_part_that_never_answers_is_ended():
    asleep = (sys.executable, "-c", "import time; time.sleep(60)")
    part = Part("asleep", "1", lambda port: asleep, answers("/"), patience=0.2)
    with pytest.raises(Misuse, match="asleep did not answer"), part:
        pass
    assert not part.alive


# --- fetching


def test_what_is_not_there_is_said_with_the_command_that_brings_it():
    with pytest.raises(Misuse, match="parts install opa"):
        install.present("opa", "1")
    with pytest.raises(Misuse, match="some-package"):
        install.program("no-such-program", "some-package")


def test_a_client_that_fails_leaves_nothing_behind_and_is_quoted(tool, tmp_path):
    tool("go", "echo the module is gone; exit 1")
    with pytest.raises(Misuse, match="the module is gone"):
        install.go("thing", "example/thing", "1")
    assert list((tmp_path / "parts").iterdir()) == []


def test_a_client_that_is_not_there_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Misuse, match="mvn"):
        install.maven_jars("thing", "g", "a", "1")


def test_a_client_that_takes_too_long_is_ended(tool, monkeypatch):
    monkeypatch.setattr(install, "PATIENCE", 0.1)
    tool("go", "exec sleep 30")
    with pytest.raises(Misuse, match="go: 0 s"):
        install.go("thing", "example/thing", "1")


def test_a_distribution_is_unpacked_and_used_again(tool, tmp_path):
    with zipfile.ZipFile(tmp_path / "thing.zip", "w") as packed:
        packed.writestr("thing-1/bin/start.sh", "#!/bin/sh\n")
    copy = f'cp {tmp_path}/thing.zip "${{word#*=}}"'
    tool("mvn", f'for word in "$@"; do case "$word" in -DoutputDirectory=*) {copy};; esac; done')
    install.maven_zip("thing", "g", "a", "1")
    there = install.present("thing", "1")
    assert (there / "thing-1" / "bin" / "start.sh").exists()
    assert list(there.glob("*.zip")) == []
    install.maven_zip("thing", "g", "a", "1")  # once more takes its place
    assert install.present("thing", "1") == there


def test_a_program_is_laid_out_with_its_libraries(tool):
    tool("mvn", "mkdir lib; cp pom.xml lib/seen.xml")
    install.maven_jars("thing", "org.example", "thing", "1", "extra")
    pom = (install.present("thing", "1") / "lib" / "seen.xml").read_text()
    assert "<artifactId>thing</artifactId><version>1</version>" in pom
    assert "<classifier>extra</classifier>" in pom


def test_npm_gets_what_the_lock_file_pins(tool, tmp_path):
    for name in ("package.json", "package-lock.json"):
        (tmp_path / name).write_text("{}")
    tool("npm", 'test "$1" = ci && mkdir node_modules')
    install.npm("thing", "1", tmp_path)
    assert (install.present("thing", "1") / "node_modules").is_dir()


# --- the command


def test_the_command_lists_what_is_there_and_what_is_not(capsys):
    assert main(["parts", "list", "opa", "--lang", "en"]) == 0
    assert "is not installed" in capsys.readouterr().out
    assert main(["parts", "list", "nothing", "--lang", "en"]) == 2


def test_the_command_fetches_what_is_missing_and_says_what_it_could_not_get(capsys, tool):
    tool("go", 'touch "$GOBIN/opa"')
    assert main(["parts", "install", "opa", "--lang", "en"]) == 0
    assert command.module("opa").VERSION in capsys.readouterr().out
    tool("npm", "exit 1")
    assert main(["parts", "install", "oidc_provider", "--lang", "en"]) == 1
    assert "could not be installed" in capsys.readouterr().out
