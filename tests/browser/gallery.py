"""Pictures of the page in its states, in light and dark, wide and narrow, with an index: ``make gallery``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from time import sleep

from command import COMMAND
from made_files import make_pdf
from playwright.sync_api import Browser, FilePayload, Page, expect
from scripted_model import Reply

from qa.output.terminal import echo

from .conftest import TIMEOUT_MS, Chat, launched, opened, running, wait_until_idle
from .test_accessibility import DARKEN, FADED
from .test_generated import LIE, phrased_by
from .test_start import WAITING

SERVE = [*COMMAND, "serve", "--docs", "data/articles"]
WIDTHS = {1280: 800, 390: 844}
MAX_HEIGHT = 2600  # pixels of a picture
HERONS = """# Herons of the Bay

The grey heron stands up to 100 cm tall and weighs up to 2 kg. The night heron stands up to 65 cm tall and weighs up
to 0.8 kg. Herons eat fish, frogs and eels.

## The Census

| Species | Nests in 2020 | Nests in 2024 |
|---|---|---|
| Grey heron | 41 | 56 |
| Night heron | 12 | 9 |
| Little egret | 3 | 17 |

## How to Count a Colony

1. Arrive before sunrise.
2. Walk along the marked path.
3. Count every nest with an adult on it.
4. Write the number on the card of the day.
"""
FACTOID = "Which fighter jets did China buy?"
KINDS = {
    "factoid": FACTOID,
    "yes-no": "Did China buy Su-35 fighter jets?",
    "list": "What ships laid the cable?",
    "table": "How many nests did the little egret have in 2024?",
    "table-computed": "Which species had the most nests in 2024?",
    "comparison": "Which had more nests in 2024, the grey heron or the night heron?",
    "process": "How do I count a colony?",
    "reason": "Why did China turn towards Russia?",
    "definition": "What is royal jelly?",
    "summary": "Summarize the article about the cable",
    "about": "What can you do?",
}
LONG = "How many eggs can a queen lay in a day, and what happens to the ones that are not fertilised? " * 8
LLM_ANSWERS = {
    "supported": "China bought Su-35 fighter jets and the S-400 surface-to-air missile defence system [S26].",
    "unsupported": f"Until then, Russia had sold its neighbour older equipment [S24]. {LIE[:-1]} [S26].",
    "partly": (
        "China bought Su-35 fighter jets and the S-400 surface-to-air missile defence system [S26]. The article says "
        "that \u201cnow the goods were of a different order\u201d [S25]. Nobody knows what it paid."
    ),
}


@dataclass
class Gallery:
    """A folder of pictures, each of one state in one width and theme."""

    folder: Path

    def picture(self, page: Page, name: str) -> None:
        """Take a picture of the page in light and one in dark."""
        page.mouse.move(0, 0)
        width = page.viewport_size["width"] if page.viewport_size else 0
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            page.evaluate(DARKEN, theme == "dark")
            page.evaluate(FADED)
            height = min(MAX_HEIGHT, page.evaluate("document.documentElement.scrollHeight"))
            page.screenshot(
                path=self.folder / f"{name}-{width}-{theme}.png",
                animations="disabled",
                full_page=True,
                clip={"x": 0, "y": 0, "width": width, "height": height},
            )
        page.emulate_media(color_scheme="light")
        page.evaluate(DARKEN, False)
        echo(f"{name} at {width}")

    def write_index(self) -> None:
        """Write the page that shows all pictures of the folder."""
        pictures = sorted(self.folder.glob("*-390-dark.png"), key=lambda file: file.stat().st_mtime)
        names = [file.name.removesuffix("-390-dark.png") for file in pictures]
        sections = "".join(
            f"<h2>{escape(name)}</h2><p>"
            + "".join(
                f'<a href="{name}-{width}-{theme}.png"><img src="{name}-{width}-{theme}.png" loading="lazy" '
                f'alt="{escape(name)}, {width} pixels, {theme}" width="{width // 2}"></a> '
                for width in WIDTHS
                for theme in ("light", "dark")
            )
            + "</p>"
            for name in names
        )
        style = "body { font: 1rem sans-serif } p { display: flex; gap: 12px; align-items: start; overflow-x: auto }"
        html = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Gallery</title><style>{style}</style>'
        (self.folder / "index.html").write_text(html + sections, encoding="utf-8")


Walk = Callable[[Chat], Iterator[str]]


def _file(name: str, data: bytes) -> FilePayload:
    return {"name": name, "mimeType": "", "buffer": data}


def _unfold(page: Page) -> None:
    page.locator("#library .label-wrap").click()
    expect(page.locator("#add-files")).to_be_visible()


def _fold(page: Page) -> None:
    page.locator("#library .label-wrap").click()
    expect(page.locator("#add-files")).not_to_be_visible()


def _clear(chat: Chat) -> None:
    expect(chat.page.get_by_role("button", name="Stop")).to_have_count(0)
    chat.page.get_by_role("button", name="Clear").click()
    expect(chat.answers).to_have_count(0)


def asking(chat: Chat) -> Iterator[str]:
    """Ask questions of every kind, and use what an answer offers."""
    page = chat.page
    expect(page.locator("#chat a.ask").first).to_be_visible()
    yield "welcome"
    for kind, question in KINDS.items():
        if kind == "about":
            chat.box.fill(question)
            chat.box.press("Enter")
            expect(page.locator("#chat .reply")).to_be_visible()
        else:
            answer = chat.ask(question)
            expect(answer.locator(".next a").first.or_(answer.locator(".nearest")).first).to_be_attached()
        wait_until_idle(page)
        yield f"answer-{kind}"
        if kind == "factoid":
            page.locator("#chat a.cite").first.click()
            expect(chat.mark.first).to_be_focused()
            page.mouse.move(0, 0)
            page.locator("#chat a.cite").first.focus()
            yield "excerpt-card"
            page.keyboard.press("Escape")
            page.locator("#chat .edit").first.click()
            yield "edit-question"
            page.get_by_role("button", name="Cancel").click()
            page.get_by_role("button", name="No", exact=True).first.click()
            yield "test-case-no"
            page.get_by_role("button", name="Cancel").click()
            page.get_by_role("button", name="Yes", exact=True).first.click()
            expect(page.get_by_text("Saved in ").first).to_be_visible()
            yield "test-case-saved"
            expect(page.get_by_text("Saved in ")).to_have_count(0)
        _clear(chat)
    yield "cleared"
    chat.ask(KINDS["reason"])
    chat.ask("And when did it do that?").locator(".searched").wait_for()
    wait_until_idle(page)
    yield "follow-up"
    page.locator("#chat .again").first.click()
    yield "search-again"
    page.get_by_role("button", name="Cancel").click()
    _clear(chat)
    chat.ask("What is the boiling point of tungsten?").get_by_text("Nearest passages").click()
    wait_until_idle(page)
    yield "declined"
    _clear(chat)
    chat.box.fill(LONG)
    chat.box.press("Enter")
    expect(page.locator("#chat .fold")).to_be_visible()
    expect(page.locator("#chat .answer .confidence, #chat .problem")).to_be_visible()
    wait_until_idle(page)
    yield "long-question"


def reading(chat: Chat) -> Iterator[str]:
    """Read an article: its overview, contents and search field, and the help on the keyboard."""
    page = chat.page
    page.locator("#source").get_by_role("link", name="Inside a Honeybee Colony").click()
    expect(page.locator("#source a.ask").first).to_be_visible()
    page.locator("#source .about").get_by_text("Names and dates").click()
    yield "article"
    page.locator("#source .outline summary").click()
    yield "outline"
    page.locator("#source .outline summary").click()
    page.get_by_label("Find in this article").fill("queen")
    page.get_by_label("Find in this article").press("Enter")
    expect(page.locator("#source .find output")).to_have_text("1 of 11")
    yield "find"
    page.get_by_role("button", name="Keyboard").click()
    yield "keyboard"
    page.get_by_role("button", name="Close").click()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    chat.ask(KINDS["list"]).locator("a.share").click()
    expect(page.locator("a.share")).to_have_text("Copied")
    yield "share"


def adding(chat: Chat) -> Iterator[str]:
    """Add articles, one of them unreadable; ask only some; open the page of a PDF."""
    page = chat.page
    _unfold(page)
    page.locator("#add summary").click()
    yield "library"
    long = " ".join(f"Keeper {number} of the lighthouse wrote in the log of day {number}." for number in range(9000))
    files = [_file("log.txt", long.encode()), _file("herons.md", HERONS.encode())]
    page.set_input_files("#add-files", files)
    expect(page.locator("#outcomes progress[value]")).to_be_visible()
    yield "adding"
    page.get_by_role("button", name="Cancel all").or_(page.get_by_role("button", name="Cancel")).first.click()
    expect(page.locator("#outcomes progress")).to_have_count(0)
    yield "adding-cancelled"
    lighthouse = make_pdf("The Lighthouse\n\nThe lighthouse of Dunmore was built in 1825 on a rock.\n\nIt is white.")
    page.set_input_files("#add-files", [_file("dunmore.pdf", lighthouse), _file("sums.xls", b"\0"), files[1]])
    expect(page.locator("#outcomes .added, #outcomes .failed")).to_have_count(3)
    wait_until_idle(page)
    yield "added-and-failed"
    page.get_by_label("Ask Herons of the Bay").check()
    expect(page.locator("#asking")).to_contain_text("Asking only")
    page.get_by_role("button", name="Remove Herons of the Bay").click()
    yield "remove-asked"
    _fold(page)
    chat.ask("What is the boiling point of tungsten?")
    wait_until_idle(page)
    yield "asking-only"
    page.get_by_role("button", name="Ask all articles").click()
    _clear(chat)
    chat.ask("When was the lighthouse of Dunmore built?").locator("a.cite").first.click()
    expect(page.locator("#source .box").first).to_be_visible()
    wait_until_idle(page)
    yield "pdf-page"


def keeping(chat: Chat) -> Iterator[str]:
    """Use a persistent library: its collections and conversations."""
    page = chat.page
    chat.ask(FACTOID)
    page.get_by_role("button", name="Clear").click()
    chat.ask(KINDS["list"])
    wait_until_idle(page)
    page.locator("#saved .label-wrap").click()
    expect(page.locator("#conversations .open").nth(1)).to_be_visible()
    yield "conversations"
    page.get_by_label(f"Rename {FACTOID}").click()
    yield "conversation-rename"
    page.get_by_label(f"Rename {FACTOID}").click()
    page.get_by_label(f"Delete {FACTOID}").click()
    expect(page.locator("#saved-status .undo")).to_be_visible()
    yield "conversation-deleted"
    page.locator("#saved-status").get_by_role("button", name="Undo").click()
    page.get_by_label("Search conversations").fill("nothing of the kind")
    expect(page.locator("#conversations .hint")).to_be_visible()
    yield "conversation-search"
    page.get_by_label("Search conversations").fill("")
    expect(page.locator("#conversations .open").nth(1)).to_be_visible()
    page.get_by_text("Manage collections").click()
    yield "collections"
    page.get_by_label("New collection").fill(f"Birds at {page.evaluate('innerWidth')} pixels")
    page.get_by_role("button", name="Create").click()
    expect(page.locator("#saved > button")).to_contain_text("Birds")
    _unfold(page)
    page.set_input_files("#add-files", [_file("herons.md", HERONS.encode())])
    expect(page.locator("#outcomes .added")).to_have_count(1)
    page.get_by_role("button", name="Remove Herons of the Bay").dblclick()
    expect(page.locator("#outcomes .removed")).to_be_visible()
    yield "article-removed"


def expiring(chat: Chat) -> Iterator[str]:
    """Ask about articles that have expired."""
    page = chat.page
    _unfold(page)
    page.set_input_files("#add-files", [_file("herons.md", HERONS.encode())])
    expect(page.locator("#outcomes .added")).to_have_count(1)
    _fold(page)
    sleep(13)
    chat.box.fill("How tall is the grey heron?")
    chat.box.press("Enter")
    expect(page.locator("#announcement p")).to_be_visible()
    wait_until_idle(page)
    yield "expired"


def _photograph(gallery: Gallery, browser: Browser, address: str, *walks: Walk) -> None:
    for width, height in WIDTHS.items():
        for walk in walks:
            with opened(browser, address, width=width, height=height) as chat:
                for name in walk(chat):
                    gallery.picture(chat.page, name)


def questions(gallery: Gallery, browser: Browser, folder: Path) -> None:
    """Take pictures of answers of every kind, on the page of an owner, who may save test cases."""
    (folder / "herons.md").write_text(HERONS, encoding="utf-8")
    cases = str(folder / "cases.jsonl")
    with running([*SERVE, "--docs", str(folder / "herons.md")], QA_CASES_FILE=cases) as (address, _):
        _photograph(gallery, browser, address, asking)


def articles(gallery: Gallery, browser: Browser, __: Path) -> None:
    """Take pictures of a visitor's page: reading articles, and adding some."""
    with running([sys.executable, "app.py"]) as (address, _):
        _photograph(gallery, browser, address, reading, adding)


