"""The prose of the course passes its linters, and the linters find what is wrong."""

import shutil

import pytest

from authpatterns.course import lint
from authpatterns.course.lint import Page
from authpatterns.errors import Misuse

node = pytest.mark.skipif(shutil.which("npm") is None, reason="the prose linters need Node.js with npm")


@node
def test_the_linters_have_nothing_to_say(committed):
    assert [str(finding) for finding in lint.lint(committed, committed.lessons)] == []


@node
@pytest.mark.parametrize(
    ("lang", "text", "rule"),
    [
        ("ja", "トークンを送ります。", "no-mix-dearu-desumasu"),
        ("ja", "署名を検証することができる。", "ja-no-redundant-expression"),
        ("ja", "トークンは、店に、人に、サービスに、そして、宛先に、届く。", "max-ten"),
        ("en", "The token is is refused.", "write-good"),
        ("en", "The token is basicly refused.", "common-misspellings"),
        ("en", "word " * 40 + "word.", "en-max-word-count"),
    ],
)
def test_a_slip_is_found_where_it_stands(committed, lang, text, rule):
    page = Page("page", lang, (("before", "1" if lang == "en" else "署名を検証する。"), ("slip", text)))
    found = lint.check(committed, [page])
    assert {finding.cell for finding in found if rule in finding.evidence["rule"]} == {"slip"}


def test_every_piece_is_found_by_its_lines():
    page = Page("page", "en", (("one", "a\nb"), ("two", "c"), ("three", "d\ne")))
    lines = page.text.splitlines()
    at = {line: page.piece_at(number) for number, line in enumerate(lines, 1) if line}
    assert at == {"a": "one", "b": "one", "c": "two", "d": "three", "e": "three"}


def test_a_lesson_is_read_with_its_quiz_and_its_sentences(committed):
    pages = list(lint._pages(committed, committed.lesson("05")))
    assert [page.lang for page in pages] == ["ja", "en"]
    places = {place for place, _ in pages[1].pieces}
    assert {"why", "quiz who-verifies", "exercise.05-1.window"} <= places
    assert "{" not in dict(pages[1].pieces)["exercise.05-1.window"]


def test_without_node_it_says_so(committed, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(Misuse, match="Node"):
        lint.check(committed, [Page("page", "en", (("one", "a"),))])


def test_nothing_is_nothing(committed):
    assert lint.check(committed, []) == []
