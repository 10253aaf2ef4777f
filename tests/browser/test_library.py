"""A visitor's own articles: added, asked, chosen, removed, kept over a reload, private, and deleted."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic

import httpx
import pytest
from playwright.sync_api import Browser, FilePayload, Page, Route, expect

from qa.web import notices

from .conftest import TIMEOUT_MS, Chat, cited, eventually, kept, opened, running, wait_until_idle
from .http_api import call, source

TEA = "Tea reached the harbour of Port Amarel in 1650. Merchants sold it by weight, at three pounds a pound.\n"
SILK = "# The silk road to Velmora\n\nSilk reached the markets of Velmora in 1312. Camels carried it for ninety days.\n"
JADE = "Jade was carved in Velmora.\n"
WHEN_TEA = "When did tea reach the harbour of Port Amarel?"
WHEN_SILK = "When did silk reach the markets of Velmora?"
# As app.py, but a closed page expires at once.
QUICK_EXPIRY = (
    "import qa.web.library_registry as r; r.RELOAD_SECONDS *= 0; "
    "import runpy; runpy.run_path('app.py', run_name='__main__')"
)


@pytest.fixture(scope="module")
def quick_expiry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of an app whose closed pages expire at once, and the folder of its temporary files."""
    folder = tmp_path_factory.mktemp("temporary")
    with running([sys.executable, "-c", QUICK_EXPIRY], TMPDIR=str(folder)) as (address, _):
        yield address, folder


def unfold(page: Page) -> None:
    """Open the panel, whose content is loaded only then."""
    page.locator("#library").get_by_text("Articles: ").click()
    expect(page.locator("#add-files")).to_be_visible()


def add(page: Page, name: str, text: str, *more: str) -> None:
    """Add a text file, and unreadable files with other suffixes, in the panel."""
    files = [(name, text), *((other, "\0") for other in more)]
    sent: list[FilePayload] = [{"name": each, "mimeType": "", "buffer": data.encode()} for each, data in files]
    page.set_input_files("#add-files", sent)
    expect(page.locator("#outcomes .added")).to_have_count(1)
    expect(page.locator("#outcomes .failed")).to_have_count(len(more))


def hold_back(page: Page, path: str, *words: str) -> Callable[[], Route]:
    """Hold back the first request that has all of the words; return a function that waits for it."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        if held or not all(each in (route.request.post_data or "") for each in words):
            route.continue_()
        else:
            held.append(route)

    def first() -> Route:
        deadline = monotonic() + TIMEOUT_MS / 1000
        while not held and monotonic() < deadline:
            page.wait_for_timeout(10)
        return held[0]

    page.route(f"**/gradio_api/{path}", hold)
    return first


def remaining_files(folder: Path) -> list[Path]:
    """Return the server's upload files, and all other files that contain uploaded content."""

    def holds(path: Path) -> bool:
        with suppress(FileNotFoundError):  # deleted since it was listed
            return "cited-qa-" in str(path) or b"Amarel" in path.read_bytes()
        return False

    return [path for path in folder.rglob("*") if path.is_file() and holds(path)]


def test_late_suggestions_do_not_replace_those_of_an_added_article(chat: Chat) -> None:
    page = chat.page
    suggesting = hold_back(page, "component_server/*", '"suggest"', '"#articles"')
    page.reload()
    late = suggesting().fetch()
    wait_until_idle(page)
    unfold(page)
    add(page, "tea.txt", TEA)
    suggested = page.locator("#chat .suggestions")
    expect(suggested).to_contain_text("Amarel")
    expected = suggested.inner_html()
    assert "Amarel" not in late.text()
    with page.expect_response("**/gradio_api/component_server/*"):
        suggesting().fulfill(response=late)
    page.wait_for_timeout(200)
    assert suggested.inner_html() == expected


