"""The explorer on the screen: the pure parts as HTML, carried to the browser piece by piece.

A move of a control comes as a message, changes the scene, and only those pieces whose HTML has changed go back. A page
that runs nothing (GitHub, nbviewer) shows the same state as text and pictures.

Examples:
    >>> words.use("en")
    >>> explorer = Explorer("jwt+hybrid;seed=7;outage=pdp@5s")
    >>> print(explorer.set(wait=600).text.splitlines()[-1])
    alice signs out: 204 No Content.
    >>> explorer.to_code()
    'jwt+hybrid;seed=7;wait=10m;outage=control-plane@5s'
    >>> words.use(None)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from html import escape
from importlib import resources
from typing import Any

import anywidget
import traitlets

from authpatterns import words
from authpatterns.draw import Drawing
from authpatterns.errors import Misuse, Problem
from authpatterns.notebook.display import ONE_LINE, html_of, text_of
from authpatterns.notebook.explorer import controls, told
from authpatterns.notebook.explorer.inspector import inspect
from authpatterns.notebook.explorer.play import play
from authpatterns.notebook.explorer.scene import Scene
from authpatterns.notebook.explorer.views import compare, look, sequence
from authpatterns.notebook.explorer.warm import warm_up

_STATIC = ("authn", "authz", "story", "wait", "seed", "attack", "world", "view", "code")
"""Controls whose values a page shows that runs nothing; settings and faults stand in the code."""


def _file(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text("utf-8")


class Explorer(anywidget.AnyWidget):
    """One screen where any pattern can be run, stepped through, broken and compared.

    Args:
        code: A text such as `jwt+hybrid;seed=7;outage=pdp@5s` (see `from_code`), or a `Scene`.
        settings: Members of `Scene` by name, in place of what the code says.

    Raises:
        Misuse: something of it is not possible; the sentence says what is.
    """

    _esm = _file("explorer.js")
    _css = _file("explorer.css")

    choice = traitlets.Unicode().tag(sync=True)
    settings = traitlets.Unicode().tag(sync=True)
    faults = traitlets.Unicode().tag(sync=True)
    attack = traitlets.Unicode().tag(sync=True)
    code = traitlets.Unicode().tag(sync=True)
    bar = traitlets.Unicode().tag(sync=True)
    told = traitlets.Unicode().tag(sync=True)
    shown = traitlets.Unicode().tag(sync=True)
    beside = traitlets.Unicode().tag(sync=True)
    values = traitlets.Dict().tag(sync=True)

    def __init__(self, code: str | Scene = "jwt+distributed", **settings: Any) -> None:
        self._scene = _with(code if isinstance(code, Scene) else Scene.from_code(code), settings)
        super().__init__(**_state(self._scene, "", 0))
        self.on_msg(self._on_message)

    # --- in a program

    @classmethod
    def from_code(cls, code: str) -> Explorer:
        """The explorer in the state that `code` stands for.

        Raises:
            Misuse: the code cannot be read, or asks for something that is not possible; the sentence says what is.
        """
        return cls(code)

    def to_code(self) -> str:
        """The text that stands for the present state; `from_code` gives it back."""
        return self.scene.to_code()

    def set(self, **values: Any) -> Explorer:
        """Change members of the scene by name, and give the whole back to be shown.

        Raises:
            Misuse: there is no such member, or it cannot have that value.
        """
        self._go(_with(self.scene, values))
        return self

    @property
    def scene(self) -> Scene:
        """The present state."""
        return self._scene

    @property
    def text(self) -> str:
        """What happened and why, in plain text."""
        with words.speaking(self.scene.lang or None):
            return "\n".join(told.sentences(self.scene))

    # --- at a reader's hand

    def _on_message(self, _widget: Any, content: Mapping[str, Any], _buffers: Any) -> None:
        """A control was moved."""
        try:
            self._go(controls.moved(self.scene, content["name"], content["value"]), heard=content["number"])
        except Problem as problem:
            with words.speaking(self.scene.lang or None):
                said = str(problem)
            self._go(self.scene, said, content["number"])

    def _go(self, scene: Scene, problem: str = "", heard: int | None = None) -> None:
        self._scene = scene
        with self.hold_sync():
            for name, value in _state(scene, problem, self.values["heard"] if heard is None else heard).items():
                self.set_trait(name, value)

    # --- shown

    def __repr__(self) -> str:
        with words.speaking(self.scene.lang or None):
            rows = [f"{label}: {value}" for label, value in _rows(self.scene)]
            return "\n".join([*rows, *told.sentences(self.scene), *map(text_of, _views(self.scene))])

    def _repr_mimebundle_(self, **_options: Any) -> Any:
        warm_up()
        live: Any = super()._repr_mimebundle_()
        data, *more = live if isinstance(live, tuple) else (live,)
        with words.speaking(self.scene.lang or None):
            bundle = {**(data or {}), "text/html": _static(self.scene), "text/plain": repr(self)}
        return (bundle, *more) if more else bundle


def _with(scene: Scene, values: Mapping[str, Any]) -> Scene:
    known = [field.name for field in fields(Scene)]
    for name in values:
        if name not in known:
            raise Misuse("notebook.no-control", name=name, known=", ".join(known))
    return scene.changed(**values)


# --- the pieces of the screen


def _state(scene: Scene, problem: str, heard: int) -> dict[str, Any]:
    """Everything that the browser is told: of each piece its HTML, and what the controls stand at.

    `heard` is the number of the move that this answers.
    """
    with words.speaking(scene.lang or None):
        pieces = {"told": _told(scene, problem), "shown": _shown(scene), "beside": _beside(scene)}
        return {**controls.groups(scene), **pieces, "values": {**controls.values(scene), "heard": heard}}


def _told(scene: Scene, problem: str) -> str:
    alarm = f'<p role="alert" class="problem">{escape(problem)}</p>' if problem else ""
    return alarm + _list(told.sentences(scene))


def _list(sentences: tuple[str, ...]) -> str:
    return f"<ol>{''.join(f'<li>{escape(sentence)}</li>' for sentence in sentences)}</ol>"


def _shown(scene: Scene) -> str:
    """The view in a place of its own that scrolls, so that a large picture keeps its size."""
    view = look(scene)
    wide, mark = "", ""
    picture = view.picture if isinstance(view, Drawing | compare.Side) else None
    if picture is not None:
        least = ";--least:0.6" if scene.view == "compare" else ""
        wide = f' style="--wide:{picture.width:.0f}{least}"'
    if scene.view == "sequence" and (height := sequence.height_of_mark(view)) is not None:
        mark = f' data-mark="{height / view.picture.height:.4f}"'
    name = escape(words.say(f"explorer.view.{scene.view}"))
    paper = f'<div class="paper"{wide}>{html_of(view)}</div>'
    return f'<div class="scroll" tabindex="0" role="group" aria-label="{name}"{mark}>{paper}</div>'


def _beside(scene: Scene) -> str:
    if scene.view != "sequence":
        return ""
    message = sequence.current(scene)
    name = escape(words.say("explorer.inspect.name"))
    sheet = inspect(message, play(scene)) if message else words.say("explorer.inspect.none")
    return f'<div class="scroll" tabindex="0" role="group" aria-label="{name}">{html_of(sheet)}</div>'


# --- where nothing runs


def _rows(scene: Scene) -> list[tuple[str, str]]:
    values = controls.values(scene)
    return [
        (words.say(f"explorer.label.{name}"), controls.word(name, str(values[name])))
        for name in _STATIC
        if values[name]
    ]


def _views(scene: Scene) -> list[Any]:
    message = sequence.current(scene) if scene.view == "sequence" else None
    return [look(scene), *([inspect(message, play(scene))] if message else [])]


def _static(scene: Scene) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>' for name, value in _rows(scene)
    )
    table = f"<table><caption{ONE_LINE}>{escape(words.say('control.static'))}</caption><tbody>{rows}</tbody></table>"
    return "\n".join([table, _list(told.sentences(scene)), *map(html_of, _views(scene))])
