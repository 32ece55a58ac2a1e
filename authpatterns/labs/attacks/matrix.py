"""The matrix of attacks and patterns: every cell is a run.

Examples:
    >>> table = attack_matrix(patterns=["jwt"], attacks=["JWT-01"])
    >>> [(row["outcome"], row["weakness"], row["weak_outcome"], row["as_listed"]) for row in table]
    [('401 token.algorithm', 'WeakenedTakesNone', '200', True)]
    >>> replay("JWT-01", "jwt", "weakened").trace
    <Trace: 5 hops, seed 0>
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from authpatterns.deployment import Deployment
from authpatterns.errors import Misuse
from authpatterns.labs.attacks import listed
from authpatterns.labs.attacks.lab import Lab
from authpatterns.labs.attacks.shape import CELLS, Cell, Outcome, World
from authpatterns.labs.progress import Progress, silent
from authpatterns.labs.sweep import sweep
from authpatterns.labs.table import Table

COLUMNS = (
    "attack",
    "pattern",
    "verdict",
    "outcome",
    "weakness",
    "weak_outcome",
    "strict",
    "strict_outcome",
    "as_listed",
)

Point = tuple[str, str, int]


def attack_matrix(
    patterns: Iterable[str] | None = None,
    attacks: Iterable[str] | None = None,
    seed: int = 0,
    *,
    executor: Executor | None = None,
    keep: Path | str | None = None,
    progress: Progress = silent,
) -> Table:
    """Run attacks against patterns, each as it comes, weakened, and where it has one in its stricter variant.

    Args:
        patterns: Names as on the command line; all unless given.
        attacks: Names such as "JWT-01"; all unless given.
        seed: Of every deployment.
        executor: Who does the work; the table does not depend on it.
        keep: A file for finished rows.
        progress: Told after every row.

    Raises:
        Misuse: an attack or a pattern is unknown, or none of these is listed for any of those.
    """
    points = [(cell.attack, cell.pattern, seed) for cell in chosen(patterns, attacks)]
    rows = sweep(row_of, points, executor=executor, keep=keep, progress=progress)
    return Table("attacks", COLUMNS, tuple(rows), (("seed", seed), ("runs", len(rows))))


def chosen(patterns: Iterable[str] | None = None, attacks: Iterable[str] | None = None) -> list[Cell]:
    """The cells of these patterns and attacks, in the order of the list.

    Raises:
        Misuse: an attack or a pattern is unknown, or none of these is listed for any of those.
    """
    wanted = listed.names() if attacks is None else [name.upper() for name in attacks]
    places = [(name, pattern) for name in wanted for pattern in listed.patterns(name)]
    named = None if patterns is None else set(patterns)
    found = [CELLS[place] for place in places if place in CELLS and (named is None or place[1] in named)]
    if not found or (named is not None and not named <= {pattern for _, pattern in CELLS}):
        raise Misuse("attack.no-cell", patterns=", ".join(sorted(named or ())), attacks=", ".join(wanted))
    return found


def replay(attack: str, pattern: str, world: str = "secure", seed: int = 0) -> Deployment:
    """The deployment after an attack, with its trace.

    Args:
        attack: Its name.
        pattern: One that it is listed for.
        world: "secure", "weakened" or "strict".
        seed: Of the deployment.

    Raises:
        Misuse: there is no such cell, or the cell has no such world.
    """
    (cell,) = chosen([pattern], [attack])
    settings = cell.world(world)
    if settings is None:
        raise Misuse("attack.no-world", name=attack, pattern=pattern, world=world)
    return run(cell, settings, seed)[1].shop


def run(cell: Cell, world: World, seed: int = 0) -> tuple[Outcome, Lab]:
    """One run of one cell."""
    lab = Lab(cell.pattern, world, seed)
    return cell.run(lab), lab


def row_of(point: Point) -> dict[str, Any]:
    """One row of the matrix: what came out in each world, and whether it is what is listed."""
    attack, pattern, seed = point
    cell = CELLS[attack, pattern]
    secure = run(cell, cell.secure, seed)[0]
    weak = run(cell, cell.weakened, seed)[0] if cell.weakened else None
    strict = run(cell, cell.strict, seed)[0] if cell.strict else None
    return {
        "attack": attack,
        "pattern": pattern,
        "setting": cell.secure.name,
        "verdict": cell.nature or "fails",
        "outcome": secure.seen,
        "facts": dict(secure.facts),
        "weakness": cell.weakened.name if cell.weakened else cell.no_weakness,
        "weak_outcome": weak.seen if weak else None,
        "weak_succeeds": weak.succeeded if weak else None,
        "weak_facts": dict(weak.facts) if weak else {},
        "strict": cell.strict.name if cell.strict else None,
        "strict_outcome": strict.seen if strict else None,
        "as_listed": _as_listed(cell, secure, weak, strict),
    }


def _as_listed(cell: Cell, secure: Outcome, weak: Outcome | None, strict: Outcome | None) -> bool:
    """Whether it fails where it must and succeeds where it must, in the way that is listed."""
    defended = secure.succeeded == bool(cell.nature) and secure.seen == cell.expected
    proven = weak.succeeded if weak else bool(cell.no_weakness)
    stricter = strict is None or (not strict.succeeded and strict.seen == cell.strict_expected)
    return defended and proven and stricter


def missing(names: Sequence[str] | None = None) -> list[tuple[str, str]]:
    """The listed pairs that have no cell: there are none, says a test."""
    return [
        (name, pattern)
        for name in names or listed.names()
        for pattern in listed.patterns(name)
        if (name, pattern) not in CELLS
    ]
