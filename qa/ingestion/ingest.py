"""Creation and update of an index from files."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import monotonic

from qa.documents.discovery import Skipped, find_files
from qa.documents.loader import LoadReport, all_fields, is_web_address, load_paths, nothing_loaded_error, summary
from qa.errors import ShardError
from qa.index.batches import report_batch
from qa.index.delta import DeltaIndex
from qa.index.lock import write_lock
from qa.index.manifest import MANIFEST
from qa.index.memory import PassageIndex
from qa.index.milvus.uri import is_lite_file
from qa.index.open import open_on_server
from qa.index.server.index import ServerIndex
from qa.index.storage import MMAP_THRESHOLD_CHUNKS, check_writable, load_index
from qa.ingestion.prebuilt import reopen
from qa.ingestion.ray_executor import Executor
from qa.ingestion.shards import File, Shard, ShardResult, ShardWorker, divide, id_of, process, size_of
from qa.output.terminal import echo
from qa.pipeline import QA
from qa.settings import Settings
from qa.types import Document, Progress

_REMOVED_AT_ONCE = 64
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
    executor: Executor | None = None,
) -> tuple[int, int]:
    """Create or update an index of the documents at the paths; list skipped files on stderr.

    Parameters
    ----------
    paths : sequence of str
        Files, folders or web addresses.
    out : str
        The location of the index; see `qa.index.open.open_index`.
    progress : callable, optional
        Called with (bytes done, total bytes).
    report : LoadReport, optional
        The documents loaded from the paths; by default they are loaded now.
    keep : bool
        Keep documents in the index that are not at the paths.
    settings : Settings, optional
        By default those of the environment.
    executor : callable, optional
        Makes workers load and embed the files, which must have the same paths for all of them; by default this process
        does. Workers write to an index on a server themselves; documents for an index folder are returned.

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
    if executor and is_lite_file(out):
        raise ShardError(f"{out}: a milvus-lite file is written by one process; leave --workers and --engine out")
    settings = settings or Settings.from_environment()
    bot = QA(settings)
    index = open_on_server(out, bot.embedder, settings, make=True)
    with ExitStack() as stack:
        stack.enter_context(closing(index) if index is not None else _locked(Path(out)))
        files, skipped = _found(paths, out, settings) if report is None else (report.documents, [])
        writer: _ServerWriter | _FolderWriter
        writer = _ServerWriter(index, bot) if index is not None else _FolderWriter(Path(out), settings, keep=keep)
        shards = (Shard(number, part, writer.known(part)) for number, part in enumerate(divide(files)))
        done, total = 0, sum(map(size_of, files))

        def here() -> Generator[ShardResult, None, None]:
            for shard in shards:
                within = progress and partial(report_batch, progress, done, shard.size, total)
                yield process(shard, writer.bot.embedder, settings, index, within)

        if executor:
            values = {**settings.model_dump(), "threads": settings.threads or 1}
            location = None if index is None else out
            results = executor(partial(ShardWorker, values, bot.embedder.fingerprint, location), list(shards))
        else:
            results = here()
        waiting: dict[int, ShardResult] = {}
        names: list[str] = []
        notes: dict[str, tuple[str, ...]] = {}
        following = 0
        with closing(results):
            for result in results:
                waiting[result.number] = result
                while following in waiting:
                    first = waiting.pop(following)
                    writer.add(first)
                    names += first.documents
                    skipped += first.skipped
                    notes |= first.notes
                    following += 1
                done += result.size
                if progress:
                    progress(done, total)
        skipped.sort(key=lambda entry: entry.path)
        if not names and report is None:
            raise nothing_loaded_error(paths, skipped)
        counts = writer.finish(names, keep=keep)
        if report is None and (skipped or notes):
            echo(summary(len(names), skipped, notes), err=True)
        return counts


def _found(paths: Sequence[str], out: str, settings: Settings) -> tuple[Sequence[File], list[Skipped]]:
    """Return the files and web pages at paths, ordered by id, and folders that cannot be listed.

    The files of the index itself, which may be in one of the folders, are left out.
    """
    urls = [path for path in paths if is_web_address(path)]
    pages = load_paths(urls, settings).documents if urls else ()
    files, skipped = find_files(path for path in paths if not is_web_address(path))
    index = Path(out).absolute()
    others = [file for file in files if not file.path.absolute().is_relative_to(index)]
    return sorted([*pages, *others], key=id_of), skipped


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

    def known(self, files: Sequence[File]) -> dict[str, str]:
        """Return the fingerprints of the files that are in the index, by id, regardless of their source."""
        documents = self.bot.documents
        return {
            known.id: replace(known, source=file.source).fingerprint
            for file in files
            if (known := documents.get(id_of(file)))
        }

    def add(self, result: ShardResult) -> None:
        """Add the documents of a shard, and save after enough work."""
        index = self.bot.index
        for entry in result.entries:
            index.add(entry)
        for document in result.unchanged:
            known = index.documents[document.id]
            found = replace(document, text=known.text)
            if all_fields(known) != all_fields(found):
                self._update_fields(found)
        self._save_if_due()

    def _update_fields(self, document: Document) -> None:
        """Update the metadata of a document whose text has not changed."""
        index = self.bot.index
        in_memory = index.added if isinstance(index, DeltaIndex) else index
        if isinstance(in_memory, PassageIndex) and document.id in in_memory.documents:
            in_memory.update(document)
        else:
            index.add(replace(index.entry(document.id), document=document))

    def _save_if_due(self) -> None:
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
    """Completes an index on a server, to which documents are written where they are embedded."""

    def __init__(self, index: ServerIndex, bot: QA) -> None:
        self.bot = bot
        self._index = index

    def known(self, files: Sequence[File]) -> dict[str, str]:  # noqa: ARG002 -- the server is asked
        """Return nothing."""
        return {}

    def add(self, result: ShardResult) -> None:
        """Do nothing."""

    def finish(self, names: Sequence[str], *, keep: bool) -> tuple[int, int]:
        """Remove all other documents unless `keep` is set, and return the numbers of documents and passages."""
        wanted = set(names)
        others = [] if keep else [name for name in self._index.documents if name not in wanted]
        for start in range(0, len(others), _REMOVED_AT_ONCE):
            self._index.remove_all(others[start : start + _REMOVED_AT_ONCE])
        return len(self._index.documents), len(self._index)
