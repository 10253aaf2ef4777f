"""Retrieval metrics of one question: its passages against its evidence.

A passage is relevant if it overlaps a span of evidence. Evidence that overlaps no passage counts as a relevant passage
that was missed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import log2

from qa.evaluation.datasets.types import Evidence
from qa.text.spans import joined
from qa.types import Span

RANKING_DEPTH = 10
"""Passages considered by MRR and nDCG: as many as an answer lists."""

CHARACTERS_DEPTH = 5
"""Passages considered by metrics in characters."""


def touches(span: Evidence, evidence: Iterable[Evidence]) -> bool:
    """Return whether the span overlaps a span of evidence in the same document."""
    # As `qa.text.spans.overlaps`, written out: a run of 100,000 questions compares millions of spans.
    document, start, end = span.document, span.start, span.end
    return any(start < other.end and other.start < end and other.document == document for other in evidence)


def recall(spans: Sequence[Evidence], evidence: Sequence[Evidence]) -> float:
    """Return the share of the evidence, at least one span, that overlaps any of `spans`."""
    wanted = set(evidence)
    return sum(touches(span, spans) for span in wanted) / len(wanted)


def reciprocal_rank(passages: Sequence[Evidence], evidence: Sequence[Evidence]) -> float:
    """Return 1 / rank of the first relevant passage among the ten best; 0.0 if there is none.

    Its mean over questions is the MRR: Voorhees, "The TREC-8 Question Answering Track Report" (TREC 1999).
    """
    ranks = (rank for rank, passage in enumerate(passages[:RANKING_DEPTH], start=1) if touches(passage, evidence))
    first = next(ranks, None)
    return 1 / first if first else 0.0


def ndcg(passages: Sequence[Evidence], evidence: Sequence[Evidence]) -> float:
    """Return the normalized discounted cumulative gain of the ten best passages, 0 to 1.

    Gains are 0 or 1. The ideal ranking starts with all relevant passages: those found, and the missed ones. Järvelin
    and Kekäläinen, "Cumulated gain-based evaluation of IR techniques" (ACM TOIS 20:4, 2002).
    """
    passages = passages[:RANKING_DEPTH]
    relevant = [touches(passage, evidence) for passage in passages]
    missed = sum(not touches(span, passages) for span in set(evidence))
    ideal = [True] * min(sum(relevant) + missed, RANKING_DEPTH)
    return _discounted_gain(relevant) / _discounted_gain(ideal)


def _discounted_gain(relevant: Iterable[bool]) -> float:
    return sum(gain / log2(rank + 1) for rank, gain in enumerate(relevant, start=1))


def character_overlap(passages: Sequence[Evidence], evidence: Sequence[Evidence]) -> tuple[float, float, float]:
    """Return recall, precision and IoU in characters, of the union of the five best passages; passages are best first.

    Precision is 0.0 without passages. The measure is from Smith and Troynikov, "Evaluating chunking strategies for
    retrieval" (Chroma, 2024).
    """
    passages = passages[:CHARACTERS_DEPTH]
    found, wanted, either = _characters(passages), _characters(evidence), _characters([*passages, *evidence])
    both = found + wanted - either
    return both / wanted, both / found if found else 0.0, both / either


def _characters(spans: Iterable[Evidence]) -> int:
    """Return the number of characters in the union of the spans."""
    by_document: defaultdict[str, list[Span]] = defaultdict(list)
    for span in spans:
        by_document[span.document].append((span.start, span.end))
    return sum(end - start for found in by_document.values() for start, end in joined(found))
