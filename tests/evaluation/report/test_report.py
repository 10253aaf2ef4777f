"""The content of a run's report; its look and behaviour are tested in a real browser."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html  # type: ignore[import-untyped]

from evaluation.handmade import DOCUMENTS, Given, colour_question, write_run
from qa.errors import QuestionSetError
from qa.evaluation import Evidence, Question, score
from qa.evaluation.metrics.scores import outcome
from qa.evaluation.report import refresh_sections, write_report
from qa.evaluation.report.figures import (
    FAMILIES,
    MAX_ROWS,
    breakdowns,
    families,
    formatted,
    headline,
    moment,
    run_tables,
    summary,
)
from qa.evaluation.report.plots import latency, outcome_bar, reliability, risk_coverage, trend
from qa.evaluation.report.rows import CONTEXT, LEAD, MAX_SPAN, page_data, script_json
from qa.evaluation.runs.results import Run, read_run
from qa.types import Document, JSONObject

QUESTIONS = (
    colour_question("the sky", "blue", tags=["easy", "outside"]),
    colour_question("a rose", "red", tags=["easy"]),
    colour_question("grass", "<b>green</b>", tags=["outside"]),
    colour_question("nothing", answerable=False, tags=["hard"]),
    colour_question("time", "red", tags=["hard"]),
)
GIVEN = {
    "the sky": Given("blue", 0.9, 12.0),
    "a rose": Given("blue", 0.6, 30.0),
    "grass": Given(None, 0.2, 8.0),
    "nothing": Given(None, 0.1, 9.0),
}
CALIBRATION: JSONObject = {
    "max_wrong": 0.05,
    "confidence": 0.9,
    "threshold": 0.7312,
    "problem": None,
    "left_out": 0,
    "held_out": {
        "answered": {"count": 38, "total": 67, "low": 0.44, "high": 0.69},
        "wrong": {"count": 1, "total": 38, "low": 0.0007, "high": 0.138},
    },
    "learned": {
        "answered": {"count": 90, "total": 155, "low": 0.5, "high": 0.66},
        "wrong": {"count": 1, "total": 90, "low": 0.0003, "high": 0.0604},
    },
}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return read_run(write_run(tmp_path / "my run", QUESTIONS, GIVEN))


def made_run(documents: dict[str, Document], question: Question, citations: list[JSONObject]) -> Run:
    prediction = {
        "id": question.id,
        "question": question.question,
        "searched_for": question.question,
        "answer": "an answer",
        "abstained": False,
        "reason": None,
        "confidence": 0.5,
        "citations": citations,
        "passages": [{**span, "score": 0.1} for span in citations],
        "timings_ms": {"total": 1.0},
    }
    scores = (score(question, prediction, documents),)
    return Run(Path("run"), {}, (question,), {question.id: prediction}, {}, scores, metrics={})


def text_of(data: JSONObject, position: int, start: int, end: int) -> str:
    """Return a span of the text in the page, found as its script finds it."""
    piece_start, text = [piece for piece in data["documents"][position]["pieces"] if piece[0] <= start][-1]
    assert end <= piece_start + len(text)
    return str(text[start - piece_start : end - piece_start])


SPANS = st.tuples(st.integers(0, 5000), st.integers(1, 4000))


@settings(deadline=None)
@given(st.text(min_size=1, max_size=30), st.lists(SPANS, min_size=1, max_size=4), st.lists(SPANS, max_size=3))
def test_the_page_has_the_text_around_every_excerpt_and_no_more(
    words: str, cited: list[tuple[int, int]], expected: list[tuple[int, int]]
) -> None:
    text = (words * 6000)[:6000]

    def inside(span: tuple[int, int]) -> tuple[int, int]:
        start = span[0] % len(text)
        return start, min(len(text), start + span[1])

    documents = {"a.md": Document("a.md", text, "A", "a.md")}
    citations: list[JSONObject] = [
        {"document": "a.md", "start": start, "end": end, "text": text[start:end], "score": 1.0, "page": None}
        for start, end in map(inside, cited)
    ]
    evidence = tuple(Evidence("a.md", *inside(span)) for span in expected)
    data = page_data(made_run(documents, Question("q", "What?", evidence=evidence), citations), documents)
    row = data["questions"][0]
    for position, start, end in row["contexts"]:
        assert text_of(data, position, start, end) == text[start:end]
    spans = [(citation["start"], citation["end"]) for citation in citations]
    spans += [(span.start, span.end) for span in evidence]
    windows = [(start, end) for _, start, end in row["contexts"]]
    assert len(set(windows)) == len(windows)
    for start, end in spans:
        shown = min(end, start + MAX_SPAN)
        assert any(low <= start and shown <= high for low, high in windows)
    for low, high in windows:
        assert any(low >= start - CONTEXT and start < high for start, _ in spans)
    for position, start, end, _ in row["passages"]:
        assert text_of(data, position, start, min(end, start + LEAD)) == text[start : min(end, start + LEAD)]
    held = sum(len(piece) for _, piece in data["documents"][0]["pieces"])
    assert held <= sum(min(end - start, MAX_SPAN) + 2 * CONTEXT for start, end in spans)


def test_a_context_begins_and_ends_with_whole_words() -> None:
    text = "lorem ipsum dolor " * 200
    documents = {"a.md": Document("a.md", text, "A", "a.md")}
    start = text.index("dolor", 1500)
    citation: JSONObject = {"document": "a.md", "start": start, "end": start + 5, "text": "dolor"}
    [[_, low, high]] = page_data(made_run(documents, Question("q", "What?"), [citation]), documents)["questions"][0][
        "contexts"
    ]
    assert text[low - 1].isspace()
    assert text[high].isspace()
    assert 0 <= start - low <= CONTEXT
    assert 0 <= high - start - 5 <= CONTEXT


def test_the_excerpt_that_answers_comes_first() -> None:
    text = "word " * 1000
    documents = {"a.md": Document("a.md", text, "A", "a.md")}
    citations: list[JSONObject] = [
        {"document": "a.md", "start": start, "end": start + 4, "text": "word"} for start in (3000, 500)
    ]
    contexts = page_data(made_run(documents, Question("q", "What?"), citations), documents)["questions"][0]["contexts"]
    assert [start <= 3000 < end for _, start, end in contexts] == [True, False]


def test_a_document_that_is_not_there_is_named_without_text() -> None:
    citation: JSONObject = {"document": "gone.md", "start": 0, "end": 4, "text": "word"}
    data = page_data(made_run({}, Question("q", "What?"), [citation]), {})
    assert data["documents"] == [{"id": "gone.md", "title": "gone.md", "length": 0, "pieces": []}]
    assert data["questions"][0]["contexts"] == []
    assert data["questions"][0]["citations"] == [[0, 0, 4, None, None, False]]


def test_halves_of_surrogate_pairs_shift_no_offset() -> None:
    text = "\ud83d\ude00 the end"
    assert len(text) == 10
    documents = {"a.md": Document("a.md", text, "A", "a.md")}
    citation: JSONObject = {"document": "a.md", "start": 3, "end": 10, "text": "the end"}
    data = json.loads(script_json(page_data(made_run(documents, Question("q", "What?"), [citation]), documents)))
    assert text_of(data, 0, 3, 10) == "the end"


@given(
    st.recursive(
        st.text() | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_json_in_a_script_has_no_markup_and_is_restored(value: object) -> None:
    text = script_json(value)
    assert json.loads(text) == value
    assert not set(text) & set("<>&\u2028\u2029")
    text.encode("utf-8")


@pytest.mark.parametrize(
    "text", ["</script><script>", "<!--", "]]>", "\u2028", "\ud800 alone", "alone \udfff", "\0", "\r\n"]
)
def test_text_that_would_end_a_script_is_escaped(text: str) -> None:
    assert json.loads(script_json({text: text})) == {text: text}
    assert re.fullmatch(r"[^<>&\u2028\ud800-\udfff\0\r\n]*", script_json({text: text}))


@pytest.mark.parametrize(
    ("failed", "declined", "right", "expected"),
    [
        (True, False, None, "failed"),
        (False, True, None, "declined"),
        (False, False, True, "right"),
        (False, False, False, "wrong"),
        (False, False, None, "unjudged"),
    ],
)
def test_outcomes(*, failed: bool, declined: bool, right: bool | None, expected: str) -> None:
    result = replace(score(QUESTIONS[0], None, DOCUMENTS), failed=failed, declined=declined, right=right)
    assert outcome(result) == expected


def test_the_summary_shows_the_outcome(run: Run) -> None:
    assert summary(run) == (
        "It answered 2 of 5 questions; 1 of the answers is right. "
        "It declined 2, of which 1 has no answer in the documents. "
        '1 question failed with an error, the first with "ValueError: no".'
    )


def test_the_summary_says_that_no_answer_can_be_judged(tmp_path: Path) -> None:
    run = read_run(write_run(tmp_path / "run", [Question("q1", "Which colour?")], {"q1": Given("red")}))
    assert summary(run) == (
        "It answered 1 of 1 question, but the set has neither accepted answers nor evidence to judge the answers by."
    )


def test_figures_carry_their_intervals(run: Run) -> None:
    figures = {figure.label: figure for figure in headline(run.metrics)}
    assert figures["Right when answered"].value == "50%"
    assert figures["Right when answered"].interval == "0\N{EN DASH}100%"
    assert figures["F1"].value == "0.25"
    assert figures["Median time"].value == "10 ms"
    assert figures["Verbatim excerpts"].interval == ""
    assert "Evidence in first excerpt" not in figures
    assert [family["title"] for family in families(run.metrics)] == [
        "Answers", "Excerpts", "Declining and confidence", "Speed",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "interval", "shown"),
    [
        pytest.param("character_recall", [0.7105263157894735, 0.7105263157894739], "", id="rounding-errors"),
        pytest.param("mrr", [0.701, 0.704], "", id="alike-as-shown"),
        pytest.param("mrr", [0.701, 0.712], "0.70\N{EN DASH}0.71", id="different"),
    ],
)
def test_an_interval_whose_ends_look_alike_is_left_out(name: str, interval: list[float], shown: str) -> None:
    assert formatted({name: interval[0], "intervals": {name: interval}}, name)[1] == shown


def test_every_measure_is_shown(run: Run) -> None:
    shown = {name for title, names in FAMILIES.items() if title != "Language model" for name in names}
    assert shown - {"questions_per_second", "peak_memory_mb"} == run.metrics["intervals"].keys()


def test_a_group_of_a_breakdown_leads_to_its_questions(run: Run) -> None:
    tables, groups = breakdowns(run)
    assert "tags" in [table["title"] for table in tables]
    for table in tables:
        for row in table["rows"]:
            group = groups[row["group"]]
            assert group["label"] == f"{table['title']}: {row['label']}"
            assert row["cells"]["questions"][0] == str(len(group["members"]))
            assert row["cells"].keys() == table["columns"].keys()
    outside = next(group for group in groups if group["label"] == "tags: outside")
    assert [run.questions[member].id for member in outside["members"]] == ["the sky", "grass"]


def test_settings_are_shown_whatever_they_hold() -> None:
    tables = run_tables(
        {
            "started": "2026-01-02T03:04:05+00:00",
            "always_answer": False,
            "settings": {"answer_threshold": 0.5, "path": None, "port": 7860, "list": [1, "é"]},
            "documents": {f"{number}.md": "f" * 64 for number in range(MAX_ROWS + 7)},
            "empty": {},
        }
    )
    by_title = {table["title"]: table for table in tables}
    assert by_title.keys() == {"Run", "Settings", "Documents"}
    assert by_title["Settings"]["rows"] == [("answer threshold", "0.5"), ("path", "none"), ("list", '[1, "é"]')]
    assert by_title["Documents"]["rows"][-1] == ("", "and 7 more in run.json")
    assert moment("2026-01-02T03:04:05+02:00") == "2 January 2026, 01:04 UTC"
    assert moment("once") == "once"
    assert moment(None) == "none"


def test_the_page_is_one_file_that_may_run_its_own_script_and_style_alone(run: Run) -> None:
    path = write_report(run, DOCUMENTS)
    page = path.read_text(encoding="utf-8")
    assert path == run.folder / "report.html"
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    assert policy
    assert policy[1].startswith("default-src &#39;none&#39;")
    [style] = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    [script] = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    for text in (style, script):
        assert base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() in policy[1]
    assert "url(" not in style
    assert "@import" not in style
    attributes = [pair for element in html.fromstring(page).iter() for pair in element.attrib.items()]
    assert {name for name, _ in attributes} <= {
        "aria-hidden", "aria-label", "aria-labelledby", "autocomplete", "charset", "checked", "class", "content", "cx",
        "cy", "d", "data-group", "dir", "disabled", "height", "hidden", "href", "http-equiv", "id", "lang", "name",
        "placeholder", "preserveaspectratio", "r", "role", "scope", "spellcheck", "tabindex", "transform", "type",
        "value", "viewbox", "width", "x", "y",
    }  # fmt: skip
    assert all(value.startswith("#") for name, value in attributes if name == "href")
    assert "<b>green" not in page


def test_writing_again_gives_the_same_file_and_leaves_nothing_else(run: Run) -> None:
    before = {path.name for path in run.folder.iterdir()}
    first = write_report(run, DOCUMENTS).read_bytes()
    assert write_report(run, DOCUMENTS).read_bytes() == first
    assert {path.name for path in run.folder.iterdir()} == before | {"report.html"}


def test_a_run_in_which_everything_failed_has_a_report(tmp_path: Path) -> None:
    run = read_run(write_run(tmp_path / "run", QUESTIONS[:1], {}))
    page = write_report(run, DOCUMENTS).read_text(encoding="utf-8")
    assert "It answered 0 of 1 question. 1 question failed with an error, the first with " in page
    assert 'class="plot"' not in page


def test_the_guarantee_is_shown_beside_what_was_observed(run: Run) -> None:
    report = write_report(run, DOCUMENTS)
    assert "What the threshold guarantees" not in report.read_text(encoding="utf-8")
    plain = report.read_bytes()
    calibration = run.folder / "calibration.json"
    calibration.write_text(json.dumps(CALIBRATION), encoding="utf-8")
    refresh_sections(run)
    refreshed = report.read_bytes()
    assert write_report(run, DOCUMENTS).read_bytes() == refreshed
    page = refreshed.decode()
    assert "answer_threshold = 0.7312</p>" in page
    assert "guaranteed: at most 5% of the answers given are wrong, with confidence 90%</p>" in page
    assert "violate" not in page

    wrong = {"count": 9, "total": 20, "low": 0.2, "high": 0.7}
    broken = {**CALIBRATION, "held_out": {**CALIBRATION["held_out"], "wrong": wrong}}
    calibration.write_text(json.dumps(broken), encoding="utf-8")
    refresh_sections(run)
    assert "the held-out questions violate the guarantee" in report.read_text(encoding="utf-8")

    calibration.unlink()
    refresh_sections(run)
    assert report.read_bytes() == plain


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"held_out": 5}'])
def test_a_damaged_calibration_is_named(run: Run, content: str) -> None:
    (run.folder / "calibration.json").write_text(content, encoding="utf-8")
    with pytest.raises(QuestionSetError, match=r"calibration\.json: damaged"):
        write_report(run, DOCUMENTS)


def test_no_report_no_guarantee(run: Run) -> None:
    (run.folder / "report.html").unlink(missing_ok=True)
    assert not refresh_sections(run)
    assert not (run.folder / "report.html").exists()


SHARES = st.floats(0, 1)


@given(st.lists(st.tuples(SHARES, SHARES), min_size=1, max_size=50))
def test_a_risk_coverage_plot_stays_inside(points: list[tuple[float, float]]) -> None:
    assert_inside(risk_coverage(sorted(points), max(points), "here", "words"))


@given(st.lists(st.tuples(SHARES, SHARES, st.integers(1, 10**6)), min_size=1, max_size=10))
def test_a_reliability_plot_stays_inside(bins: list[tuple[float, float, int]]) -> None:
    assert_inside(reliability(sorted(bins), "words"))


@given(st.lists(st.floats(0, 1e7), min_size=1, max_size=50))
def test_a_latency_plot_stays_inside(times: list[float]) -> None:
    assert_inside(latency(times, {"median": sorted(times)[len(times) // 2], "99%": max(times)}, "words"))


def assert_inside(svg: str) -> None:
    root = ElementTree.fromstring(svg)
    assert root.get("aria-label") == "words"
    numbers = [float(value) for path in root.iter("path") for value in re.findall(r"-?[\d.]+", path.get("d", ""))]
    for kind, names in (("circle", ("cx", "cy")), ("rect", ("x", "y", "width", "height"))):
        numbers += [float(part.get(name, "nan")) for part in root.iter(kind) for name in names]
    assert all(-12 <= number <= 360 for number in numbers), numbers
    assert all(map(math.isfinite, numbers))


@pytest.mark.parametrize(("value", "ends"), [(1.0, ("99.5%", "100%")), (0.0, ("0%", "0.5%"))])
def test_no_share_is_drawn_above_all_or_below_nothing(value: float, ends: tuple[str, str]) -> None:
    root = ElementTree.fromstring(trend([(1, value, value, value)], 1, "", percent=True))
    assert tuple(text.text for text in root.iter("text") if (text.text or "").endswith("%")) == ends


def test_the_parts_of_a_bar_fill_it() -> None:
    root = ElementTree.fromstring(outcome_bar({"right": 1, "wrong": 2, "failed": 0}))
    assert [part.get("class") for part in root] == ["right", "wrong"]
    assert sum(float(part.get("width", "nan")) for part in root) == pytest.approx(1000, abs=0.1)
    assert len(ElementTree.fromstring(outcome_bar({"right": 0}))) == 0
