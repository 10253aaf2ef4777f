"""A persistent library in the page: collections and conversations survive a kill."""

from __future__ import annotations

import json
import re
import signal
import sqlite3
import sys
import zipfile
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from command import COMMAND
from playwright.sync_api import Browser, expect

from qa.web import notices

from .conftest import Chat, kept, opened, running, wait_until_idle
from .http_api import ask

# At most two articles are listed.
SHORT_LIST = "import qa.web.ui.library as library; library._MAX_LISTED = 2; from qa.cli.main import main; main()"
SERVE = [*COMMAND, "serve", "--docs", "data/articles"]
BRIDGE = "The Tay Rail Bridge collapsed in 1879 during a storm. Seventy-five people died."
EGGS = "How many eggs can a queen lay in a day?"
JETS, COLLAPSE = "Which fighter jets did China buy?", "When did the Tay Rail Bridge collapse?"


def open_saved(chat: Chat) -> None:
    heading = chat.page.locator("#saved > button")
    if "open" not in (heading.get_attribute("class") or ""):
        heading.click()
    expect(chat.page.locator("#collection")).to_be_visible()


def paste(chat: Chat, title: str, text: str) -> None:
    if not chat.page.locator("#add-title").is_visible():
        chat.page.locator("#library > button").click()
        chat.page.get_by_text("Paste text").click()
    chat.page.locator("#add-title").fill(title)
    chat.page.locator("#add-text").fill(text)
    chat.page.get_by_role("button", name="Add text").click()
    expect(chat.page.locator("#outcomes .added")).to_contain_text(title)


def test_a_library_without_articles_says_how_to_add_some_and_lists_them_in_new_pages(
    browser: Browser, tmp_path: Path
) -> None:
    empty = f"import os; os.chdir({str(tmp_path)!r}); from qa.cli.main import main; main()"
    with running([sys.executable, "-c", empty, "serve"], QA_LIBRARY=str(tmp_path / "library")) as (address, _):
        with opened(browser, address) as chat:
            page = chat.page
            expect(page.locator("#source .notice")).to_have_text(notices.NO_ARTICLES.sentence())
            page.locator("#source").get_by_role("button", name="Add articles").press("Enter")
            expect(page.locator("#library > button")).to_be_focused()
            expect(page.locator("#add-files")).to_be_visible()
            page.get_by_text("Paste text").click()
            paste(chat, "Tay", BRIDGE)
            expect(page.locator("#source .text")).to_have_text(BRIDGE)
        with opened(browser, address) as chat:
            expect(chat.page.locator("#source .articles a")).to_have_text(["Tay"])
        assert "conversations in it, are kept" in str(ask(address, "Do you store my questions?")["answer"])


