"""One document as bytes in the safetensors format, which cannot contain code."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, InstanceOf

from qa.index.base import EmbeddedDocument, RowLayout
from qa.text.tokens import TermRows
from qa.types import Chunk, Document, JSONObject

HEX = "[0-9a-f]{64}"
Whole = Annotated[int, Field(ge=0, le=2**63 - 1)]
# A text may contain lone surrogates, which pydantic's own strings reject.
Text = InstanceOf[str]


def _ascending(numbers: list[int]) -> list[int]:
    if any(later < earlier for earlier, later in pairwise(numbers)):
        raise ValueError("must ascend")
    return numbers


class DocumentFields(BaseModel):
    """The fields of a document, without its text."""

    model_config = ConfigDict(strict=True)

    id: Text
    title: Text
    source: Text
    page_starts: Annotated[list[Whole], AfterValidator(_ascending)]
    file_sha256: Annotated[str, Field(pattern=f"^(?:{HEX})?$")]
    notes: list[Text]
    language: Annotated[str, Field(pattern="^(?:[a-z]{2})?$")]
    recognised: list[Annotated[list[Whole], Field(min_length=2, max_length=2), AfterValidator(_ascending)]]


def to_bytes(entry: EmbeddedDocument) -> bytes:
    """Return the content of a document that `document_fields` leaves out."""
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
            "term_parts": entry.terms.parts,
            "term_lengths": entry.terms.lengths,
        }
    )
    return content


def document_fields(document: Document) -> JSONObject:
    """Return the fields of a document without its text, as `DocumentFields` describes them."""
    return {
        "id": document.id,
        "title": document.title,
        "source": document.source,
        "page_starts": list(document.page_starts),
        "file_sha256": document.file_sha256,
        "notes": list(document.notes),
        "language": document.language,
        "recognised": [list(span) for span in document.recognised],
    }


def document_of(fields: JSONObject, text: str) -> Document:
    """Return a document from its `document_fields` and its text; raise a `ValidationError` if a field is not valid."""
    known = DocumentFields.model_validate(fields)
    return Document(
        known.id,
        text,
        known.title,
        known.source,
        tuple(known.page_starts),
        known.file_sha256,
        tuple(known.notes),
        known.language,
        tuple((start, end) for start, end in known.recognised),
    )


class StoredRows(RowLayout):
    """The document that `to_bytes` wrote, given its `document_fields`; each chunk is made when it is asked for.

    Raises
    ------
    ValueError
        If its parts do not match, so that a search would fail or an excerpt would not be a slice of the text.
    Exception
        Of any type, if the bytes are something else.
    """

    def __init__(self, fields: JSONObject, content: bytes) -> None:
        from safetensors.numpy import load

        self._arrays = load(content)
        text = self._arrays["text"].tobytes().decode("utf-8", "surrogatepass")
        self._headings = json.loads(self._arrays["headings"].tobytes())
        # Interned, so that each term is in memory once.
        self._vocabulary = tuple(map(sys.intern, json.loads(self._arrays["vocabulary"].tobytes())))
        _check(self._arrays, len(text), len(self._headings), len(self._vocabulary))
        self.document = document_of(fields, text)
        self._sentence_rows = np.cumsum([0, *self._arrays["sentence_counts"].tolist()])
        self._chunks: dict[int, Chunk] = {}

    def chunk(self, row: int) -> Chunk:
        """Return the chunk in a row."""
        found = self._chunks.get(row)
        if found is None:
            start, end = self._arrays["chunks"][row].tolist()
            sentences = self._arrays["sentences"][slice(*self._sentence_rows[row : row + 2])].tolist()
            spans = tuple((first, last) for first, last in sentences)
            found = Chunk(self.document.id, start, end, self.document.text[start:end], spans, self._headings[row])
            self._chunks[row] = found
        return found

    def entry(self) -> EmbeddedDocument:
        """Return the whole document."""
        arrays = self._arrays
        chunks = tuple(map(self.chunk, range(self.row_count)))
        terms = TermRows(self._vocabulary, *(arrays[f"term_{name}"] for name in ("numbers", "parts", "lengths")))
        return EmbeddedDocument(self.document, chunks, arrays["chunk_vectors"], arrays["sentence_vectors"], terms)


def _check(arrays: Mapping[str, NDArray[Any]], length: int, headings: int, terms: int) -> None:
    """Check that spans lie in the text, counts add up, and all terms are in the vocabulary."""
    chunks, sentences, counts = arrays["chunks"], arrays["sentences"], arrays["sentence_counts"]
    numbers, lengths = arrays["term_numbers"], arrays["term_lengths"]
    around = np.repeat(chunks, counts, axis=0)
    fitting = {
        "headings": headings == len(chunks),
        "chunks": ((chunks >= 0) & (chunks <= length)).all() and (chunks[:, 0] <= chunks[:, 1]).all(),
        "sentences": len(around) == len(sentences)
        and (sentences[:, 0] >= around[:, 0]).all()
        and (sentences[:, 0] <= sentences[:, 1]).all()
        and (sentences[:, 1] <= around[:, 1]).all(),
        "terms": len(lengths) == len(chunks)
        and (lengths >= 0).all()
        and lengths.sum() == len(numbers) == len(arrays["term_parts"])
        and arrays["term_parts"].dtype == np.uint32
        and ((numbers >= 0) & (numbers < terms)).all(),
    }
    wrong = [name for name, fits in fitting.items() if not fits]
    if wrong:
        raise ValueError(f"its {wrong[0]} do not match")


def _as_bytes(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(text.encode("utf-8", "surrogatepass"), dtype=np.uint8)
