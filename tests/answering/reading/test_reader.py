from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import Recorded
from hypothesis import example, given
from hypothesis import strategies as st

from qa.answering.reading.reader import (
    EARLY_EXIT_PASSAGES,
    MAX_SPAN_TOKENS,
    RERANK_TOP_N,
    SpanReader,
    best_span,
)
from qa.documents.chunking import excerpt_start, sentence_spans
from qa.documents.tables import cells_at
from qa.errors import ModelError
from qa.models.span_model import BundledSpanModel, TokenScores
from qa.protocols import AnswerSpan
from qa.types import Cell, Document, Passage, SentenceMatch

pytestmark = pytest.mark.slow

BEES = (
    "# Bees\n\nKarl von Frisch decoded the waggle dance. He received the Nobel Prize in 1973. "
    "A colony needs about 20 kilograms of honey to survive the winter."
)


def passage(text: str, start: int = 0, similarity: float = 0.5) -> Passage:
    heading = len(text) - len(text.split("\n\n", 1)[-1]) if text.startswith("#") else 0
    spans = [(0, text.index("\n"))] if heading else []
    spans += [(heading + first, heading + last) for first, last in sentence_spans(text[heading:])]
    sentences = tuple(
        SentenceMatch(start + first, start + last, start + excerpt_start(text, spans, n), similarity, 0.5)
        for n, (first, last) in enumerate(spans)
    )
    return Passage("a.md", start, start + len(text), text, None, 0.1, similarity, 0.5, sentences)


@pytest.fixture(scope="module")
def reader() -> SpanReader:
    return SpanReader(BundledSpanModel())


def test_headings_explain_a_pronoun(reader: SpanReader) -> None:
    question, text = "When did Karl von Frisch receive the Nobel Prize?", "He received the Nobel Prize in 1973."
    [plain] = reader.read(question, [passage(text, 1000)])
    [explained] = reader.read(question, [replace(passage(text, 1000), headings="Karl von Frisch: Research")])
    assert (explained.start, explained.end) == (plain.start, plain.end)
    assert text[explained.start - 1000 : explained.end - 1000] == "1973"
    assert explained.confidence > plain.confidence + 0.1
    [other] = reader.read("When was it?", [replace(passage(text, 1000), headings="Karl von Frisch: Research")])
    assert other == reader.read("When was it?", [passage(text, 1000)])[0]


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Who decoded the waggle dance?", "Karl von Frisch"),
        ("When did Karl von Frisch receive the Nobel Prize?", "1973"),
        ("How much honey does a colony need for the winter?", "20 kilograms"),
    ],
    ids=["name", "date", "number"],
)
def test_the_best_span_contains_the_answer(reader: SpanReader, question: str, words: str) -> None:
    best = reader.read(question, [passage(BEES, start=1000)])[0]
    assert words in BEES[best.start - 1000 : best.end - 1000]
    assert best.excerpt_start <= best.start < best.end <= best.excerpt_end


def test_one_span_a_sentence_and_none_for_a_heading(reader: SpanReader) -> None:
    spans = reader.read("Who decoded the waggle dance?", [passage(BEES)])
    assert len(spans) == 3
    assert all(span.start >= len("# Bees\n\n") for span in spans)
    assert [span.score for span in spans] == sorted((span.score for span in spans), reverse=True)


def test_a_question_is_no_answer(reader: SpanReader) -> None:
    text = "Who decoded the waggle dance? It was Karl von Frisch."
    (span,) = reader.read("Who decoded the waggle dance?", [passage(text)])
    assert text[span.start : span.end] == "Karl von Frisch"


def test_a_passage_that_answers_beats_one_that_does_not(reader: SpanReader) -> None:
    other = passage("The dance hall was closed. Nobody won a prize that year.", start=5000)
    best = reader.read("Who decoded the waggle dance?", [other, passage(BEES)])[0]
    assert best.start < 1000


SENTENCES = [
    f"The {ship} left in {year} with {men} men."
    for ship, year, men in zip("ABCDEFG", range(1801, 1808), range(31, 38), strict=True)
]


def test_the_best_sentences_are_rescored_with_their_neighbours_and_alone() -> None:
    model, question = Recorded(), "When did the D leave?"
    spans = SpanReader(model).read(question, [passage(" ".join(SENTENCES), start=50)])
    first, rescored_texts = model.calls
    assert first == [(question, " ".join(SENTENCES))]
    assert len(rescored_texts) == 2 * RERANK_TOP_N
    assert (question, SENTENCES[3]) in rescored_texts
    assert (question, " ".join(SENTENCES[2:5])) in rescored_texts
    margins = [span.features[:3] for span in spans]
    assert len({*margins[0]}) == 3
    assert sum(len({*three}) == 1 for three in margins) == len(SENTENCES) - RERANK_TOP_N, "the others are read once"


