"""JupyterLab driven like a reader would: a server of its own, a real browser, the application's own commands."""

import contextlib
import json
import os
import re
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import sync_playwright

from authpatterns.course import launch

PATIENCE = 120
SETTINGS = {
    "@jupyterlab/apputils-extension/notification.jupyterlab-settings": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/docmanager-extension/plugin.jupyterlab-settings": {"autosave": False},
}
UNLOCKED = ["--IdentityProvider.token=", "--ServerApp.password=", "--LabApp.expose_app_in_browser=True"]
UNLOCKED += ["--ServerApp.disable_check_xsrf=True"]
STATES = """() => {
    const cells = window.jupyterapp.shell.currentWidget.content.model.cells, states = [];
    for (let i = 0; i < cells.length; i++) {
        const cell = cells.get(i);
        if (cell.type === 'code') {
            const errors = cell.outputs.toJSON().filter(output => output.output_type === 'error');
            states.push({id: cell.id, count: cell.executionCount, errors: errors.map(each => each.evalue)});
        }
    }
    return states;
}"""
COMPLETE = """path => {
    const panel = window.jupyterapp?.shell.currentWidget;
    const there = panel?.context?.path === path && panel.context.isReady && panel.content.model;
    return there && panel.content.widgets.length === panel.content.model.cells.length;
}"""
RUN_ALL = """async () => {
    const app = window.jupyterapp;
    await app.restored;
    await app.shell.currentWidget.sessionContext.ready;
    await app.commands.execute('notebook:run-all-cells');
}"""


class Lab:
    """The server that `python -m authpatterns learn` starts, without its lock and with settings of its own."""

    def __init__(self, course, theme=""):
        self.course = course
        self.theme = theme

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="lab")
        home = Path(self.folder.name)
        self.port = launch.free_port(None)
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = (home / "lab.log").open("wb")
        command = launch.lab_command(self.course, "en", "00", self.port, browser=False) + UNLOCKED
        self.process = subprocess.Popen(command, env=self._environment(home), stdout=self.log, stderr=subprocess.STDOUT)
        self._wait(home)
        return self

    def __exit__(self, *_):
        self.end_kernels()
        self.process.terminate()
        self.process.wait(20)
        self.log.close()
        self.folder.cleanup()

    def end_kernels(self):
        """End every kernel: a course full of them would need gigabytes."""
        for session in json.loads(self._ask("GET", "/api/sessions")):
            self._ask("DELETE", f"/api/sessions/{session['id']}")
        for kernel in json.loads(self._ask("GET", "/api/kernels")):
            self._ask("DELETE", f"/api/kernels/{kernel['id']}")

    def _environment(self, home):
        theme = (
            {"@jupyterlab/apputils-extension/themes.jupyterlab-settings": {"theme": self.theme}} if self.theme else {}
        )
        for name, values in {**SETTINGS, **theme}.items():
            file = home / "settings" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(values))
        own = {
            "JUPYTERLAB_SETTINGS_DIR": "settings",
            "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
            "IPYTHONDIR": "ipython",
        }
        own |= {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_RUNTIME_DIR": "runtime", "JUPYTER_DATA_DIR": "data"}
        return {**os.environ, **{name: str(home / place) for name, place in own.items()}}

    def _wait(self, home):
        end = time.monotonic() + PATIENCE
        while True:
            with contextlib.suppress(OSError):
                self._ask("GET", "/api/status")
                return
            assert self.process.poll() is None, (home / "lab.log").read_text()
            assert time.monotonic() < end, (home / "lab.log").read_text()
            time.sleep(0.1)

    def _ask(self, method, path):
        with urllib.request.urlopen(urllib.request.Request(self.url + path, method=method), timeout=10) as answer:
            return answer.read() or b"null"


@contextlib.contextmanager
def browser_page(chromium, dark=False):
    """A page that writes down its errors and the hosts it asks."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1400, "height": 1000}, color_scheme="dark" if dark else "light")
        page.set_default_timeout(PATIENCE * 1000)
        page.errors, page.hosts = [], set()
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.on("request", lambda request: page.hosts.add(request.url.split("/")[2] if "//" in request.url else ""))
        try:
            yield page
        finally:
            browser.close()


class Notebook:
    """A notebook open in JupyterLab."""

    def __init__(self, lab, page, path):
        self.page = page
        workspace = re.sub(r"[^a-z0-9]+", "-", path)
        page.goto(f"{lab.url}/lab/workspaces/{workspace}/tree/{path}?reset")
        page.wait_for_function(COMPLETE, arg=path)
        page.wait_for_selector('.jp-Notebook-ExecutionIndicator[data-status="idle"]', state="attached")

    def run_all(self):
        """Run all cells, and give each code cell's count and errors."""
        self.page.evaluate(RUN_ALL)
        return self.page.evaluate(STATES)

    def cell(self, cell_id):
        """Scroll to a cell, and give its element: Lab draws only what is near the window."""
        index = self.page.evaluate(
            """async id => {
                const notebook = window.jupyterapp.shell.currentWidget.content;
                const index = notebook.widgets.findIndex(cell => cell.model.id === id);
                await notebook.scrollToItem(index, 'center');
                return index;
            }""",
            cell_id,
        )
        found = self.page.locator(f'.jp-Notebook [data-windowed-list-index="{index}"]')
        found.wait_for(state="visible")
        return found


def brightness(image):
    """How bright the corner of a picture is, 0 to 255."""
    rgb = image.evaluate(
        """image => {
            const canvas = document.createElement('canvas');
            canvas.width = image.naturalWidth; canvas.height = image.naturalHeight;
            const pen = canvas.getContext('2d');
            pen.drawImage(image, 0, 0);
            return Array.from(pen.getImageData(30, canvas.height - 10, 1, 1).data).slice(0, 3);
        }"""
    )
    return sum(rgb) / 3
