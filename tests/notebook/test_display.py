"""What cells show: the same on every run, in HTML and in plain text."""

import pytest
from IPython.lib.pretty import pretty

from authpatterns import Deployment, Distributed, Jwt
from authpatterns.notebook import show_source, t, table
from authpatterns.notebook.display import html_of, text_of


def test_a_table_in_plain_text(english):
    rows = [{"name": "alice", "requests": 10, "passed": True}, {"name": "bob", "requests": 5.25, "passed": None}]
    assert repr(table(rows)) == "\n".join(
        [
            "name   requests  passed",
            "-----  --------  ------",
            "alice        10  yes",
            "bob        5.25  –",
        ]
    )


def test_a_table_in_html_names_its_columns_and_rows(english):
    html = table([["alice", 3]], ["name", "requests"], caption="quiz.right")._repr_mimebundle_()["text/html"]
    assert "<caption>✓ Right.</caption>" in html
    assert '<th scope="col" align="left" style="text-align: left">name</th>' in html
    assert '<th scope="row" align="left" style="text-align: left">alice</th>' in html
    assert '<td align="right" style="text-align: right">3</td>' in html


def test_japanese_columns_are_aligned():
    shown = repr(table([["注文", 1], ["x", 20]], ["品", "数"]))
    assert shown.splitlines()[2:] == ["注文   1", "x     20"]


def test_a_table_escapes_what_it_shows():
    assert "<b>" not in table([["<b>"]], ["x"])._repr_mimebundle_()["text/html"]


def test_an_empty_table_has_its_headings():
    assert repr(table([], ["x", "y"])) == "x  y\n-  -"


@pytest.mark.parametrize(
    ("value", "shown"), [(1234567.0, "1,234,567"), (0.12344, "0.1234"), (3, "3"), (-2500.4, "-2,500")]
)
def test_numbers_are_short(value, shown):
    assert repr(table([[value]], ["x"])).splitlines()[2].strip() == shown


def test_source_goes_out_as_markdown_so_that_every_page_colours_it_by_its_own_theme():
    shown = show_source(Jwt)._repr_mimebundle_()
    assert set(shown) == {"text/markdown", "text/plain"}
    assert "```python\n@dataclass(frozen=True)\nclass Jwt" in shown["text/markdown"]
    assert shown["text/markdown"].startswith("`authpatterns.authn.jwt.Jwt`")
    assert "/" not in shown["text/plain"].partition("\n")[0]


def test_source_of_a_method_stands_at_the_margin():
    assert show_source(Jwt.at_service).text.splitlines()[2].startswith("def at_service")


def fenced():
    """Has a fence: ```python."""


def test_source_that_holds_a_fence_is_fenced_with_a_longer_one():
    assert show_source(fenced).rich.count("````") == 2


def test_a_sentence_is_shown_without_quotation_marks(english):
    assert pretty(t("quiz.number", number=2)) == "Question 2"


def test_a_sentence_speaks_the_language_of_the_folder(tmp_path, monkeypatch):
    for lang, said in (("ja", "質問 2"), ("en", "Question 2"), ("other", "Question 2")):
        (tmp_path / lang).mkdir()
        monkeypatch.chdir(tmp_path / lang)
        assert t("quiz.number", number=2) == said


def test_a_trace_shows_itself_inside_other_things(english):
    shop = Deployment(Jwt(), Distributed(), seed=7)
    shop.user("alice").sign_in()
    assert "<img alt=" in html_of(shop.trace)
    assert "alice signs in" in text_of([shop.trace, "x"])


def test_what_has_no_picture_is_shown_as_text():
    assert html_of("<x>") == "<p>&lt;x&gt;</p>"
    assert html_of(3) == "<p>3</p>"
