"""What the site adds to Sphinx: each page knows its twin, and Japanese can be searched."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from sphinx.application import Sphinx
from sphinx.search import SearchLanguage

from authpatterns import words

ENGLISH_ONLY = ("docs/", "api/")
"""Pages whose text is English in both builds."""

_LABELS = ("pages", "headings")
_RUN = re.compile(r"[぀-ヿ㐀-鿿豈-﫿々]+|[^\W぀-ヿ㐀-鿿豈-﫿々]+")
_BACKTICKS = re.compile(r"(?<![`:\w])`([^`]+)`(?![`_])")
_JAPANESE = re.compile(r"[぀-ヿ㐀-鿿豈-﫿々]")


class Japanese(SearchLanguage):
    """Japanese by pairs of signs, as search engines do without a dictionary: 署名検証 is 署名, 名検, 検証.

    Sphinx's own splitter cuts by a dictionary when it indexes and not at all when it asks, so a compound is not found.
    Here both sides cut in the same way.

    Examples:
        >>> Japanese({}).split("署名検証はJWTで行う")
        ['署名', '名検', '検証', '証は', 'jwt', 'で行', '行う']
    """

    lang = "ja"
    language_name = "Japanese"
    js_splitter_code = r"""
var splitQuery = (query) => {
  const japanese = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u3005";
  const other = `(?![${japanese}])[\\p{L}\\p{M}\\p{N}_]`;
  const runs = query.toLowerCase().match(new RegExp(`[${japanese}]+|(?:${other})+`, "gu")) || [];
  return runs.flatMap((run) => {
    const signs = Array.from(run);
    if (signs.length < 2 || !new RegExp(`[${japanese}]`).test(run)) return [run];
    return signs.slice(1).map((sign, at) => signs[at] + sign);
  });
};
"""

    def split(self, input: str) -> list[str]:  # noqa: A002  (Sphinx's name for it)
        """The words of a text: pairs of Japanese signs, and whatever else is written as a word."""
        return [pair for run in _RUN.findall(input.lower()) for pair in _pairs(run)]

    def word_filter(self, word: str) -> bool:
        """All words count."""
        return bool(word)


def _pairs(run: str) -> list[str]:
    if len(run) < 2 or not _JAPANESE.match(run):
        return [run]
    return [run[at : at + 2] for at in range(len(run) - 1)]


def tell_page(app: Sphinx, page: str, _template: str, context: dict[str, Any], _doctree: object) -> None:
    """Tell the templates where the page stands in the other language, and what its parts are called.

    English text in a Japanese page is marked as such.
    """
    lang = app.config.language
    other = next(each for each in words.LANGUAGES if each != lang)
    context["twin"] = f"{context['content_root']}../{other}/{page}.html"
    context["twin_language"] = other
    context["twin_name"] = words.say("course.language", other)
    context["label_pages"], context["label_headings"] = (words.say(f"site.label.{name}", lang) for name in _LABELS)
    link = f'<link rel="alternate" hreflang="{other}" href="{context["twin"]}">'
    context["metatags"] = "\n".join([context.get("metatags", ""), link])
    if "furo_navigation_tree" in context:  # the theme's headings in the sidebar do not say their level
        level = 'role="heading" aria-level="2"'
        context["furo_navigation_tree"] = context["furo_navigation_tree"].replace('role="heading"', level)
    if lang != "en" and page.startswith(ENGLISH_ONLY) and "body" in context and app.env.metadata[page].get("english"):
        context["body"] = f'<div lang="en">{context["body"]}</div>'


# --- docstrings


def from_markdown(_app: Sphinx, _what: str, _name: str, _thing: object, _options: object, lines: list[str]) -> None:
    """Docstrings are written to be read in an editor: an indented block is as it stands, and a table is a table.

    What stands in single backticks is text as it is typed, which docutils writes with two. What Python itself says of
    the fields of a named tuple says nothing.
    """
    if lines and lines[0].startswith("Alias for field number"):
        lines.clear()
    lines[:] = [_typed(line) for line in _blocks_as_they_stand(_tables(lines))]


def _typed(line: str) -> str:
    return line if line.lstrip().startswith(">>>") else _BACKTICKS.sub(r"``\1``", line)


def _tables(lines: list[str]) -> Iterator[str]:
    """Markdown tables as docutils wants them."""
    for is_table, found in groupby(lines, lambda line: line.startswith("|")):
        rows = list(found)
        yield from _list_table(rows) if is_table and len(rows) > 2 else rows


def _list_table(rows: list[str]) -> Iterator[str]:
    yield from (".. list-table::", "   :header-rows: 1", "")
    for row in (rows[0], *rows[2:]):
        first, *others = (cell.strip() for cell in row.strip("|").split("|"))
        yield from (f"   * - {first}", *(f"     - {cell}" for cell in others))


def _blocks_as_they_stand(lines: Iterable[str]) -> Iterator[str]:
    """An indented block after a blank line is a literal block, unless the text before it is indented too."""
    before, blank = "", False
    for line in lines:
        if blank and line.startswith("    ") and before and not before.startswith((" ", "..")):
            yield from ("::", "")
        yield line
        blank = not line.strip()
        before = before if blank else line


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.add_search_language(Japanese)
    app.connect("html-page-context", tell_page, priority=900)  # after the theme
    app.connect("autodoc-process-docstring", from_markdown, priority=400)  # before napoleon, which builds such blocks
    return {"parallel_read_safe": True, "parallel_write_safe": True}
