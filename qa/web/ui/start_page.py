"""The page that is shown until Gradio's is ready: it reports the progress, and keeps a question that is asked early."""

from __future__ import annotations

from string import Template

from qa.web.ui.files import STYLESHEET_PATH
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
    """Return the page of a server that is starting; it reloads once the chat is ready."""
    return Template(_DOCUMENT).substitute(body=_body("starting", f"Starting: {step} ..."))


def loading() -> str:
    """Return the HTML that covers Gradio's page until its scripts have drawn it."""
    return _body("loading", "Loading the page ...")


def _body(state: str, step: str) -> str:
    template = Template((STATIC / "start_page.html").read_text(encoding="utf-8"))
    fonts = (STATIC / "fonts.css").read_text(encoding="utf-8")
    return template.substitute(
        state=state,
        step=escape(step),
        script=script("start_page"),
        fonts=fonts,
        stylesheet=STYLESHEET_PATH,
    )
