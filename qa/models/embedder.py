"""Embedding models: texts to float32 vectors of unit length.

The bundled model, in the folder ``embedding_model``, is all-MiniLM-L6-v2 trained further, in 8 bits; its files are
verified before they are used, and nothing is downloaded. It runs on onnxruntime, like the reader, so that answering a
question loads neither torch nor transformers. sentence-transformers runs any model that is not exported.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar

import numpy as np

from qa.errors import ModelError
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
from qa.models.huggingface import cannot_load, chosen, device_of, devices_of, local_folder, prepare, prompts_of
from qa.models.huggingface import fingerprint as hub_fingerprint
from qa.models.onnx_session import Model, open_model, processor_threads, start
from qa.models.pooling import normalize, pool, pool_spans
from qa.protocols import ChunkText, Embedder
from qa.settings import BUNDLED_MODEL, Settings
from qa.types import Progress, Vectors

if TYPE_CHECKING:
    import tokenizers
    from sentence_transformers import SentenceTransformer

_BATCHES_PER_DEVICE = 8
"""Batches that each of several GPUs is given at once."""
_Item = TypeVar("_Item")

CALL_TOKENS = 256
"""Word pieces per call of a float32 model; measured as the fastest."""


def make_embedder(settings: Settings) -> Embedder:
    """Return the embedder for the model that the settings name; the model is loaded at its first use."""
    if settings.embedding_model == BUNDLED_MODEL:
        return ExportedEmbedder(settings)
    if is_exported(folder := Path(settings.embedding_model).expanduser()):
        return ExportedEmbedder(settings, folder)
    return NamedEmbedder(settings)


class NamedEmbedder:
    """A model that sentence-transformers can load, run as the settings say; loaded at its first use.

    Parameters
    ----------
    settings : Settings
        Names the model, the device and the backend, besides what those that run it need.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = Lock()
        self._chosen: Embedder | None = None

    @property
    def embedder(self) -> Embedder:
        """What runs the model.

        Raises
        ------
        ModelError
            If the model cannot be loaded, or cannot run as the settings say.
        """
        with self._lock:
            if self._chosen is None:
                self._chosen = chosen(self._settings, self._exported, self._loaded)
            return self._chosen

    @property
    def fingerprint(self) -> str:
        """That of `embedder`."""
        return self.embedder.fingerprint

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self.embedder.dimension

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Embed texts as `embedder` does."""
        return self.embedder.embed(texts, progress)

    def embed_chunks(self, chunks: Sequence[ChunkText], progress: Progress | None = None) -> tuple[Vectors, Vectors]:
        """Embed chunks and their spans as `embedder` does."""
        return self.embedder.embed_chunks(chunks, progress)

    def _loaded(self) -> Embedder:
        return SentenceTransformerEmbedder(self._settings)

    def _exported(self) -> Embedder:
        from qa.models.cache import exported_once
        from qa.models.export import export_embedder

        folder = exported_once("embedding", self._settings.embedding_model, export_embedder)
        return ExportedEmbedder(self._settings, folder)


class _Loaded(NamedTuple):
    tokenizer: tokenizers.Tokenizer
    model: Model


class ExportedEmbedder:
    """An exported model (`qa.models.exported`), on onnxruntime; by default the bundled one.

    Where it pools by the mean, the vectors of a chunk and of its spans come from one pass; see `embed_chunks`.
    Thread-safe.

    Parameters
    ----------
    settings : Settings
        Names the batch size and the number of threads.
    folder : Path
        The bundled folder is verified before it is used.
    """

    def __init__(self, settings: Settings, folder: Path = EMBEDDING_MODEL) -> None:
        self._settings = settings
        self._folder = folder
        self._known: EmbedderCard | None = None
        self._model: _Loaded | None = None
        # Fast tokenizers raise "Already borrowed" when two threads use one.
        self._lock = Lock()

    @property
    def card(self) -> EmbedderCard:
        """What the folder says of the model.

        Raises
        ------
        ModelError
            If a file is missing, or is not the expected one.
        """
        if self._known is None:
            is_bundled = self._folder == EMBEDDING_MODEL
            self._known = bundled_card() if is_bundled else read_card(self._folder, EmbedderCard)
        return self._known

    @property
    def fingerprint(self) -> str:
        """Name of the model, precision, runtime, and a SHA-256 over its files."""
        return fingerprint(self._folder, self.card)

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self.card.dimension

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Embed questions, or texts to be compared with each other, in batches of similar length.

        Parameters
        ----------
        texts : sequence of str
        progress : callable, optional
            Called with (texts done, texts in all) after each batch.

        Returns
        -------
        float32 array, shape (len(texts), dimension)
            Row i belongs to ``texts[i]`` and has unit length.

        Raises
        ------
        ModelError
            If the model is missing, or its files are not those expected.
        """
        return self._embed(texts, self.card.query_prompt, progress)

    def embed_chunks(self, chunks: Sequence[ChunkText], progress: Progress | None = None) -> tuple[Vectors, Vectors]:
        """Embed chunks and their spans, in one pass where the model pools by the mean.

        The vector of a chunk is that of its headings and its text. That of a span is the mean over its tokens within
        that pass. A span that has no tokens there, because it is empty or was cut off, is embedded separately.

        Parameters
        ----------
        chunks : sequence of ChunkText
        progress : callable, optional
            Called with (chunks done, chunks in all) after each batch.

        Returns
        -------
        float32 array, shape (len(chunks), dimension), and float32 array, shape (number of all spans, dimension)
            Of unit length; spans are in order.
        """
        if self.card.pooling != "mean":
            return embed_apart(self._embed_passages, chunks, progress)
        before = [self.card.passage_prompt + chunk.before for chunk in chunks]
        texts = [prefix + chunk.text for prefix, chunk in zip(before, chunks, strict=True)]
        firsts = np.cumsum([0, *(len(chunk.spans) for chunk in chunks)])
        vectors = np.empty((len(chunks), self.dimension), dtype=np.float32)
        spans = np.empty((firsts[-1], self.dimension), dtype=np.float32)
        apart: list[tuple[int, str]] = []
        for rows, encodings, outputs in self._passes(texts, progress):
            for row, encoding, output in zip(rows, encodings, outputs, strict=True):
                vectors[row] = pool(output, "mean")
                chunk, offset = chunks[row], len(before[row])
                places = [(offset + start, offset + end) for start, end in chunk.spans]
                for place, span in enumerate(pool_spans(output, encoding, places)):
                    if span is None:
                        apart.append((firsts[row] + place, chunk.span_text(place)))
                    else:
                        spans[firsts[row] + place] = span
        if apart:
            spans[[row for row, _ in apart]] = self._embed_passages([text for _, text in apart])
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
        """Yield rows of texts with their tokens and the outputs of these, while the next batch runs."""
        batches = _batches(texts, self._settings.batch_size)
        started = ((rows, *self._started([texts[row] for row in rows])) for rows in batches)
        done = 0
        for rows, encodings, outputs in _ahead(started):
            found = zip(outputs(), encodings, strict=True)
            yield rows, encodings, [output[: len(one.ids)] for output, one in found]
            done += len(rows)
            if progress:
                progress(done, len(texts))

    def _started(self, texts: Sequence[str]) -> tuple[list[tokenizers.Encoding], Callable[[], list[Vectors]]]:
        """Return the tokens of each text, as far as the model reads it, and what returns the outputs of these."""
        with self._lock:
            if self._model is None:
                self._model = self._load()
            tokenizer, model = self._model
            # Some tokenizers add no token of their own, and a text without tokens has no outputs.
            encodings = [one if one.ids else tokenizer.encode(".") for one in tokenizer.encode_batch(list(texts))]
        return encodings, start(model, encodings)

    def _load(self) -> _Loaded:
        call_tokens = 0 if self.card.precision == "int8" else CALL_TOKENS
        model = open_model(self._folder / MODEL, self._settings.threads, call_tokens)
        tokenizer = load_tokenizer(self._folder / TOKENIZER)
        tokenizer.enable_truncation(self.card.max_tokens)
        return _Loaded(tokenizer, model)