def library(gallery: Gallery, browser: Browser, folder: Path) -> None:
    """Take pictures of saved collections and conversations."""
    with running(SERVE, QA_LIBRARY=str(folder / "library")) as (address, _):
        _photograph(gallery, browser, address, keeping)


def expiry(gallery: Gallery, browser: Browser, __: Path) -> None:
    """Take pictures of the notices to a visitor whose articles have expired."""
    with running([sys.executable, "app.py"], QA_VISITOR_IDLE_MINUTES="0.2") as (address, _):
        _photograph(gallery, browser, address, expiring)


def language_model(gallery: Gallery, browser: Browser, _: Path) -> None:
    """Take pictures of a language model's answers, while it writes and complete, and where it fails."""
    with phrased_by("scripted-model") as phrasing:

        def walk(chat: Chat) -> Iterator[str]:
            page, resume = chat.page, Event()
            expect(page.locator("#chat a.ask").first).to_be_visible()
            yield "model-welcome"
            phrasing.says("China bought Su-35 fighter jets [S26]. ", "Until then, ", resume, "Russia sold less [S24].")
            chat.box.fill(FACTOID)
            chat.box.press("Enter")
            expect(chat.answers.first.locator(".partial")).to_be_visible()
            yield "model-writing"
            resume.set()
            expect(page.locator("#chat .answer .confidence")).to_be_visible()
            for name, text in LLM_ANSWERS.items():
                _clear(chat)
                phrasing.reply = Reply(text)
                chat.ask(FACTOID)
                wait_until_idle(page)
                yield f"model-{name}"
            page.locator("#chat .sentences summary").click()
            yield "model-sentences"
            _clear(chat)
            phrasing.reply = Reply(status=401)
            chat.ask(FACTOID)
            wait_until_idle(page)
            yield "model-failed"
            page.locator("#model .label-wrap").click()
            page.get_by_role("button", name="Use and test").click()
            expect(page.locator("#model-checks li").first).to_be_visible()
            expect(page.locator("#model-checks")).not_to_contain_text("Testing")
            yield "model-panel"

        _photograph(gallery, browser, phrasing.address, walk)


