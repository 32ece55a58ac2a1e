"""The form in which a lesson is written: one Markdown file for both languages, each code cell once.

    <!-- text: why -->
    <!-- ja -->
    まず動かす。
    <!-- en -->
    Run it first.

    <!-- code: first-run -->
    ```python
    alice.sign_in()
    ```

The word after `text:` or `code:` is the cell's id; words after it are tags. `<!-- generated: contents -->` stands for
the list of lessons. So the code of both notebooks is the same by construction, and a text stands beside its
translation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from authpatterns.course import books
from authpatterns.errors import Misuse

MARK = re.compile(r"<!-- (text|code|generated): ([A-Za-z0-9_-]{1,64})((?: [a-z-]+)*) -->")
SIDE = re.compile(r"<!-- (ja|en) -->")
FENCE = re.compile(r"```python\n(.*\n)?```", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """One cell of both notebooks.

    Attributes:
        kind: "text", "code" or "generated".
        id: The cell's.
        tags: The cell's.
        ja, en: The text, or in both the code.
    """

    kind: str
    id: str
    tags: tuple[str, ...]
    ja: str
    en: str

    def text(self, lang: str) -> str:
        """The text in one language."""
        return self.ja if lang == "ja" else self.en


def parse(path: Path) -> list[Block]:
    """The blocks of a lesson's file.

    Raises:
        Misuse: the file is missing, or a block is not in the form described above; the sentence names the line.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise Misuse("course.source-missing", file=str(path)) from error
    blocks = [_block(path, start, mark, body) for start, mark, body in _split(path, lines)]
    for block in blocks:
        if sum(other.id == block.id for other in blocks) > 1:
            raise Misuse("course.source-id", file=str(path), cell=block.id)
    return blocks


def _split(path: Path, lines: list[str]) -> Iterator[tuple[int, re.Match[str], str]]:
    starts = [(at, mark) for at, line in enumerate(lines) if (mark := MARK.fullmatch(line))]
    first = starts[0][0] if starts else len(lines)
    if any(line.strip() for line in lines[:first]):
        raise Misuse("course.source-form", file=str(path), line=1, cell="-")
    ends = [at for at, _ in starts[1:]] + [len(lines)]
    for (at, mark), end in zip(starts, ends, strict=True):
        yield at + 1, mark, "\n".join(lines[at + 1 : end]).strip()


def _block(path: Path, line: int, mark: re.Match[str], body: str) -> Block:
    kind, cell_id, tags = mark[1], mark[2], tuple(mark[3].split())
    wrong = Misuse("course.source-form", file=str(path), line=line, cell=cell_id)
    if kind == "generated":
        return Block(kind, cell_id, tags, "", "")
    if kind == "code":
        fence = FENCE.fullmatch(body)
        if fence is None:
            raise wrong
        source = (fence[1] or "").rstrip()
        return Block(kind, cell_id, tags, source, source)
    parts = SIDE.split(body)
    if [parts[0].strip(), *parts[1::2]] != ["", "ja", "en"]:
        raise wrong
    return Block(kind, cell_id, tags, parts[2].strip(), parts[4].strip())


def write(pair: books.Twins, path: Path) -> None:
    """Write the two notebooks of a lesson as its source file, for a lesson that was edited in Jupyter."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cells = [(ja, en) for ja, en in pair.pairs() if ja.id not in ("navigation", "navigation-end")]
    path.write_text("\n".join(_written(ja, en) for ja, en in cells), "utf-8")


def _written(ja: books.Cell, en: books.Cell) -> str:
    tags = "".join(f" {tag}" for tag in ja.metadata.get("tags", ()))
    if ja.metadata.get(books.GENERATED):
        return f"<!-- generated: {ja.id}{tags} -->\n"
    if ja.cell_type == "code":
        return f"<!-- code: {ja.id}{tags} -->\n```python\n{ja.source}\n```\n"
    return f"<!-- text: {ja.id}{tags} -->\n<!-- ja -->\n{ja.source}\n\n<!-- en -->\n{en.source}\n"
