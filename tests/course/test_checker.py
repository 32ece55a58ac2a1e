"""The checker itself: each kind of damage to a lesson turns exactly the check red that is there for it."""

import json

import nbformat
import pytest

from authpatterns.course import books, checks, glossary
from authpatterns.errors import Misuse

SLUG = "05-jwt"


@pytest.fixture
def lesson(course):
    return course.lesson(SLUG)


def damage(course, lesson, lang, change):
    """Let `change(cells by id, book)` loose on one notebook, and name the checks that go red."""
    path = course.notebook(lesson, lang)
    book = books.read(path)
    change({cell.id: cell for cell in book.cells}, book)
    nbformat.write(book, path)
    return {finding.check for finding in checks.check_lesson(course, lesson)}


def replaced(cell_id, old, new):
    def change(cells, _book):
        assert old in cells[cell_id].source
        cells[cell_id].source = cells[cell_id].source.replace(old, new, 1)

    return change


def output_replaced(cell_id, old, new):
    def change(cells, _book):
        data = cells[cell_id].outputs[0].data
        assert old in data["text/plain"]
        data["text/plain"] = data["text/plain"].replace(old, new)

    return change


def test_the_copy_is_clean(course, lesson):
    """Otherwise the tests below would prove nothing."""
    assert checks.check_lesson(course, lesson) == []


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_one_word_of_code_in_one_language(course, lesson, lang):
    assert damage(course, lesson, lang, replaced("sign-in", "sign_in", "sign_out")) >= {"same-code", "as-built"}


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_a_heading_level_in_one_language(course, lesson, lang):
    assert "same-headings" in damage(course, lesson, lang, replaced("token-text", "## ", "### "))


def test_an_output_of_another_kind_in_one_language(course, lesson):
    def change(cells, _book):
        del cells["first-trace"].outputs[0].data["text/html"]

    assert damage(course, lesson, "en", change) == {"same-outputs"}


def test_an_output_that_is_gone(course, lesson):
    def change(cells, _book):
        cells["sign-in"].outputs = []

    assert damage(course, lesson, "ja", change) == {"same-outputs"}


def test_a_cell_that_is_gone(course, lesson):
    def change(_cells, book):
        book.cells = [cell for cell in book.cells if cell.id != "tracking-trace"]

    assert damage(course, lesson, "en", change) >= {"same-cells", "executed", "as-built"}


def test_two_cells_in_another_order(course, lesson):
    def change(_cells, book):
        book.cells[3], book.cells[4] = book.cells[4], book.cells[3]

    assert "same-cells" in damage(course, lesson, "en", change)


def test_a_tag_in_one_language(course, lesson):
    def change(cells, _book):
        cells["sign-in"].metadata["tags"] = ["hide"]

    assert "same-cells" in damage(course, lesson, "en", change)


def test_a_fenced_block_in_one_language(course, lesson):
    assert "same-fences" in damage(course, lesson, "en", replaced("products", "accessTokenLifespan", "ssoLifespan"))


def test_a_link_in_one_language(course, lesson):
    assert "same-links" in damage(course, lesson, "en", replaced("sources", "rfc7519", "rfc7518"))


def test_a_term_in_backticks_in_one_language(course, lesson):
    assert "same-terms" in damage(course, lesson, "en", replaced("checks-text", "`aud`", "`azp`"))


def test_japanese_in_the_english_edition(course, lesson):
    assert "english-only" in damage(course, lesson, "en", replaced("why", "pattern", "パターン"))


def test_japanese_in_an_english_output(course, lesson):
    found = damage(course, lesson, "en", output_replaced("exercise-05-1", "not started", "未着手"))
    assert found == {"english-only"}


def test_a_paragraph_that_nobody_translated(course, lesson):
    sentence = "\n\nNobody has ever translated this sentence here."
    assert "japanese-paragraphs" in damage(course, lesson, "ja", lambda cells, _: append(cells["why"], sentence))


def append(cell, text):
    cell.source += text


def test_a_placeholder_waits_for_its_translation(course, lesson):
    def change(cells, _book):
        cells["why"].source = "<!-- needs-translation -->\n" + cells["why"].source

    assert "translated" in damage(course, lesson, "en", change)


@pytest.mark.parametrize(("edited", "stale"), [("ja", "en"), ("en", "ja")])
def test_an_edit_of_one_side_shows_the_other_as_stale(course, lesson, edited, stale):
    damage(course, lesson, edited, lambda cells, _: append(cells["outage-result"], " 1" if edited == "en" else "1"))
    found = [f for f in checks.check_lesson(course, lesson) if f.check == "not-stale"]
    assert [(f.where, f.cell) for f in found] == [(f"{stale}/{SLUG}.ipynb", "outage-result")]


def test_a_cell_that_did_not_run(course, lesson):
    def change(cells, _book):
        cells["sign-in"].execution_count = None

    assert damage(course, lesson, "en", change) == {"executed"}


def test_outputs_that_were_stripped(course, lesson):
    """Strict comparison has nothing to compare in such a notebook, so this must be red by itself."""

    def change(_cells, book):
        for cell in book.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None

    damage(course, lesson, "ja", change)
    assert "executed" in damage(course, lesson, "en", change)


@pytest.mark.parametrize("trace", ["/home/someone/x.py", "/tmp/ipykernel_1/2.py", "<object at 0x7f3a2b4c5d6e>"])
def test_traces_of_a_machine(course, lesson, trace):
    assert damage(course, lesson, "en", output_replaced("sign-in", "<200 OK", trace)) == {"no-machine"}


