"""Generated answers from scripted replies; the documents, the reader and the evidence are real."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from qa import QA, Answer, Document, Request, Settings, Turn
from qa.claims import NOTHING_FOUND, Claim, Verdict
from qa.errors import LanguageModelError, PromptTooLongError, TruncatedReplyError
from qa.generation.generator import NO_ROOM, NOTHING_SUPPORTED, NOTHING_WRITTEN, AnswerGenerator
from qa.generation.judge import LanguageModelJudge
from qa.output.text import verification_summary
from qa.protocols import Message
from qa.types import Span

pytestmark = pytest.mark.slow

JETS = "Which fighter jets did China buy?"
BOUGHT = "China bought Su-35 fighter jets and the S-400 surface-to-air missile defence system."
UNTIL = "Until then, Russia had sold its neighbour older equipment."


class Replies:
    """A language model with scripted pieces; an error among them is raised."""

    name = "replies"

    def __init__(self, *replies: Sequence[str | LanguageModelError]) -> None:
        self._replies = list(replies)
        self.asked: list[list[Message]] = []

    def stream(self, messages: Sequence[Message], max_tokens: int, schema: object = None) -> Iterator[str]:  # noqa: ARG002
        """Yield the next reply."""
        self.asked.append(list(messages))
        for piece in self._replies.pop(0) if self._replies else ["NOT STATED"]:
            if isinstance(piece, LanguageModelError):
                raise piece
            yield piece


def generating(bot: QA, model: Replies, settings: Settings | None = None, *, judged: bool = False) -> QA:
    settings = settings or Settings(passages_read=3)
    judge = LanguageModelJudge(model, 16_384) if judged else None
    generator = AnswerGenerator(model, bot.embedder, settings, judge)
    return QA(settings, embedder=bot.embedder, reader=bot.reader, index=bot.index, generator=generator)


def verdicts(*given: Verdict) -> list[str]:
    """A judge's reply."""
    missing = {"partly": "a part", "unsupported": "all of it"}
    listed = [{"n": n, "verdict": one, "missing": missing.get(one, "")} for n, one in enumerate(given, start=1)]
    return [json.dumps({"verdicts": listed})]


def number_of(model: Replies, words: str) -> int:
    """Return the number of a sentence in the last prompt."""
    found = re.findall(r"\[S(\d+)\] ([^\[]*)", model.asked[-1][-1].content)
    return next(int(number) for number, text in found if words in text)


def claims_of(answer: Answer) -> tuple[Claim, ...]:
    assert answer.generated is not None
    for citation in answer.citations:
        assert citation.text
    return answer.generated.claims


@pytest.fixture(scope="module")
def plain(sample_bot: QA) -> Answer:
    return sample_bot.ask(JETS)


@pytest.fixture(scope="module")
def numbers(sample_bot: QA) -> tuple[int, int]:
    """The numbers of two sentences in the prompt for that question."""
    model = Replies(["NOT STATED"])
    generating(sample_bot, model).ask(JETS)
    return number_of(model, BOUGHT), number_of(model, UNTIL)


def test_an_answer_is_streamed_then_judged_and_its_numbers_do_not_change(
    sample_bot: QA, numbers: tuple[int, int]
) -> None:
    first, second = numbers
    pieces = [
        "China acquired Su-35 ",
        f"jets [S{first}",
        "]. Arms sales had fallen, as Russia feared copies. ",
        f"It got older ones before [S{second}].",
    ]
    model = Replies(pieces, verdicts("supported", "unsupported", "partly"))
    *drafts, unjudged, final = generating(sample_bot, model, judged=True).stream(Request(JETS))
    assert drafts[0].generated is not None
    assert drafts[0].generated.partial_sentence == "China acquired Su-35"
    assert unjudged.generated is not None
    assert unjudged.generated.judging
    assert final.generated is not None
    assert [claim.verdict for claim in final.generated.claims] == ["supported", "unsupported", "partly"]
    assert [claim.evidence for claim in final.generated.claims] == ["cited", "found", "cited"]
    assert [claim.text for claim in final.generated.claims] == [claim.text for claim in claims_of(unjudged)]
    assert [claim.citations for claim in final.generated.claims] == [claim.citations for claim in claims_of(unjudged)]
    assert [claim.citations[:1] for claim in final.generated.claims] == [(1,), (3,), (2,)]
    assert [citation.text for citation in final.citations[:2]] == [BOUGHT, UNTIL]
    for citation in final.citations:
        assert citation.text == sample_bot.documents[citation.document].text[citation.start : citation.end]
    assert final.text == "China acquired Su-35 jets. It got older ones before."
    assert final.confidence == pytest.approx(1 / 3)
    assert (final.generated.judge, final.generated.calls, final.generated.problem) == ("replies", 2, None)
    judged = model.asked[1][1].content
    assert '<claim n="1">China acquired Su-35 jets.</claim>\n<evidence n="1">\n' in judged
    assert BOUGHT in judged
    assert final.timings_ms["generate"] > 0


