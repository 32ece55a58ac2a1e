"""The explorer in a real JupyterLab: every control with the keyboard alone, names for all of them, light and dark."""

import nbformat
import pytest
from explorer_page import BASE, CELLS, KERNEL, On, violations
from lab import Lab, Notebook, browser_page
from nbformat.v4 import new_code_cell, new_notebook, new_output
from playwright.sync_api import expect

from authpatterns import words
from authpatterns.notebook import Explorer


@pytest.fixture(scope="module")
def lab(explored, chromium):
    with Lab(explored) as lab:
        yield lab


@pytest.fixture(scope="module")
def page(lab, chromium):
    """One page for all: what a test leaves behind, the next one's code takes away."""
    with browser_page(chromium) as page:
        page.set_viewport_size({"width": 1280, "height": 1000})
        yield page
        assert page.errors == []
        assert page.hosts - {"", f"127.0.0.1:{lab.port}"} == set()


@pytest.fixture(scope="module")
def notebook(lab, page):
    notebook = Notebook(lab, page, "en/explorer.ipynb")
    assert [state["errors"] for state in notebook.run_all()] == [[], []]
    return notebook


@pytest.fixture
def explorer(notebook):
    return On(notebook.page, notebook.cell("show").locator(".authpatterns-explorer"))


# --- every control, with the keyboard alone

MOVES = [
    ("authn", ["ArrowDown"], BASE, "jwt-gateway+hybrid;seed=7"),
    ("authz", ["ArrowUp"], BASE, "jwt+distributed;seed=7"),
    ("story", ["ArrowDown"], BASE, "jwt+hybrid;story=sign-in;seed=7"),
    ("wait", ["ArrowDown"], BASE, "jwt+hybrid;seed=7;wait=5m"),
    ("seed", ["ArrowUp"], BASE, "jwt+hybrid;seed=8"),
    ("lang", ["ArrowDown"], BASE, "jwt+hybrid;seed=7;lang=ja"),
    ("large", ["Space"], BASE, "jwt+hybrid;seed=7;text=large"),
    ("authn.keep", ["ArrowDown"], BASE, "jwt(keep=session)+hybrid;seed=7"),
    ("authn.lifetime", ["ArrowDown"], BASE, "jwt(lifetime=899)+hybrid;seed=7"),
    ("authn.denylist", ["ArrowUp"], BASE, "jwt(denylist=yes)+hybrid;seed=7"),
    ("authz.poll", ["ArrowUp"], BASE, "jwt+hybrid(poll=31);seed=7"),
    ("fault.0.kind", ["ArrowDown"], BASE, "jwt+hybrid;seed=7;outage=auth@0s"),
    ("fault.0.part", ["ArrowDown"], f"{BASE};outage=auth@5s", f"{BASE};outage=control-plane@5s"),
    ("fault.0.at", ["ArrowUp"], f"{BASE};outage=auth@5s", f"{BASE};outage=auth@6s"),
    ("fault.0.amount", ["ArrowUp"], f"{BASE};slow=auth:2s@5s", f"{BASE};slow=auth:3s@5s"),
    ("fault.1.kind", ["ArrowDown"], f"{BASE};loss=auth:50%@0s", f"{BASE};loss=auth:50%@0s;outage=auth@0s"),
    ("attack", ["ArrowDown"], BASE, f"{BASE};attack=AUZ-01@hybrid"),
    ("world", ["ArrowDown"], f"{BASE};attack=JWT-01@jwt", f"{BASE};attack=JWT-01@jwt:weakened"),
    ("view", ["ArrowRight"], BASE, f"{BASE};view=topology"),
    ("next", ["Enter"], BASE, f"{BASE};step=1"),
    ("first", ["Space"], f"{BASE};step=5", f"{BASE};step=1"),
    ("previous", ["Enter"], f"{BASE};step=5", f"{BASE};step=4"),
    ("last", ["Enter"], BASE, f"{BASE};step=14"),
    ("code", ["End", ";", "s", "t", "e", "p", "=", "2", "Enter"], BASE, f"{BASE};step=2"),
    ("keep", ["Enter"], BASE, f"{BASE} vs {BASE}"),
    ("drop", ["Enter"], f"{BASE} vs session+distributed", BASE),
]


@pytest.mark.parametrize(("name", "keys", "before", "after"), MOVES, ids=[move[0] for move in MOVES])
def test_every_control_works_with_the_keyboard(explorer, name, keys, before, after):
    explorer.load(before)
    if "." in name and not name.startswith("fault"):
        explorer.open_settings()
    control = explorer.control(name)
    control.focus()
    for key in keys:
        explorer.page.keyboard.press(key)
    explorer.page.keyboard.press("Tab")  # a figure counts when it is left
    explorer.says(after)


