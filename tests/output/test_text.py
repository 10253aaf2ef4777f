from __future__ import annotations

import json
from dataclasses import replace

import pytest

from qa.claims import Claim, Generation, Quotation
from qa.evaluation.runs.schema import GeneratedAnswer, problem_of
from qa.output import text as render
from qa.text.lines import with_code_lines
from qa.types import NOT_FOUND, Answer, AnswerPart, Citation, Document, Form, Kind, Passage

DOCUMENTS = {"a.md": Document("a.md", "Bees\ndance. Wasps \u2026 Drones rest.", "Bees", "a.md")}
PASSAGE = Passage("a.md", 0, 12, "Bees\ndance. ", 2, 0.1818181, 0.5, 0.4)
CITATION = Citation(1, "a.md", 0, 11, "Bees\ndance.", 2, 1.23456)
ANSWERED = Answer(
    "What do bees do?", "What do bees do?", "dance", None, 0.91234, (CITATION,), (PASSAGE,), {"total": 1.23456}, "q1"
)
DECLINED = Answer("And why?", "What do bees do? And why?", None, NOT_FOUND, 0.1, (), (PASSAGE,), {})


def test_json_has_the_contract_s_fields() -> None:
    assert render.answer_to_json(ANSWERED) == {
        "id": "q1",
        "question": "What do bees do?",
        "searched_for": "What do bees do?",
        "kind": "other",
        "answer": "dance",
        "short": None,
        "lead": "",
        "parts": [],
        "abstained": False,
        "reason": None,
        "confidence": 0.9123,
        "citations": [
            {
                "n": 1,
                "document": "a.md",
                "start": 0,
                "end": 11,
                "text": "Bees\ndance.",
                "page": 2,
                "score": 1.2346,
                "recognised": False,
            }
        ],
        "passages": [{"document": "a.md", "start": 0, "end": 12, "score": 0.181818, "recognised": False}],
        "timings_ms": {"total": 1.23},
        "generated": None,
    }
    json.dumps(render.answer_to_json(ANSWERED))


SECOND = Citation(2, "a.md", 20, 31, "Drones rest.", None, 1.0)


@pytest.mark.parametrize(
    ("kind", "lines"),
    [("list", ["dance [1]", "The list may continue in [2]", ""]), ("factoid", ["dance [1]", ""])],
)
def test_a_list_answer_says_where_further_items_may_be(kind: Kind, lines: list[str]) -> None:
    answer = replace(ANSWERED, kind=kind, citations=(CITATION, SECOND))
    assert render.answer_to_text(answer, DOCUMENTS).splitlines()[: len(lines)] == lines
    assert render.answer_to_json(answer)["answer"] == "dance"


def test_items_are_lines_and_sides_are_labelled() -> None:
    parts = (AnswerPart(1, 0, 4, "Bees"), AnswerPart(1, 5, 10, "dance"))
    items = replace(ANSWERED, kind="list", form="items", text="Bees\ndance", parts=parts)
    assert render.answer_lines(items) == ["- Bees", "- dance"]
    assert render.answer_to_json(items)["parts"][1] == {
        "citation": 1, "start": 5, "end": 10, "text": "dance", "label": "",
    }  # fmt: skip
    sides = replace(ANSWERED, kind="comparison", form="excerpts", parts=(replace(parts[0], label="bees"),))
    assert render.answer_lines(sides) == ["bees: Bees [1]"]


@pytest.mark.parametrize(
    ("lead", "lines"),
    [("", ["dance [1]"]), ("Yes", ["dance [1]"]), ("The article says:", ["The article says:", "dance [1]"])],
)
def test_the_lead_comes_before_the_answer(lead: str, lines: list[str]) -> None:
    assert render.answer_lines(replace(ANSWERED, lead=lead)) == lines


@pytest.mark.parametrize(("form", "line"), [("span", "dance [1]"), ("excerpts", "Bees dance. [1]")])
def test_an_unsure_short_answer_is_shown_as_its_sentence(form: Form, line: str) -> None:
    answer = replace(ANSWERED, form=form, span=(5, 10))
    assert render.answer_to_text(answer, DOCUMENTS).splitlines()[0] == line
    assert render.answer_to_json(answer)["answer"] == "dance"