def test_what_refers_to_the_sentence_before_has_its_evidence_too(sample_bot: QA, numbers: tuple[int, int]) -> None:
    reply = [f"China bought Su-35 jets [S{numbers[0]}]. That is a first, and a second in all."]
    final = generating(sample_bot, Replies(reply)).ask(JETS)
    bought, first = claims_of(final)
    assert set(bought.citations) <= set(first.citations)
    assert first.evidence == "found"


@pytest.mark.parametrize("judge", [["no verdicts"], [LanguageModelError("busy")], None])
def test_without_verdicts_sentences_are_cited_not_checked_and_only_the_veto_marks(
    sample_bot: QA, numbers: tuple[int, int], plain: Answer, judge: list[str | LanguageModelError] | None
) -> None:
    reply = [f"China bought Su-35 jets [S{numbers[0]}]. It paid 97 billion for them [S{numbers[0]}]."]
    final = generating(sample_bot, Replies(reply, judge or []), judged=judge is not None).ask(JETS)
    assert final.generated is not None
    assert final.generated.judge is None
    assert [(claim.verdict, claim.missing) for claim in final.generated.claims] == [
        ("not_checked", ""), ("not_checked", "not in its excerpts: 97 billion"),
    ]  # fmt: skip
    assert final.confidence == plain.confidence


def test_the_veto_and_a_misquotation_take_full_support_away(sample_bot: QA, numbers: tuple[int, int]) -> None:
    mark = f"[S{numbers[0]}]"
    reply = f'It bought 451 of them {mark}. It bought "secret new jets" {mark}. It bought jets {mark}.'
    model = Replies([reply], verdicts("supported", "supported", "supported"))
    final = generating(sample_bot, model, judged=True).ask(JETS)
    assert [claim.verdict for claim in claims_of(final)] == ["partly", "partly", "supported"]
    assert [one.verdict for one in claims_of(final)[1].quotations] == ["not found"]


def test_quotes_name_their_evidence_and_lists_code_and_headings_are_kept(tmp_path: Path) -> None:
    (tmp_path / "tool.md").write_text(
        "# Tool\n\nThe tool needs Python 3.11.\n\n1. Install the package.\n2. Start it:\n\n```\ntool run --fast\n```\n",
        "utf-8",
    )
    reply = (
        'The page says "The tool needs Python 3.11". Two steps follow:\n\n'
        "## Steps\n1. Install it [S2].\n2. Start it [S3].\n```\ntool run --fast\n```\n"
        "The document does not say what it costs."
    )
    final = generating(QA.from_path(tmp_path), Replies([reply])).ask("How do I start the tool?")
    assert [(claim.opens, claim.evidence) for claim in claims_of(final)] == [
        ("paragraph", "cited"), ("", "none"), ("heading", "none"), ("step", "cited"), ("step", "cited"),
        ("code", "cited"), ("paragraph", "none"),
    ]  # fmt: skip
    assert final.text is not None
    assert (
        "\n\n### Steps\n\n1. Install it.\n2. Start it.\n\n```\ntool run --fast\n```\n\nThe document does" in final.text
    )
    assert all(not claim.missing for claim in claims_of(final))
    again = generating(QA.from_path(tmp_path), Replies(["Run this:\n\n```\ntool run --slow\n```\n"]))
    announced, code = claims_of(again.ask("How do I start the tool?"))
    assert announced.citations == code.citations != ()


