"""`course.toml`: the public address of the repository and the list of lessons, each in one place."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import authpatterns
from authpatterns.errors import Misuse

FILE = "course.toml"


@dataclass(frozen=True, slots=True)
class Lesson:
    """One lesson.

    Attributes:
        slug: Name of its two notebooks, number first: "05-jwt".
        title: By language.
        reading: Minutes to read and run it.
        exercises: Minutes for its exercises.
        needs: Slugs of the lessons to have done before.
    """

    slug: str
    title: Mapping[str, str]
    reading: int
    exercises: int = 0
    needs: tuple[str, ...] = ()

    @property
    def number(self) -> str:
        """For instance "05"."""
        return self.slug.partition("-")[0]


@dataclass(frozen=True, slots=True)
class Course:
    """The course.

    Attributes:
        root: The folder that holds `ja`, `en` and `src`.
        repository: Public address of the repository.
        branch: The branch that Binder starts from.
        master: The language whose code cells `sync` copies.
        lessons: In reading order; the first is the contents.
    """

    root: Path
    repository: str
    branch: str
    master: str
    lessons: tuple[Lesson, ...]

    def lesson(self, name: str) -> Lesson:
        """The lesson of this number or slug.

        Raises:
            Misuse: there is none.
        """
        for lesson in self.lessons:
            if name in (lesson.slug, lesson.number):
                return lesson
        raise Misuse("course.no-lesson", name=name, known=", ".join(lesson.slug for lesson in self.lessons))

    def chosen(self, names: list[str]) -> tuple[Lesson, ...]:
        """The lessons of these numbers or slugs; all where none is named."""
        return tuple(self.lesson(name) for name in names) or self.lessons

    def source(self, lesson: Lesson) -> Path:
        """The file in which both languages of `lesson` are written."""
        return self.root / "src" / f"{lesson.slug}.md"

    def notebook(self, lesson: Lesson, lang: str) -> Path:
        """One of its two notebooks."""
        return self.root / lang / f"{lesson.slug}.ipynb"

    def binder(self, lesson: Lesson, lang: str) -> str:
        """Address under which Binder opens `lesson`."""
        place = urlsplit(self.repository).path.strip("/")
        return f"https://mybinder.org/v2/gh/{place}/{self.branch}?urlpath=lab/tree/course/{lang}/{lesson.slug}.ipynb"


def find(start: Path | None = None) -> Path:
    """The course folder: at or above `start` (the working folder), else the one this library was installed from.

    Raises:
        Misuse: there is none.
    """
    here = (start or Path.cwd()).resolve()
    beside = Path(authpatterns.__file__).resolve().parents[1]
    for folder in (here, *here.parents, beside):
        for candidate in (folder, folder / "course"):
            if (candidate / FILE).is_file():
                return candidate
    raise Misuse("course.not-found", folder=str(here))


def load(root: Path | None = None) -> Course:
    """The settings of the course in `root`, or of the one that `find` finds.

    Raises:
        Misuse: there is no course, or its settings cannot be read.
    """
    root = root or find()
    try:
        given = tomllib.loads((root / FILE).read_text("utf-8"))
        lessons = tuple(_lesson(each) for each in given["lesson"])
        return Course(root, given["repository"].rstrip("/"), given["branch"], given["master"], lessons)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Misuse("course.settings", file=str(root / FILE), reason=repr(error)) from error


def _lesson(given: Mapping[str, Any]) -> Lesson:
    return Lesson(**{**given, "needs": tuple(given.get("needs", ()))})
