import os
import shutil
from pathlib import Path

import pytest
from explorer_page import write_notebooks

from authpatterns.course import npm, settings
from authpatterns.errors import Misuse

NODE = Path(__file__).parent / "node"

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
REQUIRED = os.environ.get("AUTHPATTERNS_BROWSER") == "required"

collect_ignore = ["conftest.py"]  # holds no doctest, and each folder may have one


@pytest.fixture(scope="session")
def chromium():
    """The system's Chromium. Where there is none these tests are left out, unless they are required."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None and REQUIRED:
        pytest.fail("AUTHPATTERNS_BROWSER=required, but there is no Chromium; set CHROMIUM to its path")
    if found is None:
        pytest.skip("there is no Chromium; install one or set CHROMIUM to its path")
    return found


@pytest.fixture(scope="session")
def course(tmp_path_factory):
    """A copy of the course, so that nothing a browser does reaches the committed one."""
    there = settings.find()
    here = tmp_path_factory.mktemp("browser") / "course"
    shutil.copytree(there, here, ignore=shutil.ignore_patterns(".*", "node_modules"))
    return settings.load(here)


@pytest.fixture(scope="session")
def artifacts():
    """Where screenshots go."""
    folder = Path(__file__).resolve().parents[2] / "artifacts"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def explored(course):
    """The course with a notebook that shows an explorer."""
    write_notebooks(course.root)
    return course


@pytest.fixture(scope="session")
def axe():
    """The text of axe-core as `package-lock.json` pins it, installed once."""
    try:
        return (npm.installed(NODE) / "node_modules" / "axe-core" / "axe.min.js").read_text()
    except Misuse as missing:
        pytest.skip(str(missing))
