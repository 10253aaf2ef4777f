"""Public question sets in their original files -> questions and documents, for ``make bench-public``.

Nothing is fetched. Each loader takes the folder into which the user put the files that ``docs/benchmarks/public.md``
names, and returns questions whose evidence is spans of the documents.
"""

from __future__ import annotations

import csv
import gzip
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from qa.evaluation import Evidence, Question
from qa.text.languages import detect
from qa.text.lexicon import listed
from qa.types import Document


class Loaded(NamedTuple):
    """The questions of a set, and the documents that they are about."""

    questions: list[Question]
    documents: list[Document]


class PublicSet(NamedTuple):
    """A public set: its name, the files that it takes as glob patterns within the folder, and how they are read."""

    name: str
    files: tuple[str, ...]
    load: Callable[[list[Path]], Loaded]


def found(folder: Path, one: PublicSet) -> list[Path]:
    """Return the files of a set; none if not all are there."""
    paths = [sorted(folder.glob(pattern)) for pattern in one.files]
    return [path for matches in paths for path in matches] if all(paths) else []


def squad(paths: list[Path]) -> Loaded:
    """Read SQuAD 1.1, 2.0 or XQuAD: each paragraph is a document, and its questions are asked within it."""
    questions, documents = [], []
    for path in paths:
        for article in _json(path)["data"]:
            for number, paragraph in enumerate(article["paragraphs"]):
                name = f"{path.stem}/{article['title']}/{number}"
                documents.append(_document(name, paragraph["context"], article["title"]))
                for row in paragraph["qas"]:
                    spans = [(one["answer_start"], one["text"]) for one in row["answers"]]
                    answerable = not row.get("is_impossible", False)
                    asked = _question(f"{path.stem}/{row['id']}", row["question"], documents[-1], spans, answerable)
                    questions.append(asked)
    return Loaded(questions, documents)


def natural_questions(paths: list[Path]) -> Loaded:
    """Read Natural Questions in its original form: a page is a document; long answers without a short one are left out.

    A question is not answerable where most of its annotators found neither a long nor a short answer on the page.
    """
    questions, documents = [], []
    for row in _rows(paths[0]):
        text, spans = "", []
        for token in row["document_tokens"]:
            if token["html_token"]:
                # Tags of blocks end a line.
                block = token["token"].strip("</>").split()[0].lower() in _BLOCKS
                text = text.rstrip(" ") + "\n" if block and not text.endswith("\n") else text
                spans.append((len(text), len(text)))
            else:
                spans.append((len(text), len(text) + len(token["token"])))
                text += token["token"] + " "
        name = str(row["example_id"])
        documents.append(_document(name, text, row["document_title"]))
        short = [one for each in row["annotations"] for one in each["short_answers"]]
        long = [each for each in row["annotations"] if each["long_answer"]["start_token"] >= 0]
        yes_no = [each["yes_no_answer"].lower() for each in row["annotations"] if each["yes_no_answer"] != "NONE"]
        given = [(spans[one["start_token"]][0], spans[one["end_token"] - 1][1]) for one in short]
        answered = len(long) > len(row["annotations"]) / 2
        if given or yes_no or not answered:
            cut = [(start, text[start:end]) for start, end in given]
            asked = _question(name, f"{row['question_text']}?", documents[-1], cut, answered)
            questions.append(asked if given or not answered else replace(asked, answers=tuple(dict.fromkeys(yes_no))))
    return Loaded(questions, documents)


