"""Answers from HTML in Markdown have no tags, and their excerpts start and end at words."""

from __future__ import annotations

import pytest

from qa import QA, Document

TEXT = """\
<h1 align="center">Quarry</h1>
<p align="center">Quarry is a small tool that copies photographs from a camera to a shelf.</p>

## Options

<table>
  <tr><th>Option</th><th>Default</th><th>Meaning</th></tr>
  <tr>
    <td><code>--depth</code></td>
    <td>12</td>
    <td>How many folders deep the tool looks for photographs.</td>
  </tr>
  <tr>
    <td><code>--quiet</code></td>
    <td>off</td>
    <td>Prints nothing but errors.</td>
  </tr>
</table>

<details>
<summary>How do I remove Quarry?</summary>

Delete the folder `~/.quarry` and the program.

</details>

<dl>
  <dt>Shelf</dt>
  <dd>A folder that Quarry never writes to twice.</dd>
  <dt>Crate</dt>
  <dd>A set of shelves on one disk.</dd>
</dl>
"""


@pytest.fixture(scope="module")
def quarry_bot() -> QA:
    bot = QA()
    bot.add([Document("quarry.md", TEXT, "Quarry", "quarry.md")])
    return bot


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What is Quarry?", "Quarry is a small tool that copies photographs from a camera to a shelf."),
        ("What does --quiet do?", "Prints nothing but errors."),
        ("What is the default of --depth?", "12"),
        ("What is a crate?", "Crate: A set of shelves on one disk."),
        ("How do I remove Quarry?", "Delete the folder `~/.quarry` and the program."),
    ],
)
def test_html_in_markdown_answers_without_tags(quarry_bot: QA, question: str, expected: str) -> None:
    answer = quarry_bot.ask(question)
    assert answer.text == expected
    for one in answer.citations:
        assert TEXT[one.start : one.end] == one.text
        assert not one.text.startswith("<")
        assert not one.text.endswith(">")
