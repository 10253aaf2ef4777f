"""Models that are exported once, into the user's cache, and then run as the bundled ones do."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from qa.errors import ExportError
from qa.models.exported import is_exported
from qa.models.huggingface import folder_digest, local_folder


def cache_folder() -> Path:
    """Return the user's folder for exported models, as the system prescribes; ``XDG_CACHE_HOME`` overrides it."""
    home = Path.home()
    system = {
        "win32": Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local")),
        "darwin": home / "Library/Caches",
    }
    return Path(os.environ.get("XDG_CACHE_HOME") or system.get(sys.platform, home / ".cache")) / "cited-qa" / "models"


def exported_once(kind: str, name: str, export: Callable[[str, Path], object]) -> Path:
    """Return the folder of an exported model in the cache, where it is written the first time.

    Parameters
    ----------
    kind, name : str
        As for `qa.models.huggingface.local_folder`. A model in a folder is exported again when a file in it changes.
    export : callable
        Writes the model of that name to a folder.

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
                # Another process may have been faster.
                if not is_exported(folder):
                    shutil.rmtree(folder, ignore_errors=True)
                    Path(temporary, "model").rename(folder)
    except OSError as error:
        raise ExportError(f"{folder}: the exported model cannot be written: {error.strerror}") from error
    return folder
