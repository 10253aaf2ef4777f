"""Runs with generated answers: asked, measured, shown, resumed and compared."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.fake_bot import QUESTIONS, FakeBot, answers_alone, lines, settings_with
from qa.claims import NOTHING_FOUND, Claim, Generation, Quotation
from qa.errors import QAError, QuestionSetError
from qa.evaluation import Question, compare, evaluate, read_run
from qa.evaluation.analysis.gates import failed_gates
from qa.evaluation.analysis.judged import write_judged
from qa.evaluation.answer_judge import Label, judge_answers
from qa.evaluation.metrics.generated import GeneratedScore, score_generated
from qa.evaluation.metrics.kinds import facts_of
from qa.evaluation.metrics.scores import QuestionScore, score
from qa.evaluation.metrics.summary import add_cost, summarize, summarize_generated
from qa.evaluation.report import refresh_sections, run_to_text
from qa.evaluation.report.figures import FAMILIES, families, summary
from qa.evaluation.runs.results import read_scores
from qa.evaluation.runs.schema import GeneratedAnswer, problem_of
from qa.settings import Settings
from qa.types import JSONObject, Request

KEY = "sk-never-to-be-seen"
LIE = 'China "bought" 42 <jets>.'
REFUSED = "the server refused the key (401)"


class PhrasingBot(FakeBot):
    """A bot whose language model phrases q1, is not asked q2, and is refused at q3."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401
        super().__init__(settings=settings_with(llm_model="small", llm_key=KEY, **settings))

    def generated(self, request: Request) -> Generation | None:
        if request.id == "q2":
            return None
        if request.id == "q3":
            return Generation("small", problem=REFUSED, prompt_tokens=40)
        quoted = (Quotation(6, 14, "verbatim"), Quotation(18, 20, "not found"))
        claims = (
            Claim("Jets", opens="heading"),
            Claim("China bought 24 jets.", (1,), "supported", "cited", opens="paragraph"),
            Claim("They may be new.", (1,), "partly", "found", "new"),
            Claim(LIE, (), "unsupported", "none", quotations=quoted),
        )
        return Generation("small", claims, judge="small", calls=2, prompt_tokens=100, answer_tokens=20)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    evaluate(PhrasingBot(), QUESTIONS, tmp_path / "generated", answers="llm")
    return tmp_path / "generated"


# --- how it is asked


def test_each_question_is_asked_by_itself_and_timed(out: Path) -> None:
    bot = PhrasingBot()
    evaluate(bot, QUESTIONS, out.with_name("again"), answers="llm")
    assert bot.phrased == ["q1", "q2", "q3"]
    # The models are loaded by a question that the language model does not get.
    assert bot.batches == [["q1"]]
    assert bot.calls[1:] == [
        {"history": (), "documents": ["jets.md"], "always_answer": False},
        {"history": ("Who bought?",), "documents": None, "always_answer": False},
        {"history": (), "documents": None, "always_answer": False},
    ]
    assert [score.latency_ms for score in read_run(out).scores] == [3.0, 3.0, 3.0]


def test_workers_ask_side_by_side(tmp_path: Path) -> None:
    both = Barrier(2)
    bot = PhrasingBot()
    asked = tuple(Question(f"q{number}", f"Who bought {number}?") for number in range(4, 8))

    def meet(_id: str | None) -> None:
        if len(bot.calls) > 1:
            both.wait(60)

    bot.before_answer = meet
    assert evaluate(bot, asked, tmp_path / "run", answers="llm", workers=2).metrics["errors"] == 0
    assert [line["id"] for line in lines(tmp_path / "run")] == ["q4", "q5", "q6", "q7"]


def test_an_extractive_run_asks_no_model(tmp_path: Path) -> None:
    bot = PhrasingBot()
    metrics = evaluate(bot, QUESTIONS, tmp_path / "run").metrics
    assert bot.phrased == []
    assert "generated" not in metrics
    assert [score.generated for score in read_run(tmp_path / "run").scores] == [None, None, None]


def test_a_model_must_be_set(tmp_path: Path) -> None:
    with pytest.raises(QAError, match="set QA_LLM_MODEL"):
        evaluate(FakeBot(), QUESTIONS, tmp_path / "run", answers="llm")
    assert not (tmp_path / "run").exists()


# --- what people say of it


