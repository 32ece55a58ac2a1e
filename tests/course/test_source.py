"""The form in which lessons are written, and the way there and back."""

import pytest

from authpatterns.course import books, build, source
from authpatterns.errors import Misuse

GOOD = """<!-- text: why -->
<!-- ja -->
まず動かす。
<!-- en -->
Run it first.

<!-- code: run hide-input -->
```python
x = 1

y = 2
```
<!-- generated: contents -->
"""


@pytest.fixture
def file(tmp_path):
    return tmp_path / "01-x.md"


def test_a_source_is_read_cell_by_cell(file):
    file.write_text(GOOD, "utf-8")
    assert source.parse(file) == [
        source.Block("text", "why", (), "まず動かす。", "Run it first."),
        source.Block("code", "run", ("hide-input",), "x = 1\n\ny = 2", "x = 1\n\ny = 2"),
        source.Block("generated", "contents", (), "", ""),
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("stray text\n" + GOOD, "line 1"),
        (GOOD.replace("<!-- en -->\n", ""), "line 1"),
        (GOOD.replace("<!-- ja -->\n", ""), "line 1"),
        (GOOD.replace("```python", "```"), "line 7"),
        (GOOD.replace("```\n<!-- gen", "<!-- gen"), "line 7"),
    ],
)
def test_a_source_in_another_form_is_refused_with_its_line(file, text, line):
    file.write_text(text, "utf-8")
    with pytest.raises(Misuse, match=line):
        source.parse(file)


def test_an_id_that_stands_twice_is_refused(file):
    file.write_text(GOOD + GOOD, "utf-8")
    with pytest.raises(Misuse, match="why"):
        source.parse(file)


def test_a_missing_source_says_how_to_begin_one(file):
    with pytest.raises(Misuse, match="course new"):
        source.parse(file)


def test_notebooks_and_source_make_each_other(course):
    """Writing the source from the notebooks gives the cells that were there."""
    for lesson in course.lessons:
        before = source.parse(course.source(lesson))
        source.write(books.twins(course, lesson), course.source(lesson))
        assert source.parse(course.source(lesson)) == before


def test_both_notebooks_have_the_same_code_by_construction(course):
    pair = build.build(course, course.lesson("05"))
    ja, en = ([cell.source for cell in pair.books[lang].cells if cell.cell_type == "code"] for lang in ("ja", "en"))
    assert ja == en
    assert len(ja) > 20
