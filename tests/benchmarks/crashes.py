"""Kill the writing of an index with signal 9 at random moments, and check the index folder: ``make campaign-index``.

A library is saved, or `qa index` runs after documents were added, removed or changed. Each time is a separate process:
for a library with one file per document, and for a large one with a base, for which the limit is set low here. Half of
the moments are drawn from the whole run, half from the time after the first renaming of a file, in which the new index
replaces the old one. The folder must then contain the old index or the new one, bit by bit; repeating the work must
succeed at once and leave no other files. The documents are the paragraphs of the sample articles; the small exact
embedder of the unit tests replaces the model.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field, replace
from io import StringIO
from pathlib import Path
from statistics import median
from time import perf_counter, sleep
from unittest import mock

from conftest import ARTICLES, TermEmbedder
from saved_index import assert_tidy, content

from qa.cli.main import make_index
from qa.errors import QAError
from qa.index import storage
from qa.index.lock import LOCK_FILE
from qa.index.storage import load_index
from qa.pipeline import QA
from qa.settings import Settings
from qa.types import Document

UNKILLED = 5
LARGE = 20
"""Chunks from which on a library counts as large here; the paragraphs have more."""
LATEST = "latest.txt"


@dataclass
class Work:
    """One kind of writing: `run` makes of an index like that in `before` one like that in `after`."""

    name: str
    before: Path
    after: Path
    run: Callable[[Path], None]
    large: int = storage.MMAP_THRESHOLD_CHUNKS
    """Chunks from which on it keeps a base."""
    seconds: tuple[float, float] = (0.0, 0.0)
    """Taken in all, and from the first renaming on."""
    left: list[str] = field(default_factory=list)
    """"old" or "new" for each kill, starred if the folder has files that no index names; or the loss."""


def held(folder: Path) -> list[object]:
    """Return the content of an index folder, vectors bit by bit."""
    return content(load_index(folder, TermEmbedder(), Settings()))


def works(root: Path) -> list[Work]:
    """Make the documents and the indexes before and after each work."""
    docs, edited, fewer, more, changed = (root / name for name in ("docs", "edited", "fewer", "more", "changed"))
    for folder in (docs, edited):
        folder.mkdir()
    paragraphs = [text for path in sorted(ARTICLES.iterdir()) for text in path.read_text("utf-8").split("\n\n")]
    for number, text in enumerate(paragraphs[:-1]):
        (docs / f"{number:02d}.txt").write_text(text, "utf-8")
        (edited / f"{number:02d}.txt").write_text(f"{text} Changed." if number % 2 else text, "utf-8")

    def removed(folder: Path) -> None:
        (docs / LATEST).unlink(missing_ok=True)
        make_index([str(docs)], str(folder))

    def added(folder: Path) -> None:
        (docs / LATEST).write_text(paragraphs[-1], "utf-8")
        make_index([str(docs)], str(folder))

    def half_changed(folder: Path) -> None:
        make_index([str(edited)], str(folder))

    removed(fewer)
    added(more)
    bot = QA.from_index(more)
    bot.replace([_changed(document) for document in bot.documents.values()])
    bot.save(changed)
    small = [
        Work("a library saved, every second document changed", more, changed, bot.save),
        Work("`qa index`, a document added", fewer, more, added),
        Work("`qa index`, a document removed", more, fewer, removed),
    ]
    with mock.patch.object(storage, "MMAP_THRESHOLD_CHUNKS", LARGE):
        removed(root / "base without")
        added(root / "base with")
    large = [
        Work("large: a document added beside the base", root / "base without", root / "beside", added, LARGE),
        Work("large: a document removed from the base", root / "base with", root / "masked", removed, LARGE),
        Work("large: half of it changed, a new base", root / "base without", root / "anew", half_changed, LARGE),
    ]
    for work in large:
        shutil.copytree(work.before, work.after)
        with mock.patch.object(storage, "MMAP_THRESHOLD_CHUNKS", LARGE):
            work.run(work.after)
    assert [(work.after / "bases").exists() for work in large] == [True] * 3
    assert {path.name for path in (root / "anew" / "bases").iterdir()}.isdisjoint(
        path.name for path in (root / "base without" / "bases").iterdir()
    )
    return small + large


def _changed(document: Document) -> Document:
    return replace(document, text=f"{document.text} Changed.") if document.id[1] in "02468" else document


class Process:
    """The work on a fresh copy of the old index, in a separate process."""

    def __init__(self, work: Work, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(work.before, folder)
        self._renames, renames = os.pipe()

        def tell(event: str, _: tuple[object, ...]) -> None:
            if event == "os.rename":
                os.write(renames, b".")

        self._number = os.fork()
        if self._number == 0:
            code = 1
            try:
                sys.addaudithook(tell)
                work.run(folder)
                code = 0
            finally:
                os._exit(code)
        os.close(renames)

    def wait_for_renaming(self) -> None:
        """Wait until it renames its first file, or has ended."""
        os.read(self._renames, 1)

    def kill(self) -> None:
        """Kill it with signal 9."""
        os.kill(self._number, signal.SIGKILL)

    def end(self) -> int:
        """Wait for its end; return its exit code, or minus the signal that ended it."""
        code = os.waitstatus_to_exitcode(os.waitpid(self._number, 0)[1])
        os.close(self._renames)
        return code


def timed(work: Work, folder: Path) -> tuple[float, float]:
    """Return the seconds that the work takes in all, and from its first renaming on."""
    started = perf_counter()
    process = Process(work, folder)
    process.wait_for_renaming()
    renaming = perf_counter()
    assert process.end() == 0, f"{work.name} failed"
    ended = perf_counter()
    return ended - started, ended - renaming


def killed(work: Work, folder: Path, moments: random.Random, late: bool) -> None:
    """Start the work until a kill meets it."""
    while True:
        process = Process(work, folder)
        if late:
            process.wait_for_renaming()
        sleep(moments.uniform(0, work.seconds[late]))
        process.kill()
        code = process.end()
        if code == -signal.SIGKILL:
            return
        assert code == 0, f"{work.name} ended with {code}"


def outcome(work: Work, folder: Path) -> str:
    """Say what a kill left; then do the work again."""
    # The file of a killed writer's lock stays; the lock does not.
    (folder / LOCK_FILE).unlink(missing_ok=True)
    try:
        assert_tidy(folder)
        midway = ""
    except AssertionError:
        midway = "*"
    try:
        found = held(folder)
        state = "old" if found == held(work.before) else "new" if found == held(work.after) else "a mixture"
        work.run(folder)
        assert held(folder) == held(work.after), "the same again made something else"
        assert_tidy(folder)
    except (QAError, AssertionError) as error:
        return f"lost: {error}"
    return f"lost: {state}" if state == "a mixture" else state + midway


def table(done: Iterable[Work]) -> str:
    """Return the kills and the losses as Markdown."""
    lines = [
        "| killed with signal 9 | tried | files lay about | old index left | new index left | lost |",
        "|---|---|---|---|---|---|",
    ]
    rows = [(work.name, work.left) for work in done]
    for name, left in [*rows, ("in all", [one for _, outcomes in rows for one in outcomes])]:
        counts = [
            len(left),
            sum(one.endswith("*") for one in left),
            sum(one.startswith("old") for one in left),
            sum(one.startswith("new") for one in left),
            sum(one.startswith("lost") for one in left),
        ]
        lines.append(f"| {name} | {' | '.join(map(str, counts))} |")
    return "\n".join(lines)


@contextmanager
def quiet() -> Iterator[None]:
    """Discard stderr: FAISS warns that each base is small."""
    kept = os.dup(2)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)


def main() -> None:
    """Kill a number of times, and print the losses."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=300, help="kills in all")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    options = parser.parse_args()
    moments = random.Random(options.seed)
    with (
        tempfile.TemporaryDirectory() as name,
        mock.patch("qa.pipeline.make_embedder", return_value=TermEmbedder()),
        # A pool of threads that FAISS began here would be missing in the process that is killed, and waited for there.
        mock.patch("qa.index.mmap_writer.processor_threads", return_value=1),
        redirect_stdout(StringIO()),
        quiet(),
    ):
        folder = Path(name) / "index"
        chosen = works(Path(name))
        for work in chosen:
            with mock.patch.object(storage, "MMAP_THRESHOLD_CHUNKS", work.large):
                whole, late = zip(*(timed(work, folder) for _ in range(UNKILLED)), strict=True)
            work.seconds = median(whole), median(late)
        for number in range(options.times):
            work = chosen[number % len(chosen)]
            with mock.patch.object(storage, "MMAP_THRESHOLD_CHUNKS", work.large):
                killed(work, folder, moments, late=number // len(chosen) % 2 == 1)
                work.left.append(outcome(work, folder))
    print(table(chosen))
    losses = [f"{work.name}: {one}" for work in chosen for one in work.left if one.startswith("lost")]
    sys.exit("\n".join(losses) or None)


if __name__ == "__main__":
    main()
