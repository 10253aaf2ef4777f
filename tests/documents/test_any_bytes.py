"""For any bytes, readers of documents and question sets give a result or an error that names the file."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
from conftest import examples
from hostile_files import make_word, word
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_files import make_eml, make_epub, make_opendocument, make_pdf, make_pptx, make_xlsx

from qa.documents.chunking import split
from qa.documents.loader import load_bytes
from qa.errors import LoadError, QuestionSetError
from qa.evaluation.datasets.questions import open_set, read_questions
from qa.types import Document

pytestmark = pytest.mark.slow

WHOLE = {
    "a.md": b"---\ntitle: Bees\n---\n# Bees #\n\n- They dance.\n",
    "a.html": b"<title>Bees</title><article><h1>Bees</h1><p>They <b>dance</b>.<ul><li>x</ul></article>",
    "a.pdf": make_pdf("Bees dance.", title="Bees"),
    "a.docx": make_word(word("Bees dance.")),
    "a.epub": make_epub("<p>Bees dance.</p>"),
    "a.pptx": make_pptx(("Bees", "They dance.")),
    "a.xlsx": make_xlsx([["Kind", "Count"], ["queen", 1]]),
    "a.odt": make_opendocument("<office:text><text:h>Bees</text:h><text:p>They dance.</text:p></office:text>"),
    "a.rtf": rb"{\rtf1{\fonttbl{\f0\fcharset204 A;}}\pard\outlinelevel0 Bees\par\pard They {\b d\'e0}nce.\par}",
    "a.ipynb": b'{"cells": [{"cell_type": "code", "source": ["bees"], "outputs": [{"text": "dance"}]}]}',
    "a.srt": b"1\n00:00:01,000 --> 00:00:02,000\n<i>Bees</i> dance.\n",
    "a.csv": b'Kind,"Count"\nqueen,1\n',
    "a.eml": make_eml("Bees dance.", html="<p>x</p>", attachment="a.pdf"),
    "a.mbox": b"From a Fri May  3 10:00:00 2024\nFrom: a@example.org\nSubject: Bees\n\nThey dance.\n",
    "a.mhtml": b"Content-Type: multipart/related; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>Bees.\n--b--\n",
}
ROW = {"id": "a", "question": "Who?", "answers": ["x"], "history": ["y"], "document": "d", "evidence": [[0, 1]]}
SETS = {
    "a.jsonl": json.dumps(ROW).encode() + b"\n",
    "a.csv": b'id,question,answers,evidence,document\na,Who?,"[""x""]","[[0, 1]]",d\n',
    "a.json": json.dumps({"data": [{"paragraphs": [{"qas": [{"id": "a", "question": "Who?"}]}]}]}).encode(),
}
CHANGES = st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=4)), min_size=1, max_size=8)
quick = settings(examples(25), suppress_health_check=[HealthCheck.function_scoped_fixture])


def changed(data: bytes, changes: list[tuple[float, bytes]]) -> bytes:
    """Write pieces over the data at these shares of its length."""
    for share, piece in changes:
        offset = int(share * len(data))
        data = data[:offset] + piece + data[offset + len(piece) :]
    return data


@pytest.mark.parametrize("name", WHOLE)
@quick
@given(st.binary(max_size=100) | CHANGES)
def test_any_bytes_give_a_document_or_an_error(name: str, given: bytes | list[tuple[float, bytes]]) -> None:
    data = given if isinstance(given, bytes) else changed(WHOLE[name], given)
    try:
        document = load_bytes(data, name)
    except LoadError as error:
        message = str(error)
    else:
        message = f"{name}: "
        document.text.encode()
        assert_whole(document)
    assert message.startswith(f"{name}: ")


def assert_whole(document: Document) -> None:
    """Check that the chunks leave out nothing but white space."""
    end = 0
    for chunk in split(document, 32):
        assert not document.text[end : chunk.start].strip()
        end = chunk.end
    assert not document.text[end:].strip()


@pytest.mark.parametrize("name", SETS)
@quick
@given(st.binary(max_size=100) | CHANGES)
def test_any_bytes_give_questions_or_an_error(
    name: str, tmp_path: Path, given: bytes | list[tuple[float, bytes]]
) -> None:
    path = tmp_path / name
    path.write_bytes(given if isinstance(given, bytes) else changed(SETS[name], given))
    with suppress(QuestionSetError):
        assert all(entry.problems or entry.question for entry in open_set(path)[0])
    try:
        read = bool(read_questions(path))
    except QuestionSetError as error:
        read = str(path) in str(error)
    assert read


@pytest.mark.parametrize(
    "sender",
    [
        pytest.param("a: b: c:;;;, d@example.org", id="groups within groups"),
        pytest.param("(" * 10_000, id="comments nested 10,000 deep"),
    ],
)
def test_a_sender_on_which_the_standard_library_fails(sender: str) -> None:
    text = load_bytes(f"From: {sender}\nSubject: x\n\nBees dance.\n".encode(), "a.eml").text
    assert text == f"---\nFrom: {sender}\n---\n\n# x\n\nBees dance."


def test_a_title_of_white_space_takes_no_time() -> None:
    # It took a time that grew with the cube of the length.
    # A line of more than 500 characters is no heading, so the file's name is the title.
    assert load_bytes(b"# " + b" " * 50_000 + b"# x", "a.md").title == "A"
    assert load_bytes(b"---\ntitle: a" + b" " * 50_000 + b"b\n---\nx", "a.md").title.endswith("b")