def test_verdicts_on_sentences_are_shown_after_their_agreement_with_labels(out: Path) -> None:
    page = (out / "report.html").read_text()
    unknown = "Agreement with your labels of sentences: unknown; give some with qa judge --labels"
    assert page.index(unknown) < page.index("Supported by their evidence</th>")
    text = run_to_text(read_run(out))
    assert text.index(f"Language model\n  {unknown}\n") < text.index("Supported sentences")
    # Of the three sentences below the heading, one has no label. No model is needed.
    labels = {"q1": Label(verdicts=("supported", "unsupported", None))}
    write_judged(out, judge_answers(read_run(out), Settings(), labels))
    refresh_sections(read_run(out))
    page = (out / "report.html").read_text()
    assert "Agreement with your 2 labels of sentences: Cohen&#39;s kappa 0.33" in page
    assert page.count("(agreement uncertain: fewer than 20 labels)") == 1
    with pytest.raises(QuestionSetError, match=r'"verdicts": has 1 verdicts, but the answer to "q1" in .* 3 sent'):
        judge_answers(read_run(out), Settings(), {"q1": Label(verdicts=("supported",))})


# --- what is recorded


def test_a_run_records_the_model_and_never_the_key(out: Path, tmp_path: Path) -> None:
    described = json.loads((out / "run.json").read_text())
    assert described["answers"] == "llm"
    assert described["settings"]["llm_model"] == "small"
    assert {name for name in Settings.model_fields if name.startswith("llm_")} - described["settings"].keys() == {
        "llm_key"
    }
    assert "judge_key" not in described["settings"]
    assert described["settings"]["llm_url"] == "https://router.huggingface.co/v1"
    # A key in the address is not recorded either.
    keyed = f"http://127.0.0.1:1/v1?key={KEY}"
    evaluate(PhrasingBot(llm_url=keyed, judge_url=keyed), QUESTIONS, tmp_path / "keyed", answers="llm")
    assert [
        path.name for folder in (out, tmp_path / "keyed") for path in folder.iterdir() if KEY in path.read_text()
    ] == []


def test_an_extractive_run_does_not_know_the_settings_of_a_model(tmp_path: Path) -> None:
    evaluate(PhrasingBot(), QUESTIONS, tmp_path / "run")
    described = json.loads((tmp_path / "run" / "run.json").read_text())
    assert described["answers"] == "extractive"
    assert not [name for name in described["settings"] if name.startswith(("llm_", "judge"))]
    # They do not matter when the run is resumed.
    evaluate(PhrasingBot(llm_url="http://127.0.0.1:1/v1"), QUESTIONS, tmp_path / "run")
    evaluate(FakeBot(), QUESTIONS, tmp_path / "run")


def test_a_run_is_resumed_with_the_same_model_alone(out: Path) -> None:
    first = (out / "predictions.jsonl").read_bytes()
    (out / "predictions.jsonl").write_bytes(b"".join(first.splitlines(keepends=True)[:1]))
    with pytest.raises(QuestionSetError, match=r"settings: llm_answer_tokens \(was 800, now 100\)"):
        evaluate(PhrasingBot(llm_answer_tokens=100), QUESTIONS, out, answers="llm")
    with pytest.raises(QuestionSetError, match=r'answers \(was "llm", now "extractive"\)'):
        evaluate(PhrasingBot(), QUESTIONS, out)
    bot = PhrasingBot()
    evaluate(bot, QUESTIONS, out, answers="llm")
    assert bot.phrased == ["q2", "q3"]
    assert (out / "predictions.jsonl").read_bytes() == first


def test_a_run_from_before_models_counts_as_extractive(tmp_path: Path) -> None:
    first = evaluate(FakeBot(), QUESTIONS, tmp_path).metrics
    described = json.loads((tmp_path / "run.json").read_text())
    del described["answers"]
    (tmp_path / "run.json").write_text(json.dumps(described))
    assert answers_alone(evaluate(FakeBot(), QUESTIONS, tmp_path).metrics) == answers_alone(first)
    assert read_run(tmp_path).description["answers"] == "extractive"
    with pytest.raises(QuestionSetError, match=r'answers \(was "extractive", now "llm"\)'):
        evaluate(PhrasingBot(), QUESTIONS, tmp_path, answers="llm")


# --- what is measured


