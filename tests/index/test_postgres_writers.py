"""Several commands, each with several processes, that write to one index at once."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from subprocess import DEVNULL, Popen
from time import monotonic, sleep

import pytest
from command import COMMAND
from conftest import ROOT
from postgres_server import LOGIN, PostgresServer

from qa import QA
from qa.ingestion.ingest import ingest

pytestmark = pytest.mark.slow

EACH = 30
SECONDS = 120


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    """Return two folders of articles."""
    folders = [tmp_path / name for name in ("west", "east")]
    for folder in folders:
        folder.mkdir()
        for number in range(EACH):
            text = f"# Light {number}\n\nThe {folder.name} light {number} was lit in {1700 + number}. A monk kept it."
            (folder / f"{folder.name}-{number:02}.md").write_text(text, encoding="utf-8")
    return folders


def started(folder: Path, location: str) -> Popen[bytes]:
    """Start a command that adds a folder with two processes, in a new process group."""
    arguments = ["index", str(folder), "--out", location, "--workers", "2", "--keep"]
    command = [*COMMAND, *arguments]
    environment = {**os.environ, "QA_INDEX_TOKEN": LOGIN}
    return Popen(command, cwd=ROOT, env=environment, stdout=DEVNULL, stderr=DEVNULL, start_new_session=True)


def test_commands_side_by_side_lose_and_double_nothing(
    postgres: PostgresServer, folders: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QA_INDEX_TOKEN", LOGIN)
    location = postgres.address("writers")
    ingest([str(folders[0] / "west-00.md")], location)
    west, east = (started(folder, location) for folder in folders)
    end = monotonic() + SECONDS
    while len(QA.from_index(location).documents) < EACH // 2 and monotonic() < end:
        sleep(0.1)
    os.killpg(west.pid, signal.SIGKILL)
    west.wait()
    again = started(folders[0], location)
    assert (east.wait(SECONDS), again.wait(SECONDS)) == (0, 0)
    found, expected = QA.from_index(location), QA.from_path(*folders)
    assert sorted(found.documents) == sorted(expected.documents)
    assert len(found.index) == len(expected.index)
    for name in expected.documents:
        assert found.index.entry(name).chunks == expected.index.entry(name).chunks
    question = "When was the east light 7 lit?"
    assert found.ask(question).text == expected.ask(question).text == "1707"
