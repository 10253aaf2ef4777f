"""Documents, questions and uploads whose texts contain scripts: each is shown, and nothing runs."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from command import COMMAND
from playwright.sync_api import Browser, FilePayload, expect

from .conftest import TIMEOUT_MS, Chat, cited, kept, opened, running, wait_until_idle
from .http_api import ask
from .payloads import FOREIGN, PAYLOADS

NAME = "it's #cite:a:0:1 <img src=x onerror=window.hacked=6> ${window.hacked=7} {{x}} 50% caf\u00e9.md"
FOLDER = "sub:folder"
KEEPER = "The lighthouse keeper of Dunmore was called {} Murphy."
QUESTION = "Who was the lighthouse keeper of Dunmore?"
LOADED = ("<img src=http://example.com/i.png>", "<link rel=stylesheet href=http://example.com/a.css>")
LONGEST_QUESTION = 900
LONGEST_NAME = 200  # bytes, well within the limit of file systems


def text_of(payloads: tuple[str, ...]) -> str:
    """Return an article with a title and paragraphs of payloads."""
    keeper = KEEPER.format(payloads[0])
    return f"# Title {payloads[0]}\n\n{keeper}\n\n" + "\n\n".join(f"- {payload}" for payload in payloads) + "\n"


def file_name(payload: str) -> str:
    """Return a payload as a valid file name."""
    name = re.sub(r"[/\t]", "\u2215", payload).encode()[:LONGEST_NAME]
    return name.decode(errors="ignore")


def nothing_happened(chat: Chat) -> None:
    """Check that no text became markup or ran; dialogs and requests are checked when the page closes."""
    expect(chat.page.locator(FOREIGN)).to_have_count(0)
    assert chat.page.evaluate("window.hacked") is None


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an app about one document of all payloads, and one for each fifth, named and titled by it."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / FOLDER).mkdir()
    (folder / FOLDER / NAME).write_text(text_of(PAYLOADS), encoding="utf-8")
    for number, payload in enumerate(PAYLOADS):
        name = f"{number:02} {file_name(payload)}.txt"
        (folder / name).write_text(f"{payload}\n\nNothing else is said in number {number}.\n", encoding="utf-8")
    serve = [*COMMAND, "serve", "--docs", str(folder)]
    with running(serve, QA_ANSWER_THRESHOLD="0") as (address, _):
        yield address


def test_there_are_enough_payloads() -> None:
    assert len(set(PAYLOADS)) == len(PAYLOADS) >= 60


def test_titles_texts_questions_and_answers_are_text(hostile: str, browser: Browser) -> None:
    with opened(browser, hostile) as chat:
        titles = "\n".join(chat.page.locator("#source .articles a").all_text_contents())
        for payload in PAYLOADS:
            assert " ".join(payload.split()) in " ".join(titles.split())
        nothing_happened(chat)

        reply = ask(hostile, QUESTION)
        link = chat.ask(QUESTION).locator("a.cite").first
        link.click()
        document, start, end = cited(link)
        assert document == f"{FOLDER}/{NAME}" == reply["citations"][0]["document"]
        text = text_of(PAYLOADS)
        assert text[start:end] == reply["citations"][0]["text"]
        chat.shows(text[start:end])
        expect(chat.page.locator("#source .id")).to_have_text(document)
        assert chat.page.locator("#source .text").text_content() == text
        nothing_happened(chat)

        batch: list[str] = []
        for payload in (*PAYLOADS, ""):
            if payload and len(" ".join([*batch, payload])) < LONGEST_QUESTION:
                batch.append(payload)
                continue
            question = " ".join(batch)
            chat.ask(question)
            shown = chat.page.locator('#chat [data-testid="user"]').last.text_content() or ""
            assert question.split() == shown.split()
            batch = [payload]
        nothing_happened(chat)
        # The stored conversation is restored unchanged.
        kept(chat.page, "proto")
        chat.page.reload()
        wait_until_idle(chat.page)
        expect(chat.answers).not_to_have_count(0)
        nothing_happened(chat)


def test_uploads_and_their_names_are_text(hostile: str, browser: Browser) -> None:
    refused: list[FilePayload] = [
        {"name": f"{file_name(payload)}.xls", "mimeType": "", "buffer": b"x"} for payload in PAYLOADS[1::4]
    ]
    taken: list[FilePayload] = [
        {
            "name": f"own {number} {file_name(payload)}.txt",
            "mimeType": "",
            "buffer": f"{payload} is what number {number} of the uploads says.".encode(),
        }
        for number, payload in enumerate(PAYLOADS[::8])
    ]
    with opened(browser, hostile) as chat:
        page = chat.page
        page.locator("#library").get_by_text("Articles: ").click()
        page.set_input_files("#add-files", [*refused, *taken])
        expect(page.locator("#outcomes .added")).to_have_count(len(taken))
        expect(page.locator("#outcomes .failed")).to_have_count(len(refused))
        failed = "\n".join(page.locator("#outcomes .failed b").all_text_contents())
        for file in refused:
            assert " ".join(str(file["name"]).split()) in " ".join(failed.split())
        page.locator("#add summary").click()
        page.locator("#add-title").fill(PAYLOADS[0] + PAYLOADS[21])
        page.locator("#add-text").fill("\n".join(PAYLOADS[::3]))
        page.get_by_role("button", name="Add text").click()
        expect(page.locator("#outcomes .added")).to_have_count(1)
        expect(page.locator("#outcomes .added b")).to_have_text(PAYLOADS[0] + PAYLOADS[21])
        expect(page.locator("#article-list .remove")).to_have_count(len(taken) + 1)
        nothing_happened(chat)
        page.locator("#article-list .remove").last.click()
        page.get_by_text("Really remove?").click()
        expect(page.locator("#article-list .remove")).to_have_count(len(taken))
        nothing_happened(chat)


def test_a_script_that_got_into_the_page_would_not_run(app: str, browser: Browser) -> None:
    # Blocked requests are logged on the console, which `opened` would report as errors of the page.
    with browser.new_context() as context:
        page = context.new_page()
        page.set_default_timeout(TIMEOUT_MS)
        events: list[str] = []
        page.on("dialog", lambda dialog: events.append(dialog.message))
        # Chromium also reports requests that the policy blocks, but the end only of those that were sent.
        page.on("requestfinished", lambda request: events.append(request.url) if "example.com" in request.url else None)
        page.goto(app)
        wait_until_idle(page)
        page.evaluate(
            """(payloads) => {
              window.stopped = [];
              document.addEventListener("securitypolicyviolation", (event) => stopped.push(event.effectiveDirective));
              const place = document.body.appendChild(document.createElement("div"));
              for (const payload of payloads) {
                place.append(document.createRange().createContextualFragment(payload));
              }
              for (const link of place.querySelectorAll('a[href^="javascript:" i]')) link.click();
            }""",
            [*(each for each in PAYLOADS if each.startswith(("<script", "<img", "<svg", "<a "))), *LOADED],
        )
        for directive in ("script-src-elem", "script-src-attr", "img-src", "style-src-elem"):
            page.wait_for_function("directive => stopped.includes(directive)", arg=directive)
        assert page.evaluate("window.hacked") is None
        assert events == []
