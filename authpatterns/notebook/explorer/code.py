"""The text form of a scene, to be handed out: `jwt(lifetime=60)+hybrid;seed=7;outage=control-plane@5s`.

    patterns     authentication+authorization, each with settings in brackets
    story=       what people do                  wait=16m     time that passes in its middle
    seed=        of the deployment               step=        message that is looked at
    outage=      part@since                      slow=        part:2s@since       loss=   part:30%@since
    attack=      JWT-01@jwt:weakened             view=, lang=, text=large
    A vs B       is A, compared with B

What is as by default is left out. `pdp` also stands for the part that authorization depends on, whatever its name.

Examples:
    >>> scene = read("jwt+hybrid;seed=7;outage=pdp@5s")
    >>> scene.faults
    (Fault(kind='outage', part='control-plane', at=5.0, amount=0.0),)
    >>> write(scene)
    'jwt+hybrid;seed=7;outage=control-plane@5s'
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from authpatterns import catalogue
from authpatterns.errors import Misuse
from authpatterns.notebook.explorer.scene import KINDS, WORLDS, Attack, Fault, Scene, Settings, Value, kinds_of, number

UNITS = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1))
"""Units of time by their length in milliseconds, the longest first."""

VS = " vs "
NAMES = ("story", "seed", "wait", *KINDS, "attack", "view", "step", "lang", "text")

_TIME = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)(ms|s|m|h|d)", re.ASCII)
_PATTERN = re.compile(r"([\w-]+)(?:\(([^()]*)\))?", re.ASCII)
_NUMBER = re.compile(r"\d{1,12}(?:\.\d{1,9})?", re.ASCII)
_BOOLS = {"yes": True, "no": False}


# --- reading


def read(code: str) -> Scene:
    """The scene that `code` stands for.

    Raises:
        Misuse: it cannot be read, or asks for something that is not possible; the sentence says what is.
    """
    if not isinstance(code, str) or not code.strip():
        raise Misuse("explorer.empty", known=", ".join(NAMES))
    shown, *against = re.split(r"\s+vs\s+", code.strip())
    if len(against) > 1:
        raise Misuse("explorer.two", given=len(against) + 1)
    return _one(shown, _one(against[0], None) if against else None)


def _one(code: str, against: Scene | None) -> Scene:
    head, *parts = (part.strip() for part in code.split(";"))
    values: dict[str, Any] = {**_patterns(head), "against": against}
    seen: set[str] = set()
    later: list[tuple[str, str]] = []
    for part in filter(None, parts):
        name, mark, value = (piece.strip() for piece in part.partition("="))
        if not mark or name not in NAMES:
            raise Misuse("explorer.part-of-code", part=part, known=", ".join(NAMES))
        if name in seen and name not in KINDS:
            raise Misuse("explorer.twice", name=name)
        seen.add(name)
        if name in KINDS or name == "attack":
            later.append((name, value))
        else:
            values |= _PLAIN[name](value)
    plain = Scene(**values)
    faults = tuple(_fault(name, value, plain) for name, value in later if name in KINDS)
    attack = next((_attack(value, plain) for name, value in later if name == "attack"), None)
    return Scene(**values | {"faults": faults, "attack": attack})


def _patterns(head: str) -> dict[str, Any]:
    names = [_PATTERN.fullmatch(side.strip()) for side in head.split("+")]
    if len(names) != 2 or not all(names):
        authn, authz = ", ".join(catalogue.AUTHENTICATION), ", ".join(catalogue.AUTHORIZATION)
        raise Misuse("explorer.patterns", given=head, authn=authn, authz=authz)
    values: dict[str, Any] = {}
    for kind, found in zip(("authn", "authz"), names, strict=True):
        assert found is not None
        values[kind] = found[1]
        if found[2] and found[1] in (*catalogue.AUTHENTICATION, *catalogue.AUTHORIZATION):
            values[f"{kind}_settings"] = tuple(_settings(found[1], found[2]))
    return values


def _settings(pattern: str, text: str) -> Iterator[tuple[str, Value]]:
    kinds, seen = kinds_of(pattern), set()
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, mark, value = (piece.strip() for piece in part.partition("="))
        if not mark or name not in kinds:
            raise Misuse("explorer.setting", name=name, pattern=pattern, known=", ".join(kinds) or "–")
        if name in seen:
            raise Misuse("explorer.twice", name=name)
        seen.add(name)
        yield name, _value(name, value, kinds[name])


def _value(name: str, text: str, kind: Any) -> Value:
    if isinstance(kind, tuple):
        return text
    if kind is bool:
        if text not in _BOOLS:
            raise Misuse("pattern.setting", name=name, value=repr(text), known=", ".join(_BOOLS))
        return _BOOLS[text]
    amount = float(text) if _NUMBER.fullmatch(text) else time(text)
    return int(number(name, amount, 0, 10**12, whole=True)) if kind is int else amount


def _whole(name: str) -> Callable[[str], dict[str, Any]]:
    def reader(text: str) -> dict[str, Any]:
        if not text.isascii() or not text.isdigit() or len(text) > 12:
            raise Misuse("explorer.whole", name=name, value=text)
        return {name: int(text)}

    return reader


def _text(name: str) -> Callable[[str], dict[str, Any]]:
    return lambda text: {name: text}


def _large(text: str) -> dict[str, Any]:
    if text != "large":
        raise Misuse("pattern.setting", name="text", value=repr(text), known="large")
    return {"large": True}


_PLAIN: dict[str, Callable[[str], dict[str, Any]]] = {
    "story": _text("story"),
    "view": _text("view"),
    "lang": _text("lang"),
    "seed": _whole("seed"),
    "step": _whole("step"),
    "wait": lambda text: {"wait": time(text)},
    "text": _large,
}


def _fault(kind: str, text: str, scene: Scene) -> Fault:
    """`part@since`, `part:amount@since`."""
    what, mark, since = text.partition("@")
    part, colon, amount = what.partition(":")
    if not part or bool(colon) == (kind == "outage") or (mark and not since):
        raise Misuse("explorer.fault", kind=kind, given=text)
    if part == "pdp" and part not in scene.parts:
        part = next(iter(scene.patterns[1].central), part)
    return Fault(kind, part, time(since) if mark else 0, _amount(kind, amount) if colon else 0)


def _amount(kind: str, text: str) -> float:
    if kind == "slow":
        return time(text)
    if not text.endswith("%") or not _NUMBER.fullmatch(text[:-1]):
        raise Misuse("explorer.share", value=text)
    return round(float(text[:-1]) / 100, 4)


def _attack(text: str, scene: Scene) -> Attack:
    """`name`, `name@pattern`, `name:world`, `name@pattern:world`."""
    rest, colon, world = text.partition(":")
    name, mark, pattern = rest.partition("@")
    if colon and world not in WORLDS:
        raise Misuse("pattern.setting", name="attack", value=repr(world), known=", ".join(WORLDS))
    world = world or "secure"
    if not mark:
        about = [one.pattern for one in scene.attacks if one.name == name and one.world == world]
        pattern = about[0] if about else scene.authn
    return Attack(name, pattern, world)


def time(text: str) -> float:
    """Seconds from a text such as `16m`.

    Raises:
        Misuse: it is not a number with a unit.
    """
    found = _TIME.fullmatch(text)
    if found is None:
        raise Misuse("explorer.time", value=text)
    return float(found[1]) * dict(UNITS)[found[2]] / 1000


# --- writing


def write(scene: Scene) -> str:
    """The text form of `scene`; `read` gives the same scene back."""
    parts = [f"{_pattern(scene.authn, scene.authn_settings)}+{_pattern(scene.authz, scene.authz_settings)}"]
    parts += [f"{name}={value}" for name, value in _members(scene)]
    code = ";".join(parts)
    return code if scene.against is None else f"{code}{VS}{write(scene.against)}"


def _members(scene: Scene) -> Iterator[tuple[str, str]]:
    plain = Scene()
    for name in ("story", "seed"):
        if getattr(scene, name) != getattr(plain, name):
            yield name, str(getattr(scene, name))
    if scene.wait != plain.wait:
        yield "wait", write_time(scene.wait)
    for fault in scene.faults:
        amount = {"outage": "", "slow": f":{write_time(fault.amount)}", "loss": f":{_decimal(100 * fault.amount)}%"}
        yield fault.kind, f"{fault.part}{amount[fault.kind]}@{write_time(fault.at)}"
    if scene.attack is not None:
        world = "" if scene.attack.world == "secure" else f":{scene.attack.world}"
        yield "attack", f"{scene.attack.name}@{scene.attack.pattern}{world}"
    for name in ("view", "step", "lang"):
        if getattr(scene, name) != getattr(plain, name):
            yield name, str(getattr(scene, name))
    if scene.large:
        yield "text", "large"


def _pattern(name: str, settings: Settings) -> str:
    said = ",".join(f"{setting}={_written(value)}" for setting, value in settings)
    return f"{name}({said})" if said else name


def _written(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else _decimal(value)


def write_time(seconds: float) -> str:
    """Seconds as a text in the longest unit that divides them.

    Examples:
        >>> write_time(960), write_time(0.5), write_time(0)
        ('16m', '500ms', '0s')
    """
    milliseconds = round(1000 * seconds)
    if not milliseconds:
        return "0s"
    unit, size = next((unit, size) for unit, size in UNITS if milliseconds % size == 0)
    return f"{milliseconds // size}{unit}"


def _decimal(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")
