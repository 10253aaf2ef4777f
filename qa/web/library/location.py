"""The folder of a served chat's library, if it has one."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from qa.settings import NO_LIBRARY, Settings
from qa.web import notices
from qa.web.library.database import LibraryDatabase
from qa.web.server.auth import is_public


def library_folder(settings: Settings, host_names: Collection[str] | None) -> Path | None:
    """Return the folder of the library; None if nothing is saved.

    Raises
    ------
    QAError
        If a folder is set, but the server is public and has no login: all visitors would share the library.
    """
    if settings.library.strip().lower() == NO_LIBRARY:
        return None
    shared = is_public(settings, host_names)
    if settings.library and shared:
        raise notices.LIBRARY_SHARED.error(settings.library)
    if settings.library:
        return Path(settings.library).expanduser()
    if shared or os.environ.get("SYSTEM") == "spaces":
        return None
    import platformdirs

    return platformdirs.user_data_path("cited-qa")


@contextmanager
def opened_library(settings: Settings, host_names: Collection[str] | None) -> Iterator[LibraryDatabase | None]:
    """Open the library, if there is one, and close it at the end; see `library_folder`."""
    folder = library_folder(settings, host_names)
    if folder is None:
        yield None
        return
    database = LibraryDatabase(folder)
    try:
        yield database
    finally:
        database.close()
