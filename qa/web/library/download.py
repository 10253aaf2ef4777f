"""The download of a collection as one file."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import NamedTemporaryFile

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from qa.web import notices
from qa.web.library.collection_registry import CollectionRegistry
from qa.web.library.transfer import SUFFIX, export_collection

_UNSAFE = re.compile(r"[^\w -]+")


class Download:
    """Responds to a request with a ticket of `CollectionRegistry.ticket`; the file is in `folder` until it is sent."""

    def __init__(self, collections: CollectionRegistry, folder: Path) -> None:
        self._collections = collections
        self._folder = folder

    def respond(self, request: Request) -> Response:
        """Return the file; Starlette calls this in a thread."""
        collection = self._collections.redeem(request.path_params["ticket"])
        if collection is None:
            return PlainTextResponse(f"{notices.DOWNLOAD_EXPIRED.sentence()}\n", 404)
        name = self._collections.name_of(collection)
        with NamedTemporaryFile(dir=self._folder, prefix="export-", delete=False) as file:
            export_collection(self._collections.database, collection, name, file)
        written = Path(file.name)
        download = f"{_UNSAFE.sub('_', name)[:100].strip() or 'collection'}{SUFFIX}"
        return FileResponse(
            written,
            media_type="application/zip",
            filename=download,
            background=BackgroundTask(written.unlink, missing_ok=True),
        )
