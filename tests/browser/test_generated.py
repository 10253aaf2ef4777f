"""Generated answers in the page, by a scripted language model."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import httpx
import pytest
from command import COMMAND
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from scripted_model import CUT, JSON, Forever, Part, Reply, ScriptedModel

from qa.claims import Verdict

from .conftest import Chat, article, cited, eventually, kept, opened, running, wait_until_idle
from .http_api import ask
from .payloads import FOREIGN, PAYLOADS
from .test_accessibility import LAYOUT, in_both_themes, violations
from .test_slow_network import hold_back

KEY = "sk-8f2b-never-shown"
NAME = "scripted-model"
ARTICLE = "china-russia-partnership.md"
JETS = "Which fighter jets did China buy?"
EGGS = "How many eggs can a queen lay in a day?"
BOUGHT = "China bought Su-35 fighter jets and the S-400 surface-to-air missile defence system."
UNTIL = "Until then, Russia had sold its neighbour older equipment."
LIE = "Xi Jinping paid for all of it with 700 tonnes of bananas from Ecuador."
ORDER = "The article says that \u201cnow the goods were of a different order\u201d."
CITED, NEXT = "[S26]", "[S24]"
"""The numbers of two sentences of the article in a prompt that gives it first and whole."""
ANSWER = f"{BOUGHT[:-1]} {CITED}. {LIE[:-1]} {CITED}. {ORDER[:-1]} [S25]. {UNTIL[:-1]} {NEXT}."
VERDICTS: dict[str, Verdict] = {LIE: "unsupported", ORDER: "supported"}
COUNTS = "4 sentences: 2 supported, 1 partly supported, 1 not supported"
"""The notice in an answer by this model."""


def judged(asked: str) -> Reply:
    """Return a judge's reply: supported, unless another verdict is given for a claim."""
    claims = re.findall(r'<claim n="(\d+)">(.*?)</claim>', asked, re.DOTALL)
    verdicts = [{"n": int(n), "verdict": VERDICTS.get(text, "supported"), "missing": ""} for n, text in claims]
    return Reply([json.dumps({"verdicts": verdicts})])


HOSTILE = [
    *PAYLOADS,
    "```\ncode\n```",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "<a class='cite' href='#cite:a:0:1'>[9]</a>",
    "http://example.com/bare <https://example.com/auto>",
    "<!-- comment --> <details open ontoggle=window.hacked=10>",
]

WITHOUT_TAGS = """part => {
  const copy = part.cloneNode(true);
  for (const tag of copy.querySelectorAll("small, a")) {
    // A space stands before it.
    if (tag.matches(".quoted")) tag.previousSibling.data = tag.previousSibling.data.slice(0, -1);
    tag.remove();
  }
  return copy.textContent;
}"""
"""Returns the text that the model wrote, without verdicts and links."""


@dataclass
class Phrasing:
    """The app, and the model that it asks."""

    address: str
    model: ScriptedModel
    reply: Reply

    def says(self, *parts: Part) -> None:
        self.reply = Reply(parts)


@contextmanager
def phrased_by(name: str) -> Iterator[Phrasing]:
    """Run the app about the sample articles with a model of that name, which sends the reply set last."""

    def script(body: JSON) -> Reply:
        asked = body["messages"][-1]["content"]
        return judged(asked) if "<claim n=" in asked else served.reply

    with ScriptedModel(script) as model:
        settings = {"QA_LLM_MODEL": name, "QA_LLM_URL": model.url, "QA_LLM_KEY": KEY}
        with running([sys.executable, "app.py"], **settings) as (address, _):
            served = Phrasing(address, model, Reply(ANSWER))
            yield served


@pytest.fixture(scope="module")
def phrasing() -> Iterator[Phrasing]:
    with phrased_by(NAME) as served:
        yield served


@pytest.fixture
def chat(phrasing: Phrasing, visitors: BrowserContext) -> Iterator[Chat]:
    phrasing.reply = Reply(ANSWER)
    with opened(visitors, phrasing.address) as chat:
        yield chat
    visitors.clear_permissions()


