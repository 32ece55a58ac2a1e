"""`python -m authpatterns run`, as a reader and a script see it."""

import json
import os
import subprocess
import sys

import pytest

from authpatterns.__main__ import main
from authpatterns.catalogue import AUTHENTICATION


def run(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "authpatterns", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, **environment},
        check=False,
    )


def output(capsys, *arguments):
    assert main(["run", *arguments]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("form", ["text", "mermaid", "plantuml", "svg", "json", "har"])
@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_same_command_prints_the_same_bytes(capsys, form, lang):
    arguments = ("jwt", "distributed", "--format", form, "--lang", lang)
    first = output(capsys, *arguments)
    assert first.endswith("\n")
    assert first == output(capsys, *arguments)


@pytest.mark.parametrize("authn", AUTHENTICATION)
def test_two_processes_with_different_hash_seeds_agree_byte_for_byte(authn):
    one, other = (run("run", authn, "distributed", "--format", "json", PYTHONHASHSEED=seed) for seed in ("1", "2"))
    assert one.returncode == 0, one.stderr
    assert one.stdout == other.stdout
    assert len(json.loads(one.stdout)["hops"]) >= 5


def story(text):
    trace = json.loads(text)
    return [(hop["source"], hop["target"], hop["request"]["method"], hop["fate"]) for hop in trace["hops"]]


@pytest.mark.parametrize("authn", AUTHENTICATION)
def test_the_seed_changes_ids_and_not_the_story(capsys, authn):
    one, other = (output(capsys, authn, "distributed", "--format", "json", "--seed", seed) for seed in ("1", "2"))
    assert one.replace('"seed": 1', "") != other.replace('"seed": 2', "")
    assert story(one) == story(other)


@pytest.mark.parametrize("authn", AUTHENTICATION)
def test_the_standard_visit_reads_one_order_and_is_refused_another(capsys, authn):
    trace = json.loads(output(capsys, authn, "distributed", "--format", "json"))
    assert [act["verb"] for act in trace["acts"]] == ["sign-in", "get", "get", "sign-out"]
    last = {}
    for hop in trace["hops"]:
        if hop["source"] == "alice":
            last[hop["act"]] = hop["response"]["status"]
    assert [last[2], last[3]] == [200, 403]


def test_no_credential_is_printed_in_any_form(capsys):
    from authpatterns import Deployment, Distributed, Jwt, stories
    from authpatterns.secrecy import carried

    shop = Deployment(Jwt(), Distributed())
    stories.standard_visit(shop)
    secrets = {found.value for hop in shop.trace for m in (hop.request, hop.response) for found in carried(m)}
    assert len(secrets) >= 3
    for form in ("text", "mermaid", "plantuml", "svg", "json", "har"):
        text = output(capsys, "jwt", "distributed", "--format", form)
        assert not [secret for secret in secrets if secret in text]


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_an_unknown_pattern_is_refused_with_the_names_there_are(lang):
    answer = run("run", "jwtt", "--lang", lang)
    assert answer.returncode == 2
    assert "'jwtt'" in answer.stderr
    assert all(name in answer.stderr for name in AUTHENTICATION)
    assert "Traceback" not in answer.stderr


def test_without_a_command_the_usage_is_shown():
    answer = run()
    assert answer.returncode == 2
    assert "usage" in answer.stderr
