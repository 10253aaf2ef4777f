"""Documents -> an index at a place, which afterwards holds exactly these."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import typer

from qa.ahead import reopen
from qa.load import LoadReport, load_paths
from qa.lock import only_writer
from qa.milvus.address import Address, milvus_address
from qa.milvus.index import MilvusIndex
from qa.milvus.made_with import open_store
from qa.pipeline import QA, embed_documents
from qa.settings import Settings
from qa.types import Document, Progress

DOCUMENTS_AT_ONCE = 64
"""Documents embedded and written to Milvus in one go: what an interruption costs at most."""


def ingest(paths: Sequence[str], out: str, progress: Progress | None = None) -> tuple[int, int]:
    """Make or update an index of what the paths hold; say on stderr what is left out.

    Parameters
    ----------
    paths : sequence of str
        Files, folders or web addresses.
    out : str
        A place; see `qa.places.open_index`.
    progress : callable, optional

    Returns
    -------
    int, int
        The number of documents and of passages in the index.

    Raises
    ------
    QAError
        If nothing can be loaded, or the index cannot be written. What was written to Milvus before stays, and the same
        call goes on from there.
    """
    settings = Settings.from_environment()
    address = milvus_address(out)
    if address is not None:
        return _into_milvus(paths, address, settings, progress)
    folder = Path(out)
    # From before the documents are read: else what a slower process read earlier would replace what is newer.
    with only_writer(folder):
        report = _load(paths, settings)
        bot = reopen(folder, settings)
        bot.replace(report.documents, progress)
        bot.save(folder)
    return len(bot.documents), len(bot.index)


def _into_milvus(
    paths: Sequence[str], address: Address, settings: Settings, progress: Progress | None
) -> tuple[int, int]:
    bot = QA(settings)
    index = MilvusIndex(*open_store(address, bot.embedder, settings, make=True))
    try:
        index.mend()
        report = _load(paths, settings)
        _keep_only({document.id for document in report.documents}, index)
        done = 0
        for batch in _batches(report.documents):
            known = index.fingerprints([document.id for document in batch])
            changed = [document for document in batch if known.get(document.id) != document.fingerprint]
            if changed:
                index.add_all(list(embed_documents(changed, bot.embedder, settings)))
            done += len(batch)
            if progress:
                progress(done, len(report.documents))
        return len(index.documents), len(index)
    finally:
        index.close()


def _keep_only(wanted: Collection[str], index: MilvusIndex) -> None:
    for name in [name for name in index.documents if name not in wanted]:
        index.remove(name)


def _load(paths: Sequence[str], settings: Settings) -> LoadReport:
    report = load_paths(paths, max_file_mb=settings.max_file_mb, allow_urls=settings.allow_urls)
    if report.skipped:
        typer.echo(report.summary(), err=True)
    return report


def _batches(documents: Iterable[Document]) -> Iterator[list[Document]]:
    left = iter(documents)
    while batch := list(islice(left, DOCUMENTS_AT_ONCE)):
        yield batch