class SentenceTransformerEmbedder:
    """Any model that sentence-transformers can load, in float32; loaded at its first use.

    Parameters
    ----------
    settings : Settings
        Names the model, the device, the backend, the batch size and the number of threads.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._model: SentenceTransformer | None = None
        self._pool: dict[Literal["input", "output", "processes"], Any] | None = None
        # Fast tokenizers raise "Already borrowed" when two threads use one.
        self._lock = Lock()
        self._fingerprint: str | None = None

    @property
    def fingerprint(self) -> str:
        """Name of the model, precision, and a SHA-256 over its files."""
        if self._fingerprint is None:
            self._fingerprint = hub_fingerprint("embedding", self._settings.embedding_model, self.load)
            if self._settings.backend == "openvino":
                # It may compute in bfloat16.
                self._fingerprint += " openvino"
        return self._fingerprint

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        dimension = self.load().get_embedding_dimension()
        if dimension is None:
            raise ModelError(f"embedding model {self._settings.embedding_model!r} does not say its dimension")
        return int(dimension)

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Embed texts in batches of similar length; as `ExportedEmbedder.embed`."""
        return self._embed(texts, prompts_of(self.load()).query, progress)

    def embed_chunks(self, chunks: Sequence[ChunkText], progress: Progress | None = None) -> tuple[Vectors, Vectors]:
        """Embed chunks and their spans apart; see `embed_apart`."""
        prompt = prompts_of(self.load()).passage
        return embed_apart(lambda texts, progress: self._embed(texts, prompt, progress), chunks, progress)

    def _embed(self, texts: Sequence[str], prompt: str, progress: Progress | None) -> Vectors:
        model = self.load()
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        size = self._settings.batch_size
        pool = self._processes() if len(texts) > size else None
        for rows in _batches(texts, size * (_BATCHES_PER_DEVICE * len(pool["processes"]) if pool else 1), progress):
            with self._lock:
                vectors[rows] = model.encode(
                    [texts[row] for row in rows],
                    prompt=prompt,
                    batch_size=size,
                    normalize_embeddings=True,
                    show_progress_bar=False,
                    pool=pool,
                    chunk_size=size if pool else None,
                )
        return vectors

    def _processes(self) -> dict[Literal["input", "output", "processes"], Any] | None:
        """Return sentence-transformers' pool of a process for each GPU, started at the first call; None for one GPU."""
        devices = devices_of(self._settings)
        with self._lock:
            if self._pool is None and self._model is not None and len(devices) > 1:
                # It moves the model to the processor; short texts are still embedded here.
                self._pool = self._model.start_multi_process_pool(devices)
                self._model.to(devices[0])
            return self._pool

    def load(self) -> SentenceTransformer:
        """Return the model, loaded at the first call.

        Raises
        ------
        ModelError
            If it cannot be loaded.
        """
        with self._lock:
            if self._model is None:
                self._model = _load_model(self._settings)
            return self._model


