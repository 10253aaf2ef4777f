"""The middleware in front of Gradio: closed paths, body sizes, upload quotas and rate limits."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from qa.web.server.middleware import RequestFilter, RequestLimits
from qa.web.server.rate_limit import RateLimiter
from qa.web.server.request_bodies import BodyError
from qa.web.server.server import TRUSTED_PROXIES
from qa.web.server.uploads import UploadQuota

OWN = "http://127.0.0.1:7860"
JSON = {"content-type": "application/json"}
Result = TypeVar("Result")


async def echo(request: Request) -> JSONResponse:
    body = await request.body()
    return JSONResponse({"bytes": len(body), "for": request.headers.getlist("x-forwarded-for")})


async def page(_: Request) -> HTMLResponse:
    return HTMLResponse("<head><script>a</script><script src='b'></script></head><p>scripts")


BEHIND = Starlette(routes=[Route("/", page), Route("/{path:path}", echo, methods=["GET", "POST", "DELETE"])])


class Unchecked:
    """Accepts every body; the real check has its own tests."""

    def checked(self, _path: str, body: bytes, _owns: Callable[[str], bool]) -> bytes:
        return body


@pytest.fixture
def bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RequestLimits:
    monkeypatch.setattr("qa.web.server.uploads._SECONDS_BETWEEN_MEASUREMENTS", 0)
    room = UploadQuota(tmp_path, 200_000, 300_000)
    return RequestLimits(1000, room, Unchecked().checked, RateLimiter("requests", 3, 5))


def send(
    bounds: RequestLimits | ASGIApp, *requests: dict[str, Any], visitor: str = "192.0.2.1"
) -> list[httpx.Response]:
    """Send requests through one guard; each is a mapping of httpx.request's arguments."""
    guard: Any = RequestFilter(BEHIND, bounds) if isinstance(bounds, RequestLimits) else bounds

    async def visit() -> list[httpx.Response]:
        transport = httpx.ASGITransport(guard, client=(visitor, 1))
        async with httpx.AsyncClient(transport=transport, base_url=OWN) as client:
            return [await client.request(**{"method": "GET", "url": "/config", **each}) for each in requests]

    return finished(visit())


