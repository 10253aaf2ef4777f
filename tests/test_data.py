"""Checks of the sample articles and of the questions about them."""

import itertools
import json
import re
from pathlib import Path
from typing import NamedTuple

import pytest

DATA = Path(__file__).parents[1] / "data"
ARTICLES = DATA / "articles"
QUESTIONS = DATA / "questions"

CHINA = "china-russia-partnership"
WORD_LIMITS: dict[str, tuple[int, int]] = {
    CHINA: (950, 1_100),
    "transatlantic-cable": (600, 900),
    "honeybee-colony": (600, 900),
}
STEMS = sorted(WORD_LIMITS)
KEYS = ["id", "question", "answers", "answerable", "document", "evidence", "kind", "wording"]
KINDS = {"date", "number", "name", "place", "reason", "list", "phrase", "unanswerable"}
WORDINGS = {"paraphrase", "direct"}
MIN_ANSWERABLE = 30
MIN_UNANSWERABLE = 12
# Of the answerable questions about an article, for each wording.
MIN_OF_EACH_WORDING = 20

# A full stop after one of these does not end a sentence.
ABBREVIATION = re.compile(r"(?:\bU\.S\.|\bM\.)$")


class Line(NamedTuple):
    """One line of a question file."""

    id: str
    question: str
    answers: list[str]
    answerable: bool
    document: str
    evidence: list[tuple[int, int]]
    kind: str
    wording: str


def read_article(name: str) -> str:
    """The article's text, with line ends as they are in the file."""
    return (ARTICLES / name).read_bytes().decode("utf-8")


def raw_lines(stem: str) -> list[str]:
    """The lines of a question file."""
    text = (QUESTIONS / f"{stem}.jsonl").read_bytes().decode("utf-8")
    assert text.endswith("\n")
    return text[:-1].split("\n")


def parse(line: str) -> Line:
    """A line with the types of its fields checked."""
    value: object = json.loads(line)
    assert isinstance(value, dict)
    assert list(value) == KEYS
    for key in ("id", "question", "document", "kind", "wording"):
        assert isinstance(value[key], str)
    assert isinstance(value["answerable"], bool)
    assert isinstance(value["answers"], list)
    assert all(isinstance(answer, str) for answer in value["answers"])
    assert isinstance(value["evidence"], list)
    for span in value["evidence"]:
        assert isinstance(span, list)
        assert len(span) == 2
        assert all(type(offset) is int for offset in span)
    return Line(
        id=value["id"],
        question=value["question"],
        answers=list(value["answers"]),
        answerable=value["answerable"],
        document=value["document"],
        evidence=[(span[0], span[1]) for span in value["evidence"]],
        kind=value["kind"],
        wording=value["wording"],
    )


def read_questions(stem: str) -> list[Line]:
    """All lines of one question file."""
    return [parse(line) for line in raw_lines(stem)]


ALL = [line for stem in STEMS for line in read_questions(stem)]
ANSWERABLE = [line for line in ALL if line.answerable]
UNANSWERABLE = [line for line in ALL if not line.answerable]

every_article = pytest.mark.parametrize("stem", STEMS)
every_question = pytest.mark.parametrize("line", ALL, ids=[line.id for line in ALL])
every_answerable = pytest.mark.parametrize("line", ANSWERABLE, ids=[line.id for line in ANSWERABLE])
every_unanswerable = pytest.mark.parametrize("line", UNANSWERABLE, ids=[line.id for line in UNANSWERABLE])


def ends_sentence(text: str) -> bool:
    """Whether the text stops at the end of a sentence."""
    return re.search(r"[.!?]$", text) is not None and ABBREVIATION.search(text) is None


def stands_in(answer: str, text: str) -> bool:
    """Whether the answer stands in the text as whole words."""
    return re.search(rf"(?<!\w){re.escape(answer)}(?!\w)", text) is not None


def normal(question: str) -> str:
    """A question's words, for finding duplicates."""
    return " ".join(re.findall(r"\w+", question.casefold()))


def test_files_are_paired() -> None:
    assert sorted(path.stem for path in ARTICLES.glob("*")) == STEMS
    assert sorted(path.stem for path in QUESTIONS.glob("*")) == STEMS


@every_article
def test_article_length(stem: str) -> None:
    low, high = WORD_LIMITS[stem]
    assert low <= len(read_article(f"{stem}.md").split()) <= high


