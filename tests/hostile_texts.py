"""Texts that make a regular expression backtrack, or a loop start over, very often."""

from __future__ import annotations

from functools import cache

LENGTH = 50_000  # characters

PATTERNS: dict[str, tuple[str, str, str]] = {
    "comments": ("", "<!--", ""),
    "round brackets": ("", "(", ""),
    "closed round brackets": ("", "(a) ", ""),
    "square brackets": ("", "[", ""),
    "marks": ("Bees dance. ", "[1]", ""),
    "mark without end": ("Bees dance. [1", ", 1", "x"),
    "spaces in a mark": ("So. [1", " ", "x"),
    "template": ("= A =\n", "{{a|", ""),
    "rows": ("", "a | b\n", ""),
    "rows of one cell": ("a | b\n--- | ---\n", "a\nb | c\nd |\n", ""),
    "a row of many cells": ("a | b\n", "a | ", "b\n"),
    "rows with borders": ("", "|a|", "\n"),
    "spaces in a row": ("a | b\nc |", " ", "| d"),
    "sentences of cells": ("a | b\n", "| " * 250 + "So. " * 4000 + "| b\n", ""),
    "aligned rows": ("", "ab  cd  12\n", ""),
    "aligned rows below dashes": ("ab    cd\n----  --\n", "abcde 12\n", ""),
    "rows of many aligned tables": ("", "ab  cd\n--  --\n", ""),
    "rows that are not aligned": ("", "ab  cd  12\na   cd  12\na  cd   12\n", ""),
    "spaces between letters": ("", "a  ", ""),
    "quotation marks": ("", '"', ""),
    "quoted words": ("", '"a" ', ""),
    "opening quotation marks": ("", "\u201c", ""),
    "low quotation marks": ("", "\u201ea", ""),
    "single quotation marks": ("", "'a", " "),
    "apostrophes at edges": ("", " 'a", ""),
    "quoted letters": ("", "'a' ", ""),
    "curly apostrophes": ("", "\u2018a\u2019s ", ""),
    "words": ("", "a ", ""),
    "distinct words": ("", "\0", ""),
    "initials": ("", "A. ", ""),
    "initials without spaces": ("", "A.", " a"),
    "capital words": ("", "Aa ", "1"),
    "speakers": ("", "Ann: a\nBo: b\n", ""),
    "items of speakers": ("", "- Ann\n  - Bo, a\n", ""),
    "quoted replies": ("From: Ann\n", "> Bo wrote:\n>> a\n", ""),
    "names": ("Who was ", "Aa de ", "?!"),
    "capitals and hyphens": ("", "A-", " a"),
    "titles": ("", "Mr. ", ""),
    "thousands": ("1", ",000", "0"),
    "numbers and commas": ("", "1,", ""),
    "decimals": ("", "1.", ""),
    "digits": ("", "1", ""),
    "years": ("", "in 1999 ", "x"),
    "year behind spaces": ("When was it", " ", "in 1999 x"),
    "number words": ("", "two hundred and ", "x"),
    "months": ("", "January 1, ", ""),
    "negations": ("", "not ", ""),
    "contractions": ("", "n't ", ""),
    "items": ("", "- ", ""),
    "numbered lines": ("", "1. a\n", ""),
    "number signs": ("", "#", " a"),
    "number signs and spaces": ("# a", " #", " a"),
    "heading lines": ("", "# a\n", ""),
    "equals": ("", "=", "a"),
    "equals and spaces": ("", "= ", "a"),
    "bars": ("", "|", ""),
    "fences": ("", "```\n", ""),
    "directives": ("", ":::{note}\n", ""),
    "directives in directives": ("", ":::{note}\n.. note::\n", ""),
    "rows of a list table": (".. list-table::\n\n", "* - a\n  - b\n", ""),
    "links": ("", "`a <", ""),
    "front matter": ("---\n", "title: a\n", ""),
    "underscores": ("", "_", ""),
    "stars": ("", "*", ""),
    "backticks": ("", "`", ""),
    "colons": ("", ": ", ""),
    "dashes": ("", " - ", ""),
    "en dashes": ("1", "\u20132", "x"),
    "entities": ("", "&lt;", ""),
    "tags": ("", "<b>", ""),
    "open tags": ("", "<a ", ""),
    "addresses": ("", "http://", ""),
    "at signs": ("", "@", ""),
    "points": ("", ".", ""),
    "exclamations": ("", "!", " a"),
    "greetings": ("", "hi, ", "a"),
    "questions": ("", "what is ", ""),
    "commas": ("", ", ", "a"),
    "clauses": ("The bee was seen", ", and the bee was seen", ""),
    "apposition": ("Ann Lee, a", " b", "("),
    "prose": ("", "The first bridge of the city opened in 1932, and Ann Lee was not there. ", ""),
    "sentence without end": ("The bridge", " of the city and Ann Lee", ""),
    "quoted sentence": ('He said "', "so it is. And ", ""),
    "spaces": ("", " ", ""),
    "spaces and a letter": ("a", " ", "a"),
    "no-break spaces": ("", "\u00a0", "a"),
    "initials and spaces": ("", "A\u2003", "x"),
    "lines": ("", "\n", "a"),
    "spaces and lines": ("a", " \n", "b"),
    "blank lines": ("", "a\n\n", ""),
    "joiners": ("", "\u200d", ""),
    "emoji": ("", "\U0001f44d\U0001f3fd", ""),
}


@cache
def hostile(name: str, length: int = LENGTH) -> str:
    """Return a text of `length` characters that repeats one of the `PATTERNS`."""
    head, part, end = PATTERNS[name]
    times = max(1, (length - len(head) - len(end)) // len(part))
    if part == "\0":
        # All words are different.
        words: list[str] = []
        count = 0
        while count < length:
            words.append(f"w{len(words):x}q")
            count += len(words[-1]) + 1
        return " ".join(words)
    return head + part * times + end
