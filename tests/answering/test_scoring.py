from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from qa.answering.scoring import confidence
from qa.types import AnswerSpan, SpanFeatures

FEATURES = st.builds(SpanFeatures, *[st.floats(-30, 30)] * 3, *[st.floats(0, 1)] * 4)


def span(features: SpanFeatures) -> AnswerSpan:
    return AnswerSpan("a.md", 0, 1, 0, 1, 0.0, features, 0.0)


@given(FEATURES)
def test_it_is_a_probability(features: SpanFeatures) -> None:
    assert 0 <= confidence(span(features)) <= 1


@given(FEATURES, st.sampled_from(SpanFeatures._fields), st.floats(0, 5))
def test_a_higher_feature_never_lowers_it(features: SpanFeatures, name: str, more: float) -> None:
    raised = features._replace(**{name: getattr(features, name) + more})
    assert confidence(span(raised)) >= confidence(span(features))
