"""`qa eval --answers llm` as a user types it: the real bot, and a scripted server for its language model."""

from __future__ import annotations

import json
import re
import subprocess
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from command import qa
from scripted_model import Reply, ScriptedModel

from qa.claims import NOTHING_FOUND
from qa.evaluation import read_run

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
KEY = "sk-never-to-be-seen"
QUESTIONS = [
    {"id": "cable", "question": "Who laid a cable across the English Channel in 1850?", "answers": ["Brett"]},
    {"id": "dance", "question": "Who decoded the dance of the bees?", "answers": ["Karl von Frisch"]},
    {"id": "moon", "question": "How far is it to the Moon?", "answerable": False},
]


alone = partial(qa, QA_LLM_MODEL="")
"""The command without a language model, unless one is set."""


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    path = tmp_path / "questions.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in QUESTIONS), encoding="utf-8")
    return path


REPLIES = {
    "Brett": "The brothers Jacob and John Watkins Brett laid a cable across the English Channel in 1850",
    "Frisch": "The Austrian zoologist Karl von Frisch worked out the meaning of this waggle dance in the 1940s",
}


def half_true(body: dict[str, Any]) -> Reply:
    """Answer with a sentence of a document and an invented one, judge both rightly, and decline what is not stated."""
    asked = body["messages"][-1]["content"]
    if claims := re.findall(r'<claim n="(\d+)">([^<]*)', asked):
        verdicts = [{"n": n, "verdict": "unsupported" if "cheese" in text else "supported"} for n, text in claims]
        return Reply([json.dumps({"verdicts": verdicts})])
    question = re.findall("<question>(.*)</question>", asked)[-1]
    if "Moon" in question:
        return Reply("NOT STATED")
    name = "Brett" if "Who laid" in question else "Frisch"
    number = re.findall(rf"\[S(\d+)\] [^\[]*{name}", asked)[0]
    return Reply(f"{REPLIES[name]} [S{number}]. The Moon is made of green cheese [S1].")


def evaluated(questions: Path, out: Path, url: str, *options: str) -> subprocess.CompletedProcess[str]:
    environment = {"QA_LLM_MODEL": "scripted", "QA_LLM_URL": url, "QA_LLM_KEY": KEY}
    return alone("eval", questions, "--docs", "data/articles", "--out", out, *options, **environment)


@pytest.mark.parametrize("workers", [(), ("--workers", "2")], ids=["one-at-a-time", "side-by-side"])
def test_every_answer_is_phrased_and_measured(questions: Path, tmp_path: Path, workers: tuple[str, ...]) -> None:
    out = tmp_path / "run"
    with ScriptedModel(half_true) as server:
        done = evaluated(questions, out, server.url, "--answers", "llm", *workers)
        asked = len(server.requests)
    assert done.returncode == 0, done.stderr
    # Two questions are answered and judged, one is declined.
    assert asked == 5
    run = read_run(out)
    assert run.predictions["moon"]["generated"]["problem"] == NOTHING_FOUND
    assert run.predictions["moon"]["abstained"]
    assert [one["verdict"] for one in run.predictions["cable"]["generated"]["sentences"]] == [
        "supported",
        "unsupported",
    ]
    generated = run.metrics["generated"]
    assert [generated[name] for name in ("asked", "shown", "declined", "failed", "sentences")] == [3, 2, 1, 0, 4]
    assert generated["supported_sentences"] == generated["unsupported_sentences"] == 1 / 2
    assert generated["prompt_tokens"] > 100
    assert run.metrics["verbatim_citations"] == 1
    assert "Language model" in done.stdout
    assert [path.name for path in out.iterdir() if KEY in path.read_text(encoding="utf-8")] == []
    assert KEY not in done.stdout + done.stderr


def test_a_model_that_fails_is_counted_and_extractive_answers_are_used(questions: Path, tmp_path: Path) -> None:
    with ScriptedModel(Reply(status=401)) as server:
        done = evaluated(questions, tmp_path / "llm", server.url, "--answers", "llm")
        assert done.returncode == 0, done.stderr
        asked = len(server.requests)
        assert evaluated(questions, tmp_path / "extractive", server.url).returncode == 0
        assert len(server.requests) == asked, "an extractive run asks no model"
    failed, extractive = read_run(tmp_path / "llm"), read_run(tmp_path / "extractive")
    assert failed.metrics["errors"] == 0
    assert failed.metrics["generated"]["fallbacks"] == {"the language model's server rejected the API key": 3}
    assert [row["answer"] for row in failed.predictions.values()] == [
        row["answer"] for row in extractive.predictions.values()
    ]
    compared = alone("compare", tmp_path / "extractive", tmp_path / "llm")
    assert compared.returncode == 0, compared.stderr
    assert 'answers: "extractive" -> "llm"' in compared.stdout
    assert "Flipped: none" in compared.stdout
    assert KEY not in compared.stdout + done.stdout + done.stderr


def test_without_a_model_it_says_what_to_set(questions: Path, tmp_path: Path) -> None:
    done = alone("eval", questions, "--docs", "data/articles", "--answers", "llm", "--out", tmp_path / "run")
    assert done.returncode == 2
    assert "set QA_LLM_MODEL" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run").exists()
