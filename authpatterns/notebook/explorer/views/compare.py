"""Two scenes side by side: the one that was kept, and the present one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from authpatterns import draw, words
from authpatterns.draw import labels
from authpatterns.notebook.display import Shown, html_of, table, text_of
from authpatterns.notebook.explorer import told
from authpatterns.notebook.explorer.play import play
from authpatterns.notebook.explorer.scene import Scene
from authpatterns.notebook.explorer.views.measurements import cost


def show(scene: Scene) -> Any:
    """Both diagrams, aligned, and what each cost; where nothing was kept, how to keep something."""
    if scene.against is None:
        return words.say("explorer.compare.nothing")
    pair = (scene.against, scene.played)
    titles = (pair[0].to_code(), pair[1].to_code())
    drawing = draw.compare(play(pair[0]).trace, play(pair[1]).trace, titles=titles)
    figures = _figures(pair)
    return Side(drawing, Shown(text_of(figures), html_of(figures)))


class Side(Shown):
    """A drawing with a table below it.

    Attributes:
        picture: The drawing's own, so that its size is known.
    """

    def __init__(self, drawing: draw.Drawing, figures: Shown) -> None:
        super().__init__(f"{drawing.text}\n\n{figures.text}", f"{drawing.html}\n{figures.rich}")
        self.picture = drawing.picture


def _figures(pair: Sequence[Scene]) -> Shown:
    rows = [_row(side, scene) for side, scene in zip(("left", "right"), pair, strict=True)]
    return table(rows, caption="explorer.compare.figures", headings="explorer.measure")


def _row(side: str, scene: Scene) -> dict[str, object]:
    spent = cost(play(scene).trace)
    return {
        "side": words.say(f"draw.compare.{side}"),
        "messages": spent.messages,
        "bytes": spent.size,
        "credentials": spent.credentials,
        "time": labels.span(spent.seconds, words.language()),
        "happened": " ".join(told.sentences(scene)[-1:]),
    }
