"""The lock that keeps an index folder to one writer at a time; readers need none, see `qa.index.storage`.

It is a file in the folder, locked by the operating system: the lock ends with the process that holds it, however it
ends. On a network drive it may bind the processes of one machine only.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from qa.errors import IndexFolderError

LOCK_FILE = ".cited-qa.lock"


@contextmanager
def write_lock(folder: Path) -> Iterator[None]:
    """Keep other processes and threads from writing the index in `folder`, which is created if it is missing.

    `save_index` holds the lock while it saves. To change an index and save it again, hold it from before the old index
    and the documents are read, so that nothing saved meanwhile is lost. The thread that holds it may take it again.

    Raises
    ------
    IndexFolderError
        At once, if it is held elsewhere, or if the folder cannot be created or written.
    """
    from filelock import FileLock, Timeout

    path = folder.resolve() / LOCK_FILE
    # A singleton counts how often its thread holds it. A soft lock would outlive a killed process.
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
        raise IndexFolderError(f"{folder}: the index could not be written ({error.strerror or error})") from error
    try:
        yield
    finally:
        # Whoever opens the file after this locks another one, when nothing is written here any more. Windows does not
        # remove an open file; there filelock removes it.
        with suppress(OSError):
            path.unlink()
        lock.release()
