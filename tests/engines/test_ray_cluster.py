"""A Ray cluster on this machine gives the results of a single process, even if workers are killed."""

from __future__ import annotations

import gc
import importlib.util
import json
import os
import re
import signal
from collections.abc import Callable, Generator, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from command import qa_process as qa
from conftest import ARTICLES
from ingestion.test_shards import assert_same_index

from qa import QA
from qa.errors import LoadError
from qa.evaluation import Question, evaluate, read_sets
from qa.evaluation.runs.ray import RemoteExecutor, open_library
from qa.ingestion.ingest import ingest
from qa.ingestion.ray_executor import cluster, on_cluster
from qa.settings import Settings

from .conftest import NEEDS

# Ray calls its own deprecated functions, and abandons processes that start too late.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings(r"ignore::Warning:ray\..*"),
    pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

ONE_BY_ONE = partial(on_cluster, threads=1)
QUESTIONS = ARTICLES.parent / "questions"


@pytest.fixture(scope="module")
def started() -> Iterator[set[int]]:
    """Start a cluster for these tests; return the processes that were running before, such as a Milvus server."""
    if not importlib.util.find_spec("ray"):
        pytest.skip(NEEDS)
    with pytest.MonkeyPatch.context() as patched:
        patched.delenv("RAY_ADDRESS", raising=False)
        before = set(descendants())
        with cluster():
            gc.collect()
            yield before


@pytest.fixture
def articles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of articles, each in a separate shard; one cannot be read."""
    monkeypatch.setattr("qa.ingestion.shards.MAX_FILES", 1)
    folder = tmp_path / "articles"
    folder.mkdir()
    for number in range(12):
        text = f"# Lighthouse {number}\n\nThe lighthouse of island {number} was lit in {1700 + number}. A monk kept it."
        (folder / f"{number:02}.md").write_text(text, encoding="utf-8")
    (folder / "03.txt").write_bytes(b"\0\1\2")
    return folder


def descendants() -> dict[int, str]:
    """Return the command lines of all descendants of this process by process id."""
    parents, names = {}, {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            status = (path / "stat").read_text()
            names[int(path.name)] = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        parents[int(path.name)] = int(status.rpartition(")")[2].split()[1])
    found = {os.getpid()}
    while more := {process for process, parent in parents.items() if parent in found} - found:
        found |= more
    return {process: names[process] for process in found - {os.getpid()}}


def workers() -> list[int]:
    return [process for process, name in descendants().items() if name.startswith("ray::MapWorker")]


def killing(make: Callable[[], Callable[[Any], Any]], items: Sequence[Any]) -> Generator[Any, None, None]:
    """Process items on the cluster, and kill all its workers after the first result."""
    results = ONE_BY_ONE(make, items)
    yield next(results)
    doomed = workers()
    assert doomed
    for process in doomed:
        os.kill(process, signal.SIGKILL)
    yield from results


@pytest.mark.usefixtures("started")
def test_killed_workers_leave_the_same_index(
    articles: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = ingest([str(articles)], str(tmp_path / "here"))
    errors = capsys.readouterr().err
    assert "03.txt" in errors
    assert ingest([str(articles)], str(tmp_path / "index"), executor=killing) == expected
    assert errors in capsys.readouterr().err
    assert_same_index(tmp_path / "index", tmp_path / "here")


@pytest.mark.usefixtures("started")
def test_an_unreadable_file_given_by_name_ends_the_run_as_without_a_cluster(articles: Path, tmp_path: Path) -> None:
    messages = []
    for make in (ingest, partial(ingest, executor=ONE_BY_ONE)):
        with pytest.raises(LoadError) as raised:
            make([str(articles / "03.txt"), str(articles / "04.md")], str(tmp_path / "index"))
        messages.append(str(raised.value))
    assert messages[0] == messages[1]


@pytest.mark.usefixtures("started")
def test_a_run_is_the_same_but_for_its_times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.evaluation.runs.execution.MAX_TIMED", 2)
    monkeypatch.setattr("qa.evaluation.runs.execution.BATCH_QUESTIONS", 3)
    bot = QA.from_path(ARTICLES)
    questions, _ = read_sets(sorted(QUESTIONS.glob("*.jsonl")))
    asked = [*questions[:: max(1, len(questions) // 12)], Question("none", "?" * 2000)]
    expected = evaluate(bot, asked, tmp_path / "here").metrics

    entries = [bot.index.entry(name) for name in bot.documents]
    open_bot = partial(open_library, Settings().model_dump(), None, entries)
    executor = RemoteExecutor(partial(ONE_BY_ONE, in_order=True), open_bot)

    def stop(done: int, _: int) -> None:
        if done == 8:
            raise KeyboardInterrupt

    out = tmp_path / "elsewhere"
    with pytest.raises(KeyboardInterrupt):
        evaluate(bot, asked, out, executor=executor, progress=stop)
    found = evaluate(bot, asked, out, executor=executor).metrics
    assert answers(out) == answers(tmp_path / "here")
    assert (out / "errors.jsonl").read_bytes() == (tmp_path / "here" / "errors.jsonl").read_bytes()
    assert timeless(found) == timeless(expected)


def timeless(measures: dict[str, Any]) -> dict[str, Any]:
    """Return the measures and their intervals without those of time and memory."""
    return {
        name: timeless(value) if name == "intervals" else value
        for name, value in measures.items()
        if not re.search("latency|second|memory", name)
    }


def answers(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "predictions.jsonl").read_text(encoding="ascii").splitlines()
    return [{name: value for name, value in json.loads(line).items() if name != "timings_ms"} for line in lines]


def test_the_cluster_listens_on_this_machine_alone(started: set[int]) -> None:
    sockets = set()
    for process in {os.getpid(), *descendants()} - started:
        for descriptor in Path(f"/proc/{process}/fd").glob("*"):
            try:
                sockets.add(str(descriptor.readlink()))
            except OSError:
                continue
    listening = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets:
                listening.append(fields[1].partition(":")[0])
    assert listening
    # 127.0.0.1, also as an IPv6 address.
    assert set(listening) <= {"0100007F", "0000000000000000FFFF00000100007F"}
    assert os.environ["RAY_AUTH_MODE"] == "token"


def test_the_command_starts_and_ends_a_cluster(tmp_path: Path) -> None:
    if not importlib.util.find_spec("ray"):
        pytest.skip(NEEDS)
    done = qa("index", ARTICLES, "--out", tmp_path / "index", "--engine", "ray", RAY_ADDRESS="")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"{tmp_path / 'index'}: 3 documents, 34 passages"]
    ingest([str(ARTICLES)], str(tmp_path / "here"))
    assert_same_index(tmp_path / "index", tmp_path / "here")


def test_a_cluster_that_is_not_there(tmp_path: Path) -> None:
    if not importlib.util.find_spec("ray"):
        pytest.skip(NEEDS)
    done = qa("index", ARTICLES, "--out", tmp_path / "index", "--engine", "ray", RAY_ADDRESS="127.0.0.1:1")
    assert done.returncode == 2
    assert "no Ray cluster at 127.0.0.1:1" in done.stderr
    assert "Traceback" not in done.stderr
