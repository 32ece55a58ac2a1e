"""Prose linters over everything a reader reads in a lesson: its texts, its quiz, and its sentences in the catalogue.

textlint (npm) reads both languages: the Japanese by the technical-writing preset, the English by write-good, for
length of sentences and common misspellings. Which rules, and why some are off, stands in `course/prose/`.
"""

from __future__ import annotations

import json
import subprocess
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from authpatterns import words
from authpatterns.course import books, build, npm
from authpatterns.course.findings import Finding
from authpatterns.course.settings import Course, Lesson
from authpatterns.errors import Misuse
from authpatterns.notebook.quiz import has_quiz, questions

Piece = tuple[str, str]
"""Where a text stands (id of a cell, key of a sentence), and the text."""


@dataclass(frozen=True)
class Page:
    """All prose of one lesson in one language, one piece after the other.

    Attributes:
        name: Of the notebook, as findings name it.
        lang: Its language.
        pieces: See `Piece`.
    """

    name: str
    lang: str
    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        """The pieces as one Markdown text."""
        return "".join(f"{text}\n\n" for _, text in self.pieces)

    def piece_at(self, line: int) -> str:
        """Where the text in `line` (from 1) stands."""
        starts, at = [], 1
        for _, text in self.pieces:
            starts.append(at)
            at += text.count("\n") + 2
        return self.pieces[bisect_right(starts, line) - 1][0]


def lint(course: Course, lessons: Iterable[Lesson]) -> list[Finding]:
    """What the linters have to say about `lessons`.

    Raises:
        Misuse: Node.js is not installed, or the linters cannot be.
    """
    pages = [page for lesson in lessons for page in _pages(course, lesson)]
    return [finding for lang in words.LANGUAGES for finding in check(course, [p for p in pages if p.lang == lang])]


def check(course: Course, pages: list[Page]) -> list[Finding]:
    """What the linter of their language says about `pages`, which share one.

    Raises:
        Misuse: Node.js is not installed, or the linters cannot be.
    """
    if not pages:
        return []
    tool = npm.installed(course.root / "prose")
    with TemporaryDirectory() as folder:
        by_file = {Path(folder) / f"{number}.md": page for number, page in enumerate(pages)}
        for file, page in by_file.items():
            file.write_text(page.text, "utf-8")
        config = tool / f"textlint.{pages[0].lang}.json"
        command = ["npx", "--no-install", "textlint", "--config", str(config), "--format", "json", *map(str, by_file)]
        done = subprocess.run(command, cwd=tool, capture_output=True, text=True, check=False)
        if done.returncode not in (0, 1):
            raise Misuse("course.linter", reason=done.stderr.strip()[-300:])
        results = json.loads(done.stdout)
    return [
        _finding(by_file[Path(result["filePath"])], message) for result in results for message in result["messages"]
    ]


def _finding(page: Page, message: dict[str, Any]) -> Finding:
    says = " ".join(str(message["message"]).split())
    line = page.text.splitlines()[message["line"] - 1][:80]
    return Finding(
        "prose", page.name, page.piece_at(message["line"]), {"rule": message["ruleId"], "says": says, "text": line}
    )


# --- what is read


def _pages(course: Course, lesson: Lesson) -> Iterator[Page]:
    made = build.build(course, lesson)
    for lang in words.LANGUAGES:
        cells = [(cell.id, cell.source) for cell in made.books[lang].cells if books.is_prose(cell)]
        yield Page(made.name(lang), lang, (*cells, *_quiz(lesson, lang), *_sentences(lesson, lang)))


def _quiz(lesson: Lesson, lang: str) -> Iterator[Piece]:
    """What the quiz says. A choice may be a thing ("the gateway") instead of a sentence, and then has no full stop."""
    for question in questions(lesson.number) if has_quiz(lesson.number) else ():
        whole = [choice.text for choice in question.choices if choice.text[lang].endswith(("。", "."))]
        for text in (question.text, *whole, *(choice.feedback for choice in question.choices)):
            yield f"quiz {question.id}", text[lang]


def _sentences(lesson: Lesson, lang: str) -> Iterator[Piece]:
    """What the lesson says by key. A value's place is taken by a number; labels and headings are no sentences."""
    mine = (f"lesson.{lesson.number}.", f"exercise.{lesson.number}-")
    for key, sentence in words.of_lessons(lang).items():
        if key.startswith(mine):
            yield key, words.PLACE.sub("1", sentence)
