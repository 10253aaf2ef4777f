"""A run folder from an untrusted source: links, pipes, endless files and other types give one error."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from command import COMMAND

from evaluation.fake_bot import QUESTIONS, FakeBot
from qa.errors import QuestionSetError
from qa.evaluation import compare, evaluate
from qa.evaluation.runs.results import read_run

READ = ["run.json", "metrics.json", "questions.jsonl", "predictions.jsonl", "scores.jsonl", "errors.jsonl"]
RESUMED = ["run.json", "predictions.jsonl", "errors.jsonl", "metrics.json"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return evaluate(FakeBot(), QUESTIONS, tmp_path_factory.mktemp("finished") / "run").folder


@pytest.fixture
def given(tmp_path: Path, finished: Path) -> Path:
    copytree(finished, tmp_path / "run")
    (tmp_path / "mine.txt").write_text("precious")
    return tmp_path / "run"


def resume(folder: Path) -> object:
    return evaluate(FakeBot(), QUESTIONS, folder).metrics


def message_of(call: Callable[[Path], object], folder: Path) -> str:
    with pytest.raises(QuestionSetError) as caught:
        call(folder)
    message = str(caught.value)
    assert message.isprintable()
    return message


NOT_REGULAR = [
    pytest.param(os.mkfifo, "a pipe", id="pipe"),
    pytest.param(lambda at: at.symlink_to("/dev/zero"), "a symbolic link", id="link to a device"),
    pytest.param(lambda at: at.symlink_to(at.parents[1] / "mine.txt"), "a symbolic link", id="link to a file"),
    pytest.param(Path.mkdir, "a folder", id="folder"),
]


@pytest.mark.parametrize(("make", "problem"), NOT_REGULAR)
@pytest.mark.parametrize(("call", "name"), [(read_run, name) for name in READ] + [(resume, name) for name in RESUMED])
def test_only_regular_files_are_read_or_written(
    given: Path, call: Callable[[Path], object], name: str, make: Callable[[Path], object], problem: str
) -> None:
    path = given / name
    path.unlink(missing_ok=True)
    make(path)
    message = message_of(call, given)
    assert message.startswith(f"{path}: ")
    assert problem in message or "missing: the run is not finished" in message
    assert (given.parent / "mine.txt").read_text() == "precious"


@pytest.mark.parametrize("name", ["run.json", "metrics.json", "predictions.jsonl", "report.html"])
def test_a_link_named_like_a_file_that_is_being_written_is_not_followed(given: Path, name: str) -> None:
    mine = given.parent / "mine.txt"
    (given / f"{name}.partial").symlink_to(mine)
    (given / name).unlink(missing_ok=name == "predictions.jsonl")
    if name == "run.json":
        for path in given.iterdir():
            if path.suffix != ".partial":
                path.unlink()
    resume(given)
    assert mine.read_text() == "precious"
    assert len(read_run(given).predictions) == 3


@pytest.mark.parametrize("name", READ)
def test_a_file_without_end_is_not_read(given: Path, name: str) -> None:
    with (given / name).open("ab") as file:
        file.truncate(10**12)  # a sparse file
    message = message_of(read_run, given)
    assert message.startswith(f"{given / name}")
    assert "limit" in message or "bytes or more" in message


def test_a_run_with_endless_predictions_is_not_resumed(given: Path) -> None:
    with (given / "predictions.jsonl").open("ab") as file:
        file.truncate(10**12)
    assert "has 16,000,000 bytes or more" in message_of(resume, given)


def put(**values: object) -> Callable[[dict[str, Any]], None]:
    return lambda content: content.update(values)


@pytest.mark.parametrize(
    ("name", "change", "field"),
    [
        pytest.param("run.json", put(versions=[]), "versions", id="versions"),
        pytest.param("run.json", put(settings="x"), "settings", id="settings"),
        pytest.param("run.json", put(answers=[]), "answers", id="answers"),
        pytest.param("run.json", put(documents={"a.md": 1}), "documents.a.md", id="documents"),
        pytest.param("run.json", put(questions={"count": "3"}), "questions.count", id="count"),
        pytest.param("run.json", put(always_answer="true"), "always_answer", id="always answer"),
        pytest.param(
            "run.json",
            put(asking={"questions": None, "seconds": 1.0, "peak_memory_mb": None}),
            "asking.questions",
            id="asking",
        ),
        pytest.param("metrics.json", put(questions="3"), "questions", id="questions"),
        pytest.param("metrics.json", put(f1=[1]), "f1", id="measure"),
        pytest.param("metrics.json", put(f1=10**400), "f1", id="measure without end"),
        pytest.param("metrics.json", put(intervals={"f1": [1]}), "intervals.f1", id="interval"),
        pytest.param("metrics.json", put(generated=3), "generated", id="generated"),
        pytest.param("metrics.json", put(generated={"fallbacks": []}), "generated", id="fallbacks"),
        pytest.param("metrics.json", put(breakdowns={"kind": {"who": {}}}), "breakdowns.kind.who", id="breakdown"),
        pytest.param("metrics.json", lambda content: content.pop("citations"), "citations", id="no count"),
    ],
)
def test_other_types_are_one_error_that_names_the_field(
    given: Path, name: str, change: Callable[[dict[str, Any]], None], field: str
) -> None:
    content = json.loads((given / name).read_bytes())
    change(content)
    (given / name).write_text(json.dumps(content))
    message = message_of(read_run, given)
    assert message.startswith(f"{given / name}: damaged (field '{field}")
    assert message_of(lambda folder: compare(folder, folder), given) == message


@pytest.mark.parametrize(
    ("change", "field"),
    [
        pytest.param(put(confidence=10**400), "'confidence'", id="confidence without end"),
        pytest.param(put(abstained=0), "'abstained'", id="abstained"),
        pytest.param(put(answer=3), "'answer'", id="answer"),
        pytest.param(put(passages=[{"document": "a", "start": 0}]), "'passages.0.end'", id="passages"),
        pytest.param(put(citations=[{"document": "a", "start": True, "end": 2, "text": ""}]), "'citations.0.start'"),
        pytest.param(put(timings_ms={"total": 1, "read": "x"}), "'timings_ms.read'", id="timings"),
        pytest.param(put(generated={"model": "m"}), "'generated.problem'", id="generated"),
        pytest.param(put(generated=[]), "'generated'", id="generated list"),
    ],
)
def test_a_prediction_of_other_types_names_the_field(
    given: Path, change: Callable[[dict[str, Any]], None], field: str
) -> None:
    path = given / "predictions.jsonl"
    first, *others = path.read_bytes().splitlines(keepends=True)
    content = json.loads(first)
    change(content)
    path.write_bytes(json.dumps(content).encode() + b"\n" + b"".join(others))
    for call in (read_run, resume):
        message = message_of(call, given)
        assert message.startswith(f"{path}, line 1: damaged")
        assert f"field {field}" in message


@pytest.mark.parametrize(("name", "nested"), [("run.json", "["), ("metrics.json", '{"a":'), ("calibration.json", "[")])
def test_a_file_nested_without_end_is_refused(given: Path, name: str, nested: str) -> None:
    (given / name).write_text(100_000 * nested)
    assert message_of(resume if name == "calibration.json" else read_run, given).startswith(f"{given / name}: damaged")


def test_a_number_without_end_in_the_scores_is_refused(given: Path) -> None:
    path = given / "scores.jsonl"
    path.write_text(path.read_text().replace('"f1": 1.0', f'"f1": 1{400 * "0"}', 1))
    assert message_of(read_run, given).startswith(f"{path}, line 1: damaged")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "name"),
    [(["compare", "RUN", "RUN"], "compare.html"), (["calibrate", "RUN", "--max-wrong", "0.5"], "settings.toml")],
    ids=["compare", "calibrate"],
)
def test_a_command_writes_through_no_link_of_the_folder(given: Path, arguments: list[str], name: str) -> None:
    target = given.parent / "empty.toml"
    target.write_text("")
    (given / name).symlink_to(target)
    done = subprocess.run(
        [*COMMAND, *(str(given) if argument == "RUN" else argument for argument in arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 2
    assert f"{given / name}: cannot be written" in done.stderr
    assert "it is a symbolic link" in done.stderr
    assert done.stderr.count("\n") == 1
    assert target.read_text() == ""