def test_an_answer_in_another_language_has_no_alarms_and_may_say_what_is_missing(
    sample_bot: QA, numbers: tuple[int, int]
) -> None:
    reply = (
        f"China kaufte nach der Annexion der Krim Kampfflugzeuge [S{numbers[0]}]."
        " Der Preis der Flugzeuge ist in den Dokumenten nicht genannt [S0]. Alles ist gut [S0]. Zwiebeln zischen."
    )
    model = Replies([reply], verdicts("supported"))
    final = generating(sample_bot, model, judged=True).ask("Welche Flugzeuge kaufte China und wie teuer waren sie?")
    assert [(claim.verdict, claim.evidence) for claim in claims_of(final)] == [
        ("supported", "cited"), ("not_checked", "none"), ("unsupported", "none"), ("not_checked", "none"),
    ]  # fmt: skip


def test_a_copied_sentence_with_a_wrong_number_and_a_short_yes_are_judged_by_the_right_evidence(
    sample_bot: QA, numbers: tuple[int, int]
) -> None:
    reply = (
        f"Yes, it bought some. {BOUGHT[:-1]} [S{numbers[1]}]. Yes [S{numbers[1]}]. It got older ones [S{numbers[1]}]."
    )
    model = Replies([reply], verdicts("supported", "supported"))
    final = generating(sample_bot, model, judged=True).ask(JETS)
    assert [claim.verdict for claim in claims_of(final)] == ["supported"] * 4
    judged = model.asked[1][1].content
    assert f'<claim n="1">Yes, it bought some. {BOUGHT}</claim>' in judged
    assert '<claim n="2">Yes. It got older ones.</claim>' in judged
    assert judged.count(BOUGHT) == 2


def test_a_name_of_the_documents_is_no_number_and_without_one_a_bare_number_is(tmp_path: Path) -> None:
    (tmp_path / "lines.md").write_text(
        "# Lines\n\nThe red line runs to Wedel.\n\nThe blue line runs to Stade.\n", "utf-8"
    )
    reply = ["The red line runs to Wedel S1. To Stade, take the blue one (S2)."]
    asked = "Which line runs to Wedel?"
    red, blue = claims_of(generating(QA.from_path(tmp_path), Replies(reply)).ask(asked))
    assert [red.text, blue.text] == ["The red line runs to Wedel.", "To Stade, take the blue one."]
    assert red.citations != blue.citations
    (tmp_path / "names.md").write_text("# Names\n\nThe line to Wedel is the S1.\n", "utf-8")
    red, blue = claims_of(generating(QA.from_path(tmp_path), Replies(reply)).ask(asked))
    assert [red.text, blue.text] == ["The red line runs to Wedel S1.", "To Stade, take the blue one (S2)."]


@pytest.mark.parametrize("between", ["\n\n", "\n\n- "])
def test_yes_alone_in_its_paragraph_has_the_verdict_on_what_follows(
    sample_bot: QA, numbers: tuple[int, int], between: str
) -> None:
    model = Replies([f"**Yes.**{between}It got older ones before [S{numbers[1]}]."], verdicts("supported"))
    final = generating(sample_bot, model, judged=True).ask(JETS)
    assert [(claim.text, claim.verdict) for claim in claims_of(final)] == [
        ("Yes.", "supported"), ("It got older ones before.", "supported"),
    ]  # fmt: skip
    assert "Yes. It got older ones before." in model.asked[1][1].content


@pytest.mark.parametrize(("verdict", "evidence"), [("supported", "found"), ("unsupported", "none")])
def test_an_inference_that_resembles_nothing_is_judged_by_the_evidence_beside_it(
    tmp_path: Path, verdict: Verdict, evidence: str
) -> None:
    (tmp_path / "terms.md").write_text(
        "# Terms\n\nReplies arrive in 14 days.\n\nThe office is closed on Monday.\n", "utf-8"
    )
    reply = ["Replies arrive in 14 days [S1]. Xylophones zigzag fortnightly."]
    model = Replies(reply, verdicts("supported", verdict))
    final = generating(QA.from_path(tmp_path), model, judged=True).ask("When do replies arrive?")
    arrive, inference = claims_of(final)
    assert (
        '<claim n="2">Xylophones zigzag fortnightly.</claim>\n<evidence n="2">\nTerms:\nReplies'
        in model.asked[1][1].content
    )
    assert (inference.verdict, inference.evidence) == (verdict, evidence)
    assert inference.citations == (arrive.citations if verdict == "supported" else ())


