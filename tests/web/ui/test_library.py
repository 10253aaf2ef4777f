"""What the library panel says of the articles, and what the endpoints list."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from conftest import TermEmbedder

from qa import QA, Settings
from qa.documents.overview import overview
from qa.types import Document, Progress
from qa.web.libraries import Added, Library, Visitors
from qa.web.overviews import cache_overview
from qa.web.server.api import _described
from qa.web.ui.library import Addition, add_all, article_list_html, outcomes_html
from qa.web.ui.markup import escape
from qa.web.ui.source_pane import source_html

NOTES = ("pages 3-9 are images; text that is only in them cannot be found", "<script>alert(1)</script> & more")
SCANNED = Document("a.pdf", "Bees dance.", "Bees", "a.pdf", notes=NOTES)
WHOLE = Document("b.txt", "Ships sail.", "Ships", "b.txt")
SHOWN = (
    '<span class="note">Pages 3&#45;9 are images&#59; text that is only in them cannot be found.</span>'
    f'<span class="note">{escape(NOTES[1])}.</span>'
)


@pytest.fixture
def library(embedder: TermEmbedder) -> Library:
    bot = QA(Settings(), embedder=embedder)
    bot.add([SCANNED, WHOLE])
    return Visitors(bot).library("")


def test_notes_are_under_their_article_in_plain_words_and_escaped(library: Library) -> None:
    scanned, whole = article_list_html(library).split("</li>")[:2]
    assert SHOWN in scanned
    assert 'class="note"' not in whole
    assert SHOWN in source_html(library.documents, "#article:a.pdf:0")
    assert 'class="note"' not in source_html(library.documents, "#article:b.txt:0")


def test_notes_are_told_when_an_article_is_added(library: Library) -> None:
    def add(_: Library, __: Progress) -> Added:
        return Added(SCANNED, datetime.now(UTC), 4, 11, None, cache_overview(SCANNED, overview(SCANNED)))

    *_, outcomes = add_all(library, [Addition("a.pdf", add)])
    assert f"<b>Bees</b> added&#44; 2 words{SHOWN}</li>" in outcomes_html(outcomes)


def test_programs_get_the_notes() -> None:
    assert _described(SCANNED, None)["notes"] == list(NOTES)
    assert _described(WHOLE, None)["notes"] == []
