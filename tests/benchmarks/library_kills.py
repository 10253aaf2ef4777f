"""Kill a server's library with signal 9 at random moments, and check its database: ``make campaign-library``.

A separate process opens a new library and adds, renames, moves, deletes, restores, exports and imports, one step after
another; it reports when each step begins and when it is confirmed. The same work is done once without a kill, to know
what the library contains after each step. Half of the kills come at any moment of the whole run, half in a step of the
kind that was hit least so far. The database must have exactly the confirmed steps, or these and the one in progress;
the database must be intact, every article must open without being embedded again, and the library must accept another
article. The small exact embedder of the unit tests replaces the model, and files are read without a sandbox.

Then a library of many articles and conversations is opened, with vectors as long as those of the bundled model.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from time import perf_counter, process_time, sleep
from typing import Any, cast

import numpy as np
from conftest import ARTICLES, TermEmbedder
from results import print_table
from served import memory_mb

from qa.documents.analysis import Analysis, analyse
from qa.documents.content import Content
from qa.documents.loader import load_text
from qa.documents.sandbox import Sandbox
from qa.models.embedder import make_embedder
from qa.pipeline import QA
from qa.protocols import Embedder
from qa.settings import Settings
from qa.types import Document, Progress, Vectors
from qa.web.libraries import Added
from qa.web.library.answers import stored_turn
from qa.web.library.collection_registry import CollectionRegistry
from qa.web.library.database import LibraryDatabase
from qa.web.library.saved import SavedLibrary
from qa.web.library.sqlite_file import FILE, LOCK, OWNER
from qa.web.library.transfer import export_collection, import_collection
from qa.web.ui.library import article_list_html

PARAGRAPHS = [text for path in sorted(ARTICLES.iterdir()) for text in path.read_text("utf-8").split("\n\n")]
LARGE_ARTICLES, LARGE_CHATS, TURNS = 1000, 500, 4
MANY_WORDS = 300


class InThisProcess:
    """Reads pasted text as the sandbox would."""

    def load(self, content: Content, chunk_tokens: int, *_: object) -> tuple[Document, Analysis]:
        """Return the document and its analysis."""
        document = load_text(content.data.decode(), content.title or "Text")
        return document, analyse(document, chunk_tokens)


class Work:
    """A library, and the steps that change it; the same for the same seed."""

    def __init__(self, folder: Path, embedder: Embedder) -> None:
        self.folder = folder
        self.database = LibraryDatabase(folder)
        self.bot = QA(Settings(), embedder=embedder)
        self.collections = CollectionRegistry(self.database, self.bot, cast(Sandbox, InThisProcess()))
        self.answer = replace(self.bot.ask("Hello!"), timings_ms={})

    def library(self, name: str) -> SavedLibrary:
        """Return a collection by name."""
        return self.collections.library(
            next(each.id for each in self.database.collections.of_user("") if each.name == name)
        )

    def steps(self, draw: random.Random) -> Iterator[tuple[str, Callable[[], object]]]:
        """Yield kinds of steps, and what does them."""
        database = self.database
        yield "create a collection", lambda: database.collections.of_user("")
        for number in range(4):
            text = "\n\n".join(draw.sample(PARAGRAPHS, 6))
            yield "add an article", lambda text=text, number=number: self.add("My articles", f"Article {number}", text)  # type: ignore[misc]
            yield "ask a question", lambda number=number: self.ask("My articles", f"talk{number % 2}", number)  # type: ignore[misc]
        yield "create a collection", lambda: database.collections.create("", "Other")
        mine, other = self.library("My articles"), self.library("Other")
        yield "rename a conversation", lambda: database.conversations.rename(mine.collection, "talk0", "Renamed")
        yield "rename a collection", lambda: database.collections.rename(other.collection, "Second")
        yield "delete an article", lambda: mine.remove("article-1.txt")
        yield "restore an article", lambda: mine.restore(2)
        yield "move an article", lambda: mine.move("article-2.txt", other)
        yield "delete a conversation", lambda: database.conversations.delete(mine.collection, "talk1")
        yield "restore a conversation", lambda: database.conversations.restore(mine.collection, "talk1")
        file = self.folder.with_suffix(".zip")
        with file.open("wb") as target:
            export_collection(database, mine.collection, "Imported", target)
        yield "import a collection", lambda: import_collection(database, "", file, file.name, self.bot)
        yield "delete a collection", lambda: database.collections.delete(other.collection)
        yield "restore a collection", lambda: database.collections.restore(other.collection, "")
        yield "delete a conversation", lambda: database.conversations.delete(mine.collection, "talk1")
        yield "purge what was deleted", lambda: database.purge(days=0)

    def add(self, collection: str, title: str, text: str) -> Added:
        """Add an article."""
        return self.library(collection).add_text(text, title)

    def ask(self, collection: str, conversation: str, number: int) -> int:
        """Keep a question and an answer."""
        number_of = self.library(collection).collection
        return self.database.conversations.add_turn(
            number_of, conversation, stored_turn(f"Question {number}?", self.answer)
        )


def content(database: LibraryDatabase) -> str:
    """Return a digest of a library's content, without ids and times."""
    found: list[Any] = []
    for collection in database.collections.of_user(""):
        articles = [
            [article.fields, hashlib.sha256(article.entry).hexdigest(), article.tokens]
            for number in database.articles.ids(collection.id)
            for article in [database.articles.get(collection.id, number)]
        ]
        conversations = sorted(
            [
                talk.name,
                *([turn.question, turn.answer] for turn in database.conversations.turns(collection.id, talk.id)),
            ]
            for talk in database.conversations.search(collection.id)
        )
        found.append([collection.name, articles, conversations])
    return hashlib.sha256(json.dumps(found).encode()).hexdigest()


