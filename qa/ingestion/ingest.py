"""Creation and update of an index from files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import monotonic

from qa.documents.discovery import FoundFile, Skipped
from qa.documents.loader import LoadReport, all_fields, is_web_address, nothing_loaded_error, summary
from qa.errors import LoadError, ShardError
from qa.index.base import EmbeddedDocument
from qa.index.batches import batches, report_batch
from qa.index.builder import embed_documents
from qa.index.delta import DeltaIndex
from qa.index.lock import write_lock
from qa.index.manifest import MANIFEST
from qa.index.memory import PassageIndex
from qa.index.milvus.uri import is_lite_file
from qa.index.open import open_on_server
from qa.index.server.index import ServerIndex
from qa.index.storage import MMAP_THRESHOLD_CHUNKS, check_writable, load_index
from qa.ingestion.loading import FoundDocuments, GivenDocuments, files_to_index
from qa.ingestion.prebuilt import reopen
from qa.ingestion.ray_executor import Executor
from qa.ingestion.shards import Shard, ShardResult, ShardWorker, divide
from qa.output.terminal import echo
from qa.pipeline import QA
from qa.settings import Settings
from qa.types import Document, Progress

DOCUMENTS_AT_ONCE = 64
_BATCH_CHARACTERS = 500_000
"""Documents embedded between two saves, and their characters."""
SAVE_SECONDS = 30.0
"""An index folder is saved after this much work, or `_WORK_PER_SAVE` times what the last save took."""
_WORK_PER_SAVE = 20
_WORK_PER_BASE = 4
"""As `_WORK_PER_SAVE`, for the base of a large library, which is written whole."""
_MAX_CHUNKS_IN_MEMORY = 50_000  # chunks of about 7 KB each in memory, at which the base is written in any case


def ingest(
    paths: Sequence[str],
    out: str,
    progress: Progress | None = None,
    report: LoadReport | None = None,
    *,
    keep: bool = False,
    settings: Settings | None = None,
) -> tuple[int, int]:
    """Create or update an index of the documents at the paths; list skipped files on stderr.

    Parameters
    ----------
    paths : sequence of str
        Files, folders or web addresses.
    out : str
        The location of the index; see `qa.index.open.open_index`.
    report : LoadReport, optional
        The documents loaded from the paths; by default they are loaded now.
    keep : bool
        Keep documents in the index that are not at the paths.
    settings : Settings, optional
        By default those of the environment.

    Returns
    -------
    int, int
        The number of documents and of passages in the index.

    Raises
    ------
    QAError
        If nothing can be loaded, or the index cannot be written. What was saved before stays, and the same call
        resumes from there.
    """
    settings = settings or Settings.from_environment()
    bot = QA(settings)
    index = open_on_server(out, bot.embedder, settings, make=True)
    load = (lambda: GivenDocuments(report)) if report else partial(FoundDocuments, settings, paths, out)
    if index is not None:
        with closing(index):
            return _write(load(), _ServerWriter(index, bot), progress, keep=keep)
    folder = Path(out)
    with _locked(folder):
        return _write(load(), _FolderWriter(folder, settings, keep=keep), progress, keep=keep)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Lock an index folder, before documents are read: otherwise a slow process could overwrite newer documents."""
    is_new = not folder.exists()
    try:
        with write_lock(folder):
            check_writable(folder)
            yield
    except BaseException:
        if is_new:
            # It stays if something was saved.
            with suppress(OSError):
                folder.rmdir()
        raise


def _write(
    found: FoundDocuments | GivenDocuments,
    writer: _FolderWriter | _ServerWriter,
    progress: Progress | None,
    *,
    keep: bool,
) -> tuple[int, int]:
    """Write documents in batches; parameters and result: `ingest`."""
    names = list[str]()
    before = 0
    for batch in batches(found, lambda document: len(document.text), _BATCH_CHARACTERS, DOCUMENTS_AT_ONCE):
        writer.add(batch, progress and partial(report_batch, progress, before, found.done - before, found.total))
        names += (document.id for document in batch)
        before = found.done
        if progress:
            progress(before, found.total)
    counts = writer.finish(names, keep=keep)
    if skipped := found.summary():
        echo(skipped, err=True)
    return counts


