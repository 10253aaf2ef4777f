from __future__ import annotations

import pytest

from qa.generation.quotations import quotations

TEXT = (
    "Whitehouse drove the cable with 2,000 volts \u2014 \u201ca fatal\nmistake\u201d, Thomson wrote; "
    'the ship\u2019s crew said "never again".'
)


@pytest.mark.parametrize(
    ("claim", "verdicts"),
    [
        ('Thomson called it "a fatal mistake".', ["verbatim"]),
        ("Thomson called it \u2018a fatal mistake.\u2019", ["verbatim"]),
        ("It was \u201ca fatal  mistake,\u201d he wrote.", ["verbatim"]),
        ("The \"ship's crew\" said 'never again'.", ["verbatim", "verbatim"]),
        ('It ran "with 2,000 volts - ".', ["verbatim"]),
        ('It was "a fatal and foolish mistake".', ["altered"]),
        ('Thomson wrote "Whitehouse drove the ship with 2,000 volts".', ["altered"]),
        ('It was "fatal mist".', ["not found"]),
        ('He called it "the triumph of the age".', ["not found"]),
        ('He called it "nonsense".', ["not found"]),
        ("It was the ship's crew's 'a fatal mistake' all along.", ["verbatim"]),
        ("The crew's ship's volts.", []),
        ('It was "..." or "".', []),
        ("It was said.", []),
    ],
)
def test_quotations_are_found_and_judged(claim: str, verdicts: list[str]) -> None:
    found = quotations(claim, ["Something else.", TEXT])
    assert [quotation.verdict for quotation in found] == verdicts
    for quotation in found:
        assert claim[quotation.start - 1] in "\"'\u201c\u2018"


def test_without_a_passage_nothing_is_found() -> None:
    assert [quotation.verdict for quotation in quotations('He said "a fatal mistake".', [])] == ["not found"]


def test_a_long_quotation_is_judged_quickly() -> None:
    words = " ".join(f"word{number}" for number in range(2000))
    assert [one.verdict for one in quotations(f'"{words} x"', [words])] == ["altered"]