def test_every_control_is_in_the_list(explorer):
    """A control that is added later is tried here, too."""
    explorer.load(f"{BASE};slow=auth:2s@5s;attack=JWT-01@jwt vs session+distributed")
    names = explorer.form.evaluate(
        """form => [...new Set(
            [...form.querySelectorAll('[name], [data-do]')].map(each => each.name || each.dataset.do))]"""
    )
    tried = {move[0] for move in MOVES}
    alike = ("authn.", "authz.", "fault.")  # one of each kind of element stands for all settings
    assert [name for name in names if name not in tried and not name.startswith(alike)] == []
    assert len(names) >= 25


def test_the_story_follows_the_controls(explorer):
    explorer.load("jwt+hybrid;seed=7;wait=3m")
    expect(explorer.form.locator(".piece-told")).to_contain_text("403 Forbidden")
    before = explorer.picture.get_attribute("src")
    explorer.control("fault.0.kind").press("ArrowDown")
    explorer.control("fault.0.part").press("ArrowDown")
    expect(explorer.form.locator(".piece-told")).to_contain_text("There is no policy bundle from control-plane")
    assert explorer.picture.get_attribute("src") != before
    assert "503 Service Unavailable" in explorer.picture.get_attribute("alt")


def test_stepping_marks_the_message_and_opens_it(explorer):
    explorer.load(BASE)
    explorer.control("next").focus()
    for _ in range(3):
        explorer.page.keyboard.press("Enter")
    explorer.says(f"{BASE};step=3")
    beside = explorer.form.locator(".piece-beside")
    expect(beside).to_contain_text("3. alice → orders: GET /orders/1")
    expect(beside.get_by_role("row", name="sub").first).to_contain_text("whom it is about")
    expect(beside).to_contain_text("The signature is right")
    expect(beside).to_contain_text("orders: The token is good: alice")
    expect(explorer.form.locator("output")).to_have_text("Message 3 of 14")
    expect(explorer.control("next")).to_be_focused()


def test_the_marked_message_is_scrolled_into_sight(explorer):
    explorer.load("sso+delegated;story=second-service")
    explorer.control("last").press("Enter")
    expect(explorer.form.locator("output")).to_contain_text("Message 40 of 40")
    expect(explorer.form.locator(".piece-shown .scroll[data-mark]")).to_be_visible()
    assert explorer.form.locator(".piece-shown .scroll").evaluate("box => box.scrollTop") > 500


@pytest.mark.parametrize("key", ["a", "x", "d", "m", "ArrowDown"])
def test_a_letter_typed_at_a_control_does_not_edit_the_notebook(explorer, notebook, key):
    """In Lab's command mode `x` cuts a cell and an arrow leaves it."""
    explorer.load(BASE)
    explorer.control("authn").focus()
    explorer.page.keyboard.press(key)
    explorer.page.keyboard.press(key)
    expect(explorer.control("authn")).to_be_focused()
    assert notebook.page.evaluate("window.jupyterapp.shell.currentWidget.content.widgets.length") == len(CELLS)


def test_a_bad_code_is_answered_with_what_is_possible(explorer):
    explorer.load(BASE)
    explorer.type_code("jwt+hybrid;outage=nowhere@5s")
    alert = explorer.form.get_by_role("alert")
    expect(alert).to_contain_text("There is no part 'nowhere' in jwt + hybrid")
    expect(alert).to_contain_text("control-plane")
    explorer.load("jwt+hybrid;seed=3")
    expect(alert).to_have_count(0)


def test_focus_stays_at_a_control_that_is_drawn_anew(explorer):
    explorer.load(BASE)
    explorer.control("fault.0.kind").focus()
    explorer.page.keyboard.press("ArrowDown")
    explorer.says(f"{BASE};outage=auth@0s")
    expect(explorer.control("fault.0.kind")).to_be_focused()
    explorer.page.keyboard.press("ArrowDown")
    explorer.says(f"{BASE};slow=auth:2s@0s")


def test_quick_moves_are_all_counted(explorer):
    """Keys that come faster than answers: none is lost, and the last one wins."""
    explorer.load(BASE)
    explorer.control("next").focus()
    for _ in range(7):
        explorer.page.keyboard.press("Enter")
    explorer.says(f"{BASE};step=7")


LATE = """
import time
from authpatterns.notebook.explorer import shell

def late(*state, really=shell._state):
    time.sleep(1.5)
    shell._state = really
    return really(*state)

shell._state = late
"""


def test_an_answer_that_is_late_is_waited_for_with_a_progress_bar(explorer):
    explorer.load(BASE)
    bar = explorer.form.get_by_role("progressbar", include_hidden=True)
    expect(bar).to_be_hidden()
    explorer.page.evaluate(
        """async code => {
            const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
            await kernel.requestExecute({ code }).done;
        }""",
        LATE,
    )
    explorer.control("next").press("Enter")
    expect(bar).to_be_visible()
    expect(explorer.form).to_have_attribute("aria-busy", "true")
    expect(bar).to_have_accessible_name("The answer is being worked out")
    explorer.says(f"{BASE};step=1")
    expect(bar).to_be_hidden()
    expect(explorer.form).to_have_attribute("aria-busy", "false")


