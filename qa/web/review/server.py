"""Serve the review page, to this computer only."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from qa.documents.chunking import block_sentences
from qa.errors import QuestionSetError
from qa.evaluation.datasets.formats.jsonl import question_to_json
from qa.output.terminal import echo
from qa.web.review.question_set import OutdatedError, ReviewedSet
from qa.web.server.csp import with_headers

HOST = "127.0.0.1"
MAX_BODY_BYTES = 1_000_000  # size limit of a change
_PAGE = Path(__file__).parent / "page"
_NAMES = {"localhost", HOST}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
_HEADERS = [
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
    (b"cross-origin-resource-policy", b"same-origin"),
]


class OwnPageOnly:
    """ASGI middleware that refuses requests by other sites' scripts, and adds the content security policy.

    A site can send requests to this computer through the user's browser, or make its own name resolve to the address of
    this computer (DNS rebinding). Changes are JSON, which browsers do not send to other sites without their permission.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        refused = _refusal(Headers(scope=scope), scope["method"])
        await (refused or self._app)(scope, receive, with_headers(send, *_HEADERS))


def _refusal(headers: Headers, method: str) -> Response | None:
    try:
        host = urlsplit(f"//{headers.get('host', '')}")
        origin = urlsplit(headers.get("origin", f"http://{host.netloc}"))
        foreign = host.hostname not in _NAMES or (origin.scheme, origin.netloc) != ("http", host.netloc)
    except ValueError:
        foreign = True
    if foreign or headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
        return PlainTextResponse("Cross-origin requests are refused.", 403)
    if method == "POST":
        if headers.get("content-type", "") != "application/json":
            return PlainTextResponse("A change must be application/json.", 415)
        length = headers.get("content-length", "")
        if not length.isdecimal() or len(length) > 9 or int(length) > MAX_BODY_BYTES:
            return PlainTextResponse(f"A change may have at most {MAX_BODY_BYTES:,} bytes.", 413)
    return None


def review_app(reviewed: ReviewedSet) -> Starlette:
    """Return the ASGI application of a set's review."""

    async def whole_set(_: Request) -> Response:
        return _json(
            {
                "name": reviewed.path.name,
                "revision": reviewed.revision,
                "questions": [question_to_json(question) for question in reviewed.questions],
                "dropped": reviewed.dropped(),
                "documents": [{"id": document.id, "title": document.title} for document in reviewed.documents.values()],
            }
        )

    async def document(request: Request) -> Response:
        found = reviewed.documents.get(request.query_params.get("id", ""))
        if found is None:
            return _json({"detail": "There is no such document."}, 404)
        sentences = [span for _, spans in block_sentences(found) for span in spans]
        return _json({"id": found.id, "text": found.text, "sentences": sentences})

    async def change(request: Request) -> Response:
        try:
            asked = json.loads(await request.body())
            return _json({**_changed(reviewed, request.path_params["what"], asked), "revision": reviewed.revision})
        except OutdatedError as error:
            return _json({"detail": str(error)}, 409)
        except QuestionSetError as error:
            return _json({"detail": str(error)}, 422)
        except (ValueError, TypeError, KeyError, RecursionError):
            return _json({"detail": "Not a valid change."}, 400)

    routes = [
        Route("/", lambda _: FileResponse(_PAGE / "review.html")),
        *(Route(f"/{name}", _file(name)) for name in ("review.css", "review.js")),
        Route("/set", whole_set),
        Route("/document", document),
        Route("/{what:str}", change, methods=["POST"]),
    ]
    return Starlette(routes=routes, middleware=[Middleware(OwnPageOnly)])


def _changed(reviewed: ReviewedSet, what: str, asked: dict[str, Any]) -> dict[str, Any]:
    revision = asked["revision"]
    if what == "change":
        return {"question": reviewed.change(asked["id"], dict(asked["changes"]), revision)}
    if what == "add":
        return {"question": reviewed.add(dict(asked["changes"]), revision)}
    if what == "drop":
        reviewed.drop(asked["id"], revision)
        return {}
    if what == "restore":
        position, question = reviewed.restore(asked["id"], revision)
        return {"position": position, "question": question}
    raise ValueError(what)


def _file(name: str) -> Any:  # noqa: ANN401 -- Starlette's endpoint
    return lambda _: FileResponse(_PAGE / name)


def _json(content: object, status: int = 200) -> Response:
    # ASCII: a text may have single surrogates, which UTF-8 cannot encode.
    return Response(json.dumps(content), status, media_type="application/json")


def serve_review(reviewed: ReviewedSet, port: int) -> None:
    """Serve the page until Ctrl-C; raises a `QAError` if the port cannot be bound."""
    import uvicorn

    from qa.web.server.listening import listen

    listening = listen(HOST, port)
    at = f"http://{HOST}:{listening.getsockname()[1]}/"
    echo(f"Review {reviewed.path.name} at {at} (press Ctrl-C to stop); every change is saved at once")
    uvicorn.Server(uvicorn.Config(review_app(reviewed), log_level="warning", ws="none")).run([listening])
