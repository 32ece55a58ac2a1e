"""Binder and JupyterHub: what repo2docker makes of `binder/`, and the values file that the page describes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PYTHON = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


@pytest.fixture(scope="module")
def dockerfile():
    """What repo2docker would build from; no Docker is needed to say so."""
    command = [sys.executable, "-m", "repo2docker", "--no-build", "--debug", str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr[-1000:]
    return done.stderr + done.stdout


def test_repo2docker_takes_the_folder_for_what_it_is(dockerfile):
    assert "python=3.11" in dockerfile
    assert '-r "binder/requirements.txt"' in dockerfile
    assert "RUN ./binder/postBuild" in dockerfile
    for package in (ROOT / "binder" / "apt.txt").read_text().split():
        assert package in dockerfile


def test_the_repository_is_there_before_it_is_installed(dockerfile):
    """`-e .` needs it."""
    assert dockerfile.index("COPY --chown=0:0 src/ ${REPO_DIR}/") < dockerfile.index('-r "binder/requirements.txt"')
    assert (ROOT / "binder" / "requirements.txt").read_text().split() == ["-e", ".[course]"]


def test_post_build_runs():
    done = subprocess.run(["bash", "binder/postBuild"], cwd=ROOT, env=PYTHON, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_post_build_fails_where_something_is_missing(tmp_path):
    """A Binder that would not work is not built."""
    (tmp_path / "python").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "python").chmod(0o755)
    broken = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    assert subprocess.run(["bash", "binder/postBuild"], cwd=ROOT, env=broken, check=False).returncode == 1


@pytest.fixture(scope="module")
def values():
    return yaml.safe_load((ROOT / "docs" / "jupyterhub-values.yaml").read_text("utf-8"))


def test_learners_get_the_memory_that_the_page_says(values):
    page = (ROOT / "docs" / "classroom.md").read_text("utf-8")
    assert values["singleuser"]["memory"] == {"guarantee": "512M", "limit": "1G"}
    assert "512 MB are guaranteed, and 1 GB is the limit" in page


def test_the_address_that_opens_is_a_lesson(values):
    _, _, path = values["singleuser"]["defaultUrl"].partition("/lab/tree/")
    assert (ROOT / path).is_file()


def test_pods_reach_the_name_service_and_nothing_else(values):
    rules = values["singleuser"]["networkPolicy"]["egressAllowRules"]
    assert [name for name, allowed in rules.items() if allowed] == ["dnsPortsKubeSystemNamespace"]


def test_no_account_is_open_without_a_teacher(values):
    config = values["hub"]["config"]
    assert config["JupyterHub"]["authenticator_class"] == "native"
    assert config["NativeAuthenticator"]["open_signup"] is False


def test_the_volume_does_not_hide_the_course(values):
    assert values["singleuser"]["storage"]["homeMountPath"] != "/home/jovyan"


@pytest.mark.parametrize("name", ["classroom.md", "classroom.ja.md"])
def test_the_page_names_the_image_of_the_values(values, name):
    image = values["singleuser"]["image"]
    assert f"{image['name']}:{image['tag']}" in (ROOT / "docs" / name).read_text("utf-8")
