"""`python -m authpatterns site`: build the web site of the course. Nothing is run anew, and nothing is fetched."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from html import escape
from importlib import resources
from pathlib import Path

from authpatterns import words
from authpatterns.course import settings
from authpatterns.course.settings import Course
from authpatterns.errors import Misuse

CONFIGURATION = Path(__file__).with_name("sphinx")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`python -m authpatterns site [FOLDER] [--draft]`."""
    parser.add_argument("folder", nargs="?", type=Path, default=Path("build/site"), help=words.say("site.help.folder"))
    parser.add_argument("--draft", action="store_true", help=words.say("site.help.draft"))


def run(options: argparse.Namespace) -> int:
    """Build it, and say where it is.

    Raises:
        Misuse: the `docs` extra is not installed, a lesson is missing, or Sphinx has a warning.
    """
    build(settings.load(), options.folder, draft=options.draft)
    print(options.folder / "index.html")
    return 0


def build(course: Course, folder: Path, draft: bool = False) -> None:
    """Build the site into `folder`: `ja/`, `en/`, and a page that leads to both.

    Args:
        course: What is shown.
        folder: Where the pages go; what Sphinx works on stands beside it.
        draft: Leave out the lessons that are not written yet.

    Raises:
        Misuse: see `run`.
    """
    try:
        from authpatterns.site import tree  # noqa: PLC0415  (an extra)
    except ModuleNotFoundError as missing:
        raise Misuse("site.extra", module=missing.name) from missing
    work = folder.with_name(f"{folder.name}-work")
    running = []
    for lang in words.LANGUAGES:
        tree.sync(tree.pages(course, lang, draft), work / lang)
        running.append(sphinx(lang, work, folder / lang))
    said = [process.communicate()[0] for process in running]  # both, side by side, to their end
    for process, output in zip(running, said, strict=True):
        if process.returncode:
            raise Misuse("site.sphinx", said=output.strip())
    for lang in words.LANGUAGES:
        for picture in sorted((work / lang / "gallery").glob("*.svg")):  # those that only a link leads to
            shutil.copyfile(picture, folder / lang / "gallery" / picture.name)
    (folder / "index.html").write_text(landing(), "utf-8")


def sphinx(lang: str, work: Path, out: Path) -> subprocess.Popen[str]:
    """Sphinx at work on one language, in a process of its own."""
    options = [
        "-q",
        "-E",
        "-W",
        "--keep-going",
        "-b",
        "html",
        "-c",
        str(CONFIGURATION),
        "-d",
        str(work / f"{lang}-doctrees"),
    ]
    options += ["-D", f"language={lang}", "-D", "html_title=authpatterns"]
    command = [sys.executable, "-m", "sphinx", *options, str(work / lang), str(out)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def landing() -> str:
    """The first page, which asks for the language."""
    said = {
        f"{lang}-{name}": escape(words.say(f"site.{name}", lang))
        for lang in words.LANGUAGES
        for name in ("title", "about", "enter")
    }
    text = resources.files(__package__).joinpath("landing.html").read_text("utf-8")
    for name, sentence in said.items():
        text = text.replace(f"{{{name}}}", sentence)
    return text
