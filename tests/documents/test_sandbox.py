"""Untrusted files: read in a separate process, within its limits, whatever they contain."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Timer
from time import monotonic, sleep
from typing import Any

import pytest
from conftest import ROOT, TermEmbedder
from hostile_files import DAMAGED, PRIVATE, SHOWN, SMALL, make_word, named, one_page, packed, word
from made_files import make_eml, make_epub, make_opendocument, make_pdf, make_pptx, make_xlsx

from qa import QA, QAError, Settings
from qa.cancellation import Cancellation
from qa.documents.content import file_content
from qa.documents.formats.pdf.boxes import printed_pages
from qa.documents.loader import load_bytes
from qa.documents.sandbox import Sandbox
from qa.errors import CancelledError, LoadError
from qa.web.library_registry import LibraryRegistry

pytestmark = pytest.mark.slow

GOOD = {
    "a.md": b"# Bees\n\nThey dance.",
    "a.html": b"<title>Bees</title><p>They dance.</p>",
    "a.pdf": make_pdf("Bees dance.", "They sing.", title="Bees"),
    "a.docx": make_word(word("Bees dance \U0001f41d.")),
    "a.epub": make_epub("<p>Bees dance.</p>"),
    "a.pptx": make_pptx(("Bees", "They dance."), ("More", "They sing.")),
    "a.xlsx": make_xlsx([["Kind", "Count"], ["queen", 1]]),
    "a.odt": make_opendocument("<office:text><text:h>Bees</text:h><text:p>They dance.</text:p></office:text>"),
    "a.rtf": rb"{\rtf1{\fonttbl{\f0\fcharset204 A;}}\pard\outlinelevel0 Bees\par\pard They {\b d\'e0}nce.\par}",
    "a.ipynb": b'{"cells": [{"cell_type": "code", "source": ["bees"], "outputs": [{"text": "dance"}]}]}',
    "a.srt": b"1\n00:00:01,000 --> 00:00:02,000\n<i>Bees</i> dance.\n",
    "a.csv": b"Kind,Count\nqueen,1\n",
    "a.eml": make_eml("Bees dance."),
}


@cache
def slow() -> bytes:
    """Return a file that takes long to read."""
    return make_word("<w:p/>" * 3_000_000)


TOO_SLOW = pytest.param("a.docx", slow, {"parse_timeout_seconds": 1}, "takes more than 1 seconds to read;", id="time")
ABORTED = pytest.param(
    "a.pdf", lambda: one_page(packed(SHOWN, 400)), {}, "crashed the parser (exit code -6)", id="a parser that aborts"
)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox(Settings(), warm=True)
    yield sandbox
    sandbox.close()


@pytest.mark.parametrize("name", GOOD)
def test_a_document_of_the_sandbox_equals_one_read_outside(name: str, sandbox: Sandbox) -> None:
    assert load_bytes(GOOD[name], name, sandbox=sandbox) == load_bytes(GOOD[name], name)


def test_printed_pages_of_the_sandbox_equal_those_drawn_outside(sandbox: Sandbox) -> None:
    document = load_bytes(GOOD["a.pdf"], "a.pdf")
    for start, end in ((0, 4), (5, 20), (0, 0)):
        within = sandbox.printed_pages(GOOD["a.pdf"], document, start, end, width=300, most=3)
        assert within == printed_pages(GOOD["a.pdf"], document, start, end, width=300, most=3)
        assert within[0].png.startswith(b"\x89PNG")


def test_errors_of_the_sandbox_equal_those_outside(sandbox: Sandbox) -> None:
    for data, name in ((b"%PDF-1.4 junk", "a.pdf"), (b"caf\0" * 9, "a.txt"), (b"", "a.txt"), (b"x", "a.xyz")):
        with pytest.raises(LoadError) as outside:
            load_bytes(data, name)
        with pytest.raises(LoadError) as inside:
            load_bytes(data, name, sandbox=sandbox)
        assert str(inside.value) == str(outside.value)


@pytest.mark.parametrize(
    ("name", "make", "limits", "message"),
    [
        TOO_SLOW,
        pytest.param(
            "a.txt",
            lambda: b"x" * 80_000_000 + "\U0001f41d".encode(),
            {"parse_memory_mb": 400},
            "needs more than 400 MB of memory",
            id="memory",
        ),
        pytest.param(
            "a.txt",
            lambda: b"x" * 2001,
            {"parse_output_mb": 0.002},
            "has 2,001 bytes of text, over the limit of 0.002 MB;",
            id="text",
        ),
        ABORTED,
    ],
)
def test_a_file_beyond_a_limit_is_refused_and_the_next_one_read(
    name: str, make: Callable[[], bytes], limits: dict[str, Any], message: str
) -> None:
    sandbox = Sandbox(Settings(**limits))
    with pytest.raises(LoadError) as raised:
        load_bytes(make(), name, Settings(max_file_mb=200), sandbox=sandbox)
    assert str(raised.value).startswith(f"{name}: ")
    assert message in str(raised.value)
    assert load_bytes(b"Bees dance.", "b.txt", sandbox=sandbox).text == "Bees dance."


def test_a_system_without_a_signal_for_the_limit_reads_files(monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox) -> None:
    monkeypatch.setattr("qa.documents.sandbox._CPU_LIMIT_SIGNAL", None)
    assert sandbox.read(b"Bees dance.", ".txt", "a.txt").text == "Bees dance."


def test_a_file_that_waits_is_ended_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.documents.sandbox._COMMAND", (sys.executable, "-c", "import signal; signal.pause()"))
    with pytest.raises(LoadError, match=r"a\.txt: takes more than 0\.1 seconds to read"):
        Sandbox(Settings(parse_timeout_seconds=0.1)).read(b"x", ".txt", "a.txt")


def replied(fields: dict[str, Any], text: bytes = b"xx") -> str:
    """Return an expression for the bytes of an article with these fields."""
    head = {"title": None, "page_starts": [], "notes": [], "recognised": []} | fields
    return repr(json.dumps(head).encode() + b"\n" + text)


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param("b''", id="nothing"),
        pytest.param("b'\\x80\\x04K\\x01.'", id="a pickle"),
        pytest.param("b'[' * 1_000_000", id="nested"),
        pytest.param("b'1' * 100_000", id="a number"),
        pytest.param("b'{}\\n'", id="no title"),
        pytest.param(replied({"title": 1}), id="a title that is a number"),
        pytest.param(replied({"page_starts": [0, 9]}), id="a page behind the end"),
        pytest.param(replied({"page_starts": [1, 0]}), id="pages in disorder"),
        pytest.param(replied({"page_starts": [True]}), id="a page that is a truth"),
        pytest.param(replied({"notes": [1]}), id="a note that is a number"),
        pytest.param(replied({"recognised": [[0, 3]]}), id="a span behind the end"),
        pytest.param(replied({"recognised": [[1, 2], [0, 1]]}), id="spans in disorder"),
        pytest.param(replied({}, b"\xff"), id="not UTF-8"),
    ],
)
def test_the_reply_of_a_compromised_process_is_checked(reply: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = f"import os, sys; sys.stdout.buffer.write({reply}); sys.stdout.flush(); os.kill(os.getpid(), 9)"
    monkeypatch.setattr("qa.documents.sandbox._COMMAND", (sys.executable, "-c", program))
    with pytest.raises(LoadError, match=r"a\.txt: crashed the parser \(exit code -9\)"):
        Sandbox(Settings()).read(b"x", ".txt", "a.txt")


def test_a_reply_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    program = "import sys\nwhile True: sys.stdout.write('x' * 100_000)"
    monkeypatch.setattr("qa.documents.sandbox._COMMAND", (sys.executable, "-c", program))
    with pytest.raises(LoadError, match=r"a\.txt: crashed the parser"):
        Sandbox(Settings(parse_output_mb=1)).read(b"x", ".txt", "a.txt")


def test_nothing_secret_is_in_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_TOKEN", "QA_LLM_KEY", "HOME", "OPENAI_API_KEY"):
        monkeypatch.setenv(name, "hush")
    reply = "{'title': json.dumps(dict(os.environ)), 'page_starts': [], 'notes': [], 'recognised': []}"
    program = f"import json, os; print(json.dumps({reply}))"
    monkeypatch.setattr("qa.documents.sandbox._COMMAND", (sys.executable, "-c", program))
    seen = json.loads(Sandbox(Settings()).read(b"x", ".txt", "a.txt").title or "")
    assert "hush" not in seen.values()
    assert set(seen) <= {
        *("PYTHONPATH", "LD_LIBRARY_PATH", "LC_CTYPE"),
        *("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MALLOC_ARENA_MAX"),
    }


def test_no_file_is_written_and_no_core_is_left(tmp_path: Path) -> None:
    program = (
        "import os, resource, sys; from qa.documents.sandbox_worker import _limit\n"
        "held, _ = os.pipe(); os.dup2(held, 0)\n"
        "_limit({'seconds': 5, 'memory_mb': 500})\n"
        "assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)\n"
        "from pathlib import Path; Path('a').write_text('x')\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert "File too large" in done.stderr
    assert [path.stat().st_size for path in tmp_path.iterdir()] == [0]


PARENT = """
import sys
from pathlib import Path
from threading import Thread
from qa import Settings
from qa.documents.sandbox import Sandbox
from qa.settings import Settings
sandbox = Sandbox(Settings(parse_timeout_seconds=600), warm=True)
deep = Path(sys.argv[1]).read_bytes()
Thread(target=sandbox.read, args=(deep, ".html", "a.html")).start()
sandbox.read(deep, ".html", "b.html")
"""


def children(process: int) -> set[int]:
    text = Path(f"/proc/{process}/task/{process}/children").read_text()
    threads = Path(f"/proc/{process}/task").iterdir()
    for thread in threads:
        with suppress(FileNotFoundError):  # it may have ended
            text += " " + (thread / "children").read_text()
    return set(map(int, text.split()))


def descendants(process: int) -> set[int]:
    found = children(process)
    return found | {child for each in found for child in children(each)}


def running(processes: set[int]) -> set[int]:
    states = {}
    for process in processes:
        try:
            states[process] = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            continue
    return {process for process, state in states.items() if state != "Z"}


def eventually(condition: Callable[[], bool]) -> None:
    deadline = monotonic() + 180
    while not condition() and monotonic() < deadline:
        sleep(0.02)
    assert condition()


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_no_process_outlives_a_parent_that_is_killed(tmp_path: Path) -> None:
    file = tmp_path / "deep.html"
    file.write_bytes(b"<div>" * 100_000)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", PARENT, file], cwd=ROOT, env=environment) as parent:
        # One during each of the two files.
        eventually(lambda: len([each for each in descendants(parent.pid) if busy(each)]) == 2)
        started = descendants(parent.pid)
        parent.send_signal(signal.SIGKILL)
    eventually(lambda: not running(started))


def busy(process: int) -> bool:
    """Return whether a process has set its limits, and so has received the file."""
    try:
        limits = Path(f"/proc/{process}/limits").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return re.search(r"Max file size +0 ", limits) is not None


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_the_fork_server_forks_for_each_file_after_the_first_and_ends_with_the_sandbox() -> None:
    before = children(os.getpid())
    sandbox = Sandbox(Settings(), warm=True)
    assert children(os.getpid()) == before
    sandbox.read(b"x", ".txt", "a.txt")
    (server,) = children(os.getpid()) - before
    assert [sandbox.read(data, ".txt", "b.txt").text for data in (b"y", b"z")] == ["y", "z"]
    assert children(os.getpid()) - before == {server}
    os.kill(server, signal.SIGKILL)
    eventually(lambda: not running({server}))
    assert sandbox.read(b"y", ".txt", "b.txt").text == "y"
    (server,) = children(os.getpid()) - before
    eventually(lambda: not children(server))
    sandbox.close()
    assert children(os.getpid()) == before


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize(("name", "make", "limits", "message"), [TOO_SLOW, ABORTED])
def test_a_fork_that_ends_badly_is_reported_and_the_next_file_read(
    name: str, make: Callable[[], bytes], limits: dict[str, Any], message: str
) -> None:
    before = children(os.getpid())
    sandbox = Sandbox(Settings(**limits), warm=True)
    assert load_bytes(b"Bees dance.", "b.txt", sandbox=sandbox).text == "Bees dance."
    (server,) = children(os.getpid()) - before
    with pytest.raises(LoadError) as raised:
        load_bytes(make(), name, sandbox=sandbox)
    assert message in str(raised.value)
    assert load_bytes(b"Bees dance.", "b.txt", sandbox=sandbox).text == "Bees dance."
    assert children(os.getpid()) - before == {server}, "read by the same server"


@pytest.mark.parametrize("warm", [False, True])
def test_a_process_that_is_cancelled_ends_at_once(warm: bool) -> None:
    sandbox = Sandbox(Settings(), warm=warm)
    assert load_bytes(b"Bees dance.", "b.txt", sandbox=sandbox).text == "Bees dance."
    before = children(os.getpid())
    cancellation, content = Cancellation(), file_content(slow(), "a.docx")
    timer = Timer(0.5, cancellation.cancel)
    timer.start()
    started = monotonic()
    for _ in range(2):  # the second is cancelled before it starts
        with pytest.raises(CancelledError):
            sandbox.load(content, 160, 1000, cancellation)
    assert monotonic() - started < 10
    assert children(os.getpid()) <= before
    assert load_bytes(b"Bees dance.", "b.txt", sandbox=sandbox).text == "Bees dance."
    sandbox.close()


@pytest.mark.parametrize(("what", "name", "make"), named([SMALL]), ids=SMALL)
def test_hostile_files_give_a_document_or_an_error(
    what: str, name: str, make: Callable[[], bytes], sandbox: Sandbox, embedder: TermEmbedder
) -> None:
    data = make()
    try:
        document = load_bytes(data, name, sandbox=sandbox)
    except LoadError as error:
        message = str(error)
    else:
        message = ""
        assert PRIVATE not in document.text, what
        bot = QA(Settings(), embedder=embedder)
        bot.add([document])
        for passage in bot.search("Do bees dance?"):
            assert document.text[passage.start : passage.end] == passage.text
    assert not message or message.startswith(f"{name}: ")


def test_files_cut_short_or_damaged_give_a_document_or_an_error(sandbox: Sandbox) -> None:
    outcomes = {"document": 0, "error": 0}
    for _, name, make in named([DAMAGED])[::10]:
        try:
            load_bytes(make(), name, sandbox=sandbox)
            outcomes["document"] += 1
        except LoadError:
            outcomes["error"] += 1
    assert all(outcomes.values()), outcomes


def test_additions_of_visitors_are_read_in_the_sandbox(embedder: TermEmbedder) -> None:
    registry = LibraryRegistry(QA(Settings(), embedder=embedder))
    library = registry.open(registry.new_key())
    with pytest.raises(QAError, match=r"aborts\.pdf: crashed the parser"):
        library.add_file(one_page(packed(SHOWN, 400)), "aborts.pdf")
    added = library.add_file(GOOD["a.pdf"], "a.pdf")
    assert library.sandbox.printed_pages(GOOD["a.pdf"], added.document, 0, 4, width=100, most=1)
    assert library.bot.search("Do bees dance?")[0].document_id == "a.pdf"
