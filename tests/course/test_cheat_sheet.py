"""The cheat sheet says what is measured, and its check sees when it does not."""

import pytest

from authpatterns import catalogue, words
from authpatterns.course import books, cheat_sheet
from authpatterns.labs import measured


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_every_pattern_has_a_row_with_its_lesson(committed, lang):
    text = "\n".join(cell.source for cell in cheat_sheet.page(committed, lang).cells)
    for name in (*catalogue.AUTHENTICATION, *catalogue.AUTHORIZATION):
        (row,) = [line for line in text.splitlines() if f"`{name}`" in line and line.startswith("| [")]
        assert ".ipynb)" in row
        assert row.count("|") in (8, 9)


def test_where_a_credential_lives_and_who_checks_it_is_seen_in_a_run(committed):
    text = cheat_sheet.page(committed, "en").cells[1].source
    rows = {line.split("`")[1]: line.split(" | ") for line in text.splitlines() if line.startswith("| [")}
    assert rows["jwt"][1:3] == ["LocalStorage", "`orders`"]
    assert rows["session"][1] == "Cookie `__Host-session` (HttpOnly)"
    assert rows["jwt-gateway"][2] == "`gateway`, `orders`"
    assert rows["aws-jwt-authorizer"][2] == "`authorizer`"


def test_the_committed_page_is_the_measured_one(committed):
    assert list(cheat_sheet.current_cheat_sheet(committed)) == []


def test_another_figure_makes_the_page_stale(committed, monkeypatch):
    def other(name):
        table = measured.measured(name)
        return table.__class__(
            table.name, table.columns, tuple({**row, "window": 12345.0} for row in table), table.settings
        )

    monkeypatch.setattr(cheat_sheet, "measured", other)
    assert len(list(cheat_sheet.current_cheat_sheet(committed))) == 2


def test_the_pages_are_written_as_they_are_checked(course):
    for path in cheat_sheet.write_pages(course):
        path.unlink()
    assert len(list(cheat_sheet.current_cheat_sheet(course))) == 2
    cheat_sheet.write_pages(course)
    assert books.read(course.root / "ja" / cheat_sheet.NAME).cells[0].id == "navigation"
    assert list(cheat_sheet.current_cheat_sheet(course)) == []
