"""Virtual time: coroutines that wait without anybody waiting.

A *task* is a coroutine under way; an *event* is something a task can await. The kernel always does the earliest thing
it has to do and moves the clock there, so ten minutes of story take a moment, and the same story always runs the same
way. Three rules make the order total:

1. What is ready now runs before anything later, first come first served.
2. What is due at the same time runs in the order in which it was asked for.
3. Nothing here reads a wall clock, starts a thread, or draws a random number.

A failure that nobody awaits is not lost: `Kernel.run` raises it (an idea of SimPy's).

Examples:
    >>> kernel = Kernel()
    >>> async def tea():
    ...     await kernel.sleep(180)
    ...     return f"ready at {kernel.now:.0f} s"
    >>> kernel.run(tea())
    'ready at 180 s'
"""

from __future__ import annotations

import contextvars
import itertools
import types
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from heapq import heapify, heappop, heappush
from typing import Any, Generic, TypeVar

from authpatterns.errors import Misuse

T = TypeVar("T")


class Event(Generic[T]):
    """Something that happens at most once; awaiting it suspends the task until it does, and gives its value."""

    __slots__ = ("_error", "_kernel", "_observed", "_value", "_waiting", "happened")

    def __init__(self, kernel: Kernel) -> None:
        self.happened = False
        self._kernel = kernel
        self._value: T | None = None
        self._error: BaseException | None = None
        self._observed = False
        self._waiting: list[Task[Any]] = []

    def succeed(self, value: T) -> None:
        """Let it happen; whoever waits goes on with `value`. A second call changes nothing."""
        self._finish(value, None)

    def fail(self, error: BaseException) -> None:
        """Let it happen as a failure: `error` is raised in whoever awaits it."""
        self._finish(None, error)

    def result(self) -> T:
        """The value, or the failure raised again.

        Raises:
            Misuse: it has not happened yet.
        """
        if not self.happened:
            raise Misuse("kernel.not-happened")
        self._observed = True
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value]

    def _finish(self, value: T | None, error: BaseException | None) -> None:
        if self.happened:
            return
        self.happened, self._value, self._error = True, value, error
        self._kernel._ready.extend(self._waiting)
        self._waiting.clear()

    def __await__(self) -> Generator[Any, None, T]:
        if not self.happened:
            yield self
        return self.result()

    def __repr__(self) -> str:
        # asyncio shows this when somebody awaits a simulated event in a notebook cell
        return "<simulated event: run this coroutine with shop.run(...), not with a bare await>"


class Task(Event[T]):
    """A coroutine under way. It happens when the coroutine ends."""

    __slots__ = ("_context", "_coroutine")

    def __init__(self, kernel: Kernel, coroutine: Coroutine[Any, Any, T]) -> None:
        super().__init__(kernel)
        self._coroutine = coroutine
        self._context = contextvars.copy_context()  # a task inherits who caused it
        kernel._unfinished[self] = None

    def _step(self) -> None:
        kernel = self._kernel
        kernel._current = self
        try:
            wait = self._context.run(self._coroutine.send, None)
        except StopIteration as stop:
            del kernel._unfinished[self]
            self.succeed(stop.value)
        except Exception as error:
            del kernel._unfinished[self]
            kernel._failures.append(self)
            self.fail(error)
        else:
            if isinstance(wait, Event):
                wait._waiting.append(self)
            else:
                heappush(kernel._agenda, (kernel.now + wait, next(kernel._order), self._step))


class Deadline:
    """When `task` stops waiting for `work`, unless it has happened by then."""

    __slots__ = ("kernel", "task", "work")

    def __init__(self, kernel: Kernel, task: Task[Any], work: Event[Any]) -> None:
        self.kernel = kernel
        self.task: Task[Any] | None = task
        self.work: Event[Any] | None = work

    def __call__(self) -> None:
        """The time has come."""
        if self.task is not None and self.work is not None and self.task in self.work._waiting:
            self.work._waiting.remove(self.task)
            self.kernel._ready.append(self.task)


def _is_met(do: Callable[[], None]) -> bool:
    return isinstance(do, Deadline) and do.work is None


_FEW = 32
"""So many deadlines that were met may lie about."""