def test_articles_and_conversations_survive_a_kill(browser: Browser, tmp_path: Path) -> None:
    library = str(tmp_path / "library")
    with running(SERVE, QA_LIBRARY=library) as (address, process), opened(browser, address) as chat:
        page = chat.page
        chat.ask(JETS)
        open_saved(chat)
        conversations = page.locator("#conversations .conversations li")
        expect(conversations).to_have_count(1)

        # A conversation is renamed, found, deleted and restored, and another one begun.
        page.get_by_label(f"Rename {JETS}").click()
        page.locator("#conversations form input").fill("Fighter jets")
        page.locator("#conversations form input").press("Enter")
        expect(conversations.locator(".open")).to_have_text("Fighter jets")
        page.get_by_label("Search conversations").fill("nothing of the kind")
        expect(page.locator("#conversations .hint")).to_have_text("No conversation has these words.")
        page.get_by_label("Search conversations").fill("su-35 fighter")
        expect(conversations).to_have_count(1)
        # The search is unchanged while another conversation continues.
        page.get_by_role("button", name="New conversation").click()
        expect(page.locator("#collection")).to_be_hidden()
        open_saved(chat)
        expect(page.get_by_label("Search conversations")).to_have_value("su-35 fighter")
        chat.ask(EGGS)
        expect(page.locator("#saved > button")).to_contain_text("Conversations: 2 in ")
        expect(conversations).to_have_count(1)
        page.get_by_role("button", name="Fighter jets", exact=True).click()
        expect(page.locator("#collection")).to_be_hidden()
        open_saved(chat)
        page.get_by_label("Delete Fighter jets").click()
        expect(conversations).to_have_count(0)
        expect(chat.answers).to_have_count(0)
        page.get_by_role("button", name="Undo").click()
        expect(conversations).to_have_count(1)
        page.get_by_label("Search conversations").fill("")
        expect(conversations).to_have_count(2)
        page.get_by_role("button", name="Fighter jets", exact=True).click()
        expect(chat.answers).to_have_count(1)
        page.get_by_role("button", name="Clear").click()
        expect(page.locator("#cleared")).to_contain_text("Undo")
        open_saved(chat)

        # A new collection, with an article and a conversation, is exported and imported again.
        page.get_by_text("Manage collections").click()
        page.get_by_label("New collection").fill("Bridges")
        page.get_by_role("button", name="Create").click()
        expect(page.locator("#saved > button")).to_contain_text("Bridges")
        # A conversation cleared in another collection cannot be restored here.
        expect(page.locator("#cleared p")).to_have_count(0)
        paste(chat, "Lost", "This text will be damaged.")
        paste(chat, "Tay", BRIDGE)
        page.get_by_label("Remove Tay").click()
        page.get_by_label("Really remove Tay?").click()
        expect(page.locator("#article-list")).not_to_contain_text("Tay")
        page.locator("#outcomes").get_by_role("button", name="Undo").click()
        expect(page.locator("#article-list")).to_contain_text("Tay")
        chat.ask(COLLAPSE)
        expect(chat.answers.locator(".excerpt").first).to_contain_text("1879")
        assert not Axe().run(page, "#saved").response["violations"]
        # Of today, and so by the time of day.
        expect(page.locator("#saved time").first).to_have_text(re.compile(r"\d:\d\d"))
        page.get_by_text("Manage collections").click()
        with page.expect_download() as download:
            page.get_by_role("button", name="Export as one file").click()
        exported = tmp_path / "bridges.zip"
        download.value.save_as(exported)
        assert download.value.suggested_filename == "Bridges.cited-qa.zip"
        assert zipfile.ZipFile(exported).testzip() is None
        page.get_by_role("button", name="Delete this collection").click()
        expect(page.locator("#saved-status .undo")).to_contain_text("Deleted Bridges")
        page.set_input_files("#collections input[type=file]", exported)
        expect(page.locator("#saved > button")).to_contain_text("Bridges")
        process.send_signal(signal.SIGKILL)
        chat.complaints.clear()
    with sqlite3.connect(tmp_path / "library" / "library.sqlite") as file:
        file.execute("UPDATE articles SET entry = substr(entry, 1, 500) WHERE fields LIKE '%\"Lost\"%'")
    file.close()
    serve = [sys.executable, "-c", SHORT_LIST, *SERVE[len(COMMAND) :]]
    with running(serve, QA_LIBRARY=library) as (address, _), opened(browser, address, width=390) as chat:
        page = chat.page
        # A damaged article is named and can be removed; a list that is too long finds the others.
        damaged = page.locator("#article-list .damaged")
        page.locator("#library > button").click()
        expect(damaged).to_contain_text("Lost This article is damaged")
        expect(page.locator("#article-list li")).to_have_count(2)
        page.get_by_label("Filter the list").fill("honeybee")
        page.get_by_label("Ask Inside a Honeybee Colony").check()
        page.get_by_label("Filter the list").fill("")
        expect(page.locator("#article-list li")).to_have_count(2)
        expect(page.locator("#article-list li a").first).to_have_text("Inside a Honeybee Colony")
        expect(page.locator("#asking")).to_contain_text("Asking only: Inside a Honeybee Colony")
        page.get_by_role("button", name="Ask all articles").click()
        expect(page.locator("#asking p")).to_have_count(0)
        page.get_by_label("Remove Lost").click()
        page.get_by_label("Really remove Lost?").click()
        expect(damaged).to_have_count(0)
        open_saved(chat)
        expect(page.locator("#collection option:checked")).to_have_text("Bridges (1 article)")
        page.get_by_role("button", name=COLLAPSE, exact=True).click()
        expect(chat.answers.locator(".short")).to_contain_text("1879")
        chat.answers.locator(".excerpt + .source-line a").first.click()
        expect(chat.mark.first).to_contain_text("1879")
        wait_until_idle(page)
        answer = chat.ask("How many people died?")
        expect(answer).to_contain_text("Seventy-five")
        open_saved(chat)
        page.locator("#collection").select_option(label="My articles (0 articles)")
        expect(page.locator("#conversations .open")).to_have_text([EGGS, "Fighter jets"])
        expect(chat.answers).to_have_count(0)
        page.locator("#collection").select_option(label="Bridges (1 article)")
        expect(page.locator("#conversations .open")).to_have_text([COLLAPSE])
        tops = [page.locator(f"#conversations li > {part}").bounding_box() for part in ("details", "button:last-child")]
        assert len({round(box["y"]) for box in tops if box}) == 1
        sizes = page.locator("#saved .html-container :is(button, summary, select, input):visible")
        assert all(box.bounding_box()["height"] >= 44 for box in sizes.all() if box.bounding_box())  # type: ignore[index]


