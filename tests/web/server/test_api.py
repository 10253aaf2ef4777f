"""The endpoints, called in this process."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from conftest import TermEmbedder

from qa import QA, Settings
from qa.documents.loader import load_text
from qa.web.library_registry import LibraryRegistry

from .gradio_loop import in_a_loop

pytestmark = pytest.mark.slow


ASKER: Any = type("Asker", (), {"client": None})()


@pytest.fixture
def registry(embedder: TermEmbedder) -> LibraryRegistry:
    bot = QA(Settings(per_visitor_libraries=1), embedder=embedder)
    bot.add([load_text("Bees dance on the comb.", "Bees"), load_text("Tea is grown on hills.", "Hills")])
    return LibraryRegistry(bot)


@pytest.fixture
def endpoints(registry: LibraryRegistry) -> dict[str, Any]:
    import gradio as gr

    from qa.web.server.api import publish

    def page() -> gr.Blocks:
        made: gr.Blocks = gr.Blocks()
        with made:
            publish(registry)
        return made

    blocks: gr.Blocks = in_a_loop(page)
    return {str(each.api_name): each.fn for each in blocks.fns.values()}


def test_null_is_the_default_of_what_may_be_left_out(endpoints: dict[str, Any]) -> None:
    search = endpoints["search"]
    assert search("Who dances?", ASKER, None, None, None) == search("Who dances?", ASKER)
    assert endpoints["list_documents"](None, None) == endpoints["list_documents"]()


def test_a_list_goes_on_after_a_document_that_is_there(endpoints: dict[str, Any]) -> None:
    import gradio as gr

    assert [each["id"] for each in endpoints["list_documents"](after="bees.txt")] == ["hills.txt"]
    with pytest.raises(gr.Error, match=r"no document 'gone\.txt' here"):
        endpoints["list_documents"](after="gone.txt")


def test_a_file_has_a_name_and_may_be_base64_in_lines(endpoints: dict[str, Any]) -> None:
    import gradio as gr

    sent = base64.encodebytes(b"Tea reached the harbour of Port Amarel in 1650. Merchants sold it by weight.").decode()
    assert sent.count("\n") == 2
    with pytest.raises(gr.Error, match="give the name of the file, with its suffix"):
        list(endpoints["add_document"](ASKER, file=sent))
    *_, added = endpoints["add_document"](ASKER, file=sent, name="tea.txt")
    assert added["document"]["words"] == 14


def test_an_article_that_cannot_be_added_leaves_no_library(
    endpoints: dict[str, Any], registry: LibraryRegistry
) -> None:
    import gradio as gr

    add = endpoints["add_document"]
    for given in ({"file": "AAAA", "name": "sums.xls"}, {"file": "?", "name": "a.txt"}) * 2:
        with pytest.raises(gr.Error, match=r"which is not read|is not base64"):
            list(add(ASKER, **given))
    assert len(registry) == 0
    *_, added = add(ASKER, text="Tea reached the harbour in 1650.", title="Tea")
    assert added["document"]["id"] == "tea.txt"
    with pytest.raises(gr.Error, match="the limit is 1 per visitor"):
        list(add(ASKER, text="Silk reached Velmora in 1312."))
    with pytest.raises(gr.Error, match="already in the library as Tea"):
        list(add(ASKER, text="Tea reached the harbour in 1650.", library=added["library"]))
    assert list(registry.library(added["library"]).added) == ["tea.txt"]
