"""Vectors of spans within the pass of their text."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.models.exported import bundled_tokenizer
from qa.models.pooling import Outputs, normalize, pool, pool_spans
from qa.types import Span

pytestmark = pytest.mark.slow

WORDS = st.lists(
    st.sampled_from(["bees", "Dance!", "  ", "\n", "naïveté", "😀", "1858", "[SEP]", "", "x" * 30]), max_size=20
)
TOKENIZER = bundled_tokenizer(16)


@pytest.fixture(scope="module")
def outputs() -> Outputs:
    return np.random.default_rng(0).normal(size=(64, 5)).astype(np.float32)


@given(WORDS, st.lists(st.tuples(st.integers(0, 90), st.integers(0, 90)), max_size=4))
def test_a_span_is_the_mean_of_the_tokens_that_overlap_it(words: list[str], spans: list[Span]) -> None:
    text = " ".join(words)
    encoding = TOKENIZER.encode(text)
    outputs = np.random.default_rng(len(text)).normal(size=(len(encoding.ids), 5)).astype(np.float32)
    tokens = list(zip(encoding.offsets, encoding.special_tokens_mask, outputs, strict=True))
    last = max((end for (_, end), special, _ in tokens if not special), default=0)
    for (start, end), found in zip(spans, pool_spans(outputs, encoding, spans), strict=True):
        within = [
            output
            for (first, after), special, output in tokens
            if not special and first < end and after > start and start < end
        ]
        if not within or (encoding.overflowing and end > last):
            assert found is None
        else:
            assert found is not None
            np.testing.assert_allclose(found, np.mean(within, axis=0), atol=1e-5)


def test_poolings(outputs: Outputs) -> None:
    assert np.array_equal(pool(outputs, "cls"), outputs[0])
    assert np.array_equal(pool(outputs, "lasttoken"), outputs[-1])
    np.testing.assert_allclose(pool(outputs, "mean"), outputs.mean(axis=0))


def test_vectors_become_of_unit_length_unless_they_are_nothing() -> None:
    unit = normalize(np.array([[3.0, 4.0], [0.0, 0.0]], dtype=np.float32))
    np.testing.assert_allclose(unit, [[0.6, 0.8], [0.0, 0.0]], rtol=1e-6)
    assert unit.dtype == np.float32
