"""A question set about ships with its articles; some questions have no answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from qa.evaluation.datasets.formats.jsonl import ARTICLES, QUESTIONS

NAMES = [first + last for first in ("Ab", "Bel", "Car", "Dov", "Es") for last in ("ora", "une", "imo", "aku")]
HARBOURS = ["Nord", "West", "Ost", "Mitte", "Insel", "Kap"]
UNANSWERABLE = 8


def write_ships(folder: Path, harbours: int = len(HARBOURS)) -> Path:
    """Write an article per harbour, with a question on the year of each of twenty ships and eight unanswerable ones."""
    articles: list[dict[str, Any]] = []
    questions: list[dict[str, Any]] = []
    for number, harbour in enumerate(HARBOURS[:harbours]):
        text = f"# Ships of {harbour}\n\n"
        for position, name in enumerate(NAMES):
            year, ship, document = 1700 + 20 * number + position, name + harbour.lower(), f"{harbour}.md"
            sentence = f"The {ship} was launched in {year} by the yard."
            evidence = [[len(text), len(text) + len(sentence)]]
            text += f"{sentence} Its crew wore grey.\n\n"
            known = {"answers": [str(year)], "answerable": True, "evidence": evidence}
            questions.append(
                {"id": f"{ship}-year", "question": f"When was the {ship} launched?", "document": document, **known}
            )
            if position < UNANSWERABLE:
                row = {"id": f"{ship}-insurer", "question": f"Who insured the {ship}?", "document": document}
                questions.append({**row, "answerable": False})
        articles.append({"id": f"{harbour}.md", "title": f"Ships of {harbour}", "text": text})
    folder.mkdir()
    for name, rows in ((ARTICLES, articles), (QUESTIONS, questions)):
        (folder / name).write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return folder
