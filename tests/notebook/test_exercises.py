"""Every judge is right on both sides: it accepts the solution and refuses what readers get wrong."""

import re

import pytest

from authpatterns import words
from authpatterns.errors import Misuse, Refused
from authpatterns.notebook import check, hint
from authpatterns.notebook.checking import Result, hints, judge
from authpatterns.notebook.exercises import Exercise, correct, every, find, keep_working

ALL = tuple(every().values())
WRONG = [pytest.param(each, wrong, id=f"{each.id}-{n}") for each in ALL for n, wrong in enumerate(each.wrong, 1)]

NONSENSE = {
    "none": None,
    "text": "",
    "list": [],
    "dict": {},
    "object": object(),
    "raises": lambda: 1 / 0,
    "number": -1,
    "nan": float("nan"),
    "class": type,
}


def by_id(exercise):
    return exercise.id


@pytest.mark.parametrize("exercise", ALL, ids=by_id)
def test_the_solution_is_correct(exercise, lang):
    result = Result(exercise.id, judge(exercise, exercise.solution()))
    assert result.state == "correct"
    assert_readable(result)


@pytest.mark.parametrize(("exercise", "wrong"), WRONG)
def test_a_wrong_answer_is_not_and_says_why(exercise, wrong, lang):
    result = Result(exercise.id, judge(exercise, wrong()))
    assert result.state in ("keep-working", "almost", "error")
    assert_readable(result)


def assert_readable(result):
    """A sentence, not a key, and with every value in its place."""
    assert not re.search(r"\{\w+\}|(exercise|check)\.[\w.-]+", result.text), result.text


@pytest.mark.parametrize("exercise", ALL, ids=by_id)
def test_at_least_two_wrong_answers_stand_beside_the_solution(exercise):
    assert len(exercise.wrong) >= 2


@pytest.mark.parametrize("exercise", ALL, ids=by_id)
def test_wrong_answers_are_told_apart(exercise):
    """A judge that says the same to everybody would help nobody."""
    reasons = {judge(exercise, wrong()).reason for wrong in exercise.wrong}
    assert len(reasons) >= 2


@pytest.mark.parametrize("exercise", ALL, ids=by_id)
def test_an_untouched_exercise_is_not_started(exercise, lang):
    result = check(exercise.id, ...)
    assert result.state == "not-started"
    assert f'hint("{exercise.id}")' in result.text


@pytest.mark.parametrize("exercise", ALL, ids=by_id)
@pytest.mark.parametrize("nonsense", NONSENSE.values(), ids=NONSENSE)
def test_no_nonsense_breaks_a_lesson(exercise, nonsense):
    assert check(exercise.id, nonsense).state in ("keep-working", "almost", "error")


@pytest.mark.parametrize("exercise", ALL, ids=by_id)
def test_hints_stand_in_both_languages(exercise, lang):
    assert hints(exercise) >= 1
    for step in range(1, hints(exercise) + 1):
        assert f"{step}/{hints(exercise)}" in hint(exercise.id, step)


def test_judging_twice_gives_the_same_verdict():
    for exercise in ALL:
        assert judge(exercise, exercise.solution()) == judge(exercise, exercise.solution())


# --- what check does with whatever comes out of an answer


def raising(error):
    def judge(answer):
        raise error

    return Exercise("99-1", judge, lambda: None, ())


def test_a_mistake_in_the_answer_becomes_a_sentence(english):
    result = Result("99-1", judge(raising(ZeroDivisionError("by zero")), 1))
    assert result.state == "error"
    assert "ZeroDivisionError: by zero" in result.text


def test_a_refusal_in_the_answer_becomes_its_own_sentence(english):
    result = Result("99-1", judge(raising(Refused("sign-in.failed")), 1))
    assert result.state == "error"
    assert words.say("error.sign-in.failed") in result.text


def test_stopping_a_long_answer_stops_it():
    with pytest.raises(KeyboardInterrupt):
        judge(raising(KeyboardInterrupt()), 1)


def test_a_verdict_without_a_sentence_of_its_own_has_a_common_one(lang):
    for verdict in (correct(), keep_working("kind", wanted="int", given="str")):
        assert_readable(Result("99-1", verdict))


def test_the_state_is_told_by_sign_and_word(english):
    result = Result("99-1", correct())
    assert result.text.startswith("99-1 ✓ correct")
    assert "✓ correct" in result._repr_mimebundle_()["text/html"]


def test_an_answer_cannot_put_markup_into_the_page(english):
    result = Result("99-1", judge(raising(ValueError("<script>")), 1))
    assert "<script>" not in result._repr_mimebundle_()["text/html"]


def test_an_unknown_exercise_is_named_with_those_of_its_lesson(english):
    with pytest.raises(Misuse, match=r"05-9.*05-1, 05-2, 05-3"):
        find("05-9")
    with pytest.raises(Misuse, match="05-1"):
        check("77-1", 1)


@pytest.mark.parametrize("step", [0, 99])
def test_an_unknown_hint_is_refused(english, step):
    with pytest.raises(Misuse, match="05-1"):
        hint("05-1", step)
