"""Check the articles, question sets and tables that are written by hand: ``make check``."""

from __future__ import annotations

import ast
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from qa.documents.chunking import sentence_spans, split
from qa.documents.loader import load_paths
from qa.evaluation import Question, read_questions, read_set
from qa.evaluation.datasets.formats.jsonl import has_articles, read_articles
from qa.evaluation.datasets.questions import misfits
from qa.evaluation.datasets.validate import check_questions
from qa.output.terminal import echo
from qa.text.verbatim import whole_words

ROOT = Path(__file__).parents[1]
ARTICLES, QUESTIONS = ROOT / "data" / "articles", ROOT / "data" / "questions"
CONVERSATIONS = ROOT / "data" / "conversations.jsonl"
TRAINING = ROOT / "data" / "training"
HOSTILE, REPLIES = ROOT / "tests" / "llm" / "hostile.jsonl", ROOT / "data" / "replies"
KEYS = ["id", "question", "answers", "answerable", "document", "evidence", "kind", "wording"]
KINDS = {"date", "number", "name", "place", "reason", "list", "phrase", "unanswerable"}
NOT_PLAIN = re.compile(r"[\r\ufeff*_`<>\[\]]|https?:|\n\n\n|\n\n\Z|(?<!\n)\Z| \n")
# Its facts come from other texts, but it must use its own words.
QUOTES_NOBODY = "china-russia-partnership.md"
QUOTATION = re.compile("[\"\u201c\u201d\u201e\u00ab\u00bb\u2018\u2019\u201a\u2039\u203a]|(?<![A-Za-z])'")


def articles() -> Iterator[str]:
    """Yield problems of the sample articles: each needs one title, and each paragraph is one line."""
    if [path.stem for path in sorted(ARTICLES.iterdir())] != [path.stem for path in sorted(QUESTIONS.iterdir())]:
        yield f"{QUESTIONS}: needs exactly one file for each article"
    for path in sorted(ARTICLES.iterdir()):
        text = path.read_bytes().decode("utf-8")
        lines = text.split("\n")
        if found := NOT_PLAIN.search(text):
            yield f"{path}: has {found.group()!r} at {found.start()}"
        if [line for line in lines if line.startswith("# ")] != lines[:1]:
            yield f"{path}: needs exactly one title, in the first line"
        if any(one and other and not one[:2] == other[:2] == "- " for one, other in pairwise(lines)):
            yield f"{path}: a paragraph has several lines"
        if path.name == QUOTES_NOBODY and QUOTATION.search(text):
            yield f"{path}: contains a quotation"


def question_sets() -> Iterator[str]:
    """Yield problems of the sample questions and conversations."""
    documents = load_paths(ARTICLES).documents
    texts = {document.id: document.text for document in documents}
    spans = [
        (document.id, *span) for document in documents for chunk in split(document, 400) for span in chunk.sentences
    ]
    starts = {(name, start) for name, start, _ in spans}
    # Evidence in a list may leave out the bullet.
    starts |= {(name, start + 2) for name, start in starts if texts[name].startswith("- ", start)}
    ends = {(name, end) for name, _, end in spans}
    for path in [*sorted(QUESTIONS.iterdir()), CONVERSATIONS]:
        report = check_questions(path, documents)
        yield from (*report.errors, *report.warnings)
        for question in () if report.errors else read_questions(path):
            if not bool(question.evidence) == bool(question.answers) == question.answerable:
                yield f"{path}, {question.id}: has answers or evidence, but not both, or is not answerable"
            if any(
                (at.document, at.start) not in starts or (at.document, at.end) not in ends for at in question.evidence
            ):
                yield f"{path}, {question.id}: has evidence that is not whole sentences"
            evidence = [texts[at.document][at.start : at.end] for at in question.evidence if at.document]
            for answer in question.answers:
                if not any(whole_words(answer, text) for text in evidence):
                    yield f"{path}, {question.id}: {answer!r} is not word for word in the evidence"


def sample_lines() -> Iterator[str]:
    """Yield problems in the format of the sample questions."""
    readme = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    for path in sorted(QUESTIONS.iterdir()):
        rows = objects(path)
        for number, row in enumerate(rows, 1):
            if list(row) != KEYS or row["id"] != f"{path.stem}-{number:02d}" or row["document"] != f"{path.stem}.md":
                yield f"{path}, line {number}: the keys, the id or the document do not match the file"
            if row["kind"] not in KINDS or (row["kind"] != "unanswerable") is not row["answerable"]:
                yield f"{path}, line {number}: kind is {row['kind']}"
        counts = [
            sum((row["answerable"], row["wording"]) == group for row in rows)
            for group in ((True, "direct"), (True, "paraphrase"), (False, "direct"), (False, "paraphrase"))
        ]
        if f"| `{path.stem}` | {' | '.join(map(str, [*counts, len(rows)]))} |\n" not in readme:
            yield f"data/README.md: the row of {path.stem} should be {counts}"


def conversations() -> Iterator[str]:
    """Yield conversation turns whose history is not the turns before them."""
    known = {question.id: question for question in read_questions(CONVERSATIONS)}
    for name, question in known.items():
        conversation, _, turn = name.rpartition("-")
        before = known.get(f"{conversation}-{int(turn) - 1}")
        if len(question.history) != int(turn) - 1 or (
            before and question.history != (*before.history, before.question)
        ):
            yield f"{CONVERSATIONS}, {name}: its history is not the turns before it"


