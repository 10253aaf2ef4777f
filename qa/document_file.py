"""One document as bytes: its text, spans, vectors and terms, in the safetensors format. Nothing in them is code."""

from __future__ import annotations

import json
import sys
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from qa.keyword import TermRows
from qa.types import Chunk, Document, EmbeddedDocument, JSONObject


def to_bytes(entry: EmbeddedDocument) -> bytes:
    """Return all of a document but its id, title, source and pages."""
    from safetensors.numpy import save

    sentences = [span for chunk in entry.chunks for span in chunk.sentences]
    content: bytes = save(
        {
            "text": _as_bytes(entry.document.text),
            "chunks": np.array([(chunk.start, chunk.end) for chunk in entry.chunks], dtype=np.int64).reshape(-1, 2),
            "sentences": np.array(sentences, dtype=np.int64).reshape(-1, 2),
            "headings": _as_bytes(json.dumps([chunk.headings for chunk in entry.chunks])),
            "sentence_counts": np.array([len(chunk.sentences) for chunk in entry.chunks], dtype=np.int64),
            "chunk_vectors": entry.chunk_vectors,
            "sentence_vectors": entry.sentence_vectors,
            "vocabulary": _as_bytes(json.dumps(entry.terms.vocabulary)),
            "term_numbers": entry.terms.numbers,
            "term_lengths": entry.terms.lengths,
        }
    )
    return content


def from_bytes(entry: JSONObject, content: bytes) -> EmbeddedDocument:
    """Return the document of these bytes, which may raise any error where they are of something else.

    Parameters
    ----------
    entry : mapping
        Its "id", "title", "source" and "page_starts".
    content : bytes
    """
    from safetensors.numpy import load

    arrays = load(content)
    text = _as_text(arrays["text"])
    document = Document(entry["id"], text, entry["title"], entry["source"], tuple(entry["page_starts"]))
    sentences = [(start, end) for start, end in arrays["sentences"].tolist()]
    edges = [0, *np.cumsum(arrays["sentence_counts"]).tolist()]
    headings = json.loads(arrays["headings"].tobytes())
    chunks = tuple(
        Chunk(document.id, start, end, text[start:end], tuple(sentences[first:last]), above)
        for (start, end), (first, last), above in zip(arrays["chunks"].tolist(), pairwise(edges), headings, strict=True)
    )
    # Interned: a term stands in memory once, however many documents hold it.
    vocabulary = tuple(map(sys.intern, json.loads(arrays["vocabulary"].tobytes())))
    terms = TermRows(vocabulary, arrays["term_numbers"], arrays["term_lengths"])
    return EmbeddedDocument(document, chunks, arrays["chunk_vectors"], arrays["sentence_vectors"], terms)


def _as_bytes(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(text.encode("utf-8", "surrogatepass"), dtype=np.uint8)


def _as_text(array: NDArray[np.uint8]) -> str:
    return array.tobytes().decode("utf-8", "surrogatepass")
