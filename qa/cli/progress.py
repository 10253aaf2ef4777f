"""Progress bars on stderr."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qa.types import Progress

_SECONDS_BEFORE_PROGRESS = 1.0


@contextmanager
def progress_bar(what: str, unit: str, on_step: Callable[[str], object] | None = None) -> Iterator[Progress]:
    """Show a progress bar on stderr with amount, rate and time left, once the work takes more than a second.

    It disappears when all is done, so that another may follow in the same block. `on_step` is called with the
    progress in words.
    """
    from rich import progress as bars
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn

    texts = (TextColumn(f"{{task.fields[{name}]}}") for name in ("amount", "rate"))
    columns = (TextColumn("{task.description}"), BarColumn(), *texts, TimeRemainingColumn())
    console = Console(stderr=True)
    bar = bars.Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    task = bar.add_task(what, total=None, amount="", rate="")
    opened = monotonic()

    def advance(done: int, total: int) -> None:
        if on_step:
            on_step(f"{what.lower()}: {done:,} of {total:,} {unit}")
        if monotonic() - opened > _SECONDS_BEFORE_PROGRESS:
            bar.start()
        bar.update(task, completed=done, total=total, amount=f"{done:,}/{total:,} {unit}")
        # Without what a resumed run starts with.
        if rate := bar.tasks[0].speed:
            bar.update(task, rate=f"{rate:,.0f}/s" if rate >= 10 else f"{rate:.1f}/s")
        if done == total:
            bar.stop()

    try:
        yield advance
    finally:
        bar.stop()
