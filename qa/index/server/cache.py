"""A bounded cache in front of a server."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from threading import RLock
from time import monotonic
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class ReadThroughCache(Generic[Key, Value]):
    """A thread-safe cache that loads missing values and drops the least recently used.

    Parameters
    ----------
    load : callable
        Returns the values of the given keys that exist.
    max_size : int
        Maximum total size of the values.
    size : callable, optional
        Returns the size of a value; 1 by default.
    seconds : float, optional
        How long values stay valid; by default until `clear`.
    """

    def __init__(
        self,
        load: Callable[[list[Key]], Mapping[Key, Value]],
        max_size: int,
        size: Callable[[Value], int] = lambda _: 1,
        seconds: float = float("inf"),
    ) -> None:
        self._load = load
        self._max_size = max_size
        self._size = size
        self._seconds = seconds
        self._lock = RLock()
        self._kept: OrderedDict[Key, tuple[Value, float]] = OrderedDict()  # with the time when it was loaded
        self._total = 0

    def clear(self) -> None:
        """Drop all values."""
        with self._lock:
            self._kept.clear()
            self._total = 0

    def get(self, keys: Iterable[Key]) -> dict[Key, Value]:
        """Return the values of the keys that exist."""
        keys = list(dict.fromkeys(keys))
        with self._lock:
            oldest = monotonic() - self._seconds
            kept = {key: self._kept[key] for key in keys if key in self._kept}
            found = {key: value for key, (value, loaded) in kept.items() if loaded >= oldest}
            for key in found:
                self._kept.move_to_end(key)
        if len(found) < len(keys):
            missing = self._load([key for key in keys if key not in found])
            self.put(missing)
            found |= missing
        return found

    def put(self, values: Mapping[Key, Value]) -> None:
        """Add values that were loaded elsewhere."""
        with self._lock:
            for key, value in values.items():
                self.drop([key])
                self._kept[key] = value, monotonic()
                self._total += self._size(value)
            while self._total > self._max_size and len(self._kept) > 1:
                self.drop([next(iter(self._kept))])

    def drop(self, keys: Iterable[Key]) -> None:
        """Drop the values of some keys."""
        with self._lock:
            for key in keys:
                if key in self._kept:
                    self._total -= self._size(self._kept.pop(key)[0])
