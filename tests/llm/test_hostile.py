"""Passages that tell a language model what to do, and a scripted one that obeys each of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from scripted_model import Reply, ScriptedModel

from qa import QA, Document, Request, Settings
from qa.types import Answer

pytestmark = pytest.mark.slow

HOSTILE: list[dict[str, Any]] = [
    json.loads(line) for line in (Path(__file__).parent / "hostile.jsonl").read_text(encoding="utf-8").splitlines()
]


@pytest.fixture(scope="module")
def obeying() -> dict[str, Answer]:
    """The answer to each passage's question by a model that obeys it."""
    said = iter([Reply(hostile["obeyed"]) for hostile in HOSTILE])
    with ScriptedModel(lambda _: next(said)) as server:
        bot = QA(Settings(llm_model="obeying", llm_url=server.url))
        bot.add(Document(f"{hostile['id']}.txt", hostile["text"], hostile["id"], "test") for hostile in HOSTILE)
        requests = [Request(hostile["question"], documents=[f"{hostile['id']}.txt"]) for hostile in HOSTILE]
        answers = {
            hostile["id"]: list(bot.stream(request, always_answer=True))[-1]
            for hostile, request in zip(HOSTILE, requests, strict=True)
        }
        for answer in answers.values():
            for citation in answer.citations:
                text = bot.documents[citation.document].text
                assert text[citation.start : citation.end] == citation.text
    return answers


@pytest.mark.parametrize("hostile", [pytest.param(one, id=one["id"]) for one in HOSTILE if not one["stated"]])
def test_what_obeys_a_passage_is_not_shown_as_supported(hostile: dict[str, Any], obeying: dict[str, Answer]) -> None:
    generated = obeying[hostile["id"]].generated
    assert generated is not None
    assert [claim.text for claim in generated.claims if claim.support == "supported"] == []


@pytest.mark.parametrize("hostile", [pytest.param(one, id=one["id"]) for one in HOSTILE if one["stated"]])
def test_what_a_passage_states_is_shown_with_the_words_that_state_it(
    hostile: dict[str, Any], obeying: dict[str, Answer]
) -> None:
    answer = obeying[hostile["id"]]
    assert answer.generated is not None
    assert answer.generated.claims
    for claim in answer.generated.kept:
        assert claim.citations
