"""The commands that evaluate finished runs, as a user types them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from command import qa
from evaluation.handmade import Given, colour_question, write_run

from qa.settings import Settings

ROOT = Path(__file__).parents[2]
QUESTIONS = [colour_question(f"q{number}", "red") for number in range(60)]


def answers(wrong: int) -> dict[str, Given]:
    """Return answers of which the first few are wrong."""
    return {
        question.id: Given("blue" if number < wrong else "red", confidence=number / 60)
        for number, question in enumerate(QUESTIONS)
    }


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(tmp_path_factory.mktemp("runs") / "good", QUESTIONS, answers(3), always_answer=True)


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(tmp_path_factory.mktemp("runs") / "bad", QUESTIONS, answers(20), always_answer=True)


def refused(done: subprocess.CompletedProcess[str], *expected: str, code: int = 2) -> None:
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    for text in expected:
        assert text in done.stderr


# --- qa compare


def test_compare_prints_and_writes_a_report(good: Path, bad: Path) -> None:
    done = qa("compare", good, bad)
    assert done.returncode == 0, done.stderr
    row = next(line for line in done.stdout.splitlines() if line.startswith("exact_match"))
    assert row.split()[1:4] == ["0.950", "0.667", "-0.283"]
    assert row.endswith("worse")
    assert "right -> wrong (17)" in done.stdout
    page = bad / "compare.html"
    assert f"Report: {page}" in done.stdout
    assert "right -&gt; wrong: 17" in page.read_text(encoding="utf-8")


def test_compare_prints_json_and_writes_to_a_given_path(good: Path, bad: Path, tmp_path: Path) -> None:
    done = qa("compare", good, bad, "--json", "--out", tmp_path / "page.html")
    assert done.returncode == 0, done.stderr
    value = json.loads(done.stdout)
    assert len(value["flips"]) == 17
    assert (tmp_path / "page.html").is_file()


@pytest.mark.parametrize(
    ("rules", "code", "expected"),
    [
        (["--fail-under", "f1=0.6"], 0, []),
        (["--fail-under", "f1=0.80"], 1, ["f1 is 0.6667, below the limit of 0.8"]),
        (["--fail-if-worse", "f1"], 1, ["f1 went from 0.95 to 0.6667", "p <0.0001"]),
        (["--fail-if-worse", "latency_ms_mean"], 0, []),
        (["--fail-over", "errors=-1"], 1, ["errors is 0, above the limit of -1"]),
        (["--fail-under", "f1=0.9", "--fail-under", "exact_match=0.9", "--fail-if-worse", "right"], 1,
         ["--fail-under f1=0.9", "--fail-under exact_match=0.9", "--fail-if-worse right"]),
    ],
    ids=["kept", "under", "worse", "not worse", "over", "all are reported"],
)  # fmt: skip
def test_a_broken_rule_ends_with_one(good: Path, bad: Path, rules: list[str], code: int, expected: list[str]) -> None:
    done = qa("compare", good, bad, *rules)
    assert done.returncode == code
    assert len(done.stderr.splitlines()) == len(rules) // 2 if code else done.stderr == ""
    for text in expected:
        assert text in done.stderr
    # The comparison is printed nevertheless.
    assert "right -> wrong (17)" in done.stdout


def test_better_is_not_worse(good: Path, bad: Path) -> None:
    assert qa("compare", bad, good, "--fail-if-worse", "f1").returncode == 0


@pytest.mark.parametrize(
    ("rules", "problem"),
    [
        (["--fail-under", "f1"], "--fail-under"),
        (["--fail-under", "f2=0.5"], "f2"),
        (["--fail-if-worse", "f2"], "exact_match, f1"),
        (["--out", "no/such/folder/page.html"], "no/such/folder/page.html"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_use_of_compare_ends_with_two(good: Path, bad: Path, rules: list[str], problem: str) -> None:
    done = qa("compare", good, bad, *rules)
    refused(done, problem)
    assert done.stdout == ""


def test_other_questions_are_refused_unless_common(good: Path, tmp_path: Path) -> None:
    fewer = write_run(tmp_path / "fewer", QUESTIONS[:50], answers(3))
    refused(qa("compare", good, fewer), "60 questions", "50", "--common")
    done = qa("compare", good, fewer, "--common")
    assert done.returncode == 0, done.stderr
    assert "50 questions compared (left out: 10 of the first run, 0 of the second)" in done.stdout


def test_a_folder_without_a_run_is_refused(good: Path, tmp_path: Path) -> None:
    refused(qa("compare", good, tmp_path / "none"), "none")
    refused(qa("compare", good, tmp_path), "run.json")
    refused(qa("calibrate", tmp_path, "--max-wrong", "0.1"), "run.json")


# --- qa calibrate


def test_calibrate_writes_settings_that_the_other_commands_take(good: Path, tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    done = qa("calibrate", good, "--max-wrong", "0.2", "--confidence", "0.8", "--out", file)
    assert done.returncode == 0, done.stderr
    assert "guaranteed: at most 20% of the answers given are wrong, with confidence 80%" in done.stdout
    assert "held out 18 questions" in done.stdout
    assert f"{file}: use it with --settings (ask, serve, eval)" in done.stdout
    assert f"answer_threshold = {Settings.from_environment(file).answer_threshold}" in done.stdout
    # The same command overwrites the file with the same content.
    before = file.read_bytes()
    assert qa("calibrate", good, "--max-wrong", "0.2", "--confidence", "0.8", "--out", file).returncode == 0
    assert file.read_bytes() == before


def test_calibrate_writes_into_the_run_by_default(good: Path) -> None:
    assert qa("calibrate", good, "--max-wrong", "0.2").returncode == 0
    assert (good / "settings.toml").is_file()


@pytest.mark.parametrize(("wrong", "max_wrong", "problem"), [(3, "0.01", "too small"), (59, "0.06", "out of reach")])
def test_no_threshold_ends_with_one_and_writes_nothing(
    tmp_path: Path, wrong: int, max_wrong: str, problem: str
) -> None:
    run = write_run(tmp_path / "run", QUESTIONS, answers(wrong), always_answer=True)
    before = sorted(run.iterdir())
    done = qa("calibrate", run, "--max-wrong", max_wrong, "--out", tmp_path / "settings.toml")
    refused(done, problem, str(run), code=1)
    assert done.stdout == ""
    assert not (tmp_path / "settings.toml").exists()
    assert sorted(run.iterdir()) == before


def test_bad_use_of_calibrate_ends_with_two(good: Path, tmp_path: Path) -> None:
    refused(qa("calibrate", good), "--max-wrong")
    refused(qa("calibrate", good, "--max-wrong", "5"), "max_wrong is 5")
    refused(qa("calibrate", good, "--max-wrong", "0.1", "--confidence", "1"), "confidence is 1")
    may_decline = write_run(tmp_path / "declines", QUESTIONS, answers(3))
    refused(qa("calibrate", may_decline, "--max-wrong", "0.1"), "--always-answer")
    other = tmp_path / "other.toml"
    other.write_text("port = 1\n", encoding="utf-8")
    refused(qa("calibrate", good, "--max-wrong", "0.2", "--out", other), str(other), "port")


# --- --settings


@pytest.mark.parametrize(
    "command",
    [
        "ask --docs {docs} Who?",
        "search --docs {docs} Who?",
        "eval {out}/questions.jsonl --docs {docs} --out {out}/run",
        "serve --docs {docs}",
        "index {docs} --out {out}/index",
        "questions draft --docs {docs}",
        "models check-llm",
    ],
)
def test_a_settings_file_is_read_by(command: str, tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("answer_threshold = 7\n", encoding="utf-8")
    (tmp_path / "questions.jsonl").write_text('{"id": "q", "question": "Who?"}\n', encoding="utf-8")
    words = command.format(docs=ROOT / "data" / "articles", out=tmp_path).split()
    done = qa(*words, "--settings", tmp_path / "settings.toml")
    refused(done, f"{tmp_path / 'settings.toml'}: answer_threshold = 7: ", "less than or equal to 1")


def test_the_threshold_of_a_settings_file_applies_unless_the_environment_sets_it(tmp_path: Path) -> None:
    (tmp_path / "bees.md").write_text("Bees dance to tell where food is.", encoding="utf-8")
    (tmp_path / "never.toml").write_text("answer_threshold = 1.0\n", encoding="utf-8")
    settings: list[str | Path] = ["--settings", tmp_path / "never.toml"]

    def declines(**environment: str) -> object:
        done = qa("ask", "--docs", tmp_path / "bees.md", "Why do bees dance?", "--json", *settings, **environment)
        return json.loads(done.stdout)["abstained"]

    assert declines() is True
    assert declines(QA_ANSWER_THRESHOLD="0.1") is False


# --- mistakes


def test_a_name_that_the_file_system_refuses_is_reported() -> None:
    name = "x" * 300
    refused(qa("questions", "check", name), f"qa: {name}", ": File name too long; choose another path\n")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--ask", ""], "--ask: expected a command"),
        (["--ask", "true", "--always-answer"], "--ask: cannot be used with --always-answer; leave one out"),
        (["--ask-url", "http://x/v1", "--answers", "llm"], "--ask-url: cannot be used with --answers"),
        (["--predictions", "x.jsonl", "--strict"], "--predictions: cannot be used with --strict"),
        (["--ask", "true", "--ask-url", "http://x/v1"], "--ask: cannot be used with --ask-url"),
    ],
    ids=["empty command", "always-answer", "llm", "strict", "two systems"],
)
def test_options_that_another_system_ignores_are_refused(tmp_path: Path, options: list[str], message: str) -> None:
    questions = ROOT / "data/questions/honeybee-colony.jsonl"
    refused(qa("eval", questions, "--out", tmp_path / "run", *options), message)
    assert not (tmp_path / "run").exists()


def test_both_parts_of_a_split_cannot_be_one_file(tmp_path: Path) -> None:
    questions = tmp_path / "set.jsonl"
    questions.write_text("".join(f'{{"id": "{at}", "question": "?", "document": "{at}.md"}}\n' for at in range(4)))
    part = tmp_path / "part.jsonl"
    refused(qa("questions", "split", questions, part, tmp_path / "." / "part.jsonl"), "is given for both parts")
    assert not part.exists()


def test_pairs_are_not_replaced_by_the_threshold_of_a_judge(tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.jsonl"
    pairs.write_text('{"claim": "a", "evidence": "a", "supported": true}\n')
    before = pairs.read_bytes()
    done = qa("calibrate", pairs, "--judge", "--max-wrong", "0.1", "--out", pairs, QA_JUDGE="nli:none")
    refused(done, f"{pairs}: exists and is not the threshold of a judge; choose another --out")
    assert pairs.read_bytes() == before
