"""The choice of the theme and the help on the keyboard, in the corner of the page."""

from __future__ import annotations

_KEYS = (
    ("Enter", "Ask; with Shift, a new line"),
    ("/", "Go to the question box"),
    ("f", "Find in the article"),
    ("n, p", "In the article: next and previous excerpt"),
    ("Alt + \u2190", "Back to what the article pane showed before"),
    ("Esc", "In the article: back to the answer"),
    ("?", "Show these keys"),
)


def tools_html() -> str:
    """Return both as HTML."""
    rows = "".join(f"<dt><kbd>{key}</kbd></dt><dd>{does}</dd>" for key, does in _KEYS)
    return (
        '<div class="tools"><label>Theme <select><option value="system">System</option>'
        '<option value="light">Light</option><option value="dark">Dark</option></select></label>'
        '<button type="button" class="keys" title="Keyboard (?)" aria-haspopup="dialog">Keyboard</button>'
        f'<dialog aria-labelledby="keys-name"><form method="dialog"><h2 id="keys-name">Keyboard</h2><dl>{rows}</dl>'
        '<p><label><input type="checkbox"> Use the keys / f ?</label></p><button>Close</button></form></dialog></div>'
    )
