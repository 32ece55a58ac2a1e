"""What a drawing function gives back: a value that shows itself in a notebook, on a terminal and in a file."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path as File
from typing import Any

from authpatterns.draw import svg
from authpatterns.draw.shapes import Picture


@dataclass
class Drawing:
    """A picture and the same in words.

    In a notebook it goes out as an `img` element with a `data:` address: measured in JupyterLab 4.6, only that form is
    shown in a notebook that is not trusted yet, has an accessible name, and follows the theme.

    Attributes:
        picture: The picture as values; None where there is none to show, and the text stands for it.
        text: The same in words.
        theme: "auto", "light" or "dark".
    """

    picture: Picture | None
    text: str
    theme: svg.Theme = "auto"

    @cached_property
    def svg(self) -> str:
        """The picture as an SVG document; "" where there is none."""
        return "" if self.picture is None else svg.write(self.picture, self.theme)

    @property
    def alt(self) -> str:
        """What is said in the picture's place."""
        if self.picture is None or self.text.startswith(self.picture.title):
            return self.text
        return f"{self.picture.title}\n{self.text}"

    @property
    def html(self) -> str:
        """For a web page or a notebook."""
        if self.picture is None:
            return f"<pre>{escape(self.text)}</pre>"
        data = base64.b64encode(self.svg.encode()).decode()
        style = "max-width:100%;height:auto"
        return f'<img alt="{escape(self.alt)}" style="{style}" src="data:image/svg+xml;base64,{data}">'

    def save(self, path: str | File) -> File:
        """Write the SVG document to a file, and give its path."""
        file = File(path)
        file.write_bytes(self.svg.encode())
        return file

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": self.text}
