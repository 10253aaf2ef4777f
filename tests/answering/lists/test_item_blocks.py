"""The blocks of a list."""

from __future__ import annotations

import pytest

from qa import QA, Document

VARIABLES = """\
# Press

Prints books.

### Environment variables

They can be used for configuration.

- `PRESS_DIR`
  - Folder of the press.
  - The default depends on the system:

    | System | Path |
    | ------ | ---- |
    | Linux  | `/a` |
    | macOS  | `/b` |

- `PRESS_INK`
  - Colour of the ink.
- `PRESS_AGE`
  - Days that a job is kept.

### Colours

- Red

  It is a little bright.

- Green
- Blue

This paragraph is not in the list.

- Apples
"""


@pytest.fixture(scope="module")
def bot() -> QA:
    bot = QA()
    bot.add([Document("press.md", VARIABLES, "Press", "press.md")])
    return bot


@pytest.mark.parametrize(
    ("question", "items"),
    [
        ("Which environment variables configure the press?", ["`PRESS_DIR`", "`PRESS_INK`", "`PRESS_AGE`"]),
        ("Which environment variables can I set?", ["`PRESS_DIR`", "`PRESS_INK`", "`PRESS_AGE`"]),
        ("Which colours are there?", ["Red", "Green", "Blue"]),
    ],
)
def test_a_list_is_whole_although_its_items_have_lists_tables_and_paragraphs(
    bot: QA, question: str, items: list[str]
) -> None:
    found = bot.ask(question)
    assert [part.text for part in found.parts] == items
