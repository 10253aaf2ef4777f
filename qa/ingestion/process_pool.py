"""Worker processes on this machine, for ``--workers``."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import Any, TypeVar

from qa.errors import ShardError

Item = TypeVar("Item")
Result = TypeVar("Result")

_MAX_ATTEMPTS = 3  # attempts, each in a new process, at an item that may have killed a worker
_CHECK_SECONDS = 1.0
_QUEUED_ITEMS = 1  # items queued beyond those in progress, so that no process waits for the next one

_HAS_MASKS = hasattr(signal, "pthread_sigmask")  # not on Windows

_worker: Callable[[Any], Any] | None = None


def on_processes(
    make: Callable[[], Callable[[Item], Result]], items: Sequence[Item], *, workers: int
) -> Generator[Result, None, None]:
    """Process items in worker processes, and yield the results as they are completed.

    If a process is killed, every item in progress is repeated in a process of its own, which shows which one is at
    fault. The processes end at once with this one, with Ctrl-C and with an error, in the middle of an item.

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
                        under_way[_submit(pool, make, left[0])] = left[0]
                        left.popleft()
                    for future in _completed(pool, under_way):
                        result = future.result()
                        del under_way[future]
                        yield result
            except BrokenProcessPool:
                pass
        for item in under_way.values():
            yield _alone(make, item)


def _alone(make: Callable[[], Callable[[Item], Result]], item: Item) -> Result:
    for _ in range(_MAX_ATTEMPTS):
        with _pool(1) as pool:
            try:
                [future] = _completed(pool, [_submit(pool, make, item)])
                return future.result()
            except BrokenProcessPool:
                continue
    raise ShardError(
        f"{item}: {_MAX_ATTEMPTS} processes were killed while they worked on it; find the file at fault, leave it out,"
        " and run the command again"
    )


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    # A forked process would inherit locks of threads that it does not have.
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_end_with_parent)
    try:
        yield pool
    except BaseException:
        _kill(pool)
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _submit(pool: ProcessPoolExecutor, make: Callable[[], Callable[[Item], Result]], item: Item) -> Future[Result]:
    """Submit an item; a process that this starts is not interrupted before `_end_with_parent`."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT]) if _HAS_MASKS else set()
    try:
        return pool.submit(_work, make, item)
    finally:
        if _HAS_MASKS:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _completed(pool: ProcessPoolExecutor, futures: Collection[Future[Result]]) -> Collection[Future[Result]]:
    """Wait for some of the futures; a pool does not notice a process that was killed while it sent a result."""
    while True:
        done, _ = wait(futures, _CHECK_SECONDS, FIRST_COMPLETED)
        if done:
            return done
        if any(process.exitcode is not None for process in list(pool._processes.values())):
            _kill(pool)


def _kill(pool: ProcessPoolExecutor) -> None:
    for process in list(pool._processes.values()):
        process.kill()
    # Otherwise the pool would wait for the rest of a result that was sent in part.
    pool._result_queue._writer.close()  # type: ignore[attr-defined]


def _end_with_parent() -> None:
    """End this process silently when it is interrupted or its parent has ended, which it would outlive for ever."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # as in the background of a script
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    if _HAS_MASKS:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])

    def wait_for_parent() -> None:
        if parent := parent_process():
            parent.join()
            os._exit(1)

    Thread(target=wait_for_parent, daemon=True).start()


def _work(make: Callable[[], Callable[[Item], Result]], item: Item) -> Result:
    global _worker  # noqa: PLW0603 -- a process loads its model once
    if _worker is None:
        _worker = make()
    result: Result = _worker(item)
    return result
