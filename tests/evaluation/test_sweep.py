"""Sweeps: the settings tried, the verdict on the best, and resuming a stopped sweep."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest

import qa
from evaluation.handmade import Given, colour_question, write_run
from qa.errors import QAError
from qa.evaluation import read_run, score, sweep
from qa.evaluation.analysis.sweep import _quality as quality
from qa.evaluation.analysis.sweep import analyse, measure_named, settings_toml, sweep_to_text
from qa.evaluation.datasets.formats.jsonl import write_questions
from qa.evaluation.report.comparisons import write_sweep
from qa.evaluation.runs.folder import METRICS_FILE, read_object, write_json
from qa.evaluation.runs.provenance import described_questions, described_settings, described_versions
from qa.evaluation.sweep import Sweep, read_sweep, setting_name
from qa.settings import Settings

GRID = """
questions = ["questions.jsonl"]
docs = ["articles"]
[[settings]]
[grid]
passages_read = [8, 4]
answer_threshold = [0.3, 0.5]
"""
MANY = "".join(f"per_visitor_{at} = [{', '.join(map(str, range(10)))}]\n" for at in range(11)) + "a = [1, 2, 3, 4, 5]"
QUESTIONS = [colour_question(f"q{at}", "red") for at in range(160)]


def write(folder: Path, text: str = GRID) -> Path:
    file = folder / "sweep.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_grid_and_a_list_are_tried(tmp_path: Path) -> None:
    tried, settings = read_sweep(write(tmp_path))
    assert list(settings) == [
        "defaults",
        "passages_read=8,answer_threshold=0.3",
        "passages_read=8,answer_threshold=0.5",
        "passages_read=4,answer_threshold=0.3",
        "passages_read=4,answer_threshold=0.5",
    ]
    assert tried.questions == [str(tmp_path / "questions.jsonl")]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(("passages_read", "passages"), "passages", id="unknown-setting"),
        pytest.param(("[8, 4]", "[0, 4]"), "passages_read = 0: Input should be greater than", id="value-out-of-range"),
        pytest.param(("[grid]", "[[grid"), "is not TOML", id="not-toml"),
        pytest.param(('docs = ["articles"]', ""), "docs: Field required", id="no-docs"),
        pytest.param(("[[settings]]", "speed = 1"), "speed: there is no such entry", id="unknown-entry"),
        pytest.param(("[8, 4]", "[]"), "has no value", id="no-value"),
        pytest.param(("[8, 4]", '[8, 4]\n_env_file = ["x"]'), "_env_file: there is no such entry", id="not-a-setting"),
        pytest.param(("[8, 4]", "[true, 4]"), "passages_read: a number or text is needed, not true", id="boolean"),
        pytest.param(("[8, 4]", '[8, 4]\nllm_key = ["a", "b"]'), "llm_key: .*; set QA_LLM_KEY", id="secret"),
        pytest.param((GRID[GRID.index("[grid]") :], ""), "has 1 settings", id="too-few"),
        pytest.param(("[8, 4]", "[4, 8]\n" + MANY), "has 2,000,000,000,001 settings; 2 to 1,000", id="too-many"),
        pytest.param(("[8, 4]", f"[{'9' * 5000}]"), "is not TOML: Exceeds the limit", id="huge-number"),
        pytest.param(("[8, 4]", "[" * 100_000), "is not TOML", id="nested-deeply"),
        pytest.param(("[[settings]]", 'measure = "speed"'), 'measure: no measure "speed"; choose', id="no-measure"),
    ],
)
def test_a_malformed_sweep_is_reported(change: tuple[str, str], message: str, tmp_path: Path) -> None:
    with pytest.raises(QAError, match=message):
        read_sweep(write(tmp_path, GRID.replace(*change)))


def test_an_invalid_variable_is_not_taken_for_an_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QA_CHUNK_TOKENS", "many")
    with pytest.raises(QAError, match=r"^QA_CHUNK_TOKENS=many: "):
        read_sweep(write(tmp_path))


def test_names_are_those_of_folders() -> None:
    assert "/" not in setting_name({"embedding_model": "../../etc/passwd"})
    assert setting_name({"a": "x/y"}) != setting_name({"a": "x_y"})
    assert len(setting_name({"a": "x" * 500})) < 100


def runs_with(tmp_path: Path, **right: float) -> tuple[dict[str, Any], dict[str, Any]]:
    random = np.random.default_rng(3)
    given = {
        name: {
            question.id: Given("red" if random.random() < share else "blue", milliseconds=position + 5.0)
            for question in QUESTIONS
        }
        for position, (name, share) in enumerate(right.items())
    }
    runs = {name: read_run(write_run(tmp_path / name, QUESTIONS, answers)) for name, answers in given.items()}
    return runs, {name: {"passages_read": position + 1} for position, name in enumerate(runs)}


def test_a_real_gain_is_confirmed_on_held_out_questions(tmp_path: Path) -> None:
    result = analyse(*runs_with(tmp_path, first=0.5, better=0.85, same=0.5), "correct", 0.5)
    assert result.best == "better"
    assert result.chosen_on + result.confirmed_on == 160
    assert result.gain is not None
    assert result.luck == pytest.approx(2 * result.gain.p_value)
    assert result.verdict.endswith("confirmed.")
    assert [(one.name, one.fastest) for one in result.tried] == [("first", True), ("better", True), ("same", False)]
    assert tomllib.loads(settings_toml(result)) == {"passages_read": 2}
    assert "passages_read=2" in sweep_to_text(result)
    assert sweep_to_text(result).splitlines()[0].endswith("  Pareto front")
    write_sweep(result, tmp_path / "sweep.html")
    page = (tmp_path / "sweep.html").read_text(encoding="utf-8")
    assert "confirmed." in page
    assert "http" not in page.replace("http-equiv", "")


def test_luck_is_not_confirmed(tmp_path: Path) -> None:
    result = analyse(*runs_with(tmp_path, **{f"s{at}": 0.5 for at in range(4)}), "correct", 0.5)
    assert result.luck is None or result.luck > 0.05
    assert "not confirmed" in result.verdict or "None of the settings" in result.verdict
    with pytest.raises(QAError, match='no measure "speed"; choose from: exact_match'):
        analyse(*runs_with(tmp_path / "again", a=0.5, b=0.5), "speed", 0.5)


def test_a_setting_without_a_value_is_not_the_best() -> None:
    needless = measure_named("declined_answerable")
    assert not needless.higher_is_better
    unanswerable = score(colour_question("q", answerable=False), None, {})
    assert quality([unanswerable], needless) < quality([score(QUESTIONS[0], None, {})], needless)


@pytest.mark.parametrize("name", ["latency_ms_mean", "prompt_tokens"])
def test_an_amount_is_no_measure_of_a_sweep(name: str) -> None:
    with pytest.raises(QAError, match=f'no measure "{name}"; choose from: exact_match, f1'):
        measure_named(name)


def test_a_stopped_sweep_is_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    def run_in_child(tried: Sweep, name: str, values: dict[str, Any], out: Path) -> None:
        if len(ran) == 2:
            ran.append("stopped")
            raise KeyboardInterrupt
        ran.append(name)
        settings = Settings(**values)
        (out / "indexes" / sweep._index_name(sweep._stamps(tried.docs), settings)).mkdir(parents=True, exist_ok=True)
        run = write_run(out / "runs" / name, QUESTIONS[:3], {question.id: Given("red") for question in QUESTIONS[:3]})
        described = {
            "settings": described_settings(settings, "extractive"),
            "questions": described_questions(QUESTIONS[:3]),
            "versions": described_versions(),
        }
        write_json(run / "run.json", {**read_object(run / "run.json"), **described})

    monkeypatch.setattr(sweep, "_run_in_child", run_in_child)
    file, out = write(tmp_path), tmp_path / "out"
    write_questions(tmp_path / "questions.jsonl", QUESTIONS[:3])
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "colours.md").write_text("red")
    with pytest.raises(KeyboardInterrupt):
        sweep.run_sweep(file, out)
    result = sweep.run_sweep(file, out)
    assert ran[3:] == list(read_sweep(file)[1])[2:]
    assert result.best == "defaults"
    assert json.loads((out / "sweep.json").read_text())["best"] == "defaults"
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").touch()
    for _ in range(2):
        with pytest.raises(QAError, match=r"unexpected file notes\.txt"):
            sweep.run_sweep(file, tmp_path / "other")
    # Other questions and other settings are not mixed with those of finished runs.
    monkeypatch.setenv("QA_MAX_CITATIONS", "2")
    with pytest.raises(QAError, match=r"defaults: contains a different run.*\n.*settings: max_citations"):
        sweep.run_sweep(file, out)
    monkeypatch.delenv("QA_MAX_CITATIONS")
    # Other versions may compare the runs of a finished sweep, but not finish it.
    monkeypatch.setattr(qa, "__version__", "9")
    assert sweep.run_sweep(file, out) == result
    (out / "runs" / "passages_read=4,answer_threshold=0.5" / METRICS_FILE).unlink()
    with pytest.raises(QAError, match=r'defaults: contains a different run.*\n.*versions: qa \(was ".*", now "9"\)'):
        sweep.run_sweep(file, out)
    monkeypatch.undo()
    write_questions(tmp_path / "questions.jsonl", QUESTIONS[:2])
    with pytest.raises(QAError, match=r"defaults: contains a different run.*\n.*questions: count \(was 3, now 2\)"):
        sweep.run_sweep(file, out)


def test_an_index_is_of_what_the_archives_contain_now(tmp_path: Path) -> None:
    names = set()
    for text in ("Bees dance.", "Wasps do not dance."):
        with ZipFile(tmp_path / "articles.zip", "w") as archive:
            archive.writestr("insects.md", text)
        names.add(sweep._index_name(sweep._stamps([str(tmp_path / "articles.zip")]), Settings()))
    assert len(names) == 2


@pytest.mark.slow
def test_documents_are_embedded_once_for_each_chunk_size(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "bees.md").write_text("Bees dance. Karl von Frisch saw it in 1920.", encoding="utf-8")
    rows = [{"id": "q", "question": "Who saw it?", "answers": ["Karl von Frisch"]}]
    (tmp_path / "questions.jsonl").write_text(json.dumps(rows[0]) + "\n", encoding="utf-8")
    text = GRID.replace("answer_threshold = [0.3, 0.5]", "").replace("[[settings]]", "")
    result = sweep.run_sweep(write(tmp_path, text), tmp_path / "out")
    assert len(list((tmp_path / "out" / "indexes").iterdir())) == 1
    assert all((tmp_path / "out" / "runs" / one.name / METRICS_FILE).is_file() for one in result.tried)
    (tmp_path / "questions.jsonl").write_text(json.dumps({**rows[0], "document": "wasps.md"}), encoding="utf-8")
    with pytest.raises(QAError, match=r'passages_read=8: .*document "wasps.md" is not among the 1 loaded'):
        sweep.run_sweep(tmp_path / "sweep.toml", tmp_path / "again")