def run(folder: Path, seed: int, progress: int, *, look: bool) -> None:
    """Do the work, and write a line when a step begins, and when it is confirmed with what there is then."""
    work = Work(folder, TermEmbedder())
    for kind, do in work.steps(random.Random(seed)):
        os.write(progress, f"begin {kind}\n".encode())
        do()
        held = content(work.database) if look else "-"
        os.write(progress, f"done {held}\n".encode())
    os.write(progress, b"end\n")
    sleep(60)


class Process:
    """The work on a new folder, in a separate process."""

    def __init__(self, folder: Path, seed: int, *, look: bool = False) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        reader, writer = os.pipe()
        self.number = os.fork()
        if self.number == 0:
            os.close(reader)
            try:
                run(folder, seed, writer, look=look)
            except BaseException as error:
                os.write(writer, f"failed {error!r}\n".encode())
            finally:
                os._exit(1)
        os.close(writer)
        self.progress = os.fdopen(reader, encoding="utf-8")

    def kill(self) -> list[str]:
        """Kill it with signal 9, and return the lines that were not read yet."""
        os.kill(self.number, signal.SIGKILL)
        rest = self.progress.read().splitlines()
        os.waitpid(self.number, 0)
        self.progress.close()
        return rest


@dataclass
class Reference:
    """What there is after each step, the kind of each, and the seconds that each takes."""

    held: list[str]
    kinds: list[str]
    seconds: list[float]


def reference(folder: Path, seed: int) -> Reference:
    """Do the work without a kill."""
    process = Process(folder, seed, look=True)
    held, kinds, times = [""], [], []
    for line in process.progress:
        word, _, rest = line.strip().partition(" ")
        if word == "begin":
            kinds.append(rest)
            started = perf_counter()
        elif word == "done":
            held.append(rest)
            times.append(perf_counter() - started)
        else:
            assert word == "end", line
            break
    process.kill()
    return Reference(held, kinds, times)


def killed(folder: Path, seed: int, wanted: Reference, draw: random.Random, kind: str) -> tuple[int, bool]:
    """Kill the work in a step of a kind, or at any moment; return how many steps were confirmed, and if one was not."""
    process = Process(folder, seed)
    lines: list[str] = []
    if kind:
        step = draw.choice([number for number, each in enumerate(wanted.kinds) if each == kind])
        while sum(line.startswith("begin") for line in lines) <= step:
            lines.append(process.progress.readline())
        sleep(draw.uniform(0, wanted.seconds[step]))
    else:
        sleep(draw.uniform(0, sum(wanted.seconds)))
    lines += process.kill()
    assert not any(line.startswith("failed") for line in lines), lines
    done, started = (sum(line.startswith(word) for line in lines) for word in ("done", "begin"))
    return done, started > done


def outcome(folder: Path, seed: int, wanted: Reference, done: int) -> str:
    """Return the state after a kill: "old" or "new", or the loss."""
    expected = {wanted.held[done]: "old"} | dict.fromkeys(wanted.held[done + 1 : done + 2], "new")
    try:
        database = LibraryDatabase(folder)
        unexpected = {path.name for path in folder.iterdir()} - {FILE, f"{FILE}-wal", LOCK, OWNER}
        assert not unexpected, f"unexpected files {unexpected}"
        [(intact,)] = database.file.rows("PRAGMA integrity_check")
        assert intact == "ok", intact
        assert not database.file.rows("PRAGMA foreign_key_check")
        empty = database.file.rows("SELECT count(*) FROM collections") == [(0,)]
        state = (
            "old" if empty and done == 0 else expected.get(content(database), "neither what was nor what was wanted")
        )
        if state == "old" and wanted.held[done : done + 1] == wanted.held[done + 1 : done + 2]:
            state = "new"
        embedder = TermEmbedder()
        registry = CollectionRegistry(database, QA(Settings(), embedder=embedder), cast(Sandbox, InThisProcess()))
        libraries = [registry.library(each.id) for each in database.collections.of_user("")]
        assert not embedder.embedded, "an article was embedded again"
        libraries[0].add_text("The library takes another article.", "Another")
        database.close()
    except Exception as error:
        return f"lost: {error!r} (seed {seed})"
    return state if state in {"old", "new"} else f"lost: {state} (seed {seed})"


