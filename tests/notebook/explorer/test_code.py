"""A scene as a text to hand out."""

import contextlib
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scenes import scenes

from authpatterns import words
from authpatterns.errors import Misuse
from authpatterns.notebook.explorer import Attack, Fault, Scene
from authpatterns.notebook.explorer.code import NAMES, read, time, write, write_time
from authpatterns.notebook.explorer.play import play

ROOT = Path(__file__).resolve().parents[3]


@given(scenes())
def test_the_text_of_every_scene_gives_the_same_scene_back(scene):
    code = write(scene)
    assert read(code) == scene
    assert write(read(code)) == code
    assert code.isascii()
    assert code.isprintable()


@given(scenes(), st.data())
def test_a_text_with_a_slip_of_the_pen_is_read_or_refused_in_both_languages(scene, data):
    """One sign removed, doubled or changed: never a crash, and a sentence that is complete."""
    code = write(scene)
    at = data.draw(st.integers(0, len(code) - 1))
    sign = data.draw(st.sampled_from(["", code[at] * 2, "x", "9", ";", "=", "@", "(", ")", " ", "é"]))
    text = code[:at] + sign + code[at + 1 :]
    with contextlib.suppress(Misuse):
        again = read(text)
        assert read(write(again)) == again
    for lang in words.LANGUAGES:
        said = refusal_of(text, lang)
        assert "error." not in said
        assert "{" not in said


def refusal_of(text, lang):
    """What is said about a bad code; "" about a good one."""
    try:
        read(text)
    except Misuse as refusal:
        with words.speaking(lang):
            return str(refusal)
    return ""


@given(st.text())
def test_any_text_at_all_is_read_or_refused(text):
    with contextlib.suppress(Misuse):
        read(text)


def test_what_the_issue_shows():
    scene = Scene.from_code("jwt+hybrid;seed=7;outage=pdp@5s")
    assert (scene.authn, scene.authz, scene.seed) == ("jwt", "hybrid", 7)
    assert scene.faults == (Fault("outage", "control-plane", 5),)


def test_pdp_is_pdp_where_there_is_one():
    assert Scene.from_code("jwt+centralized;slow=pdp:2s").faults == (Fault("slow", "pdp", 0, 2),)


def test_everything_at_once():
    code = (
        "jwt(keep=cookie,lifetime=60,denylist=yes)+centralized(data=fetch,timeout=0.5);story=stolen;seed=7;wait=16m;"
        "slow=pdp:1500ms@0s;loss=auth:33.3%@1m;view=topology;step=3;lang=ja;text=large vs session+delegated;seed=3"
    )
    scene = Scene.from_code(code)
    assert scene.authn_settings == (("keep", "cookie"), ("lifetime", 60), ("denylist", True))
    assert scene.authz_settings == (("data", "fetch"), ("timeout", 0.5))
    assert scene.faults == (Fault("slow", "pdp", 0, 1.5), Fault("loss", "auth", 60, 0.333))
    assert scene.against == Scene("session", "delegated", seed=3)
    assert scene.to_code() == code


def test_spaces_and_a_closing_semicolon_do_no_harm():
    assert Scene.from_code(" jwt + hybrid ; seed = 7 ; ") == Scene("jwt", "hybrid", seed=7)


def test_an_attack_may_leave_out_what_is_clear():
    assert Scene.from_code("jwt+hybrid;attack=JWT-01").attack == Attack("JWT-01", "jwt", "secure")
    assert Scene.from_code("jwt+hybrid;attack=JWT-01:weakened").attack == Attack("JWT-01", "jwt", "weakened")


