"""The HAR export, opened by the network panel of Chromium's own developer tools."""

import json
from urllib.request import urlopen

import pytest
from playwright.sync_api import expect, sync_playwright

from authpatterns import draw
from authpatterns.adapters.http import free_port
from authpatterns.draw import scenes


@pytest.fixture
def panel(chromium):
    """The network panel of an empty page: developer tools are a page themselves, which the browser serves."""
    address = f"127.0.0.1:{free_port()}"
    settings = ["--no-sandbox", "--disable-gpu", "--remote-allow-origins=*"]
    settings += [f"--remote-debugging-port={address.partition(':')[2]}"]
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium, args=settings) as browser,
    ):
        browser.new_page().goto("about:blank")
        with urlopen(f"http://{address}/json") as answer:
            target = next(one["id"] for one in json.load(answer) if one["type"] == "page")
        tools = browser.new_page(viewport={"width": 1400, "height": 900})
        tools.goto(f"http://{address}/devtools/devtools_app.html?ws={address}/devtools/page/{target}&panel=network")
        yield tools


@pytest.mark.parametrize("scene", ["visit", "outage"])
def test_the_network_panel_shows_every_request(panel, artifacts, tmp_path, scene):
    trace = scenes.visited("sso", "distributed").trace if scene == "visit" else scenes.outage("session-store")
    file = tmp_path / "trace.har"
    file.write_text(draw.har(trace))
    with panel.expect_file_chooser() as chooser:
        panel.get_by_label("Import HAR").first.click()
    chooser.value.set_files(file)
    rows = panel.locator("tr.data-grid-data-grid-node")
    expect(rows).to_have_count(len(trace))
    panel.screenshot(path=artifacts / f"har-{scene}.png")
    for hop, row in zip(trace, rows.all_inner_texts(), strict=True):
        name, status, kind, sender = row.split("\t")[:4]
        assert hop.request.path.rpartition("/")[2].partition("?")[0] in name
        assert status == (str(hop.status) if hop.fate == "answered" else hop.fate)
        assert kind == "fetch"
        assert sender == f"https://{hop.source}/"
