"""Lessons in a real JupyterLab in a real browser."""

import re

import pytest
from lab import Lab, Notebook, brightness, browser_page
from playwright.sync_api import expect

from authpatterns import words
from authpatterns.course import books
from authpatterns.notebook.quiz import questions

LESSON = "05-jwt.ipynb"


@pytest.fixture(scope="module")
def lab(course, chromium):
    with Lab(course) as lab:
        yield lab


@pytest.fixture
def page(lab, chromium):
    with browser_page(chromium) as page:
        yield page
        assert page.errors == []
        assert page.hosts - {"", f"127.0.0.1:{lab.port}"} == set(), "a lesson needs no other site"


def drawn(cell):
    """The picture in a cell's output, once the browser has decoded it; its alt text."""
    image = cell.locator(".jp-OutputArea img[src^='data:image/svg+xml']").last
    image.scroll_into_view_if_needed()
    expect(image).to_be_visible()
    assert image.evaluate("async image => { await image.decode(); return image.naturalWidth; }") > 200
    return image.get_attribute("alt")


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_run_all_of_a_lesson(lab, page, course, artifacts, lang):
    notebook = Notebook(lab, page, f"{lang}/{LESSON}")
    states = notebook.run_all()
    assert [state for state in states if state["errors"]] == []
    assert [state["count"] for state in states] == list(range(1, len(states) + 1))
    code = [cell.id for cell in books.read(course.root / lang / LESSON).cells if cell.cell_type == "code"]
    assert [state["id"] for state in states] == code
    assert words.say("act.sign-in", lang, actor="alice") in drawn(notebook.cell("first-trace"))
    page.screenshot(path=artifacts / f"lesson-05-{lang}.png")


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_the_index_runs_and_leads_to_the_lesson(lab, page, lang):
    notebook = Notebook(lab, page, f"{lang}/00-index.ipynb")
    states = notebook.run_all()
    assert [state for state in states if state["errors"]] == []
    notebook.cell("contents").get_by_role("link", name=re.compile("^05 ")).click()
    page.wait_for_selector(f'.lm-TabBar-tab.jp-mod-current[title*="{LESSON}"]')


def test_a_slider_moves_the_sentence_and_the_picture(lab, page, artifacts):
    """With the keyboard alone. A later cell has set 15 minutes, and the lesson was run to its end."""
    notebook = Notebook(lab, page, f"en/{LESSON}")
    notebook.run_all()
    cell = notebook.cell("knobs")
    expect(cell.get_by_text("Time since the sign-out (minutes)")).to_be_visible()
    expect(cell.get_by_text("15 minutes after the sign-out")).to_contain_text("401")
    before = cell.locator("img").last.get_attribute("src")
    handle = cell.locator(".noUi-handle")
    for _ in range(2):
        handle.press("ArrowLeft")
    expect(cell.get_by_text("13 minutes after the sign-out")).to_contain_text("200")
    assert "200" in drawn(cell)
    assert cell.locator("img").last.get_attribute("src") != before
    page.screenshot(path=artifacts / "lesson-05-what-if.png")


def test_a_choice_in_the_quiz_gets_its_feedback(lab, page, artifacts):
    notebook = Notebook(lab, page, f"ja/{LESSON}")
    notebook.run_all()
    cell = notebook.cell("quiz-questions")
    choice = questions("05")[1].choices[1]
    cell.get_by_label(choice.text["ja"], exact=True).check()
    expect(cell.get_by_text(choice.feedback["ja"])).to_be_visible()
    page.screenshot(path=artifacts / "lesson-05-quiz.png")


def test_an_answer_is_judged(lab, page):
    notebook = Notebook(lab, page, f"en/{LESSON}")
    notebook.run_all()
    page.evaluate(
        """async () => {
            const app = window.jupyterapp, notebook = app.shell.currentWidget.content;
            const index = notebook.widgets.findIndex(cell => cell.model.id === 'exercise-05-2');
            notebook.activeCellIndex = index;
            const text = notebook.widgets[index].model.sharedModel;
            text.setSource(text.getSource().replace('...', '3'));
            await app.commands.execute('notebook:run-cell');
        }"""
    )
    expect(notebook.cell("exercise-05-2").get_by_text("✓ correct")).to_be_visible()


def test_a_notebook_that_nobody_has_run_shows_its_committed_outputs(lab, page):
    """The first thing a visitor sees: pictures, and the static views of widgets."""
    notebook = Notebook(lab, page, f"en/{LESSON}")
    assert "alice signs in" in drawn(notebook.cell("first-trace"))
    knobs = notebook.cell("knobs-15")
    expect(knobs.get_by_text("Lifetime of the token (seconds)")).to_be_visible()
    expect(knobs.locator(".widget-slider")).to_have_count(0)
    expect(notebook.cell("quiz-questions").locator("details").first).to_be_visible()
    expect(notebook.cell("show-pattern").locator(".jp-RenderedMarkdown pre")).to_contain_text("class Jwt")


def test_a_dark_theme(course, chromium, artifacts):
    """The picture follows the theme: its page is dark where Lab is."""
    with Lab(course, theme="JupyterLab Dark") as lab, browser_page(chromium, dark=True) as page:
        notebook = Notebook(lab, page, f"ja/{LESSON}")
        cell = notebook.cell("first-trace")
        drawn(cell)
        page.screenshot(path=artifacts / "lesson-05-dark.png")
        assert page.locator("body").get_attribute("data-jp-theme-light") == "false"
        assert brightness(cell.locator("img").last) < 80
        assert page.errors == []


def test_the_page_has_a_language_switch(lab, page):
    """From a lesson to the same lesson in the other language."""
    notebook = Notebook(lab, page, f"en/{LESSON}")
    notebook.cell("navigation").get_by_role("link", name="日本語").click()
    page.wait_for_selector('.lm-TabBar-tab.jp-mod-current[title*="ja/05-jwt.ipynb"]')
    expect(page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)").get_by_role("heading", level=1)).to_have_text(
        re.compile("JWTパターン")
    )
