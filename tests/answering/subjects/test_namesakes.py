"""Which names are of another thing of the same kind."""

from __future__ import annotations

import pytest

from qa import QA, Document
from qa.answering.subjects.namesakes import is_of_namesake

TEXT = """\
# The bridges of Aureland

The Aure Bridge was designed by Lise Tang. It is built of grey granite and carries two lanes.

The Vik Bridge, farther north, opened on 3 May 1932 and is 212 metres long. It cost 1.4 million crowns.

The Storm Bridge is made of steel. Anna Berg painted it, and her sister Clara Berg wrote of it.
"""
VIK = "The Vik Bridge is 212 metres long."


@pytest.mark.parametrize(
    ("question", "sentences", "expected"),
    [
        pytest.param("How long is the Aure Bridge?", [VIK], True, id="another"),
        pytest.param("How much did the Aure Bridge cost?", [VIK, "It cost 1.4 million."], True, id="a pronoun"),
        pytest.param("How long is the Vik Bridge?", [VIK], False, id="the same"),
        pytest.param("Is the Aure Bridge longer than the Vik Bridge?", [VIK], False, id="both"),
        pytest.param("How long is the Aure Bridge?", [f"{VIK} The Aure Bridge is longer."], False, id="named after"),
        pytest.param("How long is the Aure Bridge?", ["Unlike the Vik Bridge, it is 300 m long."], False, id="aside"),
        pytest.param("How long is the Hazel Bridge?", [VIK], True, id="unknown"),
        pytest.param("How long is the Aureland Bridge?", [VIK], False, id="perhaps a name of it"),
        pytest.param("How long is the Aure tunnel?", [VIK], False, id="another kind"),
        pytest.param("How deep is Lake Storm?", ["Lake Vik is 30 metres deep."], False, id="not in the text"),
        pytest.param("How deep is Lake Orrin?", ["Lake Vik is 30 metres deep."], True, id="the kind before the name"),
        pytest.param("How long is the Aure bridge?", ["The Vik bridge is long."], True, id="the kind is no name"),
        pytest.param("When was Oslo University founded?", ["Bergen University was founded in 1946."], True, id="two"),
        pytest.param("How old is the University of Ry?", ["The University of Moss is old."], False, id="two letters"),
        pytest.param("How old is the Bank of Lund?", ["The Bank of Moss is old."], True, id="the name after of"),
        pytest.param("When did the Old Civil War end?", ["The Last Civil War ended in 1903."], True, id="one word"),
        pytest.param("When did the Civil War end?", ["The Last Civil War ended in 1903."], False, id="a longer name"),
        pytest.param("How many books did Anna write?", ["Clara wrote four books."], True, id="first names"),
        pytest.param(
            "What does the Lowenheim-Skolem theorem say?",
            ["The L\u00f6wenheim\u2013Skolem theorem says much."],
            False,
            id="an accent and a dash",
        ),
        pytest.param("When was the mill of Moss built?", ["The mill of Ryde was built in 1825."], True, id="a noun of"),
        pytest.param("Who built the mill in Moss?", ["The mill of Ryde was built by Lee."], True, id="a noun in"),
        pytest.param("Who built the Moss mill?", ["The mill at Ryde was built by Lee."], True, id="a noun after"),
        pytest.param(
            "Who built the mill of Aureland?", ["The mill of Ryde is old."], False, id="a noun of a known name"
        ),
        pytest.param(
            "How long is the span of Ryde?", ["The length of Ryde is 9 m."], False, id="another noun of one name"
        ),
        pytest.param("When is the fair of Moss?", ["The May festival is old."], False, id="a kind without a name"),
        pytest.param("How long is the Aure Bridge?", ["The two bridges are long."], False, id="no name"),
        pytest.param("How many Vik bridges are there?", ["Worker bridges are long."], False, id="a first word"),
        pytest.param("What did Ms Berg write?", ["Clara Berg wrote four books."], False, id="a title"),
    ],
)
def test_namesakes(question: str, sentences: list[str], expected: bool) -> None:
    assert is_of_namesake(question, sentences, TEXT, "") is expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How long is the Aure Bridge?", None),
        ("How much did the Aure Bridge cost?", None),
        ("What is the Aure Bridge made of?", "grey granite"),
        ("How long is the Vik Bridge?", "212 metres"),
        ("How much did the Vik Bridge cost?", "1.4 million crowns"),
    ],
)
def test_a_fact_of_a_namesake_is_no_answer(question: str, expected: str | None) -> None:
    bot = QA()
    bot.add([Document("bridges.md", TEXT, "The bridges of Aureland", "bridges.md")])
    assert bot.ask(question).text == expected


def test_the_kind_alone_is_the_thing_in_the_title() -> None:
    sentence = "The bridge was designed by Lise Tang."
    assert is_of_namesake("Who designed the Vik Bridge?", [sentence], TEXT, "Aure Bridge")
    assert not is_of_namesake("Who designed the Aure Bridge?", [sentence], TEXT, "Aure Bridge")
    assert not is_of_namesake("Who designed the Vik Bridge?", [sentence], TEXT, "The bridges of Aureland")
