"""The scripts that run in the browser: those of the page's parts, from `static/`, and those of Gradio events."""

from __future__ import annotations

from pathlib import Path

from qa.web.notices import for_scripts

STATIC = Path(__file__).parents[1] / "static"
"""Folder of the scripts and stylesheets, each of one subject."""
_STORAGE_KEY = "cited-qa"


def script(*names: str) -> str:
    """Return scripts of `STATIC`, joined, which Gradio runs once the component that they belong to is on the page.

    They know the messages that they show as `NOTICES`.
    """
    return for_scripts() + "\n".join((STATIC / f"{name}.js").read_text(encoding="utf-8") for name in names)


def _chosen(default: str) -> str:
    """Return an expression of the ids of the chosen articles, `default` until the list of articles was shown."""
    boxes = 'document.querySelectorAll("#article-list input:checked")'
    return f'document.querySelector("#article-list li") ? [...{boxes}].map((box) => box.value) : {default}'


# The conversation, the library's key and the chosen articles survive a reload in the tab's session storage. Where a
# browser forbids that, as in a frame on another site, they are not saved. Until the page has its key, it is about to
# restore them.
SAVE = f"""(conversation, key, known) => {{
  if (!key) return;
  try {{
    const chosen = {_chosen("known")};
    sessionStorage.setItem("{_STORAGE_KEY}", JSON.stringify({{ conversation, key, chosen }}));
  }} catch {{}}
}}"""
"""Of an event with the conversation, the key and the chosen articles as inputs, and no output."""

RESTORE = f"""() => {{
  try {{
    const kept = JSON.parse(sessionStorage.getItem("{_STORAGE_KEY}")) ?? {{}};
    return [kept.conversation ?? [], kept.key ?? "", kept.chosen ?? []];
  }} catch {{
    return [[], "", []];
  }}
}}"""
"""Of an event whose inputs are the conversation, the key and the chosen articles."""

WITH_WORDS = '(...inputs) => [...inputs.slice(0, -1), document.querySelector("#talk-words")?.value ?? ""]'
"""Of an event whose last input is the words to search conversations for: takes them from the search box."""

WITH_CHOSEN = f"(...inputs) => [...inputs.slice(0, -1), {_chosen('inputs.at(-1)')}]"
"""Of an event whose last input is the chosen articles: replaces it by those that are ticked now."""
