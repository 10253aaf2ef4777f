"""The head of the page and the panel of articles: components and event handlers."""

# Gradio reads the annotations of event handlers at run time, so they are not postponed here.
import os
from collections.abc import Iterator
from functools import lru_cache
from math import inf
from pathlib import Path
from time import monotonic
from typing import Any

import gradio as gr

from qa.errors import QAError
from qa.web.libraries import Library
from qa.web.library.saved import SavedLibrary
from qa.web.library.sqlite_file import row_id
from qa.web.library_registry import LibraryRegistry
from qa.web.server.rate_limit import visitor_of
from qa.web.ui.additions import Outcome, add_all, additions, discard
from qa.web.ui.library import (
    article_list_html,
    asking_html,
    forms_html,
    left_out_html,
    masthead_html,
    outcomes_html,
    panel_label,
    removed_html,
)
from qa.web.ui.scripts import QUIET, STATUS_TEMPLATE, WITH_CHOSEN, html_part

Updates = dict[Any, Any]  # new values of components
# Between two lists of articles that are sent while more are added: seconds for each article in them, and at most
_SECONDS_BETWEEN_LISTS = (0.005, 1.0)
_SAMPLES = (Path(__file__).parents[3] / "data" / "articles").resolve()
_TOOLS = (
    '<div class="tools"><label><input type="checkbox" class="every"> All</label>'
    '<input type="search" aria-label="Filter the list" placeholder="Filter" maxlength="200" '
    'autocomplete="off">'
    '<select aria-label="Sort"><option value="">Newest first</option><option value="title">By title</option>'
    '<option value="words">Longest first</option></select><span class="shown" role="status"></span></div>'
)


@lru_cache(maxsize=1000)
def _has_samples(folder: Path) -> bool:
    return folder.resolve().is_relative_to(_SAMPLES)


