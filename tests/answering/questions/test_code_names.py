"""Names of options and identifiers."""

from __future__ import annotations

import pytest

from qa.answering.questions.code_names import is_markup, lacks_asked_code, names_asked_code


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("What does --max-size do?", "Set `--max-size` to limit it.", False),
        ("What does --max-connections do?", "Set `--max-size` to limit it.", True),
        ("What is max_size?", "The option is called maxSize.", False),
        ("What is maxAge?", "The option is called maxSize.", True),
        ("Which adenoviruses are comparable to rdA5-HA?", "Those of swine are comparable to rAd5-HA.", False),
        ("How does it compare with SARS-likeCOV?", "It shares 70% with SARS-like CoVs.", False),
        ("What does mRNA do?", "It carries the code.", False),
    ],
    ids=["option", "another-option", "other-form", "another-name", "misspelt-strain", "joined-words", "short"],
)
def test_a_text_may_lack_the_identifier_of_a_question(question: str, text: str, expected: bool) -> None:
    assert lacks_asked_code(question, text) is expected


@pytest.mark.parametrize(
    ("question", "heading", "named"),
    [
        ("What does --json do?", "-j, --json <path>", True),
        ("What does --json do?", "--json-lines", False),
        ("What does the --json option do?", "--json ($SHELF_JSON)", True),
        ("What does maxCopies do?", "folder.maxCopies", True),
        ("What does the `title` setting do?", "`title` (required)", True),
        ("What is maxCopies?", "maxCopies", True),
        ("What is maxCopies set to in the example?", "maxCopies", False),
        ("What does Max do?", "Max", False),
        ("What is the default value of `title`?", "`title`", True),
        ("What is the default port?", "port", False),
    ],
)
def test_headings_that_are_the_option_asked_about(question: str, heading: str, named: bool) -> None:
    assert names_asked_code(question, heading) == named


@pytest.mark.parametrize(
    ("sentence", "words", "expected"),
    [
        ("The default xref:ROOT:modes.adoc[mode] is strict.", "xref", True),
        ("The default xref:ROOT:modes.adoc[mode] is strict.", "adoc", True),
        ("The default xref:ROOT:modes.adoc[mode] is strict.", "mode]", False),
        ("It is calculated from :opt:`delay`.", "opt", True),
        ("It is calculated from :opt:`delay`.", "delay", False),
        ("The image: a bee [drawn].", "a bee", False),
    ],
)
def test_marks_of_links_and_roles(sentence: str, words: str, expected: bool) -> None:
    start = sentence.index(words)
    assert is_markup(sentence, (start, start + len(words)), (0, len(sentence))) == expected
