import shutil

import pytest

from authpatterns.course import settings

COMMITTED = settings.find()

collect_ignore = ["conftest.py"]  # holds no doctest, and each folder may have one


@pytest.fixture(scope="session")
def committed():
    """The course as it is committed."""
    return settings.load(COMMITTED)


@pytest.fixture
def course(tmp_path):
    """A copy of the course, to be damaged."""
    shutil.copytree(COMMITTED, tmp_path / "course", ignore=shutil.ignore_patterns(".*", "node_modules"))
    return settings.load(tmp_path / "course")
