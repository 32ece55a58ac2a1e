"""The README's table of lessons is made, not written."""

from authpatterns.course import readme, settings


def test_the_readme_is_fresh():
    course = settings.load()
    text = (course.root.parent / "README.md").read_text("utf-8")
    assert readme.made(course, text) == text, "run `python -m authpatterns course readme`"


def test_every_lesson_stands_in_the_table_in_both_languages():
    course = settings.load()
    table = readme.table(course)
    for lesson in course.lessons:
        for lang in ("ja", "en"):
            assert f"course/{lang}/{lesson.slug}.ipynb)" in table
            assert course.binder(lesson, lang) in table


def test_a_changed_table_is_noticed():
    course = settings.load()
    text = (course.root.parent / "README.md").read_text("utf-8")
    assert readme.made(course, text.replace("| 05 ", "| 06 ")) == text


def test_every_link_of_the_readme_leads_somewhere():
    import re

    root = settings.load().root.parent
    text = (root / "README.md").read_text("utf-8")
    local = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    assert len(local) > 5
    assert [link for link in local if not (root / link).exists()] == []
