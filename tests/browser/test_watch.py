"""A folder that changes while the chat about it runs."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

from command import COMMAND
from made_files import make_pdf
from playwright.sync_api import Browser, expect

from .conftest import TIMEOUT_MS, running, wait_until_idle
from .http_api import ask, call_endpoint

SERVE = [*COMMAND, "serve", "--watch", "--docs"]
BEES = "# Bees\n\nBees dance on the comb. The dance tells where nectar is.\n"


def eventually(condition: Callable[[], bool]) -> None:
    started = monotonic()
    while not condition():
        assert monotonic() - started < TIMEOUT_MS / 1000
        sleep(0.1)


def test_a_chat_follows_changes_of_its_folder(tmp_path: Path, browser: Browser) -> None:
    (tmp_path / "bees.md").write_text(BEES)
    (tmp_path / "sums.xls").write_bytes(b"\0")
    with running([*SERVE, str(tmp_path)]) as (address, process):

        def listed() -> set[str]:
            return {each["id"] for each in call_endpoint(address, "list_documents")}

        assert listed() == {"bees.md"}
        assert ask(address, "When was the cable laid?")["answer"] is None
        (tmp_path / "cable.pdf").write_bytes(make_pdf("The cable was laid in 1858. It failed after three weeks."))
        eventually(lambda: listed() == {"bees.md", "cable.pdf"})
        answer = ask(address, "When was the cable laid?")
        assert answer["citations"][0]["document"] == "cable.pdf"
        assert "1858" in answer["answer"]

        page = browser.new_page()
        page.goto(address)
        wait_until_idle(page)
        expect(page.locator("#masthead")).to_contain_text("The cable was laid in 1858")
        expect(page.locator("#source .articles li")).to_have_count(2)
        page.locator("#library > button").click()
        expect(page.locator("#left-out")).to_contain_text(f"Watching {tmp_path}: reload the page after a change.")
        expect(page.locator("#left-out li")).to_contain_text("sums.xls")
        (tmp_path / "bees.md").unlink()
        eventually(lambda: listed() == {"cable.pdf"})
        page.reload()
        wait_until_idle(page)
        expect(page.locator("#source .articles li")).to_have_count(1)
        expect(page.locator("#masthead")).not_to_contain_text("Bees")
        page.close()

        process.send_signal(signal.SIGINT)
        assert process.wait(TIMEOUT_MS / 1000) == 0
        output = process.stdout.read()
    assert output.splitlines()[-2:] == ["added cable.pdf", "removed bees.md"]
