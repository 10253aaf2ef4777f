"""Terminal output: untrusted text is shown, and cannot control the terminal."""

from __future__ import annotations

import ast
import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from command import COMMAND, qa
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st
from scripted_model import Reply, ScriptedModel

from qa.text.printable import printable, printable_json

pytestmark = pytest.mark.slow

TITLE, RED, TURNED, BACK = "\x1b]0;x\x07", "\x9b31m", "\u202e", "\r"
HOSTILE = TITLE + RED + TURNED + BACK
SHOWN = r"\x1b]0;x\x07\x9b31m\u202e"
CONTROL_CHARACTERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
QUESTION = "How many eggs does the queen bee lay in a day?"
EGGS = f"The queen bee lays {TITLE}about {RED}2000{TURNED} eggs in a day.\x7f"


@pytest.fixture(scope="module")
def docs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs")
    (folder / f"bees{HOSTILE}.md").write_text(f"# Bees {TITLE}\n\n{EGGS}\n", encoding="utf-8")
    (folder / f"torn{HOSTILE}\nqa: all is well.pdf").write_bytes(b"no PDF")
    return folder


@pytest.fixture(scope="module")
def index(docs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "index"
    assert_harmless(qa("index", docs, "--out", folder))
    return folder


def assert_harmless(done: subprocess.CompletedProcess[str], code: int = 0) -> None:
    assert done.returncode == code, done.stderr
    assert not CONTROL_CHARACTERS.search(done.stdout)
    assert not CONTROL_CHARACTERS.search(done.stderr)


@pytest.mark.parametrize(
    ("text", "in_a_line", "in_lines"),
    [
        ("caf\u00e9 \u05d0 \U0001f41d \\", "caf\u00e9 \u05d0 \U0001f41d \\", "caf\u00e9 \u05d0 \U0001f41d \\"),
        ("a\tb\nc", r"a\tb\nc", "a\tb\nc"),
        ("a\rb\0\x7f", r"a\rb\x00\x7f", r"a\rb\x00\x7f"),
        ("\x1b[31m\x9b31m\x85", r"\x1b[31m\x9b31m\x85", r"\x1b[31m\x9b31m\x85"),
        ("\u202e\u2066\u2069\u2028\u2029", r"\u202e\u2066\u2069\u2028\u2029", r"\u202e\u2066\u2069\u2028\u2029"),
        ("\udc9b\ud800", r"\udc9b\ud800", r"\udc9b\ud800"),
    ],
    ids=["plain", "line feed and tab", "C0 and DEL", "escapes", "bidi and line ends", "surrogates"],
)
def test_control_characters_become_visible(text: str, in_a_line: str, in_lines: str) -> None:
    assert printable(text) == in_a_line
    assert printable(text, lines=True) == in_lines


@given(st.text(st.characters()), st.sampled_from([None, 2]))
def test_json_is_printable_and_reads_back_as_the_same(text: str, indent: int | None) -> None:
    written = printable_json(json.dumps({text: [text]}, ensure_ascii=False, indent=indent))
    assert json.loads(written) == {text: [text]}
    assert not CONTROL_CHARACTERS.search(written)
    written.encode("utf-8")


def test_an_answer_shows_the_escapes_of_question_document_and_name(docs: Path, index: Path) -> None:
    question = f"{QUESTION} {HOSTILE}"
    for source in (("--docs", docs), ("--index", index)):
        done = qa("ask", *source, question)
        assert_harmless(done)
        assert r"The queen bee lays \x1b]0;x\x07about \x9b31m2000\u202e eggs" in done.stdout
        assert rf"bees{SHOWN}\r.md, " in done.stdout
        found = qa("search", *source, question)
        assert_harmless(found)
        assert rf"bees{SHOWN}\r.md, " in found.stdout
    left_out = qa("ask", "--docs", docs, QUESTION).stderr.splitlines()
    assert rf"torn{SHOWN}\r\nqa: all is well.pdf: is damaged" in left_out[1]
    assert len(left_out) == 2


def test_json_output_has_escapes_and_the_same_text(docs: Path) -> None:
    question = f"{QUESTION} {HOSTILE}"
    done = qa("ask", "--docs", docs, question, "--json")
    assert_harmless(done)
    answer = json.loads(done.stdout)
    citation = answer["citations"][0]
    text = f"# Bees {TITLE}\n\n{EGGS}\n"
    assert answer["question"] == question
    assert citation["document"] == f"bees{HOSTILE}.md"
    assert citation["text"] == text[citation["start"] : citation["end"]]
    found = qa("search", "--docs", docs, question, "--json")
    assert_harmless(found)
    assert json.loads(found.stdout)[0]["document"] == f"bees{HOSTILE}.md"


def test_bytes_that_are_no_text_are_shown_as_escapes(docs: Path) -> None:
    done = qa("ask", "--docs", docs, os.fsdecode(b"How many eggs? \x9b31m"))
    assert_harmless(done, code=2)


@pytest.mark.parametrize(
    "arguments",
    [
        ("ask", QUESTION, "--docs", f"none{HOSTILE}.md"),
        ("ask", QUESTION, "--index", f"none{HOSTILE}"),
        ("ask", QUESTION, f"one{HOSTILE}.md", "--docs", "two.md"),
        (f"ask{HOSTILE}",),
        (f"--{HOSTILE}",),
        ("questions", f"check{HOSTILE}"),
        ("questions", "check", f"none{HOSTILE}.jsonl"),
        ("compare", f"one{HOSTILE}", "two"),
    ],
    ids=["docs", "index", "argument", "command", "option", "command of a group", "questions", "run"],
)
def test_an_error_shows_what_it_names(arguments: tuple[str, ...]) -> None:
    done = qa(*arguments, COLUMNS="300")
    assert_harmless(done, code=2)
    assert SHOWN in done.stderr


def test_an_internal_error_is_printed_without_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> NoReturn:
        raise ValueError(HOSTILE)

    monkeypatch.setattr("qa.evaluation.datasets.validate.check_questions", fail)
    done = qa("questions", "check", "x.jsonl")
    assert_harmless(done, code=1)
    assert done.stderr.startswith("Traceback")
    assert rf"ValueError: {SHOWN}\r" in done.stderr


def test_output_that_does_not_fit_on_the_disk_is_reported() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([*COMMAND, "--help"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "qa: the output cannot be written: No space left on device; free some space\n"


def test_logs_and_warnings_of_libraries_have_no_escapes() -> None:
    program = (
        "import logging, sys, warnings; from qa.output.terminal import prepare; prepare(); text = sys.argv[1]\n"
        "logging.getLogger('a.library').warning('named %s', text); warnings.warn('warned ' + text)"
    )
    done = subprocess.run([sys.executable, "-c", program, HOSTILE], capture_output=True, text=True, check=False)
    assert_harmless(done)
    assert f"named {SHOWN}" in done.stderr
    assert f"UserWarning: warned {SHOWN}" in done.stderr


def test_drafts_that_are_printed_are_harmless_json(tmp_path: Path) -> None:
    (tmp_path / f"hooke{HOSTILE}.md").write_text("Robert Hooke built the microscope in 1665.\n", encoding="utf-8")
    done = qa("questions", "draft", "--docs", tmp_path, "--patterns")
    assert_harmless(done)
    drafts = [json.loads(line) for line in done.stdout.splitlines()]
    assert {draft["document"] for draft in drafts} == {f"hooke{HOSTILE}.md"}


def _on_a_terminal(*arguments: str | Path, **environment: str) -> str:
    """Return the output of a command whose stdout and stderr are a terminal."""
    ours, theirs = pty.openpty()
    command = [*COMMAND, *map(str, arguments)]
    env = {**os.environ, "TERM": "xterm", "COLUMNS": "200", **environment}
    with subprocess.Popen(command, cwd=ROOT, env=env, stdin=theirs, stdout=theirs, stderr=theirs):
        os.close(theirs)
        written = b"".join(_read(ours))
    os.close(ours)
    return written.decode()


def _read(terminal: int) -> Iterator[bytes]:
    while True:
        try:
            data = os.read(terminal, 65536)
        except OSError:  # raised on Linux when the other side is closed
            return
        if not data:
            return
        yield data


def test_generated_text_is_shown_while_it_streams_and_at_the_end(docs: Path) -> None:
    reply = f"The queen bee lays {TITLE}about {RED}2000{TURNED} eggs in a day [1]. Nobody {TITLE} counted"
    with ScriptedModel(lambda _: Reply([f"{word} " for word in reply.split(" ")])) as model:
        written = _on_a_terminal("ask", "--docs", docs, QUESTION, QA_LLM_MODEL=f"m{HOSTILE}", QA_LLM_URL=model.url)
    # The commands that draw the text are our own.
    assert not re.search("\x1b\\]|[\x07\x9b\u202e]", written)
    assert r"lays \x1b]0;x\x07about \x9b31m2000\u202e eggs" in written
    assert rf"Written by m{SHOWN}" in written


def test_all_output_goes_through_one_function() -> None:
    for path in sorted((ROOT / "qa").rglob("*.py")):
        if path.parent.name == "training" or path == ROOT / "qa" / "output" / "terminal.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = ast.unparse(node.func)
            assert name not in {"print", "typer.echo", "typer.secho", "console.print"}, f"{path}:{node.lineno}"
            assert not re.fullmatch(r"sys\.std(out|err)\.write(lines)?", name), path