def finished(work: Coroutine[Any, Any, Result]) -> Result:
    """Return the result of a coroutine, run in a new thread: the browser's tests leave a loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/gradio_api/file=/etc/hostname"),
        ("GET", "/gradio_api/file/etc/hostname"),
        ("GET", "/file=/etc/hostname"),
        ("GET", "/gradio_api//file=/etc/hostname"),
        ("GET", "//gradio_api/file=/etc/hostname"),
        ("GET", "/gradio_api/file%3D/etc/hostname"),
        ("GET", "/assets/../gradio_api/file=/etc/hostname"),
        ("GET", "/gradio_api/proxy=http://example.com/"),
        ("GET", "/gradio_api/deep_link?session_hash=x"),
        ("GET", "/gradio_api/dev/reload"),
        ("GET", "/gradio_api/stream/x/1/2/playlist.m3u8"),
        ("GET", "/gradio_api/custom_component/a/client/b/c"),
        ("GET", "/gradio_api/runs"),
        ("GET", "/gradio_api/vibe-code"),
        ("GET", "/gradio_api/profiling/traces"),
        ("GET", "/gradio_api/token"),
        ("GET", "/gradio_api/user"),
        ("GET", "/monitoring"),
        ("GET", "/monitoring/summary"),
        ("GET", "/login"),
        ("POST", "/login"),
        ("POST", "/"),
        ("POST", "/gradio_api/process_recording"),
        ("POST", "/gradio_api/vibe-edit"),
        ("POST", "/gradio_api/api/predict"),
        ("POST", "/gradio_api/stream/x"),
        ("DELETE", "/gradio_api/mcp/"),
        ("PUT", "/gradio_api/upload"),
    ],
)
def test_routes_that_the_page_does_not_need_are_closed(bounds: RequestLimits, method: str, path: str) -> None:
    (reply,) = send(bounds, {"method": method, "url": path})
    assert reply.status_code == 403
    assert "bytes" not in reply.text


def test_requests_are_counted_per_visitor_and_in_all_but_page_views_are_not(bounds: RequestLimits) -> None:
    guard = RequestFilter(BEHIND, bounds)
    post = {"method": "POST", "url": "/gradio_api/queue/join", "json": {}}
    assert [reply.status_code for reply in send(guard, post, post, post, post, {})] == [200, 200, 200, 429, 200]
    *_, refused = send(guard, post)
    message = r"Too many requests: the limit is 3 per minute per visitor; try again in \d+ s\."
    assert re.fullmatch(message, refused.json()["detail"])
    assert 0 < int(refused.headers["retry-after"]) <= 60
    replies = send(guard, post, post, post, visitor="192.0.2.2")
    assert [reply.status_code for reply in replies] == [200, 200, 429]
    assert "Too many requests: the limit is 5 per minute for all visitors" in replies[-1].json()["detail"]


def test_a_body_without_the_header_of_json_gets_what_to_do(bounds: RequestLimits) -> None:
    # As curl sends it without -H.
    body = {"content": b"{}", "headers": {"content-type": "application/x-www-form-urlencoded"}}
    (reply,) = send(bounds, {"method": "POST", "url": "/gradio_api/call/v2/ask", **body})
    assert (reply.status_code, reply.json()["detail"]) == (
        415,
        "Send JSON, with the header Content-Type: application/json.",
    )


def test_streams_are_counted_too(bounds: RequestLimits) -> None:
    paths = ("/gradio_api/queue/data", "/gradio_api/heartbeat/x", "/gradio_api/call/ask/x", "/gradio_api/mcp/")
    replies = send(bounds, *({"url": path} for path in paths))
    assert [reply.status_code for reply in replies] == [200, 200, 200, 429]


@pytest.mark.parametrize(
    ("forwarded", "visitor"),
    [
        ("203.0.113.5", "203.0.113.5"),
        ("198.51.100.1, 203.0.113.5", "203.0.113.5"),
        ("198.51.100.1, 203.0.113.5, 10.0.3.4", "203.0.113.5"),
        ("198.51.100.1, 203.0.113.5, 172.16.9.9, 192.168.1.1", "203.0.113.5"),
    ],
)
def test_a_visitor_of_a_space_cannot_choose_an_address(bounds: RequestLimits, forwarded: str, visitor: str) -> None:
    guard = RequestFilter(BEHIND, bounds)

    async def visit() -> str:
        transport = httpx.ASGITransport(ProxyHeadersMiddleware(guard, TRUSTED_PROXIES), client=("10.1.2.3", 1))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url=OWN) as client:
            reply = await client.post("/gradio_api/mcp/", json={}, headers={"x-forwarded-for": forwarded})
            (address,) = reply.json()["for"]
            return str(address)

    assert finished(visit()) == visitor


def test_uploads_are_limited_each_and_in_total(bounds: RequestLimits, tmp_path: Path) -> None:
    upload = {"method": "POST", "url": "/gradio_api/upload", "files": {"files": ("a.txt", b"a" * 900)}}
    assert send(bounds, upload)[0].status_code == 200
    large = {**upload, "files": {"files": ("a.txt", b"a" * 101_500)}}
    assert send(bounds, large)[0].status_code == 413
    (tmp_path / "waits").mkdir()
    (tmp_path / "waits" / "b.txt").write_bytes(b"b" * 299_500)
    (refused,) = send(bounds, upload)
    assert (refused.status_code, refused.json()["detail"]) == (
        503, "Upload storage is full; try again in a few minutes.",
    )  # fmt: skip
    elsewhere = {**upload, "url": "/gradio_api/queue/join"}
    assert send(bounds, elsewhere, visitor="192.0.2.2")[0].status_code == 403


def test_an_upload_counts_what_has_arrived_and_each_visitor_has_a_quota(bounds: RequestLimits, tmp_path: Path) -> None:
    guard = RequestFilter(
        BEHIND, replace(bounds, uploads=UploadQuota(tmp_path, 1_500, 300_000), requests=RateLimiter("x", 99, 99))
    )

    async def visit() -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("qa.web.server.middleware._IDLE_SECONDS", 0.3)
            # As large as there is room for, as many as the room would take, and not a byte of any comes.
            idle = [asyncio.create_task(announce_upload(guard, f"198.51.100.{number}")) for number in range(20)]
            await asyncio.sleep(0.05)
            assert (await upload(guard, "192.0.2.1", 900))[0] == 200
            (status, *_), *_ = [await each for each in idle]
            assert status == 408

    async def share() -> None:
        keeping = RequestFilter(keep, guard._limits)
        assert [(await upload(keeping, "192.0.2.1", 600))[0] for _ in range(3)] == [200, 200, 503]
        assert (await upload(keeping, "192.0.2.2", 600))[0] == 200
        for file in tmp_path.rglob("*.kept"):
            file.unlink()
        assert (await upload(keeping, "192.0.2.1", 600))[0] == 200

    async def keep(scope: Scope, receive: Receive, send: Send) -> None:
        """As Gradio does: write the body to a file, and reply with its path."""
        body = await Request(scope, receive).body()
        file = tmp_path / "folder" / f"{len(list(tmp_path.rglob('*')))}.kept"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(body)
        await JSONResponse([str(file)])(scope, receive, send)

    finished(visit())
    finished(share())


async def announce_upload(guard: RequestFilter, visitor: str) -> tuple[int, bytes]:
    """Announce an upload that never comes."""

    async def nothing() -> Message:
        await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    return await requested(guard, visitor, [(b"content-length", b"100000")], nothing)


async def upload(guard: RequestFilter, visitor: str, size: int) -> tuple[int, bytes]:
    """Upload a number of bytes."""

    async def whole() -> Message:
        return {"type": "http.request", "body": b"a" * size, "more_body": False}

    return await requested(guard, visitor, [(b"content-length", str(size).encode())], whole)


async def requested(
    guard: RequestFilter, visitor: str, headers: list[tuple[bytes, bytes]], receive: Receive
) -> tuple[int, bytes]:
    """Return the status and the body of the reply to an upload."""
    messages: list[Message] = []

    async def send(message: Message) -> None:
        messages.append(message)

    kind = (b"content-type", b"multipart/form-data; boundary=x")
    scope = {
        "type": "http", "method": "POST", "path": "/gradio_api/upload", "client": (visitor, 1), "query_string": b"",
        "headers": [(b"host", b"127.0.0.1"), kind, *headers],
    }  # fmt: skip
    await guard(scope, receive, send)
    return messages[0]["status"], b"".join(each.get("body", b"") for each in messages)


def test_a_body_that_does_not_arrive_times_out_and_all_share_a_memory_limit(bounds: RequestLimits) -> None:
    async def slow(pieces: int) -> AsyncIterator[bytes]:
        for _ in range(pieces):
            yield b"a" * 1_000_000
        await asyncio.sleep(2)
        yield b"a"

    async def visit() -> list[int]:
        guard = RequestFilter(BEHIND, replace(bounds, requests=RateLimiter("x", 999, 999)))
        transport = httpx.ASGITransport(guard, client=("192.0.2.1", 1))
        async with httpx.AsyncClient(transport=transport, base_url=OWN) as client:
            posts = [client.post("/gradio_api/queue/join", content=slow(3), headers=JSON) for _ in range(7)]
            return [reply.status_code for reply in await asyncio.gather(*posts)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("qa.web.server.middleware._IDLE_SECONDS", 0.5)
        statuses = finished(visit())
    assert set(statuses) == {408, 503}


def test_a_body_of_another_shape_never_reaches_gradio(bounds: RequestLimits) -> None:
    class Refusing:
        def checked(self, path: str, _body: bytes, _owns: Callable[[str], bool]) -> bytes:
            raise BodyError(f"not for {path}")

    post = {"method": "POST", "url": "/gradio_api/call/ask", "json": {}}
    (refused,) = send(replace(bounds, check_body=Refusing().checked), post)
    assert (refused.status_code, refused.json()["detail"]) == (
        400, "Invalid request: not for /gradio_api/call/ask.",
    )  # fmt: skip


def test_an_mcp_client_keeps_its_visitor_address(bounds: RequestLimits) -> None:
    call = {"method": "POST", "url": "/gradio_api/mcp/", "json": {}, "headers": {"x-forwarded-for": "198.51.100.9"}}
    assert send(bounds, call)[0].json()["for"] == ["192.0.2.1"]


def test_the_disk_is_not_measured_for_every_piece_of_an_upload(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measured: list[Path] = []

    def size(file: Path) -> int:
        measured.append(file)
        return 0

    monkeypatch.setattr("qa.web.server.uploads._size", size)
    (tmp_path / "stored.txt").touch()
    quota = UploadQuota(tmp_path, 1_000_000, 1_000_000)
    quota.begin()
    assert all(quota.take("192.0.2.1", 1000) for _ in range(1000))
    assert not quota.take("192.0.2.1", 1)
    assert len(measured) < 10
