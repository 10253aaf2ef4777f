"""An item that states an amount is found below the title or heading that names what it is for."""

from __future__ import annotations

import pytest

from qa import QA, Document

RYE = """\
---
title: "Rye Bread"
---

A dark loaf.

- Prep time: 20 min
- Rising time: ~3 hours
- Servings: 8

## Ingredients

- 600 g rye flour
- Warm water *4 dl*
- 2 eggs, beaten
- 1 egg white wash
- 10 g of salt

## Directions

1. Mix 10 g of salt with the flour.
2. Bake it for 50 minutes.
"""
WAFFLES = """\
---
title: Waffles
---

## Ingredients

- 3 eggs
- 250 g wheat flour
- 1 tsp salt
- 2 tsp salt
- Table 4

## Directions

1. Bake them in a hot iron.
"""


@pytest.fixture(scope="module")
def recipe_bot() -> QA:
    bot = QA()
    bot.add([Document("rye.md", RYE, "Rye Bread", "rye.md"), Document("waffles.md", WAFFLES, "Waffles", "waffles.md")])
    return bot


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How much flour do I need for the rye bread?", "600 g rye flour"),
        ("How many eggs go into waffles?", "3 eggs"),
        ("How many eggs are in the rye bread?", "2 eggs, beaten"),
        ("How much water does rye bread need?", "4 dl"),
        ("How many servings does the rye bread make?", "8"),
        ("How long does the rye bread rise?", "~3 hours"),
    ],
    ids=["amount", "other-title", "not-egg-white", "after-the-noun", "label", "duration"],
)
def test_the_item_with_the_amount_is_given(recipe_bot: QA, question: str, expected: str) -> None:
    answer = recipe_bot.ask(question)
    assert answer.text == expected
    assert answer.confidence > 0.8


@pytest.mark.parametrize(
    "question",
    [
        "How much salt do I need for waffles?",
        "How much sugar do I need for waffles?",
        "How many tables are there for waffles?",
        "How many eggs do I need for pizza?",
    ],
    ids=["two-items", "no-item", "number-of-a-table", "no-such-title"],
)
def test_no_item_is_given_that_may_be_another(recipe_bot: QA, question: str) -> None:
    assert recipe_bot.ask(question).confidence < 0.8