def begin(chat: Chat, question: str = JETS) -> None:
    """Ask, and do not wait for the answer."""
    chat.box.fill(question)
    chat.box.press("Enter")


def test_a_citation_is_live_while_the_model_writes(chat: Chat, phrasing: Phrasing) -> None:
    resume = Event()
    phrasing.says(
        f"{BOUGHT[:-1]} {CITED}. ", "Until then, Russia ", resume, f"had sold its neighbour older equipment {NEXT}."
    )
    begin(chat)
    answer = chat.answers.first
    expect(answer.locator(".partial")).to_have_text("Until then, Russia")
    expect(answer.locator(".writing")).to_have_text(f"{NAME} is writing")
    link = answer.locator(".claims a.cite")
    link.click()
    document, start, end = cited(link)
    assert (document, article(ARTICLE)[start:end]) == (ARTICLE, BOUGHT)
    chat.shows(BOUGHT)
    expect(answer.locator(".writing")).to_be_visible()

    chat.close_source()
    resume.set()
    expect(answer.locator(".confidence")).to_be_visible()
    expect(answer.locator(".writing, .partial")).to_have_count(0)
    expect(answer.locator(".claims")).to_have_text(f"{BOUGHT} [1] {UNTIL} [2]")
    # The whole answer shows its first excerpt.
    chat.shows(BOUGHT)
    expect(chat.page.locator("#source .excerpts .number")).to_have_text(["1", "2"])
    answer.locator(".claims a.cite").nth(1).click()
    expect(chat.page.locator('#source .excerpts [aria-current="true"]')).to_have_text("2")


def test_a_question_that_is_asked_while_the_model_writes_is_answered_next(chat: Chat, phrasing: Phrasing) -> None:
    resume = Event()
    phrasing.says(f"{BOUGHT[:-1]} {CITED}. ", "Until then, Russia ", resume, f"had sold older equipment {NEXT}.")
    begin(chat)
    expect(chat.answers.first.locator(".partial")).to_be_visible()
    begin(chat, "When did China buy them?")
    resume.set()
    expect(chat.answers.locator(".confidence")).to_have_count(2)
    expect(chat.page.get_by_test_id("user").nth(1)).to_have_text("When did China buy them?")


def test_each_sentence_has_its_verdict_in_words(chat: Chat) -> None:
    answer = chat.ask(JETS)
    expect(answer.locator("del")).to_have_text(LIE)
    expect(answer.locator("del a, del + a")).to_have_count(0)
    expect(answer.locator("del + .tag")).to_have_text("not supported: not in its excerpts: 700, Ecuador")
    assert answer.locator("del").evaluate("part => getComputedStyle(part).textDecorationLine") == "line-through"
    expect(answer.locator(".claim.partly")).to_have_text(
        "The article says that \u201cnow the goods were of a different order\u201d altered. [2] partly supported"
    )
    expect(answer.locator(".phrased")).to_contain_text(f"Checked against the excerpts by itself. {COUNTS}. About ")
    expect(answer.locator(".legend")).to_contain_text("dotted: partly supported")
    expect(answer.locator(".confidence")).to_contain_text("2 of 4 sentences supported")
    for excerpt in answer.locator("blockquote").all_text_contents():
        assert excerpt in article(ARTICLE)
    # Each beside its evidence, in a disclosure element.
    each = answer.locator("details.sentences li")
    expect(each.nth(1)).not_to_be_visible()
    answer.locator("details.sentences summary").click()
    expect(each).to_have_count(4)
    expect(each.nth(1).locator(".why")).to_have_text("not supported: not in its excerpts: 700, Ecuador")
    expect(each.nth(3).locator("blockquote")).to_have_text(UNTIL)
    expect(answer.locator(".source-line .verdict")).to_have_text(["verbatim"] * 3)


