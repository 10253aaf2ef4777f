"""The bundled models: their files, verified by SHA-256."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from qa.errors import ModelError
from qa.files import digest_of_regular

FOLDER = Path(__file__).parent
EMBEDDING_MODEL = FOLDER / "embedding_model"
"""The embedder (see `qa.models.exported`); the reader uses the same tokenizer."""
SHA256 = {
    "form_coefficients.json": "0d21f6dce831927a9821ced0a0fe42c4214abd7b7489b98ebb47fcc7a5516181",
    "model.json": "95a570e364b2cea3144e11f1cf977c17ea10ce0e4f198d597bd8a9ba2b8a9fcc",
    "reader.onnx": "dd75024b00c9f7580b6eeb940573e8a05fd2f6e6130b88bf3bd69f6bf7089040",
    "reader_coefficients.json": "639bfa44840d16e6b386fbf752c4f5cc34c6cd16a6f486682608f1034e36d0e8",
}
"""Digests of bundled files; ``model.json`` has those of the embedder. ``python -m qa.training`` prints new ones."""


def verified(file: Path) -> Path:
    """Return a file in `SHA256` after verifying its digest."""
    found, expected = file_digest(file), SHA256[file.name]
    if found != expected:
        raise ModelError(f"{file}: SHA-256 is {found}, expected {expected}; reinstall the package")
    return file


# Cached, because verification and fingerprints use the same digests.
@cache
def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits; computed once per process."""
    try:
        # Some package managers install links to files in their cache.
        return digest_of_regular(path.resolve())
    except FileNotFoundError:
        raise ModelError(f"{path}: the model file is missing; reinstall the package, or export it again") from None
