"""Pooling of an encoder's token outputs to vectors of a text and its spans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qa.types import Span, Vectors

if TYPE_CHECKING:
    import tokenizers

Outputs = NDArray[np.float32]
"""A float32 array of shape (tokens, dimension)."""


def pool(outputs: Outputs, pooling: str) -> Outputs:
    """Return the vector of a text: the mean of its token outputs, or the first ("cls") or last one."""
    vector: Outputs = outputs.mean(axis=0) if pooling == "mean" else outputs[0 if pooling == "cls" else -1]
    return vector


def pool_spans(outputs: Outputs, encoding: tokenizers.Encoding, spans: Sequence[Span]) -> list[Outputs | None]:
    """Return the mean output of the tokens that overlap each span of a text, without special tokens.

    This is late pooling: every output depends on the whole text (Günther et al. 2024, "Late chunking").

    Parameters
    ----------
    outputs : float32 array, shape (tokens, dimension)
    encoding : tokenizers.Encoding
    spans : sequence of (int, int)
        Spans in the text.

    Returns
    -------
    list of float32 array of shape (dimension,), or None
        None for a span that is empty or was cut off.
    """
    inside = np.flatnonzero(np.array(encoding.special_tokens_mask) == 0)
    starts, ends = np.array(encoding.offsets).reshape(-1, 2)[inside].T
    found: list[Outputs | None] = []
    for start, end in spans:
        first, last = np.searchsorted(ends, start, "right"), np.searchsorted(starts, end, "left")
        # A span that is cut off in the middle is not represented by its first half.
        whole = len(ends) > 0 and (end <= ends[-1] or not encoding.overflowing)
        found.append(outputs[inside[first:last]].mean(axis=0) if start < end and first < last and whole else None)
    return found


def normalize(vectors: Outputs) -> Vectors:
    """Divide vectors of shape (n, dimension) by their length, in place, and return them."""
    # Without copies, since there can be hundreds of thousands of sentences.
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    vectors /= np.maximum(lengths, 1e-12)[:, np.newaxis]
    return vectors
