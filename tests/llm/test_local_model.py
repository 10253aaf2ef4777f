"""Invariants for any reply of a real language model, here a small one that is often wrong.

`make test-llm` serves it; elsewhere these tests are skipped.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import pytest
from command import qa
from conftest import ARTICLES, ROOT

from qa import QA
from qa.claims import EvidenceSource, QuotationVerdict, Verdict
from qa.errors import LanguageModelError, TruncatedReplyError
from qa.evaluation import read_questions, read_run
from qa.evaluation.datasets.draft import draft_questions
from qa.insights.question_generation.llm_drafts import drafts_by
from qa.models.llm_client import make_language_model
from qa.models.llm_stream import reply_text
from qa.protocols import LanguageModel, Message
from qa.settings import Settings
from qa.types import Answer, Document, Request, Turn

from .test_hostile import HOSTILE

SETS = sorted((ROOT / "data" / "questions").glob("*.jsonl"))
SAMPLES = [question for path in SETS for question in read_questions(path)[::20]]


@pytest.fixture(scope="module")
def model(model_settings: Settings) -> LanguageModel:
    model = make_language_model(model_settings)
    assert model is not None
    return model


def words(text: str) -> list[Message]:
    return [Message("user", text)]


def pieces(model: LanguageModel, asked: str, most: int) -> list[str]:
    """Return the pieces of a reply of at most so many tokens."""
    found: list[str] = []
    with suppress(TruncatedReplyError):
        for piece in model.stream(words(asked), most):
            found.append(piece)
    return found


def check(answer: Answer, documents: Mapping[str, Document], extractive: Answer | None = None) -> None:
    """Check the invariants of a final answer, generated or extractive."""
    for citation in answer.citations:
        assert documents[citation.document].text[citation.start : citation.end] == citation.text
    generated = answer.generated
    assert generated is not None
    assert generated.partial_sentence == ""
    numbers = {citation.n for citation in answer.citations}
    for claim in generated.claims:
        assert claim.verdict in get_args(Verdict)
        assert claim.evidence in get_args(EvidenceSource)
        assert all(quotation.verdict in get_args(QuotationVerdict) for quotation in claim.quotations)
        assert all(0 <= quotation.start < quotation.end <= len(claim.text) for quotation in claim.quotations)
    if generated.problem is None:
        assert answer.text == generated.text
        for claim in generated.claims:
            assert bool(claim.citations) == (claim.evidence != "none")
            assert set(claim.citations) <= numbers
    elif extractive and not answer.abstained:
        assert (answer.text, answer.citations) == (extractive.text, extractive.citations)


# --- the model itself


def test_a_reply_is_streamed(model: LanguageModel) -> None:
    found = pieces(model, "Name five animals.", 40)
    assert len(found) > 5
    assert "".join(found).strip()


def test_the_model_can_be_asked_again_after_a_closed_stream(model: LanguageModel) -> None:
    first = model.stream(words("Count from one to a hundred, in words."), 400)
    assert next(first)
    close = getattr(first, "close")  # noqa: B009 -- an iterator need not have one; ours has
    close()
    assert reply_text(model.stream(words("Say hello."), 20)).strip()


def test_the_same_question_gets_the_same_reply(model: LanguageModel) -> None:
    replies = {reply_text(model.stream(words("Where do bees live?"), 30)) for _ in range(2)}
    assert len(replies) == 1


def test_a_prompt_that_is_too_long_is_an_error(model: LanguageModel) -> None:
    # This server starts the stream before it checks the prompt, and then just closes it.
    with pytest.raises(LanguageModelError, match=r"too long|closed the connection"):
        list(model.stream(words("bees and wasps " * 3000), 20))


# --- answers


@pytest.mark.parametrize("question", SAMPLES, ids=[question.id for question in SAMPLES])
def test_every_sentence_has_a_verdict_and_every_excerpt_is_verbatim(generating_bot: QA, question: Any) -> None:  # noqa: ANN401
    request = Request(question.question, question.history, documents=[question.document] if question.document else None)
    *before, answer = generating_bot.stream(request, always_answer=True)
    [extractive] = generating_bot.ask_many([replace(request, searched_for=answer.searched_for)], always_answer=True)
    check(answer, generating_bot.documents, extractive)
    assert answer.generated is not None
    assert answer.generated.answer_tokens > 0
    assert answer.timings_ms["generate"] > 0
    # Sentences already shown do not change while more arrive.
    claims = [each.generated.claims for each in before if each.generated]
    for earlier, later in pairwise(claims):
        assert [claim.text for claim in earlier] == [claim.text for claim in later[: len(earlier)]]
    for each in before:
        for citation in each.citations:
            document = generating_bot.documents[citation.document]
            assert document.text[citation.start : citation.end] == citation.text


def test_an_answer_is_shown_before_it_is_complete(generating_bot: QA) -> None:
    shown = list(generating_bot.stream(Request("Why do bees keep honey?"), always_answer=True))
    assert len(shown) > 3
    assert any(each.generated and each.generated.partial_sentence for each in shown)


def test_a_follow_up_is_asked(generating_bot: QA) -> None:
    earlier = Turn("Who decoded the dance of the bees?", "Karl von Frisch")
    answer = generating_bot.ask("When did he do that?", history=[earlier], always_answer=True)
    assert answer.searched_for.strip()
    check(answer, generating_bot.documents)


# --- when it fails


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"llm_timeout_seconds": 0.2}, id="no-time"),
        pytest.param({"llm_idle_timeout_seconds": 0.05}, id="no-patience"),
        pytest.param({"llm_url": "http://127.0.0.1:9/v1", "llm_timeout_seconds": 1}, id="no-server"),
    ],
)
def test_after_a_failure_the_extractive_answer_is_shown(model_settings: Settings, changes: dict[str, Any]) -> None:
    bot = QA.from_path(ARTICLES, settings=model_settings.model_copy(update=changes))
    question = "Who decoded the dance of the bees?"
    answer = bot.ask(question, always_answer=True)
    [extractive] = bot.ask_many([Request(question)], always_answer=True)
    check(answer, bot.documents, extractive)
    assert answer.generated is not None
    assert answer.generated.problem


# --- passages with instructions


@pytest.mark.parametrize("passage", HOSTILE, ids=[passage["id"] for passage in HOSTILE])
def test_a_hostile_passage_breaks_nothing(generating_bot: QA, passage: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "passage.md"
    path.write_text(passage["text"], encoding="utf-8")
    bot = QA.from_path(path, settings=generating_bot.settings)
    answer = bot.ask(passage["question"], always_answer=True)
    [extractive] = bot.ask_many([Request(passage["question"])], always_answer=True)
    check(answer, bot.documents, extractive)
    assert answer.generated is not None


# --- commands


def run_qa(settings: Settings, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    names = ("llm_model", "llm_url", "llm_timeout_seconds", "llm_idle_timeout_seconds")
    return qa(*arguments, **{f"QA_{name.upper()}": str(getattr(settings, name)) for name in names})


def test_a_question_on_the_command_line(model_settings: Settings) -> None:
    question = "Who decoded the dance of the bees?"
    done = run_qa(model_settings, "ask", "--docs", ARTICLES, "--always-answer", "--json", question)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["generated"]["model"] == "smollm2-135m-instruct"
    for citation in answer["citations"]:
        text = (ARTICLES / citation["document"]).read_text(encoding="utf-8")
        assert text[citation["start"] : citation["end"]] == citation["text"]
    spoken = run_qa(model_settings, "ask", "--docs", ARTICLES, "--always-answer", question)
    assert spoken.returncode == 0, spoken.stderr
    assert spoken.stdout.strip()


def test_a_question_set_on_the_command_line(model_settings: Settings, tmp_path: Path) -> None:
    rows = [path.read_text(encoding="utf-8").splitlines()[0] for path in SETS]
    (tmp_path / "few.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")
    arguments = ("eval", tmp_path / "few.jsonl", "--docs", ARTICLES)
    for answers in ("extractive", "llm"):
        done = run_qa(model_settings, *arguments, "--answers", answers, "--out", tmp_path / answers)
        assert done.returncode == 0, done.stderr
    metrics = read_run(tmp_path / "llm").metrics
    assert metrics["errors"] == 0
    assert metrics["verbatim_citations"] in {1, None}
    assert metrics["generated"]["asked"] > 0
    assert metrics["generated"]["prompt_tokens"] > 100
    compared = run_qa(model_settings, "compare", tmp_path / "extractive", tmp_path / "llm")
    assert compared.returncode == 0, compared.stderr
    assert 'answers: "extractive" -> "llm"' in compared.stdout


def test_drafts_are_valid_whatever_the_reply(model: LanguageModel, generating_bot: QA) -> None:
    documents = list(generating_bot.documents.values())
    drafts = drafts_by(model, documents, 3)
    assert drafts.problem is None
    assert drafts.passages >= 3
    questions = draft_questions(documents, 3, drafts.candidates)
    assert len(questions) == 3
    for question in questions:
        [span] = question.evidence
        assert question.answers[0] in generating_bot.documents[span.document].text[span.start : span.end]