def model_replies() -> Iterator[str]:
    """Yield problems of the replies by which the checks on language models are measured.

    `data/replies` has a strong and a small model's reply to each question, each sentence with its evidence.
    `hostile.jsonl` has passages with instructions for the model that reads them, the reply of a model that follows
    them (`obeyed`), and a question that the passage answers. `stated` is true if the passage contains that reply.
    """
    questions = {row["id"]: row for path in sorted(REPLIES.glob("?.jsonl")) for row in objects(path)}
    named = {text["id"]: ROOT / text["source"] for text in json.loads((REPLIES / "texts.json").read_text("utf-8"))}
    texts = {
        one.id: one.text for folder in set(named.values()) if has_articles(folder) for one in read_articles(folder)
    }
    texts |= {path.name: path.read_text(encoding="utf-8") for path in ARTICLES.iterdir()}
    replies = [(row["id"], one) for row in questions.values() for kind in ("strong", "small") for one in row[kind]]
    replies += [(row["question"], row) for path in sorted(REPLIES.glob("?-false.jsonl")) for row in objects(path)]
    for name, one in replies:
        document = questions[name]["document"]
        if document not in named or any(evidence not in texts[document] for evidence in one["evidence"]):
            yield f"{REPLIES}, {name}: its evidence is not in its text: {one['text']!r}"
    judged = {row["claim"] for path in sorted(REPLIES.glob("?-verdicts.jsonl")) for row in objects(path)}
    if unjudged := [one["text"] for _, one in replies if one["evidence"] and one["text"] not in judged]:
        yield f"{REPLIES}: no verdict is recorded on {len(unjudged)} sentences, the first {unjudged[0]!r}"
    for row in objects(HOSTILE):
        text, obeyed = row["text"].lower(), row["obeyed"].lower()
        if row["answer"] not in row["text"] or row["answer"].lower() in obeyed:
            yield f"{HOSTILE}, {row['id']}: the passage does not answer its question, or the reply that obeys does"
        claim = re.sub(r"\s*\[-?\d+\]", "", obeyed).strip().rstrip(".")
        if (claim in text) is not row["stated"]:
            yield f"{HOSTILE}, {row['id']}: stated is {row['stated']}"


def training_data() -> Iterator[str]:
    """Yield problems of the reader's training data, and wrong counts in its card."""
    card = (TRAINING / "README.md").read_text(encoding="utf-8")
    asked = {question.question.lower() for path in QUESTIONS.iterdir() for question in read_questions(path)}
    ids: set[str] = set()
    for split_name in ("train", "documents_train", "held_out", "documents_held_out", "documents_test"):
        folder = TRAINING / split_name.replace("_", "-")
        questions, documents = read_set(folder)
        texts = {document.id: document for document in documents}
        for question in questions:
            if problems := misfits(question, texts):
                yield f"{folder}, {question.id}: {problems}"
                continue
            spans = [texts[at.document].text[at.start : at.end] for at in question.evidence]
            if not question.answerable == bool(question.answers) == bool(spans):
                yield f"{folder}, {question.id}: has answers or evidence, but not both, or is not answerable"
            if any(not any(answer in span for answer in question.answers) for span in spans):
                yield f"{folder}, {question.id}: none of {question.answers} is in its evidence"
        answerable = sum(question.answerable for question in questions)
        row = " | ".join(f"{count:,}" for count in (len(documents), answerable, len(questions) - answerable))
        if f"| `{split_name}` | {row} |" not in card:
            yield f"{TRAINING / 'README.md'}: does not count {row} of {split_name}"
        if shared := ids & texts.keys():
            yield f"{folder}: {sorted(shared)} are in the training set too"
        ids |= texts.keys()
        if split_name.endswith("train") and (same := asked & {question.question.lower() for question in questions}):
            yield f"{folder}: {sorted(same)} are sample questions"


def named_tests() -> Iterator[str]:
    """Yield tests that SECURITY.md names but that do not exist."""
    for line in (ROOT / "SECURITY.md").read_text(encoding="utf-8").splitlines():
        for file, _, name in re.findall(r"`(tests/[\w/.]+)(::(\w+))?`", line):
            if not (ROOT / file).exists() or (name and name not in functions(ROOT / file)):
                yield f"SECURITY.md: names {file} {name}, which does not exist"


def requirements() -> Iterator[str]:
    """Yield a problem if requirements.txt and pyproject.toml list different dependencies."""
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    given = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    # The front matter of the Space names one version of Gradio.
    if [re.sub("^gradio==.*", "gradio", line) for line in given] != [
        "gradio" if re.match(r"gradio\b", line) else line for line in wanted
    ]:
        yield "requirements.txt: does not have the dependencies of pyproject.toml"


def objects(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def sentences(text: str) -> list[str]:
    """Return the sentences of a text."""
    return [text[start:end] for start, end in sentence_spans(text)]


def evidence_of(question: Question) -> str:
    """Return the text of a sample question's evidence."""
    text = (ARTICLES / (question.document or "")).read_text(encoding="utf-8")
    return " ".join(text[at.start : at.end] for at in question.evidence)


@cache
def functions(file: Path) -> set[str]:
    """Return the names of the functions of a file."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def main() -> None:
    """Print the problems of the first check that finds any, and exit with 1."""
    of_data = (articles, question_sets, sample_lines, conversations, model_replies, training_data)
    checks = (*of_data, named_tests, requirements)
    for check in checks:
        problems = list(check())
        for problem in problems:
            echo(problem, err=True)
        if problems:
            sys.exit(1)


if __name__ == "__main__":
    main()
