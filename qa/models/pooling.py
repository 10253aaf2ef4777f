"""Token outputs of an encoder -> vectors of a text and of its spans."""

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
    """Return the vector of a text: the mean of its tokens' outputs, or that of the first ("cls") or last token."""
    vector: Outputs = {"cls": outputs[0], "lasttoken": outputs[-1]}.get(pooling, outputs.mean(axis=0))
    return vector


def pool_spans(outputs: Outputs, encoding: tokenizers.Encoding, spans: Sequence[Span]) -> list[Outputs | None]:
    """Return for each span of a text the mean over the tokens that overlap it, special ones excluded.

    This is late pooling: each token's output has seen the whole text (Günther et al. 2024, "Late chunking").

    Parameters
    ----------
    outputs : float32 array, shape (tokens, dimension)
    encoding : tokenizers.Encoding
    spans : sequence of (int, int)
        In the text.

    Returns
    -------
    list of float32 array of shape (dimension,), or None
        None for a span without tokens: it is empty, or after the last token that was kept.
    """
    inside = np.flatnonzero(np.array(encoding.special_tokens_mask) == 0)
    starts, ends = np.array(encoding.offsets).reshape(-1, 2)[inside].T
    found: list[Outputs | None] = []
    for start, end in spans:
        first, last = np.searchsorted(ends, start, "right"), np.searchsorted(starts, end, "left")
        # A span that was cut in the middle would have a vector of its first half.
        whole = len(ends) > 0 and (end <= ends[-1] or not encoding.overflowing)
        found.append(outputs[inside[first:last]].mean(axis=0) if start < end and first < last and whole else None)
    return found


def normalize(vectors: Outputs) -> Vectors:
    """Divide vectors of shape (n, dimension) by their length, in place, and return them."""
    # Without copies: a text of signs alone has a hundred thousand sentences.
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    vectors /= np.maximum(lengths, 1e-12)[:, np.newaxis]
    return vectors
