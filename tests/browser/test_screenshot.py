"""The pictures of the page in the README: ``make screenshot``."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from .conftest import opened, settled

JETS = "Which fighter jets did China buy?"


@pytest.mark.skipif("QA_SCREENSHOTS" not in os.environ, reason="QA_SCREENSHOTS names no folder to write to")
@pytest.mark.parametrize(("name", "width", "height"), [("screenshot", 1280, 800), ("screenshot-phone", 390, 844)])
def test_screenshot(app: str, browser: Browser, name: str, width: int, height: int) -> None:
    target = Path(os.environ["QA_SCREENSHOTS"]) / f"{name}.png"
    with opened(browser, app, width=width, height=height, query="?__theme=light") as chat:
        link = chat.ask(JETS).locator("a.cite").first
        if width > height:
            link.click()
            expect(chat.mark.first).to_be_focused()
        settled(chat.page)
        chat.page.mouse.move(0, 0)
        chat.page.screenshot(path=target, animations="disabled")
    with Image.open(target) as image:
        small = image.convert("RGB").quantize(256, Image.Quantize.MEDIANCUT)
    small.save(target, optimize=True)
    assert target.stat().st_size < 150_000