def test_struck_sentences_are_neither_copied_nor_saved(chat: Chat, tmp_path: Path) -> None:
    chat.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    answer = chat.ask(JETS)
    shown_text = f"{BOUGHT} [1] {ORDER[:-1]} (altered). [2] {UNTIL} [3]"
    answer.locator("a.copy").click()
    expect(answer.locator("a.copy")).to_have_text("Copied")
    copied = chat.page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"{shown_text}\n\n[1] \u201c{BOUGHT}\u201d\n\n[2] ")
    assert COUNTS in copied
    # Text selected with the pointer leaves it out too.
    answer.locator(".claims").select_text()
    chat.page.keyboard.press("Control+C")
    eventually(lambda: str(chat.page.evaluate("navigator.clipboard.readText()")).startswith(BOUGHT + " ["), True)
    selected = chat.page.evaluate("navigator.clipboard.readText()")
    files = {}
    for name in ("Markdown", "JSON", "Printable page"):
        with chat.page.expect_download() as download:
            chat.page.locator("#save").get_by_text(name).click()
        download.value.save_as(tmp_path / name)
        files[name] = (tmp_path / name).read_text(encoding="utf-8")
    for text in (copied, selected, *files.values()):
        assert "bananas" not in text
        assert "struck: not" not in text
    assert files["Markdown"].count(shown_text.replace("[", "\\[").replace("]", "\\]")) == 1
    assert f'<p class="answer" dir="auto">{shown_text}</p>' in files["Printable page"]
    (exchange,) = json.loads(files["JSON"])
    assert exchange["answer"] == shown_text
    assert [excerpt["verdict"] for excerpt in exchange["excerpts"]] == ["verbatim"] * 3
    assert all(COUNTS in text for text in files.values())


def test_nothing_that_the_model_writes_runs_or_is_fetched(chat: Chat, phrasing: Phrasing) -> None:
    resume = Event()
    # A sentence that cites no passage is struck without being judged.
    named = [f"{BOUGHT[:-1]} {' '.join(HOSTILE[first::10])} {CITED}. \n" for first in (0, 7)]
    bare = f"Then {' '.join(HOSTILE)}".replace("\n", " ")
    phrasing.says(f"{BOUGHT[:-1]} {CITED}. ", *named, bare, resume, ".")
    begin(chat)
    answer = chat.answers.last
    expect(answer.locator(".partial")).to_contain_text(f"Then {HOSTILE[0]}")
    # Citation marks and emphasis are removed before.
    texts = [" ".join(re.sub(r"\[9\]|__|`", "", line).split()) for text in HOSTILE for line in text.split("\n")]

    def nothing_happened() -> None:
        expect(chat.page.locator(FOREIGN)).to_have_count(0)
        expect(answer.locator("table, code *, .claims details, [href='#cite:a:0:1']")).to_have_count(0)
        ours = ".cite, .nearby, .copy, .copies a, .share, .ask, .edit, .help, [href='#case:yes'], [href='#case:no']"
        expect(answer.locator(f"a:not({ours})")).to_have_count(0)
        assert chat.page.evaluate("window.hacked") is None

    def shows_all(part: Locator) -> None:
        # Text between backticks is shown as code, where underscores are no emphasis.
        text = " ".join(re.sub("`|__", "", part.evaluate(WITHOUT_TAGS)).split())
        assert [each for each in texts if re.search(r"\w", each) and each not in text] == []

    shows_all(answer.locator(".partial"))
    nothing_happened()
    resume.set()
    expect(answer.locator(".confidence")).to_be_visible()
    shows_all(answer.locator(".claims"))
    expect(answer.locator(".short")).to_have_count(0)
    nothing_happened()
    # Nor in what comes back from the browser.
    kept(chat.page, "proto")
    chat.page.reload()
    wait_until_idle(chat.page)
    shows_all(answer.locator(".claims"))
    nothing_happened()


def test_no_question_that_the_model_makes_of_another_runs_or_is_fetched(chat: Chat, phrasing: Phrasing) -> None:
    chat.ask(JETS)
    for first in range(0, len(PAYLOADS), 19):
        question = " ".join(f"What of {' '.join(PAYLOADS[first : first + 19])}?".split())
        phrasing.says(question)
        expect(chat.ask("And why was that?").locator(".searched .query")).to_have_text(question)
    expect(chat.page.locator(FOREIGN)).to_have_count(0)
    assert chat.page.evaluate("window.hacked") is None