def test_a_file_over_the_limit_is_not_sent_and_named_with_the_limit(chat: Chat) -> None:
    page = chat.page
    unfold(page)
    files: list[FilePayload] = [
        {"name": "long.txt", "mimeType": "", "buffer": b"a" * 20_000_001},
        {"name": "tea.txt", "mimeType": "", "buffer": TEA.encode()},
    ]
    page.set_input_files("#add-files", files)
    problem = "long.txt too large: it has 20,000,001 bytes, and the limit is 20,000,000; add a part of it"
    expect(page.locator("#outcomes .failed")).to_have_text(problem)
    expect(page.locator("#outcomes .added")).to_contain_text("Tea")
    expect(page.locator(".toast-body")).to_have_count(0)


def test_the_keyboard_s_focus_stays_when_what_was_pressed_is_removed(chat: Chat) -> None:
    page = chat.page
    unfold(page)
    add(page, "tea.txt", TEA)
    for name in ("Remove Tea", "Really remove Tea?"):
        page.get_by_role("button", name=name).press("Enter")
    expect(page.locator("#article-list li")).to_have_count(3)
    expect(page.locator("#library > button")).to_be_focused()
    chat.ask("Who was Cyrus Field?")
    for name in ("Retry", "Undo"):
        page.locator("#chat").get_by_role("button", name=name).press("Enter")
        expect(chat.box).to_be_focused()
    chat.ask("Who was Cyrus Field?")
    for name in ("Clear", "Undo"):
        page.locator("#save, #cleared").get_by_role("button", name=name).press("Enter")
        expect(chat.box).to_be_focused()


def test_articles_that_are_added_and_removed_in_quick_succession_are_all_added_and_removed(chat: Chat) -> None:
    page = chat.page
    unfold(page)
    for name, text in (("tea.txt", TEA), ("silk.txt", SILK), ("jade.txt", JADE)):
        page.set_input_files("#add-files", {"name": name, "mimeType": "", "buffer": text.encode()})
    rows = page.locator("#article-list li")
    expect(rows).to_have_count(6)
    # Without waiting for the list between additions.
    removed_at_once = "buttons => buttons.forEach((button) => { button.click(); button.click(); })"
    rows.locator("button.remove").evaluate_all(removed_at_once)
    expect(rows).to_have_count(3)


def test_the_list_is_right_if_the_replies_to_two_removals_come_in_the_other_order(chat: Chat) -> None:
    page = chat.page
    unfold(page)
    add(page, "tea.txt", TEA)
    add(page, "jade.txt", JADE)
    rows = page.locator("#article-list li")
    expect(rows).to_have_count(5)
    removing = hold_back(page, "queue/join*", '"document":"tea.txt"')
    for name in ("Tea", "Jade"):
        page.get_by_role("button", name=f"Remove {name}").click()
        page.get_by_role("button", name=f"Really remove {name}?").click()
        if name == "Tea":
            late = removing().fetch()
    expect(rows).to_have_count(3)
    with page.expect_request("**/gradio_api/queue/join*"):
        removing().fulfill(response=late)
    expect(rows).to_have_count(3)
    expect(page.locator("#masthead")).to_contain_text("from 3 articles")


def test_an_article_is_opened_that_is_added_while_the_one_before_is_being_opened(chat: Chat) -> None:
    page = chat.page
    opening = hold_back(page, "component_server/*", "#article:tea.txt")
    adding = hold_back(page, "queue/join*", "jade.txt")
    unfold(page)
    add(page, "tea.txt", TEA)
    opening()
    page.set_input_files("#add-files", {"name": "jade.txt", "mimeType": "", "buffer": JADE.encode()})
    adding()
    opening().continue_()
    expect(page.locator("#source .id")).to_have_text("tea.txt")
    adding().continue_()
    expect(page.locator("#source .id")).to_have_text("jade.txt")


