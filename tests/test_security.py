"""The table of SECURITY.md: complete, and each test that it names is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "SECURITY.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("|")
]
ENTRIES = (
    "page", "API", "MCP", "upload", "web address", "document text", "question", "language-model reply", "index folder",
    "question set", "settings", "environment",
)  # fmt: skip


def test_every_entry_says_who_could_try_what_and_what_stops_it() -> None:
    head, _, *rows = ROWS
    assert head == ["entry", "who", "what could be tried", "what stops it", "shown by"]
    named = {part.strip() for row in rows for part in re.split("[,:]", row[0])}
    assert set(ENTRIES) <= named
    assert all(len(row) == len(head) and all(row) for row in rows)


def test_each_test_that_is_named_exists() -> None:
    for entry, *_, shown in ROWS[2:]:
        tests = re.findall(r"`([^`]+)`", shown)
        assert tests, entry
        for test in tests:
            file, _, name = test.partition("::")
            assert file.endswith(".py"), test
            defined = {
                node.name
                for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8")))
                if isinstance(node, ast.FunctionDef)
            }
            assert name in defined if name else any(each.startswith("test_") for each in defined), test
