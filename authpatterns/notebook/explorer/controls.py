"""The controls as HTML, and what each of them does to a scene. No widget here: `shell` carries both to and fro.

Every control is the browser's own element inside its label, so it has a name, works with the keyboard alone and looks
as the reader's system has it. A control's `name` says what it sets; `values` says what it stands at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from html import escape
from typing import Any

from authpatterns import catalogue, stories, words
from authpatterns.draw import labels
from authpatterns.errors import Misuse
from authpatterns.labs.attacks import listed
from authpatterns.notebook.explorer.code import time, write_time
from authpatterns.notebook.explorer.play import story_of
from authpatterns.notebook.explorer.scene import (
    KINDS,
    MOST_FAULTS,
    VIEWS,
    Attack,
    Fault,
    Scene,
    Settings,
    Value,
    defaults_of,
    kinds_of,
)
from authpatterns.notebook.explorer.views import sequence
from authpatterns.notebook.sentences import first_known

WAITS = (0, 5, 30, 60, 300, 840, 960, 3600, 28_800, 86_400)
"""Seconds that are offered; a scene from a code may have others."""

SLOW, LOSS = 2.0, 0.5
"""Where a new fault begins: seconds of delay, share of lost messages."""

WAYS = ("first", "previous", "next", "last")
_YES, _NO = "yes", "no"


# --- what the controls are


def groups(scene: Scene) -> dict[str, str]:
    """The groups of controls by name; a group whose HTML is the same need not be drawn again."""
    return {
        "choice": _group("choice", _choice(scene), False),
        "settings": _settings(scene),
        "faults": _group("faults", _faults(scene), scene.attack is not None),
        "attack": _group("attack", _attack(scene), False),
        "code": _group("code", _code(scene), False),
        "bar": _bar(),
    }


def _choice(scene: Scene) -> Iterator[str]:
    played = scene.attack is None
    yield _select("authn", [(name, word("authn", name)) for name in catalogue.AUTHENTICATION])
    yield _select("authz", [(name, word("authz", name)) for name in catalogue.AUTHORIZATION])
    yield _select("story", [(name, _say(f"story.{name}")) for name in stories.STORIES], on=played)
    waits = sorted({*WAITS, scene.wait})
    yield _select("wait", [(write_time(wait), _span(wait)) for wait in waits], on=played)
    yield _number("seed", least=0, step="1")
    yield _select("lang", [("", _say("lang.own")), *((lang, _say(f"lang.{lang}")) for lang in words.LANGUAGES)])
    yield _check("large")


def _span(seconds: float) -> str:
    lang = words.language()
    return labels.span(seconds, lang) if seconds else labels.clock(0, lang)


def _settings(scene: Scene) -> str:
    kinds = (("authn", scene.authn), ("authz", scene.authz))
    fields = [_setting(f"{kind}.{name}", name, of) for kind, pattern in kinds for name, of in kinds_of(pattern).items()]
    if not fields:
        return ""
    opened = f"<details><summary>{_text('group.settings')}</summary>"
    return f"{opened}{_group('settings', fields, scene.attack is not None, hidden=True)}</details>"


def _setting(name: str, setting: str, kind: object) -> str:
    label = words.say(first_known(f"explorer.setting.{setting}", setting))
    pattern = words.say(f"explorer.of.{name.partition('.')[0]}", label=label)
    if isinstance(kind, tuple):
        return _select(name, [(choice, choice) for choice in kind], pattern)
    if kind is bool:
        return _select(name, [(_YES, words.say("table.yes")), (_NO, words.say("table.no"))], pattern)
    return _number(name, least=0, step="1" if kind is int else "any", label=pattern)


def _faults(scene: Scene) -> Iterator[str]:
    kinds = [("", _say("fault.none")), *((kind, _say(f"fault.{kind}")) for kind in KINDS)]
    parts = [(part, part) for part in scene.parts]
    for at, fault in enumerate([*scene.faults, None][:MOST_FAULTS]):
        number = str(at + 1)
        yield _select(f"fault.{at}.kind", kinds, _say("label.fault", number=number))
        if fault is None:
            continue
        yield _select(f"fault.{at}.part", parts, _say("label.part", number=number))
        yield _number(f"fault.{at}.at", least=0, step="any", label=_say("label.at", number=number))
        if fault.kind != "outage":
            yield _number(f"fault.{at}.amount", least=0, step="any", label=_say(f"label.{fault.kind}", number=number))


def _attack(scene: Scene) -> Iterator[str]:
    named = dict.fromkeys((attack.name, attack.pattern) for attack in scene.attacks)
    choices = [(f"{name}@{pattern}", f"{name} {listed.text(name, 'name')} ({pattern})") for name, pattern in named]
    yield _select("attack", [("", _say("attack.none")), *choices])
    worlds = [(attack.world, _say(f"world.{attack.world}")) for attack in _worlds(scene)]
    if worlds:
        yield _select("world", worlds)
        yield f"<p>{_text('attack.alone')}</p>"


def _worlds(scene: Scene) -> list[Attack]:
    here = scene.attack
    return [one for one in scene.attacks if here and (one.name, one.pattern) == (here.name, here.pattern)]


def _code(scene: Scene) -> Iterator[str]:
    yield f'<label class="wide"><span>{_text("label.code")}</span>'
    yield '<input type="text" name="code" spellcheck="false" autocomplete="off"></label>'
    yield _button("keep")
    if scene.against is not None:
        yield _button("drop")


def _bar() -> str:
    views = "".join(
        f'<label><input type="radio" name="view" value="{view}"><span>{_text(f"view.{view}")}</span></label>'
        for view in VIEWS
    )
    steps = "".join(_button(way) for way in WAYS)
    busy = f'<progress class="busy" aria-label="{_text("busy")}" hidden></progress>'
    return (
        f'<fieldset class="views"><legend>{_text("group.view")}</legend>{views}</fieldset>'
        f'<fieldset class="steps"><legend>{_text("group.steps")}</legend>{steps}'
        f'<output data-value="steps"></output></fieldset>{busy}'
    )


def word(name: str, value: str) -> str:
    """What a reader calls the `value` of control `name`."""
    return words.say(first_known(f"explorer.{name}.{value}", value))


# --- elements


def _group(name: str, fields: Iterable[str], off: bool, *, hidden: bool = False) -> str:
    disabled = " disabled" if off else ""
    legend = f"<legend{' class=hidden' if hidden else ''}>{_text(f'group.{name}')}</legend>"
    return f'<fieldset class="{name}"{disabled}>{legend}{"".join(fields)}</fieldset>'


def _select(name: str, options: Iterable[tuple[str, str]], label: str = "", *, on: bool = True) -> str:
    listed_ = "".join(f'<option value="{escape(value)}">{escape(said)}</option>' for value, said in options)
    return _labelled(name, f'<select name="{name}"{"" if on else " disabled"}>{listed_}</select>', label)


def _number(name: str, *, least: int, step: str, label: str = "") -> str:
    return _labelled(name, f'<input type="number" name="{name}" min="{least}" step="{step}">', label)


def _check(name: str) -> str:
    return f'<label class="check"><input type="checkbox" name="{name}"><span>{_text(f"label.{name}")}</span></label>'


def _labelled(name: str, element: str, label: str) -> str:
    return f"<label><span>{escape(label) if label else _text(f'label.{name}')}</span>{element}</label>"


def _button(name: str) -> str:
    return f'<button type="button" data-do="{name}">{_text(f"do.{name}")}</button>'


def _say(key: str, **values: Any) -> str:
    return words.say(f"explorer.{key}", **values)


def _text(key: str) -> str:
    return escape(_say(key))


# --- what they stand at


def values(scene: Scene) -> dict[str, str | bool]:
    """What each control stands at, by name."""
    said: dict[str, str | bool] = {
        "authn": scene.authn,
        "authz": scene.authz,
        "story": scene.story,
        "wait": write_time(scene.wait),
        "seed": str(scene.seed),
        "lang": scene.lang,
        "large": scene.large,
        "view": scene.view,
        "code": scene.to_code(),
        "steps": _steps(scene),
        "attack": f"{scene.attack.name}@{scene.attack.pattern}" if scene.attack else "",
        "world": scene.attack.world if scene.attack else "",
    }
    pairs = (("authn", scene.authn, scene.authn_settings), ("authz", scene.authz, scene.authz_settings))
    for kind, pattern, own in pairs:
        said |= {f"{kind}.{name}": _shown(value) for name, value in (defaults_of(pattern) | dict(own)).items()}
    for at, fault in enumerate(scene.faults):
        said |= {f"fault.{at}.{name}": value for name, value in _fault_values(fault).items()}
    if len(scene.faults) < MOST_FAULTS:
        said[f"fault.{len(scene.faults)}.kind"] = ""
    return said


def _fault_values(fault: Fault) -> dict[str, str]:
    amount = 100 * fault.amount if fault.kind == "loss" else fault.amount
    return {"kind": fault.kind, "part": fault.part, "at": _shown(fault.at), "amount": _shown(amount)}


def _steps(scene: Scene) -> str:
    if scene.view != "sequence":
        return ""
    message, count = sequence.current(scene), story_of(scene).messages
    return _say("steps.at", number=message.number, count=count) if message else _say("steps.all", count=count)


def _shown(value: Value) -> str:
    if isinstance(value, bool):
        return _YES if value else _NO
    return value if isinstance(value, str) else f"{value:.3f}".rstrip("0").rstrip(".")


# --- what they do


def moved(scene: Scene, name: str, value: str | bool) -> Scene:
    """The scene after control `name` was moved to `value`.

    Raises:
        Misuse: there is no such control, or it cannot stand there; the sentence says where it can.
    """
    if name == "code":
        return Scene.from_code(str(value))
    if name in WAYS:
        return scene.changed(step=sequence.stepped(scene, name), view="sequence")
    if name in ("keep", "drop"):
        return scene.changed(against=scene if name == "keep" else None)
    if name in ("large", "lang", "view"):
        return scene.changed(**{name: value is True if name == "large" else str(value)})
    return scene.changed(**_another_run(scene, name, str(value)), step=0)


def _another_run(scene: Scene, name: str, text: str) -> dict[str, Any]:
    kind, dot, setting = name.partition(".")
    if kind == "fault":
        return {"faults": _moved_faults(scene, setting, text)}
    if dot and kind in ("authn", "authz"):
        return {f"{kind}_settings": _moved_setting(scene, kind, setting, text)}
    if name in ("attack", "world"):
        return {"attack": _chosen_attack(scene, name, text)}
    if name in ("authn", "authz", "story", "wait", "seed"):
        return {name: _read(name, text)}
    raise Misuse("notebook.no-control", name=name, known=", ".join((*values(scene), *WAYS, "keep", "drop")))


def _read(name: str, text: str) -> Value:
    if name == "wait":
        return time(text)
    return _figure(name, text) if name == "seed" else text


def _figure(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise Misuse("explorer.figure", name=name) from None


def _moved_setting(scene: Scene, kind: str, name: str, text: str) -> Settings:
    pattern, own = (scene.authn, scene.authn_settings) if kind == "authn" else (scene.authz, scene.authz_settings)
    kinds = kinds_of(pattern)
    if name not in kinds:
        raise Misuse("explorer.setting", name=name, pattern=pattern, known=", ".join(kinds) or "–")
    value: Value = text
    if kinds[name] is bool:
        value = text == _YES
    elif not isinstance(kinds[name], tuple):
        value = _figure(name, text)
    return tuple({**dict(own), name: value}.items())


def _moved_faults(scene: Scene, name: str, text: str) -> tuple[Fault, ...]:
    place, _, what = name.partition(".")
    at, given = int(place), list(scene.faults)
    if what == "kind" and at == len(given) and text:
        return (*given, Fault(text, scene.parts[0], 0, _begin(text)))
    if at >= len(given):
        return scene.faults
    old = given[at]
    if what == "kind" and not text:
        return tuple(given[:at] + given[at + 1 :])
    if what == "kind":
        given[at] = old if text == old.kind else replace(old, kind=text, amount=_begin(text))
    elif what == "part":
        given[at] = replace(old, part=text)
    elif what == "at":
        given[at] = replace(old, at=_figure(what, text))
    else:
        figure = _figure(old.kind, text)
        given[at] = replace(old, amount=figure / 100 if old.kind == "loss" else figure)
    return tuple(given)


def _begin(kind: str) -> float:
    return {"slow": SLOW, "loss": LOSS}.get(kind, 0.0)


def _chosen_attack(scene: Scene, name: str, text: str) -> Attack | None:
    here = scene.attack
    if name == "world":
        return replace(here, world=text) if here else None
    attack, _, pattern = text.partition("@")
    if here and (here.name, here.pattern) == (attack, pattern):
        return here
    return Attack(attack, pattern) if text else None
