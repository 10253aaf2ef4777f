"""What the browser keeps of a visit: the conversation, the key of the library and the articles chosen, for a reload.

It lies in the tab's session storage and goes with the tab. Where a browser forbids that, as in a frame on another site,
nothing is kept and nothing fails.
"""

from __future__ import annotations

_NAME = "cited-qa"


def _chosen(otherwise: str) -> str:
    """Return an expression of the ids of the ticked articles; the list is in the page once its panel was opened."""
    boxes = 'document.querySelectorAll("#shelf input:checked")'
    return f'document.querySelector("#shelf li") ? [...{boxes}].map((box) => box.value) : {otherwise}'


# Before the page has its key, it is about to take up what is kept.
SAVE = f"""(conversation, key, known) => {{
  if (!key) return;
  try {{
    const chosen = {_chosen("known")};
    sessionStorage.setItem("{_NAME}", JSON.stringify({{ conversation, key, chosen }}));
  }} catch {{}}
}}"""
"""Script of an event with the conversation, the key and the articles chosen as inputs, and no output."""

RESTORE = f"""() => {{
  try {{
    const kept = JSON.parse(sessionStorage.getItem("{_NAME}")) ?? {{}};
    return [kept.conversation ?? [], kept.key ?? "", kept.chosen ?? []];
  }} catch {{
    return [[], "", []];
  }}
}}"""
"""Script of an event whose inputs are the conversation, the key and the articles chosen."""


WITH_CHOSEN = f"(...inputs) => [...inputs.slice(0, -1), {_chosen('inputs.at(-1)')}]"
"""Script of an event whose last input is the articles chosen: it gives those that are ticked now."""
