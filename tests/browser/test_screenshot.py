"""The pictures of the page in the README: ``make screenshot``."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect
from scripted_model import Reply

from .conftest import opened, wait_until_idle
from .test_generated import VERDICTS, phrased_by

JETS = "Which fighter jets did China buy?"
WHY = "Why did China turn towards Russia?"
REPLY = (
    "China could not buy American weapons, since an embargo followed the crackdown at Tiananmen Square in 1989 [S19]. "
    "After Russia annexed Crimea in 2014, Western sanctions on its arms industry put China in a position to get better "
    "deals [S21]. Moscow then cut its prices by 40 per cent [S21]. The sanctions made it \u201cless choosy about its "
    "buyers\u201d [S22]."
)
NAMED = pytest.mark.skipif("QA_SCREENSHOTS" not in os.environ, reason="QA_SCREENSHOTS names no folder to write to")


@NAMED
@pytest.mark.parametrize(("name", "width", "height"), [("screenshot", 1280, 800), ("screenshot-phone", 390, 844)])
def test_screenshot(app: str, browser: Browser, name: str, width: int, height: int) -> None:
    target = Path(os.environ["QA_SCREENSHOTS"]) / f"{name}.png"
    with opened(browser, app, width=width, height=height, query="?__theme=light") as chat:
        link = chat.ask(JETS).locator("a.cite").first
        if width > height:
            link.click()
            expect(chat.mark.first).to_be_focused()
        expect(chat.page.locator("#chat .next a").first).to_be_visible()
        wait_until_idle(chat.page)
        chat.page.mouse.move(0, 0)
        chat.page.screenshot(path=target, animations="disabled")
    _make_small(target)
    assert target.stat().st_size < 150_000


@NAMED
def test_screenshot_of_a_generated_answer(browser: Browser) -> None:
    target = Path(os.environ["QA_SCREENSHOTS"]) / "screenshot-generated.png"
    with (
        phrased_by("scripted-model") as phrasing,
        opened(browser, phrasing.address, height=660, query="?__theme=light") as chat,
    ):
        VERDICTS["Moscow then cut its prices by 40 per cent."] = "unsupported"
        phrasing.reply = Reply(REPLY)
        answer = chat.ask(WHY)
        expect(answer.locator("del, .claim.partly")).to_have_count(2)
        answer.locator("a.cite").nth(1).click()
        expect(chat.mark.first).to_be_focused()
        wait_until_idle(chat.page)
        chat.page.mouse.move(0, 0)
        chat.page.screenshot(path=target, animations="disabled")
    _make_small(target)
    assert target.stat().st_size < 80_000


def _make_small(picture: Path) -> None:
    with Image.open(picture) as image:
        small = image.convert("RGB").quantize(256, Image.Quantize.MEDIANCUT)
    small.save(picture, optimize=True)
