"""An explorer on a page, driven like a reader would."""

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import expect

from authpatterns import words

BASE = "jwt+hybrid;seed=7"
CELLS = {
    "show": f"from authpatterns.notebook import Explorer\n\nexplorer = Explorer({BASE!r})\nexplorer",
    "set": 'explorer.set(authn="session", wait=300)',
}
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


def write_notebooks(root):
    """A notebook that shows an explorer, in both languages."""
    for lang in words.LANGUAGES:
        cells = [new_code_cell(source, id=name) for name, source in CELLS.items()]
        nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": KERNEL}), root / lang / "explorer.ipynb")


class On:
    """An explorer on a page."""

    def __init__(self, page, form):
        self.page = page
        self.form = form
        form.wait_for()

    def control(self, name):
        return self.form.locator(f'[name="{name}"], [data-do="{name}"]').first

    def load(self, code):
        """Type a code, as somebody does to whom a teacher has given one."""
        self.type_code(code)
        self.says(code)

    def type_code(self, code):
        box = self.control("code")
        box.fill(code)
        box.press("Enter")

    def settle(self):
        """Wait until all that follows from the moves so far is on the page."""
        self.page.wait_for_function(
            "form => Number(form.dataset.settled) >= Number(form.dataset.told)", arg=self.form.element_handle()
        )

    def open_settings(self):
        summary = self.form.locator("summary")
        if not self.form.locator("details").evaluate("details => details.open"):
            summary.press("Enter")

    def says(self, code):
        self.settle()
        expect(self.control("code")).to_have_value(code)

    @property
    def picture(self):
        return self.form.locator(".piece-shown img")


def violations(page, axe):
    """What axe-core finds in the first explorer on the page, with all that may be seen of it opened."""
    page.evaluate(axe)
    found = page.evaluate(
        "async () => (await axe.run('.authpatterns-explorer', {resultTypes: ['violations']})).violations"
    )
    return [(each["id"], [node["html"][:160] for node in each["nodes"]]) for each in found]
