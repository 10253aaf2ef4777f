"""Models on sentence-transformers, for those that are not exported."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from qa.errors import ModelError
from qa.models.embedder import embed_separately, length_batches
from qa.models.huggingface import cannot_load, device_of, devices_of, find_model, fingerprint, prepare, prompts_of
from qa.models.onnx_session import processor_threads
from qa.protocols import ChunkText
from qa.settings import Settings
from qa.types import Progress, Vectors

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_BATCHES_PER_DEVICE = 8  # batches sent to each GPU at a time, if there are several


class SentenceTransformerEmbedder:
    """Any model that sentence-transformers can load, in float32; loaded at first use."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._model: SentenceTransformer | None = None
        self._pool: dict[Literal["input", "output", "processes"], Any] | None = None
        # Fast tokenizers raise "Already borrowed" when two threads use one.
        self._lock = Lock()

    @cached_property
    def fingerprint(self) -> str:
        """Name, precision, and a SHA-256 over the files of the model."""
        # OpenVINO may compute in bfloat16.
        runtime = " openvino" if self._settings.backend == "openvino" else ""
        return fingerprint("embedding", self._settings.embedding_model, self.load) + runtime

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        dimension = self.load().get_embedding_dimension()
        if dimension is None:
            raise ModelError(f"embedding model {self._settings.embedding_model!r} does not say its dimension")
        return int(dimension)

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Embed texts; see `qa.models.embedder.ExportedEmbedder.embed`."""
        return self._embed(texts, prompts_of(self.load()).query, progress)

    def embed_chunks(self, chunks: Sequence[ChunkText], progress: Progress | None = None) -> tuple[Vectors, Vectors]:
        """Embed chunks and their spans separately; see `embed_separately`."""
        prompt = prompts_of(self.load()).passage
        return embed_separately(lambda texts, progress: self._embed(texts, prompt, progress), chunks, progress)

    def _embed(self, texts: Sequence[str], prompt: str, progress: Progress | None) -> Vectors:
        model = self.load()
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        size = self._settings.batch_size
        pool = self._processes() if len(texts) > size else None
        at_once = _BATCHES_PER_DEVICE * len(pool["processes"]) if pool else 1
        for rows in length_batches(texts, size * at_once, progress):
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
        """Return a pool with one process per GPU, started at the first call; None for a single device."""
        devices = devices_of(self._settings)
        with self._lock:
            if self._pool is None and self._model is not None and len(devices) > 1:
                # Starting the pool moves the model to the CPU, but short texts are still embedded here.
                self._pool = self._model.start_multi_process_pool(devices)
                self._model.to(devices[0])
            return self._pool

    def load(self) -> SentenceTransformer:
        """Return the model, loaded at the first call."""
        with self._lock:
            if self._model is None:
                self._model = _load_model(self._settings)
            return self._model


def _load_model(settings: Settings) -> SentenceTransformer:
    name = settings.embedding_model
    where, local = find_model("embedding", name)
    device = device_of(settings)
    prepare(processor_threads(settings.threads))
    from sentence_transformers import SentenceTransformer

    backend: Literal["torch", "openvino"] = "openvino" if settings.backend == "openvino" else "torch"
    try:
        return SentenceTransformer(where, device=device, backend=backend, local_files_only=local)
    except ImportError as error:
        raise ModelError(f"QA_BACKEND={backend}: {error}; install sentence-transformers[{backend}]") from error
    except Exception as error:
        raise cannot_load("embedding", name, type(error).__name__) from error
