"""The endpoints, called in this process."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import TermEmbedder

from qa import QA, Settings
from qa.documents.loader import load_text
from qa.web.library_registry import LibraryRegistry

from .gradio_loop import in_a_loop

pytestmark = pytest.mark.slow


def test_an_article_that_cannot_be_added_leaves_no_library(embedder: TermEmbedder) -> None:
    import gradio as gr

    from qa.web.server.api import publish

    bot = QA(Settings(per_visitor_libraries=1), embedder=embedder)
    bot.add([load_text("Bees dance on the comb.", "Bees")])
    registry = LibraryRegistry(bot)

    def page() -> gr.Blocks:
        made: gr.Blocks = gr.Blocks()
        with made:
            publish(registry)
        return made

    blocks: gr.Blocks = in_a_loop(page)
    endpoints = {str(each.api_name): each.fn for each in blocks.fns.values()}
    add: Any = endpoints["add_document"]
    asker: Any = type("Asker", (), {"client": None})()
    for given in ({"file": "AAAA", "name": "sums.xls"}, {"file": "?", "name": "a.txt"}) * 2:
        with pytest.raises(gr.Error, match=r"which is not read|is not base64"):
            list(add(asker, **given))
    assert len(registry) == 0
    *_, added = add(asker, text="Tea reached the harbour in 1650.", title="Tea")
    assert added["document"]["id"] == "tea.txt"
    with pytest.raises(gr.Error, match="the limit is 1 per visitor"):
        list(add(asker, text="Silk reached Velmora in 1312."))
    with pytest.raises(gr.Error, match="already in the library as Tea"):
        list(add(asker, text="Tea reached the harbour in 1650.", library=added["library"]))
    assert list(registry.library(added["library"]).added) == ["tea.txt"]
