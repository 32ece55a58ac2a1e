"""The lessons have the measure of a lesson: enough prose, short cells, every part. `course stats` prints the table."""

import pytest

from authpatterns import words
from authpatterns.course import settings, stats

COURSE = settings.load()


@pytest.fixture(params=COURSE.lessons, ids=lambda lesson: lesson.slug)
def rows(request):
    return {row["lang"]: row for row in stats.measure(COURSE, request.param)}


def test_enough_prose_and_not_too_much(rows):
    """Counted in English; the Japanese of the same lesson says the same in its own signs."""
    assert 1200 <= rows["en"]["words"] <= 2500
    assert 2000 <= rows["ja"]["signs"] <= 6500


def test_about_as_many_texts_as_code_cells(rows):
    for lang in words.LANGUAGES:
        assert 0.6 <= rows[lang]["code"] / rows[lang]["prose"] <= 1.4


def test_code_cells_are_short(rows):
    for lang in words.LANGUAGES:
        assert rows[lang]["median"] <= 4
        assert rows[lang]["p90"] <= 12
        assert rows[lang]["max"] <= 20


def test_every_part_is_there(rows):
    for lang in words.LANGUAGES:
        assert rows[lang]["parts"]
        assert rows[lang]["quiz"]
        assert rows[lang]["checks"] >= 3


def test_the_course_has_sixty_exercises():
    assert sum(stats.measure(COURSE, lesson)[0]["checks"] for lesson in COURSE.lessons) >= 60
