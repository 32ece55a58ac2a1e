"""Building, staleness, and a lesson that was edited in Jupyter."""

import nbformat
import pytest

from authpatterns.course import books, build, checks, refresh
from authpatterns.errors import Misuse

SLUG = "00-index"


@pytest.fixture
def lesson(course):
    return course.lesson(SLUG)


def edit_source(course, lesson, old, new):
    path = course.source(lesson)
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def stale(course, lesson):
    """Build, and name the cells whose twin has changed."""
    pair = build.build(course, lesson)
    for lang, book in pair.books.items():
        books.write(book, course.notebook(lesson, lang))
    return [(f.where[:2], f.cell) for f in checks.check_lesson(course, lesson) if f.check == "not-stale"]


def test_an_unchanged_source_leaves_nothing_stale(course, lesson):
    assert stale(course, lesson) == []


def test_a_change_of_one_language_leaves_the_other_stale(course, lesson):
    edit_source(course, lesson, "come in patterns that have names", "come in named patterns")
    assert stale(course, lesson) == [("ja", "why")]
    assert stale(course, lesson) == [("ja", "why")], "building again does not make it fresh"


def test_a_change_of_both_languages_is_a_translation(course, lesson):
    edit_source(course, lesson, "come in patterns that have names", "come in named patterns")
    edit_source(course, lesson, "名前の付いたパターン", "名前付きのパターン")
    assert stale(course, lesson) == []


def test_a_stale_text_can_be_accepted_as_it_stands(course, lesson):
    edit_source(course, lesson, "come in patterns that have names", "come in named patterns")
    stale(course, lesson)
    pair = books.twins(course, lesson)
    build.accept(pair)
    for lang, book in pair.books.items():
        books.write(book, course.notebook(lesson, lang))
    assert stale(course, lesson) == []


# --- edited in Jupyter


def edited(course, lesson, lang, change):
    path = course.notebook(lesson, lang)
    book = books.read(path)
    change(book)
    nbformat.write(book, path)
    pair = books.twins(course, lesson)
    build.sync(course, pair)
    return pair


def insert(at, *cells):
    return lambda book: book.cells.__setitem__(slice(at, at), cells)


def test_sync_copies_code_and_never_touches_prose(course, lesson):
    before = {cell.id: cell.source for cell in books.read(course.notebook(lesson, "en")).cells}

    def change(book):
        next(cell for cell in book.cells if cell.id == "own-order").source = "alice.get('/orders/1').status"

    after = {cell.id: cell.source for cell in edited(course, lesson, "ja", change).books["en"].cells}
    assert {name for name in after if after[name] != before[name]} == {"own-order"}
    assert after["own-order"] == "alice.get('/orders/1').status"


def test_sync_asks_for_the_translation_of_a_new_text(course, lesson):
    pair = edited(course, lesson, "ja", insert(3, books.markdown("new", "新しい段落。")))
    placeholder = pair.books["en"].cells[3]
    assert placeholder.source == "<!-- needs-translation -->\n新しい段落。"
    assert placeholder.metadata.tags == ["needs-translation"]


def test_a_translated_text_loses_its_tag(course, lesson):
    pair = edited(course, lesson, "ja", insert(3, books.markdown("new", "新しい段落。")))
    pair.books["en"].cells[3].source = "A new paragraph."
    build.sync(course, pair)
    assert "tags" not in pair.books["en"].cells[3].metadata


def test_sync_drops_what_the_master_has_dropped(course, lesson):
    pair = edited(course, lesson, "ja", lambda book: book.cells.pop(4))
    assert [cell.id for cell in pair.books["ja"].cells] == [cell.id for cell in pair.books["en"].cells]


def test_sync_makes_navigation_anew(course, lesson):
    pair = edited(course, lesson, "en", lambda book: book.cells.pop(0))
    assert pair.books["en"].cells[0].id == "navigation"
    assert "01 Why one authentication service" in pair.books["en"].cells[0].source


# --- outputs


def test_refresh_gives_the_committed_bytes(committed, course, lesson):
    """Two runs of a lesson differ in nothing, on whatever folder they stand."""
    for path in refresh.refresh(course, lesson):
        committed_file = committed.root / path.parent.name / path.name
        assert path.read_bytes() == committed_file.read_bytes()


def test_refresh_writes_nothing_when_a_cell_fails(course, lesson):
    edit_source(course, lesson, 'alice.get("/orders/2").status', 'shop.user("nobody")')
    before = [course.notebook(lesson, lang).read_bytes() for lang in ("ja", "en")]
    with pytest.raises(Misuse, match="00-index"):
        refresh.refresh(course, lesson)
    assert [course.notebook(lesson, lang).read_bytes() for lang in ("ja", "en")] == before


def test_what_is_printed_in_pieces_is_kept_in_one(tmp_path):
    source = "import sys, time\nfor word in 'one two three'.split():\n    print(word, flush=True)\n    time.sleep(0.3)"
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source, id="printing")])
    refresh.run(book, tmp_path, "printing")
    assert [output["text"] for output in book.cells[0].outputs] == ["one\ntwo\nthree\n"]


def test_what_is_no_notebook_is_refused(tmp_path):
    for number, text in enumerate(["", "[]", "{}", '{"cells": 3, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}']):
        path = tmp_path / f"{number}.ipynb"
        path.write_text(text)
        with pytest.raises(Misuse, match="notebook"):
            books.read(path)
