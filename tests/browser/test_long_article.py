"""A long article: asked while it is being read, and cancelled, which removes all of it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FilePayload, expect

from .conftest import article, cited, eventually, opened, running
from .http_api import call_endpoint
from .servers import Server
from .test_library import remaining_files, unfold

FIRST = "The lighthouse of Port Amarel was lit in 1841."
BOOK = "\n\n".join([FIRST, *(f"# Chapter {number}\n\n{article('honeybee-colony.md')}" for number in range(50))])
ADDED = "the-lighthouse.txt"
# As app.py, but embedding is slow enough to act meanwhile, on a fast machine and with a slow browser.
SLOW = """
import runpy, time
import qa.web.libraries as libraries

def slowly(document, analysis, embedder, check_cancelled, embed=libraries.embed_in_parts):
    for part in embed(document, analysis, embedder, check_cancelled):
        yield part
        for _ in range(len(analysis.chunks)):
            check_cancelled()
            time.sleep(0.01)

libraries.embed_in_parts = slowly
runpy.run_path("app.py", run_name="__main__")
"""


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Server, Path]]:
    """The address of an app that embeds slowly, its process, and the folder of its temporary files."""
    folder = tmp_path_factory.mktemp("temporary")
    with running([sys.executable, "-c", SLOW], TMPDIR=str(folder)) as (address, process):
        yield address, process, folder


def descendants(process: int) -> list[str]:
    """Return the command lines of all processes that a process has started."""
    found = []
    for task in Path(f"/proc/{process}/task").iterdir():
        for child in map(int, (task / "children").read_text().split()):
            found += [Path(f"/proc/{child}/cmdline").read_text(), *descendants(child)]
    return found


def test_a_long_article_is_asked_while_it_is_read_and_cancelled(
    browser: Browser, slow: tuple[str, Server, Path]
) -> None:
    address, process, folder = slow
    with opened(browser, address) as chat:
        page = chat.page
        unfold(page)
        files: list[FilePayload] = [
            {"name": name, "mimeType": "", "buffer": text.encode()}
            for name, text in (("tea.txt", "Tea is sold in Velmora."), (ADDED, BOOK), ("silk.txt", "Silk is dear."))
        ]
        page.set_input_files("#add-files", files[:1])
        expect(page.locator("#outcomes .added")).to_have_count(1)
        before = descendants(process.pid)

        page.set_input_files("#add-files", files[1:])
        working = page.locator("#outcomes .working")
        expect(working).to_contain_text(re.compile(r"[1-9]\d*% read, \d+ \w+ left, [\d,]+ characters? a second"))
        answer = chat.ask("When was the lighthouse of Port Amarel lit?")
        expect(answer.locator(".short")).to_contain_text("1841")
        expect(answer.locator(".partly-read")).to_have_text(re.compile(r"^\d+% of this document has been read: "))
        document, start, end = cited(answer.locator("a.cite").first)
        assert document == ADDED
        chat.shows(BOOK[start:end])
        # A match may be in another part than the one shown.
        field = page.get_by_label("Find in this article")
        field.fill("chapter  45")
        field.press("Enter")
        chat.shows("Chapter 45")
        expect(page.locator("#source .find output")).to_have_text("1 of 1")
        expect(field).to_have_value("chapter  45")
        row = page.locator("#article-list li").first
        expect(row).to_contain_text("being read")

        # What is selected meanwhile stays selected.
        box = page.get_by_label("Ask tea")
        box.check()
        heading = page.locator("#library > button")
        expect(heading).to_contain_text("1 of 5 selected")
        page.get_by_role("button", name=f"Cancel all: {ADDED}").click()
        expect(page.locator("#outcomes .cancelled")).to_have_text([f"{ADDED} cancelled", "silk.txt cancelled"])
        expect(page.locator("#article-list li")).to_have_count(4)
        expect(box).to_be_checked()
        expect(heading).to_contain_text("1 of 4 selected")
        expect(page.locator("#asking")).to_contain_text("Asking only: Tea")
        box.uncheck()
        expect(heading).to_contain_text("Articles: 4, including 1 of yours")
        answer = chat.ask("When was the lighthouse of Port Amarel lit?")
        assert ADDED not in {cited(link)[0] for link in answer.locator("a.cite, a.nearby").all()}
        expect(answer.locator(".partly-read")).to_have_count(0)
        assert remaining_files(folder) == []
        eventually(lambda: descendants(process.pid), before)

        # A page that is closed cancels too.
        page.set_input_files("#add-files", files[1:])
        expect(working).to_contain_text("characters a second")
        page.close()
        eventually(lambda: len(call_endpoint(address, "list_documents")), 3)
        eventually(lambda: len(remaining_files(folder)), 0)
        eventually(lambda: descendants(process.pid), before)


def test_the_endpoint_reports_how_much_has_been_read(app: str) -> None:
    from gradio_client import Client

    client = Client(app, verbose=False)
    job = client.submit(text=BOOK[:100_000], title="Lighthouse", api_name="/add_document")
    steps = [step for step in job if step["document"]]
    shares = [step["document"]["read"] for step in steps]
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert any(0 < share < 1 for share in shares)
    assert shares[-1] == job.result()["document"]["read"] == 1
    assert all(
        step["characters_per_second"] > 0 and step["seconds_left"] > 0
        for step in steps
        if 0 < step["document"]["read"] < 1
    )
    [*_, listed] = call_endpoint(app, "list_documents", library=steps[0]["library"])
    assert (listed["id"], listed["read"]) == ("lighthouse.txt", 1)


def test_the_endpoint_cancels_an_addition(slow: tuple[str, Server, Path]) -> None:
    from gradio_client import Client

    app, *_ = slow
    key = call_endpoint(app, "add_document", text="Tea reached the harbour in 1650.", title="Tea")["library"]
    job = Client(app, verbose=False).submit(text=BOOK, title="Lighthouse", library=key, api_name="/add_document")
    next(iter(job))
    assert [each["id"] for each in call_endpoint(app, "cancel_adding", library=key)] == ["tea.txt"]
    assert "cancelled" in str(job.exception(timeout=60))
    assert "lighthouse.txt" not in {each["id"] for each in call_endpoint(app, "list_documents", library=key)}
