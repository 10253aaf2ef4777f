"""The printed pages of a visitor's own PDFs: shown to that visitor with the excerpt boxed, and to nobody else."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from made_files import make_pdf
from playwright.sync_api import Browser, FilePayload, expect

from qa.web import notices

from .conftest import cited, kept, opened, running
from .http_api import printed, source

# As app.py, but this computer counts as a public host.
OPEN = (
    "import qa.network as n, functools, runpy; "
    "n.Network = functools.partial(n.Network, allowed=lambda address: True); "
    "runpy.run_path('app.py', run_name='__main__')"
)


@contextmanager
def site(content: bytes) -> Iterator[str]:
    """Yield the web address of a PDF."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "application/pdf")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/reports/mill"
        server.shutdown()


def test_the_pages_of_a_visitor_s_pdfs_are_shown_to_that_visitor_alone(browser: Browser) -> None:
    lighthouse = make_pdf("The Lighthouse\n\nThe lighthouse of Dunmore was built in 1825 on a rock.")
    mill = make_pdf("The Mill\n\nThe mill of Ardcarn was run by a miller called Tarpey.\n\nIt ground oats.")
    with (
        running([sys.executable, "-c", OPEN]) as (address, _),
        site(mill) as url,
        opened(browser, address) as one,
        opened(browser, address) as other,
    ):
        page = one.page
        page.locator("#library").get_by_text("Articles: ").click()
        file: FilePayload = {"name": "dunmore.pdf", "mimeType": "application/pdf", "buffer": lighthouse}
        page.set_input_files("#add-files", file)
        expect(page.locator("#outcomes .added")).to_contain_text("The Lighthouse")
        page.get_by_label("Web address").fill(url)
        page.get_by_label("Web address").press("Enter")
        expect(page.locator("#outcomes .added")).to_contain_text("The Mill")

        key, strange = str(kept(page)["key"]), str(kept(other.page)["key"])
        links = []
        for question in ("When was the lighthouse of Dunmore built?", "Who ran the mill of Ardcarn?"):
            link = one.ask(question).locator("a.cite").first
            links.append(link.get_attribute("href") or "")
            expect(page.locator("#source .id")).to_have_text(cited(link)[0])
            box, picture = page.locator("#source .pdf .box").first, page.locator("#source .pdf img")
            expect(box).to_be_visible()
            expect(picture).to_have_attribute("alt", "Page 1 of the PDF, with the excerpt outlined")
            assert "<img" in printed(address, links[-1], key)
            for wrong_key in (strange, "", None, key[:-1], key.split(".", maxsplit=1)[0]):
                assert printed(address, links[-1], wrong_key) == ""

        other.page.evaluate(
            "href => document.body.insertAdjacentHTML('beforeend', `<a id='stolen' href='${href}'>x</a>`)", links[0]
        )
        other.page.locator("#stolen").evaluate("link => link.click()")
        expect(other.page.locator("#source .notice")).to_have_text(notices.ARTICLE_GONE.sentence())
        expect(other.page.locator("#source img")).to_have_count(0)

        page.get_by_role("button", name="Remove The Lighthouse").dblclick()
        expect(page.locator("#article-list li")).to_have_count(4)
        assert printed(address, links[0], key) == "" != printed(address, links[1], key)
        assert "no longer available" in source(address, links[0], key)
