"""A writer and a reader of one index folder; a process that a test starts imports this module and few others."""

from __future__ import annotations

from pathlib import Path
from unittest import mock

from saved_index import NEW, OLD, content, load, save

CHANGES_SEEN = 6
READS_AT_MOST = 20_000


def saved_in_turns(folder: Path) -> int:
    """Save one index and the other alternately until stopped; return how often."""
    # Not waiting for the disk leaves more time for the test.
    with mock.patch("os.fsync"):
        saves = 0
        while not folder.with_name("stop").exists():
            save(folder, *(NEW if saves % 2 else OLD))
            saves += 1
    return saves


def changes_seen(folder: Path) -> int:
    """Load repeatedly, and assert that each is one index or the other; return the number of changes."""
    known = {"old": content(load(folder.with_name("old"))), "new": content(load(folder.with_name("new")))}
    last, changes = "", -1
    for _ in range(READS_AT_MOST):
        found = content(load(folder))
        (which,) = (name for name, whole in known.items() if whole == found)
        changes += which != last
        last = which
        if changes == CHANGES_SEEN:
            break
    return changes
