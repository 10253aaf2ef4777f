"""Comparison of two runs: figures by hand and by scipy, flips, changes, refusals, gates, and the page."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html  # type: ignore[import-untyped]

from evaluation.handmade import Given, colour_question, write_run
from qa.errors import QAError, QuestionSetError
from qa.evaluation import Comparison, Question, compare
from qa.evaluation.analysis.comparison_text import comparison_to_json, comparison_to_markdown, comparison_to_text
from qa.evaluation.analysis.gates import failed_gates, parse_limits
from qa.evaluation.analysis.paired import Difference, randomization_test
from qa.evaluation.report.comparisons import write_comparison

QUESTIONS = (
    colour_question("q1", "red", tags="easy"),
    colour_question("q2", "blue"),
    colour_question("q3", "red"),
    colour_question("q4", answerable=False),
    colour_question("q5", "blue"),
)
BEFORE = {
    "q1": Given("red", milliseconds=10),
    "q2": Given("red", milliseconds=10),
    "q3": Given("red", milliseconds=10),
    "q4": Given(None, 0.2, milliseconds=10),
    "q5": Given("blue", milliseconds=10),
}
AFTER = {
    "q1": Given("red", milliseconds=20),
    "q2": Given("blue", milliseconds=20),
    "q3": Given(None, 0.2, milliseconds=20),
    "q4": Given("red", milliseconds=20),
}


@pytest.fixture
def runs(tmp_path: Path) -> tuple[Path, Path]:
    before = write_run(tmp_path / "before", QUESTIONS, BEFORE, max_citations=3)
    after = write_run(tmp_path / "after", QUESTIONS, AFTER, max_citations=1)
    return before, after


def measures(comparison: Comparison) -> dict[str, Difference]:
    return {measure.name: measure for measure in comparison.measures}


# --- figures


def test_figures_are_those_worked_out_by_hand(runs: tuple[Path, Path]) -> None:
    comparison = compare(*runs)
    by_name = measures(comparison)
    assert comparison.questions == 5
    exact = by_name["exact_match"]
    # Of q1, q2, q3 and q5: right, wrong, right, right; then right, right, declined, failed.
    assert (exact.before, exact.after, exact.difference) == (0.75, 0.5, -0.25)
    assert (exact.questions, exact.changed) == (4, 3)
    # One up and two down: each of the eight ways to swap three questions ends at least one question apart.
    assert exact.p_value == 1.0
    assert exact.low <= -0.25 <= exact.high
    right = by_name["right"]
    # Of the answers given: 3 of 4; then 2 of 3, since an answer to an unanswerable question is wrong.
    assert right.before == 0.75
    assert right.after == pytest.approx(2 / 3)
    assert (by_name["declined_unanswerable"].before, by_name["declined_unanswerable"].after) == (1, 0)
    assert (by_name["failed"].before, by_name["failed"].after) == (0, 0.2)
    assert (by_name["latency_ms_mean"].before, by_name["latency_ms_mean"].after) == (10, 20)
    # Every answer took longer, but five questions, one of them failed, are too few for the test: 2 of 32 swaps.
    assert (by_name["latency_ms_mean"].p_value, by_name["latency_ms_mean"].verdict) == (0.0625, "unclear")
    # Nothing in this set has evidence.
    assert "mrr" not in by_name


def test_figures_are_those_of_the_runs(runs: tuple[Path, Path]) -> None:
    for measure in compare(*runs).measures:
        for folder, value in zip(runs, (measure.before, measure.after), strict=True):
            written = json.loads((folder / "metrics.json").read_bytes())
            assert written.get(measure.name, value) == pytest.approx(value)


def test_a_run_equals_itself(runs: tuple[Path, Path]) -> None:
    comparison = compare(runs[0], runs[0])
    assert comparison.flips == ()
    assert comparison.changes == ()
    assert len(comparison.measures) > 5
    for measure in comparison.measures:
        assert (measure.difference, measure.low, measure.high, measure.p_value) == (0, 0, 0, 1)
        assert (measure.changed, measure.verdict) == (0, "same")


def test_swapped_runs_give_the_mirrored_result(runs: tuple[Path, Path]) -> None:
    forward, backward = compare(*runs), compare(*reversed(runs))
    assert measures(forward).keys() == measures(backward).keys()
    opposite = {"better": "worse", "worse": "better", "unclear": "unclear", "same": "same"}
    for name, measure in measures(forward).items():
        mirrored = measures(backward)[name]
        assert (measure.before, measure.after) == (mirrored.after, mirrored.before)
        assert (measure.low, measure.high) == pytest.approx((-mirrored.high, -mirrored.low))
        assert measure.p_value == mirrored.p_value
        assert measure.verdict == opposite[mirrored.verdict]
    assert {(flip.id, flip.before, flip.after) for flip in forward.flips} == {
        (flip.id, flip.after, flip.before) for flip in backward.flips
    }


def test_the_order_of_the_questions_does_not_matter(tmp_path: Path, runs: tuple[Path, Path]) -> None:
    turned = write_run(tmp_path / "turned", QUESTIONS[::-1], AFTER, max_citations=1)
    assert compare(runs[0], turned).measures == compare(*runs).measures


# --- the test of significance


def pairs(before: list[float], after: list[float]) -> tuple[np.ndarray, np.ndarray]:
    ones = np.ones(len(before))
    return np.stack([np.array(before), ones], axis=1), np.stack([np.array(after), ones], axis=1)


@pytest.mark.slow
@pytest.mark.parametrize("size", [2, 5, 13])
def test_few_questions_have_the_exact_p_value_of_scipy(size: int) -> None:
    from scipy.stats import permutation_test

    random = np.random.default_rng(size)
    before, after = random.random(size), random.random(size)
    expected = permutation_test(
        (after - before,), np.mean, permutation_type="samples", vectorized=True, n_resamples=np.inf
    )
    assert randomization_test(*pairs(list(before), list(after))) == pytest.approx(expected.pvalue)


@pytest.mark.slow
def test_many_questions_have_the_p_value_of_scipy_up_to_sampling() -> None:
    from scipy.stats import permutation_test

    random = np.random.default_rng(0)
    before = random.random(200)
    after = before + random.normal(0.02, 0.2, 200)
    expected = permutation_test(
        (after - before,), np.mean, permutation_type="samples", vectorized=True, n_resamples=20_000, rng=1
    )
    assert randomization_test(*pairs(list(before), list(after))) == pytest.approx(expected.pvalue, abs=0.02)


@pytest.mark.slow
@pytest.mark.parametrize(("up", "down", "same"), [(3, 1, 4), (12, 2, 100), (30, 10, 5), (10, 10, 0), (200, 260, 500)])
def test_binary_measures_have_the_p_value_of_mcnemar(up: int, down: int, same: int) -> None:
    from scipy.stats import binomtest

    before = [0.0] * up + [1.0] * down + [1.0] * same
    after = [1.0] * up + [0.0] * down + [1.0] * same
    assert randomization_test(*pairs(before, after)) == pytest.approx(binomtest(up, up + down).pvalue)


@given(
    st.lists(st.tuples(st.sampled_from([None, 0.0, 1.0]), st.sampled_from([None, 0.0, 1.0])), min_size=1, max_size=6)
)
@settings(deadline=None)
def test_means_over_different_questions_are_swapped_as_a_whole(
    outcomes: list[tuple[float | None, float | None]],
) -> None:
    """As for "right": over the answers given, which differ between the runs."""

    def mean(values: list[float | None]) -> float:
        known = [value for value in values if value is not None]
        return sum(known) / len(known) if known else float("nan")

    def rows(values: list[float | None]) -> np.ndarray:
        return np.array([(value or 0.0, float(value is not None)) for value in values])

    def difference(swaps: tuple[bool, ...]) -> float:
        turned = [pair[::-1] if swap else pair for pair, swap in zip(outcomes, swaps, strict=True)]
        return abs(mean([pair[0] for pair in turned]) - mean([pair[1] for pair in turned]))

    before, after = [pair[0] for pair in outcomes], [pair[1] for pair in outcomes]
    observed = difference((False,) * len(outcomes))
    if np.isnan(observed):
        return
    every = [difference(swaps) for swaps in product([False, True], repeat=len(outcomes))]
    expected = np.mean([not value < observed - 1e-9 for value in every])
    assert randomization_test(rows(before), rows(after)) == pytest.approx(expected)


def test_the_false_positive_rate_is_that_of_the_test() -> None:
    random = np.random.default_rng(5)
    values = [randomization_test(*pairs(list(random.random(12)), list(random.random(12)))) for _ in range(400)]
    assert 0.02 < np.mean(np.array(values) <= 0.05) < 0.09


# --- flips and changes


def test_every_flip_is_named_with_both_answers_the_losses_first(runs: tuple[Path, Path]) -> None:
    assert [
        (flip.id, flip.before, flip.after, flip.answer_before, flip.answer_after) for flip in compare(*runs).flips
    ] == [
        ("q5", "right", "failed", "blue", None),
        ("q3", "right", "declined", "red", None),
        ("q4", "declined", "wrong", None, "red"),
        ("q2", "wrong", "right", "red", "blue"),
    ]


def test_each_change_is_named(runs: tuple[Path, Path]) -> None:
    described = json.loads((runs[1] / "run.json").read_bytes())
    described["versions"]["numpy"] = "2.0"
    described["documents"] = {"colours.md": "2" * 64}
    described["embedder"] = "other"
    described["settings"]["port"] = 7861  # which changes no answer
    (runs[1] / "run.json").write_text(json.dumps(described))
    changes = {change.name: (change.before, change.after) for change in compare(*runs).changes}
    assert changes == {
        "versions: numpy": (None, "2.0"),
        "settings: max_citations": (3, 1),
        "embedder": ("terms 64", "other"),
        "documents: colours.md": ("1" * 64, "2" * 64),
    }


def test_the_text_has_every_part_of_the_comparison(runs: tuple[Path, Path]) -> None:
    text = comparison_to_text(compare(*runs))
    assert f"{runs[0]} -> {runs[1]}: 5 questions compared" in text
    assert "right -> failed (1)" in text
    assert '"q4" "Which colour is q4?" (unanswerable): (none) -> "red"' in text
    assert "settings: max_citations: 3 -> 1" in text
    row = next(line for line in text.splitlines() if line.startswith("exact_match"))
    assert row.split()[1:4] == ["0.750", "0.500", "-0.250"]


def test_json_has_every_part_of_the_comparison(runs: tuple[Path, Path]) -> None:
    comparison = compare(*runs)
    value = json.loads(json.dumps(comparison_to_json(comparison)))
    assert value["folder_a"] == str(runs[0])
    assert [flip["id"] for flip in value["flips"]] == ["q5", "q3", "q4", "q2"]
    assert {measure["name"]: measure["verdict"] for measure in value["measures"]}["latency_ms_mean"] == "unclear"


@pytest.mark.slow
def test_a_table_has_a_row_for_each_measure(runs: tuple[Path, Path]) -> None:
    pytest.importorskip("pandas")
    comparison = compare(*runs)
    frame = comparison.to_frame()
    assert list(frame.index) == [measure.name for measure in comparison.measures]
    assert frame.loc["exact_match", "difference"] == -0.25


# --- other question sets


@pytest.mark.parametrize(
    "other",
    [
        QUESTIONS[:4],
        (*QUESTIONS, colour_question("q6", "red")),
        (*QUESTIONS[:4], colour_question("q5", "green")),
        (*QUESTIONS[:4], Question("q5", "Which?", answers=("blue",))),
        (*QUESTIONS[:4], Question("q5", QUESTIONS[4].question, answers=("blue",), history=("Which?",))),
        (*QUESTIONS[:4], replace(QUESTIONS[4], extra={"items": ["blue", "red"]})),
    ],
    ids=["one less", "one more", "another answer", "another text", "another history", "other items"],
)
def test_other_questions_are_refused_and_the_common_ones_compared(
    tmp_path: Path, runs: tuple[Path, Path], other: tuple[Question, ...]
) -> None:
    after = write_run(tmp_path / "other", other, AFTER)
    with pytest.raises(QuestionSetError, match=r'"q[56]".*--common') as caught:
        compare(runs[0], after)
    assert str(runs[0]) in str(caught.value)
    comparison = compare(runs[0], after, common=True)
    same = 5 if len(other) == 6 else 4
    assert (comparison.questions, comparison.left_out_a, comparison.left_out_b) == (same, 5 - same, len(other) - same)
    assert comparison.metrics_b["questions"] == same
    assert f"left out: {5 - same} of the first run" in comparison_to_text(comparison)


def test_figures_over_the_common_questions_are_those_of_runs_of_them_alone(
    tmp_path: Path, runs: tuple[Path, Path]
) -> None:
    few = write_run(tmp_path / "few", QUESTIONS[:3], {name: AFTER[name] for name in ("q1", "q2", "q3")})
    alone = write_run(tmp_path / "alone", QUESTIONS[:3], {name: BEFORE[name] for name in ("q1", "q2", "q3")})
    assert compare(runs[0], few, common=True).measures == compare(alone, few).measures


def test_extra_columns_do_not_make_another_set(tmp_path: Path, runs: tuple[Path, Path]) -> None:
    tagged = (colour_question("q1", "red", tags="hard"), *QUESTIONS[1:])
    assert compare(runs[0], write_run(tmp_path / "tagged", tagged, AFTER)).questions == 5


def test_runs_without_common_questions_are_refused(tmp_path: Path, runs: tuple[Path, Path]) -> None:
    other = write_run(tmp_path / "other", [colour_question("q9", "red")], {"q9": Given("red")})
    with pytest.raises(QuestionSetError, match="there is nothing to compare"):
        compare(runs[0], other)
    with pytest.raises(QuestionSetError, match="there is nothing to compare"):
        compare(runs[0], other, common=True)


# --- rules


@pytest.mark.parametrize("texts", [["f1"], ["f1="], ["f1=much"], ["f1=nan"], ["f1=inf"], ["=x"]], ids=" ".join)
def test_a_limit_that_is_none_is_refused(texts: list[str]) -> None:
    with pytest.raises(QAError, match="--fail-under"):
        parse_limits("--fail-under", texts)


def test_a_figure_below_its_limit_breaks_the_rule_and_one_at_it_does_not(runs: tuple[Path, Path]) -> None:
    comparison = compare(*runs)
    assert (
        failed_gates(comparison, parse_limits("--fail-under", ["exact_match=0.5", "verbatim_citations = 1"]), {}, ())
        == []
    )
    (message,) = failed_gates(comparison, parse_limits("--fail-under", ["exact_match=0.51"]), {}, ())
    assert message == "--fail-under exact_match=0.51: exact_match is 0.5, below the limit of 0.51"


def test_a_figure_above_its_limit_breaks_the_rule_and_one_at_it_does_not(runs: tuple[Path, Path]) -> None:
    comparison = compare(*runs)
    latency = comparison.metrics_b["latency_ms_p95"]
    assert failed_gates(comparison, {}, {"latency_ms_p95": latency, "errors": 1}, ()) == []
    (message,) = failed_gates(comparison, {}, {"latency_ms_p95": latency - 1}, ())
    assert message.startswith(f"--fail-over latency_ms_p95={latency - 1:g}: latency_ms_p95 is")
    assert "above the limit" in message


@pytest.mark.parametrize(
    ("at_least", "at_most", "advice"),
    [
        ({"declined_answerable": 0.1}, {}, "use --fail-over"),
        ({"latency_ms_p95": 900}, {}, "use --fail-over"),
        ({}, {"f1": 0.9}, "use --fail-under"),
    ],
    ids=["share declined", "time", "F1"],
)
def test_a_limit_that_better_values_break_is_refused(
    runs: tuple[Path, Path], at_least: dict[str, float], at_most: dict[str, float], advice: str
) -> None:
    with pytest.raises(QAError, match=advice):
        failed_gates(compare(*runs), at_least, at_most, ())


def test_worse_is_what_interval_and_test_say(tmp_path: Path) -> None:
    questions = [colour_question(f"q{n}", "red") for n in range(12)]
    before = write_run(tmp_path / "before", questions, {one.id: Given("red", milliseconds=10) for one in questions})
    # Five of twelve lost: the interval leaves out 0, but of five flips all went one way by chance in one case of 16.
    colours = ["blue"] * 5 + ["red"] * 7
    given = {one.id: Given(colour, milliseconds=20) for one, colour in zip(questions, colours, strict=True)}
    after = write_run(tmp_path / "after", questions, given)
    comparison = compare(before, after)
    exact = measures(comparison)["exact_match"]
    assert exact.high < 0
    assert (exact.p_value, exact.verdict) == (0.0625, "unclear")
    assert failed_gates(comparison, {}, {}, ["exact_match"]) == []
    (message,) = failed_gates(comparison, {}, {}, ["latency_ms_mean"])
    assert "went from 10 to 20; the 95% interval of the change is +10 to +10, p 0.0005" in message
    assert failed_gates(compare(after, before), {}, {}, ["latency_ms_mean"]) == []


@pytest.mark.parametrize(("limits", "names"), [({"f2": 0.5}, []), ({}, ["f2"]), ({}, ["mrr"]), ({"mrr": 0.5}, [])])
def test_an_unknown_or_unmeasured_name_lists_the_known(
    runs: tuple[Path, Path], limits: dict[str, float], names: list[str]
) -> None:
    with pytest.raises(QAError, match=r"choose from: .*exact_match, f1, "):
        failed_gates(compare(*runs), limits, {}, names)


# --- the page


def test_the_page_escapes_all_that_is_not_ours(tmp_path: Path) -> None:
    hostile = '"><img src=x onerror=alert(1)><script>alert(2)</script>'
    questions = [Question("q</code>", hostile, answers=("red",)), colour_question("q2", "red")]
    before = write_run(tmp_path / "<i>a", questions, {"q</code>": Given("red"), "q2": Given("red")}, hostile=hostile)
    after = write_run(tmp_path / "<i>b", questions, {"q</code>": Given("<b>green</b>"), "q2": Given("red")})
    write_comparison(compare(before, after), tmp_path / "page.html")
    page = html.parse(tmp_path / "page.html").getroot()
    assert not {element.tag for element in page.iter()} & {"script", "img", "i", "b", "link", "iframe"}
    assert not page.xpath("//@*[starts-with(name(), 'on') or name() = 'src' or name() = 'href']")
    for shown in (hostile, "q</code>", "<b>green</b>", "<i>a", "right -> wrong"):
        assert shown in page.text_content()


def test_the_page_says_what_the_text_says(tmp_path: Path, runs: tuple[Path, Path]) -> None:
    comparison = compare(*runs)
    write_comparison(comparison, tmp_path / "page.html")
    page = html.parse(tmp_path / "page.html").getroot()
    for shown in (
        "-0.250",
        "Which colour is q5?",
        "settings: max_citations: 3 -> 1",
        "right -> failed",
        "3 of 4",
    ):
        assert shown in page.text_content()


def test_the_page_names_the_folders_of_runs_given_from_inside(
    tmp_path: Path, runs: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(runs[1])
    write_comparison(compare(runs[0], "."), tmp_path / "page.html")
    assert f'<h1 dir="auto">{runs[0].name} → {runs[1].name}</h1>' in (tmp_path / "page.html").read_text("utf-8")


def test_markdown_shows_what_runs_say_as_code(tmp_path: Path) -> None:
    hostile = "@owner ``x`` | <b>\n# see [this](https://example.org)"
    questions = [colour_question(hostile, "red"), *(colour_question(f"q{at}", "red") for at in range(20))]
    right = {question.id: Given("red") for question in questions}
    before = write_run(tmp_path / "a", questions, right)
    after = write_run(tmp_path / "b", questions, {question.id: Given("blue") for question in questions})
    text = comparison_to_markdown(compare(before, after))
    assert "| right |" in text
    assert "**worse**" in text
    listed = next(line for line in text.splitlines() if "@owner" in line)
    assert listed.startswith("- right -> wrong: ``` ")
    # A fence longer than any within, twice: the id and the question.
    assert listed.count("```") == 4
    assert "\n# see" not in text
