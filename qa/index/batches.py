"""Work in batches, and its progress."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from qa.types import Progress

Item = TypeVar("Item")


def batches(
    items: Iterable[Item], size: Callable[[Item], int], max_size: int, max_items: int = sys.maxsize
) -> Iterator[list[Item]]:
    """Yield items in order, in batches of limited length and total size; a larger item is a batch of its own."""
    batch: list[Item] = []
    total = 0
    for item in items:
        added = size(item)
        if batch and (total + added > max_size or len(batch) == max_items):
            yield batch
            batch, total = [], 0
        batch.append(item)
        total += added
    if batch:
        yield batch


def report_batch(progress: Progress, before: int, size: int, total: int, done: int, batch_total: int) -> None:
    """Report the progress of a batch as progress of the whole, given what was before it and its size."""
    progress(before + size * done // batch_total, total)
