"""The command, as a user types it, with the real models."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from command import qa, qa_process

from qa import __version__

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
ARTICLES = ROOT / "data" / "articles"
JETS = "Which fighter jets did China buy?"
TUNGSTEN = "What is the boiling point of tungsten?"


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("saved") / "index"
    done = qa("index", ARTICLES, "--out", folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_ask_json_is_the_contract_and_verbatim(saved: Path) -> None:
    done = qa("ask", "--index", saved, JETS, "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert set(answer) == {
        "id", "question", "searched_for", "kind", "answer", "short", "lead", "parts", "abstained", "reason",
        "confidence", "citations", "passages", "timings_ms", "generated",
    }  # fmt: skip
    assert answer["abstained"] is False
    assert "Su-35" in answer["answer"]
    assert [citation["n"] for citation in answer["citations"]] == list(range(1, len(answer["citations"]) + 1))
    for citation in answer["citations"]:
        text = (ARTICLES / citation["document"]).read_text(encoding="utf-8")
        assert text[citation["start"] : citation["end"]] == citation["text"]
    assert len(answer["passages"]) == 10
    assert 0 <= answer["confidence"] <= 1
    assert set(answer["timings_ms"]) == {"retrieve", "read", "total"}


def test_docs_and_index_give_the_same_answers(saved: Path) -> None:
    def answer(*source: str | Path) -> dict[str, object]:
        loaded = json.loads(qa("ask", *source, JETS, "--json").stdout)
        return {key: value for key, value in loaded.items() if key != "timings_ms"}

    assert answer("--docs", ARTICLES) == answer("--index", saved)


def test_declining_and_always_answer(saved: Path) -> None:
    declined = json.loads(qa("ask", "--index", saved, TUNGSTEN, "--json").stdout)
    assert (declined["answer"], declined["abstained"], declined["citations"]) == (None, True, [])
    assert declined["reason"]
    assert len(declined["passages"]) == 10
    forced = json.loads(qa("ask", "--index", saved, TUNGSTEN, "--json", "--always-answer").stdout)
    assert forced["answer"]
    assert forced["citations"]
    assert forced["confidence"] == declined["confidence"]


def test_text_output_and_follow_up(saved: Path) -> None:
    done = qa("ask", "--index", saved, "--after", JETS, "and which missile system?")
    assert done.returncode == 0
    assert "S-400" in done.stdout
    assert f"Searched for: {JETS.removesuffix('?')}, and which missile system?" in done.stdout


def test_search(saved: Path) -> None:
    rows = json.loads(qa("search", "--index", saved, JETS, "-k", "3", "--json").stdout)
    assert len(rows) == 3
    for row in rows:
        text = (ARTICLES / row["document"]).read_text(encoding="utf-8")
        assert text[row["start"] : row["end"]] == row["text"]
    assert len(json.loads(qa("search", "--index", saved, JETS, "-k", "1000", "--json").stdout)) > 10
    assert "Su-35" in qa("search", "--index", saved, JETS).stdout


def test_eval_writes_a_run(saved: Path, tmp_path: Path) -> None:
    lines = (ROOT / "data/questions/china-russia-partnership.jsonl").read_text(encoding="utf-8").splitlines()
    sets = tmp_path / "few.jsonl", tmp_path / "more.jsonl"
    sets[0].write_text("\n".join(lines[:4]), encoding="utf-8")
    sets[1].write_text("\n".join(lines[48:50]), encoding="utf-8")
    arguments = ("eval", *sets, "--index", saved, "--out", tmp_path / "run", "--always-answer")
    done = qa(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    metrics = json.loads((tmp_path / "run/metrics.json").read_text(encoding="utf-8"))
    assert (metrics["questions"], metrics["verbatim_citations"], metrics["errors"]) == (6, 1.0, 0)
    assert json.loads(done.stdout) == metrics
    assert len((tmp_path / "run/predictions.jsonl").read_text(encoding="utf-8").splitlines()) == 6
    text = qa(*arguments).stdout
    assert text.startswith("It answered 6 of 6 questions; ")
    assert re.search(r"^  Verbatim citations +100%$", text, re.MULTILINE)
    assert text.endswith(f"\nReport: {tmp_path / 'run/report.html'}\n")


def test_a_run_in_its_own_documents_is_warned_of(tmp_path: Path) -> None:
    (tmp_path / "bees.txt").write_text("Bees dance to tell where food is.", encoding="utf-8")
    (tmp_path / "set.jsonl").write_text('{"id": "q", "question": "Why do bees dance?"}\n', encoding="utf-8")
    arguments = ("eval", tmp_path / "set.jsonl", "--docs", tmp_path, "--out")
    done = qa(*arguments, tmp_path / "runs" / "first")
    assert done.returncode == 0
    assert f"runs/first: is in {tmp_path}, where its report" in done.stderr
    assert "is in" not in qa(*arguments, tmp_path.with_name("elsewhere")).stderr


def test_index_again_embeds_only_what_changed_and_equals_a_fresh_one(tmp_path: Path) -> None:
    docs, out = tmp_path / "docs", tmp_path / "index"
    docs.mkdir()
    (docs / "a.txt").write_text("Bees dance to tell where food is.", encoding="utf-8")
    (docs / "b.txt").write_text("The cable broke in 1858.", encoding="utf-8")
    assert qa("index", docs, "--out", out).returncode == 0
    kept = {path.name: path.stat().st_mtime_ns for path in (out / "documents").iterdir()}
    (docs / "b.txt").unlink()
    (docs / "0.txt").write_text("Tungsten is a metal.", encoding="utf-8")
    assert qa("index", docs, "--out", out).returncode == 0
    assert qa("index", docs, "--out", tmp_path / "fresh").returncode == 0
    after = {path.name: path.stat().st_mtime_ns for path in (out / "documents").iterdir()}
    assert len(after) == 2
    assert len(kept.items() & after.items()) == 1
    assert (out / "manifest.json").read_bytes() == (tmp_path / "fresh/manifest.json").read_bytes()


def test_a_bad_file_in_a_folder_is_reported_and_the_rest_loads(tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text("Bees dance to tell where food is.", encoding="utf-8")
    (tmp_path / "bad.txt").write_bytes(b"caf\xe9")
    done = qa("ask", "--docs", tmp_path, "Why do bees dance?", "--always-answer")
    assert done.returncode == 0
    assert "bad.txt" in done.stderr
    assert "not valid UTF-8" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["ask", JETS], "--docs"),
        (["ask", "--docs", "data/articles", "--index", "x", JETS], "--docs"),
        (["ask", "--docs", "no/such/place", JETS], "no/such/place"),
        (["ask", "--docs", "Makefile", JETS], "Makefile"),
        (["ask", "--docs", "data/articles", "   "], "empty"),
        (["ask", "--docs", "data/articles", "x" * 1001], "1001"),
        (["ask", "--docs", "data/articles", "caf\udce9?"], "valid text"),
        (["ask", "--index", "no/such/index", JETS], "no/such/index: does not exist"),
        (["ask", "--docs", "data/articles", "What", "is", "it"], 'put it in quotes: "What is it"'),
        (["search", "How", "many?", "--docs", "data/articles"], 'put it in quotes: "How many?"'),
        (["search", "--docs", "data/articles", JETS, "-k", "0"], "'-k': '0': Input should be greater than or equal to"),
        (["search", "--docs", "data/articles", JETS, "-k", "x"], "'-k': 'x': Input should be a valid integer"),
        (["eval", "q", "--out", "x", "--answers", "maybe"], "'--answers': 'maybe' is not one of"),
        (["models", "export", "x", "--out", "y", "--reader", "--query-prompt", "z"], "out with --reader"),
        (["models", "export", "./none", "--out", "x"], "while online, as NAME"),
        (["models", "export", "./none", "--out", "x", "--reader"], "while online, as NAME"),
        (["search", "--docs", "data/articles", JETS, "--settings", "none.toml"], "none.toml"),
        (["index", "data/articles", "--out", "tests"], "tests"),
        (["index", "data/articles", "--out", "x", "--engine", "ray", "--watch"], "--watch"),
        (["serve", "--index", "x", "--watch"], "--watch needs --docs"),
        (["eval", "no-questions.jsonl", "--docs", "data/articles", "--out", "x"], "no-questions.jsonl"),
        (["compare", "data/articles", "data/questions"], "data/articles: is not a run folder: it has no run.json"),
        (["serve", "--docs", "data/articles", "--host", "300.1.1.1", "--library", "off"], "another with --host"),
        (["frobnicate"], "frobnicate"),
    ],
    ids=lambda value: " ".join(value)[:40].encode("ascii", "replace").decode() if isinstance(value, list) else "",
)
def test_a_user_s_mistake_ends_with_two_and_no_traceback(arguments: list[str], problem: str) -> None:
    done = qa(*arguments)
    assert done.returncode == 2
    assert problem in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_wrong_setting_is_named() -> None:
    done = qa("ask", "--docs", "data/articles", JETS, QA_CHUNK_TOKENS="1")
    assert done.returncode == 2
    assert "QA_CHUNK_TOKENS=1" in done.stderr


def test_an_index_of_other_settings_is_refused(saved: Path) -> None:
    done = qa("ask", "--index", saved, JETS, QA_CHUNK_TOKENS="64")
    assert done.returncode == 2
    assert "QA_CHUNK_TOKENS=160" in done.stderr


def test_an_index_is_made_with_the_settings_of_a_file(tmp_path: Path) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text("chunk_tokens = 64\n", encoding="utf-8")
    made = qa("index", "data/articles", "--out", tmp_path / "index", "--settings", settings)
    assert made.returncode == 0
    assert qa("ask", "--index", tmp_path / "index", JETS, "--settings", settings).stdout.startswith("Su-35")
    assert qa("ask", "--index", tmp_path / "index", JETS).returncode == 2


def test_results_are_printed_beside_a_log_in_json() -> None:
    done = qa_process("ask", "--docs", "data/articles", JETS, QA_LOG_FORMAT="json", QA_LOG_LEVEL="info")
    assert done.stdout.startswith("Su-35 [1]")
    assert {json.loads(line)["level"] for line in done.stderr.splitlines()} == {"info"}


def test_the_same_on_every_run(saved: Path) -> None:
    arguments = ("ask", "--index", saved, "Why do bees dance?", "--json")
    here, there = (json.loads(done.stdout) for done in (qa(*arguments), qa_process(*arguments, PYTHONHASHSEED="12345")))
    assert {**here, "timings_ms": 0} == {**there, "timings_ms": 0}


def test_the_version_is_printed() -> None:
    done = qa("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"Cited QA {__version__}\n", "")
    module = subprocess.run(
        [sys.executable, "-m", "qa", "--version"], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert (module.returncode, module.stdout) == (0, done.stdout)


def test_help_lists_the_commands() -> None:
    text = qa("--help").stdout
    for command in ("ask", "search", "index", "eval", "serve"):
        assert command in text


@pytest.mark.parametrize("command", ["index", "eval"])
def test_a_cluster_without_ray_names_what_to_install(command: str, tmp_path: Path) -> None:
    questions = ROOT / "data" / "questions" / "honeybee-colony.jsonl"
    given = [ARTICLES] if command == "index" else [questions, "--docs", ARTICLES]
    done = qa(command, *given, "--out", tmp_path / "out", "--engine", "ray", without=["ray"])
    assert done.returncode == 2
    assert done.stderr == "qa: --engine ray needs a package that is not installed (ray); pip install 'cited-qa[ray]'\n"
    assert not (tmp_path / "out").exists()


def test_a_server_does_not_start_with_a_missing_path() -> None:
    done = qa("serve", "--docs", "no/such/place", "--port", "0", "--library", "off")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "qa: no/such/place: does not exist; check the path\n"
