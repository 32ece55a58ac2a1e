"""Controls that change a run: move one, and the diagram and the sentence below it change.

State-based: a control changes, `compute` runs again, its result becomes the value of one `HTML` widget. There is no
output area to clear, so a later cell can set a control and show the result, and a strict comparison of notebooks
checks it. A page that runs nothing (GitHub, nbviewer) shows the controls' values and the result as they were.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import ipywidgets as ipy  # type: ignore[import-untyped]

from authpatterns import words
from authpatterns.errors import Misuse, Problem
from authpatterns.labs.table import aligned
from authpatterns.notebook.display import ONE_LINE, html_of, text_of
from authpatterns.notebook.sentences import first_known, t

Control = bool | tuple[float, ...] | list[Any]
WIDE = {"description_width": "initial"}


class WhatIf:
    """A run with controls.

    Args:
        compute: Called with the controls' values by name; gives what is to be shown: text, a drawing, a table, or
            several of them in a list.
        controls: By name; `True` or `False` is a check box, `(start, stop, step)` a slider that begins at `start`, a
            list a choice that begins with its first element. The description of a control is the sentence
            `control.<name>.label`, that of an option `control.<name>.option-<option>` or the option itself.

    Attributes:
        controls: The ipywidgets by name: `w.controls["minutes"].value = 5`.
    """

    def __init__(self, compute: Callable[..., Any], **controls: Control) -> None:
        self._compute = compute
        self.controls = {name: _widget(name, given) for name, given in controls.items()}
        self._view = ipy.HTML()
        for control in self.controls.values():
            control.observe(self._update, names="value")
        self._update()
        self._box = ipy.VBox([*self.controls.values(), self._view])

    @property
    def values(self) -> dict[str, Any]:
        """What the controls say now."""
        return {name: control.value for name, control in self.controls.items()}

    def set(self, **values: Any) -> WhatIf:
        """Set controls by name, as a hand on them would, and give the whole back to be shown.

        Raises:
            Misuse: there is no such control, or it cannot take the value.
        """
        for name, value in values.items():
            if name not in self.controls:
                raise Misuse("notebook.no-control", name=name, known=", ".join(self.controls))
            _set(name, self.controls[name], value)
        return self

    @property
    def text(self) -> str:
        """The result in plain text."""
        return text_of(self._result)

    def _update(self, _change: Any = None) -> None:
        try:
            self._result = self._compute(**self.values)
        except Problem as problem:
            self._result = str(problem)
        self._view.value = f'<div role="status">{html_of(self._result)}</div>'

    # --- shown

    def __repr__(self) -> str:
        lines = [f"{control.description}: {_shown(control)}" for control in self.controls.values()]
        return "\n".join([*lines, self.text])

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, Any]:
        live = self._box._repr_mimebundle_()
        return {**live, "text/html": self._static(), "text/plain": repr(self)}

    def _static(self) -> str:
        rows = "".join(map(_row, self.controls.values()))
        caption = escape(t("control.static"))
        return f"<table><caption{ONE_LINE}>{caption}</caption><tbody>{rows}</tbody></table>\n{html_of(self._result)}"


def _widget(name: str, given: Control) -> Any:
    description = str(t(f"control.{name}.label"))
    layout = ipy.Layout(width="44em", max_width="100%")
    if isinstance(given, bool):
        return ipy.Checkbox(value=given, description=description, indent=False, layout=layout)
    if isinstance(given, list):
        options = [(_option(name, option), option) for option in given]
        return ipy.Dropdown(options=options, value=given[0], description=description, style=WIDE, layout=layout)
    start, stop, step = given
    kind = ipy.IntSlider if all(isinstance(number, int) for number in given) else ipy.FloatSlider
    return kind(value=start, min=start, max=stop, step=step, description=description, style=WIDE, layout=layout)


def _option(name: str, option: Any) -> str:
    return words.say(first_known(f"control.{name}.option-{option}", str(option)))


def _set(name: str, control: Any, value: Any) -> None:
    try:
        control.value = value
    except Exception as error:  # traitlets raises more than one kind
        raise Misuse("notebook.control-value", name=name, value=value) from error
    if control.value != value:
        raise Misuse("notebook.control-value", name=name, value=value)


def _row(control: Any) -> str:
    head = f'<th scope="row"{aligned(False)}>{escape(control.description)}</th>'
    return f"<tr>{head}<td{aligned(False)}>{escape(_shown(control))}</td></tr>"


def _shown(control: Any) -> str:
    if isinstance(control.value, bool):
        return words.say("table.yes" if control.value else "table.no")
    return str(getattr(control, "label", control.value))