def test_where_the_model_fails_the_excerpts_answer_and_say_why(chat: Chat, phrasing: Phrasing) -> None:
    for reply, problem in (
        (Reply(status=401, body='{"error": "bad key"}'), "rejected the API key"),
        (Reply([f"{BOUGHT[:-1]} {CITED}. Until ", CUT]), "closed the connection"),
        (Reply(f"{LIE[:-1]} {CITED}."), "none of its sentences is supported"),
        (Reply(""), "empty"),
    ):
        phrasing.reply = reply
        answer = chat.ask(JETS)
        expect(answer.locator(".short")).to_have_text("Su-35 [1]")
        expect(answer.locator(".fallback")).to_contain_text("Answered without the language model: ")
        expect(answer.locator(".fallback")).to_contain_text(problem)
        expect(answer.locator(".claims, .phrased, .writing")).to_have_count(0)
        # The text written so far does not vanish.
        written = "".join(part for part in reply.parts if isinstance(part, str))
        expect(answer.locator("details.written")).to_have_count(int(bool(written)))
        chat.shows(BOUGHT)
        expect(chat.page.locator(".toast-body, .error")).to_have_count(0)
        chat.page.get_by_role("button", name="Clear").click()
        expect(chat.answers).to_have_count(0)


def test_a_reload_keeps_the_answer_its_links_and_the_history(chat: Chat, phrasing: Phrasing) -> None:
    answer = chat.ask(JETS)
    expect(answer.locator("a.ask").first).to_be_visible()
    shown = answer.inner_html()
    kept(chat.page, "phrased")
    chat.page.reload()
    wait_until_idle(chat.page)
    expect(answer.locator("del")).to_have_text(LIE)
    eventually(answer.inner_html, shown)
    link = answer.locator(".claims a.cite").last
    link.click()
    _, start, end = cited(link)
    assert article(ARTICLE)[start:end] == UNTIL
    expect(chat.page.locator("#source .excerpts .number")).to_have_text(["1", "2", "3"])
    expect(chat.mark.first).to_be_visible()

    before = len(phrasing.model.requests)
    chat.ask("And when did it buy them?")
    bodies = [json.dumps(request.body, ensure_ascii=False) for request in phrasing.model.requests[before:]]
    prompts = "\n".join(body for body in bodies if "<claim n=" not in body)
    assert f"A: {BOUGHT} The article says" in prompts
    assert "bananas" not in prompts


def test_an_answer_in_progress_does_not_undo_what_is_done_to_its_conversation(
    visitors: BrowserContext, tmp_path: Path
) -> None:
    def clear(page: Page) -> None:
        page.get_by_role("button", name="Clear").click()

    def open_another(page: Page) -> None:
        page.locator("#saved > button").click()
        page.get_by_role("button", name="New conversation").click()

    def edit(page: Page) -> None:
        page.locator("#chat a.edit").click()
        page.locator("#chat .in-answer textarea").fill(EGGS)
        page.get_by_role("button", name="Ask again").click()

    def script(body: JSON) -> Reply:
        whole, asked = f"{BOUGHT[:-1]} {CITED}.", body["messages"][-1]["content"]
        if "<claim n=" in asked:
            return judged(asked)
        return Reply([whole, " Until then, Russia ", resume, f"had not {NEXT}."] if JETS in asked else whole)

    serve = [*COMMAND, "serve", "--docs", "data/articles"]
    with ScriptedModel(script) as model:
        settings = {"QA_LLM_MODEL": NAME, "QA_LLM_URL": model.url, "QA_LIBRARY": str(tmp_path / "library")}
        with running(serve, **settings) as (address, _):
            for leave in (clear, open_another, edit):
                resume = Event()
                with opened(visitors, address) as chat:
                    begin(chat)
                    expect(chat.answers.locator(".partial")).to_have_text("Until then, Russia")
                    # Only then does Gradio accept a question again.
                    with chat.page.expect_response(re.compile("gradio_api/cancel")):
                        leave(chat.page)
                    if leave is not edit:
                        expect(chat.answers).to_have_count(0)
                        expect(chat.page.get_by_role("button", name="Stop")).to_have_count(0)
                        begin(chat, EGGS)
                    resume.set()
                    expect(chat.answers.locator(".confidence")).to_have_count(1)
                    expect(chat.page.get_by_test_id("user")).to_have_text([EGGS])


