"""The same work for many points, wherever there is somebody to do it.

Work is a function of one point; its result depends on the point alone, so it does not matter who does it or in which
order it is finished. Any `concurrent.futures.Executor` serves: none (here and now), a process pool, or Dask's
`client.get_executor()` for a cluster. With a file to keep them in, finished results survive an interruption: run the
same sweep again, and it goes on where it was.

Examples:
    >>> sweep(abs, [-2, 3, -5])
    [2, 3, 5]
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from authpatterns import words
from authpatterns.errors import Misuse
from authpatterns.labs.progress import Bar, Progress, silent

Point = TypeVar("Point")


def sweep(
    work: Callable[[Point], Any],
    points: Sequence[Point],
    *,
    executor: Executor | None = None,
    keep: Path | str | None = None,
    progress: Progress = silent,
) -> list[Any]:
    """`work(point)` for every point, in the order of the points.

    Args:
        work: A function, whose result must be plain values (what JSON can hold). For another process it must be a
            function of a module, with whatever it needs in the point.
        points: Values whose `repr` tells them apart.
        executor: Who does the work; here and now unless given.
        keep: A file for finished results. Those it holds already are not computed again.
        progress: Told after every point.

    Raises:
        Misuse: the file to keep results in is something else.
    """
    kept = Kept(keep, work)
    todo = [point for point in points if kept.find(point) is None]
    progress(len(points) - len(todo), len(points))
    for count, (point, result) in enumerate(_results(work, todo, executor), len(points) - len(todo) + 1):
        kept.add(point, result)
        progress(count, len(points))
    return [json.loads(str(kept.find(point))) for point in points]


def _results(
    work: Callable[[Point], Any], points: Sequence[Point], executor: Executor | None
) -> Iterator[tuple[Point, Any]]:
    """Points with their results, in the order in which they are finished."""
    if executor is None:
        yield from ((point, work(point)) for point in points)
        return
    waiting = {executor.submit(work, point): point for point in points}
    try:
        for future in as_completed(waiting):
            yield waiting[future], future.result()
    finally:  # interrupted, or a point failed: what has not begun need not begin
        for future in waiting:
            future.cancel()


class Kept:
    """Finished results as JSON text by point, in memory and, where a file is given, in its lines.

    Args:
        path: The file, or None.
        work: Whose results they are: two kinds of work may share a file.
    """

    def __init__(self, path: Path | str | None, work: Callable[..., Any]) -> None:
        self.path = None if path is None else Path(path)
        self._name = f"{work.__module__}.{work.__qualname__}"
        self._results: dict[str, str] = dict(self._read())

    def find(self, point: object) -> str | None:
        """The result for `point` as JSON text, or None."""
        return self._results.get(self._key(point))

    def add(self, point: object, result: Any) -> None:
        """Keep a result: it is on the disk before the next one begins."""
        key, text = self._key(point), json.dumps(result, ensure_ascii=False)
        self._results[key] = text
        if self.path is not None:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"point": key, "result": text}, ensure_ascii=False) + "\n")
                file.flush()
                os.fsync(file.fileno())

    def _key(self, point: object) -> str:
        return sha256(f"{self._name} {point!r}".encode()).hexdigest()

    def _read(self) -> Iterator[tuple[str, str]]:
        """What the file holds. A last line without its end was being written when the work was interrupted."""
        if self.path is None or not self.path.exists():
            return
        whole, _, torn = self.path.read_text("utf-8").rpartition("\n")
        for line in whole.splitlines():
            try:
                kept = json.loads(line)
                yield kept["point"], kept["result"]
            except (ValueError, TypeError, KeyError):
                raise self._foreign() from None
        if torn and not torn.startswith(_BEGIN[: len(torn)]):
            raise self._foreign()
        if torn:
            self.path.write_text(whole + "\n" if whole else "", "utf-8")

    def _foreign(self) -> Misuse:
        return Misuse("lab.kept", file=str(self.path))


_BEGIN = '{"point": "'


# --- on the command line


def add_workers(parser: argparse.ArgumentParser) -> None:
    """`--workers`, `--dask` and `--keep`, the same for every lab with long work."""
    parser.add_argument("--workers", type=int, default=0, metavar="N", help=words.say("lab.help.workers"))
    parser.add_argument("--dask", metavar="ADDRESS", help=words.say("lab.help.dask"))
    parser.add_argument("--keep", type=Path, metavar="FILE", help=words.say("lab.help.keep"))


@contextmanager
def doing(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """How to sweep, as the options ask for: the further arguments of `sweep`. An interruption ends the program.

    Raises:
        Misuse: Dask is asked for and not installed; or interrupted: the sentence says how to go on.
    """
    try:
        with _executor(options) as executor:
            yield {"keep": options.keep, "progress": Bar(), "executor": executor}
    except KeyboardInterrupt:
        code = "lab.interrupted" if options.keep else "lab.interrupted-unkept"
        raise Misuse(code, file=str(options.keep)) from None


@contextmanager
def _executor(options: argparse.Namespace) -> Iterator[Executor | None]:
    if options.dask:
        with _dask(options.dask) as client:
            yield client.get_executor()
    elif options.workers > 1:
        with ProcessPoolExecutor(options.workers) as pool:
            yield pool
    else:
        yield None


def _dask(address: str) -> Any:
    try:
        from distributed import Client  # noqa: PLC0415  (an extra)
    except ModuleNotFoundError:
        raise Misuse("lab.dask") from None
    return Client(address)  # type: ignore[no-untyped-call]
