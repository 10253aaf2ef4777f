"""The lock for writing an index folder; readers need none, see `qa.index.storage`.

A file in the folder is locked by the operating system, which releases it when the process ends in any way. On a network
drive the lock may only work between processes on the same machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from qa.errors import IndexFolderError
from qa.index.manifest import unwritable

LOCK_FILE = ".cited-qa.lock"


@contextmanager
def write_lock(folder: Path) -> Iterator[None]:
    """Keep other processes and threads from writing the index in `folder`, which is created if missing.

    `save_index` holds the lock while it saves. To update an index, take the lock before reading the old index and the
    documents, so that nothing saved in between is lost. The same thread may take the lock again.

    Raises
    ------
    IndexFolderError
        Immediately, if the lock is held elsewhere, or the folder cannot be created or written.
    """
    from filelock import FileLock, Timeout

    path = folder.resolve() / LOCK_FILE
    # A singleton allows the same thread to lock again. A soft lock would outlive a killed process.
    lock = FileLock(path, blocking=False, is_singleton=True, fallback_to_soft=False)
    if lock.is_locked:
        yield
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise IndexFolderError(f"{folder}: locked by another process; try again when it has finished") from None
    except OSError as error:
        raise unwritable(folder, error) from error
    try:
        yield
    finally:
        # Writing has ended, so it does no harm that the next process locks a new file. Windows cannot remove an open
        # file; there filelock removes it.
        with suppress(OSError):
            path.unlink()
        lock.release()
