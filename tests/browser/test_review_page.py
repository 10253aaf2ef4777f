"""The page on which a question set is reviewed: with the keyboard, with hostile texts, and checked by axe."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep

import uvicorn
from playwright.sync_api import Browser, expect

from qa.evaluation.datasets.questions import read_questions
from qa.evaluation.datasets.types import Evidence
from qa.types import Document
from qa.web.review.question_set import ReviewedSet
from qa.web.review.server import HOST, review_app

from .conftest import eventually
from .payloads import PAYLOADS
from .test_accessibility import VIEWS, violations

BEES = "\U0001f41d The tower was built in 1887.\n\nBees \U0001f41d\U0001f41d live in it. They make honey."
HOSTILE = "\n\n".join(PAYLOADS)


@contextmanager
def served(path: Path) -> Iterator[str]:
    documents = [Document("bees.md", BEES, "Bees", "bees.md"), Document("<b>.md", HOSTILE, PAYLOADS[0], "x")]
    config = uvicorn.Config(review_app(ReviewedSet(path, documents)), HOST, 0, log_level="error", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            sleep(0.01)
        yield f"http://{HOST}:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def test_a_set_is_reviewed_by_keys_alone(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    start = BEES.index("The tower")
    source = {"question": PAYLOADS[2], "document": "<b>.md", "start": 0, "end": len(PAYLOADS[0])}
    rows: list[dict[str, object]] = [
        {"id": "q1", "question": "When was it built?", "answers": ["1887"], "document": "bees.md", "draft": True,
         "evidence": [[start, start + 28]]},
        {"id": "q2", "question": "Who lives in it?", "draft": True},
        {"id": "q3", "question": " ".join(PAYLOADS[:5]), "answerable": False, "draft": True, "kind": PAYLOADS[1],
         "made_from": source, "tags": [PAYLOADS[3]]},
        {"id": "q4", "question": "Dropped?", "draft": True, "answerable": False},
    ]  # fmt: skip
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    outside: list[str] = []
    complaints: list[str] = []
    with served(path) as address, browser.new_context(color_scheme="light") as context:
        page = context.new_page()
        page.set_viewport_size({"width": 1280, "height": 800})
        page.on("request", lambda one: None if one.url.startswith((address, "data:")) else outside.append(one.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.goto(address)
        press = page.keyboard.press
        expect(page.locator("#text mark")).to_have_text("The tower was built in 1887.")

        press("a")
        expect(page.locator("#heading")).to_have_text("Question 2 of 4")
        # It has no answer and no evidence, so it is not accepted yet.
        press("a")
        expect(page.locator("#problem")).to_contain_text("Not accepted")
        press("e")
        page.keyboard.type("!")
        press("Escape")
        # Into the article, and the first word of its second paragraph as the answer, with its sentence as evidence.
        press("m")
        press("Control+Home")
        press("ArrowDown")
        press("ArrowDown")
        press("Home")
        for _ in "Bees":
            press("Shift+ArrowRight")
        page.keyboard.type("x")
        press("w")
        expect(page.locator("#evidence blockquote")).to_have_text("Bees \U0001f41d\U0001f41d live in it.")
        expect(page.locator("#answers textarea")).to_have_value("Bees")
        press("Control+Enter")
        expect(page.locator("#heading")).to_have_text("Question 3 of 4")
        expect(page.locator("#made-from")).to_contain_text(PAYLOADS[2])
        expect(page.locator("#text mark.source")).to_have_text(PAYLOADS[0])
        for width, scheme, rules in VIEWS:
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 800})
            assert violations(page, rules) == {}, f"{width}, {scheme}"
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        press("a")
        press("d")
        expect(page.locator("#progress")).to_have_text("3 of 3 reviewed")
        # Typed text is saved after a moment, without a shortcut.
        press("t")
        page.keyboard.type("last, one")
        eventually(lambda: read_questions(path)[2].extra["tags"][1:], ["one"])
        expect(page.locator("body script, img, iframe, [onerror], [onload]")).to_have_count(0)
        assert page.evaluate("window.hacked") is None
        assert (page.locator("#text").text_content() or "").count("script") == HOSTILE.count("script")
        first, second, third = read_questions(path)
        assert [*outside, *complaints] == []
    assert first.evidence == (Evidence("bees.md", start, start + 28),)
    assert (second.question, second.answers) == ("Who lives in it?!", ("Bees",))
    bees = BEES.index("Bees")
    assert second.evidence == (Evidence("bees.md", bees, bees + len("Bees \U0001f41d\U0001f41d live in it.")),)
    assert third.question == rows[2]["question"]
    assert third.extra["tags"] == [f"{PAYLOADS[3]}last", "one"]
    assert not any("draft" in one.extra or "made_from" in one.extra for one in (first, second, third))