def test_generated_answers_are_measured(out: Path) -> None:
    metrics = json.loads((out / "metrics.json").read_text())
    generated = metrics["generated"]
    assert {name: value for name, value in generated.items() if name != "intervals"} == {
        "asked": 2,
        "shown": 1,
        "declined": 0,
        "failed": 1,
        "tokens": 160,
        "tokens_sent": 140,
        "tokens_received": 20,
        "seconds": 3.0,
        "sentences": 3,
        "quotations": 2,
        "fallbacks": {"the server refused the key": 1},
        "fell_back": 1 / 2,
        "supported_sentences": pytest.approx(1 / 3),
        "partly_supported_sentences": pytest.approx(1 / 3),
        "unsupported_sentences": pytest.approx(1 / 3),
        "claim_precision": pytest.approx(1 / 3),
        "fact_recall": 1 / 2,
        "unchecked_sentences": 0,
        "found_evidence": pytest.approx(1 / 3),
        "model_declined": 0,
        "calls": 1,
        "verbatim_quotations": 1 / 2,
        "altered_quotations": 0,
        "not_found_quotations": 1 / 2,
        "prompt_tokens": 70,
        "answer_tokens": 10,
        "generate_seconds_median": 1.5,
        "generate_seconds_p95": 1.5,
    }
    assert generated["intervals"].keys() == set(FAMILIES["Language model"])
    assert generated["intervals"]["fell_back"] == [0, 1]
    # A question at which it failed has an extractive answer.
    assert metrics["errors"] == 0
    assert [line["answer"] for line in lines(out)] == ["China", None, "China"]


def scores_in(path: Path, row: object, question: Question) -> tuple[QuestionScore, ...]:
    path.write_text(json.dumps(row) + "\n")
    return read_scores(path, (question,))


def test_a_score_is_read_back_as_it_was_written(out: Path, tmp_path: Path) -> None:
    run, path = read_run(out), tmp_path / "scores.jsonl"
    for question, one in zip(run.questions, run.scores, strict=True):
        assert scores_in(path, asdict(one), question) == (one,)
    row = asdict(run.scores[0])
    for damage in ({}, {**row["generated"], "supported": "1"}, {**row["generated"], "more": 1}, 3):
        with pytest.raises(QuestionSetError, match="damaged"):
            scores_in(path, {**row, "generated": damage}, run.questions[0])


verdicts: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {"text": st.text(), "verdict": st.sampled_from(["verbatim", "altered", "not found"])}
)
claims: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {
        "text": st.text(),
        "citations": st.lists(st.integers(1, 3)),
        "verdict": st.sampled_from(["supported", "partly", "unsupported", "not_checked"]),
        "evidence": st.sampled_from(["cited", "found", "none"]),
        "quotations": st.lists(verdicts, max_size=2),
    }
)
answers: st.SearchStrategy[Any] = st.none() | st.fixed_dictionaries(
    {
        "model": st.just("small"),
        "judge": st.none() | st.just("strict"),
        "problem": st.none() | st.sampled_from(["it is busy (429)", "it is busy: 429", "it fell silent"]),
        "sentences": st.lists(claims, max_size=3),
        "calls": st.integers(0, 5),
        "prompt_tokens": st.integers(0, 4000),
        "answer_tokens": st.integers(0, 400),
    }
)


@given(st.lists(answers, max_size=5))
def test_every_share_is_within_bounds_and_shares_of_verdicts_make_one(generated: list[dict[str, Any] | None]) -> None:
    assert all(value is None or problem_of(GeneratedAnswer, value) is None for value in generated)
    rows = [{"generated": value, "timings_ms": {"total": 1.0, "generate": 1.0}} for value in generated]
    plain = score(QUESTIONS[0], None, {})
    records = [replace(plain, generated=score_generated(row)) for row in rows]
    assert ("generated" in summarize(records)) == any(generated)
    measured = summarize_generated(records)
    assert sum(measured["fallbacks"].values()) == sum(
        value is not None and value["problem"] is not None for value in generated
    )
    assert measured["fallbacks"].keys() <= {"it is busy", "it fell silent"}
    for kind, whole in (("sentences", "sentences"), ("quotations", "quotations")):
        shares = [value for name, value in measured.items() if name.endswith(f"_{kind}")]
        assert len(shares) == {"sentences": 4, "quotations": 3}[kind]
        if measured[whole]:
            assert sum(shares) == pytest.approx(1)
            assert all(0 <= value <= 1 for value in shares)
        else:
            assert shares == [None] * len(shares)
    assert json.loads(json.dumps(measured, allow_nan=False)) == measured