def test_numbers_at_the_end_of_a_paragraph_are_near_all_its_sentences(tmp_path: Path) -> None:
    lines = "".join(f"The ship reached port {n} in spring, with wool.\n\n" for n in range(1, 10))
    (tmp_path / "log.md").write_text(f"# Log\n\n{lines}", "utf-8")
    bot = generating(QA.from_path(tmp_path), Replies(["It had wool. It came in spring. It reached port 2 [S2]."]))
    answer = bot.ask("When did the ship reach port 2?")
    assert all("port 2" in answer.citations[n - 1].text for claim in claims_of(answer) for n in claim.citations[:1])


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        (["Xylophones zigzag."], NOTHING_SUPPORTED),
        (["  \n"], NOTHING_WRITTEN),
        (["China bought jets [S1]. ", LanguageModelError("it broke off")], "it broke off"),
        ([LanguageModelError("it is busy")], "it is busy"),
    ],
)
def test_after_a_failure_the_extractive_answer_is_shown_and_the_text_kept(
    sample_bot: QA, plain: Answer, reply: list[str | LanguageModelError], problem: str
) -> None:
    final = generating(sample_bot, Replies(reply)).ask(JETS)
    assert final.generated is not None
    assert final.generated.problem == problem
    assert (final.text, final.citations, final.confidence) == (plain.text, plain.citations, plain.confidence)
    written = "".join(piece for piece in reply if isinstance(piece, str)).strip()
    assert " ".join(claim.text for claim in final.generated.claims) == written.replace(" [S1]", "")


def test_a_reply_that_reached_its_limit_is_shown_without_its_last_sentence_and_says_so(
    sample_bot: QA, plain: Answer, numbers: tuple[int, int]
) -> None:
    cut = TruncatedReplyError()
    model = Replies([f"China acquired Su-35 jets [S{numbers[0]}]. It got older", cut], verdicts("supported"))
    final = generating(sample_bot, model, judged=True).ask(JETS)
    assert final.text == "China acquired Su-35 jets."
    assert final.generated is not None
    assert (final.generated.problem, final.generated.partial_sentence) == (None, "")
    assert [claim.verdict for claim in final.generated.claims] == ["supported"]
    assert "cut off at its limit of tokens (QA_LLM_ANSWER_TOKENS)" in verification_summary(final.generated)
    final = generating(sample_bot, Replies(["China bou", cut])).ask(JETS)
    assert final.generated is not None
    assert (final.text, final.generated.problem) == (plain.text, NOTHING_WRITTEN)


def test_without_a_supported_sentence_the_extractive_answer_is_shown(sample_bot: QA, plain: Answer) -> None:
    model = Replies(["China bought 77 boats [S1]. It is glad [S2]."], verdicts("unsupported", "unsupported"))
    final = generating(sample_bot, model, judged=True).ask(JETS)
    assert final.text == plain.text
    assert final.generated is not None
    assert final.generated.problem == NOTHING_SUPPORTED
    assert [(claim.verdict, claim.citations) for claim in final.generated.claims] == [("unsupported", ())] * 2


@pytest.mark.parametrize(
    "reply",
    [
        "NOT STATED",
        "Not stated.",
        "NOT STATED [S0].",
        "**NOT STATED**",
        "Answer: NOT_STATED",
        "Do they say?\n</think>\n\nNOT STATED",
        "The document does not say which jets China bought.",
        "The document does not say which jets China bought. NOT STATED",
    ],
)
def test_a_model_that_has_read_all_declines_and_the_nearest_passages_are_shown(
    sample_bot: QA, plain: Answer, reply: str
) -> None:
    final = generating(sample_bot, Replies(list(reply))).ask(JETS)
    assert final.abstained
    assert final.citations == ()
    assert final.passages == plain.passages
    assert final.generated is not None
    assert final.generated.problem == NOTHING_FOUND
    assert generating(sample_bot, Replies([reply])).ask(JETS, always_answer=True).text == plain.text


def test_a_model_that_has_read_a_part_does_not_overrule_the_reader(sample_bot: QA, plain: Answer) -> None:
    settings = Settings(llm_context_tokens=1536, llm_answer_tokens=64)
    assert generating(sample_bot, Replies(["NOT STATED"]), settings).ask(JETS).text == plain.text


