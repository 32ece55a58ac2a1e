"""What the explorer can be set to: one frozen value, checked when it is made.

Everything that the screen shows follows from a `Scene`, and nothing else does: no widget, no clock, no place. Its text
form stands in `code`.

Examples:
    >>> scene = Scene("jwt", "hybrid", faults=(Fault("outage", "control-plane", 5),))
    >>> scene.changed(authz="distributed").faults
    ()
    >>> scene.to_code()
    'jwt+hybrid;outage=control-plane@5s'
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cache, cached_property, lru_cache
from math import isfinite
from typing import Any, Literal, get_args, get_origin, get_type_hints

from authpatterns import catalogue, faults, stories, words
from authpatterns.deployment import Deployment
from authpatterns.errors import Misuse
from authpatterns.labs.attacks import CELLS
from authpatterns.network import Rule
from authpatterns.pattern import Authentication, Authorization

Value = bool | int | float | str
Settings = tuple[tuple[str, Value], ...]

VIEWS = ("sequence", "topology", "secrets", "measurements", "compare")
WORLDS = ("secure", "weakened", "strict")
KINDS = ("outage", "slow", "loss")
MOST_FAULTS = 3
LARGEST_SEED = 2**32 - 1
LONGEST = 366 * 86_400
"""Seconds: no time in a scene is longer than a year."""
LONGEST_DELAY = 3600
"""Seconds by which an answer may be late."""
LONG_ATTACKS = frozenset({"AUZ-09", "AUZ-16", "GW-01", "GW-04", "KEY-01", "KEY-03", "SES-09", "SES-10"})
"""Attacks that go on for more messages than fit on one screen; the attack lab runs them."""
MOST_HOPS = 60
"""So many requests, and their answers, fit on one screen."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong, from when on.

    Attributes:
        kind: "outage": the part is down. "slow": it answers later. "loss": some of what is sent to it is lost.
        part: Name of a node.
        at: Virtual seconds after the story's beginning.
        amount: Of "slow" the seconds, of "loss" the share from 0 to 1; 0 of "outage".
    """

    kind: str
    part: str
    at: float = 0
    amount: float = 0

    def __post_init__(self) -> None:
        one_of("fault", self.kind, KINDS)
        object.__setattr__(self, "at", seconds("at", self.at))
        least, most = {"outage": (0, 0), "slow": (0, LONGEST_DELAY), "loss": (0, 1)}[self.kind]
        object.__setattr__(self, "amount", round(number(self.kind, self.amount, least, most), 4))

    @property
    def rule(self) -> Rule:
        """For the network."""
        fault: Rule = faults.Outage(self.part)
        if self.kind == "slow":
            fault = faults.Slow(self.part, self.amount)
        elif self.kind == "loss":
            fault = faults.Loss(self.part, self.amount)
        return faults.Since(self.at, fault)


@dataclass(frozen=True, slots=True)
class Attack:
    """An experiment of the attack lab.

    Attributes:
        name: For instance "JWT-01".
        pattern: Which of the scene's two patterns it is about.
        world: "secure": as the pattern comes. "weakened": with a weakness put in on purpose. "strict": a stricter one.
    """

    name: str
    pattern: str
    world: str = "secure"


@dataclass(frozen=True)
class Scene:
    """One state of the explorer.

    Attributes:
        authn, authz: Names of the patterns, as on the command line.
        authn_settings, authz_settings: Settings other than by default, by name.
        story: A name from `stories.STORIES`.
        seed: Of the deployment.
        wait: Seconds that pass in the middle of the story.
        faults: What goes wrong; at most three.
        attack: Runs in the place of the story, in the attack lab's own world, or None.
        view: What is looked at.
        step: Number of the message that is looked at; 0 for all of them.
        lang: "ja", "en", or "" for the reader's own.
        large: Whether everything is written larger, for a projector.
        against: What the scene is compared with, or None.

    Raises:
        Misuse: something is not possible; the sentence says what is.
    """

    authn: str = "jwt"
    authz: str = "distributed"
    authn_settings: Settings = ()
    authz_settings: Settings = ()
    story: str = "visit"
    seed: int = 0
    wait: float = 60
    faults: tuple[Fault, ...] = ()
    attack: Attack | None = None
    view: str = "sequence"
    step: int = 0
    lang: str = ""
    large: bool = False
    against: Scene | None = None

    def __post_init__(self) -> None:
        for name, known in ((self.authn, catalogue.AUTHENTICATION), (self.authz, catalogue.AUTHORIZATION)):
            if name not in known:
                lists = {"authn": ", ".join(catalogue.AUTHENTICATION), "authz": ", ".join(catalogue.AUTHORIZATION)}
                raise Misuse("pattern.unknown", name=name, **lists)
        one_of("story", self.story, stories.STORIES)
        one_of("view", self.view, VIEWS)
        one_of("lang", self.lang, ("", *words.LANGUAGES))
        set_ = object.__setattr__
        set_(self, "authn_settings", _settings(self.authn, self.authn_settings))
        set_(self, "authz_settings", _settings(self.authz, self.authz_settings))
        set_(self, "seed", int(number("seed", self.seed, 0, LARGEST_SEED, whole=True)))
        set_(self, "step", int(number("step", self.step, 0, LARGEST_SEED, whole=True)))
        set_(self, "wait", seconds("wait", self.wait))
        set_(self, "large", bool(self.large))
        set_(self, "faults", tuple(self.faults))
        self._check_faults()
        if self.attack is not None:
            _check_attack(self.attack, self.attacks)
        if self.against is not None:
            set_(self, "against", self.against.played)

    def _check_faults(self) -> None:
        if len(self.faults) > MOST_FAULTS:
            raise Misuse("explorer.faults", most=MOST_FAULTS)
        for fault in self.faults:
            if fault.part not in self.parts:
                known = ", ".join(self.parts)
                raise Misuse("explorer.part", name=fault.part, authn=self.authn, authz=self.authz, known=known)

    # --- as text

    @classmethod
    def from_code(cls, code: str) -> Scene:
        """The scene that a text such as `jwt+hybrid;seed=7` stands for; see `code`.

        Raises:
            Misuse: it cannot be read, or asks for something that is not possible; the sentence says what is.
        """
        from authpatterns.notebook.explorer.code import read  # noqa: PLC0415  (a text is about a scene)

        return read(code)

    def to_code(self) -> str:
        """The text that stands for this scene."""
        from authpatterns.notebook.explorer.code import write  # noqa: PLC0415  (see above)

        return write(self)

    # --- what it stands for

    @property
    def patterns(self) -> tuple[Authentication, Authorization]:
        """The two patterns with their settings."""
        return _pattern(self.authn, self.authn_settings), _pattern(self.authz, self.authz_settings)

    def deploy(self) -> Deployment:
        """The bookshop under both."""
        return Deployment(*self.patterns, seed=self.seed)

    @cached_property
    def played(self) -> Scene:
        """Only what decides the run: two scenes that differ in what is looked at are one run."""
        looked_at = {"view": "sequence", "step": 0, "lang": "", "large": False, "against": None}
        if all(getattr(self, name) == value for name, value in looked_at.items()):
            return self
        return replace(self, **looked_at)  # type: ignore[arg-type]

    # --- what is possible

    @property
    def parts(self) -> tuple[str, ...]:
        """The nodes that may fail, in the order of the deployment."""
        return _parts(self.authn, self.authz, self.authn_settings, self.authz_settings)

    @property
    def attacks(self) -> tuple[Attack, ...]:
        """The experiments that are about one of the two patterns, in every world they have."""
        return _attacks(self.authn, self.authz)

    def changed(self, **values: Any) -> Scene:
        """With other values; what does not fit the new patterns any more is left out.

        Raises:
            Misuse: something that was asked for is not possible.
        """
        kept = {field.name: getattr(self, field.name) for field in fields(self)} | values
        for kind in ("authn", "authz"):
            if kept[kind] != getattr(self, kind) and f"{kind}_settings" not in values:
                kept[f"{kind}_settings"] = ()
        plain = Scene(**kept | {"faults": (), "attack": None})
        if "faults" not in values:
            kept["faults"] = tuple(fault for fault in self.faults if fault.part in plain.parts)
        if "attack" not in values and self.attack not in plain.attacks:
            kept["attack"] = None
        return Scene(**kept)


# --- checks


def one_of(name: str, value: str, known: Iterable[str]) -> None:
    """Make sure that `value` is among `known`.

    Raises:
        Misuse: it is not; the sentence lists them.
    """
    if value not in known:
        raise Misuse("pattern.setting", name=name, value=repr(value), known=", ".join(filter(None, known)))


def number(name: str, value: Any, least: float, most: float, *, whole: bool = False) -> float:
    """`value`, if it is a number from `least` to `most`.

    Raises:
        Misuse: it is not.
    """
    fits = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    if not fits or not least <= value <= most or (whole and value % 1):
        given = f"{value:.12g}" if isinstance(value, float) else value
        raise Misuse("explorer.number", name=name, value=given, least=f"{least:g}", most=f"{most:,.12g}")
    return float(value)


def seconds(name: str, value: Any) -> float:
    """A time in a scene: whole milliseconds, so that its text form is exact.

    Raises:
        Misuse: it is no such time.
    """
    return round(number(name, value, 0, LONGEST), 3)


def _check_attack(attack: Attack, known: tuple[Attack, ...]) -> None:
    if attack not in known:
        named = [f"{one.name}@{one.pattern}:{one.world}" for one in known if one.name == attack.name]
        listed = named or dict.fromkeys(one.name for one in known)
        given = f"{attack.name}@{attack.pattern}:{attack.world}"
        raise Misuse("explorer.attack", name=given, known=", ".join(listed))


# --- settings of patterns

_PATTERNS: dict[str, type[Authentication] | type[Authorization]] = {
    **catalogue.AUTHENTICATION,
    **catalogue.AUTHORIZATION,
}


def kinds_of(pattern: str) -> dict[str, Any]:
    """The settings of a pattern that a scene may hold: the words each may be, or `bool`, `int` or `float`.

    Examples:
        >>> kinds_of("session")
        {'lookup': ('store', 'auth'), 'idle': <class 'int'>, 'absolute': <class 'int'>}
    """
    return dict(_kinds(pattern))


def defaults_of(pattern: str) -> dict[str, Value]:
    """What these settings are by default."""
    return dict(_defaults(pattern))


@cache
def _defaults(pattern: str) -> Mapping[str, Value]:
    plain = _PATTERNS[pattern]()
    return {name: getattr(plain, name) for name in _kinds(pattern)}


@lru_cache(maxsize=256)
def _pattern(name: str, settings: Settings) -> Any:
    """A pattern is a value, so one object serves every scene."""
    return _PATTERNS[name](**dict(settings))


@cache
def _kinds(pattern: str) -> Mapping[str, Any]:
    kind = _PATTERNS[pattern]
    hints = get_type_hints(kind)
    found: dict[str, Any] = {}
    for field in fields(kind):  # type: ignore[arg-type]
        hint = hints[field.name]
        if get_origin(hint) is Literal:
            found[field.name] = get_args(hint)
        elif hint in (bool, int, float):
            found[field.name] = hint
    return found


def _settings(pattern: str, given: Any) -> Settings:
    """In the pattern's own order, without what is so by default."""
    pairs = dict(given)
    kinds, defaults = _kinds(pattern), defaults_of(pattern)
    for name in pairs:
        if name not in kinds:
            raise Misuse("explorer.setting", name=name, pattern=pattern, known=", ".join(kinds) or "–")
    checked = {name: _setting(name, pairs[name], kinds[name]) for name in kinds if name in pairs}
    return tuple((name, value) for name, value in checked.items() if value != defaults[name])


def _setting(name: str, value: Any, kind: Any) -> Value:
    if isinstance(kind, tuple):
        one_of(name, value, kind)
        return str(value)
    if kind is bool:
        if not isinstance(value, bool):
            raise Misuse("pattern.setting", name=name, value=repr(value), known="yes, no")
        return value
    if kind is int:
        return int(number(name, value, 0, LONGEST, whole=True))
    return seconds(name, value)


@cache
def _parts(authn: str, authz: str, authn_settings: Settings, authz_settings: Settings) -> tuple[str, ...]:
    shop = Scene(authn, authz, authn_settings, authz_settings).deploy()
    return tuple(name for name, node in shop.network.nodes.items() if node.kind != "browser")


@cache
def _attacks(authn: str, authz: str) -> tuple[Attack, ...]:
    cells = [cell for cell in CELLS.values() if cell.pattern in (authn, authz) and cell.attack not in LONG_ATTACKS]
    return tuple(
        Attack(cell.attack, cell.pattern, world) for cell in cells for world in WORLDS if cell.world(world) is not None
    )
