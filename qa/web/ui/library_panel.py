"""The library panel's components, and the handlers of their events."""

# Gradio reads the annotations of event handlers at run time, so they are not postponed here.
import os
from collections.abc import Iterator
from typing import Any

import gradio as gr

from qa.errors import QAError
from qa.web.libraries import Library
from qa.web.server.rate_limit import visitor_of
from qa.web.ui.library import (
    Outcome,
    add_all,
    additions,
    article_list_html,
    discard_uploads,
    forms_html,
    outcomes_html,
    panel_label,
)
from qa.web.ui.scripts import WITH_CHOSEN, script
from qa.web.visitors import Visitors


class LibraryPanel:
    """The panel, created in the current layout of a `gradio.Blocks`."""

    def __init__(self, visitors: Visitors) -> None:
        self._visitors = visitors
        library, settings = visitors.library(""), visitors.shared.settings
        plain: dict[str, Any] = {"apply_default_css": False}
        with gr.Accordion(panel_label(library), open=False, elem_id="library") as self._heading, gr.Row():
            with gr.Column(min_width=320):
                articles = article_list_html(library)
                self._articles = gr.HTML(articles, elem_id="article-list", js_on_load=script("article_list"), **plain)
            with gr.Column(min_width=320):
                forms = forms_html(settings, restarts=os.environ.get("SYSTEM") == "spaces")
                self._forms = gr.HTML(forms, elem_id="add", js_on_load=script("library"), **plain)
                status = '<div role="status">${value}</div>'
                cancel = script("outcomes")
                self._outcomes = gr.HTML("", html_template=status, elem_id="outcomes", js_on_load=cancel, **plain)

    @property
    def parts(self) -> list[gr.Blocks]:
        """The components that `rendered` returns values for."""
        return [self._heading, self._articles]

    def rendered(self, library: Library, chosen: list[str]) -> tuple[Any, ...]:
        """Return the values that show a library, with the chosen documents ticked."""
        return gr.Accordion(label=panel_label(library, chosen)), article_list_html(library, chosen)

    @property
    def ticked(self) -> Any:  # noqa: ANN401 -- Gradio creates its type at run time
        """The event of a visitor who ticks or unticks an article."""
        return self._articles.ticked

    def listen(self, key: gr.Textbox, chosen: gr.JSON) -> None:
        """Connect the panel to the library whose key the page holds."""
        inputs, outputs = [key, chosen], [*self.parts, self._outcomes]
        quiet = {"show_progress": "hidden", "api_visibility": "private", "js": WITH_CHOSEN}
        # One at a time: embedding uses all cores.
        self._forms.added(self._add, inputs, outputs, concurrency_limit=1, concurrency_id="add", **quiet)
        self._outcomes.cancelled(self._cancel, inputs, None, **quiet)
        self._articles.removed(self._remove, inputs, outputs, **quiet)
        self.ticked(self._update_label, inputs, self._heading, **quiet)

    def _add(self, key: str, chosen: list[str], asker: gr.Request, event: gr.EventData) -> Iterator[tuple[Any, ...]]:
        wanted = additions(event._data)
        try:
            library = self._visitors.open(key, visitor_of(asker))
        except QAError as error:
            discard_uploads(wanted)
            failed = [Outcome(addition.name, str(error), "failed") for addition in wanted]
            yield gr.skip(), gr.skip(), outcomes_html(failed)
            return
        for outcomes in add_all(library, wanted):
            yield *self.rendered(library, chosen), outcomes_html(outcomes)

    def _cancel(self, key: str, _: list[str]) -> None:
        self._visitors.library_or_shared(key).cancellation.cancel()

    def _remove(self, key: str, chosen: list[str], event: gr.EventData) -> tuple[Any, ...]:
        name = str((event._data or {}).get("document"))
        try:
            library = self._visitors.library(key)
            library.remove(name)
        except QAError as error:
            return gr.skip(), gr.skip(), outcomes_html([Outcome(name, str(error), "failed")])
        return *self.rendered(library, chosen), ""

    def _update_label(self, key: str, chosen: list[str]) -> Any:  # noqa: ANN401 -- one of Gradio's updates
        try:
            return gr.Accordion(label=panel_label(self._visitors.library(key), chosen))
        except QAError:
            return gr.skip()
