"""Retrieval measures, against trec_eval, a count of characters one by one, and values computed by hand."""

from __future__ import annotations

import random
from math import log2

import pytest
import pytrec_eval
from hypothesis import given
from hypothesis import strategies as st

from qa.evaluation import Evidence, touches
from qa.evaluation.metrics.retrieval import character_overlap, ndcg, recall, reciprocal_rank

spans = st.builds(
    lambda document, start, length: Evidence(document, start, start + length),
    st.sampled_from(["a.md", "b.md"]),
    st.integers(0, 40),
    st.integers(1, 15),
)
rankings = st.lists(spans, max_size=14)
evidence_lists = st.lists(spans, min_size=1, max_size=4)


@pytest.mark.parametrize(
    ("start", "end", "document", "touched"),
    [
        pytest.param(0, 5, "jets.md", False, id="ends-where-it-starts"),
        pytest.param(0, 6, "jets.md", True, id="first-character"),
        pytest.param(6, 7, "jets.md", True, id="inside"),
        pytest.param(0, 99, "jets.md", True, id="around"),
        pytest.param(8, 9, "jets.md", True, id="last-character"),
        pytest.param(9, 12, "jets.md", False, id="starts-where-it-ends"),
        pytest.param(5, 9, "other.md", False, id="another-document"),
    ],
)
def test_touching(start: int, end: int, document: str, touched: bool) -> None:
    span = Evidence(document, start, end)
    assert touches(span, [Evidence("none.md", 0, 99), Evidence("jets.md", 5, 9)]) is touched
    assert not touches(span, [])


def span(start: int, end: int, document: str = "jets.md") -> Evidence:
    return Evidence(document, start, end)


@pytest.mark.parametrize(
    ("passages", "expected_recall", "expected_rank", "expected_ndcg"),
    [
        pytest.param([span(0, 9)], 1, 1, 1, id="first"),
        pytest.param([span(50, 60), span(5, 60)], 1, 1 / 2, 1 / log2(3), id="second"),
        pytest.param([span(50, 60)], 0, 0, 0, id="never"),
        pytest.param([], 0, 0, 0, id="no-passages"),
        pytest.param([span(50 + row, 60) for row in range(9)] + [span(0, 5)], 1, 1 / 10, 1 / log2(11), id="tenth"),
        pytest.param([span(50 + row, 70) for row in range(10)] + [span(0, 5)], 1, 0, 0, id="eleventh"),
        pytest.param([span(0, 5), span(5, 10)], 1, 1, 1, id="both-halves"),
    ],
)
def test_one_piece_of_evidence(
    passages: list[Evidence], expected_recall: float, expected_rank: float, expected_ndcg: float
) -> None:
    evidence = [span(0, 10)]
    assert recall(passages, evidence) == expected_recall
    assert reciprocal_rank(passages, evidence) == pytest.approx(expected_rank)
    assert ndcg(passages, evidence) == pytest.approx(expected_ndcg)


def test_missed_evidence_lowers_the_ndcg() -> None:
    evidence = [span(0, 10), span(20, 30)]
    assert ndcg([span(0, 9)], evidence) == pytest.approx(1 / (1 + 1 / log2(3)))
    assert ndcg([span(0, 9), span(20, 22)], evidence) == 1
    assert recall([span(0, 9)], evidence) == 1 / 2
    assert recall([span(0, 9)], [*evidence, span(0, 10)]) == 1 / 2, "a span that is given twice counts once"


def test_ranks_agree_with_trec_eval() -> None:
    chosen = random.Random(0)
    relevant, ranked, ours = {}, {}, {}
    for number in range(400):
        starts = chosen.sample(range(0, 3000, 10), chosen.randint(0, 10))
        passages = [span(start, start + 10) for start in starts]
        picked = chosen.sample(starts, min(len(starts), chosen.randint(0, 4))) + [5000, 6000][: chosen.randint(0, 2)]
        evidence = [span(start + 2, start + 5) for start in picked or [5000]]
        name = str(number)
        relevant[name] = {str(start): 1 for start in picked or [5000]}
        ranked[name] = {str(start): 1.0 / rank for rank, start in enumerate(starts, start=1)}
        ours[name] = (reciprocal_rank(passages, evidence), ndcg(passages, evidence))
    reference = pytrec_eval.RelevanceEvaluator(relevant, {"recip_rank", "ndcg_cut.10"}).evaluate(ranked)
    assert reference.keys() == ours.keys()
    for name, (rank, gain) in ours.items():
        assert rank == pytest.approx(reference[name]["recip_rank"], abs=1e-9)
        assert gain == pytest.approx(reference[name]["ndcg_cut_10"], abs=1e-9)
    assert sum(0 < gain < 1 for _, gain in ours.values()) > 100


@given(rankings, evidence_lists)
def test_characters_are_those_of_the_unions(passages: list[Evidence], evidence: list[Evidence]) -> None:
    found = {(passage.document, offset) for passage in passages[:5] for offset in range(passage.start, passage.end)}
    wanted = {(piece.document, offset) for piece in evidence for offset in range(piece.start, piece.end)}
    both = len(found & wanted)
    expected = (both / len(wanted), both / len(found) if found else 0.0, both / len(found | wanted))
    assert character_overlap(passages, evidence) == expected


@given(rankings, evidence_lists, spans)
def test_every_measure_is_a_share_and_more_passages_find_no_less(
    passages: list[Evidence], evidence: list[Evidence], more: Evidence
) -> None:
    measures = [recall(passages, evidence), reciprocal_rank(passages, evidence), ndcg(passages, evidence)]
    assert all(0 <= value <= 1 + 1e-12 for value in measures)
    assert recall([*passages, more], evidence) >= measures[0]
    assert reciprocal_rank([*passages, more], evidence) >= measures[1]
