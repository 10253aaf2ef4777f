"""Models other than the bundled ones: from a folder, or from the Hub."""

from __future__ import annotations

import os
from pathlib import Path

from qa.errors import ModelError


def local_folder(kind: str, name: str) -> Path | None:
    """Return the folder that a model's name stands for, or None for a Hub id.

    Parameters
    ----------
    kind : str
        "embedding" or "reader".
    name : str

    Raises
    ------
    ModelError
        If the name can only be a folder and there is none.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    if folder.is_absolute() or name.startswith((".", "~")):
        raise ModelError(f"{kind} model {name!r} is no folder; set QA_{kind.upper()}_MODEL to one that exists")
    return None


def prepare(threads: int) -> None:
    """Set what torch and transformers need before a model is loaded: threads, and no reports or progress bars."""
    # Set before the import reads them.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    import torch
    from transformers.utils import logging as transformers_logging

    torch.set_num_threads(threads)
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]


def cannot_load(kind: str, name: str, bundled: str, error: Exception) -> ModelError:
    """Return the error that says which model could not be loaded, and what to set instead."""
    return ModelError(
        f"{kind} model {name!r} could not be loaded ({type(error).__name__}); set QA_{kind.upper()}_MODEL to"
        f" {bundled!r}, to the folder of a model, or to a Hub id while online"
    )