def embed_apart(
    embed: Callable[[Sequence[str], Progress | None], Vectors],
    chunks: Sequence[ChunkText],
    progress: Progress | None = None,
) -> tuple[Vectors, Vectors]:
    """Embed each chunk and each span separately, both after the headings.

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
    texts = [chunk.before + chunk.text for chunk in chunks]
    texts += [chunk.span_text(place) for chunk in chunks for place in range(len(chunk.spans))]
    vectors = embed(texts, progress)
    return vectors[: len(chunks)], vectors[len(chunks) :]


def _ahead(items: Iterator[_Item]) -> Iterator[_Item]:
    """Yield items, each after the next one was taken."""
    taken: deque[_Item] = deque()
    for item in items:
        taken.append(item)
        if len(taken) > 1:
            yield taken.popleft()
    yield from taken


def _batches(texts: Sequence[str], size: int, progress: Progress | None = None) -> Iterator[list[int]]:
    """Yield rows of texts, the longest first: little padding, and an early estimate of the remaining time."""
    by_length = sorted(range(len(texts)), key=lambda row: len(texts[row]), reverse=True)
    for done in range(0, len(texts), size):
        yield by_length[done : done + size]
        if progress:
            progress(min(done + size, len(texts)), len(texts))


def _load_model(settings: Settings) -> SentenceTransformer:
    name = settings.embedding_model
    folder = local_folder("embedding", name)
    device = device_of(settings)
    prepare(processor_threads(settings.threads))
    from sentence_transformers import SentenceTransformer

    backend: Literal["torch", "openvino"] = "openvino" if settings.backend == "openvino" else "torch"
    try:
        where, local = str(folder or name), folder is not None
        return SentenceTransformer(where, device=device, backend=backend, local_files_only=local)
    except ImportError as error:
        raise ModelError(f"QA_BACKEND={backend}: {error}; install sentence-transformers[{backend}]") from error
    except Exception as error:
        raise cannot_load("embedding", name, BUNDLED_MODEL, error) from error
