"""The bundled models: their files, verified by SHA-256."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from qa.errors import ModelError
from qa.files import digest_of_regular

FOLDER = Path(__file__).parent
EMBEDDING_MODEL = FOLDER / "embedding_model"
"""The embedder, as `qa.models.exported` describes; its tokenizer is the reader's too."""
SHA256 = {
    "form_coefficients.json": "623ba99051c9c28a92463cbd770d06f283b6bb2c52b537cfe0e84b9a0b379d92",
    "model.json": "01c797c3e6e6516621eda499c99117b4cd5d09ed116bb77d7232957d03572875",
    "reader.onnx": "7f11d5fe5dec5d716d8b6352bf901829df032f9a47264feb39b1e5d6a0906116",
    "reader_coefficients.json": "2ef862dc93c607a1f4c4c033e8dc88329fd40d1715e1a8eb6306eab6c9bd785e",
}
"""Digests of the model files; ``model.json`` has those beside it. ``python -m qa.training`` prints those it writes."""


def verified(file: Path) -> Path:
    """Return a file named in `SHA256` after verifying its content.

    Raises
    ------
    ModelError
        If it is missing, or its digest differs.
    """
    found, expected = file_digest(file), SHA256[file.name]
    if found != expected:
        raise ModelError(f"{file}: SHA-256 is {found}, expected {expected}; reinstall its package")
    return file


# Verification and fingerprint need the same digests of 46 MB at every start.
@cache
def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits; computed once per process.

    Raises
    ------
    ModelError
        If the file is missing.
    """
    try:
        # Some installers link to files in their cache.
        return digest_of_regular(path.resolve())
    except FileNotFoundError:
        raise ModelError(f"{path}: the model file is missing; reinstall the package") from None