WRONG = [
    ("", ["empty", *NAMES]),
    ("jwt", ["'jwt'", "aws-jwt-authorizer", "distributed"]),
    ("jwt+opa", ["opa", "centralized, delegated, distributed, hybrid"]),
    ("kerberos(realm=a)+hybrid", ["kerberos", "sso-gateway"]),
    ("jwt+hybrid;colour=red", ["colour=red", *NAMES]),
    ("jwt+hybrid;seed", ["'seed'", *NAMES]),
    ("jwt+hybrid;seed=7;seed=8", ["seed", "twice"]),
    ("jwt+hybrid;seed=seven", ["seed", "'seven'"]),
    ("jwt+hybrid;seed=99999999999", ["seed", "4,294,967,295"]),
    ("jwt+hybrid;wait=16", ["'16'", "16m"]),
    ("jwt+hybrid;wait=3000d", ["wait", "31,622,400"]),
    ("jwt+hybrid;story=opera", ["'opera'", "withdrawn-role"]),
    ("jwt+hybrid;view=film", ["'film'", "topology"]),
    ("jwt+hybrid;lang=fr", ["'fr'", "ja, en"]),
    ("jwt+hybrid;text=small", ["'small'", "large"]),
    ("jwt+hybrid;outage=nowhere@5s", ["'nowhere'", "jwt + hybrid", "control-plane"]),
    ("jwt+distributed;outage=pdp@5s", ["'pdp'", "auth"]),
    ("jwt+hybrid;outage=auth:2s@5s", ["outage=auth:2s@5s", "outage=part@5s"]),
    ("jwt+hybrid;slow=auth@5s", ["slow=auth@5s", "slow=part:2s@5s"]),
    ("jwt+hybrid;slow=auth:2h@5s", ["slow", "3,600"]),
    ("jwt+hybrid;loss=auth:half@5s", ["'half'", "30%"]),
    ("jwt+hybrid;loss=auth:130%@5s", ["loss", "1.3"]),
    ("jwt+hybrid;outage=auth@", ["outage=auth@"]),
    ("jwt+hybrid;" + ";".join(["outage=auth@1s"] * 4), ["3"]),
    ("jwt+hybrid;attack=JWT-99", ["JWT-99", "JWT-01"]),
    ("jwt+hybrid;attack=JWT-01:feeble", ["'feeble'", "weakened"]),
    ("jwt+hybrid;attack=JWT-01@session", ["JWT-01@session:secure", "JWT-01@jwt:weakened"]),
    ("jwt(colour=red)+hybrid", ["colour", "jwt", "lifetime"]),
    ("jwt+distributed(poll=3)", ["poll", "distributed"]),
    ("jwt(keep=memory)+hybrid", ["'memory'", "local, session, cookie"]),
    ("jwt(denylist=maybe)+hybrid", ["'maybe'", "yes, no"]),
    ("jwt(lifetime=soon)+hybrid", ["'soon'", "16m"]),
    ("jwt(lifetime=0.5)+hybrid", ["lifetime", "0.5"]),
    ("jwt(lifetime=1,lifetime=2)+hybrid", ["lifetime", "twice"]),
    ("jwt+hybrid vs session+hybrid vs sso+hybrid", ["3"]),
]


@pytest.mark.parametrize(("code", "said"), WRONG, ids=[code or "empty" for code, _ in WRONG])
def test_a_bad_code_is_told_what_was_wrong_and_what_is_possible(code, said):
    with words.speaking("en"), pytest.raises(Misuse) as refusal:
        Scene.from_code(code)
    with words.speaking("en"):
        sentence = str(refusal.value)
    assert [word for word in said if word not in sentence] == [], sentence


@pytest.mark.parametrize(
    ("text", "seconds"), [("0s", 0), ("500ms", 0.5), ("1.5s", 1.5), ("16m", 960), ("8h", 28_800), ("1d", 86_400)]
)
def test_times(text, seconds):
    assert time(text) == seconds
    assert time(write_time(seconds)) == seconds


CODES = re.findall(r"^\| `([^`]+\+[^`]+)` \|", (ROOT / "docs" / "explorer.md").read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("code", CODES)
def test_the_codes_to_hand_out_can_be_read(code):
    scene = Scene.from_code(code)
    assert play(scene).trace.hops
    assert len(CODES) >= 10