class WordScores:
    """A model that scores words: a start and an end score for each word of a text, zero for the others."""

    fingerprint = "words"

    def __init__(self, scores: Mapping[str, Mapping[str, tuple[float, float]]]) -> None:
        self._scores = scores

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[TokenScores]:
        return [self._of(text) for _, text in pairs]

    def _of(self, text: str) -> TokenScores:
        found = [*re.finditer(r"\w+", text)]
        known = self._scores.get(text, {})
        scores = np.array([known.get(one[0], (0.0, 0.0)) for one in found], dtype=np.float32)
        return TokenScores(np.array([one.span() for one in found]), scores, 0.0)


def test_the_span_is_the_best_of_the_three_readings_together() -> None:
    among, alone = "It rained. Ann Lee met Bo there. It snowed.", "Ann Lee met Bo there."
    text = f"It was late. {among}"
    model = WordScores(
        {
            text: {"Ann": (3.0, 3.0), "Lee": (0.0, 2.0), "Bo": (4.0, 4.0)},
            among: {"Ann": (3.0, 1.0), "Lee": (0.0, 3.0)},
            alone: {"Ann": (3.0, 1.0), "Lee": (0.0, 3.0), "there": (1.0, 1.0)},
        }
    )
    best = SpanReader(model).read("Who?", [passage(text)])[0]
    assert text[best.start : best.end] == "Ann Lee"
    assert best.features.passage_margin == 8.0, "the margins are those of each reading"


def test_no_text_is_read_twice_for_a_question() -> None:
    model = Recorded()
    short = " ".join(SENTENCES[:2])
    SpanReader(model).read("When did the A leave?", [passage(short), passage(SENTENCES[2], start=900)])
    read = [pair for call in model.calls for pair in call]
    assert len(read) == len({*read})
    assert {text for _, text in read} == {short, *SENTENCES[:3]}


@pytest.mark.parametrize("exits_early", [True, False])
def test_without_an_early_exit_more_passages_are_read_and_the_best_rescored(exits_early: bool) -> None:
    model, question = Recorded(), "When did the D leave with 34 men?"
    texts = [f"{SENTENCES[n]} Nobody waved that day." for n in (3, 0, 1, 2, 4, 5, 6)]
    passages = [passage(text, start=100 * n) for n, text in enumerate(texts)]
    rescored: list[list[AnswerSpan]] = []

    def record_spans(_: str, spans: Sequence[AnswerSpan]) -> bool:
        rescored.append(list(spans))
        return exits_early

    [spans] = SpanReader(model).read_many([(question, passages)], record_spans)
    assert [len(found) for found in rescored] == [2 * EARLY_EXIT_PASSAGES]
    assert len(spans) == 2 * (EARLY_EXIT_PASSAGES if exits_early else len(texts))
    assert spans == sorted(spans, key=lambda span: -span.score)
    if exits_early:
        assert len(model.calls) == 2
    else:
        assert spans[0] == SpanReader(model).read(question, passages)[0]
        whole, rescored_texts, further, further_rescored = model.calls[:4]
        assert [text for _, text in whole + further] == texts
        # The best was rescored by the first call, and is not rescored again.
        assert (question, SENTENCES[3]) in rescored_texts
        assert len(further_rescored) < 2 * RERANK_TOP_N
        assert not {*rescored_texts} & {*further_rescored}


def test_the_lead_of_an_overlap_is_over_all_other_candidates(reader: SpanReader) -> None:
    """Also over those of passages that are not read, but not over a question or a heading, which cannot answer."""
    overlaps = ([0.6, 0.9], [0.2, 0.8], [0.5])
    texts = ("The tea came. Why did the tea come?", "The A left. The B left.", "The C left.")
    passages = [
        replace(one, overlap=max(found), sentences=tuple(map(with_overlap, one.sentences, found)))
        for one, found in zip((passage(text, start=100 * n) for n, text in enumerate(texts)), overlaps, strict=True)
    ]
    for stop in (None, lambda _question, _spans: True):
        [spans] = reader.read_many([("What came?", passages)], stop)
        found = [
            (
                one.start // 100,
                round(one.features.sentence_overlap_lead, 9),
                round(one.features.passage_overlap_lead, 9),
            )
            for one in spans
        ]
        read = [(0, -0.2, 0.1), (1, -0.6, -0.1), (1, 0.2, -0.1)]
        assert sorted(found) == (read if stop else [*read, (2, -0.3, -0.4)])


