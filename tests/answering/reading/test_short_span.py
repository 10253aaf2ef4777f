"""The end of a short answer, and whether it has the expected type."""

from __future__ import annotations

import pytest

from qa.answering.questions.kinds import Expected
from qa.answering.reading.short_span import (
    fits,
    value_after_change,
    value_in_series,
    whole_words,
    with_counted_time,
    with_modifier,
)

COUNTED = "The two men counted 31 grey seals in 2022, 44 in 2023 and 52 this spring."
GROWN = "It grew by 2 mm a year on tiles facing north and 1 mm on tiles facing south."


@pytest.mark.parametrize(
    ("text", "span", "whole"),
    [
        ("It costs $2,800.50 a year.", "2,800", "$2,800.50"),
        ("It weighs 3.5 million tonnes.", "3", "3.5 million tonnes"),
        ("It fell by 12 per cent.", "12", "12 per cent"),
        ("It has 1.0%-2.5% of fat.", "-2.5%", "1.0%-2.5%"),
        ("A ticket is $5\u2013$10.", "$5", "$5\u2013$10"),
        ("It rose from 4% - 7% of them left.", "4%", "4% - 7%"),
        ("They bought ten (10) jets.", "ten (10", "ten (10)"),
        ("Give notice at least fourteen (14) days before.", "at least fourteen", "at least fourteen (14) days"),
        ("It lasts thirty-six (36) months.", "36", "thirty-six (36) months"),
        ("It lasts thirty-six (36) months.", "(36) months", "thirty-six (36) months"),
        ("The Board (9) meets.", "(9)", "(9)"),
        ('He called it "a good start" then.', 'a good start"', '"a good start"'),
        ("A tower (built in 1901, by Lee) fell.", "A tower (built", "A tower (built in 1901, by Lee)"),
        ("Congress gave Field a gold medal in May.", "Field a gold medal", "a gold medal"),
        ("Congress gave Field a gold medal in May.", "a gold medal in", "a gold medal"),
        ("The well-known Anne-Marie left.", "known Anne", "well-known Anne-Marie"),
        ("It was cast by Krupp, of", "Krupp, of", "Krupp"),
        ("In 2019.", "2019", "2019"),
        ("It reads app.ini at once.", "ini", "app.ini"),
        ("It shuts at 11 p.m. on Sundays.", "11 p.m", "11 p.m."),
        ("It allows 100 requests; the team plan 1,000.", "100 requests; the team plan 1,000", "100 requests"),
        ("Call 0555 201 310 at night.", "310", "0555 201 310"),
        ("Call +41 55 201 31 10.", "55", "+41 55 201 31 10"),
        ("Call (555) 201-3100 at night.", "201-3100", "(555) 201-3100"),
        ("Call 1-555-201-3100 at night.", "3100", "1-555-201-3100"),
        ("It needs Linux 3.9 and later.", "Linux 3.9", "Linux 3.9 and later"),
        ("It is for groups of 10 or more.", "10", "10 or more"),
        ("It has 10 or more than 10.", "10", "10"),
        ("It is for ages 12+ only.", "12", "12+"),
        ("In 2019 340 people came.", "340", "340"),
        ("of", "of", "of"),
        ("Ann Lee's boat sank.", "Ann Lee", "Ann Lee"),
        ('It is 17"w x 14"d x 5"h.', '17"w x 14"d x 5"h', '17"w x 14"d x 5"h'),
        ("Cover it with foil.Now wait.", "foil", "foil"),
        ("It uses the `STAR system <https://star.example>`__.", "`STAR system", "STAR system"),
        ("It is `%run x`.", "`%run x`", "`%run x`"),
        ("It is `PANDOC_SERVER_TIMEOUT`.", "SERVER", "PANDOC_SERVER_TIMEOUT"),
        ("Only the `text` field is required.", "text` field", "`text` field"),
        ("Run `make docs -j 4` first.", "docs", "make docs -j 4"),
        ("Pass --force twice.", "force", "--force"),
        ("It is -5 at night.", "5", "-5"),
        ("From 1990-2000 it grew.", "2000", "1990-2000"),
        ("_Old_ and new.", "Old", "Old"),
        ("For one employer, at most 2 may work.", "most 2", "at most 2"),
        ("Sent on 3 March 2025 at 09:12.", "2025 at 09", "2025 at 09:12"),
        ("Sent at 09:12.", "12", "09:12"),
        ("From: Ann Lee <ann.lee@mill.example>", "<ann", "ann.lee@mill.example"),
        ("From: Ann Lee <ann.lee@mill.example>", "Ann Lee", "Ann Lee"),
    ],
)
def test_a_short_span_is_extended_to_whole_words(text: str, span: str, whole: str) -> None:
    start = text.index(span)
    first, last = whole_words(text, start, start + len(span), (0, len(text)))
    assert text[first:last] == whole


