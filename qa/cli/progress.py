"""Progress of long work on stderr."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qa.types import Progress

_SECONDS_BEFORE_PROGRESS = 1.0


@contextmanager
def progress_bar(what: str) -> Iterator[Progress]:
    """Show a progress bar with the rate and the time left on stderr, after a second of work."""
    from rich import progress as bars
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

    speed = TextColumn("{task.fields[rate]}")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), speed, TimeRemainingColumn())
    console = Console(stderr=True)
    bar = bars.Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    task = bar.add_task(what, total=None, rate="")
    started = monotonic()
    done_before: int | None = None

    def advance(done: int, total: int) -> None:
        nonlocal done_before
        if done_before is None:
            # A resumed run starts with some done.
            done_before = done
        seconds = monotonic() - started
        if seconds > _SECONDS_BEFORE_PROGRESS:
            bar.start()
        rate = f"{(done - done_before) / seconds:.1f}/s" if done > done_before else ""
        bar.update(task, completed=done, total=total, rate=rate)

    try:
        yield advance
    finally:
        bar.stop()
