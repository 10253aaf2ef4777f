"""The chat as an ASGI application: Gradio's page, with Gradio's other endpoints turned off."""

from __future__ import annotations

import os
from pathlib import Path

import gradio as gr
from fastapi import FastAPI
from starlette.middleware import Middleware

from qa.files import MEGABYTE
from qa.web.library.transfer import download_endpoint
from qa.web.library_registry import LibraryRegistry
from qa.web.server.first_paint import FirstPaint
from qa.web.server.gradio_internals import EventStreams, cleanup_lifespan, forbid_downloads
from qa.web.server.middleware import RequestFilter, RequestLimits
from qa.web.server.rate_limit import RateLimiter
from qa.web.server.request_bodies import BodyValidator
from qa.web.server.uploads import UploadQuota
from qa.web.ui.page import build
from qa.web.ui.theme import theme

_MAX_SESSIONS = 200  # kept by Gradio, about 100 kB each; each call of an endpoint creates one


class Chat:
    """The chat about the documents of visitors' libraries, not yet running.

    `app` serves the page, and its lifespan starts the queue; `filtered` is the same behind the checks of requests.
    `uploads` is the folder of uploads that are not read yet; with `choose_model`, the page offers a choice of the
    language model.
    """

    def __init__(self, registry: LibraryRegistry, uploads: Path, *, choose_model: bool = False) -> None:
        settings = registry.shared.settings
        os.environ["GRADIO_TEMP_DIR"] = str(uploads)
        forbid_downloads()
        self.page = build(registry, choose_model=choose_model)
        self.page.state_session_capacity = _MAX_SESSIONS
        upload_bytes = round(registry.upload_mb * MEGABYTE)
        total_bytes = max(2 * upload_bytes, round(settings.total_visitor_mb * MEGABYTE))
        limits = RequestLimits(
            upload_bytes=upload_bytes,
            uploads=UploadQuota(uploads, 2 * upload_bytes, total_bytes),
            check_body=BodyValidator(self.page).checked,
            requests=RateLimiter(
                "requests", settings.per_visitor_requests_per_minute, settings.total_requests_per_minute
            ),
        )
        app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
        if registry.collections:
            # Not beside the uploads: incomplete ones are deleted there.
            app.add_route("/collection/{ticket}", download_endpoint(registry.collections, uploads / "exports"))
        self.app = gr.mount_gradio_app(
            app,
            self.page,
            path="/",
            root_path=os.environ.get("GRADIO_ROOT_PATH"),
            # Inside Gradio's own middleware, which compresses what is sent.
            app_kwargs={
                "lifespan": cleanup_lifespan(self.page),
                "middleware": [Middleware(EventStreams, page=self.page)],
            },
            theme=theme(),
            footer_links=["api"],
            allowed_paths=[],
            blocked_paths=["/"],
            max_file_size=upload_bytes,
            show_error=False,
            enable_monitoring=False,
            run_history=False,
            ssr_mode=False,
            pwa=False,
            mcp_server=True,
            # Gradio announces this key to screen readers after each answer, but has no text for it.
            i18n=gr.I18n(en={"common.complete": "Complete"}),
        )
        self.filtered = FirstPaint(RequestFilter(self.app, limits))
