"""Questions in other words, from a WordNet of a few entries in the real one's format."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from qa import QAError
from qa.training.synonyms import Synonyms

# Part of speech, words, the entry that is wider than it, and how often each word is used in this sense.
ENTRIES: dict[str, tuple[str, list[str], str | None, int]] = {
    "ship": ("noun", ["ship"], "vessel", 9),
    "vessel": ("noun", ["vessel", "watercraft"], None, 4),
    "purchase": ("verb", ["buy", "purchase"], None, 7),
    "bank": ("noun", ["bank", "shore"], None, 5),
    "lender": ("noun", ["bank", "lender"], None, 5),
}
TYPES = {"noun": "1", "verb": "2"}


@pytest.fixture
def wordnet(tmp_path: Path) -> Path:
    for part in ("noun", "verb", "adj", "adv"):
        entries = {name: entry for name, entry in ENTRIES.items() if entry[0] == part}
        lines: dict[str, str] = {}
        offsets: dict[str, int] = {}
        # Offsets have eight digits, so where a line starts does not hang on what they are.
        for _ in range(2):
            position = 0
            for name, (_, words, wider, _) in entries.items():
                pointers = f"001 @ {offsets.get(wider or '', 0):08d} n 0000" if wider else "000"
                listed = " ".join(f"{word} 0" for word in words)
                lines[name] = f"{position:08d} 06 {part[0]} {len(words):02x} {listed} {pointers} | what it is\n"
                offsets[name] = position
                position += len(lines[name])
        (tmp_path / f"data.{part}").write_text("".join(lines.values()))
        senses: dict[str, list[str]] = {}
        for name, (_, words, _, _) in entries.items():
            for word in words:
                senses.setdefault(word, []).append(f"{offsets[name]:08d}")
        (tmp_path / f"index.{part}").write_text(
            "  a line of the licence\n"
            + "".join(
                f"{word} {part[0]} {len(found)} 0 {len(found)} 0 {' '.join(found)}\n" for word, found in senses.items()
            )
        )
    counted: dict[str, int] = {}
    counts = []
    for part, words, _, count in ENTRIES.values():
        for word in words:
            counted[word] = counted.get(word, 0) + 1
            counts.append(f"{word}%{TYPES[part]}:06:00:: {counted[word]} {count}\n")
    (tmp_path / "cntlist.rev").write_text("".join(counts))
    return tmp_path


def test_other_words_are_of_the_same_meaning_and_form(wordnet: Path) -> None:
    synonyms = Synonyms(wordnet)
    assert synonyms.of("bought") == ("purchased",)
    assert synonyms.of("vessel") == ("watercraft",)
    # Of a wider meaning where no other word is known.
    assert synonyms.of("ships") == ("vessels", "watercraft")
    assert synonyms.of("zebra") == ()


def test_a_word_whose_sense_is_open_stays(wordnet: Path) -> None:
    assert Synonyms(wordnet).of("bank") == ()


def test_only_words_in_common_with_the_text_are_replaced(wordnet: Path) -> None:
    synonyms, generator = Synonyms(wordnet), random.Random(0)
    asked = {synonyms.rewritten("Who bought the ships?", "They bought the Ship of Tyre.", generator) for _ in range(50)}
    assert {"Who bought the ships?", "Who purchased the vessels?"} < asked
    assert all(question.startswith("Who ") and " the " in question for question in asked)
    assert synonyms.rewritten("Who bought the ships?", "Nothing of that.", generator) == "Who bought the ships?"


def test_a_folder_without_wordnet_is_named(tmp_path: Path) -> None:
    with pytest.raises(QAError, match=f"{tmp_path}: WordNet is not here"):
        Synonyms(tmp_path)
