"""The web site: every link leads somewhere, every page has its twin, nothing comes from elsewhere, axe is content."""

import json
import struct
import zlib

import nbformat
import pytest
from lab import browser_page
from site_pages import DRAFT, ROOT, broken, is_outside, read, read_all, served

from authpatterns import words
from authpatterns.course import settings
from authpatterns.errors import Misuse
from authpatterns.labs.measured import TABLES
from authpatterns.site import command, tree
from authpatterns.site.extension import Japanese, from_markdown

OTHER = {"ja": "en", "en": "ja"}
LOOKED_AT = (
    "index.html",
    "course/00-index.html",
    "course/05-jwt.html",
    "course/08-centralized.html",
    "course/17-capstone.html",
    "course/glossary.html",
    "course/cheat-sheet.html",
    "gallery/index.html",
    "tables/index.html",
    "tables/attacks.html",
    "docs/design.html",
    "api/index.html",
    "api/tokens.html",
    "search.html",
    "genindex.html",
)
"""One page of each kind."""


@pytest.fixture(scope="module")
def there():
    return settings.load(ROOT / "course")


@pytest.fixture(scope="module")
def lessons(there):
    """Those that were there when the site was built."""
    return tree.written(there, DRAFT)


@pytest.fixture(scope="module")
def site(there, lessons):
    """The site, built with warnings as errors."""
    folder = ROOT / "build" / "site"
    command.build(there, folder, draft=DRAFT)
    return folder.resolve()


@pytest.fixture(scope="module")
def pages(site):
    return read_all(site)


@pytest.fixture(scope="module")
def address(site):
    with served(site) as url:
        yield url


def test_every_link_and_every_anchor_leads_somewhere(site, pages):
    assert len(pages) > 100
    lost = {str(path.relative_to(site)): list(broken(path, page, pages)) for path, page in pages.items()}
    assert {path: links for path, links in lost.items() if links} == {}


def test_a_lost_link_is_found(tmp_path):
    """The walker can fail."""
    (tmp_path / "a.html").write_text('<a href="b.html#x"></a><a href="c.html"></a><img src="d.png"><p id="y">')
    (tmp_path / "b.html").write_text('<a href="a.html#y"></a>')
    pages = read_all(tmp_path)
    lost = [list(broken(path, page, pages)) for path, page in pages.items()]
    assert lost == [["b.html#x", "c.html", "d.png"], []]


def test_each_page_links_to_its_twin(site, pages):
    for path, page in pages.items():
        lang, _, rest = path.relative_to(site).as_posix().partition("/")
        if lang not in OTHER:
            continue
        twin = site / OTHER[lang] / rest
        assert twin in pages, f"{path} has no twin"
        assert page.lang == lang
        assert any((path.parent / link.partition("#")[0]).resolve() == twin for link in page.twins), path


def test_nothing_is_loaded_from_elsewhere(pages):
    assert [(str(path), load) for path, page in pages.items() for load in page.loads if is_outside(load)] == []


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_every_lesson_opens_on_binder(site, there, lessons, lang):
    for lesson in lessons:
        assert there.binder(lesson, lang) in read(site / lang / "course" / f"{lesson.slug}.html").links


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_every_picture_of_a_lesson_is_on_its_page_and_has_words(site, there, lessons, lang):
    """Widgets too: their static form is what is shown."""
    for lesson in lessons:
        book = nbformat.read(there.notebook(lesson, lang), 4)
        outputs = [out.get("data", {}) for cell in book.cells for out in cell.get("outputs", ())]
        images = read(site / lang / "course" / f"{lesson.slug}.html").images
        assert len(images) >= sum(data.get("text/html", "").count("<img ") for data in outputs)
        assert all(image.get("alt") for image in images)


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_every_table_has_a_page_with_all_its_rows(site, lang):
    for name in TABLES:
        kept = tree.FOLDER / f"{name}.json"
        if DRAFT and not kept.exists():
            continue
        assert words.say(f"site.table.{name}", lang) != f"site.table.{name}"
        text = (site / lang / "tables" / f"{name}.html").read_text("utf-8")
        assert text.count("<tr>") == len(json.loads(kept.read_text("utf-8"))["rows"]) + 1


def test_a_missing_lesson_is_named(there, tmp_path):
    (tmp_path / "course.toml").write_bytes((there.root / "course.toml").read_bytes())
    with pytest.raises(Misuse, match="05-jwt"):
        command.build(settings.load(tmp_path), tmp_path / "site")


