"""Options that several commands share, and how they open documents and indexes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from qa.cli.progress import progress_bar
from qa.errors import QAError
from qa.output.terminal import echo

if TYPE_CHECKING:
    from qa.documents.loader import LoadReport
    from qa.evaluation.runs.ray import RemoteExecutor
    from qa.ingestion.ray_executor import Executor
    from qa.ingestion.watch import WatchedPaths
    from qa.pipeline import QA
    from qa.settings import Settings
    from qa.types import Document

# Strings: a Path would drop slashes of a web address.
Docs = Annotated[
    list[str] | None,
    typer.Option("--docs", metavar="PATH", help="A file, folder or web address to ask; repeatable."),
]
# A string too, for the URI of a server.
Index = Annotated[
    str | None,
    typer.Option(
        "--index",
        metavar="INDEX",
        help="An index made by `qa index`, instead of --docs: a folder, postgresql://HOST/DATABASE,"
        " milvus://HOST:PORT/COLLECTION or FILE.db.",
    ),
]
SettingsFile = Annotated[
    Path | None,
    typer.Option(
        "--settings",
        metavar="FILE",
        help="A TOML file with settings, as `qa calibrate` writes; QA_... variables override it.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
AlwaysAnswer = Annotated[bool, typer.Option("--always-answer", help="Answer even when the confidence is low.")]
Engine = Annotated[
    Literal["here", "ray"],
    typer.Option(
        "--engine", help="Where to run: in this process, or on a Ray cluster (RAY_ADDRESS, else a local one)."
    ),
]


def open_bot(
    docs: list[str] | None,
    index: str | None,
    settings_file: Path | None = None,
    watched: WatchedPaths | None = None,
    on_step: Callable[[str], object] | None = None,
) -> QA:
    """Open documents or an index, and report what was left out.

    `on_step` is called with each step.

    Raises `QAError` if both are given, or neither.
    """
    from qa.pipeline import QA
    from qa.settings import Settings

    if bool(docs) == bool(index):
        raise QAError("give either --docs PATH (a file or a folder) or --index INDEX")
    settings = Settings.from_environment(settings_file)
    if index:
        if on_step:
            on_step("opening the index")
        return QA.from_index(index, settings=settings)
    with (
        progress_bar("Reading", "files", on_step) as reading,
        progress_bar("Embedding", "characters", on_step) as progress,
    ):
        if watched:
            bot, report = QA(settings), watched.load()
            bot.load_report, bot.files = report, report.files
            bot.add(report.documents, progress)
        else:
            bot = QA.from_path(*(docs or ()), settings=settings, progress=progress, reading=reading)
    print_left_out(bot.load_report)
    return bot


def on_ray(settings_file: Path | None = None, *, workers: int | None = None, in_order: bool = False) -> Executor:
    """Return an executor on a Ray cluster, which starts or connects when first used."""
    from qa.ingestion.ray_executor import import_ray, on_cluster
    from qa.settings import Settings

    # First, so that a missing Ray is reported at once.
    import_ray()
    threads = Settings.from_environment(settings_file).threads
    return partial(on_cluster, threads=threads, workers=workers, in_order=in_order)


def remote_executor(each: Executor, bot: QA, index: str | None) -> RemoteExecutor:
    """Return an executor that asks batches of questions on a Ray cluster."""
    from qa.evaluation.runs.ray import RemoteExecutor, open_library

    settings = {**bot.settings.model_dump(), "threads": bot.settings.threads or 1}
    entries = () if index else [bot.index.entry(name) for name in bot.documents]
    return RemoteExecutor(each, partial(open_library, settings, index, entries))


def open_corpus(documents: Sequence[Document], settings_file: Path | None) -> QA:
    """Embed documents that come with a question set."""
    from qa.pipeline import QA
    from qa.settings import Settings

    bot = QA(Settings.from_environment(settings_file))
    with progress_bar("Embedding", "characters") as progress:
        bot.add(documents, progress)
    return bot


def load_documents(paths: Sequence[str | Path], settings: Settings) -> tuple[Document, ...]:
    """Load documents without any model, and report which files were left out."""
    from qa.documents.loader import load_paths
    from qa.documents.sandbox import Sandbox

    with progress_bar("Reading", "files") as progress:
        report = load_paths(paths, settings, sandbox=Sandbox(settings), progress=progress)
    print_left_out(report)
    return report.documents


def print_left_out(report: LoadReport) -> None:
    """Report which files were left out."""
    if not report.complete:
        echo(report.summary(), err=True)


@contextmanager
def written_to(path: Path, option: str = "--out") -> Iterator[None]:
    """Turn an `OSError` while a file is written into a `QAError` that names it and the option to change."""
    try:
        yield
    except OSError as error:
        raise QAError(f"{path}: cannot be written: {error.strerror or error}; choose another {option}") from None
