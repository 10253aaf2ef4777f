"""An index that was made ahead -> a bot that embeds only what changed since."""

from __future__ import annotations

from pathlib import Path

from qa.documents.loader import load_paths
from qa.errors import IndexFolderError
from qa.index.manifest import MANIFEST
from qa.output.terminal import echo
from qa.pipeline import QA
from qa.settings import Settings


def open_prebuilt(articles: Path, index: Path, settings: Settings | None = None) -> QA:
    """Open a folder of articles with the help of an index of them; say on stderr what that lacks.

    The bot holds exactly what the folder holds. What the index holds as it is now is not embedded again, wherever it
    was loaded from when the index was made.

    Parameters
    ----------
    articles : Path
        A folder, or a file.
    index : Path
        An index folder; where none is there, or it does not fit the settings, everything is embedded.
    settings : Settings, optional

    Raises
    ------
    LoadError
        As for `QA.from_path`.
    """
    settings = settings or Settings.from_environment()
    report = load_paths(articles, max_file_mb=settings.max_file_mb, allow_urls=settings.allow_urls)
    bot = reopen(index, settings)
    changed = sum(not bot.contains(document) for document in report.documents)
    if changed:
        count = len(report.documents)
        echo(
            f"qa: {index}: {changed} of {count} articles are not in the index and are embedded at every start", err=True
        )
    if report.skipped:
        echo(report.summary(), err=True)
    bot.replace(report.documents)
    bot.load_report, bot.files = report, report.files
    return bot


def reopen(index: Path, settings: Settings) -> QA:
    """Open an index that is to be brought up to date; where it does not fit, say so on stderr and start an empty one.

    Parameters
    ----------
    index : Path
        An index folder, or a place where none is yet.
    settings : Settings
    """
    if not (index / MANIFEST).exists():
        return QA(settings)
    try:
        return QA.from_index(index, settings=settings)
    except IndexFolderError as error:
        echo(f"qa: {error}\nqa: re-embedding everything", err=True)
        return QA(settings)