def kills(folder: Path, times: int, seed: int) -> list[str]:
    """Kill a number of times; print the states, and return the losses."""
    # What is imported when it is first needed is here already.
    analyse(load_text(PARAGRAPHS[0], "Text"), Settings().chunk_tokens)
    draw = random.Random(seed)
    left: dict[str, Counter[str]] = {}
    losses = []
    wanted = reference(folder, seed)
    for kind in wanted.kinds:
        left.setdefault(kind, Counter())
    for number in range(times):
        rarest = min(dict.fromkeys(wanted.kinds), key=lambda kind: (left[kind].total(), draw.random()))
        done, under_way = killed(folder, seed, wanted, draw, rarest if number % 2 else "")
        state = outcome(folder, seed, wanted, done)
        kind = wanted.kinds[done] if under_way else "between two steps"
        left.setdefault(kind, Counter())[state.partition(":")[0]] += 1
        if state.startswith("lost"):
            losses.append(f"{kind}: {state}")
    counts = {kind: [found.total(), found["old"], found["new"], found["lost"]] for kind, found in left.items()}
    rows = [(kind, *found) for kind, found in counts.items()]
    total = [sum(column) for column in zip(*counts.values(), strict=True)]
    columns = ("killed with signal 9 during", "tried", "before the step", "after it", "lost or half there")
    print_table(columns, [*rows, ("in all", *total)], "A library that lasts, killed while it changes")
    return losses


class LongVectors(TermEmbedder):
    """Random vectors as long as those of the bundled model."""

    def __init__(self) -> None:
        super().__init__()
        self.dimension = make_embedder(Settings()).dimension
        self._draw = np.random.default_rng(0)

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Return random unit rows; count the texts."""
        self.embedded += len(texts)
        rows = self._draw.standard_normal((len(texts), self.dimension), dtype=np.float32)
        if progress:
            progress(len(texts), len(texts))
        unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit


def fill(folder: Path, draw: random.Random, embedder: Embedder) -> None:
    """Make a large library."""
    work = Work(folder, embedder)
    work.database.collections.of_user("")
    words = " ".join(PARAGRAPHS).split(". ")
    for number in range(LARGE_ARTICLES):
        text = f"Article {number}. " + ". ".join(draw.sample(words, MANY_WORDS // 20)) + "."
        work.add("My articles", f"Article {number}", text)
    for chat in range(LARGE_CHATS):
        for turn in range(TURNS):
            work.ask("My articles", f"talk{chat:03}", chat * TURNS + turn)
    work.database.close()


def opening(folder: Path) -> None:
    """Open the library, and print what that takes."""
    embedder = LongVectors()
    bot = QA(Settings(), embedder=embedder)
    bot.search("Warm")
    held, rows = memory_mb(os.getpid()), []

    def timed(name: str, do: Callable[[], Any]) -> Any:  # noqa: ANN401
        started, used = perf_counter(), process_time()
        made = do()
        rows.append((name, f"{process_time() - used:.2f} s", f"{perf_counter() - started:.2f} s"))
        return made

    database = timed("open the database", lambda: LibraryDatabase(folder))
    registry = timed("read its keys", lambda: CollectionRegistry(database, bot, cast(Sandbox, InThisProcess())))
    [collection] = database.collections.of_user("")
    library = timed("take in all articles", lambda: registry.library(collection.id))
    timed("list the articles", lambda: article_list_html(library))
    timed("list the latest conversations", lambda: database.conversations.search(collection.id, "", 51))
    timed("search all conversations for a word", lambda: database.conversations.search(collection.id, "Question 1999?"))
    before = embedder.embedded
    timed("the first search of the articles", lambda: library.bot.search("Which fighter jets did China buy?"))
    assert embedder.embedded == before + 1, "articles were embedded again"
    total = sum(float(row[1].split()[0]) for row in rows)
    title = (
        f"Opening {len(library.added):,} articles ({len(library.bot.index):,} chunks) and {LARGE_CHATS} conversations"
    )
    print_table(("step", "processor time", "time"), [*rows, ("in all", f"{total:.2f} s", "")], title)
    size = (folder / FILE).stat().st_size / 1e6
    print(f"The file has {size:.0f} MB; the open library takes {memory_mb(os.getpid()) - held:.0f} MB of memory.")


def main() -> None:
    """Kill as often as asked, open a large library, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=100, help="kills in all")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--open", type=Path, help="a large library to open, and nothing else")
    options = parser.parse_args()
    if options.open:
        opening(options.open)
        return
    with tempfile.TemporaryDirectory() as name:
        losses = kills(Path(name) / "library", options.times, options.seed)
        fill(Path(name) / "large", random.Random(options.seed), LongVectors())
        # In a new process, whose memory was never larger.
        sys.stdout.flush()
        subprocess.run([sys.executable, __file__, "--open", str(Path(name) / "large")], check=True)
    busy = median(os.getloadavg())
    print(f"Other work ran on the machine meanwhile: a load of {busy:.0f} on {os.cpu_count()} cores.")
    sys.exit("\n".join(losses) or None)


if __name__ == "__main__":
    main()
