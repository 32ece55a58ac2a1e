"""The built site as a reader's browser would see it: pages with their links, and a server for them."""

import contextlib
import functools
import os
import threading
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parents[2]
DRAFT = os.environ.get("AUTHPATTERNS_BROWSER") != "required"
"""On a fresh machine every lesson must be there."""


@dataclass
class Page:
    """What matters of one HTML page."""

    lang: str = ""
    anchors: set = field(default_factory=set)
    links: list = field(default_factory=list)
    loads: list = field(default_factory=list)
    images: list = field(default_factory=list)
    twins: list = field(default_factory=list)


class Reader(HTMLParser):
    """Fills a `Page`."""

    def __init__(self):
        super().__init__()
        self.page = Page()

    def handle_starttag(self, tag, attrs):
        has = dict(attrs)
        page = self.page
        page.anchors |= {has[name] for name in ("id", "name") if has.get(name)}
        if tag == "html":
            page.lang = has.get("lang", "")
        if tag == "a" and "href" in has:
            page.links.append(has["href"])
            page.twins += [has["href"]] if "hreflang" in has else []
        if tag == "img":
            page.images.append(has)
        if has.get("src"):
            page.loads.append(has["src"])
        if tag == "link" and has.get("rel") in ("stylesheet", "icon", "preload"):
            page.loads.append(has["href"])
        if tag == "link" and has.get("rel") in ("next", "prev", "index", "search", "alternate", "author", "canonical"):
            page.links.append(has["href"])


def read(path):
    reader = Reader()
    reader.feed(path.read_text("utf-8"))
    return reader.page


def read_all(folder):
    """Every page below `folder`, by path."""
    return {path.resolve(): read(path) for path in sorted(folder.rglob("*.html"))}


def is_outside(address):
    return urlsplit(address).scheme in ("http", "https", "mailto") or address.startswith("//")


def broken(path, page, pages):
    """The links and files of `page` that lead nowhere."""
    for address in [*page.links, *page.loads]:
        if is_outside(address) or address.startswith("data:"):
            continue
        parts = urlsplit(address)
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        anchors = pages[target].anchors if target in pages and parts.fragment else {unquote(parts.fragment)}
        if not target.is_file() or unquote(parts.fragment) not in anchors:
            yield address


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@contextlib.contextmanager
def served(folder):
    """The address of a server that gives out static files, as any web server would."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
