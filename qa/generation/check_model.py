"""A connection test for a language model: what its server reports, and whether it streams, cites and judges."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter
from typing import NamedTuple

from qa.errors import LanguageModelError, ModelError, QAError
from qa.generation.judge import LanguageModelJudge, Pair, make_judge
from qa.generation.prompt import answer_prompt
from qa.generation.reply_parser import sentences
from qa.generation.sources import choose
from qa.models.llm_client import make_language_model
from qa.models.llm_server import context_tokens, is_name_of, model_names
from qa.settings import Settings
from qa.types import Document

_TEXT = "The lighthouse of Orrin Head is 31 metres tall. Its lamp was lit for the first time in 1884."
_QUESTION = "How tall is the lighthouse?"
_PAIRS = (
    Pair("The lighthouse is 31 metres high.", _TEXT),
    Pair("The lamp was first lit in 1984.", _TEXT),
)
_MAX_LISTED = 8  # models


class Check(NamedTuple):
    """The name of a check, whether it passed (None if it only informs), and what was found."""

    name: str
    works: bool | None
    found: str


def check_model(settings: Settings) -> Iterator[Check]:
    """Yield the result of each check as it completes.

    Raises
    ------
    QAError
        If the settings name no language model, or an address or key is invalid.
    """
    model = make_language_model(settings)
    if model is None:
        raise QAError("no language model is configured; set QA_LLM_MODEL, and QA_LLM_URL to its server")
    checked = "model"
    try:
        served = context_tokens(model)
        names = model_names(model)
        more = f" and {len(names) - _MAX_LISTED:,} more" if len(names) > _MAX_LISTED else ""
        listed = f"{', '.join(names[:_MAX_LISTED])}{more}"
        known = not names or any(is_name_of(model, name) for name in names)
        found = model.name if known else f"{model.name} is not one of the server's models: {listed}"
        # A server with one model may answer to any name.
        yield Check("model", known or None, found)
        if not settings.llm_is_local:
            yield Check("models on the server", None, listed or "unknown")
        used = min(settings.llm_context_tokens, served or settings.llm_context_tokens)
        yield Check("context", None, f"{f'{served:,}' if served else 'unknown'}; prompts use {used:,} tokens")
        checked = "reply"
        document = Document("lighthouse.txt", _TEXT, "Orrin Head", "")
        sources = choose([(document.id, 0, len(_TEXT))], {document.id: document}, 500)
        started, pieces = perf_counter(), list[str]()
        first = 0.0
        for piece in model.stream(answer_prompt(_QUESTION, [], sources), settings.llm_answer_tokens):
            first = first or perf_counter() - started
            pieces.append(piece)
        reply = "".join(pieces)
        yield Check("reply", True, " ".join(reply.split())[:200])
        yield Check("streaming", None, f"{'yes' if len(pieces) > 1 else 'no'}; first words after {first:.1f} s")
        cited = [one.cited for one in sentences(reply, ended=True)[0]]
        right = any(1 in numbers for numbers in cited)
        yield Check("citations", right, "yes" if right else "of another sentence" if any(cited) else "none")
        checked = "judge"
        judge = make_judge(settings)
        if judge is None:
            yield Check("judge", None, "off")
            return
        verdicts = [one.verdict for one in judge.judge(_QUESTION, _PAIRS).judgements]
        if isinstance(judge, LanguageModelJudge):
            yield Check("JSON schema", None, "accepted" if judge.schema else "refused; asked for JSON in words")
        result = " and ".join(verdicts).replace("_", " ")
        right = verdicts == ["supported", "unsupported"]
        yield Check("judge", right, f"{judge.name}: a true and a false claim are {result}")
    except (LanguageModelError, ModelError) as error:
        yield Check(checked, False, str(error))
