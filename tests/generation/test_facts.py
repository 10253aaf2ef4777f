from __future__ import annotations

import pytest

from qa.generation.facts import unknown_facts


@pytest.mark.parametrize(
    ("sentence", "evidence", "unknown"),
    [
        pytest.param("It cost 97 million.", ["It cost 79 million in 2014."], ["97 million"], id="another-number"),
        pytest.param("You pay \u00a343.20.", ["\u00a39.50", "\u00a317.80, \u00a33.50 and \u00a312.40"], [], id="sum"),
        pytest.param("It is \u00a32,280.", ["two months' rent", "The rent is \u00a31,140."], [], id="product"),
        pytest.param("It takes 46 seconds in all.", ["23 seconds, and as long again"], [], id="double"),
        pytest.param("You save \u00a360.", ["12% of \u00a3500"], [], id="percentage"),
        pytest.param("Over 21,000 came.", ["21,340 came"], [], id="rounded"),
        pytest.param("21,000 came.", ["21,340 came"], ["21,000"], id="not-said-to-be-rounded"),
        pytest.param("Over 21,000 came.", ["31,340 came"], ["21,000"], id="rounded-from-another"),
        pytest.param("33% came, in the 1850s.", ["In 1858, 12 of 36 came."], [], id="percentage-and-decade"),
        pytest.param("44% came, in the 1860s.", ["In 1858, 12 of 36 came."], ["44", "1860"], id="neither"),
        pytest.param("It rose by 20% in the 19th century.", ["In 1850, from 50 to 60."], [], id="rise-and-century"),
        pytest.param("It shuts at 18:00 on 3 March.", ["6 p.m. on 03/03"], [], id="hour-and-month"),
        pytest.param("There are 3 reasons.", [], [], id="a-small-count"),
        pytest.param("Eight rounds take 32 to 40 minutes.", ["4 to 5 minutes"], [], id="times-a-count"),
        pytest.param("One of two opened in 1982.", ["It opened in 1981."], ["1982"], id="a-count-is-not-added"),
        pytest.param("It is \u00a33,200 a month.", ["\u00a338,400 a year, in monthly instalments"], [], id="quotient"),
        pytest.param("Ten of \u00a33,200 make \u00a332,000.", ["\u00a338,400 a year"], [], id="two-steps"),
        pytest.param(
            "Ten of \u00a33,300 make \u00a333,000.", ["\u00a338,400 a year"], ["3,300", "33,000"], id="wrong-steps"
        ),
        pytest.param(
            "2 \u00d7 \u20ac9.00 + 2 \u00d7 \u20ac5.20 = \u20ac28.40.",
            ["\u20ac9.00; \u20ac5.20"],
            [],
            id="sum-of-multiples",
        ),
        pytest.param("It may be \u00a339,936.", ["\u00a338,400, and 4 per cent more"], [], id="per-cent-more"),
        pytest.param("It waits 60 seconds.", ["It waits one minute."], [], id="unit-of-time"),
        pytest.param("From 7:30 pm to 9:05 pm: 1 hour and 35 minutes.", ["7.30 pm; 9.05 pm"], [], id="duration"),
        pytest.param("From 7:30 pm to 9:15 pm.", ["7.30 pm; 9.05 pm"], ["9:15 pm"], id="another-time"),
        pytest.param(
            "The last entry is at 17:00.", ["9 am to 6 pm, last entry one hour before"], [], id="an-hour-before"
        ),
        pytest.param(
            "Till 9:30 p.m.", ["6 a.m. to 8 p.m., every 7.5 or 15 min"], ["9:30 p.m"], id="an-hour-is-no-count"
        ),
        pytest.param("A ship of the 1600s.", ["a 17th-century ship"], [], id="century-as-years"),
        pytest.param(
            "23 500 or 23'500 at 14,90 each, 1.250 in all.", ["23,500 at 14.90; 1,250"], [], id="foreign-digits"
        ),
        pytest.param("Since 1 January and 2 June 2024.", ["2024-01-01", "02/06/2024"], [], id="months-in-digits"),
        pytest.param("Since 1 January 2024.", ["2024-02-01"], ["January"], id="another-month"),
        pytest.param("Note: Don't run.", ["Do not run."], [], id="contraction"),
        pytest.param("Forty-millimetre mats.", ["Mats of 40 mm."], [], id="number-with-unit"),
        pytest.param("It is about 30 miles away.", ["It is 50 km away."], [], id="kilometres-in-miles"),
        pytest.param("It is 31 miles away.", ["It is 50 km away."], [], id="kilometres-in-whole-miles"),
        pytest.param("It is 34 miles away.", ["It is 50 km away."], ["34"], id="wrong-miles"),
        pytest.param("It is about 40 miles away.", ["It is 50 km away."], ["40"], id="about-wrong-miles"),
        pytest.param("It is 31 kilometres away.", ["It is 50 km away."], ["31"], id="miles-called-kilometres"),
        pytest.param("Heat it to 70 \u00b0F.", ["Heat it to 21 \u00b0C."], [], id="celsius-in-fahrenheit"),
        pytest.param("Heat it to 38 \u00b0F.", ["Heat it to 21 \u00b0C."], ["38"], id="wrong-fahrenheit"),
        pytest.param("It is at 59 to 68 \u00b0F.", ["It is at 15\u201320 \u00b0C."], [], id="range-in-fahrenheit"),
        pytest.param("It weighs 160 pounds.", ["It weighs 73 kg."], [], id="kilograms-in-pounds"),
        pytest.param("He is 183 cm tall.", ["He is 6 feet tall."], [], id="feet-in-centimetres"),
        pytest.param("He is 188 cm tall.", ["He is 6 feet 2 inches tall."], [], id="feet-and-inches-in-centimetres"),
        pytest.param("It covers 494 acres.", ["It covers 2 square kilometres."], [], id="area"),
        pytest.param("It runs at 62 mph.", ["It runs at 100 km/h."], [], id="speed"),
        pytest.param("It is 50 km (31 miles) long.", ["20 km and then 30 km"], [], id="sum-in-miles"),
        pytest.param("It is 70 km (43 miles) long.", ["20 km and then 30 km"], ["70", "43"], id="wrong-sum-in-miles"),
        pytest.param("It takes 33 tons.", ["It takes 30 tons."], ["33"], id="two-meanings-of-one-unit"),
        pytest.param("It was made by Meyer.", ["It was made by Smith."], ["Meyer"], id="another-name"),
        pytest.param("Smith made it.", ["He made it."], [], id="a-name-from-elsewhere-in-the-document"),
    ],
)
def test_numbers_and_names_from_nowhere_are_found(sentence: str, evidence: list[str], unknown: list[str]) -> None:
    found = unknown_facts(sentence, evidence, ["A document about Mr Smith."])
    assert [sentence[start:end] for start, end in found] == unknown