@every_article
def test_article_form(stem: str) -> None:
    text = read_article(f"{stem}.md")
    assert not text.startswith("\ufeff")
    assert "\r" not in text
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert "\n\n\n" not in text
    lines = text.split("\n")
    assert lines == [line.rstrip() for line in lines]
    assert lines[0].startswith("# ")
    assert sum(line.startswith("# ") for line in lines) == 1
    assert 5 <= sum(line.startswith("## ") for line in lines) <= 7
    assert not re.search(r"[*_`<>\[\]]|https?:", text)


@every_article
def test_paragraphs_stand_on_one_line(stem: str) -> None:
    lines = read_article(f"{stem}.md").split("\n")
    for before, after in itertools.pairwise(lines):
        in_list = before.startswith("- ") and after.startswith("- ")
        assert not (before and after) or in_list


def test_china_article_quotes_nobody() -> None:
    text = read_article(f"{CHINA}.md")
    assert not re.search('["\u201c\u201d\u201e\u00ab\u00bb\u2018\u2019\u201a\u2039\u203a]', text)
    # The straight apostrophe only inside a word or after its plural s.
    assert not re.search(r"(?<![A-Za-z])'", text)


@every_article
def test_counts(stem: str) -> None:
    lines = read_questions(stem)
    answerable = sum(line.answerable for line in lines)
    assert answerable >= MIN_ANSWERABLE
    assert len(lines) - answerable >= MIN_UNANSWERABLE


@every_article
@pytest.mark.parametrize("wording", sorted(WORDINGS))
def test_both_wordings_are_well_represented(stem: str, wording: str) -> None:
    answerable = [line for line in read_questions(stem) if line.answerable]
    assert sum(line.wording == wording for line in answerable) >= MIN_OF_EACH_WORDING


@every_article
def test_every_kind_occurs(stem: str) -> None:
    assert {line.kind for line in read_questions(stem)} == KINDS


@every_article
def test_every_section_is_asked_about(stem: str) -> None:
    text = read_article(f"{stem}.md")
    starts = [match.start() for match in re.finditer(r"^## ", text, re.MULTILINE)]
    asked = [start for line in read_questions(stem) for start, _ in line.evidence]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        assert any(start < offset < end for offset in asked)


@every_article
def test_ids_and_documents(stem: str) -> None:
    for number, line in enumerate(read_questions(stem), start=1):
        assert line.id == f"{stem}-{number:02d}"
        assert line.document == f"{stem}.md"


def test_ids_are_unique() -> None:
    assert len({line.id for line in ALL}) == len(ALL)


def test_no_question_is_asked_twice() -> None:
    assert len({normal(line.question) for line in ALL}) == len(ALL)


@every_question
def test_question_form(line: Line) -> None:
    assert line.question.endswith("?")
    assert line.question == " ".join(line.question.split())
    assert line.kind in KINDS
    assert line.wording in WORDINGS
    assert (line.kind != "unanswerable") is line.answerable


@every_answerable
def test_evidence_is_whole_sentences(line: Line) -> None:
    text = read_article(line.document)
    assert line.evidence
    assert line.evidence == sorted(set(line.evidence))
    for start, end in line.evidence:
        assert 0 <= start < end <= len(text)
        span = text[start:end]
        assert span == span.strip()
        assert "\n" not in span
        assert not span.startswith(("#", "- "))
        before = text[:start].rsplit("\n", maxsplit=1)[-1]
        assert before in ("", "- ") or (before[-1] == " " and ends_sentence(before[:-1]))
        assert ends_sentence(span)
        assert text[end : end + 1] in ("", " ", "\n")


@every_answerable
def test_answers_stand_in_evidence(line: Line) -> None:
    text = read_article(line.document)
    assert 1 <= len(line.answers) <= 3
    assert len(set(line.answers)) == len(line.answers)
    spans = [text[start:end] for start, end in line.evidence]
    for answer in line.answers:
        assert answer == answer.strip()
        assert answer
        assert any(stands_in(answer, span) for span in spans)


@every_unanswerable
def test_unanswerable_lines_are_empty(line: Line) -> None:
    assert line.answers == []
    assert line.evidence == []


@every_article
def test_readme_counts(stem: str) -> None:
    lines = read_questions(stem)
    counts = [
        sum(line.answerable is answerable and line.wording == wording for line in lines)
        for answerable in (True, False)
        for wording in ("direct", "paraphrase")
    ]
    row = " | ".join(str(count) for count in [*counts, len(lines)])
    assert f"| `{stem}` | {row} |\n" in (DATA / "README.md").read_text(encoding="utf-8")


def test_readme_names_licence_and_limits() -> None:
    text = (DATA / "README.md").read_text(encoding="utf-8")
    assert "https://creativecommons.org/licenses/by/4.0/" in text
    assert "not fitted on the sample questions" in text