def test_a_cleared_conversation_stays_cleared_though_the_answer_is_cancelled_late(
    chat: Chat, phrasing: Phrasing
) -> None:
    resume = Event()
    phrasing.says(f"{BOUGHT[:-1]} {CITED}. ", "Until then, Russia ", resume, "had sold less", Event())
    begin(chat)
    expect(chat.answers.locator(".partial")).to_have_text("Until then, Russia")
    release = hold_back(chat.page, "cancel", lambda _: True)
    chat.page.get_by_role("button", name="Clear").click()
    expect(chat.answers).to_have_count(0)
    resume.set()
    expect(chat.answers.locator(".partial")).to_have_text("Until then, Russia had sold less")
    release()
    expect(chat.answers).to_have_count(0)
    chat.page.get_by_role("button", name="Undo").click()
    expect(chat.answers.locator(".stopped")).to_be_visible()


def test_a_visitor_can_stop_it_and_ask_something_else(chat: Chat, phrasing: Phrasing) -> None:
    phrasing.says(f"{BOUGHT[:-1]} {CITED}. ", "Until then, Russia ", Event())
    begin(chat)
    answer = chat.answers.first
    expect(answer.locator(".claims")).to_have_text(f"{BOUGHT} [1] Until then, Russia")
    chat.page.get_by_role("button", name="Stop").click()
    expect(answer.locator(".stopped")).to_have_text("Stopped before the end")
    expect(answer.locator(".claims")).to_have_text(f"{BOUGHT} [1]")
    answer.locator("a.cite").click()
    chat.shows(BOUGHT)

    phrasing.reply = Reply(ANSWER)
    expect(chat.page.get_by_role("button", name="Stop")).to_have_count(0)
    chat.box.fill(JETS)

    def taken() -> bool:
        chat.box.press("Enter")
        return chat.box.input_value() == ""

    # Gradio accepts no question until its server has confirmed the end of the last one.
    eventually(taken, True)
    expect(chat.answers.nth(1).locator("del")).to_have_text(LIE)


def test_a_reloaded_page_is_not_busy(chat: Chat, phrasing: Phrasing) -> None:
    phrasing.says(f"{BOUGHT[:-1]} {CITED}. ", "Until then, Russia ", Event())
    begin(chat)
    expect(chat.answers.first.locator(".partial")).to_have_text("Until then, Russia")
    kept(chat.page, "is writing")
    chat.page.reload()
    wait_until_idle(chat.page)
    # Gradio reports the stream that was cut off.
    assert all("abort" in complaint.lower() or "Connection errored" in complaint for complaint in chat.complaints)
    chat.complaints.clear()
    expect(chat.answers.first.locator(".stopped")).to_be_visible()
    expect(chat.answers.first.locator(".partial, .writing")).to_have_count(0)
    expect(chat.page.get_by_role("button", name="Stop")).to_have_count(0)


def test_nothing_more_is_read_once_the_visitor_has_left(phrasing: Phrasing, browser: Browser) -> None:
    phrasing.says(f"{BOUGHT[:-1]} {CITED}. ", Forever("a "))
    with opened(browser, phrasing.address) as chat:
        begin(chat)
        expect(chat.answers.first.locator(".partial")).to_be_visible()
    assert phrasing.model.requests[-1].hung_up.wait(15)