@pytest.mark.parametrize("mark", ["[S{}]", "(S{})", "S{}", "[{}]", "\u3010S{}\u2020source\u3011"])
def test_an_answer_behind_the_words_for_none_is_kept(sample_bot: QA, numbers: tuple[int, int], mark: str) -> None:
    reply = ["NOT STATED", f". But China bought Su-35 jets {mark.format(numbers[0])}, at a price not stated."]
    final = generating(sample_bot, Replies(reply)).ask(JETS)
    assert final.text == "But China bought Su-35 jets, at a price not stated."


def test_nothing_is_shown_while_the_reply_may_be_that_nothing_is_stated(sample_bot: QA) -> None:
    assert len(list(generating(sample_bot, Replies(["NO", "T STA", "TED"])).stream(Request(JETS)))) == 1


def test_below_its_threshold_the_model_is_not_asked(sample_bot: QA) -> None:
    model = Replies(["It boils at 5,930 degrees [S1]."])
    question = "What is the boiling point of tungsten?"
    final = generating(sample_bot, model, Settings(llm_threshold=0.1)).ask(question)
    assert final.abstained
    assert final.generated is None
    assert model.asked == []
    assert generating(sample_bot, model).ask(question).generated is not None


def test_a_follow_up_is_rewritten_and_asked_with_what_was_cited(sample_bot: QA) -> None:
    name = next(name for name in sample_bot.documents if "cable" in name)
    turn = Turn("When was the first transatlantic cable completed?", "In 1858.", ((name, 300, 420),))
    model = Replies(["What is it?\n</think>\nHow many weeks did the first transatlantic cable work?"], ["NOT STATED"])
    final = generating(sample_bot, model).ask("How long did it work?", history=[turn])
    assert final.searched_for == "How many weeks did the first transatlantic cable work?"
    assert turn.question in model.asked[0][1].content
    asked = model.asked[1][-1].content
    assert "<question>How many weeks did the first transatlantic cable work?</question>" in asked
    assert re.search(r"A: In 1858\. \(cited: S\d+", asked)
    assert final.generated is not None
    assert (final.generated.calls, final.generated.prompt_tokens > 900) == (2, True)


@pytest.mark.parametrize("reply", ["It worked for weeks.", "One?\nTwo?", "", "W" * 2000 + "?"])
def test_a_rewriting_that_is_no_question_is_not_used(sample_bot: QA, reply: str) -> None:
    history = ["When was the first transatlantic cable completed?"]
    expected = sample_bot.ask("How long did it work?", history=history).searched_for
    final = generating(sample_bot, Replies([reply], ["NOT STATED"])).ask("How long did it work?", history=history)
    assert final.searched_for == expected


def test_where_rewriting_fails_the_answer_is_not_asked_for(sample_bot: QA) -> None:
    model = Replies([LanguageModelError("it is busy")])
    final = generating(sample_bot, model).ask("How long did it work?", history=["When was the cable laid?"])
    assert final.generated is not None
    assert final.generated.problem == "it is busy"
    assert len(model.asked) == 1


def test_a_prompt_keeps_to_its_budget_and_is_halved_where_the_server_refuses_it(sample_bot: QA) -> None:
    too_long = [PromptTooLongError("the prompt is too long")]
    model = Replies(["NOT STATED"], too_long, ["NOT STATED"], ["NOT STATED"])
    whole = generating(sample_bot, model).ask(JETS)
    small = generating(sample_bot, model, Settings(llm_context_tokens=4096, llm_answer_tokens=64))
    halved = small.ask(JETS)
    small.ask(JETS)
    sizes = [asked[-1].content.count("[S") for asked in model.asked]
    assert sizes[0] >= sizes[1] > sizes[2] > 10
    assert sizes[3] == sizes[1], "the next question has the whole context"
    assert whole.generated is not None
    assert whole.generated.prompt_tokens < 14_000
    assert halved.generated is not None
    assert halved.generated.problem == NOTHING_FOUND


def test_a_context_without_room_for_a_passage_is_reported(sample_bot: QA, plain: Answer) -> None:
    model = Replies()
    final = generating(sample_bot, model, Settings(llm_context_tokens=1024, llm_answer_tokens=1000)).ask(JETS)
    assert final.generated is not None
    assert final.generated.problem == NO_ROOM
    assert final.text == plain.text
    assert model.asked == []


