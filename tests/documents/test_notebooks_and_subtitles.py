"""Notebooks and subtitles, written by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from qa.documents.formats import Article
from qa.documents.formats.notebook import read_notebook
from qa.documents.formats.subtitles import read_subtitles
from qa.documents.loader import load_bytes
from qa.errors import LoadError

TABLE = "<table><tr><th>Kind</th><th>Count</th></tr><tr><td>queen</td><td>1</td></tr></table>"
DISPLAYED = "<IPython.core.display.HTML object>"
PICTURE = "data:image/png;base64,iVBORw0KGgo="


def notebook(*cells: dict[str, object], **metadata: object) -> bytes:
    return json.dumps({"nbformat": 4, "metadata": metadata, "cells": cells}).encode()


def code(source: str, *outputs: Mapping[str, object]) -> dict[str, object]:
    return {"cell_type": "code", "source": source.splitlines(keepends=True), "outputs": outputs}


def text(source: str) -> dict[str, object]:
    return {"cell_type": "markdown", "source": source}


def read(*cells: dict[str, object], **metadata: object) -> Article:
    return read_notebook(notebook(*cells, **metadata), "a.ipynb")


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        pytest.param([text("# Bees\n\nThey *dance*.\n"), text(" \n")], "# Bees\n\nThey *dance*.", id="text"),
        pytest.param([text(f"A ![bee]({PICTURE}) here")], "A ![bee]() here", id="a picture in text"),
        pytest.param([code("# count\nlen(bees)\n")], "```python\n# count\nlen(bees)\n```", id="code"),
        pytest.param([code("x = '''\n```\n'''")], "````python\nx = '''\n```\n'''\n````", id="code with a fence"),
        pytest.param([code("")], "", id="nothing"),
        pytest.param(
            [code("x", {"output_type": "stream", "text": ["\x1b[1;31mred\x1b[0m\n", "so\n"]})],
            "```python\nx\n```\n\n```\nred\nso\n```",
            id="stream",
        ),
        pytest.param(
            [code("x", {"output_type": "execute_result", "data": {"text/plain": ["5"], "text/html": "<b>5</b>"}})],
            "```python\nx\n```\n\n```\n5\n```",
            id="result",
        ),
        pytest.param(
            [code("x", {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": ["long"]})],
            "```python\nx\n```\n\n```\nValueError: no\n```",
            id="error",
        ),
        pytest.param(
            [{"cell_type": "heading", "level": 2, "source": "Bees"}, {"cell_type": "code", "input": "x"}],
            "## Bees\n\n```python\nx\n```",
            id="version 3",
        ),
    ],
)
def test_cells_are_in_order(cells: list[dict[str, object]], expected: str) -> None:
    cells.append(text("End"))
    article = read(*cells, kernelspec={"language": "python"})
    assert article.text == f"{expected}\n\nEnd".lstrip()


def test_a_table_has_cells() -> None:
    found = read(code("x", {"output_type": "display_data", "data": {"text/html": TABLE, "text/plain": "  Kind Count"}}))
    assert {"Kind | Count", "queen | 1"} < set(found.text.split("\n"))


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        pytest.param({"text/html": "<p>It is <b>42</b>.</p>", "text/plain": DISPLAYED}, "It is 42.", id="page"),
        pytest.param({"text/html": "<p>It is 42.</p>"}, "It is 42.", id="page alone"),
        pytest.param({"text/latex": "$x^2$", "text/plain": DISPLAYED}, "```\n$x^2$\n```", id="formula"),
    ],
)
def test_an_output_whose_text_is_only_in_another_form(data: dict[str, str], shown: str) -> None:
    assert read(code("x", {"output_type": "display_data", "data": data})).text == f"```\nx\n```\n\n{shown}"


def test_long_outputs_and_pictures_are_noted() -> None:
    shown = {"output_type": "display_data", "data": {"image/png": "00", "text/plain": "<Figure>"}}
    article = read(text("# Bees"), code("x", {"output_type": "stream", "text": "bee\n" * 5000}, shown))
    assert len(article.text) < 11_000
    assert article.notes == ("1 picture left out", "1 end of an output over 10,000 characters left out")
    assert article.title == "Bees"
    assert read(text("# Bees"), title="All").title == "All"


def test_cells_in_worksheets() -> None:
    data = json.dumps({"worksheets": [{"cells": [text("Bees")]}]}).encode()
    assert read_notebook(data, "a.ipynb").text == "Bees"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        pytest.param(b"junk", "is damaged or not a notebook;", id="no JSON"),
        pytest.param(b"[]", "is damaged or not a notebook;", id="a list"),
        pytest.param(b"{}", "is damaged or not a notebook;", id="no cells"),
        pytest.param(b'{"cells": [{"cell_type": "code"}]}', "has no text in any cell;", id="empty"),
        pytest.param(b"[" * 100_000, "is damaged or not a notebook;", id="nested"),
    ],
)
def test_notebooks_that_cannot_be_read(data: bytes, problem: str) -> None:
    with pytest.raises(LoadError) as error:
        read_notebook(data, "a.ipynb")
    assert str(error.value).startswith(f"a.ipynb: {problem}")


SUBRIP = """1
00:00:01,000 --> 00:00:03,000
<i>Bees</i> {\\an8}dance &amp;
sing.