def test_the_page_says_what_is_sent_to_whom_and_suggestions_are_not_sent(phrasing: Phrasing, browser: Browser) -> None:
    before = len(phrasing.model.requests)
    with opened(browser, phrasing.address) as chat:
        expect(chat.page.locator("#chat a.ask").first).to_be_visible()
        expect(chat.page.locator("#chat .placeholder")).to_contain_text(
            f"Answers are written by {NAME} at 127.0.0.1, which receives your question"
        )
        chat.page.locator("#library").get_by_text("Articles: ").click()
        expect(chat.page.locator("#add .hint")).to_contain_text(f"sent to {NAME} at 127.0.0.1.")
    assert len(phrasing.model.requests) == before


def test_the_key_goes_to_the_model_and_nowhere_else(phrasing: Phrasing, browser: Browser) -> None:
    phrasing.reply = Reply(status=401, body=json.dumps({"error": f"bad key {KEY}"}))
    seen: list[str] = []
    with browser.new_context() as context:
        page = context.new_page()
        page.on("response", lambda response: seen.append(response.url))
        page.goto(phrasing.address)
        wait_until_idle(page)
        chat = Chat(page, phrasing.address)
        expect(chat.ask(JETS).locator(".fallback")).to_be_visible()
        seen.append(page.content())
        seen.append(json.dumps(kept(page, "fallback")))
        for path in {url for url in seen if url.startswith(phrasing.address)}:
            if "/queue/" not in path and "/heartbeat/" not in path:
                seen.append(httpx.get(path, trust_env=False, timeout=60).text)
    for path in ("/config", "/gradio_api/info", "/gradio_api/openapi.json"):
        seen.append(httpx.get(phrasing.address + path, trust_env=False, timeout=60).text)
    seen.append(json.dumps(ask(phrasing.address, JETS)))
    assert phrasing.model.requests[-1].headers["authorization"] == f"Bearer {KEY}"
    assert len(seen) > 20
    assert not any(KEY in text for text in seen)


def test_the_endpoint_returns_the_verdict_of_each_sentence(phrasing: Phrasing) -> None:
    phrasing.reply = Reply(ANSWER)
    reply = ask(phrasing.address, JETS)
    generated = reply["generated"]
    assert (generated["model"], generated["judge"], generated["problem"]) == (NAME, NAME, None)
    assert [one["verdict"] for one in generated["sentences"]] == ["supported", "unsupported", "partly", "supported"]
    (quotation,) = generated["sentences"][2]["quotations"]
    assert (quotation["text"], quotation["verdict"]) == ("now the goods were of a different order", "altered")
    assert reply["answer"] == f"{BOUGHT} {ORDER} {UNTIL}"


def states(chat: Chat, phrasing: Phrasing) -> Iterator[str]:
    """Put the page into each of its states, and yield the state's name."""
    resume = Event()
    whole, rest = ANSWER.split("Until then, ")
    phrasing.says(whole, "Until then, ", resume, rest)
    begin(chat)
    expect(chat.answers.first.locator(".partial")).to_be_visible()
    expect(chat.page.get_by_role("button", name="Stop")).to_be_visible()
    yield "coming in"
    resume.set()
    expect(chat.answers.first.locator(".confidence")).to_be_visible()
    wait_until_idle(chat.page)
    yield "whole"
    phrasing.reply = Reply(status=401)
    chat.ask(JETS)
    wait_until_idle(chat.page)
    yield "fell back"


@pytest.mark.parametrize("width", [1280, 390])
def test_it_is_accessible_and_in_view(phrasing: Phrasing, browser: Browser, width: int) -> None:
    def in_view(page: Page) -> None:
        expect(page.locator("#chat .user-row").last).to_be_in_viewport(ratio=1)
        for part in ("#chat .bubble-wrap", "#source .page"):
            assert page.locator(part).evaluate("part => part.scrollWidth <= part.clientWidth")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    with opened(browser, phrasing.address, width=width, height=844, query="?__theme=light") as chat:
        for state in states(chat, phrasing):
            in_view(chat.page)
            for name, found in (
                in_both_themes(chat.page) if width == 1280 else [("light", violations(chat.page, LAYOUT))]
            ):
                assert found == {}, f"{state}, {name}"
