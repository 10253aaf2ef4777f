"""Answers judged by a language model: agreement with labels before the figures, and no question judged twice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from scripted_model import JSON, Reply, ScriptedModel

from evaluation.handmade import DOCUMENTS, Given, colour_question, write_run
from qa.errors import LanguageModelError, QAError, QuestionSetError
from qa.evaluation.analysis.judged import JUDGED_FILE, agreement, judged_to_text, read_judged, write_judged
from qa.evaluation.answer_judge import JUDGEMENTS_FILE, Label, judge_answers, read_grades, read_labels
from qa.evaluation.report import refresh_sections, write_report
from qa.evaluation.runs.results import read_run
from qa.settings import Settings

QUESTIONS = [
    *(colour_question(f"q{number}", "red") for number in range(24)),
    colour_question("declined", "red"),
    colour_question("unanswerable", answerable=False),
]
GIVEN = {
    **{f"q{number}": Given("red" if number % 3 else "blue") for number in range(24)},
    "declined": Given(None),
    "unanswerable": Given("blue"),
}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return write_run(tmp_path / "run", QUESTIONS, GIVEN)


def script(body: JSON) -> Reply:
    """Call an answer correct if it is an accepted one; give no verdict on the first of the set."""
    asked = json.loads(body["messages"][-1]["content"])
    grades = [
        {"n": one["n"], "correct": one["answer"] in one["accepted"]} for one in asked if "q0?" not in one["question"]
    ]
    return Reply([json.dumps({"verdicts": grades})])


def settings(server: ScriptedModel, **more: Any) -> Settings:  # noqa: ANN401
    return Settings(llm_model="grader", llm_url=server.url, llm_timeout_seconds=5, **more)


@pytest.mark.slow
def test_the_agreement_is_printed_before_the_figures(run: Path) -> None:
    from sklearn.metrics import cohen_kappa_score

    labels = {name: Label(name in {"q1", "q2"}) for name in ("q1", "q2", "q3", "q4", "q0", "declined")}
    with ScriptedModel(script) as server:
        judged = judge_answers(read_run(run), settings(server), labels)
        assert len(server.requests) == 3
        assert (judged.asked, judged.unread) == (24, 1)
        assert judged.right == pytest.approx(16 / 23)
        assert judged.agreement is not None
        # q0 has no verdict, and the other question was declined.
        assert judged.agreement.labels == 4
        expected = cohen_kappa_score([True, True, False, False], [True, True, False, True])
        assert judged.agreement.kappa == pytest.approx(expected)
        first, second, third = judged_to_text(judged).splitlines()
        assert first.startswith("Agreement with your 4 labels of answers: Cohen's kappa 0.50 (")
        assert second.startswith("Right according to grader (agreement uncertain: fewer than 20 labels): 70% (")
        assert third == "No verdict could be read on 1"

        against = {f"q{number}": Label(number % 2 == 0) for number in range(24)}
        low = judged_to_text(judge_answers(read_run(run), settings(server), against))
        assert "Right according to grader (low agreement: do not rely on it): 70% (" in low
        unknown = judge_answers(read_run(run), settings(server), {})
        assert "Right according to grader (agreement unknown): 70%" in judged_to_text(unknown)
        assert judged_to_text(unknown).startswith("Agreement with your labels of answers: unknown")
        # An answer with a verdict is not judged again.
        assert len(server.requests) == 3
        # A line whose writing was interrupted is.
        kept = run / JUDGEMENTS_FILE
        kept.write_bytes(kept.read_bytes()[:-20])
        assert judge_answers(read_run(run), settings(server), labels) == judged
        assert len(server.requests) == 4


def test_the_report_shows_the_agreement_before_the_figures(run: Path) -> None:
    report = write_report(read_run(run), DOCUMENTS)
    plain = report.read_bytes()
    assert b"Judged by a language model" not in plain
    with ScriptedModel(script) as server:
        judged = judge_answers(read_run(run), settings(server), {"q1": Label(True), "q2": Label(False)})
    write_judged(run, judged)
    assert read_judged(run) == judged
    assert refresh_sections(read_run(run))
    page = report.read_text()
    assert write_report(read_run(run), DOCUMENTS).read_text() == page
    at = page.index("Agreement with your 2 labels of answers: Cohen&#39;s kappa 0.00")
    assert at < page.index("; same verdict on 50% (agreement uncertain: fewer than 20 labels).</p>")
    assert at < page.index("Right according to grader</th>")
    (run / JUDGED_FILE).unlink()
    refresh_sections(read_run(run))
    assert report.read_bytes() == plain


@pytest.mark.parametrize("content", ["{", "[]", '{"model": 5}'])
def test_damaged_figures_of_a_judge_are_named(run: Path, content: str) -> None:
    (run / JUDGED_FILE).write_text(content)
    with pytest.raises(QuestionSetError, match=r"judged\.json: damaged; delete it, or repeat qa judge"):
        write_report(read_run(run), DOCUMENTS)


def test_verdicts_before_a_failure_are_kept(run: Path) -> None:
    left = [True]

    def once(body: JSON) -> Reply:
        return script(body) if left and left.pop() else Reply(status=401)

    with ScriptedModel(once) as server:
        with pytest.raises(LanguageModelError):
            judge_answers(read_run(run), settings(server), {})
        assert len((run / JUDGEMENTS_FILE).read_text().splitlines()) == 10
    with ScriptedModel(script) as server:
        assert judge_answers(read_run(run), settings(server), {}).asked == 24
        assert len(server.requests) == 2
        with pytest.raises(QAError, match=r'contains verdicts of "grader", not of other; delete it to judge again'):
            judge_answers(read_run(run), settings(server, judge="other"), {})


def test_a_server_without_schemas_is_asked_without_one(run: Path) -> None:
    with ScriptedModel(lambda body: Reply(status=400) if "response_format" in body else script(body)) as server:
        assert judge_answers(read_run(run), settings(server), {}).unread == 1
        assert len(server.requests) == 4


@pytest.mark.slow
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([True, True, False, False, True], [True, False, False, False, True]),
        ([True, False] * 20, [True, False] * 20),
        ([True, False] * 20, [False, True] * 20),
        (list("supporters"), list("supposters")),
    ],
)
def test_kappa_is_that_of_scikit_learn(one: list[bool | str], other: list[bool | str]) -> None:
    from sklearn.metrics import cohen_kappa_score

    found = agreement(list(zip(one, other, strict=True)))
    assert found is not None
    assert found.kappa == pytest.approx(cohen_kappa_score(one, other))
    assert found.interval is not None
    assert found.kappa is not None
    assert found.interval[0] <= found.kappa <= found.interval[1]


def test_kappa_is_not_defined_where_both_say_the_same_of_all() -> None:
    found = agreement([(True, True)] * 5)
    assert found is not None
    assert (found.kappa, found.same) == (None, 1.0)
    assert agreement([]) is None


@pytest.mark.parametrize(
    ("reply", "grades"),
    [
        ('{"verdicts": [{"n": 1, "correct": true}, {"n": 2, "correct": false}]}', [True, False]),
        ('Sure:\n{"n": 2, "correct": true} {"n": 2, "correct": false} {"n": 9, "correct": true}', [None, True]),
        ('{"n": 1, "correct": "yes"} {"n": "2"} {', [None, None]),
    ],
)
def test_grades_are_read_from_whatever_surrounds_them(reply: str, grades: list[bool | None]) -> None:
    assert read_grades(reply, 2) == grades


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ('{"id": "q1", "correct": 1}', 'line 1, field "correct"'),
        ('{"correct": true}', 'field "id": missing'),
        ('{"id": "q1", "correct": true}\n{"id": "q1", "correct": true}', 'line 2, field "id"'),
        (
            '{"id": "q1", "verdicts": ["right"]}',
            'field "verdicts": expected a list of supported, partly, unsupported or',
        ),
        ('{"id": "q1"}', 'field "correct": expected true or false, got null'),
        ("[]", "expected a JSON object"),
    ],
)
def test_labels_that_cannot_be_read_are_named(tmp_path: Path, lines: str, problem: str) -> None:
    (tmp_path / "labels.jsonl").write_text(lines, encoding="utf-8")
    with pytest.raises(QuestionSetError, match=problem):
        read_labels(tmp_path / "labels.jsonl")


def test_labels_of_another_set_and_no_judge_are_refused(run: Path) -> None:
    with pytest.raises(QAError, match="no language model is configured to judge"):
        judge_answers(read_run(run), Settings(), {})
    with pytest.raises(QuestionSetError, match='labels, field "id": "x" is not a question of'):
        judge_answers(read_run(run), Settings(llm_model="m", llm_url="http://127.0.0.1:9/v1"), {"x": Label(True)})
