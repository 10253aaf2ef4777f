from __future__ import annotations

import random
from collections.abc import Sequence

import bm25s
import numpy as np
import pytest
from conftest import examples
from hypothesis import example, given
from hypothesis import strategies as st

from qa.index.bm25 import CompositeKeywordIndex, KeywordIndex, build_postings, overlap, term_weights
from qa.text.function_words import FUNCTION_WORDS
from qa.text.tokens import TermRows, analyzer_fingerprint, term_rows, terms

TEXTS = (
    "The fighters flew over the sea.",
    "A fighter, a fighter, and one more fighter",
    "Ships sail the northern sea in winter",
    "the of and",
    "",
    "Winter came early that year; ships froze.",
    "Caf\u00e9 n\u00b0 42, Stra\u00dfe",
)
QUESTIONS = ("Which fighter flew?", "winter ships", "sea", "caf\u00e9 42", "who is it", "submarines", "sea sea ship")


def rows_of(texts: Sequence[str]) -> TermRows:
    """Return a row for each text, each word of which is a part."""
    return term_rows([text.split() for text in texts])


def index_of(texts: Sequence[str]) -> KeywordIndex:
    return KeywordIndex(build_postings([rows_of(texts)]))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Fighters FLYING quickly", ["fighter", "fli", "quick"], id="stemmed and lower case"),
        pytest.param("Which of the ships was it?", ["ship"], id="function words left out"),
        pytest.param("China's sea sea", ["china", "sea", "sea"], id="order and repeats kept"),
        pytest.param("Doesn\u2019t it? It isn't, and they dont.", [], id="contractions"),
        pytest.param("_Sea_ __ships__, max_size, ____", ["sea", "ship", "max_siz"], id="emphasis and identifiers"),
        pytest.param("J-20, 3.5%", ["j", "20", "3", "5"], id="numbers kept"),
        pytest.param("Caf\u00e9 \u4e2d\u56fd", ["cafe", "\u4e2d\u56fd"], id="letters beyond ASCII"),
        pytest.param(
            "M\u0101ori, Mao\u0304ri, \u0141\u00f3d\u017a, \u00d8re, Gro\u00dfe",
            ["maori", "maori", "lodz", "ore", "gross"],
            id="accents",
        ),
        pytest.param("", [], id="empty"),
        pytest.param(" \n!? \U0001f600", [], id="no words"),
    ],
)
def test_terms(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


@pytest.mark.parametrize(("one", "other"), [("bought", "buy"), ("ran", "run")])
def test_irregular_forms_stay_apart(one: str, other: str) -> None:
    assert terms(one) != terms(other)


@pytest.mark.parametrize("question", QUESTIONS)
def test_scores_are_those_of_bm25s(question: str) -> None:
    direct = bm25s.BM25(k1=1.5, b=0.75, method="lucene")
    direct.index([terms(text) for text in TEXTS], show_progress=False)
    known = [term for term in terms(question) if term in direct.vocab_dict]
    expected = direct.get_scores(known) if known else np.zeros(len(TEXTS))
    scores = index_of(TEXTS).scores(terms(question))
    assert scores.tolist() == pytest.approx(expected.tolist(), rel=1e-6)
    for text, score in zip(TEXTS, scores, strict=True):
        assert (score > 0) == bool(set(terms(text)) & set(terms(question)))


def test_scores_follow_the_formula() -> None:
    texts = ["sea ship", "sea sea winter", "winter"]
    (first, second, third) = index_of(texts).scores(["sea"])
    rarity = np.log(1 + (3 - 2 + 0.5) / (2 + 0.5))
    lengths = [2, 3, 1]
    expected = [
        rarity * count / (count + 1.5 * (0.25 + 0.75 * length / 2))
        for count, length in zip((1, 2, 0), lengths, strict=True)
    ]
    assert [first, second, third] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("texts", "question_terms", "expected"),
    [
        pytest.param([], ["sea"], [], id="no rows"),
        pytest.param([], [], [], id="no rows and no terms"),
        pytest.param(["sea", "ship"], [], [0, 0], id="no terms asked"),
        pytest.param(["sea", "ship"], ["submarin"], [0, 0], id="unknown term"),
        pytest.param(["", "the of"], ["sea"], [0, 0], id="rows without terms"),
    ],
)
def test_scores_are_zero_without_a_match(texts: list[str], question_terms: list[str], expected: list[float]) -> None:
    scores = index_of(texts).scores(question_terms)
    assert scores.dtype == np.float32
    assert scores.tolist() == expected


@given(st.lists(st.lists(st.sampled_from(TEXTS), max_size=4), max_size=6))
@example([[], ["sea"], [], ["", "the of"]])
def test_rows_may_come_in_parts(parts: list[list[str]]) -> None:
    index = KeywordIndex(build_postings([rows_of(part) for part in parts]))
    whole = index_of([text for part in parts for text in part])
    assert len(index) == len(whole)
    assert index.length == whole.length
    for question in QUESTIONS:
        assert index.scores(terms(question)).tolist() == whole.scores(terms(question)).tolist()
        assert term_weights(index, terms(question)) == term_weights(whole, terms(question))


WORDS = ["sea", "ship", "winter", "ice", "sail", "north", "storm", "harbour"]


