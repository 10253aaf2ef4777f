"""Processes on this machine that do the work: ``--workers``."""

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

TRIES_ALONE = 3
"""Processes of its own that an item may end before it is given up."""
_WAITING = 1
"""Items given to the pool beyond those that are worked on, so that no process waits for the next."""

_worker: Callable[[Any], Any] | None = None


def on_processes(
    make: Callable[[], Callable[[Item], Result]], items: Sequence[Item], *, workers: int
) -> Generator[Result, None, None]:
    """Have things worked on by processes, and yield what they make of each, in the order in which it is done.

    When a process is killed, what was being worked on is done again, each item by a process of its own, which tells
    which of them is at fault.

    Parameters
    ----------
    make : callable
        Makes a worker, which is then called with one thing after the other; both are pickled.
    items : sequence
    workers : int
        Processes side by side.

    Raises
    ------
    QAError
        That which a worker, or the making of one, raised first.
    ShardError
        If an item ends each process that works on it.
    """
    left = deque(items)
    while left:
        under_way: dict[Future[Result], Item] = {}
        with _pool(min(workers, len(left))) as pool:
            try:
                while left or under_way:
                    while left and len(under_way) < workers + _WAITING:
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
    for _ in range(TRIES_ALONE):
        with _pool(1) as pool:
            try:
                return pool.submit(_work, make, item).result()
            except BrokenProcessPool:
                continue
    raise ShardError(
        f"{item}: {TRIES_ALONE} processes ended while they worked on it; find the file at fault, leave it out, and give"
        " the command again"
    )


def _pool(workers: int) -> ProcessPoolExecutor:
    # A fork would share the threads and locks of the models that are loaded here.
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"))


def _work(make: Callable[[], Callable[[Item], Result]], item: Item) -> Result:
    global _worker  # noqa: PLW0603 -- the process keeps its worker, which has loaded a model
    if _worker is None:
        _worker = make()
    result: Result = _worker(item)
    return result
