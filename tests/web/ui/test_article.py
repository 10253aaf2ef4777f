"""An article as HTML."""

from __future__ import annotations

import re
from html import unescape

from qa.documents.structure import blocks
from qa.types import Document
from qa.web.ui.article import Mark, blocks_html


def test_a_paragraph_shows_the_number_of_a_page_that_starts_within_it() -> None:
    text = "# Bees\n\nBees dance in the sun and sing.\n\nThey rest."
    document = Document("a.pdf", text, "Bees", "a.pdf", (0, text.index("sun")))
    assert [block.kind for block in blocks(document)] == ["heading", "paragraph", "paragraph"]
    marked = Mark(text.index("in the"), text.index(" and"), 1, strong=True)
    html = blocks_html(document, 0, len(text), [marked])
    before, after = html.split('<span class="page-start" data-page="Page 2" data-start="26"></span>')
    assert "in the </mark>" in before
    assert re.match(r"<mark[^>]*>sun</mark> and sing", after)
    assert unescape(re.sub(r"<[^>]*>", "", html)) == text
