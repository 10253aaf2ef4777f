"""The cache in front of a server."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from qa.index.server import cache
from qa.index.server.cache import ReadThroughCache


def test_values_are_loaded_again_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    loaded: list[str] = []

    def load(keys: Sequence[str]) -> dict[str, int]:
        loaded.extend(keys)
        return {key: len(loaded) for key in keys if key != "none"}

    monkeypatch.setattr(cache, "monotonic", lambda: now)
    lengths = ReadThroughCache[str, int](load, max_size=10, seconds=10)
    assert lengths.get(["a", "none"]) == {"a": 2}
    now = 9.0
    assert lengths.get("ab") == {"a": 2, "b": 3}
    now = 11.0
    assert lengths.get("ab") == {"b": 3, "a": 4}
    assert loaded == ["a", "none", "b", "a"]


def test_the_least_recently_used_are_dropped_first() -> None:
    texts = ReadThroughCache[str, str](lambda keys: {key: key for key in keys}, max_size=7, size=len)
    texts.get(["aa", "bbb"])
    texts.get(["aa", "cc"])
    assert list(texts._kept) == ["bbb", "aa", "cc"]
    texts.put({"aa": "aaaa"})
    assert list(texts._kept) == ["cc", "aa"]
    texts.drop(["cc", "unknown"])
    texts.get(["ddd"])
    assert list(texts._kept) == ["aa", "ddd"]
    texts.get(["a long key"])
    assert list(texts._kept) == ["a long key"]
