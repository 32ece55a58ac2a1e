"""Every notebook of the course, Run All from a cold start in a real JupyterLab, in both languages."""

import pytest
from lab import Lab, Notebook, browser_page

from authpatterns import words
from authpatterns.course import books, settings

LESSONS = settings.load().lessons


@pytest.fixture(scope="module")
def lab(course, chromium):
    with Lab(course) as lab:
        yield lab


@pytest.fixture(scope="module")
def page(lab, chromium):
    with browser_page(chromium) as page:
        yield page


@pytest.fixture(autouse=True)
def _quiet(lab, page):
    """Nothing goes wrong in the page, nobody else is asked, and the kernel ends with its test."""
    page.errors.clear()
    yield
    lab.end_kernels()
    assert page.errors == []
    assert page.hosts - {"", f"127.0.0.1:{lab.port}"} == set(), "a lesson needs no other site"


@pytest.mark.parametrize("lang", words.LANGUAGES)
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.slug)
def test_run_all(lab, page, course, artifacts, lesson, lang):
    path = f"{lang}/{lesson.slug}.ipynb"
    states = Notebook(lab, page, path).run_all()
    code = [cell.id for cell in books.read(course.notebook(lesson, lang)).cells if cell.cell_type == "code"]
    assert [state for state in states if state["errors"]] == []
    assert [(state["id"], state["count"]) for state in states] == list(zip(code, range(1, len(code) + 1), strict=True))
    page.screenshot(path=artifacts / f"run-all-{lesson.slug}-{lang}.png")
