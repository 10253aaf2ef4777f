"""`qa questions check`: every problem is named with its location, and there are no false alarms."""

from __future__ import annotations

import json
import tracemalloc
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from command import MODELS, qa

from qa.evaluation.datasets.validate import CheckReport, check_questions
from qa.types import Document

ROOT = Path(__file__).parents[3]
TEXT = "China bought 24 Su-35 jets from the Russian Federation. Bees dance."
DOCUMENTS = [
    Document("jets.md", TEXT, "Jets", "jets.md"),
    Document("other.md", "Nothing here.", "Other", "other.md"),
]
SOUND = {"id": "q1", "question": "Who bought jets?", "answers": ["China"], "document": "jets.md", "evidence": [[0, 55]]}


def write(folder: Path, *rows: dict[str, Any] | str, name: str = "questions.jsonl") -> Path:
    path = folder / name
    text = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
    path.write_text(text, encoding="utf-8", newline="")
    return path


def check(path: Path) -> CheckReport:
    return check_questions(path, DOCUMENTS)


def test_a_sound_set_passes(tmp_path: Path) -> None:
    nothing = {"id": "q2", "question": "Who sold ships?", "answerable": False}
    report = check(write(tmp_path, SOUND, nothing))
    assert report == CheckReport((), (), questions=2, answerable=1, with_answers=1, with_evidence=1)
    assert report.summary() == (
        "2 questions (1 answerable, 1 not; 1 with accepted answers, 1 with evidence): 0 errors, 0 warnings"
    )


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "data" / "questions").iterdir()))
def test_the_sample_sets_pass(name: str) -> None:
    from qa.documents.loader import load_paths

    report = check_questions(ROOT / "data" / "questions" / name, load_paths(ROOT / "data" / "articles").documents)
    assert report.errors == report.warnings == ()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(
            {"document": "gone.md"}, 'field "document": document "gone.md" is not among the 2 loaded', id="document"
        ),
        pytest.param(
            {"document": None, "evidence": [{"document": "gone.md", "start": 0, "end": 1}]},
            'field "evidence": document "gone.md" is not among the 2 loaded',
            id="document-of-evidence",
        ),
        pytest.param(
            {"evidence": [[0, 68]]},
            'field "evidence": evidence [0, 68] is outside "jets.md", whose text is 67 characters long',
            id="evidence-outside",
        ),
        pytest.param(
            {"answers": ["China", "India"]},
            'field "answers": "India" is not in its evidence, which starts "China bought',
            id="one-answer-of-two",
        ),
        pytest.param({"answers": ["Chi"]}, 'field "answers": "Chi" is not in its evidence', id="part-of-a-word"),
        pytest.param(
            {"answers": ["India"], "evidence": [[0, 5], [6, 12]]},
            'field "answers": "India" is not in any of its 2 spans of evidence',
            id="several-spans",
        ),
        pytest.param({"answers": "China"}, 'field "answers": expected a list of strings, got "China"', id="malformed"),
    ],
)
def test_an_error_names_line_and_field(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    path = write(tmp_path, "", {**SOUND, **change})
    report = check(path)
    assert len(report.errors) == 1
    assert report.errors[0].startswith(f"{path}, line 2, {message}")


@pytest.mark.parametrize(
    "answer", ["CHINA", "china ", "the Russian Federation", "Russian  Federation", "24 Su-35 jets", "24", "Federation."]
)
def test_case_articles_and_punctuation_make_no_difference(tmp_path: Path, answer: str) -> None:
    assert check(write(tmp_path, {**SOUND, "answers": [answer]})).errors == ()


def test_every_problem_is_listed_not_only_the_first(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        {"id": 7, "question": "", "answers": [1], "history": "Who?", "evidence": [[0, 1]]},
        "{",
        SOUND,
        {**SOUND, "evidence": [[0, 99], [98, 99]], "document": "jets.md", "question": "Again?"},
        '["a list"]',
    )
    assert [error.removeprefix(f"{path}, ").partition(": ")[0] for error in check(path).errors] == [
        'line 1, field "id"',
        'line 1, field "question"',
        'line 1, field "answers"',
        'line 1, field "history"',
        'line 1, field "evidence"',
        "line 2",
        'line 4, field "id"',
        'line 4, field "evidence"',
        'line 4, field "evidence"',
        "line 5",
    ]


def test_every_problem_of_a_csv_and_of_squad_is_listed(tmp_path: Path) -> None:
    table = write(tmp_path, "id,question,answers", ",,[x]", "a,Why?", "b,Why?,China", name="q.csv")
    assert [error.removeprefix(f"{table}, ").partition(": ")[0] for error in check(table).errors] == [
        'line 2, field "answers"',
        'line 2, field "id"',
        'line 2, field "question"',
        "line 3",
    ]
    rows = [{"id": "a", "question": "Why?", "answers": 3, "is_impossible": 0}, {"question": 1}]
    articles: list[Any] = [{"paragraphs": [{"qas": rows}, {}]}, 5]
    squad = write(tmp_path, {"data": articles}, name="squad.json")
    assert [error.removeprefix(f"{squad}, ").partition(": ")[0] for error in check(squad).errors] == [
        'data[0].paragraphs[0].qas[0], field "answers"',
        'data[0].paragraphs[0].qas[0], field "is_impossible"',
        'data[0].paragraphs[0].qas[1], field "id"',
        'data[0].paragraphs[0].qas[1], field "question"',
        'data[0].paragraphs[1], field "qas"',
        "data[1]",
    ]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        pytest.param(None, "cannot be read", id="missing"),
        pytest.param(b"", "contains no question", id="empty"),
        pytest.param(b'{"id": "\xe9"}', "line 1: not UTF-8", id="Latin-1"),
    ],
)
def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path, content: bytes | None, problem: str) -> None:
    path = tmp_path / "questions.jsonl"
    if content is not None:
        path.write_bytes(content)
    (error,) = check(path).errors
    assert error.startswith(str(path))
    assert problem in error