def test_a_candidate_without_another_has_no_lead(reader: SpanReader) -> None:
    [span] = reader.read("What came?", [passage("The tea came.")])
    assert (span.features.sentence_overlap_lead, span.features.passage_overlap_lead) == (0.0, 0.0)


def with_overlap(sentence: SentenceMatch, overlap: float) -> SentenceMatch:
    return replace(sentence, overlap=overlap)


def test_no_passages_give_no_spans(reader: SpanReader) -> None:
    assert reader.read("Who?", []) == []


def test_same_question_same_spans_alone_or_in_threads(reader: SpanReader) -> None:
    questions = [f"Who decoded the dance number {n}?" for n in range(12)]
    alone = [reader.read(question, [passage(BEES)]) for question in questions]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda question: reader.read(question, [passage(BEES)]), questions)) == alone


def test_a_passage_too_long_for_the_model_is_still_answered_by_similarity(reader: SpanReader) -> None:
    text = "Nothing to see in this sentence. " * 120 + "The fee was 12 guineas."
    spans = reader.read("What was the fee?", [passage(text)])
    assert len(spans) == 121


def test_a_missing_model_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"nowhere\.onnx: the model file is missing"):
        SpanReader(BundledSpanModel(model_file=tmp_path / "nowhere.onnx")).read("Who?", [passage(BEES)])


def test_a_damaged_model_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.onnx").write_bytes(b"no model")
    with pytest.raises(ModelError, match=r"bad\.onnx: the model could not be loaded"):
        SpanReader(BundledSpanModel(model_file=tmp_path / "bad.onnx")).read("Who?", [passage(BEES)])


@given(
    st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=1, max_size=MAX_SPAN_TOKENS + 10).map(
        lambda rows: np.array(rows, dtype=np.float32)
    )
)
@example(np.array([(9, 0), *[(0, 0)] * MAX_SPAN_TOKENS, (0, 9)], dtype=np.float32))
def test_best_span_is_the_best_of_all_allowed(scores: np.ndarray) -> None:
    first, last, best = best_span(scores)
    count = len(scores)
    every = [scores[i, 0] + scores[j, 1] for i in range(count) for j in range(i, min(i + MAX_SPAN_TOKENS, count))]
    assert 0 <= last - first < MAX_SPAN_TOKENS
    assert best == max(every) == scores[first, 0] + scores[last, 1]


COUNTRIES = Document(
    "a.md", "Country | Capital | Area\n--- | --- | ---\nFrance | Paris | 5\nSpain | Madrid | 4\n", "A", "a.md"
)


def rows_of(start: int = 0) -> Passage:
    """Return the rows of a table as a passage of a document with that many characters before it."""
    text = COUNTRIES.text
    spans = [(0, text.index("\nFrance")), *((text.index(row), text.index(row) + 18) for row in ("France", "Spain"))]
    question = {"capital", "spain"}
    sentences = tuple(
        SentenceMatch(
            start + first,
            start + last,
            start + first,
            0.5,
            len(question & {word.lower() for word in text[first:last].split()}) / 2,
            tuple(Cell(words, start + one, start + two) for words, one, two in cells_at(COUNTRIES, (first, last))),
        )
        for first, last in spans
    )
    return Passage("a.md", start, start + len(text), text, None, 0.1, 0.5, 0.5, sentences)


def test_a_cell_answers_and_its_row_is_the_excerpt(reader: SpanReader) -> None:
    best, *others = reader.read("What is the capital of Spain?", [rows_of(start=1000)])
    text = COUNTRIES.text
    assert text[best.start - 1000 : best.end - 1000] == "Madrid"
    assert text[best.excerpt_start - 1000 : best.excerpt_end - 1000] == "Spain | Madrid | 4"
    # The other row; the header does not count as one.
    assert [text[one.excerpt_start - 1000 : one.excerpt_end - 1000] for one in others] == ["France | Paris | 5"]


def test_the_row_that_has_the_words_of_the_question_is_meant() -> None:
    model = Recorded()
    best, other = SpanReader(model).read("What is the capital of Spain?", [rows_of()])
    assert COUNTRIES.text[best.excerpt_start : best.excerpt_end] == "Spain | Madrid | 4"
    assert best.features.sentence_overlap > other.features.sentence_overlap
    read = [text for call in model.calls for _, text in call]
    assert "Country: Spain; Capital: Madrid; Area: 4" in read
    assert read[0].startswith("Country | Capital | Area\n--- | --- | ---\nCountry: France; Capital: Paris; Area: 5\n")
