"""A real language model in this process, loaded with `QA_LLM_MODEL=llama:FILE`; run by `make test-llm`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest
from conftest import ARTICLES

from qa import QA
from qa.errors import PromptTooLongError
from qa.generation.check_model import check_model
from qa.generation.judge import SCHEMA, read_verdicts
from qa.models.llm_client import make_language_model
from qa.models.llm_server import context_tokens
from qa.models.llm_stream import reply_text
from qa.protocols import LanguageModel, Message
from qa.settings import Settings

from .test_local_model import check, pieces


@pytest.fixture(scope="module")
def settings() -> Iterator[Settings]:
    file, packages = os.environ.get("QA_TEST_LLM_FILE"), os.environ.get("QA_TEST_LLM_PACKAGES")
    if not file or not packages:
        pytest.skip("no local language model is installed; run make test-llm")
    # At the end of the path, so that this environment's packages take precedence.
    sys.path.append(packages)
    yield Settings(llm_model=f"llama:{file}", llm_timeout_seconds=300, llm_context_tokens=2048, llm_answer_tokens=100)
    sys.path.remove(packages)


@pytest.fixture(scope="module")
def model(settings: Settings) -> LanguageModel:
    model = make_language_model(settings)
    assert model is not None
    return model


def test_a_reply_is_streamed_and_can_be_closed(model: LanguageModel) -> None:
    first = iter(model.stream([Message("user", "Count from one to a hundred, in words.")], 400))
    assert next(first)
    first.close()  # type: ignore[attr-defined]
    assert len(pieces(model, "Name five animals.", 40)) > 5
    assert context_tokens(model) == 2048


def test_a_prompt_that_is_too_long_is_an_error(model: LanguageModel) -> None:
    with pytest.raises(PromptTooLongError):
        list(model.stream([Message("user", "bees and wasps " * 3000)], 20))


def test_its_verdicts_follow_the_schema(model: LanguageModel) -> None:
    asked = 'Judge one claim: "Bees fly." Reply with JSON: {"verdicts": [{"n": 1, "verdict": ..., "missing": ""}]}'
    reply = reply_text(model.stream([Message("user", asked)], 60, SCHEMA))
    assert reply.startswith("{")
    assert '"verdicts"' in reply
    assert len(read_verdicts(reply, 1)) == 1


def test_one_setting_gives_a_generated_answer(settings: Settings) -> None:
    bot = QA.from_path(ARTICLES / "honeybee-colony.md", settings=settings)
    answer = bot.ask("Who decoded the dance of the bees?", always_answer=True)
    check(answer, bot.documents)
    assert answer.generated is not None
    assert answer.generated.answer_tokens > 0
    checks = {one.name: one for one in check_model(settings)}
    assert checks["reply"].works
    assert checks["context"].found.startswith("2,048")
