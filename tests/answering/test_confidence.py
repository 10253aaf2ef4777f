from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.answering.confidence import WEIGHTS, confidence
from qa.types import AnswerSpan

EVIDENCE = st.tuples(*[st.floats(-30, 30)] * 3, *[st.floats(0, 1)] * 4)


def span(evidence: tuple[float, ...]) -> AnswerSpan:
    return AnswerSpan("a.md", 0, 1, 0, 1, 0.0, evidence)


@given(EVIDENCE)
def test_it_is_a_probability(evidence: tuple[float, ...]) -> None:
    assert 0 <= confidence(span(evidence)) <= 1


@given(EVIDENCE, st.integers(0, len(WEIGHTS) - 1), st.floats(0, 5))
def test_more_evidence_never_lowers_it(evidence: tuple[float, ...], which: int, more: float) -> None:
    raised = tuple(value + more * (place == which) for place, value in enumerate(evidence))
    assert confidence(span(raised)) >= confidence(span(evidence))


def test_evidence_of_another_reader_is_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        confidence(span((1.0,)))