class Kernel:
    """The world's clock and its list of things to do.

    Attributes:
        now: Seconds of virtual time since the story began.
    """

    def __init__(self) -> None:
        self.now = 0.0
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._met = 0
        self._ready: deque[Task[Any]] = deque()
        self._failures: list[Task[Any]] = []
        # a task that only its own event knows would be collected in the midst of closing what it awaits
        self._unfinished: dict[Task[Any], None] = {}
        self._current: Task[Any] | None = None
        self._running = False

    def at(self, when: float, do: Callable[[], None]) -> None:
        """Call `do` at virtual time `when`, in seconds; a time in the past means now."""
        heappush(self._agenda, (max(when, self.now), next(self._order), do))

    def event(self) -> Event[Any]:
        """A new event that has not happened."""
        return Event(self)

    def spawn(self, coroutine: Coroutine[Any, Any, T]) -> Task[T]:
        """Start `coroutine` beside whatever is running; await the task to have its result."""
        task = Task(self, coroutine)
        self._ready.append(task)
        return task

    @types.coroutine
    def sleep(self, seconds: float) -> Generator[float, None, None]:
        """Suspend the task for `seconds` of virtual time.

        Raises:
            Misuse: `seconds` is negative or not a number.
        """
        if not seconds >= 0:
            raise Misuse("kernel.negative-sleep", seconds=seconds)
        yield seconds

    @types.coroutine
    def within(self, seconds: float, work: Event[T]) -> Generator[Any, None, T]:
        """Await `work`, but give up after `seconds`. The work itself goes on: a server does not know that you left.

        Raises:
            TimeoutError: `work` had not happened by then.
        """
        if not work.happened:
            assert self._current is not None
            deadline = Deadline(self, self._current, work)
            self.at(self.now + seconds, deadline)
            yield work
            self._forget(deadline)
        if not work.happened:
            raise TimeoutError
        return work.result()

    def _forget(self, deadline: Deadline) -> None:
        """It was met, as nearly all are: where most of the agenda is such, it is written anew without them."""
        deadline.task = deadline.work = None
        self._met += 1
        if self._met > _FEW and 2 * self._met > len(self._agenda):
            self._agenda = [entry for entry in self._agenda if not _is_met(entry[2])]
            heapify(self._agenda)
            self._met = 0

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run until `coroutine` has ended, and give its result. What others still have to do waits for the next run.

        Raises:
            Misuse: a run is under way already (await instead), or every task waits for something that cannot come.
        """
        if self._running:
            coroutine.close()
            raise Misuse("kernel.running")
        main = self.spawn(coroutine)
        self._running = True
        try:
            while not main.happened:
                if not self._advance():
                    raise Misuse("kernel.deadlock")
        finally:
            self._running = False
        result = main.result()
        self._raise_unobserved()
        return result

    def run_until(self, when: float) -> None:
        """Do everything due until virtual time `when` (seconds), and leave the clock there."""
        if self._running:
            raise Misuse("kernel.running")
        self._running = True
        try:
            while self._ready or (self._agenda and self._agenda[0][0] <= when):
                self._advance()
        finally:
            self._running = False
        self.now = max(self.now, when)
        self._raise_unobserved()

    def _advance(self) -> bool:
        if self._ready:
            self._ready.popleft()._step()
        elif self._agenda:
            self.now, _, do = heappop(self._agenda)
            do()
        else:
            return False
        return True

    def _raise_unobserved(self) -> None:
        failures, self._failures = self._failures, []
        for task in failures:
            if not task._observed:
                task.result()


class Slots:
    """So many at a time, first come first served: the workers of a server, a lock (one slot), a connection pool.

    Examples:
        >>> kernel = Kernel()
        >>> counter = Slots(kernel, 1)
        >>> async def customer():
        ...     async with counter:
        ...         await kernel.sleep(2)
        ...     return kernel.now
        >>> async def both():
        ...     first, second = kernel.spawn(customer()), kernel.spawn(customer())
        ...     return await first, await second
        >>> kernel.run(both())
        (2.0, 4.0)
    """

    def __init__(self, kernel: Kernel, count: int) -> None:
        self._kernel = kernel
        self._free = count
        self._queue: deque[Event[None]] = deque()

    @property
    def waiting(self) -> int:
        """How many stand in the queue."""
        return len(self._queue)

    async def __aenter__(self) -> None:
        if self._free:
            self._free -= 1
            return
        turn: Event[None] = Event(self._kernel)
        self._queue.append(turn)
        await turn

    async def __aexit__(self, *_: object) -> None:
        if self._queue:
            self._queue.popleft().succeed(None)
        else:
            self._free += 1