def test_a_later_cell_sets_the_controls(explorer, notebook):
    form = notebook.cell("set").locator(".authpatterns-explorer")
    explorer.page.evaluate(
        """async () => {
            const app = window.jupyterapp, notebook = app.shell.currentWidget.content;
            notebook.activeCellIndex = notebook.widgets.findIndex(cell => cell.model.id === 'set');
            await app.commands.execute('notebook:run-cell');
        }"""
    )
    other = On(explorer.page, notebook.cell("set").locator(".authpatterns-explorer"))
    expect(other.control("authn")).to_have_value("session")
    expect(other.control("wait")).to_have_value("5m")
    expect(form).to_have_count(1)
    again = On(explorer.page, notebook.cell("show").locator(".authpatterns-explorer"))
    expect(again.control("authn")).to_have_value("session")  # the same explorer, shown twice


# --- for everybody


def test_tab_goes_through_all_of_it_in_the_order_of_the_page(explorer):
    explorer.load(f"{BASE};outage=auth@5s;step=3")
    explorer.open_settings()
    wanted = explorer.form.evaluate(
        """form => {
            const all = [...form.querySelectorAll('select, input, button, summary, [tabindex="0"]')];
            const reached = all.filter(each => !each.matches(':disabled') && !(each.type === 'radio' && !each.checked));
            reached.forEach((each, number) => each.dataset.number = number);
            return reached.length;
        }"""
    )
    explorer.control("authn").focus()
    seen = []
    for _ in range(wanted):
        seen.append(explorer.page.evaluate("document.activeElement.dataset.number"))
        explorer.page.keyboard.press("Tab")
    assert seen == [str(number) for number in range(wanted)]
    assert wanted > 25
    assert explorer.page.evaluate("document.activeElement.dataset.number") is None, "Tab leads out again"


def test_every_control_has_a_name(explorer):
    explorer.load(f"{BASE};slow=auth:2s@5s;step=3 vs session+distributed")
    explorer.open_settings()
    names = explorer.form.evaluate(
        """form => [...form.querySelectorAll('select, input, button')].map(
            each => (each.labels?.[0] ?? each).textContent.trim())"""
    )
    assert all(names)


VIEWS = ["step=3", "view=topology", "view=secrets", "view=measurements", "attack=JWT-01@jwt:weakened", "text=large"]


@pytest.mark.parametrize("state", VIEWS)
def test_axe_finds_nothing(explorer, axe, state):
    explorer.load(f"{BASE};{state}")
    explorer.open_settings()
    assert violations(explorer.page, axe) == []


def test_axe_finds_nothing_in_a_comparison_and_beside_an_alarm(explorer, axe):
    explorer.load(f"{BASE};view=compare vs session+distributed")
    explorer.type_code("nonsense")
    expect(explorer.form.get_by_role("alert")).to_be_visible()
    assert violations(explorer.page, axe) == []


def test_axe_would_find_something(explorer, axe):
    """A control without a name, put there on purpose."""
    explorer.load(BASE)
    explorer.form.evaluate(
        "form => form.insertAdjacentHTML('beforeend', '<select class=unnamed><option>a</option></select>')"
    )
    assert [name for name, _ in violations(explorer.page, axe)] == ["select-name"]
    explorer.form.locator(".unnamed").evaluate("each => each.remove()")


def test_nothing_is_wider_than_its_place(explorer):
    """At 1280 pixels with Lab's side bar open, and on a projector's large text: only the pictures scroll."""
    for state in ("step=3", "step=3;text=large", "view=compare", "attack=JWT-01@jwt:weakened;text=large"):
        explorer.load(f"{BASE};{state}")
        wide, place = explorer.form.evaluate("form => [form.scrollWidth, form.clientWidth]")
        assert wide <= place, state


def test_a_notebook_that_nobody_has_run_shows_the_state(lab, page, explored):
    """What a visitor sees first, and what GitHub shows: a table, sentences and the picture."""
    words.use("en")
    bundle = Explorer(f"{BASE};step=3")._repr_mimebundle_()
    words.use(None)
    data = {
        kind: bundle[0][kind] if isinstance(bundle, tuple) else bundle[kind] for kind in ("text/html", "text/plain")
    }
    shown = new_output("execute_result", data, execution_count=1)
    cell = new_code_cell(CELLS["show"], id="show", outputs=[shown], execution_count=1)
    nbformat.write(new_notebook(cells=[cell], metadata={"kernelspec": KERNEL}), explored.root / "en" / "static.ipynb")
    cell = Notebook(lab, page, "en/static.ipynb").cell("show")
    expect(cell.get_by_text("Code of this state")).to_be_visible()
    expect(cell.get_by_text("alice asks for /orders/2: 403 Forbidden").first).to_be_visible()
    expect(cell.locator(".jp-OutputArea img")).to_be_visible()
    expect(cell.get_by_text("whom it is about")).to_be_visible()
    expect(cell.locator("select")).to_have_count(0)
