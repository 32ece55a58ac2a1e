"""The course without a server that computes: static files, and Python in the browser."""

import json
import shutil

import nbformat
import pytest
from lab import browser_page
from lite_page import run_all, shown
from site_pages import ROOT, served

from authpatterns.course import settings
from authpatterns.site import lite


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    if not shutil.which("npm"):
        pytest.skip("npm is not installed")
    folder = tmp_path_factory.mktemp("lite") / "lite"
    lite.build(settings.load(ROOT / "course"), folder)
    with served(folder) as url:
        yield url


def test_a_lesson_runs_to_its_end_and_shows_what_was_committed(chromium, address, artifacts):
    """Signed tokens, password hashes and pictures too: byte for byte what CPython with compiled packages gave."""
    committed = {cell.id: cell for cell in nbformat.read(ROOT / "course" / "ja" / "05-jwt.ipynb", 4).cells}
    with browser_page(chromium) as page:
        cells = run_all(page, address, "ja/05-jwt.ipynb")
        page.screenshot(path=artifacts / "lite-ja.png")
        assert page.hosts == {address.removeprefix("http://")}
    assert [cell["count"] for cell in cells] == list(range(1, len(cells) + 1))
    assert {cell["id"]: shown(cell["outputs"]) for cell in cells} == {
        cell["id"]: shown(committed[cell["id"]].outputs) for cell in cells
    }


def test_pyodide_is_the_one_that_the_kernel_is_made_for():
    constants = pytest.importorskip("jupyterlite_pyodide_kernel.constants")
    pinned = json.loads((ROOT / "course" / "lite" / "package.json").read_text())["dependencies"]["pyodide"]
    assert (pinned, lite.PYTHON) == (constants.PYODIDE_VERSION, constants.PYODIDE_PYTHON_VERSION)
    assert {need for needs in lite.OURS.values() for need in needs} <= {*lite.OURS, *lite.FROM_PYODIDE}
