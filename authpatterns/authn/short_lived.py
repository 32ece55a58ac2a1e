"""Values that end by themselves: sessions, codes, sign-ins under way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class ShortLived(Generic[T]):
    """A table whose entries end at a time of their own.

    Args:
        most: How many entries there may be; beyond that the oldest go, so that strangers cannot fill the memory.

    Examples:
        >>> codes = ShortLived()
        >>> codes.put("c1", "alice", expires=60, now=0)
        >>> codes.get("c1", now=59), codes.get("c1", now=60)
        ('alice', None)
    """

    def __init__(self, most: int = 100_000) -> None:
        self._entries: dict[str, tuple[T, float]] = {}
        self._most = most

    def put(self, key: str, value: T, expires: float, now: float) -> None:
        """Keep `value` until `expires` (Unix seconds); what has ended by `now` makes room when it is needed."""
        if len(self._entries) >= self._most:
            self._make_room(now)
        self._entries[key] = (value, expires)

    def get(self, key: str, now: float) -> T | None:
        """The value of `key`, or None where there is none any more."""
        value, expires = self._entries.get(key, (None, 0.0))
        return value if now < expires else None

    def take(self, key: str, now: float) -> T | None:
        """The value of `key`, which is then gone."""
        value = self.get(key, now)
        self._entries.pop(key, None)
        return value

    def drop(self, key: str) -> None:
        """Forget `key`."""
        self._entries.pop(key, None)

    def alive(self, now: float) -> Iterator[tuple[str, T]]:
        """Keys and values that have not ended, oldest first."""
        return ((key, value) for key, (value, expires) in list(self._entries.items()) if now < expires)

    def _make_room(self, now: float) -> None:
        alive = [(key, entry) for key, entry in self._entries.items() if now < entry[1]]
        room = self._most - self._most // 10 - 1  # a tenth at once, so that a full table is not searched every time
        self._entries = dict(alive[-room:] if room else ())
