from __future__ import annotations

import pytest

from qa.generation.reply_parser import CitedSentence, sentences


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("The cable broke [1]. It was mended [2].", [("The cable broke.", [1]), ("It was mended.", [2])]),
        ("The cable broke. [1] It was mended. [2]", [("The cable broke.", [1]), ("It was mended.", [2])]),
        ("The cable broke.[1][3]", [("The cable broke.", [1, 3])]),
        ("It broke [1, 2] twice [4-6].", [("It broke twice.", [1, 2, 4, 5, 6])]),
        ("It broke [passage 2 and 3].", [("It broke.", [2, 3])]),
        ('He said "It broke." [2] Then he left.', [('He said "It broke."', [2]), ("Then he left.", [])]),
        ("It broke [0]. And again [99].", [("It broke.", [0]), ("And again.", [99])]),
        ("It broke [1-400].", [("It broke.", [])]),
        ("- It **broke** [1]\n- It was mended [2]", [("It broke", [1]), ("It was mended", [2])]),
        ("1. It broke [1].\n2. Mended [2].", [("It broke.", [1]), ("Mended.", [2])]),
        ("The U.S. Navy gave a ship [1].", [("The U.S. Navy gave a ship.", [1])]),
        ("It broke [ 1 ] .", [("It broke .", [1])]),
        ("It broke [see below].", [("It broke [see below].", [])]),
        ("--- [1]", []),
        ("", []),
        ("\n \n", []),
    ],
)
def test_a_whole_reply_is_cut_into_sentences_and_what_they_name(reply: str, said: list[tuple[str, list[int]]]) -> None:
    found, pending = sentences(reply, ended=True)
    assert found == [CitedSentence(text, tuple(named)) for text, named in said]
    assert pending == ""


def test_a_sentence_is_whole_when_the_next_begins() -> None:
    assert sentences("The cable bro", ended=False) == ([], "The cable bro")
    assert sentences("The cable broke.", ended=False) == ([], "The cable broke.")
    assert sentences("The cable broke. [1", ended=False) == ([], "The cable broke.")
    assert sentences("The cable broke. [1]", ended=False) == ([], "The cable broke.")
    assert sentences("The cable broke. [1] It", ended=False) == ([CitedSentence("The cable broke.", (1,))], "It")
    assert sentences('He said "It broke. It is', ended=False) == ([], 'He said "It broke. It is')
    assert sentences("- It broke [1]\n", ended=False) == ([], "It broke")
    assert sentences("- It broke [1]\nIt", ended=False) == ([CitedSentence("It broke", (1,))], "It")


@pytest.mark.parametrize(
    "reply",
    [
        "In 1858 the U.S. frigate laid it [1]. It broke. [2, 3] He said \u201cit broke.\u201d [4]\n- So [5]\n\nEnd.",
        "One [1].Two [2]. Three.[3]",
        'She said "It works. It is fast." [1] Then she left [2].',
        "She said \u201cIt works. It is fast.\u201d [1] Then she left [2].",
        'The bee (A. mellifera. It is small.) dances [1]. One ((two. Three) four) [2].\n- "So. It [1].\nEnd.',
        "It broke.\n\n[1]\n\nIt was mended [2]\n[3]\n\n- So.\n[4] End.",
    ],
)
def test_a_reply_that_comes_in_piece_by_piece_ends_as_the_whole_one(reply: str) -> None:
    whole, _ = sentences(reply, ended=True)
    for end in range(len(reply)):
        found, _ = sentences(reply[:end], ended=False)
        # What counts as whole early stays as it is.
        assert found == whole[: len(found)], reply[:end]