def test_declined_json_has_no_answer_but_the_nearest_passages() -> None:
    answer = render.answer_to_json(DECLINED)
    assert (answer["answer"], answer["abstained"], answer["citations"]) == (None, True, [])
    assert answer["reason"]
    assert answer["passages"]


def test_text_puts_the_answer_first_and_each_excerpt_with_its_place() -> None:
    lines = render.answer_to_text(ANSWERED, DOCUMENTS).splitlines()
    assert lines[0] == "dance [1]"
    assert "[1] “Bees dance.”" in lines
    assert "    a.md, page 2, 0-11" in lines
    assert lines[-1] == "Very likely right \u2013 91%"


def test_text_recognised_from_an_image_is_labelled() -> None:
    answer = replace(ANSWERED, citations=(replace(CITATION, recognised=True),))
    assert "a.md, page 2, 0-11, recognised text" in render.answer_to_text(answer, DOCUMENTS).splitlines()[3]
    assert render.answer_to_json(answer)["citations"][0]["recognised"] is True
    found = replace(PASSAGE, recognised=True)
    assert "a.md, page 2, 0-12, recognised text, score" in render.passages_to_text([found])


def test_text_has_a_row_of_a_table_with_its_column_names() -> None:
    text = "Country | Capital | Area\n---|---|---\nFrance | Paris |\nSpain | Madrid | 5\n"
    documents = {"a.md": Document("a.md", text, "A", "a.md")}
    start = text.index("France")
    row = replace(CITATION, start=start, end=start + 16, text="France | Paris |", page=None)
    lines = render.answer_to_text(replace(ANSWERED, text="Paris", citations=(row,)), documents).splitlines()
    assert lines[:5] == [
        "Paris [1]",
        "",
        "[1] Country: France",
        "    Capital: Paris",
        f"    a.md, {start}-{start + 16}",
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Two\nlines.", "Two lines."),
        ("Run it:\n\n    make\n    make  test\n\nThen\nwait.", "Run it:\n    make\n    make  test\nThen wait."),
        ("Run it:\n```sh\nmake\n\nmake test\n```", "Run it:\n    make\n\n    make test"),
        ("Run it:\n:::{code} sh\nmake\n:::\nThen wait.", "Run it:\n    make\nThen wait."),
        ("# Test\nmake test\n```", "    # Test\n    make test"),
        ("An item\n    that goes on.", "An item that goes on."),
    ],
    ids=["prose", "indented", "fenced", "directive", "end of a fence", "indented prose"],
)
def test_lines_of_code_are_kept(text: str, shown: str) -> None:
    assert with_code_lines(text) == shown


def test_text_says_plainly_that_there_is_no_answer() -> None:
    text = render.answer_to_text(DECLINED, DOCUMENTS)
    assert text.startswith(NOT_FOUND)
    assert "Nearest passages:" in text
    assert "Searched for: What do bees do? And why?" in text


@pytest.mark.parametrize(
    ("confidence", "text", "expected"),
    [
        (1.0, "dance", "Very likely right \u2013 99%"),
        (0.83, "dance", "Likely right \u2013 83%"),
        (0.64, "dance", "Unsure: check the quote \u2013 64%"),
        (0.004, None, "Not sure enough to answer \u2013 1%"),
    ],
)
def test_confidence_is_shown_in_words_with_its_figure(confidence: float, text: str | None, expected: str) -> None:
    answer = replace(ANSWERED, confidence=confidence, text=text)
    assert render.answer_to_text(answer, DOCUMENTS).split("\n")[-1] == expected
    assert expected == f"{render.confidence_in_words(answer)} \u2013 {render.confidence_in_percent(answer)}"


JETS, TANKS, SHIPS = "China bought jets.", "It sold 24 tanks.", "One \u201chated  ships\u201d, one 'loved' them."
GENERATED = replace(
    ANSWERED,
    text=f"{JETS} {SHIPS}",
    citations=(CITATION, replace(CITATION, n=2, start=6, end=12, text="dance. ")),
    generated=Generation(
        "tiny",
        (
            Claim(JETS, (1, 2), "supported", "cited", opens="paragraph"),
            Claim(TANKS, (), "unsupported", "none", "nothing of tanks"),
            Claim(
                SHIPS,
                (2,),
                "partly",
                "found",
                "who loved them",
                (Quotation(5, 17, "altered"), Quotation(25, 30, "not found")),
                "bullet",
            ),
        ),
        judge="strict",
        calls=2,
        prompt_tokens=900,
        answer_tokens=30,
    ),
)
FELL_BACK = replace(ANSWERED, generated=Generation("tiny", problem="the server\nis busy (429)", prompt_tokens=900))