def test_articles_are_added_asked_chosen_and_removed_with_the_keyboard(chat: Chat) -> None:
    page = chat.page
    page.locator("#library button").first.press("Enter")
    expect(page.locator("#add-files")).to_be_visible()
    add(page, "tea.txt", TEA, "sums.xls", "broken.pdf")
    failed = page.locator("#outcomes .failed")
    expect(failed.nth(0)).to_contain_text("sums.xls is in the format .xls, which is not read")
    expect(failed.nth(1)).to_contain_text("broken.pdf")
    page.locator("#add summary").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Title").fill("Silk")
    page.get_by_label("Text", exact=True).fill(SILK)
    page.get_by_label("Text", exact=True).press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#outcomes .added")).to_have_text("Silk added, 20 words")
    rows = page.locator("#article-list li")
    expect(rows).to_have_count(5)
    expect(rows.first).to_contain_text("20 words")
    expect(rows.first.locator("time")).to_be_visible()
    expect(rows.last).to_contain_text("sample article")
    expect(page.locator("#article-list", has_text="sample article").locator("li", has_text="sample")).to_have_count(3)
    # The added article is open, counted and suggested, and its form is empty; a failed one stays in its form.
    expect(page.locator("#source .id")).to_have_text("silk.txt")
    expect(page.locator("#masthead")).to_contain_text("from 5 articles: Silk \u00b7 Tea")
    expect(page.locator("#chat a.ask").first).to_contain_text(re.compile("Amarel|Velmora"))
    expect(page.get_by_label("Text", exact=True)).to_have_value("")
    address = page.get_by_label("Web address")
    address.fill("http://127.0.0.1/secret")
    address.press("Enter")
    expect(page.locator("#outcomes .failed")).to_contain_text("127.0.0.1")
    expect(address).to_have_value("http://127.0.0.1/secret")
    chat.close_source()
    expect(page.locator("#source .articles li")).to_have_count(5)

    link = chat.ask(WHEN_SILK).locator("a.cite").first
    document, start, end = cited(link)
    assert document == "silk.txt"
    chat.shows(SILK[start:end])

    box = page.get_by_label("Ask Tea")
    box.press("Space")
    expect(box).to_be_checked()
    expect(page.locator("#asking")).to_contain_text("Asking only: Tea")
    answer = chat.ask(WHEN_SILK)
    expect(answer.locator(".only")).to_have_text("Asked only: Tea (1 of 5 articles).")
    # The article on silk, which was marked, is not part of this answer.
    expect(chat.mark).to_have_count(0)
    assert {cited(each)[0] for each in answer.locator("a.cite, a.nearby").all()} <= {"tea.txt"}
    assert cited(chat.ask(WHEN_TEA).locator("a.cite").first)[0] == "tea.txt"

    page.get_by_role("button", name="Ask all articles").press("Space")
    expect(page.locator("#asking p")).to_have_count(0)
    expect(box).not_to_be_checked()
    box.check()
    remove = page.get_by_role("button", name="Remove Tea")
    remove.press("Enter")
    expect(remove).to_have_text("Really remove?")
    remove.press("Enter")
    expect(rows).to_have_count(4)
    expect(page.locator("#article-list input:checked")).to_have_count(0)
    answer = chat.ask(WHEN_TEA)
    assert "tea.txt" not in {cited(each)[0] for each in answer.locator("a.cite, a.nearby").all()}
    link.click()
    chat.shows(SILK[start:end])


def test_a_reload_keeps_the_conversation_its_citations_and_the_library(chat: Chat) -> None:
    page = chat.page
    unfold(page)
    add(page, "tea.txt", TEA)
    page.get_by_label("Ask Tea").check()
    expect(page.locator("#library")).to_contain_text("Articles: 1 of 4 selected")
    expected = chat.ask(WHEN_TEA).text_content()
    # An answer is complete with its confidence.
    assert kept(page, "confidence")["chosen"] == ["tea.txt"]
    page.reload()
    wait_until_idle(page)
    expect(chat.answers).to_have_text([expected or ""])
    expect(page.locator("#announcement p")).to_have_count(0)
    # The article that was open is.
    expect(page.locator("#source .id")).to_have_text("tea.txt")
    chat.close_source()
    expect(page.locator("#source .articles li")).to_have_count(4)
    link = chat.answers.locator("a.cite").first
    link.click()
    _, start, end = cited(link)
    chat.shows(TEA[start:end])
    answer = chat.ask("How many eggs can a queen lay in a day?")
    assert {cited(each)[0] for each in answer.locator("a.cite, a.nearby").all()} <= {"tea.txt"}
    page.locator("#library").get_by_text("Articles: 1 of 4 selected").click()
    expect(page.get_by_label("Ask Tea")).to_be_checked()
    # A follow-up can refer to the turn, as without a reload.
    expect(chat.ask("Why then?").locator(".searched")).to_have_count(1)
    page.get_by_label("Ask Tea").uncheck()
    expect(page.locator("#library")).to_contain_text("Articles: 4, including 1 of yours")


