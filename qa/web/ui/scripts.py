"""Parts of the page with the scripts that run in the browser, from `static/`, and the scripts of Gradio's events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qa.web.notices import for_scripts

if TYPE_CHECKING:
    import gradio as gr

STATIC = Path(__file__).parents[1] / "static"  # folder of the scripts, stylesheets and fonts
_STORAGE_KEY = "cited-qa"

QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
"""Options of an event that shows no progress and that programs cannot call."""

STATUS_TEMPLATE = '<div role="status">${value}</div>'
"""HTML of a component whose changes screen readers announce."""


def script(*names: str) -> str:
    """Return scripts from `STATIC`, joined, after `common.js` and the messages that they show as `NOTICES`.

    Gradio runs them once their component is on the page.
    """
    parts = ((STATIC / f"{name}.js").read_text(encoding="utf-8") for name in ("common", *names))
    return for_scripts() + "\n".join(parts)


def html_part(value: str, name: str, *scripts: str, **options: Any) -> gr.HTML:  # noqa: ANN401 -- as of `gradio.HTML`
    """Create a part of the page with the id `name`, and without Gradio's style; see `script` for the scripts."""
    # Imported here, since the stylesheet, the fonts and the start page are served before Gradio is imported.
    import gradio as gr

    if scripts:
        options["js_on_load"] = script(*scripts)
    return gr.HTML(value, elem_id=name, apply_default_css=False, **options)


def cancel_first(event: Callable[..., object], answers: Sequence[Any]) -> None:
    """Let an event cancel answers in progress before its handlers run: an answer would undo what they change.

    Gradio runs a listener's handler before it cancels, so this adds a listener that only cancels. Call it before the
    listeners with handlers are added.
    """
    event(None, cancels=list(answers), **QUIET)


def _chosen(default: str) -> str:
    """Return a JavaScript expression for the ids of the chosen articles: `default` until the list has been shown."""
    boxes = 'document.querySelectorAll("#article-list li input:checked")'
    return f'document.querySelector("#article-list .hint") ? [...{boxes}].map((box) => box.value) : {default}'


# The tab's session storage keeps the conversation, the library's key and the chosen articles over a reload. Some
# browsers forbid it, for instance in a frame on another site. A page without a key has yet to restore them.
SAVE = f"""(conversation, key, known) => {{
  if (!key) return;
  try {{
    const chosen = {_chosen("known")};
    sessionStorage.setItem("{_STORAGE_KEY}", JSON.stringify({{ conversation, key, chosen }}));
  }} catch {{}}
}}"""
"""For an event with the conversation, the key and the chosen articles as inputs, and no output."""

RESTORE = f"""() => {{
  try {{
    const kept = JSON.parse(sessionStorage.getItem("{_STORAGE_KEY}")) ?? {{}};
    return [kept.conversation ?? [], kept.key ?? "", kept.chosen ?? []];
  }} catch {{
    return [[], "", []];
  }}
}}"""
"""For an event whose inputs are the conversation, the key and the chosen articles."""

WITH_WORDS = '(...inputs) => [...inputs.slice(0, -1), document.querySelector("#search-words")?.value ?? ""]'
"""For an event whose last input is the words to search conversations for: takes them from the search box."""

WITH_CHOSEN = f"(...inputs) => [...inputs.slice(0, -1), {_chosen('inputs.at(-1)')}]"
"""For an event whose last input is the chosen articles: replaces it with the ids that are ticked now."""