def test_a_warning_of_sphinx_is_an_error(tmp_path):
    """The tree is one page with a link that leads nowhere."""
    (tmp_path / "work" / "en").mkdir(parents=True)
    (tmp_path / "work" / "en" / "index.md").write_text("# Title\n\n[lost](nowhere.md)\n")
    process = command.sphinx("en", tmp_path / "work", tmp_path / "out")
    assert "nowhere.md" in process.communicate()[0]
    assert process.returncode


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Says `a` and `b c`.", "Says ``a`` and ``b c``."),
        (">>> print('`a`')", ">>> print('`a`')"),
        ("So:\n\n    as it\n    stands\n\nAnd on.", "So:\n\n::\n\n    as it\n    stands\n\nAnd on."),
        ("Args:\n    name: What.\n\n        More.", "Args:\n    name: What.\n\n        More."),
        ("| a | b |\n|---|---|\n| c | d |",
         ".. list-table::\n   :header-rows: 1\n\n   * - a\n     - b\n   * - c\n     - d"),
        ("Alias for field number 3", ""),
    ],
)  # fmt: skip
def test_docstrings_are_read_as_they_are_meant(written, read):
    lines = written.split("\n")
    from_markdown(None, "module", "name", None, None, lines)
    assert "\n".join(lines) == read


# --- as a reader sees it


def pages_to_look_at(site):
    names = ["index.html", *(f"{lang}/{page}" for lang in words.LANGUAGES for page in LOOKED_AT)]
    return [name for name in names if (site / name).exists() or not DRAFT]


WHOLE, CONTRAST = "{}", "{runOnly: ['color-contrast']}"


@pytest.mark.parametrize(("dark", "rules"), [(False, WHOLE), (True, CONTRAST)], ids=["light", "dark"])
def test_axe_finds_nothing(chromium, axe, site, address, dark, rules):
    """Every rule over every kind of page; in the dark, the one rule that colours can break."""
    found = {}
    with browser_page(chromium, dark=dark) as page:
        for name in pages_to_look_at(site):
            page.goto(f"{address}/{name}")
            page.evaluate(axe)
            violations = page.evaluate(f"async () => (await axe.run(document, {rules})).violations")
            found |= {(name, each["id"]): [node["html"][:150] for node in each["nodes"]][:3] for each in violations}
        assert page.errors == []
        assert page.hosts == {address.removeprefix("http://")}
    assert found == {}


def test_axe_can_find_something(chromium, axe):
    with browser_page(chromium) as page:
        page.set_content('<html lang="en"><title>x</title><main><h1>x</h1><img src="data:,"></main></html>')
        page.evaluate(axe)
        violations = page.evaluate("async () => (await axe.run(document)).violations")
    assert "image-alt" in [each["id"] for each in violations]


@pytest.mark.parametrize(
    ("lang", "query", "page"),
    [
        ("ja", "署名検証", "course/05-jwt"),
        ("ja", "単一障害点", "course/02-sso"),
        ("ja", "JWTパターン", "course/05-jwt"),
        ("en", "denylist", "course/05-jwt"),
    ],
)
def test_search_finds(chromium, address, lang, query, page):
    with browser_page(chromium) as browser:
        browser.goto(f"{address}/{lang}/search.html?q={query}")
        browser.wait_for_selector(f'#search-results a[href^="{page}.html"]')
        browser.wait_for_function("() => !document.querySelector('#search-progress')?.textContent.includes('...')")
        assert browser.errors == []


def test_the_splitter_in_the_browser_cuts_as_the_index_does(chromium):
    texts = ["署名検証はJWTで行う", "access_token を Cookie に", "a", "あ", "RFC 9068の第2.2節", "サインアウト（失効）"]
    with browser_page(chromium) as page:
        page.set_content(f"<script>{Japanese.js_splitter_code}</script>")
        for text in texts:
            assert page.evaluate("text => splitQuery(text)", text) == Japanese({}).split(text)


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_pages_fit_a_phone_and_are_kept_as_pictures(chromium, site, address, artifacts, lang):
    with browser_page(chromium, dark=lang == "ja") as page:
        page.set_viewport_size({"width": 390, "height": 844})
        for name in pages_to_look_at(site):
            if name.startswith(lang):
                page.goto(f"{address}/{name}")
                assert page.evaluate("document.documentElement.scrollWidth") <= 390, name
        page.goto(f"{address}/{lang}/course/05-jwt.html")
        page.screenshot(path=artifacts / f"site-{lang}-phone.png")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pictures_follow_the_theme_that_the_reader_chose(chromium, address, theme):
    """The system says the opposite; the button of the page decides."""
    with browser_page(chromium, dark=theme == "light") as page:
        page.add_init_script(f"localStorage.setItem('theme', '{theme}')")
        page.goto(f"{address}/en/course/05-jwt.html")
        picture = page.locator("article img").first
        picture.evaluate("image => window.scrollBy(0, image.getBoundingClientRect().top - 300)")
        box = picture.bounding_box()
        inside = {"x": box["x"] + 30, "y": box["y"] + 6, "width": 4, "height": 4}
        assert page.evaluate("getComputedStyle(document.body).colorScheme") == theme
        assert (first_pixel(page.screenshot(clip=inside)) > 128) == (theme == "light")


def first_pixel(png):
    """How bright it is, 0 to 255. No filter of PNG changes the first pixel of the first line."""
    chunks, at = b"", 8
    while at < len(png):
        (size,) = struct.unpack(">I", png[at : at + 4])
        chunks += png[at + 8 : at + 8 + size] if png[at + 4 : at + 8] == b"IDAT" else b""
        at += size + 12
    return sum(zlib.decompress(chunks)[1:4]) / 3