def test_a_summary_is_written_from_the_whole_document_or_from_notes_within_a_budget_of_calls(sample_bot: QA) -> None:
    [name] = [name for name in sample_bot.documents if "china" in name]
    model = Replies(["China and Russia work together where it suits them [S69]."])
    answer = generating(sample_bot, model).ask("Summarise this article", documents=[name])
    assert answer.kind == "summary"
    assert [claim.evidence for claim in claims_of(answer)] == ["cited"]
    small = Settings(llm_context_tokens=1500, llm_answer_tokens=64, llm_calls=2)
    model = Replies(["Hm.\n</think>\n- Ties grew [S3]"], ["**NOTHING**"], ["Ties grew [S3]. No pact [S60]."])
    answer = generating(sample_bot, model, small).ask("Summarise this article", documents=[name])
    assert len(model.asked) == 3
    assert "<notes>\n- Ties grew [S3]\n</notes>" in model.asked[-1][-1].content
    assert [claim.evidence for claim in claims_of(answer)] == ["cited", "cited"]
    assert 0 < answer.partly_read[name] < 1
    assert answer.generated is not None
    assert answer.generated.calls == 3


def test_notes_on_a_very_long_document_are_from_its_start(sample_bot: QA, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.generation.sources._MAX_PARSED_CHARACTERS", 10_000)
    text = "".join(f"# Part {n}\n\nThe {n}th mill was built at the river.\n\n" for n in range(1000))
    document = Document("mills.md", text, "Mills", "mills.md")
    model = Replies(["- Mills were built [S3]"], ["Mills were built at a river [S3]."])
    generator = AnswerGenerator(model, sample_bot.embedder, Settings(llm_calls=1))
    extractive = replace(sample_bot.ask(JETS), kind="summary", passages=(), citations=())
    *_, answer = generator.generate(extractive, {document.id: document}, [], summarised=[document.id])
    assert [claim.evidence for claim in claims_of(answer)] == ["cited"]
    assert answer.citations[0].text == "The 2th mill was built at the river."
    assert 0.01 < answer.partly_read[document.id] < 0.5


def test_a_reply_of_single_letters_is_not_parsed_for_each_letter(sample_bot: QA) -> None:
    reply = "The cable was laid by two ships [S1]. " * 60
    drafts = list(generating(sample_bot, Replies(list(reply))).stream(Request("Which ships laid the cable?")))
    assert len(drafts) < len(reply) / 5
    assert " ".join(claim.text for claim in claims_of(drafts[-1])) == " ".join(
        ["The cable was laid by two ships."] * 60
    )


def test_each_sentence_is_looked_up_once_however_often_the_reply_is_parsed(
    sample_bot: QA, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up: list[str] = []

    def record(sentence: str, *_: object, **__: object) -> list[Span]:
        looked_up.append(sentence)
        return []

    monkeypatch.setattr("qa.generation.draft.unknown_facts", record)
    reply = "".join(f"The cable was laid by {n} ships [S{n}]. " for n in range(1, 20))
    list(generating(sample_bot, Replies(list(reply))).stream(Request("Which ships laid the cable?")))
    assert len(looked_up) == 19


def test_a_sentence_that_only_announces_others_is_not_struck(sample_bot: QA, numbers: tuple[int, int]) -> None:
    model = Replies([f"Qwzx xkcd:\n\nChina bought Su-35 jets [S{numbers[0]}]."], verdicts("supported"))
    final = generating(sample_bot, model, judged=True).ask(JETS)
    assert [claim.verdict for claim in claims_of(final)] == ["not_checked", "supported"]


def test_the_context_is_asked_for_again_once_the_server_is_there(
    sample_bot: QA, monkeypatch: pytest.MonkeyPatch
) -> None:
    contexts = [16_384, 4_096]
    monkeypatch.setattr("qa.generation.generator.usable_tokens", lambda *_: contexts.pop(0))
    bot = generating(sample_bot, Replies([LanguageModelError("it is down")], ["NOT STATED"], ["NOT STATED"]))
    bot.ask(JETS)
    bot.ask(JETS)
    bot.ask(JETS)
    assert contexts == []
