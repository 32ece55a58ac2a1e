"""Which exercises the reader has solved: one small local file, never sent anywhere.

The file is `.progress.json` in the folder that holds both languages' notebooks, so a solved exercise counts in
either. The environment variable `AUTHPATTERNS_PROGRESS` names another file, or is `off`. A run that checks the
notebooks (pytest) is nobody's progress: it reads nothing and writes nothing, so the outputs are the same for
everybody.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

from authpatterns import words

VARIABLE = "AUTHPATTERNS_PROGRESS"
OFF = "off"


def place() -> Path | None:
    """The file, or None where nothing is kept."""
    chosen = os.environ.get(VARIABLE, OFF if "PYTEST_VERSION" in os.environ else "")
    if chosen == OFF:
        return None
    here = Path.cwd()
    return Path(chosen) if chosen else (here.parent if here.name in words.LANGUAGES else here) / ".progress.json"


def solved() -> tuple[str, ...]:
    """Ids of the solved exercises, sorted. A file that is missing or damaged counts as empty."""
    file = place()
    return _read(file) or () if file is not None else ()


def remember(exercise_id: str) -> None:
    """Write down that an exercise is solved.

    A lesson goes on where the file cannot be written. A damaged file is kept beside the new one as
    `.progress.json.damaged`.
    """
    file = place()
    if file is None:
        return
    known = _read(file)
    with contextlib.suppress(OSError):
        if known is None and file.exists():
            file.replace(file.with_name(file.name + ".damaged"))
        _write(file, sorted({*(known or ()), exercise_id}))


def _read(file: Path) -> tuple[str, ...] | None:
    try:
        found = json.loads(file.read_text("utf-8"))["solved"]
    except (OSError, ValueError, LookupError, TypeError):
        return None
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        return None
    return tuple(sorted(set(found)))


def _write(file: Path, ids: list[str]) -> None:
    new = file.with_name(file.name + ".new")
    new.write_text(json.dumps({"solved": ids}, indent=1) + "\n", "utf-8")
    new.replace(file)