@pytest.mark.parametrize(
    ("question", "text", "span", "value"),
    [
        ("How many seals were there in 2023?", COUNTED, "31 grey seals in 2022, 44", "44"),
        ("How many seals were there in 2022?", COUNTED, "44", "31 grey seals"),
        ("How many seals were there?", COUNTED, "44", "44"),
        ("How many seals were there in 2022 and 2023?", COUNTED, "44", "44"),
        ("How many seals were there in 2023?", COUNTED, "two men", "two men"),
        ("How much is the guide for members?", "It is 4 euros for visitors and free for members.", "4 euros", "free"),
        (
            "How much is it abroad?",
            "It is up to 4 euros a day in Ulm and up to 6 euros a day abroad.",
            "up to 6 euros",
            "up to 6 euros",
        ),
        ("How much is it a year?", "It costs 3 euros a month or 30 euros a year.", "3 euros", "30 euros"),
        (
            "How much was it in 2010?",
            "It rose to $5 million from $3 million in 2010.",
            "$5 million from $3 million",
            "3 million",
        ),
        ("How fast is it on north-facing tiles?", GROWN, "2 mm a year on tiles facing north and 1 mm", "2 mm a year"),
        ("How fast is it on tiles facing south?", GROWN, "2 mm a year on tiles facing north and 1 mm", "1 mm"),
        ("How fast is it on tiles?", GROWN, "2 mm a year", "2 mm a year"),
    ],
)
def test_a_series_gives_the_value_of_what_is_asked_about(question: str, text: str, span: str, value: str) -> None:
    start = text.index(span)
    first, last = value_in_series(question, text, (start, start + len(span)), (0, len(text)))
    assert text[first:last] == value


@pytest.mark.parametrize(
    ("expected", "words", "fitting"),
    [
        ("date", "4 May 1871", True),
        ("date", "in the river", False),
        ("place", "Visby she worked in Riga", False),
        ("place", "Riga", True),
        ("number", "twelve", True),
        ("number", "many", False),
        ("number", "Weekly", True),
        ("number", "bluntly", False),
        ("money", "89 euros", True),
        ("duration", "three weeks", True),
        ("duration", "a gold medal", False),
        ("duration", "212 metres", True),
        ("duration", "about 3 km", True),
        ("person", "Karla Novak", True),
        ("person", "the engineer", True),
        ("person", "a gold medal", False),
        ("person", "You\u2019re", False),
        ("person", "They", False),
        ("phrase", "granite", True),
        ("phrase", "word " * 20, False),
        ("phrase", "---", False),
    ],
)
def test_a_span_fits_an_answer_type_by_its_form(expected: Expected, words: str, fitting: bool) -> None:
    assert fits(expected, words) is fitting


@pytest.mark.parametrize(
    ("question", "span", "value"),
    [
        ("What will dinner cost?", "\u00a32.45 to \u00a32.60", "\u00a32.60"),
        ("What will dinner cost?", "\u00a32.45", "\u00a32.60"),
        ("What did dinner cost before?", "\u00a32.45 to \u00a32.60", "\u00a32.45"),
        ("What does dinner cost?", "\u00a32.45 to \u00a32.60", "\u00a32.45 to \u00a32.60"),
        ("How much will the price rise?", "\u00a32.45 to \u00a32.60", "\u00a32.45 to \u00a32.60"),
        ("What will a drink cost?", "50p", "50p"),
    ],
    ids=["new", "new by the old", "old", "neither", "the change", "elsewhere"],
)
def test_a_change_has_a_new_and_an_old_value(question: str, span: str, value: str) -> None:
    text = "The price of a dinner rises from \u00a32.45 to \u00a32.60 in May, with a drink for 50p."
    start = text.index(span)
    first, last = value_after_change(question, text, (start, start + len(span)), (0, len(text)))
    assert text[first:last] == value


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("What is not covered?", "It does not cover |damage| by frost.", "damage by frost"),
        ("Where does it go?", "Put it in the |box| marked with a star.", "box marked with a star"),
        ("Which box is marked with a star?", "Use the |box| marked with a star.", "box"),
        ("What rank did it reach?", "It reached the tenth |place| with its new course.", "place"),
        ("What is shown?", "||[A map by Ann](map.png)", ""),
    ],
    ids=["by", "participle", "asked", "of-the-verb", "no-word"],
)
def test_a_noun_is_given_with_its_modifier(question: str, text: str, expected: str) -> None:
    before, noun, after = text.split("|")
    plain, start = f"{before}{noun}{after}", len(before)
    first, last = with_modifier(question, plain, (start, start + len(noun)), (0, len(plain)))
    assert plain[first:last] == expected


@pytest.mark.parametrize(
    ("text", "span", "expected"),
    [
        ("You get 25 paid holiday days a year.", "25", "25 paid holiday days"),
        ("It opened 5 of the seven days.", "5", "5"),
        ("Ten paid days.", "Ten", "Ten"),
        ("It is 25.", "25", "25"),
        ("It is 25, not 30 paid days.", "25", "25"),
        ("You get 25 paid holiday days a year.", "25 paid", "25 paid holiday days"),
    ],
)
def test_a_number_is_given_with_the_time_that_it_counts(text: str, span: str, expected: str) -> None:
    start = text.index(span)
    first, last = with_counted_time(text, (start, start + len(span)), (0, len(text)))
    assert text[first:last] == expected