class LibraryPanel:
    """The head of the page and the panel, created in the current layout of a `gradio.Blocks`.

    `asking`, the line that names the chosen articles, is to be rendered above the question box.
    """

    def __init__(self, registry: LibraryRegistry) -> None:
        self._registry = registry
        library, settings = registry.library(""), registry.shared.settings
        self._masthead = html_part(masthead_html(library), "masthead")
        self.asking = html_part("", "asking", "asking", html_template=STATUS_TEMPLATE, render=False)
        with gr.Accordion(panel_label(library), open=False, elem_id="library") as self._heading, gr.Row():
            with gr.Column(min_width=320):
                # The list is sent once the page is open: a long one would delay the page.
                empty, template = '<ul class="article-list"></ul>', f"{_TOOLS}${{value}}"
                self._articles = html_part(empty, "article-list", "article_list", html_template=template)
                self._left_out = html_part("", "left-out")
            with gr.Column(min_width=320):
                restarts, stored = os.environ.get("SYSTEM") == "spaces", registry.collections is not None
                forms = forms_html(settings, restarts=restarts, stored=stored)
                self._forms = html_part(forms, "add", "library")
                self._outcomes = html_part("", "outcomes", "outcomes", html_template=STATUS_TEMPLATE)

    @property
    def parts(self) -> list[gr.Blocks]:
        """The components that `rendered` returns values for."""
        return [self._masthead, self._heading, self._articles, self._left_out, self.asking]

    def rendered(self, library: Library, chosen: list[str]) -> Updates:
        """Return the values of `parts` for a library, with the chosen documents ticked."""
        registry = self._registry
        left_out = left_out_html(registry.shared.load_report.skipped, registry.watched)
        return {
            **self._named(library, chosen),
            self._masthead: masthead_html(library),
            self._articles: article_list_html(library, chosen, self._origin),
            self._left_out: "" if registry.public else left_out,
        }

    def _named(self, library: Library, chosen: list[str]) -> Updates:
        heading = gr.Accordion(label=panel_label(library, chosen))
        return {self._heading: heading, self.asking: asking_html(library, chosen)}

    def _origin(self, document: str) -> str:
        path = self._registry.shared.files.get(document)
        if path is not None and _has_samples(path.parent):
            return "sample article"
        return "shared article" if self._registry.public else ""

    @property
    def ticked(self) -> Any:  # noqa: ANN401 -- Gradio creates its type at run time
        """The event that a visitor has ticked or unticked an article."""
        return self._articles.ticked

    def listen(self, key: gr.Textbox, chosen: gr.JSON) -> list[Any]:
        """Connect the panel to the library whose key the page holds; return the events that change the library."""
        self._chosen = chosen
        inputs, outputs = [key, chosen], [*self.parts, self._outcomes]
        # By default, Gradio drops an event whose handler still runs.
        every = {**QUIET, "trigger_mode": "multiple", "js": WITH_CHOSEN}
        # One at a time: embedding uses all cores, and the newest list is to be shown last.
        adding: dict[str, Any] = {**every, "concurrency_limit": 1, "concurrency_id": "add"}
        listing: dict[str, Any] = {**every, "concurrency_limit": 1, "concurrency_id": "list"}
        added = self._forms.added(self._add, inputs, outputs, **adding)
        self._articles.filtered(self._filter, inputs, self._articles, **listing)
        self._outcomes.cancelled(self._cancel, inputs, None, **every)
        self._articles.outdated(self._refresh, inputs, self.parts, **listing)
        removed = self._articles.removed(self._remove, inputs, outputs, **listing)
        restored = self._outcomes.restored(self._restore, inputs, outputs, **listing)
        # Of several at a time, the replies may come in any order; the last one is to be shown.
        labelling: dict[str, Any] = {**listing, "trigger_mode": "always_last"}
        self.ticked(self._update_label, inputs, [self._heading, self.asking], **labelling)
        self.asking.cleared(self._ask_all, [key], [chosen, *self.parts], **{**listing, "js": None})
        return [added, removed, restored]

    def _add(self, key: str, chosen: list[str], asker: gr.Request, event: gr.EventData) -> Iterator[Updates]:
        wanted = additions(event._data)
        try:
            library = self._registry.open(key, visitor_of(asker))
        except QAError as error:
            discard(wanted)
            failed = [Outcome(addition.name, str(error), "failed") for addition in wanted]
            yield {self._outcomes: outcomes_html(failed)}
            return
        each, most = _SECONDS_BETWEEN_LISTS
        shown = -inf
        for outcomes in add_all(library, wanted):
            # A library that is being added to is in use.
            self._registry.library_or_shared(key)
            is_complete = all(outcome.state not in {"waiting", "working"} for outcome in outcomes)
            if not is_complete and monotonic() - shown < min(each * len(library.documents), most):
                continue
            shown = monotonic()
            yield {
                self._masthead: masthead_html(library),
                # Once it has changed, the page asks for the heading with what is ticked then.
                self._articles: article_list_html(library, chosen, self._origin, keeps_ticks=True),
                self._outcomes: outcomes_html(outcomes),
            }

    def _filter(self, key: str, chosen: list[str], event: gr.EventData) -> str:
        words = str((event._data or {}).get("words") or "")
        return article_list_html(self._registry.library_or_shared(key), chosen, self._origin, words)

    def _refresh(self, key: str, chosen: list[str]) -> Updates:
        return self.rendered(self._registry.library_or_shared(key), chosen)

    def _cancel(self, key: str, _: list[str]) -> None:
        self._registry.library_or_shared(key).cancellation.cancel()

    def _remove(self, key: str, chosen: list[str], event: gr.EventData) -> Updates:
        name = str((event._data or {}).get("document"))
        try:
            library = self._registry.library(key)
            removed = library.added.get(name)
            library.remove(name)
        except QAError as error:
            return {self._outcomes: outcomes_html([Outcome(name, str(error), "failed")])}
        return {**self.rendered(library, chosen), self._outcomes: removed_html(removed) if removed else ""}

    def _restore(self, key: str, chosen: list[str], event: gr.EventData) -> Updates:
        number = str((event._data or {}).get("document"))
        library = self._registry.library_or_shared(key)
        try:
            if isinstance(library, SavedLibrary):
                library.restore(row_id(number))
        except QAError as error:
            return {self._outcomes: outcomes_html([Outcome("", str(error), "failed")])}
        return {**self.rendered(library, chosen), self._outcomes: ""}

    def _ask_all(self, key: str) -> Updates:
        return {self._chosen: [], **self.rendered(self._registry.library_or_shared(key), [])}

    def _update_label(self, key: str, chosen: list[str]) -> Updates:
        try:
            return self._named(self._registry.library(key), chosen)
        except QAError:
            return {self._heading: gr.skip()}
