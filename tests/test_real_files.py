import os
import runpy
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
BENCHMARKS = ROOT / "tests" / "benchmarks"
MEASURES: dict[str, Any] = runpy.run_path(str(BENCHMARKS / "real_files_measures.py"))


def test_shared_words_are_counted_with_repetitions() -> None:
    words, shared = MEASURES["words"], MEASURES["shared_words"]
    assert words("The o\ufb03ce, co\u00adoperated: 88.0") == ["the", "office", "cooperated", "88", "0"]
    assert shared(words("a a b"), words("b a c")) == 2


@pytest.mark.parametrize(
    ("text", "breaks"),
    [
        ("The board of the company met on\n\nthe first day of May.", (1, 1)),
        ("It was decided by all of the\n\nFrench members of it.", (1, 1)),
        ("The board of the company met.\n\nthe first day of May.", (0, 1)),
        ("It can be had with the command\n\nmake install --all", (0, 1)),
        ("The board of the company met on\n\n- the first day of May", (0, 1)),
    ],
    ids=["lower case", "after an article", "sentence ends", "a command follows", "a list follows"],
)
def test_a_break_is_false_only_if_the_sentence_surely_runs_on(text: str, breaks: tuple[int, int]) -> None:
    assert MEASURES["false_breaks"](text) == breaks


def test_a_break_is_false_between_full_lines_of_a_paragraph() -> None:
    first = "The first line of it is as long as others are"
    second = "and so is the second line which names those"
    plain = f"{first}\n{second}\nEuropean Union of states, and the third line.\n"
    text = f"{first} {second}\n\nEuropean Union of states, and"
    assert MEASURES["false_breaks"](text, plain) == (1, 1)
    assert MEASURES["false_breaks"](text) == (0, 1)


def test_a_sentence_over_a_page_s_end_is_cut_unless_it_stays_in_one_paragraph() -> None:
    plain = "The board of the company met on\n12\n\fReport 2020\nthe first day of May.\n"
    cut, running = MEASURES["cut_joins"], {"Report #"}
    assert cut("of the company met on the first day of May.", plain, running) == (0, 1)
    assert cut("of the company met on\n\nthe first day of May.", plain, running) == (1, 1)
    assert cut("of the company met on 12 Report 2020 the first day of May.", plain, running) == (1, 1)


def test_a_hyphen_is_wrong_where_the_document_has_the_word_otherwise() -> None:
    layout = "An example of a well-known fact. This exam-\nple is well-\nknown, and semi-\nfinal is undecided."
    assert MEASURES["wrong_hyphens"]("An example, well-known. This example is well-known.", layout) == (0, 2)
    assert MEASURES["wrong_hyphens"]("An example, well-known. This exam-ple is wellknown.", layout) == (2, 2)


def test_cells_that_were_run_together_are_found() -> None:
    layout = "Size     88.0     7\nColour   red      blue\n"
    assert MEASURES["glued_tokens"]("Size | 88.0 | 7\nColour | red | blue", layout) == []
    assert MEASURES["glued_tokens"]("Size 88.07\nColour redblue", layout) == ["88.07", "redblue"]


def test_prose_that_became_the_row_of_a_table_is_found() -> None:
    layout = "Fields which are not yet known are left empty\nSize     88.0     7\n"
    assert (
        MEASURES["split_prose"]("Fields | which are | not | yet | known | are | left empty\nSize | 88.0 | 7", layout)
        == 1
    )


def test_running_lines_are_those_at_the_edges_of_three_pages() -> None:
    pages = [f"Annual report    {page}\n\nText of page {name}.\nMore of it.\n" for page, name in enumerate("abcd", 1)]
    running: Counter[str] = MEASURES["repeated_lines"]("\f".join(pages))
    assert running["Annual report #"] == running["Annual report"] == 4
    assert MEASURES["left_furniture"]("Annual report\n\nText of page a.\n", running)[0] == 0
    with_notes = "\f".join(
        f"Annual report\nNote:\nA.\nB.\nNote:\n{letter}.\nD.\n{page}" for page, letter in enumerate("xyz")
    )
    assert MEASURES["repeated_lines"](with_notes) == {"Annual report": 3}
    assert MEASURES["left_furniture"]("Annual report 1\nText.\nAnnual report 2\nText.", running)[0] == 1


def test_gibberish_is_distinguished_from_prose() -> None:
    prose = "It is said that the members of the board were not in favour of it. " * 50
    assert not MEASURES["looks_like_gibberish"](prose)
    assert MEASURES["looks_like_gibberish"](prose.translate({ord(one): ord(one) + 0xE000 for one in "aeiou"}))
    assert MEASURES["looks_like_gibberish"]("Wkh phpehuv ri wkh erdug zhuh qrw lq idyrxu ri lw. " * 60)


@pytest.mark.slow
def test_a_folder_is_loaded_and_compared_and_refusals_are_reported(tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text("One sentence is here. Another one follows it.\n", encoding="utf-8")
    (tmp_path / "bad.docx").write_bytes(b"no archive")
    command = [sys.executable, str(BENCHMARKS / "real_files.py"), str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    assert "| .txt | 1 | 1 | 100.0 | 0.0 | 100.0 |" in done.stdout
    assert "| .docx | 1 | 0 | - |" in done.stdout
    assert "is damaged" in done.stdout
