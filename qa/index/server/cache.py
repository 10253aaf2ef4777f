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
        self.clear()

    def clear(self) -> None:
        """Drop all values."""
        with self._lock:
            self._kept: OrderedDict[Key, Value] = OrderedDict()
            self._total = 0
            self._since = monotonic()

    def get(self, keys: Iterable[Key]) -> dict[Key, Value]:
        """Return the values of the keys that exist."""
        keys = list(dict.fromkeys(keys))
        with self._lock:
            if monotonic() - self._since > self._seconds:
                self.clear()
            found = {key: self._kept[key] for key in keys if key in self._kept}
            for key in found:
                self._kept.move_to_end(key)
        if len(found) < len(keys):
            loaded = self._load([key for key in keys if key not in found])
            self.put(loaded)
            found |= loaded
        return found

    def put(self, values: Mapping[Key, Value]) -> None:
        """Add values that were loaded elsewhere."""
        with self._lock:
            for key, value in values.items():
                if key in self._kept:
                    self._total -= self._size(self._kept.pop(key))
                self._kept[key] = value
                self._total += self._size(value)
            while self._total > self._max_size and len(self._kept) > 1:
                self._total -= self._size(self._kept.popitem(last=False)[1])
