"""The page while the server starts: it shows the progress, and keeps a question until it can be asked."""

from __future__ import annotations

import os
import re
import signal
import sys
from pathlib import Path
from threading import Event

from playwright.sync_api import Browser, Route, expect

from .conftest import TIMEOUT_MS
from .servers import ROOT, Server

# As app.py, but it reads the articles only once a file exists.
WAITING = """
import runpy, sys
from pathlib import Path
from threading import Event
from time import sleep
import qa.ingestion.prebuilt as prebuilt

open_prebuilt = prebuilt.open_prebuilt

def waiting(articles, index, settings, tell):
    tell("reading the articles")
    while not Path(sys.argv[1]).exists():
        sleep(0.02)
    return open_prebuilt(articles, index, settings, tell)

prebuilt.open_prebuilt = waiting
runpy.run_path("app.py", run_name="__main__")
"""
JETS = "Which fighter jets did China buy?"


def test_a_question_asked_before_the_server_is_ready_is_answered_once_it_is(browser: Browser, tmp_path: Path) -> None:
    go = tmp_path / "go"
    environment = {**os.environ, "QA_PORT": "0", "PYTHONPATH": str(ROOT)}
    with Server([sys.executable, "-c", WAITING, str(go)], environment) as process:
        starting = re.search(r"starting; the page at (http\S+)/ says", process.stdout.readline())
        assert starting
        with browser.new_context() as context:
            page = context.new_page()
            page.set_default_timeout(TIMEOUT_MS)
            page.goto(starting[1])
            expect(page.get_by_role("status")).to_have_text("Starting: reading the articles ...")
            box = page.get_by_role("textbox", name="Question")
            expect(box).to_be_focused()
            box.fill(JETS)
            box.press("Enter")
            expect(page.get_by_role("status")).to_contain_text("Your question will be asked then.")
            go.touch()
            expect(page.locator("#chat .answer .confidence")).to_be_visible()
            expect(page.locator("#chat .user")).to_have_text(JETS)
            expect(page.locator("#start")).to_have_count(0)
        process.send_signal(signal.SIGTERM)
        assert process.wait(TIMEOUT_MS / 1000) == 0


def test_the_page_is_painted_before_any_script_of_gradio_arrives(app: str, browser: Browser) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.set_default_timeout(TIMEOUT_MS)
        held: list[Route] = []
        arrived = Event()
        page.route("**/assets/**", lambda route: route.continue_() if arrived.is_set() else held.append(route))
        with page.expect_response(f"{app}/") as response:
            page.goto(app, wait_until="commit")
        # At 50 KB a second, that leaves one of two seconds for the rest.
        assert response.value.request.sizes()["responseBodySize"] < 50_000
        painted = "() => performance.getEntriesByName('first-contentful-paint').length"
        page.wait_for_function(painted)
        assert held
        page.get_by_role("textbox", name="Question").fill(JETS)
        arrived.set()
        for route in held:
            route.continue_()
        expect(page.locator("#question textarea")).to_have_value(JETS)
        expect(page.locator("#question textarea")).to_be_focused()
        assert page.evaluate("document.fonts.check('700 16px \"Cited QA Serif\"', 'Cit')")
