"""Code that a paragraph announces, as the answer to how something is done."""

from __future__ import annotations

import pytest

from qa import QA, Document

TEXT = """\
# Press

## Getting started

### Install & update script

To **install** or **update** press, run the script. You can use either command:

```sh
curl https://press.example/install.sh | sh
```

```sh
wget -O- https://press.example/install.sh | sh
```

It takes a minute.

## Other ways

When you want to install press by hand, run:

```sh
make press
```

To verify that press has been installed, run:

```sh
press --version
```

## Names

Instead of a number, you can use one of these names with `press install` and `press use`:

- `latest`: this installs the latest version
- `stable`: this installs the version before it
- `first`: this installs the first version

### Manual removal

To remove press by hand, execute the following:

First, stop the server:

```sh
press stop
rm -r ~/press
```
"""


@pytest.mark.parametrize(
    ("question", "begins", "ends"),
    [
        (
            "How do I install press?",
            "To **install** or **update** press",
            "wget -O- https://press.example/install.sh | sh\n```",
        ),
        ("How do I remove press by hand?", "To remove press by hand", "rm -r ~/press\n```"),
    ],
)
def test_code_is_given_with_the_paragraph_that_announces_it(question: str, begins: str, ends: str) -> None:
    bot = QA()
    bot.add([Document("press.md", TEXT, "Press", "press.md")])
    answer = bot.ask(question)
    assert answer.citations[0].text.startswith(begins)
    assert answer.citations[0].text.endswith(ends)
    assert answer.text == answer.citations[0].text
