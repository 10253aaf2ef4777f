"""Files and folders that change while they are watched."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep

import pytest
from command import COMMAND
from conftest import ROOT, TermEmbedder
from hostile_files import SHOWN, one_page, packed
from made_files import make_pdf

from qa import QA, Settings
from qa.documents.loader import LoadReport, load_text
from qa.errors import IndexFolderError, LoadError
from qa.ingestion.watch import WatchedPaths
from qa.web.library_registry import LibraryRegistry

TIMEOUT_SECONDS = 60.0
SETTINGS = Settings(answer_threshold=0)


def eventually(condition: Callable[[], bool]) -> None:
    """Wait until a condition is true."""
    started = monotonic()
    while not condition():
        assert monotonic() - started < TIMEOUT_SECONDS
        sleep(0.02)


@contextmanager
def following(watched: WatchedPaths, apply: Callable[[LoadReport], object], report: LoadReport) -> Iterator[None]:
    stop = Event()
    thread = Thread(target=watched.follow, args=(report, apply, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(TIMEOUT_SECONDS)
        assert not thread.is_alive()


@pytest.fixture(autouse=True)
def short_intervals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the debounce time and the pause before a retry."""
    monkeypatch.setattr("qa.ingestion.watch._QUIET_MS", 100)
    monkeypatch.setattr("qa.ingestion.watch._RETRY_SECONDS", 0.3)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "docs"
    path.mkdir()
    (path / "bees.txt").write_text("Bees dance on the comb.")
    return path


@pytest.fixture
def registry(embedder: TermEmbedder) -> LibraryRegistry:
    return LibraryRegistry(QA(SETTINGS, embedder=embedder))