def test_answers_without_a_model_have_no_score() -> None:
    assert score_generated({"timings_ms": {}}) is None
    assert score_generated({"generated": None, "timings_ms": {}}) is None
    generated: JSONObject = {"model": "m", "problem": NOTHING_FOUND, "sentences": [], "calls": 1}
    generated |= {"prompt_tokens": 1, "answer_tokens": 2}
    assert score_generated({"generated": generated, "timings_ms": {}}) == GeneratedScore(
        NOTHING_FOUND, True, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, None
    )


def test_accepted_facts_are_looked_for_in_the_answer_and_tokens_have_a_price() -> None:
    written: JSONObject = {
        "model": "m",
        "problem": None,
        "sentences": [],
        "calls": 1,
        "prompt_tokens": 500,
        "answer_tokens": 100,
    }
    answer = "Bees dance, and they sleep at night."
    row: JSONObject = {"answer": answer, "generated": written, "timings_ms": {"generate": 500.0}}
    question = replace(QUESTIONS[0], extra={"facts": ["bees dance", ["rest", "sleep"], "wasps sing", 3]})
    generated = score_generated(row, facts_of(question))
    assert generated is not None
    assert (generated.facts, generated.facts_found) == (3, 2)
    measured = {"generated": summarize_generated([replace(score(question, None, {}), generated=generated)])}
    assert measured["generated"]["fact_recall"] == pytest.approx(2 / 3)
    assert measured["generated"]["claim_precision"] is None
    priced = add_cost(measured, {"llm_prompt_price": 2.0, "llm_answer_price": 10.0})
    assert priced["generated"]["cost"] == pytest.approx(0.002)
    assert add_cost(measured, {"llm_prompt_price": 0.0}) == measured


@pytest.mark.parametrize(
    ("question", "facts"),
    [
        (Question("a", "Which colour?", answers=("red", "crimson")), [["red", "crimson"]]),
        (Question("b", "Which colours are there?", answers=("red and blue",)), [["red"], ["blue"]]),
        (Question("c", "Is it red?", answers=("yes",)), []),
        (Question("d", "Which colour?", answerable=False), []),
    ],
    ids=["one", "list", "yes", "unanswerable"],
)
def test_facts_are_the_accepted_answers_where_there_is_no_column(question: Question, facts: list[list[str]]) -> None:
    assert facts_of(question) == facts


# --- what is shown


def test_the_report_shows_what_the_model_wrote_as_text(out: Path) -> None:
    done = read_run(out)
    assert "The language model was asked 2 times: its answer is shown 1, it failed 1." in summary(done)
    assert "It took about 160 tokens and 3 s in all." in summary(done)
    titles = [family["title"] for family in families(done.metrics)]
    assert titles[-3:] == ["Language model", "Speed", "Why generated answers are not shown"]
    text = run_to_text(done)
    assert "Supported sentences" in text
    assert "The server refused the key" in text
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "<caption>Language model</caption>" in page
    assert "<jets>" not in page
    assert "42 \\u003cjets\\u003e" in page


def test_the_report_of_an_extractive_run_says_nothing_of_a_model(tmp_path: Path) -> None:
    done = evaluate(FakeBot(), QUESTIONS, tmp_path / "run")
    assert "anguage model" not in run_to_text(done)
    assert "<caption>Language model" not in (done.folder / "report.html").read_text(encoding="utf-8")


# --- how it is compared


def test_an_extractive_and_a_generated_run_are_compared(out: Path, tmp_path: Path) -> None:
    evaluate(PhrasingBot(), QUESTIONS, tmp_path / "extractive")
    comparison = compare(tmp_path / "extractive", out)
    assert comparison.questions == 3
    changes = {change.name: (change.before, change.after) for change in comparison.changes}
    assert changes["answers"] == ("extractive", "llm")
    assert changes["settings: llm_model"] == (None, "small")
    assert "fell_back" not in [measure.name for measure in comparison.measures]
    assert failed_gates(comparison, {"supported_sentences": 0.5}, {}, []) == [
        "--fail-under supported_sentences=0.5: supported_sentences is 0.3333, below the limit of 0.5"
    ]


def test_two_generated_runs_are_compared_in_what_was_written(out: Path) -> None:
    measures = {measure.name: measure for measure in compare(out, out).measures}
    assert measures["fell_back"].before == measures["fell_back"].after == 1 / 2
    assert measures["unsupported_sentences"].higher_is_better is False
