"""The library panel's parts on the page, and what happens in them."""

# Gradio reads the annotations of event handlers when it runs, so they are not postponed here.
import os
from collections.abc import Iterator
from typing import Any

import gradio as gr

from qa.errors import QAError
from qa.web.libraries import Library, Visitors
from qa.web.server.rate_limit import visitor_of
from qa.web.ui.library import (
    SCRIPT,
    SHELF_SCRIPT,
    Outcome,
    adder_html,
    adding,
    additions,
    outcomes_html,
    panel_label,
    shelf_html,
)
from qa.web.ui.session import WITH_CHOSEN


class Panel:
    """The panel, built inside a `gradio.Blocks` when it is constructed."""

    def __init__(self, visitors: Visitors) -> None:
        self._visitors = visitors
        library, settings = visitors.library(""), visitors.shared.settings
        plain: dict[str, Any] = {"apply_default_css": False}
        with gr.Accordion(panel_label(library), open=False, elem_id="library") as self._heading, gr.Row():
            with gr.Column(min_width=320):
                self._shelf = gr.HTML(shelf_html(library), elem_id="shelf", js_on_load=SHELF_SCRIPT, **plain)
            with gr.Column(min_width=320):
                forms = adder_html(settings, vanishes=os.environ.get("SYSTEM") == "spaces")
                self._adder = gr.HTML(forms, elem_id="add", js_on_load=SCRIPT, **plain)
                status = '<div role="status">${value}</div>'
                self._outcomes = gr.HTML("", html_template=status, elem_id="outcomes", **plain)

    @property
    def parts(self) -> list[gr.Blocks]:
        """The components that `drawn` gives values for."""
        return [self._heading, self._shelf]

    def drawn(self, library: Library, chosen: list[str]) -> tuple[Any, ...]:
        """Return the values that show a library, with the boxes of the documents chosen ticked."""
        return gr.Accordion(label=panel_label(library, chosen)), shelf_html(library, chosen)

    @property
    def ticked(self) -> Any:  # noqa: ANN401 -- Gradio makes its type when it runs
        """The event of a visitor who ticks or unticks an article."""
        return self._shelf.ticked

    def listen(self, key: gr.Textbox, chosen: gr.JSON) -> None:
        """Let the panel act on the library whose key the page holds."""
        inputs, outputs = [key, chosen], [*self.parts, self._outcomes]
        quiet = {"show_progress": "hidden", "api_visibility": "private", "js": WITH_CHOSEN}
        # One at a time: embedding takes every core there is.
        self._adder.added(self._add, inputs, outputs, concurrency_limit=1, concurrency_id="add", **quiet)
        self._shelf.removed(self._remove, inputs, outputs, **quiet)
        self._shelf.ticked(self._retitle, inputs, self._heading, **quiet)

    def _add(self, key: str, chosen: list[str], asker: gr.Request, event: gr.EventData) -> Iterator[tuple[Any, ...]]:
        wanted = additions(event._data)
        try:
            library = self._visitors.open(key, visitor_of(asker))
        except QAError as error:
            failed = [Outcome(addition.name, str(error), "failed") for addition in wanted]
            yield gr.skip(), gr.skip(), outcomes_html(failed)
            return
        for outcomes in adding(library, wanted):
            yield *self.drawn(library, chosen), outcomes_html(outcomes)

    def _remove(self, key: str, chosen: list[str], event: gr.EventData) -> tuple[Any, ...]:
        name = str((event._data or {}).get("document"))
        try:
            library = self._visitors.library(key)
            library.remove(name)
        except QAError as error:
            return gr.skip(), gr.skip(), outcomes_html([Outcome(name, str(error), "failed")])
        return *self.drawn(library, chosen), ""

    def _retitle(self, key: str, chosen: list[str]) -> Any:  # noqa: ANN401 -- one of Gradio's updates
        try:
            return gr.Accordion(label=panel_label(self._visitors.library(key), chosen))
        except QAError:
            return gr.skip()
