"""The authors and the date of a document are read from its front matter."""

from __future__ import annotations

import pytest

from qa import QA, Document

POST = """\
---
title: "Keeping Geese"
author: "Ann Lee"
date: 2021-03-05 # draft
---

Geese need grass. Bo Ek wrote the first book about geese in 1870.
"""
PAPER = """\
---
title: 'Larch: A tool for counting trees'
authors:
  - name: Ida Roth
    affiliation: 1 # first
  - name: Tom Hale
    affiliation: 2
affiliations:
  - name: Hill College
date: 18 August 2020
---

# Summary

Larch counts trees. Larch 2.0 was released on 3 May 2019.
"""
RECIPE = """\
+++
title = "Kale soup"
authors = ["Mia Berg", "Ole Dahl"]
+++

Boil the kale for an hour.
"""


@pytest.fixture(scope="module")
def post_bot() -> QA:
    bot = QA()
    texts = {"Keeping Geese": POST, "Larch: A tool for counting trees": PAPER, "Kale soup": RECIPE}
    bot.add([Document(f"{n}.md", text, title, f"{n}.md") for n, (title, text) in enumerate(texts.items())])
    return bot


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Who wrote the post about keeping geese?", "Ann Lee"),
        ("Who wrote the Larch paper?", "Ida Roth\nTom Hale"),
        ("Who are the authors of Larch?", "Ida Roth\nTom Hale"),
        ("Who is the first author of the Larch paper?", "Ida Roth"),
        ("Who created the kale soup recipe?", "Mia Berg\nOle Dahl"),
        ("When was the Larch paper published?", "18 August 2020"),
        ("When was the article on keeping geese written?", "2021-03-05"),
        ("When was Larch 2.0 released?", "3 May 2019"),
        ("Who wrote the first book about geese?", "Bo Ek"),
    ],
    ids=["one", "names", "list", "first", "toml", "date", "comment", "not-of-the-paper", "not-of-the-post"],
)
def test_authors_and_dates(post_bot: QA, question: str, expected: str) -> None:
    answer = post_bot.ask(question)
    assert answer.text == expected
    for citation in answer.citations:
        assert post_bot.documents[citation.document].text[citation.start : citation.end] == citation.text
