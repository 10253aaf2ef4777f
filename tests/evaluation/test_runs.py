"""Runs: what is written, what is asked again after an interruption, and what is refused."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import sleep
from typing import Any

import pytest

from qa.errors import ModelError, QAError, QuestionSetError
from qa.evaluation import Answerer, Evidence, Question, evaluate, measure, read_run, run, score_run
from qa.evaluation.folder import mend_predictions
from qa.render import answer_to_json
from qa.settings import Settings
from qa.types import Answer, Citation, Document

TEXT = "China bought 24 jets.\u2028Russia sold them."
QUESTIONS = (
    Question("q1", "Who bought?", answers=("China",), document="jets.md", evidence=(Evidence("jets.md", 0, 21),)),
    Question("q2", "Who flew them?", answerable=False, history=("Who bought?",)),
    Question("q3", "Wer verkaufte sie, Rußland?", answers=("Russia",)),
)


def jets(text: str = TEXT, name: str = "jets.md") -> dict[str, Document]:
    return {name: Document(id=name, text=text, title="Jets", source=f"somewhere/{name}")}


def settings_with(**changes: Any) -> Settings:  # noqa: ANN401
    return Settings(**changes)


@dataclass(frozen=True)
class FakeEmbedder:
    fingerprint: str = "fake-1"


class FakeBot:
    """Cites a sentence of the only document, declines "Who flew them?", and remembers what it was asked."""

    def __init__(
        self,
        documents: Mapping[str, Document] | None = None,
        settings: Settings | None = None,
        embedder: str = "fake-1",
    ) -> None:
        self.documents = documents or jets()
        self.settings = settings or settings_with()
        self.embedder = FakeEmbedder(embedder)
        self.asked: list[str | None] = []
        self.calls: list[dict[str, Any]] = []
        self.before_answer: Callable[[str | None], None] = lambda _id: None

    def excerpt(self, document: Document, start: int, end: int) -> str:
        return document.text[start:end]

    def ask(
        self,
        question: str,
        *,
        history: Sequence[str] = (),
        documents: Sequence[str] | None = None,
        always_answer: bool = False,
        id: str | None = None,  # noqa: A002
    ) -> Answer:
        self.asked.append(id)
        self.calls.append({"history": history, "documents": documents, "always_answer": always_answer})
        self.before_answer(id)
        document = next(iter(self.documents.values()))
        declined = question == "Who flew them?" and not always_answer
        start, end = (0, 21) if "bought" in question else (0, len(document.text))
        excerpt = self.excerpt(document, start, end)
        return Answer(
            question=question,
            searched_for=question,
            text=None if declined else "China",
            reason="The documents do not say." if declined else None,
            confidence=0.2 if declined else 0.9,
            citations=() if declined else (Citation(1, document.id, start, end, excerpt, None, 1.5),),
            passages=(),
            timings_ms={"retrieve": 1.0, "read": 2.0, "total": 3.0},
            id=id,
        )


class LyingBot(FakeBot):
    def excerpt(self, document: Document, start: int, end: int) -> str:
        return super().excerpt(document, start, end).replace("24", "42")


def answers_alone(metrics: dict[str, Any]) -> dict[str, Any]:
    """What does not depend on how fast the machine was."""
    return {name: value for name, value in metrics.items() if name not in {"questions_per_second", "peak_memory_mb"}}


def lines(out: Path, name: str = "predictions.jsonl") -> list[Any]:
    return [json.loads(line) for line in (out / name).read_text(encoding="utf-8").splitlines()]


def refused(bot: Answerer, questions: Sequence[Question], out: Path, *, always_answer: bool = False) -> str:
    before = {path: path.read_bytes() for path in out.rglob("*")} if out.is_dir() else {}
    with pytest.raises(QuestionSetError) as caught:
        run(bot, questions, out, always_answer=always_answer)
    if out.is_dir():
        assert {path: path.read_bytes() for path in out.rglob("*")} == before, "a refused folder must stay as it was"
    return str(caught.value)


# --- a whole run


def test_a_run_writes_what_the_contract_says(tmp_path: Path) -> None:
    bot, out = FakeBot(), tmp_path / "runs" / "first"
    seen: list[tuple[int, int]] = []
    metrics = run(bot, QUESTIONS, out, progress=lambda done, total: seen.append((done, total)))

    assert sorted(path.name for path in out.iterdir()) == [
        "metrics.json",
        "predictions.jsonl",
        "questions.jsonl",
        "report.html",
        "run.json",
        "scores.jsonl",
    ]
    assert seen == [(0, 3), (1, 3), (2, 3), (3, 3)]
    fresh = FakeBot()
    assert lines(out) == [answer_to_json(fresh.ask(question.question, id=question.id)) for question in QUESTIONS]
    assert json.loads((out / "metrics.json").read_text()) == metrics
    assert metrics["verbatim_citations"] == 1
    assert metrics["exact_match"] == 0.5
    assert metrics["declined_unanswerable"] == 1
    assert metrics["errors"] == 0

    described = json.loads((out / "run.json").read_text())
    assert described["settings"] == bot.settings.model_dump(mode="json")
    assert described["embedder"] == "fake-1"
    assert described["always_answer"] is False
    assert described["questions"]["count"] == 3
    assert described["documents"] == {"jets.md": hashlib.sha256(TEXT.encode()).hexdigest()}
    assert {"qa", "python", "numpy", "torch"} <= described["versions"].keys()


def test_a_question_is_asked_as_the_set_says(tmp_path: Path) -> None:
    bot = FakeBot()
    run(bot, QUESTIONS, tmp_path / "run", always_answer=True)
    assert bot.calls == [
        {"history": (), "documents": ["jets.md"], "always_answer": True},
        {"history": ("Who bought?",), "documents": None, "always_answer": True},
        {"history": (), "documents": None, "always_answer": True},
    ]


def test_a_false_excerpt_is_found_out(tmp_path: Path) -> None:
    metrics = run(LyingBot(), QUESTIONS, tmp_path / "run")
    assert metrics["citations"] == 2
    assert metrics["verbatim_citations"] == 0


def test_questions_that_do_not_fit_leave_no_folder(tmp_path: Path) -> None:
    out = tmp_path / "run"
    assert '"none.md" is not among' in refused(FakeBot(), [Question("q", "?", document="none.md")], out)
    assert not out.exists()


def test_scores_come_in_the_order_of_the_set(tmp_path: Path) -> None:
    out = tmp_path / "run"
    run(FakeBot(), QUESTIONS, out)
    path = out / "predictions.jsonl"
    path.write_bytes(b"".join(reversed(path.read_bytes().splitlines(keepends=True))))
    assert [score.id for score in score_run(out, QUESTIONS, jets())] == ["q1", "q2", "q3"]


# --- going on after an interruption


def test_a_finished_run_is_measured_again_without_asking(tmp_path: Path) -> None:
    out = tmp_path / "run"
    first = run(FakeBot(), QUESTIONS, out)
    described = (out / "run.json").read_bytes()
    (out / "metrics.json").write_text("{}")
    bot = FakeBot()
    assert run(bot, QUESTIONS, out) == first
    assert bot.asked == []
    assert json.loads((out / "metrics.json").read_text()) == first
    assert (out / "run.json").read_bytes() == described
    assert measure(out, QUESTIONS, bot.documents) == first


def test_a_cut_at_any_byte_of_the_last_line_is_mended(tmp_path: Path) -> None:
    run(FakeBot(), QUESTIONS, tmp_path)
    path = tmp_path / "predictions.jsonl"
    whole = path.read_bytes()
    start = whole.rindex(b"\n", 0, len(whole) - 1) + 1
    for cut in range(start, len(whole) + 1):
        path.write_bytes(whole[:cut])
        mend_predictions(path)
        # With only its line end missing, the last answer is whole and stays.
        assert path.read_bytes() == (whole[:start] if cut < len(whole) - 1 else whole), f"cut at byte {cut}"


@pytest.mark.parametrize("missing", [0, 1, 2, 100])
def test_a_run_whose_last_line_was_cut_goes_on(tmp_path: Path, missing: int) -> None:
    metrics = run(FakeBot(), QUESTIONS, tmp_path)
    path = tmp_path / "predictions.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) - missing])
    bot = FakeBot()
    assert answers_alone(run(bot, QUESTIONS, tmp_path)) == answers_alone(metrics)
    assert path.read_bytes() == whole
    assert bot.asked == (["q3"] if missing > 1 else [])


@pytest.mark.parametrize("interrupted", ["q1", "q2", "q3"])
def test_an_interrupted_run_goes_on(tmp_path: Path, interrupted: str) -> None:
    whole, out = tmp_path / "whole", tmp_path / "run"
    expected = run(FakeBot(), QUESTIONS, whole)

    def interrupt(question_id: str | None) -> None:
        if question_id == interrupted:
            raise KeyboardInterrupt

    bot = FakeBot()
    bot.before_answer = interrupt
    with pytest.raises(KeyboardInterrupt):
        run(bot, QUESTIONS, out)
    assert bot.asked[-1] == interrupted
    assert not (out / "metrics.json").exists()

    second = FakeBot()
    seen: list[tuple[int, int]] = []
    metrics = run(second, QUESTIONS, out, progress=lambda done, total: seen.append((done, total)))
    assert answers_alone(metrics) == answers_alone(expected)
    assert [*bot.asked[:-1], *second.asked] == ["q1", "q2", "q3"]
    assert seen[0] == (len(bot.asked) - 1, 3)
    assert (out / "predictions.jsonl").read_bytes() == (whole / "predictions.jsonl").read_bytes()


def test_an_interrupted_start_leaves_a_usable_folder(tmp_path: Path) -> None:
    out = tmp_path / "run"
    out.mkdir()
    (out / "run.json.partial").write_text('{"started": ')
    assert run(FakeBot(), QUESTIONS, out)["questions"] == 3
    assert not (out / "run.json.partial").exists()


def test_an_error_is_counted_and_asked_again(tmp_path: Path) -> None:
    out = tmp_path / "run"

    def fail(question_id: str | None) -> None:
        if question_id == "q1":
            raise RuntimeError("no such luck")

    bot = FakeBot()
    bot.before_answer = fail
    metrics = run(bot, QUESTIONS, out)
    assert bot.asked == ["q1", "q2", "q3"]
    assert metrics["errors"] == 1
    assert metrics["exact_match"] == 0
    assert metrics["declined_answerable"] == 0
    assert lines(out, "errors.jsonl") == [
        {"id": "q1", "question": "Who bought?", "error": "RuntimeError: no such luck"}
    ]

    second = FakeBot()
    metrics = run(second, QUESTIONS, out)
    assert second.asked == ["q1"]
    assert metrics["errors"] == 0
    assert metrics["exact_match"] == 0.5
    assert not (out / "errors.jsonl").exists()


def test_a_strict_run_stops_at_the_first_error(tmp_path: Path) -> None:
    out = tmp_path / "run"

    def fail(question_id: str | None) -> None:
        if question_id == "q2":
            raise RuntimeError("no such luck")

    bot = FakeBot()
    bot.before_answer = fail
    with pytest.raises(QAError, match='question "q2" failed: RuntimeError: no such luck') as caught:
        run(bot, QUESTIONS, out, strict=True)
    assert str(out) in str(caught.value)
    assert bot.asked == ["q1", "q2"]
    assert [answer["id"] for answer in lines(out)] == ["q1"]
    assert [failure["id"] for failure in lines(out, "errors.jsonl")] == ["q2"]
    assert not (out / "metrics.json").exists()

    second = FakeBot()
    assert run(second, QUESTIONS, out, strict=True)["errors"] == 0
    assert second.asked == ["q2", "q3"]


def test_speed_and_memory_are_of_all_passes(tmp_path: Path) -> None:
    out = tmp_path / "run"

    def slow(question_id: str | None) -> None:
        sleep(0.02)
        if question_id == "q3":
            raise RuntimeError("no such luck")

    bot = FakeBot()
    bot.before_answer = slow
    first = run(bot, QUESTIONS, out)
    asking = json.loads((out / "run.json").read_text())["asking"]
    assert asking["questions"] == 3
    assert asking["seconds"] >= 0.06
    assert first["questions_per_second"] == pytest.approx(3 / asking["seconds"])
    assert first["peak_memory_mb"] is None or 10 < first["peak_memory_mb"] < 1e6

    run(FakeBot(), QUESTIONS, out)
    both = json.loads((out / "run.json").read_text())["asking"]
    assert both["questions"] == 4
    assert both["seconds"] > asking["seconds"]


def test_what_a_finished_run_said_is_not_left_while_it_asks_again(tmp_path: Path) -> None:
    out = tmp_path / "run"

    def fail(_id: str | None) -> None:
        raise RuntimeError("no such luck")

    bot = FakeBot()
    bot.before_answer = fail
    run(bot, QUESTIONS, out)

    def interrupt(_id: str | None) -> None:
        raise KeyboardInterrupt

    bot.before_answer = interrupt
    with pytest.raises(KeyboardInterrupt):
        run(bot, QUESTIONS, out)
    with pytest.raises(QuestionSetError, match=r"metrics\.json: missing"):
        read_run(out)


def test_evaluating_returns_the_whole_run(tmp_path: Path) -> None:
    out = tmp_path / "run"
    result = evaluate(FakeBot(), QUESTIONS, out, always_answer=True)
    assert result == read_run(out)
    assert result.questions == QUESTIONS
    assert result.scores == score_run(out, QUESTIONS, jets())
    assert result.description["always_answer"] is True
    assert result.metrics["confusion"]["unanswerable"] == {"answered": 1, "declined": 0, "failed": 0}


def test_a_bot_without_a_model_ends_the_run(tmp_path: Path) -> None:
    def fail(_id: str | None) -> None:
        raise ModelError("weights are missing")

    bot = FakeBot()
    bot.before_answer = fail
    with pytest.raises(ModelError, match="weights are missing"):
        run(bot, QUESTIONS, tmp_path / "run")
    assert bot.asked == ["q1"]


# --- what is refused


@pytest.mark.parametrize(
    ("bot", "questions", "always_answer", "named"),
    [
        pytest.param(
            FakeBot(settings=settings_with(chunk_tokens=64)), QUESTIONS, False, "settings: chunk_tokens", id="settings"
        ),
        pytest.param(FakeBot(embedder="fake-2"), QUESTIONS, False, 'embedder (was "fake-1", now "fake-2")', id="model"),
        pytest.param(FakeBot(jets(TEXT + " ")), QUESTIONS, False, "documents: jets.md", id="text-changed"),
        pytest.param(
            FakeBot(jets() | jets(name="more.md")),
            QUESTIONS,
            False,
            "documents: more.md (was null",
            id="more-documents",
        ),
        pytest.param(FakeBot(), QUESTIONS[:2], False, "questions: count (was 3, now 2)", id="fewer-questions"),
        pytest.param(
            FakeBot(),
            (*QUESTIONS[:2], replace(QUESTIONS[2], answers=("PRC",))),
            False,
            "questions: sha256",
            id="other-answers",
        ),
        pytest.param(FakeBot(), QUESTIONS[::-1], False, "questions: sha256", id="other-order"),
        pytest.param(FakeBot(), QUESTIONS, True, "always_answer (was false, now true)", id="always-answer"),
    ],
)
def test_a_run_of_something_else_is_refused(
    tmp_path: Path, bot: FakeBot, questions: Sequence[Question], always_answer: bool, named: str
) -> None:
    out = tmp_path / "run"
    run(FakeBot(), QUESTIONS, out)
    message = refused(bot, questions, out, always_answer=always_answer)
    assert message.startswith(f"{out}: ")
    assert named in message
    assert "choose another --out" in message
    assert bot.asked == []


def test_what_has_no_effect_on_answers_is_not_compared(tmp_path: Path) -> None:
    out = tmp_path / "run"
    first = run(FakeBot(), QUESTIONS, out)
    moved = {"jets.md": replace(jets()["jets.md"], source="elsewhere/jets.md")}
    assert run(FakeBot(moved, settings_with(port=8000, host="0.0.0.0")), QUESTIONS, out) == first


def test_other_versions_may_measure_but_not_go_on(tmp_path: Path) -> None:
    out = tmp_path / "run"
    first = run(FakeBot(), QUESTIONS, out)
    described = json.loads((out / "run.json").read_text())
    described["versions"]["qa"] = "0.0.1"
    (out / "run.json").write_text(json.dumps(described))
    assert run(FakeBot(), QUESTIONS, out) == first

    path = out / "predictions.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:2]))
    assert 'versions: qa (was "0.0.1"' in refused(FakeBot(), QUESTIONS, out)


def test_a_file_as_folder_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "run"
    out.write_text("mine")
    assert f"{out}: is a file" in refused(FakeBot(), QUESTIONS, out)
    assert out.read_text() == "mine"
    assert "cannot be used as a run folder" in refused(FakeBot(), QUESTIONS, out / "below")


def test_a_folder_of_other_things_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    assert "holds other things (thesis.txt) and no run.json" in refused(FakeBot(), QUESTIONS, tmp_path)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        pytest.param("", "damaged", id="empty"),
        pytest.param('{"started": ', "damaged", id="cut"),
        pytest.param("[]", "does not describe a run", id="list"),
        pytest.param("{}", "does not describe a run", id="no-fields"),
    ],
)
def test_a_damaged_description_is_refused(tmp_path: Path, content: str, problem: str) -> None:
    (tmp_path / "run.json").write_text(content)
    assert problem in refused(FakeBot(), QUESTIONS, tmp_path)


def change(field: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda prediction: prediction.update({field: value})


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        pytest.param(change("id", "q9"), 'answers "q9", which is not in the question set', id="unknown-id"),
        pytest.param(change("id", None), "damaged", id="no-id"),
        pytest.param(change("id", []), "damaged", id="list-as-id"),
        pytest.param(
            change("id", "q1"), 'answers "q1", which is not in the question set or answered', id="answered-twice"
        ),
        pytest.param(change("question", "Who else?"), "answers another question", id="other-question"),
        pytest.param(change("answer", 3), "damaged", id="answer"),
        pytest.param(change("citations", [{"document": "jets.md"}]), "damaged citations", id="citations"),
        pytest.param(change("passages", [{"document": "jets.md", "start": "0"}]), "damaged passages", id="passages"),
        pytest.param(change("confidence", None), "damaged", id="confidence"),
        pytest.param(change("timings_ms", {}), "damaged timings", id="timings"),
        pytest.param(lambda prediction: prediction.clear(), "damaged", id="empty-object"),
    ],
)
def test_a_damaged_prediction_names_its_line(
    tmp_path: Path, damage: Callable[[dict[str, Any]], None], problem: str
) -> None:
    out = tmp_path / "run"
    run(FakeBot(), QUESTIONS, out)
    predictions = lines(out)
    damage(predictions[1])
    (out / "predictions.jsonl").write_text("".join(json.dumps(value) + "\n" for value in predictions))
    message = refused(FakeBot(), QUESTIONS, out)
    assert message.startswith(f"{out / 'predictions.jsonl'}, line 2: ")
    assert problem in message


@pytest.mark.parametrize(
    "line", [b"", b"\x00\x00", b"\xff", b"[]", b'{"id": '], ids=["blank", "NUL", "xFF", "list", "cut"]
)
def test_a_line_that_is_no_prediction_is_named(tmp_path: Path, line: bytes) -> None:
    out = tmp_path / "run"
    run(FakeBot(), QUESTIONS, out)
    path = out / "predictions.jsonl"
    first, _, third = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join([first, line, third, b""]))
    assert f"{path}, line 2: damaged" in refused(FakeBot(), QUESTIONS, out)