@contextmanager
def _plain_page(browser: Browser, width: int) -> Iterator[Page]:
    with browser.new_context(viewport={"width": width, "height": WIDTHS[width]}) as context:
        page = context.new_page()
        page.set_default_timeout(TIMEOUT_MS)
        yield page


def other_pages(gallery: Gallery, browser: Browser, folder: Path) -> None:
    """Take pictures of the page while the server starts, and of the help; a login is the browser's own dialog."""
    for width in WIDTHS:
        go = folder / f"go-{width}"
        process = running([sys.executable, "-c", WAITING, str(go)], prints="starting; the page at")
        with process as (address, _), _plain_page(browser, width) as page:
            page.goto(address)
            expect(page.get_by_role("status")).to_contain_text("reading the articles")
            gallery.picture(page, "starting")
            go.touch()
            expect(page.locator("#question textarea")).to_be_visible()
            page.goto(f"{address}/help")
            gallery.picture(page, "help")


PARTS = {part.__name__: part for part in (questions, articles, library, expiry, language_model, other_pages)}


def main() -> None:
    """Write the gallery, or the parts that are named, to a folder."""
    os.environ["QA_LIBRARY"] = "off"
    gallery = Gallery(Path(sys.argv[1]))
    gallery.folder.mkdir(parents=True, exist_ok=True)
    with launched() as browser:
        for name in sys.argv[2:] or PARTS:
            with TemporaryDirectory() as folder:
                PARTS[name](gallery, browser, Path(folder))
    gallery.write_index()


if __name__ == "__main__":
    main()
