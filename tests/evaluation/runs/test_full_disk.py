"""`qa eval` on a full disk: one line that says what to do, and answered questions are not asked again."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest
from command import qa

from evaluation.fake_bot import QUESTIONS, FakeBot, lines
from qa.errors import QAError
from qa.evaluation import batch as runs
from qa.evaluation import evaluate
from qa.evaluation.runs import folder
from qa.evaluation.runs.folder import append_line
from qa.evaluation.runs.results import read_run

pytestmark = pytest.mark.slow

LIMITED = """
import resource, signal, sys
from qa.cli.main import main

# A write beyond the limit is an error, as on a full disk, and no signal.
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, 5_000))
main()
"""


def full(*_: object) -> NoReturn:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def refused(out: Path, name: str) -> None:
    with pytest.raises(QAError) as caught:
        evaluate(FakeBot(), QUESTIONS, out)
    message = str(caught.value)
    assert message.startswith(f"{out / name}: cannot be written (No space left on device); free some space")
    assert "answers so far are kept" in message
    assert "\n" not in message


@pytest.mark.parametrize("name", ["run.json", "questions.jsonl", "scores.jsonl", "metrics.json", "report.html"])
def test_a_file_that_cannot_be_put_in_place_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    out, replace = tmp_path / "run", Path.replace

    def replaced(self: Path, target: Path) -> Path:
        return full() if target.name == name else replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", replaced)
        refused(out, name)
    assert not list(out.glob("*.partial"))
    bot = FakeBot()
    evaluate(bot, QUESTIONS, out)
    assert len(bot.asked) == (3 if name == "run.json" else 0)
    assert len(read_run(out).predictions) == 3


def test_an_answer_that_cannot_be_written_ends_the_run_and_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"

    def half_written(path: Path, value: dict[str, object]) -> None:
        if path.exists() and lines(out):
            # Like a disk that is full in the middle of a line: no further write succeeds.
            with path.open("ab") as file:
                file.write(b'{"id": "q')
            monkeypatch.setattr(folder, "open_regular", full)
            monkeypatch.setattr(folder, "replacing", full)
        append_line(path, value)

    with monkeypatch.context() as patch:
        patch.setattr(runs, "append_line", half_written)
        refused(out, "predictions.jsonl")
    monkeypatch.undo()
    bot = FakeBot()
    evaluate(bot, QUESTIONS, out)
    assert len(bot.asked) == 2
    assert len(read_run(out).predictions) == 3


@pytest.mark.skipif(os.name != "posix", reason="the system limits no file sizes")
def test_the_command_ends_with_one_line_and_resumes_when_there_is_room(tmp_path: Path) -> None:
    (tmp_path / "tea.txt").write_text("Tea reached the harbour in 1650. The ships froze there.")
    questions = [f'{{"id": "q{number}", "question": "When did tea reach the harbour?"}}' for number in range(12)]
    (tmp_path / "set.jsonl").write_text("\n".join(questions))
    arguments = ["eval", "set.jsonl", "--docs", "tea.txt", "--out", "run"]

    # Without -B, the limit truncates compiled modules too, and Python does not notice.
    command = [sys.executable, "-B", "-c", LIMITED, *arguments]
    stopped = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert stopped.returncode == 2
    assert stopped.stderr == (
        "qa: run/predictions.jsonl: cannot be written (File too large); free some space or check its folder, then"
        " repeat the command: answers so far are kept\n"
    )
    kept = (tmp_path / "run" / "predictions.jsonl").read_bytes()
    whole = kept[: kept.rfind(b"\n") + 1]
    assert 0 < whole.count(b"\n") < 12
    assert qa(*arguments, folder=tmp_path).returncode == 0
    after = (tmp_path / "run" / "predictions.jsonl").read_bytes()
    assert after.startswith(whole)
    assert after.count(b"\n") == 12
