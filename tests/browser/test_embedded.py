"""The page in a frame on another site, as a Space shows it, in a browser that blocks third-party storage."""

from __future__ import annotations

import json
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Browser, expect

from .conftest import BROWSERS, FLAGS, TIMEOUT_MS, Chat, cited, wait_until_idle

TEA = "Tea reached the harbour of Port Amarel in 1650. Merchants sold it by weight.\n"
STORES = "['localStorage', 'sessionStorage'].filter((name) => { try { return window[name] } catch { return false } })"


def test_it_works_embedded_without_storage(app: str, browser: Browser, tmp_path: Path) -> None:
    class Embedder(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(f'<iframe src="{app}" style="width: 100%; height: 95vh"></iframe>'.encode())

        def log_message(self, *_: object) -> None:
            pass

    preferences = {"profile": {"cookie_controls_mode": 1, "block_third_party_cookies": True}}
    (tmp_path / "Default").mkdir()
    (tmp_path / "Default" / "Preferences").write_text(json.dumps(preferences), encoding="utf-8")
    executable = next(filter(None, map(shutil.which, BROWSERS)))
    # To a browser, the name and the IP address of one computer are two sites.
    with (
        ThreadingHTTPServer(("127.0.0.1", 0), Embedder) as server,
        browser.browser_type.launch_persistent_context(
            tmp_path, executable_path=executable, args=FLAGS, viewport={"width": 1280, "height": 900}
        ) as context,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = context.new_page()
        page.set_default_timeout(TIMEOUT_MS)
        chat = Chat(page, app)
        page.on("pageerror", lambda error: chat.complaints.append(str(error)))
        page.goto(f"http://localhost:{server.server_port}")
        frame = page.frame_locator("iframe")
        wait_until_idle(frame)
        assert page.frames[1].evaluate(STORES) == []

        frame.locator("#library").get_by_text("Articles: ").click()
        frame.locator("#add-files").set_input_files(
            {"name": "tea.txt", "mimeType": "text/plain", "buffer": TEA.encode()}
        )
        expect(frame.locator("#outcomes .added")).to_have_text("Tea added, 14 words")
        box = frame.locator("#question textarea")
        box.fill("When did tea reach the harbour of Port Amarel?")
        box.press("Enter")
        link = frame.locator("#chat .answer a.cite").first
        expect(frame.locator("#chat .answer .confidence")).to_be_visible()
        link.click()
        _, start, end = cited(link)
        expect(frame.locator("#source mark").first).to_contain_text(TEA[start:end].strip())

        # Nothing was stored, and the page starts empty.
        page.reload()
        wait_until_idle(frame)
        expect(frame.locator("#source .articles")).to_be_visible()
        expect(frame.locator("#chat .answer")).to_have_count(0)
        server.shutdown()
        assert not chat.complaints
