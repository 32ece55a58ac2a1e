"""Every control of every lesson does something: move it, and the text changes. Each has a static view, too."""

from html import escape

import pytest
from running import run_cells

from authpatterns import words
from authpatterns.course import settings
from authpatterns.notebook import WhatIf
from authpatterns.notebook.quiz import Quiz

LESSONS = settings.load().lessons
STEPS = 6
"""How many values of a slider are tried, spread over its range."""


@pytest.fixture(scope="module", params=LESSONS, ids=lambda lesson: lesson.slug)
def lesson(request):
    return request.param


@pytest.fixture(scope="module")
def widgets(lesson):
    """The controls and the quiz of one lesson, as its cells made them."""
    words.use("en")
    made = []
    with pytest.MonkeyPatch.context() as patch:
        for kind in (WhatIf, Quiz):
            patch.setattr(kind, "__init__", _noted(kind.__init__, made))
        run_cells(settings.load(), lesson, {})
    yield made
    words.use(None)


def _noted(make, made):
    def init(self, *given, **named):
        make(self, *given, **named)
        made.append(self)

    return init


def test_a_lesson_has_something_to_turn(lesson, widgets):
    assert [each for each in widgets if isinstance(each, WhatIf)]
    assert len([each for each in widgets if isinstance(each, Quiz)]) == 1


def test_every_control_changes_the_text(widgets):
    for what_if in (each for each in widgets if isinstance(each, WhatIf)):
        for name in what_if.controls:
            assert _texts(what_if, name) > 1, f"{name} changes nothing"


def _texts(what_if, name):
    """How many different texts the values of a control make, under any one setting of the other controls."""
    most, before = 0, what_if.values
    for other in _settings(what_if, name):
        what_if.set(**other)
        seen = set()
        for value in _values(what_if.controls[name]):
            what_if.set(**{name: value})
            seen.add(what_if.text)
        most = max(most, len(seen))
        if most > 1:
            break
    what_if.set(**before)
    return most


def _settings(what_if, name):
    yield {}
    for other, control in what_if.controls.items():
        if other != name:
            yield from ({other: value} for value in _values(control))


def _values(control):
    if hasattr(control, "options"):
        return [value for _, value in control.options]
    if isinstance(control.value, bool):
        return [False, True]
    count = round((control.max - control.min) / control.step)
    chosen = sorted({round(count * part / STEPS) for part in range(STEPS + 1)})
    return [control.min + step * control.step for step in chosen]


def test_every_widget_has_a_static_view(widgets):
    for each in widgets:
        static = each._repr_mimebundle_()["text/html"]
        said = [control.description for control in each.controls.values()] if isinstance(each, WhatIf) else []
        assert [label for label in said if escape(label) not in static] == []
        assert "<table" in static or "<details" in static


def test_every_choice_of_the_quiz_is_answered(widgets):
    for quiz in (each for each in widgets if isinstance(each, Quiz)):
        for question in quiz.questions:
            answers = [quiz.choose(question.id, number) for number in range(1, len(question.choices) + 1)]
            assert len(set(answers)) == len(answers)
            assert sum(answer.startswith("✓") for answer in answers) == 1
