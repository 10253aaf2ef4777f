"""Who may write an index folder, and when its old files may go.

The locks are the operating system's (``flock``), on the folders themselves: they leave no file behind, and end with the
process that holds them, however it ends. On a network drive they may bind the processes of one machine only.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path

from qa.errors import IndexFolderError

_written: ContextVar[frozenset[Path]] = ContextVar("written", default=frozenset())


@contextmanager
def write_lock(folder: Path) -> Iterator[None]:
    """Keep others from writing the index in `folder`, which is made where it is missing.

    `save_index` holds it while it saves. Whoever changes an index and saves it again holds it from before reading what
    the new index is made of, the old index and the documents, so that nothing saved meanwhile is lost. The thread that
    holds it may take it again.

    Raises
    ------
    IndexFolderError
        At once, if another process holds it, or if the folder cannot be made or opened.
    """
    place = folder.resolve()
    if place in _written.get():
        yield
        return
    with ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            stack.enter_context(_locked(place))
        except BlockingIOError:
            raise IndexFolderError(
                f"{folder}: another process is writing this index; try again when it is done"
            ) from None
        except OSError as error:
            raise IndexFolderError(f"{folder}: the index could not be written ({error.strerror or error})") from error
        stack.callback(_written.reset, _written.set(_written.get() | {place}))
        yield


@contextmanager
def reading(documents: Path) -> Iterator[None]:
    """Keep the files in `documents` from being removed; wait where a removal is under way, which takes a moment.

    A folder that cannot be locked is read all the same: what is wrong with it, its reader tells.
    """
    with ExitStack() as stack:
        with suppress(OSError):
            stack.enter_context(_locked(documents, shared=True))
        yield


@contextmanager
def try_exclusive_lock(documents: Path) -> Iterator[bool]:
    """Tell whether the files in `documents` may be removed: not while somebody reads them."""
    with ExitStack() as stack:
        try:
            stack.enter_context(_locked(documents))
        except BlockingIOError:
            free = False
        else:
            free = True
        yield free


@contextmanager
def _locked(folder: Path, *, shared: bool = False) -> Iterator[None]:
    """Hold a lock: shared ones are waited for, one that admits no other raises BlockingIOError."""
    # Neither a link nor a pipe, at which it would wait.
    descriptor = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0))
    try:
        # Windows lacks it, and does not come here: it opens no folders.
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_SH if shared else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)
