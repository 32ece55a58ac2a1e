"""All checks of the course together, as the command and the tests use them."""

from __future__ import annotations

from authpatterns.course import books, build, cheat_sheet, glossary, hygiene, parity
from authpatterns.course.books import Twins
from authpatterns.course.findings import Finding, Findings
from authpatterns.course.settings import Course, Lesson
from authpatterns.words import LANGUAGES


def check_course(course: Course) -> list[Finding]:
    """Everything that is wrong with the course."""
    found = [*same_files(course), *glossary.current_glossary(course), *cheat_sheet.current_cheat_sheet(course)]
    for lesson in course.lessons:
        if all(course.notebook(lesson, lang).exists() for lang in LANGUAGES):
            found += check_lesson(course, lesson)
    return found


def check_lesson(course: Course, lesson: Lesson) -> list[Finding]:
    """Everything that is wrong with one lesson."""
    pair, terms = books.twins(course, lesson), glossary.load(course)
    found = [finding for check in {**parity.CHECKS, **hygiene.CHECKS}.values() for finding in check(pair)]
    found += [finding for check in hygiene.COURSE_CHECKS.values() for finding in check(course, pair)]
    found += [*glossary.glossary_terms(terms, pair), *glossary.glossary_avoided(terms, pair)]
    return [*found, *as_built(course, pair)]


def same_files(course: Course) -> Findings:
    """Each language has the notebooks of the settings, and no other."""
    expected = sorted([f"{lesson.slug}.ipynb" for lesson in course.lessons] + [glossary.NAME, cheat_sheet.NAME])
    for lang in LANGUAGES:
        there = sorted(path.name for path in (course.root / lang).glob("*.ipynb"))
        for name in sorted(set(expected) ^ set(there)):
            yield Finding("same-files", f"{lang}/{name}", "", {"there": name in there})


def as_built(course: Course, pair: Twins) -> Findings:
    """The notebooks are those that their source makes, outputs aside."""
    made = build.build(course, pair.lesson)
    for lang in LANGUAGES:
        stand = {cell.id: _written(cell) for cell in pair.books[lang].cells}
        source = {cell.id: _written(cell) for cell in made.books[lang].cells}
        for cell_id in [*stand, *(cell_id for cell_id in source if cell_id not in stand)]:
            if stand.get(cell_id) != source.get(cell_id):
                yield Finding("as-built", pair.name(lang), cell_id, {"source": course.source(pair.lesson).name})


def _written(cell: books.Cell) -> tuple[str, str, list[str]]:
    return cell.cell_type, cell.source, list(cell.metadata.get("tags", ()))
