"""The panel that chooses the language model, on a page that only this computer can reach."""

# Gradio reads the annotations of event handlers at run time, so they are not postponed here.
import os
from collections.abc import Iterator, Sequence
from typing import Any

import gradio as gr

from qa.errors import QAError
from qa.generation.check_model import Check, check_model
from qa.models.llm_client import make_language_model
from qa.models.llm_server import model_names
from qa.settings import LLAMA, Settings
from qa.web import notices
from qa.web.library_registry import LibraryRegistry
from qa.web.server.auth import is_reached
from qa.web.ui.markup import escape
from qa.web.ui.scripts import QUIET, STATUS_TEMPLATE, html_part
from qa.web.ui.welcome import host_of, placeholder_html

_NONE = "None: exact excerpts only"
_SIGNS = {True: ("ok", "works"), False: ("failed", "fails"), None: ("info", "")}


def may_choose(settings: Settings, names: frozenset[str] | None) -> bool:
    """Return whether the page may choose the language model, since nobody else can reach the server."""
    return not (is_reached(settings, names) or settings.has_login or os.environ.get("SYSTEM") == "spaces")


class ModelPanel:
    """The panel, created in the current layout of a `gradio.Blocks`."""

    def __init__(self, registry: LibraryRegistry) -> None:
        self._registry = registry
        self._first = registry.shared.settings.llm_model
        with gr.Accordion(_label(registry.shared.settings), open=False, elem_id="model") as self._heading:
            self._form = html_part(self._form_html([]), "model-form", "model")
            self._checks = html_part("", "model-checks", html_template=STATUS_TEMPLATE)

    def listen(self, page: gr.Blocks, chatbot: gr.Chatbot) -> None:
        """Connect the panel to the page, and to the chatbot's placeholder, which names the model."""
        shown = [self._heading, chatbot]
        page.load(self._opened, None, shown, queue=False, **QUIET)
        self._heading.expand(self._listed, None, self._form, **QUIET)
        outputs = [*shown, self._checks]
        self._form.model_chosen(self._use, None, outputs, concurrency_limit=1, concurrency_id="model", **QUIET)

    def _opened(self) -> tuple[Any, ...]:
        """Return what differs on a page that was built with another model."""
        return (gr.skip(), gr.skip()) if self._registry.shared.settings.llm_model == self._first else self._shown()

    def _shown(self) -> tuple[Any, ...]:
        settings = self._registry.shared.settings
        return gr.Accordion(label=_label(settings)), gr.Chatbot(placeholder=placeholder_html(settings))

    def _listed(self) -> str:
        """Return the form with the models that the model server offers now."""
        settings = self._registry.shared.settings
        if self._first.startswith(LLAMA):
            return self._form_html([])
        try:
            model = make_language_model(settings.model_copy(update={"llm_model": settings.llm_model or "any"}))
        except QAError:
            model = None
        return self._form_html(model_names(model) if model else [])

    def _use(self, event: gr.EventData) -> Iterator[tuple[Any, ...]]:
        """Use a model from now on, and test it."""
        name = str((event._data or {}).get("model") or "").strip()
        try:
            # Only whoever starts the server may name a file.
            if name.startswith(LLAMA) and name != self._first:
                raise notices.MODEL_FILE.error()
            self._registry.use_model(name)
        except QAError as error:
            yield *self._shown(), _checks_html([Check("model", False, str(error))])
            return
        found: list[Check] = []
        yield *self._shown(), _checks_html(found, testing=bool(name))
        for check in check_model(self._registry.shared.settings) if name else ():
            found.append(check)
            yield gr.skip(), gr.skip(), _checks_html(found, testing=True)
        yield gr.skip(), gr.skip(), _checks_html(found)

    def _form_html(self, names: Sequence[str]) -> str:
        settings = self._registry.shared.settings
        used = settings.llm_model
        if names or used.startswith(LLAMA) or self._first.startswith(LLAMA):
            known = dict.fromkeys(["", *filter(None, [self._first, used]), *names])
            options = "".join(_option(one, used) for one in known)
            field = f'<select id="model-name" name="model">{options}</select>'
        else:
            field = f'<input id="model-name" name="model" value="{escape(used)}" autocomplete="off" spellcheck="false">'
        host = "" if self._first.startswith(LLAMA) else f" at {host_of(settings.llm_url)}"
        return (
            f'<form><label for="model-name">Model{escape(host)}</label>{field}'
            '<button type="submit">Use and test</button></form>'
            '<p class="hint">For everybody who uses this server, until it stops. To keep it, set QA_LLM_MODEL; for '
            "another server, QA_LLM_URL.</p>"
        )


def _option(name: str, used: str) -> str:
    shown = name.rpartition("/")[2] if name.startswith(LLAMA) else name
    return f'<option value="{escape(name)}"{" selected" * (name == used)}>{escape(shown or _NONE)}</option>'


def _label(settings: Settings) -> str:
    return f"Language model: {settings.llm_name or 'none'}"


def _checks_html(checks: Sequence[Check], *, testing: bool = False) -> str:
    rows = [
        f'<li class="{_SIGNS[check.works][0]}"><b>{escape(check.name)}</b> '
        f'<span class="sign">{_SIGNS[check.works][1]}</span> {escape(check.found)}</li>'
        for check in checks
    ]
    return f"<ul>{''.join(rows)}{'<li>Testing &#8230;</li>' * testing}</ul>" if rows or testing else ""
