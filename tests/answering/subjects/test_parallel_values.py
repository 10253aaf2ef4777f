"""The value of what is asked about, in a sentence with one for each of several things."""

from __future__ import annotations

import pytest

from qa.answering.subjects.parallel_values import case_value, has_several_values, parallel_value

WINDOWS = "Windows are cleaned on the inside once a month and on the outside once a quarter."
INSURANCE = (
    "It has public liability insurance of at least £5 million for each claim and employer's liability insurance of at "
    "least £10 million."
)
WATER = "The water will be turned on again on 15 April 2024 and off on 31 October 2024."
HALL = "The hall was built in 1890 and sold in 1950."
BRIDGE = "The bridge cost £5 million and the tunnel under the river £9 million."
ROOMS = "The first floor has 12 rooms and the second floor 14."
LOANS = "Books three weeks, DVDs one week, and magazines four days."
PILL = "In 1960 the Food and Drug Administration approved the contraceptive pill, which was sold from 1961."
PRICES = "Adults pay 12 euros and children pay 6 euros at weekends."


STATUS = "The status is 0 if a line is found, 1 if no line is found, and 2 if an error occurred."


@pytest.mark.parametrize(
    ("question", "value"),
    [
        pytest.param("What is the status if an error occurs?", "2", id="case"),
        pytest.param("What is the status if no line is found?", "1", id="denied case"),
        pytest.param("When is the status 1?", "no line is found", id="value"),
        pytest.param("What is the status if nothing matches?", None, id="other words"),
    ],
)
def test_each_case_has_its_value(question: str, value: str | None) -> None:
    start = STATUS.index("0 if")
    span = case_value(question, STATUS, (start, start + 1), (0, len(STATUS)))
    assert (STATUS[slice(*span)] if span else None) == value


@pytest.mark.parametrize(
    ("question", "text", "span", "value"),
    [
        ("How often are the windows cleaned on the outside?", WINDOWS, "once a month", "once a quarter"),
        ("How often are the windows cleaned on the inside?", WINDOWS, "once a quarter", "once a month"),
        ("How often are the windows cleaned?", WINDOWS, "once a month", "once a month"),
        ("How much public liability insurance is there?", INSURANCE, "at least £10 million", "at least £5 million"),
        ("How much employer's liability insurance is there?", INSURANCE, "£5 million", "at least £10 million"),
        ("How much liability insurance is there?", INSURANCE, "£5 million", "£5 million"),
        ("When will the water be turned off?", WATER, "15 April 2024 and off on 31 October 2024", "31 October 2024"),
        ("When will the water be turned on?", WATER, "15 April 2024", "15 April 2024"),
        ("When was the hall built?", HALL, "1950", "1890"),
        ("When was the hall sold?", HALL, "1890", "1950"),
        ("When was the hall auctioned?", HALL, "1950", "1950"),
        ("How much did the bridge over the river cost?", BRIDGE, "£5 million", "£5 million"),
        ("How many rooms does the second floor have?", ROOMS, "12", "14"),
        ("How long may I keep a DVD?", LOANS, "four days", "one week"),
        ("In what year was the contraceptive pill approved?", PILL, "1960", "1960"),
        ("How much do adults pay at weekends?", PRICES, "12 euros", "12 euros"),
    ],
)
def test_the_value_of_what_the_question_names_is_chosen(question: str, text: str, span: str, value: str) -> None:
    start = text.index(span)
    first, last = parallel_value(question, text, (start, start + len(span)), (0, len(text)))
    assert text[first:last] == value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4,900 euros in the first year and 5,200 euros", True),
        ("15 April 2024 and off on 31 October 2024", True),
        ("395 and 1,600, respectively", True),
        ("2 years and 3 months", False),
        ("3 to 4 hours", False),
        ("£89 and £134", False),
    ],
)
def test_a_span_may_have_the_values_of_several_things(text: str, expected: bool) -> None:
    assert has_several_values(f"It is {text}.", (6, 6 + len(text)), (0, len(text) + 7)) is expected


@pytest.mark.parametrize("words", ["the halting problem", "1928"])
def test_what_is_not_given_respectively_is_one_value(words: str) -> None:
    text = "Church and Turing solved the halting problem in 1936 and 1937, respectively, which was posed in 1928."
    start = text.index(words)
    assert not has_several_values(text, (start, start + len(words)), (0, len(text)))