class _FolderWriter:
    """Writes an index folder, and saves it now and then, so that an interrupted call can be resumed.

    A large library is opened again after saving, so that only the documents added since are in memory.
    """

    def __init__(self, folder: Path, settings: Settings, *, keep: bool) -> None:
        # The bot has the index, to which documents are added. One that does not fit has documents to keep.
        is_strict = keep and (folder / MANIFEST).exists()
        self.bot = QA.from_index(folder, settings=settings) if is_strict else reopen(folder, settings)
        self._folder = folder
        self._saved = self._base_written = monotonic()
        self._save_took = self._base_took = 0.0

    def add(self, batch: Sequence[Document], progress: Progress | None) -> None:
        """Add the documents that are new or changed, and save after enough work."""
        changed = [document for document in batch if not self.bot.contains(document)]
        for document in batch:
            if document not in changed:
                self.update_fields(document)
        self.bot.add(changed, progress)
        self.save_if_due()

    def update_fields(self, document: Document) -> None:
        """Update the metadata of a document whose text has not changed."""
        index = self.bot.index
        known = index.documents.get(document.id)
        if known is None or all_fields(known) == all_fields(document):
            return
        in_memory = index.added if isinstance(index, DeltaIndex) else index
        if isinstance(in_memory, PassageIndex) and document.id in in_memory.documents:
            in_memory.update(document)
        else:
            index.add(replace(index.entry(document.id), document=document))

    def save_if_due(self) -> None:
        """Save after enough work."""
        bot, started = self.bot, monotonic()
        in_memory = len(bot.index.added if isinstance(bot.index, DeltaIndex) else bot.index)
        if in_memory >= MMAP_THRESHOLD_CHUNKS:
            is_due = started - self._base_written >= _WORK_PER_BASE * self._base_took
            if is_due or in_memory >= _MAX_CHUNKS_IN_MEMORY:
                bot.save(self._folder)
                index = load_index(self._folder, bot.embedder, bot.settings)
                self.bot = QA(bot.settings, embedder=bot.embedder, index=index)
                self._saved = self._base_written = monotonic()
                self._base_took = self._saved - started
        elif started - self._saved >= max(SAVE_SECONDS, _WORK_PER_SAVE * self._save_took):
            bot.save(self._folder)
            self._saved = monotonic()
            self._save_took = self._saved - started

    def finish(self, names: Sequence[str], *, keep: bool) -> tuple[int, int]:
        """Remove all other documents unless `keep` is set, save, and return the numbers of documents and passages."""
        bot = self.bot
        if not keep:
            for name in bot.documents.keys() - set(names):
                bot.remove(name)
            if isinstance(bot.index, PassageIndex) and list(bot.documents) != names:
                bot.replace([bot.documents[name] for name in names])
        bot.save(self._folder)
        return len(bot.documents), len(bot.index)


class _ServerWriter:
    """Writes an index on a server."""

    def __init__(self, index: ServerIndex, bot: QA) -> None:
        self._index, self._bot = index, bot

    def add(self, batch: Sequence[Document], progress: Progress | None) -> None:
        """Add the documents that are new or changed."""
        changed = self._index.changed(batch)
        self._index.add_all(list(embed_documents(changed, self._bot.embedder, self._bot.settings, progress)))

    def finish(self, names: Sequence[str], *, keep: bool) -> tuple[int, int]:
        """Remove all other documents unless `keep` is set, and return the numbers of documents and passages."""
        wanted = set(names)
        others = [] if keep else [name for name in self._index.documents if name not in wanted]
        for start in range(0, len(others), DOCUMENTS_AT_ONCE):
            self._index.remove_all(others[start : start + DOCUMENTS_AT_ONCE])
        return len(self._index.documents), len(self._index)