@given(
    st.lists(st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join), max_size=40),
    st.lists(st.sampled_from([*WORDS, "submarin"]), max_size=5),
    st.integers(1, 12),
    st.randoms(use_true_random=False),
)
@example([], ["sea"], 1, random.Random(0))
@example(["sea"] * 30 + ["sea ship"] * 3 + ["ship"], ["ship", "sea", "sea"], 3, random.Random(0))
@examples(60)
def test_the_best_are_those_of_all_scores(
    texts: list[str], question_terms: list[str], k: int, choice: random.Random
) -> None:
    """With all rows, with some of them, and with removed rows, which equals an index without these."""
    whole = index_of(texts)
    some = np.array([row for row in range(len(texts)) if choice.random() < 0.5], dtype=np.int64)
    removed = np.ones(len(texts), dtype=bool)
    removed[some] = False
    less, fresh = KeywordIndex(build_postings([rows_of(texts)]), removed), index_of([texts[row] for row in some])
    assert (len(less), less.length) == (len(fresh), fresh.length)
    assert term_weights(less, WORDS) == term_weights(fresh, WORDS)
    every = np.arange(len(texts), dtype=np.int64)
    for index, rows, of_all in (
        (whole, None, whole.scores(question_terms)),
        (whole, some, np.where(removed, 0, whole.scores(question_terms))),
        (less, None, less.scores(question_terms)),
        (less, every, less.scores(question_terms)),
    ):
        found, scores = index.search(question_terms, k, rows)
        expected = [row for row in np.argsort(-of_all, kind="stable") if of_all[row] > 0][:k]
        assert found.tolist() == expected
        assert scores.tolist() == of_all[expected].tolist()
    assert less.scores(question_terms, some).tolist() == fresh.scores(question_terms).tolist()


def test_rows_say_in_which_parts_each_term_occurs() -> None:
    texts = [["Sea, sea, ship", "", "the ships"], [], ["the of"], [*["ice"] * 40, "storm"]]
    rows = term_rows(texts)
    assert len(set(rows.vocabulary)) == len(rows.vocabulary)
    found = zip([rows.vocabulary[number] for number in rows.numbers], rows.parts.tolist(), strict=True)
    assert [[next(found) for _ in range(length)] for length in rows.lengths] == [
        [("sea", 0b1), ("ship", 0b101)],
        [],
        [],
        [("ice", 2**32 - 1), ("storm", 1 << 31)],
    ]
    assert next(found, None) is None


@given(
    st.lists(st.lists(st.sampled_from(["", "sea", "ship", "sea ship"]), min_size=3, max_size=40), max_size=5),
    st.randoms(use_true_random=False),
)
@example([["sea", "", ""], ["", "ship", "", "sea"], ["ship", "sea", "", "", "sea"]], random.Random(0))
@example([["", *[""] * 29, "sea", "", "", "", ""]], random.Random(0))
@examples(60)
def test_a_sentence_has_the_terms_of_itself_its_neighbours_and_the_headings(
    rows: list[list[str]], choice: random.Random
) -> None:
    """Its own terms count twice. All sentences after the thirtieth count as one."""
    cut = choice.randint(0, len(rows))
    parts = [KeywordIndex(build_postings([term_rows(some)])) for some in (rows[:cut], rows[cut:])]
    chosen = [row for row in range(len(rows)) if choice.random() < 0.7]
    weights = {"sea": 2.0, "ship": 0.5, "ice": 9.0}
    scores = CompositeKeywordIndex(parts).sentence_scores(
        weights, np.array(chosen, dtype=np.int64), np.array([len(rows[row]) - 3 for row in chosen], dtype=np.int64)
    )
    expected = []
    for headings, *sentences in (rows[row] for row in chosen):
        together = [*sentences[:30], " ".join(sentences[30:])]
        for position in range(1, len(sentences) - 1):
            index = min(position, 30)
            near = [headings, *together[index - 1 : index + 2], together[index]]
            counts = {term: sum(term in text.split() for text in near) for term in weights}
            expected.append(sum(weights[term] * count / (count + 1.5) for term, count in counts.items()))
    assert scores.tolist() == pytest.approx(expected)


def test_another_analyzer_has_another_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    before = analyzer_fingerprint()
    assert analyzer_fingerprint() == before
    with monkeypatch.context() as patch:
        patch.setitem(FUNCTION_WORDS, "fr", frozenset({"le"}))
        assert analyzer_fingerprint() != before
    monkeypatch.setattr("Stemmer.version", lambda: "0.0.0")
    assert analyzer_fingerprint() != before


def test_rarer_terms_weigh_more_and_unknown_ones_most() -> None:
    index = index_of(["sea ship", "sea winter", "sea", "winter"])
    weights = term_weights(index, ["sea", "submarin", "winter", "ship", "sea"])
    assert list(weights) == ["sea", "submarin", "winter", "ship"]
    assert sorted(weights, key=weights.__getitem__) == ["sea", "winter", "ship", "submarin"]
    assert all(weight > 0 for weight in weights.values())
    assert weights["sea"] == pytest.approx(np.log(1 + 1.5 / 3.5))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Ships on the sea", 1.0, id="all"),
        pytest.param("the sea", 0.25, id="light term"),
        pytest.param("a ship", 0.75, id="heavy term"),
        pytest.param("shipping, seas", 1.0, id="other forms"),
        pytest.param("seaside", 0.0, id="part of a word"),
        pytest.param("", 0.0, id="empty text"),
    ],
)
def test_overlap(text: str, expected: float) -> None:
    assert overlap({"sea": 1.0, "ship": 3.0}, terms(text)) == expected


def test_overlap_without_terms_is_zero() -> None:
    assert overlap({}, {"sea"}) == 0.0


@given(st.lists(st.sampled_from(TEXTS), max_size=5), st.text(), st.text())
def test_overlap_is_a_share(texts: list[str], question: str, text: str) -> None:
    weights = term_weights(index_of(texts), terms(question))
    assert 0.0 <= overlap(weights, terms(text)) <= 1.0
    assert overlap(weights, terms(question)) == (1.0 if terms(question) else 0.0)
