"""Controls that change a run."""

import pytest

from authpatterns.errors import Misuse, Refused
from authpatterns.notebook import WhatIf, table


def story(minutes, lifetime, **more):
    return f"{minutes} of {lifetime} {more or ''}".strip()


@pytest.fixture
def knobs(english):
    return WhatIf(story, minutes=(0, 30, 5), lifetime=[900, 300])


def test_it_begins_with_the_first_value_of_each_control(knobs):
    assert knobs.text == "0 of 900"


def test_moving_a_control_changes_what_is_shown(knobs):
    knobs.controls["minutes"].value = 15
    assert knobs.text == "15 of 900"
    assert "15 of 900" in knobs._view.value


def test_a_later_cell_can_set_it_and_show_it(knobs):
    assert "10 of 300" in repr(knobs.set(minutes=10, lifetime=300))


def test_a_check_box(english):
    box = WhatIf(lambda denylist: f"{denylist}", denylist=False)
    assert box.set(denylist=True).text == "True"


def test_every_control_has_a_description(knobs):
    assert [control.description for control in knobs.controls.values()] == [
        "Time since the sign-out (minutes)",
        "Lifetime of the token (seconds)",
    ]


def test_what_is_committed_names_every_control_with_its_value(knobs):
    html = knobs.set(minutes=5)._repr_mimebundle_()["text/html"]
    assert "Time since the sign-out (minutes)" in html
    assert ">5<" in html
    assert "5 of 900" in html


def test_two_of_them_look_the_same(english):
    """What is committed must not depend on a widget's own id."""
    first, second = (WhatIf(story, minutes=(0, 30, 5), lifetime=[1])._repr_mimebundle_() for _ in range(2))
    assert first["text/html"] == second["text/html"]
    assert first["text/plain"] == second["text/plain"]


def test_tables_and_texts_can_stand_below_each_other(english):
    both = WhatIf(lambda minutes: ["text", table([[minutes]], ["requests"])], minutes=(0, 5, 1))
    assert "<table>" in both.set(minutes=3)._view.value
    assert both.text.endswith("3")


def test_a_refusal_is_shown_and_the_controls_live_on(english):
    def refuse(minutes):
        if minutes:
            raise Refused("sign-in.failed")
        return "fine"

    knobs = WhatIf(refuse, minutes=(0, 5, 1))
    assert knobs.set(minutes=1).text == "User name or password is wrong."
    assert knobs.set(minutes=0).text == "fine"


def test_a_bug_in_the_run_is_not_hidden(english):
    with pytest.raises(ZeroDivisionError):
        WhatIf(lambda minutes: 1 / minutes, minutes=(0, 5, 1))


@pytest.mark.parametrize("values", [{"hours": 1}, {"minutes": 99}, {"minutes": "x"}, {"lifetime": 1}])
def test_an_unknown_control_or_value_is_refused(knobs, values):
    with pytest.raises(Misuse, match=next(iter(values))):
        knobs.set(**values)


def test_a_decimal_slider(english):
    assert WhatIf(lambda minutes: f"{minutes}", minutes=(0.0, 1.0, 0.25)).set(minutes=0.5).text == "0.5"
