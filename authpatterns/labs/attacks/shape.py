"""The shape of an experiment: prepare, attack, and a verdict read from what was answered.

An attack is one function of a `Lab`. It runs against every pattern it is listed for, in up to three *worlds*: the
pattern as it comes, where it must fail; the pattern with a named weakness, where it must succeed, or else its failure
would prove nothing; and, where the pattern as it comes cannot stop it by its nature, a stricter variant that does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from authpatterns.deployment import Deployment
from authpatterns.labs.attacks import listed
from authpatterns.pattern import Authentication, Authorization

if TYPE_CHECKING:
    from authpatterns.labs.attacks.lab import Lab

T = TypeVar("T")

Change = Callable[[Deployment], None]
"""Makes one deployment different from what its patterns say."""

ANY = "*"
"""Stands for every pattern that is not named."""


@dataclass(frozen=True)
class World:
    """Under which settings an attack runs.

    Attributes:
        name: As the matrix shows it. What is broken on purpose says so: `Weakened…`.
        authn, authz: Patterns with other settings than by default, or None.
        changes: What is changed in the deployment before anything flows.
        latency: One-way delay of a message in seconds.
    """

    name: str
    authn: Authentication | None = None
    authz: Authorization | None = None
    changes: tuple[Change, ...] = ()
    latency: float = 0.001


DEFAULT = World("default")

ON_THE_SECOND = World("default", latency=0)
"""Messages take no time, so that something can be sent at the very moment at which a token ends."""


def on_the_second(world: World) -> World:
    """`world` in which messages take no time."""
    return replace(world, latency=0)


@dataclass(frozen=True)
class Outcome:
    """What became of an attack.

    Attributes:
        succeeded: Whether the attacker got what they wanted.
        seen: What was seen, in short: a status and the code of the reason.
        facts: Further measurements by name.
    """

    succeeded: bool
    seen: str
    facts: Mapping[str, Any] = field(default_factory=dict)


Experiment = Callable[["Lab"], Outcome]


@dataclass(frozen=True)
class Cell:
    """One attack against one pattern: what has to come out.

    Attributes:
        attack, pattern: Which.
        run: The experiment.
        secure: The world in which the attack has to fail, with the outcome `expected`.
        expected: What is seen there.
        nature: Where the attack succeeds in `secure` by the pattern's nature, a code that says why; else "".
        weakened: The world in which it has to succeed; None where there is no such weakness.
        no_weakness: A code that says why there is none, or "".
        strict: A stricter world in which it fails, or None.
        strict_expected: What is seen there.
    """

    attack: str
    pattern: str
    run: Experiment
    secure: World
    expected: str
    nature: str = ""
    weakened: World | None = None
    no_weakness: str = ""
    strict: World | None = None
    strict_expected: str = ""

    def world(self, name: str) -> World | None:
        """The world called "secure", "weakened" or "strict"; None where the cell has none."""
        return {"secure": self.secure, "weakened": self.weakened, "strict": self.strict}[name]


CELLS: dict[tuple[str, str], Cell] = {}
"""Every cell of the matrix by attack and pattern, in the order of the list."""

Per: TypeAlias = T | Mapping[str, T]
"""One value for all patterns, or values by pattern; `ANY` stands for the others."""


def attack(
    name: str,
    *,
    expected: Per[str],
    weakened: Per[World] | None = None,
    secure: Per[World] = DEFAULT,
    nature: Mapping[str, str] | None = None,
    no_weakness: Mapping[str, str] | None = None,
    strict: Per[World] | None = None,
    strict_expected: Per[str] = "",
) -> Callable[[Experiment], Experiment]:
    """Enter an experiment for every pattern that attack `name` is listed for. See `Cell`."""

    def enter(experiment: Experiment) -> Experiment:
        for pattern in listed.patterns(name):
            why = (nature or {}).get(pattern, "")
            CELLS[name, pattern] = Cell(
                name,
                pattern,
                experiment,
                _of(secure, pattern) or DEFAULT,
                _of(expected, pattern) or "",
                why,
                None if why else _of(weakened, pattern),
                "succeeds-as-it-is" if why else (no_weakness or {}).get(pattern, ""),
                _of(strict, pattern),
                _of(strict_expected, pattern) or "",
            )
        return experiment

    return enter


def _of(value: Per[T] | None, pattern: str) -> T | None:
    if isinstance(value, Mapping):
        found: T | None = value.get(pattern, value.get(ANY))
        return found
    return value
