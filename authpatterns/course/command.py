"""`python -m authpatterns course ...`: the tools of those who write lessons.

new SLUG        begin the source file of a lesson that `course.toml` lists
refresh [NN]    build the notebooks from their source, run them, keep the outputs
accept NN       take every text of a lesson as a faithful translation of its twin
sync NN         after an edit in Jupyter: give the other language the code, and write the source anew
check           everything that is wrong with the course
glossary        write both glossary pages
sheet           write the cheat sheet in both languages
readme          write the table of lessons into README.md
stats           prose, code and parts of every lesson
prose [NN]      what the prose linters say (needs Node.js)
paper [NN]      handouts, slides, and the cheat sheet to print (needs Node.js)
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from importlib import import_module, resources
from pathlib import Path
from typing import Any

from authpatterns import words
from authpatterns.course import settings
from authpatterns.course.settings import Course
from authpatterns.errors import Misuse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The subcommands with their arguments."""
    parser.add_argument("--course", type=Path, default=None, help=words.say("course.help.course"))
    commands = parser.add_subparsers(dest="tool", required=True, metavar="TOOL")
    for name, (_, takes) in TOOLS.items():
        command = commands.add_parser(name, help=words.say(f"course.help.{name}"))
        if takes:
            command.add_argument(
                "lessons", nargs=1 if takes == "1" else takes, metavar="LESSON", help=words.say("course.help.lessons")
            )
        if name == "paper":
            command.add_argument(
                "--folder", type=Path, default=Path("build/paper"), help=words.say("course.help.folder")
            )
        if name in ("stats", "check", "prose"):
            command.add_argument("--json", action="store_true", help=words.say("course.help.json"))


def run(options: argparse.Namespace) -> int:
    """Run one of them; 0 when all is well, 1 when a check found something.

    Raises:
        Misuse: there is no course, no such lesson, or the `course` extra is not installed.
    """
    try:
        do, _ = TOOLS[options.tool]
        return do(settings.load(options.course), options)
    except ModuleNotFoundError as missing:
        raise Misuse("course.extra", module=missing.name) from missing


def _tool(name: str) -> Any:
    """A module that needs the `course` extra, imported only when it is used."""
    return import_module(f"authpatterns.course.{name}")


def _new(course: Course, options: argparse.Namespace) -> int:
    lesson = course.lesson(options.lessons[0])
    path = course.source(lesson)
    if path.exists():
        raise Misuse("course.exists", file=str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    skeleton = resources.files(__package__).joinpath("skeleton.md").read_text("utf-8")
    path.write_text(skeleton.replace("NN", lesson.number), "utf-8")
    return _wrote([path])


def _refresh(course: Course, options: argparse.Namespace) -> int:
    for lesson in course.chosen(options.lessons):
        _wrote(_tool("refresh").refresh(course, lesson))
    return 0


def _accept(course: Course, options: argparse.Namespace) -> int:
    for lesson in course.chosen(options.lessons):
        pair = _tool("books").twins(course, lesson)
        _tool("build").accept(pair)
        _write(course, pair)
    return 0


def _sync(course: Course, options: argparse.Namespace) -> int:
    for lesson in course.chosen(options.lessons):
        pair = _tool("books").twins(course, lesson)
        _tool("build").sync(course, pair)
        _write(course, pair)
        _tool("source").write(pair, course.source(lesson))
        _wrote([course.source(lesson)])
    return 0


def _check(course: Course, options: argparse.Namespace) -> int:
    return _report(_tool("checks").check_course(course), options)


def _prose(course: Course, options: argparse.Namespace) -> int:
    lessons = [lesson for lesson in course.chosen(options.lessons) if course.source(lesson).exists()]
    return _report(_tool("lint").lint(course, lessons), options)


def _report(found: list[Any], options: argparse.Namespace) -> int:
    if options.json:
        rows = [
            {"check": each.check, "where": each.where, "cell": each.cell, "evidence": each.evidence} for each in found
        ]
        print(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        print("\n".join([*map(str, found), words.say("course.found", count=len(found))]))
    return 1 if found else 0


def _glossary(course: Course, _options: argparse.Namespace) -> int:
    return _wrote(_tool("glossary").write_pages(course))


def _sheet(course: Course, _options: argparse.Namespace) -> int:
    return _wrote(_tool("cheat_sheet").write_pages(course))


def _readme(course: Course, _options: argparse.Namespace) -> int:
    return _wrote([_tool("readme").write(course)])


def _stats(course: Course, options: argparse.Namespace) -> int:
    rows = [row for lesson in course.lessons for row in _tool("stats").measure(course, lesson)]
    if options.json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        print(import_module("authpatterns.notebook.display").table(rows, headings="course.measure"))
    return 0


def _paper(course: Course, options: argparse.Namespace) -> int:
    for lang in words.LANGUAGES:
        for lesson in course.chosen(options.lessons):
            if options.lessons or course.notebook(lesson, lang).exists():
                _wrote(_tool("paper").write_lesson(course, lesson, lang, options.folder))
        if not options.lessons:
            _wrote(_tool("paper").write_sheet(course, lang, options.folder))
    return 0


def _write(course: Course, pair: Any) -> None:
    for lang, book in pair.books.items():
        path = course.notebook(pair.lesson, lang)
        _tool("books").write(book, path)
        _wrote([path])


def _wrote(paths: list[Path]) -> int:
    for path in paths:
        print(words.say("course.wrote", file=path), file=sys.stderr)
    return 0


TOOLS: dict[str, tuple[Callable[[Course, argparse.Namespace], int], str]] = {
    "new": (_new, "1"),
    "refresh": (_refresh, "*"),
    "accept": (_accept, "+"),
    "sync": (_sync, "+"),
    "check": (_check, ""),
    "glossary": (_glossary, ""),
    "sheet": (_sheet, ""),
    "readme": (_readme, ""),
    "stats": (_stats, ""),
    "prose": (_prose, "*"),
    "paper": (_paper, "*"),
}
"""Each tool with how many lessons it takes: "" for none."""