def mtrag(paths: list[Path]) -> Loaded:
    """Read the generation tasks of MTRAG or MTRAG-UN: the reference passages of all tasks are the documents."""
    questions: list[Question] = []
    documents: dict[str, Document] = {}
    for path in paths:
        for row in _rows(path):
            turns = [turn["text"] for turn in row["input"] if turn["speaker"] == "user"]
            answerability = (
                row.get("answerability") or row["input"][-1].get("enrichments", {}).get("answerability") or [""]
            )
            if answerability[0] not in {"ANSWERABLE", "PARTIAL", "UNANSWERABLE"}:
                continue  # small talk, and questions to ask back about
            evidence = []
            for context in row["contexts"]:
                name = context["document_id"]
                documents.setdefault(
                    name, _document(name, context["text"].strip() + "\n", context.get("title") or name)
                )
                evidence.append(Evidence(name, 0, len(documents[name].text)))
            answerable = answerability[0] != "UNANSWERABLE"
            spans = tuple(evidence) if answerable else ()
            history = tuple(turn for turn in turns[:-1] if turn.strip())
            questions.append(Question(row["task_id"], turns[-1], (), answerable, history, evidence=spans))
    return Loaded(questions, list(documents.values()))


def chroma(paths: list[Path]) -> Loaded:
    """Read the questions of Chroma's chunking evaluation, each asked within its corpus."""
    documents = {path.stem: _document(path.stem, path.read_text("utf-8"), path.stem) for path in paths[1:]}
    questions = []
    csv.field_size_limit(sys.maxsize)
    with paths[0].open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file)):
            if row["corpus_id"] in documents:
                spans = [(one["start_index"], one["content"]) for one in json.loads(row["references"])]
                asked = _question(str(number), row["question"], documents[row["corpus_id"]], spans, answerable=True)
                # The references are passages, not short answers.
                questions.append(Question(asked.id, asked.question, document=asked.document, evidence=asked.evidence))
    return Loaded(questions, list(documents.values()))


def hotpot(paths: list[Path]) -> Loaded:
    """Read HotpotQA in the distractor setting: the ten paragraphs of a question are one document, with headings."""
    questions, documents = [], []
    for row in _json(paths[0]):
        text = ""
        facts = {(title, number) for title, number in row["supporting_facts"]}
        evidence = []
        for title, sentences in row["context"]:
            text += f"# {title}\n\n"
            for number, sentence in enumerate(sentences):
                start = len(text) + len(sentence) - len(sentence.lstrip())
                text += sentence
                if (title, number) in facts and sentence.strip():
                    evidence.append(Evidence(row["_id"], start, start + len(sentence.strip())))
            text += "\n\n"
        documents.append(_document(row["_id"], text, row["question"]))
        questions.append(
            Question(row["_id"], row["question"], (row["answer"],), document=row["_id"], evidence=tuple(evidence))
        )
    return Loaded(questions, documents)


SETS = (
    PublicSet("SQuAD 2.0, dev", ("squad/dev-v2.0.json",), squad),
    PublicSet("XQuAD", ("xquad/xquad.*.json",), squad),
    PublicSet("Natural Questions, dev sample", ("nq/*nq-dev-sample.jsonl.gz",), natural_questions),
    PublicSet("MTRAG", ("mtrag/reference*.jsonl",), mtrag),
    PublicSet("Chroma chunking", ("chroma/questions_df.csv", "chroma/corpora/*.md"), chroma),
    PublicSet("HotpotQA, distractor", ("hotpotqa/hotpot_dev_distractor_v1.json",), hotpot),
)

_BLOCKS = listed("p h1 h2 h3 h4 h5 h6 li ul ol table tr th td dl dd dt div")


def _question(name: str, asked: str, document: Document, spans: list[tuple[int, str]], answerable: bool) -> Question:
    """Return a question with each distinct span that is in the document where the file says; others are corrected."""
    evidence = {}
    for start, text in spans:
        at = start if document.text.startswith(text, start) else document.text.find(text)
        if at >= 0 and text:
            evidence[Evidence(document.id, at, at + len(text))] = text
    answers = tuple(dict.fromkeys(text for _, text in spans if text.strip())) if answerable else ()
    return Question(
        name, asked.strip(), answers, answerable, document=document.id, evidence=tuple(evidence) if answerable else ()
    )


def _document(name: str, text: str, title: str) -> Document:
    return Document(name, text, " ".join(title.replace("_", " ").split()), name, language=detect(text))


def _json(path: Path) -> Any:  # noqa: ANN401
    return json.loads(path.read_text(encoding="utf-8"))


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as file:
        for line in file:
            if line.strip():
                yield json.loads(line)
