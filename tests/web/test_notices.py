"""The messages of the page."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from qa.web import notices
from qa.web.notices import Notice
from qa.web.ui.scripts import STATIC

ALL = {name: value for name, value in vars(notices).items() if isinstance(value, Notice)}
REMEDIES = [
    *("add", "ask", "choose", "export", "open", "reload", "remove", "restore", "run", "save", "set", "shorten", "stop"),
    *("try", "type", "update", "use", "wait"),
]
IMPLEMENTATION = r"\b(?:gradio|json|html|python|none|null|exception|traceback|endpoint|session|callback|qaerror)\b"
WEB = Path(notices.__file__).parent


@pytest.mark.parametrize("notice", ALL.values(), ids=ALL.keys())
def test_a_message_says_what_happened_and_what_to_do(notice: Notice) -> None:
    fields = {name: name for name in re.findall(r"\{(\w+)", notice.happened + notice.remedy)}
    numbers = dict.fromkeys(re.findall(r"\{(\w+):", notice.happened), 1000)
    message = notice.sentence(**{**fields, **numbers})
    assert notice.remedy.split()[0] in REMEDIES
    assert len(notice.happened.split()) > 2
    assert notice.happened.split()[0] not in REMEDIES
    assert re.fullmatch(r"[A-Z][^{}]+; [a-z][^{}]+\.", message)
    assert not re.search(IMPLEMENTATION, message, re.IGNORECASE)


@pytest.mark.parametrize(
    "file", [*WEB.glob("*.py"), *WEB.glob("ui/*.py"), *WEB.glob("library/*.py")], ids=lambda file: file.name
)
def test_no_message_is_written_elsewhere(file: Path) -> None:
    calls = (node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))
    for call in calls:
        if ast.unparse(call.func) in {"QAError", "gr.Warning", "gr.Info", "gr.Error"} and call.args:
            words = [part.value for part in ast.walk(call.args[0]) if isinstance(part, ast.Constant)]
            assert not re.search(r"\w", "".join(map(str, words))), f"{file.name}: {ast.unparse(call)}"


def test_the_scripts_show_messages_that_there_are() -> None:
    shown = {name for file in STATIC.glob("*.js") for name in re.findall(r"\bNOTICES\.(\w+)", file.read_text("utf-8"))}
    assert shown
    assert all(f'"{name}": ' in notices.for_scripts() for name in shown)
