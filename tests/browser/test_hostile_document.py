"""A document whose id, title and text try to run in the page."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Browser, expect

from .conftest import cited, opened, running
from .http_api import ask

TRICK = (
    '<script>window.hacked=1</script> <img src=x onerror="window.hacked=2"> ${window.hacked=3} {{hacked}} '
    "[link](javascript:window.hacked=4) <a href='javascript:window.hacked=5'>a</a> ![i](http://example.com/i.png) "
    "</textarea></div><style>*{display:none}</style> $$\\href{javascript:0}{x}$$ <!-- &lt; \u2028 caf\u00e9 \U0001f41d"
)
NAME = "it's #cite:a:0:1 <img src=x onerror=window.hacked=6> ${window.hacked=7} {{x}} 50% caf\u00e9.md"
TEXT = f"# Title {TRICK}\n\nThe lighthouse keeper of Dunmore was called {TRICK} Murphy.\n\n- {TRICK}\n"


def test_a_hostile_document_is_shown_and_runs_nothing(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "sub:folder").mkdir()
    (tmp_path / "sub:folder" / NAME).write_text(TEXT, encoding="utf-8")
    serve = [sys.executable, "-c", "from qa.cli import main; main()", "serve", "--docs", str(tmp_path)]
    with running(serve, QA_ANSWER_THRESHOLD="0") as (address, _), opened(browser, address) as chat:
        question = f"Who was the lighthouse keeper of Dunmore? {TRICK}"
        answer = chat.ask(question)
        told = ask(address, question)
        link = answer.locator("a.cite").first
        link.click()
        document, start, end = cited(link)
        assert document == f"sub:folder/{NAME}" == told["citations"][0]["document"]
        assert TEXT[start:end] == told["citations"][0]["text"]
        chat.shows(TEXT[start:end])
        expect(chat.page.locator("#source .id")).to_have_text(document)
        assert chat.page.locator("#source .text").text_content() == TEXT

        chat.ask(f"And her? {TRICK}")
        chat.close_source()
        expect(chat.page.locator("#source .articles a")).to_contain_text("<script>")
        everywhere = "#chat .message-content, #source, #masthead"
        within = ", ".join(f":is({everywhere}) {tag}" for tag in ("img", "script", "style", "[onerror]", ".katex"))
        expect(chat.page.locator(within)).to_have_count(0)
        expect(chat.page.locator('a[href^="javascript:" i]')).to_have_count(0)
        assert chat.page.evaluate("window.hacked") is None
