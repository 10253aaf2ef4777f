"""Entries of help text, manuals and lists of settings."""

from __future__ import annotations

import pytest

from qa.documents.chunking import split
from qa.documents.option_entries import entries
from qa.types import Document

COLUMNS = """\
Usage: press [OPTION]... FILE
Print FILE on the press.

Options:
  -c, --copies=NUM       print NUM copies
      --no-copies        print nothing
  -p, --paper <size>     use this size; with
                         --tray, the tray decides
      --tray[=WHEN],
      --drawer[=WHEN]    take paper from the tray
      --very-long-option-name TEXT
                         text in the margin
  -q  print no messages
"""
BELOW = """\
Options:
  -w, --watch
          Print again. Stop with a key

          [env: PRESS_WATCH=]

  --mode <MODE>
          How to print:
          - fast: less ink
"""
MARKED = """\
- `PRESS_DIR` - folder of the press
- `PRESS_AGE`
  - Days that a job is kept.
  - By default, this is set to 30.
- `PRESS_INK`

* ``--mode fast`` **(default)**: Uses less ink.
* ``--mode fine``: Uses more ink,
  and more time.
* leave : bool, optional
    Keeps the job.
:param speed: Sheets in a minute.

`--port NUM`
:   Port of the press.
    It is open.

Text.
"""


@pytest.mark.parametrize(
    ("text", "name", "description"),
    [
        (COLUMNS, "--copies", "print NUM copies"),
        (COLUMNS, "-c", "print NUM copies"),
        (COLUMNS, "--paper", "use this size; with\n                         --tray, the tray decides"),
        (COLUMNS, "--drawer", "take paper from the tray"),
        (COLUMNS, "--tray", "take paper from the tray"),
        (COLUMNS, "--very-long-option-name", "text in the margin"),
        (COLUMNS, "-q", "print no messages"),
        (COLUMNS, "--size", None),
        (BELOW, "--watch", "Print again. Stop with a key\n\n          [env: PRESS_WATCH=]"),
        (BELOW, "--mode", "How to print:\n          - fast: less ink"),
        (MARKED, "PRESS_DIR", "folder of the press"),
        (MARKED, "PRESS_AGE", "Days that a job is kept.\n  - By default, this is set to 30."),
        (MARKED, "PRESS_INK", None),
        (MARKED, "--mode fine", "Uses more ink,\n  and more time."),
        (MARKED, "--mode", None),
        (MARKED, "leave", "bool, optional\n    Keeps the job."),
        (MARKED, "--port", "Port of the press.\n    It is open."),
        (MARKED, "speed", "Sheets in a minute."),
        ("  validate: function (status) {\n    return status < 300;\n  },\n", "validate", None),
        ("The flag -q is not the one: use --quiet.", "-q", None),
    ],
)
def test_descriptions(text: str, name: str, description: str | None) -> None:
    found = [text[slice(*entry.description)] for entry in entries(text, name)]
    assert found == ([] if description is None else [description])


@pytest.mark.parametrize("name", ["help.txt", "help.md"])
def test_each_option_in_columns_is_a_sentence(name: str) -> None:
    text = f"```\n{COLUMNS}```\n" if name.endswith(".md") else COLUMNS
    (chunk, *others) = split(Document(name, text, "Help", name), 400)
    found = [text[slice(*span)] for one in (chunk, *others) for span in one.sentences]
    assert "-c, --copies=NUM       print NUM copies" in found
    assert "--no-copies        print nothing" in found
    assert "-q  print no messages" in [one.removesuffix("\n```") for one in found]
