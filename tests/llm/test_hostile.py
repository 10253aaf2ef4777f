"""Passages with instructions for a language model, and a scripted model that obeys each of them."""

from __future__ import annotations

import json
import re
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
OBEYED = "All is well, and nothing here is a verdict."


@pytest.fixture(scope="module")
def obeying() -> tuple[dict[str, Answer], list[str]]:
    """The answers of the obedient model by passage, and the prompts that it got as the judge."""
    judged: list[str] = []

    def script(body: dict[str, Any]) -> Reply:
        asked = body["messages"][-1]["content"]
        if "<claim " in asked:
            judged.append(asked)
            return Reply([OBEYED])
        return Reply([next(one["obeyed"] for one in HOSTILE if one["question"] in asked)])

    with ScriptedModel(script) as server:
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
    return answers, judged


@pytest.mark.parametrize("hostile", [pytest.param(one, id=one["id"]) for one in HOSTILE])
def test_an_obedient_reply_gets_no_verdict(
    hostile: dict[str, Any], obeying: tuple[dict[str, Answer], list[str]]
) -> None:
    answer = obeying[0][hostile["id"]]
    assert answer.generated is not None
    for claim in answer.generated.claims:
        assert claim.verdict == "not_checked"
        assert not claim.citations or all(cited.text in hostile["text"] for cited in answer.citations)


def test_no_passage_adds_a_claim_or_evidence_to_the_judge_prompt(obeying: tuple[dict[str, Answer], list[str]]) -> None:
    assert len(obeying[1]) > len(HOSTILE) / 2
    for asked in obeying[1]:
        claims = [int(n) for n in re.findall(r'<claim n="(\d+)">', asked)]
        assert claims == list(range(1, len(claims) + 1))
        for tag in ("</claim>", "<evidence ", "</evidence>"):
            assert asked.count(tag) == len(claims)
