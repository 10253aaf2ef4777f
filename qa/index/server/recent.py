"""A small cache of what was read from a server."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from threading import RLock
from time import monotonic
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """What was asked for last, up to a size.

    Parameters
    ----------
    load : callable
        Returns what is there of the keys it is given.
    most : int
        Of the sizes of all values together.
    size : callable, optional
        Returns the size of a value; by default each counts 1.
    seconds : float, optional
        After which all is loaded again, where it may change.
    """

    def __init__(
        self,
        load: Callable[[list[Key]], Mapping[Key, Value]],
        most: int,
        size: Callable[[Value], int] = lambda _: 1,
        seconds: float = float("inf"),
    ) -> None:
        self._load = load
        self._most = most
        self._size = size
        self._seconds = seconds
        self._lock = RLock()
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept: OrderedDict[Key, Value] = OrderedDict()
            self._total = 0
            self._since = monotonic()

    def get(self, keys: Iterable[Key]) -> dict[Key, Value]:
        """Return what is there of the keys."""
        keys = list(dict.fromkeys(keys))
        with self._lock:
            if monotonic() - self._since > self._seconds:
                self.clear()
            found = {key: self._kept[key] for key in keys if key in self._kept}
            for key in found:
                self._kept.move_to_end(key)
        missing = [key for key in keys if key not in found]
        if missing:
            loaded = self._load(missing)
            self.keep(loaded)
            found |= loaded
        return found

    def keep(self, values: Mapping[Key, Value]) -> None:
        """Keep values that were read otherwise."""
        with self._lock:
            for key, value in values.items():
                if key in self._kept:
                    self._total -= self._size(self._kept.pop(key))
                self._kept[key] = value
                self._total += self._size(value)
            while self._total > self._most and len(self._kept) > 1:
                self._total -= self._size(self._kept.popitem(last=False)[1])
