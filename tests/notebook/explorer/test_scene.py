"""What a scene may hold, and what follows when it changes."""

import pytest
from hypothesis import given, settings
from scenes import scenes

from authpatterns import catalogue
from authpatterns.errors import Misuse
from authpatterns.labs.attacks import CELLS, matrix
from authpatterns.notebook.explorer import Attack, Fault, Scene
from authpatterns.notebook.explorer.play import play
from authpatterns.notebook.explorer.scene import LONG_ATTACKS, MOST_HOPS, WORLDS, defaults_of, kinds_of


def test_what_is_so_by_default_is_left_out():
    assert Scene(authn_settings=(("lifetime", 900), ("keep", "local"))) == Scene()


def test_settings_stand_in_the_patterns_own_order():
    assert Scene(authn_settings=(("lifetime", 60), ("keep", "cookie"))).authn_settings[0] == ("keep", "cookie")


def test_a_new_pattern_takes_away_what_does_not_fit_it():
    scene = Scene("jwt", "hybrid", (("lifetime", 60),), (("poll", 5.0),), faults=(Fault("outage", "control-plane"),))
    scene = scene.changed(attack=Attack("JWT-01", "jwt"))
    kept = scene.changed(authz="distributed")
    assert (kept.authn_settings, kept.authz_settings, kept.faults) == ((("lifetime", 60),), (), ())
    assert kept.attack == Attack("JWT-01", "jwt")
    assert scene.changed(authn="session").attack is None


def test_a_setting_that_takes_a_part_away_takes_its_fault_away():
    scene = Scene(authn_settings=(("denylist", True),))
    part = next(part for part in scene.parts if part not in Scene().parts)
    broken = scene.changed(faults=(Fault("outage", part),))
    assert broken.faults
    assert broken.changed(authn_settings=()).faults == ()


def test_what_was_asked_for_is_never_left_out_silently():
    with pytest.raises(Misuse, match="nowhere"):
        Scene().changed(faults=(Fault("outage", "nowhere"),))


@pytest.mark.parametrize(
    "wrong",
    [{"seed": -1}, {"seed": 1.5}, {"seed": True}, {"wait": float("nan")}, {"wait": -1}, {"wait": "long"}, {"step": -1}],
)
def test_a_number_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(Misuse, match=next(iter(wrong))):
        Scene(**wrong)


@pytest.mark.parametrize("pattern", [*catalogue.AUTHENTICATION, *catalogue.AUTHORIZATION])
def test_every_setting_has_a_default_of_its_kind(pattern):
    for name, kind in kinds_of(pattern).items():
        value = defaults_of(pattern)[name]
        assert value in kind if isinstance(kind, tuple) else isinstance(value, kind)


@settings(max_examples=25, deadline=None)
@given(scenes(compared=False))
def test_every_scene_can_be_played(scene):
    done = play(scene)
    assert play(scene) is done
    assert done.trace.seed == scene.seed


def test_two_scenes_that_differ_in_what_is_looked_at_are_one_run():
    assert play(Scene(step=3, view="secrets", lang="ja", large=True)) is play(Scene())


@pytest.mark.parametrize("cell", CELLS.values(), ids=lambda cell: f"{cell.attack}-{cell.pattern}")
def test_an_attack_is_offered_where_it_fits_on_one_screen(cell):
    """Otherwise it is in the list of those that only the attack lab runs."""
    worlds = [cell.world(name) for name in WORLDS if cell.world(name) is not None]
    hops = max(len(matrix.run(cell, world)[1].trace) for world in worlds)
    long = {attack for attack, _ in CELLS if attack in LONG_ATTACKS}
    assert long == LONG_ATTACKS
    assert hops <= MOST_HOPS or cell.attack in LONG_ATTACKS