def ingest_in_shards(
    paths: Sequence[str],
    out: str,
    executor: Executor,
    *,
    keep: bool = False,
    progress: Progress | None = None,
    settings: Settings | None = None,
) -> tuple[int, int]:
    """Create or update an index as `ingest` does, with workers that load and embed shards of the files.

    Workers write to an index on a server themselves; for an index folder they return the documents to this process.
    An interrupted call can be resumed, because documents in the index are not embedded again.

    Parameters
    ----------
    paths : sequence of str
        Files and folders, which must have the same paths for all workers.

    Raises
    ------
    QAError
        See `ingest`; also if a path is a web address.
    """
    for path in filter(is_web_address, paths):
        raise LoadError(f"{path}: web addresses are not read by several workers; save it as a file or leave them out")
    if is_lite_file(out):
        raise ShardError(f"{out}: a milvus-lite file is written by one process; leave --workers and --engine out")
    settings = settings or Settings.from_environment()
    bot = QA(settings)
    embedder = bot.embedder
    index = open_on_server(out, embedder, settings, make=True)
    files, skipped = files_to_index(paths, out)
    values = {**settings.model_dump(), "threads": settings.threads or 1}
    work = partial(_work, paths, files, skipped, executor, progress)
    if index is not None:
        with closing(index):
            shards = [Shard(number, part) for number, part in enumerate(divide(files))]
            names = work(partial(ShardWorker, values, embedder.fingerprint, out), shards)
            return _ServerWriter(index, bot).finish(names, keep=keep)
    folder = Path(out)
    with _locked(folder):
        writer = _FolderWriter(folder, settings, keep=keep)
        shards = [Shard(number, part, _known(part, writer.bot)) for number, part in enumerate(divide(files))]

        def add(entries: Sequence[EmbeddedDocument]) -> None:
            for entry in entries:
                writer.bot.index.add(entry)
            writer.save_if_due()

        names = work(partial(ShardWorker, values, embedder.fingerprint), shards, add)
        sources = {file.document_id: file.source for file in files}
        for name in names:
            writer.update_fields(replace(writer.bot.documents[name], source=sources[name]))
        return writer.finish(names, keep=keep)


def _known(files: Sequence[FoundFile], bot: QA) -> dict[str, str]:
    """Return the fingerprints of the files that are in the index, by id, regardless of their source."""
    indexed = {file: bot.documents.get(file.document_id) for file in files}
    return {
        document.id: replace(document, source=file.source).fingerprint for file, document in indexed.items() if document
    }


def _work(
    paths: Sequence[str],
    files: Sequence[FoundFile],
    skipped: Sequence[Skipped],
    executor: Executor,
    progress: Progress | None,
    make: Callable[[], Callable[[Shard], ShardResult]],
    shards: Sequence[Shard],
    add: Callable[[Sequence[EmbeddedDocument]], None] = lambda _: None,
) -> list[str]:
    """Have workers process the shards, pass on their entries in order, and return the ids of the documents."""
    waiting: dict[int, ShardResult] = {}
    results: list[ShardResult] = []
    done = 0
    with closing(executor(make, shards)) as finished:
        for result in finished:
            waiting[result.number] = result
            while len(results) in waiting:
                first = waiting.pop(len(results))
                add(first.entries)
                results.append(replace(first, entries=()))
            done += len(shards[result.number].files)
            if progress:
                progress(done, len(files))
    names = [name for result in results for name in result.documents]
    skipped = sorted([*skipped, *(one for result in results for one in result.skipped)], key=lambda one: one.path)
    if not names:
        raise nothing_loaded_error(paths, skipped)
    notes = {name: noted for result in results for name, noted in result.notes.items()}
    if skipped or notes:
        echo(summary(len(names), skipped, notes), err=True)
    return names