def test_a_visitor_cannot_reach_anything_of_another(app: str, browser: Browser) -> None:
    with opened(browser, app) as one, opened(browser, app) as other:
        unfold(one.page)
        add(one.page, "tea.txt", TEA)
        link = one.ask(WHEN_TEA).locator("a.cite").first
        href = link.get_attribute("href") or ""
        keys = [str(kept(chat.page)["key"]) for chat in (one, other)]
        assert keys[0] != keys[1]
        assert "Tea reached" in source(app, href, keys[0])

        # The other visitor's page: list, ask, read.
        other.page.locator("#library").get_by_text("Articles: 3").click()
        expect(other.page.locator("#article-list li")).to_have_count(3)
        answer = other.ask(WHEN_TEA)
        assert "Amarel" not in (answer.text_content() or "").replace(WHEN_TEA, "")
        other.page.evaluate(
            "href => document.body.insertAdjacentHTML('beforeend', `<a id='stolen' href='${href}'>x</a>`)", href
        )
        other.page.locator("#stolen").evaluate("link => link.click()")
        expect(other.page.locator("#source .notice")).to_have_text(notices.ARTICLE_GONE.sentence())

        # The endpoints, without a key, with one's own, and with invented ones.
        forged = [keys[0][:-1] + ("0" if keys[0][-1] != "0" else "1"), keys[0].split(".")[0], "", keys[1], None]
        for key in forged:
            assert "Tea reached" not in source(app, href, key)
        kind, reply = call(app, question=WHEN_TEA, documents=["tea.txt"])
        assert kind == "error"
        assert "no document 'tea.txt' here" in str(reply)
        kind, reply = call(app, question=WHEN_TEA)
        assert "tea.txt" not in json.dumps(reply)


def test_uploads_are_deleted_at_the_end_and_never_left_on_the_disk(
    quick_expiry: tuple[str, Path], browser: Browser
) -> None:
    address, folder = quick_expiry
    with opened(browser, address) as chat:
        unfold(chat.page)
        add(chat.page, "tea.txt", TEA, "broken.pdf")
        assert remaining_files(folder) == []
        href = chat.ask(WHEN_TEA).locator("a.cite").first.get_attribute("href") or ""
        key = str(kept(chat.page)["key"])
        assert "Tea reached" in source(address, href, key)
        assert remaining_files(folder) == []
    eventually(lambda: "Tea reached" in source(address, href, key), expected=False)


def test_the_same_file_of_two_visitors_has_two_paths(app: str, browser: Browser) -> None:
    paths = []
    with opened(browser, app) as one, opened(browser, app) as other:
        for page in (one.page, other.page):
            unfold(page)
            with page.expect_response("**/gradio_api/upload*") as answered:
                add(page, "ferry.txt", TEA)
            expect(page.locator("#outcomes .added")).to_contain_text("Ferry added")
            (path,) = answered.value.json()
            paths.append(path)
    assert paths[0] != paths[1]


def test_an_upload_is_not_given_back_and_not_larger_than_allowed(quick_expiry: tuple[str, Path]) -> None:
    address, folder = quick_expiry
    with httpx.Client(base_url=f"{address}/gradio_api", trust_env=False, timeout=60) as client:
        (path,) = client.post("/upload", files={"files": ("a.txt", b"nobody else's")}).json()
        assert Path(path).is_relative_to(folder)
        assert client.get(f"/file={path}").status_code == 403
        Path(path).unlink()
        large = {"files": ("a.txt", b" " * 20_200_000)}
        assert client.post("/upload", files=large).status_code == 413
