"""The explorer in both of Lab's themes and both languages, as it is seen at 1280 pixels."""

import pytest
from explorer_page import On, violations
from lab import Lab, Notebook, brightness, browser_page
from playwright.sync_api import expect

from authpatterns import words

SHOWN = {
    "en": "jwt+hybrid;seed=7;wait=3m;outage=control-plane@5s;step=3",
    "ja": "sso+delegated;story=second-service;seed=7;step=6",
}


def is_ours(message):
    """An error, but for those of Lab's extensions that have nothing to do with widgets and may be installed here."""
    return message.type == "error" and "/lab/extensions/@jupyterlite/" not in message.text


@pytest.mark.parametrize("lang", words.LANGUAGES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_light_and_dark_in_both_languages(explored, chromium, artifacts, axe, lang, theme):
    dark = theme == "dark"
    with Lab(explored, theme="JupyterLab Dark" if dark else "") as lab, browser_page(chromium, dark=dark) as page:
        said = []
        page.on("console", lambda message: said.append(message.text) if is_ours(message) else None)
        page.set_viewport_size({"width": 1280, "height": 1000})
        notebook = Notebook(lab, page, f"{lang}/explorer.ipynb")
        notebook.run_all()
        explorer = On(page, notebook.cell("show").locator(".authpatterns-explorer"))
        explorer.load(SHOWN[lang])
        expect(explorer.form.locator("legend").first).to_have_text(words.say("explorer.group.choice", lang))
        expect(explorer.picture).to_be_visible()
        assert (brightness(explorer.picture) < 80) == dark
        for part in ("choice", "shown"):
            explorer.form.locator(f".piece-{part}").scroll_into_view_if_needed()
            page.screenshot(path=artifacts / f"explorer-{lang}-{theme}-{part}.png")
        assert violations(page, axe) == []
        assert page.errors == said == []
