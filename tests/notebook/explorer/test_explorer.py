"""The explorer as a notebook's cells use it."""

import re

import pytest

from authpatterns import words
from authpatterns.errors import Misuse
from authpatterns.notebook import Explorer
from authpatterns.notebook.display import text_of
from authpatterns.notebook.explorer import Fault, Scene
from authpatterns.notebook.explorer.inspector import inspect
from authpatterns.notebook.explorer.play import play
from authpatterns.notebook.explorer.scene import VIEWS
from authpatterns.notebook.explorer.views import look, measurements, sequence

BASE = "jwt+hybrid;seed=7"
PIECES = ("choice", "settings", "faults", "attack", "code", "bar", "told", "shown", "beside", "values")


@pytest.fixture(autouse=True)
def _english():
    words.use("en")
    yield
    words.use(None)


def bundle(explorer):
    shown = explorer._repr_mimebundle_()
    return shown[0] if isinstance(shown, tuple) else shown


def test_a_code_or_a_scene_or_both():
    assert (
        Explorer(BASE).scene == Explorer(Scene("jwt", "hybrid", seed=7)).scene == Explorer("jwt+hybrid", seed=7).scene
    )
    assert Explorer.from_code(BASE).to_code() == BASE


def test_set_gives_the_whole_back_to_be_shown():
    explorer = Explorer(BASE)
    assert explorer.set(wait=180, faults=[Fault("outage", "control-plane", 5)]) is explorer
    assert "Bundle 1 was not confirmed by control-plane for 120 seconds" in explorer.text


@pytest.mark.parametrize("values", [{"volume": 11}, {"authn": "kerberos"}, {"wait": -1}, {"view": "film"}])
def test_what_cannot_be_set_is_refused_and_nothing_changes(values):
    explorer = Explorer(BASE)
    with pytest.raises(Misuse):
        explorer.set(**values)
    assert explorer.to_code() == BASE


def move(explorer, name, value="", number=1):
    """What the browser sends."""
    explorer._handle_custom_msg({"name": name, "value": value, "number": number}, [])


def test_a_move_in_the_browser_changes_only_what_looks_different():
    explorer, changed = Explorer(BASE), []
    explorer.observe(lambda change: changed.append(change["name"]), PIECES)
    move(explorer, "next")
    assert sorted(changed) == ["beside", "shown", "values"]
    assert explorer.values["heard"] == 1
    assert explorer.to_code() == f"{BASE};step=1"


def test_a_bad_move_raises_an_alarm_and_leaves_the_scene_alone():
    explorer = Explorer(BASE)
    move(explorer, "code", "jwt+opa", 5)
    assert 'role="alert"' in explorer.told
    assert "opa" in explorer.told
    assert explorer.values["heard"] == 5
    assert explorer.to_code() == BASE
    move(explorer, "seed", "8", 6)
    assert 'role="alert"' not in explorer.told


def test_a_bug_is_not_taken_for_a_bad_move(monkeypatch):
    explorer = Explorer(BASE)
    monkeypatch.setattr("authpatterns.notebook.explorer.controls.moved", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        explorer._on_message(explorer, {"name": "seed", "value": "8", "number": 1}, [])


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_two_of_them_look_the_same_and_speak_one_language(view, lang):
    """What is committed must not depend on a widget's own id, and holds no key of a missing sentence."""
    code = f"{BASE};view={view};step=3;lang={lang} vs session+distributed"
    first, second = bundle(Explorer(code)), bundle(Explorer(code))
    assert first["text/html"] == second["text/html"]
    assert first["text/plain"] == second["text/plain"]
    assert "explorer." not in first["text/plain"]
    japanese = re.search("[ぁ-ん]", first["text/plain"]) is not None
    assert japanese == (lang == "ja")


def test_the_scenes_language_is_not_the_worlds():
    Explorer(f"{BASE};lang=ja")
    assert words.language() == "en"


def test_what_is_committed_names_the_state_the_sentence_and_the_picture():
    html = bundle(Explorer(f"{BASE};step=3"))["text/html"]
    for wanted in (
        "Authentication",
        "JWT (distributed)",
        f"{BASE};step=3",
        "403 Forbidden",
        "<img",
        "whom it is about",
    ):
        assert wanted in html
    assert "<select" not in html
    assert "model_id" not in html


# --- what is looked at


def test_the_message_under_the_glass():
    scene = Scene.from_code(f"{BASE};step=3")
    sheet = repr(inspect(sequence.current(scene), play(scene)))
    for wanted in (
        "3. alice → orders: GET /orders/1",
        'sub | "alice" | whom it is about',
        "[yes] signature: The signature is right",
        "orders: The token is good: alice, 899 s left.",
    ):
        assert wanted in sheet
    assert "Bearer jwt#" in sheet
    assert "eyJ" not in sheet, "a credential is shown by its fingerprint alone"


def test_a_token_that_is_refused_says_by_which_check():
    scene = Scene.from_code("jwt(lifetime=30)+distributed;story=own-order")
    last = [message for message in _arrows(scene) if message.head.startswith("GET /orders/1")][-1]
    sheet = repr(inspect(last, play(scene)))
    assert "[NO] expired" in sheet


def test_a_forged_token_of_an_attack_says_by_which_check():
    scene = Scene.from_code("jwt+distributed;attack=JWT-04@jwt")
    last = [message for message in _arrows(scene) if message.source == "mallory"][-1]
    assert "[NO] signature" in repr(inspect(last, play(scene)))


def _arrows(scene):
    from authpatterns.notebook.explorer.play import story_of

    return story_of(scene).arrows


@pytest.mark.parametrize("code", ["sso+delegated;story=second-service", "sso-gateway+hybrid;story=stolen", BASE])
def test_every_message_can_be_looked_at(code):
    scene = Scene.from_code(code)
    for message in _arrows(scene):
        shown = repr(inspect(message, play(scene)))
        assert shown.startswith(f"{message.number}. ")
        assert "explorer." not in shown


def test_the_measurements_are_those_of_the_trace():
    scene = Scene.from_code(BASE)
    spent = measurements.cost(play(scene).trace)
    assert spent.messages == 2 * len(play(scene).trace)
    parts = [measurements.cost([hop]) for hop in play(scene).trace]
    assert spent.size == sum(part.size for part in parts)
    assert spent.credentials < spent.size
    assert spent.seconds > scene.wait


def test_a_run_with_the_same_parts_is_not_laid_out_again():
    first, second = (look(Scene("jwt", "hybrid", wait=wait, view="topology")) for wait in (60, 120))
    assert first is second
    assert "seed 2 ·" in look(Scene("jwt", "hybrid", seed=2, view="topology")).svg
    assert look(Scene("jwt", "distributed", view="topology")) is not first


def test_the_comparison_has_both_sides():
    text = text_of(look(Scene.from_code("session+distributed;view=compare vs jwt+distributed")))
    assert "− jwt+distributed" in text
    assert "+ session+distributed" in text


def test_without_a_second_side_it_is_said_how_to_get_one():
    assert "Keep this state" in look(Scene(view="compare"))


def test_an_attack_is_told_with_its_reason():
    fails, succeeds = (Explorer(f"jwt+hybrid;attack=JWT-01@jwt{world}").text for world in ("", ":weakened"))
    assert "Against jwt it fails (401 token.algorithm)." in fails
    assert "Against jwt it succeeds (200)." in succeeds
    assert "algorithms" in fails


def test_what_a_pattern_cannot_do_is_said():
    assert "session has nothing that could be renewed" in Explorer("session+hybrid;story=refresh").text
