"""What is printed and shown on slides is the committed lesson, whole and in order."""

import argparse
import re

import pytest

from authpatterns import words
from authpatterns.course import books, command, paper
from authpatterns.course.links import relink


@pytest.fixture(scope="module")
def lesson(committed):
    return committed.lesson("05")


def cells(committed, lesson, lang):
    return books.read(committed.notebook(lesson, lang)).cells


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_a_handout_holds_every_picture_and_the_title(committed, lesson, lang):
    text = paper.handout(committed, lesson, lang)
    outputs = [out.get("data", {}) for cell in cells(committed, lesson, lang) for out in cell.get("outputs", ())]
    assert text.count("data:image/svg+xml") >= sum(data.get("text/html", "").count("<img ") for data in outputs) > 0
    assert f'<html lang="{lang}">' in text
    assert f"<title>{lesson.number} {lesson.title[lang]}</title>" in text
    assert f"../{'en' if lang == 'ja' else 'ja'}/05-jwt.html" in text


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_handouts_and_slides_load_nothing(committed, lesson, lang):
    for text in (paper.handout(committed, lesson, lang), paper.slides(committed, lesson, lang)):
        assert re.findall(r"<script[^>]*\bsrc=|<link[^>]*\bhref=", text) == []
        styles = "".join(re.findall(r"<style.*?</style>", text, re.DOTALL))
        assert re.findall(r"@import|url\(['\"]?(?!data:|#)", styles) == []


def test_each_chapter_begins_a_slide_and_solutions_stay_hidden(committed, lesson):
    shown = paper.arranged(cells(committed, lesson, "en"))
    kinds = {cell.id: cell.metadata.slideshow.slide_type for cell in shown}
    assert kinds["navigation"] == "slide"
    assert kinds["picture"] == "slide"
    assert kinds["sign-in-text"] == "subslide"
    assert kinds["sign-in"] == "-"
    assert kinds["first-trace-0-picture"] == "subslide"
    assert not [name for name in kinds if name.startswith("solution-")]
    chapters = [cell for cell in shown if cell.cell_type == "markdown" and re.search("^## ", cell.source, re.MULTILINE)]
    assert all(kinds[cell.id] == "slide" for cell in chapters)
    assert "Binder" not in shown[0].source


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_slides_hold_every_picture_as_a_picture(committed, lesson, lang):
    outputs = [out.get("data", {}) for cell in cells(committed, lesson, lang) for out in cell.get("outputs", ())]
    pictures = sum(data.get("text/html", "").count("<img ") for data in outputs)
    text = paper.slides(committed, lesson, lang)
    assert text.count("<img ") == pictures > 4
    assert "&lt;img " not in text


def test_making_slides_leaves_the_notebook_as_it_was(committed, lesson):
    given = cells(committed, lesson, "en")
    before = repr(given)
    paper.arranged(given)
    assert repr(given) == before


def test_no_code_is_lost_on_the_way_to_the_slides(committed, lesson):
    code = [cell.source for cell in cells(committed, lesson, "ja") if cell.cell_type == "code"]
    shown = paper.arranged(cells(committed, lesson, "ja"))
    assert [cell.source for cell in shown if cell.cell_type == "code" and cell.source] == code


def test_links_lead_to_what_is_printed_and_to_nothing_else():
    made = relink(
        "[a](a.ipynb#x) [b](b.ipynb) [c](https://c.example/b.ipynb) ![d](d.png)",
        {"a"},
        lambda text, folder, name, anchor: f"<{text} {name}.html{anchor}>",
    )
    assert made == "<a a.html#x> b [c](https://c.example/b.ipynb) ![d](d.png)"


def test_the_command_writes_one_lesson(committed, tmp_path):
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    arguments = ["--course", str(committed.root), "paper", "05", "--folder", str(tmp_path)]
    assert command.run(parser.parse_args(arguments)) == 0
    written = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.html"))
    assert written == ["en/05-jwt.html", "en/05-jwt.slides.html", "ja/05-jwt.html", "ja/05-jwt.slides.html"]
