"""A process that is interrupted as it makes an index, or writes to one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from index.test_memory import EMPTY, B, C, entry_of, index_of

from qa.errors import IndexServerError
from qa.index.milvus.client import Store
from qa.index.milvus.index import MilvusIndex
from qa.index.milvus.metadata import open_store
from qa.index.milvus.uri import milvus_address

from .test_contract import SETTINGS, OneVector, assert_same_answers


@pytest.mark.parametrize("engine", ["lite", "server"], indirect=True, scope="module")
@pytest.mark.parametrize("calls", range(5))
def test_who_is_interrupted_making_one_makes_it_the_next_time(
    calls: int, new_place: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    address = milvus_address(new_place())
    assert address
    left = iter(range(calls))
    with monkeypatch.context() as patched:
        for name in ("_create", "put_record"):
            patched.setattr(Store, name, interrupted(getattr(Store, name), left))
        with pytest.raises(KeyboardInterrupt):
            open_store(address, OneVector(), SETTINGS, make=True)
    with pytest.raises(IndexServerError, match="contains no index"):
        open_store(address, OneVector(), SETTINGS)
    index = MilvusIndex(*open_store(address, OneVector(), SETTINGS, make=True))
    index.add_all([B, C])
    assert_same_answers(index, index_of(B, C))
    index.close()


@pytest.mark.parametrize("engine", ["lite"], indirect=True, scope="module")
@pytest.mark.parametrize("calls", range(9))
def test_who_is_interrupted_leaves_the_old_and_goes_on(
    calls: int, new_place: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    address = milvus_address(new_place())
    assert address
    index = MilvusIndex(*open_store(address, OneVector(), SETTINGS, make=True))
    old, new = entry_of("a", [2, 1]), [entry_of("a", [3], version=1), B]
    index.add_all([old, EMPTY])
    left = iter(range(calls))
    with monkeypatch.context() as patched:
        for name in ("insert", "put_record", "delete"):
            patched.setattr(Store, name, interrupted(getattr(Store, name), left))
        try:
            index.add_all(new)
        except KeyboardInterrupt:
            index.close()
            index = MilvusIndex(*open_store(address, OneVector(), SETTINGS))
            assert {"a", "empty"} <= set(index.documents)
            assert index.documents["a"] in {old.document, new[0].document}
            assert index.nearest_chunks(OneVector().embed([""])[0], 9)[0].size
        else:
            assert calls == 8, "else more calls can be interrupted"
    index.add_all([*new, C])
    index.remove("empty")
    assert_same_answers(index, index_of(new[0], B, C))
    index.close()


def interrupted(method: Callable[..., None], left: Iterator[int]) -> Callable[..., None]:
    """Return a method that after some calls of all that share `left` stops its process, as it were."""

    def call(*arguments: object) -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt
        method(*arguments)

    return call
