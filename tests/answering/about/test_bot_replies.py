"""Questions answered from the library and the settings, and similar ones that must be searched for."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from qa import QA
from qa.answering.about.bot_replies import Library, about
from qa.answering.about.topics import topic_of
from qa.answering.direct_reply import direct_reply
from qa.evaluation import Question
from qa.evaluation.runs.provenance import describe_set
from qa.settings import Settings
from qa.types import Document, Passage, Request

QUESTIONS = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "benchmarks" / "about.jsonl").read_text(encoding="utf-8").splitlines()
]
DEVELOPMENT = [one for one in QUESTIONS if one["half"] == "development"]
BEES = Document("bees.md", "# Bees\n\n" + "Bees dance. " * 250, "Bees", "bees.md")
CABLE = Document("cable.md", "# The Cable\n\nIt broke.", "The Cable", "cable.md")


def library(*documents: Document, **fields: Any) -> Library:  # noqa: ANN401
    return Library({document.id: document for document in documents}, Settings(**fields))


@pytest.mark.parametrize("one", DEVELOPMENT, ids=lambda one: one["question"])
def test_the_topic_of_a_message(one: dict[str, str]) -> None:
    assert topic_of(one["question"], first=True) == one["about"]


@pytest.mark.parametrize(
    "question", ["What is the maximum load?", "What is the maximum length?", "What is an API?", "What is an API key?"]
)
def test_what_a_thing_in_the_article_is(question: str) -> None:
    assert topic_of(question, first=True) is None


@pytest.mark.parametrize("file", sorted(Path("data/questions").glob("*.jsonl")), ids=lambda file: file.stem)
def test_no_sample_question_is_about_the_library(file: Path) -> None:
    for line in file.read_text(encoding="utf-8").splitlines():
        assert topic_of(json.loads(line)["question"], first=True) is None


@pytest.mark.parametrize(
    ("message", "expected"),
    {
        "How many articles do you have?": "There are 2 articles: \u201cBees\u201d and \u201cThe Cable\u201d.",
        "Hello! Which articles do you have? Thanks!": "I answer from these articles: \u201cBees\u201d and",
        "How long are the articles?": "\u201cBees\u201d has 502 words (about 2 minutes to read) and",
        "Can I upload a PDF?": "You can add files: text (.txt,",
        "How large can a file be?": "A question may have 1,000 characters, and a file 20 MB.",
        "Do you store my questions?": "Nothing is sent to others or used for training",
        "Can I ask in German?": "Ask in English: the models in use are English.",
        "What languages do you speak?": (
            "Ask in English: the models in use are English. Articles may be in any language, and keyword search knows "
            "the words of English, German, Spanish, French, Italian, Dutch, Portuguese, Russian, Chinese, Japanese and "
            "Thai."
        ),
        "What is an exact quote?": "An exact quote is a part of an article copied character by character.",
        "What does 83% mean": "The percentage is the estimated probability that the first excerpt answers",
        "who made you?": "I am Cited QA",
        "Is it free?": "Cited QA is free and open source.",
        "How do I add an article?": "You can add files: text (.txt,",
        "Which files can I upload?": "You can add files: text (.txt,",
        "Why didn't you answer that?": "The percentage is the estimated probability that the first excerpt answers",
        "Where does it say that?": "Every excerpt is a word-for-word copy",
        "That's wrong!": "Every excerpt is a word-for-word copy",
        "you are stupid": "I am sorry if that did not help.",
        "thanks": "You are welcome.",
    }.items(),
)
def test_a_reply(message: str, expected: str) -> None:
    assert str(about(message, library(BEES, CABLE), declined=True)).startswith(expected)


@pytest.mark.parametrize(
    "question",
    ["Can you read PDFs?", "How many articles are there?", "How long is the document?", "Is it free to use this chat?"],
)
def test_what_is_plainly_about_the_bot_is_not_searched_for(question: str) -> None:
    assert about(question, library(BEES)) is not None


@pytest.mark.parametrize(
    "question",
    [
        "Are Word documents supported?", "Does it work offline?", "Is it free?", "Do I need an account?",
        "How large can a file be?", "Which languages are supported?", "Who wrote this program?", "How can I pay?",
        "What version is this?", "How do I upload a file?", "Do you know if it works offline?", "Do you share my data?",
    ],
)  # fmt: skip
def test_what_the_articles_may_answer_is_asked_of_them_first(question: str) -> None:
    assert about(question, library(BEES)) is None
    assert about(question, library(BEES), declined=True) is not None


MANUAL = Document(
    "harrow.md",
    "# Harrow manual\n\nHarrow sorts letters. It was written by Ida Moss.\n\n## Formats\n\nHarrow reads PNG files. "
    "Word documents are not supported.\n\n## Price\n\nHarrow is free for schools. You need no account.\n",
    "Harrow manual",
    "harrow.md",
)


@pytest.fixture(scope="module")
def manual() -> QA:
    bot = QA(Settings(_env_file=None))
    bot.add([MANUAL])
    return bot


@pytest.mark.parametrize(
    ("question", "quoted"),
    [
        ("Are Word documents supported?", "Word documents are not supported."),
        ("Who wrote this program?", "Ida Moss"),
        ("Do I need an account?", "You need no account."),
    ],
)
@pytest.mark.parametrize("always", [False, True], ids=["unless unsure", "always"])
def test_a_manual_answers_what_is_asked_of_its_product(manual: QA, question: str, quoted: str, always: bool) -> None:
    answer = manual.ask(question, always_answer=always)
    assert answer.kind != "about"
    assert quoted in answer.citations[0].text


@pytest.mark.parametrize("always", [False, True], ids=["unless unsure", "always"])
def test_what_a_manual_does_not_answer_is_answered_about_the_bot(manual: QA, always: bool) -> None:
    answer = manual.ask("How many questions can I ask?", always_answer=always)
    assert answer.kind == "about"
    assert answer.searched_for == answer.question
    assert str(answer.text).startswith("No answer found in these articles. About Cited QA: A question may have")
    assert not answer.citations
    assert str(manual.ask("How many questions may I ask you?").text).startswith("A question may have")


def test_the_articles_that_mention_a_subject_are_named() -> None:
    documents = {document.id: document for document in (BEES, CABLE)}
    found = [Passage(CABLE.id, 0, 11, "# The Cable", None, 1.0, similarity, overlap=1.0) for similarity in (0.1, 0.2)]
    reply = direct_reply(
        Request("Which article mentions the cable?"), Library(documents, Settings()), lambda _: found, pytest.fail
    )
    assert reply is not None
    assert reply.text == "I found something about it in \u201cThe Cable\u201d."


def test_replies_are_from_the_settings_in_force() -> None:
    changed = library(
        BEES, max_question_characters=70, per_visitor_mb=3, answer_threshold=0.45, llm_model="Owl-7B", allow_urls=False
    )
    assert "A question may have 70 characters, and a file 3 MB." in str(
        about("What are the limits?", changed, declined=True)
    )
    assert "Below 45% no answer" in str(about("What does the confidence mean?", changed, declined=True))
    assert "the language model Owl-7B at https://router.huggingface.co/v1" in str(
        about("Is my data private?", changed, declined=True)
    )
    assert "web addresses" not in str(about("Can I upload a PDF?", changed, declined=True))


def test_replies_about_a_library_that_lasts_say_what_it_keeps() -> None:
    lasting = library(BEES, library="/data/library", per_visitor_mb=3)
    assert "a file 50 MB. In the chat, each user may keep articles with 2,000 MB" in str(
        about("What are the limits?", lasting, declined=True)
    )
    kept = str(about("Do you store my questions?", lasting, declined=True))
    assert "your conversations in it, are kept on that computer until you delete them" in kept
    assert "in memory" not in kept


def test_the_reply_says_when_an_article_was_added() -> None:
    both = Library(
        {"bees.md": BEES, "cable.md": CABLE}, Settings(), {"bees.md": datetime(2026, 11, 5, 9, 30, tzinfo=UTC)}
    )
    assert about("When were the articles added?", both) == (
        "\u201cBees\u201d was added on 5 November 2026 at 09:30 UTC. "
        "The other article was there when Cited QA was started."
    )


def test_an_empty_library_says_so() -> None:
    for question in ("How many articles do you have?", "List the articles", "How long is the article?"):
        assert about(question, library()) == "There are no articles yet. Add one, then ask about it."


@pytest.mark.parametrize(
    "question", ["How much does it cost?", "Is it free?", "Does it work offline?", "What is the limit?"]
)
def test_a_pronoun_is_about_the_library_only_in_a_first_question(question: str) -> None:
    assert about(question, library(BEES), declined=True) is not None
    assert about(question, library(BEES), first=False, declined=True) is None


class Counted(dict[str, Document]):
    """Documents that count how many are read, as those on a server are read one by one."""

    reads = 0

    def __getitem__(self, name: str) -> Document:
        self.reads += 1
        return super().__getitem__(name)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Hello!", "2,997 more"),
        ("How many articles are there?", "There are 3,000 articles"),
        ("How long are the articles?", "too many to count"),
        ("When were the articles added?", "All articles were there"),
    ],
)
def test_a_large_library_is_not_read(message: str, expected: str) -> None:
    documents = Counted({f"{number}.md": BEES for number in range(3000)})
    assert expected in (about(message, Library(documents, Settings())) or "")
    assert documents.reads <= 10


def test_a_summary_of_a_large_library_is_not_made_of_all_of_it() -> None:
    documents = Counted({f"{number}.md": BEES for number in range(3000)})
    request = Request("Summarise the articles")
    reply = direct_reply(request, Library(documents, Settings()), lambda _: [], pytest.fail)
    assert reply
    assert reply.text.startswith("There are 3,000 articles.")
    assert describe_set([Question("q", "Why?", document="7.md")], documents)["documents"].keys() == {"7.md"}
    assert documents.reads <= 10
