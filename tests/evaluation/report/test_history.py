"""Many runs on one page: old ones included, hostile ones escaped, damaged ones reported."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evaluation.handmade import Given, colour_question, write_run
from qa.errors import QuestionSetError
from qa.evaluation.analysis.history import question_history, read_history
from qa.evaluation.report.comparisons import write_history

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
QUESTIONS = [colour_question("q1", "red"), colour_question("q2", "blue"), colour_question(HOSTILE, "red")]


@pytest.mark.parametrize(
    ("correct", "summary", "tags"),
    [
        pytest.param("rr", "right in 2 of 2 runs", set(), id="steady"),
        pytest.param("rrw", "right in 2 of 3 runs, broke at 2", {"broken"}, id="broken"),
        pytest.param("w-r", "right in 1 of 2 runs, fixed at 2", {"fixed"}, id="fixed-after-a-run-without-it"),
        pytest.param("rwrw", "right in 2 of 4 runs, broke at 3", {"flaky", "broken"}, id="flaky"),
        pytest.param("--", "not judged", set(), id="never-judged"),
    ],
)
def test_how_a_question_fared(correct: str, summary: str, tags: set[str]) -> None:
    outcomes = [{"r": True, "w": False, "-": None}[sign] for sign in correct]
    history = question_history("q", "?", outcomes, list(map(str, range(len(correct)))))
    assert history.summary == summary
    assert {name for name in ("flaky", "broken", "fixed") if getattr(history, name)} == tags


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    right = {"q1": Given("red"), "q2": Given("blue"), HOSTILE: Given("red")}
    write_run(tmp_path / "a", QUESTIONS, right)
    write_run(tmp_path / "deep" / "bb", QUESTIONS, right | {"q2": Given("red")}, passages_read=4, note=HOSTILE)
    write_run(tmp_path / "ccc", QUESTIONS, right)
    return tmp_path


def test_runs_are_in_chronological_order_with_their_differences(folder: Path) -> None:
    write_run(folder / "damaged", QUESTIONS, {})
    (folder / "damaged" / "metrics.json").write_text("{", encoding="utf-8")
    (folder / "unfinished").mkdir()
    (folder / "unfinished" / "run.json").write_text("{}", encoding="utf-8")
    # An early run has no scores, or lacks the fields added since.
    scores = folder / "a" / "scores.jsonl"
    rows = [json.loads(line) for line in scores.read_text(encoding="utf-8").splitlines()]
    lacking = [{name: value for name, value in row.items() if name not in {"kind", "item_recall"}} for row in rows]
    scores.write_text("".join(json.dumps(row) + "\n" for row in lacking), encoding="utf-8")
    history = read_history(folder)
    assert [run.name for run in history.runs] == ["a", str(Path("deep", "bb")), "ccc"]
    assert history.runs[1].differs.startswith("passages_read=4, note=")
    assert history.runs[0].differs == ""
    assert [one.summary for one in history.questions][1] == "right in 2 of 3 runs, fixed at ccc"
    assert [one.flaky for one in history.questions] == [False, True, False]
    assert history.summary == "3 runs of 1 question set, 3 questions: 1 flaky, 0 broken, 1 fixed"
    write_history(history, folder / "runs.html")
    page = (folder / "runs.html").read_text(encoding="utf-8")
    assert history.summary in page
    assert "1 folder could not be read" in page
    assert len(history.left_out) == 1
    assert "metrics.json" in history.left_out[0]
    (folder / "a" / "scores.jsonl").unlink()
    assert read_history(folder).runs[0].correct == {}


def test_a_run_of_another_system_makes_no_difference_of_settings(folder: Path) -> None:
    path = write_run(folder / "theirs", QUESTIONS, {}) / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"settings": {}, "source": {"command": "it"}}))
    differs = {run.name: run.differs for run in read_history(folder).runs}
    assert (differs["a"], differs["theirs"]) == ("", 'source={"command": "it"}')


def test_the_page_escapes_all(folder: Path, tmp_path: Path) -> None:
    write_history(read_history(folder), tmp_path / "runs.html")
    page = (tmp_path / "runs.html").read_text(encoding="utf-8")
    assert HOSTILE not in page
    assert "<img" not in page
    assert page.count("<script") == 2
    assert "default-src &#39;none&#39;" in page
    assert page.count("<svg") >= 2


def test_a_folder_without_runs_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(QuestionSetError, match="no such folder"):
        read_history(tmp_path / "none")
    with pytest.raises(QuestionSetError, match="contains no finished run"):
        read_history(tmp_path)
    for name in ("run.json", "metrics.json"):
        (tmp_path / name).write_text("{")
    with pytest.raises(QuestionSetError, match=r"run\.json: damaged"):
        read_history(tmp_path)
