"""What each control does to a scene, and what it shows of it."""

import re

import pytest
from hypothesis import given, settings
from scenes import scenes

from authpatterns import words
from authpatterns.errors import Misuse
from authpatterns.notebook.explorer import Attack, Fault, Scene
from authpatterns.notebook.explorer.controls import WAYS, groups, moved, values

START = Scene("jwt", "hybrid", seed=7)
BROKEN = START.changed(faults=(Fault("outage", "auth", 5), Fault("slow", "orders", 0, 2)))
NAMED = re.compile(r'<(?:select|input)[^>]* name="([^"]+)"')
OFFERED = re.compile(r'<select name="([^"]+)"[^>]*>(.*?)</select>')


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("authn", "session", "session+hybrid;seed=7"),
        ("authz", "distributed", "jwt+distributed;seed=7"),
        ("story", "stolen", "jwt+hybrid;story=stolen;seed=7"),
        ("wait", "16m", "jwt+hybrid;seed=7;wait=16m"),
        ("seed", "8", "jwt+hybrid;seed=8"),
        ("lang", "ja", "jwt+hybrid;seed=7;lang=ja"),
        ("large", True, "jwt+hybrid;seed=7;text=large"),
        ("view", "secrets", "jwt+hybrid;seed=7;view=secrets"),
        ("authn.lifetime", "60", "jwt(lifetime=60)+hybrid;seed=7"),
        ("authn.keep", "cookie", "jwt(keep=cookie)+hybrid;seed=7"),
        ("authn.denylist", "yes", "jwt(denylist=yes)+hybrid;seed=7"),
        ("authz.poll", "0.5", "jwt+hybrid(poll=0.5);seed=7"),
        ("fault.0.kind", "loss", "jwt+hybrid;seed=7;loss=auth:50%@0s"),
        ("attack", "JWT-04@jwt", "jwt+hybrid;seed=7;attack=JWT-04@jwt"),
        ("next", "", "jwt+hybrid;seed=7;step=1"),
        ("last", "", "jwt+hybrid;seed=7;step=14"),
        ("keep", "", "jwt+hybrid;seed=7 vs jwt+hybrid;seed=7"),
        ("code", "sso+delegated", "sso+delegated"),
    ],
)
def test_one_move(name, value, code):
    assert moved(START, name, value).to_code() == code


@pytest.mark.parametrize(
    ("name", "value", "faults"),
    [
        ("fault.0.kind", "", "slow=orders:2s@0s"),
        ("fault.0.kind", "slow", "slow=auth:2s@5s;slow=orders:2s@0s"),
        ("fault.0.part", "shipping", "outage=shipping@5s;slow=orders:2s@0s"),
        ("fault.0.at", "0.25", "outage=auth@250ms;slow=orders:2s@0s"),
        ("fault.1.amount", "3", "outage=auth@5s;slow=orders:3s@0s"),
        ("fault.2.kind", "loss", "outage=auth@5s;slow=orders:2s@0s;loss=auth:50%@0s"),
    ],
)
def test_faults(name, value, faults):
    assert moved(BROKEN, name, value).to_code() == f"jwt+hybrid;seed=7;{faults}"


def test_a_share_is_moved_in_percent():
    lossy = START.changed(faults=(Fault("loss", "auth", 0, 0.5),))
    assert values(lossy)["fault.0.amount"] == "50"
    assert moved(lossy, "fault.0.amount", "12.5").faults[0].amount == 0.125


def test_an_attack_is_taken_away_and_the_story_is_as_it_was():
    attacked = moved(BROKEN, "attack", "JWT-01@jwt")
    assert moved(attacked, "world", "weakened").attack == Attack("JWT-01", "jwt", "weakened")
    assert moved(attacked, "attack", "") == BROKEN


def test_steps_go_from_message_to_message_and_stop_at_the_ends():
    scene, seen = START, []
    for way in ("next", "next", "previous", "previous", "previous", "last", "next", "first"):
        scene = moved(scene, way, "")
        seen.append(scene.step)
    assert seen == [1, 2, 1, 0, 0, 14, 14, 1]


def test_a_step_shows_the_messages():
    assert moved(START.changed(view="topology"), "next", "").view == "sequence"


def test_another_run_begins_before_the_first_message():
    assert moved(START.changed(step=9), "seed", "8").step == 0
    assert moved(START.changed(step=9), "view", "secrets").step == 9


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("seed", "", "seed must be a number"),
        ("seed", "1.5", "seed"),
        ("authn.lifetime", "-1", "lifetime"),
        ("authn.colour", "red", "lifetime"),
        ("fault.0.kind", "fire", "outage, slow, loss"),
        ("volume", "11", "authn"),
        ("code", "nonsense", "authentication+authorization"),
    ],
)
def test_a_move_that_is_not_possible_is_refused(name, value, said):
    with words.speaking("en"):
        with pytest.raises(Misuse) as refusal:
            moved(START, name, value)
        assert said in str(refusal.value)


@settings(max_examples=40, deadline=None)
@given(scenes())
def test_every_control_of_every_scene_stands_where_the_scene_says(scene):
    """Each control has a value, each choice offers the one it stands at, and setting that again changes nothing."""
    html, standing = "".join(groups(scene).values()), values(scene)
    assert set(NAMED.findall(html)) <= set(standing)
    for name, options in OFFERED.findall(html):
        offered = re.findall(r'value="([^"]*)"', options)
        assert standing[name] in offered, name
        assert len(set(offered)) == len(offered)
    for name in NAMED.findall(html):
        assert moved(scene, name, standing[name]).changed(step=scene.step) == scene, name


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_no_control_is_without_words(lang):
    scene = BROKEN.changed(attack=Attack("JWT-01", "jwt"), against=START)
    with words.speaking(lang):
        html = "".join(groups(scene).values())
    assert "explorer." not in html
    assert html.count("<label") == html.count("</label>") >= 20
    assert all(f'data-do="{way}"' in html for way in WAYS)