@pytest.mark.slow
def test_the_shared_articles_follow_a_folder(
    folder: Path, registry: LibraryRegistry, capsys: pytest.CaptureFixture[str]
) -> None:
    watched = WatchedPaths([str(folder)], SETTINGS)
    report = watched.load()
    registry.share(report)
    library = registry.open(registry.new_key())
    library.add_text("Tea reached the harbour in 1650.", "Tea")

    def texts() -> dict[str, str]:
        # A library gets the new documents shortly after new libraries do.
        eventually(lambda: list(library.documents) == [*registry.shared.documents, *library.added])
        return {name: document.text for name, document in registry.shared.documents.items()}

    with following(watched, registry.share, report):
        (folder / "ships.md").write_text("Ships sail to the harbour.")
        eventually(lambda: set(texts()) == {"bees.txt", "ships.md"})
        assert library.bot.search("Where do ships sail?")[0].document_id == "ships.md"
        earlier = library.bot
        # As editors do it.
        (folder / ".new").write_text("Bees sing in the hive.")
        (folder / ".new").replace(folder / "bees.txt")
        eventually(lambda: texts()["bees.txt"] == "Bees sing in the hive.")
        eventually(lambda: library.bot.documents["bees.txt"].text == "Bees sing in the hive.")
        assert earlier.documents["bees.txt"].text == "Bees dance on the comb.", "who asks it sees no half of a change"
        assert library.bot.search("What do bees sing?")[0].text == "Bees sing in the hive."
        (folder / "sub").mkdir()
        shutil.move(folder / "ships.md", folder / "sub" / "ships.md")
        eventually(lambda: set(texts()) == {"bees.txt", "sub/ships.md"})
        whole = make_pdf("Whales sing in the deep.")
        (folder / "whales.pdf").write_bytes(whole[: len(whole) // 2])
        eventually(lambda: bool(registry.shared.load_report.skipped))
        assert "whales.pdf" not in texts()
        (folder / "whales.pdf").write_bytes(whole)
        eventually(lambda: "whales.pdf" in texts())
        assert registry.shared.files["whales.pdf"] == folder / "whales.pdf"
        (folder / "tea.txt").write_text("A shared article whose id a visitor has used.")
        eventually(lambda: "tea.txt" in texts())
        assert list(library.added) == ["tea (2).txt"]
        shutil.rmtree(folder / "sub")
        eventually(lambda: set(texts()) == {"bees.txt", "tea.txt", "whales.pdf"})
    lines = capsys.readouterr().out.splitlines()
    left_out = [line for line in lines if line.startswith("left out")]
    assert [line for line in lines if line not in left_out] == [
        "added ships.md",
        "changed bees.txt",
        "added sub/ships.md",
        "removed ships.md",
        "added whales.pdf",
        "added tea.txt",
        "removed sub/ships.md",
    ]
    assert left_out == [f"left out {folder / 'whales.pdf'}: is damaged or not a PDF; export or download it again"]


@pytest.mark.slow
def test_only_what_changed_is_read_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    monkeypatch.setattr("qa.documents.loader.load_file", _recording(read))
    (folder / "ships.txt").write_text("Ships sail.")
    watched = WatchedPaths([str(folder)], SETTINGS)
    watched.load()
    first = watched.load()
    assert read == ["bees.txt", "ships.txt"]
    (folder / "ships.txt").write_text("Ships sail far.")
    assert watched.load().documents[0] is first.documents[0]
    assert read == ["bees.txt", "ships.txt", "ships.txt"]
    shutil.rmtree(folder)
    folder.mkdir()
    assert watched.load().documents == ()


def _recording(read: list[str]) -> Callable[..., object]:
    from qa.documents.loader import load_file

    def load(path: Path, settings: Settings, **options: object) -> object:
        read.append(path.name)
        return load_file(path, settings, **options)  # type: ignore[arg-type]

    return load


@pytest.mark.slow
def test_a_file_given_by_itself_must_be_readable_at_first_only(folder: Path) -> None:
    watched = WatchedPaths([str(folder / "bees.txt")], SETTINGS)
    (folder / "bees.txt").write_text("")
    with pytest.raises(LoadError, match="is empty"):
        watched.load()
    (folder / "bees.txt").write_text("Bees dance.")
    report = watched.load()
    reports: list[LoadReport] = []
    with following(watched, reports.append, report):
        (folder / "bees.txt").write_text("")
        eventually(lambda: len(reports) == 1)
        (folder / "bees.txt").unlink()
        sleep(0.5)
        (folder / "bees.txt").write_text("Bees sing.")
        eventually(lambda: len(reports) >= 2)
    assert [entry.reason for entry in reports[0].skipped] == ["is empty; put text in it or leave it out"]
    assert reports[-1].documents[0].text == "Bees sing."


@pytest.mark.slow
def test_a_failure_is_reported_once_and_retried(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    watched = WatchedPaths([str(folder)], SETTINGS)
    report = watched.load()
    tries: list[LoadReport] = []

    def apply(new: LoadReport) -> None:
        tries.append(new)
        if len(tries) < 3:
            raise IndexFolderError("index: locked by another process; try again when it has finished")

    with following(watched, apply, report):
        (folder / "ships.txt").write_text("Ships sail.")
        eventually(lambda: len(tries) == 3)
        assert capsys.readouterr().err.count("locked by another process") == 1
        sleep(0.5)
        # A folder that is removed and created again.
        shutil.rmtree(folder)
        eventually(lambda: "does not exist" in capsys.readouterr().err)
        folder.mkdir()
        (folder / "whales.txt").write_text("Whales sing.")
        eventually(lambda: [each.id for each in tries[-1].documents] == ["whales.txt"])
        (folder / "more.txt").write_text("More of them.")
        eventually(lambda: [each.id for each in tries[-1].documents] == ["more.txt", "whales.txt"])


@pytest.mark.slow
def test_a_file_that_aborts_its_parser_is_left_out(folder: Path) -> None:
    watched = WatchedPaths([str(folder)], SETTINGS)
    report = watched.load()
    reports: list[LoadReport] = []
    with following(watched, reports.append, report):
        (folder / ".aborts").write_bytes(one_page(packed(SHOWN, 400)))
        (folder / ".aborts").replace(folder / "aborts.pdf")
        eventually(lambda: bool(reports))
        (folder / "ships.txt").write_text("Ships sail.")
        eventually(lambda: [each.id for each in reports[-1].documents] == ["bees.txt", "ships.txt"])
    assert "crashed the parser" in reports[0].skipped[0].reason


@pytest.mark.slow
def test_each_question_is_answered_of_one_state_of_the_folder(registry: LibraryRegistry) -> None:
    states = [
        [replace(load_text(f"{word} sail to the harbour. {text}"), id=f"{name}.txt") for name in names]
        for word, names, text in (
            ("Ships", "ab", "They wait. " * 20),
            ("Boats", "bc", ""),
            ("Rafts", "a", "Or not. " * 9),
        )
    ]
    registry.share(LoadReport(tuple(states[0]), ()))
    library = registry.open(registry.new_key())
    library.add_text("Tea reached the harbour in 1650.", "Tea")
    stop = Event()

    def change() -> None:
        while not stop.is_set():
            for state in states:
                registry.share(LoadReport(tuple(state), ()))

    thread = Thread(target=change)
    thread.start()
    try:
        for _ in range(15):
            bot = library.bot
            texts = {name: document.text for name, document in bot.documents.items()}
            assert set(texts) - {"tea.txt"} in ({"a.txt", "b.txt"}, {"b.txt", "c.txt"}, {"a.txt"})
            answer = bot.ask("What sails to the harbour?")
            assert answer.passages
            for found in answer.passages:
                assert texts[found.document_id][found.start : found.end] == found.text
    finally:
        stop.set()
        thread.join(TIMEOUT_SECONDS)


@pytest.mark.slow
def test_qa_index_watch(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "index"
    command = [*COMMAND, "index", str(folder), "--out", str(out)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        # Background processes of a shell ignore Ctrl-C, and so would this command.
        [*command, "--watch"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509 -- runs before them
    ) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == f"{out}: 1 document, 1 passage\n"
            (folder / "ships.txt").write_text("Ships sail to the harbour.")
            assert process.stdout.readline() == "added ships.txt\n"
            assert list(QA.from_index(out).documents) == ["bees.txt", "ships.txt"]
            (folder / "bees.txt").unlink()
            assert process.stdout.readline() == "removed bees.txt\n"
            assert list(QA.from_index(out).documents) == ["ships.txt"]
            (folder / "ships.txt").unlink()
            assert process.stdout.readline() == "removed ships.txt\n"
            assert not QA.from_index(out).documents
            process.send_signal(signal.SIGINT)
            assert process.wait(TIMEOUT_SECONDS) == 0
            assert process.stdout.read() == ""
        finally:
            process.kill()