def test_names_and_words_of_numbers_are_not_checked_in_other_languages() -> None:
    assert unknown_facts("Die Kaution ist hoch.", ["The deposit is high."], [], english=False) == []
    assert unknown_facts("186 Millionen Euro", ["186 million euros"], [], english=False) == []


@pytest.mark.parametrize(
    ("sentence", "unknown"),
    [
        ("Tea came to Lund in 1650.", []),
        ("It came in 1651, in the mid-17th century.", ["1651"]),
        ("Denmark drank 1,800 of it, and 1,700 more.", ["1,700"]),
        ("It came to Malm\u00f6 for two reasons, and 3 more.", ["Malm\u00f6"]),
        ("Three hundred Swedes drank it.", []),
        ("Nilsson drank it.", []),
        ("A Su-35 carried it.", ["Su-35"]),
        ("300 " * 1000, []),
    ],
)
def test_numbers_and_names_that_are_not_from_the_sources_are_found(sentence: str, unknown: list[str]) -> None:
    evidence = ["In the 17th century, tea came to Lund in 1650.", "It was drunk by 150 people then.", "Sweden"]
    found = unknown_facts(sentence, evidence, ["Karl Nilsson liked it, as did Denmark."])
    assert [sentence[start:end] for start, end in found] == unknown
