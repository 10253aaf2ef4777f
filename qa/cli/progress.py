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
    first: tuple[int, float] | None = None

    def advance(done: int, total: int) -> None:
        nonlocal first
        now = monotonic()
        if on_step:
            on_step(f"{what.lower()}: {done:,} of {total:,} {unit}")
        if first is None:
            # A resumed run starts with some already done.
            first = done, now
        before, started = first
        if now - opened > _SECONDS_BEFORE_PROGRESS:
            bar.start()
        rate = (done - before) / (now - started) if done > before else 0.0
        bar.update(task, completed=done, total=total, amount=f"{done:,}/{total:,} {unit}", rate=_shown(rate))
        if done == total:
            bar.stop()

    try:
        yield advance
    finally:
        bar.stop()


def _shown(rate: float) -> str:
    if not rate:
        return ""
    return f"{rate:,.0f}/s" if rate >= 10 else f"{rate:.1f}/s"
