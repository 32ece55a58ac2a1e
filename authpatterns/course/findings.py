"""What a check has to say: one finding, one sentence, one place to go to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from authpatterns import words


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with the course.

    Attributes:
        check: Name of the check; its sentence is `finding.<check>`.
        where: The file, below the course folder.
        cell: Id of the cell, or "".
        evidence: For the sentence.
    """

    check: str
    where: str
    cell: str = ""
    evidence: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        place = f"{self.where} [{self.cell}]" if self.cell else self.where
        return f"{place}: {self.check}: {words.say(f'finding.{self.check}', **self.evidence)}"


Findings = Iterator[Finding]


def named(checks: list[Callable[..., Findings]]) -> dict[str, Callable[..., Findings]]:
    """Checks by the names that their findings bear: `same_code` is "same-code"."""
    return {check.__name__.replace("_", "-"): check for check in checks}
