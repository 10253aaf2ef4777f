"""Late responses: they discard nothing that a faster user has done, and show nothing in the wrong article."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from command import COMMAND
from made_files import make_pdf
from playwright.sync_api import Browser, Page, Route, expect

from .conftest import ROOT, article, opened, running, wait_until_idle

EGGS = "How many eggs can a queen lay in a day?"
JETS = "Which fighter jets did China buy?"
BEES = "honeybee-colony.md"
# Hides the end of the event stream from the page until `readOn()` is called.
READS_LATE = """
const { fetch } = window;
const readOn = new Promise((resolve) => { window.readOn = resolve; });
window.fetch = async (...sent) => {
    const response = await fetch(...sent);
    if (!response.url.includes("/queue/data")) return response;
    const late = new TransformStream({
        async transform(text, stream) {
            const [before, close] = text.split(/(?=data: {"msg":"close_stream")/);
            stream.enqueue(before);
            if (close) stream.enqueue(await readOn.then(() => close));
        },
    });
    const body = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(late);
    return new Response(body.pipeThrough(new TextEncoderStream()), response);
};
"""


def hold_back(page: Page, endpoint: str, matches: Callable[[str], bool]) -> Callable[[], int]:
    """Hold back requests with matching bodies; the returned function releases them and returns their number."""
    held: list[Route] = []

    def handle(route: Route) -> None:
        if matches(route.request.post_data or ""):
            held.append(route)
        else:
            route.continue_()

    def release() -> int:
        for route in held:
            route.continue_()
        return len(held)

    page.route(f"**/gradio_api/{endpoint}*", handle)
    return release


def test_input_before_the_page_is_ready_is_kept(app: str, browser: Browser) -> None:
    with opened(browser, app) as chat:
        page = chat.page
        release = hold_back(page, "run/predict", lambda _: True)
        with page.expect_request("**/run/predict*"):
            page.reload()
        panel = page.locator("#library button").first
        panel.press("Enter")
        expect(page.locator("#add-files")).to_be_visible()
        answer = chat.ask(EGGS)
        expected = answer.text_content()
        expect(page.locator("#source [data-busy]")).not_to_have_attribute("data-busy", "0")
        assert release()
        wait_until_idle(page)
        # Suggested follow-ups may have arrived since.
        expect(chat.answers).to_contain_text([expected or ""])
        expect(page.locator("#add-files")).to_be_visible()


def test_a_question_typed_before_the_last_one_has_arrived_is_asked_next(app: str, browser: Browser) -> None:
    with opened(browser, app) as chat:
        only_first = iter([True])
        release = hold_back(chat.page, "queue/join", lambda _: next(only_first, False))
        chat.box.fill(EGGS)
        with chat.page.expect_request("**/queue/join*"):
            chat.box.press("Enter")
        chat.box.fill(JETS)
        chat.box.press("Enter")
        assert release() == 1
        expect(chat.page.get_by_test_id("user")).to_have_text([EGGS, JETS])
        expect(chat.page.locator("#chat .answer .confidence")).to_have_count(2)
        expect(chat.box).to_have_value("")


def test_a_question_asked_while_the_stream_of_the_one_before_closes_is_answered(app: str, browser: Browser) -> None:
    with opened(browser, app) as chat:
        page = chat.page
        page.add_init_script(READS_LATE)
        page.reload()
        wait_until_idle(page)
        chat.ask(EGGS)
        chat.box.fill(JETS)
        with page.expect_request("**/queue/join*"):
            chat.box.press("Enter")
        page.wait_for_timeout(500)  # enough for a reply that is not held back
        page.evaluate("readOn()")
        expect(page.locator("#chat .answer .confidence")).to_have_count(2)


def test_the_printed_page_of_another_article_is_not_shown(browser: Browser, tmp_path: Path) -> None:
    lighthouse = make_pdf("The lighthouse of Dunmore was built in 1825. Its keeper was called Murphy.")
    (tmp_path / "dunmore.pdf").write_bytes(lighthouse)
    shutil.copy(ROOT / "data" / "articles" / BEES, tmp_path)
    serve = [*COMMAND, "serve", "--docs", str(tmp_path)]
    with running(serve) as (address, _), opened(browser, address) as chat:
        page = chat.page
        release = hold_back(page, "component_server/", lambda body: "load_pdf_page" in body)
        with page.expect_request(lambda request: "load_pdf_page" in (request.post_data or "")):
            page.locator('#source a[href^="#article:dunmore.pdf:"]').click()
        expect(page.locator("#source .id")).to_have_text("dunmore.pdf")
        page.locator("#source").get_by_role("link", name="All articles").click()
        page.locator(f'#source a[href^="#article:{BEES}:"]').click()
        expect(page.locator("#source .id")).to_have_text(BEES)
        assert release() == 1
        wait_until_idle(page)
        assert page.locator("#source .text").text_content() == article(BEES)


def test_a_question_that_is_refused_leaves_the_conversation_in_sight(app: str, browser: Browser) -> None:
    with opened(browser, app) as chat:
        answer = chat.ask(EGGS)
        chat.page.route("**/queue/join*", lambda route: route.fulfill(status=503, json={"detail": "Queue is full"}))
        chat.box.fill(JETS)
        chat.box.press("Enter")
        expect(chat.page.get_by_text("This application is currently busy. Please try again.")).to_be_visible()
        answer.locator("a.cite").first.click(timeout=10_000)
        expect(chat.page.locator("#source mark")).to_be_focused()
        # The browser reports the refusal.
        assert all("503" in complaint for complaint in chat.complaints)
        chat.complaints.clear()
