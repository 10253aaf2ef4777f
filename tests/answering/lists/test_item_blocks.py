"""The blocks of a list."""

from __future__ import annotations

import pytest

from qa import QA, Document
from qa.answering.lists.item_blocks import blocks_around, group_at, items_of

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


FIRST, SECOND, THIRD = "Stop the saw.", "Open the lid.", "Clean it."
CODE = "```\nsaw --off\n```\n"
STEPS = {
    "paragraph.md": f"1. {FIRST}\n\n   It goes on turning.\n\n2. {SECOND}\n3. {THIRD}\n",
    "code_within.md": f"1. Stop the saw\n\n   ```\n   off\n   ```\n\n2. {SECOND}\n3. {THIRD}\n",
    "code_below.md": f"1. {FIRST}\n\n{CODE}\n2. {SECOND}\n3. {THIRD}\n",
    "code.rst": f"1. Stop the saw::\n\n     off\n\n2. {SECOND}\n\n   .. note:: It is hot.\n\n3. {THIRD}\n",
    "numbers_go_on.md": f"1. {FIRST}\n2. {SECOND}\n\nBe careful.\n\n> It is hot.\n\n3. {THIRD}\n",
    "bullets.md": f"1. {FIRST}\n2. {SECOND}\n\n   Use one:\n\n   - a key\n   - a coin\n\n3. {THIRD}\n",
    "attached.adoc": f". {FIRST}\n+\n----\noff\n----\n. {SECOND}\n+\nIt is hot.\n. {THIRD}\n",
    "another_list.md": f"1. {FIRST}\n2. {SECOND}\n3. {THIRD}\n\nOnce a year:\n\n1. Oil it.\n2. Wipe it.\n",
    "heading.md": f"1. {FIRST}\n2. {SECOND}\n3. {THIRD}\n\n### Storing\n\n4. Dry it.\n5. Cover it.\n",
}


@pytest.mark.parametrize("name", STEPS)
def test_all_steps_are_given_whatever_is_between_them(name: str) -> None:
    text = f"Saw\n===\n\nFollow these steps:\n\n{STEPS[name]}"
    if name.endswith(".adoc"):
        text = text.replace("Saw\n===", "= Saw")
    document = Document(name, text, "Saw", name)
    found = group_at(
        text,
        group := blocks_around(document, (0, len(text))),
        next(index for index, block in enumerate(group) if "Stop" in text[block.start : block.end]),
    )
    items = [text[slice(*item)] for block in found if not block.level for item in items_of(text, block)]
    assert [item.rstrip(".:").partition("\n")[0] for item in items] == ["Stop the saw", "Open the lid", "Clean it"]


@pytest.mark.parametrize("line", ["1. Deposit", "1. What is insured?", "1. Use of the hall"])
def test_a_single_numbered_line_is_a_heading(line: str) -> None:
    text = f"# Rules\n\n{line}\n\nThis is paid first.\n\n2. Other things\n\nThey are paid last.\n"
    document = Document("rules.md", text, "Rules", "rules.md")
    assert [block.kind for block in blocks_around(document, (0, len(text)))].count("heading") == 3
