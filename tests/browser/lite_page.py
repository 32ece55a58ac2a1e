"""A lesson in JupyterLite: opened, run, and what came out."""

KERNEL = """async () => {
    const app = window.jupyterapp;
    await app.restored;
    const session = app.shell.currentWidget.sessionContext;
    await session.ready;
    return (await session.session.kernel.info).language_info.name;
}"""
CELLS = """() => {
    const cells = window.jupyterapp.shell.currentWidget.content.model.cells, found = [];
    for (let i = 0; i < cells.length; i++) {
        const cell = cells.get(i);
        if (cell.type === 'code') found.push({id: cell.id, count: cell.executionCount, outputs: cell.outputs.toJSON()});
    }
    return found;
}"""


def run_all(page, address, notebook):
    """Every code cell with its outputs, after Run All in a fresh kernel."""
    page.goto(f"{address}/lab/index.html?path={notebook}")
    page.wait_for_function(
        "path => window.jupyterapp?.shell.currentWidget?.context?.path === path"
        " && window.jupyterapp.shell.currentWidget.context.isReady",
        arg=notebook,
    )
    assert page.evaluate(KERNEL) == "python"
    page.evaluate("async () => { await window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
    return page.evaluate(CELLS)


def shown(outputs):
    """What a reader sees of outputs: their plain text."""
    return ["".join(out.get("data", {}).get("text/plain", out.get("text", out.get("evalue", "")))) for out in outputs]