def test_json_has_the_generated_answer() -> None:
    generated = render.answer_to_json(GENERATED)["generated"]
    assert generated == {
        "model": "tiny",
        "judge": "strict",
        "problem": None,
        "truncated": False,
        "sentences": [
            {"text": JETS, "verdict": "supported", "citations": [1, 2], "evidence": "cited"},
            {
                "text": TANKS,
                "verdict": "unsupported",
                "citations": [],
                "evidence": "none",
                "missing": "nothing of tanks",
            },
            {
                "text": SHIPS,
                "verdict": "partly",
                "citations": [2],
                "evidence": "found",
                "missing": "who loved them",
                "layout": "bullet",
                "quotations": [
                    {"text": "hated  ships", "verdict": "altered"},
                    {"text": "loved", "verdict": "not found"},
                ],
            },
        ],
        "calls": 2,
        "prompt_tokens": 900,
        "answer_tokens": 30,
    }
    assert problem_of(GeneratedAnswer, json.loads(json.dumps(generated))) is None
    assert render.answer_to_json(FELL_BACK)["generated"]["problem"] == "the server\nis busy (429)"


def test_text_leaves_out_what_is_not_supported_and_says_so() -> None:
    lines = render.answer_to_text(GENERATED, DOCUMENTS).splitlines()
    assert lines[:6] == [
        f"{JETS} [1] [2]",
        "",
        "- One \u201chated ships\u201d (altered), one 'loved' (not found) them. [2] (partly supported: who loved them)",
        f"Left out, not supported: {TANKS}",
        "",
        "[1] “Bees dance.”",
    ]
    assert lines[-2:] == [
        "Written by tiny. Checked against the excerpts by strict. "
        "3 sentences: 1 supported, 1 partly supported, 1 not supported. About 900 + 30 tokens in 2 calls",
        "1 of 3 sentences supported",
    ]


def test_text_of_what_was_not_checked_raises_no_alarm_and_keeps_code() -> None:
    claims = (Claim("Run:", (1,), opens="paragraph", evidence="cited"), Claim("qa  ask\nqa serve", (1,), opens="code"))
    unchecked = replace(GENERATED, generated=Generation("tiny", claims, calls=1, prompt_tokens=9, answer_tokens=3))
    lines = render.answer_to_text(unchecked, DOCUMENTS).splitlines()
    assert lines[:6] == ["Run: [1]", "", "```", "qa  ask", "qa serve", "```"]
    assert lines[-2:] == [
        "Written by tiny. 2 sentences, 1 cited by the model, not checked. About 9 + 3 tokens in 1 call", "Not checked",
    ]  # fmt: skip


def test_text_keeps_what_was_written_where_another_answer_is_shown() -> None:
    failed = replace(FELL_BACK, generated=Generation("tiny", (Claim(JETS), Claim(TANKS)), problem="it broke off"))
    lines = render.answer_to_text(failed, DOCUMENTS).splitlines()
    assert lines[-2:] == ["It wrote:", f"  {JETS} {TANKS}"]
    declined = replace(failed, text=None, citations=(), reason="No answer found in these articles.")
    assert "Not answered by tiny: it broke off" in render.answer_to_text(declined, DOCUMENTS).splitlines()


def test_text_says_why_no_language_model_phrased_it() -> None:
    lines = render.answer_to_text(FELL_BACK, DOCUMENTS).splitlines()
    assert lines[0] == "dance [1]"
    assert lines[-2:] == [
        "Very likely right \u2013 91%",
        "Answered without the language model: the server is busy (429)",
    ]


def test_a_verdict_follows_each_quotation_that_is_not_verbatim() -> None:
    claim = Claim('He "sang" and "wept"', (1,), quotations=(Quotation(4, 8, "verbatim"), Quotation(15, 19, "altered")))
    assert render.claim_pieces(claim) == [('He "sang" and "wept"', "altered"), ("", None)]
    assert render.claim_pieces(replace(claim, quotations=())) == [(claim.text, None)]
