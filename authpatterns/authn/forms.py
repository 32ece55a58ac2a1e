"""What a person does with a page: fill in its form, or press its button."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

from authpatterns.browser import Browser
from authpatterns.messages import Response, Url


@dataclass(slots=True)
class Form:
    """A form on a page.

    Attributes:
        action: Where it is sent.
        fields: Names and the values they already have, hidden ones too.
    """

    action: str
    fields: dict[str, str] = field(default_factory=dict)


def form_on(page: Response) -> Form | None:
    """The first form on `page` that is sent by POST, or None."""
    reader = _Reader()
    reader.feed(page.body if page.headers.get("content-type").startswith("text/html") else "")
    return reader.forms[0] if reader.forms else None


async def fill_in(browser: Browser, page: Response, username: str, password: str) -> Response:
    """Fill in the form on `page`; where there is none, nobody has to sign in."""
    form = form_on(page)
    if form is None:
        return page
    return await _send(browser, form, form.fields | {"username": username, "password": password})


async def confirm(browser: Browser, page: Response) -> Response:
    """Press the button on `page`, if it asks whether one is sure."""
    form = form_on(page)
    return page if form is None else await _send(browser, form, form.fields)


async def _send(browser: Browser, form: Form, fields: dict[str, str]) -> Response:
    """Send the form from the page it stands on, which its action may be relative to."""
    page = Url.parse(browser.location).origin
    return await browser.visit(urljoin(browser.location, form.action), fields, page=page)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = given.get("method", "").lower() == "post"
            if self._inside:
                self.forms.append(Form(given.get("action", "")))
        elif tag == "input" and self._inside and given.get("name"):
            self.forms[-1].fields[given["name"]] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
