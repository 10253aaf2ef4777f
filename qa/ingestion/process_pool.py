"""Worker processes on this machine, for ``--workers``."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any, TypeVar

from qa.errors import ShardError

Item = TypeVar("Item")
Result = TypeVar("Result")

_MAX_ATTEMPTS = 3  # attempts, each in a new process, at an item that may have killed a worker
_QUEUED_ITEMS = 1  # items queued beyond those in progress, so that no process waits for the next one

_worker: Callable[[Any], Any] | None = None


def on_processes(
    make: Callable[[], Callable[[Item], Result]], items: Sequence[Item], *, workers: int
) -> Generator[Result, None, None]:
    """Process items in worker processes, and yield the results as they are completed.

    If a process is killed, every item in progress is repeated in a process of its own, which shows which one is at
    fault.

    Parameters
    ----------
    make : callable
        Creates a worker, a function of one item. Both are pickled.

    Raises
    ------
    QAError
        The first error of a worker or of `make`.
    ShardError
        If an item kills every process that works on it.
    """
    left = deque(items)
    while left:
        under_way: dict[Future[Result], Item] = {}
        with _pool(min(workers, len(left))) as pool:
            try:
                while left or under_way:
                    while left and len(under_way) < workers + _QUEUED_ITEMS:
                        under_way[pool.submit(_work, make, left[0])] = left[0]
                        left.popleft()
                    done, _ = wait(under_way, return_when=FIRST_COMPLETED)
                    for future in done:
                        result = future.result()
                        del under_way[future]
                        yield result
            except BrokenProcessPool:
                pass
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        for item in under_way.values():
            yield _alone(make, item)


def _alone(make: Callable[[], Callable[[Item], Result]], item: Item) -> Result:
    for _ in range(_MAX_ATTEMPTS):
        with _pool(1) as pool:
            try:
                return pool.submit(_work, make, item).result()
            except BrokenProcessPool:
                continue
    raise ShardError(
        f"{item}: {_MAX_ATTEMPTS} processes were killed while they worked on it; find the file at fault, leave it out,"
        " and run the command again"
    )


def _pool(workers: int) -> ProcessPoolExecutor:
    # A forked process would inherit locks of threads that it does not have.
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"))


def _work(make: Callable[[], Callable[[Item], Result]], item: Item) -> Result:
    global _worker  # noqa: PLW0603 -- a process loads its model once
    if _worker is None:
        _worker = make()
    result: Result = _worker(item)
    return result
