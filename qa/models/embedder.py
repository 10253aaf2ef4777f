"""Embedding models: texts to float32 vectors of unit length.

The bundled model, in the folder ``embedding_model``, is all-MiniLM-L6-v2 with further training, quantised to 8 bits.
Its files are verified before use, and nothing is downloaded. It runs on onnxruntime, so that answering a question loads
neither torch nor transformers. Models that are not exported run on sentence-transformers: see
`qa.models.sentence_transformer`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from qa.models.bundled import EMBEDDING_MODEL
from qa.models.exported import (
    MODEL,
    TOKENIZER,
    EmbedderCard,
    bundled_card,
    fingerprint,
    is_exported,
    load_tokenizer,
    read_card,
)
from qa.models.huggingface import on_chosen_backend, user_path
from qa.models.onnx_session import Model, open_model, start
from qa.models.pooling import normalize, pool, pool_spans
from qa.protocols import ChunkText, Embedder
from qa.settings import BUNDLED_MODEL, Settings
from qa.types import Progress, Vectors

if TYPE_CHECKING:
    import tokenizers

Item = TypeVar("Item")

CALL_TOKENS = 256  # word pieces per call of a float32 model; the fastest value measured


def make_embedder(settings: Settings) -> Embedder:
    """Return the embedder that the settings name; its model is loaded at first use."""
    if settings.embedding_model == BUNDLED_MODEL:
        return ExportedEmbedder(settings)
    if is_exported(folder := user_path(settings.embedding_model)):
        return ExportedEmbedder(settings, folder)
    return NamedEmbedder(settings)


class NamedEmbedder:
    """Any model that sentence-transformers can load, on the backend that the settings choose; loaded at first use."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = Lock()
        self._chosen: Embedder | None = None

    @property
    def embedder(self) -> Embedder:
        """The embedder for the chosen backend."""
        with self._lock:
            if self._chosen is None:
                self._chosen = on_chosen_backend(self._settings, self._exported, self._loaded)
            return self._chosen

    @property
    def fingerprint(self) -> str:
        """The fingerprint of `embedder`."""
        return self.embedder.fingerprint

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self.embedder.dimension

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Embed texts; see `Embedder`."""
        return self.embedder.embed(texts, progress)

    def embed_chunks(self, chunks: Sequence[ChunkText], progress: Progress | None = None) -> tuple[Vectors, Vectors]:
        """Embed chunks and their spans; see `Embedder`."""
        return self.embedder.embed_chunks(chunks, progress)

    def _loaded(self) -> Embedder:
        from qa.models.sentence_transformer import SentenceTransformerEmbedder

        return SentenceTransformerEmbedder(self._settings)

    def _exported(self) -> Embedder:
        from qa.models.cache import exported_once
        from qa.models.export import export_embedder

        folder = exported_once("embedding", self._settings.embedding_model, export_embedder)
        return ExportedEmbedder(self._settings, folder)


class ExportedEmbedder:
    """An exported model (`qa.models.exported`) on onnxruntime. Thread-safe.

    Parameters
    ----------
    settings : Settings
        For the batch size and the number of threads.
    folder : Path
        Folder of the model; by default the bundled one, which is verified before use.
    """

    def __init__(self, settings: Settings, folder: Path = EMBEDDING_MODEL) -> None:
        self._settings = settings
        self._folder = folder
        self._model: tuple[tokenizers.Tokenizer, Model] | None = None
        # Fast tokenizers raise "Already borrowed" when two threads use one.
        self._lock = Lock()

    @cached_property
    def card(self) -> EmbedderCard:
        """The content of the folder's ``model.json``."""
        return bundled_card() if self._folder == EMBEDDING_MODEL else read_card(self._folder, EmbedderCard)

    @property
    def fingerprint(self) -> str:
        """Name, precision, runtime, and a SHA-256 over the files of the model."""
        return fingerprint(self._folder, self.card)

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self.card.dimension

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Embed questions, or texts to be compared with each other, in batches of similar length.

        `progress` is called with (texts done, texts in all) after each batch.

        Returns
        -------
        float32 array, shape (len(texts), dimension)
            Row i belongs to ``texts[i]`` and has unit length.
        """
        return self._embed(texts, self.card.query_prompt, progress)

    def embed_chunks(self, chunks: Sequence[ChunkText], progress: Progress | None = None) -> tuple[Vectors, Vectors]:
        """Embed chunks and their spans; with mean pooling, both in one pass.

        A chunk's vector is that of its headings and text. A span's vector is the mean over its tokens in the same pass.
        A span without tokens there, because it is empty or was cut off, is embedded separately.

        `progress` is called with (chunks done, chunks in all) after each batch.

        Returns
        -------
        float32 array, shape (len(chunks), dimension), and float32 array, shape (number of all spans, dimension)
            Of unit length; spans are in order.
        """
        if self.card.pooling != "mean":
            return embed_separately(self._embed_passages, chunks, progress)
        before = [self.card.passage_prompt + chunk.before for chunk in chunks]
        texts = [prefix + chunk.text for prefix, chunk in zip(before, chunks, strict=True)]
        firsts = np.cumsum([0, *(len(chunk.spans) for chunk in chunks)])
        vectors = np.empty((len(chunks), self.dimension), dtype=np.float32)
        spans = np.empty((firsts[-1], self.dimension), dtype=np.float32)
        separate: list[tuple[int, str]] = []
        for rows, encodings, outputs in self._passes(texts, progress):
            for row, encoding, output in zip(rows, encodings, outputs, strict=True):
                vectors[row] = pool(output, "mean")
                chunk, offset = chunks[row], len(before[row])
                shifted = [(offset + start, offset + end) for start, end in chunk.spans]
                for number, span in enumerate(pool_spans(output, encoding, shifted)):
                    if span is None:
                        separate.append((firsts[row] + number, chunk.span_text(number)))
                    else:
                        spans[firsts[row] + number] = span
        if separate:
            spans[[row for row, _ in separate]] = self._embed_passages([text for _, text in separate])
        return normalize(vectors), normalize(spans)

    def _embed_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        return self._embed(texts, self.card.passage_prompt, progress)

    def _embed(self, texts: Sequence[str], prompt: str, progress: Progress | None) -> Vectors:
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        for rows, _, outputs in self._passes([prompt + text for text in texts], progress):
            vectors[rows] = [pool(output, self.card.pooling) for output in outputs]
        return normalize(vectors)

    def _passes(
        self, texts: Sequence[str], progress: Progress | None
    ) -> Iterator[tuple[list[int], list[tokenizers.Encoding], list[Vectors]]]:
        """Yield rows of texts with their tokens and outputs, while the next batch runs."""
        batches = length_batches(texts, self._settings.batch_size)
        started = ((rows, *self._started([texts[row] for row in rows])) for rows in batches)
        done = 0
        for rows, encodings, outputs in prefetch(started):
            found = zip(outputs(), encodings, strict=True)
            yield rows, encodings, [output[: len(one.ids)] for output, one in found]
            done += len(rows)
            if progress:
                progress(done, len(texts))

    def _started(self, texts: Sequence[str]) -> tuple[list[tokenizers.Encoding], Callable[[], list[Vectors]]]:
        """Start a batch; return the tokens of each text, truncated, and a function that waits for the outputs."""
        with self._lock:
            if self._model is None:
                self._model = self._load()
            tokenizer, model = self._model
            # Without special tokens, an empty text has no tokens and so no outputs.
            encodings = [one if one.ids else tokenizer.encode(".") for one in tokenizer.encode_batch(list(texts))]
        return encodings, start(model, encodings)

    def _load(self) -> tuple[tokenizers.Tokenizer, Model]:
        call_tokens = 0 if self.card.precision == "int8" else CALL_TOKENS
        model = open_model(self._folder / MODEL, self._settings.threads, call_tokens)
        tokenizer = load_tokenizer(self._folder / TOKENIZER)
        tokenizer.enable_truncation(self.card.max_tokens)
        return tokenizer, model


def embed_separately(
    embed: Callable[[Sequence[str], Progress | None], Vectors],
    chunks: Sequence[ChunkText],
    progress: Progress | None = None,
) -> tuple[Vectors, Vectors]:
    """Embed each chunk and each span separately, both after the headings, by `embed`, see `Embedder`."""
    texts = [chunk.before + chunk.text for chunk in chunks]
    texts += [chunk.span_text(number) for chunk in chunks for number in range(len(chunk.spans))]
    vectors = embed(texts, progress)
    return vectors[: len(chunks)], vectors[len(chunks) :]


def prefetch(items: Iterator[Item]) -> Iterator[Item]:
    """Yield items, each one only after the next was taken."""
    taken: deque[Item] = deque()
    for item in items:
        taken.append(item)
        if len(taken) > 1:
            yield taken.popleft()
    yield from taken


def length_batches(texts: Sequence[str], size: int, progress: Progress | None = None) -> Iterator[list[int]]:
    """Yield rows of texts, longest first, for little padding and an early estimate of the remaining time."""
    by_length = sorted(range(len(texts)), key=lambda row: len(texts[row]), reverse=True)
    for done in range(0, len(texts), size):
        yield by_length[done : done + size]
        if progress:
            progress(min(done + size, len(texts)), len(texts))
