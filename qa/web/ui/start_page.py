"""The page before Gradio's: it is there at once, says what is awaited, and keeps a question that is asked meanwhile."""

from __future__ import annotations

from string import Template

from qa.web.ui.markup import escape
from qa.web.ui.scripts import STATIC, script

_DOCUMENT = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Cited QA</title>
</head>
<body>
$body
</body>
</html>
"""


def start_page(step: str) -> str:
    """Return a whole page for a server that is starting; it becomes the chat once that is ready."""
    return Template(_DOCUMENT).substitute(body=_body("starting", f"Starting: {step} ..."))


def loading() -> str:
    """Return what covers Gradio's page until its scripts have arrived and drawn it."""
    return _body("loading", "Loading the page ...")


def _body(state: str, step: str) -> str:
    template = Template((STATIC / "start_page.html").read_text(encoding="utf-8"))
    fonts = (STATIC / "fonts.css").read_text(encoding="utf-8")
    return template.substitute(state=state, step=escape(step), script=script("start_page"), fonts=fonts)
