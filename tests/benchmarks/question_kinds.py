"""Kinds of questions: their classification, and the replies to them: ``make bench-kinds``.

The questions of `data/training/kinds` are classified. Those of `question_kinds/held-out.jsonl` are asked of the
twelve texts in `question_kinds/held-out` together, six of which are no articles: a manual, a contract, minutes, a
recipe, the notes of a program, a price list. Texts and questions were written before the rules, which were chosen on
the other half. Then those of ``lists-unread`` and ``lists`` are asked. With ``development``, the other half is asked,
and each answer shown that is not right. With ``comparisons``, the development questions of that name are asked:
comparisons, questions that look like one, and some without an answer. With ``further``, 83 comparisons, lists and
questions for yes or no are asked, half of the latter with an answer that holds for some only. With ``lists``, 255
questions for lists are asked, each within its text: most items are told in prose, most questions do not use the words
of the text, and 70 have no answer. With ``notices``, 20 more are asked, of a leaflet, minutes, a manual and an
article. Each of these three has a second half whose name ends in ``-unread``: questions by the same authors, which
were not read while the rules were made, and whose wrong answers are not shown.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path
from statistics import median
from typing import Any, get_args

from results import print_table

from qa.answering.questions.kinds import classify
from qa.pipeline import QA
from qa.types import Answer, Kind

ROOT = Path(__file__).parents[2]
LABELLED = ROOT / "data" / "training" / "kinds"
ASKED = Path(__file__).parent / "question_kinds"
SETS = ("comparisons", "further", "further-unread", "lists", "lists-unread", "notices", "notices-unread")
# Asked within the text of each question, since many do not name it: "Which instruments did she play?".
WITHIN = {"lists", "lists-unread"}
DIRECT = {"about", "summary"}  # answered without a search
SENTENCES = {"reason", "process", "definition"}


def main() -> None:
    """Print the confusion matrix, and the table of replies."""
    for name in SETS:
        if name in sys.argv[1:]:
            ask(name, shown=not name.endswith("unread"))
            return
    half = "development" if "development" in sys.argv[1:] else "held-out"
    count_kinds(half)
    ask(half, shown=half == "development")
    if half == "held-out":
        ask("lists-unread", shown=False, title="Lists, asked in other words than the texts'")
        ask("lists", shown=False, title="The same, of the half that was read")


def count_kinds(half: str) -> None:
    """Print how the labelled questions are classified that are searched for."""
    questions = [one for one in read(LABELLED / f"{half}.jsonl") if one["kind"] not in DIRECT]
    found = Counter((one["kind"], classify(one["question"]).kind) for one in questions)
    kinds = [kind for kind in get_args(Kind) if kind not in DIRECT]
    rows = [
        (labelled, *(found[labelled, kind] or "" for kind in kinds), share(found[labelled, labelled], total))
        for labelled in kinds
        if (total := sum(found[labelled, kind] for kind in kinds))
    ]
    right = sum(found[kind, kind] for kind in kinds)
    print_table(
        ("labelled", *kinds, "right"), rows, f"{len(questions)} questions, {share(right, len(questions))} right"
    )
    facts = [one for one in questions if one["kind"] == "factoid" and classify(one["question"]).kind == "factoid"]
    typed = sum(classify(one["question"]).expected == one["expected"] for one in facts)
    print(f"The expected type is right for {share(typed, len(facts))} of {len(facts)} facts.")


def ask(half: str, *, shown: bool, title: str = "Replies") -> None:
    """Ask the questions of all texts together, and print how many replies are right."""
    bot = QA.from_path(ASKED / half)
    tallies: dict[str, list[float]] = defaultdict(list)
    milliseconds = []
    for one in read(ASKED / f"{half}.jsonl"):
        answer = bot.ask(one["question"], documents=[one["document"]] if half in WITHIN else None)
        check(bot, answer)
        milliseconds.append(answer.timings_ms["total"])
        judged = judge(one, answer)
        for name, value in judged.items():
            tallies[name].append(value)
        if shown and min(judged.values()) < 1:
            print(f"{one['kind']}, {one['question']}: {answer.kind} {answer.lead} {answer.text!r} {judged}")
    rows = [(name, len(values), f"{100 * sum(values) / len(values):.1f}%") for name, values in tallies.items()]
    print_table(("reply", "of", "right"), rows, title)
    print(f"Median time of a question: {median(milliseconds):.0f} ms")


def judge(asked: dict[str, Any], answer: Answer) -> dict[str, float]:
    """Return the measures of a reply by name, 0 to 1."""
    text, texts = plain(answer.text or ""), [plain(citation.text) for citation in answer.citations]
    kind = asked["kind"]
    if not asked.get("answerable", True):
        return {f"{kind}: declined, without an answer": answer.abstained}
    if asked["id"].startswith("look-alike"):
        return {
            "look-alike: no comparison": answer.kind != "comparison",
            "look-alike: evidence first": has(texts[:1], asked["evidence"]),
        }
    if kind == "yes_no":
        given = (
            {} if answer.lead not in {"Yes", "No"} else {"yes or no, of those given": answer.lead == asked["polarity"]}
        )
        evidence = has(texts[:1], asked["evidence"])
        return {"yes_no: evidence first": evidence, "yes or no given": bool(given), **given}
    if kind == "list":
        items = [plain(part.text) for part in answer.parts] or [text]
        hits = [any(same(plain(item), found) for found in items) for item in asked["items"]]
        return {"list: items found, mean of questions": sum(hits) / len(hits), "list: all items": all(hits)}
    if kind == "comparison":
        return {"comparison: both sides cited": all(has(texts, side) for side in asked["sides"])}
    if kind == "table":
        return {"table: the cell or figure": plain(asked["cell"]) == text}
    return {f"{kind}: right sentence or list": answer.form != "span" and has([text], asked["evidence"])}


def check(bot: QA, answer: Answer) -> None:
    """Every part of an answer is cut from an excerpt, and every excerpt from its document."""
    for citation in answer.citations:
        assert bot.documents[citation.document].text[citation.start : citation.end] == citation.text
    for part in answer.parts:
        citation = answer.citations[part.citation - 1]
        assert citation.start <= part.start < part.end <= citation.end
        assert bot.documents[citation.document].text[part.start : part.end] == part.text


def has(texts: list[str], evidence: list[str]) -> bool:
    """Return whether one of the texts contains one of the pieces of evidence."""
    return any(plain(piece) in text for piece in evidence for text in texts)


def same(item: str, found: str) -> bool:
    """Return whether an item found is an item of the question set, or more or less of it."""
    return item in found or (found in item and len(found) > len(item) / 2)


def plain(text: str) -> str:
    """Return a text in lower case, without marks of emphasis and code, on one line."""
    return re.sub(r"[\s*`]+", " ", text).strip().lower()


def share(part: int, whole: int) -> str:
    """Return a share in per cent."""
    return f"{100 * part / whole:.1f}%"


def read(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a JSON Lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    main()