def test_an_error_in_an_output(course, lesson):
    def change(cells, _book):
        cells["sign-in"].outputs = [nbformat.v4.new_output("error", ename="E", evalue="e", traceback=[])]

    assert damage(course, lesson, "en", change) >= {"clean-outputs", "same-outputs"}


def test_the_view_of_a_live_widget(course, lesson):
    def change(cells, _book):
        cells["knobs"].outputs[0].data[books.WIDGET_VIEW] = {"model_id": "5"}

    assert "clean-outputs" in damage(course, lesson, "en", change)


def test_a_second_title(course, lesson):
    assert "one-title" in damage(course, lesson, "en", replaced("quiz", "## ", "# "))


def test_an_id_that_stands_twice(course, lesson):
    path = course.notebook(lesson, "en")
    book = json.loads(path.read_text("utf-8"))
    book["cells"][4]["id"] = book["cells"][3]["id"]
    path.write_text(json.dumps(book), "utf-8")
    assert "unique-ids" in {finding.check for finding in checks.check_lesson(course, lesson)}


def test_metadata_of_a_machine(course, lesson):
    def change(cells, book):
        cells["sign-in"].metadata["execution"] = {"iopub.status.busy": "2026"}
        book.metadata["language_info"]["version"] = "3.11.7"

    assert damage(course, lesson, "en", change) == {"normal-metadata"}


@pytest.mark.parametrize(
    ("code", "check"),
    [
        ("x = 1  # a comment", "wordless-code"),
        ('print("three plain words")', "wordless-code"),
        ('print("日本語")', "wordless-code"),
        ("this is no code", "wordless-code"),
        ("\n".join(["x = 1"] * 21), "short-code"),
        ("", "short-code"),
    ],
)
def test_code_that_speaks_or_is_long_or_empty(course, lesson, code, check):
    def change(cells, _book):
        cells["sign-in"].source = code

    damage(course, lesson, "ja", change)
    assert check in damage(course, lesson, "en", change)


@pytest.mark.parametrize("picture", ["![](x.png)", '<img src="x.png">', '<img alt="" src="x.png">'])
def test_a_picture_without_alt_text(course, lesson, picture):
    assert "described-pictures" in damage(course, lesson, "en", lambda cells, _: append(cells["why"], f"\n\n{picture}"))


def test_a_picture_without_alt_text_in_an_output(course, lesson):
    def change(cells, _book):
        data = cells["first-trace"].outputs[0].data
        data["text/html"] = data["text/html"].replace("alt=", "title=", 1)

    assert damage(course, lesson, "en", change) == {"described-pictures"}


def test_a_notebook_that_is_too_big(course, lesson):
    def change(cells, _book):
        cells["sign-in"].outputs[0].data["text/plain"] = "x" * 300_000

    assert damage(course, lesson, "en", change) == {"small-file"}


def test_navigation_that_does_not_fit_the_settings(course, lesson):
    assert "current-navigation" in damage(course, lesson, "en", replaced("navigation", str(lesson.reading), "99"))


def test_a_link_that_leads_nowhere(course, lesson):
    change = replaced("sources", "https://www.rfc-editor.org/rfc/rfc7519", "99-nothing.ipynb")
    assert "working-links" in damage(course, lesson, "en", change)


def test_a_term_of_the_glossary_translated_in_another_way(course, lesson):
    assert "glossary-terms" in damage(
        course, lesson, "en", replaced("outage-result", "single point of failure", "weakness")
    )


def test_a_word_that_the_glossary_advises_against(course, lesson):
    assert "glossary-avoided" in damage(course, lesson, "ja", replaced("denylist-text", "拒否リスト", "ブラックリスト"))


def test_a_glossary_page_that_is_out_of_date(course):
    file = course.root / "glossary.toml"
    file.write_text(file.read_text("utf-8").replace("誰なのかを", "何者なのかを"), "utf-8")
    assert [finding.where for finding in glossary.current_glossary(course)] == ["ja/glossary.ipynb"]


def test_a_notebook_in_one_language_alone(course, lesson):
    course.notebook(lesson, "en").unlink()
    assert ("same-files", "en/05-jwt.ipynb") in {(f.check, f.where) for f in checks.check_course(course)}


def test_a_notebook_that_no_setting_names(course):
    (course.root / "ja" / "99-more.ipynb").write_text("{}")
    assert ("same-files", "ja/99-more.ipynb") in {(f.check, f.where) for f in checks.check_course(course)}


def test_a_source_that_is_newer_than_its_notebooks(course, lesson):
    source = course.source(lesson)
    source.write_text(source.read_text("utf-8").replace("alice.sign_in()", "alice.sign_in('x')", 1), "utf-8")
    found = [f for f in checks.check_lesson(course, lesson) if f.check == "as-built"]
    assert [(f.where, f.cell) for f in found] == [("ja/05-jwt.ipynb", "sign-in"), ("en/05-jwt.ipynb", "sign-in")]


@pytest.mark.parametrize("text", ["", "[[term]]\nja = 'x'", "not toml ="])
def test_a_glossary_that_cannot_be_read_is_named(course, text):
    (course.root / "glossary.toml").write_text(text)
    with pytest.raises(Misuse, match=r"glossary\.toml"):
        glossary.load(course)


def test_a_glossary_page_that_is_missing(course):
    (course.root / "en" / "glossary.ipynb").unlink()
    assert [finding.where for finding in glossary.current_glossary(course)] == ["en/glossary.ipynb"]
