"""What a user of the Python API meets after a mistake: an error that shows the value and says what is expected."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from qa import QA, QAError, Settings
from qa.documents.loader import load_bytes, load_file, load_paths, load_text
from qa.evaluation import (
    Question,
    calibrate,
    check_against,
    compare,
    contains_answer,
    evaluate,
    exact_match,
    load_questions,
    normalize_answer,
    read_run,
    read_sets,
)
from qa.evaluation.analysis.risk_control import calibrate_outcomes
from qa.evaluation.datasets.from_chat import append_case

NONE: Any = None
NUMBER: Any = 5
BYTES: Any = b"Bees"
TEXT: Any = "Bees"
DICT: Any = {}
QUESTIONS = [Question("a", "What dances?")]


def bot() -> QA:
    return QA(Settings())


WRONG: dict[str, tuple[Callable[[], object], str]] = {
    "question set none": (lambda: load_questions(NONE), "the question set is None; expected text or a Path"),
    "question set number": (lambda: load_questions(NUMBER), "the question set is 5; expected text or a Path"),
    "question set bytes": (lambda: load_questions(BYTES), "the question set is b'Bees'; expected text or a Path"),
    "question set empty": (lambda: load_questions(""), "the question set is empty; give its path"),
    "question sets none": (lambda: read_sets(NONE), "the question sets is None; expected a list of paths"),
    "run none": (lambda: read_run(NONE), "the run folder is None; expected text or a Path"),
    "compare none": (lambda: compare(NONE, NONE), "the run folder is None; expected text or a Path"),
    "text none": (lambda: load_text(NONE), "the text is None; expected text; load_bytes loads bytes"),
    "text bytes": (lambda: load_text(BYTES), "the text is b'Bees'; expected text; load_bytes loads bytes"),
    "title settings": (lambda: load_text("Bees", NUMBER), "the title is 5; expected text"),
    "text settings": (lambda: load_text("Bees", settings=DICT), "settings: got dict, expected Settings"),
    "file none": (lambda: load_file(NONE), "the file is None; expected text or a Path"),
    "file settings": (lambda: load_file("a.md", DICT), "settings: got dict, expected Settings"),
    "bytes text": (lambda: load_bytes(TEXT, "a.md"), "the content of a.md is 'Bees'; expected bytes; load_text"),
    "bytes name": (lambda: load_bytes(b"Bees", NONE), "the name of the file is None; expected text"),
    "paths none": (lambda: load_paths(NONE), "paths is None; expected files and folders"),
    "paths settings": (lambda: load_paths("a.md", DICT), "settings: got dict, expected Settings"),
    "settings file number": (lambda: Settings.from_environment(NUMBER), "the settings file is 5; expected text or a"),
    "add none": (lambda: bot().add(NONE), "documents is None; expected a list of Documents"),
    "add path": (lambda: bot().add([TEXT]), "an item of documents is 'Bees'; expected a Document, as load_file"),
    "add one": (lambda: bot().add(load_text("Bees")), "documents is one Document; expected a list"),  # type: ignore[arg-type]
    "replace one": (lambda: bot().replace(load_text("Bees")), "documents is one Document; expected a list"),  # type: ignore[arg-type]
    "remove none": (lambda: bot().remove(NONE), "the id of the document is None; expected text"),
    "remove list": (lambda: bot().remove(["a.md"]), r"the id of the document is \['a.md'\]; expected text"),  # type: ignore[arg-type]
    "save none": (lambda: bot().save(NONE), "the folder is None; expected text or a Path"),
    "ask within number": (lambda: bot().search("What?", documents=[NUMBER]), "a document to search within is 5"),
    "ask searched for": (
        lambda: bot().ask("What?", searched_for=NUMBER),
        "the question to search for is 5; expected text",
    ),
    "ask many none": (lambda: bot().ask_many(NONE), "requests is None; expected a list of Requests"),
    "evaluate swapped": (lambda: evaluate(QUESTIONS, bot(), "run"), "the bot is .*; expected a QA"),  # type: ignore[arg-type]
    "evaluate no questions": (lambda: evaluate(bot(), NONE, "run"), "questions is None; expected a list of Quest"),
    "evaluate nothing": (lambda: evaluate(bot(), [], "run"), "the questions are an empty list; at least 1 is needed"),
    "evaluate nowhere": (lambda: evaluate(bot(), QUESTIONS, NONE), "the run folder is None; expected text or a Path"),
    "evaluate workers": (
        lambda: evaluate(bot(), QUESTIONS, "run", workers=TEXT),
        "workers is 'Bees'; expected a whole",
    ),
    "evaluate answers": (
        lambda: evaluate(bot(), QUESTIONS, "run", answers=TEXT),
        "answers is 'Bees'; expected one of extractive, llm",
    ),
    "documents bot": (lambda: check_against(QUESTIONS, bot()), "the documents is .*; expected Documents by id"),  # type: ignore[arg-type]
    "calibrate folder": (lambda: calibrate(TEXT, max_wrong=0.1), "the run is 'Bees'; expected a Run; read_run reads"),
    "share text": (
        lambda: calibrate_outcomes([], max_wrong=TEXT, confidence=0.9),
        "max_wrong is 'Bees'; expected a number, for example 0.05 for 5%",
    ),
    "answers text": (lambda: Question("a", "When?", answers=TEXT), r"question 'a': answers is 'Bees'; expected a list"),
    "history text": (lambda: Question("a", "When?", history=TEXT), r"question 'a': history is 'Bees'; expected a list"),
    "accepted text": (lambda: contains_answer("Bees", "Bees"), r"answers is 'Bees'; expected a list: \['Bees'\]"),
    "normalized none": (lambda: normalize_answer(NONE), "the text is None; expected text"),
    "matched none": (lambda: exact_match(NONE, ["Bees"]), "the text is None; expected text"),
    "matched text": (lambda: exact_match("Bees", "Bees"), r"answers is 'Bees'; expected a list: \['Bees'\]"),
    "case none": (lambda: append_case("cases.jsonl", NONE), "the case is None; expected a Question"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_argument(name: str) -> None:
    call, message = WRONG[name]
    with pytest.raises(QAError, match=message):
        call()


@pytest.mark.parametrize("given", [{}, {"answer_threshold": 0.6}, "settings.toml", None], ids=str)
def test_settings_without_names(given: object) -> None:
    untyped: Any = Settings
    with pytest.raises(
        QAError, match=rf"got {type(given).__name__}, expected names and values, for example Settings\("
    ):
        untyped(given)
