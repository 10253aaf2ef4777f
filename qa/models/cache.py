"""The user's cache of exported models."""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import platformdirs

from qa.errors import ExportError
from qa.models.exported import is_exported
from qa.models.huggingface import folder_digest, local_folder


def cache_folder() -> Path:
    """Return the cache folder for exported models, by the conventions of the system and ``XDG_CACHE_HOME``."""
    return platformdirs.user_cache_path("cited-qa", appauthor=False, opinion=False) / "models"


def exported_once(kind: str, name: str, export: Callable[[str, Path], object]) -> Path:
    """Return the folder of an exported model in the cache, exporting it the first time.

    Parameters
    ----------
    kind, name : str
        See `qa.models.huggingface.local_folder`. A model in a folder is exported again when one of its files changes.
    export : callable
        Called with the name and the folder to write.

    Raises
    ------
    ExportError
        If the model cannot be exported, or the cache cannot be written.
    """
    source = local_folder(kind, name)
    key = folder_digest(source) if source else hashlib.sha256(name.encode()).hexdigest()
    readable = re.sub(r"[^\w.-]+", "-", name).strip("-.")[-60:]
    folder = cache_folder() / f"{kind}-{readable}-{key[:16]}"
    if is_exported(folder):
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
            export(name, Path(temporary, "model"))
            try:
                Path(temporary, "model").rename(folder)
            except OSError:
                # Another process may have exported it meanwhile.
                if not is_exported(folder):
                    shutil.rmtree(folder, ignore_errors=True)
                    Path(temporary, "model").rename(folder)
    except OSError as error:
        raise ExportError(f"{folder}: the exported model cannot be written: {error.strerror or error}") from error
    return folder