def test_a_probable_mistake_is_a_warning(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        SOUND,
        {**SOUND, "id": "q2", "question": "who  bought JETS?"},
        {"id": "q3", "question": "Where?"},
    )
    report = check(path)
    assert report.errors == ()
    assert report.warnings == (
        f'{path}, line 2, field "question": "who  bought JETS?" is already at line 1',
        f"{path}, line 3: answerable, but has neither accepted answers nor evidence",
    )


@pytest.mark.parametrize("change", [{"history": ["What was sold?"]}, {"document": None, "evidence": None}])
def test_the_same_words_elsewhere_are_another_question(tmp_path: Path, change: dict[str, Any]) -> None:
    assert check(write(tmp_path, SOUND, {**SOUND, "id": "q2", **change})).warnings == ()


def test_without_documents_only_the_set_is_checked(tmp_path: Path) -> None:
    assert check_questions(write(tmp_path, {**SOUND, "document": "gone.md"})).errors == ()
    assert len(check_questions(write(tmp_path, SOUND, SOUND)).errors) == 1


def many_lines(path: Path, count: int, ending: str, bad_lines: set[int]) -> Path:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        for number in range(1, count + 1):
            answers = ["India"] if number in bad_lines else ["China"]
            row = {**SOUND, "id": f"q{number}", "question": f"Who bought jet {number}?", "answers": answers}
            file.write(json.dumps(row) + ending)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_thousands_of_lines_with_a_mark_are_checked(tmp_path: Path, ending: str) -> None:
    bad_lines = {1, 10_000, 20_000}
    path = many_lines(tmp_path / "questions.jsonl", 20_000, ending, bad_lines)
    report = check(path)
    assert [error.partition(", field")[0] for error in report.errors] == [
        f"{path}, line {n}" for n in sorted(bad_lines)
    ]
    assert report.questions == 20_000


@pytest.mark.slow
def test_questions_are_not_kept_in_memory(tmp_path: Path) -> None:
    path = many_lines(tmp_path / "questions.jsonl", 5_000, "\n", set())
    tracemalloc.start()
    try:
        check(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # Ids, texts and locations are kept to find repeats; keeping questions would take over five times the file.
    assert peak < 4 * path.stat().st_size


# --- the command


questions = partial(qa, "questions", without=MODELS)


def test_the_command_says_what_is_wrong_and_exits_2(tmp_path: Path) -> None:
    (tmp_path / "jets.md").write_text(TEXT, encoding="utf-8")
    path = write(tmp_path, {**SOUND, "answers": ["India"]}, {"id": "q2", "question": "Where?"})
    done = questions("check", path, "--docs", tmp_path / "jets.md")
    assert done.returncode == 2
    assert done.stdout == ""
    error, warning, summary = done.stderr.splitlines()
    assert error.startswith(f'error: {path}, line 1, field "answers": "India" is not in its evidence')
    assert warning.startswith(f"warning: {path}, line 2: answerable, but has neither")
    assert summary == (
        f"qa: {path}: 2 questions (2 answerable, 0 not; 1 with accepted answers, 1 with evidence): 1 error, 1 warning"
    )


def test_the_command_passes_a_sound_set() -> None:
    done = questions("check", "data/questions/honeybee-colony.jsonl", "--docs", "data/articles")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("data/questions/honeybee-colony.jsonl: 74 questions (60 answerable, 14 not;")
