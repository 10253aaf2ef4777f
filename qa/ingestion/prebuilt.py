"""A prebuilt index -> a bot that embeds only what has changed since."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from qa.documents.loader import load_paths
from qa.errors import IndexFolderError
from qa.index.manifest import MANIFEST
from qa.output.terminal import echo
from qa.pipeline import QA
from qa.settings import Settings


def open_prebuilt(
    articles: Path, index: Path, settings: Settings | None = None, on_step: Callable[[str], object] = lambda _: None
) -> QA:
    """Open a folder of articles with a prebuilt index of them; report on stderr what is not in it.

    The bot contains exactly the articles of the folder. Those that are unchanged in the index are not embedded again,
    wherever they were loaded from.

    Parameters
    ----------
    index : Path
        An index folder; where none is there, or it does not fit the settings, everything is embedded.
    on_step : callable, optional
        Called with what is being done.

    Raises
    ------
    LoadError
        As for `QA.from_path`.
    """
    settings = settings or Settings.from_environment()
    on_step("reading the articles")
    report = load_paths(articles, settings)
    bot = reopen(index, settings)
    changed = sum(not bot.contains(document) for document in report.documents)
    if changed:
        count = len(report.documents)
        echo(
            f"qa: {index}: {changed} of {count} articles are not in the index and are embedded at every start", err=True
        )
    if not report.complete:
        echo(report.summary(), err=True)

    def embedding(done: int, total: int) -> None:
        on_step(f"embedding the articles: {done / max(1, total):.0%}")

    bot.replace(report.documents, embedding)
    bot.load_report, bot.files = report, report.files
    return bot


def reopen(index: Path, settings: Settings) -> QA:
    """Open an index folder to be updated; where it does not fit, report that on stderr, and start an empty one."""
    if not (index / MANIFEST).exists():
        return QA(settings)
    try:
        return QA.from_index(index, settings=settings)
    except IndexFolderError as error:
        echo(f"qa: {error}\nqa: re-embedding everything", err=True)
        return QA(settings)
