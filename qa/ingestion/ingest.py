"""Documents -> an index, which afterwards contains exactly these, or these too."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import monotonic

from qa.documents.discovery import FoundFile, Skipped, find_files
from qa.documents.load_report import LoadReport, all_fields, nothing_loaded_error, summary
from qa.documents.loader import is_web_address
from qa.errors import LoadError, ShardError
from qa.index.builder import BATCH_CHARACTERS, embed_documents
from qa.index.delta import DeltaIndex, rebuild_changed
from qa.index.lock import LOCK_FILE, write_lock
from qa.index.memory import PassageIndex
from qa.index.milvus.uri import is_lite_file
from qa.index.open import open_on_server
from qa.index.server.index import ServerIndex
from qa.index.storage import MMAP_THRESHOLD_CHUNKS, check_writable, load_index, save_index
from qa.ingestion.loading import FoundDocuments, GivenDocuments
from qa.ingestion.prebuilt import reopen
from qa.ingestion.ray_executor import Executor
from qa.ingestion.shards import (
    SHARD,
    TRIES,
    Shard,
    ShardMaker,
    ShardResult,
    ShardWriter,
    divide,
    is_of_shards,
    read_shard,
)
from qa.output.terminal import echo
from qa.pipeline import QA
from qa.settings import Settings
from qa.types import Document, Progress

DOCUMENTS_AT_ONCE = 64
"""Documents embedded in one go. What an interruption costs at most, with what was embedded since the last save."""
SAVE_SECONDS = 30.0
"""An index folder is saved after so much work, or after `_WORK_PER_SAVE` times as much as the last save took."""
_WORK_PER_SAVE = 20
_WORK_PER_BASE = 4
"""The base of a large library is written whole, so only after so many times as much work as the last time took."""
_MOST_IN_MEMORY = 50_000
"""Chunks, of some 7 KB each in memory, after which it is written in any case."""


def ingest(
    paths: Sequence[str],
    out: str,
    progress: Progress | None = None,
    report: LoadReport | None = None,
    *,
    keep: bool = False,
) -> tuple[int, int]:
    """Create or update an index of the documents at the paths; list on stderr what is left out.

    Parameters
    ----------
    paths : sequence of str
        Files, folders or web addresses.
    out : str
        The location of the index; see `qa.index.open.open_index`.
    progress : callable, optional
    report : LoadReport, optional
        What was loaded from the paths; by default they are loaded now.
    keep : bool
        Leave documents in the index that are not at the paths.

    Returns
    -------
    int, int
        The number of documents and of passages in the index.

    Raises
    ------
    QAError
        If nothing can be loaded, or the index cannot be written. What was saved or written before stays, and the
        same call resumes from there.
    """
    settings = Settings.from_environment()
    bot = QA(settings)
    index = open_on_server(out, bot.embedder, settings, make=True)
    if index is not None:
        with closing(index):
            return _into_server(paths, index, bot, progress, report, keep=keep)
    folder = Path(out)
    is_new = not folder.exists()
    try:
        # From before the documents are read: else what a slower process read earlier would replace what is newer.
        with write_lock(folder):
            check_writable(folder)
            found = GivenDocuments(report) if report else FoundDocuments(settings, paths)
            bot = _embed_and_save(reopen(folder, settings), found, folder, progress, keep=keep)
            bot.save(folder)
            _tell_left_out(found)
    except BaseException:
        if is_new:
            # It stays if something was saved.
            with suppress(OSError):
                folder.rmdir()
        raise
    return len(bot.documents), len(bot.index)


def _embed_and_save(
    bot: QA, found: FoundDocuments | GivenDocuments, folder: Path, progress: Progress | None, *, keep: bool
) -> QA:
    """Embed what is new or changed, and save now and then, so that an interrupted call is resumed by the next one.

    Returns a bot with exactly the documents found, or with these too. A large library is opened again from what was
    saved, so that memory is needed for what was added since, not for all of it.
    """
    names: list[str] = []
    saved = written = monotonic()
    save_took = base_took = 0.0
    before = 0
    for batch in _batches(found):
        names += (document.id for document in batch)
        changed = [document for document in batch if not bot.contains(document)]
        for document in batch:
            known = bot.documents.get(document.id)
            if known is not None and document not in changed and all_fields(known) != all_fields(document):
                bot.index.add(replace(bot.index.entry(document.id), document=document))
        bot.add(changed, progress and partial(_scaled, progress, before, found.done - before, found.total))
        before = found.done
        if progress:
            progress(found.done, found.total)
        in_memory = len(bot.index.added if isinstance(bot.index, DeltaIndex) else bot.index)
        started = monotonic()
        if in_memory >= MMAP_THRESHOLD_CHUNKS:
            if started - written >= _WORK_PER_BASE * base_took or in_memory >= _MOST_IN_MEMORY:
                bot.save(folder)
                index = load_index(folder, bot.embedder, bot.settings)
                bot = QA(bot.settings, embedder=bot.embedder, index=index)
                saved = written = monotonic()
                base_took = written - started
        elif started - saved >= max(SAVE_SECONDS, _WORK_PER_SAVE * save_took):
            bot.save(folder)
            saved = monotonic()
            save_took = saved - started
    if keep:
        return bot
    for name in bot.documents.keys() - set(names):
        bot.remove(name)
    if isinstance(bot.index, PassageIndex) and list(bot.documents) != names:
        bot.replace([bot.documents[name] for name in names])
    return bot


def _batches(documents: Iterable[Document]) -> Iterator[list[Document]]:
    """Yield documents in batches of at most `DOCUMENTS_AT_ONCE`, and about `BATCH_CHARACTERS`."""
    batch: list[Document] = []
    size = 0
    for document in documents:
        batch.append(document)
        size += len(document.text)
        if len(batch) == DOCUMENTS_AT_ONCE or size >= BATCH_CHARACTERS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _scaled(progress: Progress, before: int, size: int, total: int, done: int, of: int) -> None:
    """Report the progress of a batch as bytes of all."""
    progress(before + size * done // of, total)


def ingest_in_shards(
    paths: Sequence[str],
    out: str,
    executor: Executor,
    *,
    shards: Path | None = None,
    keep: bool = False,
    progress: Progress | None = None,
) -> tuple[int, int]:
    """Do what `ingest` does, with the documents read and embedded in shards, wherever `executor` has that done.

    An interrupted call is resumed by the same call: documents that are in the index are not embedded again. To an index
    on a server each worker writes by itself; for an index folder, finished shards are kept as files until all are
    there.

    Parameters
    ----------
    paths : sequence of str
        Files and folders, which every worker must find under the same path.
    out : str
        The location of the index; see `qa.index.open.open_index`.
    executor : callable
    shards : Path, optional
        Folder for the shards of an index folder, which every worker must find too; it is removed when all is in the
        index. Default: beside the index, under its name and ``.shards``.
    keep : bool
        Leave documents in the index that are not at the paths.
    progress : callable, optional

    Raises
    ------
    QAError
        As of `ingest`; also where a path is a web address, or the folder contains anything else.
    """
    for path in filter(is_web_address, paths):
        raise LoadError(f"{path}: web addresses are not read in shards; save it as a file, or index it by one process")
    if is_lite_file(out):
        raise ShardError(f"{out}: a milvus-lite file is written by one process; leave --workers and --engine out")
    settings = Settings.from_environment()
    embedder = QA(settings).embedder
    index = open_on_server(out, embedder, settings, make=True)
    files, skipped = find_files(paths)
    work = partial(_work, paths, files, skipped, executor, progress)
    values = {**settings.model_dump(), "threads": settings.threads or 1}
    if index is not None:
        if shards:
            raise ShardError(f"{shards}: an index on a server needs no folder of shards; leave --shards out")
        with closing(index):
            sources = work(partial(ShardWriter, out, values, embedder.fingerprint), map(Shard, divide(files)))
            if not keep:
                _keep_only(sources, index)
            return len(index.documents), len(index)
    with _shard_folder(shards or Path(f"{out}.shards")) as folder, write_lock(Path(out)):
        check_writable(Path(out))
        bot = reopen(Path(out), settings)
        planned = [Shard(part, _known(part, bot)) for part in divide(files)]
        others = {name: document.source for name, document in bot.documents.items()} if keep else {}
        sources = {**others, **work(partial(ShardMaker, folder, values, embedder.fingerprint), planned)}
        made = (entry for shard in planned for entry in read_shard(folder / f"{shard.name}{SHARD}"))
        entries = {entry.document.id: entry for entry in made}
        documents = [
            entries[name].document if name in entries else replace(bot.documents[name], source=source)
            for name, source in sources.items()
        ]
        whole = rebuild_changed(bot.index, documents, entries)
        save_index(Path(out), whole, bot.embedder, settings)
        for file in _files(folder):
            file.unlink()
    return len(whole.documents), len(whole)


@contextmanager
def _shard_folder(folder: Path) -> Iterator[Path]:
    """Yield the folder, for this process alone; afterwards it stays if there are shards to resume from."""
    try:
        with write_lock(folder):
            unexpected = sorted(file.name for file in _files(folder) if not is_of_shards(file))
            if unexpected:
                raise ShardError(
                    f"{folder}: is not a folder of shards (unexpected file {unexpected[0]!r}); choose another one"
                )
            for tries in folder.glob(f"*{TRIES}"):
                tries.unlink()
            yield folder
    finally:
        with suppress(OSError):
            folder.rmdir()


def _files(folder: Path) -> list[Path]:
    return [file for file in folder.iterdir() if file.name != LOCK_FILE]


def _into_server(
    paths: Sequence[str],
    index: ServerIndex,
    bot: QA,
    progress: Progress | None,
    report: LoadReport | None = None,
    *,
    keep: bool,
) -> tuple[int, int]:
    found = GivenDocuments(report) if report else FoundDocuments(bot.settings, paths)
    names: set[str] = set()
    before = 0
    for batch in _batches(found):
        known = index.fingerprints([document.id for document in batch])
        changed = [document for document in batch if known.get(document.id) != document.fingerprint]
        if changed:
            report_part = progress and partial(_scaled, progress, before, found.done - before, found.total)
            index.add_all(list(embed_documents(changed, bot.embedder, bot.settings, report_part)))
        before = found.done
        if progress:
            progress(found.done, found.total)
        names.update(document.id for document in batch)
    if not keep:
        _keep_only(names, index)
    _tell_left_out(found)
    return len(index.documents), len(index)


def _known(files: Sequence[FoundFile], bot: QA) -> dict[str, str]:
    """Return the fingerprints of those of the files that are indexed, by id, wherever they were loaded from."""
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
    planned: Iterable[Shard],
) -> dict[str, str]:
    """Have the shards worked on, tell what is left out, and return the sources of the documents by id, in order."""
    shards = list(planned)
    sizes = {shard.name: len(shard.files) for shard in shards}
    made: dict[str, ShardResult] = {}
    done = 0
    with closing(executor(make, shards)) as finished:
        for one in finished:
            made[one.name] = one
            done += sizes[one.name]
            if progress:
                progress(done, len(files))
    sources_by_id = {file.document_id: file.source for file in files}
    sources = {name: sources_by_id[name] for shard in shards for name in made[shard.name].documents}
    skipped = sorted([*skipped, *(one for shard in made.values() for one in shard.skipped)], key=lambda one: one.path)
    if not sources:
        raise nothing_loaded_error(paths, skipped)
    notes = {name: said for shard in shards for name, said in made[shard.name].notes.items()}
    if skipped or notes:
        echo(summary(len(sources), skipped, notes), err=True)
    return sources


def _keep_only(wanted: Collection[str], index: ServerIndex) -> None:
    for name in [name for name in index.documents if name not in wanted]:
        index.remove(name)


def _tell_left_out(found: FoundDocuments | GivenDocuments) -> None:
    if left_out := found.summary():
        echo(left_out, err=True)
