"""The download of a collection as one file."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from qa.errors import QAError
from qa.web import notices
from qa.web.library.collection_registry import CollectionRegistry
from qa.web.library.transfer import SUFFIX, export_collection

_UNSAFE = re.compile(r"[^\w -]+")


def download_endpoint(collections: CollectionRegistry, folder: Path) -> Callable[[Request], Response]:
    """Return the endpoint for a ticket of `CollectionRegistry.ticket`; the file is in `folder` until it is sent.

    Starlette calls it in a thread.
    """

    def respond(request: Request) -> Response:
        collection = collections.redeem(request.path_params["ticket"])
        if collection is None:
            return PlainTextResponse(f"{notices.DOWNLOAD_EXPIRED.sentence()}\n", 404)
        try:
            name = collections.name_of(collection)
        except QAError as error:
            return PlainTextResponse(f"{notices.sentence(str(error))}\n", 404)
        folder.mkdir(exist_ok=True)
        with NamedTemporaryFile(dir=folder, delete=False) as file:
            written = Path(file.name)
            try:
                export_collection(collections.database, collection, name, file)
            except BaseException:
                written.unlink()
                raise
        return FileResponse(
            written,
            media_type="application/zip",
            filename=f"{_UNSAFE.sub('_', name)[:100].strip() or 'collection'}{SUFFIX}",
            background=BackgroundTask(written.unlink, missing_ok=True),
        )

    return respond
