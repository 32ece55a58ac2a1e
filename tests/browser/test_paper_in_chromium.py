"""Handouts, slides and the cheat sheet, as Chromium shows and prints them, with no network at all."""

import re

import pytest
from lab import browser_page

from authpatterns import words
from authpatterns.course import paper, settings

LESSON = "05"


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """The papers of one lesson and the cheat sheet, in both languages."""
    folder = tmp_path_factory.mktemp("paper")
    course = settings.load()
    for lang in words.LANGUAGES:
        paper.write_lesson(course, course.lesson(LESSON), lang, folder)
        paper.write_sheet(course, lang, folder)
    return folder


@pytest.fixture
def page(chromium):
    with browser_page(chromium) as page:
        page.context.set_offline(True)
        yield page


@pytest.mark.parametrize("lang", words.LANGUAGES)
@pytest.mark.parametrize("name", ["05-jwt.html", "05-jwt.slides.html", "cheat-sheet.html"])
def test_a_paper_opens_without_a_network(page, printed, lang, name):
    page.goto((printed / lang / name).as_uri())
    assert page.errors == []
    assert {host for host in page.hosts if host and not host.startswith("image")} == set()
    assert page.evaluate("document.documentElement.lang") == lang
    assert page.evaluate("[...document.images].every(image => image.complete && image.naturalWidth > 0 && image.alt)")


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_slides_go_to_the_end_and_no_picture_is_larger_than_the_screen(page, printed, lang, artifacts):
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto((printed / lang / "05-jwt.slides.html").as_uri())
    total = page.evaluate("Reveal.getTotalSlides()")
    seen, pictures = 1, 0
    while not page.evaluate("Reveal.isLastSlide()"):
        page.keyboard.press("Space")
        seen += 1
        for image in page.locator("section.present section.present img").all():
            image.scroll_into_view_if_needed()
            box = image.bounding_box()
            assert box["y"] >= 0
            assert box["y"] + box["height"] <= 720
            pictures += 1
            page.screenshot(path=artifacts / f"slides-{lang}.png")
    assert seen == total
    assert pictures > 4


def test_a_long_picture_can_be_seen_in_full_size(page, printed):
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto((printed / "en" / "05-jwt.slides.html").as_uri())
    while not page.locator("section.present section.present img").count():
        page.keyboard.press("Space")
    picture = page.locator("section.present section.present img").first
    fitting = picture.bounding_box()["height"]
    page.keyboard.press("z")
    assert picture.bounding_box()["height"] > fitting
    page.keyboard.press("z")
    assert picture.bounding_box()["height"] == fitting


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_the_cheat_sheet_is_one_page(chromium, printed, lang):
    pdf = paper.print_pdf(printed / lang / "cheat-sheet.html", chromium).read_bytes()
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    box = re.search(rb"/MediaBox\s*\[\s*0\s+0\s+([\d.]+)\s+([\d.]+)", pdf)
    width, height = (float(side) for side in box.groups())
    assert (round(width), round(height)) in {(842, 595), (842, 596)}  # A4 landscape, in points
