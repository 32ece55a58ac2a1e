"""The strict comparison of outputs, on a copy: it passes as committed, and one changed sign in an output fails it."""

import os
import subprocess
import sys
from pathlib import Path

import authpatterns
from authpatterns.course import books

ROOT = Path(authpatterns.__file__).resolve().parents[1]
STRICT = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "addopts=", "-o", "filterwarnings=", "--nbval")


def compared(path):
    """Run one notebook under strict comparison."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, *STRICT, str(path)],
        env=environment,
        cwd=path.parent,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_changed_output_is_noticed(course):
    path = course.notebook(course.lesson("00"), "ja")
    run = compared(path)
    assert run.returncode == 0, run.stdout
    text = path.read_text("utf-8")
    assert text.count('"403"') == 1
    path.write_text(text.replace('"403"', '"200"'), "utf-8")
    assert compared(path).returncode == 1


def test_a_widget_that_shows_something_else_is_noticed(course):
    """What a control has changed is compared too."""
    lesson = course.lesson("05")
    book = books.read(course.notebook(lesson, "en"))
    wanted = ("imports", "after-sign-out", "knobs", "knobs-15")
    book.cells = [cell for cell in book.cells if cell.id in wanted]
    path = course.notebook(lesson, "en")
    books.write(book, path)
    assert compared(path).returncode == 0
    text = path.read_text("utf-8")
    assert "gets 401." in text
    path.write_text(text.replace("gets 401.", "gets 200."), "utf-8")
    assert compared(path).returncode == 1