def test_users_have_libraries_of_their_own(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "users").write_text("ada:first\nbob:second\n")
    environment = {"QA_LIBRARY": str(tmp_path / "library"), "QA_LOGIN_FILE": str(tmp_path / "users")}
    with (
        running(SERVE, **environment) as (address, _),
        browser.new_context(http_credentials={"username": "ada", "password": "first"}) as one,
        browser.new_context(http_credentials={"username": "bob", "password": "second"}) as other,
        opened(one, address) as ada,
        opened(other, address) as bob,
    ):
        paste(ada, "Tay", BRIDGE)
        ada.ask(COLLAPSE)
        expect(ada.answers.locator(".excerpt").first).to_contain_text("1879")
        # Bob's page asks and lists his own articles, even with the key of ada's library.
        assert "1879" not in bob.ask(COLLAPSE).inner_text()
        open_saved(bob)
        expect(bob.page.locator("#collection option")).to_have_text(["My articles (0 articles)"])
        expect(bob.page.locator("#conversations .open")).to_have_count(1)
        taken = kept(ada.page, "1879")
        assert taken["key"] != kept(bob.page)["key"]
        # Nor does it show the conversation that she left in the tab.
        bob.page.evaluate("taken => sessionStorage.setItem('cited-qa', JSON.stringify(taken))", taken)
        bob.page.reload()
        wait_until_idle(bob.page)
        expect(bob.page.locator("#masthead")).to_contain_text("from 3 articles")
        expect(bob.answers).to_have_count(0)
        assert kept(bob.page)["key"] != taken["key"]
        assert "1879" not in json.dumps(kept(bob.page))

        # What is typed into a form stays there when the list changes.
        open_saved(bob)
        bob.page.locator("#saved summary").get_by_text("Manage collections").click()
        name = bob.page.get_by_label("New collection")
        name.fill("Bridges")
        paste(bob, "Forth", "The bridge over the Forth was opened in 1890.")
        expect(bob.page.locator("#collection option")).to_have_text(["My articles (1 article)"])
        expect(name).to_have_value("Bridges")
        name.evaluate("field => field.form.requestSubmit()")
        expect(bob.page.locator("#collection option")).to_have_count(2)
        expect(name).to_have_value("")