2
00:00:03,500 --> 00:00:05,000
They do.

3
00:00:30,000 --> 00:00:31,000 X1:40
After a pause
"""
WEB = """WEBVTT - Bees

NOTE
nothing

STYLE
::cue { color: red }

intro
01:00:00.000 --> 01:00:02.000 line:0
<v.loud Ann Lee>Hello.</v>

01:00:02.000 --> 01:00:04.000
<v.loud Ann Lee>Hello.</v>
<00:00:03.000><c>Again</c> 2 < 3.
"""


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.srt", SUBRIP, "[00:00:01] Bees dance & sing. They do.\n\n[00:00:30] After a pause"),
        ("a.srt", SUBRIP.replace("\n", "\r\n"), "[00:00:01] Bees dance & sing. They do.\n\n[00:00:30] After a pause"),
        (
            "a.srt",
            SUBRIP.replace("&amp;\n", "&amp;\n\n"),
            "[00:00:01] Bees dance & sing. They do.\n\n[00:00:30] After a pause",
        ),
        ("a.srt", SUBRIP.replace("\n\n", "\n"), "[00:00:01] Bees dance & sing. They do.\n\n[00:00:30] After a pause"),
        ("a.srt", "1\n00:00:01,000 --> 00:00:02,000\n<b>a</b> < b and c > d", "[00:00:01] a < b and c > d"),
        ("a.vtt", WEB, "[01:00:00] Ann Lee: Hello. Again 2 < 3."),
    ],
    ids=["SubRip", "line ends of Windows", "blank line in a cue", "no blank lines", "comparison signs", "WebVTT"],
)
def test_cues_become_paragraphs(name: str, data: str, expected: str) -> None:
    assert load_bytes(data.encode(), name).text == expected


def test_a_paragraph_ends_with_a_sentence_after_a_minute() -> None:
    cues = [
        f"00:{at // 60:02}:{at % 60:02}.000 --> 00:{at // 60:02}:{at % 60:02}.900\n{word}\n"
        for at, word in ((at, f"word{at}{'.' if at % 8 == 0 else ''}") for at in range(0, 300, 4))
    ]
    starts = [line[:10] for line in read_subtitles("\n".join(cues).encode(), "a.vtt").text.split("\n\n")]
    assert starts == ["[00:00:00]", "[00:01:08]", "[00:02:12]", "[00:03:16]", "[00:04:20]"]


@pytest.mark.parametrize("data", ["WEBVTT\n", "1\n00:00:01,000 --> 00:00:02,000\n\n", "words\n"])
def test_subtitles_without_words(data: str) -> None:
    with pytest.raises(LoadError, match=r"a\.srt: has no cues with text; check that it is SubRip or WebVTT"):
        read_subtitles(data.encode(), "a.srt")


def test_half_of_a_pair_and_nul_are_replaced() -> None:
    error = {"output_type": "error", "ename": "\ud800", "evalue": "no"}
    assert "\ufffd: no" in load_bytes(notebook(code("x", error)), "a.ipynb").text
    assert load_bytes(notebook(text("Be\0es")), "a.ipynb").text == "Be\ufffdes"
