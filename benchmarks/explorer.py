"""From moving a control of the explorer to the new picture painted in JupyterLab: `python benchmarks/explorer.py`.

Measured in Chromium, inside the page: from the event of the control to the first frame after everything that follows
from it is in the page and every picture is decoded. Jupyter's own floor is measured in the same run, in turns: an
ipywidgets `Dropdown` whose observer sets a short text in a bare `widgets.HTML`. What counts is the ratio of the two.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "browser"))

from explorer_page import KERNEL  # noqa: E402  (the tests' driver of JupyterLab)
from lab import Lab, Notebook, browser_page  # noqa: E402

from authpatterns.course import settings  # noqa: E402

MOST = 1.5
"""Times the floor, at the median and at the 95th percentile."""

MOVES = 40
ROUNDS = 4

BASE = "sso+hybrid;story=own-order;seed=7"
CELLS = {
    "explorer": f"from authpatterns.notebook import Explorer\n\nExplorer({BASE!r})",
    "bare": """import ipywidgets

choice, text = ipywidgets.Dropdown(options=[str(number) for number in range(20)]), ipywidgets.HTML()
choice.observe(lambda change: setattr(text, "value", f"<p>{change['new']}</p>"), names="value")
ipywidgets.VBox([choice, text])""",
}

SETTING = "jwt+hybrid;seed=7"
CONTROLS: tuple[tuple[str, str], ...] = (
    ("authn", BASE),
    ("authz", BASE),
    ("story", BASE),
    ("wait", BASE),
    ("seed", BASE),
    ("lang", BASE),
    ("large", BASE),
    ("authn.lifetime", SETTING),
    ("authn.keep", SETTING),
    ("authz.poll", SETTING),
    ("fault.0.kind", BASE),
    ("fault.0.part", f"{BASE};outage=idp@5s"),
    ("fault.0.at", f"{BASE};outage=idp@5s"),
    ("fault.0.amount", f"{BASE};slow=idp:2s@5s"),
    ("attack", SETTING),
    ("world", f"{SETTING};attack=JWT-01@jwt"),
    ("view", f"{BASE} vs {SETTING}"),
    ("next", BASE),
    ("previous", f"{BASE};step=25"),
    ("code", BASE),
    ("authn", f"{BASE};view=topology"),
    ("seed", f"{BASE};view=topology"),
    ("seed", f"{BASE};view=secrets"),
    ("seed", f"{BASE};view=measurements"),
    ("seed", f"{BASE};view=compare vs {SETTING}"),
)
"""Every control, with the state in which it is moved; `seed` stands for all that make a new run, in each view."""

WATCH = """([form, bare]) => {
    const painted = then => requestAnimationFrame(() => {
        const channel = new MessageChannel();
        channel.port1.onmessage = then;
        channel.port2.postMessage(0);
    });
    const timed = (element, options, move) => new Promise(resolve => {
        const watcher = new MutationObserver(() => {
            watcher.disconnect();
            painted(() => resolve(performance.now() - begin));
        });
        watcher.observe(element, options);
        const begin = performance.now();
        move();
    });
    const changed = control => control.dispatchEvent(new Event('change', {bubbles: true}));
    const turned = (select, number) => {
        const offered = [...select.options].filter(option => option.value !== select.value);
        select.value = offered[number % offered.length].value;
        changed(select);
    };
    const pause = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds));
    const settled = {attributes: true, attributeFilter: ['data-settled']};
    window.moveExplorer = async (name, number) => {
        const all = [...form.querySelectorAll(`[name="${name}"], [data-do="${name}"]`)], control = all[0];
        const move = () => {
            if (control.matches('button')) control.click();
            else if (control.type === 'radio') {
                all[(all.findIndex(each => each.checked) + 1) % all.length].click();
            }
            else if (control.type === 'checkbox') control.click();
            else if (control.type === 'number') { control.value = String(Number(control.value) + 1); changed(control); }
            else if (control.type === 'text') {
                control.value = control.value.replace(/seed=\\d+/, `seed=${1000 + number}`);
                changed(control);
            }
            else turned(control, number);
        };
        const time = await timed(form, settled, move);
        await pause(30);
        return time;
    };
    window.moveBare = async number => {
        const select = bare.querySelector('select');
        const text = bare.querySelector('.widget-html-content');
        const written = {childList: true, subtree: true, characterData: true};
        const time = await timed(text, written, () => turned(select, number));
        await pause(30);
        return time;
    };
    window.loadExplorer = async code => {
        const box = form.querySelector('[name="code"]');
        box.value = code;
        await timed(form, settled, () => changed(box));
        await pause(100);
    };
}"""


class Row(NamedTuple):
    """How long one control takes.

    Attributes:
        control: Its name.
        state: Where it was moved, as a code.
        median, p95: Milliseconds.
        times_median, times_p95: Times the floor's.
    """

    control: str
    state: str
    median: float
    p95: float
    times_median: float
    times_p95: float

    @property
    def fits(self) -> bool:
        """Whether it keeps to `MOST`."""
        return self.times_median <= MOST and self.times_p95 <= MOST


def measure(chromium: str = "", moves: int = MOVES, rounds: int = ROUNDS) -> tuple[Row, list[Row]]:
    """The floor, and every control.

    Args:
        chromium: Path of the browser; the system's unless given.
        moves: How often each control is moved.
        rounds: Into how many rounds the moves are divided, the floor's between them.
    """
    mine: dict[tuple[str, str], list[float]] = {place: [] for place in CONTROLS}
    bare: list[float] = []
    with _open(chromium or shutil.which("chromium") or "chromium") as page:
        for _ in range(4 * len(CONTROLS)):  # what a fresh page does for the first time is not what is asked for
            page.evaluate("number => window.moveBare(number)", len(bare))
        for turn in range(rounds):
            for place in CONTROLS:
                page.evaluate("code => window.loadExplorer(code)", place[1])
                for number in range(moves // rounds):
                    at = turn * (moves // rounds) + number
                    mine[place].append(page.evaluate("([name, at]) => window.moveExplorer(name, at)", [place[0], at]))
                    bare.append(page.evaluate("at => window.moveBare(at)", len(bare)))
    floor = Row("bare widgets.HTML", "", *_figures(bare), 1.0, 1.0)
    return floor, [_row(place, times, floor) for place, times in mine.items()]


@contextmanager
def _open(chromium: str) -> Iterator[Any]:
    with tempfile.TemporaryDirectory(prefix="explorer") as folder:
        root = Path(folder) / "course"
        shutil.copytree(settings.find(), root, ignore=shutil.ignore_patterns(".*", "node_modules"))
        cells = [new_code_cell(source, id=name) for name, source in CELLS.items()]
        nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": KERNEL}), root / "en" / "measured.ipynb")
        with Lab(settings.load(root)) as lab, browser_page(chromium) as page:
            page.set_viewport_size({"width": 1280, "height": 1600})
            notebook = Notebook(lab, page, "en/measured.ipynb")
            notebook.run_all()
            form = notebook.cell("explorer").locator(".authpatterns-explorer")
            form.wait_for()
            bare = notebook.cell("bare").locator(".jp-OutputArea")
            bare.locator("select").wait_for()
            handles = [form.element_handle(), bare.element_handle()]
            page.evaluate(WATCH, handles)
            yield page


def _row(place: tuple[str, str], times: Sequence[float], floor: Row) -> Row:
    median, p95 = _figures(times)
    return Row(*place, median, p95, median / floor.median, p95 / floor.p95)


def _figures(times: Sequence[float]) -> tuple[float, float]:
    """Median and 95th percentile."""
    return statistics.median(times), statistics.quantiles(times, n=20, method="inclusive")[-1]


def main() -> int:
    """Measure and print; 1 where a control is too slow."""
    floor, rows = measure()
    print(f"{'control':<20}{'median ms':>10}{'p95 ms':>9}{'x':>7}{'x p95':>7}  state")
    for row in (floor, *rows):
        ratio = f"{row.times_median:>7.2f}{row.times_p95:>7.2f}"
        print(
            f"{row.control:<20}{row.median:>10.1f}{row.p95:>9.1f}{ratio}  {row.state}{'' if row.fits else '  TOO SLOW'}"
        )
    return 0 if all(row.fits for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
