"""Reading Markdown as far as two languages can be compared by it."""

from __future__ import annotations

import re

KANA_OR_KANJI = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f々〆]")

_FENCE = re.compile(r"^(`{3,}|~{3,})[^\n]*\n.*?^\1[`~]*[ \t]*$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_HEADING = re.compile(r"^(#{1,6})[ \t]", re.MULTILINE)
_LINK = re.compile(r"\]\(\s*<?([^)\s>]+)[^)]*\)|<(https?://[^>\s]+)>|(?:href|src)=\"([^\"]+)\"")
_IMAGE = re.compile(r"!\[([^\]]*)\]\([^)]*\)")
_IMG = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
_ALT = re.compile(r"""\balt=("\s*[^"\s]|'\s*[^'\s])""")
_TAG = re.compile(r"<[^>]+>")
_WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*")


def headings(text: str) -> list[int]:
    """The levels of the headings, in order."""
    return [len(mark) for mark in _HEADING.findall(without_fences(text))]


def fences(text: str) -> list[str]:
    """The fenced blocks, in order."""
    return [match[0] for match in _FENCE.finditer(text)]


def links(text: str) -> list[str]:
    """Where links and images lead, sorted."""
    found = (next(filter(None, match)) for match in _LINK.findall(without_code(text)))
    return sorted(found)


def terms(text: str) -> list[str]:
    """The different terms in backticks, sorted."""
    return sorted({match[2] for match in _SPAN.finditer(without_fences(text))})


def without_fences(text: str) -> str:
    """Without fenced blocks."""
    return _FENCE.sub("", text)


def without_code(text: str) -> str:
    """Without fenced blocks and terms in backticks."""
    return _SPAN.sub("", without_fences(text))


def plain(text: str) -> str:
    """What a reader reads: no code, no tags, no addresses."""
    text = re.sub(r"\]\([^)]*\)", "]", _TAG.sub(" ", without_code(text)))
    return re.sub(r"https?://\S+", " ", text)


def paragraphs(text: str) -> list[str]:
    """The paragraphs and list items, as a reader reads them."""
    return [part.strip() for part in re.split(r"\n\s*\n|\n(?=\s*[-*|]|\s*\d+\. )", plain(text)) if part.strip()]


def words(text: str) -> list[str]:
    """The Latin words a reader reads."""
    return _WORD.findall(plain(text))


def images_without_alt(html: str) -> list[str]:
    """The images in HTML or Markdown that nobody described."""
    tags = [tag for tag in _IMG.findall(html) if not _ALT.search(tag)]
    return [tag[:60] for tag in tags] + [match[0] for match in _IMAGE.finditer(html) if not match[1].strip()]
